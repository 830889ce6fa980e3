//! `toolgate diff` as a reviewer of a policy meets it.

mod support;

use support::{Directory, POLICY};

const OLD: &str = "\
rules:
  - {id: read, when: {action: \"read_*\"}, decision: allow, requirements: [log]}
  - {id: delete, when: {action: delete}, decision: deny}
  - {id: pay, when: {action: pay}, decision: approval_required, requirements: [manager], risk: medium}
  - {id: mail, when: {action: mail}, decision: allow}
  - {id: drop, when: {action: drop}, decision: deny}
";

const NEW: &str = "\
rules:
  - {id: read-logs, when: {action: read_logs}, decision: allow, requirements: [log, mask]}
  - {id: read-mail, when: {action: read_mail}, decision: allow}
  - {id: delete, when: {action: delete}, decision: approval_required, requirements: [owner]}
  - {id: pay, when: {action: pay}, decision: approval_required, requirements: [manager], risk: high}
  - {id: post, when: {action: mail}, decision: allow, message: Posted.}
  - {id: book, when: {action: book}, decision: allow}
";

const CALLS: &str = "\
{\"action\":\"read_logs\"}
{\"action\":\"read_mail\"}

{\"action\":\"delete\"}
{\"action\":\"delete\",\"input\":{\"a\":1}}
{\"action\":\"pay\"}
{\"action\":\"mail\"}
{\"action\":\"drop\"}
{\"action\":\"read_x\"}
{\"action\":\"book\"}
{\"action\":\"none\"}
{\"action\":1}
not json
";

fn directory() -> Directory {
    let directory = Directory::new();
    directory.write("old.yaml", OLD);
    directory.write("new.yaml", NEW);
    directory.write("calls.jsonl", CALLS);
    directory
}

const DIFF: [&str; 5] = ["diff", "old.yaml", "new.yaml", "--requests", "calls.jsonl"];

#[test]
fn changes_are_grouped_loosening_first() {
    let ran = directory().run(&DIFF).exits(1);
    let expected = "\
loosened: 4 calls
  deny → allow: 1 call
    default → `book`: 1 call
      `book`: line 10
  deny → approval_required: 2 calls
    `delete`: 2 calls
      requirements gained: `owner`
      `delete`: line 4 and 1 more
  allow: 1 call
    `read` → `read-mail`: 1 call
      requirements lost: `log`
      `read_mail`: line 2
tightened: 1 call
  allow → deny: 1 call
    `read` → default: 1 call
      `read_x`: line 9
kept, with other obligations: 3 calls
  allow: 1 call
    `read` → `read-logs`: 1 call
      requirements gained: `mask`
      `read_logs`: line 1
  approval_required: 1 call
    `pay`: 1 call
      risk: medium → high
      `pay`: line 6
  deny: 1 call
    `drop` → default: 1 call
      `drop`: line 8
12 calls: 4 loosened, 1 tightened, 3 kept with other obligations, 2 unchanged (1 by other rules), 2 refused
";
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), (expected, ""), "{}", ran.stdout);
}

#[test]
fn json_is_one_object() {
    let directory = directory();
    let ran = directory.run(&[&DIFF[..], &["--format", "json"]].concat()).exits(1);
    let [report] = &ran.json()[..] else { panic!("{ran:?}") };
    for (key, count) in
        [("calls", 12), ("loosened", 4), ("tightened", 1), ("kept", 3), ("unchanged", 2), ("other_rules", 1), ("refused", 2)]
    {
        assert_eq!(report[key], count, "{key}");
    }
    assert_eq!(report["ungrouped"], serde_json::json!({"loosened": 0, "tightened": 0, "kept": 0}));
    let groups = report["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 7);
    assert_eq!(
        groups[1],
        serde_json::json!({
            "change": "loosened",
            "old": {"decision": "deny", "default": false, "rules": ["delete"], "risk": null},
            "new": {"decision": "approval_required", "default": false, "rules": ["delete"], "risk": null},
            "requirements_lost": [], "requirements_gained": ["owner"],
            "calls": 2, "examples": [{"action": "delete", "line": 4, "calls": 2}], "other_actions": 0,
        })
    );
    assert_eq!(groups[0]["old"]["default"], true);
    for side in ["old", "new"] {
        let artifact = format!("{side}.tgc");
        let compiled = directory.run(&["compile", &format!("{side}.yaml"), "-o", &artifact, "--format", "json"]).exits(0);
        assert!(compiled.stdout.contains(report[side].as_str().unwrap()), "{compiled:?}");
    }
}

#[test]
fn each_side_is_a_document_a_directory_or_an_artifact() {
    let directory = directory();
    directory.write("policies/a.yaml", OLD);
    directory.run(&["compile", "old.yaml", "-o", "old.tgc"]).exits(0);
    let all = ["old.yaml", "policies", "old.tgc"];
    for (old, new) in all.iter().flat_map(|old| all.map(|new| (*old, new))) {
        let ran = directory.run(&["diff", old, new, "--requests", "calls.jsonl"]).exits(0);
        assert_eq!(
            ran.stdout, "12 calls: 0 loosened, 0 tightened, 0 kept with other obligations, 10 unchanged, 2 refused\n",
            "{old} {new}: {ran:?}"
        );
    }
    let expected = directory.run(&DIFF).stdout;
    let piped = directory.run_with(&["diff", "old.tgc", "new.yaml", "--requests", "-"], CALLS).exits(1);
    assert_eq!(piped.stdout, expected);
}

#[test]
fn the_other_way_round_what_was_loosened_is_tightened() {
    let ran = directory().run(&["diff", "new.yaml", "old.yaml", "--requests", "calls.jsonl", "--format", "json"]).exits(1);
    let report = &ran.json()[0];
    // A requirement less loosens a call that may run, in whichever direction.
    assert_eq!((&report["loosened"], &report["tightened"], &report["kept"]), (&2.into(), &3.into(), &3.into()), "{report}");
}

#[test]
fn a_lost_requirement_loosens_even_where_somebody_is_asked_now() {
    let directory = Directory::new();
    let rule = |rest: &str| format!("rules: [{{id: a, when: {{action: pay}}, {rest}}}]");
    let changes = [
        ("decision: allow, requirements: [log]", "decision: approval_required", 1),
        ("decision: allow, requirements: [log]", "decision: approval_required, requirements: [log]", 0),
        ("decision: allow, requirements: [log, mask]", "decision: allow, requirements: [mask, log]", 0),
        ("decision: approval_required, requirements: [log]", "decision: approval_required, requirements: [other]", 1),
        ("decision: clarification_required, requirements: [log]", "decision: clarification_required", 1),
        // Nothing is required of a call that does not run.
        ("decision: allow, requirements: [log]", "decision: deny", 0),
        ("decision: deny, requirements: [log]", "decision: deny", 0),
        // Risk obliges to nothing by itself.
        ("decision: allow, risk: high", "decision: allow, risk: low", 0),
        ("decision: deny", "decision: clarification_required", 1),
    ];
    directory.write("calls.jsonl", "{\"action\":\"pay\"}\n");
    for (old, new, code) in changes {
        directory.write("old.yaml", rule(old));
        directory.write("new.yaml", rule(new));
        let ran = directory.run(&DIFF);
        assert_eq!(ran.code, Some(code), "{old} → {new}: {ran:?}");
    }
}

#[test]
fn a_clarification_counts_when_it_was_obtained() {
    let directory = Directory::new();
    directory.write("old.yaml", "rules: [{id: a, when: {action: book}, decision: clarification_required}]");
    directory.write("new.yaml", "rules: [{id: a, when: {action: book}, decision: allow}]");
    directory.write("calls.jsonl", "{\"action\":\"book\"}\n");
    assert!(directory.run(&DIFF).exits(1).stdout.contains("clarification_required → allow: 1 call"));
    directory.run(&[&DIFF[..], &["--clarified"]].concat()).exits(0);
}

#[test]
fn groups_and_examples_are_bounded() {
    let directory = Directory::new();
    let rules = |decision: &str| {
        let rule = |n| format!("  - {{id: r{n}, when: {{action: [a{n}, \"b{n}_*\"]}}, decision: {decision}}}\n");
        format!("rules:\n{}", (0..1_100).map(rule).collect::<String>())
    };
    directory.write("old.yaml", rules("allow"));
    directory.write("new.yaml", rules("deny"));
    let call = |name: String| format!("{{\"action\":\"{name}\"}}\n");
    let calls: String = (0..9).map(|n| call(format!("b7_{n}"))).chain((0..1_100).map(|n| call(format!("a{n}")))).collect();
    directory.write("calls.jsonl", calls);
    let report = &directory.run(&[&DIFF[..], &["--format", "json"]].concat()).exits(0).json()[0];
    assert_eq!(report["groups"].as_array().unwrap().len(), 1_000);
    assert_eq!((&report["tightened"], &report["ungrouped"]["tightened"]), (&1_109.into(), &100.into()));
    let first = &report["groups"][0];
    let lines: Vec<_> = first["examples"].as_array().unwrap().iter().map(|example| example["line"].as_u64().unwrap()).collect();
    assert_eq!((&first["calls"], &first["other_actions"], &lines[..]), (&10.into(), &5.into(), &[1, 2, 3, 4, 5][..]), "{first}");

    let text = directory.run(&DIFF).exits(0).stdout;
    assert!(text.contains("\n      other actions: 5 calls\n"), "{text}");
    let end = "  and 950 more groups of 950 calls, with --format json\n  and 100 calls in groups that were too many to keep\n";
    assert!(text.contains(end), "{text}");
    assert!(text.lines().count() < 200);
}

#[test]
fn hostile_names_are_shown_escaped() {
    let directory = Directory::new();
    directory.write("old.yaml", "rules: [{id: \"a\\e[2J\", when: {action: \"x*\"}, decision: deny}]");
    directory.write("new.yaml", "rules: [{id: b, when: {action: \"x*\"}, decision: allow}]");
    directory.write("calls.jsonl", format!("{{\"action\":\"x\u{1d173}{}\"}}\n", "y".repeat(100_000)));
    let ran = directory.run(&DIFF).exits(1);
    assert!(!ran.stdout.contains('\u{1b}') && ran.stdout.len() < 1_000, "{ran:?}");
}

#[test]
fn nothing_to_compare_is_no_loosening() {
    let directory = directory();
    for empty in ["", "\n \r\n\n"] {
        let ran = directory.run_with(&["diff", "old.yaml", "new.yaml", "--requests", "-"], empty).exits(0);
        assert_eq!(ran.stdout, "0 calls: 0 loosened, 0 tightened, 0 kept with other obligations, 0 unchanged\n");
    }
}

#[test]
fn what_is_wrong_is_told() {
    let directory = directory();
    directory.write("wrong.yaml", "rules: [{id: a, when: {action: b}, decision: alow}]");
    for (old, new) in [("old.yaml", "wrong.yaml"), ("wrong.yaml", "new.yaml"), ("no.yaml", "new.yaml"), ("old.yaml", "no.tgc")] {
        let ran = directory.run(&["diff", old, new, "--requests", "calls.jsonl"]).exits(1);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("error["), "{ran:?}");
    }
    for arguments in [
        &["diff", "old.yaml", "new.yaml"][..],
        &["diff", "old.yaml", "--requests", "calls.jsonl"],
        &["diff", "old.yaml", "new.yaml", "new.yaml", "--requests", "calls.jsonl"],
        &["diff", "old.yaml", "new.yaml", "--requests", "no.jsonl"],
        &["diff", "old.yaml", "new.yaml", "--requests", "calls.jsonl", "--format", "xml"],
    ] {
        let ran = directory.run(arguments).exits(2);
        assert!(ran.stdout.is_empty() && !ran.stderr.is_empty(), "{ran:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_told() {
    let directory = directory();
    directory.write("p.yaml", POLICY);
    let command = "toolgate diff p.yaml new.yaml --requests calls.jsonl";
    let ran = directory.shell(&format!("{command} > /dev/full")).exits(2);
    assert!(ran.stderr.contains("No space left on device"), "{ran:?}");
    let ran = directory.shell(&format!("{command} >&-")).exits(2);
    assert!(ran.stderr.contains("standard output is closed"), "{ran:?}");
    let ran = directory.shell(&format!("{{ sleep 0.2; {command}; echo \"exit $?\" >&2; }} | true")).exits(0);
    assert!(ran.stderr.ends_with("exit 2\n") && ran.stderr.contains("Broken pipe"), "{ran:?}");
}
