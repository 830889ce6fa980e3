//! What `explain` says is so: every near miss is decided again, by a request changed here.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use std::fs;

use serde_json::Value;
use support::Engines;
use support::files::{bytes, documents, files, read, vectors};
use toolgate_compiler::explain::{Condition, Explanation, Options, Role, explain};
use toolgate_compiler::ir::expr::{Argument, Base, Body, Expr, Members, Operand, Path, Quantifier, TextMethod};
use toolgate_compiler::ir::{Comparison, Decimal, Decision, Policy, Scalar};
use toolgate_compiler::{Source, check, read_sources, reference};

fn explained(policy: &Policy, request: &[u8], clarified: bool) -> Explanation {
    explain(policy, "digest", request, clarified, Options::default()).unwrap()
}

fn policy(text: &str) -> Policy {
    let checked = check(&[Source { name: "policy.yaml".into(), text: text.into() }]);
    checked.policy.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics))
}

/// The request after an operation of JSON Patch, through a library that has nothing to do with how it was found.
fn patched(request: &[u8], change: &Value) -> Option<Vec<u8>> {
    // That library rounds numbers.
    let is_exact = |text: &[u8]| !text.split(|byte| !b"0123456789.eE+-".contains(byte)).any(|word| word.len() > 15 || is_odd(word));
    let value = change.get("value");
    if !is_exact(request) || value.is_some_and(|value| !is_exact(value.to_string().as_bytes())) {
        return None;
    }
    let mut document: Value = serde_json::from_slice(request).unwrap();
    let path = change["path"].as_str().unwrap();
    let (parent, key) = path.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    let is_there = document.pointer(path).is_some();
    let parent = document.pointer_mut(parent).unwrap();
    match (change["op"].as_str().unwrap(), value) {
        ("remove", None) => match parent {
            Value::Array(elements) => drop(elements.remove(key.parse().unwrap())),
            parent => assert!(parent.as_object_mut().unwrap().remove(&key).is_some()),
        },
        ("replace", Some(value)) => {
            assert!(is_there, "{path}");
            match parent {
                Value::Array(elements) => elements[key.parse::<usize>().unwrap()] = value.clone(),
                parent => parent[key] = value.clone(),
            }
        }
        ("add", Some(value)) => {
            assert!(!is_there, "{path}");
            parent[key] = value.clone();
        }
        other => panic!("{other:?}"),
    }
    Some(serde_json::to_vec(&document).unwrap())
}

/// An exponent, or zeros that would be lost.
fn is_odd(word: &[u8]) -> bool {
    word.iter().any(u8::is_ascii_digit) && serde_json::from_slice::<f64>(word).map_or(true, |number| number.to_string().as_bytes() != word)
}

#[derive(Default)]
struct Seen {
    explained: usize,
    near_misses: usize,
    /// Decided again by the independent patch too.
    patched: usize,
    /// Turn the decision itself.
    turning: usize,
}

impl Seen {
    fn see(&mut self, name: &str, policy: &Policy, request: &[u8], clarified: bool) {
        let explanation = explained(policy, request, clarified);
        self.explained += 1;
        let decision = reference::decide(policy, "digest", request, clarified);
        assert_eq!(explanation.decision, decision, "{name}");
        assert!(explanation.text().starts_with("not safe to show to a model"), "{name}");
        let json = serde_json::to_value(&explanation).unwrap();
        for (rule, json) in explanation.rules.iter().zip(json["rules"].as_array().unwrap()) {
            let ir = policy.rules.iter().find(|other| other.id == rule.rule).unwrap();
            let is_allow = ir.outcome.decision == Decision::Allow;
            let holds = rule.value == "true" || rule.value == "unknown" && !is_allow;
            assert_eq!(holds, rule.role != Role::Fails, "{name}: {rule:#?}");
            assert_eq!(holds, rule.failing == 0, "{name}: {rule:#?}");
            assert_eq!(rule.value, joined(&rule.conditions), "{name}: {rule:#?}");
            if rule.role == Role::Decides {
                assert!(decision.rules.contains(&rule.rule) || decision.truncated, "{name}");
            }
            for (near, json) in rule.near_misses.iter().zip(json["near_misses"].as_array().unwrap()) {
                self.near_misses += 1;
                assert_eq!(near.holds, !holds, "{name}: {near:#?}");
                let changed = near.change.apply(std::str::from_utf8(request).unwrap()).unwrap();
                let independent = patched(request, &json["change"]);
                self.patched += usize::from(independent.is_some());
                self.turning += usize::from(near.decision != decision.decision);
                for changed in [Some(changed.into_bytes()), independent].into_iter().flatten() {
                    let text = String::from_utf8_lossy(&changed).into_owned();
                    let told = reference::decide(policy, "", &changed, clarified);
                    assert!(!told.reason.starts_with("request/"), "{name}: {near:#?}\n{text}");
                    let rules: Vec<String> = told.rules.iter().take(near.rules.len()).cloned().collect();
                    assert_eq!(
                        (near.decision, near.default, &near.rules),
                        (told.decision, told.default, &rules),
                        "{name}: {near:#?}\n{text}"
                    );
                    // Whether the rule holds: asked of a policy that has no other.
                    let mut alone = policy.clone();
                    alone.rules.retain(|other| other.id == rule.rule);
                    alone.rules[0].mode = toolgate_compiler::ir::Mode::Shadow;
                    let holds_now = !reference::decide(&alone, "", &changed, clarified).shadow.is_empty();
                    assert_eq!(near.holds, holds_now, "{name}: {near:#?}\n{text}");
                }
            }
        }
    }
}

/// The value of conditions that are and-ed.
fn joined(conditions: &[Condition]) -> &'static str {
    ["false", "unknown"].into_iter().find(|word| conditions.iter().any(|one| one.value == *word)).unwrap_or("true")
}

#[test]
fn every_near_miss_of_the_vectors_is_decided_as_it_says() {
    let mut seen = Seen::default();
    for path in files(&vectors().join("decide")) {
        let vector = read(&path);
        let engines = Engines::new(&documents(&vector));
        for case in vector["cases"].as_array().unwrap() {
            let clarified = case["clarified"].as_bool().unwrap_or(false);
            let name = format!("{}: {}", path.display(), case["name"]);
            seen.see(&name, &engines.checked, &bytes(case, "request"), clarified);
        }
    }
    println!("{} explained, {} near misses, {} patched, {} turning", seen.explained, seen.near_misses, seen.patched, seen.turning);
    assert!(seen.near_misses > 1_000 && seen.patched > seen.near_misses / 2 && seen.turning > 500);
}

#[test]
fn every_near_miss_of_agentdojo_is_decided_as_it_says() {
    let directory = vectors().join("../examples/agentdojo");
    let mut seen = Seen::default();
    for suite in ["banking", "slack", "travel", "workspace"] {
        let (sources, _) = read_sources(&[directory.join(format!("{suite}.yaml"))]).unwrap();
        let policy = check(&sources).policy.unwrap();
        for line in fs::read_to_string(directory.join("tool-calls.jsonl")).unwrap().lines() {
            let call: Value = serde_json::from_str(line).unwrap();
            if call["suite"] == suite {
                seen.see(line, &policy, call["request"].to_string().as_bytes(), false);
            }
        }
    }
    println!("{} explained, {} near misses, {} patched, {} turning", seen.explained, seen.near_misses, seen.patched, seen.turning);
    assert!(seen.explained > 300 && seen.near_misses > 300 && seen.turning > 100);
}

const PAY: &str = r#"
rules:
  - {id: small, when: {action: pay, input: {amount: [{gt: 0, lte: 1000}], currency: [USD, EUR]}}, decision: allow}
  - {id: large, when: {action: pay, input: {amount: [{gt: 1000}]}}, decision: approval_required}
  - {id: night, when: {action: pay}, unless: {context: {hour: [{gte: 6}]}}, decision: deny}
  - {id: seen, when: {action: "*"}, decision: deny, mode: shadow}
"#;

#[test]
fn the_reasons_are_told() {
    let told = |text: &str, request: &str, clarified| explained(&policy(text), request.as_bytes(), clarified).because;
    assert_eq!(
        told(PAY, r#"{"action":"pay","input":{"amount":1500},"context":{"hour":9}}"#, false),
        [
            "`approval_required` comes from rule `large`",
            "the default `deny` is lifted: rule `large` holds for certain",
            "rule `seen` holds in shadow and counts for nothing",
        ]
    );
    assert_eq!(
        told(PAY, r#"{"action":"pay","input":{"amount":"5"}}"#, false),
        [
            "`deny` comes from rule `night`",
            "rule `night` holds by doubt: `/context/hour` cannot be told, and doubt counts for a rule that restricts",
            "rule `large` holds too and is weaker: the strictest decides",
            "the default `deny` joins in, and agrees: rules hold only by doubt, and doubt lifts no default",
            "rule `seen` holds in shadow and counts for nothing",
        ]
    );
    assert_eq!(
        told("rules: [{id: a, when: {action: b}, decision: allow}]", r#"{"action":"c"}"#, false),
        ["`deny` comes from the default", "the default `deny` joins in: no enforced rule holds"]
    );
    assert_eq!(
        told("tighten_only: true\nrules: [{id: a, when: {action: b}, decision: approval_required}]", r#"{"action":"b"}"#, false)[1..],
        [
            "rule `a` holds too and is weaker: the strictest decides",
            "the default `deny` joins in: what holds is of documents with `tighten_only`, whose rules lift no default"
        ]
    );
    assert_eq!(
        told("rules: [{id: a, when: {action: b}, decision: clarification_required}]", r#"{"action":"b"}"#, true),
        [
            "`allow` comes from rule `a`",
            "the clarification has been obtained, so rules that ask for it count as `allow`",
            "the default `deny` is lifted: rule `a` holds for certain",
        ]
    );
}

#[test]
fn the_nearest_bound_is_suggested() {
    let explanation =
        explained(&policy(PAY), br#"{"action":"pay","input":{"amount":1500.00,"currency":"USD"},"context":{"hour":9}}"#, false);
    let rules: Vec<_> = explanation.rules.iter().map(|rule| (rule.rule.as_str(), rule.role, rule.failing)).collect();
    assert_eq!(rules, [("large", Role::Decides, 0), ("seen", Role::Shadow, 0), ("small", Role::Fails, 1), ("night", Role::Fails, 1)]);
    let near: Vec<_> =
        explanation.rules[2].near_misses.iter().map(|near| (near.field.as_str(), near.would_be.as_str(), near.decision)).collect();
    assert_eq!(near, [("/action/input/amount", "1000", "allow")]);
    let text = explanation.text();
    assert!(text.contains("  = if `/action/input/amount` were `1000` (it is 1500), rule `small` would hold: allow\n"), "{text}");
    assert!(
        text.contains(
            "  false     /action/input/amount: [{gt: 0, lte: 1000}]  -- saw 1500\n  true        {gt: 0}\n  false       {lte: 1000}\n"
        ),
        "{text}"
    );
    // The request is changed where it has the field, and keeps the rest as it was.
    let change = &explanation.rules[2].near_misses[0].change;
    assert_eq!((change.op, change.path.as_str(), change.value.as_deref()), ("replace", "/input/amount", Some("1000")));
    assert_eq!(
        change.apply(r#"{"action":"pay","input":{"fee":1.500,"amount":2}}"#).unwrap(),
        r#"{"action":"pay","input":{"fee":1.500,"amount":1000}}"#
    );
}

#[test]
fn any_is_suggested_where_some_elements_match() {
    let suggested = |rule: &str, roles: &str| {
        let request = format!(r#"{{"action":"a","actor":{{"roles":{roles}}}}}"#);
        let explanation = explained(&policy(&format!("rules: [{{id: r, {rule}}}]")), request.as_bytes(), false);
        explanation.rules.first().map(|rule| rule.suggestions.clone()).unwrap_or_default()
    };
    let all = "when: {action: a, actor: {roles: [admin, {prefix: op}]}}, decision: allow";
    let found = suggested(all, r#"["user", "admin", ["ops"]]"#);
    assert_eq!(
        found,
        [
            "an allow rule asks every element of `/actor/roles`, and 2 of 3 matched: if one is enough, write `[{any: [\"admin\", {prefix: \"op\"}]}]`"
        ]
    );
    for (rule, roles) in [
        (all, r#"["user", "guest"]"#),
        (all, r#"["admin"]"#),
        (all, r#""user""#),
        ("when: {action: a, actor: {roles: [{any: [root]}]}}, decision: allow", r#"["user", "admin"]"#),
        ("when: {action: a, actor: {roles: [{every: [admin]}]}}, decision: allow", r#"["user", "admin"]"#),
        ("when: {action: a, actor: {roles: [admin]}}, decision: deny", r#"["user", "admin"]"#),
        ("when: {action: a}, unless: {actor: {roles: [user]}}, decision: allow", r#"["user", "admin"]"#),
    ] {
        assert_eq!(suggested(rule, roles), Vec::<String>::new(), "{rule} {roles}");
    }
}

#[test]
fn one_rule_can_be_asked_for() {
    let policy = policy(PAY);
    let options = |rule| Options { rule: Some(rule), files: &[] };
    let explanation = explain(&policy, "", br#"{"action":"other","input":{"amount":-1}}"#, false, options("small")).unwrap();
    assert_eq!(explanation.rules.len(), 1);
    let rule = &explanation.rules[0];
    assert_eq!((rule.rule.as_str(), rule.failing, rule.conditions_count, rule.role), ("small", 3, 3, Role::Fails));
    let fields: Vec<_> = rule.conditions[0].parts.iter().map(|one| (one.field.as_deref().unwrap(), one.value)).collect();
    assert_eq!(fields, [("/action/name", "false"), ("/action/input/amount", "false"), ("/action/input/currency", "unknown")]);
    let unknown = |id| explain(&policy, "", b"{}", false, options(id)).unwrap_err().to_string();
    assert_eq!(unknown("smal"), "the policy has no rule `smal`; did you mean `small`?");
    assert_eq!(unknown("\u{1b}[2J"), "the policy has no rule `\\u{1b}[2J`");
}

#[test]
fn a_slip_in_the_actions_name_is_near() {
    let mut text = String::from("rules:\n");
    for index in 0..500 {
        text.push_str(&format!("  - {{id: r{index}, when: {{action: tool-number-{index}-of-many}}, decision: allow}}\n"));
    }
    text.push_str("  - {id: mine, when: {action: transfer_money}, decision: allow}\n");
    let explanation = explained(&policy(&text), br#"{"action":"transfer_mony"}"#, false);
    let rules: Vec<_> = explanation.rules.iter().map(|rule| rule.rule.as_str()).collect();
    assert_eq!(rules, ["mine", "r0", "r1"]);
    assert_eq!(explanation.near_cut, 498);
    assert_eq!(explanation.rules[0].near_misses[0].would_be, "\"transfer_money\"");
}

#[test]
fn a_refusal_shows_its_place() {
    let shown = |request: &[u8]| {
        let explanation = explained(&policy(PAY), request, false);
        assert!(explanation.rules.is_empty());
        let refused = explanation.refused.clone().unwrap();
        assert_eq!((explanation.decision.reason, explanation.decision.offset), (refused.reason, Some(refused.offset)));
        (refused.reason, refused.line, refused.column, explanation.text())
    };
    let (reason, line, column, text) = shown("{\"action\":\n \"é\",\"action\":1}".as_bytes());
    assert_eq!((reason, line, column), ("request/duplicate-key", 2, 6));
    assert!(text.ends_with("request/duplicate-key: at byte 17 (line 2, column 6)\n  |\n  |  \"é\",\"action\":1}\n  |      ^\n"), "{text}");
    // The end of the input, ill-formed bytes, and much too much.
    for request in [&b""[..], b"{", b"{\"a\":\xff}", b"[]", b"{}", b"{\"action\":\"a\x1b\"}", &vec![b' '; 2_000_000], &vec![b'['; 500_000]]
    {
        let (_, _, _, text) = shown(request);
        assert!(text.len() < 1_000 && !text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn nothing_hidden_gets_through() {
    let policy = policy("rules: [{id: \"r\\u202e\", when: {action: a, input: {\"k\\u001b\": [\"v\\u0007\"], x: [1]}}, decision: allow}]");
    for request in [
        "{\"action\":\"a\",\"input\":{\"k\\u001b\":\"\\u001b[2J\\n\u{202e}\",\"x\":1}}",
        "{\"action\":\"a\",\"input\":{\"k\\u001b\":\"v\\u0007\",\"x\":[\"\\u001b\"]}}",
        "{\"action\":\"a\\u200b\u{1b}\"}",
    ] {
        let text = explained(&policy, request.as_bytes(), false).text();
        assert!(!text.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}' || c == '\u{200b}'), "{text:?}");
    }
}

#[test]
fn many_rules_are_a_bounded_text() {
    let rules =
        |rule: &dyn Fn(usize) -> String| (0..100_000).map(|index| format!("- {{id: r{index}, {}}}\n", rule(index))).collect::<String>();
    let request = br#"{"action":"pay","input":{"amount":5,"to":["a","b"]},"context":{"env":"dev"}}"#;
    for (name, rule) in [
        (
            "all near",
            &(|index: usize| format!("when: {{action: pay, input: {{amount: [{{gt: {}}}]}}}}, decision: allow", index + 10))
                as &dyn Fn(usize) -> String,
        ),
        ("all hold", &|index| format!("when: {{action: pay, input: {{amount: [{{lt: {}}}]}}}}, decision: deny", index + 10)),
        ("in doubt", &|index| format!("when: {{action: pay, input: {{field{index}: [{{regex: 'a{{3}}{index}'}}]}}}}, decision: deny")),
        ("other tools", &|index| format!("when: {{action: tool{index}, input: {{to: [{{regex: 'a{index}'}}]}}}}, decision: allow")),
    ] {
        let policy = policy(&format!("rules:\n{}", rules(rule)));
        let start = std::time::Instant::now();
        let explanation = explained(&policy, request, false);
        let (text, json) = (explanation.text(), serde_json::to_string(&explanation).unwrap());
        println!(
            "{name}: {:?}, {} bytes of text, {} of JSON, {} + {} rules cut",
            start.elapsed(),
            text.len(),
            json.len(),
            explanation.holding_cut,
            explanation.near_cut
        );
        assert!(text.len() < 50_000 && json.len() < 100_000);
        assert!(name == "other tools" || explanation.holding_cut + explanation.near_cut > 99_000);
        assert!(name == "other tools" || text.contains("`--rule ID` shows one"));
    }
}

#[test]
fn hostile_requests_are_a_short_text() {
    let policy = policy(
        "rules: [{id: r, when: {action: a, input: {x: {u: {z: [{gt: 1}]}}, t: [{length: {lt: 5}}]}}, decision: allow}, {id: s, when: {action: a, input: {x: [{any: [1]}]}}, decision: deny}]",
    );
    let nested = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
    let long = "x".repeat(1_000_000);
    let many = (0..1_024).map(|_| "{\"u\":[{\"z\":[1,2]},{\"z\":0}]}").collect::<Vec<_>>().join(",");
    let wide = (0..4_000).map(|index| format!("\"{index}\":[{}]", ["[1,1,1,1]"; 5].join(","))).collect::<Vec<_>>().join(",");
    for input in [
        format!("{{\"x\":{},\"t\":\"{long}\"}}", nested(60)),
        format!("{{\"x\":[{many}],\"t\":[]}}"),
        format!("{{\"x\":{{{wide}}},\"t\":{{{wide}}}}}"),
        format!("{{\"{long}\":1}}"),
    ] {
        let request = format!("{{\"action\":\"a\",\"input\":{input}}}");
        let explanation = explained(&policy, request.as_bytes(), false);
        assert!(explanation.text().len() < 20_000);
    }
}

fn path(keys: &[&str]) -> Path {
    Path { base: Base::Request, keys: keys.iter().map(|key| (*key).to_owned()).collect() }
}

fn element(keys: &[&str]) -> Path {
    Path { base: Base::Element, ..path(keys) }
}

fn number(text: &str) -> Operand {
    Operand::Literal(Scalar::Number(Decimal::parse(text).unwrap()))
}

fn text(text: &str) -> Scalar {
    Scalar::String(text.to_owned())
}

#[test]
fn expressions_are_explained_too() {
    let amount = || Operand::Path(path(&["action", "input", "amount"]));
    let to = || path(&["action", "input", "to"]);
    let env = || path(&["context", "env"]);
    let lines = path(&["action", "input", "lines"]);
    let not = |inner| Expr::Not(Box::new(inner));
    let over = |quantifier, condition| Expr::Over(lines.clone(), quantifier, Box::new(Body { variable: "line".to_owned(), condition }));
    let price = || Expr::Compare(Operand::Path(element(&["price"])), Comparison::LessOrEqual, number("10"));
    let flag = || Expr::Flag(path(&["context", "dry_run"]));
    let leaves = [
        Expr::Compare(amount(), Comparison::Greater, number("1000")),
        Expr::Compare(amount(), Comparison::Less, Operand::Path(path(&["context", "cap"]))),
        Expr::Equal(Operand::Path(env()), Operand::Literal(text("prod"))),
        Expr::Equal(Operand::Path(env()), Operand::Literal(Scalar::Null)),
        Expr::Equal(Operand::Path(to()), Operand::Path(path(&["actor", "id"]))),
        Expr::Equal(Operand::Size(to()), number("3")),
        Expr::Compare(Operand::Size(lines.clone()), Comparison::Less, number("2")),
        Expr::In(Operand::Path(to()), Members::Literals(vec![text("ann"), text("bob")])),
        Expr::In(Operand::Path(to()), Members::List(0)),
        Expr::In(Operand::Path(to()), Members::Path(path(&["context", "payees"]))),
        Expr::Text(to(), TextMethod::StartsWith, Argument::Literal("an".to_owned())),
        Expr::Text(to(), TextMethod::Contains, Argument::Path(env())),
        Expr::Has(env()),
        flag(),
        over(Quantifier::All, price()),
        over(Quantifier::Exists, not(price())),
    ];
    let joined = [
        Expr::And(vec![leaves[0].clone(), not(leaves[7].clone())]),
        Expr::Or(vec![flag(), Expr::And(vec![leaves[2].clone(), price_of_all(&lines)])]),
    ];
    let base = "lists: {known: [ann, eve]}\nrules: [{id: other, when: {action: pay, input: {amount: [{lt: 5}]}}, decision: allow}, {id: r, when: {action: pay}, decision: ";
    let requests = [
        r#"{"action":"pay","input":{"amount":1500,"to":"ann","lines":[{"price":5},{"price":50}]},"context":{"env":"prod","cap":100,"payees":["eve"]},"actor":"ann"}"#,
        r#"{"action":{"name":"pay","input":{"amount":3,"to":"eve","lines":[{"price":5}]}},"context":{"dry_run":true,"payees":["eve"]}}"#,
        r#"{"action":"pay"}"#,
        r#"{"action":"pay","input":{"lines":[1,[]],"to":null,"amount":"1"},"context":{"env":["x"],"dry_run":0}}"#,
    ];
    let mut seen = Seen::default();
    for decision in ["allow", "deny"] {
        for condition in leaves.iter().cloned().chain(leaves.iter().cloned().map(not)).chain(joined.iter().cloned()) {
            let mut policy = policy(&format!("{base}{decision}}}]"));
            policy.rules[1].condition = Some(condition.clone());
            for request in requests {
                seen.see(&format!("{condition:?} {request}"), &policy, request.as_bytes(), false);
            }
        }
    }
    println!("{} explained, {} near misses, {} patched, {} turning", seen.explained, seen.near_misses, seen.patched, seen.turning);
    assert!(seen.near_misses > 200 && seen.turning > 100);

    let mut policy = policy(&format!("{base}allow}}]"));
    policy.rules[1].condition = Some(Expr::And(vec![leaves[0].clone(), not(leaves[2].clone()), leaves[14].clone()]));
    let told = explained(&policy, requests[0].as_bytes(), false).text();
    for line in [
        "  false   if\n",
        "  true      input.amount > 1000  -- saw 1500\n",
        "  false     context.env != \"prod\"  -- saw \"prod\"\n",
        "  false     input.lines.all(line, line.price <= 10)  -- saw [an object of 1 member, an object of 1 member]\n",
        "              (every element must match: 1 of 2 does; element /1 is an object of 1 member)\n",
        "  false       line.price <= 10  -- saw 50\n",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
}

fn price_of_all(lines: &Path) -> Expr {
    let condition = Expr::Compare(Operand::Path(element(&["price"])), Comparison::LessOrEqual, number("10"));
    Expr::Over(lines.clone(), Quantifier::All, Box::new(Body { variable: "line".to_owned(), condition }))
}
