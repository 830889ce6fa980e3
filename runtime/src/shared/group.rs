//! Shared checks about one field, answered by one look at its value.
//!
//! What a value comes to follows from its kind, and of a text or number from which of the policy's own it is, or between
//! which. All of that was found out when the policy was loaded, by asking the checks themselves.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::{SharedChecks, bits};
use crate::artifact::format::{BOUND_WORDS, CheckOp, RANGE_HIGH, RANGE_HIGH_INSIDE, RANGE_LOW, RANGE_LOW_INSIDE, SHARED_MAX};
use crate::evaluate::answer;
use crate::item::{Item, ItemKind, Source};
use crate::json::Number;
use crate::json::hash::last_block;
use crate::memory::{OutOfMemory, filled, with_room};
use crate::policy::Policy;
use crate::run::{Check, Checks, texts};

/// The groups of a policy's shared checks.
#[derive(Debug, Default)]
pub(super) struct Groups {
    all: Vec<Group>,
    /// The group of each check; there is none in a place behind the last.
    of_bit: [u8; SHARED_MAX],
}

/// The checks about one field.
#[derive(Debug)]
pub(crate) struct Group {
    pub field: u32,
    /// A bit for each of them.
    pub checks: u32,
    /// The whole texts that they ask for.
    texts: Constants,
    /// Of a text that is none of them, apart from how it begins and ends.
    other_text: Outcome,
    /// The checks of beginnings and ends, which every such text is asked.
    affixes: Vec<Affix>,
    /// What numbers are compared with: head and first limb. Sorted, and none twice.
    bounds: Vec<(i32, u64)>,
    /// Below the first bound, at it, above it and below the next, and so on.
    positions: Vec<Outcome>,
    absent: Outcome,
    null: Outcome,
    bools: [Outcome; 2],
    object: Outcome,
    opaque: Outcome,
}

/// What a value comes to. The checks that it leaves out are true.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Checks that are not true, and not unknown.
    pub fails: u32,
    /// Checks that are unknown.
    pub doubt: u32,
}

/// Texts that checks ask for, to be found without asking one after the other: which it is can hardly be foretold.
#[derive(Debug, Default)]
struct Constants {
    all: Vec<Constant>,
    /// Positions among all, at the place that [`Ends::place`] says or behind; [`u16::MAX`] where there is none. Four times as many as
    /// constants, and a power of two.
    places: Box<[u16]>,
    /// So chosen that few constants have one place.
    factor: u64,
}

/// A text that some check asks for.
#[derive(Debug)]
struct Constant {
    ends: Ends,
    outcome: Outcome,
    bytes: Box<[u8]>,
}

/// What tells most texts apart, and all short ones: the first and the last eight bytes, and how many there are.
#[derive(Clone, Copy, Debug)]
struct Ends {
    first: u64,
    last: u64,
    len: usize,
}

/// How a text begins or ends that some check asks for.
#[derive(Debug)]
struct Affix {
    is_suffix: bool,
    /// Its first eight bytes, of a suffix the last eight, and which of their bits count.
    end: u64,
    mask: u64,
    check: u32,
    bytes: Box<[u8]>,
}

impl Affix {
    fn of(check: &Check<'_>, bit: u32) -> Result<Self, OutOfMemory> {
        let is_suffix = check.op() == CheckOp::Suffix;
        let bytes = bytes_of(check.text_len(), check.operands())?;
        // INVARIANT: at most 64.
        let missing = 64_u32.saturating_sub((bytes.len() as u32).saturating_mul(8));
        let ends = Ends::of(&bytes);
        let (end, mask) = match (is_suffix, missing) {
            (false, _) => (ends.first, u64::MAX.unbounded_shr(missing)),
            (true, 0) => (ends.last, u64::MAX),
            (true, _) => (ends.first.unbounded_shl(missing), u64::MAX.unbounded_shl(missing)),
        };
        Ok(Self { is_suffix, end, mask, check: 1 << bit, bytes })
    }

    #[inline(always)]
    fn is_of(&self, text: &[u8], ends: Ends) -> bool {
        if ends.len >= 8 {
            let end = if self.is_suffix { ends.last } else { ends.first };
            if end & self.mask != self.end {
                return false;
            }
            if self.bytes.len() <= 8 {
                return true;
            }
        }
        if self.is_suffix { text.ends_with(&self.bytes) } else { text.starts_with(&self.bytes) }
    }
}

/// A text in words as bytes.
fn bytes_of(len: usize, words: &[u32]) -> Result<Box<[u8]>, OutOfMemory> {
    let mut bytes = with_room(words.len().saturating_mul(4))?;
    bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    bytes.truncate(len);
    Ok(bytes.into_boxed_slice())
}

/// A bound, for comparisons.
fn key(bound: &[u32; BOUND_WORDS]) -> (i32, u64) {
    let [head, high, low] = *bound;
    (head as i32, u64::from(high) << 32 | u64::from(low))
}

impl PartialEq for Ends {
    // One branch: where texts begin to differ can hardly be foretold.
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        (self.first ^ other.first) | (self.last ^ other.last) | (self.len ^ other.len) as u64 == 0
    }
}

impl Ends {
    /// Where it is looked for; the low bits count.
    #[inline(always)]
    fn place(self, factor: u64) -> usize {
        let mixed = (self.first ^ self.last.rotate_left(29)).wrapping_add(self.len as u64).wrapping_mul(factor);
        (mixed >> 48) as usize
    }

    /// Texts of no more bytes are the same if their ends are.
    const WHOLE_LEN_MAX: usize = 16;

    #[inline(always)]
    fn of(text: &[u8]) -> Self {
        let len = text.len();
        match (text.first_chunk(), text.last_chunk()) {
            (Some(first), Some(last)) => Self { first: u64::from_le_bytes(*first), last: u64::from_le_bytes(*last), len },
            _ => Self { first: last_block(text).0, last: 0, len },
        }
    }
}

impl Constants {
    /// Factors that are tried; a policy's few names nearly always have a place each by one of the first.
    const TRIES: u64 = 16;

    fn of(all: Vec<Constant>) -> Result<Self, OutOfMemory> {
        // INVARIANT: shared checks are few and short, so that two bytes can number the texts in them.
        let len = all.len().saturating_mul(4).next_power_of_two();
        let mut constants = Self { all, places: filled(u16::MAX, len)?, factor: 0 };
        let mut best = (usize::MAX, 0);
        for seed in 1..=Self::TRIES {
            // Odd, and as good as any.
            let factor = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            best = best.min((constants.place_all(factor), factor));
            if best.0 == 0 {
                return Ok(constants);
            }
        }
        constants.place_all(best.1);
        Ok(constants)
    }

    /// Gives all their places by a factor. Returns how many do not get their own.
    fn place_all(&mut self, factor: u64) -> usize {
        self.factor = factor;
        self.places.fill(u16::MAX);
        let mut moved = 0_usize;
        for (position, constant) in (0_u16..).zip(&self.all) {
            let mut place = constant.ends.place(factor);
            while self.at(place) != u16::MAX {
                moved = moved.saturating_add(1);
                place = place.wrapping_add(1);
            }
            let count = self.places.len();
            if let Some(slot) = place.checked_rem(count).and_then(|place| self.places.get_mut(place)) {
                *slot = position;
            }
        }
        moved
    }

    /// The position at a place, counted round.
    #[inline(always)]
    fn at(&self, place: usize) -> u16 {
        self.places.get(place & self.places.len().wrapping_sub(1)).copied().unwrap_or(u16::MAX)
    }

    #[inline(always)]
    fn outcome(&self, text: &[u8], ends: Ends) -> Option<Outcome> {
        let mut place = ends.place(self.factor);
        // INVARIANT: most places are free, so the search ends.
        while let Some(constant) = self.all.get(usize::from(self.at(place))) {
            if constant.ends == ends && (text.len() <= Ends::WHOLE_LEN_MAX || *constant.bytes == *text) {
                return Some(constant.outcome);
            }
            place = place.wrapping_add(1);
        }
        None
    }
}

impl Groups {
    pub(super) fn of(shared: &SharedChecks, runs: &[u32]) -> Result<Self, OutOfMemory> {
        let mut fields: Vec<(u32, u32)> = with_room(SHARED_MAX)?;
        let mut of_bit = [u8::MAX; SHARED_MAX];
        let all = Checks::new(shared.words(runs)).zip(&mut of_bit).zip(0_u32..);
        for ((check, group), bit) in all.filter(|((check, _), _)| is_of_value(check)) {
            let place = fields.iter().position(|(field, _)| *field == check.field()).unwrap_or_else(|| {
                fields.push((check.field(), 0));
                fields.len().wrapping_sub(1)
            });
            // INVARIANT: there are no more groups than checks.
            *group = place as u8;
            if let Some((_, checks)) = fields.get_mut(place) {
                *checks |= 1 << bit;
            }
        }
        let mut all = with_room(fields.len())?;
        for (field, checks) in fields {
            all.push(Group::of(field, checks, shared, runs)?);
        }
        Ok(Self { all, of_bit })
    }

    #[inline]
    pub(super) fn all(&self) -> &[Group] {
        &self.all
    }

    #[inline]
    pub(super) fn of_bit(&self, bit: u32) -> Option<&Group> {
        self.all.get(usize::from(*self.of_bit.get(bit as usize)?))
    }
}

/// Whether a check is about the field's value alone.
fn is_of_value(check: &Check<'_>) -> bool {
    check.op() != CheckOp::Node
}

impl Group {
    fn of(field: u32, checks: u32, shared: &SharedChecks, runs: &[u32]) -> Result<Self, OutOfMemory> {
        let all = || bits(checks).filter_map(|bit| Some((bit, shared.check(runs, bit)?)));
        let outcome = |ask: &dyn Fn(&Check<'_>) -> Option<bool>| {
            let mut out = Outcome::default();
            for (bit, check) in all() {
                match ask(&check) {
                    Some(answer) => out.fails |= u32::from(answer == check.is_negated()) << bit,
                    None => out.doubt |= 1 << bit,
                }
            }
            out
        };
        let of_kind = |kind: ItemKind| outcome(&|check| answer(check, &Item::empty(kind)));
        let of_text = |text: &[u8]| outcome(&|check| answer(check, &Item { kind: ItemKind::String, text, ..Item::ABSENT }));
        let mut group = Self {
            field,
            checks,
            texts: Constants::default(),
            other_text: outcome(&|check| match check.op() {
                CheckOp::Text | CheckOp::Texts | CheckOp::Prefix | CheckOp::Suffix => Some(false),
                _ => answer(check, &Item::empty(ItemKind::String)),
            }),
            affixes: with_room(all().filter(|(_, check)| is_affix(check)).count())?,
            bounds: with_room(all().map(|(_, check)| bounds(&check).len()).fold(0, usize::saturating_add))?,
            positions: Vec::new(),
            absent: of_kind(ItemKind::Absent),
            null: of_kind(ItemKind::Null),
            bools: [of_kind(ItemKind::Bool(false)), of_kind(ItemKind::Bool(true))],
            object: of_kind(ItemKind::Object),
            opaque: of_kind(ItemKind::Opaque),
        };
        let mut texts: Vec<Constant> = with_room(all().map(|(_, check)| constants(&check).count()).fold(0, usize::saturating_add))?;
        for (bit, check) in all() {
            for (len, words) in constants(&check) {
                let bytes = bytes_of(len, words)?;
                // One place for each text, whatever number of checks it is in.
                if texts.iter().all(|other| *other.bytes != *bytes) {
                    texts.push(Constant { ends: Ends::of(&bytes), outcome: of_text(&bytes), bytes });
                }
            }
            if is_affix(&check) {
                group.affixes.push(Affix::of(&check, bit)?);
            }
            group.bounds.extend(bounds(&check).iter().map(key));
        }
        group.texts = Constants::of(texts)?;
        group.bounds.sort_unstable();
        group.bounds.dedup();
        let positions = group.bounds.len().saturating_mul(2).saturating_add(1);
        group.positions = with_room(positions)?;
        for position in 0..positions {
            let outcome = outcome(&|check| match check.op() {
                CheckOp::Range => Some(is_within(check, &group.bounds, position)),
                _ => answer(check, &Item::empty(ItemKind::Number)),
            });
            group.positions.push(outcome);
        }
        Ok(group)
    }

    /// What the field's value comes to; `None` if the checks have to be asked.
    #[inline(always)]
    pub(crate) fn outcome<S: Source>(&self, policy: &Policy, source: &S) -> Option<Outcome> {
        if let Some(text) = source.plain(self.field) {
            return Some(self.of_text(text));
        }
        let item = source.item(policy, self.field);
        Some(match item.kind {
            ItemKind::Number => self.of_number(item.number)?,
            ItemKind::Absent => self.absent,
            ItemKind::Null => self.null,
            ItemKind::Bool(value) => {
                if value {
                    self.bools[1]
                } else {
                    self.bools[0]
                }
            }
            ItemKind::Object => self.object,
            ItemKind::Opaque => self.opaque,
            // A string with escapes; an array, which is several values.
            ItemKind::String | ItemKind::Array | ItemKind::Hidden => return None,
        })
    }

    #[inline(always)]
    fn of_text(&self, text: &[u8]) -> Outcome {
        let ends = Ends::of(text);
        if let Some(outcome) = self.texts.outcome(text, ends) {
            return outcome;
        }
        let mut outcome = self.other_text;
        for affix in &self.affixes {
            outcome.fails ^= if affix.is_of(text, ends) { affix.check } else { 0 };
        }
        outcome
    }

    #[inline(always)]
    fn of_number(&self, number: Option<&Number>) -> Option<Outcome> {
        if self.bounds.is_empty() {
            return self.positions.first().copied();
        }
        let number = number?;
        let (key, order) = number.as_bound();
        let below = self.bounds.partition_point(|bound| *bound < key);
        let is_met = self.bounds.get(below) == Some(&key);
        // At a bound, or with digits that no bound has and so next to it.
        let step = match order {
            Ordering::Equal => usize::from(is_met),
            Ordering::Greater if is_met => 2,
            _ => 0,
        };
        self.positions.get(below.wrapping_mul(2).wrapping_add(step)).copied()
    }
}

/// The texts that a check asks for: length in bytes, and words.
fn constants<'a>(check: &Check<'a>) -> impl Iterator<Item = (usize, &'a [u32])> {
    let one = (check.op() == CheckOp::Text).then(|| (check.text_len(), check.operands()));
    let several = (check.op() == CheckOp::Texts).then(|| texts(check.operands()));
    one.into_iter().chain(several.into_iter().flatten())
}

/// Whether a check is about how a text begins or ends.
fn is_affix(check: &Check<'_>) -> bool {
    matches!(check.op(), CheckOp::Prefix | CheckOp::Suffix)
}

/// The bounds of a check.
fn bounds<'a>(check: &Check<'a>) -> &'a [[u32; BOUND_WORDS]] {
    if check.op() == CheckOp::Range { check.operands().as_chunks().0 } else { &[] }
}

/// Whether a position between and at sorted bounds is within those of a check.
fn is_within(check: &Check<'_>, sorted: &[(i32, u64)], position: usize) -> bool {
    let flags = check.number();
    let mut own = bounds(check).iter();
    let mut next = || {
        let at = own.next().and_then(|bound| sorted.iter().position(|other| *other == key(bound))).unwrap_or(0);
        at.saturating_mul(2).saturating_add(1)
    };
    let is_above = flags & RANGE_LOW == 0 || {
        let low = next();
        position > low || (position == low && flags & RANGE_LOW_INSIDE != 0)
    };
    is_above
        && (flags & RANGE_HIGH == 0 || {
            let high = next();
            position < high || (position == high && flags & RANGE_HIGH_INSIDE != 0)
        })
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec;

    use super::*;
    use crate::artifact::format::{CHECK_BUT, CHECK_FIELD_SHIFT, CHECK_LEN_SHIFT, CHECK_NOT, CHECK_NUMBER_SHIFT};

    fn check(op: CheckOp, flags: u32, number: u32, operands: &[u32]) -> Vec<u32> {
        let head = op as u32 | flags | (operands.len() as u32) << CHECK_LEN_SHIFT | number << CHECK_NUMBER_SHIFT | 1 << CHECK_FIELD_SHIFT;
        [&[head], operands].concat()
    }

    fn words(text: &str) -> Vec<u32> {
        let word = |chunk: &[u8]| chunk.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte));
        text.as_bytes().chunks(4).map(word).collect()
    }

    fn of_text(op: CheckOp, flags: u32, text: &str) -> Vec<u32> {
        let operands = words(text);
        check(op, flags, (text.len().wrapping_neg() % 4) as u32, &operands)
    }

    fn range(flags: u32, number: u32, bounds: &[&str]) -> Vec<u32> {
        let bound = |text: &&str| Number::parse(text.as_bytes()).and_then(Number::to_bound).unwrap();
        check(CheckOp::Range, flags, number, bounds.iter().flat_map(bound).collect::<Vec<_>>().as_slice())
    }

    fn group(checks: &[Vec<u32>]) -> (Group, Vec<u32>) {
        let runs = checks.concat();
        let mut shared = SharedChecks::new((0, runs.len() as u32));
        shared.group_all(&runs).unwrap();
        (shared.groups.all.pop().unwrap(), runs)
    }

    /// The outcome as the checks themselves say it.
    fn asked(runs: &[u32], item: &Item<'_>) -> Outcome {
        let mut out = Outcome::default();
        for (bit, check) in Checks::new(runs).enumerate() {
            match answer(&check, item) {
                Some(answer) => out.fails |= u32::from(answer == check.is_negated()) << bit,
                None => out.doubt |= 1 << bit,
            }
        }
        out
    }

    #[test]
    fn a_text_comes_to_what_the_checks_say() {
        let long = "a text of more than sixteen bytes";
        let texts = ["", "a", "prod", "produced", "production", "sixteen bytes al", long];
        let mut checks = Vec::new();
        for text in texts {
            checks.push(of_text(CheckOp::Prefix, 0, text));
            checks.push(of_text(CheckOp::Suffix, CHECK_NOT, text));
            checks.push(of_text(CheckOp::Text, CHECK_BUT, text));
        }
        let several: Vec<u32> = ["prod", "a"].iter().flat_map(|text| [vec![text.len() as u32], words(text)].concat()).collect();
        checks.push(check(CheckOp::Texts, 0, 0, &several));
        checks.push(check(CheckOp::Exists, 0, 1, &[]));
        checks.push(check(CheckOp::Bool, CHECK_NOT, 1, &[]));
        let (group, runs) = group(&checks);
        let mut values: Vec<String> = texts.iter().map(|text| (*text).into()).collect();
        for text in texts {
            for at in 0..text.len() {
                values.push(text[at..].into());
                values.push(text[..at].into());
                values.push([&text[..at], "x", &text[at + 1..]].concat());
            }
            values.push([text, text].concat());
        }
        for text in &values {
            let item = Item { kind: ItemKind::String, text: text.as_bytes(), ..Item::ABSENT };
            assert_eq!(group.of_text(text.as_bytes()), asked(&runs, &item), "{text:?}");
        }
    }

    #[test]
    fn a_number_comes_to_what_the_checks_say() {
        let bounds = ["-12.5", "-1", "0", "0.001", "5", "5.5", "1e9", "1234567890123456"];
        let mut checks = Vec::new();
        for pair in bounds.windows(2) {
            checks.push(range(0, RANGE_LOW | RANGE_HIGH, pair));
            checks.push(range(CHECK_NOT, RANGE_LOW | RANGE_LOW_INSIDE | RANGE_HIGH | RANGE_HIGH_INSIDE, pair));
            checks.push(range(CHECK_BUT, RANGE_HIGH | RANGE_HIGH_INSIDE, &pair[..1]));
            checks.push(range(0, RANGE_LOW, &pair[..1]));
        }
        checks.push(of_text(CheckOp::Text, 0, "5"));
        let (group, runs) = group(&checks);
        let more = ["-13", "-12.50000000000000000001", "-12.49999999999999999999", "0.0009999999999999999999", "5.00000000000000000001"];
        let most = ["4.99999999999999999999", "1234567890123456.7", "1234567890123455.9", "1e40", "-1e40", "1e-40", "-1e-40"];
        for text in bounds.into_iter().chain(more).chain(most) {
            let number = Number::parse(text.as_bytes()).unwrap();
            let item = Item { kind: ItemKind::Number, number: Some(&number), ..Item::ABSENT };
            assert_eq!(group.of_number(Some(&number)), Some(asked(&runs, &item)), "{text}");
        }
        // A number that is too long to compare, or was not prepared, is asked of the checks.
        assert_eq!(group.of_number(None), None);
    }

    #[test]
    fn other_kinds_come_to_what_the_checks_say() {
        let checks = [
            of_text(CheckOp::Text, CHECK_NOT, "a"),
            range(0, RANGE_LOW, &["1"]),
            check(CheckOp::Exists, 0, 0, &[]),
            check(CheckOp::Exists, CHECK_NOT, 0, &[]),
            check(CheckOp::Bool, 0, 1, &[]),
            check(CheckOp::Bool, CHECK_BUT, 0, &[]),
        ];
        let (group, runs) = group(&checks);
        let kinds = [
            (group.absent, ItemKind::Absent),
            (group.null, ItemKind::Null),
            (group.bools[0], ItemKind::Bool(false)),
            (group.bools[1], ItemKind::Bool(true)),
            (group.object, ItemKind::Object),
            (group.opaque, ItemKind::Opaque),
        ];
        for (outcome, kind) in kinds {
            assert_eq!(outcome, asked(&runs, &Item::empty(kind)), "{kind:?}");
        }
    }
}
