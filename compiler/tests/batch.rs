//! A batch decides as one request after the other is decided, however many are read ahead.

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
use toolgate_runtime::{Batch, Options, Policy, Scratch};

/// Decisions and verdicts of a batch, which must come in order.
fn of_batch(policy: &Policy, requests: &[&[u8]], batch: &mut Batch, options: Options) -> Vec<(String, &'static str)> {
    let mut decisions = Vec::new();
    policy.decide_batch(requests.iter().copied(), batch, options, |position, decision| {
        assert_eq!(position, decisions.len());
        decisions.push(decision.to_string());
    });
    let mut verdicts = Vec::new();
    policy.verdict_batch(requests.iter().copied(), batch, options, |position, verdict| {
        assert_eq!(position, verdicts.len());
        verdicts.push(verdict.as_str());
    });
    assert_eq!((decisions.len(), verdicts.len()), (requests.len(), requests.len()));
    decisions.into_iter().zip(verdicts).collect()
}

/// The same, one after the other.
fn one_by_one(policy: &Policy, requests: &[&[u8]], scratch: &mut Scratch, options: Options) -> Vec<(String, &'static str)> {
    let mut one = |request: &&[u8]| {
        let decision = policy.decide(request, scratch, options).to_string();
        (decision, policy.verdict(request, scratch, options).as_str())
    };
    requests.iter().map(&mut one).collect()
}

/// So many requests are read ahead: one at a time, a few, more than a file has cases, and more than there may be.
const AHEAD: [usize; 5] = [0, 2, 7, 16, 1_000];

#[test]
fn every_vector() {
    let mut cases = 0;
    // Used for one policy after the other.
    let mut moved: Option<Batch> = None;
    for path in files(&vectors().join("decide")) {
        let vector = read(&path);
        let policy = Engines::new(&documents(&vector)).policy;
        let mut scratch = Scratch::new(&policy);
        let all = vector["cases"].as_array().unwrap();
        for clarified in [false, true] {
            let requests: Vec<Vec<u8>> = all
                .iter()
                .filter(|case| case["clarified"].as_bool().unwrap_or(false) == clarified)
                .map(|case| bytes(case, "request"))
                .collect();
            cases += requests.len();
            let requests: Vec<&[u8]> = requests.iter().map(Vec::as_slice).collect();
            let options = Options { clarified };
            let expected = one_by_one(&policy, &requests, &mut scratch, options);
            for ahead in AHEAD {
                let mut batch = Batch::reading_ahead(&policy, ahead);
                assert_eq!(of_batch(&policy, &requests, &mut batch, options), expected, "{}: {ahead} ahead", path.display());
            }
            let moved = moved.get_or_insert_with(|| Batch::reading_ahead(&policy, 16));
            assert_eq!(of_batch(&policy, &requests, moved, options), expected, "{}", path.display());
        }
    }
    println!("{cases} cases in batches");
    assert_eq!(read(&vectors().join("index.json"))["decide"]["cases"], cases);
}

/// A policy that is read ahead for unasked, and as many requests as make the last group full, or one too few, or too many.
#[test]
fn a_large_policy() {
    let rules = (0..50_000).map(|rule| {
        let decision = ["allow", "approval_required", "deny"][rule % 3];
        format!(
            r#"{{"id":"r{rule}","when":{{"action":"a{rule}","actor":{{"id":["u{}",{{"prefix":"v{}"}}]}}}},"decision":"{decision}"}}"#,
            rule % 7,
            rule % 9
        )
    });
    let document = format!(r#"{{"rules":[{}]}}"#, rules.collect::<Vec<_>>().join(","));
    let policy = Engines::new(&[document]).policy;
    let mut batch = Batch::new(&policy);
    assert_eq!(batch.len_bytes(), Batch::reading_ahead(&policy, 16).len_bytes());
    assert!(batch.len_bytes() > Batch::reading_ahead(&policy, 0).len_bytes());
    let texts: Vec<String> = (0..4_100)
        .map(|number| match number % 11 {
            0 => format!(r#"{{"action":"a{number}","actor":{{"id":["u1","u{}"]}}}}"#, number % 7),
            1 => format!(r#"{{"action":"\u0061{number}","actor":"u{}"}}"#, number % 7),
            2 => r#"{"action":"#.to_owned(),
            3 => format!(r#"{{"action":"a{number}"}}"#),
            _ => format!(r#"{{"action":"a{number}","actor":"u{}"}}"#, number % 7),
        })
        .collect();
    let requests: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
    let mut scratch = Scratch::new(&policy);
    let expected = one_by_one(&policy, &requests, &mut scratch, Options::default());
    for verdict in ["allow", "approval_required", "deny"] {
        assert!(expected.iter().filter(|(decision, seen)| *seen == verdict && decision.contains("\"rules\":[\"r")).count() > 100);
    }
    for len in [requests.len(), 0, 1, 2, 15, 16, 17, 31, 32, 33] {
        assert_eq!(of_batch(&policy, &requests[..len], &mut batch, Options::default()), expected[..len]);
    }
}

/// An iterator that goes on behind its end is not asked again.
#[test]
fn the_end_is_the_end() {
    let policy = Engines::new(&[r#"{"rules":[{"id":"r","when":{"action":"a"},"decision":"allow"}]}"#]).policy;
    for ahead in AHEAD {
        let mut given = 0;
        let requests = std::iter::from_fn(|| {
            given += 1;
            (given != 4).then_some(&br#"{"action":"a"}"#[..])
        });
        let mut decisions = 0;
        policy.decide_batch(requests, &mut Batch::reading_ahead(&policy, ahead), Options::default(), |_, _| decisions += 1);
        assert_eq!(decisions, 3);
    }
}
