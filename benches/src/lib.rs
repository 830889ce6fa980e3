//! The workload that every figure of this project is measured on, and the shapes that must not be cliffs.
//!
//! ```text
//! seed ─ workload · shape ─→ Policy (rule structs) ─ write ─→ document text
//!                                 └─ Oracle (naive) ──────┐
//! seed ─ draw ─→ Value (request tree) ─ write ─→ bytes    └─→ the decision each request must get
//! ```
//!
//! The oracle knows nothing of the compiler or the runtime: it walks the generator's own rules, so that a figure is only
//! ever printed for decisions that are right.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "INVARIANT: runs on its own output only, never on input; a wrong index is a bug that must stop the run"
)]

pub mod fields;
pub mod machine;
mod oracle;
mod policy;
mod random;
mod request;
mod said;
mod shapes;
mod workload;

pub use policy::{Condition, Decision, Policy, Rule, Test};
pub use random::Random;
pub use request::{Path, written_out};
pub use shapes::{SHAPES, shape};
pub use workload::{Workload, workload};
