//! Operands of operators: parsed and checked once, here.

pub(crate) mod anything_but;
pub(crate) mod cidr;
pub(crate) mod host;
pub(crate) mod kind;
pub(crate) mod number;
pub(crate) mod path;
pub(crate) mod reference;
pub(crate) mod regex;
pub(crate) mod shape;
pub(crate) mod text;
pub(crate) mod wildcard;

use crate::diagnostic::{Report, clip, quote};
use crate::ir::{Decimal, Scalar, Test, TextTest};
use crate::lists::Lists;
use crate::tree::{Kind, Node};
use crate::when::Subject;
use shape::Operand;

/// A scalar, wherever one may stand. Nothing written is no null.
pub(crate) fn scalar(node: &Node<'_>, report: &mut Report<'_>) -> Option<Scalar> {
    match &node.kind {
        Kind::Null if node.is_missing() => {
            let help = "write `null` if that is meant";
            report.error_with_help("document/wrong-type", node.range, "a value is missing here", help);
            None
        }
        Kind::Null => Some(Scalar::Null),
        Kind::Bool(value) => Some(Scalar::Bool(*value)),
        Kind::Number(text) => decimal(text, node, report).map(Scalar::Number),
        Kind::String(text) => Some(Scalar::String(text.clone().into_owned())),
        Kind::Invalid | Kind::List(_) | Kind::Map(_) => None,
    }
}

/// A scalar that is the operand of `operator`.
pub(crate) fn operand_scalar(operator: &str, node: &Node<'_>, report: &mut Report<'_>) -> Option<Scalar> {
    if !node.is_scalar() {
        wrong_type(operator, "a scalar", node, report);
        return None;
    }
    scalar(node, report)
}

/// A plain scalar of a pattern: equality, or a wildcard where the action's name is asked for. `around` is the operator
/// it stands in, if it stands in one.
pub(crate) fn plain(node: &Node<'_>, subject: Subject, around: &str, report: &mut Report<'_>) -> Option<Test> {
    match (&node.kind, subject) {
        (Kind::String(text), Subject::ActionName) if text.contains(['*', '\\']) => {
            wildcard::read(text, node.range, report).map(|wildcard| Test::Text(TextTest::Wildcard(wildcard)))
        }
        (Kind::String(text), Subject::Other) if text.contains('*') => {
            let written = clip(&quoted(text));
            let help = if around.is_empty() {
                format!("write `[{{wildcard: {written}}}]` for a pattern, `[{{eq: {written}}}]` for the text as it stands")
            } else {
                let literal = clip(&quoted(&text.replace('\\', "\\\\").replace('*', "\\*")));
                format!(
                    "write `{around}: {{wildcard: {written}}}` for a pattern, `{around}: {{wildcard: {literal}}}` for the text as it stands"
                )
            };
            report.error_with_help("when/star", node.range, "a `*` stands for anything in a plain string for `action.name` only", help);
            None
        }
        _ => scalar(node, report).map(Test::Scalar),
    }
}

/// A number that can be represented.
pub(crate) fn decimal(text: &str, node: &Node<'_>, report: &mut Report<'_>) -> Option<Decimal> {
    let number = Decimal::parse(text);
    if number.is_none() {
        let message = format!("the number {} is out of range", quote(text));
        let help = "at most 64 significant digits, and an exponent from -308 to 308";
        report.error_with_help("operand/number", node.range, message, help);
    }
    number
}

/// A string that is not empty.
pub(crate) fn text<'n>(operator: &str, node: &'n Node<'_>, report: &mut Report<'_>) -> Option<&'n str> {
    match node.as_str() {
        None => wrong_type(operator, "a string", node, report),
        Some("") => empty(operator, node, report),
        text => return text,
    }
    None
}

pub(crate) fn bool(operator: &str, node: &Node<'_>, report: &mut Report<'_>) -> Option<bool> {
    if let Kind::Bool(value) = node.kind {
        return Some(value);
    }
    wrong_type(operator, "`true` or `false`", node, report);
    None
}

/// A list that is not empty.
pub(crate) fn list<'n, 'a>(operator: &str, node: &'n Node<'a>, report: &mut Report<'_>) -> Option<&'n [Node<'a>]> {
    match &node.kind {
        Kind::List(items) if items.is_empty() => empty(operator, node, report),
        Kind::List(items) => return Some(items),
        _ => wrong_type(operator, "a list", node, report),
    }
    None
}

/// The position of the list that `in` names.
pub(crate) fn list_name(node: &Node<'_>, lists: &Lists, report: &mut Report<'_>) -> Option<usize> {
    let name = text("in", node, report)?;
    let position = lists.position(name);
    if position.is_none() {
        let message = format!("there is no list {}", quote(name));
        if lists.names().next().is_some() {
            report.unknown("operand/unknown-list", node.range, message, name, lists.names());
        } else {
            let help = format!("write `lists: {{ {}: […] }}` beside `rules`, or the values themselves instead of `in`", clip(name));
            report.error_with_help("operand/unknown-list", node.range, message, help);
        }
    }
    position
}

/// Reports an operand of a wrong type, unless it has been reported.
pub(crate) fn wrong_type(operator: &str, expected: &str, node: &Node<'_>, report: &mut Report<'_>) {
    if node.is_invalid() {
        return;
    }
    let message = format!("`{operator}` takes {expected}, and this is {}", node.described());
    match rewritten(operator, node, report) {
        Some(help) => report.error_with_help("operand/type", node.range, message, help),
        None => report.error("operand/type", node.range, message),
    }
}

/// What to write instead of an operand of a wrong type, where that can be told.
fn rewritten(operator: &str, node: &Node<'_>, report: &Report<'_>) -> Option<String> {
    let written = clip(report.text_at(node.range));
    let operand = shape::operand(operator)?;
    let is_text = matches!(operand, Operand::Text | Operand::Affix | Operand::Piece | Operand::AsciiPiece | Operand::Wildcard);
    match (&node.kind, operand) {
        (Kind::String(text), Operand::Number) if Decimal::parse(text).is_some() => Some(format!("write `{operator}: {}`", clip(text))),
        (Kind::String(text), Operand::Bool) if text == "true" || text == "false" => Some(format!("write `{operator}: {text}`")),
        (Kind::Number(_) | Kind::Bool(_), _) if is_text => Some(format!("write `{operator}: \"{written}\"` for the text")),
        (Kind::Number(_), Operand::Lengths) => Some(format!("write `{operator}: {{eq: {written}}}`")),
        (_, Operand::Alternatives) if node.is_scalar() && !node.is_missing() => Some(format!("write `{operator}: [{written}]`")),
        (Kind::List(_), _) if operator == "in" => {
            Some("`in` takes the name of a list; values are written as they are, without it".to_owned())
        }
        (Kind::List(items), _) if is_text => {
            let first = items.first().filter(|item| item.is_scalar()).map(|item| clip(report.text_at(item.range)));
            Some(format!("write an object for each: `[{{{operator}: {}}}, …]`", first.unwrap_or_else(|| "…".to_owned())))
        }
        _ => None,
    }
}

pub(crate) fn empty(operator: &str, node: &Node<'_>, report: &mut Report<'_>) {
    report.error("operand/empty", node.range, format!("the operand of `{operator}` must not be empty"));
}

/// `text` as a string of YAML and JSON.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
