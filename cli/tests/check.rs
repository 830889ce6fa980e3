//! `toolgate check` as a user meets it.

mod support;

use support::{Directory, POLICY};

#[test]
fn a_good_policy_passes() {
    let directory = Directory::new();
    directory.write("p.yaml", POLICY);
    let ran = directory.run(&["check", "p.yaml"]).exits(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", "no errors: 4 rules in 1 document\n"));
    let ran = directory.run(&["check", "p.yaml", "--format", "json"]).exits(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
}

#[test]
fn everything_wrong_is_told_at_once() {
    let directory = Directory::new();
    directory.write("a.yaml", "rules:\n  - {id: x, when: {action: a}, desicion: allow}\n");
    directory.write("b.json", "{\"rules\": [{\"id\": \"y\", \"when\": {\"action\": \"a\"}, \"decision\": \"alow\"}]}");
    let ran = directory.run(&["check", "a.yaml", "b.json"]).exits(1);
    for wanted in [
        "error[document/unknown-key]",
        "--> a.yaml:2:",
        "did you mean `decision`?",
        "error[document/unknown-value]",
        "--> b.json:1:",
        "^^^",
    ] {
        assert!(ran.stderr.contains(wanted), "{wanted}: {}", ran.stderr);
    }
    assert!(ran.stderr.ends_with("3 errors\n"), "{}", ran.stderr);
    assert!(!ran.stderr.contains('\u{1b}'), "no colours in a pipe");
    assert_eq!(ran.stdout, "");

    let ran = directory.run(&["check", "a.yaml", "b.json", "--format", "json"]).exits(1);
    let told = ran.json();
    assert_eq!(told.len(), 3);
    for diagnostic in &told {
        assert_eq!(diagnostic["severity"], "error");
        for key in ["code", "message", "file"] {
            assert!(diagnostic[key].is_string(), "{diagnostic}");
        }
        for key in ["line", "column", "start", "end"] {
            assert!(diagnostic["span"][key].is_u64(), "{diagnostic}");
        }
    }
}

#[test]
fn other_programs_get_what_they_read() {
    let directory = Directory::new();
    directory.write("p.yaml", "default: {decision: allow}\nrules:\n  - {id: x, when: {action: a}, decision: alow}\n");
    let ran = directory.run(&["check", "p.yaml", "no.yaml", "--format", "github"]).exits(1);
    assert_eq!(ran.stdout.lines().count(), 1, "{ran:?}");
    let ran = directory.run(&["check", "p.yaml", "--format", "github"]).exits(1);
    assert_eq!(
        ran.stdout,
        "::warning file=p.yaml,line=1,endLine=1,col=21,endColumn=26,title=lint/default-allow::the default decision is `allow`\
         %0Ahelp: whatever no rule names is allowed then\n\
         ::error file=p.yaml,line=3,endLine=3,col=42,endColumn=46,title=document/unknown-value::`alow` is no decision\
         %0Ahelp: did you mean `allow`?\n"
    );
    assert_eq!(ran.stderr, "");
    // What `compile` prints of the artifact is for people then.
    let compiled = directory.run(&["compile", "p.yaml", "-o", "p.tgc", "--format", "github"]).exits(1);
    assert_eq!((compiled.stdout.as_str(), &compiled.stderr), ("", &ran.stdout));

    let ran = directory.run(&["check", "p.yaml", "--format", "sarif"]).exits(1);
    let log: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let results = log["runs"][0]["results"].as_array().unwrap();
    let codes: Vec<_> = results.iter().map(|result| result["ruleId"].as_str().unwrap()).collect();
    assert_eq!(codes, ["lint/default-allow", "document/unknown-value"]);
    assert_eq!(results[1]["locations"][0]["physicalLocation"]["region"]["startLine"], 3);
    // A log of nothing is a log.
    directory.write("good.yaml", POLICY);
    let ran = directory.run(&["check", "good.yaml", "--format", "sarif"]).exits(0);
    let log: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(log["runs"][0]["results"], serde_json::json!([]));
}

#[test]
fn warnings_can_be_denied() {
    let directory = Directory::new();
    directory.write("policies/p.yaml", POLICY);
    directory.write("policies/notes.txt", "");
    let ran = directory.run(&["check", "policies"]).exits(0);
    assert!(ran.stderr.contains("warning[lint/other-file]"), "{ran:?}");
    assert!(ran.stderr.ends_with("1 warning: 4 rules in 1 document\n"), "{ran:?}");
    directory.run(&["check", "policies", "--deny", "warnings"]).exits(1);
    directory.run(&["check", "policies/p.yaml", "--deny", "warnings"]).exits(0);
}

#[test]
fn what_cannot_be_read_is_a_diagnostic_each() {
    let directory = Directory::new();
    directory.write("p.yaml", POLICY);
    let ran = directory.run(&["check", "no.yaml", "p.yaml", "nor.yaml", "--format", "json"]).exits(1);
    let told: Vec<_> = ran.json().iter().map(|d| (d["code"].to_string(), d["file"].to_string())).collect();
    let unreadable = |file: &str| ("\"source/unreadable\"".to_owned(), format!("{file:?}"));
    assert_eq!(told, [unreadable("no.yaml"), unreadable("nor.yaml")]);
}

#[test]
fn a_limit_of_the_compiler_is_an_error_of_the_policy() {
    let directory = Directory::new();
    directory.write("a.yaml", POLICY);
    directory.write("b.yaml", "rules:\n  - {id: huge, when: {action: t, input: {x: [{regex: '(a|b)*a(a|b){14}'}]}}, decision: allow}\n");
    let ran = directory.run(&["check", "a.yaml", "b.yaml", "--format", "json"]).exits(1);
    let told = ran.json();
    assert_eq!(told.iter().map(|d| d["code"].as_str().unwrap()).collect::<Vec<_>>(), ["limit/pattern-states"], "{ran:?}");
    assert_eq!(told[0]["file"], "b.yaml");
    assert_eq!(told[0]["span"]["line"], 2);
}

#[test]
fn usage_is_another_matter() {
    let directory = Directory::new();
    directory.write("p.yaml", POLICY);
    directory.run(&["compile", "p.yaml", "-o", "p.tgc"]).exits(0);
    for arguments in [
        &["check"][..],
        &["check", "p.yaml", "--format", "xml"],
        &["check", "p.yaml", "--deny", "all"],
        &["check", "p.tgc"],
        &["chekc", "p.yaml"],
        &[],
    ] {
        let ran = directory.run(arguments).exits(2);
        assert_eq!(ran.stdout, "", "{arguments:?}");
        assert!(!ran.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn help_has_examples() {
    let directory = Directory::new();
    for command in ["check", "compile", "decide", "explain", "diff", "test", "bench", "help", "schema", "completions"] {
        let ran = directory.run(&[command, "--help"]).exits(0);
        assert_eq!(directory.run(&["help", command]).exits(0).stdout, ran.stdout);
        assert!(
            ran.stdout.contains(&format!("Examples:\n  toolgate {command}")) || ran.stdout.contains(&format!("toolgate {command} ")),
            "{ran:?}"
        );
        assert!(ran.stdout.contains("Examples:"), "{ran:?}");
    }
    let all = directory.run(&["--help"]).exits(0).stdout;
    assert!(all.contains("Examples:\n  toolgate check"));
    assert_eq!(directory.run(&["help"]).exits(0).stdout, all);
    assert!(directory.run(&["--version"]).exits(0).stdout.starts_with("toolgate "));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(directory.run(&["completions", shell]).exits(0).stdout.contains("toolgate"));
    }
}

#[test]
fn the_schema_is_the_committed_one() {
    let directory = Directory::new();
    let ran = directory.run(&["schema"]).exits(0);
    assert_eq!(ran.stdout, include_str!("../../docs/policy.schema.json"));
}

#[test]
fn help_tells_what_a_code_means() {
    let directory = Directory::new();
    directory.write("p.yaml", "rules:\n  - {id: x, when: {action: a, input: {b: \"c*\"}}, decision: alow}\n");
    let ran = directory.run(&["check", "p.yaml"]).exits(1);
    assert!(ran.stderr.ends_with("for more about an error: toolgate help when/star\n2 errors\n"), "{ran:?}");
    let page = include_str!("../../compiler/diagnostics.md");
    for code in ["when/star", "lint/membership", "request/duplicate-key", "load/digest"] {
        let ran = directory.run(&["help", code]).exits(0);
        assert!(ran.stdout.starts_with(&format!("### `{code}`\n\n")), "{ran:?}");
        assert!(page.contains(&ran.stdout), "{ran:?}");
        // One section, whole.
        assert!(ran.stdout.matches("\n##").count() == 0, "{ran:?}");
        assert!(ran.stdout.contains("\nRight:\n") || ran.stdout.contains("\nNo example: "), "{ran:?}");
    }
    for (unknown, hint) in [
        ("when/stars", "there is no command and no code `when/stars`; did you mean `when/star`?"),
        ("chekc", "did you mean `check`?"),
        ("duplicate-id", "codes look like `when/star`"),
        ("", "the commands are check, "),
    ] {
        let ran = directory.run(&["help", unknown]).exits(2);
        assert_eq!(ran.stdout, "");
        assert!(ran.stderr.contains(hint), "{ran:?}");
    }
}
