//! Where strings may end, for the part of the text around the place that is read.

use toolgate_scan::{BLOCK_LEN_BYTES, Kernel, Marks};

/// The marks of a window of the text, renewed as the reader goes on.
pub(super) struct Window {
    kernel: Kernel,
    /// The byte of all marks that the first one here is.
    first: usize,
    marks: [Marks; BLOCKS],
}

/// 4 KiB of text, and two blocks because eight bytes of marks are looked at from any byte on.
const BLOCKS: usize = 66;

impl Window {
    pub(super) fn new(kernel: Kernel) -> Self {
        Self { kernel, first: 0, marks: [Marks::default(); BLOCKS] }
    }

    #[inline(always)]
    pub(super) fn begin(&mut self, text: &[u8]) {
        self.fill(text, 0);
    }

    /// The first stop from `at` on; at the latest the end of the text.
    ///
    /// INVARIANT: `at` lies no further than that, so eight bytes of marks from its own on have been filled, or do not lie
    /// in the window.
    #[inline(always)]
    pub(super) fn next(&mut self, text: &[u8], mut at: usize) -> usize {
        loop {
            let place = (at / 8).wrapping_sub(self.first);
            let marks = self.marks.as_flattened().get(place..place.wrapping_add(8)).and_then(|marks| marks.first_chunk());
            let Some(marks) = marks else {
                self.fill(text, at / BLOCK_LEN_BYTES);
                continue;
            };
            let marks = u64::from_le_bytes(*marks) >> (at % 8);
            if marks != 0 {
                return at.wrapping_add(marks.trailing_zeros() as usize);
            }
            at = (at | 7).wrapping_add(57);
        }
    }

    /// Marks the text from a block on, as far as it or the window goes.
    #[inline(never)]
    fn fill(&mut self, text: &[u8], block: usize) {
        self.first = block.wrapping_mul(size_of::<Marks>());
        let rest = text.get(block.wrapping_mul(BLOCK_LEN_BYTES)..).unwrap_or_default();
        let count = (rest.len() / BLOCK_LEN_BYTES).wrapping_add(2);
        self.kernel.mark(rest, self.marks.get_mut(..count.min(BLOCKS)).unwrap_or_default());
    }
}
