//! What the operators on strings mean (section 6 of the law), one noun per module.
//!
//! A matcher takes the **decoded** bytes of a string: valid UTF-8, as the reader of requests has checked. A string that
//! holds escapes is decoded on the way and never stored, so every matcher reads an `Iterator<Item = u8>`; what cannot
//! be told without a second look asks for `Clone` as well, and what cannot be told without the decoded length takes it
//! as `len`. Strings without escapes are the usual ones: `slice.iter().copied()` gets the same code tight, and
//! functions that end in `_slice` do better where the whole value lies in memory.
//!
//! Matchers know nothing of types, arrays or polarity. They say `bool` where a string always settles the question and
//! [`Tri`] where the law leaves some strings unknown. Those that read structure out of a value parse it first, into an
//! [`Address`](address::Address), a [`Domain`](domain::Domain) or a [`Path`](path::Path), so that many operands can be
//! asked of one parse; a value that does not parse is unknown to all of them.
//!
//! # Allocation and time
//! No matcher allocates or recurses; each is linear in the value for any operand, also for an operand no compiler
//! would write. Bytes that are no valid UTF-8 and lengths that are wrong give some answer, never a panic.

pub mod address;
pub mod automaton;
pub mod domain;
pub mod email;
pub mod fold;
pub mod host;
pub mod path;
pub mod text;
mod tri;
pub mod wildcard;

pub use tri::Tri;

#[cfg(test)]
pub(crate) mod random;
