//! Shared checks: each is asked once at most, and a rule's mask of them is answered by a few words.

use core::cell::Cell;

use super::{Evaluator, Quantifier, quantifier};
use crate::item::{ItemKind, Source};
use crate::matcher::Tri;
use crate::policy::Properties;
use crate::shared::bits;

/// What is known of the shared checks.
#[derive(Default)]
pub(super) struct Answers {
    known: Cell<u32>,
    /// Known, and not true.
    fails: Cell<u32>,
    doubt: Cell<u32>,
    /// Those about several values, whose answer depends on how a rule counts those. They do not fail.
    several: Cell<u32>,
    /// Their answers, for each way of counting.
    of_every: SeveralAnswers,
    of_any: SeveralAnswers,
}

#[derive(Default)]
struct SeveralAnswers {
    known: Cell<u32>,
    truth: Cell<u32>,
    doubt: Cell<u32>,
}

impl<S: Source> Evaluator<'_, S> {
    /// Whether no shared check of a mask is false, as far as can be said at once.
    #[inline(always)]
    pub(crate) fn may_hold(&self, mask: u32) -> bool {
        let answers = &self.answers;
        if mask & answers.fails.get() != 0 {
            return false;
        }
        mask & !answers.known.get() == 0 || self.ask_shared(mask)
    }

    /// Whether it is not simply true what the shared checks of a mask come to, which may hold.
    #[inline(always)]
    pub(super) fn is_doubtful(&self, mask: u32) -> bool {
        mask & (self.answers.doubt.get() | self.answers.several.get()) != 0
    }

    /// The shared checks of a mask that may hold, joined by and. Worth nothing if an array hides a field.
    #[inline(always)]
    pub(super) fn shared(&self, mask: u32, rule: Properties) -> Tri {
        let several = mask & self.answers.several.get();
        let of_one = if mask & self.answers.doubt.get() == 0 { Tri::True } else { Tri::Unknown };
        if several == 0 { of_one } else { of_one.and(self.of_several(several, quantifier(rule))) }
    }

    /// Asks what is not known of a mask, until one is false.
    #[inline(never)]
    fn ask_shared(&self, mask: u32) -> bool {
        let answers = &self.answers;
        loop {
            let missing = mask & !answers.known.get();
            if mask & answers.fails.get() != 0 {
                return false;
            }
            if missing == 0 {
                return true;
            }
            let bit = missing.trailing_zeros();
            self.step();
            if let Some(group) = self.policy.shared.group(bit)
                && let Some(outcome) = group.outcome(self.policy, self.source)
            {
                #[cfg(feature = "count-steps")]
                self.scan(self.item(group.field).text);
                answers.known.set(answers.known.get() | group.checks);
                answers.fails.set(answers.fails.get() | outcome.fails);
                answers.doubt.set(answers.doubt.get() | outcome.doubt);
                continue;
            }
            self.ask_one(bit);
        }
    }

    /// Asks all groups, as far as they have answers: nearly all of them are wanted sooner or later, and whether one is wanted by a
    /// candidate can hardly be foretold.
    #[inline(never)]
    pub(crate) fn ask_ahead(&self) {
        let _ = self.ask_all_shared();
    }

    /// Asks all groups, and returns the checks that fail; `None` if one of them has no answer.
    #[inline(always)]
    pub(crate) fn ask_all_shared(&self) -> Option<u32> {
        let (mut known, mut fails, mut doubt) = (0, 0, 0);
        let mut is_answered = true;
        for group in self.policy.shared.groups() {
            self.step();
            let Some(outcome) = group.outcome(self.policy, self.source) else {
                is_answered = false;
                break;
            };
            #[cfg(feature = "count-steps")]
            self.scan(self.item(group.field).text);
            known |= group.checks;
            fails |= outcome.fails;
            doubt |= outcome.doubt;
        }
        self.answers.known.set(known);
        self.answers.fails.set(fails);
        self.answers.doubt.set(doubt);
        is_answered.then_some(fails)
    }

    /// Asks a check that no group answers.
    #[inline(never)]
    fn ask_one(&self, bit: u32) {
        let answers = &self.answers;
        let set = |cell: &Cell<u32>| cell.set(cell.get() | 1 << bit);
        set(&answers.known);
        let Some(check) = self.policy.shared.check(&self.policy.runs, bit) else { return };
        let kind = self.item(check.field()).kind;
        if check.node().is_some() || matches!(kind, ItemKind::Array | ItemKind::Hidden) {
            return set(&answers.several);
        }
        let value = self.check_slowly(&check, Quantifier::Every);
        if value.is_unknown() {
            set(&answers.doubt);
        } else if value.is_false() {
            set(&answers.fails);
        }
    }

    #[cold]
    fn of_several(&self, mask: u32, quantifier: Quantifier) -> Tri {
        let answers = match quantifier {
            Quantifier::Every => &self.answers.of_every,
            Quantifier::Any => &self.answers.of_any,
        };
        for bit in bits(mask & !answers.known.get()) {
            let Some(check) = self.policy.shared.check(&self.policy.runs, bit) else { continue };
            self.step();
            let value = self.check_slowly(&check, quantifier);
            if self.hidden.get() {
                return Tri::Unknown;
            }
            answers.known.set(answers.known.get() | 1 << bit);
            answers.truth.set(answers.truth.get() | u32::from(value.is_true()) << bit);
            answers.doubt.set(answers.doubt.get() | u32::from(value.is_unknown()) << bit);
        }
        if mask & !answers.truth.get() == 0 {
            Tri::True
        } else if mask & !(answers.truth.get() | answers.doubt.get()) == 0 {
            Tri::Unknown
        } else {
            Tri::False
        }
    }
}
