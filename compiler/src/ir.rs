//! The checked intermediate representation of a policy.

mod decimal;
pub mod expr;
mod types;

pub use decimal::{DIGITS_MAX, Decimal, EXPONENT_MAX};
pub use expr::Expr;
pub use types::*;
