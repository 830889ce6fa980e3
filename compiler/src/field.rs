//! Values of a document's, rule's and default's keys: each is of one type.

use crate::diagnostic::{Report, clip, quote};
use crate::tree::span::Range;
use crate::tree::{Kind, Node};

/// A key of a document, rule or default.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) takes: Takes,
    /// For whoever is about to write it.
    pub(crate) about: &'static str,
}

impl Key {
    pub(crate) const fn new(name: &'static str, takes: Takes, about: &'static str) -> Self {
        Self { name, takes, about }
    }
}

/// What stands at a key.
#[derive(Clone, Copy)]
pub(crate) enum Takes {
    /// A string, empty ones included.
    Text,
    /// A string that is not empty.
    Name,
    /// A list of names.
    Names,
    Bool,
    Decision,
    Risk,
    Mode,
    Default,
    Lists,
    Rules,
    /// An object pattern about the request.
    Conditions,
    Expression,
    Tests,
    /// A request as an object, or its text.
    Request,
    /// A decision, or members of one.
    Expected,
    RiskOrNull,
    TextOrNull,
    /// A list of rules, each with a field.
    Undecided,
    /// A list of rules, each with a decision.
    Shadow,
    /// Why a decision is as it is.
    Reason,
    /// A number of bytes, or null.
    Offset,
    /// JSON Pointer.
    Pointer,
}

/// What a value ought to be.
#[derive(Clone, Copy)]
pub(crate) enum Expected {
    Map,
    List,
    String,
    Bool,
}

/// Reports a value of a wrong type, unless it has been reported.
pub(crate) fn wrong_type(what: &str, expected: Expected, value: &Node<'_>, report: &mut Report<'_>) {
    let article = match expected {
        Expected::Map => "a mapping",
        Expected::List => "a list",
        Expected::String => "a string",
        Expected::Bool => "a bool",
    };
    let message = format!("{what} must be {article}, and this is {}", value.described());
    let written = clip(report.text_at(value.range));
    match (&value.kind, expected) {
        (Kind::Invalid, _) => {}
        (Kind::Number(_) | Kind::Bool(_) | Kind::Null, Expected::String) if !written.is_empty() => {
            report.error_with_help("document/wrong-type", value.range, message, format!("write `\"{written}\"`"));
        }
        (Kind::String(_), Expected::List) => {
            report.error_with_help("document/wrong-type", value.range, message, format!("write `[{written}]`"));
        }
        (Kind::Map(_), Expected::List) => {
            report.error_with_help("document/wrong-type", value.range, message, "begin each member of a list with `- `");
        }
        (Kind::String(_), Expected::Bool) => {
            report.error_with_help("document/wrong-type", value.range, message, "write `true` or `false`");
        }
        _ => report.error("document/wrong-type", value.range, message),
    }
}

/// A string, empty ones included.
pub(crate) fn string(key: &str, value: &Node<'_>, report: &mut Report<'_>) -> Option<String> {
    let text = value.as_str();
    if text.is_none() {
        wrong_type(&quote(key), Expected::String, value, report);
    }
    text.map(str::to_owned)
}

/// A string that is not empty, with its place.
pub(crate) fn name(key: &str, value: &Node<'_>, report: &mut Report<'_>) -> Option<(String, Range)> {
    let text = string(key, value, report)?;
    if text.is_empty() {
        report.error("document/empty-value", value.range, format!("{} must not be empty", quote(key)));
        return None;
    }
    Some((text, value.range))
}

/// A list of strings, none of them empty.
pub(crate) fn names(key: &str, value: &Node<'_>, report: &mut Report<'_>) -> Option<Vec<String>> {
    let items = list(key, value, report)?;
    let what = format!("a member of `{key}`");
    let mut names = Vec::with_capacity(items.len());
    for item in items {
        match item.as_str() {
            None => wrong_type(&what, Expected::String, item, report),
            Some("") => report.error("document/empty-value", item.range, format!("{what} must not be empty")),
            Some(text) => names.push(text.to_owned()),
        }
    }
    Some(names)
}

pub(crate) fn bool(key: &str, value: &Node<'_>, report: &mut Report<'_>) -> Option<bool> {
    if let Kind::Bool(value) = value.kind {
        return Some(value);
    }
    wrong_type(&quote(key), Expected::Bool, value, report);
    None
}

pub(crate) fn list<'t>(key: &str, value: &'t Node<'t>, report: &mut Report<'_>) -> Option<&'t [Node<'t>]> {
    if let Kind::List(items) = &value.kind {
        return Some(items);
    }
    wrong_type(&quote(key), Expected::List, value, report);
    None
}

/// One of a few words.
pub(crate) fn word<T: Copy>(key: &str, words: &[(&'static str, T)], value: &Node<'_>, report: &mut Report<'_>) -> Option<T> {
    let Some(text) = value.as_str() else {
        wrong_type(&quote(key), Expected::String, value, report);
        return None;
    };
    let known = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
    if known.is_none() {
        let message = format!("{} is no {key}", quote(text));
        report.unknown("document/unknown-value", value.range, message, text, words.iter().map(|(word, _)| *word));
    }
    known
}

pub(crate) fn unknown_key(what: &str, key: &Node<'_>, name: &str, known: &[Key], report: &mut Report<'_>) {
    let known = known.iter().map(|key| key.name);
    report.unknown("document/unknown-key", key.range, format!("{what} has no key {}", quote(name)), name, known);
}
