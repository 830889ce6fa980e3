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
