//! What a change of policy does to recorded calls.

mod group;

pub use group::{Change, Example, Group, Names, Side};

use std::collections::HashMap;

use toolgate_runtime::{Decision, Verdict};

use crate::call;

/// Decisions of the same requests under two policies, compared and grouped.
///
/// Holds at most [`GROUPS_MAX`] groups of each [`Change`] and [`EXAMPLES_MAX`] actions of each group, whatever the number
/// of requests.
#[derive(Debug, Default)]
pub struct Diff {
    counts: Counts,
    groups: HashMap<Group, Calls>,
    /// Groups of each change, by [`Change::index`].
    group_counts: [usize; 3],
}

/// How many calls changed, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All requests, refused ones included.
    pub calls: u64,
    /// Requests that are none, which every policy denies.
    pub refused: u64,
    /// By [`Change::index`].
    pub changed: [u64; 3],
    /// Calls of those that are in no group, because there were too many groups before.
    pub ungrouped: [u64; 3],
    /// Calls without a change, but other rules decide.
    pub other_rules: u64,
}

/// The calls of one group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// How many.
    pub count: u64,
    /// The first call of each of the first few actions, in the order of the requests.
    pub examples: Vec<Example>,
    /// Calls of other actions than those.
    pub other_actions: u64,
}

impl Diff {
    /// Nothing compared yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Compares the two decisions of one request; `line` says where it stands.
    pub fn add(&mut self, line: u64, request: &[u8], old: &Decision<'_>, new: &Decision<'_>) {
        let counts = &mut self.counts;
        counts.calls = counts.calls.saturating_add(1);
        if old.refusal().is_some() || new.refusal().is_some() {
            counts.refused = counts.refused.saturating_add(1);
            return;
        }
        if is_same(old, new) {
            counts.other_rules = counts.other_rules.saturating_add(u64::from(!old.rules().eq(new.rules())));
            return;
        }
        let group = Group::of(old, new);
        let at = group.change.index();
        count_at(&mut counts.changed, at);
        let group_count = self.group_counts.get(at).copied().unwrap_or(GROUPS_MAX);
        if group_count >= GROUPS_MAX && !self.groups.contains_key(&group) {
            count_at(&mut counts.ungrouped, at);
            return;
        }
        let calls = self.groups.entry(group).or_default();
        if calls.count == 0
            && let Some(group_count) = self.group_counts.get_mut(at)
        {
            *group_count = group_count.saturating_add(1);
        }
        calls.add(line, request);
    }

    /// The counts so far.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Whether something may happen under the new policy that could not under the old one.
    #[must_use]
    pub fn has_loosened(&self) -> bool {
        self.counts.changed_by(Change::Loosened) > 0
    }

    /// What a reviewer reads first comes first: loosening before tightening before the rest, a wide step before a narrow
    /// one, many calls before few.
    #[must_use]
    pub fn into_groups(self) -> Vec<(Group, Calls)> {
        let mut groups: Vec<(Group, Calls)> = self.groups.into_iter().collect();
        groups.sort_by(|(a, a_calls), (b, b_calls)| {
            let by_step = a.change.cmp(&b.change).then_with(|| b.steps().cmp(&a.steps())).then_with(|| a.verdicts().cmp(&b.verdicts()));
            by_step.then_with(|| b_calls.count.cmp(&a_calls.count)).then_with(|| a.cmp(b))
        });
        groups
    }
}

impl Counts {
    /// Calls that changed so.
    #[must_use]
    pub fn changed_by(&self, change: Change) -> u64 {
        self.changed.get(change.index()).copied().unwrap_or(0)
    }

    /// Calls that changed so and are in no group.
    #[must_use]
    pub fn ungrouped_of(&self, change: Change) -> u64 {
        self.ungrouped.get(change.index()).copied().unwrap_or(0)
    }

    /// Calls that are decided as before, with the same obligations.
    #[must_use]
    pub fn unchanged(&self) -> u64 {
        self.changed.iter().fold(self.calls.saturating_sub(self.refused), |left, changed| left.saturating_sub(*changed))
    }
}

impl Calls {
    fn add(&mut self, line: u64, request: &[u8]) {
        self.count = self.count.saturating_add(1);
        let action = crate::diagnostic::clip(&call::action_name(request));
        if let Some(example) = self.examples.iter_mut().find(|example| example.action == action) {
            example.calls = example.calls.saturating_add(1);
        } else if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(Example { action, line, calls: 1 });
        } else {
            self.other_actions = self.other_actions.saturating_add(1);
        }
    }
}

/// Whether a caller meets no difference, but for the message and what is undecided.
fn is_same(old: &Decision<'_>, new: &Decision<'_>) -> bool {
    old.verdict() == new.verdict()
        && old.is_default() == new.is_default()
        && old.risk() == new.risk()
        && (old.requirements().eq(new.requirements()) || has_all(old, new) && has_all(new, old))
}

/// Whether one decision requires everything that the other does.
fn has_all(one: &Decision<'_>, other: &Decision<'_>) -> bool {
    other.requirements().all(|wanted| one.requirements().any(|own| own == wanted))
}

fn count_at(counts: &mut [u64; 3], at: usize) {
    if let Some(count) = counts.get_mut(at) {
        *count = count.saturating_add(1);
    }
}

/// Whether a decision lets the call run, now or after somebody was asked.
fn may_run(verdict: Verdict) -> bool {
    verdict != Verdict::Deny
}

/// Most groups of each change.
pub const GROUPS_MAX: usize = 1_000;

/// Most actions that a group shows.
pub const EXAMPLES_MAX: usize = 5;
