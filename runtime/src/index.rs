//! The walk through the index: from the values of a request to the rules that may hold.

#[cfg(not(target_family = "wasm"))]
mod edges;
mod entry;
mod keys;
#[cfg(not(target_family = "wasm"))]
mod sought;
mod view;
#[cfg(not(target_family = "wasm"))]
mod waves;
#[cfg(target_family = "wasm")]
#[path = "index/no_waves.rs"]
mod waves;
#[cfg(not(target_family = "wasm"))]
mod whole;

use core::ops::ControlFlow;

use crate::artifact::format::{AFFIX_WORDS, CHILD_IS_RUN, NONE, Shape, TableKind};
use crate::decision::Verdict;
use crate::evaluate::Evaluator;
use crate::holding::Held;
use crate::item::{Item, ItemKind, Source, elements};
use crate::json::hash::hash;
use crate::json::text::Text;
use crate::matcher::Tri;
use crate::policy::{Policy, Properties, Table, range};
use crate::run::Posting;
use crate::scratch::Ways;
#[cfg(not(target_family = "wasm"))]
pub(crate) use edges::Edge;
pub(crate) use entry::Entry;
use view::View;
use waves::Sought;
#[cfg(not(target_family = "wasm"))]
pub(crate) use whole::Whole;

/// From this size on an artifact does not fit the caches near the processor.
pub(crate) const LARGE_LEN_BYTES: usize = 512 * 1024;

/// Longest affix that is a key; the compiler cuts longer ones.
const AFFIX_MAX: usize = 256;

/// Longest part of a text that is a key; likewise.
pub(crate) const PART_MAX: usize = 8;

/// Told about each candidate.
pub(crate) trait Visitor {
    /// Whether such a rule still matters. One that does not is not evaluated.
    fn matters(&self, rule: Properties) -> bool;
    /// The rule holds. A break ends the walk.
    fn holds(&mut self, held: Held) -> ControlFlow<()>;
}

pub(crate) struct Walk<'w, 'a, S, V: ?Sized> {
    policy: &'a Policy,
    evaluator: &'w Evaluator<'a, S>,
    visitor: &'w mut V,
    ways: &'w mut Ways,
    sought: Sought<'a>,
    /// An array, or a text with several keys in it, has given several ways into the index: what the way has proven may not hold for the rule, and rules and nodes
    /// are remembered, so that none is checked twice.
    several: bool,
}

impl<'w, 'a, S: Source, V: Visitor + ?Sized> Walk<'w, 'a, S, V> {
    pub(crate) fn new(policy: &'a Policy, evaluator: &'w Evaluator<'a, S>, visitor: &'w mut V, ways: &'w mut Ways) -> Self {
        Self { policy, evaluator, visitor, ways, sought: Sought::default(), several: false }
    }

    /// Visits all rules that may hold.
    pub(crate) fn run(&mut self) -> ControlFlow<()> {
        let flow = self.visit_all();
        if self.several {
            self.ways.checked.clear();
            self.ways.entered.clear();
        }
        flow
    }

    // Depth is limited by the compiler and checked when the artifact is loaded.
    fn node(&mut self, node: u32) -> ControlFlow<()> {
        self.evaluator.step();
        if self.several && !self.ways.entered.insert(node) {
            return ControlFlow::Continue(());
        }
        let Some(node) = self.policy.index_nodes.get(node as usize) else { return ControlFlow::Continue(()) };
        self.run_of_postings(node.run)?;
        let mut tables = range(&self.policy.tables, node.tables);
        // The field for whose value tables of affixes need not be asked.
        let mut known = NONE;
        while let Some((table, others)) = tables.split_first() {
            self.table(tables, table, &mut known)?;
            tables = others;
        }
        ControlFlow::Continue(())
    }

    /// What stands behind a door or a position: a node, or a run of postings.
    #[inline]
    fn child(&mut self, child: u32) -> ControlFlow<()> {
        if child & CHILD_IS_RUN == 0 { self.node(child) } else { self.run_of_postings(child & !CHILD_IS_RUN) }
    }

    /// The postings from a word on; none if there is no such word.
    #[inline(never)]
    fn run_of_postings(&mut self, first: u32) -> ControlFlow<()> {
        let mut at = first;
        while let Some(posting) = Posting::at(&self.policy.runs, at as usize) {
            self.evaluator.step();
            if self.visitor.matters(posting.properties()) && self.evaluator.may_hold(posting.mask) {
                self.posting(&posting)?;
            }
            if posting.is_last() {
                break;
            }
            at = posting.behind(at);
        }
        ControlFlow::Continue(())
    }

    #[inline(always)]
    fn posting(&mut self, posting: &Posting<'_>) -> ControlFlow<()> {
        // The module of WebAssembly has a limit to its size, and the other way is only the shorter one.
        if self.several || posting.refers() || cfg!(target_family = "wasm") {
            return self.whole_posting(*posting);
        }
        self.told(posting, self.evaluator.rule(posting))
    }

    #[inline(never)]
    fn whole_posting(&mut self, posting: Posting<'_>) -> ControlFlow<()> {
        if self.several && !self.ways.checked.insert(posting.rule) {
            return ControlFlow::Continue(());
        }
        self.told(&posting, self.evaluator.whole_rule(&posting, self.several))
    }

    /// Tells the visitor of a rule if it holds with this value.
    #[inline(always)]
    fn told(&mut self, posting: &Posting<'_>, value: Tri) -> ControlFlow<()> {
        let properties = posting.properties();
        let holds = value.is_true() | (value.is_unknown() & (properties.verdict() != Verdict::Allow));
        if holds { self.visitor.holds(Held::new(posting.rule, properties, value.is_unknown())) } else { ControlFlow::Continue(()) }
    }

    /// What the first of some tables leads to.
    #[inline(always)]
    fn table(&mut self, tables: &'a [Table], table: &'a Table, known: &mut u32) -> ControlFlow<()> {
        if let Some(flow) = self.table_of_plain(tables, table, known) { flow } else { self.table_of_any(table) }
    }

    #[inline(never)]
    fn table_of_any(&mut self, table: &'a Table) -> ControlFlow<()> {
        let item = self.evaluator.item(table.field);
        let doubt = match item.kind {
            ItemKind::Array | ItemKind::Hidden if table.single => true,
            ItemKind::Array | ItemKind::Hidden => {
                self.several = true;
                self.leaves(table, item)?
            }
            _ => self.leaf(table, item)?,
        };
        if doubt && table.door != NONE { self.meet(table.door) } else { ControlFlow::Continue(()) }
    }

    /// Meets what a single value leads to; the answer is whether the value is in doubt.
    fn leaf(&mut self, table: &'a Table, item: Item<'a>) -> ControlFlow<(), bool> {
        self.evaluator.step();
        self.evaluator.scan(item.text);
        if table.kind == TableKind::Range {
            let Some(number) = item.number() else { return ControlFlow::Continue(true) };
            let bounds = range(&self.policy.numbers, table.aux);
            // Positions: between bounds even, at bounds odd. Those above a leaf of the tree cover it.
            let position = match bounds.binary_search(&number) {
                Ok(at) => at.wrapping_mul(2).wrapping_add(1),
                Err(at) => at.wrapping_mul(2),
            };
            let mut at = position.wrapping_add(table.extent as usize);
            while at > 0 {
                let child = self.policy.words.get((table.first as usize).wrapping_add(at)).copied().unwrap_or(NONE);
                if child != NONE {
                    self.meet(child)?;
                }
                self.evaluator.step();
                at /= 2;
            }
            return ControlFlow::Continue(false);
        }
        let Some(text) = item.string() else { return ControlFlow::Continue(true) };
        match table.kind {
            TableKind::Exact => self.seek(table, item.string_hash(text), text)?,
            TableKind::Part => self.parts(table, text)?,
            TableKind::Prefix | TableKind::Suffix => self.affixes(table, text)?,
            _ => return self.said(table, item, text),
        }
        ControlFlow::Continue(false)
    }

    /// Looks up what a string says; the answer is whether that is in doubt.
    #[inline(never)]
    fn said(&mut self, table: &'a Table, item: Item<'a>, text: Text<'a>) -> ControlFlow<(), bool> {
        // Read to its end, and what it says once more.
        self.evaluator.scan(item.text);
        self.evaluator.scan(item.text);
        let mut view = View::NOTHING;
        let Some(()) = view.see(table.kind, text) else { return ControlFlow::Continue(true) };
        let (bytes, shape) = (view.bytes(), table.kind.shape());
        if shape == Shape::Whole {
            // What is cut off is longer than any key of a whole.
            self.seek_at_once(table, hash(bytes), Text::plain(bytes))?;
        } else {
            self.affixes_of(table, bytes, shape == Shape::Beginning)?;
        }
        ControlFlow::Continue(view.is_in_doubt)
    }

    /// Meets what stands behind a key of a table.
    #[inline(never)]
    fn seek_at_once(&mut self, table: &Table, hash: u64, key: Text<'_>) -> ControlFlow<()> {
        match self.policy.behind(table, hash, key) {
            Some((_, child)) => self.meet(child),
            None => ControlFlow::Continue(()),
        }
    }

    /// Looks up all parts of a string, in each length that some key has.
    #[inline(never)]
    fn parts(&mut self, table: &Table, text: Text<'_>) -> ControlFlow<()> {
        let lengths = lengths(self.policy, table);
        // The last bytes, the latest uppermost.
        let mut window = 0_u64;
        for (before, edge) in text.bytes().enumerate() {
            window = window >> 8 | u64::from(edge) << 56;
            let last = window.to_le_bytes();
            for [len, ends @ ..] in lengths {
                let len = *len as usize;
                let ends_a_key = ends.get(usize::from(edge >> 5)).is_some_and(|bits| bits >> (edge & 31) & 1 == 1);
                let Some(key) =
                    last.len().checked_sub(len).filter(|_| ends_a_key && len <= before.wrapping_add(1)).and_then(|at| last.get(at..))
                else {
                    continue;
                };
                self.evaluator.scan(key);
                if let Some((slot, child)) = self.policy.behind(table, hash(key), Text::plain(key)) {
                    // A text can contain the same again and again, and several keys can lead to one rule.
                    self.several = true;
                    let number = (self.policy.index_nodes.len() as u32).wrapping_add(slot);
                    if self.ways.entered.insert(number) {
                        self.meet(child)?;
                    }
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Looks up the beginnings or ends of a string, in each length that some key has.
    fn affixes(&mut self, table: &'a Table, text: Text<'a>) -> ControlFlow<()> {
        if let Some(plain) = text.as_plain().filter(|_| self.is_at_edges(table)) {
            return self.affixes_at_edges(table, plain);
        }
        let is_prefix = table.kind == TableKind::Prefix;
        let mut buffer = [0; AFFIX_MAX];
        let affix: &[u8] = match text.as_plain() {
            Some(plain) if is_prefix => plain.get(..AFFIX_MAX).unwrap_or(plain),
            Some(plain) => plain.get(plain.len().saturating_sub(AFFIX_MAX)..).unwrap_or(plain),
            None => {
                let skipped = if is_prefix { 0 } else { text.len().saturating_sub(AFFIX_MAX) };
                let mut len = 0_usize;
                for (place, byte) in buffer.iter_mut().zip(text.bytes().skip(skipped)) {
                    *place = byte;
                    len = len.wrapping_add(1);
                }
                buffer.get(..len).unwrap_or(&[])
            }
        };
        self.affixes_of(table, affix, is_prefix)
    }

    /// The same of what stands at the beginning or end of a string.
    fn affixes_of(&mut self, table: &'a Table, affix: &[u8], is_prefix: bool) -> ControlFlow<()> {
        for [len, bytes @ ..] in lengths(self.policy, table) {
            self.evaluator.step();
            let len = *len as usize;
            let key = if is_prefix { affix.get(..len) } else { affix.len().checked_sub(len).and_then(|from| affix.get(from..)) };
            // Lengths ascend.
            let Some(key) = key else { break };
            let edge = if is_prefix { key.last() } else { key.first() };
            if edge.is_some_and(|edge| bytes.get(usize::from(edge >> 5)).is_some_and(|bits| bits >> (edge & 31) & 1 == 1)) {
                self.evaluator.scan(key);
                self.seek_at_once(table, hash(key), Text::plain(key))?;
            }
        }
        ControlFlow::Continue(())
    }

    /// Meets what each of several values leads to; the answer is whether one of them is in doubt.
    fn leaves(&mut self, table: &'a Table, item: Item<'a>) -> ControlFlow<(), bool> {
        if item.kind == ItemKind::Array {
            return self.array(table, item, &[]);
        }
        // An array stands on the way: find it, and the keys from it down to the field.
        let mut keys: [&[u8]; KEYS_MAX] = [&[]; KEYS_MAX];
        let mut free = KEYS_MAX;
        let mut field = table.field;
        loop {
            let Some(record) = self.policy.field(field) else { return ControlFlow::Continue(true) };
            let Some(key) = free.checked_sub(1).and_then(|at| keys.get_mut(at)) else { return ControlFlow::Continue(true) };
            *key = self.policy.bytes(record.key);
            free = free.wrapping_sub(1);
            field = record.parent;
            let above = self.evaluator.item(field);
            if above.kind == ItemKind::Array {
                return self.array(table, above, keys.get(free..).unwrap_or(&[]));
            }
        }
    }

    // As deep as there are keys.
    fn array(&mut self, table: &'a Table, array: Item<'a>, keys: &[&[u8]]) -> ControlFlow<(), bool> {
        self.evaluator.scan(array.text);
        let Some(elements) = elements(array.text) else { return ControlFlow::Continue(true) };
        self.evaluator.scan(array.text);
        let mut doubt = false;
        // The module of WebAssembly has a limit to its size, and this only is the shorter way to the same end.
        let is_of_strings = cfg!(not(target_family = "wasm")) && table.kind == TableKind::Exact && keys.is_empty();
        for element in elements {
            if is_of_strings && let Some(text) = element.string() {
                self.evaluator.step();
                self.evaluator.scan(element.text);
                self.seek(table, text.hash(), text)?;
                continue;
            }
            let mut item = element;
            let mut rest = keys;
            while let Some((key, more)) = rest.split_first() {
                if item.kind == ItemKind::Array {
                    break;
                }
                self.evaluator.scan(item.text);
                item = item.member(key);
                rest = more;
            }
            doubt |= if item.kind == ItemKind::Array { self.array(table, item, rest)? } else { self.leaf(table, item)? };
        }
        ControlFlow::Continue(doubt)
    }
}

impl Policy {
    /// Key slots of the tables of parts, which scratch has to tell apart: as many as there are in all, or none.
    pub(crate) fn part_keys(&self) -> usize {
        if self.tables.iter().any(|table| table.kind == TableKind::Part) { self.keys.len() } else { 0 }
    }
}

/// The lengths of a table's affixes or parts, each with the bytes at which they end (of suffixes: begin).
fn lengths<'a>(policy: &'a Policy, table: &Table) -> &'a [[u32; AFFIX_WORDS as usize]] {
    let (first, count) = table.aux;
    policy.words(first, count.wrapping_mul(AFFIX_WORDS)).as_chunks().0
}

/// More keys than a path can have.
const KEYS_MAX: usize = 64;
