//! Slots for the keys of a table: for each bucket of keys a multiplier under which none of them meets another.

use std::cmp::Reverse;

use toolgate_runtime::artifact::places::{Places, SLOTS_MIN};

use super::sections::tag;

/// A table's slots.
pub(super) struct Slots {
    pub count: u32,
    /// Of each bucket.
    pub multipliers: Vec<u32>,
    /// The slot of each key, which is named by its position in what was given; in the order of the slots.
    pub taken: Vec<(u32, u32)>,
}

/// A key while its slot is sought.
struct Key {
    bucket: u32,
    hash: u64,
    position: u32,
}

/// So many multipliers are tried for a bucket.
const TRIES: usize = 4_096;
/// So often the slots of keys are doubled that share some and may not.
const DOUBLED_MAX: u32 = 8;

impl Slots {
    /// Finds slots for keys with these hashes. That is a matter of chance and goes well nearly always; keys that cannot be told
    /// apart, or that somebody has made to share a bucket, share slots.
    ///
    /// `None` if there are more keys than an artifact can hold.
    pub(super) fn of(hashes: &[u64]) -> Option<Self> {
        Some(Self::of_count(hashes, Self::count(hashes)?))
    }

    /// The same for keys none of which may share its slot. More slots tell all keys apart but those whose hashes end alike.
    ///
    /// `None` also if there are such.
    pub(super) fn of_lone(hashes: &[u64]) -> Option<Self> {
        let mut count = Self::count(hashes)?;
        for _ in 0..=DOUBLED_MAX {
            let slots = Self::of_count(hashes, count);
            if slots.taken.is_sorted_by(|one, other| one.0 < other.0) {
                return Some(slots);
            }
            count = count.checked_mul(2)?;
        }
        None
    }

    /// How many slots so many keys have.
    fn count(hashes: &[u64]) -> Option<u32> {
        let wanted = hashes.len().saturating_add(hashes.len() / 8);
        u32::try_from(wanted).ok()?.max(SLOTS_MIN).checked_next_power_of_two()
    }

    fn of_count(hashes: &[u64], count: u32) -> Self {
        let places = Places::of(count);
        let mut keys: Vec<Key> =
            (0_u32..).zip(hashes).map(|(position, hash)| Key { bucket: places.bucket(*hash), hash: *hash, position }).collect();
        keys.sort_unstable_by_key(|key| (key.bucket, tag(key.hash), key.position));
        let mut buckets: Vec<&[Key]> = keys.chunk_by(|one, other| one.bucket == other.bucket).collect();
        // The largest come first, while there is room.
        buckets.sort_by_key(|keys| Reverse(keys.len()));
        let mut out = Self { count, multipliers: vec![1; Places::bucket_count(count) as usize], taken: Vec::with_capacity(keys.len()) };
        let mut is_taken = vec![false; count as usize];
        for keys in buckets {
            let multiplier = multipliers().take(TRIES).find(|multiplier| take(places, keys, *multiplier, &mut is_taken)).unwrap_or(1);
            for key in keys {
                let slot = places.slot(key.hash, multiplier);
                out.taken.push((slot, key.position));
                if let (Some(word), Some(is_taken)) = (out.multipliers.get_mut(key.bucket as usize), is_taken.get_mut(slot as usize)) {
                    (*word, *is_taken) = (multiplier, true);
                }
            }
        }
        out.taken.sort_unstable();
        out
    }
}

/// Takes the slots that a bucket's keys have under a multiplier, if all of them are free. Keys that cannot be told apart are one.
fn take(places: Places, keys: &[Key], multiplier: u32, is_taken: &mut [bool]) -> bool {
    let keys = || keys.chunk_by(|one, other| tag(one.hash) == tag(other.hash)).filter_map(<[_]>::first);
    let slot = |key: &Key| places.slot(key.hash, multiplier) as usize;
    let mut count = 0_usize;
    for key in keys() {
        match is_taken.get_mut(slot(key)) {
            Some(is_taken @ false) => *is_taken = true,
            _ => break,
        }
        count = count.saturating_add(1);
    }
    if count == keys().count() {
        return true;
    }
    // Those before the one that found its slot taken are given back.
    for key in keys().take(count) {
        if let Some(is_taken) = is_taken.get_mut(slot(key)) {
            *is_taken = false;
        }
    }
    false
}

/// Odd numbers without a pattern.
fn multipliers() -> impl Iterator<Item = u32> {
    (1_u32..).map(|at| {
        let state = at.wrapping_mul(0x9e37_79b9);
        let mixed = (state ^ state >> 16).wrapping_mul(0x85eb_ca6b);
        (mixed ^ mixed >> 13) | 1
    })
}
