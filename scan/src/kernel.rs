//! A way to mark stops, and the loop that all of them share.

/// A way to mark stops that this processor can take.
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

    /// Marks the stops of `text`, lowest bits first: bit i % 8 of byte i / 8 is about byte i of the text.
    ///
    /// All of `marks` is written. Past the end of `text` all is a stop; what of `text` has no mark is not read.
    ///
    /// # Panics
    /// Never.
    #[inline]
    pub fn mark(self, text: &[u8], marks: &mut [Marks]) {
        match self.0 {
            #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
            Instructions::Scalar => crate::scalar::mark(text, marks),
            // SAFETY: `Kernel::all` made this kernel after it had asked the processor for AVX2.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => unsafe { crate::x86::mark_avx2(text, marks) },
            // SAFETY: `Kernel::all` made this kernel after it had asked the processor for AVX-512 F and BW.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => unsafe { crate::x86::mark_avx512(text, marks) },
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Instructions::Neon => crate::neon::mark(text, marks),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Instructions::Simd128 => crate::simd128::mark(text, marks),
        }
    }
}

/// Bytes that [`Marks`] are about.
pub const BLOCK_LEN_BYTES: usize = 64;

/// The marks of one block of text.
pub type Marks = [u8; BLOCK_LEN_BYTES / 8];

pub(crate) type Block = [u8; BLOCK_LEN_BYTES];

/// Marks `text` block by block; `stops` marks one. Becomes part of its caller, and so is compiled for its instructions.
#[inline(always)]
pub(crate) fn mark_blocks(text: &[u8], marks: &mut [Marks], stops: impl Fn(&Block) -> u64) {
    let (blocks, rest) = text.as_chunks::<BLOCK_LEN_BYTES>();
    let (whole, others) = marks.split_at_mut(blocks.len().min(marks.len()));
    for (mark, block) in whole.iter_mut().zip(blocks) {
        *mark = stops(block).to_le_bytes();
    }
    let Some((last, beyond)) = others.split_first_mut() else { return };
    // INVARIANT: shorter than a block, so no shift here is by 64 or more but for the one that may be.
    let len = rest.len() as u32;
    let past_the_end = u64::MAX.wrapping_shl(len);
    let stops = match text.last_chunk::<BLOCK_LEN_BYTES>() {
        // The last 64 bytes overlap the block before.
        Some(block) => stops(block).unbounded_shr((BLOCK_LEN_BYTES as u32).wrapping_sub(len)),
        None => stops(&padded(rest)),
    };
    *last = (stops | past_the_end).to_le_bytes();
    beyond.fill([u8::MAX; 8]);
}

/// A text of fewer than 64 bytes, filled up.
fn padded(text: &[u8]) -> Block {
    let mut block = [0; BLOCK_LEN_BYTES];
    block.iter_mut().zip(text).for_each(|(place, byte)| *place = *byte);
    block
}
