//! `equals-ignore-case`, alone and inside `prefix` and `suffix`: A–Z folded, nothing else.
//!
//! Other systems fold more. U+0130 and U+0131 (dotted and dotless i), U+017F (long s) and U+212A (kelvin sign) turn into
//! an ASCII letter under some of their foldings, so a value with one of them **anywhere** is unknown here: neither a
//! deny rule may miss `ADMİN` nor an allow rule pass it. Every function therefore reads the value to its end, whatever
//! its beginning says.
//!
//! Operands are ASCII in lower case.

use super::Tri;

/// Whether the value is the operand.
pub fn equals(value: impl Iterator<Item = u8>, lower: &[u8]) -> Tri {
    let mut expected = lower.iter();
    let mut same = true;
    let read = without_traps(value, &mut |byte| same &= expected.next() == Some(&byte.to_ascii_lowercase()));
    Tri::from(read.then_some(same && expected.next().is_none()))
}

/// Whether the value begins with the operand.
pub fn prefix(value: impl Iterator<Item = u8>, lower: &[u8]) -> Tri {
    let mut expected = lower.iter();
    let mut same = true;
    let read = without_traps(value, &mut |byte| same &= expected.next().is_none_or(|&wanted| wanted == byte.to_ascii_lowercase()));
    Tri::from(read.then_some(same && expected.next().is_none()))
}

/// Whether the value, of `len` decoded bytes, ends with the operand.
pub fn suffix(value: impl Iterator<Item = u8>, len: usize, lower: &[u8]) -> Tri {
    let mut before = len.saturating_sub(lower.len());
    let mut expected = lower.iter();
    let mut same = true;
    let read = without_traps(value, &mut |byte| match before.checked_sub(1) {
        Some(left) => before = left,
        None => same &= expected.next() == Some(&byte.to_ascii_lowercase()),
    });
    Tri::from(read.then_some(same && expected.next().is_none()))
}

/// [`equals`] for a value in memory.
pub fn equals_slice(value: &[u8], lower: &[u8]) -> Tri {
    if value.is_ascii() { Tri::from(value.eq_ignore_ascii_case(lower)) } else { equals(value.iter().copied(), lower) }
}

/// [`prefix`] for a value in memory.
pub fn prefix_slice(value: &[u8], lower: &[u8]) -> Tri {
    if value.is_ascii() {
        Tri::from(value.get(..lower.len()).is_some_and(|head| head.eq_ignore_ascii_case(lower)))
    } else {
        prefix(value.iter().copied(), lower)
    }
}

/// [`suffix`] for a value in memory.
pub fn suffix_slice(value: &[u8], lower: &[u8]) -> Tri {
    if value.is_ascii() {
        let tail = value.len().checked_sub(lower.len()).and_then(|before| value.get(before..));
        Tri::from(tail.is_some_and(|tail| tail.eq_ignore_ascii_case(lower)))
    } else {
        suffix(value.iter().copied(), value.len(), lower)
    }
}

/// Gives each byte to `see`, and stops with `false` at a character that some folding maps to ASCII.
#[cfg_attr(target_family = "wasm", inline(never))]
pub(crate) fn without_traps(value: impl Iterator<Item = u8>, see: &mut dyn FnMut(u8)) -> bool {
    let mut last = [0, 0];
    for byte in value {
        // INVARIANT: in valid UTF-8, C4, C5 and E2 only ever begin a character, so these bytes are these characters.
        if matches!((last, byte), ([_, 0xC4], 0xB0 | 0xB1) | ([_, 0xC5], 0xBF) | ([0xE2, 0x84], 0xAA)) {
            return false;
        }
        last = [last[1], byte];
        see(byte);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::random::{Random, streamed};
    use super::Tri::{False, True, Unknown};
    use super::*;

    #[test]
    fn folds_ascii_only_and_doubts_the_traps() {
        let cases = [
            // value, operand, [equals, prefix, suffix]
            ("admin", "admin", [True, True, True]),
            ("ADMIN", "admin", [True, True, True]),
            ("aDmIn", "admin", [True, True, True]),
            ("admins", "admin", [False, True, False]),
            ("sysAdmin", "admin", [False, False, True]),
            ("admi", "admin", [False, False, False]),
            ("", "admin", [False, False, False]),
            ("adm1n", "admin", [False, False, False]),
            // The four characters, each in place of the letter it folds to.
            ("ADM\u{130}N", "admin", [Unknown; 3]),
            ("adm\u{131}n", "admin", [Unknown; 3]),
            ("u\u{17F}er", "user", [Unknown; 3]),
            ("to\u{212A}en", "token", [Unknown; 3]),
            // Anywhere: behind a match, behind a mismatch, first, last, alone.
            ("admin \u{17F}", "admin", [Unknown; 3]),
            ("x \u{17F}", "admin", [Unknown; 3]),
            ("\u{212A} admin", "admin", [Unknown; 3]),
            ("admin\u{130}", "admin", [Unknown; 3]),
            ("\u{131}", "admin", [Unknown; 3]),
            // Their neighbours are no traps.
            ("adm\u{12F}n", "admin", [False; 3]),
            ("adm\u{132}n", "admin", [False; 3]),
            ("u\u{17E}er", "user", [False; 3]),
            ("to\u{212B}en", "token", [False; 3]),
            ("\u{2129}token", "token", [False, False, True]),
            ("tokené", "token", [False, True, False]),
            // Bytes just outside A–Z do not fold: `@[` against `` `{ ``.
            ("@[", "`{", [False; 3]),
            ("AÉ", "a", [False, True, False]),
        ];
        for (value, operand, expected) in cases {
            let (bytes, lower) = (value.as_bytes(), operand.as_bytes());
            let stream = [equals(streamed(bytes), lower), prefix(streamed(bytes), lower), suffix(streamed(bytes), bytes.len(), lower)];
            assert_eq!(stream, expected, "{value:?} {operand:?}");
            let slice = [equals_slice(bytes, lower), prefix_slice(bytes, lower), suffix_slice(bytes, lower)];
            assert_eq!(slice, expected, "{value:?} {operand:?}");
        }
    }

    #[test]
    fn every_character_is_a_trap_or_not() {
        for char in '\0'..=char::MAX {
            let mut buffer = [0; 4];
            let bytes = char.encode_utf8(&mut buffer).as_bytes();
            let trap = matches!(char, '\u{130}' | '\u{131}' | '\u{17F}' | '\u{212A}');
            assert_eq!(prefix_slice(bytes, b"\x01").is_unknown(), trap, "{char:?}");
        }
    }

    #[test]
    fn streams_as_slices_do() {
        let mut random = Random::new(2);
        let pieces = ["a", "A", "b", "B", "@", "é", "\u{130}", "\u{2122}"];
        for _ in 0..20_000 {
            let value = random.text(&pieces, 5);
            let lower = random.text(&["a", "b", "@"], 3);
            assert_eq!(equals(streamed(&value), &lower), equals_slice(&value, &lower), "{value:?} {lower:?}");
            assert_eq!(prefix(streamed(&value), &lower), prefix_slice(&value, &lower), "{value:?} {lower:?}");
            assert_eq!(suffix(streamed(&value), value.len(), &lower), suffix_slice(&value, &lower), "{value:?} {lower:?}");
        }
    }
}
