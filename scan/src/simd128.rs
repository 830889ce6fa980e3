//! The vector instructions of WebAssembly, which a module has or has not: nothing is asked at run time.

use core::arch::wasm32::{
    i8x16_lt, i8x16_splat, u8x16_bitmask, u8x16_eq, u8x16_lt, u8x16_ne, u8x16_splat, v128, v128_load, v128_or, v128_xor,
};

use crate::list::{Block, Stops, list_blocks, put_one_by_one};
use crate::wide::WIDE;

pub(crate) fn list(text: &[u8], stops: &mut Stops) {
    let marks = |block: &Block| {
        let (parts, _) = block.as_chunks::<16>();
        parts.iter().rev().fold(0, |marks, part| marks << 16 | u64::from(stops_of(load(part))))
    };
    list_blocks(text, stops, marks, put_one_by_one);
}

#[inline(always)]
fn load(bytes: &[u8; 16]) -> v128 {
    // SAFETY: there are 16 bytes, and the load needs no alignment.
    unsafe { v128_load(bytes.as_ptr().cast::<v128>()) }
}

#[inline(always)]
pub(crate) fn differences(left: &[u8; WIDE], right: &[u8; WIDE]) -> u32 {
    match (left.as_chunks::<16>().0, right.as_chunks::<16>().0) {
        ([left_low, left_high], [right_low, right_high]) => {
            let low = u8x16_bitmask(u8x16_ne(load(left_low), load(right_low)));
            let high = u8x16_bitmask(u8x16_ne(load(left_high), load(right_high)));
            u32::from(low) | u32::from(high) << 16
        }
        // 32 bytes are two times 16.
        _ => u32::MAX,
    }
}

#[inline(always)]
pub(crate) fn stops(bytes: &[u8; WIDE]) -> u32 {
    let (parts, _) = bytes.as_chunks::<16>();
    parts.iter().rev().fold(0, |marks, part| marks << 16 | u32::from(stops_of(load(part))))
}

/// As signed bytes, controls and all beyond ASCII are those below a space.
#[inline(always)]
fn stops_of(bytes: v128) -> u16 {
    let quote = u8x16_eq(bytes, u8x16_splat(b'"'));
    let backslash = u8x16_eq(bytes, u8x16_splat(b'\\'));
    let below = i8x16_lt(bytes, i8x16_splat(b' ' as i8));
    u8x16_bitmask(v128_or(v128_or(quote, backslash), below))
}

#[inline(always)]
pub(crate) fn numerals(bytes: &[u8; 16]) -> (u32, u32) {
    let digits = u8x16_lt(v128_xor(load(bytes), u8x16_splat(b'0')), u8x16_splat(10));
    let points = u8x16_eq(load(bytes), u8x16_splat(b'.'));
    (u8x16_bitmask(digits).into(), u8x16_bitmask(points).into())
}
