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

/// An operator's operand for each of many rules.
type Operand = fn(usize) -> String;

/// Many rules about what texts say are looked up, and not asked one by one.
#[test]
fn holds_and_is_small_where_texts_are_said_to_say_something() {
    let operators: [(&str, Operand); 7] = [
        ("host", |at| format!("h{at}.example")),
        ("host", |at| format!("*.h{at}.example")),
        ("email-domain", |at| format!("h{at}.example")),
        ("path-prefix", |at| format!("/h{at}/in")),
        ("cidr", |at| format!("10.{}.{}.0/24", at / 250, at % 250)),
        ("equals-ignore-case", |at| format!("NAME-{at}")),
        ("regex", |at| format!("[a-z]+-{at}-[0-9]+")),
    ];
    let values =
        ["https://a.h7.example/x", "https://h7.example", "a@h7.example", "/h7/in/x", "10.0.7.1", "::10.0.7.1", "name-7", "x-7-7", "h7"];
    for (operator, operand) in operators {
        let rules: Vec<_> = (0..1_000)
            .map(|at| serde_json::json!({ "id": format!("r{at}"), "when": { "resource": { "said": [{ operator: operand(at) }] } }, "decision": "allow" }))
            .collect();
        let engines = Engines::new(&[serde_json::json!({ "rules": rules }).to_string()]);
        let mut scratch = Scratch::new(&engines.policy);
        for value in values {
            let request = format!(r#"{{"action":"a","resource":{{"said":"{value}"}}}}"#);
            let (steps, _) = check(&engines, &mut scratch, request.as_bytes()).unwrap();
            assert!(steps < 40, "{operator}, {value}: {steps} steps");
            check(&engines, &mut scratch, request.replace("said\":\"", "said\":[\"a\",\"").replace("\"}}", "\"]}}").as_bytes());
        }
    }
}

/// An address has more digits than the request that it stands in may have bytes.
#[test]
fn holds_for_long_networks_in_short_requests() {
    let rules: Vec<_> = (100..=128)
        .map(|len| serde_json::json!({ "id": format!("r{len}"), "when": { "action": [{ "cidr": format!("8000::/{len}") }] }, "decision": "allow" }))
        .collect();
    let engines = Engines::new(&[serde_json::json!({ "rules": rules }).to_string()]);
    let mut scratch = Scratch::new(&engines.policy);
    for address in ["::", "::9", "1::", "8000::", "10.0.0.1", "2002::1"] {
        check(&engines, &mut scratch, format!(r#"{{"action":"{address}"}}"#).as_bytes()).unwrap();
    }
}
