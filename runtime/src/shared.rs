//! Shared checks: conditions that many rules have. They are kept once, and a rule has a bit for each.
//!
//! A request is asked each of them once at most. Most are about few values of few fields, so those about one field are a
//! [`Group`], which one look at the value answers as a whole.

#[cfg(not(target_family = "wasm"))]
mod group;

#[cfg(not(target_family = "wasm"))]
use crate::memory::OutOfMemory;
use crate::policy::range;
use crate::run::{Check, Checks};
#[cfg(not(target_family = "wasm"))]
pub(crate) use group::Group;

/// The shared checks of a policy.
#[derive(Debug, Default)]
pub(crate) struct SharedChecks {
    /// Where they stand among the runs, and how many words they are.
    pub place: (u32, u32),
    /// The module of WebAssembly has a limit to its size, and asks the checks one by one.
    #[cfg(not(target_family = "wasm"))]
    groups: group::Groups,
}

impl SharedChecks {
    pub(crate) fn new(place: (u32, u32)) -> Self {
        Self { place, ..Self::default() }
    }

    pub(crate) fn words<'a>(&self, runs: &'a [u32]) -> &'a [u32] {
        range(runs, self.place)
    }

    /// Makes the groups. The checks are known to be sound.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn group_all(&mut self, runs: &[u32]) -> Result<(), OutOfMemory> {
        self.groups = group::Groups::of(self, runs)?;
        Ok(())
    }

    /// The check behind a bit.
    pub(crate) fn check<'a>(&self, runs: &'a [u32], bit: u32) -> Option<Check<'a>> {
        Checks::new(self.words(runs)).nth(bit as usize)
    }

    /// The checks behind the bits of a mask.
    pub(crate) fn among<'a>(&self, runs: &'a [u32], mask: u32) -> impl Iterator<Item = Check<'a>> {
        bits(mask).filter_map(|bit| self.check(runs, bit))
    }

    /// The groups.
    #[cfg(not(target_family = "wasm"))]
    #[inline]
    pub(crate) fn groups(&self) -> &[Group] {
        self.groups.all()
    }

    /// Whether each check is in a group.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn is_all_in_groups(&self, runs: &[u32]) -> bool {
        (0_u32..).zip(Checks::new(self.words(runs))).all(|(bit, _)| self.group(bit).is_some())
    }

    /// The group that answers a bit, if one does.
    #[cfg(not(target_family = "wasm"))]
    #[inline]
    pub(crate) fn group(&self, bit: u32) -> Option<&Group> {
        self.groups.of_bit(bit)
    }
}

/// The bits of a mask, lowest first.
pub(crate) fn bits(mut mask: u32) -> impl Iterator<Item = u32> {
    core::iter::from_fn(move || {
        let bit = mask.trailing_zeros();
        let rest = mask.checked_sub(1)?;
        mask &= rest;
        Some(bit)
    })
}
