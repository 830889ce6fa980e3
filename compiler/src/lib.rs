//! Compiles Toolgate policies.
//!
//! `text → Tree → Document → Policy (checked IR) → Plan → Artifact`

pub mod canonical;
pub mod diagnostic;
pub mod diff;
pub mod explain;
pub mod expr;
#[cfg(feature = "arbitrary")]
pub mod generate;
pub mod ir;
pub mod limits;
pub mod reference;
pub mod schema;
pub mod suggest;
pub mod usage;

mod artifact;
mod call;
mod case;
mod check;
mod compile;
mod coverage;
mod decision;
mod document;
mod field;
mod lint;
mod lists;
mod operand;
mod outcome;
mod plan;
mod request;
mod rule;
mod source;
mod tree;
mod truth;
mod when;

pub use case::{Case, Expected};
pub use check::{Checked, check};
pub use compile::{Compiled, compile, compile_sources};
pub use coverage::{Branch, Coverage, RuleCoverage, Seen, Share};
pub use decision::{Decision, Shadow, Undecided};
pub use diagnostic::{Diagnostic, Severity, Span};
#[cfg(feature = "arbitrary")]
pub use plan::execute::PlanExecutor;
pub use source::{Source, read_sources};

/// The examples of the project's front page, as tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
