//! What is told of a policy beside requests agrees with what the artifact of the same policy does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeSet;

use support::Engines;
use support::files::{bytes, documents, files, read, vectors};
use toolgate_compiler::usage::{About, Finding, Usage};
use toolgate_runtime::{Options, Scratch};

/// What the findings of one code are about.
fn about(findings: &[Finding], code: &str) -> BTreeSet<String> {
    let of_code = findings.iter().filter(|finding| finding.code == code);
    of_code
        .map(|finding| match &finding.about {
            About::Rule(text) | About::Action(text) | About::Field(text) => text.clone(),
            About::Requests => String::new(),
        })
        .collect()
}

#[test]
fn the_fields_of_a_policy_are_those_that_its_artifact_reads() {
    let mut fields = 0;
    for path in files(&vectors().join("decide")) {
        let engines = Engines::new(&documents(&read(&path)));
        let mut scratch = Scratch::new(&engines.policy);
        let mut usage = Usage::new(&engines.checked).unwrap();
        let request = b"{\"action\":\"nobody's\"}";
        usage.add(1, request, &engines.policy.decide(request, &mut scratch, Options::default()));
        let read: BTreeSet<String> = engines.policy.fields().map(|(_, pointer)| pointer.to_owned()).collect();
        fields += read.len();
        // The name of the action is always there.
        let read: BTreeSet<String> = read.into_iter().filter(|pointer| pointer != "/action/name").collect();
        // What lies in the elements that `all` and `exists` look at is read with their array.
        let is_in_elements =
            |pointer: &String| !read.contains(pointer) && read.iter().any(|array| pointer.starts_with(&format!("{array}/")));
        let unseen: BTreeSet<String> = about(&usage.findings(), "requests/unseen-field");
        let unseen: BTreeSet<String> = unseen.into_iter().filter(|pointer| !is_in_elements(pointer)).collect();
        assert_eq!(unseen, read, "{}", path.display());
    }
    assert!(fields > 300, "{fields}");
}

#[test]
fn every_rule_held_or_did_not() {
    let mut rules = 0;
    for path in files(&vectors().join("decide")) {
        let vector = read(&path);
        let engines = Engines::new(&documents(&vector));
        let mut scratch = Scratch::new(&engines.policy);
        let mut usage = Usage::new(&engines.checked).unwrap();
        let mut held = BTreeSet::new();
        for (line, case) in (1..).zip(vector["cases"].as_array().unwrap()) {
            let request = bytes(case, "request");
            let decision = engines.policy.decide(&request, &mut scratch, Options::default());
            held.extend(decision.held().map(|held| held.rule.to_owned()));
            usage.add(line, &request, &decision);
        }
        if usage.calls() > 0 {
            let never = about(&usage.findings(), "requests/rule-never-held");
            let all: BTreeSet<String> = engines.checked.rules.iter().map(|rule| rule.id.clone()).collect();
            assert_eq!(all.difference(&held).cloned().collect::<BTreeSet<_>>(), never, "{}", path.display());
            rules += all.len();
        }
    }
    assert!(rules > 500, "{rules}");
}
