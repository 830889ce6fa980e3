//! The index as records.

use std::collections::BTreeMap;

use toolgate_runtime::artifact::format::{
    CHILD_IS_RUN, FIELD_HASHED, FIELD_NUMERIC, FIELD_READ, NONE, POSTING_COUNT_MASK, POSTING_LAST, POSTING_PROPERTIES_SHIFT, RULE_WORDS,
    Section, TABLE_SINGLE, TableKind,
};

use super::EncodeError;
use super::sections::Sections;
use crate::plan::fields::FieldTree;
use crate::plan::index::{Content, Node, Table};

impl Sections {
    /// Writes an index and returns its root.
    pub(super) fn index(&mut self, root: &Node, fields: &mut FieldTree) -> Result<u32, EncodeError> {
        let at = self.reserve(Section::IndexNodes, 1, [0; 4]);
        self.index_node(at, root, fields);
        Ok(at)
    }

    // Depth is limited by the index builder.
    fn index_node(&mut self, at: u32, node: &Node, fields: &mut FieldTree) {
        let (first_posting, postings) = self.postings(node);
        let first_table = self.reserve(Section::Tables, node.tables.len(), [0; 7]);
        let tables = self.count(node.tables.len());
        self.set(Section::IndexNodes, at, [first_posting, postings, first_table, tables]);
        for (at, table) in (first_table..).zip(&node.tables) {
            self.table(at, table, fields);
        }
    }

    /// A run of postings, each with what its rule says repeated.
    fn postings(&mut self, node: &Node) -> (u32, u32) {
        let first = self.len(Section::Postings);
        let count = node.postings.len();
        for (position, posting) in node.postings.iter().enumerate() {
            let rule = self.get::<RULE_WORDS>(Section::Rules, posting.rule).unwrap_or_default();
            let [.., properties, _, _, conjunct, conjuncts, _] = rule;
            let last = if position.saturating_add(1) == count { POSTING_LAST } else { 0 };
            let packed = conjuncts & POSTING_COUNT_MASK | properties << POSTING_PROPERTIES_SHIFT | last;
            self.push(Section::Postings, [posting.rule, posting.proven, conjunct, packed]);
        }
        (first, self.count(count))
    }

    /// Makes a place for what stands behind a key: a run of postings at once, or a node to be filled in.
    fn child(&mut self, node: &Node) -> u32 {
        if node.tables.is_empty() && !node.postings.is_empty() {
            return self.postings(node).0 | CHILD_IS_RUN;
        }
        self.reserve(Section::IndexNodes, 1, [0; 4])
    }

    fn table(&mut self, at: u32, table: &Table, fields: &mut FieldTree) {
        let (kind, children): (_, Vec<Option<&Node>>) = match &table.content {
            Content::Exact(nodes) => (TableKind::Exact, nodes.values().map(Some).collect()),
            Content::Prefix(nodes) => (TableKind::Prefix, nodes.values().map(Some).collect()),
            Content::Suffix(nodes) => (TableKind::Suffix, nodes.values().map(Some).collect()),
            Content::Range { nodes, .. } => (TableKind::Range, nodes.iter().map(Option::as_ref).collect()),
        };
        let ids: Vec<u32> =
            children.iter().map(|child| if child.is_some() { self.reserve(Section::IndexNodes, 1, [0; 4]) } else { NONE }).collect();
        let door = table.door.as_deref().map_or(NONE, |door| self.child(door));
        let (first, extent, aux) = match &table.content {
            Content::Exact(nodes) | Content::Prefix(nodes) | Content::Suffix(nodes) => {
                let (first, mask) = self.hash_table(nodes.keys().map(Vec::as_slice).zip(ids.iter().copied()));
                let affixes = if kind == TableKind::Exact { BTreeMap::new() } else { affixes(kind, nodes.keys()) };
                let count = self.count(affixes.len());
                let words: Vec<u32> = affixes.into_iter().flat_map(|(len, bits)| std::iter::once(len).chain(bits)).collect();
                let aux = (self.words(&words).0, count);
                fields.mark(table.field, if kind == TableKind::Exact { FIELD_READ | FIELD_HASHED } else { FIELD_READ });
                (first, mask, aux)
            }
            Content::Range { bounds, nodes } => {
                fields.mark(table.field, FIELD_READ | FIELD_NUMERIC);
                let (first, _) = self.words(&ids);
                (first, self.count(nodes.len() / 2), self.number_run(bounds.iter()))
            }
        };
        let kind = kind as u32 | if table.single { TABLE_SINGLE } else { 0 };
        self.set(Section::Tables, at, [kind, table.field, first, extent, aux.0, aux.1, door]);
        for (id, child) in ids.iter().zip(children) {
            if let Some(child) = child
                && id & CHILD_IS_RUN == 0
            {
                self.index_node(*id, child, fields);
            }
        }
        if let Some(node) = &table.door
            && door & CHILD_IS_RUN == 0
        {
            self.index_node(door, node, fields);
        }
    }
}

/// The lengths of a table's keys, ascending, each with the bytes at which its keys end (of suffixes: begin).
fn affixes<'k>(kind: TableKind, keys: impl Iterator<Item = &'k Vec<u8>>) -> BTreeMap<u32, [u32; 8]> {
    let mut lengths: BTreeMap<u32, [u32; 8]> = BTreeMap::new();
    for key in keys {
        let edge = if kind == TableKind::Prefix { key.last() } else { key.first() };
        // INVARIANT: keys are cut far below what a `u32` holds.
        let bits = lengths.entry(u32::try_from(key.len()).unwrap_or(u32::MAX)).or_default();
        if let Some((edge, bits)) = edge.and_then(|edge| Some((edge, bits.get_mut(usize::from(edge >> 5))?))) {
            *bits |= 1 << (edge & 31);
        }
    }
    lengths
}
