//! The rules as their postings repeat them.

use hashbrown::HashMap;
use toolgate_runtime::artifact::format::{CHECK_LEN_MAX, CHECK_LEN_SHIFT, CHECKS_LEN_MAX};

/// All rules of a policy, what they have many of in one piece.
#[derive(Default)]
pub(super) struct Candidates {
    rules: Vec<Candidate>,
    checks: Vec<Place>,
    words: Vec<u32>,
}

struct Candidate {
    properties: u32,
    /// Where its checks end; they begin where those of the rule before end.
    end: usize,
}

/// Where a check is, and what is asked of it more often than its words.
struct Place {
    end: usize,
    /// Of checks that are the same, the same.
    fingerprint: u16,
    /// Its bit if it is shared, else 0.
    shared: u32,
}

impl Candidates {
    pub(super) fn with_room(rules: usize) -> Self {
        Self { rules: Vec::with_capacity(rules), ..Self::default() }
    }

    /// Appends a rule with its checks.
    pub(super) fn push(&mut self, properties: u32, checks: &[u32]) {
        let start = self.words.len();
        let mut end = start;
        for check in in_order(checks) {
            end = end.saturating_add(check.len());
            self.checks.push(Place { end, fingerprint: fingerprint(check), shared: 0 });
        }
        self.words.extend_from_slice(checks);
        self.rules.push(Candidate { properties, end: self.checks.len() });
    }

    pub(super) fn len(&self) -> usize {
        self.rules.len()
    }

    pub(super) fn properties(&self, rule: u32) -> Option<u32> {
        self.rules.get(rule as usize).map(|rule| rule.properties)
    }

    /// The properties of all rules.
    pub(super) fn all_properties(&self) -> impl Iterator<Item = u32> {
        self.rules.iter().map(|rule| rule.properties)
    }

    /// Whether every rule's checks are few enough to be counted in a posting.
    pub(super) fn fit(&self) -> bool {
        let len = |rule| self.unproven(rule, 0).map(|check| self.words(check).len()).fold(0, usize::saturating_add);
        (0..).take(self.rules.len()).all(|rule| len(rule) <= CHECKS_LEN_MAX as usize)
    }

    /// A rule's checks as positions among all, each with its bit among those that a way can prove, if it has one.
    fn of(&self, rule: u32) -> impl Iterator<Item = (u32, usize)> {
        let rule = rule as usize;
        let end = |rule: usize| self.rules.get(rule).map_or(0, |rule| rule.end);
        let checks = rule.checked_sub(1).map_or(0, end)..end(rule);
        (0..).map(|position| 1_u32.checked_shl(position).unwrap_or(0)).zip(checks)
    }

    /// The checks that the way to a posting has proven, as positions among all.
    pub(super) fn proven(&self, rule: u32, proven: u32) -> impl Iterator<Item = usize> {
        self.of(rule).filter(move |(bit, _)| bit & proven != 0).map(|(_, check)| check)
    }

    /// Those that it has not proven.
    pub(super) fn unproven(&self, rule: u32, proven: u32) -> impl Iterator<Item = usize> {
        self.of(rule).filter(move |(bit, _)| bit & proven == 0).map(|(_, check)| check)
    }

    /// The same in the order that all postings of a rule keep: what the way to its home has proven stands first.
    pub(super) fn of_posting(&self, rule: u32, proven: u32, of_home: u32) -> impl Iterator<Item = usize> {
        let first = self.proven(rule, of_home & !proven);
        first.chain(self.unproven(rule, of_home | proven))
    }

    /// The words of a check.
    pub(super) fn words(&self, check: usize) -> &[u32] {
        let start = check.checked_sub(1).and_then(|before| self.checks.get(before)).map_or(0, |before| before.end);
        self.checks.get(check).and_then(|check| self.words.get(start..check.end)).unwrap_or(&[])
    }

    pub(super) fn fingerprint(&self, check: usize) -> u16 {
        self.checks.get(check).map_or(0, |check| check.fingerprint)
    }

    /// Gives the shared checks their bits.
    pub(super) fn share(&mut self, shared: &[Vec<u32>]) {
        let bits: HashMap<&[u32], u32> = shared.iter().map(Vec::as_slice).zip((0..).map(|bit| 1 << bit)).collect();
        let (mut start, words) = (0, &self.words);
        for place in &mut self.checks {
            let check = words.get(start..place.end).unwrap_or(&[]);
            place.shared = bits.get(check).copied().unwrap_or(0);
            start = place.end;
        }
    }

    /// How many words those among some checks are that are not shared.
    pub(super) fn own_len(&self, checks: impl Iterator<Item = usize>) -> usize {
        let own = checks.filter(|check| self.checks.get(*check).is_some_and(|place| place.shared == 0));
        own.map(|check| self.words(check).len()).fold(0, usize::saturating_add)
    }

    /// The mask of those among some checks that are shared; the words of the others are appended to `own`.
    pub(super) fn split(&self, checks: impl Iterator<Item = usize>, own: &mut Vec<u32>) -> u32 {
        let mut mask = 0;
        for check in checks {
            match self.checks.get(check).map_or(0, |check| check.shared) {
                0 => own.extend_from_slice(self.words(check)),
                bit => mask |= bit,
            }
        }
        mask
    }
}

/// The words of each check.
pub(super) fn in_order(mut checks: &[u32]) -> impl Iterator<Item = &[u32]> {
    std::iter::from_fn(move || {
        let operands = checks.first()? >> CHECK_LEN_SHIFT & CHECK_LEN_MAX;
        let (check, rest) = checks.split_at_checked((operands as usize).saturating_add(1))?;
        checks = rest;
        Some(check)
    })
}

fn fingerprint(check: &[u32]) -> u16 {
    let mixed = check.iter().fold(0, |mixed: u64, word| (mixed ^ u64::from(*word)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29));
    u16::try_from(mixed & u64::from(u16::MAX)).unwrap_or(0)
}
