//! Conditions of `if`: an array is no value here but where a condition reads it as one, and hides what is below it.

use std::borrow::Cow;

use super::{Context, Execution};
use crate::ir::expr::TextMethod;
use crate::ir::{Decimal, Scalar};
use crate::plan::condition::Condition;
use crate::plan::expression::{Place, Side};
use crate::reference::expr::TEXT_BYTES_MAX;
use crate::reference::operator::count;
use crate::reference::pattern::{Quantifier, eq};
use crate::request::value::{ELEMENTS_MAX, Value};
use crate::truth::Truth::{self, Unknown};
use crate::truth::{UNKNOWN, and, or};

impl<'e, 'p> Execution<'e, 'p> {
    /// `at` is the element that the `all` or `exists` around is at.
    pub(super) fn expression(&self, condition: &Condition<'p>, at: Context<'_>) -> Option<Truth> {
        let (value, places) = match condition {
            Condition::One(place, ask) => (self.ask(ask, self.at(*place, at)), vec![*place]),
            Condition::Same(a, b) => (equal(&self.side(*a, at), &self.side(*b, at)), vec![a.place(), b.place()]),
            Condition::Ordered { less, more, or_equal } => {
                let told = match (&*self.side(*less, at), &*self.side(*more, at)) {
                    (Value::Scalar(Scalar::Number(less)), Value::Scalar(Scalar::Number(more))) => {
                        Some(less < more || *or_equal && less == more)
                    }
                    _ => None,
                };
                (told.into(), vec![less.place(), more.place()])
            }
            Condition::Text(method, text, sought) => {
                let told = match (self.at(*text, at), self.at(*sought, at)) {
                    (Value::Scalar(Scalar::String(text)), Value::Scalar(Scalar::String(sought)))
                        if text.len().max(sought.len()) <= TEXT_BYTES_MAX =>
                    {
                        Some(match method {
                            TextMethod::StartsWith => text.starts_with(sought),
                            TextMethod::EndsWith => text.ends_with(sought),
                            TextMethod::Contains => text.contains(sought),
                        })
                    }
                    _ => None,
                };
                (told.into(), vec![*text, *sought])
            }
            Condition::Among(array, ask) => {
                let own = own_elements(self.at(*array, at));
                (own.map_or(UNKNOWN, |own| or(own.iter().map(|element| self.ask(ask, element)))), vec![*array])
            }
            Condition::AmongOf(side, array) => {
                let value = match (&*self.side(*side, at), own_elements(self.at(*array, at))) {
                    (Value::Absent | Value::Opaque | Value::Array(_), _) | (_, None) => UNKNOWN,
                    (value, Some(own)) => or(own.iter().map(|member| equal(value, member))),
                };
                (value, vec![side.place(), *array])
            }
            Condition::Over(array, every, body) => match own_elements(self.at(*array, at)) {
                None | Some([]) => (UNKNOWN, vec![*array]),
                Some(own) => {
                    let bodies = own.iter().map(|element| self.condition(body, (array.field, element), Quantifier::Any));
                    let bodies = bodies.collect::<Option<Vec<_>>>()?;
                    return Some(if *every { and(bodies) } else { or(bodies) });
                }
            },
            Condition::And(_) | Condition::Or(_) | Condition::Not(_) | Condition::Descend(..) | Condition::List(..) => return None,
        };
        // In doubt is every field that the condition names, at fault or not.
        Some(if let Unknown(_) = value { and(places.into_iter().map(|place| self.doubt(place.field))) } else { value })
    }

    fn at<'v>(&'v self, place: Place, at: Context<'v>) -> &'v Value {
        self.find(if place.of_element { at } else { self.everything() }, place.field).unwrap_or(&Value::Opaque)
    }

    /// A size that cannot be told is opaque.
    fn side<'v>(&'v self, side: Side, at: Context<'v>) -> Cow<'v, Value> {
        match side {
            Side::Value(place) => Cow::Borrowed(self.at(place, at)),
            Side::Size(place) => Cow::Owned(size(self.at(place, at))),
        }
    }

    /// Whether the size of a value is one of these.
    pub(super) fn size_among(&self, value: &Value, sizes: impl Iterator<Item = &'p Scalar>) -> Truth {
        match size(value) {
            Value::Opaque => UNKNOWN,
            size => or(sizes.map(|scalar| eq(scalar, &size))),
        }
    }
}

impl Side {
    fn place(self) -> Place {
        match self {
            Side::Value(place) | Side::Size(place) => place,
        }
    }
}

fn size(value: &Value) -> Value {
    let size = count(value).and_then(|count| Decimal::parse(&count.to_string()));
    size.map_or(Value::Opaque, |size| Value::Scalar(Scalar::Number(size)))
}

/// An array's elements as they stand, if there are not too many.
fn own_elements(value: &Value) -> Option<&[Value]> {
    match value {
        Value::Array(own) if own.len() <= ELEMENTS_MAX => Some(own),
        _ => None,
    }
}

/// Both strings, numbers or bools of one type; a null of the request tells nothing.
fn equal(a: &Value, b: &Value) -> Truth {
    match a {
        Value::Scalar(a) if *a != Scalar::Null => eq(a, b),
        _ => UNKNOWN,
    }
}
