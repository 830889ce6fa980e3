//! The rules that hold, in document order.

use crate::artifact::format::{RULE_ENFORCED, RULE_TELLS};
use crate::bitset::BitSet;
use crate::memory::OutOfMemory;
use crate::policy::{Policy, Properties, Rule};

/// So many rules are kept in a list. Most calls meet a handful, and then nothing as large as the policy is touched.
const FEW: usize = 32;

pub(crate) struct Holding {
    /// As they were met, one perhaps twice; sorted once the holding is settled.
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
    /// Its properties, and [`DOUBTED`].
    bits: u32,
}

/// The rule's value is unknown.
const DOUBTED: u32 = 1 << 31;

impl Held {
    #[inline(always)]
    pub(crate) fn new(rule: u32, properties: Properties, is_doubted: bool) -> Self {
        Self { rule, bits: properties.0 | if is_doubted { DOUBTED } else { 0 } }
    }

    #[inline(always)]
    pub(crate) fn properties(self) -> Properties {
        Properties(self.bits & !DOUBTED)
    }

    /// Whether it is enforced, true, and has neither a message nor requirements.
    #[inline(always)]
    pub(crate) fn is_plain(self) -> bool {
        self.bits & (RULE_ENFORCED | RULE_TELLS | DOUBTED) == RULE_ENFORCED
    }

    /// Whether its value is unknown.
    #[inline(always)]
    pub(crate) fn is_doubted(self) -> bool {
        self.bits & DOUBTED != 0
    }
}

impl Holding {
    pub(crate) fn try_new(rules: usize) -> Result<Self, OutOfMemory> {
        let blank = Held { rule: 0, bits: 0 };
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
    #[inline(always)]
    pub(crate) fn push(&mut self, held: Held) {
        match self.few.get_mut(self.count) {
            Some(place) => {
                *place = held;
                self.count = self.count.wrapping_add(1);
            }
            // The list stays full.
            None => self.push_in_sets(held),
        }
    }

    #[cold]
    #[inline(never)]
    fn push_in_sets(&mut self, held: Held) {
        if !self.is_many {
            self.is_many = true;
            for held in self.few {
                self.insert_in_sets(held);
            }
        }
        self.insert_in_sets(held);
    }

    fn insert_in_sets(&mut self, held: Held) {
        self.rules.insert(held.rule);
        if held.is_doubted() {
            self.doubted.insert(held.rule);
        }
    }

    /// Puts the rules into document order, each once. They are read behind this.
    #[inline(always)]
    pub(crate) fn settle(&mut self) {
        if self.count > 1 && !self.is_many {
            self.sort();
        }
    }

    fn sort(&mut self) {
        let list = self.few.get_mut(..self.count).unwrap_or_default();
        for end in 1..list.len() {
            // Most rules are met in document order.
            let mut at = end;
            while let Some([left, right]) = at.checked_sub(1).and_then(|from| list.get_mut(from..=at))
                && left.rule > right.rule
            {
                core::mem::swap(left, right);
                at = at.wrapping_sub(1);
            }
        }
        let (mut count, mut last) = (0_usize, None);
        for at in 0..self.count {
            let Some(held) = self.few.get(at).copied() else { break };
            // One that is there already is overwritten by the next.
            if let Some(place) = self.few.get_mut(count) {
                *place = held;
            }
            count = count.wrapping_add(usize::from(last != Some(held.rule)));
            last = Some(held.rule);
        }
        self.count = count;
    }

    /// The rules, in document order.
    pub(crate) fn iter<'h>(&'h self, policy: &'h Policy) -> impl Iterator<Item = Held> {
        // One of the two is empty.
        self.few().iter().copied().chain(self.many(policy))
    }

    /// Tells of the rules, in document order.
    #[inline(never)]
    pub(crate) fn each(&self, policy: &Policy, tell: &mut dyn FnMut(Held)) {
        for held in self.iter(policy) {
            tell(held);
        }
    }

    /// The rules of the list, in document order; none if they are in the sets.
    #[inline(always)]
    pub(crate) fn few(&self) -> &[Held] {
        if self.is_many { &[] } else { self.few.get(..self.count).unwrap_or_default() }
    }

    pub(crate) fn is_many(&self) -> bool {
        self.is_many
    }

    /// The rules of the sets, in document order; none if they are in the list.
    fn many<'h>(&'h self, policy: &'h Policy) -> impl Iterator<Item = Held> {
        self.is_many.then(|| self.rules.iter()).into_iter().flatten().map(|rule| {
            let properties = policy.rules.get(rule as usize).map_or(Properties(0), Rule::properties);
            Held::new(rule, properties, self.doubted.contains(rule))
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn rules_come_in_order_and_once() {
        let mut random = crate::matcher::random::Random::new(11);
        let mut holding = Holding::try_new(100).unwrap();
        for count in (0..200).map(|count| count % 50) {
            holding.clear();
            let met: Vec<u32> = (0..count).map(|_| random.below(100) as u32).collect();
            for rule in &met {
                holding.push(Held::new(*rule, Properties(0), rule % 3 == 0));
            }
            holding.settle();
            let mut expected = met;
            expected.sort_unstable();
            expected.dedup();
            // Past the list they are in sets, whose properties are the policy's.
            let found: Vec<(u32, bool)> = if holding.is_many() {
                holding.rules.iter().map(|rule| (rule, holding.doubted.contains(rule))).collect()
            } else {
                holding.few().iter().map(|held| (held.rule, held.is_doubted())).collect()
            };
            assert_eq!(found, expected.into_iter().map(|rule| (rule, rule % 3 == 0)).collect::<Vec<_>>());
            assert_eq!(holding.is_many(), count > FEW);
        }
    }
}
