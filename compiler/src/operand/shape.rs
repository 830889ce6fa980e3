//! The operators' names, what each is asked of, and what it takes.
//!
//! The types matter where an object pattern has a key that is called as an operator: `amount: {gt: 1000}` is nearly
//! always a slip for `amount: [{gt: 1000}]`, and `context: {host: [web-1]}` never is.

use super::kind;
use crate::tree::{Kind, Node};

/// What kind of value an operator can hold of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    String,
    Number,
    Anything,
}

/// What an operator takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operand {
    Scalar,
    /// A scalar, a list of scalars, or an object of one form.
    Excluded,
    /// A string that is not empty.
    Text,
    /// A text in which a `*` is looked at twice, or an object of one form.
    Affix,
    /// A text in which a `*` is looked at twice.
    Piece,
    /// The same, of ASCII characters.
    AsciiPiece,
    Wildcard,
    Number,
    Bool,
    /// One or two pairs of a sign and a number.
    Pairs,
    /// A list pattern.
    Alternatives,
    Lengths,
    TypeNames,
}

/// An operator.
pub(crate) struct Operator {
    pub(crate) name: &'static str,
    pub(crate) asks: Asks,
    pub(crate) operand: Operand,
    /// For whoever is about to write it.
    pub(crate) about: &'static str,
}

impl Operator {
    const fn new(name: &'static str, asks: Asks, operand: Operand, about: &'static str) -> Self {
        Self { name, asks, operand, about }
    }
}

pub(crate) const OPERATORS: [Operator; 24] = [
    Operator::new("eq", Asks::Anything, Operand::Scalar, "equals, of the same type"),
    Operator::new("anything-but", Asks::Anything, Operand::Excluded, "is none of these"),
    Operator::new("in", Asks::Anything, Operand::Text, "is a member of the named list"),
    Operator::new("prefix", Asks::String, Operand::Affix, "begins with"),
    Operator::new("suffix", Asks::String, Operand::Affix, "ends with"),
    Operator::new("contains", Asks::String, Operand::Piece, "contains the text"),
    Operator::new("equals-ignore-case", Asks::String, Operand::AsciiPiece, "equals, A to Z without case"),
    Operator::new("wildcard", Asks::String, Operand::Wildcard, "matches as a whole; `*` is any run of characters"),
    Operator::new("regex", Asks::String, Operand::Text, "matches as a whole; RE2-like syntax"),
    Operator::new("gt", Asks::Number, Operand::Number, "is greater than"),
    Operator::new("gte", Asks::Number, Operand::Number, "is at least"),
    Operator::new("lt", Asks::Number, Operand::Number, "is less than"),
    Operator::new("lte", Asks::Number, Operand::Number, "is at most"),
    Operator::new("numeric", Asks::Number, Operand::Pairs, "comparisons such as `[\">\", 0, \"<=\", 100]`"),
    Operator::new("cidr", Asks::String, Operand::Text, "is an address in the network"),
    Operator::new("host", Asks::String, Operand::Text, "is a URL of this host, or of any below `*.name`"),
    Operator::new("email-domain", Asks::String, Operand::Text, "is a mail address of this domain, subdomains not included"),
    Operator::new("path-prefix", Asks::String, Operand::Text, "is this path or one below it"),
    Operator::new("ref", Asks::Anything, Operand::Text, "equals another field of the request"),
    Operator::new("exists", Asks::Anything, Operand::Bool, "is there"),
    Operator::new("type", Asks::Anything, Operand::TypeNames, "is of this type, or of one of these"),
    Operator::new("length", Asks::Anything, Operand::Lengths, "characters of a string, elements of an array"),
    Operator::new("any", Asks::Anything, Operand::Alternatives, "one of the array's elements matches"),
    Operator::new("every", Asks::Anything, Operand::Alternatives, "each of the array's elements matches"),
];

fn find(name: &str) -> Option<&'static Operator> {
    OPERATORS.iter().find(|operator| operator.name == name)
}

pub(crate) fn names() -> impl Iterator<Item = &'static str> + Clone {
    OPERATORS.iter().map(|operator| operator.name)
}

pub(crate) fn is_operator(name: &str) -> bool {
    find(name).is_some()
}

pub(crate) fn operand(name: &str) -> Option<Operand> {
    find(name).map(|operator| operator.operand)
}

pub(crate) fn asks(name: &str) -> Asks {
    find(name).map_or(Asks::Anything, |operator| operator.asks)
}

/// Whether `name` is an operator and `value` has the JSON type of its operand.
pub(crate) fn is_operator_with_operand(name: &str, value: &Node<'_>) -> bool {
    let Some(operator) = find(name) else { return false };
    let kind = &value.kind;
    match operator.operand {
        Operand::Scalar => value.is_scalar(),
        Operand::Excluded => !value.is_invalid(),
        Operand::Text | Operand::Piece | Operand::AsciiPiece | Operand::Wildcard => matches!(kind, Kind::String(_)),
        Operand::Affix => matches!(kind, Kind::String(_) | Kind::Map(_)),
        Operand::Number => matches!(kind, Kind::Number(_)),
        Operand::Bool => matches!(kind, Kind::Bool(_)),
        Operand::Pairs | Operand::Alternatives => matches!(kind, Kind::List(_)),
        Operand::Lengths => matches!(kind, Kind::Map(_)),
        Operand::TypeNames => match kind {
            Kind::String(name) => kind::is_type(name),
            Kind::List(items) => !items.is_empty() && items.iter().all(|item| item.as_str().is_some_and(kind::is_type)),
            _ => false,
        },
    }
}

/// Whether the operand may be a list or an object, so that putting the value into a list does not make it a field's.
pub(crate) fn has_other_forms(name: &str) -> bool {
    find(name).is_some_and(|operator| match operator.operand {
        Operand::Excluded | Operand::Affix | Operand::Pairs | Operand::Alternatives | Operand::Lengths | Operand::TypeNames => true,
        Operand::Scalar | Operand::Text | Operand::Piece | Operand::AsciiPiece | Operand::Wildcard | Operand::Number | Operand::Bool => {
            false
        }
    })
}
