//! Access keys: what must be found in a request for a condition not to be false.
//!
//! A rule is put into the index under the keys of one of its conditions. For a permissive rule that is enough: unless some
//! value at the field matches a key, the condition is not true. A restrictive rule also holds when the condition is
//! unknown, which is when some value at the field is missing or of another type than the keys ask for: the table's *door*.
//! So a condition has keys only if it is false, never unknown, for every value of the keys' type that matches none.

use super::condition::{Ask, Condition, ListPlan};
use super::expression::Place;
use super::fields::FieldId;
use super::keys::{KeyId, Keys};
use crate::ir::{Comparison, Decimal, NamedList, Scalar, TextTest};

/// Longest prefix or suffix used as a key, in bytes. A key is only necessary, so a longer one is cut.
const AFFIX_MAX: usize = 256;

/// One key, its text or numbers still in the policy's conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key<'c> {
    Exact(&'c [u8]),
    Prefix(&'c [u8]),
    Suffix(&'c [u8]),
    Range(Interval<'c>),
}

impl<'c> Key<'c> {
    /// The text of a key that is no range.
    pub(crate) fn text(self) -> Option<&'c [u8]> {
        match self {
            Key::Exact(text) | Key::Prefix(text) | Key::Suffix(text) => Some(text),
            Key::Range(_) => None,
        }
    }

    /// The interval of a key that is a range.
    pub(crate) fn interval(self) -> Option<Interval<'c>> {
        match self {
            Key::Range(interval) => Some(interval),
            Key::Exact(_) | Key::Prefix(_) | Key::Suffix(_) => None,
        }
    }
}

/// An interval of numbers; a missing bound is infinite. The flag says whether the bound itself is inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Interval<'c> {
    pub low: Option<(&'c Decimal, bool)>,
    pub high: Option<(&'c Decimal, bool)>,
}

/// A key at a field. Equal keys share an entry of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FieldKey<'c> {
    pub field: FieldId,
    /// An array at the field is in doubt instead of leading to what its elements meet.
    pub single: bool,
    pub key: Key<'c>,
}

/// The keys of a condition, at least one of which must be met.
#[derive(Debug)]
pub(crate) struct Access {
    /// Numbers of distinct keys.
    pub keys: Vec<KeyId>,
    /// A scalar that meets a key makes the whole condition true.
    pub proves: bool,
}

/// Finds the keys of conditions.
pub(crate) struct Accesses<'c> {
    pub lists: &'c [NamedList],
    /// Field of the action's name, which is never an array.
    pub certain: FieldId,
    /// Of all conditions asked about so far.
    pub keys: Keys<'c>,
}

impl<'c> Accesses<'c> {
    /// The keys of a condition, if it has any.
    pub(crate) fn of(&mut self, condition: &'c Condition<'c>) -> Option<Access> {
        match condition {
            Condition::Descend(_, inner) => self.of(inner).map(|access| Access { proves: false, ..access }),
            Condition::And(parts) => parts
                .iter()
                .filter_map(|part| self.of(part))
                .min_by_key(|access| access.keys.len())
                .map(|access| Access { proves: false, ..access }),
            Condition::Or(parts) => {
                let mut keys = Vec::new();
                for part in parts {
                    keys.append(&mut self.of(part)?.keys);
                }
                (!keys.is_empty()).then(|| Access { keys: distinct(keys), proves: false })
            }
            Condition::List(field, list) => self.at(*field, false, list_keys(list, self.lists)?),
            Condition::One(Place { field, of_element: false }, asks) => {
                self.at(*field, *field != self.certain, any_keys(asks, self.lists)?)
            }
            _ => None,
        }
    }

    fn at(&mut self, field: FieldId, single: bool, (keys, proves): (Vec<Key<'c>>, bool)) -> Option<Access> {
        let strings = keys.iter().any(|key| !matches!(key, Key::Range(_)));
        let numbers = keys.iter().any(|key| matches!(key, Key::Range(_)));
        // Text against [5, "a"] is unknown, not false.
        if keys.is_empty() || strings && numbers {
            return None;
        }
        let keys = keys.into_iter().map(|key| self.keys.number(FieldKey { field, single, key })).collect();
        Some(Access { keys: distinct(keys), proves })
    }
}

/// The keys of questions of which one must be answered with true, and whether meeting one of them does.
fn any_keys<'c>(asks: &'c [Ask<'c>], lists: &'c [NamedList]) -> Option<(Vec<Key<'c>>, bool)> {
    if let [only] = asks {
        return ask_keys(only, lists);
    }
    let mut all = (Vec::new(), true);
    for ask in asks {
        let (keys, proves) = ask_keys(ask, lists)?;
        all.0.extend(keys);
        all.1 &= proves;
    }
    Some(all)
}

fn distinct(mut keys: Vec<KeyId>) -> Vec<KeyId> {
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn list_keys<'c>(list: &'c ListPlan<'c>, lists: &'c [NamedList]) -> Option<(Vec<Key<'c>>, bool)> {
    let (mut keys, exact) = any_keys(&list.each, lists)?;
    let proves = exact && list.whole.is_empty() && list.both.is_empty();
    for ask in &list.whole {
        let (more, _) = ask_keys(ask, lists)?;
        keys.extend(more);
    }
    for (whole, each) in &list.both {
        let (more, _) = ask_keys(each, lists).or_else(|| ask_keys(whole, lists))?;
        keys.extend(more);
    }
    (!keys.is_empty()).then_some((keys, proves))
}

/// The keys of one question, and whether meeting one answers it with true.
fn ask_keys<'c>(ask: &'c Ask<'c>, lists: &'c [NamedList]) -> Option<(Vec<Key<'c>>, bool)> {
    match ask {
        Ask::Scalar(scalar) => Some((vec![scalar_key(scalar)?], true)),
        Ask::Set(scalars) => scalar_keys(scalars.iter().copied()),
        Ask::In(list) => scalar_keys(lists.get(*list)?.members.iter()),
        Ask::Text(text) => text_key(text).map(|(key, proves)| (vec![key], proves)),
        Ask::Compare(comparison, number) => Some((vec![Key::Range(interval(*comparison, number))], true)),
        Ask::All(asks) => {
            let mut range: Option<Interval<'_>> = None;
            for ask in asks {
                if let Ask::Compare(comparison, number) = ask {
                    let next = interval(*comparison, number);
                    range = Some(range.map_or(next, |range| range.and(next)));
                }
            }
            if let Some(range) = range {
                let proves = asks.iter().all(|ask| matches!(ask, Ask::Compare(..)));
                return Some((vec![Key::Range(range)], proves));
            }
            asks.iter().filter_map(|ask| ask_keys(ask, lists)).min_by_key(|(keys, _)| keys.len()).map(|(keys, _)| (keys, false))
        }
        Ask::Any(list) | Ask::Every(list) => list_keys(list, lists).map(|(keys, _)| (keys, false)),
        _ => None,
    }
}

fn scalar_keys<'c>(scalars: impl Iterator<Item = &'c Scalar>) -> Option<(Vec<Key<'c>>, bool)> {
    let keys: Vec<Key<'_>> = scalars.map(scalar_key).collect::<Option<_>>()?;
    (!keys.is_empty()).then_some((keys, true))
}

fn scalar_key(scalar: &Scalar) -> Option<Key<'_>> {
    match scalar {
        Scalar::String(text) => Some(Key::Exact(text.as_bytes())),
        Scalar::Number(number) => Some(Key::Range(interval(Comparison::Equal, number))),
        Scalar::Null | Scalar::Bool(_) => None,
    }
}

fn text_key(text: &TextTest) -> Option<(Key<'_>, bool)> {
    match text {
        TextTest::Prefix { text, ignore_case: false } => prefix_key(text),
        TextTest::Suffix { text, ignore_case: false } => suffix_key(text),
        TextTest::Wildcard(wildcard) => match wildcard.literals.as_slice() {
            [only] => Some((Key::Exact(only.as_bytes()), true)),
            [first, rest @ ..] if !first.is_empty() => {
                prefix_key(first).map(|(key, whole)| (key, whole && rest.len() == 1 && rest.iter().all(String::is_empty)))
            }
            [first, .., last] if !last.is_empty() => {
                suffix_key(last).map(|(key, whole)| (key, whole && wildcard.literals.len() == 2 && first.is_empty()))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The key of a prefix, and whether it is all of it.
fn prefix_key(text: &str) -> Option<(Key<'_>, bool)> {
    let text = text.as_bytes();
    let cut = text.get(..AFFIX_MAX).unwrap_or(text);
    (!cut.is_empty()).then_some((Key::Prefix(cut), cut.len() == text.len()))
}

/// The key of a suffix, likewise.
fn suffix_key(text: &str) -> Option<(Key<'_>, bool)> {
    let text = text.as_bytes();
    let cut = text.get(text.len().saturating_sub(AFFIX_MAX)..).unwrap_or(text);
    (!cut.is_empty()).then_some((Key::Suffix(cut), cut.len() == text.len()))
}

fn interval(comparison: Comparison, number: &Decimal) -> Interval<'_> {
    let at = |inside| Some((number, inside));
    match comparison {
        Comparison::Equal => Interval { low: at(true), high: at(true) },
        Comparison::Less => Interval { low: None, high: at(false) },
        Comparison::LessOrEqual => Interval { low: None, high: at(true) },
        Comparison::Greater => Interval { low: at(false), high: None },
        Comparison::GreaterOrEqual => Interval { low: at(true), high: None },
    }
}

impl Interval<'_> {
    fn and(self, other: Self) -> Self {
        // The tighter low bound is the larger one, and of equal ones the one that excludes; likewise for the high bound.
        let low = match (self.low, other.low) {
            (Some(a), Some(b)) => Some(if a.0 > b.0 || (a.0 == b.0 && !a.1) { a } else { b }),
            (a, b) => a.or(b),
        };
        let high = match (self.high, other.high) {
            (Some(a), Some(b)) => Some(if a.0 < b.0 || (a.0 == b.0 && !a.1) { a } else { b }),
            (a, b) => a.or(b),
        };
        Self { low, high }
    }
}
