//! Values that a pattern would be true of, or false.
//!
//! They are guesses, likely ones first: whoever uses one asks the policy again.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::number::{beside, plain};
use crate::ir::{Alternative, Cidr, Comparison, Decimal, List, Operator, Policy, Regex, Scalar, Test, TextTest, Type};
use crate::request::value::Value;

/// A value as JSON; `None` is none at all.
pub(super) type Witness = Option<String>;

/// For a list pattern, asked of `seen`; those of the same type as `seen` come first.
pub(super) fn of_list(list: &List, seen: &Value, wanted: bool, policy: &Policy, request: &Value) -> Vec<Witness> {
    let mut found = Vec::new();
    let guess = Guess { policy, request, seen, wanted };
    guess.list(list, &mut found);
    ordered(found, seen)
}

/// Those of the type of `seen` first; of numbers the round ones first, and the nearest of them.
pub(super) fn ordered(mut found: Vec<Witness>, seen: &Value) -> Vec<Witness> {
    match seen {
        Value::Scalar(Scalar::String(_)) => found.sort_by_key(|witness| !witness.as_deref().is_some_and(|text| text.starts_with('"'))),
        Value::Scalar(Scalar::Bool(_)) => found.sort_by_key(|witness| !matches!(witness.as_deref(), Some("true" | "false"))),
        Value::Scalar(Scalar::Number(seen)) => {
            // For an order of guesses, rounded numbers are good enough.
            let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
            let seen = number(&seen.to_string()).unwrap_or(0.0);
            let key = |witness: &Witness| {
                let text = witness.as_deref().unwrap_or_default();
                let decimals = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
                (decimals, number(text).map_or(f64::INFINITY, |number| (number - seen).abs()))
            };
            found.sort_by(|a, b| {
                let ((decimals, distance), (other_decimals, other_distance)) = (key(a), key(b));
                let is_number = |distance: f64| distance.is_finite();
                (!is_number(distance), decimals)
                    .cmp(&(!is_number(other_distance), other_decimals))
                    .then(distance.total_cmp(&other_distance))
            });
        }
        _ => {}
    }
    let mut unique: Vec<Witness> = Vec::new();
    for witness in found {
        if !unique.contains(&witness) {
            unique.push(witness);
        }
    }
    unique
}

pub(super) fn json(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Null => "null".to_owned(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Number(number) => plain(number),
        Scalar::String(text) => text_json(text),
    }
}

pub(super) fn text_json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A value of the scalar's type that is not the scalar.
pub(super) fn other_than(scalar: &Scalar) -> Vec<Witness> {
    match scalar {
        Scalar::Null => vec![Some(text_json(SOMETHING))],
        Scalar::Bool(value) => vec![Some((!value).to_string())],
        Scalar::Number(number) => beside(number, true).into_iter().map(Some).collect(),
        Scalar::String(_) => vec![Some(text_json(SOMETHING)), Some(text_json(""))],
    }
}

/// Numbers that compare so with the bound, or do not.
pub(super) fn compared(how: Comparison, bound: &Decimal, wanted: bool) -> Vec<Witness> {
    let (equal, above) = match (how, wanted) {
        (Comparison::Equal, true) => (true, None),
        (Comparison::Equal, false) | (Comparison::Greater, true) | (Comparison::LessOrEqual, false) => (false, Some(true)),
        (Comparison::Less, true) | (Comparison::GreaterOrEqual, false) => (false, Some(false)),
        (Comparison::GreaterOrEqual, true) | (Comparison::Less, false) => (true, Some(true)),
        (Comparison::LessOrEqual, true) | (Comparison::Greater, false) => (true, Some(false)),
    };
    let equal = equal.then(|| Some(plain(bound)));
    equal.into_iter().chain(above.into_iter().flat_map(|above| beside(bound, above)).map(Some)).collect()
}

/// `seen` with so many characters or elements that its size compares so with the bound, or does not.
pub(super) fn sized(seen: &Value, how: Comparison, bound: u64, wanted: bool) -> Vec<Witness> {
    let Ok(bound) = usize::try_from(bound) else { return Vec::new() };
    let sizes = match (how, wanted) {
        (Comparison::Equal | Comparison::GreaterOrEqual | Comparison::LessOrEqual, true)
        | (Comparison::Greater | Comparison::Less, false) => [Some(bound), None],
        (Comparison::Greater, true) | (Comparison::LessOrEqual, false) => [bound.checked_add(1), None],
        (Comparison::Less, true) | (Comparison::GreaterOrEqual, false) => [bound.checked_sub(1), None],
        (Comparison::Equal, false) => [bound.checked_add(1), bound.checked_sub(1)],
    };
    let resized = |size: usize| match seen {
        Value::Array(own) => {
            let kept: Option<Vec<String>> = own.get(..size)?.iter().map(of_scalar).collect();
            Some(format!("[{}]", kept?.join(",")))
        }
        Value::Scalar(Scalar::String(text)) if size <= SIZE_MAX => Some(text_json(&padded(text, size))),
        Value::Absent | Value::Scalar(_) if size <= SIZE_MAX => Some(text_json(&padded("", size))),
        _ => None,
    };
    sizes.into_iter().flatten().filter_map(resized).map(Some).collect()
}

/// A text in which the pattern is found, probably the shortest.
pub(super) fn matching(regex: &Regex) -> Option<String> {
    let mut text = Vec::new();
    shortest(&regex.hir, &mut text)?;
    String::from_utf8(text).ok()
}

fn of_scalar(value: &Value) -> Option<String> {
    match value {
        Value::Scalar(value) => Some(json(value)),
        _ => None,
    }
}

fn padded(text: &str, size: usize) -> String {
    text.chars().chain(std::iter::repeat('x')).take(size).collect()
}

struct Guess<'a> {
    policy: &'a Policy,
    request: &'a Value,
    seen: &'a Value,
    wanted: bool,
}

impl Guess<'_> {
    fn list(&self, list: &List, found: &mut Vec<Witness>) {
        for alternative in list.alternatives.iter().take(ALTERNATIVES_TRIED) {
            match alternative {
                Alternative::Scalar(value) => found.extend(self.equal(value)),
                Alternative::Operators(operators) => operators.iter().for_each(|operator| self.operator(operator, found)),
            }
        }
    }

    fn equal(&self, value: &Scalar) -> Vec<Witness> {
        if self.wanted { vec![Some(json(value))] } else { other_than(value) }
    }

    fn operator(&self, operator: &Operator, found: &mut Vec<Witness>) {
        let mut texts = |wanted: Option<String>, unwanted: &[&str]| match (self.wanted, wanted) {
            (true, text) => found.extend(text.map(|text| Some(text_json(&text)))),
            (false, _) => found.extend(unwanted.iter().map(|text| Some(text_json(text)))),
        };
        match operator {
            Operator::Eq(value) => found.extend(self.equal(value)),
            Operator::AnythingBut(tests) => {
                let opposite = Guess { wanted: !self.wanted, ..*self };
                for test in tests.iter().take(ALTERNATIVES_TRIED) {
                    match test {
                        Test::Scalar(value) => found.extend(opposite.equal(value)),
                        Test::Text(test) => opposite.operator(&Operator::Text(test.clone()), found),
                    }
                }
            }
            Operator::In(list) => {
                let members = self.policy.lists.get(*list).into_iter().flat_map(|list| &list.members);
                members.take(ALTERNATIVES_TRIED).for_each(|member| found.extend(self.equal(member)));
            }
            Operator::Text(test) => texts(Some(text_of(test)), &[SOMETHING, ""]),
            Operator::Regex(regex) => texts(matching(regex), &[SOMETHING, ""]),
            Operator::Compare(how, bound) => found.extend(compared(*how, bound, self.wanted)),
            Operator::Cidr(Cidr::V4(base, _)) => {
                texts(Some(std::net::Ipv4Addr::from(*base).to_string()), &["192.0.2.1", "198.51.100.1"]);
            }
            Operator::Cidr(Cidr::V6(base, _)) => texts(Some(std::net::Ipv6Addr::from(*base).to_string()), &["2001:db8::1", "192.0.2.1"]),
            Operator::Host(host) => {
                let below = if host.subdomains { "www." } else { "" };
                texts(Some(format!("https://{below}{}/", host.name)), &["https://example.org/", "https://example.com/"]);
            }
            Operator::EmailDomain(domain) => texts(Some(format!("someone@{domain}")), &["someone@example.org", "someone@example.com"]),
            Operator::PathPrefix(path) => {
                let root = if path.absolute { "/" } else { "" };
                texts(Some(format!("{root}{}", path.segments.join("/"))), &[&format!("{root}{SOMETHING}"), &format!("{root}other")]);
            }
            Operator::Ref(path) => {
                if let Value::Scalar(value) = path.iter().fold(self.request, |at, key| at.member(key)) {
                    found.extend(self.equal(value));
                }
            }
            Operator::Exists(wanted) => found.push((*wanted == self.wanted).then(|| text_json(SOMETHING))),
            Operator::Type(types) => {
                let samples = SAMPLES.iter().filter(|(kind, _)| types.contains(kind) == self.wanted);
                found.extend(samples.map(|(_, sample)| Some((*sample).to_owned())));
            }
            Operator::Length(bounds) => {
                bounds.iter().for_each(|(how, bound)| found.extend(sized(self.seen, *how, *bound, self.wanted)));
            }
            Operator::Any(inner) | Operator::Every(inner) => self.list(inner, found),
        }
    }
}

/// The shortest text of which the test is true.
fn text_of(test: &TextTest) -> String {
    match test {
        TextTest::Prefix { text, .. } | TextTest::Suffix { text, .. } | TextTest::Contains(text) | TextTest::EqualsIgnoreCase(text) => {
            text.clone()
        }
        TextTest::Wildcard(wildcard) => wildcard.literals.concat(),
    }
}

/// Appends what the expression matches with the fewest repetitions; `None` of one that matches nothing, or much.
fn shortest(hir: &Hir, text: &mut Vec<u8>) -> Option<()> {
    if text.len() > SIZE_MAX {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(()),
        HirKind::Literal(literal) => {
            text.extend_from_slice(&literal.0);
            Some(())
        }
        HirKind::Class(Class::Unicode(class)) => {
            // A letter or a digit reads best.
            let ranges = || class.iter().map(|range| (range.start(), range.end()));
            let easy = ['a', 'A', '0'].into_iter().find(|c| ranges().any(|(start, end)| (start..=end).contains(c)));
            let c = easy.or_else(|| ranges().map(|(start, end)| if end >= '!' { start.max('!') } else { start }).next())?;
            text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            Some(())
        }
        HirKind::Class(Class::Bytes(class)) => {
            text.push(class.iter().next()?.start());
            Some(())
        }
        HirKind::Repetition(repetition) => (0..repetition.min).try_for_each(|_| shortest(&repetition.sub, text)),
        HirKind::Capture(capture) => shortest(&capture.sub, text),
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| shortest(part, text)),
        HirKind::Alternation(parts) => {
            let start = text.len();
            parts.iter().find_map(|part| {
                text.truncate(start);
                shortest(part, text)
            })
        }
    }
}

/// Stands for any text at all.
const SOMETHING: &str = "something";
const SAMPLES: [(Type, &str); 6] = [
    (Type::String, "\"something\""),
    (Type::Number, "1"),
    (Type::Bool, "true"),
    (Type::Null, "null"),
    (Type::Array, "[\"something\"]"),
    (Type::Object, "{\"something\":1}"),
];
const ALTERNATIVES_TRIED: usize = 8;
const SIZE_MAX: usize = 256;
