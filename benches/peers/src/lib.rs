//! Other engines side by side with Toolgate.
//!
//! ```text
//! toolgate_benches::workload ─┬─ translate ─→ rules in the engine's language ─ build ─→ Peer ┐
//!                             ├─ requests ───────────────────────────────────────────────────┼─→ decisions ─ all right? ─→ medians
//!                             └─ what each request must get ─────────────────────────────────┘
//! ```
//!
//! One file is one engine. Each is measured in a process of its own, with the baseline and Toolgate beside it in the same
//! run, so that an engine that fails, or takes too long or too much memory, spoils no other line of the table.

mod casbin;
mod cedar;
pub mod cell;
pub mod child;
mod common_expression;
mod datalogic;
mod kinds;
mod naive;
pub mod peer;
pub mod plot;
mod quamina;
pub mod record;
mod rego;
pub mod table;
mod toolgate;
mod zen;

pub use kinds::{KINDS, kind, version};
