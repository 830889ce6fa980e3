//! Bytes as an expression: checking never panics, and what passes is printed as the same expression.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::expression(data));
