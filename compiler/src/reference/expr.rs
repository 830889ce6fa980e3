//! Section 7 of the law: three-valued, and nothing is quantified by itself.

use std::borrow::Cow;

use super::operator::{compare, count};
use super::pattern::{Evaluation, eq, exists, pointer};
use crate::ir::expr::{Argument, Base, Expr, Members, Operand, Path, Quantifier, TextMethod};
use crate::ir::{Comparison, Decimal, Scalar};
use crate::request::value::{ELEMENTS_MAX, Value};
use crate::truth::{Truth, UNKNOWN, and, not, or};

/// A text of the request longer than this is neither looked for nor into, when both come from the request.
pub(crate) const TEXT_BYTES_MAX: usize = 4_096;

/// The value of the variable that `all` or `exists` binds, and the path of the array it is an element of.
pub(crate) type Variable<'v> = Option<(&'v Value, &'v Path)>;

impl<'p> Evaluation<'p> {
    pub(crate) fn expr(&self, expr: &'p Expr, variable: Variable<'_>) -> Truth {
        match expr {
            Expr::And(parts) => and(parts.iter().map(|part| self.expr(part, variable))),
            Expr::Or(parts) => or(parts.iter().map(|part| self.expr(part, variable))),
            Expr::Not(part) => not(self.expr(part, variable)),
            Expr::Over(path, quantifier, body) => match self.own_elements(path, variable) {
                None | Some([]) => Truth::Unknown(spelt(path, variable)),
                Some(own) => {
                    let asked = own.iter().map(|element| self.expr(&body.condition, Some((element, path))));
                    if *quantifier == Quantifier::All { and(asked) } else { or(asked) }
                }
            },
            _ => match self.condition(expr, variable) {
                Truth::Unknown(_) => Truth::Unknown(expr.own_paths().map(|path| spelt(path, variable)).min().unwrap_or_default()),
                told => told,
            },
        }
    }

    fn condition(&self, expr: &'p Expr, variable: Variable<'_>) -> Truth {
        match expr {
            Expr::Flag(path) => eq(&Scalar::Bool(true), self.find(path, variable)),
            // What is below an array is opaque.
            Expr::Has(path) => exists(true, self.find(path, variable)),
            Expr::Equal(a, b) => equal(&self.operand(a, variable), b, &self.operand(b, variable)),
            Expr::Compare(a, how, b) => less_or_greater(&self.operand(a, variable), *how, &self.operand(b, variable)),
            Expr::In(x, members) => self.is_in(x, members, variable),
            Expr::Text(path, method, argument) => {
                told_of_text(*method, self.find(path, variable), argument, |path| self.find(path, variable))
            }
            Expr::Matches(path, regex) => match self.find(path, variable) {
                Value::Scalar(Scalar::String(text)) => self.matches(text, regex, false).into(),
                _ => UNKNOWN,
            },
            Expr::And(_) | Expr::Or(_) | Expr::Not(_) | Expr::Over(..) => self.expr(expr, variable),
        }
    }

    pub(crate) fn find<'v>(&'v self, path: &Path, variable: Variable<'v>) -> &'v Value {
        let base = match (path.base, variable) {
            (Base::Request, _) => self.request,
            (Base::Element, Some((element, _))) => element,
            (Base::Element, None) => &Value::Opaque,
        };
        path.keys.iter().fold(base, |at, key| at.member(key))
    }

    /// An array's elements as they stand, if there are not too many.
    pub(crate) fn own_elements<'v>(&'v self, path: &Path, variable: Variable<'v>) -> Option<&'v [Value]> {
        match self.find(path, variable) {
            Value::Array(own) if own.len() <= ELEMENTS_MAX => Some(own),
            _ => None,
        }
    }

    /// A size that cannot be told is opaque.
    fn operand<'v>(&'v self, operand: &Operand, variable: Variable<'v>) -> Cow<'v, Value> {
        match operand {
            Operand::Path(path) => Cow::Borrowed(self.find(path, variable)),
            Operand::Literal(scalar) => Cow::Owned(Value::Scalar(scalar.clone())),
            Operand::Size(path) => {
                let size = count(self.find(path, variable)).and_then(|count| Decimal::parse(&count.to_string()));
                Cow::Owned(size.map_or(Value::Opaque, |size| Value::Scalar(Scalar::Number(size))))
            }
        }
    }

    fn is_in(&self, x: &Operand, members: &Members, variable: Variable<'_>) -> Truth {
        let value = self.operand(x, variable);
        let written = match members {
            _ if matches!(*value, Value::Absent | Value::Opaque | Value::Array(_)) => return UNKNOWN,
            Members::Literals(members) => Some(members),
            Members::List(list) => self.policy.lists.get(*list).map(|list| &list.members),
            Members::Path(path) => match self.own_elements(path, variable) {
                Some(own) => return or(own.iter().map(|member| equal(member, x, &value))),
                None => return UNKNOWN,
            },
        };
        or(written.into_iter().flatten().map(|member| eq(member, &value)))
    }
}

/// `a == b`; a null that the policy writes tells any present value.
fn equal(a: &Value, written: &Operand, b: &Value) -> Truth {
    match (a, written, b) {
        (Value::Array(_), Operand::Literal(Scalar::Null), _) => Truth::False,
        (a, Operand::Literal(literal), _) => eq(literal, a),
        (a, _, Value::Scalar(b)) if *b != Scalar::Null => eq(b, a),
        _ => UNKNOWN,
    }
}

fn less_or_greater(a: &Value, how: Comparison, b: &Value) -> Truth {
    match (a, b) {
        (Value::Scalar(Scalar::Number(a)), Value::Scalar(Scalar::Number(b))) => compare(a, how, b).into(),
        _ => UNKNOWN,
    }
}

fn told_of_text<'v>(method: TextMethod, value: &Value, argument: &Argument, find: impl Fn(&Path) -> &'v Value) -> Truth {
    let Value::Scalar(Scalar::String(text)) = value else { return UNKNOWN };
    let sought = match argument {
        Argument::Literal(sought) => sought,
        Argument::Path(path) => match find(path) {
            Value::Scalar(Scalar::String(sought)) if text.len().max(sought.len()) <= TEXT_BYTES_MAX => sought,
            _ => return UNKNOWN,
        },
    };
    Truth::from(match method {
        TextMethod::StartsWith => text.starts_with(sought),
        TextMethod::EndsWith => text.ends_with(sought),
        TextMethod::Contains => text.contains(sought),
    })
}

/// The JSON Pointer that a path means; of the variable, what is selected in the array.
fn spelt(path: &Path, variable: Variable<'_>) -> String {
    let array = variable.filter(|_| path.base == Base::Element).map_or(&[][..], |(_, array)| &array.keys);
    pointer(array.iter().chain(&path.keys))
}
