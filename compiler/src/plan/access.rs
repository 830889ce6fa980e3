//! Access keys: what must be found in a request for a condition not to be false.
//!
//! A rule is put into the index under the keys of one of its conditions. For a permissive rule that is enough: unless some
//! value at the field matches a key, the condition is not true. A restrictive rule also holds when the condition is
//! unknown, which is when some value at the field is missing or of another type than the keys ask for: the table's *door*.
//! So a condition has keys only if it is false, never unknown, for every value of the keys' type that matches none.

use super::condition::{Ask, Condition, ListPlan};
use super::expression::Place;
use super::fields::FieldId;
use crate::ir::{Comparison, Decimal, NamedList, Scalar, TextTest};

/// Longest prefix or suffix used as a key, in bytes. A key is only necessary, so a longer one is cut.
const AFFIX_MAX: usize = 256;

/// One key. Equal keys share an entry of a table.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key {
    Exact(Vec<u8>),
    Prefix(Vec<u8>),
    Suffix(Vec<u8>),
    Range(Interval),
}

/// An interval of numbers; a missing bound is infinite. The flag says whether the bound itself is inside.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Interval {
    pub low: Option<(Decimal, bool)>,
    pub high: Option<(Decimal, bool)>,
}

/// A key at a field.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FieldKey {
    pub field: FieldId,
    /// An array at the field is in doubt instead of leading to what its elements meet.
    pub single: bool,
    pub key: Key,
}

/// The keys of a condition, at least one of which must be met.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub keys: Vec<FieldKey>,
    /// A scalar that meets a key makes the whole condition true.
    pub proves: bool,
}

/// Finds the keys of conditions.
pub(crate) struct Accesses<'p> {
    pub lists: &'p [NamedList],
    /// Field of the action's name, which is never an array.
    pub certain: FieldId,
}

impl Accesses<'_> {
    /// The keys of a condition, if it has any.
    pub(crate) fn of(&self, condition: &Condition<'_>) -> Option<Access> {
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
                    keys.extend(self.of(part)?.keys);
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

    fn at(&self, field: FieldId, single: bool, (keys, proves): (Vec<Key>, bool)) -> Option<Access> {
        let strings = keys.iter().any(|key| !matches!(key, Key::Range(_)));
        let numbers = keys.iter().any(|key| matches!(key, Key::Range(_)));
        // Text against [5, "a"] is unknown, not false.
        if keys.is_empty() || strings && numbers {
            return None;
        }
        let keys = keys.into_iter().map(|key| FieldKey { field, single, key }).collect();
        Some(Access { keys: distinct(keys), proves })
    }
}

/// The keys of questions of which one must be answered with true, and whether meeting one of them does.
fn any_keys(asks: &[Ask<'_>], lists: &[NamedList]) -> Option<(Vec<Key>, bool)> {
    let mut all = (Vec::new(), true);
    for ask in asks {
        let (keys, proves) = ask_keys(ask, lists)?;
        all.0.extend(keys);
        all.1 &= proves;
    }
    Some(all)
}

fn distinct(mut keys: Vec<FieldKey>) -> Vec<FieldKey> {
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn list_keys(list: &ListPlan<'_>, lists: &[NamedList]) -> Option<(Vec<Key>, bool)> {
    let mut keys = Vec::new();
    let mut proves = list.whole.is_empty() && list.both.is_empty();
    for ask in &list.whole {
        let (more, _) = ask_keys(ask, lists)?;
        keys.extend(more);
    }
    for (whole, each) in &list.both {
        let (more, _) = ask_keys(each, lists).or_else(|| ask_keys(whole, lists))?;
        keys.extend(more);
    }
    let (more, exact) = any_keys(&list.each, lists)?;
    proves &= exact;
    keys.extend(more);
    (!keys.is_empty()).then_some((keys, proves))
}

/// The keys of one question, and whether meeting one answers it with true.
fn ask_keys(ask: &Ask<'_>, lists: &[NamedList]) -> Option<(Vec<Key>, bool)> {
    match ask {
        Ask::Scalar(scalar) => Some((vec![scalar_key(scalar)?], true)),
        Ask::Set(scalars) => scalar_keys(scalars.iter().copied()),
        Ask::In(list) => scalar_keys(lists.get(*list)?.members.iter()),
        Ask::Text(text) => text_key(text).map(|(key, proves)| (vec![key], proves)),
        Ask::Compare(comparison, number) => Some((vec![Key::Range(interval(*comparison, number))], true)),
        Ask::All(asks) => {
            let mut range: Option<Interval> = None;
            for ask in asks {
                if let Ask::Compare(comparison, number) = ask {
                    let next = interval(*comparison, number);
                    range = Some(range.map_or(next.clone(), |range| range.and(next)));
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

fn scalar_keys<'a>(scalars: impl Iterator<Item = &'a Scalar>) -> Option<(Vec<Key>, bool)> {
    let keys: Vec<Key> = scalars.map(scalar_key).collect::<Option<_>>()?;
    (!keys.is_empty()).then_some((keys, true))
}

fn scalar_key(scalar: &Scalar) -> Option<Key> {
    match scalar {
        Scalar::String(text) => Some(Key::Exact(text.as_bytes().to_vec())),
        Scalar::Number(number) => Some(Key::Range(interval(Comparison::Equal, number))),
        Scalar::Null | Scalar::Bool(_) => None,
    }
}

fn text_key(text: &TextTest) -> Option<(Key, bool)> {
    let prefix = |text: &str| cut_front(text.as_bytes()).map(|(text, whole)| (Key::Prefix(text), whole));
    let suffix = |text: &str| cut_back(text.as_bytes()).map(|(text, whole)| (Key::Suffix(text), whole));
    match text {
        TextTest::Prefix { text, ignore_case: false } => prefix(text),
        TextTest::Suffix { text, ignore_case: false } => suffix(text),
        TextTest::Wildcard(wildcard) => match wildcard.literals.as_slice() {
            [only] => Some((Key::Exact(only.as_bytes().to_vec()), true)),
            [first, rest @ ..] if !first.is_empty() => {
                prefix(first).map(|(key, whole)| (key, whole && rest.len() == 1 && rest.iter().all(String::is_empty)))
            }
            [first, .., last] if !last.is_empty() => {
                suffix(last).map(|(key, whole)| (key, whole && wildcard.literals.len() == 2 && first.is_empty()))
            }
            _ => None,
        },
        _ => None,
    }
}

fn cut_front(text: &[u8]) -> Option<(Vec<u8>, bool)> {
    let cut = text.get(..AFFIX_MAX).unwrap_or(text);
    (!cut.is_empty()).then(|| (cut.to_vec(), cut.len() == text.len()))
}

fn cut_back(text: &[u8]) -> Option<(Vec<u8>, bool)> {
    let cut = text.get(text.len().saturating_sub(AFFIX_MAX)..).unwrap_or(text);
    (!cut.is_empty()).then(|| (cut.to_vec(), cut.len() == text.len()))
}

fn interval(comparison: Comparison, number: &Decimal) -> Interval {
    let at = |inside| Some((number.clone(), inside));
    match comparison {
        Comparison::Equal => Interval { low: at(true), high: at(true) },
        Comparison::Less => Interval { low: None, high: at(false) },
        Comparison::LessOrEqual => Interval { low: None, high: at(true) },
        Comparison::Greater => Interval { low: at(false), high: None },
        Comparison::GreaterOrEqual => Interval { low: at(true), high: None },
    }
}

impl Interval {
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
