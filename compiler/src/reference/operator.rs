//! What one operator says of one string, number or array (section 6 of the law); `None` where it is unknown.

use std::net::{Ipv4Addr, Ipv6Addr};

use regex_automata::nfa::thompson::{NFA, pikevm::PikeVM};
use regex_syntax::hir::{Hir, Look};

use crate::ir::{Cidr, Comparison, Host, PathPrefix, Scalar, TextTest, Type};
use crate::request::value::Value;

pub(crate) fn is_type(value: &Value, of: &Type) -> bool {
    match value {
        Value::Absent | Value::Opaque => false,
        Value::Scalar(Scalar::Null) => *of == Type::Null,
        Value::Scalar(Scalar::Bool(_)) => *of == Type::Bool,
        Value::Scalar(Scalar::Number(_)) | Value::Unrepresentable => *of == Type::Number,
        Value::Scalar(Scalar::String(_)) => *of == Type::String,
        Value::Array(_) => *of == Type::Array,
        Value::Object(_) => *of == Type::Object,
    }
}

pub(crate) fn compare<T: Ord>(a: &T, how: Comparison, b: &T) -> bool {
    match how {
        Comparison::Equal => a == b,
        Comparison::Less => a < b,
        Comparison::LessOrEqual => a <= b,
        Comparison::Greater => a > b,
        Comparison::GreaterOrEqual => a >= b,
    }
}

/// Code points of a string, or an array's own elements.
pub(crate) fn count(value: &Value) -> Option<usize> {
    match value {
        Value::Scalar(Scalar::String(text)) => Some(text.chars().count()),
        Value::Array(own) if !own.iter().any(|element| matches!(element, Value::Array(_))) => Some(own.len()),
        _ => None,
    }
}

pub(crate) fn length(value: &Value, bounds: &[(Comparison, u64)]) -> Option<bool> {
    let length = u64::try_from(count(value)?).ok()?;
    Some(bounds.iter().all(|(how, bound)| compare(&length, *how, bound)))
}

pub(crate) fn text(value: &str, test: &TextTest) -> Option<bool> {
    Some(match test {
        TextTest::Prefix { text, ignore_case: false } => value.starts_with(text),
        TextTest::Prefix { text, ignore_case: true } => folded(value)?.starts_with(text),
        TextTest::Suffix { text, ignore_case: false } => value.ends_with(text),
        TextTest::Suffix { text, ignore_case: true } => folded(value)?.ends_with(text),
        TextTest::Contains(text) => value.contains(text),
        TextTest::EqualsIgnoreCase(text) => folded(value)? == *text,
        TextTest::Wildcard(pattern) => wildcard(value, &pattern.literals),
    })
}

/// A–Z folded; unknown with a character that some other folding maps to ASCII.
fn folded(value: &str) -> Option<String> {
    (!value.contains(['\u{130}', '\u{131}', '\u{17f}', '\u{212a}'])).then(|| value.to_ascii_lowercase())
}

/// Each literal as early as it can stand leaves the most for the rest, so if any choice matches this one does.
fn wildcard(value: &str, literals: &[String]) -> bool {
    let [first, middle @ .., last] = literals else { return literals.iter().any(|only| only == value) };
    let rest = value.strip_prefix(&**first);
    let rest = rest.and_then(|rest| middle.iter().try_fold(rest, |rest, literal| Some(rest.split_once(&**literal)?.1)));
    rest.is_some_and(|rest| rest.ends_with(&**last))
}

/// A matcher of whole values, the pattern anchored as a tree, or of what is somewhere in them.
pub(crate) fn matcher(pattern: &Hir, whole: bool) -> Option<PikeVM> {
    let anchors = |pattern| Hir::concat(vec![Hir::look(Look::Start), pattern, Hir::look(Look::End)]);
    let pattern = if whole { anchors(pattern.clone()) } else { pattern.clone() };
    PikeVM::new_from_nfa(NFA::compiler().build_from_hir(&pattern).ok()?).ok()
}

pub(crate) fn cidr(value: &str, network: &Cidr) -> Option<bool> {
    let v6 = value.parse::<Ipv6Addr>().ok();
    let v4 = value.parse::<Ipv4Addr>().ok().or_else(|| v6?.to_ipv4_mapped());
    match (network, v4, v6) {
        (_, None, None) => None,
        (Cidr::V4(base, bits), Some(v4), _) => Some(starts_alike((*base).into(), v4.to_bits().into(), 32, *bits)),
        (Cidr::V4(..), None, Some(v6)) => (!may_embed_v4(v6)).then_some(false),
        (Cidr::V6(..), Some(_), _) => Some(false),
        (Cidr::V6(base, bits), None, Some(v6)) => Some(starts_alike(*base, v6.to_bits(), 128, *bits)),
    }
}

/// Whether the first `bits` of two addresses of `width` bits are equal.
fn starts_alike(a: u128, b: u128, width: u32, bits: u8) -> bool {
    (a ^ b).checked_shr(width.saturating_sub(bits.into())).unwrap_or(0) == 0
}

fn may_embed_v4(v6: Ipv6Addr) -> bool {
    let compatible = v6.to_bits() >> 32 == 0 && v6.to_bits() > 1;
    compatible || matches!(v6.segments(), [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0x2002, ..] | [0x2001, 0, ..])
}

pub(crate) fn host(value: &str, operand: &Host) -> Option<bool> {
    let (scheme, rest) = value.split_once("://")?;
    let scheme_ok =
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let authority = rest.split(['/', '?', '#']).next()?;
    let (name, port) = authority.split_once(':').unwrap_or((authority, "0"));
    let port_ok = (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
    if !scheme_ok || !port_ok || !is_domain(name) || value.contains(|c| c == '\\' || is_control_or_space(c)) {
        return None;
    }
    let name = name.to_ascii_lowercase();
    Some(if operand.subdomains { name.ends_with(&format!(".{}", operand.name)) } else { name == operand.name })
}

pub(crate) fn email_domain(value: &str, operand: &str) -> Option<bool> {
    let (local, domain) = value.split_once('@')?;
    let plain = !value.contains(|c| is_control_or_space(c) || ",;:<>()[]\"\\".contains(c));
    (plain && !local.is_empty() && is_domain(domain)).then(|| domain.to_ascii_lowercase() == operand)
}

fn is_control_or_space(c: char) -> bool {
    c <= ' ' || ('\u{7f}'..='\u{a0}').contains(&c)
}

fn is_domain(name: &str) -> bool {
    let label_ok = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    name.split('.').all(label_ok) && !name.split('.').next_back().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_digit()))
}

pub(crate) fn path_prefix(value: &str, operand: &PathPrefix) -> Option<bool> {
    let bad_char = value.contains(|c| matches!(c, '\\' | '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'));
    let is_escape = |three: &[u8]| matches!(three, [b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit());
    let (absolute, path) = value.strip_prefix('/').map_or((false, value), |path| (true, path));
    let path = path.strip_suffix('/').unwrap_or(path);
    let segments: Vec<&str> = if value == "/" { Vec::new() } else { path.split('/').collect() };
    if bad_char
        || value.as_bytes().windows(3).any(is_escape)
        || value.starts_with('~')
        || segments.iter().any(|segment| ["", ".", ".."].contains(segment))
        || absolute != operand.absolute
    {
        return None;
    }
    Some(segments.len() >= operand.segments.len() && operand.segments.iter().zip(segments).all(|(a, b)| a == b))
}
