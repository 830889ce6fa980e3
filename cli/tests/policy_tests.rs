//! `toolgate test` as a user and a build server meet it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use serde_json::json;
use support::{Directory, POLICY};

/// Four tests of [`POLICY`], of which the second and the fourth fail.
const TESTS: &str = "\
tests:
  - name: reading is free
    request: {action: read_mail}
    expect: allow
  - name: a mistake
    request: {action: delete}
    expect: {decision: deny, rules: [], message: Never, risk: null}
  - request: '{\"action\":\"pay\",\"action\":1}'
    expect: {decision: deny, reason: request/duplicate-key, offset: 16, default: false}
  - request: {action: book}
    clarified: false
    expect: allow
";

fn directory() -> Directory {
    let directory = Directory::new();
    directory.write("p.yaml", POLICY);
    directory.write("p.tests.yaml", TESTS);
    directory
}

#[test]
fn a_failing_test_shows_what_differs_and_who_decided() {
    let ran = directory().run(&["test", "p.yaml", "p.tests.yaml"]).exits(1);
    let digest = "\"policy\":\"sha256:";
    let shown: Vec<&str> = ran.stdout.lines().map(|line| line.split_once(digest).map_or(line, |(line, _)| line)).collect();
    assert_eq!(
        shown,
        [
            "FAILED p.tests.yaml:5: a mistake",
            "  rules        expected []",
            "               but is   [\"delete\"]",
            "  message      expected \"Never\"",
            "               but is   \"Never.\"",
            "  request      {\"action\":\"delete\"}",
            "  decided      {\"decision\":\"deny\",\"rules\":[\"delete\"],\"truncated\":false,\"requirements\":[],\"risk\":null,\"message\":\"Never.\",\"undecided\":[],\"shadow\":[],\"default\":false,\"reason\":\"rule\",\"offset\":null,",
            "  decided by   `delete` at p.yaml:3",
            "  why",
            "    - `deny` comes from rule `delete`",
            "    - the default `deny` is lifted: rule `delete` holds for certain",
            "    rule `delete` (deny) holds and decides  (p.yaml:3)",
            "      true    when",
            "      true      /action/name: \"delete\"  -- saw \"delete\"",
            "FAILED p.tests.yaml:10: test 4",
            "  decision     expected \"allow\"",
            "               but is   \"clarification_required\"",
            "  request      {\"action\":\"book\"}",
            "  decided      {\"decision\":\"clarification_required\",\"rules\":[\"ask\"],\"truncated\":false,\"requirements\":[],\"risk\":null,\"message\":null,\"undecided\":[],\"shadow\":[],\"default\":false,\"reason\":\"rule\",\"offset\":null,",
            "  decided by   `ask` at p.yaml:5",
            "  why",
            "    - `clarification_required` comes from rule `ask`",
            "    - the default `deny` is lifted: rule `ask` holds for certain",
            "    rule `ask` (clarification_required) holds and decides  (p.yaml:5)",
            "      true    when",
            "      true      /action/name: \"book\"  -- saw \"book\"",
            "    rule `read` (allow) does not hold: its only condition fails  (p.yaml:2)",
            "      false   when",
            "      false     /action/name: \"read_*\"  -- saw \"book\"",
            "      = if `/action/name` were `\"read_\"` (it is \"book\"), rule `read` would hold: allow",
            "4 tests: 2 passed, 2 failed",
        ],
        "{}",
        ran.stdout
    );
    assert_eq!(ran.stderr, "");
}

#[test]
fn an_expected_rule_is_explained_however_far_it_is() {
    let directory = Directory::new();
    let rules = "rules: [{id: far, when: {actor: a, resource: r, context: {c1: 1, c2: 2, c3: 3}}, decision: allow}]\n";
    let test = "tests: [{request: {action: x}, expect: {shadow: [{rule: far, decision: allow}]}}]\n";
    directory.write("p.yaml", format!("{rules}{test}"));
    let shown = directory.run(&["test", "p.yaml"]).exits(1).stdout;
    assert!(shown.contains("    rule `far` (allow) does not hold: 5 of its 5 conditions fail  (p.yaml:1)\n"), "{shown}");
    let xml = directory.run(&["test", "p.yaml", "--format", "junit"]).exits(1).stdout;
    assert!(
        xml.contains("\nwhy\n") && xml.contains("\n  rule `far` (allow) does not hold: 5 of its 5 conditions fail  (p.yaml:1)\n"),
        "{xml}"
    );
}

#[test]
fn explanations_are_bounded() {
    let directory = Directory::new();
    let fields: Vec<String> = (0..40).map(|n| format!("f{n}: 1")).collect();
    let wide = format!("{{id: wide, when: {{context: {{{}}}}}, decision: allow}}", fields.join(", "));
    let test = "  - {request: {action: x}, expect: {rules: [wide]}}\n";
    directory.write("p.yaml", format!("rules:\n  - {wide}\n  - {}\ntests:\n{}", wide.replace("wide", "wider"), test.repeat(20)));
    let told = directory.run(&["test", "p.yaml", "--format", "json"]).exits(1).json();
    let explained: Vec<&str> = told.iter().filter_map(|test| test["explanation"].as_str()).collect();
    assert_eq!((told.len(), explained.len()), (21, 16), "a test each, and the summary");
    assert!(explained.iter().all(|text| text.lines().count() <= 49), "{}", explained[0]);
    directory.write("q.yaml", "rules: [{id: a, when: {action: x}, decision: allow}]\ntests: [{request: 'x', expect: allow}, {request: {action: x}, expect: allow}]");
    let told = directory.run(&["test", "q.yaml", "--format", "json"]).exits(1).json();
    assert!(told[0]["explanation"].as_str().unwrap().starts_with("- what was sent is no request"), "{told:?}");
    assert_eq!(told[1]["explanation"], json!(null));
}

#[test]
fn passing_is_one_line_and_exit_code_0() {
    let directory = directory();
    let ran = directory.run(&["test", "p.yaml", "p.tests.yaml", "--filter", "free"]).exits(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("1 test: 1 passed, 0 failed, 3 left out\n", ""));
    let ran = directory.run(&["test", ".", "--filter", "test "]).exits(1);
    assert!(ran.stdout.ends_with("2 tests: 1 passed, 1 failed, 2 left out\n"), "a directory, and the names of tests without one: {ran:?}");
}

#[test]
fn every_member_of_a_decision_can_be_expected() {
    let directory = Directory::new();
    let rules = "\
rules:
  - {id: a, when: {action: x, input: {to: [{prefix: p}]}}, decision: approval_required, risk: high, requirements: [one, two], message: Wait.}
  - {id: b, when: {action: x}, decision: approval_required}
  - {id: c, when: {action: x}, decision: deny, mode: shadow}
tests:
  - request: {action: x}
";
    let members = [
        ("decision", "approval_required", "deny"),
        ("rules", "[a, b]", "[b, a]"),
        ("truncated", "false", "true"),
        ("requirements", "[one, two]", "[one]"),
        ("risk", "high", "null"),
        ("message", "Wait.", "null"),
        ("undecided", "[{field: /action/input/to, rule: a}]", "[]"),
        ("shadow", "[{rule: c, decision: deny}]", "[{rule: c, decision: allow}]"),
        ("default", "false", "true"),
        ("reason", "rule", "default"),
        ("offset", "null", "0"),
    ];
    let all: Vec<String> = members.iter().map(|(name, right, _)| format!("{name}: {right}")).collect();
    directory.write("right.yaml", format!("{rules}    expect: {{{}}}\n", all.join(", ")));
    directory.run(&["test", "right.yaml"]).exits(0);
    for (name, _, wrong) in members {
        directory.write("wrong.yaml", format!("{rules}    expect: {{{name}: {wrong}}}\n"));
        let told = directory.run(&["test", "wrong.yaml", "--format", "json"]).exits(1).json();
        assert_eq!(told[0]["differences"][0]["member"], name);
    }
}

#[test]
fn a_request_keeps_its_numbers_and_a_text_its_bytes() {
    let directory = Directory::new();
    let text = "\
rules:
  - {id: exact, when: {action: x, input: {n1: [9007199254740993]}}, decision: allow}
tests:
  - {request: {action: x, input: {n1: 9007199254740993}}, expect: allow}
  - {request: {action: x, input: {n1: 9007199254740992}}, expect: deny}
  - {request: {action: x, input: {n1: 9007199254740993.0, text: \"\\u0001\\\"\\u2028\"}}, expect: allow}
  - {request: ' {\"action\": \"x\"} ', expect: {reason: default}}
  - {request: '', expect: {reason: request/invalid-json, offset: 0}}
";
    directory.write("p.yaml", text);
    let told = directory.run(&["test", "p.yaml", "--format", "json"]).exits(0).json();
    assert_eq!(told[2]["request"], "{\"action\":\"x\",\"input\":{\"n1\":9007199254740993.0,\"text\":\"\\u0001\\\"\u{2028}\"}}");
    assert_eq!(told[3]["request"], " {\"action\": \"x\"} ");
    assert_eq!(told[5], json!({"summary": {"tests": 5, "passed": 5, "failed": 0, "left_out": 0}}));
}

#[test]
fn json_is_one_object_for_each_test() {
    let told = directory().run(&["test", "p.yaml", "p.tests.yaml", "--format", "json"]).exits(1).json();
    let seen: Vec<_> = told.iter().map(|test| (test["name"].as_str(), test["line"].as_u64(), test["outcome"].as_str())).collect();
    assert_eq!(
        seen,
        [
            (Some("reading is free"), Some(2), Some("passed")),
            (Some("a mistake"), Some(5), Some("failed")),
            (Some("test 3"), Some(8), Some("passed")),
            (Some("test 4"), Some(10), Some("failed")),
            (None, None, None)
        ]
    );
    let differences = json!([
        {"member": "rules", "expected": [], "actual": ["delete"]},
        {"member": "message", "expected": "Never", "actual": "Never."}
    ]);
    assert_eq!(told[1]["differences"], differences);
    assert_eq!(told[1]["decision"]["rules"], json!(["delete"]));
    assert_eq!(told[1]["decided_by"], json!(["`delete` at p.yaml:3"]));
    assert_eq!(told[4], json!({"summary": {"tests": 4, "passed": 2, "failed": 2, "left_out": 0}}));
}

#[test]
fn junit_is_xml_whatever_is_in_a_name() {
    let directory = directory();
    // What XML 1.0 can write only as itself, only escaped, or not at all; as JSON, which can write all of it.
    let name = "<a> & \"b\" 'c' ]]> \u{1} \u{1f} \n \t \u{7f} \u{85} \u{202e} \u{fffe} \u{ffff} é \u{1F600}";
    let odd = json!({"tests": [
        {"name": name, "request": {"action": "delete"}, "expect": {"message": name}},
        {"request": "\u{0}]]>", "expect": "allow"}
    ]});
    directory.write("q&<>\".json", odd.to_string());
    let ran = directory.run(&["test", "p.yaml", "p.tests.yaml", "q&<>\".json", "--format", "junit"]).exits(1);
    let xml = roxmltree::Document::parse(&ran.stdout).unwrap();
    let counts = |node: roxmltree::Node<'_, '_>| {
        ["tests", "failures", "errors", "skipped"].map(|name| node.attribute(name).unwrap().parse::<usize>().unwrap())
    };
    let root = xml.root_element();
    assert_eq!((root.tag_name().name(), counts(root)), ("testsuites", [6, 4, 0, 0]));
    let suites: Vec<_> = root.children().filter(|node| node.is_element()).collect();
    let seen: Vec<_> = suites.iter().map(|suite| (suite.tag_name().name(), suite.attribute("name").unwrap(), counts(*suite))).collect();
    assert_eq!(seen, [("testsuite", "p.tests.yaml", [4, 2, 0, 0]), ("testsuite", "q&<>\".json", [2, 2, 0, 0])]);

    let cases: Vec<_> = root.descendants().filter(|node| node.has_tag_name("testcase")).collect();
    let place = |index: usize| ["name", "classname", "file", "line"].map(|name| cases[index].attribute(name).unwrap());
    assert_eq!(place(0), ["reading is free", "p.tests.yaml", "p.tests.yaml", "2"]);
    let odd = r#"<a> & "b" 'c' ]]> \u{1} \u{1f} \n \t \u{7f} \u{85} \u{202e} \u{fffe} \u{ffff} é 😀"#;
    assert_eq!(place(4), [odd, "q&<>\".json", "q&<>\".json", "1"]);
    assert_eq!(place(5)[0], "test 2");

    let failures: Vec<_> = cases.iter().map(|case| case.children().find(|node| node.has_tag_name("failure"))).collect();
    let kinds: Vec<_> = failures.iter().map(|failure| failure.and_then(|failure| failure.attribute("type"))).collect();
    assert_eq!(kinds, [None, Some("rules"), None, Some("decision"), Some("message"), Some("decision")]);
    let failure = failures[1].unwrap();
    assert_eq!(failure.attribute("message"), Some("rules: expected [], but is [\"delete\"]"));
    let text = failure.text().unwrap();
    assert!(text.starts_with("p.tests.yaml:5\nrules        expected []\n             but is   [\"delete\"]\n"), "{text}");
    assert!(text.contains("\ndecided by   `delete` at p.yaml:3\n"), "{text}");
    assert!(failures[5].unwrap().text().unwrap().contains("request      \\u{0}]]>\n"));
}

#[test]
fn coverage_names_what_no_test_has_shown() {
    let directory = directory();
    let ran = directory.run(&["test", "p.yaml", "p.tests.yaml", "--filter", "free", "--coverage"]).exits(0);
    let read = "p.yaml:2: read: `when`: /action/name, [{\"wildcard\":[\"read_\",\"\"]}]: never false";
    let pay = [
        "p.yaml:4: pay: `when`: /action/name, \"pay\": never true",
        "p.yaml:4: pay: `when`: /action/input/amount, [{\">\":1e1}]: never true, never false",
    ];
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(
        lines,
        [
            "p.yaml:2: read: never not held",
            read,
            "p.yaml:3: delete: never held",
            "p.yaml:3: delete: `when`: /action/name, \"delete\": never true",
            "p.yaml:4: pay: never held",
            pay[0],
            pay[1],
            "p.yaml:5: ask: never held",
            "p.yaml:5: ask: `when`: /action/name, \"book\": never true",
            "coverage: rules 0/4, branches 0/5",
            "1 test: 1 passed, 0 failed, 3 left out"
        ]
    );
    // All four tests, of which two fail: what they make of the rules counts, and the exit code is theirs.
    let ran = directory.run(&["test", "p.yaml", "p.tests.yaml", "--coverage"]).exits(1);
    let lines: Vec<_> = ran.stdout.lines().rev().take(5).collect();
    assert_eq!(
        lines,
        ["4 tests: 2 passed, 2 failed", "coverage: rules 3/4, branches 3/5", pay[1], pay[0], "p.yaml:4: pay: never held"],
        "a request with a key twice is asked of no rule"
    );

    let ran = directory.run(&["test", "p.yaml", "p.tests.yaml", "--coverage", "--format", "json"]).exits(1);
    let told = ran.json();
    let coverage = json!({"coverage": {
        "rules": {"covered": 3, "total": 4},
        "branches": {"covered": 3, "total": 5},
        "missing": [
            {"rule": "pay", "file": "p.yaml", "line": 4, "branch": null, "never": ["held"]},
            {"rule": "pay", "file": "p.yaml", "line": 4, "branch": "`when`: /action/name, \"pay\"", "never": ["true"]},
            {"rule": "pay", "file": "p.yaml", "line": 4, "branch": "`when`: /action/input/amount, [{\">\":1e1}]", "never": ["true", "false"]}
        ]
    }});
    assert_eq!(told[4], coverage);
    assert_eq!(told[5]["summary"]["tests"], 4);

    let ran = directory.run(&["test", "p.yaml", "p.tests.yaml", "--coverage", "--format", "junit"]).exits(1);
    assert!(roxmltree::Document::parse(&ran.stdout).is_ok());
    assert!(ran.stderr.ends_with("coverage: rules 3/4, branches 3/5\n"), "{ran:?}");
}

#[test]
fn nothing_tested_is_a_failure() {
    let directory = Directory::new();
    directory.write("p.yaml", POLICY);
    let ran = directory.run(&["test", "p.yaml"]).exits(1);
    assert_eq!(ran.stdout, "0 tests: 0 passed, 0 failed\n");
    assert_eq!(ran.stderr, "error: there are no tests; write some under `tests:`, in a policy document or one of their own\n");
    let ran = directory.run(&["test", "p.yaml", "--filter", "x"]).exits(1);
    assert!(ran.stderr.starts_with("error: there are no tests"), "{ran:?}");
    let junit = directory.run(&["test", "p.yaml", "--format", "junit"]).exits(1);
    assert_eq!(roxmltree::Document::parse(&junit.stdout).unwrap().root_element().attribute("tests"), Some("0"));

    directory.write("t.yaml", TESTS);
    let ran = directory.run(&["test", "p.yaml", "t.yaml", "--filter", "no such\u{1b}"]).exits(1);
    assert_eq!(ran.stdout, "0 tests: 0 passed, 0 failed, 4 left out\n");
    assert_eq!(ran.stderr, "error: none of 4 tests has \"no such\\u{1b}\" in its name\n");
}

#[test]
fn a_wrong_policy_or_test_is_told_as_check_tells_it() {
    let directory = directory();
    // The tests are about the policy of all documents, and one of them names its rules.
    directory.write("alone.yaml", "tests:\n  - {request: {action: x}, expect: {rules: [delete]}}\n");
    let ran = directory.run(&["test", "alone.yaml"]).exits(1);
    assert!(ran.stderr.contains("error[document/unknown-rule]: the policy has no rule `delete`\n  --> alone.yaml:2:"), "{ran:?}");
    assert_eq!(ran.stdout, "");
    directory.write("typo.yaml", "tests:\n  - {request: {action: x}, expect: {rules: [delte]}}\n");
    for command in ["test", "check"] {
        let ran = directory.run(&[command, "p.yaml", "typo.yaml"]).exits(1);
        assert!(ran.stderr.contains("did you mean `delete`?"), "{ran:?}");
    }
    let ran = directory.run(&["test", "p.yaml", "typo.yaml", "--format", "json"]).exits(1);
    assert!(ran.stderr.starts_with("{\"code\":\"document/unknown-rule\""), "{ran:?}");
}

#[test]
fn tests_are_no_part_of_the_policy() {
    let directory = directory();
    let artifact = |sources: &[&str]| {
        directory.run(&[&["compile", "-o", "out.tgc"], sources].concat()).exits(0);
        std::fs::read(directory.path("out.tgc")).unwrap()
    };
    assert_eq!(artifact(&["p.yaml"]), artifact(&["p.yaml", "p.tests.yaml"]));
}

#[test]
fn usage_is_another_matter() {
    let directory = directory();
    directory.run(&["compile", "p.yaml", "-o", "p.tgc"]).exits(0);
    for arguments in [&["test"][..], &["test", "p.yaml", "--format", "xml"], &["test", "p.tgc"], &["test", "p.yaml", "--filter"]] {
        let ran = directory.run(arguments).exits(2);
        assert_eq!(ran.stdout, "", "{arguments:?}");
        assert!(!ran.stderr.is_empty(), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    for format in ["text", "json", "junit"] {
        let ran = directory().shell(&format!("toolgate test p.yaml p.tests.yaml --format {format} > /dev/full")).exits(2);
        assert!(ran.stderr.contains("cannot write to standard output"), "{ran:?}");
    }
}
