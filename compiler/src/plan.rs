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
use keys::Keys;

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
        let mut accesses = Accesses { lists: &policy.lists, certain: name, keys: Keys::default() };
        let mut indexed = IndexedRules::default();
        for (rule, conditions) in policy.rules.iter().zip(&rules) {
            let conjuncts = (0_u32..).zip(&conditions.conjuncts);
            indexed.push(rule.outcome.decision, conjuncts.filter_map(|(position, conjunct)| Some((position, accesses.of(conjunct)?))));
        }
        let keys = indexed.sort(accesses.keys);
        let index = index::build(&indexed, &keys, name, thrift);
        Self { fields, rules, index }
    }
}
