//! Conditions as checks: what most rules ask, in few words that stand with the rule's postings. Whatever has no check of its
//! own is a condition node.

use toolgate_runtime::artifact::format::{
    CHECK_BUT, CHECK_FIELD_MAX, CHECK_FIELD_SHIFT, CHECK_LEN_MAX, CHECK_LEN_SHIFT, CHECK_NOT, CHECK_NUMBER_SHIFT, CHECK_ONE, CheckOp,
    RANGE_HIGH, RANGE_HIGH_INSIDE, RANGE_LOW, RANGE_LOW_INSIDE,
};
use toolgate_runtime::json::Number;

use crate::ir::{Comparison, Decimal, Scalar, TextTest};
use crate::plan::condition::{Ask, Condition};
use crate::plan::fields::FieldId;

/// Longer texts are written once and not in every posting.
const TEXT_LEN_MAX: usize = 64;
/// More alternatives are a set with a hash table.
const TEXTS_MAX: usize = 8;

/// A check, not yet as words.
pub(super) struct Check {
    pub field: FieldId,
    pub flags: u32,
    op: CheckOp,
    number: u32,
    operands: Vec<u32>,
}

impl Check {
    /// The check of a condition, if there is one for it.
    pub(super) fn of(condition: &Condition<'_>) -> Option<Self> {
        let check = match condition {
            Condition::Not(inner) => {
                let check = Self::of(inner)?;
                Self { flags: check.flags ^ CHECK_NOT, ..check }
            }
            Condition::List(field, list) => match (list.whole.as_slice(), list.both.as_slice(), list.each.as_slice()) {
                ([], [], asks) => Self::asked(*field, asks)?,
                ([Ask::Exists(exists)], [], []) => Self::new(*field, CheckOp::Exists, u32::from(*exists), Vec::new()),
                _ => return None,
            },
            Condition::One(place, asks) if !place.of_element => {
                let check = Self::asked(place.field, asks)?;
                Self { flags: check.flags | CHECK_ONE, ..check }
            }
            _ => return None,
        };
        (check.field <= CHECK_FIELD_MAX && check.operands.len() <= CHECK_LEN_MAX as usize).then_some(check)
    }

    /// As words.
    pub(super) fn words(self) -> impl Iterator<Item = u32> {
        // INVARIANT: there are no more operands than the head can count.
        let len = u32::try_from(self.operands.len()).unwrap_or(0);
        let head =
            self.op as u32 | self.flags | len << CHECK_LEN_SHIFT | self.number << CHECK_NUMBER_SHIFT | self.field << CHECK_FIELD_SHIFT;
        std::iter::once(head).chain(self.operands)
    }

    /// Whether the runtime should read the field as a number.
    pub(super) fn is_numeric(&self) -> bool {
        self.op == CheckOp::Range
    }

    fn new(field: FieldId, op: CheckOp, number: u32, operands: Vec<u32>) -> Self {
        Self { field, flags: 0, op, number, operands }
    }

    /// Any of these questions.
    fn asked(field: FieldId, asks: &[Ask<'_>]) -> Option<Self> {
        if let [ask] = asks {
            let of_text = |op: CheckOp, text: &str| Self::text(field, op, text);
            match ask {
                Ask::AnythingBut(asks) => {
                    let check = Self::asked(field, asks)?;
                    return Some(Self { flags: check.flags ^ CHECK_BUT, ..check });
                }
                Ask::Scalar(Scalar::Bool(value)) => return Some(Self::new(field, CheckOp::Bool, u32::from(*value), Vec::new())),
                Ask::Text(text) => match &**text {
                    TextTest::Prefix { text, ignore_case: false } => return of_text(CheckOp::Prefix, text),
                    TextTest::Suffix { text, ignore_case: false } => return of_text(CheckOp::Suffix, text),
                    TextTest::Wildcard(wildcard) => match wildcard.literals.as_slice() {
                        [first, last] if last.is_empty() => return of_text(CheckOp::Prefix, first),
                        [first, last] if first.is_empty() => return of_text(CheckOp::Suffix, last),
                        _ => {}
                    },
                    _ => {}
                },
                _ => {}
            }
            if let Some(range) = Self::range(field, ask) {
                return Some(range);
            }
        }
        let mut texts = Vec::new();
        for ask in asks {
            texts_of(ask, &mut texts)?;
        }
        Self::texts(field, &texts)
    }

    fn text(field: FieldId, op: CheckOp, text: &str) -> Option<Self> {
        let words = in_words(text);
        let filling = words.len().saturating_mul(4).saturating_sub(text.len());
        (text.len() <= TEXT_LEN_MAX).then_some(Self::new(field, op, u32::try_from(filling).ok()?, words))
    }

    fn texts(field: FieldId, texts: &[&str]) -> Option<Self> {
        if texts.iter().any(|text| text.len() > TEXT_LEN_MAX) {
            return None;
        }
        if let [text] = texts {
            return Self::text(field, CheckOp::Text, text);
        }
        let mut operands = Vec::new();
        for text in texts.iter().take(TEXTS_MAX) {
            operands.push(u32::try_from(text.len()).ok()?);
            operands.extend(in_words(text));
        }
        (texts.len() <= TEXTS_MAX).then_some(Self::new(field, CheckOp::Texts, 0, operands))
    }

    /// One or two bounds of numbers with few digits.
    fn range(field: FieldId, ask: &Ask<'_>) -> Option<Self> {
        let (mut low, mut high) = (None, None);
        let mut bound = |comparison: Comparison, number: &Decimal| {
            // INVARIANT: a checked policy's numbers are representable, and their spelling is JSON.
            let bound = Number::parse(number.to_string().as_bytes())?.to_bound()?;
            let (place, flags) = match comparison {
                Comparison::Greater => (&mut low, RANGE_LOW),
                Comparison::GreaterOrEqual => (&mut low, RANGE_LOW | RANGE_LOW_INSIDE),
                Comparison::Less => (&mut high, RANGE_HIGH),
                Comparison::LessOrEqual => (&mut high, RANGE_HIGH | RANGE_HIGH_INSIDE),
                Comparison::Equal => return None,
            };
            // Two on one side are left to the nodes.
            place.replace((flags, bound)).is_none().then_some(())
        };
        match ask {
            Ask::Scalar(Scalar::Number(number)) => {
                bound(Comparison::GreaterOrEqual, number)?;
                bound(Comparison::LessOrEqual, number)?;
            }
            Ask::Compare(Comparison::Equal, number) => {
                bound(Comparison::GreaterOrEqual, number)?;
                bound(Comparison::LessOrEqual, number)?;
            }
            Ask::Compare(comparison, number) => bound(*comparison, number)?,
            Ask::All(asks) => {
                for ask in asks {
                    let Ask::Compare(comparison, number) = ask else { return None };
                    bound(*comparison, number)?;
                }
            }
            _ => return None,
        }
        let number = [low, high].iter().flatten().map(|(flags, _)| flags).fold(0, |all, one| all | one);
        let operands = [low, high].into_iter().flatten().flat_map(|(_, bound)| bound).collect();
        Some(Self::new(field, CheckOp::Range, number, operands))
    }
}

/// Adds the texts that answer a question with true; `None` if it is about more than whole texts.
fn texts_of<'a>(ask: &'a Ask<'_>, texts: &mut Vec<&'a str>) -> Option<()> {
    match ask {
        Ask::Scalar(Scalar::String(text)) => texts.push(text),
        Ask::Set(scalars) => {
            for scalar in scalars {
                let Scalar::String(text) = scalar else { return None };
                texts.push(text);
            }
        }
        Ask::Text(text) => match &**text {
            TextTest::Wildcard(wildcard) => match wildcard.literals.as_slice() {
                [only] => texts.push(only),
                _ => return None,
            },
            _ => return None,
        },
        _ => return None,
    }
    Some(())
}

/// A text in whole words, filled up with zeros.
pub(super) fn in_words(text: impl AsRef<[u8]>) -> Vec<u32> {
    let word = |chunk: &[u8]| chunk.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte));
    text.as_ref().chunks(4).map(word).collect()
}
