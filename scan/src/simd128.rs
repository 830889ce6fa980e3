//! The vector instructions of WebAssembly, which a module has or has not: nothing is asked at run time.

use core::arch::wasm32::{i8x16_lt, i8x16_splat, u8x16_bitmask, u8x16_eq, u8x16_splat, v128, v128_load, v128_or};

use crate::kernel::mark_blocks;

pub(crate) fn mark(text: &[u8], marks: &mut [u64]) {
    mark_blocks(text, marks, |block| {
        let (parts, _) = block.as_chunks::<16>();
        parts.iter().rev().fold(0, |marks, part| {
            // SAFETY: the part has 16 bytes, and the load needs no alignment.
            let bytes = unsafe { v128_load(part.as_ptr().cast::<v128>()) };
            marks << 16 | u64::from(stops(bytes))
        })
    });
}

/// As signed bytes, controls and all beyond ASCII are those below a space.
#[inline(always)]
fn stops(bytes: v128) -> u16 {
    let quote = u8x16_eq(bytes, u8x16_splat(b'"'));
    let backslash = u8x16_eq(bytes, u8x16_splat(b'\\'));
    let below = i8x16_lt(bytes, i8x16_splat(b' ' as i8));
    u8x16_bitmask(v128_or(v128_or(quote, backslash), below))
}
