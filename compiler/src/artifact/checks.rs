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

/// What the head of a check says, apart from how many operands follow it.
pub(super) struct Check {
    pub field: FieldId,
    flags: u32,
    op: CheckOp,
    number: u32,
}

impl Check {
    /// Appends the check of a condition as words, if there is one for it.
    pub(super) fn write(condition: &Condition<'_>, words: &mut Vec<u32>) -> Option<Self> {
        let start = words.len();
        words.push(0);
        let written = Self::of(condition, words).and_then(|check| {
            let len = u32::try_from(words.len().saturating_sub(start).saturating_sub(1)).ok()?;
            let head = words.get_mut(start)?;
            *head = check.op as u32
                | check.flags
                | len << CHECK_LEN_SHIFT
                | check.number << CHECK_NUMBER_SHIFT
                | check.field << CHECK_FIELD_SHIFT;
            (check.field <= CHECK_FIELD_MAX && len <= CHECK_LEN_MAX).then_some(check)
        });
        if written.is_none() {
            words.truncate(start);
        }
        written
    }

    /// Whether the runtime should read the field as a number.
    pub(super) fn is_numeric(&self) -> bool {
        self.op == CheckOp::Range
    }

    /// Appends the operands; what is left of them where there is no check is the caller's to take away.
    fn of(condition: &Condition<'_>, words: &mut Vec<u32>) -> Option<Self> {
        Some(match condition {
            Condition::Not(inner) => {
                let check = Self::of(inner, words)?;
                Self { flags: check.flags ^ CHECK_NOT, ..check }
            }
            Condition::List(field, list) => match (list.whole(), list.both(), list.each()) {
                ([], [], asks) => Self::asked(*field, asks, words)?,
                ([Ask::Exists(exists)], [], []) => Self::new(*field, CheckOp::Exists, u32::from(*exists)),
                _ => return None,
            },
            Condition::One(place, ask) if !place.of_element => {
                let check = Self::asked(place.field, std::slice::from_ref(ask), words)?;
                Self { flags: check.flags | CHECK_ONE, ..check }
            }
            _ => return None,
        })
    }

    fn new(field: FieldId, op: CheckOp, number: u32) -> Self {
        Self { field, flags: 0, op, number }
    }

    /// Any of these questions.
    fn asked(field: FieldId, asks: &[Ask<'_>], words: &mut Vec<u32>) -> Option<Self> {
        if let [ask] = asks {
            match ask {
                Ask::AnythingBut(asks) => {
                    let check = Self::asked(field, asks, words)?;
                    return Some(Self { flags: check.flags ^ CHECK_BUT, ..check });
                }
                Ask::Scalar(Scalar::Bool(value)) => return Some(Self::new(field, CheckOp::Bool, u32::from(*value))),
                Ask::Text(text) => match &**text {
                    TextTest::Prefix { text, ignore_case: false } => return Self::text(field, CheckOp::Prefix, text, words),
                    TextTest::Suffix { text, ignore_case: false } => return Self::text(field, CheckOp::Suffix, text, words),
                    TextTest::Wildcard(wildcard) => match wildcard.literals.as_slice() {
                        [first, last] if last.is_empty() => return Self::text(field, CheckOp::Prefix, first, words),
                        [first, last] if first.is_empty() => return Self::text(field, CheckOp::Suffix, last, words),
                        _ => {}
                    },
                    _ => {}
                },
                _ => {}
            }
            if let Some(range) = Self::range(field, ask, words) {
                return Some(range);
            }
        }
        let mut texts = Texts::default();
        for ask in asks {
            texts_of(ask, &mut texts)?;
        }
        Self::texts(field, texts.as_slice(), words)
    }

    fn text(field: FieldId, op: CheckOp, text: &str, words: &mut Vec<u32>) -> Option<Self> {
        if text.len() > TEXT_LEN_MAX {
            return None;
        }
        let start = words.len();
        words.extend(in_words(text));
        let filling = words.len().saturating_sub(start).saturating_mul(4).saturating_sub(text.len());
        Some(Self::new(field, op, u32::try_from(filling).ok()?))
    }

    fn texts(field: FieldId, texts: &[&str], words: &mut Vec<u32>) -> Option<Self> {
        if let [text] = texts {
            return Self::text(field, CheckOp::Text, text, words);
        }
        for text in texts {
            if text.len() > TEXT_LEN_MAX {
                return None;
            }
            words.push(u32::try_from(text.len()).ok()?);
            words.extend(in_words(text));
        }
        Some(Self::new(field, CheckOp::Texts, 0))
    }

    /// One or two bounds of numbers with few digits.
    fn range(field: FieldId, ask: &Ask<'_>, words: &mut Vec<u32>) -> Option<Self> {
        let (mut low, mut high) = (None, None);
        let mut bound = |comparison: Comparison, number: &Decimal| {
            let bound = as_number(number)?.to_bound()?;
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
        let mut number = 0;
        for (flags, bound) in [low, high].into_iter().flatten() {
            number |= flags;
            words.extend(bound);
        }
        Some(Self::new(field, CheckOp::Range, number))
    }
}

/// No more texts than a check may have.
#[derive(Default)]
struct Texts<'a> {
    texts: [&'a str; TEXTS_MAX],
    len: usize,
}

impl<'a> Texts<'a> {
    fn push(&mut self, text: &'a str) -> Option<()> {
        *self.texts.get_mut(self.len)? = text;
        self.len = self.len.saturating_add(1);
        Some(())
    }

    fn as_slice(&self) -> &[&'a str] {
        self.texts.get(..self.len).unwrap_or(&[])
    }
}

/// Adds the texts that answer a question with true; `None` if it is about more than whole texts, or there are too many.
fn texts_of<'a>(ask: &'a Ask<'_>, texts: &mut Texts<'a>) -> Option<()> {
    match ask {
        Ask::Scalar(Scalar::String(text)) => texts.push(text)?,
        Ask::Set(scalars) => {
            for scalar in scalars {
                let Scalar::String(text) = scalar else { return None };
                texts.push(text)?;
            }
        }
        Ask::Text(text) => match &**text {
            TextTest::Wildcard(wildcard) => match wildcard.literals.as_slice() {
                [only] => texts.push(only)?,
                _ => return None,
            },
            _ => return None,
        },
        _ => return None,
    }
    Some(())
}

/// A text in whole words, filled up with zeros.
pub(super) fn in_words<T: AsRef<[u8]> + ?Sized>(text: &T) -> impl Iterator<Item = u32> {
    let (whole, rest) = text.as_ref().as_chunks();
    let filled = (!rest.is_empty()).then(|| {
        let mut bytes = [0; 4];
        bytes.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
        u32::from_le_bytes(bytes)
    });
    whole.iter().map(|chunk| u32::from_le_bytes(*chunk)).chain(filled)
}

/// A number as the runtime keeps it.
pub(super) fn as_number(number: &Decimal) -> Option<Number> {
    // INVARIANT: a checked policy's numbers are representable, and their spelling is JSON.
    number.to_u64().map(Number::from_u64).or_else(|| Number::parse(number.to_string().as_bytes()))
}
