//! Comparing 32 bytes.

/// Bytes that [`differences`] compares.
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
