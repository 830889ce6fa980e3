//! The artifact: what a compiled policy is as bytes, and how it is loaded.
//!
//! All numbers are little-endian `u32`. The header is followed by sections of fixed-size records, each a whole number of
//! words, then one section of text and one of documents, which may be empty. A SHA-256 over everything behind the digest is checked before anything else is
//! believed; then every offset, count and index is checked once, so that deciding needs neither `unsafe` nor a panic.
//! `docs/artifact.md` has the byte layout.

pub mod format;
mod load;
pub mod places;
pub(crate) mod reader;
mod sources;
mod validate;

pub use load::{LoadError, LoadErrorKind, digest_of};
pub use sources::Source;
pub(crate) use sources::SourceText;
