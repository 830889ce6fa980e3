//! A scratch that has lived long decides as a fresh one: what the reader has learned changes nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use support::Engines;
use support::files::{bytes, documents, files, read, vectors};
use toolgate_runtime::{Options, Scratch};

/// Every policy of the vectors with its own requests and others', in random order, each several times.
#[test]
fn a_long_life_changes_nothing() {
    let vectors: Vec<_> = files(&vectors().join("decide")).iter().map(|path| read(path)).collect();
    let requests_of = |vector: &serde_json::Value| -> Vec<Vec<u8>> {
        vector["cases"].as_array().unwrap().iter().map(|case| bytes(case, "request")).filter(|request| request.len() < 10_000).collect()
    };
    let all: Vec<Vec<u8>> = vectors.iter().flat_map(requests_of).collect();
    let mut random = 0x5eed_u64;
    let mut below = |end: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % end
    };
    let mut decisions = 0;
    for vector in &vectors {
        let policy = Engines::new(&documents(vector)).policy;
        let mut requests = requests_of(vector);
        requests.extend((0..20).map(|_| all[below(all.len())].clone()));
        let expected: Vec<String> =
            requests.iter().map(|request| policy.decide(request, &mut Scratch::new(&policy), Options::default()).to_string()).collect();
        let mut long_lived = Scratch::new(&policy);
        for _ in 0..6 * requests.len() {
            let index = below(requests.len());
            let decision = policy.decide(&requests[index], &mut long_lived, Options::default()).to_string();
            assert_eq!(decision, expected[index], "{}", String::from_utf8_lossy(&requests[index]));
            decisions += 1;
        }
    }
    println!("{decisions} decisions by scratches that had lived");
    assert!(decisions > 10_000);
}
