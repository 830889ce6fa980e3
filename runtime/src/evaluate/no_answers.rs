//! Shared checks in WebAssembly, whose module has a limit to its size: each is asked wherever it is met.

use super::{Evaluator, Quantifier, is_settled};
use crate::item::Source;
use crate::matcher::Tri;

/// Nothing is kept.
#[derive(Default)]
pub(super) struct Answers;

impl<S: Source> Evaluator<'_, S> {
    /// Whether no shared check of a mask is false, as far as can be said at once.
    pub(crate) fn may_hold(&self, _mask: u32) -> bool {
        true
    }

    /// The shared checks of a mask, joined by and. Worth nothing if an array hides a field.
    #[inline(never)]
    pub(super) fn shared(&self, mask: u32, quantifier: Quantifier) -> Tri {
        let mut out = Tri::True;
        for check in self.policy.shared.among(&self.policy.runs, mask) {
            if self.hidden.get() || is_settled(out, quantifier) {
                break;
            }
            out = out.and(self.check(&check, quantifier));
        }
        out
    }
}
