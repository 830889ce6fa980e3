//! AVX2 and AVX-512, and SSE2 where it is enough: every such processor has that.

use core::arch::x86_64::{
    __m128i, __m256i, __m512i, _mm_cmpeq_epi8, _mm_cmplt_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
    _mm_setzero_si128, _mm_subs_epu8, _mm_xor_si128, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_loadu_si256, _mm256_movemask_epi8,
    _mm256_or_si256, _mm256_set1_epi8, _mm512_add_epi16, _mm512_castsi512_si256, _mm512_cmpeq_epi8_mask, _mm512_cmplt_epi8_mask,
    _mm512_cvtepu8_epi16, _mm512_extracti64x4_epi64, _mm512_loadu_si512, _mm512_maskz_compress_epi8, _mm512_set1_epi8, _mm512_set1_epi16,
    _mm512_storeu_si512,
};

use crate::list::{Block, Room, Stops, list_blocks, put_one_by_one};
use crate::wide::WIDE;

cpufeatures::new!(avx2, "avx2", "bmi1", "popcnt");
cpufeatures::new!(avx512, "avx512f", "avx512bw", "avx512vbmi2", "popcnt");

/// Whether processor and system support AVX2, and BMI1 and POPCNT beside it.
pub(crate) fn has_avx2() -> bool {
    avx2::get()
}

/// Whether processor and system support AVX-512 F, BW and VBMI2, and POPCNT beside them.
pub(crate) fn has_avx512() -> bool {
    avx512::get()
}

#[target_feature(enable = "avx2,bmi1,popcnt")]
pub(crate) fn list_avx2(text: &[u8], stops: &mut Stops) {
    let marks = |block: &Block| {
        let [low, high] = halves(block);
        u64::from(stops_avx2(low)) | u64::from(stops_avx2(high)) << 32
    };
    list_blocks(text, stops, marks, put_one_by_one);
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

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
pub(crate) fn list_avx512(text: &[u8], stops: &mut Stops) {
    let marks = |block: &Block| {
        // SAFETY: the block has 64 bytes, and the load needs no alignment.
        stops_avx512(unsafe { _mm512_loadu_si512(block.as_ptr().cast()) })
    };
    list_blocks(text, stops, marks, |marks, base, room| put_avx512(marks, base, room));
}

/// The bytes 0 to 63, those that are marked moved together, and widened.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
fn put_avx512(marks: u64, base: u16, room: &mut Room) -> usize {
    let base = _mm512_set1_epi16(base as i16);
    // SAFETY: there are 64 bytes, and the load needs no alignment.
    let offsets = _mm512_maskz_compress_epi8(marks, unsafe { _mm512_loadu_si512(OFFSETS.as_ptr().cast()) });
    let count = marks.count_ones() as usize;
    let at: *mut u16 = room.as_mut_ptr();
    let low = _mm512_add_epi16(base, _mm512_cvtepu8_epi16(_mm512_castsi512_si256(offsets)));
    // SAFETY: there is room for 64 offsets, of which each store writes 32, and the stores need no alignment.
    unsafe { _mm512_storeu_si512(at.cast(), low) };
    // Few blocks have so many.
    if count > 32 {
        let high = _mm512_add_epi16(base, _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64::<1>(offsets)));
        // SAFETY: as above.
        unsafe { _mm512_storeu_si512(at.add(32).cast(), high) };
    }
    count
}

static OFFSETS: Block = {
    let mut offsets = [0; 64];
    let mut rest: &mut [u8] = &mut offsets;
    while let [place, others @ ..] = rest {
        *place = 63_u8.wrapping_sub(others.len() as u8);
        rest = others;
    }
    offsets
};

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
pub(crate) fn numerals(bytes: &[u8; 16]) -> (u32, u32) {
    // SAFETY: every x86-64 processor has SSE2.
    unsafe {
        let values = _mm_xor_si128(load(bytes), _mm_set1_epi8(b'0' as i8));
        // What of each value is above 9 is nothing.
        let digits = _mm_cmpeq_epi8(_mm_subs_epu8(values, _mm_set1_epi8(9)), _mm_setzero_si128());
        let points = _mm_cmpeq_epi8(load(bytes), _mm_set1_epi8(b'.' as i8));
        (_mm_movemask_epi8(digits) as u32, _mm_movemask_epi8(points) as u32)
    }
}

#[inline(always)]
fn load(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: there are 16 bytes, and the load needs no alignment; every x86-64 processor has SSE2.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}
