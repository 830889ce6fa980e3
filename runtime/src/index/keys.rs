//! How a table finds a key: its slot, the entry that the slot names, and the key itself compared.

use super::entry::Entry;
use crate::artifact::format::NONE;
use crate::json::text::Text;
use crate::policy::{Policy, Table};
#[cfg(not(target_family = "wasm"))]
use crate::run::begins_with;
use toolgate_scan::bring_near;

/// Words of a cache line.
const LINE_WORDS: usize = 16;

impl Policy {
    /// The slot where a table has the key with a hash, if it has it.
    #[inline(always)]
    pub(super) fn slot(&self, table: &Table, hash: u64) -> u32 {
        let multiplier = table.multipliers.wrapping_add(table.places.bucket(hash));
        let multiplier = self.words.get(multiplier as usize).copied().unwrap_or(0);
        table.first.wrapping_add(table.places.slot(hash, multiplier))
    }

    /// The entry that a slot names, if it may be that of the hash; else [`NONE`]. An empty slot names what is behind all runs.
    #[inline(always)]
    pub(super) fn entry_in(&self, slot: u32, hash: u64) -> u32 {
        let slot = self.keys.get(slot as usize).copied().unwrap_or(NONE);
        // What the entry's word leaves free is the hash's.
        let is_other = (slot ^ hash as u32) & !self.entry_mask != 0;
        if is_other { NONE } else { slot & self.entry_mask }
    }

    /// The entry that a table may have for a hash, or [`NONE`].
    #[inline(always)]
    pub(crate) fn entry_of(&self, table: &Table, hash: u64) -> u32 {
        self.entry_in(self.slot(table, hash), hash)
    }

    /// Asks for the first cache lines of an entry. That of an empty slot is nowhere.
    #[inline(always)]
    pub(crate) fn bring_entry_near(&self, entry: u32, lines: usize) {
        for line in 0..lines {
            bring_near(&self.runs, (entry as usize).wrapping_add(line.wrapping_mul(LINE_WORDS)));
        }
    }

    /// The number of a key's slot in a table, and the child behind the key.
    pub(super) fn behind(&self, table: &Table, hash: u64, key: Text<'_>) -> Option<(u32, u32)> {
        let slot = self.slot(table, hash);
        Some((slot, self.found(self.entry_in(slot, hash), key)?.child()?))
    }

    /// An entry, or one that shares its slot, if it is that of the key.
    #[inline(always)]
    pub(super) fn found(&self, entry: u32, key: Text<'_>) -> Option<Entry<'_>> {
        // The module of WebAssembly has a limit to its size, and the other way is only the shorter one.
        if cfg!(target_family = "wasm") {
            return self.found_further(entry, key);
        }
        self.found_by(entry, key, |entry| entry.is(key))
    }

    /// The same of a key without escapes.
    #[cfg(not(target_family = "wasm"))]
    #[inline(always)]
    pub(super) fn found_plain(&self, entry: u32, key: &[u8]) -> Option<Entry<'_>> {
        self.found_by(entry, Text::plain(key), |entry| begins_with(entry.words(), key))
    }

    /// The same, whether an entry as long is that of the key being found in some way.
    #[inline(always)]
    pub(super) fn found_by(&self, at: u32, key: Text<'_>, is: impl Fn(Entry<'_>) -> bool) -> Option<Entry<'_>> {
        let entry = Entry::at(&self.runs, at)?;
        if entry.is_alone_of_len(key.len()) {
            return if is(entry) { Some(entry) } else { None };
        }
        if entry.has_next() { self.found_further(at, key) } else { None }
    }

    /// One of several entries that share a slot.
    #[cfg_attr(not(target_family = "wasm"), cold)]
    fn found_further(&self, mut at: u32, key: Text<'_>) -> Option<Entry<'_>> {
        loop {
            let entry = Entry::at(&self.runs, at)?;
            if entry.len() as usize == key.len() && entry.is(key) {
                return Some(entry);
            }
            at = entry.next();
        }
    }
}
