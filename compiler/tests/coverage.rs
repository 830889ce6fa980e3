//! What requests have made of rules and of the branches of their conditions.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use toolgate_compiler::ir::expr::{Base, Body, Operand, Path, Quantifier};
use toolgate_compiler::ir::{Comparison, Decimal, Expr, Policy, Scalar};
use toolgate_compiler::{Coverage, Share, Source, check};

fn policy(rules: &str) -> Policy {
    let text = format!("lists: {{banks: [A, B]}}\nrules:\n{rules}\n");
    let checked = check(&[Source { name: "policy.yaml".to_owned(), text: text.into() }]);
    checked.policy.ok_or(checked.diagnostics).unwrap()
}

/// What is missing of each rule, and of each of its branches.
fn missing(policy: &Policy, requests: &[&str]) -> Vec<String> {
    let mut coverage = Coverage::new(policy);
    requests.iter().for_each(|request| coverage.see(request.as_bytes()));
    let mut lines = Vec::new();
    for rule in coverage.rules() {
        lines.push(format!("{}: {}", rule.rule.id, rule.missing().join(" ")));
        lines.extend(rule.branches.iter().map(|branch| format!("{}: {}", branch.what, branch.told.missing().join(" "))));
    }
    lines
}

#[test]
fn a_rule_holds_for_one_request_and_not_for_another() {
    let policy = policy(
        "  - {id: ask, when: {action: x, context: {env: prod}}, decision: deny}\n  - {id: all, when: {action: \"*\"}, decision: allow}",
    );
    let name = "`when`: /action/name, \"x\"";
    let env = "`when`: /context/env, \"prod\"";
    let none = ["ask: held not held", &format!("{name}: true false"), &format!("{env}: true false"), "all: held"];
    assert_eq!(missing(&policy, &[]), none);
    assert_eq!(missing(&policy, &["{}", "[", "{\"action\": \"x\", \"action\": \"x\"}"]), none, "what is no request is asked of no rule");
    // The rule holds by doubt, which makes its condition neither true nor false; no request could fail the last rule.
    let doubt = ["ask: not held", &format!("{name}: false"), &format!("{env}: true false"), "all: "];
    assert_eq!(missing(&policy, &["{\"action\": \"x\"}"]), doubt);
    let other = "{\"action\": \"z\", \"context\": {\"env\": \"test\"}}";
    assert_eq!(missing(&policy, &["{\"action\": \"x\"}", other]), ["ask: ", &format!("{name}: "), &format!("{env}: true"), "all: "]);

    let mut coverage = Coverage::new(&policy);
    coverage.see(b"{\"action\": \"x\"}");
    assert_eq!((coverage.rule_share(), coverage.branch_share()), (Share { covered: 1, total: 2 }, Share { covered: 0, total: 2 }));
    coverage.see(other.as_bytes());
    assert_eq!((coverage.rule_share(), coverage.branch_share()), (Share { covered: 2, total: 2 }, Share { covered: 1, total: 2 }));
}

#[test]
fn an_allow_rule_does_not_hold_by_doubt() {
    let policy = policy("  - {id: pass, when: {action: x, context: {env: test}}, decision: allow}");
    let seen = missing(&policy, &["{\"action\": \"x\"}"]);
    assert_eq!(seen[0], "pass: held");
}

#[test]
fn each_alternative_of_a_list_is_a_branch() {
    let policy = policy("  - {id: r, when: {input: {currency: [USD, EUR, {prefix: X}], amount: [{gt: 0, lte: 9}]}}, decision: deny}");
    let seen = missing(&policy, &["{\"action\": \"a\", \"input\": {\"currency\": \"EUR\", \"amount\": 10}}"]);
    let expected = [
        "r: held",
        "`when`: /action/input/currency, \"USD\": true",
        "`when`: /action/input/currency, \"EUR\": false",
        "`when`: /action/input/currency, [{\"prefix\":\"X\"}]: true",
        "`when`: /action/input/amount, [{\">\":0},{\"<=\":9e0}]: true",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn of_an_array_each_element_is_asked() {
    let policy = policy(
        "  - {id: r, when: {input: {to: [{any: [{in: banks}, {prefix: X}]}], items: {sku: [a], price: [{gt: 5}]}}}, decision: allow}",
    );
    let request =
        "{\"action\": \"a\", \"input\": {\"to\": [\"A\", [\"Q\"]], \"items\": [{\"sku\": \"a\", \"price\": 9}, {\"sku\": \"b\"}]}}";
    let told: Vec<_> = missing(&policy, &[request]).iter().map(|line| line.rsplit_once(": ").unwrap().1.to_owned()).collect();
    // The rule; `any` as a whole, both alternatives in it; both conditions on an item.
    assert_eq!(told, ["held", "false", "", "true", "", "false"]);
    // Nothing can be told of an array without elements, nor of a text as an object.
    for odd in ["[]", "\"text\"", "null"] {
        let request = format!("{{\"action\": \"a\", \"input\": {{\"to\": [], \"items\": {odd}}}}}");
        let told: Vec<_> = missing(&policy, &[&request]).iter().map(|line| line.rsplit_once(": ").unwrap().1.to_owned()).collect();
        assert_eq!(told, ["held", "true false", "true false", "true false", "true false", "true false"], "{odd}");
    }
    // A value that is no array is its own only element.
    let request = "{\"action\": \"a\", \"input\": {\"to\": \"XY\"}}";
    let told: Vec<_> = missing(&policy, &[request]).iter().map(|line| line.rsplit_once(": ").unwrap().1.to_owned()).collect();
    assert_eq!(told, ["held", "false", "true", "false", "true false", "true false"]);
}

#[test]
fn directives_and_unless_branch() {
    let policy = policy(
        "  - {id: r, when: {$or: [{action: x}, {context: {$or: [{a: 1}, {$not: {b: [true]}}]}}]}, unless: {actor: root}, decision: deny}",
    );
    let expected = |told: [&str; 9]| {
        let names = [
            "r",
            "`when`: `$or`, 1 of 2",
            "`when`: /action/name, \"x\"",
            "`when`: `$or`, 2 of 2",
            "`when`: `$or` at /context, 1 of 2",
            "`when`: /context/a, 1e0",
            "`when`: `$or` at /context, 2 of 2",
            "`when`: /context/b, true",
            "`unless`",
        ];
        let mut lines: Vec<_> = names.iter().zip(told).map(|(name, told)| format!("{name}: {told}")).collect();
        lines.push(format!("`unless`: /actor/id, \"root\": {}", told[8]));
        lines
    };
    let request = "{\"action\": \"z\", \"context\": {\"a\": 2, \"b\": false}, \"actor\": \"ann\"}";
    assert_eq!(
        missing(&policy, &[request]),
        expected(["not held", "true", "true", "false", "true", "true", "false", "true", "true"]),
        "what `$not` negates is false where `$not` is true"
    );
    let root = "{\"action\": \"x\", \"context\": {\"a\": 1, \"b\": true}, \"actor\": \"root\"}";
    assert_eq!(missing(&policy, &[request, root]), expected(["", "", "", "false", "", "", "", "", ""]));
}

/// A policy whose rule has this for its `if`.
fn with_condition(condition: Expr) -> Policy {
    let mut policy = policy("  - {id: r, when: {action: x}, decision: deny}");
    policy.rules[0].condition = Some(condition);
    policy
}

fn path(base: Base, keys: &[&str]) -> Path {
    Path { base, keys: keys.iter().map(|key| (*key).to_owned()).collect() }
}

fn flag(name: &str) -> Expr {
    Expr::Flag(path(Base::Request, &["context", name]))
}

fn above(of: Path, bound: &str) -> Expr {
    let bound = Operand::Literal(Scalar::Number(Decimal::parse(bound).unwrap()));
    Expr::Compare(Operand::Path(of), Comparison::Greater, bound)
}

#[test]
fn operands_of_if_branch() {
    // (context.a || !(context.b && context.c)) && context.d
    let inner = Expr::Not(Box::new(Expr::And(vec![flag("b"), flag("c")])));
    let policy = with_condition(Expr::And(vec![Expr::Or(vec![flag("a"), inner]), flag("d")]));
    let told = |requests: &[&str]| {
        let requests: Vec<String> = requests.iter().map(|context| format!("{{\"action\": \"x\", \"context\": {context}}}")).collect();
        let requests: Vec<&str> = requests.iter().map(String::as_str).collect();
        let lines = missing(&policy, &requests);
        let starts = ["r", "`when`", "`if`: ", "`if`: `&&`, 1 of 2", "`if`: `||`, 1 of 2", "`if`: `||`, 2 of 2"];
        let starts = starts.into_iter().chain(["`if`: `&&`, 1 of 2", "`if`: `&&`, 2 of 2", "`if`: `&&`, 2 of 2"]);
        assert_eq!(lines.len(), 9);
        lines.iter().zip(starts).for_each(|(line, start)| assert!(line.starts_with(start), "{line} and {start}"));
        lines.iter().skip(2).map(|line| line.rsplit_once(": ").unwrap().1.to_owned()).collect::<Vec<_>>()
    };
    // The whole; `a || !(b && c)`; `a`; `!(b && c)`; `b`; `c`; `d`.
    assert_eq!(
        told(&["{\"a\": true, \"b\": true, \"c\": false, \"d\": true}"]),
        ["false", "false", "false", "false", "false", "true", "false"]
    );
    assert_eq!(
        told(&["{\"a\": 5, \"c\": true}"]),
        ["true false", "true false", "true false", "true false", "true false", "false", "true false"]
    );
    assert_eq!(
        told(&["{\"a\": true, \"b\": false, \"c\": false, \"d\": true}", "{\"a\": false, \"b\": true, \"c\": true, \"d\": false}"]),
        ["", "", "", "", "", "", ""]
    );
}

#[test]
fn operands_in_all_and_exists_are_asked_of_each_element() {
    let price = || path(Base::Element, &["price"]);
    for quantifier in [Quantifier::All, Quantifier::Exists] {
        let condition = Expr::Or(vec![above(price(), "5"), above(price(), "7")]);
        let body = Body { variable: "item".to_owned(), condition };
        let policy = with_condition(Expr::Over(path(Base::Request, &["context", "items"]), quantifier, Box::new(body)));
        let told = |items: &str| {
            let request = format!("{{\"action\": \"x\", \"context\": {{\"items\": {items}}}}}");
            let lines = missing(&policy, &[&request]);
            lines.iter().skip(3).map(|line| line.rsplit_once(": ").unwrap().1.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(told("[{\"price\": 6}, {\"price\": 4}, {}]"), ["", "true"]);
        assert_eq!(told("[{\"price\": 6}, {\"price\": 8}]"), ["false", ""]);
        assert_eq!(told("[]"), ["true false", "true false"]);
        assert_eq!(told("{\"price\": 6}"), ["true false", "true false"]);
    }
}
