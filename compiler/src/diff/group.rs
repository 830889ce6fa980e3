//! Calls that change alike.

use std::fmt;

use toolgate_runtime::{Decision, Risk, Verdict};

use super::may_run;

/// What a change of policy does to a call. Exhaustive on purpose, in the order of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// The decision is milder, or a requirement is lost and the call may still run.
    Loosened,
    /// The decision is stricter.
    Tightened,
    /// The decision is kept, and comes with other requirements or another risk, or from the default instead of a rule.
    Kept,
}

impl Change {
    /// All of them, in order.
    pub const ALL: [Change; 3] = [Change::Loosened, Change::Tightened, Change::Kept];

    /// Its position in [`Change::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Change::Loosened => 0,
            Change::Tightened => 1,
            Change::Kept => 2,
        }
    }

    /// `loosened`, `tightened` or `kept`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Change::Loosened => "loosened",
            Change::Tightened => "tightened",
            Change::Kept => "kept",
        }
    }
}

/// What calls have in common that are reported as one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// What happens to them.
    pub change: Change,
    /// Under the old policy.
    pub old: Side,
    /// Under the new policy.
    pub new: Side,
    /// Requirements of the old decision that the new one lacks; none where only one of the two denies, since nothing is
    /// required of a call that does not run.
    pub lost: Names,
    /// Requirements of the new decision that the old one lacks.
    pub gained: Names,
}

/// What one of the policies decides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Side {
    /// The decision.
    pub verdict: Verdict,
    /// The rules that decide; none if the default does.
    pub rules: Names,
    /// The risk.
    pub risk: Option<Risk>,
}

/// The first of some names, and how many more there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Names {
    /// At most eight.
    pub shown: Vec<String>,
    /// Of rules, at most as many as a decision lists.
    pub more: usize,
}

/// The first call of one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The action's name, escaped, and clipped if long.
    pub action: String,
    /// Where the first call stands.
    pub line: u64,
    /// How many calls of this action are in the group.
    pub calls: u64,
}

impl Group {
    /// The group of a call that is decided otherwise.
    pub(super) fn of(old: &Decision<'_>, new: &Decision<'_>) -> Self {
        let both_or_none_deny = may_run(old.verdict()) == may_run(new.verdict());
        let lost = if both_or_none_deny { missing(old, new) } else { Names::default() };
        let change = if new.verdict() < old.verdict() || may_run(new.verdict()) && !lost.is_empty() {
            Change::Loosened
        } else if new.verdict() > old.verdict() {
            Change::Tightened
        } else {
            Change::Kept
        };
        Self { change, old: Side::of(old), new: Side::of(new), lost, gained: missing(new, old) }
    }

    /// The old decision and the new one.
    #[must_use]
    pub fn verdicts(&self) -> (Verdict, Verdict) {
        (self.old.verdict, self.new.verdict)
    }

    /// How far the two decisions are from each other.
    pub(super) fn steps(&self) -> u8 {
        rank(self.old.verdict).abs_diff(rank(self.new.verdict))
    }
}

impl Side {
    fn of(decision: &Decision<'_>) -> Self {
        Self { verdict: decision.verdict(), rules: decision.rules().collect(), risk: decision.risk() }
    }
}

impl Names {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }
}

impl<'a> FromIterator<&'a str> for Names {
    fn from_iter<I: IntoIterator<Item = &'a str>>(names: I) -> Self {
        let mut names = names.into_iter();
        let shown = names.by_ref().take(NAMES_MAX).map(str::to_owned).collect();
        Self { shown, more: names.count() }
    }
}

/// The names in backticks with commas between them, escaped, each clipped if long.
impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, name) in self.shown.iter().enumerate() {
            let comma = if position > 0 { ", " } else { "" };
            write!(f, "{comma}{}", crate::diagnostic::quote(name))?;
        }
        if self.more > 0 { write!(f, " and {} more", self.more) } else { Ok(()) }
    }
}

/// Requirements of one decision that another lacks.
fn missing(of: &Decision<'_>, from: &Decision<'_>) -> Names {
    of.requirements().filter(|wanted| !from.requirements().any(|own| own == *wanted)).collect()
}

fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Allow => 0,
        Verdict::ApprovalRequired => 1,
        Verdict::ClarificationRequired => 2,
        Verdict::Deny => 3,
    }
}

const NAMES_MAX: usize = 8;
