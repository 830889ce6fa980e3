//! Patterns as an author writes them in a `when`, on one line.

use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::number::plain;
use super::part::{self, Step};
use crate::diagnostic::escape;
use crate::ir::{Alternative, Cidr, Comparison, List, NamedList, Operator, Scalar, Test, TextTest, Type};

/// A list pattern; at the action's name a wildcard stands for itself.
pub(super) fn list(list: &List, lists: &[NamedList], place: &[Step]) -> String {
    let is_name = part::is_action_name(place);
    let items = list.alternatives.iter().map(|a| self::alternative(a, lists, is_name));
    match list.alternatives.as_slice() {
        [Alternative::Scalar(value)] => scalar(value),
        [Alternative::Operators(operators)] if is_name && matches!(operators.as_slice(), [Operator::Text(TextTest::Wildcard(_))]) => {
            items.collect()
        }
        _ => bracketed(items),
    }
}

/// What stands between the brackets of a list.
pub(super) fn items(list: &List, lists: &[NamedList]) -> String {
    joined(list.alternatives.iter().map(|a| alternative(a, lists, false)))
}

pub(super) fn alternative(alternative: &Alternative, lists: &[NamedList], is_name: bool) -> String {
    match alternative {
        Alternative::Scalar(value) => scalar(value),
        Alternative::Operators(operators) => match operators.as_slice() {
            [Operator::Text(TextTest::Wildcard(wildcard))] if is_name => quoted(&stars(&wildcard.literals)),
            operators => braced(operators.iter().map(|operator| pair(operator, lists))),
        },
    }
}

/// One operator as an object of its own.
pub(super) fn operator(operator: &Operator, lists: &[NamedList]) -> String {
    braced([pair(operator, lists)].into_iter())
}

pub(super) fn scalar(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Null => "null".to_owned(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Number(number) => plain(number),
        Scalar::String(text) => quoted(text),
    }
}

/// In double quotes, on one line, with nothing hidden; cut if long.
pub(super) fn quoted(text: &str) -> String {
    let mut shown = String::from("\"");
    for (count, c) in text.chars().enumerate() {
        if count == TEXT_MAX {
            shown.push('…');
            break;
        }
        match c {
            '"' | '\\' => shown.extend(['\\', c]),
            c => shown.push_str(&escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    shown.push('"');
    shown
}

pub(super) fn comparison(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "eq",
        Comparison::Less => "lt",
        Comparison::LessOrEqual => "lte",
        Comparison::Greater => "gt",
        Comparison::GreaterOrEqual => "gte",
    }
}

fn pair(operator: &Operator, lists: &[NamedList]) -> String {
    match operator {
        Operator::Eq(value) => format!("eq: {}", scalar(value)),
        Operator::AnythingBut(tests) => format!("anything-but: {}", anything_but(tests)),
        Operator::In(list) => format!("in: {}", lists.get(*list).map_or("", |list| list.name.as_str())),
        Operator::Text(test) => text_test(test),
        Operator::Regex(regex) => format!("regex: {}", quoted(&regex.source)),
        Operator::Compare(Comparison::Equal, number) => format!("numeric: [\"=\", {}]", plain(number)),
        Operator::Compare(how, number) => format!("{}: {}", comparison(*how), plain(number)),
        Operator::Cidr(cidr) => format!("cidr: \"{}\"", network(cidr)),
        Operator::Host(host) => format!("host: {}", quoted(&format!("{}{}", if host.subdomains { "*." } else { "" }, host.name))),
        Operator::EmailDomain(domain) => format!("email-domain: {}", quoted(domain)),
        Operator::PathPrefix(path) => {
            format!("path-prefix: {}", quoted(&format!("{}{}", if path.absolute { "/" } else { "" }, path.segments.join("/"))))
        }
        Operator::Ref(path) => format!("ref: {}", escape(&path.join("."))),
        Operator::Exists(wanted) => format!("exists: {wanted}"),
        Operator::Type(types) => match types.as_slice() {
            [only] => format!("type: {}", kind(*only)),
            types => format!("type: {}", bracketed(types.iter().map(|of| kind(*of).to_owned()))),
        },
        Operator::Length(bounds) => {
            format!("length: {}", braced(bounds.iter().map(|(how, bound)| format!("{}: {bound}", comparison(*how)))))
        }
        Operator::Any(inner) => format!("any: {}", bracketed(inner.alternatives.iter().map(|a| alternative(a, lists, false)))),
        Operator::Every(inner) => format!("every: {}", bracketed(inner.alternatives.iter().map(|a| alternative(a, lists, false)))),
    }
}

/// Scalars, or one operator on strings with all its operands.
fn anything_but(tests: &[Test]) -> String {
    let each = |test: &Test| match test {
        Test::Scalar(value) => scalar(value),
        Test::Text(test) => format!("{{{}}}", text_test(test)),
    };
    match tests {
        [only] => each(only),
        tests => bracketed(tests.iter().map(each)),
    }
}

fn text_test(test: &TextTest) -> String {
    let folded = |name: &str, text: &str, ignore_case: bool| match ignore_case {
        true => format!("{name}: {{equals-ignore-case: {}}}", quoted(text)),
        false => format!("{name}: {}", quoted(text)),
    };
    match test {
        TextTest::Prefix { text, ignore_case } => folded("prefix", text, *ignore_case),
        TextTest::Suffix { text, ignore_case } => folded("suffix", text, *ignore_case),
        TextTest::Contains(text) => format!("contains: {}", quoted(text)),
        TextTest::EqualsIgnoreCase(text) => format!("equals-ignore-case: {}", quoted(text)),
        TextTest::Wildcard(wildcard) => format!("wildcard: {}", quoted(&stars(&wildcard.literals))),
    }
}

fn stars(literals: &[String]) -> String {
    let escaped: Vec<String> = literals.iter().map(|literal| literal.replace('\\', "\\\\").replace('*', "\\*")).collect();
    escaped.join("*")
}

fn network(cidr: &Cidr) -> String {
    match cidr {
        Cidr::V4(base, bits) => format!("{}/{bits}", Ipv4Addr::from(*base)),
        Cidr::V6(base, bits) => format!("{}/{bits}", Ipv6Addr::from(*base)),
    }
}

fn kind(kind: Type) -> &'static str {
    match kind {
        Type::String => "string",
        Type::Number => "number",
        Type::Bool => "bool",
        Type::Null => "null",
        Type::Array => "array",
        Type::Object => "object",
    }
}

fn bracketed(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", joined(items))
}

fn braced(items: impl Iterator<Item = String>) -> String {
    format!("{{{}}}", joined(items))
}

/// As many as fit, and how many more there are.
fn joined(items: impl Iterator<Item = String>) -> String {
    let mut shown = String::new();
    let mut more = 0_usize;
    for item in items {
        if more > 0 || shown.len() > LINE_MAX {
            more = more.saturating_add(1);
        } else {
            let comma = if shown.is_empty() { "" } else { ", " };
            // Writing to a string cannot fail.
            let _ = write!(shown, "{comma}{item}");
        }
    }
    if more > 0 {
        let _ = write!(shown, ", … {more} more");
    }
    shown
}

const TEXT_MAX: usize = 80;
const LINE_MAX: usize = 120;
