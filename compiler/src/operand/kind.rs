//! Operand of `type`: names of JSON types.

use crate::diagnostic::{Report, quote};
use crate::ir::Type;
use crate::tree::{Kind, Node};

pub(crate) const TYPES: [(&str, Type); 6] = [
    ("string", Type::String),
    ("number", Type::Number),
    ("bool", Type::Bool),
    ("null", Type::Null),
    ("array", Type::Array),
    ("object", Type::Object),
];

pub(crate) fn is_type(name: &str) -> bool {
    TYPES.iter().any(|(known, _)| *known == name)
}

/// A name, or a list of names that is not empty.
pub(crate) fn read(node: &Node<'_>, report: &mut Report<'_>) -> Option<Vec<Type>> {
    let items = match &node.kind {
        Kind::List(_) => super::list("type", node, report)?,
        _ => std::slice::from_ref(node),
    };
    let types: Vec<Type> = items.iter().filter_map(|item| one(item, report)).collect();
    (types.len() == items.len()).then_some(types)
}

fn one(node: &Node<'_>, report: &mut Report<'_>) -> Option<Type> {
    if matches!(node.kind, Kind::Null) && !node.is_missing() {
        let message = "`type` takes the name of a type, and this is null";
        report.error_with_help("operand/type", node.range, message, "write `\"null\"` for the type's name");
        return None;
    }
    let name = match node.as_str() {
        None => {
            super::wrong_type("type", "the name of a type, or a list of such names", node, report);
            return None;
        }
        Some("") => {
            super::empty("type", node, report);
            return None;
        }
        Some(name) => name,
    };
    let known = TYPES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
    if known.is_none() {
        let message = format!("{} is no type", quote(name));
        report.unknown("operand/type", node.range, message, name, TYPES.iter().map(|(name, _)| *name));
    }
    known
}
