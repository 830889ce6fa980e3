//! Decisions and risks, of rules and of defaults.

use crate::diagnostic::Report;
use crate::field;
use crate::ir::{Decision, Risk};
use crate::tree::Node;

/// Weakest first.
pub(crate) const DECISIONS: [(&str, Decision); 4] = [
    ("allow", Decision::Allow),
    ("approval_required", Decision::RequireApproval),
    ("clarification_required", Decision::RequireClarification),
    ("deny", Decision::Deny),
];

pub(crate) const RISKS: [(&str, Risk); 4] =
    [("low", Risk::Low), ("medium", Risk::Medium), ("high", Risk::High), ("critical", Risk::Critical)];

pub(crate) fn decision(value: &Node<'_>, report: &mut Report<'_>) -> Option<Decision> {
    field::word("decision", &DECISIONS, value, report)
}

pub(crate) fn risk(value: &Node<'_>, report: &mut Report<'_>) -> Option<Risk> {
    field::word("risk", &RISKS, value, report)
}

/// What to write where a decision is missing.
pub(crate) fn help() -> String {
    let known: Vec<String> = DECISIONS.iter().map(|(name, _)| format!("`{name}`")).collect();
    format!("write `decision: …`, one of {}", known.join(", "))
}
