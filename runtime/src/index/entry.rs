//! A key of a table, and what stands behind it.

#[cfg(not(target_family = "wasm"))]
use crate::artifact::format::ENTRY_LINKS_MAX;
use crate::artifact::format::{CHILD_IS_RUN, ENTRY_HAS_NEXT, ENTRY_IS_NODE, ENTRY_LINKS_SHIFT, NONE};
use crate::json::text::Text;
use crate::run::{begins_with, holds_at};

/// What of an entry's first word is the length of the key.
const LEN_MAX: u32 = (1 << ENTRY_LINKS_SHIFT) - 1;

/// An entry among the runs.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    at: u32,
    head: u32,
    /// The key, and whatever stands behind it.
    words: &'a [u32],
}

impl<'a> Entry<'a> {
    /// The entry at a word.
    #[inline(always)]
    pub(crate) fn at(runs: &'a [u32], at: u32) -> Option<Self> {
        let (&head, words) = runs.get(at as usize..)?.split_first()?;
        Some(Self { at, head, words })
    }

    /// The word of the entry of another key that has the same slot, or [`NONE`].
    #[inline(always)]
    pub(crate) fn next(self) -> u32 {
        let next = if self.has_next() { self.words.get(self.key_words() as usize).copied().unwrap_or(NONE) } else { NONE };
        // Each stands before the one that names it, so there is a last.
        if next < self.at { next } else { NONE }
    }

    /// Whether others have its slot.
    #[inline(always)]
    pub(super) fn has_next(self) -> bool {
        self.head & ENTRY_HAS_NEXT != 0
    }

    /// Length of the key in bytes.
    #[inline(always)]
    pub(crate) fn len(self) -> u32 {
        self.head & LEN_MAX
    }

    /// Whether the key has so many bytes, and no other has its slot.
    #[inline(always)]
    pub(super) fn is_alone_of_len(self, len: usize) -> bool {
        (self.head & (ENTRY_HAS_NEXT | LEN_MAX)) as usize == len
    }

    /// The words of the entries that tables of affixes have for the key; none if they are not all there.
    #[cfg(not(target_family = "wasm"))]
    #[inline(always)]
    pub(crate) fn links(self, runs: &'a [u32]) -> &'a [u32] {
        let at = self.at as usize;
        at.checked_sub(self.link_count()).and_then(|first| runs.get(first..at)).unwrap_or_default()
    }

    /// How many links there should be.
    #[cfg(not(target_family = "wasm"))]
    #[inline(always)]
    pub(crate) fn link_count(self) -> usize {
        (self.head >> ENTRY_LINKS_SHIFT & ENTRY_LINKS_MAX) as usize
    }

    /// Its first word.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn at_word(self) -> u32 {
        self.at
    }

    #[inline(always)]
    fn key_words(self) -> u32 {
        self.len().div_ceil(4)
    }

    /// The key, and whatever stands behind it.
    #[inline(always)]
    pub(crate) fn words(self) -> &'a [u32] {
        self.words
    }

    /// Whether the key, which is as long, is this text.
    #[inline(always)]
    pub(super) fn is(self, key: Text<'_>) -> bool {
        match key.as_plain() {
            Some(plain) => begins_with(self.words, plain),
            None => self.words.get(..key.len().div_ceil(4)).is_some_and(|words| holds_at(key, 0, key.len(), words)),
        }
    }

    /// As [`Self::child`], if that is one of the two and says which.
    pub(crate) fn sound_child(self) -> Option<u32> {
        let (behind, child) = (self.at.checked_add(2)?.checked_add(self.key_words())?, self.child()?);
        (behind & CHILD_IS_RUN == 0 && (child & CHILD_IS_RUN != 0) == (self.head & ENTRY_IS_NODE == 0)).then_some(child)
    }

    /// What stands behind the key: an index node, or the run there.
    #[inline(always)]
    pub(crate) fn child(self) -> Option<u32> {
        let behind = self.key_words().wrapping_add(u32::from(self.has_next()));
        if self.head & ENTRY_IS_NODE != 0 {
            return self.words.get(behind as usize).copied();
        }
        // INVARIANT: the words of all runs are counted by a `u32`.
        Some(self.at.wrapping_add(1).wrapping_add(behind) | CHILD_IS_RUN)
    }
}
