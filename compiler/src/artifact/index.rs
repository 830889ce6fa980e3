//! The index as records, and the runs of postings that it leads to.

use std::collections::BTreeMap;

use toolgate_runtime::artifact::format::{
    CHILD_IS_RUN, ENTRY_IS_NODE, FIELD_NUMERIC, FIELD_READ, FIELD_SOUGHT, NONE, POSTING_LAST, POSTING_LEN_SHIFT, POSTING_REFERS, Section,
    TABLE_SINGLE, TableKind,
};
use toolgate_runtime::json::hash::hash;

use super::EncodeError;
use super::candidates::Candidates;
use super::checks::in_words;
use super::sections::{Sections, home, tag};
use crate::plan::fields::FieldTree;
use crate::plan::index::{Content, Index, Node, Nodes, Table};

/// Writes an index.
pub(super) struct Writer<'s> {
    sections: &'s mut Sections,
    fields: &'s mut FieldTree,
    rules: &'s Candidates,
    index: &'s Index,
    /// A posting's own checks, while it is written.
    own: Vec<u32>,
    /// All that each rule asks, in the order in which the index first names the rules: checking an artifact compares every
    /// posting with its rule, and walks both in order.
    conditions: Vec<u32>,
    /// Where a rule's stand among them, and how many words they are; none of a rule not yet named.
    places: Vec<(usize, usize)>,
}

impl<'s> Writer<'s> {
    pub(super) fn new(sections: &'s mut Sections, fields: &'s mut FieldTree, rules: &'s Candidates, index: &'s Index) -> Self {
        Self { sections, fields, rules, index, own: Vec::new(), conditions: Vec::new(), places: vec![(0, 0); rules.len()] }
    }

    /// Writes an index, and behind it all that the rules ask. Returns the index's root, and of each rule where what it asks
    /// stands, and how many words it is.
    pub(super) fn write(mut self) -> Result<(u32, Vec<(u32, u32)>), EncodeError> {
        let (at, root) = (self.node(), &self.index.root);
        // What is looked up in every request may be hashed while that is read; tables further down are seldom met.
        for table in root.tables.iter().filter(|table| matches!(table.content, Content::Exact(_))) {
            self.fields.mark(table.field, FIELD_SOUGHT);
        }
        self.index_node(at, root, false);
        for rule in (0..).take(self.rules.len()) {
            self.name(rule);
        }
        // INVARIANT: a rule has at most `CONDITIONS_MAX` checks, of few words each.
        if !self.rules.fit() {
            return Err(EncodeError::TooLarge);
        }
        let first = self.sections.runs(&self.conditions);
        let places = self.places.iter().map(|(at, len)| (self.sections.count(*at).saturating_add(first), self.sections.count(*len)));
        Ok((at, places.collect()))
    }

    /// Writes down all that a rule asks when it is first named.
    fn name(&mut self, rule: u32) {
        let Some(place @ (_, 0)) = self.places.get_mut(rule as usize) else { return };
        let at = self.conditions.len();
        self.conditions.push(0);
        let mask = self.rules.split(rule, 0, &mut self.conditions);
        if let Some(first) = self.conditions.get_mut(at) {
            *first = mask;
        }
        *place = (at, self.conditions.len().saturating_sub(at));
    }

    /// Makes a place for a node that is still to be filled in.
    fn node(&mut self) -> u32 {
        self.sections.reserve(Section::IndexNodes, 1, [NONE, 0, 0])
    }

    // Depth is limited by the index builder.
    fn index_node(&mut self, at: u32, node: &Node, is_door: bool) {
        let run = if node.has_postings() { self.run(node, is_door) } else { NONE };
        let first_table = self.sections.reserve(Section::Tables, node.tables.len(), [0; 7]);
        let tables = self.sections.count(node.tables.len());
        self.sections.set(Section::IndexNodes, at, [run, first_table, tables]);
        for (at, table) in (first_table..).zip(&node.tables) {
            self.table(at, table, is_door);
        }
    }

    /// A run of postings, and where it begins. What stands behind a door is seldom entered, so it does not repeat the checks.
    fn run(&mut self, node: &Node, is_door: bool) -> u32 {
        let first = self.sections.runs(&[]);
        let (postings, mut own) = (self.index.postings(node), std::mem::take(&mut self.own));
        let count = postings.len();
        for (position, posting) in postings.iter().enumerate() {
            let Some(properties) = self.rules.properties(posting.rule) else { continue };
            self.name(posting.rule);
            let last = if position.saturating_add(1) == count { POSTING_LAST } else { 0 };
            let (refers, proven) = if is_door { (POSTING_REFERS, 0) } else { (0, posting.proven) };
            own.clear();
            let mask = self.rules.split(posting.rule, proven, &mut own);
            if is_door {
                own.clear();
            }
            let len = self.sections.count(own.len());
            self.sections.runs(&[posting.rule, properties | len << POSTING_LEN_SHIFT | last | refers, mask]);
            self.sections.runs(&own);
        }
        self.own = own;
        first
    }

    /// Makes a place for what stands behind a door or a position: a run of postings at once, or a node to be filled in.
    fn child(&mut self, node: &Node, is_door: bool) -> u32 {
        if is_run(node) { self.run(node, is_door) | CHILD_IS_RUN } else { self.node() }
    }

    /// The same behind a key: the word of the entry, and the node if it is one.
    fn entry(&mut self, key: &[u8], node: &Node, is_door: bool) -> (u32, u32) {
        let len = self.sections.count(key.len());
        let is_node = !is_run(node);
        let at = self.sections.runs(&[len | if is_node { ENTRY_IS_NODE } else { 0 }]);
        self.sections.runs_of(in_words(key));
        if is_node {
            let node = self.node();
            self.sections.runs(&[node]);
            return (at, node);
        }
        self.run(node, is_door);
        (at, NONE)
    }

    fn table(&mut self, at: u32, table: &Table, is_door: bool) {
        let mut to_fill: Vec<(u32, &Node)> = Vec::new();
        let (kind, first, extent, aux) = match &table.content {
            Content::Exact(nodes) => {
                let (first, extent) = self.keys(nodes, is_door, &mut to_fill);
                self.fields.mark(table.field, FIELD_READ);
                (TableKind::Exact, first, extent, (0, 0))
            }
            Content::Prefix(nodes) | Content::Suffix(nodes) | Content::Part(nodes) => {
                let kind = match table.content {
                    Content::Prefix(_) => TableKind::Prefix,
                    Content::Suffix(_) => TableKind::Suffix,
                    _ => TableKind::Part,
                };
                let (first, extent) = self.keys(nodes, is_door, &mut to_fill);
                let affixes = affixes(kind, nodes.iter().map(|(key, _)| self.index.key(*key)));
                let count = self.sections.count(affixes.len());
                let words: Vec<u32> = affixes.into_iter().flat_map(|(len, bits)| std::iter::once(len).chain(bits)).collect();
                self.fields.mark(table.field, FIELD_READ);
                (kind, first, extent, (self.sections.words(&words).0, count))
            }
            Content::Range { bounds, nodes } => {
                self.fields.mark(table.field, FIELD_READ | FIELD_NUMERIC);
                let mut ids = Vec::with_capacity(nodes.len());
                for node in nodes {
                    ids.push(node.as_ref().map_or(NONE, |node| self.child(node, is_door)));
                }
                to_fill.extend(
                    ids.iter().zip(nodes).filter(|(id, _)| *id & CHILD_IS_RUN == 0).filter_map(|(id, node)| Some((*id, node.as_ref()?))),
                );
                let (first, _) = self.sections.words(&ids);
                (TableKind::Range, first, self.sections.count(nodes.len() / 2), self.sections.number_run(bounds.iter()))
            }
        };
        let kind = kind as u32 | if table.single { TABLE_SINGLE } else { 0 };
        for (id, node) in to_fill {
            self.index_node(id, node, is_door);
        }
        let door = match table.door.as_deref() {
            None => NONE,
            Some(door) => {
                let id = self.child(door, true);
                if id & CHILD_IS_RUN == 0 {
                    self.index_node(id, door, true);
                }
                id
            }
        };
        self.sections.set(Section::Tables, at, [kind, table.field, first, extent, aux.0, aux.1, door]);
    }

    /// Hash slots of a table, with an entry for each key. Nodes are left to be filled in.
    fn keys<'n>(&mut self, nodes: &'n Nodes, is_door: bool, to_fill: &mut Vec<(u32, &'n Node)>) -> (u32, u32) {
        let taken = nodes.len();
        let free = if taken <= ROOMY_KEYS_MAX { taken.saturating_mul(3) } else { taken / 2 };
        let size = taken.saturating_add(free).saturating_add(1);
        let first = self.sections.reserve(Section::Keys, size, [0, NONE]);
        let extent = self.sections.count(size);
        let index = self.index;
        let mut slots: Vec<Option<(u64, &[u8], &'n Node)>> = vec![None; size];
        for (key, node) in nodes {
            let key = index.key(*key);
            let hash = hash(key);
            // The upper half of the hash, as a fraction of the whole.
            let mut slot = usize::try_from(u64::from(home(hash)).saturating_mul(u64::from(extent)) >> 32).unwrap_or(0);
            while slots.get(slot).is_some_and(Option::is_some) {
                slot = slot.saturating_add(1).checked_rem(size).unwrap_or(0);
            }
            if let Some(place) = slots.get_mut(slot) {
                *place = Some((hash, key, node));
            }
        }
        // Entries stand in the order of their slots, in which checking an artifact reads them.
        for (slot, taken) in (first..).zip(slots) {
            let Some((hash, key, node)) = taken else { continue };
            let (entry, id) = self.entry(key, node, is_door);
            if id != NONE {
                to_fill.push((id, node));
            }
            self.sections.set(Section::Keys, slot, [tag(hash), entry]);
        }
        (first, extent)
    }
}

/// Of the slots of a table of up to so many keys, a quarter are taken, so that most look-ups end at the first slot; of larger ones two
/// thirds, because there the memory counts.
const ROOMY_KEYS_MAX: usize = 1 << 14;

/// Whether a node is nothing but postings.
fn is_run(node: &Node) -> bool {
    node.tables.is_empty() && node.has_postings()
}

/// The lengths of a table's keys, ascending, each with the bytes at which its keys end (of suffixes: begin).
fn affixes<'k>(kind: TableKind, keys: impl Iterator<Item = &'k [u8]>) -> BTreeMap<u32, [u32; 8]> {
    let mut lengths: BTreeMap<u32, [u32; 8]> = BTreeMap::new();
    for key in keys {
        let edge = if kind == TableKind::Suffix { key.first() } else { key.last() };
        // INVARIANT: keys are cut far below what a `u32` holds.
        let bits = lengths.entry(u32::try_from(key.len()).unwrap_or(u32::MAX)).or_default();
        if let Some((edge, bits)) = edge.and_then(|edge| Some((edge, bits.get_mut(usize::from(edge >> 5))?))) {
            *bits |= 1 << (edge & 31);
        }
    }
    lengths
}
