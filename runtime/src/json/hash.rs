//! The hash of strings: fast, the same on every platform, and a function of the decoded text only.
//!
//! Text is cut into blocks of 16 bytes, two little-endian words each, the last one of 1–16 bytes filled up with
//! zeros. A block is folded into the state by one 64 × 64 → 128 bit multiplication whose halves are xor-ed; the
//! length joins with the last. Artifacts carry these values, so a change here is a change of their format.
//!
//! There is no secret, so texts that collide can be made at will: whoever looks something up by hash compares the
//! text, and takes no longer than n log n over texts of one hash.

/// The hash of a decoded text.
#[must_use]
#[inline]
pub fn hash(text: &[u8]) -> u64 {
    let (mut state, mut rest) = (START, text);
    while rest.len() > 16 {
        let Some((block, tail)) = rest.split_first_chunk::<16>() else { break };
        let block = u128::from_le_bytes(*block);
        state = fold(state, block as u64, (block >> 64) as u64);
        rest = tail;
    }
    let (low, high) = last_block(rest);
    finish(state, low, high, text.len())
}

/// The hash of `text[start..end]`, by whole words where `text` goes on long enough after it.
#[inline(always)]
pub(crate) fn hash_within(text: &[u8], start: usize, end: usize) -> u64 {
    let len = end.wrapping_sub(start);
    match text.get(start..).and_then(|rest| rest.first_chunk::<16>()) {
        Some(block) if len <= 16 => {
            let block = u128::from_le_bytes(*block);
            let (low, high) = masks(len);
            finish(START, (block as u64) & low, ((block >> 64) as u64) & high, len)
        }
        _ => hash(text.get(start..end).unwrap_or_default()),
    }
}

/// The first bytes of a text, at most 16, filled up with zeros.
#[cfg(not(target_family = "wasm"))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Front {
    pub low: u64,
    pub high: u64,
    pub len: usize,
}

#[cfg(not(target_family = "wasm"))]
impl Front {
    /// The most bytes there are in one.
    pub(crate) const LEN_MAX: usize = 16;

    #[inline(always)]
    pub(crate) fn of(text: &[u8]) -> Self {
        let front = text.get(..Self::LEN_MAX).unwrap_or(text);
        let (low, high) = last_block(front);
        Self { low, high, len: front.len() }
    }

    /// The first so many bytes of it.
    #[inline(always)]
    pub(crate) fn cut(self, len: usize) -> Self {
        let (low, high) = masks(len);
        Self { low: self.low & low, high: self.high & high, len }
    }

    /// The hash of the text that it is.
    #[inline(always)]
    pub(crate) fn hash(self) -> u64 {
        finish(START, self.low, self.high, self.len)
    }

    /// Whether these bytes begin with it.
    #[inline(always)]
    pub(crate) fn is_in(self, low: u64, high: u64) -> bool {
        let masks = masks(self.len);
        ((low & masks.0) ^ self.low) | ((high & masks.1) ^ self.high) == 0
    }
}

/// Which bits of two words the first so many bytes are.
#[inline(always)]
fn masks(len: usize) -> (u64, u64) {
    // INVARIANT: at most 16. No bytes wanted of a word shift all of it out.
    let low = (len.min(8) as u32).wrapping_mul(8);
    let high = (len as u32).wrapping_mul(8).wrapping_sub(low);
    (u64::MAX.unbounded_shr(64_u32.wrapping_sub(low)), u64::MAX.unbounded_shr(64_u32.wrapping_sub(high)))
}

/// The hash of a text that comes byte by byte.
pub(crate) fn hash_bytes(bytes: impl Iterator<Item = u8>) -> u64 {
    let (mut state, mut block, mut filled, mut len) = (START, 0u128, 0u32, 0usize);
    for byte in bytes {
        if filled == 16 {
            state = fold(state, block as u64, (block >> 64) as u64);
            (block, filled) = (0, 0);
        }
        block |= u128::from(byte).unbounded_shl(filled.wrapping_mul(8));
        filled = filled.wrapping_add(1);
        len = len.wrapping_add(1);
    }
    finish(state, block as u64, (block >> 64) as u64, len)
}

/// 0–16 bytes, filled up with zeros.
#[inline(always)]
pub(crate) fn last_block(rest: &[u8]) -> (u64, u64) {
    // INVARIANT: at most 16 bytes, so no shift below is 64 or more, but for the one by `unbounded_shr`.
    let bits = (rest.len() as u32).wrapping_mul(8);
    if let (Some(first), Some(last)) = (rest.first_chunk::<8>(), rest.last_chunk::<8>()) {
        return (u64::from_le_bytes(*first), u64::from_le_bytes(*last).unbounded_shr(128u32.wrapping_sub(bits)));
    }
    if let (Some(first), Some(last)) = (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
        let last = u64::from(u32::from_le_bytes(*last)).unbounded_shr(64u32.wrapping_sub(bits));
        return (u64::from(u32::from_le_bytes(*first)) | (last << 32), 0);
    }
    match *rest {
        [a] => (u64::from(a), 0),
        [a, b] => (u64::from(u16::from_le_bytes([a, b])), 0),
        [a, b, c] => (u64::from(u32::from_le_bytes([a, b, c, 0])), 0),
        _ => (0, 0),
    }
}

#[inline(always)]
fn finish(state: u64, low: u64, high: u64, len: usize) -> u64 {
    fold(state ^ (len as u64).wrapping_mul(LENGTH), low, high)
}

#[inline(always)]
fn fold(state: u64, low: u64, high: u64) -> u64 {
    let product = u128::from(state ^ low).wrapping_mul(u128::from(high ^ SPREAD));
    (product as u64) ^ ((product >> 64) as u64)
}

// Digits of pi, as good as any. The first byte of START is none that text can begin with, so that no first block
// multiplies by zero.
const START: u64 = 0x2438_6a88_85a3_08ff;
const SPREAD: u64 = 0x1319_8a2e_0370_7345;
const LENGTH: u64 = 0xa409_3822_299f_31d1;

#[cfg(test)]
pub(crate) mod tests {
    use alloc::{collections::BTreeSet, format, string::String, vec::Vec};

    use super::*;

    /// `count` texts of one hash: the second block's first word equals the state, so its second word is multiplied by zero.
    pub(crate) fn colliding(count: usize) -> Vec<String> {
        let printable = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
        let (prefix, state) = (0u64..)
            .map(|seed| format!("{seed:016}"))
            .map(|prefix| {
                let block = u128::from_le_bytes(prefix.as_bytes().try_into().unwrap());
                (prefix, fold(START, block as u64, (block >> 64) as u64).to_le_bytes())
            })
            .find(|(_, state)| state.iter().all(printable))
            .unwrap();
        let state = core::str::from_utf8(&state).unwrap();
        (0..count).map(|index| format!("{prefix}{state}{index:08}.")).collect()
    }

    #[test]
    fn all_ways_agree_at_every_length() {
        let text: Vec<u8> = (0..100u8).map(|index| index.wrapping_mul(37) ^ 0x5a).collect();
        for start in 0..20 {
            for end in start..text.len() {
                let part = &text[start..end];
                assert_eq!(hash(part), hash_bytes(part.iter().copied()), "{start}..{end}");
                assert_eq!(hash(part), hash_within(&text, start, end), "{start}..{end}");
            }
        }
    }

    #[test]
    fn fronts_are_the_texts_they_begin() {
        let text: Vec<u8> = (0..40u8).map(|index| index.wrapping_mul(37) ^ 0x5a).collect();
        for end in 0..=text.len() {
            let front = Front::of(&text[..end]);
            assert_eq!(front.len, end.min(Front::LEN_MAX));
            for len in 0..=front.len {
                let cut = front.cut(len);
                assert_eq!((cut.len, cut.hash()), (len, hash(&text[..len])));
                for at in 0..Front::LEN_MAX {
                    let mut other = [0; 16];
                    other.copy_from_slice(&text[..16]);
                    other[at] ^= 1;
                    let word = |from: usize| u64::from_le_bytes(other[from..from + 8].try_into().unwrap());
                    assert_eq!(cut.is_in(word(0), word(8)), at >= len);
                }
            }
        }
    }

    #[test]
    fn values_are_part_of_the_artifact_format() {
        // Computed from this page's description alone, in another language.
        assert_eq!(hash(b""), 0x06d4_b3e2_5bc6_8cdd);
        assert_eq!(hash(b"amount"), 0x3d72_3d1f_1d4f_3108);
        assert_eq!(hash(b"transfer_money_to_a_payee"), 0x2284_6358_6a11_efc1);
    }

    #[test]
    fn halves_of_similar_names_rarely_collide() {
        let names: Vec<String> = (0..40_000)
            .flat_map(|index| [format!("{index}"), format!("svc{index}.obj.read"), format!("user-{index:05}"), format!("{index:x}\0")])
            .collect();
        let distinct = |part: fn(u64) -> u64| names.iter().map(|name| part(hash(name.as_bytes()))).collect::<BTreeSet<_>>().len();
        assert_eq!(distinct(|hash| hash), names.len());
        // 160,000 random halves have 3 collisions on average.
        assert!(distinct(|hash| hash & 0xffff_ffff) + 12 > names.len());
        assert!(distinct(|hash| hash >> 32) + 12 > names.len());
        // Low and high bits fill a table of 2^17 as random ones would: 1 − e^(−160000/131072) of it, 70.5 %.
        for part in [|hash| hash & 0x1_ffff, |hash| hash >> 47] {
            let filled = distinct(part);
            assert!((90_500..94_500).contains(&filled), "{filled}");
        }
    }

    #[test]
    fn zeros_and_lengths_count() {
        let zeros = [0u8; 64];
        let hashes: BTreeSet<u64> = (0..64).map(|len| hash(&zeros[..len])).collect();
        assert_eq!(hashes.len(), 64);
    }

    #[test]
    fn collisions_can_be_made() {
        let texts = colliding(3);
        assert!(texts.iter().all(|text| hash(text.as_bytes()) == hash(texts[0].as_bytes())));
    }
}
