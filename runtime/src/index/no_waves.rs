//! The walk through the index, each look-up as it comes: the module of WebAssembly has a limit to its size.

use core::ops::ControlFlow;

use super::{Visitor, Walk};
use crate::item::Source;
use crate::json::text::Text;
use crate::policy::{Policy, Table};

/// Nothing is kept for later.
pub(super) type Sought<'a> = core::marker::PhantomData<&'a ()>;

impl<'a, S: Source, V: Visitor + ?Sized> Walk<'_, 'a, S, V> {
    pub(super) fn visit_all(&mut self) -> ControlFlow<()> {
        self.node(self.policy.root)
    }

    pub(super) fn table_of_plain(&mut self, _tables: &'a [Table], _table: &'a Table, _known: &mut u32) -> Option<ControlFlow<()>> {
        None
    }

    pub(super) fn meet(&mut self, child: u32) -> ControlFlow<()> {
        self.child(child)
    }

    pub(super) fn seek(&mut self, table: &'a Table, hash: u64, key: Text<'a>) -> ControlFlow<()> {
        self.seek_at_once(table, hash, key)
    }

    pub(super) fn is_at_edges(&self, _table: &Table) -> bool {
        false
    }

    pub(super) fn affixes_at_edges(&mut self, _table: &'a Table, _text: &'a [u8]) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl Policy {
    /// Nothing: a module of WebAssembly cannot ask for memory ahead.
    pub(crate) fn bring_slot_near(&self, _field: u32, _hash: u64) -> Option<u32> {
        None
    }

    /// The same.
    pub(crate) fn bring_entry_of_slot_near(&self, _slot: u32, _hash: u64) {}
}
