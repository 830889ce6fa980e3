//! A document: all of it but its rules, which are read when every document's lists are known, and its tests, which are
//! read when every rule is.

use crate::diagnostic::Report;
use crate::field::{self, Expected, Key, Takes};
use crate::ir::{Decision, Outcome};
use crate::lists::Lists;
use crate::outcome;
use crate::tree::span::Range;
use crate::tree::{Kind, Node};

/// What a document says beside its lists.
pub(crate) struct Document<'t> {
    pub(crate) id: Option<String>,
    pub(crate) tighten_only: bool,
    pub(crate) default: Option<Outcome>,
    pub(crate) rules: &'t [Node<'t>],
    pub(crate) tests: &'t [Node<'t>],
}

pub(crate) const KEYS: [Key; 7] = [
    Key::new("id", Takes::Name, "names the policy, for people"),
    Key::new("version", Takes::Text, "for people"),
    Key::new(
        "tighten_only",
        Takes::Bool,
        "promises that the document only ever tightens: no allow rules, no default, and no default is lifted",
    ),
    Key::new("default", Takes::Default, "what is decided if no rule holds for certain; deny if no document says"),
    Key::new("lists", Takes::Lists, "named lists of scalars, for `in`; all documents see them"),
    Key::new("rules", Takes::Rules, "in any order"),
    Key::new("tests", Takes::Tests, "requests, and what must be decided"),
];

/// Reads a document and adds its lists to those of the others. `None` if it is none at all.
pub(crate) fn read<'t>(root: &'t Node<'t>, lists: &mut Lists, report: &mut Report<'_>) -> Option<Document<'t>> {
    let Kind::Map(entries) = &root.kind else {
        field::wrong_type("a document", Expected::Map, root, report);
        return None;
    };
    let mut document = Document { id: None, tighten_only: false, default: None, rules: &[], tests: &[] };
    let mut default_key = None;
    for entry in entries {
        let Some(name) = entry.name() else { continue };
        let value = &entry.value;
        match name {
            "id" => document.id = field::name(name, value, report).map(|(id, _)| id),
            "version" => {
                field::string(name, value, report);
            }
            "tighten_only" => document.tighten_only = field::bool(name, value, report).unwrap_or(false),
            "default" => {
                default_key = Some(entry.key.range);
                document.default = default(&entry.key, value, report);
            }
            "lists" => lists.read(value, report),
            "rules" => document.rules = field::list(name, value, report).unwrap_or_default(),
            "tests" => document.tests = field::list(name, value, report).unwrap_or_default(),
            _ => field::unknown_key("a document", &entry.key, name, &KEYS, report),
        }
    }
    if let (true, Some(at)) = (document.tighten_only, default_key) {
        let message = "a document with `tighten_only` has no default";
        report.error_with_help("document/tighten-only", at, message, "write the default in another document");
    }
    Some(document)
}

pub(crate) const DEFAULT_KEYS: [Key; 4] = [
    Key::new("decision", Takes::Decision, "what is decided if no rule holds for certain; the strictest default of all documents counts"),
    Key::new("message", Takes::Text, "goes with the decision; safe to show the model"),
    Key::new("risk", Takes::Risk, "goes with the decision"),
    Key::new("requirements", Takes::Names, "obligations that go with the decision"),
];

fn default(key: &Node<'_>, value: &Node<'_>, report: &mut Report<'_>) -> Option<Outcome> {
    let Kind::Map(entries) = &value.kind else {
        match value.as_str().filter(|word| outcome::DECISIONS.iter().any(|(name, _)| name == word)) {
            Some(word) => {
                let message = format!("`default` must be a mapping, and this is {}", value.described());
                report.error_with_help("document/wrong-type", value.range, message, format!("write `default: {{ decision: {word} }}`"));
            }
            None => field::wrong_type("`default`", Expected::Map, value, report),
        }
        return None;
    };
    let mut decision = None;
    let mut has_decision = false;
    let mut default = Outcome { decision: Decision::Deny, message: None, risk: None, requirements: Vec::new() };
    let mut first_key: Option<Range> = None;
    for entry in entries {
        first_key.get_or_insert(entry.key.range);
        let Some(name) = entry.name() else { continue };
        let value = &entry.value;
        match name {
            "decision" => {
                has_decision = true;
                decision = outcome::decision(value, report);
                if decision == Some(Decision::Allow) {
                    let help = "whatever no rule names is allowed then";
                    report.warning_with_help("lint/default-allow", value.range, "the default decision is `allow`", help);
                }
            }
            "message" => default.message = field::string(name, value, report),
            "risk" => default.risk = outcome::risk(value, report),
            "requirements" => default.requirements = field::names(name, value, report).unwrap_or_default(),
            _ => field::unknown_key("a default", &entry.key, name, &DEFAULT_KEYS, report),
        }
    }
    if !has_decision {
        let at = first_key.unwrap_or(value.range);
        report.error_with_help("document/missing-key", at, format!("{} has no decision", report.text_at(key.range)), outcome::help());
    }
    default.decision = decision?;
    Some(default)
}
