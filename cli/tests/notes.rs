//! `toolgate check --requests`: what a policy and recorded requests know of each other.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use support::{Directory, POLICY, Ran};

const NAMES: &str = "\
lists: {sweeps: [sweep_all, sweep_some]}
rules:
  - {id: read, when: {action: \"read_*\"}, decision: allow}
  - {id: delete, when: {action: delete_databse}, decision: deny}
  - {id: sweep, when: {action: [{in: sweeps}]}, decision: allow}
  - {id: list, when: {action: [{prefix: list_, suffix: _x}, {regex: \"li.t\"}]}, decision: allow}
  - {id: other, when: {action: [{anything-but: [pay]}, {anything-but: {equals-ignore-case: SEND}}]}, decision: deny, mode: shadow}
  - {id: all, when: {action: \"*\"}, decision: deny, mode: shadow}
";

const FIELDS: &str = "\
rules:
  - {id: pay, when: {action: pay, input: {amuont: [{gt: 10}]}}, decision: approval_required}
  - {id: send, when: {action: send, input: {to: {iban: [{prefix: DE}]}, from: {bank: {name: a}}}}, decision: allow}
  - {id: role, when: {actor: {roles: [{any: [admin]}]}, resource: {path: [{ref: 'context[\"a/b\"]'}]}}, decision: allow}
  - {id: old, when: {action: send}, unless: {session: [{exists: true}]}, decision: deny}
";

/// The findings of a policy and requests: code without its area, what it is about, calls, and the help.
fn found(policy: &str, requests: &str) -> Vec<(String, String, u64, Option<String>)> {
    let directory = Directory::new();
    directory.write("p.yaml", policy);
    let ran = directory.run_with(&["check", "p.yaml", "--requests", "-", "--format", "json"], requests).exits(0);
    let notes = ran.json().into_iter().filter(|note| note["severity"] == "note");
    let text = |note: &serde_json::Value, key: &str| note[key].as_str().map(str::to_owned);
    notes
        .map(|note| {
            let about = ["rule", "action", "field"].iter().find_map(|key| text(&note, key)).unwrap_or_default();
            let code = text(&note, "code").unwrap().strip_prefix("requests/").unwrap().to_owned();
            (code, about, note["calls"].as_u64().unwrap(), text(&note, "help"))
        })
        .collect()
}

/// Those of one code: what each is about, and the help.
fn of(code: &str, policy: &str, requests: &str) -> Vec<(String, Option<String>)> {
    found(policy, requests).into_iter().filter(|(own, ..)| own == code).map(|(_, about, _, help)| (about, help)).collect()
}

fn call(action: &str, rest: &str) -> String {
    format!("{{\"action\":{action:?}{rest}}}\n")
}

#[test]
fn text_has_the_place_and_what_may_be_meant() {
    let directory = Directory::new();
    directory.write("a.yaml", "rules: [{id: none, when: {action: none}, decision: deny}]\n");
    directory.write("b.yaml", FIELDS.lines().take(2).collect::<Vec<_>>().join("\n"));
    let requests = format!("\n{}{}not json\n", call("pay", ",\"input\":{\"amount\":11}"), call("pay_all", ""));
    directory.write("calls.jsonl", requests);
    let ran = directory.run(&["check", "a.yaml", "b.yaml", "--requests", "calls.jsonl", "--deny", "warnings"]).exits(0);
    let expected = "\
no errors: 2 rules in 2 documents
note[requests/refused]: 1 line is no request, the first for `request/invalid-json`
  --> calls.jsonl:4
note[requests/rule-never-held]: rule `none` never held
  --> a.yaml:1:14
note[requests/rule-held-only-by-doubt]: rule `pay` held only by doubt, for 1 request
  --> b.yaml:2:10
note[requests/unseen-action]: no request has the action `none`, which rule `none` names
  --> a.yaml:1:14
note[requests/unseen-field]: no request has the field `/action/input/amuont`, which rule `pay` reads
  --> b.yaml:2:10
   = help: did you mean `/action/input/amount`?
note[requests/unknown-action]: no rule names the action `pay_all` of 1 request
  --> calls.jsonl:3
note[requests/unread-field]: no rule reads the field `/action/input/amount` of 1 request
  --> calls.jsonl:2
   = help: a rule reads `/action/input/amuont`, which no request has
7 notes: 2 requests in calls.jsonl
";
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", expected), "{}", ran.stderr);
}

#[test]
fn json_is_one_object_a_line_behind_the_diagnostics() {
    let directory = Directory::new();
    directory.write("p.yaml", format!("default: {{decision: allow}}\n{NAMES}"));
    directory.write("calls.jsonl", call("delete_database", ""));
    let ran = directory.run(&["check", "p.yaml", "--requests", "calls.jsonl", "--format", "json"]).exits(0);
    assert_eq!(ran.stderr, "");
    let told = ran.json();
    assert_eq!((&told[0]["code"], &told[0]["severity"]), (&"lint/default-allow".into(), &"warning".into()));
    let note = |code: &str| told.iter().find(|note| note["code"] == format!("requests/{code}")).unwrap();
    let place = NAMES.find("read,").unwrap() as u64 + "default: {decision: allow}\n".len() as u64;
    assert_eq!(
        *note("unseen-action"),
        serde_json::json!({
            "code": "requests/unseen-action", "severity": "note", "file": "p.yaml",
            "message": "no request has an action that meets `read_*`, which rule `read` names",
            "span": {"line": 4, "column": 10, "start": place, "end": place + 4},
            "action": "read_*", "calls": 0,
        })
    );
    assert_eq!(
        *note("unknown-action"),
        serde_json::json!({
            "code": "requests/unknown-action", "severity": "note", "file": "calls.jsonl", "line": 1,
            "message": "no rule names the action `delete_database` of 1 request",
            "help": "a rule names `delete_databse`, which no request has",
            "action": "delete_database", "calls": 1,
        })
    );
}

#[test]
fn rules_that_held_are_told_from_those_that_may_have() {
    let policy = "\
rules:
  - {id: deny, when: {action: a, input: {x: 1}}, decision: deny}
  - {id: shadow, when: {action: a, input: {z: 1}}, decision: deny, mode: shadow}
  - {id: allow, when: {action: a, input: {x: 1}}, decision: allow}
  - {id: weaker, when: {action: a}, decision: approval_required}
";
    let by_doubt = |requests: &str| of("rule-held-only-by-doubt", policy, requests);
    let never = |requests: &str| of("rule-never-held", policy, requests);
    let doubted = || ("deny".to_owned(), Some("`/action/input/x` is in doubt on line 1".to_owned()));
    assert_eq!(by_doubt(&call("a", "").repeat(2)), [doubted(), ("shadow".to_owned(), None)]);
    assert_eq!(never(&call("a", "")), [("allow".to_owned(), None)]);
    // Once for certain is enough, and a rule that another outweighs has held.
    let certain = format!("{}{}", call("a", ""), call("a", ",\"input\":{\"x\":1,\"z\":2}"));
    assert_eq!(by_doubt(&certain), [("shadow".to_owned(), None)]);
    assert_eq!(never(&certain), []);
    assert_eq!(found(policy, &certain)[0].2, 1);
    assert_eq!(never(&call("b", "")).len(), 4);
}

#[test]
fn actions_are_held_against_names_and_patterns() {
    let unseen = |requests: &str| of("unseen-action", NAMES, requests);
    let all = ["read_*", "delete_databse", "sweep_all", "sweep_some", "prefix: list_, suffix: _x", "regex: li.t", "pay"];
    let names = |found: Vec<(String, Option<String>)>| found.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let all = [&all[..], &["equals-ignore-case: send"]].concat();
    assert_eq!(names(unseen(&call("none", ""))), all);
    for (action, met) in [
        ("read_a", "read_*"),
        ("sweep_some", "sweep_some"),
        ("list_a_x", "prefix: list_, suffix: _x"),
        ("list", "regex: li.t"),
        ("pay", "pay"),
        ("Send", "equals-ignore-case: send"),
    ] {
        let rest: Vec<_> = all.iter().copied().filter(|name| *name != met).collect();
        assert_eq!(names(unseen(&call(action, ""))), rest, "{action}");
        assert_eq!(of("unknown-action", NAMES, &call(action, "")), [], "{action}");
    }
    // A pattern for every action names none; written as an object, an action is the same.
    for action in ["unheard_of", "list_a", "xread_a"] {
        for request in [call(action, ""), format!("{{\"action\":{{\"name\":{action:?}}}}}")] {
            assert_eq!(of("unknown-action", NAMES, &request), [(action.to_owned(), None)]);
        }
    }
    assert_eq!(
        unseen(&format!("{}{}", call("delete_database", ""), call("read_database", "")))[0],
        ("delete_databse".to_owned(), Some("did you mean `delete_database`?".to_owned()))
    );
    // What another rule spells out is not meant.
    let two = "rules:\n- {id: a, when: {action: send}, decision: allow}\n- {id: b, when: {action: sand}, decision: deny}\n";
    assert_eq!(of("unseen-action", two, &call("send", "")), [("sand".to_owned(), None)]);
}

#[test]
fn fields_are_told_with_what_may_be_meant() {
    let unseen = |requests: &str| of("unseen-field", FIELDS, requests);
    let pointers = |found: Vec<(String, Option<String>)>| found.into_iter().map(|(pointer, _)| pointer).collect::<Vec<_>>();
    let all = [
        "/action/input/amuont",
        "/action/input/to/iban",
        "/action/input/from/bank/name",
        "/actor/roles",
        "/resource/path",
        "/context/a~1b",
        "/session",
    ];
    let mut sorted = pointers(unseen(&call("x", "")));
    sorted.sort();
    let mut expected = all.to_vec();
    expected.sort_unstable();
    assert_eq!(sorted, expected);
    // A value in an array is there, null is, and what stands for an object with one member is.
    for (rest, seen) in [
        (",\"input\":{\"amuont\":null}", "/action/input/amuont"),
        (",\"input\":{\"to\":[[{\"x\":1}],{\"iban\":2}]}", "/action/input/to/iban"),
        (",\"actor\":{\"roles\":[]}", "/actor/roles"),
        (",\"context\":{\"a/\\u0062\":1}", "/context/a~1b"),
        (",\"session\":{\"deep\":{\"er\":1}}", "/session"),
    ] {
        let left = pointers(unseen(&call("x", rest)));
        assert!(left.len() == 6 && !left.contains(&seen.to_owned()), "{rest}: {left:?}");
    }
    for rest in [",\"actor\":null", ",\"actor\":\"roles\"", ",\"input\":null", ",\"context\":{}"] {
        assert_eq!(unseen(&call("x", rest)).len(), 7, "{rest}");
    }
    // The key that is misspelt may be on the way.
    let help = |found: Vec<(String, Option<String>)>, pointer: &str| found.into_iter().find(|(own, _)| own == pointer).unwrap().1;
    let found = unseen(&call("send", ",\"input\":{\"from\":{\"bnak\":{\"name\":1}}}"));
    assert_eq!(help(found, "/action/input/from/bank/name").as_deref(), Some("did you mean `/action/input/from/bnak/name`?"));
}

#[test]
fn fields_of_requests_are_told_where_rules_stop() {
    let unread = |rest: &str| {
        let found = found(FIELDS, &call("x", rest).repeat(2)).into_iter().filter(|(code, ..)| code == "unread-field");
        found.map(|(_, pointer, calls, _)| (pointer, calls)).collect::<Vec<_>>()
    };
    for (rest, expected) in [
        (",\"input\":{\"a/b\":{\"c\":1},\"to\":[{\"bic\":1},{\"bic\":2}]}", &["/action/input/a~1b", "/action/input/to/bic"][..]),
        (",\"actor\":\"bob\"", &["/actor/id"]),
        (",\"actor\":null,\"resource\":null,\"context\":null,\"input\":null", &[]),
        (",\"session\":{\"id\":1},\"model\":null", &["/model"]),
        (",\"input\":{\"to\":\"text\",\"amuont\":{\"deep\":1}}", &[]),
    ] {
        let expected: Vec<_> = expected.iter().map(|pointer| ((*pointer).to_owned(), 2)).collect();
        assert_eq!(unread(rest), expected, "{rest}");
    }
    let nothing_of_actor = "rules: [{id: a, when: {action: x}, decision: allow}]";
    for request in [
        "{\"action\":{\"name\":\"x\",\"input\":{\"y\":1}},\"actor\":\"bob\"}",
        "{\"action\":\"x\",\"input\":{\"y\":1},\"actor\":{\"id\":\"b\"}}",
    ] {
        let unread = of("unread-field", nothing_of_actor, request);
        assert_eq!(unread, [("/action/input".to_owned(), None), ("/actor".to_owned(), None)]);
    }
}

#[test]
fn what_is_kept_of_requests_is_bounded() {
    let policy = "rules: [{id: a, when: {action: [\"last*\", \"x_*\"], input: {to: 1}}, decision: allow}]";
    let mut requests: String = (0..10_100).map(|n| call(&format!("a{n}"), &format!(",\"k{n}\":1"))).collect();
    requests.push_str(&call(&"long".repeat(100), ""));
    // Told even of what is not kept.
    requests.push_str(&call("last_one", ""));
    let found = found(policy, &requests);
    let count = |code: &str| found.iter().filter(|(own, ..)| own == code).count();
    assert_eq!((count("unknown-action"), count("unread-field")), (10_000, 10_000));
    let cut: Vec<_> = found.iter().filter(|(code, ..)| code == "cut").map(|(_, _, calls, _)| *calls).collect();
    assert_eq!(cut, [101, 100]);
    assert_eq!(of("unseen-action", policy, &requests), [("x_*".to_owned(), None)]);

    let directory = Directory::new();
    directory.write("p.yaml", policy);
    let text = directory.run_with(&["check", "p.yaml", "--requests", "-"], requests).exits(0).stderr;
    assert!(text.contains("note[requests/unknown-action]: 9950 more like these, with --format json\n"), "{text}");
    assert!(
        text.contains("note[requests/cut]: there are more fields that no rule reads than can be kept: not listed 100 times\n"),
        "{text}"
    );
    assert!(text.lines().count() < 400);
}

#[test]
fn without_requests_there_is_nothing_to_say() {
    let directory = Directory::new();
    directory.write("p.yaml", POLICY);
    for (requests, notes) in [("", 1), ("\n \r\n", 1), ("{}\n[1]\n", 2)] {
        let ran = directory.run_with(&["check", "p.yaml", "--requests", "-"], requests).exits(0);
        assert!(ran.stderr.contains("note[requests/none]: there is no request to hold the policy against\n  --> -\n"), "{ran:?}");
        let end = format!("{notes} note{}: 0 requests in -\n", if notes == 1 { "" } else { "s" });
        assert!(ran.stderr.ends_with(&end), "{ran:?}");
    }
    let ran = directory.run_with(&["check", "p.yaml", "--requests", "-"], "{}\n[1]\n").exits(0);
    assert!(ran.stderr.contains("note[requests/refused]: 2 lines are no requests, the first for `request/action`\n  --> -:1\n"), "{ran:?}");
}

#[test]
fn nothing_that_requests_say_moves_the_cursor() {
    let directory = Directory::new();
    directory.write("p.yaml", POLICY);
    let requests = r#"{"action":"read_a","\u001b[2J\u202e":1,"\n":2}"#;
    let ran = directory.run_with(&["check", "p.yaml", "--requests", "-"], requests).exits(0);
    assert!(!ran.stderr.contains(['\u{1b}', '\u{202e}']) && ran.stderr.contains("`/\\u{1b}[2J\\u{202e}`"), "{ran:?}");
    assert!(ran.stderr.contains("`/\\n` of 1 request"), "{ran:?}");
}

#[test]
fn exit_codes_are_those_of_the_policy() {
    let directory = Directory::new();
    directory.write("p.yaml", POLICY);
    directory.write("wrong.yaml", "rules: [{id: a, when: {action: b}, decision: alow}]");
    directory.write("calls.jsonl", call("none", ""));
    let run = |arguments: &[&str]| -> Ran { directory.run(&[&["check"], arguments].concat()) };
    run(&["p.yaml", "--requests", "calls.jsonl", "--deny", "warnings"]).exits(0);
    // A policy that cannot be used is held against nothing.
    let ran = run(&["wrong.yaml", "--requests", "calls.jsonl"]).exits(1);
    assert!(!ran.stderr.contains("requests/"), "{ran:?}");
    for format in ["text", "json"] {
        let ran = run(&["p.yaml", "--requests", "no.jsonl", "--format", format]).exits(2);
        assert!(ran.stderr.contains("toolgate: cannot read no.jsonl: "), "{ran:?}");
    }
    run(&["p.yaml", "--requests"]).exits(2);
}

#[test]
fn every_code_is_documented() {
    let codes = |text: &str, mark: char| {
        let codes = text.split(mark).filter(|piece| piece.starts_with("requests/"));
        let mut codes: Vec<_> = codes.map(str::to_owned).collect();
        codes.sort();
        codes.dedup();
        codes
    };
    let told = codes(include_str!("../../compiler/src/usage/finding.rs"), '"');
    let page = include_str!("../../docs/recorded-calls.md");
    let rows: String = page.lines().filter(|line| line.starts_with("| `requests/")).collect();
    assert!(told.len() == 9, "{told:?}");
    assert_eq!(codes(&rows, '`'), told);
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_told() {
    let directory = Directory::new();
    directory.write("p.yaml", POLICY);
    directory.write("calls.jsonl", call("none", ""));
    let command = "toolgate check p.yaml --requests calls.jsonl --format json";
    let ran = directory.shell(&format!("{command} > /dev/full")).exits(2);
    assert!(ran.stderr.contains("No space left on device"), "{ran:?}");
    let ran = directory.shell(&format!("{{ sleep 0.2; {command}; echo \"exit $?\" >&2; }} | true")).exits(0);
    assert!(ran.stderr.ends_with("exit 2\n") && ran.stderr.contains("Broken pipe"), "{ran:?}");
}
