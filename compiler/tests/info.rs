//! What a loaded policy says of itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value, json};
use support::Engines;
use toolgate_runtime::{Policy, parse_digest};

#[test]
fn info_is_json_and_says_what_the_policy_says() {
    let engines = Engines::new(&[
        "rules: [{id: a, when: {action: pay, context: {'a\"/b': [{gt: 5}]}}, decision: allow}, {id: b, when: {actor: x}, decision: deny}]",
    ]);
    let policy = &engines.policy;
    let mut text = String::new();
    policy.write_info(&mut text).unwrap();
    let info: Value = serde_json::from_str(&text).unwrap();
    let bound = policy.certificate();
    let artifact = info["artifact"].as_str().unwrap();
    let expected = json!({
        "policy": engines.digest,
        "artifact": artifact,
        "format": 1,
        "rules": 2,
        "fields": ["/actor/id", "/action/name", "/context/a\"~1b"],
        "artifact_bytes": engines.artifact.len(),
        "certificate": {
            "steps_scalar": bound.steps_scalar,
            "steps_fixed": bound.steps_fixed,
            "steps_per_byte": bound.steps_per_byte,
            "scans_scalar": bound.scans_scalar,
            "scans": bound.scans,
        },
    });
    assert_eq!(info, expected);
    assert_eq!(parse_digest(artifact.as_bytes()).as_ref(), Some(policy.artifact_digest()));
    // What is printed loads what it was printed of.
    assert!(Policy::load_expecting(&engines.artifact, &parse_digest(engines.digest.as_bytes()).unwrap()).is_ok());
    assert!(!text.contains(['\n', ' ']));
}

#[test]
fn slots_are_json_and_say_what_is_read() {
    let engines = Engines::new(&["rules: [{id: a, when: {action: pay, context: {'a\"/b': [{gt: 5}]}}, decision: allow}]"]);
    let policy = &engines.policy;
    let mut text = String::new();
    policy.write_slots(&mut text).unwrap();
    let slots: Value = serde_json::from_str(&text).unwrap();
    let slots = slots.as_array().unwrap();
    let read: Vec<_> = policy.fields().map(|(slot, _)| slot).collect();
    assert_eq!(slots.len(), policy.slots().count());
    for (written, (slot, pointer)) in slots.iter().zip(policy.slots()) {
        assert_eq!(*written, json!({ "slot": slot, "field": pointer, "read": read.contains(&slot) }));
    }
    assert!(slots.iter().any(|slot| slot["field"] == "/context/a\"~1b" && slot["read"] == true), "{text}");
    assert!(slots.iter().any(|slot| slot["field"] == "/context" && slot["read"] == false), "{text}");
}
