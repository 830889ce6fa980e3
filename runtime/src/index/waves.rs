//! The walk through the index level by level: first all of a level's look-ups, then what they lead to, so that the processor
//! waits for the memory behind them at the same time. A policy that fits the caches is walked as it comes, which takes fewer
//! instructions.

use core::ops::ControlFlow;

use super::sought::Keys;
use super::{Visitor, Walk, home};
use crate::artifact::format::{NONE, TableKind};
use crate::item::Source;
use crate::json::hash::hash;
use crate::json::text::Text;
use crate::policy::{Policy, Table, range};
use toolgate_scan::bring_near;

/// What is looked up together; `None` where everything is looked up at once.
pub(super) type Sought<'a> = Option<Keys<'a>>;

impl<'a, S: Source, V: Visitor + ?Sized> Walk<'_, 'a, S, V> {
    /// Visits all rules that may hold.
    pub(super) fn visit_all(&mut self) -> ControlFlow<()> {
        if !self.policy.in_waves {
            return self.node(self.policy.root);
        }
        self.ways.met.clear();
        self.sought = Some(Keys::default());
        self.node(self.policy.root)?;
        loop {
            self.find()?;
            let mut next = 0_usize;
            while let Some(child) = self.ways.met.get(next) {
                next = next.wrapping_add(1);
                self.child(child)?;
            }
            if self.sought.as_ref().is_none_or(Keys::is_empty) {
                return ControlFlow::Continue(());
            }
            self.ways.met.clear();
        }
    }

    /// Keeps a child to be entered later, or enters it if there is no room.
    #[inline(always)]
    pub(super) fn meet(&mut self, child: u32) -> ControlFlow<()> {
        if self.sought.is_none() {
            return self.child(child);
        }
        if self.ways.met.push(child) { ControlFlow::Continue(()) } else { self.child_at_once(child) }
    }

    #[cold]
    fn child_at_once(&mut self, child: u32) -> ControlFlow<()> {
        let sought = self.sought.take();
        let flow = self.child(child);
        self.sought = sought;
        flow
    }

    /// Meets what stands behind a key of a table, now or with the next look-ups.
    #[inline(always)]
    pub(super) fn seek(&mut self, table: &'a Table, hash: u64, key: Text<'a>) -> ControlFlow<()> {
        let (Some(sought), Some(plain)) = (&mut self.sought, key.as_plain()) else { return self.seek_at_once(table, hash, key) };
        if sought.push(self.policy, table, hash, plain) {
            return ControlFlow::Continue(());
        }
        self.find()?;
        self.seek_at_once(table, hash, key)
    }

    /// Meets what is behind the keys sought.
    #[inline(never)]
    fn find(&mut self) -> ControlFlow<()> {
        let Some(sought) = &mut self.sought else { return ControlFlow::Continue(()) };
        let found = sought.take(self.policy);
        found.into_iter().filter(|child| *child != NONE).try_for_each(|child| self.meet(child))
    }

    /// Whether the table's keys are better found by their edges than length by length.
    #[inline(always)]
    pub(super) fn is_at_edges(&self, table: &Table) -> bool {
        !self.policy.edges(table).is_empty()
    }

    /// As [`Self::affixes`], where all keys end (of suffixes: begin) at few bytes: goes to where the string has them.
    pub(super) fn affixes_at_edges(&mut self, table: &'a Table, text: &'a [u8]) -> ControlFlow<()> {
        let is_prefix = table.kind == TableKind::Prefix;
        for edge in self.policy.edges(table) {
            for len in edge.lengths_in(text, is_prefix) {
                self.evaluator.step();
                let key = if is_prefix { text.get(..len) } else { text.len().checked_sub(len).and_then(|from| text.get(from..)) };
                let Some(key) = key else { continue };
                self.evaluator.scan(key);
                self.seek(table, hash(key), Text::plain(key))?;
            }
        }
        ControlFlow::Continue(())
    }
}

impl Policy {
    /// Has the index walked level by level, and notes where each field's values are looked up first. The index is known to be
    /// sound.
    pub(crate) fn walk_in_waves(&mut self) {
        self.in_waves = true;
        let Some(root) = self.index_nodes.get(self.root as usize) else { return };
        for table in range(&self.tables, root.tables).iter().filter(|table| table.kind == TableKind::Exact) {
            if let Some(field) = self.fields.get_mut(table.field as usize) {
                field.slots = (table.first, table.extent);
            }
        }
    }

    /// Has the policy decided as a large one is, whatever its size, for tests.
    #[cfg(feature = "as-large")]
    pub fn treat_as_large(&mut self) {
        self.walk_in_waves();
    }

    /// Asks for the memory where the look-up of a field's value will begin, while the rest of the request is read.
    #[inline(always)]
    pub(crate) fn bring_slot_near(&self, field: u32, hash: u64) {
        let (first, extent) = self.field(field).map_or((0, 0), |field| field.slots);
        if extent != 0 {
            bring_near(&self.keys, first.wrapping_add(home(hash, extent)) as usize);
        }
    }
}
