//! The plan: a checked policy laid out for deciding, still with pointers instead of offsets.

mod access;
pub(crate) mod automaton;
pub(crate) mod condition;
#[cfg(feature = "arbitrary")]
pub(crate) mod execute;
pub(crate) mod expression;
pub(crate) mod fields;
pub(crate) mod index;
mod indexed;
pub(crate) mod keys;

use access::Accesses;
use condition::{Lowering, RuleConditions};
use fields::FieldTree;
use index::{Index, Thrift};
use indexed::IndexedRules;

use crate::ir::Policy;

/// Fields, and conditions by rule.
pub(crate) struct Plan<'p> {
    pub fields: FieldTree,
    pub rules: Vec<RuleConditions<'p>>,
}

impl<'p> Plan<'p> {
    /// Plans a policy.
    pub(crate) fn new(policy: &'p Policy) -> Self {
        let fields = FieldTree::collect(policy);
        let lowering = Lowering { fields: &fields };
        let rules = policy.rules.iter().map(|rule| lowering.rule(rule)).collect();
        Self { fields, rules }
    }

    /// The index over a policy's rules. It borrows nothing from their conditions.
    pub(crate) fn index(&self, policy: &Policy, thrift: Thrift) -> Index {
        let [_, name, ..] = self.fields.known();
        let mut accesses = Accesses::new(&policy.lists, name);
        let mut indexed = IndexedRules::default();
        for (rule, conditions) in policy.rules.iter().zip(&self.rules) {
            indexed.push(rule.outcome.decision, &conditions.conjuncts, &mut accesses);
        }
        let (keys, numbers) = accesses.into_sorted();
        indexed.renumber(&numbers);
        index::build(&indexed, keys, name, thrift)
    }
}
