//! Shared checks in WebAssembly, whose module has a limit to its size: each is asked wherever it is met.

use super::{Evaluator, is_settled, quantifier};
use crate::item::Source;
use crate::matcher::Tri;
use crate::policy::Properties;

/// Nothing is kept.
#[derive(Default)]
pub(super) struct Answers;

impl<S: Source> Evaluator<'_, S> {
    /// Whether no shared check of a mask is false, as far as can be said at once.
    pub(crate) fn may_hold(&self, _mask: u32) -> bool {
        true
    }

    /// Whether it is not simply true what the shared checks of a mask come to.
    pub(super) fn is_doubtful(&self, _mask: u32) -> bool {
        true
    }

    /// The shared checks of a mask, joined by and. Worth nothing if an array hides a field.
    #[inline(never)]
    pub(super) fn shared(&self, mask: u32, rule: Properties) -> Tri {
        let mut out = Tri::True;
        for check in self.policy.shared.among(&self.policy.runs, mask) {
            if self.hidden.get() || is_settled(out, rule) {
                break;
            }
            out = out.and(self.check(&check, quantifier(rule)));
        }
        out
    }
}
