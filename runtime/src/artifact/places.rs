//! Where a table keeps a key: one slot, known from the key's hash and one word.
//!
//! The keys of a table are cut into buckets by their hashes, and of each bucket the compiler has found a multiplier under
//! which its keys have slots that no other key has. So a look-up reads one multiplier and one slot, whatever the request
//! holds.

/// A table has at least so many slots.
pub const SLOTS_MIN: u32 = 8;

/// How a table of some number of slots finds that of a hash.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    shift: u32,
}

impl Places {
    /// For a table of so many slots, which are a power of two and at least [`SLOTS_MIN`]; of others it does not say where to look.
    #[must_use]
    pub fn of(slots: u32) -> Self {
        Self { shift: slots.leading_zeros().wrapping_add(1) }
    }

    /// Whether a table can have so many slots.
    #[must_use]
    pub fn is_count(slots: u32) -> bool {
        slots.is_power_of_two() && slots >= SLOTS_MIN
    }

    /// How many buckets a table of so many slots has.
    #[must_use]
    pub fn bucket_count(slots: u32) -> u32 {
        slots / 4
    }

    /// The bucket of a key: what its hash begins with.
    #[must_use]
    #[inline(always)]
    pub fn bucket(self, hash: u64) -> u32 {
        // A bucket is four slots.
        ((hash >> 32) as u32).wrapping_shr(self.shift.wrapping_add(2))
    }

    /// The slot of a key: what the lower half of its hash begins with, multiplied by what its bucket says.
    #[must_use]
    #[inline(always)]
    pub fn slot(self, hash: u64, multiplier: u32) -> u32 {
        (hash as u32).wrapping_mul(multiplier).wrapping_shr(self.shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_inside() {
        for slots in (0..32).map(|bits| 1 << bits) {
            if !Places::is_count(slots) {
                continue;
            }
            let places = Places::of(slots);
            for hash in [0, 1, u64::from(u32::MAX), 0x2438_6a88_85a3_08d3, u64::MAX] {
                assert!(places.bucket(hash) < Places::bucket_count(slots));
                for multiplier in [1, 3, u32::MAX] {
                    assert!(places.slot(hash, multiplier) < slots);
                }
            }
            assert_eq!(places.bucket(u64::MAX), Places::bucket_count(slots) - 1);
            assert_eq!(places.slot(u64::MAX, 1), slots - 1);
        }
        assert!([0, 1, 4, 9, 24].into_iter().all(|slots| !Places::is_count(slots)));
    }
}
