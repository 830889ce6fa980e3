//! Why one request is decided as it is: the rules that hold, those that came near, and what would change it.
//!
//! Built on the reference interpreter, which is asked again and again; the runtime knows nothing of it.

mod change;
mod condition;
mod explainable;
mod expression;
mod near_miss;
mod number;
mod part;
mod reason;
mod refusal;
mod render;
mod seen;
mod standing;
mod wish;
mod witness;
mod written;

use std::fmt;

use serde::Serialize;

pub use change::Change;
pub use condition::Condition;
pub use explainable::{Explainable, NotExplainable};
pub use near_miss::NearMiss;
pub use refusal::Refused;

use self::near_miss::Search;
use self::standing::{Standing, Standings};
use crate::decision::Decision;
use crate::diagnostic::quote;
use crate::ir::{self, Mode, Policy};
use crate::reference::pattern::Evaluation;
use crate::reference::{self, counts_as};
use crate::request;
use crate::request::value::Value;
use crate::suggest;

/// What to explain, beside the decision.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// This rule alone, in full, however far from holding it is.
    pub rule: Option<&'a str>,
    /// Names of the policy's sources, in order, to say where rules are.
    pub files: &'a [String],
}

/// Why a request is decided as it is.
///
/// It shows what the policy says, so a model that sees it learns what to try next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Says that this is not safe to show to a model.
    pub notice: &'static str,
    /// As `decide` makes it.
    pub decision: Decision,
    /// Why it came out so, a sentence each.
    pub because: Vec<String>,
    /// If what was sent is no request.
    pub refused: Option<Refused>,
    /// Rules that hold, those that decide first; then those that came near, nearest first.
    pub rules: Vec<RuleExplained>,
    /// How many rules hold and are not shown.
    pub holding_cut: usize,
    /// How many rules came as near as some and are not shown.
    pub near_cut: usize,
}

/// One rule and the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleExplained {
    /// The rule's id.
    pub rule: String,
    /// Where its document is.
    pub file: Option<String>,
    /// Where it is in its document.
    pub line: u32,
    /// What it decides.
    pub decision: &'static str,
    /// How it counts: `decides`, `weaker`, `shadow` or `fails`.
    pub role: Role,
    /// `true`, `false` or `unknown`.
    pub value: &'static str,
    /// Conditions that keep it from holding; fields of object patterns count each.
    pub failing: usize,
    /// Conditions in all.
    pub conditions_count: usize,
    /// `when`, `unless` and `if`, those that are given.
    pub conditions: Vec<Condition>,
    /// Changes of one field that would turn the rule.
    pub near_misses: Vec<NearMiss>,
    /// What its author may have meant.
    pub suggestions: Vec<String>,
}

/// What a rule has to do with the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It holds, and the decision is its own.
    Decides,
    /// It holds, and a stricter one decides.
    Weaker,
    /// It holds and is not enforced.
    Shadow,
    /// It does not hold.
    Fails,
}

/// There is no rule of that id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchRule {
    id: String,
    near: Option<String>,
}

impl fmt::Display for NoSuchRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the policy has no rule {}", quote(&self.id))?;
        match &self.near {
            Some(near) => write!(f, "; did you mean {}?", quote(near)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for NoSuchRule {}

/// Explains how a checked policy decides one request; `digest` is shown as the policy's identity. [`Explainable`] is easier.
///
/// Takes time linear in the number of rules, and shows a bounded number of them.
///
/// # Errors
/// If a rule is asked for that the policy does not have.
///
/// # Examples
/// ```
/// use toolgate_compiler::explain::{Options, explain};
/// use toolgate_compiler::{Source, check};
/// let text = "rules: [{id: small, when: {action: pay, input: {amount: [{lte: 1000}]}}, decision: allow}]";
/// let policy = check(&[Source { name: "policy.yaml".into(), text: text.into() }]).policy.unwrap();
/// let request = br#"{"action": "pay", "input": {"amount": 1500}}"#;
/// let explanation = explain(&policy, "", request, false, Options::default()).unwrap();
/// assert_eq!(explanation.decision.decision, "deny");
/// let near = &explanation.rules[0].near_misses[0];
/// assert_eq!((near.field.as_str(), near.would_be.as_str(), near.decision), ("/action/input/amount", "1000", "allow"));
/// ```
pub fn explain(policy: &Policy, digest: &str, request: &[u8], clarified: bool, options: Options<'_>) -> Result<Explanation, NoSuchRule> {
    let asked = options.rule.map(|id| find(policy, id)).transpose()?;
    let explanation = Explanation {
        notice: NOTICE,
        decision: reference::denial(digest),
        because: Vec::new(),
        refused: None,
        rules: Vec::new(),
        holding_cut: 0,
        near_cut: 0,
    };
    match (request::read(request), std::str::from_utf8(request)) {
        (Ok(value), Ok(text)) => Ok(Explainer::new(policy, &value, text, clarified, options.files).explain(asked, explanation)),
        (Err(refusal), _) => {
            let decision = reference::decide(policy, digest, request, clarified);
            let refused = Refused::new(request, &refusal);
            let because = vec![format!("what was sent is no request, and is denied whatever the policy says: {}", refused.meaning)];
            Ok(Explanation { decision, because, refused: Some(refused), ..explanation })
        }
        // What is not UTF-8 is refused.
        (Ok(_), Err(_)) => Ok(explanation),
    }
}

fn find<'p>(policy: &'p Policy, id: &str) -> Result<&'p ir::Rule, NoSuchRule> {
    let near = || suggest::nearest(id, policy.rules.iter().map(|rule| rule.id.as_str())).map(str::to_owned);
    policy.rules.iter().find(|rule| rule.id == id).ok_or_else(|| NoSuchRule { id: id.to_owned(), near: near() })
}

struct Explainer<'p> {
    policy: &'p Policy,
    request: &'p Value,
    clarified: bool,
    files: &'p [String],
    evaluation: Evaluation<'p>,
    search: Search<'p>,
}

impl<'p> Explainer<'p> {
    fn new(policy: &'p Policy, request: &'p Value, text: &'p str, clarified: bool, files: &'p [String]) -> Self {
        let evaluation = Evaluation::new(policy, request);
        Self { policy, request, clarified, files, evaluation, search: Search::new(policy, text, clarified) }
    }

    fn explain(&self, asked: Option<&'p ir::Rule>, explanation: Explanation) -> Explanation {
        let values = reference::values(self.policy, self.request);
        let decision = reference::judge(self.policy, values, self.clarified, explanation.decision);
        let Standings { mut holding, near, near_cut } = Standings::of(self.policy, self.request);
        let because = reason::because(&decision, &holding, self.policy, self.clarified);
        let shown = Explanation { decision, because, ..explanation };
        if let Some(rule) = asked {
            let standing = Standing::of(rule, &self.evaluation);
            let role = self.role(&standing, &shown.decision);
            return Explanation { rules: vec![self.rule(&standing, role, CONDITIONS_OF_ONE)], ..shown };
        }
        holding.sort_by_key(|standing| rank(self.role(standing, &shown.decision)));
        let holding_cut = holding.len().saturating_sub(HOLDING_MAX);
        holding.truncate(HOLDING_MAX);
        let rules = holding.iter().chain(&near);
        let rules = rules.map(|standing| self.rule(standing, self.role(standing, &shown.decision), CONDITIONS_MAX)).collect();
        Explanation { rules, holding_cut, near_cut, ..shown }
    }

    fn rule(&self, standing: &Standing<'p>, role: Role, room: usize) -> RuleExplained {
        let rule = standing.rule;
        RuleExplained {
            rule: rule.id.clone(),
            file: self.files.get(rule.source).cloned(),
            line: rule.span.line,
            decision: rule.outcome.decision.as_str(),
            role,
            value: condition::word(&standing.value),
            failing: standing.failing,
            conditions_count: standing.conditions,
            conditions: condition::of_rule(rule, &self.evaluation, room),
            near_misses: self.search.of(standing, &self.evaluation),
            suggestions: reason::suggestions(rule, &self.evaluation),
        }
    }

    fn role(&self, standing: &Standing<'_>, decision: &Decision) -> Role {
        let rule = standing.rule;
        match (standing.holds(), rule.mode) {
            (false, _) => Role::Fails,
            (true, Mode::Shadow) => Role::Shadow,
            (true, Mode::Enforce) if counts_as(&rule.outcome, self.clarified).as_str() == decision.decision => Role::Decides,
            (true, Mode::Enforce) => Role::Weaker,
        }
    }
}

fn rank(role: Role) -> u8 {
    match role {
        Role::Decides => 0,
        Role::Weaker => 1,
        Role::Shadow => 2,
        Role::Fails => 3,
    }
}

const NOTICE: &str = "not safe to show to a model: this tells what the policy says and what would get past it";
const HOLDING_MAX: usize = 24;
/// Conditions shown of one rule among others, and of one that is asked for.
const CONDITIONS_MAX: usize = 64;
const CONDITIONS_OF_ONE: usize = 4_096;
