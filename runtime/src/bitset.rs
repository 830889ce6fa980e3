//! A set of small numbers that is walked in order and emptied at the cost of what it holds.

use alloc::boxed::Box;

use crate::memory::{OutOfMemory, filled};

/// Bits with a summary: bit `i` of the summary says that word `i` is not zero.
#[derive(Debug, Default)]
pub(crate) struct BitSet {
    words: Box<[u64]>,
    summary: Box<[u64]>,
}

const BITS: usize = 64;

impl BitSet {
    /// A set for numbers below `len`.
    pub(crate) fn try_new(len: usize) -> Result<Self, OutOfMemory> {
        let words = len.div_ceil(BITS);
        Ok(Self { words: filled(0, words)?, summary: filled(0, words.div_ceil(BITS))? })
    }

    /// Bytes on the heap.
    pub(crate) fn len_bytes(&self) -> usize {
        self.words.len().saturating_add(self.summary.len()).saturating_mul(8)
    }

    /// Adds a number and tells whether it is new. Numbers out of range are dropped.
    pub(crate) fn insert(&mut self, number: u32) -> bool {
        let at = number as usize;
        let Some(word) = self.words.get_mut(at / BITS) else { return false };
        let bit = 1 << (at % BITS);
        let new = *word & bit == 0;
        *word |= bit;
        if let Some(summary) = self.summary.get_mut(at / BITS / BITS) {
            *summary |= 1 << (at / BITS % BITS);
        }
        new
    }

    /// Whether a number is in the set.
    pub(crate) fn contains(&self, number: u32) -> bool {
        let at = number as usize;
        self.words.get(at / BITS).is_some_and(|word| word >> (at % BITS) & 1 == 1)
    }

    /// The numbers in ascending order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        let mut at = 0_usize;
        core::iter::from_fn(move || {
            loop {
                let rest = self.words.get(at / BITS)? >> (at % BITS);
                if rest != 0 {
                    let number = at.wrapping_add(rest.trailing_zeros() as usize);
                    at = number.wrapping_add(1);
                    // INVARIANT: the set was made for numbers that fit.
                    return Some(number as u32);
                }
                at = self.word_from((at / BITS).wrapping_add(1))?.wrapping_mul(BITS);
            }
        })
    }

    /// The first word from one on that is not zero.
    fn word_from(&self, mut at: usize) -> Option<usize> {
        loop {
            let rest = self.summary.get(at / BITS)? >> (at % BITS);
            if rest != 0 {
                return Some(at.wrapping_add(rest.trailing_zeros() as usize));
            }
            at = (at / BITS).wrapping_add(1).wrapping_mul(BITS);
        }
    }

    /// Empties the set.
    pub(crate) fn clear(&mut self) {
        for (group, summary) in self.summary.iter_mut().enumerate() {
            for word in ones(*summary) {
                if let Some(word) = self.words.get_mut(group.wrapping_mul(BITS).wrapping_add(word)) {
                    *word = 0;
                }
            }
            *summary = 0;
        }
    }
}

/// Positions of the one bits, lowest first.
fn ones(mut word: u64) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        if word == 0 {
            return None;
        }
        let bit = word.trailing_zeros() as usize;
        word &= word.wrapping_sub(1);
        Some(bit)
    })
}

#[cfg(test)]
mod tests {
    use super::BitSet;
    use alloc::vec::Vec;

    #[test]
    fn keeps_order_and_empties() {
        let mut set = BitSet::try_new(10_000).unwrap();
        for number in [9_999, 0, 64, 63, 4_096, 4_095, 64] {
            set.insert(number);
        }
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 63, 64, 4_095, 4_096, 9_999]);
        assert!(set.contains(64) && !set.contains(65));
        assert!(!set.insert(10_048) && !set.insert(u32::MAX));
        set.clear();
        assert_eq!(set.iter().count(), 0);
        assert!(set.insert(64));
        assert_eq!(BitSet::try_new(0).unwrap().iter().count(), 0);
        let mut full = BitSet::try_new(4_161).unwrap();
        (0..4_161).for_each(|number| assert!(full.insert(number)));
        assert!(full.iter().eq(0..4_161));
    }
}
