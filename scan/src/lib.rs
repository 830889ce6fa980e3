//! Where the strings of a JSON text may end: the offsets of such bytes, found 64 bytes at a time.
//!
//! ```text
//! text  {"a":"b\n","ż":1}          stops  1 3 5 7 9 11 12 13 14
//!        ↑ ↑ ↑ ↑ ↑ ↑↑↑
//! ```
//!
//! A **stop** is a byte that a string cannot simply hold: a quote, a backslash, a control, or anything beyond ASCII. From
//! within a string the next stop is the quote that ends it, or something that has to be looked at.
//!
//! [`bring_near`] asks for memory ahead of its use; it lives here because it is unsafe to write, too.
//!
//! [`differences`] compares 32 bytes and [`stops`] marks as many, by instructions that every processor of a target has; so does
//! [`numerals`] the digits and points among 16.
//!
//! [`Kernel::list`] finds those of a longer text by the processor's best instructions. A vector kernel is only to be had
//! where the processor has its instructions, so that no caller can go wrong.
#![no_std]

mod kernel;
mod list;
mod near;
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
mod neon;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod scalar;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;
mod wide;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use kernel::Kernel;
pub use list::{Stops, is_stop};
pub use near::bring_near;
pub use wide::{WIDE, differences, numerals, stops};
