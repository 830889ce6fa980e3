//! Eight bytes at a time, in plain Rust.

use crate::list::{Block, Stops, list_blocks, put_one_by_one};
#[cfg(not(target_arch = "x86_64"))]
use crate::wide::WIDE;

pub(crate) fn list(text: &[u8], stops: &mut Stops) {
    let marks = |block: &Block| {
        let (words, _) = block.as_chunks::<8>();
        // The last word's bits are the highest.
        words.iter().rev().fold(0, |marks, word| marks << 8 | u64::from(stops_of(u64::from_le_bytes(*word))))
    };
    list_blocks(text, stops, marks, put_one_by_one);
}

/// One bit for each byte of a word. No byte borrows or carries from another, so every bit is exact.
#[inline(always)]
fn stops_of(word: u64) -> u8 {
    let quote = word ^ (ONES.wrapping_mul(b'"' as u64));
    let backslash = word ^ (ONES.wrapping_mul(b'\\' as u64));
    // A control has none of these bits.
    let printable = word & (ONES.wrapping_mul(0xe0));
    gathered(!(some(quote) & some(backslash) & some(printable)) | word)
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(crate) fn differences(left: &[u8; WIDE], right: &[u8; WIDE]) -> u32 {
    let (left, _) = left.as_chunks::<8>();
    let (right, _) = right.as_chunks::<8>();
    // The last word's bits are the highest.
    left.iter()
        .zip(right)
        .rev()
        .fold(0, |marks, (left, right)| marks << 8 | u32::from(gathered(some(u64::from_le_bytes(*left) ^ u64::from_le_bytes(*right)))))
}

#[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon"))))]
#[inline(always)]
pub(crate) fn stops(bytes: &[u8; WIDE]) -> u32 {
    let (words, _) = bytes.as_chunks::<8>();
    words.iter().rev().fold(0, |marks, word| marks << 8 | u32::from(stops_of(u64::from_le_bytes(*word))))
}

#[cfg(any(test, not(target_arch = "x86_64")))]
#[inline(always)]
pub(crate) fn numerals(bytes: &[u8; 16]) -> (u32, u32) {
    let (words, _) = bytes.as_chunks::<8>();
    words.iter().rev().fold((0, 0), |(digits, points), word| {
        let word = u64::from_le_bytes(*word);
        let values = word ^ ONES.wrapping_mul(b'0' as u64);
        // Above 9 without a carry, or beyond ASCII.
        let above = (values & !TOPS).wrapping_add(ONES.wrapping_mul(0x76)) | values;
        let others = some(word ^ ONES.wrapping_mul(b'.' as u64));
        (digits << 8 | u32::from(gathered(!above)), points << 8 | u32::from(gathered(!others)))
    })
}

/// The top bits of all bytes.
#[inline(always)]
fn gathered(word: u64) -> u8 {
    // That of byte i, at 8 i after the shift, is multiplied to bit 56 + i.
    (((word & TOPS) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
}

/// The top bit of every byte that is not zero.
#[inline(always)]
fn some(word: u64) -> u64 {
    (word & !TOPS).wrapping_add(!TOPS) | word
}

const ONES: u64 = u64::MAX / 255;
const TOPS: u64 = ONES << 7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerals_are_marked_wherever_they_are() {
        for (around, byte) in [b'a', b'7', 0x80, 0xff].into_iter().flat_map(|around| (0..=255).map(move |byte| (around, byte))) {
            // Fewer under Miri, which takes a thousand times as long.
            for at in (0..16).step_by(if cfg!(miri) { 5 } else { 1 }) {
                let mut bytes = [around; 16];
                bytes[at] = byte;
                let marks = |is: fn(u8) -> bool| bytes.iter().rev().fold(0, |marks, byte| marks << 1 | u32::from(is(*byte)));
                let wanted = (marks(|byte| byte.is_ascii_digit()), marks(|byte| byte == b'.'));
                assert_eq!(numerals(&bytes), wanted, "{bytes:x?}");
                assert_eq!(crate::numerals(&bytes), wanted, "{bytes:x?}");
            }
        }
    }
}
