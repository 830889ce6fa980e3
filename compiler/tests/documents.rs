//! Documents from text to checked policy or diagnostics. What each code means is pinned by `vectors/reject`; here is what
//! a vector cannot say: what the policy becomes, and how several mistakes come out of one run.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use toolgate_compiler::ir::{Alternative, Decision, List, Member, Mode, Object, Operator, Pattern, Policy, Scalar, Test, TextTest};
use toolgate_compiler::{Checked, Severity, Source, check, compile_sources, diagnostic::render, read_sources};

fn source(name: &str, text: &str) -> Source {
    Source { name: name.to_owned(), text: text.into() }
}

fn checked(text: &str) -> Checked {
    check(&[source("policy.yaml", text)])
}

fn policy(text: &str) -> Policy {
    let checked = checked(text);
    let errors: Vec<_> = checked.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{text}\n{errors:#?}");
    checked.policy.expect("a policy without errors")
}

/// Codes and the text they are at.
fn found(text: &str) -> Vec<(&'static str, String)> {
    let checked = checked(text);
    let is_sound = checked.diagnostics.iter().all(|d| d.severity == Severity::Warning);
    assert_eq!(checked.policy.is_some(), is_sound, "{text}");
    let at = |d: &toolgate_compiler::Diagnostic| text[d.span.start as usize..d.span.end as usize].to_owned();
    checked.diagnostics.iter().map(|d| (d.code, at(d))).collect()
}

fn errors(text: &str) -> Vec<(&'static str, String)> {
    let mut found = found(text);
    found.retain(|(code, _)| !code.starts_with("lint/"));
    found
}

/// What is found in a rule with this `when`.
fn in_when(when: &str) -> Vec<(&'static str, String)> {
    errors(&format!("rules:\n  - id: r\n    decision: deny\n    when: {when}\n"))
}

fn when(text: &str) -> Object {
    let policy = policy(&format!("rules:\n  - id: r\n    decision: deny\n    when: {text}\n"));
    policy.rules.into_iter().next().and_then(|rule| rule.when).expect("a rule with `when`")
}

/// An object pattern in short: keys, and list patterns in debug form.
fn short(object: &Object) -> String {
    let members = object.members.iter().map(|member| match member {
        Member::Or(branches) => format!("or({})", branches.iter().map(short).collect::<Vec<_>>().join("; ")),
        Member::Not(inner) => format!("not({})", short(inner)),
        Member::Key { name, pattern: Pattern::Object(inner) } => format!("{name}.{{{}}}", short(inner)),
        Member::Key { name, pattern: Pattern::List(list) } => format!("{name}={}", alternatives(list)),
    });
    members.collect::<Vec<_>>().join(", ")
}

fn alternatives(list: &List) -> String {
    let shown = list.alternatives.iter().map(|alternative| match alternative {
        Alternative::Scalar(Scalar::String(text)) => format!("{text:?}"),
        Alternative::Scalar(Scalar::Number(number)) => number.to_string(),
        Alternative::Scalar(scalar) => format!("{scalar:?}"),
        Alternative::Operators(operators) => operators.iter().map(operator).collect::<Vec<_>>().join("&"),
    });
    shown.collect::<Vec<_>>().join("|")
}

fn operator(operator: &Operator) -> String {
    match operator {
        Operator::Text(TextTest::Wildcard(wildcard)) => format!("wildcard{:?}", wildcard.literals),
        Operator::Any(list) => format!("any({})", alternatives(list)),
        Operator::AnythingBut(tests) => {
            let tests = tests.iter().map(|test| match test {
                Test::Scalar(scalar) => format!("{scalar:?}"),
                Test::Text(TextTest::Wildcard(wildcard)) => format!("wildcard{:?}", wildcard.literals),
                Test::Text(text) => format!("{text:?}"),
            });
            format!("but({})", tests.collect::<Vec<_>>().join("|"))
        }
        Operator::Compare(comparison, number) => format!("{comparison:?} {number}"),
        other => format!("{other:?}"),
    }
}

const EXAMPLE: &str = r#"id: finance-policy                 # optional, default "policy"
version: "2026-11-20"              # optional string
tighten_only: false                # true: neither allow rules nor a default in it
default: { decision: deny }        # optional, deny if absent
lists: { finance_bots: [bot1, bot2] }   # names are identifiers
rules:
  - id: read-anything
    when: { action: ["read_*", list_files] }
    decision: allow
  - id: delete-prod-db
    when: { action: delete_database, context: { env: prod } }
    decision: deny
    message: Production databases are never deleted by agents.
  - id: transfer-small
    when: { action: transfer_money, input: { amount: [{ gt: 0, lte: 1000 }], currency: [USD, EUR] } }
    decision: allow
tests: []                          # optional, see `toolgate test`
"#;

#[test]
fn the_example_of_the_law() {
    let policy = policy(EXAMPLE);
    assert_eq!(policy.id, "finance-policy");
    assert_eq!(policy.default.decision, Decision::Deny);
    assert_eq!(policy.lists[0].name, "finance_bots");
    let ids: Vec<_> = policy.rules.iter().map(|rule| (rule.id.as_str(), rule.outcome.decision, rule.mode)).collect();
    let expected = [
        ("read-anything", Decision::Allow, Mode::Enforce),
        ("delete-prod-db", Decision::Deny, Mode::Enforce),
        ("transfer-small", Decision::Allow, Mode::Enforce),
    ];
    assert_eq!(ids, expected);
    let whens: Vec<_> = policy.rules.iter().map(|rule| short(rule.when.as_ref().unwrap())).collect();
    assert_eq!(whens[0], r#"action.{name=wildcard["read_", ""]|"list_files"}"#);
    assert_eq!(whens[1], r#"action.{name="delete_database"}, context.{env="prod"}"#);
    let third = r#"action.{name="transfer_money"}, action.{input.{amount=Greater 0&LessOrEqual 1e3, currency="USD"|"EUR"}}"#;
    assert_eq!(whens[2], third);
    let span = policy.rules[1].span;
    assert_eq!(&EXAMPLE[span.start as usize..span.end as usize], "delete-prod-db");
    assert_eq!((span.line, span.column), (10, 9));
}

#[test]
fn yaml_json_and_crlf_are_one_document() {
    let json = r#"{"rules": [{"id": "r", "decision": "deny", "when": {"action": "a\u002a", "input": {"k": 1e3}}}]}"#;
    let yaml = "rules:\n- id: r\n  decision: deny\n  when:\n    action: a*\n    input: {k: 1000}\n";
    let read = |text: &str| short(policy(text).rules[0].when.as_ref().unwrap());
    let expected = r#"action.{name=wildcard["a", ""]}, action.{input.{k=1e3}}"#;
    for text in [json.to_owned(), yaml.to_owned(), yaml.replace('\n', "\r\n"), format!("---\n{yaml}...\n"), format!("\n  \n{json}\n")] {
        assert_eq!(read(&text), expected, "{text}");
    }
    let named = check(&[source("p.json", yaml)]);
    assert_eq!(named.diagnostics[0].code, "json/syntax");
    // Flow style that is no JSON is YAML.
    assert_eq!(read("{rules: [{id: r, decision: deny, when: {action: a}}]}"), r#"action.{name="a"}"#);
}

#[test]
fn roots_are_written_out_at_root_level_only() {
    for (text, expected) in [
        ("{action: a, actor: b, resource: [c]}", r#"action.{name="a"}, actor.{id="b"}, resource.{id="c"}"#),
        ("{$or: [{actor: b}, {$not: {action: 'x*'}}]}", r#"or(actor.{id="b"}; not(action.{name=wildcard["x", ""]}))"#),
        ("{context: {action: a, input: b}}", r#"context.{action="a", input="b"}"#),
        ("{action: {name: 'a\\*b'}}", r#"action.{name=wildcard["a*b"]}"#),
        ("{action: {$or: [{name: 'a*'}], $field: {name: '*b'}}}", r#"action.{or(name=wildcard["a", ""]), name=wildcard["", "b"]}"#),
        (
            "{action: [{any: ['a*'], anything-but: ['b*', c]}]}",
            r#"action.{name=any(wildcard["a", ""])&but(wildcard["b", ""]|String("c"))}"#,
        ),
        ("{action: [{eq: 'a*'}]}", r#"action.{name=Eq(String("a*"))}"#),
        ("{context: {$field: {any: [x], $or: z}}}", r#"context.{any="x", $or="z"}"#),
        ("{context: {host: [web-1], amount.eur: 5, type: x}}", r#"context.{host="web-1", amount.eur=5e0, type="x"}"#),
        ("{model: null}", "model=Null"),
    ] {
        assert_eq!(short(&when(text)), expected, "{text}");
    }
}

#[test]
fn everything_wrong_is_told_in_one_run() {
    let text = r#"versoin: 1
default: deny
rules:
  - id: a
    when: {action: read_*, input: {amount: {gt: 10}, to: "*@x.org"}}
    decision: alow
    desciption: x
  - when: {}
    decision: deny
    mode: off
  - id: a
    decision: deny
    when: {action: [{prefx: x, numeric: [">", 1, "<"]}]}
    when: {action: b}
  - id: c
    unless: {input: {tags: [[x]]}}
"#;
    let expected = [
        ("document/unknown-key", "versoin"),
        ("document/wrong-type", "deny"),
        ("when/operator-as-key", "gt"),
        ("when/star", "\"*@x.org\""),
        ("document/unknown-value", "alow"),
        ("document/unknown-key", "desciption"),
        ("document/missing-key", "when"),
        ("when/empty", "{}"),
        ("yaml/ambiguous-scalar", "off"),
        ("document/duplicate-id", "a"),
        ("when/unknown-operator", "prefx"),
        ("operand/numeric", "[\">\", 1, \"<\"]"),
        ("document/duplicate-key", "when"),
        ("document/missing-key", "c"),
        ("when/wrong-type", "[x]"),
    ];
    let expected: Vec<_> = expected.iter().map(|(code, at)| (*code, (*at).to_owned())).collect();
    assert_eq!(found(text), expected);
    let helps: Vec<_> = checked(text).diagnostics.into_iter().map(|d| d.help.unwrap_or_default()).collect();
    assert_eq!(helps[0], "did you mean `version`?");
    assert_eq!(helps[1], "write `default: { decision: deny }`");
    assert_eq!(helps[2], "write `amount: [{gt: 10}]` for the operator, `gt: [10]` for a field of that name");
    assert_eq!(helps[4], "did you mean `allow`?");
    assert_eq!(helps[10], "did you mean `prefix`?");
}

#[test]
fn help_shows_what_to_write() {
    let rule = |rest: &str| format!("rules:\n  - id: r\n    {rest}\n");
    let when = |list: &str| rule(&format!("when: {{action: x, input: {{f: {list}}}}}\n    decision: deny"));
    for (text, help) in [
        (when("[{gt: \"5\"}]"), "write `gt: 5`"),
        (when("[{prefix: 5}]"), "write `prefix: \"5\"` for the text"),
        (when("[{contains: true}]"), "write `contains: \"true\"` for the text"),
        (when("[{exists: \"true\"}]"), "write `exists: true`"),
        (when("[{length: 5}]"), "write `length: {eq: 5}`"),
        (when("[{any: admin}]"), "write `any: [admin]`"),
        (when("[{suffix: [a, b]}]"), "write an object for each: `[{suffix: a}, …]`"),
        (when("[{in: [a, b]}]"), "`in` takes the name of a list; values are written as they are, without it"),
        (when("[{in: bots}]"), "write `lists: { bots: […] }` beside `rules`, or the values themselves instead of `in`"),
        (when("[{\">\": 5}]"), "did you mean `gt`?"),
        (when("[{starts-with: a}]"), "did you mean `prefix`?"),
        (when("[{role: a}]"), "a list holds scalars and operator objects; a field is asked for in an object pattern, outside of a list"),
        (when("{gt: 1, lt: 5}"), "write `f: [{gt: 1, lt: 5}]` for the operators, `gt: [1]` for a field of that name"),
        (when("[a, b"), "close it with `]` before this place, or write a comma between its members"),
        (rule("when: {action: [a, b\n    decision: deny"), "close the `[` or `{` above, or quote a text that holds `: `"),
        (rule("\twhen: {action: x}"), "indent with blanks"),
        (rule("when: [{action: x}]\n    decision: deny"), "write the object without the list, or `when: {$or: […]}` if any one will do"),
        (rule("when: x\n    decision: deny"), "write `when: {action: …}`"),
        (rule("when: {action: x}\n    decision: permit"), "did you mean `allow`?"),
        (rule("when: {action: x}\n    decision: deny\n    context: {}"), "conditions on the request stand in `when`: `when: {context: …}`"),
        (rule("when: {action: x}"), "write `decision: …`, one of `allow`, `approval_required`, `clarification_required`, `deny`"),
        (rule("when: {action: x}\n   decision: deny"), "begin the keys of one mapping in one column, and the `-` of one list"),
        ("rules:\n  id: r\n".to_owned(), "begin each member of a list with `- `"),
    ] {
        let told = checked(&text).diagnostics;
        assert_eq!(told.first().and_then(|told| told.help.as_deref()), Some(help), "{text}\n{told:#?}");
    }
    // A policy that could not be read to its rules is not said to have none.
    let told = checked("rules:\n  id: r\n").diagnostics;
    assert_eq!(told.len(), 1, "{told:#?}");
}

#[test]
fn yaml_traps() {
    let at = |code: &'static str, at: &str| vec![(code, at.to_owned())];
    assert_eq!(in_when("{context: {x: yes}}"), at("yaml/ambiguous-scalar", "yes"));
    assert_eq!(in_when("{context: {on: 1}}"), at("yaml/ambiguous-scalar", "on"));
    assert_eq!(in_when("{context: {x: 2026-11-20}}"), at("yaml/ambiguous-scalar", "2026-11-20"));
    assert_eq!(in_when("{context: {x: [0x1F]}}"), at("yaml/ambiguous-scalar", "0x1F"));
    assert_eq!(in_when("{context: {x: ~}}"), at("yaml/ambiguous-scalar", "~"));
    assert_eq!(in_when("{context: {'yes': \"no\"}}"), []);
    assert_eq!(in_when("{context: {5: x}}"), at("document/wrong-type", "5"));
    assert_eq!(in_when("{context: {true: x}}"), at("document/wrong-type", "true"));
    assert_eq!(in_when("{context: {? [a] : x}}"), at("document/wrong-type", "[a]"));
    assert_eq!(in_when("{action: *}"), at("yaml/syntax", "*"));
    assert_eq!(in_when("{action: [>, x]}"), at("yaml/syntax", ">"));
    assert_eq!(in_when("{action: *_x}"), at("yaml/alias", "*_x"));
    assert_eq!(in_when("{action: &a b, actor: *a}"), [("yaml/anchor", "&a".to_owned()), ("yaml/alias", "*a".to_owned())]);
    assert_eq!(in_when("{action: !!str b}"), at("yaml/tag", "!!str"));
    assert_eq!(in_when("{action: !x!y b}"), at("yaml/tag", "!x!y"));
    let both = [("yaml/anchor", "&é".to_owned()), ("yaml/tag", "!<tag:x,2000:y>".to_owned())];
    assert_eq!(in_when("&é !<tag:x,2000:y> # c\n      {action: b}"), both);
    assert_eq!(in_when("{context: {<<: {a: b}}}"), at("yaml/merge-key", "<<"));
    assert_eq!(in_when("{context: {a: 1, \"\\u0061\": 2}}"), at("document/duplicate-key", "\"\\u0061\""));
    assert_eq!(in_when("{action: @x}"), at("yaml/syntax", "@"));
    assert_eq!(in_when("{action: \"\u{1b}\"}"), at("yaml/syntax", "\u{1b}"));
    assert_eq!(in_when("\n\taction: x")[0].0, "yaml/syntax");
    assert_eq!(in_when(""), at("when/empty", ""));
    assert_eq!(in_when("{context: {x: }}"), at("document/wrong-type", ""));
    assert_eq!(errors("id: x\n---\nid: y\n"), at("yaml/multiple-documents", "---"));
    assert_eq!(errors("id: x\n...\nid: y\n")[0].0, "yaml/multiple-documents");
    assert_eq!(errors("\u{FEFF}{id: 5}\n"), at("document/wrong-type", "5"));
    for empty in ["", "# nothing\n", "---\n", "null", "{}", " \r\n"] {
        assert_eq!(errors(empty).first().map(|(code, _)| *code), Some("document/empty"), "{empty:?}");
    }
    assert_eq!(check(&[source("p.json", "")]).diagnostics[0].code, "document/empty");
    assert_eq!(check(&[source("p.json", "\u{FEFF}{}")]).diagnostics[0].code, "json/syntax");
    let ill = check(&[Source { name: "p.yaml".to_owned(), text: b"id: \xFF\xFE".to_vec() }]);
    assert_eq!((ill.diagnostics[0].code, ill.diagnostics[0].span.start), ("source/invalid-utf8", 4));
}

#[test]
fn spans_are_bytes_whatever_stands_before() {
    let text = "# ä€😀 comment\nid: \"ü\" # ö\nrules:\n  - id: 'ß'  # é\n    decision: 'dény' # é\n    when: {\"ä\": [\"😀*\" ] } # ö\n";
    let expected = [("document/unknown-value", "'dény'"), ("when/star", "\"😀*\"")];
    assert_eq!(found(text), expected.map(|(code, at)| (code, at.to_owned())));
    let span = checked(text).diagnostics[1].span;
    assert_eq!((span.line, span.column), (6, 18));
}

#[test]
fn depth_is_refused_in_flat_memory() {
    for opening in ["[", "{a: ", "- ", "? ", "[{\"a\":", "!x [", "a: [", "\"a\": {\"a\":["] {
        let text = opening.repeat(100_000);
        for name in ["p.yaml", "p.json"] {
            assert!(check(&[source(name, &text)]).policy.is_none(), "{opening} {name}");
        }
    }
    for opening in ["[", "{\"a\": ", "- ", "? "] {
        assert_eq!(errors(&opening.repeat(100_000))[0].0, "limit/nesting", "{opening}");
    }
    let nest = |n: usize| format!("{}{{x: 1}}{}", "{x: ".repeat(n - 1), "}".repeat(n - 1));
    assert_eq!(in_when(&nest(32)), []);
    assert_eq!(in_when(&nest(33)), [("limit/nesting", "{x: 1}".to_owned())]);
    assert_eq!(in_when(&nest(90))[0].0, "limit/nesting");
}

#[test]
fn conditions_are_counted_per_list_of_scalars() {
    let list = |n: usize| (0..n).map(|i| format!("a{i}")).collect::<Vec<_>>().join(", ");
    assert_eq!(in_when(&format!("{{action: [{}]}}", list(100_000))), []);
    assert_eq!(in_when(&format!("{{action: [{}]}}", list(100_001)))[0].0, "limit/alternatives");
    let operators = |n: usize| (0..n).map(|i| format!("{{prefix: a{i}}}")).collect::<Vec<_>>().join(", ");
    assert_eq!(in_when(&format!("{{action: [x, z, {}]}}", operators(1_023))), []);
    assert_eq!(in_when(&format!("{{action: [x, z, {}]}}", operators(1_024))), [("limit/conditions", "r".to_owned())]);
}

#[test]
fn documents_make_one_policy() {
    let first = source(
        "a.yaml",
        "lists: {l: [x]}\ndefault: {decision: approval_required, message: one}\nrules: [{id: a, decision: deny, when: {actor: [{in: m}]}}]",
    );
    let second = source("b.yaml", "id: second\nlists: {m: [1]}\ndefault: {decision: approval_required, message: two}");
    let third = source("c.yaml", "id: third\ntighten_only: true\nrules: [{id: b, decision: deny, unless: {actor: [{in: l}]}}]");
    let policy = check(&[first.clone(), second, third]).policy.unwrap();
    assert_eq!(policy.id, "second");
    assert_eq!(policy.default.message.as_deref(), Some("one"));
    assert_eq!(policy.rules.iter().map(|r| (r.source, r.tighten_only)).collect::<Vec<_>>(), [(0, false), (2, true)]);
    assert_eq!(policy.lists.len(), 2);

    let twice = check(&[first.clone(), first]);
    let codes: Vec<_> = twice.diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(codes, ["operand/unknown-list", "document/duplicate-list", "document/duplicate-id", "operand/unknown-list"]);

    let text = "tighten_only: true\ndefault: {decision: deny}\nrules: [{id: b, decision: allow, when: {actor: x}}]";
    let expected = [("document/tighten-only", "default"), ("document/tighten-only", "allow")];
    assert_eq!(errors(text), expected.map(|(code, at)| (code, at.to_owned())));
}

#[test]
fn warnings_leave_a_policy() {
    let text = "default: {decision: allow}\nlists: {none: []}\n";
    let expected = [("lint/no-rules", ""), ("lint/default-allow", "allow"), ("lint/empty-list", "[]")];
    assert_eq!(found(text), expected.map(|(code, at)| (code, at.to_owned())));
    let text = "rules: [{id: r, decision: deny, when: {action: x, input: {x: [{prefix: 'a*'}]}}}]";
    assert_eq!(found(text), [("lint/star-in-operand", "'a*'".to_owned())]);
}

#[test]
fn operands_are_checked() {
    for (list, code, at) in [
        ("{eq: [1]}", "operand/type", "[1]"),
        ("{eq: 1e400}", "operand/number", "1e400"),
        ("{eq: 1, gt: 0}", "operator/conflict", "gt"),
        ("{exists: false, eq: 1}", "operator/conflict", "eq"),
        ("{prefix: a, gt: 1}", "operator/conflict", "gt"),
        ("{gt: 5, lte: 5}", "operator/contradiction", "lte"),
        ("{numeric: [\">\", 5, \"<\", 1]}", "operator/contradiction", "numeric"),
        ("{length: {gt: 5, lt: 6}}", "operator/contradiction", "length"),
        ("{length: {gt: -1}}", "operand/length", "-1"),
        ("{length: {min: 1}}", "operand/length", "min"),
        ("{length: {}}", "operand/empty", "{}"),
        ("{anything-but: []}", "operand/empty", "[]"),
        ("{anything-but: {contains: x}}", "operand/type", "contains"),
        ("{anything-but: [[x]]}", "operand/type", "[x]"),
        ("{anything-but: 'a*'}", "when/star", "'a*'"),
        ("{prefix: {equals-ignore-case: é}}", "operand/ignore-case", "é"),
        ("{wildcard: 'a**'}", "operand/wildcard", "'a**'"),
        ("{regex: 'a)|(b'}", "operand/regex", "'a)|(b'"),
        ("{cidr: 10.0.0.1/8}", "operand/cidr", "10.0.0.1/8"),
        ("{host: 10.0.0.1}", "operand/host", "10.0.0.1"),
        ("{email-domain: '@x.org'}", "operand/email-domain", "'@x.org'"),
        ("{path-prefix: a/../b}", "operand/path", "a/../b"),
        ("{ref: input}", "operand/ref", "input"),
        ("{in: finance}", "operand/unknown-list", "finance"),
        ("{type: int}", "operand/type", "int"),
        ("{any: []}", "operand/empty", "[]"),
        ("{any: x}", "operand/type", "x"),
        ("{every: [{}]}", "when/empty", "{}"),
        ("{numeric: [\"==\", 5]}", "operand/numeric", "\"==\""),
        ("{$or: [a]}", "when/unknown-operator", "$or"),
    ] {
        assert_eq!(in_when(&format!("{{input: {{x: [{list}]}}}}")), [(code, at.to_owned())], "{list}");
    }
    for list in [
        "{eq: ''}, {anything-but: ''}, {exists: false}, {eq: 1, exists: true}, {gt: 5, lt: 5.1}",
        "{type: 'null'}, {type: [array, object]}, {length: {gte: 5.0, lte: 5}}, {type: string, gt: 1}",
        "{prefix: a, suffix: b, length: {lt: 9}}, {any: [{length: {gt: 3}}, 'x']}, {host: '*.x.org'}",
    ] {
        assert_eq!(in_when(&format!("{{input: {{x: [{list}]}}}}")), [], "{list}");
    }
    assert_eq!(in_when("{action: [{prefix: 'a*'}]}"), [("operand/star", "'a*'".to_owned())]);
    assert_eq!(in_when("{action: 'a\\b'}"), [("operand/wildcard", "'a\\b'".to_owned())]);
}

#[test]
fn an_operator_as_a_key_is_told_by_its_operand() {
    for (object, key) in [
        ("{gt: 1}", "gt"),
        ("{prefix: x}", "prefix"),
        ("{suffix: {a: b}}", "suffix"),
        ("{host: web-1}", "host"),
        ("{type: string}", "type"),
        ("{type: [array, 'null']}", "type"),
        ("{any: [x]}", "any"),
        ("{length: {gte: [x]}}", "length"),
        ("{exists: true}", "exists"),
        ("{eq: null}", "eq"),
        ("{anything-but: {a: b}}", "anything-but"),
    ] {
        assert_eq!(in_when(&format!("{{context: {object}}}")), [("when/operator-as-key", key.to_owned())], "{object}");
        assert_eq!(in_when(&format!("{{context: {{$field: {object}}}}}")), [], "{object}");
        assert_eq!(in_when(object), [("when/operator-as-key", key.to_owned())], "{object}");
    }
    for object in ["{gt: x}", "{prefix: [x]}", "{host: {a: b}}", "{type: card}", "{type: [array, card]}", "{any: {a: b}}", "{exists: [x]}"]
    {
        assert_eq!(in_when(&format!("{{context: {object}}}")), [], "{object}");
    }
}

#[test]
fn rendering() {
    let text = "rules:\n  - id: r\n    decision: deny\n    when: {action: [{prefx: x}]}\n";
    let checked = checked(text);
    let shown = render::text(&checked.diagnostics[0], Some(&source("policy.yaml", text)));
    let expected = [
        "error[when/unknown-operator]: there is no operator `prefx`",
        "  --> policy.yaml:4:22",
        "   |",
        " 4 |     when: {action: [{prefx: x}]}",
        "   |                      ^^^^^",
        "   = help: did you mean `prefix`?",
        "",
    ];
    assert_eq!(shown, expected.join("\n"));
    let json = concat!(
        r#"{"code":"when/unknown-operator","severity":"error","message":"there is no operator `prefx`","file":"policy.yaml","#,
        r#""span":{"line":4,"column":22,"start":57,"end":62},"help":"did you mean `prefix`?"}"#
    );
    assert_eq!(render::json(&checked.diagnostics[0]), json);
}

#[test]
fn directories_are_read_in_byte_order() {
    let root = std::env::temp_dir().join(format!("toolgate-documents-{}", std::process::id()));
    std::fs::create_dir_all(root.join("b")).unwrap();
    for name in ["z.yml", "b/a.json", "a.yaml", "b-c.yaml", "notes.txt"] {
        std::fs::write(root.join(name), "id: x").unwrap();
    }
    let (sources, warnings) = read_sources(std::slice::from_ref(&root)).unwrap();
    let names: Vec<_> = sources.iter().map(|s| s.name.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["a.yaml", "b-c.yaml", "a.json", "z.yml"]);
    assert_eq!(warnings.iter().map(|w| (w.code, w.severity)).collect::<Vec<_>>(), [("lint/other-file", Severity::Warning)]);
    let errors = read_sources(&[root.join("missing"), root.join("gone.yaml")]).unwrap_err();
    assert_eq!(errors.iter().map(|e| e.code).collect::<Vec<_>>(), ["source/unreadable", "source/unreadable"]);
    std::fs::remove_dir_all(&root).unwrap();
}

#[test]
fn an_error_of_compiling_is_told_at_its_document() {
    let plain = source("plain.yaml", "rules: [{id: a, when: {action: x}, decision: deny}]");
    let large = source("large.yaml", "rules: [{id: b, when: {context: {a: [{regex: 'a{60000}'}]}}, decision: deny}]");
    let (compiled, diagnostics) = compile_sources(&[plain.clone(), large]);
    let errors: Vec<_> = diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
    assert!(compiled.is_none());
    assert_eq!(errors.iter().map(|d| (d.code, d.file.as_str())).collect::<Vec<_>>(), [("limit/pattern-states", "large.yaml")]);
    let (compiled, diagnostics) = compile_sources(&[plain]);
    assert!(compiled.is_some() && diagnostics.iter().all(|d| d.severity == Severity::Warning), "{diagnostics:?}");
}
