//! Seeded values for tests: the same ones in every run.

use alloc::vec::Vec;

/// A xorshift generator.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16).checked_rem(bound as u64).unwrap() as usize
    }

    pub(super) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// Up to `pieces_max` pieces, glued.
    pub(super) fn text(&mut self, from: &[&str], pieces_max: usize) -> Vec<u8> {
        let pieces = self.below(pieces_max.wrapping_add(1));
        (0..pieces).flat_map(|_| self.pick(from).bytes().collect::<Vec<_>>()).collect()
    }
}

/// The bytes as a string with escapes would give them: one by one, of a length nobody knows.
pub(super) fn streamed(bytes: &[u8]) -> impl Iterator<Item = u8> + Clone {
    bytes.iter().copied().filter(|_| true)
}
