//! The branches of a rule, with what they are called.

use super::address;
use crate::canonical;
use crate::ir::{Alternative, Expr, List, Member, Object, Operator, Pattern, Rule};
use crate::lint::is_star;
use crate::reference::pattern::pointer;

/// Address and name of each branch, in the order written.
pub(super) fn of(rule: &Rule) -> Vec<(usize, String)> {
    let mut branches = Branches { part: "when", path: Vec::new(), found: Vec::new() };
    if let Some(when) = &rule.when {
        branches.object(when);
    }
    if let Some(unless) = &rule.unless {
        branches.part = "unless";
        branches.found.push((address(unless), "`unless`".to_owned()));
        branches.object(unless);
    }
    if let Some(condition) = &rule.condition {
        branches.found.push((address(condition), "`if`".to_owned()));
        branches.expr(condition);
    }
    branches.found
}

struct Branches<'p> {
    /// `when` or `unless`
    part: &'static str,
    path: Vec<&'p String>,
    found: Vec<(usize, String)>,
}

impl<'p> Branches<'p> {
    fn object(&mut self, object: &'p Object) {
        for member in &object.members {
            match member {
                Member::Or(objects) => {
                    let place = if self.path.is_empty() { String::new() } else { format!(" at {}", pointer(self.path.iter().copied())) };
                    for (index, one) in objects.iter().enumerate() {
                        let what = format!("`{}`: `$or`{place}, {}", self.part, ordinal(index, objects.len()));
                        self.found.push((address(one), what));
                        self.object(one);
                    }
                }
                Member::Not(inner) => self.object(inner),
                Member::Key { name, pattern } => {
                    self.path.push(name);
                    match pattern {
                        Pattern::Object(inner) => self.object(inner),
                        Pattern::List(list) => self.list(list),
                    }
                    self.path.pop();
                }
            }
        }
    }

    fn list(&mut self, list: &'p List) {
        for alternative in &list.alternatives {
            if !(self.is_at_name() && is_star(alternative)) {
                let place = pointer(self.path.iter().copied());
                self.found.push((address(alternative), format!("`{}`: {place}, {}", self.part, canonical::alternative_text(alternative))));
            }
            for inner in inner(alternative) {
                self.list(inner);
            }
        }
    }

    fn expr(&mut self, expr: &'p Expr) {
        let (sign, parts) = match expr {
            Expr::And(parts) => ("&&", parts),
            Expr::Or(parts) => ("||", parts),
            Expr::Not(part) => return self.expr(part),
            Expr::Over(_, _, body) => return self.expr(&body.condition),
            _ => return,
        };
        for (index, part) in parts.iter().enumerate() {
            let what = format!("`if`: `{sign}`, {}, {}", ordinal(index, parts.len()), canonical::expr_text(part));
            self.found.push((address(part), what));
            self.expr(part);
        }
    }

    fn is_at_name(&self) -> bool {
        matches!(self.path.as_slice(), [action, name] if *action == "action" && *name == "name")
    }
}

/// Lists in an alternative, which `any` and `every` ask of the same value.
pub(super) fn inner(alternative: &Alternative) -> impl Iterator<Item = &List> {
    let operators = match alternative {
        Alternative::Scalar(_) => &[],
        Alternative::Operators(operators) => operators.as_slice(),
    };
    operators.iter().filter_map(|operator| match operator {
        Operator::Any(list) | Operator::Every(list) => Some(list),
        _ => None,
    })
}

fn ordinal(index: usize, total: usize) -> String {
    format!("{} of {total}", index.saturating_add(1))
}
