//! Near misses: one field changed, and the request decided again.

use std::cell::Cell;

use serde::Serialize;

use super::change::Change;
use super::part;
use super::seen::shown;
use super::standing::Standing;
use super::wish::{self, Wish};
use crate::decision::Decision;
use crate::ir::Policy;
use crate::reference::pattern::Evaluation;
use crate::reference::{self, holds};
use crate::request;

/// One change to the request, and what would become of it: found by deciding the request so changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NearMiss {
    /// JSON Pointer of the field as the policy means it, with array indexes.
    pub field: String,
    /// What the field would be, cut if long.
    pub would_be: String,
    /// What it is.
    pub is: String,
    /// The change to the request as it was sent.
    pub change: Change,
    /// Whether the rule would hold then.
    pub holds: bool,
    /// The decision then.
    pub decision: &'static str,
    /// The first of the rules of that decision.
    pub rules: Vec<String>,
    /// Whether the decision would be the default's alone.
    pub default: bool,
}

/// Tries changes to one request.
pub(super) struct Search<'p> {
    policy: &'p Policy,
    request: &'p str,
    clarified: bool,
    /// Changes of a request that may still be tried on their rule: each reads the request.
    tries: Cell<usize>,
    /// Decisions that may still be made: each asks all rules.
    decisions: Cell<usize>,
}

impl<'p> Search<'p> {
    pub(super) fn new(policy: &'p Policy, request: &'p str, clarified: bool) -> Self {
        let tries = TRIED_BYTES_MAX.checked_div(request.len()).unwrap_or(TRIES_MAX).clamp(TRIES_MIN, TRIES_MAX);
        let decisions = RULES_DECIDED_MAX.checked_div(policy.rules.len()).unwrap_or(DECISIONS_MAX).clamp(DECISIONS_MIN, DECISIONS_MAX);
        Self { policy, request, clarified, tries: Cell::new(tries), decisions: Cell::new(decisions) }
    }

    /// Changes that turn this rule, one for each field.
    pub(super) fn of(&self, standing: &Standing<'p>, evaluation: &Evaluation<'p>) -> Vec<NearMiss> {
        let is_holding = standing.holds();
        let mut found: Vec<NearMiss> = Vec::new();
        for wish in wish::of_rule(standing.rule, evaluation, is_holding) {
            if found.len() == SHOWN_MAX || self.tries.get() == 0 || self.decisions.get() == 0 {
                break;
            }
            let field = part::pointer(&wish.place);
            // That a rule for this action would not hold for another one says nothing.
            let is_said = is_holding && field == "/action/name" || found.iter().any(|other| other.field == field);
            if !is_said {
                found.extend(self.try_out(standing, wish, field));
            }
        }
        found
    }

    fn try_out(&self, standing: &Standing<'p>, wish: Wish<'_>, field: String) -> Option<NearMiss> {
        self.tries.set(self.tries.get().saturating_sub(1));
        let change = Change::new(self.request, &wish.place, wish.value.as_deref())?;
        let changed = request::read(change.apply(self.request)?.as_bytes()).ok()?;
        let would_hold = holds(standing.rule, &Evaluation::new(self.policy, &changed).value(standing.rule));
        if would_hold == standing.holds() {
            return None;
        }
        self.decisions.set(self.decisions.get().saturating_sub(1));
        let values = reference::values(self.policy, &changed);
        let decided = reference::judge(self.policy, values, self.clarified, reference::denial(""));
        let Decision { decision, mut rules, default, .. } = decided;
        rules.truncate(RULES_SHOWN);
        let would_be = match &wish.value {
            None => "absent".to_owned(),
            Some(json) => super::seen::json(json),
        };
        Some(NearMiss { field, would_be, is: shown(wish.seen), change, holds: would_hold, decision, rules, default })
    }
}

/// Bytes of requests read over and over.
const TRIED_BYTES_MAX: usize = 16 * 1024 * 1024;
const TRIES_MAX: usize = 512;
const TRIES_MIN: usize = 8;
/// Rules asked over and over.
const RULES_DECIDED_MAX: usize = 800_000;
const DECISIONS_MAX: usize = 64;
const DECISIONS_MIN: usize = 4;
const SHOWN_MAX: usize = 3;
const RULES_SHOWN: usize = 3;
