//! Keys that are looked up together, so that the processor waits for their memory at the same time.
//!
//! Each look-up reads two places: a slot, and the entry it names. All entries are asked for before the first key is compared,
//! so none waits for what another finds.

use crate::artifact::format::NONE;
use crate::policy::{Policy, Table};

/// Look-ups at a time; those of one request at one level of the index are seldom more.
const ROOM: usize = 8;

/// Cache lines of an entry that are asked for: most keys have no more behind them.
const LINES: usize = 2;

#[derive(Default)]
pub(super) struct Keys<'a> {
    keys: [Key<'a>; ROOM],
    len: usize,
}

#[derive(Clone, Copy, Default)]
struct Key<'a> {
    text: Option<&'a [u8]>,
    /// The entry that may be the key's.
    entry: u32,
}

impl<'a> Keys<'a> {
    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a key, and reads its slot; false if there is no room.
    #[inline(always)]
    pub(super) fn push(&mut self, policy: &Policy, table: &Table, hash: u64, text: &'a [u8]) -> bool {
        let Some(place) = self.keys.get_mut(self.len) else { return false };
        *place = Key { text: Some(text), entry: policy.entry_of(table, hash) };
        self.len = self.len.wrapping_add(1);
        true
    }

    /// Asks for the entries that the keys may have.
    #[inline(always)]
    pub(super) fn bring_near(&self, policy: &Policy) {
        for key in self.keys.get(..self.len).unwrap_or_default() {
            policy.bring_entry_near(key.entry, LINES);
        }
    }

    /// The children behind the keys, where there are any; then there are no keys any more. Their entries have been asked for.
    #[inline(always)]
    pub(super) fn take(&mut self, policy: &Policy) -> [u32; ROOM] {
        let keys = self.keys.get(..self.len).unwrap_or_default();
        let mut children = [NONE; ROOM];
        for (child, key) in children.iter_mut().zip(keys) {
            *child = policy.child_in_plain(key.entry, key.text.unwrap_or_default()).unwrap_or(NONE);
        }
        self.len = 0;
        children
    }
}
