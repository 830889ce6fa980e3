//! The walk through the index level by level: first all of a level's look-ups, then what they lead to, so that the processor
//! waits for the memory behind them at the same time. A policy that fits the caches is walked as it comes, which takes fewer
//! instructions.

use core::ops::ControlFlow;

use super::sought::{Keys, LINES};
use super::{Entry, Visitor, Walk};
use crate::artifact::format::TableKind;
use crate::item::Source;
use crate::json::hash::{Front, hash};
use crate::json::text::Text;
use crate::policy::{Policy, Table, range};
use crate::run::{begins_with, join};
use toolgate_scan::bring_near;

/// What is looked up together; `None` where everything is looked up at once.
pub(super) type Sought<'a> = Option<Keys<'a>>;

impl<'a, S: Source, V: Visitor + ?Sized> Walk<'_, 'a, S, V> {
    /// Visits all rules that may hold.
    pub(super) fn visit_all(&mut self) -> ControlFlow<()> {
        if !self.policy.in_waves {
            if let Some(whole) = &self.policy.whole
                && let Some(fails) = self.evaluator.ask_all_shared()
            {
                return self.visit_whole(whole, fails);
            }
            self.evaluator.ask_ahead();
            return self.node(self.policy.root);
        }
        self.ways.met.clear();
        self.sought = Some(Keys::default());
        self.node(self.policy.root)?;
        self.bring_found_near();
        // Meanwhile something else is done.
        self.evaluator.ask_ahead();
        self.meet_found()?;
        loop {
            let mut next = 0_usize;
            while let Some(child) = self.ways.met.get(next) {
                next = next.wrapping_add(1);
                self.child(child)?;
            }
            if self.sought.as_ref().is_none_or(Keys::is_empty) {
                return ControlFlow::Continue(());
            }
            self.ways.met.clear();
            self.find()?;
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

    /// What a table leads to, of a string without escapes: most values are that. `None` where there is no shorter way than that of
    /// any value.
    #[inline(always)]
    pub(super) fn table_of_plain(&mut self, tables: &'a [Table], table: &'a Table, known: &mut u32) -> Option<ControlFlow<()>> {
        let (text, prepared) = self.evaluator.plain(table.field)?;
        if table.kind == TableKind::Exact {
            self.evaluator.step();
            self.evaluator.scan(text);
            let hash = if prepared == 0 { hash(text) } else { prepared };
            if !table.linked {
                return Some(self.seek_plain(table, hash, text));
            }
            let flow = self.seek_linked(tables, table, hash, text);
            return Some(flow.map_continue(|is_known| *known = if is_known { table.field } else { *known }));
        }
        if table.linked && table.field == *known {
            return Some(ControlFlow::Continue(()));
        }
        if !self.is_at_edges(table) {
            return None;
        }
        self.evaluator.step();
        self.evaluator.scan(text);
        Some(self.affixes_at_edges(table, text))
    }

    /// Meets what stands behind a key of a table, now or with the next look-ups.
    #[inline(always)]
    pub(super) fn seek(&mut self, table: &'a Table, hash: u64, key: Text<'a>) -> ControlFlow<()> {
        match key.as_plain() {
            Some(plain) => self.seek_plain(table, hash, plain),
            None => self.seek_at_once(table, hash, key),
        }
    }

    #[inline(always)]
    fn seek_plain(&mut self, table: &'a Table, hash: u64, key: &'a [u8]) -> ControlFlow<()> {
        self.seek_found(table, hash, key, |policy, entry| policy.found_plain(entry, key))
    }

    /// The same of the first of some tables, whose keys have links. The answer is whether the key is one, or seems to be, so that tables
    /// behind it can be passed over.
    #[inline(always)]
    fn seek_linked(&mut self, tables: &'a [Table], table: &'a Table, hash: u64, key: &'a [u8]) -> ControlFlow<(), bool> {
        let policy = self.policy;
        if let Some(sought) = &mut self.sought {
            if let Some(is_known) = sought.push_linked(policy, tables, hash, key) {
                return ControlFlow::Continue(is_known);
            }
            self.find()?;
        }
        let Some(entry) = policy.found_plain(policy.entry_of(table, hash), key) else { return ControlFlow::Continue(false) };
        self.meet_entry(entry)?;
        for link in entry.links(&policy.runs) {
            self.evaluator.step();
            if let Some(entry) = Entry::at(&policy.runs, *link) {
                self.meet_entry(entry)?;
            }
        }
        ControlFlow::Continue(true)
    }

    #[inline(always)]
    fn meet_entry(&mut self, entry: Entry<'a>) -> ControlFlow<()> {
        match entry.child() {
            Some(child) => self.meet(child),
            None => ControlFlow::Continue(()),
        }
    }

    /// As [`Self::seek_plain`], the key's entry being told from others in some way.
    #[inline(always)]
    fn seek_found(
        &mut self,
        table: &'a Table,
        hash: u64,
        key: &'a [u8],
        found: impl Fn(&'a Policy, u32) -> Option<Entry<'a>>,
    ) -> ControlFlow<()> {
        let Some(sought) = &mut self.sought else {
            return match found(self.policy, self.policy.entry_of(table, hash)).and_then(Entry::child) {
                Some(child) => self.child(child),
                None => ControlFlow::Continue(()),
            };
        };
        if sought.push(self.policy, table, hash, key) {
            return ControlFlow::Continue(());
        }
        self.find()?;
        self.seek_at_once(table, hash, Text::plain(key))
    }

    /// Meets what is behind the keys sought.
    #[inline(never)]
    fn find(&mut self) -> ControlFlow<()> {
        self.bring_found_near();
        self.meet_found()
    }

    /// Asks for what is behind the keys sought.
    #[inline(always)]
    fn bring_found_near(&mut self) {
        if let Some(sought) = &mut self.sought {
            sought.bring_near(self.policy);
        }
    }

    #[inline(always)]
    fn meet_found(&mut self) -> ControlFlow<()> {
        self.follow_links()?;
        let policy = self.policy;
        let (mut next, mut is_passed_over) = (0_usize, false);
        while let Some(key) = self.sought.as_ref().and_then(|sought| sought.key(next)) {
            next = next.wrapping_add(1);
            let Some(entry) = policy.found_plain(key.entry, key.text) else {
                is_passed_over |= !key.tables.is_empty();
                continue;
            };
            self.meet_entry(entry)?;
            for link in entry.links(&policy.runs) {
                self.evaluator.step();
                let is_kept = self.sought.as_mut().is_some_and(|sought| sought.push_link(policy, *link));
                if !is_kept && let Some(entry) = Entry::at(&policy.runs, *link) {
                    self.meet_entry(entry)?;
                }
            }
        }
        if is_passed_over {
            return self.ask_passed_over();
        }
        if let Some(sought) = &mut self.sought {
            sought.forget_keys();
        }
        ControlFlow::Continue(())
    }

    /// Meets what the links of keys found before lead to.
    #[inline(always)]
    fn follow_links(&mut self) -> ControlFlow<()> {
        let mut next = 0_usize;
        while let Some(link) = self.sought.as_ref().and_then(|sought| sought.link(next)) {
            next = next.wrapping_add(1);
            if let Some(entry) = Entry::at(&self.policy.runs, link) {
                self.meet_entry(entry)?;
            }
        }
        if let Some(sought) = &mut self.sought {
            sought.forget_links();
        }
        ControlFlow::Continue(())
    }

    /// Asks the tables that were passed over for keys that only seemed to be there.
    #[cold]
    #[inline(never)]
    fn ask_passed_over(&mut self) -> ControlFlow<()> {
        let Some(sought) = &mut self.sought else { return ControlFlow::Continue(()) };
        let keys = sought.take_keys();
        for key in keys.iter().filter(|key| self.policy.found_plain(key.entry, key.text).is_none()) {
            let Some((first, others)) = key.tables.split_first() else { continue };
            for table in others.iter().filter(|other| other.field == first.field && other.linked) {
                self.table_of_any(table)?;
            }
        }
        ControlFlow::Continue(())
    }

    /// Whether the table's keys are better found by their edges than length by length.
    #[inline(always)]
    pub(super) fn is_at_edges(&self, table: &Table) -> bool {
        !self.policy.edges(table).is_empty()
    }

    /// As [`Self::affixes`], where all keys end (of suffixes: begin) at few bytes: goes to where the string has them.
    pub(super) fn affixes_at_edges(&mut self, table: &'a Table, text: &'a [u8]) -> ControlFlow<()> {
        let is_prefix = table.kind == TableKind::Prefix;
        // Short prefixes are hashed and compared as two words.
        let front = Front::of(if is_prefix { text } else { &[] });
        for edge in self.policy.edges(table) {
            for len in edge.lengths_in(text, is_prefix) {
                self.evaluator.step();
                let key = if is_prefix { text.get(..len) } else { text.len().checked_sub(len).and_then(|from| text.get(from..)) };
                let Some(key) = key else { continue };
                self.evaluator.scan(key);
                if len <= front.len {
                    let front = front.cut(len);
                    self.seek_found(table, front.hash(), key, |policy, entry| policy.found_front(entry, front, key))?;
                } else {
                    self.seek_plain(table, hash(key), key)?;
                }
            }
        }
        ControlFlow::Continue(())
    }
}

impl Policy {
    /// An entry, or one that shares its slot, if it is that of a short key, given as such and as text.
    #[inline(always)]
    fn found_front(&self, entry: u32, front: Front, key: &[u8]) -> Option<Entry<'_>> {
        self.found_by(entry, Text::plain(key), |entry| match entry.words().first_chunk() {
            Some([a, b, c, d]) => front.is_in(join(*a, *b), join(*c, *d)),
            None => begins_with(entry.words(), key),
        })
    }

    /// Has the index walked level by level, and notes where each field's values are looked up first. The index is known to be
    /// sound.
    pub(crate) fn walk_in_waves(&mut self) {
        self.in_waves = true;
        let Some(root) = self.index_nodes.get(self.root as usize) else { return };
        for (id, table) in (root.tables.0..).zip(range(&self.tables, root.tables)) {
            if table.kind == TableKind::Exact
                && let Some(field) = self.fields.get_mut(table.field as usize)
            {
                field.sought_in = id;
            }
        }
    }

    /// Has the policy decided as a large one is, whatever its size, for tests.
    #[cfg(feature = "as-large")]
    pub fn treat_as_large(&mut self) {
        self.walk_in_waves();
    }

    /// Asks for the memory where the look-up of a field's value will begin, while the rest of the request is read. The answer is the slot
    /// that was asked for.
    #[inline(always)]
    pub(crate) fn bring_slot_near(&self, field: u32, hash: u64) -> Option<u32> {
        let table = self.field(field).and_then(|field| self.tables.get(field.sought_in as usize))?;
        let slot = self.slot(table, hash);
        bring_near(&self.keys, slot as usize);
        Some(slot)
    }

    /// Asks for the entry that a slot names, which has been asked for.
    #[inline(always)]
    pub(crate) fn bring_entry_of_slot_near(&self, slot: u32, hash: u64) {
        self.bring_entry_near(self.entry_in(slot, hash), LINES);
    }
}
