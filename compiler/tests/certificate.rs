//! The certificate holds: what a decision counts is never more than what the policy's certificate says, over all decision
//! vectors and over random policies.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use arbitrary::{Arbitrary, Unstructured};
use support::Engines;
use support::files::{bytes, documents, files, read, vectors};
use toolgate_compiler::generate::{Case, seeded};
use toolgate_runtime::{Options, Policy, Scratch};

/// Decides as a small policy and as a large one, and compares; returns the larger count of steps, and the certified ones.
fn check(engines: &Engines, scratch: &mut Scratch, request: &[u8]) -> Option<(u64, u64)> {
    [&engines.policy, &engines.large].into_iter().filter_map(|policy| check_one(policy, scratch, request)).max()
}

fn check_one(policy: &Policy, scratch: &mut Scratch, request: &[u8]) -> Option<(u64, u64)> {
    let certificate = policy.certificate();
    let decision = policy.decide(request, scratch, Options::default());
    if decision.refusal().is_some() {
        return None;
    }
    let (steps, scanned) = scratch.counted();
    let len = request.len() as u64;
    let show = || format!("{certificate:?} {}", String::from_utf8_lossy(&request[..request.len().min(2_000)]));
    assert!(steps <= certificate.steps(len), "{steps} steps; {}", show());
    assert!(scanned <= certificate.scanned_bytes(len), "{scanned} bytes; {}", show());
    if !request.contains(&b'[') {
        assert!(steps <= certificate.steps_scalar, "{steps} steps; {}", show());
        assert!(scanned <= certificate.scans_scalar * len, "{scanned} bytes; {}", show());
        return Some((steps, certificate.steps_scalar));
    }
    None
}

#[test]
fn holds_over_the_vectors() {
    let mut tightest = 0.0_f64;
    for path in files(&vectors().join("decide")) {
        let vector = read(&path);
        let engines = Engines::new(&documents(&vector));
        let mut scratch = Scratch::new(&engines.policy);
        for case in vector["cases"].as_array().unwrap() {
            if let Some((counted, certified)) = check(&engines, &mut scratch, &bytes(case, "request")) {
                tightest = tightest.max(counted as f64 / certified.max(1) as f64);
            }
        }
    }
    println!("at most {:.0} % of the certified steps", tightest * 100.0);
    assert!(tightest > 0.5, "a bound that nothing comes near bounds nothing");
}

#[test]
fn holds_over_random_policies() {
    for seed in 80_000..80_600 {
        let bytes = seeded(seed, 6_000);
        let case = Case::arbitrary(&mut Unstructured::new(&bytes)).unwrap();
        let Ok(engines) = Engines::try_new(&case.documents) else { continue };
        let mut scratch = Scratch::new(&engines.policy);
        for request in &case.requests {
            check(&engines, &mut scratch, request);
        }
    }
}
