//! Where strings may end, for the part of the text around the place that is read.

use toolgate_scan::{Kernel, Stops};

/// The stops of a part of the text, renewed as the reader goes on.
pub(super) struct Window {
    kernel: Kernel,
    /// Where the part begins.
    first: usize,
    stops: Stops,
}

impl Window {
    pub(super) fn new(kernel: Kernel) -> Self {
        Self { kernel, first: 0, stops: Stops::NONE }
    }

    /// Whether a list is found sooner than the ends of strings one by one.
    pub(super) fn is_quick(&self) -> bool {
        self.kernel.has_vectors()
    }

    /// Takes up a text.
    #[inline(always)]
    pub(super) fn begin(&mut self, text: &[u8]) {
        self.fill(text, 0);
    }

    /// The first stop of a string that begins at `at`, whose quote stands before, and which of the list it is; at the latest
    /// the end of the text. It is the one at `index`, or is looked for.
    #[inline(always)]
    pub(super) fn next(&mut self, text: &[u8], at: usize, index: usize) -> (usize, usize) {
        // The quote is a stop itself. If the one before is there, no other is between them.
        if let Some((quote, stop)) = self.stops.pair(index)
            && self.first.wrapping_add(usize::from(quote)).wrapping_add(1) == at
        {
            return (self.first.wrapping_add(usize::from(stop)), index);
        }
        self.seek(text, at)
    }

    /// The first stop from `at` on, and which of the list it is; at the latest the end of the text.
    #[inline(never)]
    fn seek(&mut self, text: &[u8], at: usize) -> (usize, usize) {
        // What lies before the part is not looked for.
        if !(self.first..self.first.wrapping_add(Stops::TEXT_LEN_MAX)).contains(&at) {
            self.fill(text, at);
        }
        loop {
            let place = at.saturating_sub(self.first);
            let places = self.stops.places();
            let index = places.partition_point(|stop| usize::from(*stop) < place);
            if let Some(stop) = places.get(index) {
                return (self.first.wrapping_add(usize::from(*stop)), index);
            }
            let next = self.first.wrapping_add(Stops::TEXT_LEN_MAX);
            if next >= text.len() {
                return (text.len(), index);
            }
            self.fill(text, next);
        }
    }

    /// Finds the stops from a place on, as far as a list goes.
    #[inline(never)]
    fn fill(&mut self, text: &[u8], first: usize) {
        self.first = first;
        self.kernel.list(text.get(first..).unwrap_or_default(), &mut self.stops);
    }
}
