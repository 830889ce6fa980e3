//! What the law promises of every policy and request, as properties over random ones. Each is asked of the runtime; that
//! the reference interpreter agrees with it is the business of `differential`.

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

use arbitrary::{Arbitrary, Unstructured};
use serde_json::Value;
use support::Engines;
use toolgate_compiler::generate::{Case, seeded};
use toolgate_compiler::ir::{Alternative, Decision, Expr, List, Member, Object, Operator, Outcome, Pattern, Policy, Rule};
use toolgate_runtime::Scratch;
use toolgate_runtime::json::Kind;
use toolgate_runtime::json::walk::members;

const SEEDS: u64 = 400;

/// Policies that compile, with their requests, for a range of seeds of each test's own.
fn cases(from: u64) -> impl Iterator<Item = (Policy, Vec<Vec<u8>>)> {
    (from..from + SEEDS).filter_map(|seed| {
        let bytes = seeded(seed, 6_000);
        let case = Case::arbitrary(&mut Unstructured::new(&bytes)).unwrap();
        let engines = Engines::try_new(&case.documents).ok()?;
        Some((engines.checked, case.requests))
    })
}

fn decide(policy: &Policy, requests: &[Vec<u8>]) -> Vec<Value> {
    let engines = Engines::of_checked(policy.clone()).unwrap();
    let mut scratch = Scratch::new(&engines.policy);
    requests.iter().map(|request| engines.runtime(&mut scratch, request, false)).collect()
}

fn strictness(decision: &Value) -> usize {
    let words = ["allow", "approval_required", "clarification_required", "deny"];
    words.iter().position(|word| decision["decision"] == *word).unwrap()
}

fn set(list: &Value) -> BTreeSet<String> {
    list.as_array().unwrap().iter().map(Value::to_string).collect()
}

fn plain_deny() -> Outcome {
    Outcome { decision: Decision::Deny, message: None, risk: None, requirements: Vec::new() }
}

#[test]
fn order_and_duplicates_of_rules_do_not_matter() {
    for (policy, requests) in cases(10_000) {
        let mut other = policy.clone();
        other.rules.reverse();
        let count = other.rules.len();
        other.rules.rotate_left(count / 3);
        let copies: Vec<Rule> = policy.rules.iter().map(|rule| Rule { id: format!("{}'", rule.id), ..rule.clone() }).collect();
        let doubled = Policy { rules: [policy.rules.clone(), copies].concat(), ..policy.clone() };
        let (one, two, twice) = (decide(&policy, &requests), decide(&other, &requests), decide(&doubled, &requests));
        for ((a, b), c) in one.iter().zip(&two).zip(&twice) {
            for key in ["decision", "risk", "default", "reason", "offset"] {
                assert_eq!(a[key], b[key], "{key}\n{a}\n{b}");
                assert_eq!(a[key], c[key], "{key}\n{a}\n{c}");
            }
            assert_eq!(set(&a["requirements"]), set(&b["requirements"]));
            assert_eq!(set(&a["requirements"]), set(&c["requirements"]));
            if a["truncated"] == false {
                for key in ["rules", "undecided", "shadow"] {
                    assert_eq!(set(&a[key]), set(&b[key]), "{key}\n{a}\n{b}");
                }
            }
        }
    }
}

#[test]
fn adding_a_deny_rule_never_loosens() {
    let mut tightened = 0;
    for (policy, requests) in cases(20_000) {
        let deny: Vec<_> = policy.rules.iter().filter(|rule| rule.outcome.decision == Decision::Deny).collect();
        let Some(last) = deny.last() else { continue };
        let without = Policy { rules: policy.rules.iter().filter(|rule| rule.id != last.id).cloned().collect(), ..policy.clone() };
        for (with, without) in decide(&policy, &requests).iter().zip(decide(&without, &requests)) {
            assert!(strictness(with) >= strictness(&without), "{with}\n{without}");
            tightened += usize::from(strictness(with) > strictness(&without));
        }
    }
    assert!(tightened > 20, "{tightened}");
}

#[test]
fn adding_a_tighten_only_document_never_loosens() {
    let mut tightened = 0;
    for (mut policy, requests) in cases(30_000) {
        // Every other restrictive rule as if it came from such a document.
        for rule in policy.rules.iter_mut().step_by(2) {
            rule.tighten_only = rule.outcome.decision != Decision::Allow;
        }
        let without = Policy { rules: policy.rules.iter().filter(|rule| !rule.tighten_only).cloned().collect(), ..policy.clone() };
        for (with, without) in decide(&policy, &requests).iter().zip(decide(&without, &requests)) {
            assert!(strictness(with) >= strictness(&without), "{with}\n{without}");
            tightened += usize::from(strictness(with) > strictness(&without));
        }
    }
    assert!(tightened > 20, "{tightened}");
}

#[test]
fn doubt_never_lifts_a_default() {
    let mut doubted = 0;
    for (policy, requests) in cases(40_000) {
        for rule in &policy.rules {
            let alone = Policy { rules: vec![rule.clone()], default: plain_deny(), ..policy.clone() };
            for decision in decide(&alone, &requests) {
                if decision["decision"] != "deny" {
                    assert!(set(&decision["undecided"]).is_empty(), "{decision}");
                }
            }
            // The same rule under a default of allow shows where it holds by doubt.
            let open = Policy { default: Outcome { decision: Decision::Allow, ..plain_deny() }, ..alone };
            doubted += decide(&open, &requests).iter().filter(|decision| !set(&decision["undecided"]).is_empty()).count();
        }
    }
    assert!(doubted > 100, "{doubted}");
}

#[test]
fn a_missing_field_never_loosens() {
    let mut removed = 0;
    for (mut policy, requests) in cases(50_000) {
        policy.rules.retain(|rule| {
            let objects = [&rule.when, &rule.unless].into_iter().flatten().any(asks_for_presence);
            !objects && !rule.condition.as_ref().is_some_and(expression_asks_for_presence)
        });
        let engines = Engines::of_checked(policy).unwrap();
        let mut scratch = Scratch::new(&engines.policy);
        for request in requests {
            let before = engines.runtime(&mut scratch, &request, false);
            if !before["offset"].is_null() {
                continue;
            }
            for nth in 0..40 {
                let mut left = nth;
                let Some(smaller) = without_member(&request, &mut left) else { break };
                let after = engines.runtime(&mut scratch, &smaller, false);
                let show = || format!("{before}\n{after}\n{}", String::from_utf8_lossy(&smaller));
                assert!(strictness(&after) >= strictness(&before), "{}", show());
                removed += 1;
            }
        }
    }
    assert!(removed > 1_000, "{removed}");
}

#[test]
fn nothing_matching_is_a_deny() {
    for (mut policy, requests) in cases(60_000) {
        policy.default = plain_deny();
        for decision in decide(&policy, &requests) {
            assert!(!set(&decision["rules"]).is_empty() || decision["decision"] == "deny", "{decision}");
        }
        policy.rules.clear();
        assert!(decide(&policy, &requests).iter().all(|decision| decision["decision"] == "deny"));
    }
}

#[test]
fn an_allow_rule_never_weakens_an_explicit_deny() {
    for (policy, requests) in cases(70_000) {
        let without: Vec<Rule> = policy.rules.iter().filter(|rule| rule.outcome.decision != Decision::Allow).cloned().collect();
        let without = Policy { rules: without, ..policy.clone() };
        for (with, without) in decide(&policy, &requests).iter().zip(decide(&without, &requests)) {
            if without["decision"] == "deny" && without["default"] == false {
                assert_eq!(with["decision"], "deny", "{with}\n{without}");
            }
        }
    }
}

fn asks_for_presence(object: &Object) -> bool {
    object.members.iter().any(|member| match member {
        Member::Or(objects) => objects.iter().any(asks_for_presence),
        Member::Not(object) => asks_for_presence(object),
        Member::Key { pattern: Pattern::Object(object), .. } => asks_for_presence(object),
        Member::Key { pattern: Pattern::List(list), .. } => list_asks_for_presence(list),
    })
}

fn list_asks_for_presence(list: &List) -> bool {
    list.alternatives.iter().any(|alternative| match alternative {
        Alternative::Scalar(_) => false,
        Alternative::Operators(operators) => operators.iter().any(|operator| match operator {
            Operator::Exists(_) | Operator::Type(_) => true,
            Operator::Any(list) | Operator::Every(list) => list_asks_for_presence(list),
            _ => false,
        }),
    })
}

fn expression_asks_for_presence(expression: &Expr) -> bool {
    match expression {
        Expr::And(parts) | Expr::Or(parts) => parts.iter().any(expression_asks_for_presence),
        Expr::Not(part) => expression_asks_for_presence(part),
        Expr::Over(_, _, body) => expression_asks_for_presence(&body.condition),
        Expr::Has(_) => true,
        _ => false,
    }
}

/// The object without its `left`-th member, members of members counted in.
fn without_member(object: &[u8], left: &mut usize) -> Option<Vec<u8>> {
    let start = object.iter().position(|byte| *byte == b'{')?;
    let mut out = Vec::new();
    let mut found = false;
    for (key, value) in members(&object[start..]) {
        let mut text = match value.kind {
            Kind::String => [b"\"", value.text, b"\""].concat(),
            _ => value.text.to_vec(),
        };
        if !found {
            if *left == 0 {
                found = true;
                continue;
            }
            *left -= 1;
            if value.kind == Kind::Object
                && let Some(smaller) = without_member(value.text, left)
            {
                text = smaller;
                found = true;
            }
        }
        out.push([b"\"", key.raw(), b"\":", &text].concat());
    }
    found.then(|| [b"{", out.join(&b',').as_slice(), b"}"].concat())
}
