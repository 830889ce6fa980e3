//! A loaded policy: the artifact's records, checked.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::artifact::SourceText;
use crate::artifact::format::{
    NONE, Op, REST_LEN_SHIFT, RULE_DECISION_MASK, RULE_ENFORCED, RULE_LIFTS, RULE_PROPERTIES_MASK, RULE_RISK_MASK, RULE_RISK_SHIFT,
    TableKind,
};
use crate::artifact::places::Places;
use crate::decision::{Risk, Verdict};
#[cfg(not(target_family = "wasm"))]
use crate::index::{Edge, Whole};
use crate::json::Number;
use crate::run::{Check, Checks, Conditions, Posting};
use crate::shared::SharedChecks;

/// A policy ready to decide. Immutable: share it between threads, and give each its own [`crate::Scratch`].
#[derive(Debug)]
pub struct Policy {
    pub(crate) digest: [u8; 32],
    pub(crate) artifact_digest: [u8; 32],
    pub(crate) artifact_len_bytes: usize,
    pub(crate) default: DefaultRule,
    pub(crate) known: KnownFields,
    pub(crate) root: u32,
    pub(crate) shared: SharedChecks,
    pub(crate) fields: Vec<Field>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) extras: Vec<Extra>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) lists: Vec<ListRecord>,
    pub(crate) sets: Vec<SetRecord>,
    pub(crate) slots: Vec<HashSlot>,
    pub(crate) numbers: Vec<Number>,
    pub(crate) index_nodes: Vec<IndexNode>,
    pub(crate) tables: Vec<Table>,
    #[cfg(not(target_family = "wasm"))]
    pub(crate) edges: Vec<Edge>,
    /// See [`Policy::judge_at_once`].
    #[cfg(not(target_family = "wasm"))]
    pub(crate) whole: Option<Whole>,
    /// The index is walked level by level.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) in_waves: bool,
    /// The bits of a slot that say where its entry is.
    pub(crate) entry_mask: u32,
    /// Slots of tables, see [`Policy::entry_of`].
    pub(crate) keys: Vec<u32>,
    pub(crate) runs: Vec<u32>,
    pub(crate) requirements: Vec<TextRef>,
    pub(crate) automata: Vec<AutomatonRecord>,
    pub(crate) words: Vec<u32>,
    pub(crate) text: Box<[u8]>,
    pub(crate) sources: Vec<SourceText>,
}

/// A range of the text section, known to be inside it and to be UTF-8 where it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TextRef {
    pub at: u32,
    pub len: u32,
}

#[derive(Debug)]
pub(crate) struct DefaultRule {
    pub verdict: Verdict,
    pub risk: Option<Risk>,
    pub message: Option<TextRef>,
    pub requirements: (u32, u32),
}

/// The fields that every request has a place for, whether the policy reads them or not.
#[derive(Debug)]
pub(crate) struct KnownFields {
    pub action: u32,
    pub action_name: u32,
    pub action_input: u32,
    pub actor: u32,
    pub actor_id: u32,
    pub resource: u32,
    pub resource_id: u32,
    pub context: u32,
}

#[derive(Debug)]
pub(crate) struct Field {
    pub parent: u32,
    pub key: TextRef,
    pub key_hash: u32,
    pub first_child: u32,
    pub child_count: u32,
    pub pointer: TextRef,
    pub flags: u32,
    /// The table that the root of the index has for whole texts of this field, if its slots are worth asking for ahead, else
    /// [`NONE`].
    #[cfg(not(target_family = "wasm"))]
    pub sought_in: u32,
}

#[derive(Debug)]
pub(crate) struct Rule {
    pub id: TextRef,
    /// Its properties, and the length of its rest.
    pub packed: u32,
    /// The word of the posting that has all it asks but for its rest, or [`NONE`].
    pub home: u32,
    /// The word of its rest, if that is any longer than nothing.
    pub rest: u32,
    /// [`NONE`] if it has nothing of the kind.
    pub extra: u32,
}

impl Rule {
    pub(crate) fn properties(&self) -> Properties {
        Properties(self.packed & RULE_PROPERTIES_MASK)
    }

    /// Where its rest stands, and how many words it is.
    pub(crate) fn rest(&self) -> (u32, u32) {
        (self.rest, self.packed >> REST_LEN_SHIFT)
    }
}

/// What few rules have.
#[derive(Debug)]
pub(crate) struct Extra {
    pub message: Option<TextRef>,
    pub requirements: (u32, u32),
    /// The rule's conditions with their nesting kept, for requests with an array on the way to a field. [`NONE`] if no
    /// field of the rule lies deep enough for that.
    pub tree: u32,
}

impl Extra {
    const NOTHING: Extra = Extra { message: None, requirements: (0, 0), tree: NONE };
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub op: Op,
    pub a: u32,
    pub b: u32,
    pub c: u32,
}

/// A list pattern's alternatives, adjacent nodes in three groups.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListRecord {
    pub first: u32,
    /// Asked of the value alone.
    pub whole: u32,
    /// [`Op::Both`].
    pub both: u32,
    /// Asked of each element alone.
    pub each: u32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct SetRecord {
    pub flags: u32,
    pub slots: HashRange,
    pub numbers: (u32, u32),
}

/// A power-of-two range of hash slots with at least one empty one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HashRange {
    pub first: u32,
    pub mask: u32,
}

/// A member of a set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HashSlot {
    pub tag: u32,
    pub text: TextRef,
}

impl HashSlot {
    pub(crate) fn is_empty(&self) -> bool {
        self.text.at == NONE
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct IndexNode {
    /// First word of its postings, or [`NONE`].
    pub run: u32,
    pub tables: (u32, u32),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    pub kind: TableKind,
    /// An array at the field is in doubt.
    pub single: bool,
    /// See [`crate::artifact::format::TABLE_LINKED`].
    #[cfg(not(target_family = "wasm"))]
    pub linked: bool,
    pub field: u32,
    pub first: u32,
    /// Number of key slots, or of positions of a range table.
    pub extent: u32,
    pub aux: (u32, u32),
    /// Index node or run with the restrictive rules of this table, entered when the field is in doubt.
    pub door: u32,
    /// The first of its multipliers among the words.
    pub multipliers: u32,
    /// Which of its slots is a key's.
    pub places: Places,
    /// See [`Policy::find_edges`].
    #[cfg(not(target_family = "wasm"))]
    pub edges: (u32, u32),
}

/// What a rule is, apart from its conditions: it stands in the rule and, to save a look, in each of its postings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Properties(pub u32);

impl Properties {
    pub(crate) fn verdict(self) -> Verdict {
        const ALL: [Verdict; 4] = [Verdict::Allow, Verdict::ApprovalRequired, Verdict::ClarificationRequired, Verdict::Deny];
        // INVARIANT: the mask leaves no other.
        ALL.get((self.0 & RULE_DECISION_MASK) as usize).copied().unwrap_or(Verdict::Deny)
    }

    pub(crate) fn risk(self) -> Option<Risk> {
        Risk::from_word(self.0 >> RULE_RISK_SHIFT & RULE_RISK_MASK)
    }

    pub(crate) fn enforced(self) -> bool {
        self.0 & RULE_ENFORCED != 0
    }

    pub(crate) fn lifts(self) -> bool {
        self.0 & RULE_LIFTS != 0
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct AutomatonRecord {
    pub classes: u32,
    pub stride: u32,
    pub transitions: u32,
    pub states: u32,
    pub start: u32,
    pub accepts: u32,
}

#[cfg(not(target_family = "wasm"))]
impl Table {
    /// Whether its keys have links.
    pub(crate) fn has_links(&self) -> bool {
        self.linked && self.kind == TableKind::Exact
    }
}

impl Policy {
    /// SHA-256 of the canonical serialisation of the checked rules: the policy's identity.
    #[must_use]
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// SHA-256 of the artifact this policy was loaded from.
    #[must_use]
    pub fn artifact_digest(&self) -> &[u8; 32] {
        &self.artifact_digest
    }

    /// Size of the artifact in bytes.
    #[must_use]
    pub fn artifact_len_bytes(&self) -> usize {
        self.artifact_len_bytes
    }

    /// Number of rules, shadow rules included.
    #[must_use]
    pub fn rule_count(&self) -> usize {
        self.rules.len()
    }

    pub(crate) fn bytes(&self, text: TextRef) -> &[u8] {
        let (at, len) = (text.at as usize, text.len as usize);
        self.text.get(at..at.wrapping_add(len)).unwrap_or(&[])
    }

    pub(crate) fn str(&self, text: TextRef) -> &str {
        core::str::from_utf8(self.bytes(text)).unwrap_or("")
    }

    pub(crate) fn extra(&self, rule: &Rule) -> &Extra {
        self.extras.get(rule.extra as usize).unwrap_or(&Extra::NOTHING)
    }

    /// The checks that a rule shares with others, and then its own.
    #[inline(never)]
    pub(crate) fn each_check<'p>(&'p self, rule: &Rule, each: &mut dyn FnMut(Check<'p>)) {
        let (mask, own) = self.conditions(rule.home, rule.rest());
        self.shared.among(&self.runs, mask).for_each(&mut *each);
        own.for_each(each);
    }

    /// All that a rule asks whose home and rest these are: the mask of the shared checks that it has, and its own checks.
    #[cfg_attr(target_family = "wasm", inline(never))]
    #[cfg_attr(not(target_family = "wasm"), inline)]
    pub(crate) fn conditions(&self, home: u32, rest: (u32, u32)) -> (u32, Conditions<'_>) {
        let rest = range(&self.runs, rest);
        let (mask, rest) = rest.split_first().map_or((0, rest), |(mask, own)| (*mask, own));
        let home = Posting::at(&self.runs, home as usize);
        let (of_home, home) = home.map_or_else(Default::default, |home| (home.mask, home.checks()));
        (mask | of_home, Conditions::new(&self.runs, Checks::new(rest), home))
    }

    pub(crate) fn field(&self, field: u32) -> Option<&Field> {
        self.fields.get(field as usize)
    }

    pub(crate) fn words(&self, first: u32, count: u32) -> &[u32] {
        range(&self.words, (first, count))
    }
}

/// The records `first .. first + count`; empty if the range is not inside, which loading has ruled out.
pub(crate) fn range<T>(all: &[T], (first, count): (u32, u32)) -> &[T] {
    let first = first as usize;
    all.get(first..first.wrapping_add(count as usize)).unwrap_or(&[])
}
