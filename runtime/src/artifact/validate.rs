//! Every offset, count and index of a decoded artifact, checked once.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem::take;

use super::LoadError;
use super::format::{
    AFFIX_WORDS, CHILD_IS_RUN, NONE, Op, PLACE_FIELD_MASK, PLACE_OF_ELEMENT, PLACE_SIZE, POSTING_WORDS, RULE_RISK_MASK, RULE_RISK_SHIFT,
    SHARED_MAX, Section, TableKind,
};
use super::places::Places;
#[cfg(not(target_family = "wasm"))]
use crate::bitset::BitSet;
use crate::index::{Entry, PART_MAX};
use crate::matcher::wildcard::{Literal, Wildcard};
use crate::memory::{OutOfMemory, filled, with_room};
use crate::policy::{HashRange, Node, Policy, Rule, Table, TextRef, range};
use crate::run::{Checks, Posting, Run};
use toolgate_scan::bring_near;

/// Deepest nesting of conditions, and of index nodes, that the runtime walks by recursion.
const DEPTH_MAX: u8 = 128;

/// The longest affix that is a key.
const AFFIX_MAX: u32 = 256;

/// So many runs are compared with their rules at once.
const WAITING_MAX: usize = 128;

/// `None` if the section does not hold together.
type Check = fn(&Policy, &mut Marks) -> Option<()>;

/// What checking remembers of records, allocated first: too little memory is no fault of a section.
struct Marks {
    shape: Shape,
    /// Which rules' homes have been met.
    homes: Box<[bool]>,
    /// Where runs begin that are still to be compared with their rules.
    waiting: Vec<u32>,
    /// The bits of a mask that no shared check has.
    unshared: u32,
    /// Runs are entered from one place each, and no two rules have their rests in one place, so all of them together are
    /// no longer than their section. A file that shared them could take forever to check.
    unread: usize,
    /// How often each list is referred to.
    lists: Box<[u8]>,
    /// How deep each index node lies.
    index: Box<[u8]>,
    /// The entries met that links may lead to.
    #[cfg(not(target_family = "wasm"))]
    linked: BitSet,
}

/// Checks a decoded artifact.
pub(super) fn validate(policy: &Policy) -> Result<(), LoadError> {
    let mut marks = Marks {
        shape: Shape::try_new(policy.nodes.len())?,
        homes: filled(false, policy.rules.len())?,
        waiting: with_room(WAITING_MAX)?,
        unshared: u32::MAX,
        unread: policy.runs.len(),
        lists: filled(0, policy.lists.len())?,
        index: filled(0, policy.index_nodes.len())?,
        #[cfg(not(target_family = "wasm"))]
        linked: BitSet::try_new(if policy.tables.iter().any(|table| table.linked) { policy.runs.len() } else { 0 })?,
    };
    let checks: [(Section, Check); 9] = [
        (Section::Requirements, |policy, _| requirements(policy)),
        (Section::Fields, |policy, _| fields(policy)),
        (Section::Slots, |policy, _| slots(policy)),
        (Section::Sets, |policy, _| sets(policy)),
        (Section::Automata, |policy, _| automata(policy)),
        (Section::Extras, |policy, _| extras(policy)),
        (Section::IndexNodes, index),
        (Section::Rules, rules),
        (Section::Nodes, |policy, marks| conditions(policy, &mut marks.shape, &mut marks.lists)),
    ];
    checks
        .into_iter()
        .find(|(_, check)| check(policy, &mut marks).is_none())
        .map_or(Ok(()), |(section, _)| Err(LoadError::section(section)))
}

/// `Some` if the condition holds, so that checks read as a chain.
fn ensure(holds: bool) -> Option<()> {
    holds.then_some(())
}

fn text(policy: &Policy, text: TextRef) -> Option<&[u8]> {
    let at = text.at as usize;
    policy.text.get(at..at.checked_add(text.len as usize)?)
}

fn shown(policy: &Policy, shown: TextRef) -> Option<()> {
    core::str::from_utf8(text(policy, shown)?).ok().map(|_| ())
}

fn inside((first, count): (u32, u32), len: usize) -> Option<()> {
    ensure((first as usize).checked_add(count as usize)? <= len)
}

fn requirements(policy: &Policy) -> Option<()> {
    policy.requirements.iter().try_for_each(|text| shown(policy, *text))
}

fn outcome(policy: &Policy, message: Option<TextRef>, requirements: (u32, u32)) -> Option<()> {
    inside(requirements, policy.words.len())?;
    message.map_or(Some(()), |message| shown(policy, message))?;
    range(&policy.words, requirements).iter().try_for_each(|id| ensure((*id as usize) < policy.requirements.len()))
}

fn rules(policy: &Policy, marks: &mut Marks) -> Option<()> {
    policy.rules.iter().enumerate().try_for_each(|(id, rule)| {
        shown(policy, rule.id)?;
        ensure(rule.extra == NONE || (rule.extra as usize) < policy.extras.len())?;
        ensure(rule.packed >> RULE_RISK_SHIFT & RULE_RISK_MASK <= 4)?;
        // What nothing can meet need not be in the index, but a home is where the index leads.
        ensure(rule.home == NONE || *marks.homes.get(id)?)?;
        if rule.home == NONE {
            marks.rest(policy, rule)?;
        }
        let tree = policy.extra(rule).tree;
        if tree == NONE { Some(()) } else { marks.shape.children(policy, None, (tree, 1), Role::Condition) }
    })
}

fn extras(policy: &Policy) -> Option<()> {
    policy.extras.iter().try_for_each(|extra| outcome(policy, extra.message, extra.requirements))?;
    outcome(policy, policy.default.message, policy.default.requirements)
}

fn fields(policy: &Policy) -> Option<()> {
    let len = policy.fields.len();
    for (id, field) in policy.fields.iter().enumerate() {
        shown(policy, field.key)?;
        shown(policy, field.pointer)?;
        inside((field.first_child, field.child_count), len)?;
        ensure(if id == 0 { field.parent == NONE } else { (field.parent as usize) < id })?;
        let children = range(&policy.fields, (field.first_child, field.child_count));
        ensure(field.child_count == 0 || field.first_child as usize > id)?;
        let mut least = 0;
        for child in children {
            ensure(child.parent as usize == id && child.key_hash >= least)?;
            least = child.key_hash;
        }
    }
    let known = &policy.known;
    let places: [(u32, u32, &[u8]); 8] = [
        (known.action, 0, b"action"),
        (known.action_name, known.action, b"name"),
        (known.action_input, known.action, b"input"),
        (known.actor, 0, b"actor"),
        (known.actor_id, known.actor, b"id"),
        (known.resource, 0, b"resource"),
        (known.resource_id, known.resource, b"id"),
        (known.context, 0, b"context"),
    ];
    places.into_iter().try_for_each(|(id, parent, key)| {
        let field = policy.field(id)?;
        ensure(id != 0 && field.parent == parent && text(policy, field.key)? == key)
    })
}

fn slots(policy: &Policy) -> Option<()> {
    policy.slots.iter().filter(|slot| !slot.is_empty()).try_for_each(|slot| text(policy, slot.text).map(|_| ()))
}

/// A range of slots is a power of two and holds an empty one, so that a search ends.
fn hash_range(policy: &Policy, slots: HashRange) -> Option<&[crate::policy::HashSlot]> {
    let count = slots.mask.checked_add(1).filter(|count| count.is_power_of_two())?;
    inside((slots.first, count), policy.slots.len())?;
    let slots = range(&policy.slots, (slots.first, count));
    ensure(slots.iter().any(crate::policy::HashSlot::is_empty))?;
    Some(slots)
}

fn sets(policy: &Policy) -> Option<()> {
    use super::format::{SET_NUMBERS, SET_STRINGS};
    for set in &policy.sets {
        ensure(set.flags >> 5 == 0)?;
        if set.flags & SET_STRINGS != 0 {
            hash_range(policy, set.slots)?;
        }
        inside(set.numbers, policy.numbers.len())?;
        ensure((set.flags & SET_NUMBERS != 0) == (set.numbers.1 > 0))?;
        ensure(range(&policy.numbers, set.numbers).is_sorted())?;
    }
    Some(())
}

fn automata(policy: &Policy) -> Option<()> {
    (0_u32..).zip(&policy.automata).try_for_each(|(id, record)| {
        inside((record.transitions, record.states.checked_mul(record.stride)?), policy.words.len())?;
        inside((record.accepts, record.states.div_ceil(32)), policy.words.len())?;
        text(policy, TextRef { at: record.classes, len: 256 })?;
        ensure(policy.automaton(id)?.validate())
    })
}

/// Conditions are trees: a child comes after its parent, has no other parent, and stands where its kind may stand.
fn conditions(policy: &Policy, shape: &mut Shape, lists: &mut [u8]) -> Option<()> {
    // Parents come first, so from the front each node's role is known when it is met.
    for (at, node) in policy.nodes.iter().enumerate() {
        condition(policy, shape, lists, at, *node)?;
    }
    Some(())
}

/// Checks fill their words, and ask fields and nodes that there are. Those of a rest may name entries, which stand among the runs.
fn checks(policy: &Policy, shape: &mut Shape, mut checks: Checks<'_>, runs: &[u32]) -> Option<()> {
    for check in checks.by_ref() {
        let check = check.in_full(runs);
        ensure(check.is_sound())?;
        if let Some(node) = check.node() {
            shape.children(policy, None, (node, 1), Role::Condition)?;
            continue;
        }
        ensure(check.field() != 0 && (check.field() as usize) < policy.fields.len())?;
    }
    ensure(checks.is_at_end())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Nothing refers to the node.
    Unused,
    Condition,
    /// Asked of a value.
    Ask,
    /// [`Op::Both`].
    Pair,
}

struct Shape {
    roles: Box<[Role]>,
    depths: Box<[u8]>,
}

impl Shape {
    fn try_new(len: usize) -> Result<Self, OutOfMemory> {
        Ok(Self { roles: filled(Role::Unused, len)?, depths: filled(0, len)? })
    }

    fn children(&mut self, policy: &Policy, parent: Option<usize>, (first, count): (u32, u32), role: Role) -> Option<()> {
        let (first, count) = (first as usize, count as usize);
        let depth = match parent {
            None => 0,
            Some(parent) => self.depths.get(parent)?.checked_add(1).filter(|depth| *depth <= DEPTH_MAX)?,
        };
        let end = first.checked_add(count)?;
        let nodes = policy.nodes.get(first..end)?;
        // A question without parts may be shared, and stand anywhere; everything else has one parent, which comes before it.
        let shared = role == Role::Ask && nodes.iter().all(|node| is_simple(node.op));
        ensure(shared || count == 0 || parent.is_none_or(|parent| first > parent))?;
        for place in self.roles.get_mut(first..end)? {
            ensure(*place == Role::Unused || (shared && *place == Role::Ask))?;
            *place = role;
        }
        if !shared {
            self.depths.get_mut(first..end)?.fill(depth);
        }
        Some(())
    }
}

/// Whether the node is a question without parts.
fn is_simple(op: Op) -> bool {
    op.is_question() && !matches!(op, Op::Operators | Op::AnythingBut | Op::Any | Op::Every)
}

fn condition(policy: &Policy, shape: &mut Shape, lists: &mut [u8], at: usize, Node { op, a, b, c }: Node) -> Option<()> {
    let role = *shape.roles.get(at)?;
    let field = |field: u32| ensure(field != 0 && (field as usize) < policy.fields.len());
    let place = |place: u32| field(place & PLACE_FIELD_MASK);
    let value = |at: u32| ensure(at & PLACE_SIZE == 0).and_then(|()| place(at));
    let own = |at: u32, len: u32| text(policy, TextRef { at, len }).map(|_| ());
    let number = |number: u32| policy.number_at(number).map(|_| ());
    let mut list = |shape: &mut Shape, id: u32| {
        // Each list belongs to one node.
        let seen = lists.get_mut(id as usize)?;
        ensure(*seen == 0)?;
        *seen = 1;
        let record = policy.lists.get(id as usize)?;
        let both = record.first.checked_add(record.whole)?;
        let each = both.checked_add(record.both)?;
        shape.children(policy, Some(at), (record.first, record.whole), Role::Ask)?;
        shape.children(policy, Some(at), (both, record.both), Role::Pair)?;
        shape.children(policy, Some(at), (each, record.each), Role::Ask)
    };
    match op {
        Op::And | Op::Or => shape.children(policy, Some(at), (a, b), Role::Condition),
        Op::Not => shape.children(policy, Some(at), (a, 1), Role::Condition),
        Op::Descend => field(a).and_then(|()| shape.children(policy, Some(at), (b, 1), Role::Condition)),
        Op::List => field(a).and_then(|()| list(shape, b)),
        Op::Each => field(a).and_then(|()| shape.children(policy, Some(at), (b, c), Role::Ask)),
        Op::Both => {
            shape.children(policy, Some(at), (a, 1), Role::Ask)?;
            shape.children(policy, Some(at), (b, 1), Role::Ask)
        }
        Op::Operators | Op::AnythingBut => shape.children(policy, Some(at), (a, b), Role::Ask),
        Op::One => value(a).and_then(|()| shape.children(policy, Some(at), (b, c), Role::Ask)),
        Op::Same => place(a).and_then(|()| place(b)),
        Op::Ordered => place(a).and_then(|()| place(b)).and_then(|()| ensure(c <= 1)),
        Op::StartsWith | Op::EndsWith | Op::Includes => value(a).and_then(|()| value(b)),
        Op::Among => value(a).and_then(|()| shape.children(policy, Some(at), (b, 1), Role::Ask)),
        Op::AmongOf => place(a).and_then(|()| value(b)),
        Op::All | Op::Some => {
            ensure(a & PLACE_OF_ELEMENT == 0).and_then(|()| value(a))?;
            shape.children(policy, Some(at), (b, 1), Role::Condition)
        }
        Op::IsNull | Op::NullOrNot => Some(()),
        Op::IsBool | Op::Exists => ensure(a <= 1),
        Op::IsNumber | Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual => number(a),
        Op::Between => number(a).and_then(|()| number(b)).and_then(|()| ensure(c <= 3)),
        Op::In | Op::SizeIn => ensure((a as usize) < policy.sets.len()),
        Op::IsString | Op::Prefix | Op::Suffix | Op::PrefixIgnoreCase | Op::SuffixIgnoreCase | Op::EqualsIgnoreCase | Op::EmailDomain => {
            own(a, b)
        }
        Op::Host | Op::PathPrefix => own(a, b).and_then(|()| ensure(c <= 1)),
        Op::Contains => {
            inside((c, b), policy.words.len())?;
            let bytes = text(policy, TextRef { at: a, len: b })?;
            ensure(Literal { bytes, failure: range(&policy.words, (c, b)) }.validate())
        }
        Op::Wildcard => {
            let bytes = text(policy, TextRef { at: a, len: b })?;
            let count = *policy.words.get(c as usize)?;
            let words = (c.checked_add(1)?, count);
            inside(words, policy.words.len())?;
            ensure(Wildcard::new(bytes, range(&policy.words, words))?.validate())
        }
        Op::Regex => ensure((a as usize) < policy.automata.len()),
        Op::CidrV4 => ensure(b <= 32),
        Op::CidrV6 => own(a, 16).and_then(|()| ensure(b <= 128)),
        Op::Ref => field(a),
        Op::Type => ensure(a <= super::format::type_bit::ALL),
        Op::Length => ensure(b <= 4),
        Op::Any | Op::Every => list(shape, a),
    }?;
    ensure(match op {
        Op::Both => role == Role::Pair,
        _ if op.is_question() => role == Role::Ask,
        _ => role == Role::Condition,
    })
}

/// So many of a rule's checks a way through the index can prove, and a posting leave out.
const PROVEN: usize = 32;

/// Runs of postings, and the rules that they name.
impl Marks {
    fn run(&mut self, policy: &Policy, first: u32) -> Option<()> {
        self.waiting.push(first);
        if self.waiting.len() < WAITING_MAX { Some(()) } else { self.compare(policy) }
    }

    /// A rule's home holds together. Another posting repeats what the rule says, in the same order, but for what the way to it
    /// has proven.
    fn compare(&mut self, policy: &Policy) -> Option<()> {
        // Rules, their homes and rests lie all over memory. Many of them are asked for at once.
        if cfg!(not(target_family = "wasm")) {
            for posting in self.waiting.iter().flat_map(|first| Run::new(&policy.runs, *first)) {
                bring_near(&policy.rules, posting.rule as usize);
            }
        }
        for first in &*self.waiting {
            let mut postings = Run::new(&policy.runs, *first);
            let mut at = *first;
            loop {
                let posting = postings.next()?;
                self.unread = self.unread.checked_sub(POSTING_WORDS.checked_add(posting.len())?)?;
                let rule = policy.rules.get(posting.rule as usize)?;
                ensure(posting.properties() == rule.properties())?;
                // Most postings repeat the home of their rule, and need nothing of its rest.
                bring_near(&policy.runs, if at == rule.home { rule.rest().0 } else { rule.home } as usize);
                if posting.is_last() {
                    break;
                }
                at = postings.at;
            }
        }
        while let Some(first) = self.waiting.pop() {
            let mut postings = Run::new(&policy.runs, first);
            let mut at = first;
            while let Some(posting) = postings.next() {
                let rule = policy.rules.get(posting.rule as usize)?;
                let mut own = posting.checks();
                if at == rule.home {
                    // Behind doors nothing is written.
                    *self.homes.get_mut(posting.rule as usize)? = !posting.refers();
                    self.conditions(policy, posting.mask, own, &[])?;
                    self.rest(policy, rule)?;
                } else if (!own.is_at_end() || posting.mask != 0) && !repeats_home(policy, rule, &posting) {
                    let (mask, mut of_rule) = policy.conditions(rule.home, rule.rest());
                    ensure(posting.mask & !mask == 0)?;
                    // What is left out was proven. A file that left out more could have all of a long rule looked through for each
                    // of many postings.
                    let mut proven = PROVEN;
                    for check in own.by_ref() {
                        while !of_rule.next()?.is(&check) {
                            proven = proven.checked_sub(1)?;
                        }
                    }
                    ensure(own.is_at_end())?;
                }
                at = postings.at;
            }
        }
        Some(())
    }

    /// What a rule's home leaves out.
    fn rest(&mut self, policy: &Policy, rule: &Rule) -> Option<()> {
        let rest = rule.rest();
        self.unread = self.unread.checked_sub(rest.1 as usize)?;
        let words = range(&policy.runs, rest);
        ensure(words.len() == rest.1 as usize)?;
        let Some((mask, own)) = words.split_first() else { return Some(()) };
        self.conditions(policy, *mask, Checks::new(own), &policy.runs)
    }

    /// Conditions that other postings are compared with.
    fn conditions(&mut self, policy: &Policy, mask: u32, own: Checks<'_>, runs: &[u32]) -> Option<()> {
        ensure(mask & self.unshared == 0)?;
        checks(policy, &mut self.shape, own, runs)
    }
}

/// Whether a posting says what the home of its rule says, or less of its shared checks: then nothing else need be compared. The module of
/// WebAssembly has a limit to its size, and this only is the shorter way.
fn repeats_home(policy: &Policy, rule: &Rule, posting: &Posting<'_>) -> bool {
    cfg!(not(target_family = "wasm")) && Posting::at(&policy.runs, rule.home as usize).is_some_and(|home| posting.repeats(&home))
}

/// A key has links only where the table says so, and they lead to entries that links may lead to.
#[cfg(not(target_family = "wasm"))]
fn links(policy: &Policy, table: &Table, entry: Entry<'_>, linked: &mut BitSet) -> Option<()> {
    if table.has_links() {
        let links = entry.links(&policy.runs);
        ensure(links.len() == entry.link_count())?;
        return links.iter().try_for_each(|link| ensure(linked.contains(*link)));
    }
    if table.linked {
        linked.insert(entry.at_word());
    }
    ensure(entry.link_count() == 0)
}

/// A node's tables in the order in which they are written: what links lead to comes before them.
#[cfg(not(target_family = "wasm"))]
fn in_order(tables: &[Table]) -> impl Iterator<Item = &Table> {
    tables.iter().filter(|table| !table.has_links()).chain(tables.iter().filter(|table| table.has_links()))
}

/// Where nothing follows links, the order does not matter.
#[cfg(target_family = "wasm")]
fn in_order(tables: &[Table]) -> impl Iterator<Item = &Table> {
    tables.iter()
}

/// The index is a tree too.
fn index(policy: &Policy, marks: &mut Marks) -> Option<()> {
    let mut depths = take(&mut marks.index);
    ensure((policy.root as usize) < depths.len())?;
    inside(policy.shared.place, policy.runs.len())?;
    let shared = Checks::new(policy.shared.words(&policy.runs));
    checks(policy, &mut marks.shape, shared.clone(), &[])?;
    let shared = shared.count();
    ensure(shared <= SHARED_MAX)?;
    // INVARIANT: not more than there are bits.
    marks.unshared = u32::MAX.unbounded_shl(shared as u32);
    #[cfg(not(target_family = "wasm"))]
    let mut linked = take(&mut marks.linked);
    for (at, node) in policy.index_nodes.iter().enumerate() {
        if node.run != NONE {
            marks.run(policy, node.run)?;
        }
        inside(node.tables, policy.tables.len())?;
        let depth = depths.get(at)?.checked_add(1).filter(|depth| *depth <= DEPTH_MAX)?;
        // A node is entered from one place: its depth is still unset then, and that place comes before it.
        let mut enter = |child: u32| {
            if child & CHILD_IS_RUN != 0 {
                return marks.run(policy, child & !CHILD_IS_RUN);
            }
            let place = depths.get_mut(child as usize).filter(|place| **place == 0 && child as usize > at)?;
            *place = depth;
            Some(())
        };
        for table in in_order(range(&policy.tables, node.tables)) {
            ensure(table.field != 0 && (table.field as usize) < policy.fields.len())?;
            if table.kind == TableKind::Range {
                inside(table.aux, policy.numbers.len())?;
                let numbers = range(&policy.numbers, table.aux);
                ensure(numbers.is_sorted() && table.extent as usize == numbers.len().checked_mul(2)?.checked_add(1)?)?;
                let children = (table.first, table.extent.checked_mul(2)?);
                inside(children, policy.words.len())?;
                range(&policy.words, children).iter().filter(|child| **child != NONE).try_for_each(|child| enter(*child))?;
            } else {
                let affixes = (table.aux.0, table.aux.1.checked_mul(AFFIX_WORDS)?);
                inside(affixes, policy.words.len())?;
                let (affixes, _) = range(&policy.words, affixes).as_chunks::<{ AFFIX_WORDS as usize }>();
                let longest = if table.kind == TableKind::Part { PART_MAX as u32 } else { AFFIX_MAX };
                let mut least = 1;
                for [length, ..] in affixes {
                    ensure(*length >= least)?;
                    ensure(*length <= longest)?;
                    least = *length;
                }
                ensure(Places::is_count(table.extent))?;
                inside((table.first, table.extent), policy.keys.len())?;
                let keys = range(&policy.keys, (table.first, table.extent));
                inside((table.multipliers, Places::bucket_count(table.extent)), policy.words.len())?;
                for slot in keys.iter().filter(|slot| **slot != NONE) {
                    let mut at = *slot & policy.entry_mask;
                    while at != NONE {
                        let entry = Entry::at(&policy.runs, at)?;
                        enter(entry.sound_child()?)?;
                        #[cfg(not(target_family = "wasm"))]
                        links(policy, table, entry, &mut linked)?;
                        at = entry.next();
                        // Scratch remembers parts by their slots.
                        ensure(at == NONE || table.kind != TableKind::Part)?;
                    }
                }
            }
            // Last, as what stands behind it is written last.
            if table.door != NONE {
                enter(table.door)?;
            }
        }
    }
    marks.compare(policy)
}
