//! Requests as bytes: a strict one-pass reader, and cursors over text it has validated.
//!
//! ```text
//! bytes ─ Shapes::read ─→ Span of every value the caller asked for ─→ Text · Number · walk::Value
//!           └ reader::read, for texts of a shape that is not known yet
//! ```
//!
//! [`reader::read`] is the only judge of bytes; everything else here relies on its verdict, and for other text
//! answers something harmless instead of panicking.

pub mod hash;
mod keys;
pub mod number;
pub mod reader;
pub mod reason;
mod scan;
#[cfg(not(target_family = "wasm"))]
mod shapes;
#[cfg(target_family = "wasm")]
#[path = "json/no_shapes.rs"]
mod shapes;
mod sort;
pub mod text;
pub mod walk;

pub use keys::Keys;
pub use number::Number;
pub(crate) use reader::skip;
pub use reader::{Kind, NONE, ROOT, Span, Visit, read};
pub use reason::{Reason, Refusal};
pub(crate) use scan::prints;
pub use shapes::Shapes;
pub use text::Text;
pub use toolgate_scan::{Kernel, Stops};
pub use walk::Value;
