//! Eight bytes at a time, and the pieces of JSON's grammar that reader and walk share.

/// The eight bytes from `at`, the first one lowest.
#[inline(always)]
pub(crate) fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()).map(|chunk| u64::from_le_bytes(*chunk))
}

/// The index of the first byte of `word` that a string's contents cannot simply hold: a quote, a backslash, a control, or
/// anything beyond ASCII, which has to be proved UTF-8.
///
/// A borrow leaves a byte only if that byte is marked itself, so the lowest mark is never a false one.
#[inline(always)]
pub(crate) fn special(word: u64) -> Option<usize> {
    let quote = (word ^ (ONES.wrapping_mul(b'"' as u64))).wrapping_sub(ONES);
    let backslash = (word ^ (ONES.wrapping_mul(b'\\' as u64))).wrapping_sub(ONES);
    let control = word.wrapping_sub(ONES.wrapping_mul(0x20));
    first((quote | backslash | control | word) & TOPS)
}

/// The index of the first quote or backslash.
#[inline(always)]
pub(crate) fn quote_or_backslash(word: u64) -> Option<usize> {
    first(zeros(word ^ (ONES.wrapping_mul(b'"' as u64))) | zeros(word ^ (ONES.wrapping_mul(b'\\' as u64))))
}

/// The index of the first quote, bracket or brace.
#[inline(always)]
pub(crate) fn quote_or_bracket(word: u64) -> Option<usize> {
    // Brackets and braces differ in the one bit that is set here.
    let folded = word | ONES.wrapping_mul(0x20);
    let brackets = zeros(folded ^ (ONES.wrapping_mul(b'{' as u64))) | zeros(folded ^ (ONES.wrapping_mul(b'}' as u64)));
    first(brackets | zeros(word ^ (ONES.wrapping_mul(b'"' as u64))))
}

/// The index of the first point; 8 where there is none.
#[inline(always)]
pub(crate) fn point(word: u64) -> usize {
    // INVARIANT: 64 trailing zeros at the most.
    (zeros(word ^ ONES.wrapping_mul(b'.' as u64)).trailing_zeros() >> 3) as usize
}

/// The number that the first `count` bytes of `word` write, 8 of them at the most, and how many of them are zeros before
/// the first other digit. They are digits.
#[inline(always)]
pub(crate) fn value(word: u64, count: usize) -> (u64, usize) {
    // INVARIANT: at most 8 bytes, and zeros fill up before them.
    let values = (word ^ ONES.wrapping_mul(b'0' as u64)).unbounded_shl(64_u32.wrapping_sub((count as u32).wrapping_mul(8)));
    let zeros = (values.trailing_zeros() >> 3) as usize;
    // Two digits, four, eight at a time.
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8);
    let even = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let odd = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    (even.wrapping_add(odd) >> 32, zeros.saturating_sub(8_usize.wrapping_sub(count)))
}

/// How many digits `word` begins with.
///
/// A byte carries into the next only if it is marked itself, so the lowest mark is never a false one.
#[inline(always)]
pub(crate) fn digits(word: u64) -> usize {
    let values = word ^ ONES.wrapping_mul(b'0' as u64);
    // More than 9, or beyond ASCII.
    first((values.wrapping_add(ONES.wrapping_mul(0x76)) | values) & TOPS).unwrap_or(8)
}

/// Whether all bytes of `word` are ASCII that prints, a space not included.
#[inline(always)]
pub(crate) fn prints(word: u64) -> bool {
    let below = word.wrapping_sub(ONES.wrapping_mul(0x21));
    let above = word.wrapping_add(ONES);
    (below | above | word) & TOPS == 0
}

/// The next byte from `at` that is no white space, and where it is; at the end of input 0, which can stand nowhere.
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
pub(crate) fn token(bytes: &[u8], at: usize) -> (usize, u8) {
    match bytes.get(at) {
        Some(&byte) if byte > b' ' => (at, byte),
        // Most writers put one space after a colon or a comma, or none.
        Some(b' ') => match bytes.get(at.wrapping_add(1)) {
            Some(&byte) if byte > b' ' => (at.wrapping_add(1), byte),
            _ => token_after_space(bytes, at.wrapping_add(1)),
        },
        _ => token_after_space(bytes, at),
    }
}

fn token_after_space(bytes: &[u8], mut at: usize) -> (usize, u8) {
    loop {
        while word(bytes, at) == Some(ONES.wrapping_mul(b' ' as u64)) {
            at = at.wrapping_add(8);
        }
        match bytes.get(at) {
            Some(b' ' | b'\t' | b'\n' | b'\r') => at = at.wrapping_add(1),
            Some(&byte) => return (at, byte),
            None => return (bytes.len(), 0),
        }
    }
}

/// The length of the well-formed UTF-8 sequence of more than one byte at `at`, by the Unicode standard's table 3-7.
#[inline]
pub(crate) fn sequence_len(bytes: &[u8], at: usize) -> Option<usize> {
    let follows = |distance: usize| matches!(bytes.get(at.wrapping_add(distance)), Some(0x80..=0xbf));
    let lead = *bytes.get(at)?;
    let second = *bytes.get(at.wrapping_add(1))?;
    match (lead, second) {
        (0xc2..=0xdf, 0x80..=0xbf) => Some(2),
        (0xe0, 0xa0..=0xbf) | (0xe1..=0xec | 0xee | 0xef, 0x80..=0xbf) | (0xed, 0x80..=0x9f) => follows(2).then_some(3),
        (0xf0, 0x90..=0xbf) | (0xf1..=0xf3, 0x80..=0xbf) | (0xf4, 0x80..=0x8f) => (follows(2) && follows(3)).then_some(4),
        _ => None,
    }
}

/// The value of a hexadecimal digit.
#[inline]
pub(crate) fn hex(digit: u8) -> Option<u16> {
    match digit {
        b'0'..=b'9' => Some(u16::from(digit & 15)),
        b'a'..=b'f' | b'A'..=b'F' => Some(u16::from(digit & 15).wrapping_add(9)),
        _ => None,
    }
}

/// The index of the lowest byte that is marked.
#[inline(always)]
fn first(marks: u64) -> Option<usize> {
    (marks != 0).then(|| (marks.trailing_zeros() >> 3) as usize)
}

/// Marks zero bytes; above the first, others may be marked too.
#[inline(always)]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & TOPS
}

const ONES: u64 = u64::MAX / 255;
const TOPS: u64 = ONES << 7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_exact_for_every_pair_of_bytes() {
        for low in 0..=255u8 {
            for high in 0..=255u8 {
                for (at, plain) in (0..7).flat_map(|at| [(at, *b"abcdefgh"), (at, *b"01234567")]) {
                    let mut bytes = plain;
                    bytes[at] = low;
                    bytes[at + 1] = high;
                    let word = u64::from_le_bytes(bytes);
                    let position = |test: fn(&u8) -> bool| bytes.iter().position(test);
                    assert_eq!(special(word), position(|byte| matches!(byte, 0..0x20 | b'"' | b'\\' | 0x80..)), "{bytes:?}");
                    assert_eq!(quote_or_backslash(word), position(|byte| matches!(byte, b'"' | b'\\')), "{bytes:?}");
                    assert_eq!(digits(word), position(|byte| !byte.is_ascii_digit()).unwrap_or(8), "{bytes:?}");
                    assert_eq!(prints(word), bytes.iter().all(u8::is_ascii_graphic), "{bytes:?}");
                    assert_eq!(quote_or_bracket(word), position(|byte| matches!(byte, b'"' | b'[' | b']' | b'{' | b'}')), "{bytes:?}");
                }
            }
        }
    }

    #[test]
    fn values_are_those_of_the_standard_library() {
        for text in ["0", "7", "10", "00", "0100", "12345", "00000001", "99999999", "90000000", "123456", "1000000"] {
            let mut bytes = *b"........";
            bytes[..text.len()].copy_from_slice(text.as_bytes());
            let (value, zeros) = value(u64::from_le_bytes(bytes), text.len());
            assert_eq!(value, text.parse().unwrap(), "{text}");
            if value != 0 {
                assert_eq!(zeros, text.len() - text.trim_start_matches('0').len(), "{text}");
            }
        }
    }

    #[test]
    fn sequences_are_those_of_the_standard_library() {
        // Every lead and second byte, with third and fourth ones at the edges.
        for lead in 0x80..=255u8 {
            for second in 0..=255u8 {
                for third in [0x7f, 0x80, 0xbf, 0xc0] {
                    for fourth in [0x7f, 0x80, 0xbf, 0xc0] {
                        let bytes = [lead, second, third, fourth];
                        let valid = (2..=4).find(|len| core::str::from_utf8(&bytes[..*len]).is_ok());
                        assert_eq!(sequence_len(&bytes, 0), valid, "{bytes:x?}");
                    }
                }
            }
        }
        assert_eq!(sequence_len("é".as_bytes().split_last().unwrap().1, 0), None);
        assert_eq!(sequence_len("€".as_bytes().split_last().unwrap().1, 0), None);
        assert_eq!(sequence_len("𝄞".as_bytes().split_last().unwrap().1, 0), None);
    }
}
