//! Access keys: what must be found in a request for a condition not to be false.
//!
//! A rule is put into the index under the keys of one of its conditions. For a permissive rule that is enough: unless some
//! value at the field matches a key, the condition is not true. A restrictive rule also holds when the condition is
//! unknown, which is when some value at the field is missing or of another type than the keys ask for: the table's *door*.
//! So a condition has keys only if it is false, never unknown, for every value of the keys' type that matches none.

use regex_syntax::hir::{Hir, HirKind};

use super::condition::{Ask, Condition, ListPlan};
use super::expression::Place;
use super::fields::FieldId;
use super::keys::{KeyId, KeyKind, Keys, SortedKeys};
use crate::ir::{Cidr, Comparison, Decimal, Host, NamedList, PathPrefix, Scalar, TextTest};

/// Longest prefix or suffix used as a key, in bytes. A key is only necessary, so a longer one is cut.
const AFFIX_MAX: usize = 256;
/// Longest part of a text used as a key: it is looked for at each byte of a value, in each length that some key has.
const PART_MAX: usize = 8;

/// One key, its text or numbers still in the policy's conditions.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key<'c> {
    Exact(&'c [u8]),
    Prefix(&'c [u8]),
    Suffix(&'c [u8]),
    /// Somewhere in the text.
    Part(&'c [u8]),
    Range(Interval<'c>),
    /// What the text plainly says.
    Said(Said<'c>),
}

/// What a text is to say. One that does not plainly say anything of the kind is in doubt.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Said<'c> {
    /// A URL of such a host.
    Host(&'c Host),
    /// An address at such a domain.
    EmailDomain(&'c str),
    /// A path with such a beginning.
    Path(&'c PathPrefix),
    /// An address in such a network.
    Address(&'c Cidr),
    /// The text in lower case.
    Folded(&'c str),
    /// Its beginning in lower case.
    FoldedPrefix(&'c str),
    /// Its end in lower case.
    FoldedSuffix(&'c str),
}

impl<'c> Key<'c> {
    /// The text of a key that is no range; one that has to be made is made in a buffer.
    pub(crate) fn text<'t>(self, buffer: &'t mut Vec<u8>) -> Option<&'t [u8]>
    where
        'c: 't,
    {
        match self {
            Key::Exact(text) | Key::Prefix(text) | Key::Suffix(text) | Key::Part(text) => Some(text),
            Key::Range(_) => None,
            Key::Said(said) => Some(said.text(buffer)),
        }
    }

    /// The interval of a key that is a range.
    pub(crate) fn interval(self) -> Option<Interval<'c>> {
        match self {
            Key::Range(interval) => Some(interval),
            Key::Exact(_) | Key::Prefix(_) | Key::Suffix(_) | Key::Part(_) | Key::Said(_) => None,
        }
    }
}

impl<'c> Said<'c> {
    pub(crate) fn kind(self) -> KeyKind {
        match self {
            Said::Host(Host { subdomains: false, .. }) => KeyKind::Host,
            Said::Host(Host { subdomains: true, .. }) => KeyKind::HostBelow,
            Said::EmailDomain(_) => KeyKind::EmailDomain,
            Said::Path(PathPrefix { absolute: true, .. }) => KeyKind::AbsolutePath,
            Said::Path(PathPrefix { absolute: false, .. }) => KeyKind::RelativePath,
            Said::Address(_) => KeyKind::Address,
            Said::Folded(_) => KeyKind::Folded,
            Said::FoldedPrefix(_) => KeyKind::FoldedPrefix,
            Said::FoldedSuffix(_) => KeyKind::FoldedSuffix,
        }
    }

    /// The key's text, as tables of its kind see what a request's text says.
    fn text<'t>(self, buffer: &'t mut Vec<u8>) -> &'t [u8]
    where
        'c: 't,
    {
        buffer.clear();
        match self {
            Said::Host(Host { name, subdomains: false }) => return name.as_bytes(),
            Said::Host(Host { name, subdomains: true }) => {
                buffer.push(b'.');
                buffer.extend_from_slice(name.as_bytes());
            }
            Said::Path(path) => {
                for segment in &path.segments {
                    buffer.extend_from_slice(segment.as_bytes());
                    buffer.push(b'/');
                }
            }
            Said::Address(cidr) => {
                let (version, bits, width, len) = match *cidr {
                    Cidr::V4(bits, len) => (b'4', u128::from(bits), 32, len),
                    Cidr::V6(bits, len) => (b'6', bits, 128, len),
                };
                buffer.push(version);
                let digit = |at: u32| if bits.checked_shr(at).is_some_and(|bits| bits & 1 == 1) { b'1' } else { b'0' };
                buffer.extend((0..width).rev().take(len.into()).map(digit));
            }
            Said::EmailDomain(text) | Said::Folded(text) => return text.as_bytes(),
            Said::FoldedPrefix(text) => return text.as_bytes().get(..AFFIX_MAX).unwrap_or(text.as_bytes()),
            Said::FoldedSuffix(text) => {
                return text.as_bytes().get(text.len().saturating_sub(AFFIX_MAX)..).unwrap_or(text.as_bytes());
            }
        }
        buffer
    }

    /// Whether meeting the key is all that is asked, or `None` if there is no such key: one too long, or that all would meet.
    fn proves(self) -> Option<bool> {
        match self {
            // What is longer than a key can be is cut off, and must not be taken for a key.
            Said::Host(Host { name: text, .. }) => (text.len() < AFFIX_MAX).then_some(true),
            Said::EmailDomain(text) | Said::Folded(text) => (text.len() < AFFIX_MAX).then_some(true),
            Said::Path(path) => {
                let len = path.segments.iter().map(|segment| segment.len().saturating_add(1)).fold(0, usize::saturating_add);
                (1..=AFFIX_MAX).contains(&len).then_some(true)
            }
            Said::Address(_) => Some(true),
            Said::FoldedPrefix(text) | Said::FoldedSuffix(text) => Some(text.len() <= AFFIX_MAX),
        }
    }
}

/// An interval of numbers; a missing bound is infinite. The flag says whether the bound itself is inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Interval<'c> {
    pub low: Option<(&'c Decimal, bool)>,
    pub high: Option<(&'c Decimal, bool)>,
}

/// A key at a field. Equal keys share an entry of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldKey<'c> {
    pub field: FieldId,
    /// An array at the field is in doubt instead of leading to what its elements meet.
    pub single: bool,
    pub key: Key<'c>,
}

/// Finds the keys of conditions: at least one of them must be met.
///
/// All that finds keys appends them to a vector and says whether meeting one makes the whole condition true, or `None` if
/// there are no such keys; the caller then cuts off what has been appended.
pub(crate) struct Accesses<'c> {
    lists: &'c [NamedList],
    /// Field of the action's name, which is never an array.
    certain: FieldId,
    /// Of all conditions asked about so far.
    keys: Keys<'c>,
    /// Those of one list pattern.
    found: Vec<Key<'c>>,
}

impl<'c> Accesses<'c> {
    pub(crate) fn new(lists: &'c [NamedList], certain: FieldId) -> Self {
        Self { lists, certain, keys: Keys::default(), found: Vec::new() }
    }

    /// Appends the numbers of a condition's keys, each once.
    pub(crate) fn of(&mut self, condition: &'c Condition<'c>, keys: &mut Vec<KeyId>) -> Option<bool> {
        match condition {
            Condition::Descend(_, inner) => self.of(inner, keys).map(|_| false),
            Condition::And(parts) => fewest(keys, parts, |part, keys| self.of(part, keys)).then_some(false),
            Condition::Or(parts) => {
                let start = keys.len();
                for part in parts {
                    self.of(part, keys)?;
                }
                distinct(keys, start);
                (keys.len() > start).then_some(false)
            }
            Condition::List(field, list) => {
                let lists = self.lists;
                self.at(*field, false, keys, |found| list_keys(list, lists, found))
            }
            Condition::One(Place { field, of_element: false }, ask) => {
                let lists = self.lists;
                self.at(*field, *field != self.certain, keys, |found| ask_keys(ask, lists, found))
            }
            _ => None,
        }
    }

    /// All keys found, in order, and the number of each by its number so far.
    pub(crate) fn into_sorted(self) -> (SortedKeys<'c>, Vec<KeyId>) {
        self.keys.into_sorted()
    }

    fn at(
        &mut self,
        field: FieldId,
        single: bool,
        keys: &mut Vec<KeyId>,
        find: impl FnOnce(&mut Vec<Key<'c>>) -> Option<bool>,
    ) -> Option<bool> {
        self.found.clear();
        let proves = find(&mut self.found)?;
        let numbers = self.found.iter().filter(|key| matches!(key, Key::Range(_))).count();
        // Text against [5, "a"] is unknown, not false.
        if self.found.is_empty() || numbers > 0 && numbers < self.found.len() {
            return None;
        }
        let start = keys.len();
        keys.extend(self.found.iter().map(|key| self.keys.number(FieldKey { field, single, key: *key })));
        distinct(keys, start);
        Some(proves)
    }
}

/// Appends the keys of that part which has the fewest, if any has keys.
fn fewest<T, P>(out: &mut Vec<T>, parts: impl IntoIterator<Item = P>, mut keys_of: impl FnMut(P, &mut Vec<T>) -> Option<bool>) -> bool {
    let start = out.len();
    let mut fewest = None;
    for part in parts {
        let end = out.len();
        let has_keys = keys_of(part, out).is_some();
        let count = out.len().saturating_sub(end);
        if has_keys && fewest.is_none_or(|fewest| count < fewest) {
            fewest = Some(count);
            out.drain(start..end);
        } else {
            out.truncate(end);
        }
    }
    fewest.is_some()
}

/// Takes out what is there more than once from a position on.
fn distinct(keys: &mut Vec<KeyId>, start: usize) {
    if keys.len() > start.saturating_add(1) {
        let mut rest = keys.split_off(start);
        rest.sort_unstable();
        rest.dedup();
        keys.append(&mut rest);
    }
}

/// The keys of questions of which one must be answered with true.
fn any_keys<'c>(asks: &'c [Ask<'c>], lists: &'c [NamedList], keys: &mut Vec<Key<'c>>) -> Option<bool> {
    let mut proves = true;
    for ask in asks {
        proves &= ask_keys(ask, lists, keys)?;
    }
    Some(proves)
}

fn list_keys<'c>(list: &'c ListPlan<'c>, lists: &'c [NamedList], keys: &mut Vec<Key<'c>>) -> Option<bool> {
    let start = keys.len();
    for ask in list.whole() {
        ask_keys(ask, lists, keys)?;
    }
    for (whole, each) in list.both() {
        let end = keys.len();
        if ask_keys(each, lists, keys).is_none() {
            keys.truncate(end);
            ask_keys(whole, lists, keys)?;
        }
    }
    let proves = any_keys(list.each(), lists, keys)?;
    (keys.len() > start).then_some(proves && list.whole().is_empty() && list.both().is_empty())
}

fn ask_keys<'c>(ask: &'c Ask<'c>, lists: &'c [NamedList], keys: &mut Vec<Key<'c>>) -> Option<bool> {
    match ask {
        Ask::Scalar(scalar) => scalar_keys([*scalar], keys),
        Ask::Set(scalars) => scalar_keys(scalars.iter().copied(), keys),
        Ask::In(list) => scalar_keys(&lists.get(*list)?.members, keys),
        Ask::Text(text) => {
            let (key, proves) = text_key(text)?;
            keys.push(key);
            Some(proves)
        }
        Ask::Compare(comparison, number) => {
            keys.push(Key::Range(interval(*comparison, number)));
            Some(true)
        }
        Ask::All(asks) => {
            let intervals =
                asks.iter().filter_map(|ask| if let Ask::Compare(how, number) = ask { Some(interval(*how, number)) } else { None });
            if let Some(range) = intervals.reduce(Interval::and) {
                keys.push(Key::Range(range));
                return Some(asks.iter().all(|ask| matches!(ask, Ask::Compare(..))));
            }
            fewest(keys, asks, |ask, keys| ask_keys(ask, lists, keys)).then_some(false)
        }
        Ask::Any(list) | Ask::Every(list) => list_keys(list, lists, keys).map(|_| false),
        Ask::Host(host) => said_key(Said::Host(host), keys),
        Ask::EmailDomain(domain) => said_key(Said::EmailDomain(domain), keys),
        Ask::PathPrefix(path) => said_key(Said::Path(path), keys),
        Ask::Cidr(cidr) => said_key(Said::Address(cidr), keys),
        Ask::Regex(regex) => pattern_keys(&regex.hir, keys),
        Ask::Search(regex) => {
            keys.push(part_key(longest_literal(&regex.hir)?.0)?.0);
            Some(false)
        }
        _ => None,
    }
}

fn said_key<'c>(said: Said<'c>, keys: &mut Vec<Key<'c>>) -> Option<bool> {
    let proves = said.proves()?;
    keys.push(Key::Said(said));
    Some(proves)
}

/// What of a text a pattern tells that accepts the whole of it.
// As deep as patterns may be nested.
fn pattern_keys<'c>(pattern: &'c Hir, keys: &mut Vec<Key<'c>>) -> Option<bool> {
    if let HirKind::Alternation(parts) = pattern.kind() {
        let mut proves = true;
        for part in parts {
            proves &= pattern_keys(part, keys)?;
        }
        return Some(proves);
    }
    let (literal, begins, ends) = longest_literal(pattern)?;
    let (key, proves) = match (begins, ends) {
        (true, true) => (Key::Exact(literal), true),
        (true, false) => (prefix_key(literal)?.0, false),
        (false, true) => (suffix_key(literal)?.0, false),
        (false, false) => (part_key(literal)?.0, false),
    };
    keys.push(key);
    Some(proves)
}

/// The longest literal that whatever a pattern accepts contains, and whether it begins and ends with it.
fn longest_literal(pattern: &Hir) -> Option<(&[u8], bool, bool)> {
    match pattern.kind() {
        HirKind::Capture(group) => longest_literal(&group.sub),
        HirKind::Literal(literal) => Some((&literal.0, true, true)),
        HirKind::Concat(parts) => {
            let last = parts.len().saturating_sub(1);
            let literals = parts.iter().enumerate().filter_map(|(position, part)| match part.kind() {
                HirKind::Literal(literal) => Some((&*literal.0, position == 0, position == last)),
                _ => None,
            });
            // Of the longest the first.
            literals.rev().max_by_key(|(literal, ..)| literal.len())
        }
        _ => None,
    }
}

fn scalar_keys<'c>(scalars: impl IntoIterator<Item = &'c Scalar>, keys: &mut Vec<Key<'c>>) -> Option<bool> {
    let start = keys.len();
    for scalar in scalars {
        keys.push(scalar_key(scalar)?);
    }
    (keys.len() > start).then_some(true)
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
        TextTest::Prefix { text, ignore_case: false } => prefix_key(text.as_bytes()),
        TextTest::Suffix { text, ignore_case: false } => suffix_key(text.as_bytes()),
        TextTest::Wildcard(wildcard) => match wildcard.literals.as_slice() {
            [only] => Some((Key::Exact(only.as_bytes()), true)),
            [first, rest @ ..] if !first.is_empty() => {
                prefix_key(first.as_bytes()).map(|(key, whole)| (key, whole && rest.len() == 1 && rest.iter().all(String::is_empty)))
            }
            [first, .., last] if !last.is_empty() => {
                suffix_key(last.as_bytes()).map(|(key, whole)| (key, whole && wildcard.literals.len() == 2 && first.is_empty()))
            }
            [_, between @ .., _] => {
                let longest = between.iter().max_by_key(|literal| literal.len())?;
                part_key(longest.as_bytes()).map(|(key, whole)| (key, whole && between.len() == 1))
            }
            [] => None,
        },
        TextTest::Contains(text) => part_key(text.as_bytes()),
        TextTest::EqualsIgnoreCase(text) => folded_key(Said::Folded(text)),
        TextTest::Prefix { text, ignore_case: true } => folded_key(Said::FoldedPrefix(text)),
        TextTest::Suffix { text, ignore_case: true } => folded_key(Said::FoldedSuffix(text)),
    }
}

fn folded_key(said: Said<'_>) -> Option<(Key<'_>, bool)> {
    said.proves().map(|proves| (Key::Said(said), proves))
}

/// The key of a prefix, and whether it is all of it.
fn prefix_key(text: &[u8]) -> Option<(Key<'_>, bool)> {
    let cut = text.get(..AFFIX_MAX).unwrap_or(text);
    (!cut.is_empty()).then_some((Key::Prefix(cut), cut.len() == text.len()))
}

/// The key of a suffix, likewise.
fn suffix_key(text: &[u8]) -> Option<(Key<'_>, bool)> {
    let cut = text.get(text.len().saturating_sub(AFFIX_MAX)..).unwrap_or(text);
    (!cut.is_empty()).then_some((Key::Suffix(cut), cut.len() == text.len()))
}

/// The key of what a text contains, likewise: its end, which tells names that count apart.
fn part_key(text: &[u8]) -> Option<(Key<'_>, bool)> {
    let cut = text.get(text.len().saturating_sub(PART_MAX)..).unwrap_or(text);
    (!cut.is_empty()).then_some((Key::Part(cut), cut.len() == text.len()))
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
