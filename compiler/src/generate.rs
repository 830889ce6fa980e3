//! Random policies and requests, shared by tests and fuzz targets.
//!
//! Every generated policy passes the checker. Names and values come from small pools, so that conditions and requests
//! collide often, and requests are drawn from values that stand just at, or just beside, what the policy asks for.
//! Exhausted entropy makes the plainest choice everywhere, which is what lets [`shrink`] work on bytes alone.

mod expr;
mod operand;
mod policy;
mod request;
mod spoil;
mod tree;
mod when;

use arbitrary::{Arbitrary, Result, Unstructured};

pub use self::policy::{Policy, policy};
pub use self::request::request;
pub use self::tree::Node;
pub use self::when::Vocabulary;

/// A policy and requests to decide under it.
#[derive(Clone, Debug)]
pub struct Case {
    /// Texts of its documents, in argument order.
    pub documents: Vec<String>,
    /// Raw request texts; some are no requests.
    pub requests: Vec<Vec<u8>>,
}

impl<'a> Arbitrary<'a> for Case {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let Policy { documents, vocabulary } = policy(u)?;
        let count = u.int_in_range(1..=8)?;
        let requests = (0..count).map(|_| request(u, &vocabulary)).collect::<Result<_>>()?;
        Ok(Self { documents, requests })
    }
}

/// Bytes of a seed, the same everywhere and for ever: splitmix64.
#[must_use]
pub fn seeded(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let words = std::iter::repeat_with(|| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)).to_le_bytes()
    });
    words.flatten().take(length).collect()
}

/// Shrinks bytes that fail by taking chunks out or setting them to zero, largest first, until nothing more can go.
///
/// `fails` must be true of `bytes`; it is true of the result.
#[must_use]
pub fn shrink(bytes: &[u8], fails: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut best = bytes.to_vec();
    let mut size = best.len().div_ceil(2);
    while size > 0 {
        let mut shrunk = false;
        let mut start = 0;
        while start < best.len() {
            let end = start.saturating_add(size).min(best.len());
            let (head, tail) = (best.get(..start).unwrap_or_default(), best.get(end..).unwrap_or_default());
            let removed = [head, tail].concat();
            let zeroed = [head, &vec![0; end.saturating_sub(start)], tail].concat();
            if fails(&removed) {
                best = removed;
                shrunk = true;
            } else {
                if zeroed != best && fails(&zeroed) {
                    best = zeroed;
                    shrunk = true;
                }
                start = end;
            }
        }
        if !shrunk {
            size /= 2;
        }
    }
    best
}

/// One time in `n`, and never once the entropy is exhausted.
fn rarely(u: &mut Unstructured<'_>, n: u8) -> Result<bool> {
    Ok(u.int_in_range(0..=n.saturating_sub(1))? == n.saturating_sub(1) && n > 1)
}

#[cfg(test)]
mod tests {
    use super::{seeded, shrink};

    #[test]
    fn a_seed_is_for_ever() {
        // The first word of splitmix64 from 0, as published.
        assert_eq!(seeded(0, 8), 0xe220_a839_7b1d_cdaf_u64.to_le_bytes());
        assert_eq!(seeded(7, 3), seeded(7, 100)[..3]);
    }

    #[test]
    fn shrinking_keeps_what_fails() {
        let bytes = [1, 9, 2, 0, 3, 7, 200, 4];
        assert_eq!(shrink(&bytes, |b| b.contains(&7)), [7]);
        assert_eq!(shrink(&bytes, |b| b.len() >= 3 && b.last() == Some(&4)), [0, 0, 4]);
        assert!(shrink(&[], |_| true).is_empty());
    }
}
