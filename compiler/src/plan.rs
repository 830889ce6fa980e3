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
mod keys;

use access::Accesses;
use condition::{Lowering, RuleConditions};
use fields::FieldTree;
use index::{Node, Thrift};
use indexed::IndexedRules;

use crate::ir::Policy;

/// Fields, conditions by rule, and the index over them.
pub(crate) struct Plan<'p> {
    pub fields: FieldTree,
    pub rules: Vec<RuleConditions<'p>>,
    pub index: Node,
}

impl<'p> Plan<'p> {
    /// Plans a policy.
    pub(crate) fn new(policy: &'p Policy) -> Self {
        Self::with(policy, Thrift::USUAL)
    }

    fn with(policy: &'p Policy, thrift: Thrift) -> Self {
        let fields = FieldTree::collect(policy);
        let lowering = Lowering { fields: &fields };
        let rules: Vec<_> = policy.rules.iter().map(|rule| lowering.rule(rule)).collect();
        let [_, name, ..] = fields.known();
        let mut accesses = Accesses::new(&policy.lists, name);
        let mut indexed = IndexedRules::default();
        for (rule, conditions) in policy.rules.iter().zip(&rules) {
            indexed.push(rule.outcome.decision, &conditions.conjuncts, &mut accesses);
        }
        let (keys, numbers) = accesses.into_sorted();
        indexed.renumber(&numbers);
        let index = index::build(&indexed, &keys, name, thrift);
        Self { fields, rules, index }
    }
}
