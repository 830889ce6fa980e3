//! The index: a recursive partition of the rules by access keys.
//!
//! A node checks a few rules directly and asks tables about the rest: each rule stands in the table of its most selective
//! condition, under each of the condition's keys. What meets a key goes on to a node of its own, partitioned by the rules'
//! remaining conditions. Restrictive rules also stand behind the table's door, entered when the field is in doubt, and are
//! partitioned there by their remaining conditions too, so that a missing field does not open a list of thousands.

use super::fields::FieldId;
use super::indexed::{IndexedAccess, IndexedRules};
use super::keys::{Chance, KeyId, KeyKind, KeyTexts, SortedKeys};
use crate::ir::{Decimal, Decision};

const DIRECT_MAX: usize = 6;
/// So few rules are no table's worth: most of their conditions are shared checks, which a look at each field answers.
const WHOLE_MAX: usize = 12;
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
    /// A policy of so few is not partitioned at all.
    whole_max: usize,
    /// A table of fewer rules costs more than it saves.
    table_min: usize,
}

impl Thrift {
    pub(crate) const USUAL: Self = Self { direct_max: DIRECT_MAX, whole_max: WHOLE_MAX, table_min: TABLE_MIN };
    /// Whatever has a key stands in a table, so that tests reach tables and doors with policies of few rules.
    #[cfg(feature = "arbitrary")]
    pub(crate) const NONE: Self = Self { direct_max: 0, whole_max: 0, table_min: 1 };
}

/// An index: nodes from a root on, what they have many of in one piece.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub root: Node,
    postings: Vec<Posting>,
    keys: KeyTexts,
}

impl Index {
    /// The rules that a node checks.
    pub(crate) fn postings(&self, node: &Node) -> &[Posting] {
        self.postings.get(node.postings.0 as usize..node.postings.1 as usize).unwrap_or(&[])
    }

    /// The text of a table's key.
    pub(crate) fn key(&self, key: KeyId) -> &[u8] {
        self.keys.get(key)
    }
}

/// A node: rules to check, and tables to ask.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// Where its postings begin and end among those of all nodes.
    postings: (u32, u32),
    pub tables: Vec<Table>,
}

impl Node {
    pub(crate) fn has_postings(&self) -> bool {
        self.postings.0 < self.postings.1
    }
}

/// Nodes by key, the texts of the keys ascending.
pub(crate) type Nodes = Vec<(KeyId, Node)>;

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
    Exact(Nodes),
    Prefix(Nodes),
    Suffix(Nodes),
    Part(Nodes),
    /// Of what texts say.
    Said(KeyKind, Nodes),
    /// Sorted bounds; position `2i + 1` is bound `i`, position `2i` lies below it. `nodes` is a segment tree with one leaf
    /// for each position: those covering a position are met on the way from its leaf to the top.
    Range {
        bounds: Vec<Decimal>,
        nodes: Vec<Option<Node>>,
    },
}

/// A rule on its way through the index.
#[derive(Clone, Copy)]
struct Entry {
    rule: u32,
    proven: u32,
    /// Accesses that this way has used.
    used: u32,
}

/// A rule that stands in a table.
struct Member<'r> {
    /// Position of the table among those that there can be.
    table: usize,
    /// With the access used.
    entry: Entry,
    /// What meeting a key proves.
    proves: u32,
    /// The rule's keys in this table.
    keys: &'r [KeyId],
}

struct Builder<'r, 'c> {
    rules: &'r IndexedRules,
    keys: &'r SortedKeys<'c>,
    thrift: Thrift,
    /// Field of the action's name, which is always a string.
    certain: FieldId,
    copies: usize,
    /// Of all nodes so far.
    postings: Vec<Posting>,
    /// By key, how many rules of a node share it. All zero but while a node chooses.
    shared: Vec<u32>,
}

/// Builds the index over all rules.
pub(crate) fn build(rules: &IndexedRules, keys: SortedKeys<'_>, certain: FieldId, thrift: Thrift) -> Index {
    let copies = COPIES_FREE.saturating_add(rules.len().saturating_mul(COPIES_PER_RULE));
    let postings = Vec::with_capacity(rules.len());
    let mut builder = Builder { rules, keys: &keys, thrift, certain, copies, postings, shared: vec![0; keys.len()] };
    let entries: Vec<_> = (0_u32..).take(rules.len()).map(|rule| Entry { rule, proven: 0, used: 0 }).collect();
    let root = builder.node(&entries, 0, 0);
    let postings = builder.postings;
    Index { root, postings, keys: keys.into_texts() }
}

impl<'r> Builder<'r, '_> {
    /// Whether a table is never in doubt and needs no door. A name is in doubt where a number is asked for, or what it says.
    fn is_certain(&self, table: usize) -> bool {
        self.keys.tables().get(table).is_some_and(|(field, kind, _)| *field == self.certain && kind.is_of_any_text())
    }

    /// A node of different rules in ascending order.
    fn node(&mut self, entries: &[Entry], depth: u32, doors: u32) -> Node {
        let direct_max = if depth == 0 { self.thrift.whole_max } else { self.thrift.direct_max };
        if entries.len() <= direct_max || depth >= DEPTH_MAX || doors > DOORS_MAX {
            return self.direct(entries);
        }
        let choices = self.choose(entries, depth);
        let mut direct = Vec::new();
        let mut members = Vec::new();
        for (entry, choice) in entries.iter().zip(choices) {
            let Some((position, access)) = choice else {
                direct.push(*entry);
                continue;
            };
            let entry = Entry { used: entry.used | bit(position), ..*entry };
            let proves = if access.proves { bit(access.conjunct) } else { 0 };
            members.extend(self.parts(access).map(|(table, keys)| Member { table, entry, proves, keys }));
        }
        // Rules stay in order.
        members.sort_by_key(|member| member.table);
        let mut node = self.direct(&direct);
        for members in members.chunk_by(|one, next| one.table == next.table) {
            node.tables.extend(self.table(members, depth, doors));
        }
        node
    }

    fn direct(&mut self, entries: &[Entry]) -> Node {
        self.copies = self.copies.saturating_sub(entries.len());
        let start = self.postings.len();
        self.postings.extend(entries.iter().map(|Entry { rule, proven, .. }| Posting { rule: *rule, proven: *proven }));
        // Strictest first, so that a caller who wants the verdict alone can stop early.
        if let Some(postings) = self.postings.get_mut(start..) {
            postings.sort_by_key(|posting| std::cmp::Reverse(self.rules.decision(posting.rule)));
        }
        // INVARIANT: an artifact has words for each posting, and one of more than a `u32` counts is refused.
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Node { postings: (place(start), place(self.postings.len())), tables: Vec::new() }
    }

    /// For each entry the access to use, and its position; `None` for those to check one by one.
    fn choose(&mut self, entries: &[Entry], depth: u32) -> Vec<Option<(u32, IndexedAccess)>> {
        let mut shared = std::mem::take(&mut self.shared);
        let keys = || entries.iter().flat_map(|entry| self.open(*entry, depth)).flat_map(|(_, access)| self.rules.keys(access));
        for key in keys() {
            if let Some(count) = shared.get_mut(*key as usize) {
                *count = count.saturating_add(1);
            }
        }
        let total = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        let cost = |access: IndexedAccess| -> u64 {
            let keys = self.rules.keys(access);
            let worst = keys.iter().map(|key| {
                let shared = u64::from(shared.get(*key as usize).copied().unwrap_or(0));
                let expected = match self.keys.chance(*key) {
                    Chance::Shared => shared,
                    Chance::Affix { is_short } => shared.saturating_mul(2).saturating_add(if is_short { total / 8 } else { 1 }),
                    Chance::Number => shared.saturating_add(2),
                    Chance::Between => (total / 16).saturating_add(4),
                    Chance::Beyond => (total / 2).saturating_add(4),
                };
                // Other fields can be in doubt, and then their door opens.
                expected.saturating_mul(4).saturating_add(if self.is_certain(self.keys.table(*key)) { 0 } else { 1 })
            });
            worst.max().unwrap_or(u64::MAX).saturating_add(keys.len() as u64 / 4)
        };
        let cheapest = |entry: Entry, fits: &dyn Fn(IndexedAccess) -> bool| {
            let open = self.open(entry, depth).filter(|(_, access)| fits(*access));
            open.min_by_key(|(position, access)| (cost(*access), *position))
        };
        let mut sizes = vec![0_usize; self.keys.tables().len()];
        let mut choices = Vec::with_capacity(entries.len());
        for entry in entries {
            let choice = cheapest(*entry, &|_| true);
            for (table, _) in choice.iter().flat_map(|(_, access)| self.parts(*access)) {
                if let Some(size) = sizes.get_mut(table) {
                    *size = size.saturating_add(1);
                }
            }
            choices.push(choice);
        }
        // Rules of a table too small to be worth a probe go to a larger one, or are checked one by one.
        let large = |table: usize| sizes.get(table).is_some_and(|size| *size >= self.thrift.table_min);
        let fits = |access: IndexedAccess| self.parts(access).all(|(table, _)| large(table));
        for (entry, choice) in entries.iter().zip(&mut choices) {
            if choice.is_some_and(|(_, access)| !fits(access)) {
                *choice = cheapest(*entry, &fits);
            }
        }
        for key in keys() {
            if let Some(count) = shared.get_mut(*key as usize) {
                *count = 0;
            }
        }
        self.shared = shared;
        choices
    }

    /// The accesses of an entry that are still to be used, and their positions.
    fn open(&self, entry: Entry, depth: u32) -> impl Iterator<Item = (u32, IndexedAccess)> {
        let nested = depth > 0 || self.copies == 0;
        let copies = self.copies > 0 || depth == 0;
        (0_u32..32).zip(self.rules.accesses(entry.rule)).map(|(position, access)| (position, *access)).filter(move |(position, access)| {
            let unused = entry.used & bit(*position) == 0;
            unused && (!nested || access.key_count() <= KEYS_NESTED_MAX) && copies
        })
    }

    /// The keys of an access by table.
    fn parts(&self, access: IndexedAccess) -> impl Iterator<Item = (usize, &'r [KeyId])> {
        let keys = self.keys;
        let parts = self.rules.keys(access).chunk_by(|one, next| keys.table(*one) == keys.table(*next));
        parts.filter_map(|part| Some((keys.table(*part.first()?), part)))
    }

    fn table(&mut self, members: &[Member<'_>], depth: u32, doors: u32) -> Option<Table> {
        let table = members.first()?.table;
        let (field, kind, single) = *self.keys.tables().get(table)?;
        let below = depth.saturating_add(1);
        let inside = |member: &Member<'_>| Entry { proven: member.entry.proven | member.proves, ..member.entry };
        let mut by_key: Vec<(KeyId, Entry)> =
            members.iter().flat_map(|member| member.keys.iter().map(|key| (*key, inside(member)))).collect();
        let content = if kind == KeyKind::Range {
            self.range(&by_key, below, doors)
        } else {
            by_key.sort_by_key(|(key, _)| *key);
            let entries: Vec<_> = by_key.iter().map(|(_, entry)| *entry).collect();
            let mut rest = entries.as_slice();
            let parts = || by_key.chunk_by(|one, next| one.0 == next.0);
            let mut nodes = Nodes::with_capacity(parts().count());
            for part in parts() {
                let (Some((key, _)), Some(entries)) = (part.first(), rest.split_off(..part.len())) else { break };
                nodes.push((*key, self.node(entries, below, doors)));
            }
            match kind {
                KeyKind::Exact => Content::Exact(nodes),
                KeyKind::Prefix => Content::Prefix(nodes),
                KeyKind::Suffix => Content::Suffix(nodes),
                KeyKind::Part | KeyKind::Range => Content::Part(nodes),
                said => Content::Said(said, nodes),
            }
        };
        let mut door = Vec::new();
        if !self.is_certain(table) {
            let entries = members.iter().map(|member| member.entry);
            door.extend(entries.filter(|entry| self.rules.decision(entry.rule) != Some(Decision::Allow)));
        }
        let door = (!door.is_empty()).then(|| Box::new(self.node(&door, below, doors.saturating_add(1))));
        Some(Table { field, single, content, door })
    }

    fn range(&mut self, by_key: &[(KeyId, Entry)], depth: u32, doors: u32) -> Content {
        let intervals = || by_key.iter().filter_map(|(key, entry)| Some((self.keys.interval(*key)?, *entry)));
        let mut bounds: Vec<&Decimal> =
            intervals().flat_map(|(interval, _)| [interval.low, interval.high]).flatten().map(|(bound, _)| bound).collect();
        bounds.sort_unstable();
        bounds.dedup();
        let positions = bounds.len().saturating_mul(2).saturating_add(1);
        let at = |bound: &Decimal| bounds.binary_search(&bound).unwrap_or_else(|at| at).saturating_mul(2).saturating_add(1);
        let mut hung: Vec<(usize, Entry)> = Vec::new();
        for (interval, entry) in intervals() {
            let mut low = interval.low.map_or(0, |(bound, inside)| at(bound).saturating_add(usize::from(!inside)));
            let mut high = interval.high.map_or(positions, |(bound, inside)| at(bound).saturating_add(usize::from(inside)));
            // The usual bottom-up decomposition of `low .. high` into O(log n) nodes of the segment tree.
            low = low.saturating_add(positions);
            high = high.saturating_add(positions);
            while low < high {
                if !low.is_multiple_of(2) {
                    hung.push((low, entry));
                    low = low.saturating_add(1);
                }
                if !high.is_multiple_of(2) {
                    high = high.saturating_sub(1);
                    hung.push((high, entry));
                }
                low /= 2;
                high /= 2;
            }
        }
        let bounds = bounds.into_iter().cloned().collect();
        hung.sort_by_key(|(at, _)| *at);
        let mut nodes: Vec<Option<Node>> = std::iter::repeat_with(|| None).take(positions.saturating_mul(2)).collect();
        for part in hung.chunk_by(|one, next| one.0 == next.0) {
            let mut entries: Vec<_> = part.iter().map(|(_, entry)| *entry).collect();
            // One rule can come twice, by two of its intervals.
            entries.dedup_by_key(|entry| entry.rule);
            let place = part.first().and_then(|(at, _)| nodes.get_mut(*at));
            if let Some(place) = place {
                *place = Some(self.node(&entries, depth, doors));
            }
        }
        Content::Range { bounds, nodes }
    }
}

fn bit(position: u32) -> u32 {
    1_u32.checked_shl(position).unwrap_or(0)
}
