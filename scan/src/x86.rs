//! AVX2 and AVX-512, and SSE2 where it is enough: every such processor has that.

use core::arch::x86_64::{
    __m128i, __m256i, __m512i, _mm_cmpeq_epi8, _mm_cmplt_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
    _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
    _mm512_cmpeq_epi8_mask, _mm512_cmplt_epi8_mask, _mm512_loadu_si512, _mm512_set1_epi8,
};

use crate::kernel::{Block, Marks, mark_blocks};
use crate::wide::WIDE;

cpufeatures::new!(avx2, "avx2");
cpufeatures::new!(avx512, "avx512f", "avx512bw");

/// Whether processor and system support AVX2.
pub(crate) fn has_avx2() -> bool {
    avx2::get()
}

/// Whether processor and system support AVX-512 F and BW.
pub(crate) fn has_avx512() -> bool {
    avx512::get()
}

#[target_feature(enable = "avx2")]
pub(crate) fn mark_avx2(text: &[u8], marks: &mut [Marks]) {
    mark_blocks(text, marks, |block| {
        let [low, high] = halves(block);
        u64::from(stops_avx2(low)) | u64::from(stops_avx2(high)) << 32
    });
}

#[inline]
#[target_feature(enable = "avx2")]
fn halves(block: &Block) -> [__m256i; 2] {
    let at = block.as_ptr();
    // SAFETY: the block has 64 bytes, and the loads need no alignment.
    unsafe { [_mm256_loadu_si256(at.cast()), _mm256_loadu_si256(at.add(32).cast())] }
}

/// As signed bytes, controls and all beyond ASCII are those below a space.
#[inline]
#[target_feature(enable = "avx2")]
fn stops_avx2(bytes: __m256i) -> u32 {
    let quote = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'"' as i8));
    let backslash = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'\\' as i8));
    let below = _mm256_cmpgt_epi8(_mm256_set1_epi8(b' ' as i8), bytes);
    _mm256_movemask_epi8(_mm256_or_si256(_mm256_or_si256(quote, backslash), below)) as u32
}

#[target_feature(enable = "avx512f,avx512bw")]
pub(crate) fn mark_avx512(text: &[u8], marks: &mut [Marks]) {
    mark_blocks(text, marks, |block| {
        // SAFETY: the block has 64 bytes, and the load needs no alignment.
        stops_avx512(unsafe { _mm512_loadu_si512(block.as_ptr().cast()) })
    });
}

/// As signed bytes, controls and all beyond ASCII are those below a space.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn stops_avx512(bytes: __m512i) -> u64 {
    let quote = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(b'"' as i8));
    let backslash = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(b'\\' as i8));
    let below = _mm512_cmplt_epi8_mask(bytes, _mm512_set1_epi8(b' ' as i8));
    quote | backslash | below
}

#[inline(always)]
pub(crate) fn differences(left: &[u8; WIDE], right: &[u8; WIDE]) -> u32 {
    let same = |left, right| {
        // SAFETY: every x86-64 processor has SSE2.
        unsafe { _mm_movemask_epi8(_mm_cmpeq_epi8(load(left), load(right))) as u32 }
    };
    match (left.as_chunks::<16>().0, right.as_chunks::<16>().0) {
        ([left_low, left_high], [right_low, right_high]) => !(same(left_low, right_low) | same(left_high, right_high) << 16),
        // 32 bytes are two times 16.
        _ => u32::MAX,
    }
}

#[inline(always)]
pub(crate) fn stops(bytes: &[u8; WIDE]) -> u32 {
    let (parts, _) = bytes.as_chunks::<16>();
    parts.iter().rev().fold(0, |marks, part| marks << 16 | stops_sse2(load(part)))
}

/// As signed bytes, controls and all beyond ASCII are those below a space.
#[inline(always)]
fn stops_sse2(bytes: __m128i) -> u32 {
    // SAFETY: every x86-64 processor has SSE2.
    unsafe {
        let quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'"' as i8));
        let backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\\' as i8));
        let below = _mm_cmplt_epi8(bytes, _mm_set1_epi8(b' ' as i8));
        _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), below)) as u32
    }
}

#[inline(always)]
fn load(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: there are 16 bytes, and the load needs no alignment; every x86-64 processor has SSE2.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}
