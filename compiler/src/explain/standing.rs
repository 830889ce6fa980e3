//! How near each rule is to holding.

use std::collections::BinaryHeap;

use super::part::{self, Junction, Part, Place};
use crate::ir::{Alternative, Decision, Policy, Rule, Scalar};
use crate::reference::holds;
use crate::reference::pattern::Evaluation;
use crate::request::value::Value;
use crate::suggest;
use crate::truth::{Truth, and};

/// How one rule stands.
pub(super) struct Standing<'p> {
    pub rule: &'p Rule,
    /// Of the whole rule.
    pub value: Truth,
    /// Conditions that keep it from holding.
    pub failing: usize,
    /// Conditions in all, fields of object patterns counted each.
    pub conditions: usize,
}

impl<'p> Standing<'p> {
    pub(super) fn of(rule: &'p Rule, evaluation: &Evaluation<'p>) -> Self {
        let mut count = Count::new(rule);
        count.rule(evaluation, usize::MAX);
        count.standing
    }

    pub(super) fn holds(&self) -> bool {
        holds(self.rule, &self.value)
    }
}

/// The rules that hold, in document order, and those that nearly do, nearest first.
pub(super) struct Standings<'p> {
    pub holding: Vec<Standing<'p>>,
    pub near: Vec<Standing<'p>>,
    /// Rules that would be among them, had there been room.
    pub near_cut: usize,
}

impl<'p> Standings<'p> {
    /// Asks every rule once.
    pub(super) fn of(policy: &'p Policy, request: &'p Value) -> Self {
        let mut holding = Vec::new();
        let mut nearest = Nearest::default();
        for (chunk, rules) in policy.rules.chunks(RULES_AT_ONCE).enumerate() {
            // What an evaluation remembers grows with the rules.
            let evaluation = Evaluation::new(policy, request);
            for (offset, rule) in rules.iter().enumerate() {
                let mut count = Count::new(rule);
                count.rule(&evaluation, FAILING_MAX);
                if count.standing.holds() {
                    holding.push(count.standing);
                } else {
                    nearest.offer(&count, chunk.saturating_mul(RULES_AT_ONCE).saturating_add(offset));
                }
            }
        }
        let evaluation = Evaluation::new(policy, request);
        let indexes = [nearest.of_this_action, nearest.of_others].into_iter().flat_map(BinaryHeap::into_sorted_vec);
        let near = indexes.filter_map(|(.., index)| policy.rules.get(index)).map(|rule| Standing::of(rule, &evaluation)).collect();
        Self { holding, near, near_cut: nearest.cut }
    }
}

/// The nearest rules so far; of each kind the farthest is on top.
#[derive(Default)]
struct Nearest {
    of_this_action: BinaryHeap<(usize, usize)>,
    /// Rules whose condition on the action's name fails; those first that have a similar name.
    of_others: BinaryHeap<(usize, usize)>,
    cut: usize,
}

impl Nearest {
    fn offer(&mut self, count: &Count<'_>, index: usize) {
        let failing = count.standing.failing;
        let (heap, distance, most) = match count.action {
            Action::Named if failing <= FAILING_MAX => (&mut self.of_this_action, failing, NEAR_MAX),
            Action::Similar if failing <= FAILING_MAX => (&mut self.of_others, 0, NEAR_OTHERS_MAX),
            Action::Other if failing == 1 => (&mut self.of_others, 1, NEAR_OTHERS_MAX),
            _ => return,
        };
        heap.push((distance, index));
        if heap.len() > most {
            heap.pop();
            self.cut = self.cut.saturating_add(1);
        }
    }
}

/// Whether the rule is about this action.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Action {
    Named,
    /// It names another one that a slip would make of it.
    Similar,
    Other,
}

struct Count<'p> {
    standing: Standing<'p>,
    action: Action,
}

impl<'p> Count<'p> {
    fn new(rule: &'p Rule) -> Self {
        Self { standing: Standing { rule, value: Truth::True, failing: 0, conditions: 0 }, action: Action::Named }
    }

    /// Counts until more than `most` conditions fail.
    fn rule(&mut self, evaluation: &Evaluation<'p>, most: usize) {
        for (_, part) in part::of_rule(self.standing.rule, evaluation.request) {
            self.part(&part, &mut Vec::new(), evaluation, most);
        }
    }

    fn part<'e>(&mut self, part: &Part<'p, 'e>, place: &mut Place, evaluation: &'e Evaluation<'p>, most: usize) {
        // A rule for another action that lacks something else as well is none that came near.
        if self.standing.failing > most || self.action == Action::Other && self.standing.failing > 1 && most < usize::MAX {
            return;
        }
        if let (Part::Object(..) | Part::Expr(..), Some((Junction::All, children))) = (part, part.parts(evaluation)) {
            for child in children {
                let depth = place.len();
                place.extend(child.steps);
                self.part(&child.part, place, evaluation, most);
                place.truncate(depth);
            }
            return;
        }
        let value = part.truth(evaluation);
        let is_allow = self.standing.rule.outcome.decision == Decision::Allow;
        let fails = value == Truth::False || is_allow && value != Truth::True;
        self.standing.conditions = self.standing.conditions.saturating_add(1);
        self.standing.failing = self.standing.failing.saturating_add(usize::from(fails));
        if fails && part::is_action_name(place) {
            self.action = if is_similar(part) { Action::Similar } else { Action::Other };
        }
        let so_far = std::mem::replace(&mut self.standing.value, Truth::True);
        self.standing.value = and([so_far, value]);
    }
}

/// Whether a list for the action's name has one that is nearly what was seen.
fn is_similar(part: &Part<'_, '_>) -> bool {
    let Part::List(list, Value::Scalar(Scalar::String(seen)), _) = part else { return false };
    let names = list.alternatives.iter().take(NAMES_COMPARED_MAX).filter_map(|alternative| match alternative {
        Alternative::Scalar(Scalar::String(name)) => Some(name.as_str()),
        _ => None,
    });
    suggest::nearest(seen, names).is_some()
}

const RULES_AT_ONCE: usize = 256;
const FAILING_MAX: usize = 3;
const NEAR_MAX: usize = 8;
const NEAR_OTHERS_MAX: usize = 3;
const NAMES_COMPARED_MAX: usize = 64;
