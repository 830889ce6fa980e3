//! Operand of `anything-but`.

use crate::diagnostic::{Report, quote};
use crate::ir::{Test, TextTest};
use crate::limits::ALTERNATIVES_MAX;
use crate::lint;
use crate::tree::{Kind, Node};
use crate::when::Subject;

const NAME: &str = "anything-but";

/// A scalar, a list of scalars, or one of the four forms with a text or a list of texts.
pub(crate) fn read(node: &Node<'_>, subject: Subject, report: &mut Report<'_>) -> Option<Vec<Test>> {
    match &node.kind {
        Kind::List(_) => {
            let items = items(node, report)?;
            let tests = all(items, |item| {
                if !item.is_scalar() {
                    super::wrong_type(NAME, "a list of scalars", item, report);
                    return None;
                }
                super::plain(item, subject, NAME, report)
            })?;
            let scalars = tests.iter().filter_map(|test| match test {
                Test::Scalar(scalar) => Some(scalar),
                Test::Text(_) => None,
            });
            lint::mixed_list(node.range, scalars, report);
            Some(tests)
        }
        Kind::Map(entries) => {
            if entries.is_empty() {
                super::empty(NAME, node, report);
            }
            let mut tests = None;
            for (position, entry) in entries.iter().enumerate() {
                let Some(name) = entry.name() else { continue };
                if !FORMS.contains(&name) {
                    let message = format!("`{NAME}` has no form {}", quote(name));
                    report.unknown("operand/type", entry.key.range, message, name, FORMS.iter().copied());
                } else if position > 0 {
                    let help = "write one object for each";
                    report.error_with_help("operand/type", entry.key.range, format!("`{NAME}` takes one form at a time"), help);
                } else {
                    tests = form(name, &entry.value, subject, report);
                }
            }
            tests
        }
        Kind::Invalid => None,
        _ => super::plain(node, subject, NAME, report).map(|test| vec![test]),
    }
}

pub(crate) const FORMS: [&str; 4] = ["prefix", "suffix", "wildcard", "equals-ignore-case"];

fn form(name: &str, node: &Node<'_>, subject: Subject, report: &mut Report<'_>) -> Option<Vec<Test>> {
    let texts = match &node.kind {
        Kind::List(_) => items(node, report)?,
        Kind::String(_) => std::slice::from_ref(node),
        _ => {
            super::wrong_type(name, "a string or a list of strings here", node, report);
            return None;
        }
    };
    all(texts, |text| one(name, text, subject, report).map(Test::Text))
}

fn one(name: &str, node: &Node<'_>, subject: Subject, report: &mut Report<'_>) -> Option<TextTest> {
    Some(match name {
        "prefix" => TextTest::Prefix { text: super::text::piece(name, node, subject, report)?.to_owned(), ignore_case: false },
        "suffix" => {
            let text = super::text::piece(name, node, subject, report)?;
            super::text::doubt(name, text, node, subject, report);
            TextTest::Suffix { text: text.to_owned(), ignore_case: false }
        }
        "wildcard" => {
            let text = super::text(name, node, report)?;
            TextTest::Wildcard(super::wildcard::read(text, node.range, report)?)
        }
        _ => TextTest::EqualsIgnoreCase(super::text::ignore_case(name, node, subject, report)?),
    })
}

/// A list that is neither empty nor too long.
fn items<'n, 'a>(node: &'n Node<'a>, report: &mut Report<'_>) -> Option<&'n [Node<'a>]> {
    let items = super::list(NAME, node, report)?;
    if items.len() > ALTERNATIVES_MAX {
        let message = format!("a list has {} alternatives, more than {ALTERNATIVES_MAX}", items.len());
        report.error("limit/alternatives", node.range, message);
        return None;
    }
    Some(items)
}

/// What `read` makes of all items, if of all of them; all are looked at.
fn all<'n, 'a: 'n>(items: &'n [Node<'a>], read: impl FnMut(&'n Node<'a>) -> Option<Test>) -> Option<Vec<Test>> {
    let tests: Vec<Test> = items.iter().filter_map(read).collect();
    (tests.len() == items.len()).then_some(tests)
}
