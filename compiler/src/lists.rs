//! Named lists, of all documents together.

use std::collections::HashMap;

use crate::diagnostic::{Report, clip, quote};
use crate::field::{self, Expected};
use crate::ir::{NamedList, Scalar};
use crate::limits::ALTERNATIVES_MAX;
use crate::lint;
use crate::operand::{quoted, scalar};
use crate::tree::{Kind, Node};

/// The lists of a policy, in order of the documents.
#[derive(Default)]
pub(crate) struct Lists {
    lists: Vec<NamedList>,
    positions: HashMap<String, usize>,
}

impl Lists {
    /// Adds the lists of one document.
    pub(crate) fn read(&mut self, value: &Node<'_>, report: &mut Report<'_>) {
        let Kind::Map(entries) = &value.kind else {
            field::wrong_type("`lists`", Expected::Map, value, report);
            return;
        };
        for entry in entries {
            let Some(name) = entry.name() else { continue };
            if name.is_empty() {
                report.error("document/empty-value", entry.key.range, "the name of a list must not be empty");
            } else if RESERVED.contains(&name) {
                let message = format!("a list cannot be named {}, which is a part of every request", quote(name));
                report.error("document/list-name", entry.key.range, message);
            } else if !is_identifier(name) {
                let help = "letters, digits and `_`, and no digit first";
                report.error_with_help("document/list-name", entry.key.range, format!("{} is no name of a list", quote(name)), help);
            }
            let members = members(name, &entry.value, report);
            if self.positions.contains_key(name) {
                report.error("document/duplicate-list", entry.key.range, format!("another document has a list {}", quote(name)));
                continue;
            }
            self.positions.insert(name.to_owned(), self.lists.len());
            self.lists.push(NamedList { name: name.to_owned(), members });
        }
    }

    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.lists.iter().map(|list| list.name.as_str())
    }

    pub(crate) fn into_members(self) -> Vec<NamedList> {
        self.lists
    }
}

fn members(name: &str, value: &Node<'_>, report: &mut Report<'_>) -> Vec<Scalar> {
    let Some(items) = field::list(name, value, report) else { return Vec::new() };
    if items.is_empty() {
        let help = "nothing that is present is in it";
        report.warning_with_help("lint/empty-list", value.range, format!("the list {} is empty", quote(name)), help);
    }
    if items.len() > ALTERNATIVES_MAX {
        let message = format!("the list {} has more than {ALTERNATIVES_MAX} members", quote(name));
        report.error("limit/alternatives", value.range, message);
        return Vec::new();
    }
    let mut members = Vec::with_capacity(items.len());
    for item in items {
        match &item.kind {
            Kind::List(_) | Kind::Map(_) => {
                let message = format!("a member of a list must be a scalar, and this is {}", item.described());
                report.error("document/wrong-type", item.range, message);
            }
            Kind::String(text) if text.contains('*') => {
                let written = clip(&quoted(text));
                let help =
                    format!("in the rule, write `{{wildcard: {written}}}` for a pattern or `{{eq: {written}}}` for the text as it stands");
                report.error_with_help("when/star", item.range, "a `*` in a list stands for nothing", help);
            }
            _ => members.extend(scalar(item, report)),
        }
    }
    lint::mixed_list(value.range, members.iter(), report);
    members
}

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_') && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Parts of every request, which no list may be called.
pub(crate) const RESERVED: [&str; 5] = ["action", "actor", "resource", "context", "input"];
