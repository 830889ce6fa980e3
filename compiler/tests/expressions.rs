//! Expressions from text to checked form and back, and what a vector cannot say of their errors: where they are in each
//! style of scalar, that all are told, and that hostile text ends soon.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::time::{Duration, Instant};

use toolgate_compiler::expr::print;
use toolgate_compiler::ir::Policy;
use toolgate_compiler::{Severity, Source, check};

fn source(text: &str) -> [Source; 1] {
    [Source { name: "policy.yaml".to_owned(), text: text.into() }]
}

/// A policy with a rule that has this `if`, which is one line.
fn document(expr: &str) -> String {
    let quoted = serde_json::to_string(expr).expect("a string");
    format!("lists: {{bots: [b1, b2]}}\nrules:\n  - {{id: r, if: {quoted}, when: {{action: x}}, decision: deny}}\n")
}

/// Codes of errors, and the text they are at.
fn errors(text: &str) -> Vec<(&'static str, String)> {
    let found = check(&source(text)).diagnostics.into_iter().filter(|d| d.severity == Severity::Error);
    found.map(|d| (d.code, text[d.span.start as usize..d.span.end as usize].to_owned())).collect()
}

/// Code and underlined text of each error and warning.
fn found(text: &str) -> Vec<(&'static str, String)> {
    let found = check(&source(text)).diagnostics.into_iter();
    found.map(|d| (d.code, text[d.span.start as usize..d.span.end as usize].to_owned())).collect()
}

fn policy(text: &str) -> Policy {
    let checked = check(&source(text));
    assert!(checked.policy.is_some(), "{text}\n{:#?}", checked.diagnostics);
    checked.policy.expect("a policy without errors")
}

/// The expression as printed, and its checked form in debug form.
fn read(expr: &str) -> (String, String) {
    let policy = policy(&document(expr));
    let condition = policy.rules.first().and_then(|rule| rule.condition.as_ref()).expect("a rule with `if`");
    (print(condition, &policy.lists), format!("{condition:?}"))
}

#[test]
fn printing_and_reading_again_changes_nothing() {
    for (text, printed) in [
        ("input.amount > 1000 || !(input.to in context.known_payees)", "input.amount > 1000 || !(input.to in context.known_payees)"),
        ("5<input.a&&'x'!=input.b", "input.a > 5 && input.b != \"x\""),
        ("1 <= a && 1 >= a && 1 > a", "a >= 1 && a <= 1 && a < 1"),
        ("null == a || true == b || -0.50 == c", "a == null || b == true || c == -0.5"),
        ("a && (b && (c || (d || e))) && (f)", "a && b && (c || d || e) && f"),
        ("!(a && b) && !!(a == b) && !(a != b) && !(a < b)", "!(a && b) && !(a != b) && !(a != b) && !(a < b)"),
        ("!(a || b) || !has(a.b) || !a.startsWith(b.c)", "!(a || b) || !has(a.b) || !a.startsWith(b.c)"),
        ("action.input.a == action[\"input\"].b", "input.a == input.b"),
        ("has(action.input) && action.input == null", "has(action.input) && action.input == null"),
        ("a[\"b\"].c['d e'][''] && b[\"\\u00e9\\\"\\\\\"]", "a.b.c[\"d e\"][\"\"] && b[\"é\\\"\\\\\"]"),
        ("a.size() > 1 && size(a.b) == b.size() && size(a) in [1,2]", "size(a) > 1 && size(a.b) == size(b) && size(a) in [1, 2]"),
        ("a in bots && a in ['x', \"y\"] && 5 in a.b && a in b.c", "a in bots && a in [\"x\", \"y\"] && 5 in a.b && a in b.c"),
        ("a.endsWith('') && a.contains('\\n\\t\\r\\x01\\U0001f600')", "a.endsWith(\"\") && a.contains(\"\\n\\t\\r\\u0001\\U0001f600\")"),
        ("a.matches('^\\\\d+$')", "a.matches(\"^\\\\d+$\")"),
        ("a.all(x, x) && a.b.exists(x, x.y == b && !(x in x.z))", "a.all(x, x) && a.b.exists(x, x.y == b && !(x in x.z))"),
        ("a.exists(x, size(x) > 1 && 1 in x || bots.x)", "a.exists(x, size(x) > 1 && 1 in x || bots.x)"),
        (
            "a == 1e3 || a == 1e30 || a == 15e-1 || a == 1e-30 || a == 0012.50",
            "a == 1000 || a == 1e30 || a == 1.5 || a == 1e-30 || a == 12.5",
        ),
        ("a // one\n&& b // two", "a && b"),
        ("\t a\r\n\u{c}&&\nb . c [ 'd' ] . size ( ) > 0", "a && size(b.c.d) > 0"),
        ("a.if.in.true && has(a.null)", "a.if.in.true && has(a.null)"),
    ] {
        let (again, checked) = read(text);
        assert_eq!(again, printed, "{text}");
        assert_eq!(read(&again), (again, checked), "{text}");
    }
}

#[test]
fn places_in_every_style_of_scalar() {
    for scalar in [
        "action.name == x ++ é && a",
        "'action.name == ''x'' ++ é'",
        "\"action.name == \\\"x\\\" ++ é\"",
        "\"\\u0061ction.n\\x61me == '\\U0001F600' ++ é\"",
        "\"action.name\n      == \\\n      'x y'\n\n      ++ é\"",
        "'action.name\n      == ''x   y''  \n      ++ é'",
        "action.name\n      == x\n\n      ++ é",
        "|\n      action.name == 'x'\n        ++ é\n\n",
        "|2-  # indented by hand\n      action.name\n\n      // note\n      == 'x'\n      ++ é\n",
        ">-\n      action.name ==\n      'x'\n\n      ++ é\n",
        ">\n      action.name ==\n      'x'\n        ++ é\n",
    ] {
        let text = format!("# é\nrules:\n  - if: {scalar}\n    id: r\n    decision: deny\n");
        assert_eq!(errors(&text), [("if/unsupported", "+".to_owned())], "{text}");
        let at = text.find("++").expect("a mistake");
        assert_eq!(check(&source(&text)).diagnostics[0].span.start as usize, at, "{text}");
    }
    let json = r#"{"rules": [{"id": "r", "if": "a == \"\ud83d\ude00\" && \u002f b", "decision": "deny"}]}"#;
    assert_eq!(errors(json), [("if/unsupported", "\\u002f".to_owned())]);
    // The end of what is written, where nothing follows.
    let text = "rules:\n  - if: |\n      a &&\n      # b\n    id: r\n    decision: deny\n";
    assert_eq!(errors(text), [("if/syntax", "#".to_owned())]);
    let text = "rules:\n  - if: |\n      a\n      &&\n\n    id: r\n    decision: deny\n";
    let end = check(&source(text)).diagnostics[0].span;
    assert_eq!((end.line, end.column, end.start, end.end), (4, 9, 33, 33));
}

#[test]
fn a_comment_that_takes_in_folded_lines_is_told() {
    let rule = |scalar: &str| format!("rules:\n  - if: {scalar}\n    id: r\n    decision: deny\n    when: {{action: x}}\n");
    for fine in [
        "|\n      a // b\n      && b\n",
        ">\n      a &&\n      b // c\n",
        "'a // b'",
        "\"a // b\\n && b\"",
        "a //b",
        "|-\n      // b\n      a",
    ] {
        assert_eq!(found(&rule(fine)), [], "{fine}");
    }
    for folded in [">\n      a // b\n      && b\n", "'a // b\n      && b'", "a // b\n      && b", "\"a // b\n      && b\""] {
        assert_eq!(found(&rule(folded)), [("lint/folded-comment", "//".to_owned())], "{folded}");
    }
    // It is none in a string.
    assert_eq!(found(&rule("a == 'http://x\n      y'")), []);
}

#[test]
fn all_mistakes_of_an_expression_are_told() {
    let text = document("inptu.a.startWith('x') && 1 == 1 || a in bot && has(x) || size(b) == 'x' || input == 1e999");
    let codes: Vec<_> = errors(&text).into_iter().map(|(code, _)| code).collect();
    let expected = ["if/unknown-name", "if/constant", "if/unknown-name", "if/path", "if/type", "if/path"];
    assert_eq!(codes, expected);
    // Of two documents, and of what stands beside the expression.
    let text = "rules:\n  - {id: a, if: 'a +', when: {}, decision: deny}\n  - {id: b, if: 'b ?', decision: dney}\n";
    let codes: Vec<_> = errors(text).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["if/unsupported", "when/empty", "if/unsupported", "document/unknown-value"]);
}

#[test]
fn limits_count_what_is_written() {
    let nested = |n: usize| document(&format!("{}a{}", "(".repeat(n), ")".repeat(n)));
    assert_eq!(errors(&nested(31)), []);
    assert_eq!(errors(&nested(32)), [("limit/nesting", "(".to_owned())]);
    assert_eq!(errors(&document(&format!("{}a", "!".repeat(31)))), []);
    assert_eq!(errors(&document(&format!("{}a", "!".repeat(32)))), [("limit/nesting", "!".to_owned())]);
    let inside = |body: &str, n: usize| document(&format!("a.all(x, {}{body}{})", "(".repeat(n), ")".repeat(n)));
    assert_eq!(errors(&inside("x.startsWith(a.b) && size(x) > 1 && has(x.y)", 30)), []);
    assert_eq!(errors(&inside("x", 31)), [("limit/nesting", "(".to_owned())]);
    let at_depth = document(&format!("{}a.all(x, x){}", "(".repeat(31), ")".repeat(31)));
    assert_eq!(errors(&at_depth), [("limit/nesting", "all".to_owned())]);

    let joined = |n: usize, sign: &str| vec!["a"; n].join(sign);
    assert_eq!(errors(&document(&joined(1_023, "||"))), []);
    // `when` has one.
    assert_eq!(errors(&document(&joined(1_024, "&&"))), [("limit/conditions", "r".to_owned())]);
    assert_eq!(errors(&document(&format!("a.exists(x, {}) && b == c && (d)", joined(1_020, "||")))), []);
    assert_eq!(errors(&document(&format!("a.exists(x, {}) && b == c && (d)", joined(1_021, "||")))).len(), 1);

    let list = |n: usize| document(&format!("a in [{}]", (0..n).map(|i| i.to_string()).collect::<Vec<_>>().join(",")));
    assert_eq!(errors(&list(100_000)), []);
    assert_eq!(errors(&list(100_001)), [("limit/alternatives", "[".to_owned())]);
}

#[test]
fn hostile_text_ends_soon() {
    let started = Instant::now();
    for part in [
        "(",
        "!",
        "!(",
        "f(",
        "a.all(x, ",
        "a.b(",
        "size(",
        "has(size(",
        "[",
        "a[",
        "a.",
        "a&&",
        "a||",
        "(a&&",
        "1,",
        "a in [1,",
        "\"",
        "'\\",
        "-",
        "//",
        "/ ",
        "a.size().",
        "a.b().",
        "a ",
        "0",
        "a==",
        "a.all(x,x)&&",
        "\n",
        "//\n",
        "\u{1}",
        "é",
        "`",
        "?",
        "{",
        "a['b']",
        "r'",
        "1.",
        "!a==",
    ] {
        for end in ["", "a", ")"] {
            let text = document(&(part.repeat(100_000) + end));
            let found = check(&source(&text));
            assert!(found.diagnostics.len() < 5, "{part}: {}", found.diagnostics.len());
        }
    }
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}
