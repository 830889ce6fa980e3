//! Loading: digest first, then structure, then every index.

use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest, Sha256};

use super::format::{
    ALL_SECTIONS, DIGEST_AT, DIGESTED_FROM, HEADER_LEN_BYTES, MAGIC, NONE, NUMBER_WORDS, Op, POLICY_DIGEST_AT, POLICY_WORDS,
    SECTION_TABLE_AT, SECTIONS, Section, TABLE_LINKED, TABLE_SINGLE, TableKind, VERSION,
};
use super::places::Places;
use super::reader::{record, records, word_at, words};
use super::sources;
use super::validate::validate;
use crate::decision::{Risk, Verdict, write_number};
#[cfg(not(target_family = "wasm"))]
use crate::index::LARGE_LEN_BYTES;
use crate::json::Number;
use crate::memory::{OutOfMemory, with_room};
use crate::policy::{
    AutomatonRecord, DefaultRule, Extra, Field, HashRange, HashSlot, IndexNode, KnownFields, ListRecord, Node, Policy, Rule, SetRecord,
    Table, TextRef,
};
use crate::shared::SharedChecks;

/// Why bytes were refused as an artifact. The code is stable and equal in every host; the text is for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    kind: LoadErrorKind,
}

/// The kinds of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadErrorKind {
    /// The bytes do not begin as an artifact does.
    BadMagic,
    /// Another format.
    Version {
        /// The format found.
        found: u32,
    },
    /// Fewer or more bytes than the header says.
    Length {
        /// Bytes that the header says there are.
        need: u64,
        /// Bytes that there are.
        have: u64,
    },
    /// The bytes are not those that were written.
    Digest,
    /// The digest is right, but a section does not hold together.
    Section {
        /// The section's name.
        name: &'static str,
    },
    /// The artifact is sound, but of another policy than the caller expects.
    OtherPolicy,
    /// There is not enough memory for the policy.
    Memory,
}

impl LoadError {
    pub(super) fn new(kind: LoadErrorKind) -> Self {
        Self { kind }
    }

    pub(super) fn section(section: Section) -> Self {
        Self::new(LoadErrorKind::Section { name: section.name() })
    }

    /// What kind of refusal it is.
    #[must_use]
    pub fn kind(&self) -> LoadErrorKind {
        self.kind
    }

    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.kind {
            LoadErrorKind::BadMagic => "load/magic",
            LoadErrorKind::Version { .. } => "load/version",
            LoadErrorKind::Length { .. } => "load/truncated",
            LoadErrorKind::Digest => "load/digest",
            LoadErrorKind::Section { .. } => "load/section",
            LoadErrorKind::OtherPolicy => "load/other-policy",
            LoadErrorKind::Memory => "load/memory",
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            LoadErrorKind::BadMagic => f.write_str("not a toolgate artifact"),
            LoadErrorKind::Version { found } => {
                f.write_str("artifact has format ")?;
                write_number(f, found.into())?;
                f.write_str(", this runtime loads format ")?;
                write_number(f, VERSION.into())?;
                f.write_str("; compile the policy again")
            }
            LoadErrorKind::Length { need, have } => {
                f.write_str("artifact needs ")?;
                write_number(f, need)?;
                f.write_str(" bytes, there are ")?;
                write_number(f, have)
            }
            LoadErrorKind::Digest => f.write_str("artifact does not match its digest: it was changed or damaged"),
            LoadErrorKind::Section { name } => {
                f.write_str("section `")?;
                f.write_str(name)?;
                f.write_str("` does not hold together")
            }
            LoadErrorKind::OtherPolicy => f.write_str("artifact is of another policy than the one expected"),
            LoadErrorKind::Memory => f.write_str("there is not enough memory to load the artifact"),
        }
    }
}

impl core::error::Error for LoadError {}

impl From<OutOfMemory> for LoadError {
    fn from(OutOfMemory: OutOfMemory) -> Self {
        Self::new(LoadErrorKind::Memory)
    }
}

impl Policy {
    /// Loads an artifact.
    ///
    /// The digest proves that the bytes are those that some compiler wrote, not who wrote them: keep the policy's digest
    /// somewhere safe and use [`Policy::load_expecting`] where that matters.
    ///
    /// # Errors
    /// Any bytes that are not exactly an artifact of this format: wrong magic, version, length, digest, or a section that
    /// does not hold together; and too little memory.
    ///
    /// # Panics
    /// Never, for any bytes.
    pub fn load(bytes: &[u8]) -> Result<Self, LoadError> {
        let sections = check_envelope(bytes)?;
        #[cfg_attr(target_family = "wasm", expect(unused_mut, reason = "what follows is for other targets"))]
        let mut policy = decode(bytes, &sections)?;
        validate(&policy)?;
        #[cfg(not(target_family = "wasm"))]
        {
            policy.shared.group_all(&policy.runs)?;
            policy.find_edges()?;
            policy.judge_at_once()?;
            if bytes.len() >= LARGE_LEN_BYTES {
                policy.walk_in_waves();
            }
        }
        Ok(policy)
    }

    /// Loads an artifact only if it is of the policy with this digest.
    ///
    /// # Errors
    /// As [`Policy::load`], and if the policy is another one.
    pub fn load_expecting(bytes: &[u8], policy_digest: &[u8; 32]) -> Result<Self, LoadError> {
        let policy = Self::load(bytes)?;
        if policy.digest == *policy_digest { Ok(policy) } else { Err(LoadError::new(LoadErrorKind::OtherPolicy)) }
    }
}

/// The digest an artifact must carry: of its first sixteen bytes and of everything behind the digest.
#[must_use]
pub fn digest_of(bytes: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(bytes.get(..DIGEST_AT).unwrap_or(bytes));
    hasher.update(bytes.get(DIGESTED_FROM..).unwrap_or(&[]));
    hasher.finalize().into()
}

/// Checks magic, version, length and digest, and returns the sections' bytes.
fn check_envelope(bytes: &[u8]) -> Result<[&[u8]; SECTIONS], LoadError> {
    if bytes.get(..8) != Some(MAGIC.as_slice()) {
        return Err(LoadError::new(LoadErrorKind::BadMagic));
    }
    let short = LoadErrorKind::Length { need: HEADER_LEN_BYTES as u64, have: bytes.len() as u64 };
    let version = word_at(bytes, 8).ok_or(LoadError::new(short))?;
    if version != VERSION {
        return Err(LoadError::new(LoadErrorKind::Version { found: version }));
    }
    let need = word_at(bytes, 12).ok_or(LoadError::new(short))?;
    if bytes.len() < HEADER_LEN_BYTES {
        return Err(LoadError::new(short));
    }
    if need as usize != bytes.len() {
        return Err(LoadError::new(LoadErrorKind::Length { need: u64::from(need), have: bytes.len() as u64 }));
    }
    if bytes.get(DIGEST_AT..DIGESTED_FROM) != Some(digest_of(bytes).as_slice()) {
        return Err(LoadError::new(LoadErrorKind::Digest));
    }
    let mut sections = [[].as_slice(); SECTIONS];
    let mut expected = HEADER_LEN_BYTES;
    for (index, (slot, section)) in sections.iter_mut().zip(ALL_SECTIONS).enumerate() {
        let bad = || LoadError::section(section);
        let at = index.checked_mul(8).and_then(|o| o.checked_add(SECTION_TABLE_AT)).ok_or_else(bad)?;
        let start = word_at(bytes, at).ok_or_else(bad)? as usize;
        let len = word_at(bytes, at.checked_add(4).ok_or_else(bad)?).ok_or_else(bad)? as usize;
        // Sections follow one another without a gap, so no byte is outside the checks.
        if start != expected || !len.is_multiple_of(section.record_len_bytes()) {
            return Err(bad());
        }
        expected = start.checked_add(len).ok_or_else(bad)?;
        *slot = bytes.get(start..expected).ok_or_else(bad)?;
    }
    if expected != bytes.len() {
        return Err(LoadError::section(Section::Sources));
    }
    Ok(sections)
}

fn text_ref(at: u32, len: u32) -> TextRef {
    TextRef { at, len }
}

fn optional_text(at: u32, len: u32) -> Option<TextRef> {
    (at != NONE).then_some(TextRef { at, len })
}

fn decode(bytes: &[u8], sections: &[&[u8]; SECTIONS]) -> Result<Policy, LoadError> {
    let of = |section: Section| sections.get(section as usize).copied().unwrap_or(&[]);
    let digest = |at: usize| -> [u8; 32] {
        at.checked_add(32).and_then(|end| bytes.get(at..end)).and_then(|d| d.try_into().ok()).unwrap_or([0; 32])
    };
    let head = record::<POLICY_WORDS>(of(Section::Policy));
    let [
        verdict,
        risk,
        message,
        message_len,
        first_requirement,
        requirement_count,
        root,
        action,
        action_name,
        action_input,
        actor,
        actor_id,
        resource,
        resource_id,
        context,
        shared,
        shared_len,
        entry_mask,
    ] = head;
    fn all<const N: usize, T>(section: Section, bytes: &[u8], make: impl Fn([u32; N]) -> Option<T>) -> Result<Vec<T>, LoadError> {
        records(bytes, make)?.ok_or_else(|| LoadError::section(section))
    }
    let bad_head = || LoadError::section(Section::Policy);
    let mut text = with_room(of(Section::Text).len())?;
    text.extend_from_slice(of(Section::Text));
    Ok(Policy {
        digest: digest(POLICY_DIGEST_AT),
        artifact_digest: digest(DIGEST_AT),
        artifact_len_bytes: bytes.len(),
        default: DefaultRule {
            verdict: Verdict::from_word(verdict).ok_or_else(bad_head)?,
            risk: Risk::from_word(risk),
            message: optional_text(message, message_len),
            requirements: (first_requirement, requirement_count),
        },
        known: KnownFields { action, action_name, action_input, actor, actor_id, resource, resource_id, context },
        root,
        shared: SharedChecks::new((shared, shared_len)),
        fields: all(
            Section::Fields,
            of(Section::Fields),
            |[parent, key, key_len, key_hash, first_child, child_count, pointer, pointer_len, flags]| {
                let (key, pointer) = (text_ref(key, key_len), text_ref(pointer, pointer_len));
                Some(Field {
                    parent,
                    key,
                    key_hash,
                    first_child,
                    child_count,
                    pointer,
                    flags,
                    #[cfg(not(target_family = "wasm"))]
                    sought_in: NONE,
                })
            },
        )?,
        rules: all(Section::Rules, of(Section::Rules), |[id, id_len, packed, home, rest, extra]| {
            Some(Rule { id: text_ref(id, id_len), packed, home, rest, extra })
        })?,
        extras: all(Section::Extras, of(Section::Extras), |[message, message_len, first, count, tree]| {
            Some(Extra { message: optional_text(message, message_len), requirements: (first, count), tree })
        })?,
        nodes: all(Section::Nodes, of(Section::Nodes), |[op, a, b, c]| Some(Node { op: Op::from_word(op)?, a, b, c }))?,
        lists: all(Section::Lists, of(Section::Lists), |[first, whole, both, each]| Some(ListRecord { first, whole, both, each }))?,
        sets: all(Section::Sets, of(Section::Sets), |[flags, first, mask, number, numbers]| {
            Some(SetRecord { flags, slots: HashRange { first, mask }, numbers: (number, numbers) })
        })?,
        slots: all(Section::Slots, of(Section::Slots), |[tag, at, len]| Some(HashSlot { tag, text: TextRef { at, len } }))?,
        numbers: all::<NUMBER_WORDS, _>(Section::Numbers, of(Section::Numbers), Number::from_words)?,
        index_nodes: all(Section::IndexNodes, of(Section::IndexNodes), |[run, table, tables]| {
            Some(IndexNode { run, tables: (table, tables) })
        })?,
        tables: all(Section::Tables, of(Section::Tables), |[kind, field, first, extent, aux, aux_count, door, multipliers]| {
            let single = kind & TABLE_SINGLE != 0;
            Some(Table {
                kind: TableKind::from_word(kind & !(TABLE_SINGLE | TABLE_LINKED))?,
                single,
                #[cfg(not(target_family = "wasm"))]
                linked: kind & TABLE_LINKED != 0,
                field,
                first,
                extent,
                aux: (aux, aux_count),
                door,
                multipliers,
                places: Places::of(extent),
                #[cfg(not(target_family = "wasm"))]
                edges: (0, 0),
            })
        })?,
        #[cfg(not(target_family = "wasm"))]
        edges: Vec::new(),
        #[cfg(not(target_family = "wasm"))]
        whole: None,
        #[cfg(not(target_family = "wasm"))]
        in_waves: false,
        entry_mask,
        keys: words(of(Section::Keys))?,
        runs: words(of(Section::Runs))?,
        requirements: all(Section::Requirements, of(Section::Requirements), |[at, len]| Some(TextRef { at, len }))?,
        automata: all(Section::Automata, of(Section::Automata), |[classes, stride, transitions, states, start, accepts]| {
            Some(AutomatonRecord { classes, stride, transitions, states, start, accepts })
        })?,
        words: words(of(Section::Words))?,
        text: text.into_boxed_slice(),
        sources: sources::read(of(Section::Sources))?.ok_or_else(|| LoadError::section(Section::Sources))?,
    })
}
