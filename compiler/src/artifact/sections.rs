//! The sections while they grow, with everything that is shared written once.

use std::hash::BuildHasher;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use toolgate_runtime::artifact::{digest_of, format};
use toolgate_runtime::json::Number;

use super::EncodeError;
use super::checks::as_number;
use crate::ir::{Decimal, Scalar};
use format::{ALL_SECTIONS, DIGEST_AT, HEADER_LEN_BYTES, MAGIC, POLICY_DIGEST_AT, SECTIONS, Section, VERSION};

/// Sections under construction. Maps are only looked up, never walked, so the bytes do not depend on hashing.
#[derive(Default)]
pub(crate) struct Sections {
    words: [Vec<u32>; SECTIONS],
    text: Vec<u8>,
    /// Offset and length of each text of its own in `text`.
    texts: HashTable<(u32, u32)>,
    hasher: DefaultHashBuilder,
    numbers: HashMap<Decimal, u32>,
    requirements: HashMap<String, u32>,
    pub(super) named_sets: HashMap<usize, u32>,
    pub(super) automata: HashMap<(String, bool), u32>,
    pub(super) shared_asks: HashMap<Vec<[u32; 4]>, u32>,
    pub(super) sets: HashMap<Vec<Scalar>, u32>,
    pub(super) states: u32,
    overflow: bool,
}

/// The half of a hash that is stored with a text; the other half says where to look.
pub(crate) fn tag(hash: u64) -> u32 {
    u32::try_from(hash & u64::from(u32::MAX)).unwrap_or(0)
}

/// Where to look first in a table of hash slots.
pub(super) fn home(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or(0)
}

impl Sections {
    /// Appends one record and returns its position.
    pub(crate) fn push<const N: usize>(&mut self, section: Section, record: [u32; N]) -> u32 {
        debug_assert_eq!(section.record_len_bytes(), N.saturating_mul(4), "{section:?}");
        let Some(words) = self.words.get_mut(section as usize) else { return 0 };
        let at = words.len().checked_div(N).unwrap_or(0);
        words.extend_from_slice(&record);
        self.count(at)
    }

    /// How many records a section has.
    pub(crate) fn len(&mut self, section: Section) -> u32 {
        let words = self.words.get(section as usize).map_or(0, Vec::len);
        let records = words.checked_div(section.record_len_bytes() / 4).unwrap_or(0);
        self.count(records)
    }

    /// A count as a word; the artifact is refused in the end if it does not fit.
    pub(super) fn count(&mut self, count: usize) -> u32 {
        u32::try_from(count).unwrap_or_else(|_| {
            self.overflow = true;
            0
        })
    }

    /// Makes room for `count` records and returns the position of the first.
    pub(super) fn reserve<const N: usize>(&mut self, section: Section, count: usize, blank: [u32; N]) -> u32 {
        let first = self.len(section);
        for _ in 0..count {
            self.push(section, blank);
        }
        first
    }

    /// Overwrites a record.
    pub(super) fn set<const N: usize>(&mut self, section: Section, at: u32, record: [u32; N]) {
        let start = (at as usize).saturating_mul(N);
        let words = self.words.get_mut(section as usize).and_then(|words| words.get_mut(start..start.saturating_add(N)));
        if let Some(words) = words {
            words.copy_from_slice(&record);
        }
    }

    /// A record written before.
    pub(super) fn get<const N: usize>(&self, section: Section, at: u32) -> Option<[u32; N]> {
        let start = (at as usize).checked_mul(N)?;
        self.words.get(section as usize)?.get(start..start.checked_add(N)?)?.try_into().ok()
    }

    /// Offset and length of a text, written once.
    pub(crate) fn text(&mut self, text: &[u8]) -> (u32, u32) {
        let next = (self.count(self.text.len()), self.count(text.len()));
        let Self { text: all, texts, hasher, .. } = self;
        let at = |(at, len): &(u32, u32)| all.get(*at as usize..).and_then(|from| from.get(..*len as usize)).unwrap_or(&[]);
        let entry = texts.entry(hasher.hash_one(text), |place| at(place) == text, |place| hasher.hash_one(at(place)));
        if let Entry::Occupied(found) = entry {
            return *found.get();
        }
        entry.insert(next);
        all.extend_from_slice(text);
        next
    }

    /// Position and count of loose words.
    pub(crate) fn words(&mut self, words: &[u32]) -> (u32, u32) {
        let first = self.len(Section::Words);
        if let Some(all) = self.words.get_mut(Section::Words as usize) {
            all.extend_from_slice(words);
        }
        (first, self.count(words.len()))
    }

    /// Appends words of runs and returns the position of the first.
    pub(super) fn runs(&mut self, words: &[u32]) -> u32 {
        let first = self.len(Section::Runs);
        if let Some(all) = self.words.get_mut(Section::Runs as usize) {
            all.extend_from_slice(words);
        }
        first
    }

    /// The same of words that stand nowhere yet.
    pub(super) fn runs_of(&mut self, words: impl Iterator<Item = u32>) {
        if let Some(all) = self.words.get_mut(Section::Runs as usize) {
            all.extend(words);
        }
    }

    /// Position of a requirement.
    pub(crate) fn requirement(&mut self, requirement: &str) -> u32 {
        if let Some(found) = self.requirements.get(requirement) {
            return *found;
        }
        let (at, len) = self.text(requirement.as_bytes());
        let id = self.push(Section::Requirements, [at, len]);
        self.requirements.insert(requirement.to_owned(), id);
        id
    }

    /// Position of a number, written once.
    pub(super) fn number(&mut self, number: &Decimal) -> u32 {
        if let Some(found) = self.numbers.get(number) {
            return *found;
        }
        let at = self.new_number(number);
        self.numbers.insert(number.clone(), at);
        at
    }

    /// Adjacent copies of sorted numbers.
    pub(super) fn number_run<'a>(&mut self, numbers: impl Iterator<Item = &'a Decimal>) -> (u32, u32) {
        let first = self.len(Section::Numbers);
        let mut count = 0_u32;
        for number in numbers {
            self.new_number(number);
            count = count.saturating_add(1);
        }
        (first, count)
    }

    fn new_number(&mut self, number: &Decimal) -> u32 {
        let words = as_number(number).map_or([0; format::NUMBER_WORDS], Number::to_words);
        self.push(Section::Numbers, words)
    }

    /// The finished artifact.
    pub(crate) fn finish(self, policy_digest: &[u8; 32]) -> Result<Vec<u8>, EncodeError> {
        if self.overflow {
            return Err(EncodeError::TooLarge);
        }
        let words: usize = self.words.iter().map(Vec::len).sum();
        let len = words.saturating_mul(4).saturating_add(self.text.len()).saturating_add(HEADER_LEN_BYTES);
        let mut bytes = Vec::with_capacity(len);
        bytes.resize(HEADER_LEN_BYTES, 0);
        let mut table = Vec::new();
        for (section, words) in ALL_SECTIONS.into_iter().zip(self.words) {
            let start = bytes.len();
            if section == Section::Text {
                bytes.extend_from_slice(&self.text);
            } else {
                bytes.resize(start.saturating_add(words.len().saturating_mul(4)), 0);
                let places = bytes.get_mut(start..).unwrap_or_default().as_chunks_mut().0;
                places.iter_mut().zip(words).for_each(|(place, word)| *place = word.to_le_bytes());
            }
            let start = u32::try_from(start).map_err(|_| EncodeError::TooLarge)?;
            let end = u32::try_from(bytes.len()).map_err(|_| EncodeError::TooLarge)?;
            table.extend_from_slice(&start.to_le_bytes());
            table.extend_from_slice(&end.saturating_sub(start).to_le_bytes());
        }
        let total = u32::try_from(bytes.len()).map_err(|_| EncodeError::TooLarge)?;
        let header = [MAGIC.as_slice(), &VERSION.to_le_bytes(), &total.to_le_bytes(), &[0; 32], policy_digest, &table].concat();
        debug_assert_eq!(header.len(), HEADER_LEN_BYTES);
        debug_assert_eq!(POLICY_DIGEST_AT, DIGEST_AT + 32);
        if let Some(place) = bytes.get_mut(..header.len()) {
            place.copy_from_slice(&header);
        }
        let digest = digest_of(&bytes);
        if let Some(place) = bytes.get_mut(DIGEST_AT..POLICY_DIGEST_AT) {
            place.copy_from_slice(&digest);
        }
        Ok(bytes)
    }
}
