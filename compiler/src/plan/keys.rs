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
    keys: Vec<FieldKey<'c>>,
    numbers: HashTable<KeyId>,
    hasher: DefaultHashBuilder,
}

impl<'c> Keys<'c> {
    /// The number of a key.
    pub(crate) fn number(&mut self, key: FieldKey<'c>) -> KeyId {
        let Self { keys, numbers, hasher } = self;
        let known = |number: &KeyId| keys.get(*number as usize);
        let next = u32::try_from(keys.len()).unwrap_or(u32::MAX);
        let hash = hasher.hash_one(Some(&key));
        let entry = numbers.entry(hash, |number| known(number) == Some(&key), |number| hasher.hash_one(known(number)));
        let number = *entry.or_insert(next).get();
        if number == next {
            keys.push(key);
        }
        number
    }

    /// The keys in order, and the new number of each by its old one.
    pub(crate) fn into_sorted(self) -> (SortedKeys<'c>, Vec<KeyId>) {
        let Self { keys, .. } = self;
        let mut places: Vec<_> = (0..).zip(&keys).map(|(number, key)| Place { table: key.table(), head: 0, number }).collect();
        places.sort_unstable_by_key(|place| (place.table, place.number));
        for part in places.chunk_by_mut(|one, next| one.table == next.table) {
            sort_texts(part, 0, &|number| keys.get(number as usize).and_then(|key| key.key.text()).unwrap_or_default());
        }
        let mut numbers = vec![0; keys.len()];
        let mut sorted = SortedKeys { keys: Vec::with_capacity(keys.len()), traits: Vec::with_capacity(keys.len()), tables: Vec::new() };
        for (next, Place { table, number, .. }) in (0..).zip(places) {
            let Some(FieldKey { key, .. }) = keys.get(number as usize) else { continue };
            if sorted.tables.last() != Some(&table) {
                sorted.tables.push(table);
            }
            sorted.traits.push(Traits { table: sorted.tables.len().saturating_sub(1), chance: Chance::of(key) });
            sorted.keys.push(*key);
            if let Some(place) = numbers.get_mut(number as usize) {
                *place = next;
            }
        }
        (sorted, numbers)
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
    keys: Vec<Key<'c>>,
    traits: Vec<Traits>,
    tables: Vec<TableId>,
}

/// What is asked of a key more often than the key.
#[derive(Clone, Copy, Debug)]
struct Traits {
    table: usize,
    chance: Chance,
}

impl<'c> SortedKeys<'c> {
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn key(&self, number: KeyId) -> Option<Key<'c>> {
        self.keys.get(number as usize).copied()
    }

    /// What makes a request meet the key.
    pub(crate) fn chance(&self, number: KeyId) -> Chance {
        self.traits.get(number as usize).map_or(Chance::Shared, |traits| traits.chance)
    }

    /// Position of the key's table among those of all keys.
    pub(crate) fn table(&self, number: KeyId) -> usize {
        self.traits.get(number as usize).map_or(0, |traits| traits.table)
    }

    /// The tables that there can be, in order.
    pub(crate) fn tables(&self) -> &[TableId] {
        &self.tables
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
    fn of(key: &Key<'_>) -> Self {
        match key {
            Key::Exact(_) => Self::Shared,
            Key::Prefix(text) | Key::Suffix(text) | Key::Part(text) => Self::Affix { is_short: text.len() < 3 },
            Key::Range(Interval { low: Some(low), high: Some(high) }) if low == high => Self::Number,
            Key::Range(Interval { low: Some(_), high: Some(_) }) => Self::Between,
            Key::Range(_) => Self::Beyond,
        }
    }
}

/// What a table of the index maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KeyKind {
    Exact,
    Prefix,
    Suffix,
    Part,
    Range,
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
        let in_order: Vec<_> = sorted.keys.iter().map(|key| key.text().unwrap()).collect();
        assert_eq!(in_order, expected.iter().map(String::as_bytes).collect::<Vec<_>>());
        for (old, text) in texts.iter().enumerate() {
            assert_eq!(sorted.key(numbers[old]), Some(Key::Exact(text.as_bytes())));
        }
    }
}
