//! The canonical serialisation of a checked policy, whose SHA-256 is the policy's identity.
//!
//! It is JSON without white space, members in the order written here, and depends on nothing but what the rules mean:
//! not on spans, comments, descriptions, tags, the spelling of numbers, or the compiler's version. `docs/artifact.md`
//! defines it; a change of meaning or form takes a new version string.

mod expr;

use std::fmt::{self, Write};

use sha2::{Digest, Sha256};

use crate::ir::{
    Alternative, Cidr, Comparison, Expr, List, Member, Mode, Object, Operator, Outcome, Pattern, Policy, Risk, Rule, Scalar, Test,
    TextTest, Type,
};

/// First bytes of what is hashed.
const VERSION: &str = "toolgate/policy/v1\n";

/// So much is serialised before it is hashed.
const PIECE_LEN_BYTES: usize = 8 << 10;

/// SHA-256 of the canonical serialisation.
#[must_use]
pub fn digest(policy: &Policy) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(VERSION);
    let mut text = String::new();
    text.push_str("{\"default\":");
    outcome(&mut text, &policy.default);
    text.push_str(",\"lists\":");
    array(&mut text, &policy.lists, |text, list| array(text, &list.members, scalar));
    text.push_str(",\"rules\":[");
    for (index, one) in policy.rules.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        rule(&mut text, one);
        // Kept short, so that a large policy is not held twice.
        if text.len() >= PIECE_LEN_BYTES {
            hasher.update(&text);
            text.clear();
        }
    }
    text.push_str("]}");
    hasher.update(&text);
    hasher.finalize().into()
}

/// One alternative of a list pattern, to name it by.
pub(crate) fn alternative_text(of: &Alternative) -> String {
    let mut text = String::new();
    alternative(&mut text, of);
    text
}

/// A condition of `if`, to name it by.
pub(crate) fn expr_text(of: &Expr) -> String {
    let mut text = String::new();
    expr::expr(&mut text, of);
    text
}

/// A digest as it is written in decisions.
#[must_use]
pub fn digest_text(digest: &[u8; 32]) -> String {
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn rule(out: &mut String, rule: &Rule) {
    out.push_str("{\"id\":");
    string(out, &rule.id);
    out.push_str(",\"outcome\":");
    outcome(out, &rule.outcome);
    out.push_str(match rule.mode {
        Mode::Enforce => ",\"mode\":\"enforce\"",
        Mode::Shadow => ",\"mode\":\"shadow\"",
    });
    out.push_str(if rule.tighten_only { ",\"tighten_only\":true" } else { ",\"tighten_only\":false" });
    conditions(out, rule);
    out.push('}');
}

/// Writes a rule's conditions alone: rules with the same text ask the same, apart from their polarity.
pub(crate) fn conditions(out: &mut String, rule: &Rule) {
    for (name, part) in [(",\"when\":", &rule.when), (",\"unless\":", &rule.unless)] {
        if let Some(part) = part {
            out.push_str(name);
            object(out, part);
        }
    }
    if let Some(condition) = &rule.condition {
        out.push_str(",\"if\":");
        expr::expr(out, condition);
    }
}

fn outcome(out: &mut String, outcome: &Outcome) {
    out.push_str("{\"decision\":");
    string(out, outcome.decision.as_str());
    out.push_str(",\"message\":");
    match &outcome.message {
        Some(message) => string(out, message),
        None => out.push_str("null"),
    }
    out.push_str(",\"risk\":");
    match outcome.risk {
        Some(risk) => string(out, Risk::as_str(risk)),
        None => out.push_str("null"),
    }
    out.push_str(",\"requirements\":");
    array(out, &outcome.requirements, |out, requirement| string(out, requirement));
    out.push('}');
}

fn object(out: &mut String, object: &Object) {
    array(out, &object.members, |out, member| match member {
        Member::Or(objects) => tagged(out, "or", |out| array(out, objects, self::object)),
        Member::Not(inner) => tagged(out, "not", |out| self::object(out, inner)),
        Member::Key { name, pattern } => {
            out.push_str("{\"key\":");
            string(out, name);
            match pattern {
                Pattern::Object(inner) => {
                    out.push_str(",\"object\":");
                    self::object(out, inner);
                }
                Pattern::List(inner) => {
                    out.push_str(",\"list\":");
                    list(out, inner);
                }
            }
            out.push('}');
        }
    });
}

fn list(out: &mut String, list: &List) {
    array(out, &list.alternatives, alternative);
}

fn alternative(out: &mut String, alternative: &Alternative) {
    match alternative {
        Alternative::Scalar(value) => scalar(out, value),
        Alternative::Operators(operators) => array(out, operators, operator),
    }
}

fn scalar(out: &mut String, scalar: &Scalar) {
    match scalar {
        Scalar::Null => out.push_str("null"),
        Scalar::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Scalar::Number(number) => push(out, number),
        Scalar::String(text) => string(out, text),
    }
}

fn operator(out: &mut String, operator: &Operator) {
    match operator {
        Operator::Eq(value) => tagged(out, "eq", |out| scalar(out, value)),
        Operator::AnythingBut(tests) => tagged(out, "anything-but", |out| {
            array(out, tests, |out, test| match test {
                Test::Scalar(value) => scalar(out, value),
                Test::Text(text) => text_test(out, text),
            });
        }),
        Operator::In(list) => tagged(out, "in", |out| push(out, list)),
        Operator::Text(text) => text_test(out, text),
        Operator::Regex(regex) => tagged(out, "regex", |out| string(out, &regex.source)),
        Operator::Compare(comparison, number) => tagged(out, comparison_word(*comparison), |out| push(out, number)),
        Operator::Cidr(cidr) => tagged(out, "cidr", |out| {
            let text = match cidr {
                Cidr::V4(network, len) => format!("4:{network:08x}/{len}"),
                Cidr::V6(network, len) => format!("6:{network:032x}/{len}"),
            };
            string(out, &text);
        }),
        Operator::Host(host) => {
            tagged(out, if host.subdomains { "host-below" } else { "host" }, |out| string(out, &host.name));
        }
        Operator::EmailDomain(domain) => tagged(out, "email-domain", |out| string(out, domain)),
        Operator::PathPrefix(path) => {
            let name = if path.absolute { "path-absolute" } else { "path-relative" };
            tagged(out, name, |out| array(out, &path.segments, |out, segment| string(out, segment)));
        }
        Operator::Ref(path) => tagged(out, "ref", |out| array(out, path, |out, segment| string(out, segment))),
        Operator::Exists(value) => tagged(out, "exists", |out| out.push_str(if *value { "true" } else { "false" })),
        Operator::Type(types) => tagged(out, "type", |out| array(out, types, |out, kind| string(out, type_word(*kind)))),
        Operator::Length(bounds) => tagged(out, "length", |out| {
            array(out, bounds, |out, (comparison, bound)| tagged(out, comparison_word(*comparison), |out| push(out, bound)));
        }),
        Operator::Any(inner) => tagged(out, "any", |out| list(out, inner)),
        Operator::Every(inner) => tagged(out, "every", |out| list(out, inner)),
    }
}

fn text_test(out: &mut String, test: &TextTest) {
    match test {
        TextTest::Prefix { text, ignore_case } => {
            tagged(out, if *ignore_case { "prefix-ignore-case" } else { "prefix" }, |out| string(out, text))
        }
        TextTest::Suffix { text, ignore_case } => {
            tagged(out, if *ignore_case { "suffix-ignore-case" } else { "suffix" }, |out| string(out, text))
        }
        TextTest::Contains(text) => tagged(out, "contains", |out| string(out, text)),
        TextTest::EqualsIgnoreCase(text) => tagged(out, "equals-ignore-case", |out| string(out, text)),
        TextTest::Wildcard(wildcard) => tagged(out, "wildcard", |out| array(out, &wildcard.literals, |out, literal| string(out, literal))),
    }
}

fn comparison_word(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

fn type_word(kind: Type) -> &'static str {
    match kind {
        Type::String => "string",
        Type::Number => "number",
        Type::Bool => "bool",
        Type::Null => "null",
        Type::Array => "array",
        Type::Object => "object",
    }
}

fn tagged(out: &mut String, name: &str, value: impl FnOnce(&mut String)) {
    out.push_str("{\"");
    out.push_str(name);
    out.push_str("\":");
    value(out);
    out.push('}');
}

fn array<T>(out: &mut String, items: &[T], mut each: impl FnMut(&mut String, &T)) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        each(out, item);
    }
    out.push(']');
}

/// JSON text with the shortest escapes: `"`, `\` and the controls below U+0020.
fn string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some((plain, behind)) = rest.bytes().position(is_escaped).and_then(|at| rest.split_at_checked(at)) {
        out.push_str(plain);
        let mut behind = behind.chars();
        match behind.next() {
            Some(control @ '\u{0}'..='\u{1f}') => push(out, format_args!("\\u{:04x}", u32::from(control))),
            Some(character) => out.extend(['\\', character]),
            None => {}
        }
        rest = behind.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

fn is_escaped(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | ..=0x1f)
}

/// What is written down by formatting it.
fn push(out: &mut String, what: impl fmt::Display) {
    // INVARIANT: a `String` takes what it is given, and neither numbers nor format strings fail.
    let _ = write!(out, "{what}");
}
