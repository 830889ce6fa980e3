//! All keys of a policy, each kept once and known by its number.
//!
//! Building the index counts, sorts and compares keys again and again, which is quick with numbers and slow with texts.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::access::{FieldKey, Interval, Key};
use super::fields::FieldId;

/// Number of a key: by first meeting in [`Keys`], by order in [`SortedKeys`].
pub(crate) type KeyId = u32;

/// Keys in the order in which they were met. The table is only looked up, never walked, so nothing depends on its hashes.
#[derive(Debug, Default)]
pub(crate) struct Keys<'c> {
    keys: Vec<Met>,
    intervals: Vec<Interval<'c>>,
    texts: Texts,
    numbers: HashTable<KeyId>,
    hasher: DefaultHashBuilder,
    /// For texts that have to be made.
    buffer: Vec<u8>,
}

/// A key, what it asks for kept elsewhere.
#[derive(Clone, Copy, Debug)]
struct Met {
    /// Kept, because a growing table asks for it again and again.
    hash: u64,
    table: TableId,
    asked: Asked,
}

/// Where a text is, or for a range, which interval it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Text(Span),
    Interval(u32),
}

impl<'c> Keys<'c> {
    /// The number of a key.
    pub(crate) fn number(&mut self, key: FieldKey<'c>) -> KeyId {
        let Self { keys, intervals, texts, numbers, hasher, buffer } = self;
        let next = u32::try_from(keys.len()).unwrap_or(u32::MAX);
        let table = key.table();
        let (text, interval) = (key.key.text(buffer), key.key.interval());
        let hash = hasher.hash_one((table, text, interval));
        let is_same = |number: &KeyId| {
            let Some(known) = keys.get(*number as usize).filter(|known| known.hash == hash && known.table == table) else { return false };
            match known.asked {
                Asked::Text(span) => text == Some(texts.get(span)),
                Asked::Interval(at) => interval == intervals.get(at as usize).copied(),
            }
        };
        let hash_of = |number: &KeyId| keys.get(*number as usize).map_or(0, |known| known.hash);
        let number = *numbers.entry(hash, is_same, hash_of).or_insert(next).get();
        if number == next {
            let asked = match text {
                Some(text) => Asked::Text(texts.push(text)),
                None => {
                    intervals.extend(interval);
                    Asked::Interval(u32::try_from(intervals.len().saturating_sub(1)).unwrap_or(u32::MAX))
                }
            };
            keys.push(Met { hash, table, asked });
        }
        number
    }

    /// The keys in order, and the new number of each by its old one.
    pub(crate) fn into_sorted(self) -> (SortedKeys<'c>, Vec<KeyId>) {
        let Self { keys, intervals, texts, numbers, .. } = self;
        drop(numbers);
        let mut places: Vec<_> = (0..).zip(&keys).map(|(number, key)| Place { table: key.table, head: 0, number }).collect();
        // Those of one table stay as they were met.
        places.sort_by_key(|place| place.table);
        let text = |number: KeyId| match keys.get(number as usize).map(|key| key.asked) {
            Some(Asked::Text(span)) => texts.get(span),
            Some(Asked::Interval(_)) | None => &[],
        };
        for part in places.chunk_by_mut(|one, next| one.table == next.table) {
            sort_texts(part, 0, &text);
        }
        let mut numbers = vec![0; keys.len()];
        let (mut asked, mut traits, mut tables) = (Vec::with_capacity(keys.len()), Vec::with_capacity(keys.len()), Vec::new());
        for (next, Place { table, number, .. }) in (0..).zip(places) {
            let Some(key) = keys.get(number as usize) else { continue };
            if tables.last() != Some(&table) {
                tables.push(table);
            }
            let chance = match key.asked {
                Asked::Text(_) if table.1.is_of_whole() => Chance::Shared,
                Asked::Text(span) => Chance::Affix { is_short: span.len < 3 },
                Asked::Interval(at) => intervals.get(at as usize).map_or(Chance::Beyond, Chance::of),
            };
            traits.push(Traits { table: u32::try_from(tables.len().saturating_sub(1)).unwrap_or(u32::MAX), chance });
            asked.push(key.asked);
            if let Some(place) = numbers.get_mut(number as usize) {
                *place = next;
            }
        }
        (SortedKeys { asked, traits, tables, intervals, texts }, numbers)
    }
}

/// The texts of keys, one behind the other: sorting and hashing them reads little else than them.
#[derive(Debug, Default)]
struct Texts {
    bytes: Vec<u8>,
}

/// A text among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    at: u32,
    len: u32,
}

impl Texts {
    fn push(&mut self, text: &[u8]) -> Span {
        // INVARIANT: a rule's conditions have its keys' texts in them, and an artifact of more than a `u32` counts is refused.
        let word = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let span = Span { at: word(self.bytes.len()), len: word(text.len()) };
        self.bytes.extend_from_slice(text);
        span
    }

    fn get(&self, span: Span) -> &[u8] {
        self.bytes.get(span.at as usize..).and_then(|from| from.get(..span.len as usize)).unwrap_or(&[])
    }
}

/// A key while it is sorted.
struct Place {
    table: TableId,
    /// Eight bytes of the text as a number that is sorted as they are.
    head: u64,
    number: KeyId,
}

/// Sorts keys of one table whose texts begin with the same `from` bytes. Intervals stay as they are.
///
/// Eight bytes at a time are fetched once for each text, where comparing texts would fetch them at each step.
fn sort_texts<'c>(places: &mut [Place], from: usize, text: &impl Fn(KeyId) -> &'c [u8]) {
    if places.len() < 2 {
        return;
    }
    if from >= HEADS_LEN_BYTES_MAX {
        places.sort_by_key(|place| text(place.number));
        return;
    }
    for place in places.iter_mut() {
        let mut head = [0; 8];
        let rest = text(place.number).get(from..).unwrap_or_default();
        head.iter_mut().zip(rest).for_each(|(head, byte)| *head = *byte);
        place.head = u64::from_be_bytes(head);
    }
    places.sort_by_key(|place| place.head);
    for part in places.chunk_by_mut(|one, next| one.head == next.head) {
        sort_texts(part, from.saturating_add(8), text);
    }
}

/// What is equal so far, or ends in zeros, is compared as it stands.
const HEADS_LEN_BYTES_MAX: usize = 64;

/// Keys in the order of their tables, then of themselves.
#[derive(Debug)]
pub(crate) struct SortedKeys<'c> {
    asked: Vec<Asked>,
    traits: Vec<Traits>,
    tables: Vec<TableId>,
    intervals: Vec<Interval<'c>>,
    texts: Texts,
}

/// What is asked of a key more often than the key.
#[derive(Clone, Copy, Debug)]
struct Traits {
    table: u32,
    chance: Chance,
}

impl<'c> SortedKeys<'c> {
    pub(crate) fn len(&self) -> usize {
        self.asked.len()
    }

    /// The interval of a key that is a range.
    pub(crate) fn interval(&self, number: KeyId) -> Option<&Interval<'c>> {
        match self.asked.get(number as usize)? {
            Asked::Interval(at) => self.intervals.get(*at as usize),
            Asked::Text(_) => None,
        }
    }

    /// The keys' texts alone.
    pub(crate) fn into_texts(self) -> KeyTexts {
        KeyTexts { asked: self.asked, texts: self.texts }
    }

    /// What makes a request meet the key.
    pub(crate) fn chance(&self, number: KeyId) -> Chance {
        self.traits.get(number as usize).map_or(Chance::Shared, |traits| traits.chance)
    }

    /// Position of the key's table among those of all keys.
    pub(crate) fn table(&self, number: KeyId) -> usize {
        self.traits.get(number as usize).map_or(0, |traits| traits.table as usize)
    }

    /// The tables that there can be, in order.
    pub(crate) fn tables(&self) -> &[TableId] {
        &self.tables
    }
}

/// The texts of keys by their number.
#[derive(Debug, Default)]
pub(crate) struct KeyTexts {
    asked: Vec<Asked>,
    texts: Texts,
}

impl KeyTexts {
    /// The text of a key; a range has none.
    pub(crate) fn get(&self, number: KeyId) -> &[u8] {
        match self.asked.get(number as usize) {
            Some(Asked::Text(span)) => self.texts.get(*span),
            Some(Asked::Interval(_)) | None => &[],
        }
    }
}

/// What makes a request meet a key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Chance {
    /// It has been told this very text.
    Shared,
    /// Its text is one of many that begin, end or go on so; of a short affix or part, by chance.
    Affix { is_short: bool },
    /// It has been told this very number.
    Number,
    /// Its number lies between two others.
    Between,
    /// Its number lies on one side of another.
    Beyond,
}

impl Chance {
    fn of(interval: &Interval<'_>) -> Self {
        match interval {
            Interval { low: Some(low), high: Some(high) } if low == high => Self::Number,
            Interval { low: Some(_), high: Some(_) } => Self::Between,
            Interval { .. } => Self::Beyond,
        }
    }
}

/// What a table of the index maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum KeyKind {
    Exact,
    Prefix,
    Suffix,
    Part,
    Range,
    Host,
    HostBelow,
    EmailDomain,
    AbsolutePath,
    RelativePath,
    Address,
    Folded,
    FoldedPrefix,
    FoldedSuffix,
}

impl KeyKind {
    /// Whether a text is met as a whole.
    fn is_of_whole(self) -> bool {
        matches!(self, Self::Exact | Self::Host | Self::EmailDomain | Self::Folded)
    }

    /// Whether any text meets the key or does not, and none is in doubt.
    pub(crate) fn is_of_any_text(self) -> bool {
        matches!(self, Self::Exact | Self::Prefix | Self::Suffix | Self::Part)
    }
}

/// Field, kind of key, and whether an array at the field is in doubt.
pub(crate) type TableId = (FieldId, KeyKind, bool);

impl FieldKey<'_> {
    fn table(&self) -> TableId {
        let kind = match self.key {
            Key::Exact(_) => KeyKind::Exact,
            Key::Prefix(_) => KeyKind::Prefix,
            Key::Suffix(_) => KeyKind::Suffix,
            Key::Part(_) => KeyKind::Part,
            Key::Range(_) => KeyKind::Range,
            Key::Said(said) => said.kind(),
        };
        (self.field, kind, self.single)
    }
}

#[cfg(test)]
mod tests {
    use super::{FieldKey, Key, Keys};

    #[test]
    fn texts_are_sorted_as_bytes_are() {
        let long = "a".repeat(100);
        let mut texts: Vec<String> = ["", "a", "a\0", "a\0\0", "ab", "abcdefgh", "abcdefgh\0", "abcdefghi", "abcdefgz", "\u{ff}", "b"]
            .into_iter()
            .map(str::to_owned)
            .chain(["", "\0", "b", "a\0"].map(|end| format!("{long}{end}")))
            .collect();
        texts.reverse();
        let mut keys = Keys::default();
        // Met again, a key keeps its number.
        for _ in 0..2 {
            for (number, text) in (0..).zip(&texts) {
                assert_eq!(keys.number(FieldKey { field: 1, single: false, key: Key::Exact(text.as_bytes()) }), number);
            }
        }
        let (sorted, numbers) = keys.into_sorted();
        let mut expected = texts.clone();
        expected.sort();
        let texts_of = sorted.into_texts();
        let in_order: Vec<_> = (0..).take(texts.len()).map(|number| texts_of.get(number)).collect();
        assert_eq!(in_order, expected.iter().map(String::as_bytes).collect::<Vec<_>>());
        for (old, text) in texts.iter().enumerate() {
            assert_eq!(texts_of.get(numbers[old]), text.as_bytes());
        }
    }
}
