//! Where the strings of a JSON text may end: one bit for each byte, 64 bytes at a time.
//!
//! ```text
//! text  {"a":"b\n","ż":1}          marks  bit i % 8 of byte i / 8: byte i is a stop
//!        ↑ ↑ ↑ ↑ ↑ ↑↑↑  past the end: stops
//! ```
//!
//! A **stop** is a byte that a string cannot simply hold: a quote, a backslash, a control, or anything beyond ASCII. From
//! within a string the next stop is the quote that ends it, or something that has to be looked at.
//!
//! [`bring_near`] asks for memory ahead of its use; it lives here because it is unsafe to write, too.
//!
//! [`differences`] compares 32 bytes and [`stops`] marks as many, by instructions that every processor of a target has.
//!
//! [`Kernel::mark`] does the same by every kernel. A vector kernel is only to be had where the processor has its
//! instructions, so that no caller can go wrong.
#![no_std]

mod kernel;
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

pub use kernel::{BLOCK_LEN_BYTES, Kernel, Marks};
pub use near::bring_near;
pub use wide::{WIDE, differences, stops};
