//! Where strings may end, for the part of the text around the place that is read.

use toolgate_scan::{BLOCK_LEN_BYTES, Kernel};

/// The marks of a window of the text.
pub(super) struct Marks {
    kernel: Kernel,
    /// The block that the first word is about.
    first: usize,
    words: [u64; WORDS],
}

/// 4 KiB, and a word on each side of where two are looked at.
const WORDS: usize = 66;

impl Marks {
    pub(super) fn new(kernel: Kernel) -> Self {
        Self { kernel, first: 0, words: [0; WORDS] }
    }

    #[inline(always)]
    pub(super) fn begin(&mut self, text: &[u8]) {
        self.fill(text, 0);
    }

    /// The first stop from `at` on; at the latest the end of the text.
    ///
    /// INVARIANT: `at` lies no further than that, so the words of its block and the next have been filled, or lie outside
    /// of the window.
    #[inline(always)]
    pub(super) fn next(&mut self, text: &[u8], mut at: usize) -> usize {
        loop {
            let block = at / BLOCK_LEN_BYTES;
            let Some(words) = self.words.get(block.wrapping_sub(self.first)..).and_then(|words| words.first_chunk::<2>()) else {
                self.fill(text, block);
                continue;
            };
            let [low, high] = *words;
            let both = u128::from(low) | u128::from(high) << 64;
            let marks = (both >> (at % BLOCK_LEN_BYTES)) as u64;
            if marks != 0 {
                return at.wrapping_add(marks.trailing_zeros() as usize);
            }
            at = at.wrapping_add(BLOCK_LEN_BYTES);
        }
    }

    /// Marks the text from a block on, as far as it or the window goes.
    #[inline(never)]
    fn fill(&mut self, text: &[u8], block: usize) {
        self.first = block;
        let rest = text.get(block.wrapping_mul(BLOCK_LEN_BYTES)..).unwrap_or_default();
        // One word more than blocks, because two are looked at.
        let count = (rest.len() / BLOCK_LEN_BYTES).wrapping_add(2);
        self.kernel.mark(rest, self.words.get_mut(..count.min(WORDS)).unwrap_or_default());
    }
}
