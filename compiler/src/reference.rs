//! The reference interpreter: the law, executable.
//!
//! It walks the checked policy as the law is written, for reading and for comparing with, not for speed. It shares no
//! JSON, number or matcher code with the runtime, so that a mistake in either shows as a difference.

pub(crate) mod expr;
pub(crate) mod operator;
pub(crate) mod pattern;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use self::pattern::Evaluation;
use crate::decision::{Decision, Shadow, Undecided};
use crate::ir::{self, Mode, Outcome, Policy, Risk, Rule};
use crate::request::{self, json::Refusal, value::Value};
use crate::truth::Truth;

const ENTRIES_MAX: usize = 64;

/// Decides one request under a checked policy; `digest` is shown as the policy's identity.
///
/// # Errors
/// Never: what is no request is denied with its reason and offset.
///
/// # Panics
/// Never, for any bytes.
#[must_use]
pub fn decide(policy: &Policy, digest: &str, request: &[u8], clarified: bool) -> Decision {
    decide_by(policy, digest, request, clarified, |request| values(policy, request))
}

/// The value of each rule, in document order.
pub(crate) fn values<'p>(policy: &'p Policy, request: &Value) -> Vec<(&'p Rule, Truth)> {
    let evaluation = Evaluation::new(policy, request);
    policy.rules.iter().map(|rule| (rule, evaluation.value(rule))).collect()
}

/// Decides by the values of rules, in document order. Rules left out are those that do not hold.
pub(crate) fn decide_by<'p>(
    policy: &'p Policy,
    digest: &str,
    request: &[u8],
    clarified: bool,
    values: impl FnOnce(&Value) -> Vec<(&'p Rule, Truth)>,
) -> Decision {
    let deny = denial(digest);
    match request::read(request) {
        Ok(request) => judge(policy, values(&request), clarified, deny),
        Err(Refusal(reason, offset)) => Decision { reason, offset: Some(offset), ..deny },
    }
}

/// How a denial looks before there is a reason.
pub(crate) fn denial(digest: &str) -> Decision {
    Decision { decision: ir::Decision::Deny.as_str(), policy: digest.to_owned(), ..Decision::default() }
}

/// Decides what is a request by the values of rules; `deny` is how a denial looks.
pub(crate) fn judge(policy: &Policy, values: Vec<(&Rule, Truth)>, clarified: bool, deny: Decision) -> Decision {
    let held: Vec<(&Rule, Truth)> = values.into_iter().filter(|(rule, value)| holds(rule, value)).collect();
    let enforced = || held.iter().filter(|(rule, _)| rule.mode == Mode::Enforce);
    let counts_as = |outcome: &Outcome| counts_as(outcome, clarified);

    // Doubt never lifts a default: only a rule whose value is true does.
    let lifted = enforced().any(|(rule, value)| *value == Truth::True && !rule.tighten_only);
    let joined = || enforced().map(|(rule, _)| &rule.outcome).chain((!lifted).then_some(&policy.default));
    let decision = joined().map(counts_as).max().unwrap_or(ir::Decision::Deny);
    let listed: Vec<&(&Rule, Truth)> = enforced().filter(|(rule, _)| counts_as(&rule.outcome) == decision).collect();
    let by_default = listed.is_empty();

    // An obligation of a weaker rule survives, but nothing is obliged to what a deny forbids.
    let obliging = || joined().filter(|outcome| decision != ir::Decision::Deny || counts_as(outcome) == decision);
    let mut seen = BTreeSet::new();
    let requirements = obliging().flat_map(|outcome| &outcome.requirements).filter(|one| seen.insert(*one)).cloned().collect();
    let message =
        if by_default { policy.default.message.clone() } else { listed.iter().find_map(|(rule, _)| rule.outcome.message.clone()) };

    let mut rules: Vec<String> = listed.iter().map(|(rule, _)| rule.id.clone()).collect();
    let in_doubt = |(rule, value): &&(&Rule, Truth)| match value {
        Truth::Unknown(field) => Some(Undecided { rule: rule.id.clone(), field: field.clone() }),
        _ => None,
    };
    let mut undecided: Vec<Undecided> = listed.iter().filter_map(in_doubt).collect();
    let in_shadow = held.iter().map(|(rule, _)| rule).filter(|rule| rule.mode == Mode::Shadow);
    let mut shadow: Vec<Shadow> =
        in_shadow.map(|rule| Shadow { rule: rule.id.clone(), decision: rule.outcome.decision.as_str() }).collect();
    let truncated = rules.len().max(undecided.len()).max(shadow.len()) > ENTRIES_MAX;
    rules.truncate(ENTRIES_MAX);
    undecided.truncate(ENTRIES_MAX);
    shadow.truncate(ENTRIES_MAX);

    Decision {
        decision: decision.as_str(),
        rules,
        truncated,
        requirements,
        risk: obliging().filter_map(|outcome| outcome.risk).max().map(Risk::as_str),
        message,
        undecided,
        shadow,
        default: by_default,
        reason: if by_default { "default" } else { "rule" },
        ..deny
    }
}

/// Whether a rule of this value holds.
pub(crate) fn holds(rule: &Rule, value: &Truth) -> bool {
    *value == Truth::True || rule.outcome.decision != ir::Decision::Allow && *value != Truth::False
}

/// What an outcome decides once the clarification has been obtained, or before.
pub(crate) fn counts_as(outcome: &Outcome, clarified: bool) -> ir::Decision {
    match outcome.decision {
        ir::Decision::RequireClarification if clarified => ir::Decision::Allow,
        written => written,
    }
}
