//! Rules that can never decide.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::canonical;
use crate::diagnostic::{Report, quote};
use crate::ir::{Alternative, Decision, List, Member, Mode, Object, Operator, Pattern, Rule, TextTest};
use crate::tree::span::Range;

/// The first rules, by position, that override what is milder.
#[derive(Clone, Copy, Default)]
struct Overriding {
    deny: Option<usize>,
    approval: Option<usize>,
}

impl Overriding {
    fn add(&mut self, rule: &Rule, position: usize) {
        match rule.outcome.decision {
            Decision::Deny => self.deny = self.deny.or(Some(position)),
            // In a `tighten_only` document it lifts no default, so that an allow rule beside it still does something.
            Decision::RequireApproval if !rule.tighten_only => self.approval = self.approval.or(Some(position)),
            // Once clarified it is no stricter than anything.
            Decision::RequireApproval | Decision::RequireClarification | Decision::Allow => {}
        }
    }

    fn over(self, rule: &Rule) -> Option<usize> {
        let outcome = &rule.outcome;
        match outcome.decision {
            Decision::Deny => None,
            // Beside an approval, the obligations and the risk of an allow rule still count.
            Decision::Allow if outcome.requirements.is_empty() && outcome.risk.is_none() => self.deny.or(self.approval),
            Decision::Allow | Decision::RequireApproval | Decision::RequireClarification => self.deny,
        }
    }
}

/// Rules with the same conditions.
struct Twins {
    /// Of their conditions.
    hash: u64,
    /// Position of one of them.
    first: usize,
    overriding: Overriding,
}

/// Warns of rules beside a stricter one with the same conditions, or with none. Under the same conditions a restrictive
/// rule holds whenever a permissive one does: what every value meets, any one meets.
pub(crate) fn never_decides(rules: &[Rule], reports: &mut [Report<'_>]) {
    let enforced = || rules.iter().enumerate().filter(|(_, rule)| rule.mode == Mode::Enforce);
    let mut decisions = enforced().map(|(_, rule)| rule.outcome.decision);
    let first = decisions.next();
    if decisions.all(|decision| Some(decision) == first) {
        return;
    }
    let mut everywhere = Overriding::default();
    let hashes = hashes(rules);
    let hash_of = |position: usize| hashes.get(position).copied().unwrap_or(0);
    let mut same: HashTable<Twins> = HashTable::new();
    for (position, rule) in enforced().filter(|(_, rule)| rule.outcome.decision != Decision::Allow) {
        if is_unconditional(rule) {
            everywhere.add(rule, position);
        }
        let hash = hash_of(position);
        let twins = same.entry(hash, |twins| twins.hash == hash && ask_the_same(rules.get(twins.first), rule), |twins| twins.hash);
        let twins = twins.or_insert_with(|| Twins { hash, first: position, overriding: Overriding::default() });
        twins.into_mut().overriding.add(rule, position);
    }
    for (position, rule) in enforced().filter(|(_, rule)| rule.outcome.decision != Decision::Deny) {
        let hash = hash_of(position);
        let twins = same.find(hash, |twins| twins.hash == hash && ask_the_same(rules.get(twins.first), rule));
        let twin = twins.and_then(|twins| twins.overriding.over(rule));
        let (position, what) = match (everywhere.over(rule), twin) {
            (_, Some(position)) => (position, "has the same conditions"),
            (Some(position), None) => (position, "holds for every call"),
            (None, None) => continue,
        };
        let (Some(stricter), Some(report)) = (rules.get(position), reports.get_mut(rule.source)) else { continue };
        let message = format!("{} never decides: {} is stricter and {what}", quote(&rule.id), quote(&stricter.id));
        let help = "the strictest decision counts, in whatever order rules stand: narrow the stricter rule, or leave this one out";
        report.warning_with_help("lint/never-decides", Range { start: rule.span.start, end: rule.span.end }, message, help);
    }
}

/// By rule, the hash of its conditions: few are the same, and only those that may be are compared.
fn hashes(rules: &[Rule]) -> Vec<u64> {
    let hasher = DefaultHashBuilder::default();
    let mut text = String::new();
    let hash = |rule| {
        text.clear();
        canonical::conditions(&mut text, rule);
        hasher.hash_one(&text)
    };
    rules.iter().map(hash).collect()
}

fn ask_the_same(one: Option<&Rule>, other: &Rule) -> bool {
    let text = |rule| {
        let mut text = String::new();
        canonical::conditions(&mut text, rule);
        text
    };
    one.is_some_and(|one| std::ptr::eq(one, other) || text(one) == text(other))
}

/// Whether a rule's conditions are no more than `action: "*"`.
pub(crate) fn is_unconditional(rule: &Rule) -> bool {
    rule.unless.is_none() && rule.condition.is_none() && rule.when.as_ref().is_some_and(is_any_action)
}

fn is_any_action(object: &Object) -> bool {
    object.members.iter().all(|member| match member {
        Member::Key { name, pattern: Pattern::Object(action) } if name == "action" => action.members.iter().all(|member| match member {
            Member::Key { name, pattern: Pattern::List(list) } if name == "name" => is_any_text(list),
            _ => false,
        }),
        _ => false,
    })
}

/// Whether a list is true of every string: one of its alternatives is `*`.
pub(super) fn is_any_text(list: &List) -> bool {
    list.alternatives.iter().any(is_star)
}

/// Whether an alternative is `*`, which is true of every string.
pub(crate) fn is_star(alternative: &Alternative) -> bool {
    match alternative {
        Alternative::Operators(operators) => match operators.as_slice() {
            [Operator::Text(TextTest::Wildcard(wildcard))] => wildcard.literals == ["", ""],
            _ => false,
        },
        Alternative::Scalar(_) => false,
    }
}
