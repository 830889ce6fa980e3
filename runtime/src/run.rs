//! Runs of postings, and the checks in them.
//!
//! All of it is words, one behind the other, because at 100,000 rules what a decision costs is the number of cache lines
//! it has to fetch. Loading has checked every word; what could still not be there reads as an end.

use core::mem::take;

use crate::artifact::format::{
    CHECK_BUT, CHECK_FIELD_SHIFT, CHECK_LEN_MAX, CHECK_LEN_SHIFT, CHECK_NOT, CHECK_NUMBER_MAX, CHECK_NUMBER_SHIFT, CHECK_OF_ENTRY,
    CHECK_ONE, CHECKS_LEN_MAX, CheckOp, POSTING_LAST, POSTING_LEN_SHIFT, POSTING_REFERS, POSTING_WORDS, RANGE_HIGH, RANGE_LOW,
    RULE_PROPERTIES_MASK,
};
use crate::index::Entry;
use crate::json::Number;
use crate::json::hash::last_block;
use crate::json::text::Text;
use crate::policy::Properties;

/// The postings from a word on, up to the last of their run.
#[derive(Clone)]
pub(crate) struct Run<'a> {
    runs: &'a [u32],
    /// The word of the next posting; none there is behind the last.
    pub at: u32,
}

impl<'a> Run<'a> {
    pub(crate) fn new(runs: &'a [u32], first: u32) -> Self {
        Self { runs, at: first }
    }
}

/// A candidate: a rule, and what is still to be asked of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Posting<'a> {
    pub rule: u32,
    packed: u32,
    /// The shared checks that the way here has not proven.
    pub mask: u32,
    /// What stands behind the head: the rule's own checks that the way has not proven, and then whatever else.
    rest: &'a [u32],
}

impl<'a> Posting<'a> {
    /// The posting at a word.
    #[inline(always)]
    pub(crate) fn at(runs: &'a [u32], at: usize) -> Option<Self> {
        let ([rule, packed, mask], rest) = runs.get(at..)?.split_first_chunk::<POSTING_WORDS>()?;
        Some(Self { rule: *rule, packed: *packed, mask: *mask, rest })
    }

    #[inline(always)]
    pub(crate) fn properties(&self) -> Properties {
        Properties(self.packed & RULE_PROPERTIES_MASK)
    }

    /// Words of the checks.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        (self.packed >> POSTING_LEN_SHIFT & CHECKS_LEN_MAX) as usize
    }

    /// The word behind it, if it stands at this one.
    #[inline(always)]
    pub(crate) fn behind(&self, at: u32) -> u32 {
        // INVARIANT: the words of all runs are counted by a `u32`.
        at.wrapping_add(POSTING_WORDS as u32).wrapping_add(self.len() as u32)
    }

    /// The checks; none if they are not all there.
    #[inline(always)]
    pub(crate) fn checks(&self) -> Checks<'a> {
        Checks::at(self.rest, self.len())
    }

    /// Whether it has the same checks as another, and no more of the shared ones.
    pub(crate) fn repeats(&self, other: &Posting<'_>) -> bool {
        self.mask & !other.mask == 0 && self.len() == other.len() && self.rest.get(..self.len()) == other.rest.get(..other.len())
    }

    /// The checks are all that the rule has, and not written here.
    #[inline(always)]
    pub(crate) fn refers(&self) -> bool {
        self.packed & POSTING_REFERS != 0
    }

    #[inline(always)]
    pub(crate) fn is_last(&self) -> bool {
        self.packed & POSTING_LAST != 0
    }
}

impl<'a> Iterator for Run<'a> {
    type Item = Posting<'a>;

    #[inline]
    fn next(&mut self) -> Option<Posting<'a>> {
        let posting = Posting::at(self.runs, self.at as usize).filter(|posting| posting.len() <= posting.rest.len())?;
        self.at = if posting.is_last() { u32::MAX } else { posting.behind(self.at) };
        Some(posting)
    }
}

/// One check of a rule.
#[derive(Clone, Copy)]
pub(crate) struct Check<'a> {
    word: u32,
    /// The operands and, but for WebAssembly, whatever stands behind them.
    words: &'a [u32],
}

impl<'a> Check<'a> {
    #[inline(always)]
    pub(crate) fn operands(&self) -> &'a [u32] {
        if cfg!(target_family = "wasm") { self.words } else { self.words.get(..self.len()).unwrap_or_default() }
    }

    /// Words of the operands.
    #[inline(always)]
    fn len(&self) -> usize {
        (self.word >> CHECK_LEN_SHIFT & CHECK_LEN_MAX) as usize
    }

    /// Whether `text` is that in the operands.
    #[inline(always)]
    pub(crate) fn is_text(&self, text: &[u8]) -> bool {
        text.len() == self.text_len() && begins_with(self.words, text)
    }

    /// Whether the other one asks the same, word for word.
    pub(crate) fn is(&self, other: &Check<'_>) -> bool {
        self.word == other.word && self.operands() == other.operands()
    }

    #[inline(always)]
    pub(crate) fn op(&self) -> CheckOp {
        CheckOp::from_word(self.word)
    }

    #[inline(always)]
    pub(crate) fn field(&self) -> u32 {
        self.word >> CHECK_FIELD_SHIFT
    }

    #[inline(always)]
    pub(crate) fn number(&self) -> u32 {
        self.word >> CHECK_NUMBER_SHIFT & CHECK_NUMBER_MAX
    }

    /// How long the text in the operands is.
    #[inline(always)]
    pub(crate) fn text_len(&self) -> usize {
        self.len().wrapping_mul(4).wrapping_sub(self.number() as usize)
    }

    /// An array is one value.
    pub(crate) fn is_of_one(&self) -> bool {
        self.word & CHECK_ONE != 0
    }

    /// The value is negated.
    #[inline(always)]
    pub(crate) fn is_not(&self) -> bool {
        self.word & CHECK_NOT != 0
    }

    /// The answer for each value is negated.
    #[inline(always)]
    pub(crate) fn is_but(&self) -> bool {
        self.word & CHECK_BUT != 0
    }

    /// The answer for one value is negated, by either.
    #[inline(always)]
    pub(crate) fn is_negated(&self) -> bool {
        self.is_not() != self.is_but()
    }

    /// The condition node that the check stands for.
    pub(crate) fn node(&self) -> Option<u32> {
        if self.op() == CheckOp::Node { self.operands().first().copied() } else { None }
    }

    /// With the text in its operands, if it names the entry that has it. One that names no entry stays as it is.
    pub(crate) fn in_full(self, runs: &'a [u32]) -> Self {
        if self.number() == CHECK_OF_ENTRY
            && let [entry] = *self.operands()
            && let Some(entry) = Entry::at(runs, entry)
            && let (len, words) = (entry.len(), entry.words())
            && let count = len.div_ceil(4)
            && count <= CHECK_LEN_MAX
            && let Some(key) = words.get(..count as usize)
        {
            let counts = CHECK_LEN_MAX << CHECK_LEN_SHIFT | CHECK_NUMBER_MAX << CHECK_NUMBER_SHIFT;
            let word = self.word & !counts | count << CHECK_LEN_SHIFT | (len.wrapping_neg() & 3) << CHECK_NUMBER_SHIFT;
            return Self { word, words: if cfg!(target_family = "wasm") { key } else { words } };
        }
        self
    }

    /// Whether there are the operands that the operation wants.
    pub(crate) fn is_sound(&self) -> bool {
        let (number, len) = (self.number(), self.len());
        number < CHECK_OF_ENTRY
            && match self.op() {
                CheckOp::Node => len == 1,
                CheckOp::Text | CheckOp::Prefix | CheckOp::Suffix => number < 4 && (len > 0 || number == 0),
                CheckOp::Texts => texts(self.operands()).map(|(_, words)| words.len().wrapping_add(1)).fold(0, usize::wrapping_add) == len,
                CheckOp::Range => {
                    let bounds = u32::from(number & RANGE_LOW != 0).wrapping_add(u32::from(number & RANGE_HIGH != 0));
                    let (all, rest) = self.operands().as_chunks();
                    rest.is_empty() && all.len() == bounds as usize && all.iter().all(|bound| Number::from_bound(*bound).is_some())
                }
                CheckOp::Exists | CheckOp::Bool => len == 0 && number <= 1,
            }
    }
}

/// A posting's checks, in order.
#[derive(Clone, Default)]
pub(crate) struct Checks<'a> {
    /// The next check, and whatever stands behind the last.
    rest: &'a [u32],
    /// Words that are checks.
    left: usize,
}

impl<'a> Checks<'a> {
    #[inline(always)]
    pub(crate) fn new(checks: &'a [u32]) -> Self {
        Self::at(checks, checks.len())
    }

    /// The checks in the first so many words.
    #[inline(always)]
    fn at(words: &'a [u32], left: usize) -> Self {
        Self { rest: words, left }
    }

    /// Whether all words have been read, and were checks.
    pub(crate) fn is_at_end(&self) -> bool {
        self.left == 0
    }
}

impl<'a> Iterator for Checks<'a> {
    type Item = Check<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Check<'a>> {
        let (&word, words) = self.rest.split_first()?;
        let len = (word >> CHECK_LEN_SHIFT & CHECK_LEN_MAX) as usize;
        let left = self.left.checked_sub(len.wrapping_add(1))?;
        let (operands, rest) = words.split_at_checked(len)?;
        (self.rest, self.left) = (rest, left);
        Some(Check { word, words: if cfg!(target_family = "wasm") { operands } else { words } })
    }
}

/// All that a rule asks of its own: the checks of its rest, and then those of its home.
pub(crate) struct Conditions<'a> {
    /// Where the entries are that a rest names.
    runs: &'a [u32],
    now: Checks<'a>,
    then: Checks<'a>,
}

impl<'a> Conditions<'a> {
    pub(crate) fn new(runs: &'a [u32], rest: Checks<'a>, home: Checks<'a>) -> Self {
        Self { runs, now: rest, then: home }
    }

    /// Whether all words have been read, and were checks.
    pub(crate) fn is_at_end(&self) -> bool {
        self.now.is_at_end()
    }
}

impl<'a> Iterator for Conditions<'a> {
    type Item = Check<'a>;

    #[cfg_attr(target_family = "wasm", inline(never))]
    #[cfg_attr(not(target_family = "wasm"), inline)]
    fn next(&mut self) -> Option<Check<'a>> {
        if self.is_at_end() {
            self.now = take(&mut self.then);
        }
        self.now.next().map(|check| check.in_full(self.runs))
    }
}

/// The texts of [`CheckOp::Texts`]: length in bytes, and words.
pub(crate) fn texts(mut operands: &[u32]) -> impl Iterator<Item = (usize, &[u32])> {
    core::iter::from_fn(move || {
        let (&len, rest) = operands.split_first()?;
        let (words, rest) = rest.split_at_checked(len.div_ceil(4) as usize)?;
        operands = rest;
        Some((len as usize, words))
    })
}

/// Whether words begin with `text`, the last word of it filled up with zeros.
#[inline(always)]
pub(crate) fn begins_with(words: &[u32], text: &[u8]) -> bool {
    // No branch on how long it is, within bounds that most texts keep: that cannot be foretold.
    if cfg!(not(target_family = "wasm"))
        && text.len() <= 16
        && let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk())
        && let Some([a, b, c, d]) = words.first_chunk()
    {
        // INVARIANT: from 0 to 64.
        let missing = 128_u32.wrapping_sub((text.len() as u32).wrapping_mul(8));
        let first = u64::from_le_bytes(*first) ^ join(*a, *b);
        let last = u64::from_le_bytes(*last).unbounded_shr(missing) ^ (join(*c, *d) & u64::MAX.unbounded_shr(missing));
        return first | last == 0;
    }
    if cfg!(not(target_family = "wasm"))
        && text.len() <= 32
        && let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk())
        && let Some([first_words @ .., e, f, g, h]) = words.first_chunk::<8>()
    {
        let [a, b, c, d] = *first_words;
        // INVARIANT: from 0 to 128.
        let missing = 256_u32.wrapping_sub((text.len() as u32).wrapping_mul(8));
        let first = u128::from_le_bytes(*first) ^ join_four(a, b, c, d);
        let last = u128::from_le_bytes(*last).unbounded_shr(missing) ^ (join_four(*e, *f, *g, *h) & u128::MAX.unbounded_shr(missing));
        return first | last == 0;
    }
    words.get(..text.len().div_ceil(4)).is_some_and(|words| is_in_words(text, words))
}

#[inline(always)]
fn join_four(a: u32, b: u32, c: u32, d: u32) -> u128 {
    u128::from(join(c, d)) << 64 | u128::from(join(a, b))
}

/// Two words as one.
#[inline(always)]
pub(crate) fn join(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// Whether `text` is what the words hold, filled up with zeros.
#[inline(always)]
pub(crate) fn is_in_words(text: &[u8], words: &[u32]) -> bool {
    let (chunks, tail) = text.as_chunks::<8>();
    let (pairs, _) = words.as_chunks::<2>();
    let Some((whole, _)) = pairs.split_at_checked(chunks.len()) else { return false };
    if chunks.iter().zip(whole).any(|(chunk, [low, high])| u64::from_le_bytes(*chunk) != join(*low, *high)) {
        return false;
    }
    let last = match text.last_chunk() {
        // The tail is the end of the last eight bytes: no branch on how long it is.
        Some(last) if cfg!(not(target_family = "wasm")) => {
            u64::from_le_bytes(*last).unbounded_shr(64_u32.wrapping_sub((tail.len() as u32).wrapping_mul(8)))
        }
        _ => last_block(tail).0,
    };
    let rest = words.get(chunks.len().wrapping_mul(2)..).unwrap_or_default();
    let word = |at: usize| rest.get(at).copied().unwrap_or(0);
    last == join(word(0), word(1))
}

/// Whether a text that may be written with escapes has at byte `at` the `len` bytes that the words hold.
#[inline(never)]
pub(crate) fn holds_at(text: Text<'_>, at: usize, len: usize, words: &[u32]) -> bool {
    let held = words.iter().flat_map(|word| word.to_le_bytes());
    text.bytes().skip(at).take(len).eq(held.take(len))
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::artifact::format::ENTRY_IS_NODE;

    fn words(text: &[u8]) -> Vec<u32> {
        let word = |chunk: &[u8]| chunk.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte));
        text.chunks(4).map(word).collect()
    }

    #[test]
    fn texts_are_told_apart_by_every_byte() {
        let text: Vec<u8> = (b'a'..=b'z').cycle().take(70).collect();
        for len in 0..=text.len() {
            let (text, held) = (&text[..len], words(&text[..len]));
            assert!(is_in_words(text, &held));
            assert!(holds_at(Text::plain(text), 0, len, &held));
            // What stands behind a text does not count, be it much, little or nothing.
            for behind in 0..10 {
                assert!(begins_with(&[&held[..], &[u32::MAX; 10][..behind]].concat(), text), "{len}");
            }
            for at in 0..len {
                let mut other = text.to_vec();
                other[at] ^= 1;
                assert!(!is_in_words(&other, &held));
                assert!(!begins_with(&held, &other));
                assert!(!begins_with(&[&held[..], &[0; 10]].concat(), &other));
            }
            assert!(len == 0 || !is_in_words(text, &held[1..]));
            assert!(len == 0 || !begins_with(&held[..held.len() - 1], text));
        }
        let operands = [&[3][..], &words(b"abc"), &[0], &[5], &words(b"abcde")].concat();
        let lens: Vec<usize> = texts(&operands).map(|(len, _)| len).collect();
        assert_eq!(lens, [3, 0, 5]);
    }

    #[test]
    fn a_rest_names_entries() {
        let runs = [&[7, 7, ENTRY_IS_NODE | 6][..], &words(b"abcdef")].concat();
        let (field, number) = (9 << CHECK_FIELD_SHIFT, CHECK_OF_ENTRY << CHECK_NUMBER_SHIFT);
        let name = |entry: u32| [CheckOp::Prefix as u32 | 1 << CHECK_LEN_SHIFT | number | field, entry];
        let exists = [CheckOp::Exists as u32 | field];
        let rest = name(2);
        let mut conditions = Conditions::new(&runs, Checks::new(&rest), Checks::new(&exists));
        let check = conditions.next().unwrap();
        assert!(check.is_sound() && check.op() == CheckOp::Prefix && check.field() == 9);
        assert_eq!((check.text_len(), check.operands()), (6, &words(b"abcdef")[..]));
        assert_eq!(conditions.next().map(|check| check.op()), Some(CheckOp::Exists));
        assert!(conditions.next().is_none() && conditions.is_at_end());
        // The middle of one, words that are not all there, and nothing.
        for entry in [3, 4, 5, u32::MAX] {
            assert!(!Conditions::new(&runs, Checks::new(&name(entry)), Checks::default()).next().unwrap().is_sound());
        }
        // Elsewhere none is named.
        assert!(!Checks::new(&rest).next().unwrap().is_sound());
    }

    #[test]
    fn words_that_are_no_checks_end() {
        for words in [&[2 << CHECK_LEN_SHIFT, 0][..], &[1 << CHECK_LEN_SHIFT]] {
            let mut checks = Checks::new(words);
            assert!(checks.next().is_none());
            assert!(!checks.is_at_end());
        }
        assert!(Run::new(&[], 0).next().is_none());
        assert!(Run::new(&[0, 5 << POSTING_LEN_SHIFT, 0, 1], 0).next().is_none());
        assert!(Run::new(&[0, POSTING_LAST, 0], 0).next().is_some());
    }
}
