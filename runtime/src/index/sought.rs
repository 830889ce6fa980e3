//! Keys that are looked up together, so that the processor waits for their memory at the same time.
//!
//! Each look-up reads two places: a slot, and the entry it names. All entries are asked for before the first key is compared,
//! so none waits for what another finds. What the links of a key lead to is asked for when the key is found, and read when all else
//! that was found is done.

use crate::artifact::format::NONE;
use crate::policy::{Policy, Table};

/// Look-ups at a time; those of one request at one level of the index are seldom more.
const ROOM: usize = 8;

/// Links at a time.
const LINKS_ROOM: usize = 16;

/// Cache lines of an entry that are asked for: few keys have more behind them, those of affixes that they have taken in included.
pub(super) const LINES: usize = 3;

pub(super) struct Keys<'a> {
    keys: [Key<'a>; ROOM],
    len: usize,
    /// Entries that keys found have links to.
    links: [u32; LINKS_ROOM],
    link_count: usize,
}

/// A key that is looked up.
#[derive(Clone, Copy)]
pub(super) struct Key<'a> {
    pub text: &'a [u8],
    /// The entry that may be the key's.
    pub entry: u32,
    /// The tables from the key's own on, if those behind it have been passed over because the key has links.
    pub tables: &'a [Table],
}

impl Key<'_> {
    const NONE: Self = Key { text: &[], entry: NONE, tables: &[] };
}

impl Default for Keys<'_> {
    #[inline(always)]
    fn default() -> Self {
        Self { keys: [Key::NONE; ROOM], len: 0, links: [NONE; LINKS_ROOM], link_count: 0 }
    }
}

impl<'a> Keys<'a> {
    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0 && self.link_count == 0
    }

    #[inline(always)]
    fn add(&mut self, key: Key<'a>) -> bool {
        let Some(place) = self.keys.get_mut(self.len) else { return false };
        *place = key;
        self.len = self.len.wrapping_add(1);
        true
    }

    /// Adds a key, and reads its slot; false if there is no room.
    #[inline(always)]
    pub(super) fn push(&mut self, policy: &Policy, table: &Table, hash: u64, text: &'a [u8]) -> bool {
        self.add(Key { text, entry: policy.entry_of(table, hash), tables: &[] })
    }

    /// Adds a key of the first of some tables, which has links. The answer is whether it seems to be one, if there is room.
    #[inline(always)]
    pub(super) fn push_linked(&mut self, policy: &Policy, tables: &'a [Table], hash: u64, text: &'a [u8]) -> Option<bool> {
        let entry = tables.first().map_or(NONE, |table| policy.entry_of(table, hash));
        if entry == NONE {
            return Some(false);
        }
        self.add(Key { text, entry, tables }).then_some(true)
    }

    /// Adds an entry that some key has a link to, and asks for it; false if there is no room.
    #[inline(always)]
    pub(super) fn push_link(&mut self, policy: &Policy, entry: u32) -> bool {
        policy.bring_entry_near(entry, LINES);
        let Some(place) = self.links.get_mut(self.link_count) else { return false };
        *place = entry;
        self.link_count = self.link_count.wrapping_add(1);
        true
    }

    /// Asks for the entries that the keys may have.
    #[inline(always)]
    pub(super) fn bring_near(&self, policy: &Policy) {
        for key in self.keys.get(..self.len).unwrap_or_default() {
            policy.bring_entry_near(key.entry, LINES);
        }
    }

    /// The key at a position.
    #[inline(always)]
    pub(super) fn key(&self, at: usize) -> Option<Key<'a>> {
        self.keys.get(..self.len)?.get(at).copied()
    }

    /// The link at a position.
    #[inline(always)]
    pub(super) fn link(&self, at: usize) -> Option<u32> {
        self.links.get(..self.link_count)?.get(at).copied()
    }

    /// Forgets the keys, which have been looked up.
    #[inline(always)]
    pub(super) fn forget_keys(&mut self) {
        self.len = 0;
    }

    /// All keys, with none in the places behind the last; then there are none any more.
    pub(super) fn take_keys(&mut self) -> [Key<'a>; ROOM] {
        let mut keys = [Key::NONE; ROOM];
        let all = self.keys.get(..self.len).unwrap_or_default();
        keys.iter_mut().zip(all).for_each(|(place, key)| *place = *key);
        self.forget_keys();
        keys
    }

    /// Forgets the links, which have been followed.
    #[inline(always)]
    pub(super) fn forget_links(&mut self) {
        self.link_count = 0;
    }
}
