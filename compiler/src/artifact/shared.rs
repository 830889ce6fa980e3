//! Which checks are shared: written once, and answered once a request.

use std::cmp::Reverse;

use hashbrown::HashMap;
use toolgate_runtime::artifact::format::{CHECK_FIELD_SHIFT, CheckOp, SHARED_MAX};

use super::checks::in_order;
use super::index::Candidate;
use crate::plan::index::{Content, Node};

/// Most words that the shared checks of one field may have: a request's value is compared with what they ask for.
const WORDS_PER_FIELD_MAX: usize = 96;
/// A check that not even one posting in so many asks for stays with its rules.
const RARE: usize = 64;

/// The checks that are shared, each with its bit.
pub(super) struct Shared {
    bits: HashMap<Vec<u32>, u32>,
    /// Their words, in the order of the bits.
    pub words: Vec<u32>,
}

impl Shared {
    pub(super) fn of(rules: &[Candidate], root: &Node) -> Self {
        let chosen = choose(rules, root);
        let words = chosen.concat();
        Self { bits: chosen.into_iter().zip((0..).map(|bit| 1 << bit)).collect(), words }
    }

    /// The mask of those among a rule's checks that are shared; the words of the others are appended to `own`. What is proven
    /// is left out.
    pub(super) fn split(&self, checks: &[u32], proven: u32, own: &mut Vec<u32>) -> u32 {
        let mut mask = 0;
        for (position, check) in (0..).zip(in_order(checks)) {
            if is_among(proven, position) {
                continue;
            }
            match self.bits.get(check) {
                Some(bit) => mask |= bit,
                None => own.extend_from_slice(check),
            }
        }
        mask
    }
}

/// Whether a mask of a rule's first checks has the one at a position.
fn is_among(mask: u32, position: u32) -> bool {
    mask.checked_shr(position).unwrap_or(0) & 1 == 1
}

/// The checks that most postings ask for, apart from what the way to a posting has proven. Doors seldom open and do not count.
fn choose(rules: &[Candidate], root: &Node) -> Vec<Vec<u32>> {
    let mut uses: HashMap<&[u32], usize> = HashMap::new();
    let mut postings: usize = 0;
    let mut nodes = vec![root];
    while let Some(node) = nodes.pop() {
        for posting in &node.postings {
            postings = postings.saturating_add(1);
            let Some(rule) = rules.get(posting.rule as usize) else { continue };
            for (position, check) in (0..).zip(in_order(&rule.checks)) {
                if !is_among(posting.proven, position) {
                    let count = uses.entry(check).or_default();
                    *count = count.saturating_add(1);
                }
            }
        }
        for table in &node.tables {
            match &table.content {
                Content::Exact(keys) | Content::Prefix(keys) | Content::Suffix(keys) | Content::Part(keys) => nodes.extend(keys.values()),
                Content::Range { nodes: ranges, .. } => nodes.extend(ranges.iter().flatten()),
            }
        }
    }
    let mut ranked: Vec<(&[u32], usize)> = uses.into_iter().filter(|(check, uses)| is_worth_sharing(check, *uses, postings)).collect();
    ranked.sort_unstable_by_key(|(check, uses)| (Reverse(*uses), *check));
    let field = |check: &[u32]| check.first().map_or(0, |head| head >> CHECK_FIELD_SHIFT);
    let mut words_of_fields: HashMap<u32, usize> = HashMap::new();
    ranked.retain(|(check, _)| {
        let words = words_of_fields.entry(field(check)).or_default();
        let with_this = words.saturating_add(check.len());
        let fits = with_this <= WORDS_PER_FIELD_MAX;
        *words = if fits { with_this } else { *words };
        fits
    });
    ranked.truncate(SHARED_MAX);
    // A rule's lowest bit is asked first. What is asked of the field that most ask about settles most of them at once.
    let mut of_fields: HashMap<u32, usize> = HashMap::new();
    for (check, uses) in &ranked {
        let sum = of_fields.entry(field(check)).or_default();
        *sum = sum.saturating_add(*uses);
    }
    ranked.sort_by_key(|(check, _)| (Reverse(of_fields.get(&field(check)).copied()), field(check)));
    ranked.into_iter().map(|(check, _)| check.to_vec()).collect()
}

fn is_worth_sharing(check: &[u32], uses: usize, postings: usize) -> bool {
    // Nodes stand where they were written, one for each rule.
    let is_node = check.first().is_none_or(|head| CheckOp::from_word(*head) == CheckOp::Node);
    !is_node && uses.saturating_mul(RARE) >= postings
}
