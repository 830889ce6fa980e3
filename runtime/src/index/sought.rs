//! Keys that are looked up together, so that the processor waits for their memory at the same time.
//!
//! Each look-up reads two places: a slot, and the entry it names. All slots are read before the first of them is looked at,
//! and all entries before the first key is compared, so none waits for what another finds.

use super::home;
use crate::artifact::format::NONE;
use crate::json::text::Text;
use crate::policy::{KeySlot, Policy, Table};

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
    table: Option<&'a Table>,
    tag: u32,
    /// Where among the table's slots the search has come to, and what is there.
    at: u32,
    slot: KeySlot,
}

impl<'a> Keys<'a> {
    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a key, and reads the slot where the search for it begins; false if there is no room.
    #[inline(always)]
    pub(super) fn push(&mut self, policy: &Policy, table: &'a Table, hash: u64, text: &'a [u8]) -> bool {
        let Some(place) = self.keys.get_mut(self.len) else { return false };
        let at = home(hash, table.extent);
        let slot = policy.keys.get(table.first.wrapping_add(at) as usize).copied().unwrap_or(KeySlot::EMPTY);
        *place = Key { text: Some(text), table: Some(table), tag: hash as u32, at, slot };
        self.len = self.len.wrapping_add(1);
        true
    }

    /// Asks for the entries that the keys may have.
    #[inline(always)]
    pub(super) fn bring_near(&mut self, policy: &Policy) {
        for key in self.keys.get_mut(..self.len).unwrap_or_default() {
            if !key.slot.is_of(key.tag) {
                key.search_on(policy);
            }
            policy.bring_entry_near(key.slot.entry, LINES);
        }
    }

    /// The children behind the keys, where there are any; then there are no keys any more. Their entries have been asked for.
    #[inline(always)]
    pub(super) fn take(&mut self, policy: &Policy) -> [u32; ROOM] {
        let keys = self.keys.get_mut(..self.len).unwrap_or_default();
        let mut children = [NONE; ROOM];
        for (child, key) in children.iter_mut().zip(keys) {
            *child = key.child(policy);
        }
        self.len = 0;
        children
    }
}

impl Key<'_> {
    /// The child behind the key; [`NONE`] if the table does not have it.
    #[inline(always)]
    fn child(&mut self, policy: &Policy) -> u32 {
        let text = Text::plain(self.text.unwrap_or_default());
        while !self.slot.is_empty() {
            if let Some(child) = policy.child_in(self.slot.entry, text) {
                return child;
            }
            self.search_on(policy);
        }
        NONE
    }

    /// Goes on to the next slot with the tag, or an empty one.
    #[inline(never)]
    fn search_on(&mut self, policy: &Policy) {
        (self.at, self.slot) = match self.table {
            Some(table) => policy.slot_from(table, self.at.wrapping_add(1), self.tag),
            None => (0, KeySlot::EMPTY),
        };
    }
}
