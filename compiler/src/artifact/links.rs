//! Links: what the tables of affixes of a node have for the whole texts that are keys beside them.
//!
//! A text that is a key says how it begins and ends. So the entries that other tables of its field have for it are known here, and a
//! request whose text is that key need not look for them. Where few postings stand behind them, the key has these itself.

use hashbrown::HashMap;
use toolgate_runtime::artifact::format::ENTRY_LINKS_MAX;

use crate::plan::index::{Content, Index, Node, Nodes, Table};

/// The links of a node's keys.
pub(super) struct Links<'n> {
    node: &'n Node,
    /// Of each table with a part in them, by position.
    tables: Vec<Linked>,
}

/// A table's part.
struct Linked {
    position: usize,
    part: Part,
}

enum Part {
    /// Of whole texts: for each key tables and the positions of keys in them.
    From(Vec<Vec<(usize, usize)>>),
    /// Of affixes: the words of the entries of its keys, once they are written.
    To(Vec<u32>),
}

impl<'n> Links<'n> {
    /// Finds the links of a node's keys. Where a key would have too many, its table has none.
    pub(super) fn of(index: &Index, node: &'n Node) -> Self {
        let mut links = Self { node, tables: Vec::new() };
        for (position, table) in node.tables.iter().enumerate() {
            let Content::Exact(keys) = &table.content else { continue };
            let is_first = || node.tables.iter().take(position).all(|other| other.field != table.field);
            let affixes: Vec<Affixes<'_>> = tables_behind(node, position).filter_map(|(at, other)| Affixes::of(index, at, other)).collect();
            if affixes.is_empty() || !is_first() {
                continue;
            }
            let of_key = |text: &[u8]| {
                let found: Vec<_> = affixes.iter().flat_map(|affixes| affixes.of_text(text)).collect();
                (found.len() <= ENTRY_LINKS_MAX as usize).then_some(found)
            };
            let Some(found) = keys.iter().map(|(key, _)| of_key(index.key(*key))).collect() else { continue };
            links.tables.push(Linked { position, part: Part::From(found) });
            links.tables.extend(affixes.iter().map(|affixes| Linked { position: affixes.table, part: Part::To(Vec::new()) }));
        }
        links
    }

    /// Whether a table has a part in links.
    pub(super) fn has(&self, table: usize) -> bool {
        self.tables.iter().any(|linked| linked.position == table)
    }

    /// The order in which tables are written: those that links lead to before those that have them.
    pub(super) fn in_order(&self, tables: usize) -> impl Iterator<Item = usize> {
        let is_from = |table: &usize| self.tables.iter().any(|linked| linked.position == *table && matches!(linked.part, Part::From(_)));
        let (from, others): (Vec<_>, Vec<_>) = (0..tables).partition(is_from);
        others.into_iter().chain(from)
    }

    /// The words of the entries that a key has links to, and what is behind them.
    pub(super) fn of_key(&self, table: usize, key: usize) -> impl Iterator<Item = (u32, &'n Node)> {
        let found = self.tables.iter().find(|linked| linked.position == table).and_then(|linked| match &linked.part {
            Part::From(keys) => keys.get(key),
            Part::To(_) => None,
        });
        found.into_iter().flatten().filter_map(|(table, key)| Some((*self.entries(*table)?.get(*key)?, self.behind(*table, *key)?)))
    }

    /// What is behind a key of a table of affixes.
    fn behind(&self, table: usize, key: usize) -> Option<&'n Node> {
        match &self.node.tables.get(table)?.content {
            Content::Prefix(keys) | Content::Suffix(keys) => keys.get(key).map(|(_, node)| node),
            _ => None,
        }
    }

    fn entries(&self, table: usize) -> Option<&Vec<u32>> {
        self.tables.iter().find(|linked| linked.position == table).and_then(|linked| match &linked.part {
            Part::From(_) => None,
            Part::To(entries) => Some(entries),
        })
    }

    /// Notes the entries of a table's keys.
    pub(super) fn written(&mut self, table: usize, entries: Vec<u32>) {
        let linked = self.tables.iter_mut().find(|linked| linked.position == table);
        if let Some(Part::To(place)) = linked.map(|linked| &mut linked.part) {
            *place = entries;
        }
    }
}

/// The tables of a node that come behind one and are about its field.
fn tables_behind(node: &Node, position: usize) -> impl Iterator<Item = (usize, &Table)> {
    let field = node.tables.get(position).map(|table| table.field);
    node.tables.iter().enumerate().skip(position.saturating_add(1)).filter(move |(_, other)| Some(other.field) == field)
}

/// A table of affixes, for looking up those of a text.
struct Affixes<'n> {
    table: usize,
    is_prefix: bool,
    /// Positions of keys by their text.
    keys: HashMap<&'n [u8], usize>,
    /// The lengths of keys, each once, ascending.
    lengths: Vec<usize>,
}

impl<'n> Affixes<'n> {
    fn of(index: &'n Index, position: usize, table: &'n Table) -> Option<Self> {
        let (keys, is_prefix): (&Nodes, _) = match &table.content {
            Content::Prefix(keys) => (keys, true),
            Content::Suffix(keys) => (keys, false),
            _ => return None,
        };
        let keys: HashMap<&[u8], usize> = keys.iter().map(|(key, _)| index.key(*key)).zip(0..).collect();
        let mut lengths: Vec<usize> = keys.keys().map(|key| key.len()).collect();
        lengths.sort_unstable();
        lengths.dedup();
        Some(Self { table: position, is_prefix, keys, lengths })
    }

    /// Those of a text, as table and position.
    fn of_text(&self, text: &[u8]) -> impl Iterator<Item = (usize, usize)> {
        let affix = |len: usize| if self.is_prefix { text.get(..len) } else { text.get(text.len().checked_sub(len)?..) };
        let lengths = self.lengths.iter().take_while(|len| **len <= text.len());
        lengths.filter_map(move |len| Some((self.table, *self.keys.get(affix(*len)?)?)))
    }
}
