//! The index: a recursive partition of the rules by access keys.
//!
//! A node checks a few rules directly and asks tables about the rest: each rule stands in the table of its most selective
//! condition, under each of the condition's keys. What meets a key goes on to a node of its own, partitioned by the rules'
//! remaining conditions. Restrictive rules also stand behind the table's door, entered when the field is in doubt, and are
//! partitioned there by their remaining conditions too, so that a missing field does not open a list of thousands.

use std::collections::{BTreeMap, HashMap};

use super::access::{Access, FieldKey, Interval, Key};
use super::fields::FieldId;
use crate::ir::{Decimal, Decision};

const DIRECT_MAX: usize = 6;
const TABLE_MIN: usize = 4;
/// Deepest nesting of nodes, and of doors on one way; behind it rules are checked one by one.
const DEPTH_MAX: u32 = 10;
const DOORS_MAX: u32 = 4;
/// A condition with more keys than this is used only at the top, where it cannot multiply.
const KEYS_NESTED_MAX: usize = 32;
/// All the copies of rules that the index may hold: so many for each rule, and so many on top.
const COPIES_PER_RULE: usize = 12;
const COPIES_FREE: usize = 1_000_000;

/// When rules are worth partitioning.
#[derive(Clone, Copy)]
pub(crate) struct Thrift {
    /// So many rules are checked one by one rather than partitioned.
    direct_max: usize,
    /// A table of fewer rules costs more than it saves.
    table_min: usize,
}

impl Thrift {
    pub(crate) const USUAL: Self = Self { direct_max: DIRECT_MAX, table_min: TABLE_MIN };
    /// Whatever has a key stands in a table, so that tests reach tables and doors with policies of few rules.
    #[cfg(feature = "arbitrary")]
    pub(crate) const NONE: Self = Self { direct_max: 0, table_min: 1 };
}

/// A rule as the index sees it.
pub(crate) struct IndexedRule {
    pub decision: Decision,
    /// Access of each conjunct that has one, with the conjunct's position.
    pub accesses: Vec<(u32, Access)>,
}

/// A node: rules to check, and tables to ask.
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub postings: Vec<Posting>,
    pub tables: Vec<Table>,
}

impl Node {
    /// All rules in the order in which a walk through the index first meets them, those it never meets last.
    pub(crate) fn rule_order(&self, rules: usize) -> Vec<usize> {
        let mut order = Vec::with_capacity(rules);
        let mut seen = vec![false; rules];
        let mut meet = |rule: usize, order: &mut Vec<usize>| {
            if let Some(seen @ false) = seen.get_mut(rule) {
                *seen = true;
                order.push(rule);
            }
        };
        let mut open = vec![self];
        while let Some(node) = open.pop() {
            node.postings.iter().for_each(|posting| meet(posting.rule as usize, &mut order));
            for table in node.tables.iter().rev() {
                open.extend(table.door.as_deref());
                match &table.content {
                    Content::Exact(nodes) | Content::Prefix(nodes) | Content::Suffix(nodes) => open.extend(nodes.values().rev()),
                    Content::Range { nodes, .. } => open.extend(nodes.iter().flatten().rev()),
                }
            }
        }
        (0..rules).for_each(|rule| meet(rule, &mut order));
        order
    }
}

/// A rule to check, and which of its first 32 conjuncts the way here has proven true.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Posting {
    pub rule: u32,
    pub proven: u32,
}

/// Rules by what one field holds.
#[derive(Debug)]
pub(crate) struct Table {
    pub field: FieldId,
    /// An array at the field opens the door, and its elements lead nowhere.
    pub single: bool,
    pub content: Content,
    pub door: Option<Box<Node>>,
}

/// What a table maps to nodes.
#[derive(Debug)]
pub(crate) enum Content {
    Exact(BTreeMap<Vec<u8>, Node>),
    Prefix(BTreeMap<Vec<u8>, Node>),
    Suffix(BTreeMap<Vec<u8>, Node>),
    /// Sorted bounds; position `2i + 1` is bound `i`, position `2i` lies below it. `nodes` is a segment tree with one leaf
    /// for each position: those covering a position are met on the way from its leaf to the top.
    Range {
        bounds: Vec<Decimal>,
        nodes: Vec<Option<Node>>,
    },
}

#[derive(Clone, Copy)]
struct Entry {
    rule: u32,
    proven: u32,
    /// Accesses that this way has used.
    used: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum KeyKind {
    Exact,
    Prefix,
    Suffix,
    Range,
}

impl Key {
    fn kind(&self) -> KeyKind {
        match self {
            Key::Exact(_) => KeyKind::Exact,
            Key::Prefix(_) => KeyKind::Prefix,
            Key::Suffix(_) => KeyKind::Suffix,
            Key::Range(_) => KeyKind::Range,
        }
    }
}

impl FieldKey {
    fn table(&self) -> TableId {
        (self.field, self.key.kind(), self.single)
    }
}

/// Field, kind of key, and whether an array at the field is in doubt.
type TableId = (FieldId, KeyKind, bool);

struct Builder<'r> {
    rules: &'r [IndexedRule],
    thrift: Thrift,
    /// Field of the action's name, which is always a string.
    certain: FieldId,
    copies: usize,
}

/// Builds the index over all rules.
pub(crate) fn build(rules: &[IndexedRule], certain: FieldId, thrift: Thrift) -> Node {
    let copies = COPIES_FREE.saturating_add(rules.len().saturating_mul(COPIES_PER_RULE));
    let mut builder = Builder { rules, thrift, certain, copies };
    let entries = (0_u32..).take(rules.len()).map(|rule| Entry { rule, proven: 0, used: 0 }).collect();
    builder.node(entries, 0, 0)
}

impl<'r> Builder<'r> {
    fn rule(&self, entry: Entry) -> &'r IndexedRule {
        static NOTHING: IndexedRule = IndexedRule { decision: Decision::Deny, accesses: Vec::new() };
        self.rules.get(entry.rule as usize).unwrap_or(&NOTHING)
    }

    /// Whether a table is never in doubt and needs no door. A name is in doubt where a number is asked for.
    fn is_certain(&self, field: FieldId, kind: KeyKind) -> bool {
        field == self.certain && kind != KeyKind::Range
    }

    fn node(&mut self, mut entries: Vec<Entry>, depth: u32, doors: u32) -> Node {
        // One rule can come twice, by two of its keys.
        entries.sort_unstable_by_key(|entry| (entry.rule, std::cmp::Reverse(entry.proven)));
        entries.dedup_by_key(|entry| entry.rule);
        if entries.len() <= self.thrift.direct_max || depth >= DEPTH_MAX || doors > DOORS_MAX {
            return self.direct(entries);
        }
        let choices = self.choose(&entries, depth);
        let mut direct = Vec::new();
        let mut groups: BTreeMap<TableId, Vec<(Entry, usize)>> = BTreeMap::new();
        for (entry, choice) in entries.into_iter().zip(choices) {
            let Some(choice) = choice else {
                direct.push(entry);
                continue;
            };
            let Some((_, access)) = self.rule(entry).accesses.get(choice) else { continue };
            let mut last = None;
            for key in &access.keys {
                let table = key.table();
                if last.replace(table) != Some(table) {
                    groups.entry(table).or_default().push((entry, choice));
                }
            }
        }
        let mut node = self.direct(direct);
        for (table, members) in groups {
            node.tables.push(self.table(table, members, depth, doors));
        }
        node
    }

    fn direct(&mut self, entries: Vec<Entry>) -> Node {
        self.copies = self.copies.saturating_sub(entries.len());
        let mut postings: Vec<_> = entries.into_iter().map(|Entry { rule, proven, .. }| Posting { rule, proven }).collect();
        // Strictest first, so that a caller who wants the verdict alone can stop early.
        let strictness = |posting: &Posting| self.rules.get(posting.rule as usize).map(|rule| rule.decision);
        postings.sort_by_key(|posting| (std::cmp::Reverse(strictness(posting)), posting.rule));
        Node { postings, tables: Vec::new() }
    }

    /// For each entry the access to use, by position; `None` for those to check one by one.
    fn choose(&self, entries: &[Entry], depth: u32) -> Vec<Option<usize>> {
        let mut popularity: HashMap<&FieldKey, u32> = HashMap::new();
        for (_, access) in entries.iter().flat_map(|entry| self.open(*entry, depth)) {
            for key in &access.keys {
                let count = popularity.entry(key).or_default();
                *count = count.saturating_add(1);
            }
        }
        let total = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        let cost = |access: &Access| -> u64 {
            let worst = access.keys.iter().map(|key| {
                let shared = popularity.get(key).copied().unwrap_or(0);
                let expected = match &key.key {
                    Key::Exact(_) => u64::from(shared),
                    Key::Prefix(text) | Key::Suffix(text) => {
                        // A short affix is met by chance.
                        u64::from(shared).saturating_mul(2).saturating_add(if text.len() < 3 { u64::from(total) / 8 } else { 1 })
                    }
                    Key::Range(Interval { low: Some(low), high: Some(high) }) if low == high => u64::from(shared).saturating_add(2),
                    Key::Range(Interval { low: Some(_), high: Some(_) }) => (u64::from(total) / 16).saturating_add(4),
                    Key::Range(_) => (u64::from(total) / 2).saturating_add(4),
                };
                // Other fields can be in doubt, and then their door opens.
                expected.saturating_mul(4).saturating_add(if self.is_certain(key.field, key.key.kind()) { 0 } else { 1 })
            });
            worst.max().unwrap_or(u64::MAX).saturating_add(access.keys.len() as u64 / 4)
        };
        let costs =
            |entry: Entry| -> Vec<(u64, usize)> { self.open(entry, depth).map(|(position, access)| (cost(access), position)).collect() };
        let mut choices: Vec<Option<usize>> = Vec::with_capacity(entries.len());
        let mut sizes: BTreeMap<TableId, usize> = BTreeMap::new();
        for entry in entries {
            let choice = costs(*entry).into_iter().min().map(|(_, position)| position);
            for table in choice.iter().flat_map(|choice| self.tables_of(*entry, *choice)) {
                let size = sizes.entry(table).or_default();
                *size = size.saturating_add(1);
            }
            choices.push(choice);
        }
        // Rules of a table too small to be worth a probe go to a larger one, or are checked one by one.
        let large = |table: &TableId| sizes.get(table).is_some_and(|size| *size >= self.thrift.table_min);
        for (entry, choice) in entries.iter().zip(&mut choices) {
            let fits = |position: usize| self.tables_of(*entry, position).iter().all(large);
            if choice.is_some_and(|position| !fits(position)) {
                *choice = costs(*entry).into_iter().filter(|(_, position)| fits(*position)).min().map(|(_, position)| position);
            }
        }
        choices
    }

    /// The accesses of an entry that are still to be used.
    fn open(&self, entry: Entry, depth: u32) -> impl Iterator<Item = (usize, &'r Access)> {
        let nested = depth > 0 || self.copies == 0;
        self.rule(entry).accesses.iter().enumerate().take(32).filter_map(move |(position, (_, access))| {
            let unused = entry.used.checked_shr(u32::try_from(position).unwrap_or(32)).is_some_and(|used| used & 1 == 0);
            (unused && (!nested || access.keys.len() <= KEYS_NESTED_MAX) && (self.copies > 0 || depth == 0)).then_some((position, access))
        })
    }

    fn tables_of(&self, entry: Entry, position: usize) -> Vec<TableId> {
        let keys = self.rule(entry).accesses.get(position).map_or(&[][..], |(_, access)| &access.keys);
        let mut tables: Vec<_> = keys.iter().map(|key| key.table()).collect();
        tables.dedup();
        tables
    }

    fn table(&mut self, id @ (field, kind, single): TableId, members: Vec<(Entry, usize)>, depth: u32, doors: u32) -> Table {
        let below = depth.saturating_add(1);
        let used = |entry: Entry, choice: usize| Entry { used: entry.used | bit(choice), ..entry };
        let mut door = Vec::new();
        let mut texts: BTreeMap<Vec<u8>, Vec<Entry>> = BTreeMap::new();
        let mut intervals = Vec::new();
        for (entry, choice) in members {
            let rule = self.rule(entry);
            let Some((conjunct, access)) = rule.accesses.get(choice) else { continue };
            let entry = used(entry, choice);
            let inside = if access.proves { Entry { proven: entry.proven | bit(*conjunct as usize), ..entry } } else { entry };
            for key in access.keys.iter().filter(|key| key.table() == id) {
                match &key.key {
                    Key::Exact(text) | Key::Prefix(text) | Key::Suffix(text) => texts.entry(text.clone()).or_default().push(inside),
                    Key::Range(interval) => intervals.push((interval, inside)),
                }
            }
            if rule.decision != Decision::Allow && !self.is_certain(field, kind) {
                door.push(entry);
            }
        }
        let mut map = |builder: &mut Self| {
            std::mem::take(&mut texts).into_iter().map(|(text, entries)| (text, builder.node(entries, below, doors))).collect()
        };
        let content = match kind {
            KeyKind::Exact => Content::Exact(map(self)),
            KeyKind::Prefix => Content::Prefix(map(self)),
            KeyKind::Suffix => Content::Suffix(map(self)),
            KeyKind::Range => self.range(intervals, below, doors),
        };
        let door = (!door.is_empty()).then(|| Box::new(self.node(door, below, doors.saturating_add(1))));
        Table { field, single, content, door }
    }

    fn range(&mut self, intervals: Vec<(&Interval, Entry)>, depth: u32, doors: u32) -> Content {
        let mut bounds: Vec<Decimal> =
            intervals.iter().flat_map(|(interval, _)| [&interval.low, &interval.high]).flatten().map(|(bound, _)| bound.clone()).collect();
        bounds.sort_unstable();
        bounds.dedup();
        let positions = bounds.len().saturating_mul(2).saturating_add(1);
        let mut lists: Vec<Vec<Entry>> = vec![Vec::new(); positions.saturating_mul(2)];
        let at = |bound: &Decimal| bounds.binary_search(bound).unwrap_or_else(|at| at).saturating_mul(2).saturating_add(1);
        for (interval, entry) in intervals {
            let mut low = interval.low.as_ref().map_or(0, |(bound, inside)| at(bound).saturating_add(usize::from(!*inside)));
            let mut high = interval.high.as_ref().map_or(positions, |(bound, inside)| at(bound).saturating_add(usize::from(*inside)));
            // The usual bottom-up decomposition of `low .. high` into O(log n) nodes of the segment tree.
            low = low.saturating_add(positions);
            high = high.saturating_add(positions);
            while low < high {
                if !low.is_multiple_of(2) {
                    if let Some(list) = lists.get_mut(low) {
                        list.push(entry);
                    }
                    low = low.saturating_add(1);
                }
                if !high.is_multiple_of(2) {
                    high = high.saturating_sub(1);
                    if let Some(list) = lists.get_mut(high) {
                        list.push(entry);
                    }
                }
                low /= 2;
                high /= 2;
            }
        }
        let nodes = lists.into_iter().map(|list| (!list.is_empty()).then(|| self.node(list, depth, doors))).collect();
        Content::Range { bounds, nodes }
    }
}

fn bit(position: usize) -> u32 {
    u32::try_from(position).ok().and_then(|position| 1_u32.checked_shl(position)).unwrap_or(0)
}
