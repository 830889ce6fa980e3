//! A way to find stops, and the loop that all of them share.

use crate::list::Stops;

/// A way to find stops that this processor can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel(Instructions);

/// INVARIANT: a [`Kernel`] holds only what the processor has, because only [`Kernel::all`] makes one of anything but
/// [`Kernel::PLAIN`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instructions {
    // A WebAssembly module has its vector instructions or was built for none, and should not carry both.
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
    Neon,
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Simd128,
}

impl Kernel {
    /// The one that is always there: without vectors, but for a WebAssembly module that is built for them.
    const PLAIN: Self = Self(
        #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
        Instructions::Scalar,
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        Instructions::Simd128,
    );

    /// The fastest that this processor can take. It is asked once; later calls read what it answered.
    #[must_use]
    pub fn detect() -> Self {
        Self::all().last().unwrap_or(Self::PLAIN)
    }

    /// All that this processor can take, the slowest first.
    pub fn all() -> impl Iterator<Item = Self> {
        let vector = [
            #[cfg(target_arch = "x86_64")]
            crate::x86::has_avx2().then_some(Instructions::Avx2),
            #[cfg(target_arch = "x86_64")]
            crate::x86::has_avx512().then_some(Instructions::Avx512),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Some(Instructions::Neon),
            // Elsewhere there is none.
            None::<Instructions>,
        ];
        [Self::PLAIN].into_iter().chain(vector.into_iter().flatten().map(Self))
    }

    /// What it is called in a report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
            Instructions::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => "AVX-512",
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Instructions::Neon => "NEON",
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Instructions::Simd128 => "SIMD128",
        }
    }

    /// Whether it has vector instructions: without them a list takes longer than a look at 32 bytes behind each quote.
    #[must_use]
    pub fn has_vectors(self) -> bool {
        #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
        return self != Self::PLAIN;
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        return true;
    }

    /// Lists the stops of the first [`Stops::TEXT_LEN_MAX`] bytes of `text`.
    ///
    /// # Panics
    /// Never.
    #[inline]
    pub fn list(self, text: &[u8], stops: &mut Stops) {
        let text = text.get(..Stops::TEXT_LEN_MAX).unwrap_or(text);
        match self.0 {
            #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
            Instructions::Scalar => crate::scalar::list(text, stops),
            // SAFETY: `Kernel::all` made this kernel after it had asked the processor for AVX2 and BMI1.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => unsafe { crate::x86::list_avx2(text, stops) },
            // SAFETY: `Kernel::all` made this kernel after it had asked the processor for AVX-512 F, BW and VBMI2, and POPCNT.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => unsafe { crate::x86::list_avx512(text, stops) },
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Instructions::Neon => crate::neon::list(text, stops),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Instructions::Simd128 => crate::simd128::list(text, stops),
        }
    }
}
