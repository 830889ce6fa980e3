//! Toolgate as WebAssembly modules without imports: bytes in, bytes out.
//!
//! ```text
//! host ─ toolgate_alloc, writes ─→ Buffers ─ toolgate_policy_load ─→ Policies ─ toolgate_decide ─→ Output ─ reads ─→ host
//! ```
//!
//! Built twice, each time with one feature: `runtime` loads artifacts and decides, `compiler` makes artifacts out of
//! documents. `docs/wasm.md` lists the exports and says how to call them.
#![cfg_attr(all(target_family = "wasm", not(feature = "compiler")), no_std)]

extern crate alloc;

pub mod buffers;
#[cfg(feature = "compiler")]
pub mod compiler;
#[cfg(target_family = "wasm")]
mod exports;
pub mod fault;
pub mod output;
#[cfg(target_family = "wasm")]
mod platform;
#[cfg(feature = "runtime")]
pub mod policies;
#[cfg(feature = "compiler")]
mod reader;
