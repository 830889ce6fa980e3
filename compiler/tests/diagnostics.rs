//! Every example of `compiler/diagnostics.md` yields the code it is about, or nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use toolgate_compiler::diagnostic::manual;
use toolgate_compiler::{Source, check, compile};
use toolgate_runtime::{Options, Policy, Scratch};

/// Whether the section of a code may say why it has no examples.
fn may_have_none(code: &str) -> bool {
    // What takes a disk or bytes that are no text, and what is long.
    let codes = [
        "source/unreadable",
        "source/invalid-utf8",
        "lint/other-file",
        "limit/document-bytes",
        "limit/nesting",
        "limit/conditions",
        "limit/alternatives",
        "limit/rules",
        "limit/pattern-states-total",
        "limit/artifact-bytes",
        "request/invalid-utf8",
        "request/too-large",
        "request/too-deep",
        "request/too-many-members",
    ];
    codes.contains(&code) || code.starts_with("fields/") || code.starts_with("load/")
}

/// The examples of a section: blocks behind `Wrong` and blocks behind `Right`.
#[derive(Default)]
struct Examples {
    wrong: Vec<Source>,
    right: Vec<Source>,
    described: bool,
}

impl Examples {
    fn of(section: &str) -> Self {
        let mut examples = Self::default();
        let mut is_right = None;
        let mut open: Option<Source> = None;
        for line in section.lines() {
            match (&mut open, line.strip_prefix("```")) {
                (Some(_), Some(_)) => {
                    let documents = if is_right.unwrap() { &mut examples.right } else { &mut examples.wrong };
                    documents.extend(open.take());
                }
                (Some(source), None) => source.text.extend(format!("{line}\n").bytes()),
                (None, Some(language)) => {
                    let count = examples.wrong.len() + examples.right.len();
                    open = Some(Source { name: format!("{count}.{language}"), text: Vec::new() });
                }
                (None, None) => {
                    is_right = match () {
                        () if line.starts_with("Wrong") => Some(false),
                        () if line.starts_with("Right") => Some(true),
                        () => is_right,
                    };
                    examples.described |= line.starts_with("No example: ");
                }
            }
        }
        assert!(open.is_none(), "a block is not closed: {section}");
        examples
    }
}

/// The codes of everything that is told of a policy.
fn told(sources: &[Source]) -> Vec<&'static str> {
    let checked = check(sources);
    let mut told: Vec<&str> = checked.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    if let Some(Err(diagnostics)) = checked.policy.as_ref().map(compile) {
        told.extend(diagnostics.iter().map(|diagnostic| diagnostic.code));
    }
    told
}

/// Why a request is refused, by a policy that allows everything.
fn reason(request: &Source) -> &'static str {
    let text = "rules: [{id: all, when: {action: \"*\"}, decision: allow}]";
    let policy = check(&[Source { name: "policy.yaml".into(), text: text.into() }]).policy.unwrap();
    let policy = Policy::load(&compile(&policy).unwrap().artifact).unwrap();
    let mut scratch = Scratch::new(&policy);
    let line = request.text.strip_suffix(b"\n").unwrap();
    policy.decide(line, &mut scratch, Options::default()).reason()
}

#[test]
fn examples_yield_what_their_section_says() {
    let mut examples_run = 0;
    for code in manual::codes() {
        let section = manual::section(code).unwrap();
        let examples = Examples::of(section);
        if examples.described {
            assert!(may_have_none(code), "{code} can have an example");
            assert!(examples.wrong.is_empty() && examples.right.is_empty(), "{code} has an example, and says it has none");
            continue;
        }
        assert!(!examples.wrong.is_empty() && !examples.right.is_empty(), "{code} has no examples, and does not say why");
        if code.starts_with("request/") {
            for (requests, expected) in [(&examples.wrong, code), (&examples.right, "rule")] {
                for request in requests {
                    assert_eq!(reason(request), expected, "{code}: {}", String::from_utf8_lossy(&request.text));
                }
            }
        } else {
            let wrong = told(&examples.wrong);
            assert!(!wrong.is_empty() && wrong.iter().all(|told| *told == code), "{code}: the wrong example yields {wrong:?}");
            assert_eq!(told(&examples.right), Vec::<&str>::new(), "{code}: the right example");
        }
        examples_run += 1;
    }
    assert!(examples_run > 60, "{examples_run}");
}
