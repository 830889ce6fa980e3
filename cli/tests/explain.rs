//! `toolgate explain` as a user meets it.

mod support;

use support::{Directory, POLICY};

fn directory() -> Directory {
    let directory = Directory::new();
    directory.write("p.yaml", POLICY);
    directory.write("r.json", "{\"action\": \"pay\", \"input\": {\"amount\": 12}}\n");
    directory
}

#[test]
fn the_decision_and_what_would_change_it_are_told() {
    let directory = directory();
    let ran = directory.run(&["explain", "p.yaml", "--request", "r.json"]).exits(0);
    assert_eq!(ran.stderr, "");
    for wanted in [
        "not safe to show to a model: ",
        "decision: approval_required\n  - `approval_required` comes from rule `pay`\n",
        "\nrule `pay` (approval_required) holds and decides  (p.yaml:4)\n",
        "  true      /action/input/amount: [{gt: 10}]  -- saw 12\n",
        "  = if `/action/input/amount` were `10` (it is 12), rule `pay` would not hold: deny by default\n",
    ] {
        assert!(ran.stdout.contains(wanted), "{wanted}\n{}", ran.stdout);
    }
    assert!(ran.stdout.starts_with("not safe"));
    let piped = directory.run_with(&["explain", "p.yaml", "--request", "-"], "{\"action\": \"pay\", \"input\": {\"amount\": 12}}").exits(0);
    assert_eq!(piped.stdout, ran.stdout);
}

#[test]
fn json_is_one_object_with_the_decision_in_it() {
    let directory = directory();
    let ran = directory.run(&["explain", "p.yaml", "--request", "r.json", "--format", "json"]).exits(0);
    let explanation: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let decided = directory.run(&["decide", "p.yaml", "--requests", "r.json"]).exits(0);
    assert_eq!(explanation["decision"], decided.json()[0]);
    assert_eq!(explanation["rules"][0]["rule"], "pay");
    assert_eq!(explanation["rules"][0]["near_misses"][0]["change"]["path"], "/input/amount");
    assert_eq!(explanation["rules"][0]["near_misses"][0]["change"]["value"], 10);
}

#[test]
fn an_artifact_with_its_documents_explains_itself() {
    let directory = directory();
    directory.run(&["compile", "p.yaml", "-o", "p.tgc", "--with-sources"]).exits(0);
    let of = |policy: &str, format: &str| directory.run(&["explain", policy, "--request", "r.json", "--format", format]).exits(0).stdout;
    let expected = ["text", "json"].map(|format| of("p.yaml", format));
    directory.write("p.yaml", "rules: 1");
    assert_eq!(["text", "json"].map(|format| of("p.tgc", format)), expected);
}

#[test]
fn clarified_is_as_in_decide() {
    let directory = directory();
    directory.write("book.json", "{\"action\": \"book\"}");
    let told = |arguments: &[&str]| directory.run(&[&["explain", "p.yaml", "--request", "book.json"], arguments].concat()).exits(0).stdout;
    assert!(told(&[]).contains("decision: clarification_required\n"));
    assert!(told(&["--clarified"]).contains("decision: allow\n"));
}

#[test]
fn one_rule_is_shown_however_far_it_is() {
    let directory = directory();
    let ran = directory.run(&["explain", "p.yaml", "--request", "r.json", "--rule", "delete"]).exits(0);
    assert_eq!(ran.stdout.matches("\nrule `").count(), 1);
    assert!(ran.stdout.contains("\nrule `delete` (deny) does not hold: its only condition fails  (p.yaml:3)\n"), "{}", ran.stdout);
    let ran = directory.run(&["explain", "p.yaml", "--request", "r.json", "--rule", "delet"]).exits(2);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", "toolgate: the policy has no rule `delet`; did you mean `delete`?\n"));
}

#[test]
fn a_refused_request_shows_where() {
    let directory = directory();
    let ran = directory.run_with(&["explain", "p.yaml", "--request", "-"], "{\"action\": \"pay\",\n \"action\": 1}\n").exits(0);
    let shown = "\nrequest/duplicate-key: at byte 19 (line 2, column 2)\n  |\n  |  \"action\": 1}\n  |  ^\n";
    assert!(ran.stdout.contains("decision: deny\n") && ran.stdout.ends_with(shown), "{}", ran.stdout);
    let ran = directory.run_with(&["explain", "p.yaml", "--request", "-"], " ".repeat(3_000_000)).exits(0);
    assert!(ran.stdout.contains("request/too-large: at byte 1048576 "), "{}", ran.stdout);
}

#[test]
fn what_cannot_be_explained_is_told() {
    let directory = directory();
    directory.write("wrong.yaml", "rules: 1");
    directory.run(&["compile", "p.yaml", "-o", "p.tgc"]).exits(0);
    assert!(directory.run(&["explain", "wrong.yaml", "--request", "r.json"]).exits(1).stderr.contains("error["));
    assert!(directory.run(&["explain", "no.yaml", "--request", "r.json"]).exits(1).stderr.contains("source/unreadable"));
    let ran = directory.run(&["explain", "p.tgc", "--request", "r.json"]).exits(2);
    assert!(ran.stderr.starts_with("toolgate: cannot explain p.tgc: the artifact has no documents in it"), "{ran:?}");
    let ran = directory.run(&["explain", "p.yaml", "p.tgc", "--request", "r.json"]).exits(2);
    assert!(ran.stderr.contains("p.tgc is a compiled artifact; documents are wanted here"), "{ran:?}");
    directory.write("p.tgc", "TOOLGATE, or so it says");
    assert!(directory.run(&["explain", "p.tgc", "--request", "r.json"]).exits(1).stderr.contains("error[load/"));
    let ran = directory.run(&["explain", "p.yaml", "--request", "no.json"]).exits(2);
    assert!(ran.stderr.contains("toolgate: cannot read no.json: "), "{ran:?}");
    for arguments in
        [&["explain", "p.yaml"][..], &["explain", "--request", "r.json"], &["explain", "p.yaml", "--request", "r.json", "--format", "xml"]]
    {
        assert_eq!(directory.run(arguments).exits(2).stdout, "", "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_stream_that_fails_is_told() {
    let directory = directory();
    let ran = directory.shell("toolgate explain p.yaml --request r.json > /dev/full").exits(2);
    assert!(ran.stderr.contains("No space left on device"), "{ran:?}");
    let ran = directory.shell("toolgate explain p.yaml --request - <&-").exits(2);
    assert!(ran.stderr.contains("standard input is closed"), "{ran:?}");
    let ran = directory.shell("toolgate explain p.yaml --request r.json >&-").exits(2);
    assert!(ran.stderr.contains("standard output is closed"), "{ran:?}");
}
