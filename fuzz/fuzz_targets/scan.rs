//! Bytes as requests that come again: every kernel and every reader that learns says what the strict reader says.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::scan(data));
