//! Asking one request of the branches of one rule, along the reference interpreter.

use super::branch::inner;
use super::{Branch, Places, address};
use crate::ir::{Expr, List, Member, Object, Pattern, Rule};
use crate::reference::expr::Variable;
use crate::reference::pattern::{Evaluation, Quantifier};
use crate::request::value::Value;
use crate::truth::Truth;

pub(super) struct Walk<'w, 'p> {
    pub(super) evaluation: &'w Evaluation<'p>,
    pub(super) places: &'w Places,
    pub(super) branches: &'w mut [Branch],
}

impl<'p> Walk<'_, 'p> {
    pub(super) fn rule(&mut self, rule: &'p Rule) {
        let (q, request) = (Quantifier::of(rule), self.evaluation.request);
        if let Some(when) = &rule.when {
            self.object(when, request, q);
        }
        if let Some(unless) = &rule.unless {
            self.saw(address(unless), &self.evaluation.obj(unless, request, q.flip(), ""));
            self.object(unless, request, q.flip());
        }
        if let Some(condition) = &rule.condition {
            self.saw(address(condition), &self.evaluation.expr(condition, None));
            self.expr(condition, None);
        }
    }

    fn object(&mut self, object: &'p Object, value: &Value, q: Quantifier) {
        if matches!(value, Value::Array(_)) {
            for element in value.flattened().into_iter().flatten() {
                self.object(object, element, q);
            }
            return;
        }
        for member in &object.members {
            match member {
                Member::Or(objects) => {
                    for one in objects {
                        self.saw(address(one), &self.evaluation.obj(one, value, q, ""));
                        self.object(one, value, q);
                    }
                }
                Member::Not(inner) => self.object(inner, value, q.flip()),
                Member::Key { name, pattern: Pattern::Object(inner) } => self.object(inner, value.member(name), q),
                Member::Key { name, pattern: Pattern::List(list) } => self.list(list, value.member(name)),
            }
        }
    }

    fn list(&mut self, list: &'p List, value: &Value) {
        let elements = value.flattened();
        for alternative in &list.alternatives {
            for element in elements.as_deref().unwrap_or(&[value]) {
                self.saw(address(alternative), &self.evaluation.alt(alternative, value, element));
            }
            for inner in inner(alternative) {
                match (&elements, value) {
                    (Some(elements), _) => elements.iter().for_each(|element| self.list(inner, element)),
                    (None, Value::Absent | Value::Opaque | Value::Array(_)) => {}
                    (None, _) => self.list(inner, value),
                }
            }
        }
    }

    fn expr(&mut self, expr: &'p Expr, variable: Variable<'_>) {
        match expr {
            Expr::And(parts) | Expr::Or(parts) => {
                for part in parts {
                    self.saw(address(part), &self.evaluation.expr(part, variable));
                    self.expr(part, variable);
                }
            }
            Expr::Not(part) => self.expr(part, variable),
            Expr::Over(path, _, body) => {
                let evaluation = self.evaluation;
                for element in evaluation.own_elements(path, variable).into_iter().flatten() {
                    self.expr(&body.condition, Some((element, path)));
                }
            }
            _ => {}
        }
    }

    fn saw(&mut self, address: usize, truth: &Truth) {
        if let Some(branch) = self.places.get(&address).and_then(|index| self.branches.get_mut(*index)) {
            branch.told.add_truth(truth);
        }
    }
}
