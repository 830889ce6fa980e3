//! The documents that a policy was compiled from. They are for people: nothing that decides looks at them.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::reader::{records, word_at};
use crate::policy::Policy;

/// A document that a policy was compiled from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source<'p> {
    /// What the compiler was told that it is called.
    pub name: &'p str,
    /// All of it, as it was written.
    pub text: &'p str,
}

#[derive(Debug)]
pub(crate) struct SourceText {
    name: Box<str>,
    text: Box<str>,
}

impl Policy {
    /// The documents that the policy was compiled from, in order; none unless the artifact was made to carry them.
    ///
    /// They never matter for a decision. That the policy really is theirs is not known until they are compiled again: the
    /// policy's digest tells. `toolgate_compiler::explain` does so.
    pub fn sources(&self) -> impl ExactSizeIterator<Item = Source<'_>> {
        self.sources.iter().map(|source| Source { name: &source.name, text: &source.text })
    }
}

/// The documents of a section; `None` if it does not hold together.
pub(super) fn read(section: &[u8]) -> Option<Vec<SourceText>> {
    if section.is_empty() {
        return Some(Vec::new());
    }
    let count = word_at(section, 0)? as usize;
    let lengths_end = count.checked_mul(8)?.checked_add(4)?;
    // Taken before room is made for them, so that a count cannot ask for more than there is.
    let lengths = records(section.get(4..lengths_end)?, |[name, text]| Some((name as usize, text as usize)))?;
    let mut rest = section.get(lengths_end..)?;
    let mut take = |len: usize| {
        let (taken, behind) = rest.split_at_checked(len)?;
        rest = behind;
        core::str::from_utf8(taken).ok().map(Box::from)
    };
    let mut sources = Vec::with_capacity(lengths.len());
    for (name, text) in lengths {
        sources.push(SourceText { name: take(name)?, text: take(text)? });
    }
    // Nothing is written in one way: no documents have no section, and no byte is behind the last.
    (rest.is_empty() && !sources.is_empty()).then_some(sources)
}
