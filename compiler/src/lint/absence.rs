//! Restrictive rules that hold for every call without some field.

use crate::diagnostic::{Report, clip, quote};
use crate::ir::expr::{Argument, Base, Expr, Members, Operand, Path};
use crate::ir::{Alternative, Decision, List, Member, Object, Operator, Pattern, Rule};
use crate::tree::span::Range;

/// Warns of a restrictive rule about calls of any action that holds whenever some fields are absent, though it does not
/// ask for that.
pub(crate) fn holds_without_field(rule: &Rule, at: Range, report: &mut Report<'_>) {
    if rule.outcome.decision == Decision::Allow {
        return;
    }
    let mut search = Search { path: Vec::new(), asks_action: false };
    let mut absent = Absent::default();
    for (part, aim) in [(&rule.when, Aim::NotFalse), (&rule.unless, Aim::NotTrue)] {
        let Some(object) = part else { continue };
        let found = search.object(object, aim);
        let Some(found) = found.filter(|_| !search.asks_action) else { return };
        absent.join(found);
    }
    if let Some(condition) = &rule.condition {
        let found = search.expr(condition, Aim::NotFalse);
        let Some(found) = found.filter(|_| !search.asks_action) else { return };
        absent.join(found);
    }
    if !absent.is_surprising {
        return;
    }
    absent.fields.sort();
    absent.fields.dedup();
    let shown: Vec<String> = absent.fields.iter().take(SHOWN_MAX).map(|field| format!("`{}`", clip(field))).collect();
    let more = match absent.fields.len().saturating_sub(SHOWN_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!("{} holds for every call without {}{more}", quote(&rule.id), shown.join(", "));
    let help =
        "name the actions it is about with `action`, or ask for the field: `exists: true` beside the other operators, `has(…) &&` in `if`";
    report.warning_with_help("lint/holds-without-field", at, message, help);
}

const SHOWN_MAX: usize = 3;

/// What the absence of fields is to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aim {
    /// Keep a pattern from being false.
    NotFalse,
    /// Keep it from being true.
    NotTrue,
}

/// Fields whose absence alone does it.
#[derive(Default)]
struct Absent {
    fields: Vec<String>,
    /// By doubt, where an author who does not think of doubt expects the opposite.
    is_surprising: bool,
}

impl Absent {
    fn join(&mut self, other: Self) {
        self.fields.extend(other.fields);
        self.is_surprising |= other.is_surprising;
    }

    fn all(parts: impl Iterator<Item = Option<Self>>) -> Option<Self> {
        let mut all = Self::default();
        for part in parts {
            all.join(part?);
        }
        Some(all)
    }

    /// The first that needs no doubt, else the first with the fewest fields.
    fn one(parts: impl Iterator<Item = Option<Self>>) -> Option<Self> {
        parts.flatten().min_by_key(|part| (part.is_surprising, part.fields.len()))
    }
}

/// Recursion is as deep as conditions may nest.
struct Search<'p> {
    path: Vec<&'p str>,
    /// There is a condition on the action's name.
    asks_action: bool,
}

impl<'p> Search<'p> {
    fn object(&mut self, object: &'p Object, aim: Aim) -> Option<Absent> {
        // All are looked at: each may ask for the action.
        let parts: Vec<Option<Absent>> = object.members.iter().map(|member| self.member(member, aim)).collect();
        match aim {
            Aim::NotFalse => Absent::all(parts.into_iter()),
            Aim::NotTrue => Absent::one(parts.into_iter()),
        }
    }

    fn member(&mut self, member: &'p Member, aim: Aim) -> Option<Absent> {
        match member {
            Member::Or(branches) => {
                let parts: Vec<Option<Absent>> = branches.iter().map(|branch| self.object(branch, aim)).collect();
                match aim {
                    Aim::NotFalse => Absent::one(parts.into_iter()),
                    Aim::NotTrue => Absent::all(parts.into_iter()),
                }
            }
            Member::Not(inner) => self.object(inner, if aim == Aim::NotFalse { Aim::NotTrue } else { Aim::NotFalse }),
            Member::Key { name, pattern } => {
                self.path.push(name);
                let found = match pattern {
                    Pattern::Object(inner) => self.object(inner, aim),
                    Pattern::List(list) => self.list(list, aim),
                };
                self.path.pop();
                found
            }
        }
    }

    fn list(&mut self, list: &List, aim: Aim) -> Option<Absent> {
        if self.path == ["action", "name"] {
            let is_any = super::shadowed::is_any_text(list);
            self.asks_action |= !is_any;
            return (is_any && aim == Aim::NotFalse).then(Absent::default);
        }
        let value = of_absent(list);
        let (is_met, is_surprising) = match aim {
            Aim::NotFalse => (value != Some(false), value.is_none()),
            Aim::NotTrue => (value != Some(true), false),
        };
        is_met.then(|| Absent { fields: vec![shown(&self.path)], is_surprising })
    }

    fn expr(&mut self, expr: &Expr, aim: Aim) -> Option<Absent> {
        let other = if aim == Aim::NotFalse { Aim::NotTrue } else { Aim::NotFalse };
        match expr {
            Expr::And(parts) | Expr::Or(parts) => {
                // All are looked at, as above.
                let found: Vec<Option<Absent>> = parts.iter().map(|part| self.expr(part, aim)).collect();
                let takes_all = matches!(expr, Expr::And(_)) == (aim == Aim::NotFalse);
                if takes_all { Absent::all(found.into_iter()) } else { Absent::one(found.into_iter()) }
            }
            Expr::Not(inner) => self.expr(inner, other),
            // Absence is certain to `has`, and false.
            Expr::Has(path) => self.unknown([Some(path), None], aim).filter(|_| aim == Aim::NotTrue),
            Expr::Flag(path) | Expr::Matches(path, _) => self.unknown([Some(path), None], aim),
            Expr::Text(path, _, argument) => {
                let other = match argument {
                    Argument::Path(other) => Some(other),
                    Argument::Literal(_) => None,
                };
                self.unknown([Some(path), other], aim)
            }
            Expr::Equal(left, right) | Expr::Compare(left, _, right) => self.unknown([asked(left), asked(right)], aim),
            Expr::In(operand, members) => {
                let list = match members {
                    Members::Path(path) => Some(path),
                    Members::Literals(_) | Members::List(_) => None,
                };
                self.unknown([asked(operand), list], aim)
            }
            Expr::Over(path, _, body) => {
                // Only for the action: of an absent array there are no elements to ask.
                self.expr(&body.condition, aim);
                self.unknown([Some(path), None], aim)
            }
        }
    }

    /// A condition that is unknown if any of these paths is absent.
    fn unknown(&mut self, paths: [Option<&Path>; 2], aim: Aim) -> Option<Absent> {
        let mut fields = Vec::new();
        for path in paths.into_iter().flatten().filter(|path| path.base == Base::Request) {
            let keys: Vec<&str> = path.keys.iter().map(String::as_str).collect();
            if keys == ["action", "name"] {
                self.asks_action = true;
            } else if fields.is_empty() {
                fields.push(shown(&keys));
            }
        }
        (!fields.is_empty()).then_some(Absent { fields, is_surprising: aim == Aim::NotFalse })
    }
}

fn asked(operand: &Operand) -> Option<&Path> {
    match operand {
        Operand::Path(path) | Operand::Size(path) => Some(path),
        Operand::Literal(_) => None,
    }
}

/// A path as authors write it.
fn shown(path: &[&str]) -> String {
    match path {
        ["action", "input", rest @ ..] => [&["input"], rest].concat().join("."),
        path => path.join("."),
    }
}

/// What a list says of an absent value; `None` is unknown.
fn of_absent(list: &List) -> Option<bool> {
    let mut value = Some(false);
    for alternative in &list.alternatives {
        match alternative {
            Alternative::Scalar(_) => value = None,
            Alternative::Operators(operators) => match all_of_absent(operators) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => value = None,
            },
        }
    }
    value
}

fn all_of_absent(operators: &[Operator]) -> Option<bool> {
    let mut value = Some(true);
    for operator in operators {
        match operator {
            Operator::Exists(false) => {}
            Operator::Exists(true) | Operator::Type(_) => return Some(false),
            _ => value = None,
        }
    }
    value
}
