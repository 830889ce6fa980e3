//! The rules as the index sees them: what they decide, and the accesses of their conditions.

use super::access::Accesses;
use super::condition::Condition;
use super::keys::KeyId;
use crate::ir::Decision;

/// All rules of a policy, what they have many of in one piece.
#[derive(Debug, Default)]
pub(crate) struct IndexedRules {
    rules: Vec<IndexedRule>,
    accesses: Vec<IndexedAccess>,
    /// Of one access adjacent, and in order.
    keys: Vec<KeyId>,
}

#[derive(Debug)]
struct IndexedRule {
    decision: Decision,
    /// Where its accesses end; they begin where those of the rule before end.
    end: usize,
}

/// A condition of a rule that has keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IndexedAccess {
    /// Position of the conjunct.
    pub conjunct: u32,
    /// A scalar that meets a key makes the whole conjunct true.
    pub proves: bool,
    keys: (usize, usize),
}

impl IndexedAccess {
    pub(crate) fn key_count(self) -> usize {
        self.keys.1.saturating_sub(self.keys.0)
    }
}

impl IndexedRules {
    /// Appends a rule with the accesses of those conjuncts that have one.
    pub(crate) fn push<'c>(&mut self, decision: Decision, conjuncts: &'c [Condition<'c>], accesses: &mut Accesses<'c>) {
        for (position, conjunct) in (0..).zip(conjuncts) {
            let start = self.keys.len();
            match accesses.of(conjunct, &mut self.keys) {
                Some(proves) => self.accesses.push(IndexedAccess { conjunct: position, proves, keys: (start, self.keys.len()) }),
                None => self.keys.truncate(start),
            }
        }
        self.rules.push(IndexedRule { decision, end: self.accesses.len() });
    }

    /// Goes over from the keys' numbers so far to those in order.
    pub(crate) fn renumber(&mut self, numbers: &[KeyId]) {
        for key in &mut self.keys {
            *key = numbers.get(*key as usize).copied().unwrap_or(*key);
        }
        for access in &self.accesses {
            if let Some(keys) = self.keys.get_mut(access.keys.0..access.keys.1) {
                keys.sort_unstable();
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.rules.len()
    }

    pub(crate) fn decision(&self, rule: u32) -> Option<Decision> {
        self.rules.get(rule as usize).map(|rule| rule.decision)
    }

    pub(crate) fn accesses(&self, rule: u32) -> &[IndexedAccess] {
        let rule = rule as usize;
        let start = rule.checked_sub(1).and_then(|before| self.rules.get(before)).map_or(0, |before| before.end);
        self.rules.get(rule).and_then(|rule| self.accesses.get(start..rule.end)).unwrap_or(&[])
    }

    pub(crate) fn keys(&self, access: IndexedAccess) -> &[KeyId] {
        self.keys.get(access.keys.0..access.keys.1).unwrap_or(&[])
    }
}
