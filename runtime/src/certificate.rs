//! What a decision can cost at most, computed from the loaded policy.
//!
//! A *step* is an index node, table, key length or posting looked at, or a condition asked. A *scan* is one pass over a
//! text of at most the request's length by a condition or a table, besides the one pass of the reader.
//!
//! Two kinds of request are told apart. In one without arrays where the policy reads, each table leads to one node, so the
//! bound follows the longest way through the index. With arrays each element may lead elsewhere and is asked every
//! condition; elements do not overlap, so there are at most half as many as the request has bytes. What the body of an
//! `all` or `exists` asks of the rest of the request is asked anew for each element, of which there are at most
//! [`ELEMENTS`].

use alloc::vec;
use alloc::vec::Vec;

use crate::artifact::format::{AFFIX_WORDS, CHILD_IS_RUN, CheckOp, NONE, Op, PLACE_FIELD_MASK, PLACE_OF_ELEMENT, Shape, TableKind};
use crate::index::Entry;
use crate::policy::{ListRecord, Node, Policy, Rule, Table, range};
use crate::run::{Checks, Run, texts};

/// Upper bounds on the work of one decision. They hold for every request that is one; a refused request costs the reader's
/// pass alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Steps for a request without arrays where the policy reads.
    pub steps_scalar: u64,
    /// Steps for any request, apart from [`Self::steps_per_byte`].
    pub steps_fixed: u64,
    /// Steps for each byte of any request, on top of [`Self::steps_fixed`].
    pub steps_per_byte: u64,
    /// Scans of the request for a request without arrays where the policy reads.
    pub scans_scalar: u64,
    /// Scans of any request.
    pub scans: u64,
}

impl Certificate {
    /// Most steps for any request of so many bytes.
    #[must_use]
    pub fn steps(&self, request_len_bytes: u64) -> u64 {
        self.steps_fixed.saturating_add(self.steps_per_byte.saturating_mul(request_len_bytes))
    }

    /// Most bytes looked at for any request of so many bytes, the reader's own pass apart.
    #[must_use]
    pub fn scanned_bytes(&self, request_len_bytes: u64) -> u64 {
        self.scans.saturating_mul(request_len_bytes)
    }
}

/// Cost of one condition for one value, or of a part of the index. Its sums are wide, and copies of them would be a
/// twentieth of the WebAssembly module.
#[derive(Clone, Copy, Default)]
struct Cost {
    steps_scalar: u64,
    steps: u64,
    scans_scalar: u64,
    scans: u64,
}

impl Cost {
    fn new(steps: u64, scans_scalar: u64, scans: u64) -> Self {
        Self { steps_scalar: steps, steps, scans_scalar, scans }
    }

    /// What only a request with arrays can cost.
    fn with_arrays(self) -> Self {
        Self { steps_scalar: 0, scans_scalar: 0, ..self }
    }

    #[inline(never)]
    fn and(self, other: Self) -> Self {
        Self {
            steps_scalar: self.steps_scalar.saturating_add(other.steps_scalar),
            steps: self.steps.saturating_add(other.steps),
            scans_scalar: self.scans_scalar.saturating_add(other.scans_scalar),
            scans: self.scans.saturating_add(other.scans),
        }
    }

    #[inline(never)]
    fn times(self, factor: u64) -> Self {
        Self {
            steps_scalar: self.steps_scalar.saturating_mul(factor),
            steps: self.steps.saturating_mul(factor),
            scans_scalar: self.scans_scalar.saturating_mul(factor),
            scans: self.scans.saturating_mul(factor),
        }
    }

    /// The larger in each respect.
    #[inline(never)]
    fn max(self, other: Self) -> Self {
        Self {
            steps_scalar: self.steps_scalar.max(other.steps_scalar),
            steps: self.steps.max(other.steps),
            scans_scalar: self.scans_scalar.max(other.scans_scalar),
            scans: self.scans.max(other.scans),
        }
    }
}

/// Listed rules whose field in doubt is looked for.
const DOUBTS_MAX: u64 = crate::scratch::SHOWN_MAX as u64;
/// An alternative whose answer for the value is not remembered is asked for each element anew.
const ELEMENTS: u64 = crate::item::ELEMENTS_MAX as u64;

impl Policy {
    /// The certificate of this policy.
    #[must_use]
    pub fn certificate(&self) -> Certificate {
        let conditions = Conditions::of(self);
        let rules: Vec<RuleCost> = self.rules.iter().map(|rule| conditions.rule(rule)).collect();
        let doubt = rules.iter().map(|rule| rule.doubt).fold(Cost::default(), Cost::max).times(DOUBTS_MAX.min(rules.len() as u64));
        // Shared checks may be asked whether a candidate wants them or not.
        let shared = Checks::new(self.shared.words(&self.runs)).count() as u64;
        let doubt = doubt.and(Cost::new(shared, shared, shared));
        let scalar = self.index_scalar(&rules).and(doubt);
        // Every node is entered and every rule checked at most once before an array is met and once after.
        let entered = Cost::new((self.index_nodes.len() as u64).saturating_mul(2), 0, 0);
        let probed = self.tables.iter().map(|table| self.probe(table)).fold(Cost::default(), Cost::and).times(2);
        let mut checked = Cost::default();
        for node in &self.index_nodes {
            checked = checked.and(self.run(node.run, &rules, true));
        }
        for table in &self.tables {
            self.each_child(table, &mut |_, child| checked = checked.and(self.run_behind(child, &rules)));
            checked = checked.and(self.run_behind(table.door, &rules));
        }
        let checked = checked.times(2);
        let all = entered.and(probed).and(checked).and(doubt);
        Certificate {
            steps_scalar: scalar.steps_scalar,
            steps_fixed: all.steps,
            // At most one element to two bytes.
            steps_per_byte: all.steps.div_ceil(2),
            scans_scalar: scalar.scans_scalar,
            scans: all.scans,
        }
    }

    /// Asking a table about one value, what it leads to apart.
    fn probe(&self, table: &Table) -> Cost {
        // With an array on the way: counting and walking it at each level, and looking for each key.
        let walk = self.levels(table.field).saturating_add(1).saturating_mul(3);
        let seen = if table.kind.is_of_value() { Cost::default() } else { Cost::new(0, 3, 3) };
        seen.and(match table.kind.shape() {
            Shape::Whole => Cost::new(1, 2, walk.saturating_add(2)),
            Shape::Beginning | Shape::End => {
                let lengths = u64::from(table.aux.1);
                // An address has up to 129 digits, and no request with one in it is shorter than a ninth of that.
                let of_length = if table.kind == TableKind::Address { 9 } else { 2 };
                let scans = lengths.saturating_mul(of_length).saturating_add(1);
                Cost::new(lengths.saturating_add(1), scans, walk.saturating_add(scans))
            }
            Shape::Part => {
                // At each byte as many before it as the key has, hashed and compared; and the value itself.
                let (lengths, _) = self.words(table.aux.0, table.aux.1.saturating_mul(AFFIX_WORDS)).as_chunks::<{ AFFIX_WORDS as usize }>();
                let scans = lengths.iter().fold(1_u64, |sum, [len, ..]| sum.saturating_add(u64::from(*len).saturating_mul(2)));
                Cost::new(1, scans, walk.saturating_add(scans))
            }
            Shape::Number => {
                // From a leaf to the top of a tree of twice as many nodes as positions.
                let height = u64::from(u64::from(table.extent).saturating_mul(2).checked_ilog2().unwrap_or(0)).saturating_add(1);
                Cost::new(height.saturating_add(1), 1, walk.saturating_add(1))
            }
        })
    }

    /// How deep a field lies.
    fn levels(&self, field: u32) -> u64 {
        self.field(field).map_or(0, |field| self.bytes(field.pointer).iter().filter(|byte| **byte == b'/').count() as u64)
    }

    /// The longest way through the index for a request whose fields are no arrays. Children come after their parents.
    fn index_scalar(&self, rules: &[RuleCost]) -> Cost {
        let mut nodes: Vec<Cost> = vec![Cost::default(); self.index_nodes.len()];
        for (at, node) in self.index_nodes.iter().enumerate().rev() {
            let child = |nodes: &[Cost], child: u32| match run_of(child) {
                _ if child == NONE => Cost::default(),
                Some(run) => self.run(run, rules, false),
                None => nodes.get(child as usize).copied().unwrap_or_default(),
            };
            let mut cost = Cost::new(1, 0, 0).and(self.run(node.run, rules, false));
            for table in range(&self.tables, node.tables) {
                let met = self.longest(table, |id| child(&nodes, id));
                let door = child(&nodes, table.door);
                // What has been looked up may be in doubt besides.
                let met = if table.kind == TableKind::Address { met.and(door) } else { met.max(door) };
                cost = cost.and(self.probe(table)).and(met);
            }
            if let Some(place) = nodes.get_mut(at) {
                *place = cost;
            }
        }
        nodes.get(self.root as usize).copied().unwrap_or_default()
    }

    /// All postings of a run, for any request or for one without arrays.
    #[inline(never)]
    fn run(&self, first: u32, rules: &[RuleCost], of_any: bool) -> Cost {
        let mut cost = Cost::default();
        for posting in Run::new(&self.runs, first) {
            let rule = rules.get(posting.rule as usize).map(|rule| if of_any { rule.any } else { rule.scalar });
            cost = cost.and(Cost::new(1, 0, 0)).and(rule.unwrap_or_default());
        }
        cost
    }

    /// The run that a child is, if it is one.
    fn run_behind(&self, child: u32, rules: &[RuleCost]) -> Cost {
        run_of(child).map_or(Cost::default(), |run| self.run(run, rules, true))
    }

    /// All that a table leads to, its door apart, each with the level at which a value meets only one of them: the height in
    /// a segment tree, the length of an affix. A text can contain all the parts that are keys.
    #[inline(never)]
    fn each_child(&self, table: &Table, each: &mut dyn FnMut(u32, u32)) {
        if table.kind == TableKind::Range {
            let positions = range(&self.words, (table.first, table.extent.saturating_mul(2)));
            (0_u32..).zip(positions).skip(1).for_each(|(at, child)| each(at.ilog2(), *child));
            return;
        }
        for (position, slot) in (0_u32..).zip(range(&self.keys, (table.first, table.extent))) {
            let mut at = *slot & self.entry_mask;
            while let Some(entry) = Entry::at(&self.runs, at) {
                let level = match table.kind.shape() {
                    Shape::Whole => 0,
                    Shape::Part => position,
                    _ => entry.len(),
                };
                each(level, entry.child().unwrap_or(NONE));
                at = entry.next();
            }
        }
    }

    /// The most that one value can lead to.
    fn longest(&self, table: &Table, child: impl Fn(u32) -> Cost) -> Cost {
        if table.kind == TableKind::Part {
            let mut all = Cost::default();
            self.each_child(table, &mut |_, id| all = all.and(child(id)));
            return all;
        }
        let mut levels: Vec<(u32, Cost)> = Vec::new();
        self.each_child(table, &mut |level, id| {
            let cost = child(id);
            match levels.iter_mut().find(|(known, _)| *known == level) {
                Some((_, most)) => *most = most.max(cost),
                None => levels.push((level, cost)),
            }
        });
        levels.into_iter().map(|(_, cost)| cost).fold(Cost::default(), Cost::and)
    }
}

/// The first word of the run that a child is, if it is one.
fn run_of(child: u32) -> Option<u32> {
    (child != NONE && child & CHILD_IS_RUN != 0).then_some(child & !CHILD_IS_RUN)
}

#[derive(Clone, Copy)]
struct RuleCost {
    scalar: Cost,
    any: Cost,
    doubt: Cost,
}

/// Costs of all nodes: of asking, and of looking for the field in doubt.
struct Conditions<'a> {
    policy: &'a Policy,
    /// Whether the node is in the body of an `all` or `exists`.
    in_body: Vec<bool>,
    asked: Vec<Cost>,
    doubted: Vec<Cost>,
}

impl<'a> Conditions<'a> {
    fn of(policy: &'a Policy) -> Self {
        let count = policy.nodes.len();
        let in_body = in_bodies(policy);
        let mut conditions = Self { policy, in_body, asked: vec![Cost::default(); count], doubted: vec![Cost::default(); count] };
        // Simple questions may be shared and stand anywhere; all others come after the one that has them.
        for simple in [true, false] {
            for (at, node) in policy.nodes.iter().enumerate().rev() {
                if simple_cost(node.op).is_some() != simple {
                    continue;
                }
                let cost = simple_cost(node.op).unwrap_or_else(|| conditions.composite(at, node));
                let doubt = conditions.doubt(node);
                if let (Some(asked), Some(doubted)) = (conditions.asked.get_mut(at), conditions.doubted.get_mut(at)) {
                    *asked = cost;
                    *doubted = doubt;
                }
            }
        }
        conditions
    }

    fn rule(&self, rule: &Rule) -> RuleCost {
        let one = |costs: &[Cost], node: u32| costs.get(node as usize).copied().unwrap_or_default();
        let tree = self.policy.extra(rule).tree;
        let (mut flat, mut doubted) = (Cost::default(), Cost::default());
        // Shared checks are asked once, on behalf of the first posting that has them.
        self.policy.each_check(rule, &mut |check| match check.node() {
            Some(node) => {
                flat = flat.and(Cost::new(1, 0, 0)).and(one(&self.asked, node));
                doubted = doubted.and(one(&self.doubted, node));
            }
            None => {
                let alternatives = if check.op() == CheckOp::Texts { texts(check.operands()).count() as u64 } else { 1 };
                // Counting an array's elements, walking them, and reading each.
                flat = flat.and(Cost::new(1, alternatives, alternatives.saturating_add(2)));
            }
        });
        let doubt = if tree == NONE { flat.and(doubted) } else { one(&self.doubted, tree) };
        RuleCost { scalar: flat, any: flat.and(one(&self.asked, tree)), doubt }
    }

    fn sum(&self, costs: &[Cost], nodes: (u32, u32)) -> Cost {
        range(costs, nodes).iter().copied().fold(Cost::default(), Cost::and)
    }

    fn composite(&self, at: usize, node: &Node) -> Cost {
        let Node { op, a, b, c } = *node;
        let own = Cost::new(1, 0, 0);
        // Counting an array's elements, walking them, and looking for the key of the field among an element's members.
        let visit = Cost::new(1, 0, 3);
        match op {
            Op::And | Op::Or | Op::Operators | Op::AnythingBut => own.and(self.sum(&self.asked, (a, b))),
            Op::Not => own.and(self.sum(&self.asked, (a, 1))),
            Op::Descend => visit.and(self.sum(&self.asked, (b, 1))),
            Op::Each => visit.and(self.sum(&self.asked, (b, c))),
            Op::List => visit.and(self.list(b)),
            Op::Any | Op::Every => visit.and(self.list(a)),
            // Met twice, once for each half.
            Op::Both => Cost::new(2, 0, 0).and(self.sum(&self.asked, (a, 1))).and(self.sum(&self.asked, (b, 1))),
            Op::One => own.and(self.found(at, a, self.sum(&self.asked, (b, c)))),
            // Two values; that of the request is looked at for each element anew.
            Op::Same | Op::Ordered | Op::StartsWith | Op::EndsWith | Op::Includes => {
                own.and(self.found(at, a, Cost::new(0, 2, 2))).and(self.found(at, b, Cost::new(0, 2, 2)))
            }
            Op::Among => own.and(self.found(at, a, visit.and(self.sum(&self.asked, (b, 1))).with_arrays())),
            Op::AmongOf => {
                let of_value = self.found(at, a, Cost::new(0, 2, ELEMENTS.saturating_add(2)));
                own.and(of_value).and(self.found(at, b, Cost::new(0, 0, 3).with_arrays()))
            }
            Op::All | Op::Some => own.and(visit.and(self.sum(&self.asked, (b, 1))).with_arrays()),
            _ => own,
        }
    }

    /// The cost of asking the value at a place: found by its keys in an element, or in a body asked again for each.
    fn found(&self, at: usize, place: u32, asked: Cost) -> Cost {
        if place & PLACE_OF_ELEMENT != 0 {
            return asked.and(Cost::new(0, 0, self.policy.levels(place & PLACE_FIELD_MASK)));
        }
        let is_in_body = self.in_body.get(at).is_some_and(|is| *is);
        asked.times(if is_in_body { ELEMENTS.saturating_add(1) } else { 1 })
    }

    fn list(&self, list: u32) -> Cost {
        let Some(&ListRecord { first, whole, both, each }) = self.policy.lists.get(list as usize) else { return Cost::default() };
        let pairs_at = first.saturating_add(whole);
        let pairs = (pairs_at, both);
        let mut cost = self.sum(&self.asked, (first, whole)).and(self.sum(&self.asked, (pairs_at.saturating_add(both), each)));
        // The halves asked of the value: once in advance, and past those that are remembered for each element.
        for pair in range(&self.policy.nodes, pairs) {
            let of_value = Cost::new(1, 0, 0).and(self.sum(&self.asked, (pair.a, 1)));
            let again = if both as usize > crate::evaluate::KNOWN_MAX { ELEMENTS.saturating_add(1) } else { 1 };
            cost = cost.and(of_value.times(again));
        }
        cost.and(self.sum(&self.asked, pairs))
    }

    /// Looking for fields in doubt asks the parts of an unknown condition again, level by level.
    fn doubt(&self, node: &Node) -> Cost {
        let Node { op, a, b, .. } = *node;
        let own = Cost::new(1, 0, 0);
        let parts = |nodes: (u32, u32)| self.sum(&self.asked, nodes).and(self.sum(&self.doubted, nodes));
        match op {
            Op::And | Op::Or => own.and(parts((a, b))),
            Op::Not => own.and(self.sum(&self.doubted, (a, 1))),
            Op::Descend => Cost::new(1, 0, 3).and(parts((b, 1))),
            Op::All | Op::Some => own.and(Cost::new(0, 0, 3).and(parts((b, 1))).with_arrays()),
            _ => own,
        }
    }
}

/// The nodes in bodies of `all` and `exists`. Parents come first.
fn in_bodies(policy: &Policy) -> Vec<bool> {
    let mut inside = vec![false; policy.nodes.len()];
    for (at, node) in policy.nodes.iter().enumerate() {
        let is_inside = inside.get(at).is_some_and(|is| *is);
        let parts = match node.op {
            Op::All | Op::Some => (node.b, 1),
            Op::And | Op::Or if is_inside => (node.a, node.b),
            Op::Not if is_inside => (node.a, 1),
            _ => continue,
        };
        let (first, count) = (parts.0 as usize, parts.1 as usize);
        inside.iter_mut().skip(first).take(count).for_each(|is| *is = true);
    }
    inside
}

/// The cost of a question without parts.
fn simple_cost(op: Op) -> Option<Cost> {
    Some(match op {
        _ if !op.is_question() => return None,
        Op::Operators | Op::AnythingBut | Op::Any | Op::Every => return None,
        Op::IsNull | Op::NullOrNot | Op::IsBool | Op::Exists | Op::Type => Cost::new(1, 0, 0),
        // Two texts; the other one is looked at for each element anew.
        Op::Ref => Cost::new(1, 2, ELEMENTS.saturating_add(2)),
        Op::In => Cost::new(1, 2, 2),
        _ => Cost::new(1, 1, 1),
    })
}
