//! Policies of so few rules that their index is one run of postings: all of them are judged at once.
//!
//! All groups of shared checks are asked, and what fails is turned into the rules that have it by a few looks into a table.
//! So no branch depends on which rules are ruled out by which check; only those that are left are asked the rest.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::ControlFlow;

use super::{Visitor, Walk};
use crate::artifact::format::SHARED_MAX;
use crate::item::Source;
use crate::memory::{OutOfMemory, filled, with_room};
use crate::policy::Policy;
use crate::run::Posting;
use crate::shared::bits;

/// The rules of such a policy.
#[derive(Debug)]
pub(crate) struct Whole {
    /// The rules that have one of some shared checks: for each four of these, and each choice among the four.
    rules_with: [[u32; 1 << FOUR]; SHARED_MAX / FOUR],
    /// All of them, a bit for each, in document order.
    all: u32,
    /// The words at which their postings stand.
    postings: Box<[u32]>,
}

/// So many shared checks are looked up together.
const FOUR: usize = 4;

impl Whole {
    /// More rules than there are bits are not judged at once.
    const RULES_MAX: usize = u32::BITS as usize;

    fn of(policy: &Policy) -> Result<Option<Self>, OutOfMemory> {
        let Some(root) = policy.index_nodes.get(policy.root as usize).filter(|root| root.tables.1 == 0) else { return Ok(None) };
        if !policy.shared.is_all_in_groups(&policy.runs) {
            return Ok(None);
        }
        let mut postings: Vec<(u32, u32, u32)> = with_room(Self::RULES_MAX)?;
        let mut at = root.run;
        while let Some(posting) = Posting::at(&policy.runs, at as usize) {
            if postings.len() == Self::RULES_MAX || posting.refers() {
                return Ok(None);
            }
            postings.push((posting.rule, posting.mask, at));
            if posting.is_last() {
                break;
            }
            at = posting.behind(at);
        }
        postings.sort_unstable();
        let mut whole = Self { rules_with: [[0; 1 << FOUR]; SHARED_MAX / FOUR], all: 0, postings: filled(0, postings.len())? };
        for (bit, ((_, mask, at), place)) in (0_u32..).zip(postings.iter().zip(&mut *whole.postings)) {
            *place = *at;
            whole.all |= 1 << bit;
            for check in bits(*mask) {
                let (four, choice) = (check as usize / FOUR, 1_usize << (check as usize % FOUR));
                let rules = whole.rules_with.get_mut(four).into_iter().flatten().enumerate();
                rules.filter(|(chosen, _)| chosen & choice != 0).for_each(|(_, rules)| *rules |= 1 << bit);
            }
        }
        Ok(Some(whole))
    }

    /// The rules that have none of some shared checks.
    #[inline(always)]
    fn without(&self, checks: u32) -> u32 {
        let with = self.rules_with.iter().fold((0, checks), |(rules, checks), of_four| {
            let some = of_four.get(checks as usize % (1 << FOUR)).copied().unwrap_or(0);
            (rules | some, checks >> FOUR)
        });
        self.all & !with.0
    }
}

impl Policy {
    /// Has all rules judged at once, if they are few. The index is known to be sound, and the shared checks have their groups.
    pub(crate) fn judge_at_once(&mut self) -> Result<(), OutOfMemory> {
        self.whole = Whole::of(self)?;
        Ok(())
    }
}

impl<S: Source, V: Visitor + ?Sized> Walk<'_, '_, S, V> {
    /// Visits all rules that may hold, of a policy whose rules are judged at once; `fails` are the shared checks that are not
    /// true and not unknown.
    #[inline(always)]
    pub(super) fn visit_whole(&mut self, whole: &Whole, fails: u32) -> ControlFlow<()> {
        for bit in bits(whole.without(fails)) {
            let at = whole.postings.get(bit as usize).map_or(usize::MAX, |at| *at as usize);
            let Some(posting) = Posting::at(&self.policy.runs, at) else { continue };
            self.evaluator.step();
            if self.visitor.matters(posting.properties()) {
                self.told(&posting, self.evaluator.rule(&posting))?;
            }
        }
        ControlFlow::Continue(())
    }
}
