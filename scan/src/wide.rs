//! Comparing 32 bytes, and marking their stops, by instructions that every processor of a target has.

/// Bytes that [`differences`] compares and [`stops`] marks.
pub const WIDE: usize = 32;

/// Which bytes differ: bit i is about byte i.
#[must_use]
#[inline(always)]
pub fn differences(left: &[u8; WIDE], right: &[u8; WIDE]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    return crate::x86::differences(left, right);
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    return crate::simd128::differences(left, right);
    #[cfg(not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128"))))]
    return crate::scalar::differences(left, right);
}

/// Which bytes are stops, as [`Kernel::list`](crate::Kernel::list) has it: bit i is about byte i. For a text too short to be
/// worth a kernel's call.
#[must_use]
#[inline(always)]
pub fn stops(bytes: &[u8; WIDE]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    return crate::x86::stops(bytes);
    #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
    return crate::neon::stops(bytes);
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    return crate::simd128::stops(bytes);
    #[cfg(not(any(
        target_arch = "x86_64",
        all(target_arch = "aarch64", target_feature = "neon"),
        all(target_arch = "wasm32", target_feature = "simd128")
    )))]
    return crate::scalar::stops(bytes);
}

/// Which bytes are digits, and which are points: bit i is about byte i.
#[must_use]
#[inline(always)]
pub fn numerals(bytes: &[u8; 16]) -> (u32, u32) {
    #[cfg(target_arch = "x86_64")]
    return crate::x86::numerals(bytes);
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    return crate::simd128::numerals(bytes);
    #[cfg(not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128"))))]
    return crate::scalar::numerals(bytes);
}
