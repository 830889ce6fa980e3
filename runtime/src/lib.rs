//! Decides tool calls from a compiled Toolgate policy.
//!
//! ```text
//! artifact bytes ─ Policy::load ─→ Policy ┐
//! request bytes ─ Shapes::read ─→ Scratch ├─ index ─→ candidates ─ conditions ─→ Decision
//!                  or FieldValues ────────┘
//! ```
//!
//! `no_std`, no `unsafe` but in `toolgate-scan`, and no allocation once a [`Policy`] is loaded and a [`Scratch`] made for
//! it. No input makes it panic: bytes that are no artifact are a [`LoadError`], bytes that are no request are a deny with
//! its reason.
#![no_std]

extern crate alloc;

pub mod artifact;
mod batch;
mod bitset;
mod certificate;
mod decide;
mod decision;
mod evaluate;
mod fields;
mod holding;
mod index;
mod info;
mod item;
pub mod json;
pub mod matcher;
mod memory;
mod policy;
pub mod records;
mod request;
mod run;
mod scratch;
mod shared;

pub use artifact::{LoadError, LoadErrorKind};
pub use batch::Batch;
pub use certificate::Certificate;
pub use decide::Options;
pub use decision::{Decision, Doubt, Held, Risk, Verdict};
pub use fields::{FieldError, FieldValue, FieldValues};
pub use info::parse_digest;
pub use memory::OutOfMemory;
pub use policy::Policy;
pub use scratch::Scratch;
