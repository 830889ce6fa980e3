//! The bytes at which the keys of a table of affixes end (of suffixes: begin), where they are few.
//!
//! Names are made of parts: nearly all prefixes that a policy asks for end at the same `.` or `/`. Then the places of that
//! byte in a text say which of its beginnings can be keys, and need not be asked length by length.

use super::lengths;
use crate::artifact::format::TableKind;
use crate::json::hash::last_block;
use crate::memory::OutOfMemory;
use crate::policy::{Policy, Table, range};

/// More edges than this are no better than the lengths.
const EDGES_MAX: usize = 4;

/// An edge of a table's keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    byte: u8,
    /// The lengths of the keys that have it: bit `n` for `n + 1` bytes.
    lengths: u64,
}

impl Edge {
    /// The lengths of keys at whose end (of suffixes: beginning) the text has this byte.
    #[inline]
    pub(super) fn lengths_in(self, text: &[u8], is_prefix: bool) -> impl Iterator<Item = usize> {
        const WHOLE: usize = u64::BITS as usize;
        let part = if is_prefix { text.get(..WHOLE) } else { text.len().checked_sub(WHOLE).and_then(|from| text.get(from..)) };
        let part = part.unwrap_or(text);
        let places = places(self.byte, part);
        // The last byte of a text is where its suffix of length one begins.
        let unused = (WHOLE as u32).wrapping_sub(part.len() as u32);
        let ends = if is_prefix { places } else { places.reverse_bits().unbounded_shr(unused) };
        ones(ends & self.lengths)
    }

    /// The edges of a table, if they are few and its keys short.
    fn all(lengths: &[[u32; crate::artifact::format::AFFIX_WORDS as usize]]) -> Option<([Edge; EDGES_MAX], usize)> {
        let mut edges = [Edge { byte: 0, lengths: 0 }; EDGES_MAX];
        let mut count = 0_usize;
        for [len, bytes @ ..] in lengths {
            let of_len = 1_u64.checked_shl(len.checked_sub(1)?)?;
            let has = |byte: &u8| bytes.get(usize::from(byte >> 5)).is_some_and(|bits| bits >> (byte & 31) & 1 == 1);
            for byte in (0..=u8::MAX).filter(has) {
                let known = edges.iter().take(count).position(|edge| edge.byte == byte);
                let place = edges.get_mut(known.unwrap_or(count))?;
                *place = Edge { byte, lengths: place.lengths | of_len };
                count = count.wrapping_add(usize::from(known.is_none()));
            }
        }
        Some((edges, count))
    }
}

impl Policy {
    /// Finds the edges of all tables, which are known to be sound.
    pub(crate) fn find_edges(&mut self) -> Result<(), OutOfMemory> {
        let mut tables = core::mem::take(&mut self.tables);
        for table in tables.iter_mut().filter(|table| matches!(table.kind, TableKind::Prefix | TableKind::Suffix)) {
            let Some((edges, count)) = Edge::all(lengths(self, table)) else { continue };
            table.edges = (self.edges.len() as u32, count as u32);
            self.edges.try_reserve(count).map_err(|_| OutOfMemory)?;
            self.edges.extend(edges.iter().take(count));
        }
        self.tables = tables;
        Ok(())
    }

    /// The edges of a table's keys; none if they have to be asked length by length.
    #[inline]
    pub(super) fn edges(&self, table: &Table) -> &[Edge] {
        range(&self.edges, table.edges)
    }
}

/// The lengths that a word has bits for.
#[inline(always)]
fn ones(mut rest: u64) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let bit = rest.trailing_zeros() as usize;
        rest &= rest.checked_sub(1)?;
        Some(bit.wrapping_add(1))
    })
}

/// Where a text of at most 64 bytes has a byte.
#[inline(always)]
fn places(byte: u8, text: &[u8]) -> u64 {
    let Some(last) = text.last_chunk() else {
        return places_in(byte, last_block(text).0) & 0xff_u64.unbounded_shr(8_u32.wrapping_sub(text.len() as u32));
    };
    // The last eight bytes overlap those before.
    let mut places = places_in(byte, u64::from_le_bytes(*last)).unbounded_shl((text.len() as u32).wrapping_sub(8));
    let mut at = 0_u32;
    for chunk in text.as_chunks::<8>().0 {
        places |= places_in(byte, u64::from_le_bytes(*chunk)).unbounded_shl(at);
        at = at.wrapping_add(8);
    }
    places
}

/// Which of eight bytes are one: a bit for each, the first lowest.
#[inline(always)]
fn places_in(byte: u8, eight: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let differs = eight ^ u64::from(byte).wrapping_mul(ONES);
    // The upper bit of each byte that is zero.
    let same = !((differs & LOW).wrapping_add(LOW) | differs | LOW);
    // Brings the eight bits together in the uppermost byte.
    (same >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn places_are_those_of_the_byte() {
        let mut random = crate::matcher::random::Random::new(7);
        for len in 0..=64 {
            for _ in 0..64 {
                let text: Vec<u8> = (0..len).map(|_| [0, b'.', 0x2f, 0xae, 0xff][random.below(5)]).collect();
                for byte in [0, b'.', 0xae, b'x'] {
                    let expected = text.iter().zip(0_u32..).filter(|(other, _)| **other == byte).map(|(_, at)| 1 << at).sum();
                    assert_eq!(places(byte, &text), expected, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn lengths_are_those_that_asking_one_by_one_finds() {
        let text: Vec<u8> = b"svc.obj.verb/".iter().copied().cycle().take(100).collect();
        for len in 0..=text.len() {
            let text = &text[..len];
            for (byte, lengths) in [(b'.', u64::MAX), (b'.', 0xf0f0_8080_0000_ffff), (b'v', 1 << 63 | 9), (b'z', u64::MAX)] {
                for is_prefix in [true, false] {
                    let is_key = |len: &usize| {
                        let edge = if is_prefix { text[len - 1] } else { text[text.len() - len] };
                        edge == byte && lengths >> (len - 1) & 1 == 1
                    };
                    let expected: Vec<usize> = (1..=text.len().min(64)).filter(is_key).collect();
                    let found: Vec<usize> = Edge { byte, lengths }.lengths_in(text, is_prefix).collect();
                    assert_eq!(found, expected, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn many_edges_and_long_keys_are_asked_length_by_length() {
        let of = |len: u32, bytes: &[u8]| {
            let mut words = [0; 9];
            words[0] = len;
            for byte in bytes {
                words[1 + usize::from(byte >> 5)] |= 1 << (byte & 31);
            }
            words
        };
        let found = |lengths: &[[u32; 9]]| {
            Edge::all(lengths).map(|(edges, count)| edges.iter().take(count).map(|edge| (edge.byte, edge.lengths)).collect::<Vec<_>>())
        };
        assert_eq!(found(&[of(1, b"./"), of(64, b".")]), Some([(b'.', 1 | 1 << 63), (b'/', 1)].to_vec()));
        assert_eq!(found(&[of(3, b"abcd"), of(4, b"a")]).map(|edges| edges.len()), Some(4));
        assert_eq!(found(&[of(3, b"abcd"), of(4, b"e")]), None);
        assert_eq!(found(&[of(65, b".")]), None);
    }
}
