//! One rule's conditions as a tree, each with what it saw and what became of it.

use std::cell::Cell;

use serde::Serialize;

use super::part::{self, Child, Junction, Part, Place};
use super::seen::{counted, shown};
use super::{expression, written};
use crate::ir::{Alternative, Expr, List, Member, Object, Pattern, Rule};
use crate::reference::pattern::{Evaluation, asks_of_element};
use crate::request::value::Value;
use crate::truth::Truth;

/// A condition of a rule, or several that are joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// As a policy writes it: `when`, `unless`, `if`, `$or`, a pattern, an expression.
    pub asks: String,
    /// `true`, `false` or `unknown`. Of `unless`, `$not` and `!` it is what comes out of them.
    pub value: &'static str,
    /// JSON Pointer of the field it is about, array indexes left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The value of the field, cut if long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
    /// How several values were joined, and which of them is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What it is made of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Condition>,
    /// How many parts are left out.
    #[serde(skip_serializing_if = "is_zero")]
    pub cut: usize,
}

/// The conditions of a rule; no more of them than `room`.
pub(super) fn of_rule<'p>(rule: &'p Rule, evaluation: &Evaluation<'p>, room: usize) -> Vec<Condition> {
    let trace = Trace { evaluation, room: Cell::new(room), variable: Cell::new("") };
    let root = |(name, part): (&str, Part<'p, '_>)| {
        let mut node = trace.node(name, &part);
        match part {
            // What is negated is shown right below.
            Part::Not(p, v, q) => trace.inside(&Part::Object(p, v, q.flip()), &mut Vec::new(), &mut node),
            part => trace.inside(&part, &mut Vec::new(), &mut node),
        }
        node
    };
    part::of_rule(rule, evaluation.request).into_iter().map(root).collect()
}

struct Trace<'e, 'p> {
    evaluation: &'e Evaluation<'p>,
    room: Cell<usize>,
    /// The name that the `all` or `exists` around gives to an element.
    variable: Cell<&'p str>,
}

impl<'e, 'p> Trace<'e, 'p> {
    fn node(&self, asks: impl Into<String>, part: &Part<'p, 'e>) -> Condition {
        let value = word(&part.truth(self.evaluation));
        Condition { asks: asks.into(), value, field: None, seen: None, note: None, parts: Vec::new(), cut: 0 }
    }

    /// Adds a part to `node`: an object pattern and the `&&` of a whole `if` dissolve.
    fn inside(&self, part: &Part<'p, 'e>, place: &mut Place, node: &mut Condition) {
        match (part, part.parts(self.evaluation)) {
            (Part::Object(..) | Part::Expr(..), Some((Junction::All, children))) => self.children(Junction::All, children, place, node),
            _ => self.push(part, place, node),
        }
    }

    fn children(&self, junction: Junction, children: Vec<Child<'p, 'e>>, place: &mut Place, node: &mut Condition) {
        for Child { steps, part } in children {
            let depth = place.len();
            place.extend(steps);
            match part {
                // Of what is or-ed, fields that belong together stay so.
                Part::Object(p, _, _) if junction != Junction::Any || is_one_field(p) => self.inside(&part, place, node),
                part => self.push(&part, place, node),
            }
            place.truncate(depth);
        }
    }

    fn push(&self, part: &Part<'p, 'e>, place: &mut Place, node: &mut Condition) {
        match self.room.get().checked_sub(1) {
            None => node.cut = node.cut.saturating_add(1),
            Some(left) => {
                self.room.set(left);
                node.parts.push(self.condition(part, place));
            }
        }
    }

    fn condition(&self, part: &Part<'p, 'e>, place: &mut Place) -> Condition {
        let mut node = self.node(self.asks(part, place), part);
        match part {
            Part::Object(_, value @ Value::Array(_), _) | Part::List(_, value, _) => {
                node.field = Some(part::field(place));
                node.seen = Some(shown(value));
            }
            Part::Expr(condition, variable) => {
                let paths = if expression::is_joined(condition) && !matches!(condition, Expr::Over(..)) {
                    Vec::new()
                } else {
                    expression::paths(condition)
                };
                node.field = paths.first().map(|path| part::field(&part::of_path(path, &expression::array(*variable))));
                node.seen = expression::seen(&paths, self.evaluation, *variable);
                if !expression::is_joined(condition) {
                    return node;
                }
            }
            _ => {}
        }
        if let Part::Expr(Expr::Over(_, _, body), _) = part {
            self.variable.set(&body.variable);
        }
        match part.parts(self.evaluation) {
            Some((junction, children)) if junction.is_over_elements() => self.elements(junction, &children, place, &mut node),
            Some((junction, children)) => self.children(junction, children, place, &mut node),
            None => match part {
                Part::List(list, value, _) => self.alternatives(list, place, (value, value), &mut node),
                Part::Element(list, value, element) => self.alternatives(list, place, (value, element), &mut node),
                _ => {}
            },
        }
        node
    }

    /// Of an array only the element that made it so is shown.
    fn elements(&self, junction: Junction, children: &[Child<'p, 'e>], place: &mut Place, node: &mut Condition) {
        let values: Vec<Truth> = children.iter().map(|child| child.part.truth(self.evaluation)).collect();
        let matching = values.iter().filter(|value| **value == Truth::True).count();
        let rule = if junction.is_and() { "every element must match" } else { "one element that matches is enough" };
        let does = if matching == 1 { "does" } else { "do" };
        let mut note = format!("{rule}: {matching} of {} {does}", children.len());
        let decisive = values.iter().position(|value| word(value) == node.value);
        if let Some(Child { steps, part }) = decisive.and_then(|index| children.get(index)) {
            let depth = place.len();
            place.extend(steps.iter().cloned());
            if let Some(element) = element_of(part) {
                note.push_str(&format!("; element {} is {}", part::pointer(&indexes(steps)), shown(element)));
            }
            match part {
                // The pattern has been written already.
                Part::Element(list, value, element) => self.alternatives(list, place, (value, element), node),
                Part::List(list, element, _) => self.alternatives(list, place, (element, element), node),
                part => self.inside(part, place, node),
            }
            place.truncate(depth);
        }
        node.note = Some(note);
    }

    /// The alternatives of a list, or the operators of its only one, where that says more than the list itself.
    fn alternatives(&self, list: &'p List, place: &Place, (v, e): (&Value, &Value), node: &mut Condition) {
        let lists = &self.evaluation.policy.lists;
        match list.alternatives.as_slice() {
            [Alternative::Operators(operators)] if operators.len() > 1 => {
                let beside = operators.iter().any(asks_of_element);
                for operator in operators {
                    let value = self.evaluation.operator(operator, beside, v, e);
                    self.part_of_list(written::operator(operator, lists), &value, node);
                }
            }
            [_] => {}
            several if several.iter().any(|one| matches!(one, Alternative::Operators(_))) => {
                for one in several.iter().take(ALTERNATIVES_SHOWN) {
                    let value = self.evaluation.alt(one, v, e);
                    self.part_of_list(written::alternative(one, lists, part::is_action_name(place)), &value, node);
                }
                node.cut = node.cut.saturating_add(several.len().saturating_sub(ALTERNATIVES_SHOWN));
            }
            _ => {}
        }
    }

    fn part_of_list(&self, asks: String, value: &Truth, node: &mut Condition) {
        match self.room.get().checked_sub(1) {
            None => node.cut = node.cut.saturating_add(1),
            Some(left) => {
                self.room.set(left);
                let value = word(value);
                node.parts.push(Condition { asks, value, field: None, seen: None, note: None, parts: Vec::new(), cut: 0 });
            }
        }
    }

    fn asks(&self, part: &Part<'p, 'e>, place: &Place) -> String {
        match part {
            Part::Object(_, Value::Array(_), _) => "an object pattern on an array".to_owned(),
            Part::Object(..) => "all of".to_owned(),
            Part::Or(objects, ..) => format!("$or: one of {}", counted(objects.len(), "pattern")),
            Part::Not(..) => NOT.to_owned(),
            Part::List(list, ..) | Part::Element(list, ..) => written::list(list, &self.evaluation.policy.lists, place),
            Part::Expr(condition, _) => expression::asks(condition, &self.evaluation.policy.lists, self.variable.get()),
        }
    }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn is_one_field(object: &Object) -> bool {
    match object.members.as_slice() {
        [Member::Key { pattern: Pattern::Object(inner), .. }] => is_one_field(inner),
        [_] => true,
        _ => false,
    }
}

fn element_of<'v>(part: &Part<'_, 'v>) -> Option<&'v Value> {
    match part {
        Part::Object(_, element, _) | Part::List(_, element, _) | Part::Element(_, _, element) => Some(element),
        Part::Expr(_, Some((element, _))) => Some(element),
        _ => None,
    }
}

/// The steps from an array to its element.
fn indexes(steps: &[part::Step]) -> Place {
    steps.iter().filter(|step| matches!(step, part::Step::Index(_))).cloned().collect()
}

pub(super) fn word(value: &Truth) -> &'static str {
    match value {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Unknown(_) => "unknown",
    }
}

const NOT: &str = "$not: none of it may be true";
const ALTERNATIVES_SHOWN: usize = 8;
