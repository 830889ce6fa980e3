//! Checks: the conditions that most rules are made of, asked of plain values in as few steps as can be.

use super::{Context, Evaluator, Quantifier};
use crate::artifact::format::{CheckOp, RANGE_HIGH, RANGE_HIGH_INSIDE, RANGE_LOW, RANGE_LOW_INSIDE};
use crate::item::{Item, ItemKind, Source};
use crate::json::Number;
use crate::json::text::Text;
use crate::matcher::Tri;
use crate::run::{Check, holds_at, is_in_words, texts};

impl<'a, S: Source> Evaluator<'a, S> {
    /// One check of a rule.
    #[inline(always)]
    pub(super) fn check(&self, check: &Check<'_>, quantifier: Quantifier) -> Tri {
        self.step();
        match self.answer_at_once(check) {
            Some(answer) => Tri::from(answer != check.is_negated()),
            None => self.check_slowly(check, quantifier),
        }
    }

    /// A check of a plain value, apart from negations: most are that. `None` of anything else, and of what cannot be told.
    #[inline(always)]
    pub(super) fn answer_at_once(&self, check: &Check<'_>) -> Option<bool> {
        // The module of WebAssembly has a limit to its size, and this only is the shorter way to the same answer.
        if cfg!(target_family = "wasm") {
            return None;
        }
        match check.op() {
            op @ (CheckOp::Text | CheckOp::Texts | CheckOp::Prefix | CheckOp::Suffix) => {
                let text = self.source.plain(check.field())?;
                self.scan(text);
                Some(is_text(check, op, text))
            }
            CheckOp::Range => {
                self.scan(self.source.own(check.field())?.text);
                Some(is_within(check, self.source.number(check.field())?))
            }
            _ => None,
        }
    }

    /// As [`Self::check`], for whatever the value is.
    #[inline(never)]
    pub(super) fn check_slowly(&self, check: &Check<'_>, quantifier: Quantifier) -> Tri {
        if check.op() == CheckOp::Node {
            return self.check_node(check, quantifier);
        }
        let item = self.item(check.field());
        match item.kind {
            ItemKind::Array | ItemKind::Hidden => self.check_several(check, item, quantifier),
            _ => self.answer(check, &item).map_or(Tri::Unknown, |answer| Tri::from(answer != check.is_negated())),
        }
    }

    #[inline(never)]
    fn check_node(&self, check: &Check<'_>, quantifier: Quantifier) -> Tri {
        check.node().map_or(Tri::Unknown, |node| self.condition(node, Context::Request, quantifier))
    }

    #[cold]
    fn check_several(&self, check: &Check<'_>, item: Item<'a>, quantifier: Quantifier) -> Tri {
        if check.is_of_one() {
            return Tri::Unknown;
        }
        if item.kind == ItemKind::Hidden {
            return self.hide();
        }
        let of_one = |item: Item<'a>| self.answer(check, &item).map_or(Tri::Unknown, |answer| Tri::from(answer != check.is_but()));
        let value = if check.op() == CheckOp::Exists {
            of_one(item)
        } else {
            let quantifier = if check.is_not() { quantifier.flip() } else { quantifier };
            self.elements(item.text).map_or(Tri::Unknown, |elements| quantifier.over(elements, of_one))
        };
        if check.is_not() { !value } else { value }
    }

    #[cfg_attr(not(target_family = "wasm"), inline(always))]
    fn answer(&self, check: &Check<'_>, item: &Item<'a>) -> Option<bool> {
        self.scan(item.text);
        answer(check, item)
    }
}

/// A check of one value, apart from negations; `None` if it cannot be told.
#[cfg_attr(not(target_family = "wasm"), inline(always))]
pub(crate) fn answer(check: &Check<'_>, item: &Item<'_>) -> Option<bool> {
    match check.op() {
        op @ (CheckOp::Text | CheckOp::Texts | CheckOp::Prefix | CheckOp::Suffix) => {
            if item.kind != ItemKind::String {
                return None;
            }
            Some(if item.escaped { is_escaped_text(check, Text::written(item.text, true)) } else { is_text(check, op, item.text) })
        }
        CheckOp::Range => item.number().map(|number| is_within(check, &number)),
        CheckOp::Exists => match item.kind {
            ItemKind::Absent => Some(check.number() == 0),
            ItemKind::Null | ItemKind::Opaque | ItemKind::Hidden => None,
            _ => Some(check.number() == 1),
        },
        CheckOp::Bool => match item.kind {
            ItemKind::Bool(value) => Some(u32::from(value) == check.number()),
            _ => None,
        },
        CheckOp::Node => None,
    }
}

/// Whether a text is as the check wants it.
#[inline(always)]
fn is_text(check: &Check<'_>, op: CheckOp, text: &[u8]) -> bool {
    let len = check.text_len();
    match op {
        CheckOp::Text => check.is_text(text),
        CheckOp::Texts => texts(check.operands()).any(|(len, words)| text.len() == len && is_in_words(text, words)),
        CheckOp::Prefix => text.get(..len).is_some_and(|front| is_in_words(front, check.operands())),
        _ => text.len().checked_sub(len).and_then(|at| text.get(at..)).is_some_and(|back| is_in_words(back, check.operands())),
    }
}

/// Whether a number is within the bounds of a check.
#[inline]
fn is_within(check: &Check<'_>, number: &Number) -> bool {
    let flags = check.number();
    let (bounds, _) = check.operands().as_chunks();
    let mut bounds = bounds.iter();
    let is_above = flags & RANGE_LOW == 0
        || bounds.next().is_some_and(|low| {
            let order = number.cmp_bound(*low);
            order.is_gt() || (order.is_eq() && flags & RANGE_LOW_INSIDE != 0)
        });
    is_above
        && (flags & RANGE_HIGH == 0
            || bounds.next().is_some_and(|high| {
                let order = number.cmp_bound(*high);
                order.is_lt() || (order.is_eq() && flags & RANGE_HIGH_INSIDE != 0)
            }))
}

/// A check of a text that is written with escapes.
#[cold]
#[inline(never)]
fn is_escaped_text(check: &Check<'_>, text: Text<'_>) -> bool {
    let (len, sought) = (text.len(), check.text_len());
    let skipped = match check.op() {
        CheckOp::Texts => return texts(check.operands()).any(|(sought, words)| len == sought && holds_at(text, 0, sought, words)),
        CheckOp::Text if len != sought => return false,
        CheckOp::Suffix => len.wrapping_sub(sought),
        _ => 0,
    };
    len >= sought && holds_at(text, skipped, sought, check.operands())
}
