//! NEON, which every 64-bit ARM processor has unless the target says otherwise.

use core::arch::aarch64::{
    uint8x16_t, vaddv_u8, vandq_u8, vceqq_u8, vcltq_s8, vdupq_n_s8, vdupq_n_u8, vget_high_u8, vget_low_u8, vld1q_u8, vorrq_u8,
    vreinterpretq_s8_u8,
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
pub(crate) fn stops(bytes: &[u8; WIDE]) -> u32 {
    let (parts, _) = bytes.as_chunks::<16>();
    parts.iter().rev().fold(0, |marks, part| marks << 16 | u32::from(stops_of(load(part))))
}

#[inline(always)]
fn load(bytes: &[u8; 16]) -> uint8x16_t {
    // SAFETY: there are 16 bytes, and the load needs no alignment; NEON is there where this module is.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}

/// As signed bytes, controls and all beyond ASCII are those below a space.
#[inline(always)]
fn stops_of(bytes: uint8x16_t) -> u16 {
    // SAFETY: NEON is there where this module is; the weights are 16 bytes.
    unsafe {
        let quote = vceqq_u8(bytes, vdupq_n_u8(b'"'));
        let backslash = vceqq_u8(bytes, vdupq_n_u8(b'\\'));
        let below = vcltq_s8(vreinterpretq_s8_u8(bytes), vdupq_n_s8(b' ' as i8));
        // A bit of its own for each byte of a half, so that their sum is the half's mask.
        let weighed = vandq_u8(vorrq_u8(vorrq_u8(quote, backslash), below), vld1q_u8(WEIGHTS.as_ptr()));
        u16::from(vaddv_u8(vget_low_u8(weighed))) | u16::from(vaddv_u8(vget_high_u8(weighed))) << 8
    }
}

const WEIGHTS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
