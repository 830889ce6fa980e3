//! What requests have made of a policy: which rules held and which did not, and which branches of their conditions were true
//! and false.

mod branch;
mod walk;

use std::collections::HashMap;

use crate::ir::{Policy, Rule};
use crate::lint;
use crate::reference::holds;
use crate::reference::pattern::Evaluation;
use crate::request;
use crate::truth::Truth;
use walk::Walk;

/// What the requests seen so far have made of each rule.
///
/// Every request is asked of every rule, whatever is decided: a branch counts as false also by a request that another
/// part of the rule refuses. Of an array each element is asked alone, and what is unknown is neither true nor false.
///
/// # Examples
/// ```
/// use toolgate_compiler::{Coverage, Source, check};
/// let text = "rules: [{id: a, when: {action: [x, z]}, decision: deny}]";
/// let policy = check(&[Source { name: "policy.yaml".into(), text: text.into() }]).policy.unwrap();
/// let mut coverage = Coverage::new(&policy);
/// coverage.see(br#"{"action": "x"}"#);
/// let rule = &coverage.rules()[0];
/// assert!(rule.held.yes && !rule.held.no);
/// assert_eq!(rule.branches[1].told.missing(), ["true"]);
/// ```
#[derive(Debug)]
pub struct Coverage<'p> {
    policy: &'p Policy,
    rules: Vec<RuleCoverage<'p>>,
    places: Vec<Places>,
}

/// The branches of a rule by the address of what they ask: the policy is borrowed, so nothing moves.
type Places = HashMap<usize, usize>;

/// What the requests have made of one rule.
#[derive(Debug)]
pub struct RuleCoverage<'p> {
    /// The rule.
    pub rule: &'p Rule,
    /// Whether it held, by doubt too, and whether it did not.
    pub held: Seen,
    /// What its conditions branch into, in the order written.
    pub branches: Vec<Branch>,
}

/// A part of a rule's conditions that may be true or false apart from the others: an alternative of a list pattern, but
/// for a `*` at the action's name, which nothing makes false; an alternative of `$or`; `unless`; `if`; an operand of `||`
/// or `&&`.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Where it stands, and what it is.
    pub what: String,
    /// Whether it was true, and whether it was false.
    pub told: Seen,
}

/// Which of two ways something went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The one.
    pub yes: bool,
    /// The other.
    pub no: bool,
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Those that went both ways.
    pub covered: usize,
    /// All.
    pub total: usize,
}

impl<'p> Coverage<'p> {
    /// Nothing has been seen yet.
    #[must_use]
    pub fn new(policy: &'p Policy) -> Self {
        let (rules, places) = policy.rules.iter().map(RuleCoverage::new).unzip();
        Self { policy, rules, places }
    }

    /// Asks a request of every rule. What is no request is asked of none.
    pub fn see(&mut self, request: &[u8]) {
        let Ok(request) = request::read(request) else { return };
        let evaluation = Evaluation::new(self.policy, &request);
        for (covered, places) in self.rules.iter_mut().zip(&self.places) {
            let does_hold = holds(covered.rule, &evaluation.value(covered.rule));
            covered.held.add(does_hold);
            Walk { evaluation: &evaluation, places, branches: &mut covered.branches }.rule(covered.rule);
        }
    }

    /// The rules, in document order.
    #[must_use]
    pub fn rules(&self) -> &[RuleCoverage<'p>] {
        &self.rules
    }

    /// How many rules held for one request and did not for another; one for every call needs only hold.
    #[must_use]
    pub fn rule_share(&self) -> Share {
        Share::of(self.rules.iter().map(|rule| rule.missing().is_empty()))
    }

    /// How many branches were true for one request and false for another.
    #[must_use]
    pub fn branch_share(&self) -> Share {
        Share::of(self.rules.iter().flat_map(|rule| &rule.branches).map(|branch| branch.told.missing().is_empty()))
    }
}

impl<'p> RuleCoverage<'p> {
    fn new(rule: &'p Rule) -> (Self, Places) {
        let mut places = Places::new();
        let branches = branch::of(rule).into_iter().enumerate().map(|(index, (address, what))| {
            places.insert(address, index);
            Branch { what, told: Seen::default() }
        });
        (Self { rule, held: Seen::default(), branches: branches.collect() }, places)
    }

    /// Which of `held` and `not held` was never seen and could have been.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let can_fail = !lint::is_unconditional(self.rule);
        [(!self.held.yes, "held"), (!self.held.no && can_fail, "not held")]
            .into_iter()
            .filter_map(|(is, word)| is.then_some(word))
            .collect()
    }
}

impl Seen {
    /// Which of `true` and `false` was never seen.
    #[must_use]
    pub fn missing(self) -> Vec<&'static str> {
        [(self.yes, "true"), (self.no, "false")].into_iter().filter_map(|(is, word)| (!is).then_some(word)).collect()
    }

    fn add(&mut self, yes: bool) {
        if yes { self.yes = true } else { self.no = true }
    }

    fn add_truth(&mut self, truth: &Truth) {
        match truth {
            Truth::True => self.yes = true,
            Truth::False => self.no = true,
            Truth::Unknown(_) => {}
        }
    }
}

impl Share {
    fn of(covered: impl Iterator<Item = bool>) -> Self {
        covered.fold(Self::default(), |share, is| Self {
            covered: share.covered.saturating_add(usize::from(is)),
            total: share.total.saturating_add(1),
        })
    }
}

/// What a branch is known by: nothing of a borrowed policy moves, and no two branches start at one place.
fn address<T>(of: &T) -> usize {
    std::ptr::from_ref(of).addr()
}
