//! Which checks are shared: written once, and answered once a request.

use std::cmp::Reverse;

use hashbrown::HashMap;
use toolgate_runtime::artifact::format::{CHECK_FIELD_SHIFT, CheckOp, SHARED_MAX};

use super::candidates::Candidates;
use crate::plan::index::{Content, Index};

/// Most words that the shared checks of one field may have: a request's value is compared with what they ask for.
const WORDS_PER_FIELD_MAX: usize = 96;
/// A check that not even one posting in so many asks for stays with its rules.
const RARE: usize = 64;

/// The checks that most postings ask for, apart from what the way to a posting has proven, in the order of their bits. Doors
/// seldom open and do not count.
pub(super) fn choose(candidates: &Candidates, index: &Index) -> Vec<Vec<u32>> {
    let mut postings = Vec::with_capacity(candidates.len());
    let mut nodes = vec![&index.root];
    while let Some(node) = nodes.pop() {
        postings.extend_from_slice(index.postings(node));
        for table in &node.tables {
            match &table.content {
                Content::Exact(keys) | Content::Prefix(keys) | Content::Suffix(keys) | Content::Part(keys) | Content::Said(_, keys) => {
                    nodes.extend(keys.iter().map(|(_, node)| node));
                }
                Content::Range { nodes: ranges, .. } => nodes.extend(ranges.iter().flatten()),
            }
        }
    }
    // In which order they are counted does not matter, and in that of the rules their checks are read one behind the other.
    postings.sort_unstable_by_key(|posting| posting.rule);
    let asked = || postings.iter().flat_map(|posting| candidates.unproven(posting.rule, posting.proven));
    // Most checks are of one rule alone, and too many to count each. Those with one fingerprint are counted as one first.
    let mut alike = vec![0_usize; 1 << u16::BITS];
    for check in asked() {
        if let Some(count) = alike.get_mut(usize::from(candidates.fingerprint(check))) {
            *count = count.saturating_add(1);
        }
    }
    let may_be = |fingerprint: u16| alike.get(usize::from(fingerprint)).is_some_and(|uses| is_often(*uses, postings.len()));
    let mut uses: HashMap<&[u32], usize> = HashMap::new();
    for check in asked().filter(|check| may_be(candidates.fingerprint(*check))) {
        let count = uses.entry(candidates.words(check)).or_default();
        *count = count.saturating_add(1);
    }
    let mut ranked: Vec<(&[u32], usize)> =
        uses.into_iter().filter(|(check, uses)| is_worth_sharing(check, *uses, postings.len())).collect();
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
    !is_node && is_often(uses, postings)
}

fn is_often(uses: usize, postings: usize) -> bool {
    uses.saturating_mul(RARE) >= postings
}
