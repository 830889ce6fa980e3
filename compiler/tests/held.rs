//! The rules that held: all of them, in order, with those that held by doubt, and none after a refusal.

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
use toolgate_compiler::{Source, check, compile};
use toolgate_runtime::{Held, Options, Policy, Scratch};

fn load(text: &str) -> Policy {
    let checked = check(&[Source { name: "p.yaml".into(), text: text.into() }]);
    Policy::load(&compile(&checked.policy.unwrap()).unwrap().artifact).unwrap()
}

#[test]
fn every_rule_that_holds_is_told_whatever_it_decides() {
    let policy = load(
        "rules:\n\
         - {id: a, when: {action: pay}, decision: allow}\n\
         - {id: b, when: {action: read}, decision: deny}\n\
         - {id: c, when: {action: pay}, decision: deny, mode: shadow}\n\
         - {id: d, when: {action: pay, input: {to: XX}}, decision: approval_required}\n",
    );
    let mut scratch = Scratch::new(&policy);
    let held = |rule, position, doubted| Held { rule, position, doubted };
    for (request, expected) in [
        ("{\"action\":\"pay\"}", vec![held("a", 0, false), held("c", 2, false), held("d", 3, true)]),
        // Nothing is left of the request before.
        ("{\"action\":1}", vec![]),
        ("{\"action\":\"read\"}", vec![held("b", 1, false)]),
        ("{\"action\":\"other\"}", vec![]),
    ] {
        let decision = policy.decide(request.as_bytes(), &mut scratch, Options::default());
        assert_eq!(decision.held().collect::<Vec<_>>(), expected, "{request}");
    }
}

#[test]
fn it_is_never_cut() {
    let rules: String = (0..100).map(|n| format!("- {{id: r{n}, when: {{action: a}}, decision: deny}}\n")).collect();
    let policy = load(&format!("rules:\n{rules}"));
    let mut scratch = Scratch::new(&policy);
    let decision = policy.decide(b"{\"action\":\"a\"}", &mut scratch, Options::default());
    assert!(decision.truncated());
    assert_eq!(decision.held().map(|held| held.position).collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
}

#[test]
fn it_agrees_with_what_decisions_list() {
    let (mut listed, mut doubts) = (0, 0);
    for path in files(&vectors().join("decide")) {
        let vector = read(&path);
        let engines = Engines::new(&documents(&vector));
        let mut scratch = Scratch::new(&engines.policy);
        for case in vector["cases"].as_array().unwrap() {
            let options = Options { clarified: case["clarified"].as_bool().unwrap_or(false) };
            let decision = engines.policy.decide(&bytes(case, "request"), &mut scratch, options);
            let held: Vec<_> = decision.held().collect();
            assert!(held.is_sorted_by(|a, b| a.position < b.position));
            for rule in decision.rules().chain(decision.shadow().map(|(rule, _)| rule)) {
                assert!(held.iter().any(|held| held.rule == rule), "{}: {}: {rule}", path.display(), case["name"]);
                listed += 1;
            }
            for doubt in decision.undecided() {
                assert!(held.iter().any(|held| held.rule == doubt.rule && held.doubted), "{}: {}", path.display(), case["name"]);
                doubts += 1;
            }
        }
    }
    assert!(listed > 1_000 && doubts > 100, "{listed} {doubts}");
}
