//! The documents that a policy was compiled from. They are for people: nothing that decides looks at them.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::reader::{records, word_at};
use crate::memory::{OutOfMemory, with_room};
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
pub(super) fn read(section: &[u8]) -> Result<Option<Vec<SourceText>>, OutOfMemory> {
    if section.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let Some((lengths, mut rest)) = split(section) else { return Ok(None) };
    // Of a slice that is there, so that a count cannot ask for more than there is.
    let lengths = records(lengths, |[name, text]| Some((name as usize, text as usize)))?.unwrap_or_default();
    let mut sources = with_room(lengths.len())?;
    for (name, text) in lengths {
        let (Some(name), Some(text)) = (take(&mut rest, name), take(&mut rest, text)) else { return Ok(None) };
        sources.push(SourceText { name: boxed(name)?, text: boxed(text)? });
    }
    // Nothing is written in one way: no documents have no section, and no byte is behind the last.
    Ok((rest.is_empty() && !sources.is_empty()).then_some(sources))
}

/// The lengths of all documents, and what they are of.
fn split(section: &[u8]) -> Option<(&[u8], &[u8])> {
    let count = word_at(section, 0)? as usize;
    section.get(4..)?.split_at_checked(count.checked_mul(8)?)
}

fn take<'s>(rest: &mut &'s [u8], len: usize) -> Option<&'s str> {
    let (taken, behind) = rest.split_at_checked(len)?;
    *rest = behind;
    core::str::from_utf8(taken).ok()
}

fn boxed(text: &str) -> Result<Box<str>, OutOfMemory> {
    let mut copy = String::new();
    copy.try_reserve_exact(text.len()).map_err(|_| OutOfMemory)?;
    copy.push_str(text);
    Ok(copy.into_boxed_str())
}
