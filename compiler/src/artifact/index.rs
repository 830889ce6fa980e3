//! The index as records, and the runs of postings that it leads to.

use std::collections::BTreeMap;

use toolgate_runtime::artifact::format::{
    CHECK_LEN_MAX, CHECK_LEN_SHIFT, CHECK_NUMBER_MAX, CHECK_NUMBER_SHIFT, CHECK_OF_ENTRY, CHILD_IS_RUN, CheckOp, ENTRY_HAS_NEXT,
    ENTRY_IS_NODE, ENTRY_LINKS_SHIFT, FIELD_NUMERIC, FIELD_READ, FIELD_SOUGHT, NONE, POSTING_LAST, POSTING_LEN_SHIFT, POSTING_REFERS,
    POSTING_WORDS, Section, Shape, TABLE_LINKED, TABLE_SINGLE, TABLE_WORDS, TableKind,
};
use toolgate_runtime::json::hash::hash;

use super::EncodeError;
use super::candidates::{Candidates, in_order};
use super::checks::in_words;
use super::links::Links;
use super::sections::{Sections, tag};
use super::slots::Slots;
use crate::plan::fields::FieldTree;
use crate::plan::index::{Content, Index, Node, Nodes, Posting, Table};
use crate::plan::keys::KeyKind;

/// Writes an index.
pub(super) struct Writer<'s, 'n> {
    sections: &'s mut Sections,
    fields: &'s mut FieldTree,
    rules: &'s Candidates,
    index: &'n Index,
    /// The own checks of a posting or a rest, while it is written.
    own: Vec<u32>,
    /// The entries on the way to what is being written.
    way: Vec<Entry<'n>>,
    /// The rests of the homes written so far.
    rests: Vec<u32>,
    /// Of each rule.
    places: Vec<Place>,
    /// The slots of all tables that have a key: which it is, the lower half of the key's hash, and the word of its entry.
    slots: Vec<(u32, u32, u32)>,
    /// Keys that share a slot have all the same lower half of their hashes.
    is_told_by_tag: bool,
    /// Why a table cannot be written, if one cannot.
    refusal: Option<EncodeError>,
}

/// What is to be known of an index that was written.
pub(super) struct Written {
    pub root: u32,
    /// What a slot of a table says of its entry.
    pub entry_mask: u32,
    /// Of each rule where what it asks stands.
    pub places: Vec<Place>,
}

/// A key of a table, and the word of its entry.
#[derive(Clone, Copy)]
struct Entry<'n> {
    at: u32,
    key: &'n [u8],
}

/// So many words of postings that links would lead to stand behind a key itself: as many as a cache line has.
const TAKEN_IN_WORDS: usize = 16;

/// What a key has for the tables of affixes beside its own.
#[derive(Default)]
struct Beside {
    /// Words of entries.
    links: Vec<u32>,
    /// Few enough to be repeated.
    postings: Vec<Posting>,
}

/// A node that is still to be filled in, and the entry that leads to it, if one does.
type ToFill<'n> = (u32, &'n Node, Option<Entry<'n>>);

/// Where what a rule asks is written.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The word of its home, or none.
    pub home: u32,
    /// What the way to its home has proven.
    proven: u32,
    /// The word of its rest, or none if that is empty.
    pub rest: u32,
    pub rest_len: u32,
}

impl<'s, 'n> Writer<'s, 'n> {
    pub(super) fn new(sections: &'s mut Sections, fields: &'s mut FieldTree, rules: &'s Candidates, index: &'n Index) -> Self {
        let places = vec![Place { home: NONE, proven: 0, rest: NONE, rest_len: 0 }; rules.len()];
        Self {
            sections,
            fields,
            rules,
            index,
            own: Vec::new(),
            way: Vec::new(),
            rests: Vec::new(),
            places,
            slots: Vec::new(),
            is_told_by_tag: true,
            refusal: None,
        }
    }

    /// Writes an index, and behind it the rests of the rules.
    pub(super) fn write(mut self) -> Result<Written, EncodeError> {
        let index = self.index;
        let (at, root) = (self.node(), &index.root);
        // What is looked up in every request may be hashed while that is read; tables further down are seldom met.
        for table in root.tables.iter().filter(|table| matches!(table.content, Content::Exact(_))) {
            self.fields.mark(table.field, FIELD_SOUGHT);
        }
        self.index_node(at, root, false);
        // INVARIANT: a rule has at most `CONDITIONS_MAX` checks, of few words each.
        if !self.rules.fit() {
            return Err(EncodeError::TooLarge);
        }
        if let Some(refusal) = self.refusal {
            return Err(refusal);
        }
        // In the order of the homes, in which checking an artifact reads them.
        let rests = self.sections.runs(&self.rests);
        for (rule, place) in (0..).zip(&mut self.places) {
            if place.home != NONE {
                place.rest = if place.rest_len == 0 { NONE } else { place.rest.saturating_add(rests) };
                continue;
            }
            // What nothing can meet, or only behind doors.
            self.own.clear();
            self.own.push(0);
            let mask = self.rules.split(self.rules.unproven(rule, 0), &mut self.own);
            if let Some(first) = self.own.first_mut() {
                *first = mask;
            }
            place.rest_len = self.sections.count(self.own.len());
            place.rest = self.sections.runs(&self.own);
        }
        Ok(Written { root: at, entry_mask: self.fill_slots(), places: self.places })
    }

    /// Makes the posting that is written next the home of its rule if the rule has none, and keeps what it leaves out.
    fn settle(&mut self, rule: u32, proven: u32) {
        let home = self.sections.runs(&[]);
        let Some(place) = self.places.get_mut(rule as usize).filter(|place| place.home == NONE) else { return };
        self.own.clear();
        let mask = self.rules.split(self.rules.proven(rule, proven), &mut self.own);
        let rest = self.sections.count(self.rests.len());
        if mask != 0 || !self.own.is_empty() {
            self.rests.push(mask);
            for check in in_order(&self.own) {
                match self.way.iter().find_map(|entry| entry.named_by(check)) {
                    Some(named) => self.rests.extend(named),
                    None => self.rests.extend_from_slice(check),
                }
            }
        }
        let rest_len = self.sections.count(self.rests.len()).saturating_sub(rest);
        *place = Place { home, proven, rest, rest_len };
    }

    /// Makes a place for a node that is still to be filled in.
    fn node(&mut self) -> u32 {
        self.sections.reserve(Section::IndexNodes, 1, [NONE, 0, 0])
    }

    // Depth is limited by the index builder.
    fn index_node(&mut self, at: u32, node: &'n Node, is_door: bool) {
        let run = if node.has_postings() { self.run(self.index.postings(node), is_door) } else { NONE };
        let first_table = self.sections.reserve(Section::Tables, node.tables.len(), [0; TABLE_WORDS]);
        let tables = self.sections.count(node.tables.len());
        self.sections.set(Section::IndexNodes, at, [run, first_table, tables]);
        let mut links = Links::of(self.index, node);
        for position in links.in_order(node.tables.len()).collect::<Vec<_>>() {
            if let Some(table) = node.tables.get(position) {
                let at = first_table.saturating_add(self.sections.count(position));
                self.table(at, (position, table), is_door, &mut links);
            }
        }
    }

    /// A run of postings, and where it begins. What stands behind a door is seldom entered, so it does not repeat the checks.
    fn run(&mut self, postings: &[Posting], is_door: bool) -> u32 {
        let first = self.sections.runs(&[]);
        let count = postings.len();
        for (position, posting) in postings.iter().enumerate() {
            let Some(properties) = self.rules.properties(posting.rule) else { continue };
            let last = if position.saturating_add(1) == count { POSTING_LAST } else { 0 };
            let (refers, proven) = if is_door { (POSTING_REFERS, 0) } else { (0, posting.proven) };
            if !is_door {
                self.settle(posting.rule, proven);
            }
            let of_home = self.places.get(posting.rule as usize).map_or(0, |place| place.proven);
            self.own.clear();
            let mask = self.rules.split(self.rules.of_posting(posting.rule, proven, of_home), &mut self.own);
            if is_door {
                self.own.clear();
            }
            let len = self.sections.count(self.own.len());
            self.sections.runs(&[posting.rule, properties | len << POSTING_LEN_SHIFT | last | refers, mask]);
            self.sections.runs(&self.own);
        }
        first
    }

    /// How many words a node is as a run, if it is one of so many at most.
    fn run_len(&self, node: &Node, most: usize) -> Option<usize> {
        let postings = self.index.postings(node);
        let len = |posting: &Posting| self.rules.own_len(self.rules.unproven(posting.rule, posting.proven)).saturating_add(POSTING_WORDS);
        if !is_run(node) || postings.len().saturating_mul(POSTING_WORDS) > most {
            return None;
        }
        Some(postings.iter().map(len).fold(0, usize::saturating_add)).filter(|len| *len <= most)
    }

    /// Finds what the key with a node has for the tables of affixes beside its own.
    fn beside(&self, all: impl Iterator<Item = (u32, &'n Node)>, node: &Node, beside: &mut Beside) {
        beside.links.clear();
        beside.postings.clear();
        let mut room = if is_run(node) { TAKEN_IN_WORDS } else { 0 };
        for (entry, behind) in all {
            match self.run_len(behind, room) {
                Some(len) => {
                    room = room.saturating_sub(len);
                    beside.postings.extend_from_slice(self.index.postings(behind));
                }
                None => beside.links.push(entry),
            }
        }
        if !beside.postings.is_empty() {
            beside.postings.extend_from_slice(self.index.postings(node));
            // In document order, in which they are told.
            beside.postings.sort_by_key(|posting| posting.rule);
        }
    }

    /// Makes a place for what stands behind a door or a position: a run of postings at once, or a node to be filled in.
    fn child(&mut self, node: &Node, is_door: bool) -> u32 {
        if is_run(node) { self.run(self.index.postings(node), is_door) | CHILD_IS_RUN } else { self.node() }
    }

    /// The same behind a key: the word of the entry, and the node if it is one.
    fn entry(&mut self, key: &'n [u8], beside: &Beside, next: Option<u32>, node: &Node, is_door: bool) -> (u32, u32) {
        let len = self.sections.count(key.len());
        let is_node = !is_run(node);
        let flags = if is_node { ENTRY_IS_NODE } else { 0 }
            | if next.is_some() { ENTRY_HAS_NEXT } else { 0 }
            | self.sections.count(beside.links.len()) << ENTRY_LINKS_SHIFT;
        self.sections.runs(&beside.links);
        let at = self.sections.runs(&[len | flags]);
        self.sections.runs_of(in_words(key));
        self.sections.runs(next.as_slice());
        if is_node {
            let node = self.node();
            self.sections.runs(&[node]);
            return (at, node);
        }
        self.way.push(Entry { at, key });
        self.run(if beside.postings.is_empty() { self.index.postings(node) } else { &beside.postings }, is_door);
        self.way.pop();
        (at, NONE)
    }

    fn table(&mut self, at: u32, (position, table): (usize, &'n Table), is_door: bool, links: &mut Links<'n>) {
        let mut to_fill: Vec<ToFill<'n>> = Vec::new();
        let (kind, keys, aux) = match &table.content {
            Content::Exact(nodes) => {
                let keys = self.keys(TableKind::Exact, (position, nodes), is_door, links, &mut to_fill);
                self.fields.mark(table.field, FIELD_READ);
                (TableKind::Exact, keys, (0, 0))
            }
            Content::Prefix(nodes) | Content::Suffix(nodes) | Content::Part(nodes) | Content::Said(_, nodes) => {
                let kind = match table.content {
                    Content::Prefix(_) => TableKind::Prefix,
                    Content::Suffix(_) => TableKind::Suffix,
                    Content::Said(said, _) => kind_of(said),
                    _ => TableKind::Part,
                };
                let keys = self.keys(kind, (position, nodes), is_door, links, &mut to_fill);
                let affixes = affixes(kind, nodes.iter().map(|(key, _)| self.index.key(*key)));
                let count = self.sections.count(affixes.len());
                let words: Vec<u32> = affixes.into_iter().flat_map(|(len, bits)| std::iter::once(len).chain(bits)).collect();
                self.fields.mark(table.field, FIELD_READ);
                (kind, keys, (self.sections.words(&words).0, count))
            }
            Content::Range { bounds, nodes } => {
                self.fields.mark(table.field, FIELD_READ | FIELD_NUMERIC);
                let mut ids = Vec::with_capacity(nodes.len());
                for node in nodes {
                    ids.push(node.as_ref().map_or(NONE, |node| self.child(node, is_door)));
                }
                to_fill.extend(
                    ids.iter()
                        .zip(nodes)
                        .filter(|(id, _)| *id & CHILD_IS_RUN == 0)
                        .filter_map(|(id, node)| Some((*id, node.as_ref()?, None))),
                );
                let (first, _) = self.sections.words(&ids);
                let keys = Keys { first, extent: self.sections.count(nodes.len() / 2), ..Keys::default() };
                (TableKind::Range, keys, self.sections.number_run(bounds.iter()))
            }
        };
        let Keys { first, extent, multipliers } = keys;
        let kind = kind as u32 | if table.single { TABLE_SINGLE } else { 0 } | if links.has(position) { TABLE_LINKED } else { 0 };
        for (id, node, entry) in to_fill {
            self.way.extend(entry);
            self.index_node(id, node, is_door);
            if entry.is_some() {
                self.way.pop();
            }
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
        self.sections.set(Section::Tables, at, [kind, table.field, first, extent, aux.0, aux.1, door, multipliers]);
    }

    /// Slots of a table, with an entry for each key. Nodes are left to be filled in.
    fn keys(
        &mut self,
        kind: TableKind,
        (table, nodes): (usize, &'n Nodes),
        is_door: bool,
        links: &mut Links<'n>,
        to_fill: &mut Vec<ToFill<'n>>,
    ) -> Keys {
        let index = self.index;
        let hashes: Vec<u64> = nodes.iter().map(|(key, _)| hash(index.key(*key))).collect();
        // Scratch remembers parts by their slots.
        let slots = if kind == TableKind::Part { Slots::of_lone(&hashes) } else { Slots::of(&hashes) };
        let Some(Slots { count, multipliers, taken }) = slots else {
            self.refusal = Some(if kind == TableKind::Part { EncodeError::AlikeParts } else { EncodeError::TooLarge });
            return Keys::default();
        };
        let (multipliers, _) = self.sections.words(&multipliers);
        let first = self.sections.reserve(Section::Keys, count as usize, [NONE]);
        let mut entries = vec![NONE; nodes.len()];
        let mut beside = Beside::default();
        // Entries stand in the order of their slots, in which checking an artifact reads them.
        for of_slot in taken.chunk_by(|one, other| one.0 == other.0) {
            let mut before: Option<(u32, u32)> = None;
            for (_, position) in of_slot {
                let (Some((key, node)), Some(hash)) = (nodes.get(*position as usize), hashes.get(*position as usize)) else { continue };
                let key = index.key(*key);
                self.is_told_by_tag &= before.is_none_or(|(tag_before, _)| tag_before == tag(*hash));
                self.beside(links.of_key(table, *position as usize), node, &mut beside);
                let (entry, id) = self.entry(key, &beside, before.map(|(_, entry)| entry), node, is_door);
                if let Some(place) = entries.get_mut(*position as usize) {
                    *place = entry;
                }
                if id != NONE {
                    to_fill.push((id, node, Some(Entry { at: entry, key })));
                }
                before = Some((tag(*hash), entry));
            }
            let slot = of_slot.first().map(|(slot, _)| first.saturating_add(*slot));
            self.slots.extend(slot.zip(before).map(|(slot, (tag, entry))| (slot, tag, entry)));
        }
        links.written(table, entries);
        Keys { first, extent: count, multipliers }
    }

    /// Fills in the slots, now that all runs are written. Returns the mask of what a slot says of its entry.
    fn fill_slots(&mut self) -> u32 {
        // Wide enough for the word behind the last: what an empty slot says is at least that, so nowhere.
        let spare = if self.is_told_by_tag { self.sections.runs(&[]).leading_zeros() } else { 0 };
        let mask = u32::MAX.unbounded_shr(spare);
        for (slot, tag, entry) in &self.slots {
            self.sections.set(Section::Keys, *slot, [tag & !mask | entry]);
        }
        mask
    }
}

/// Where a table's keys are.
#[derive(Clone, Copy, Default)]
struct Keys {
    first: u32,
    /// Slots, or positions of a range table.
    extent: u32,
    multipliers: u32,
}

impl Entry<'_> {
    /// A check of the text that is the key, naming the entry instead of repeating it, where that is shorter.
    fn named_by(self, check: &[u32]) -> Option<[u32; 2]> {
        let (head, text) = check.split_first()?;
        let is_text = matches!(CheckOp::from_word(*head), CheckOp::Text | CheckOp::Prefix | CheckOp::Suffix);
        let filling = (*head >> CHECK_NUMBER_SHIFT & CHECK_NUMBER_MAX) as usize;
        let is_key = || {
            let bytes = text.iter().flat_map(|word| word.to_le_bytes());
            text.len().saturating_mul(4) == self.key.len().saturating_add(filling)
                && self.key.iter().copied().eq(bytes.take(self.key.len()))
        };
        if !is_text || text.len() < 2 || !is_key() {
            return None;
        }
        let counts = CHECK_LEN_MAX << CHECK_LEN_SHIFT | CHECK_NUMBER_MAX << CHECK_NUMBER_SHIFT;
        Some([*head & !counts | 1 << CHECK_LEN_SHIFT | CHECK_OF_ENTRY << CHECK_NUMBER_SHIFT, self.at])
    }
}

/// Whether a node is nothing but postings.
fn is_run(node: &Node) -> bool {
    node.tables.is_empty() && node.has_postings()
}

/// The tables of what texts say.
fn kind_of(said: KeyKind) -> TableKind {
    match said {
        KeyKind::Exact => TableKind::Exact,
        KeyKind::Prefix => TableKind::Prefix,
        KeyKind::Suffix => TableKind::Suffix,
        KeyKind::Part => TableKind::Part,
        KeyKind::Range => TableKind::Range,
        KeyKind::Host => TableKind::Host,
        KeyKind::HostBelow => TableKind::HostBelow,
        KeyKind::EmailDomain => TableKind::EmailDomain,
        KeyKind::AbsolutePath => TableKind::AbsolutePath,
        KeyKind::RelativePath => TableKind::RelativePath,
        KeyKind::Address => TableKind::Address,
        KeyKind::Folded => TableKind::Folded,
        KeyKind::FoldedPrefix => TableKind::FoldedPrefix,
        KeyKind::FoldedSuffix => TableKind::FoldedSuffix,
    }
}

/// The lengths of a table's keys, ascending, each with the bytes at which its keys end (of suffixes: begin).
fn affixes<'k>(kind: TableKind, keys: impl Iterator<Item = &'k [u8]>) -> BTreeMap<u32, [u32; 8]> {
    let mut lengths: BTreeMap<u32, [u32; 8]> = BTreeMap::new();
    if kind.shape() == Shape::Whole {
        return lengths;
    }
    for key in keys {
        let edge = if kind.shape() == Shape::End { key.first() } else { key.last() };
        // INVARIANT: keys are cut far below what a `u32` holds.
        let bits = lengths.entry(u32::try_from(key.len()).unwrap_or(u32::MAX)).or_default();
        if let Some((edge, bits)) = edge.and_then(|edge| Some((edge, bits.get_mut(usize::from(edge >> 5))?))) {
            *bits |= 1 << (edge & 31);
        }
    }
    lengths
}
