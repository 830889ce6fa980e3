//! The rules that hold, in document order.

use crate::bitset::BitSet;
use crate::memory::OutOfMemory;
use crate::policy::{Policy, Properties};

/// So many rules are kept in a list. Most calls meet a handful, and then nothing as large as the policy is touched.
const FEW: usize = 32;

pub(crate) struct Holding {
    /// Sorted by rule.
    few: [Held; FEW],
    count: usize,
    /// There are more than the list has room for, and all of them are in the sets.
    is_many: bool,
    rules: BitSet,
    doubted: BitSet,
}

/// A rule that holds.
#[derive(Clone, Copy)]
pub(crate) struct Held {
    pub rule: u32,
    pub properties: Properties,
    /// Its value is unknown.
    pub doubted: bool,
}

impl Holding {
    pub(crate) fn try_new(rules: usize) -> Result<Self, OutOfMemory> {
        let blank = Held { rule: 0, properties: Properties(0), doubted: false };
        Ok(Self { few: [blank; FEW], count: 0, is_many: false, rules: BitSet::try_new(rules)?, doubted: BitSet::try_new(rules)? })
    }

    /// Bytes on the heap.
    pub(crate) fn len_bytes(&self) -> usize {
        self.rules.len_bytes().saturating_add(self.doubted.len_bytes())
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        self.count = 0;
        if self.is_many {
            self.is_many = false;
            self.rules.clear();
            self.doubted.clear();
        }
    }

    /// Adds a rule, which may be there already.
    #[inline]
    pub(crate) fn insert(&mut self, held: Held) {
        // Most come in document order, or are few.
        if self.count.checked_sub(1).and_then(|last| self.few.get(last)).is_none_or(|last| last.rule < held.rule)
            && let Some(place) = self.few.get_mut(self.count)
            && !self.is_many
        {
            *place = held;
            self.count = self.count.wrapping_add(1);
            return;
        }
        self.insert_before(held);
    }

    #[inline(never)]
    fn insert_before(&mut self, held: Held) {
        if self.is_many {
            return self.insert_in_sets(held);
        }
        let mut at = self.count;
        let last = |at: usize| at.checked_sub(1).and_then(|last| self.few.get(last));
        while let Some(other) = last(at).filter(|other| other.rule >= held.rule) {
            if other.rule == held.rule {
                return;
            }
            at = at.wrapping_sub(1);
        }
        let end = self.count.wrapping_add(1);
        let Some(behind) = self.few.get_mut(at..end) else { return self.spill(held) };
        behind.rotate_right(1);
        if let Some(place) = behind.first_mut() {
            *place = held;
        }
        self.count = end;
    }

    /// Moves the list into the sets.
    #[cold]
    fn spill(&mut self, held: Held) {
        self.is_many = true;
        for held in self.few.into_iter().chain([held]) {
            self.insert_in_sets(held);
        }
        self.count = 0;
    }

    fn insert_in_sets(&mut self, held: Held) {
        self.rules.insert(held.rule);
        if held.doubted {
            self.doubted.insert(held.rule);
        }
    }

    /// The rules, in document order.
    pub(crate) fn iter<'h>(&'h self, policy: &'h Policy) -> impl Iterator<Item = Held> {
        // One of the two is empty.
        self.few().iter().copied().chain(self.many(policy))
    }

    /// The rules of the list, in document order; none if they are in the sets.
    #[inline(always)]
    pub(crate) fn few(&self) -> &[Held] {
        self.few.get(..self.count).unwrap_or_default()
    }

    pub(crate) fn is_many(&self) -> bool {
        self.is_many
    }

    /// The rules of the sets, in document order; none if they are in the list.
    pub(crate) fn many<'h>(&'h self, policy: &'h Policy) -> impl Iterator<Item = Held> {
        self.is_many.then(|| self.rules.iter()).into_iter().flatten().map(|rule| Held {
            rule,
            properties: policy.rules.get(rule as usize).map_or(Properties(0), |rule| rule.properties),
            doubted: self.doubted.contains(rule),
        })
    }
}
