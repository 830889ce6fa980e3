//! Tests of a policy, as documents have them: a request, and what must be decided about it.

use std::cell::OnceCell;

use hashbrown::HashMap;
use toolgate_runtime::json::Reason;

use crate::diagnostic::{Report, Span, quote};
use crate::field::{self, Expected as Type, Key, Takes};
use crate::outcome;
use crate::source::Source;
use crate::tree::span::Range;
use crate::tree::{Entry, Kind, Node};

/// A test of a policy. It is no part of the policy: neither its digest nor its artifact knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// As written, which is unique, else `test 3` of the third test of its document.
    pub name: String,
    /// JSON text: as written, or made of a mapping, in which numbers stay as written.
    pub request: String,
    /// Whether the request is decided as clarified.
    pub clarified: bool,
    /// What is compared, in the order written. Never empty.
    pub expected: Vec<Expected>,
    /// Position of the document among the sources.
    pub source: usize,
    /// The name, else the first key.
    pub span: Span,
}

/// A member of the decision, and what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Its name.
    pub member: &'static str,
    /// Its value as JSON text.
    pub json: String,
}

/// Where each rule is written first.
pub(crate) type Places = HashMap<String, (usize, Span)>;

/// Gathers the tests of all documents, when the rules of all are known.
pub(crate) struct CaseReader<'a> {
    rules: &'a Places,
    /// Whether every document could be read: a rule that nobody knows may stand in one that could not.
    knows_all: bool,
    /// The rules' ids in order of the documents, once somebody asks.
    ids: OnceCell<Vec<&'a str>>,
    names: Places,
    cases: Vec<Case>,
}

pub(crate) const KEYS: [Key; 4] = [
    Key::new("name", Takes::Name, "how the test is called, like no other"),
    Key::new("request", Takes::Request, "the request as a mapping, or its JSON as a string"),
    Key::new("clarified", Takes::Bool, "whether the caller has obtained the clarification"),
    Key::new("expect", Takes::Expected, "a decision, or what is compared of it"),
];

/// Members of a decision that may be expected: all but `policy`, which any edit changes.
pub(crate) const MEMBERS: [Key; 11] = [
    Key::new("decision", Takes::Decision, "what is decided"),
    Key::new("rules", Takes::Names, "ids of the rules of this decision that hold"),
    Key::new("truncated", Takes::Bool, "whether a list was cut"),
    Key::new("requirements", Takes::Names, "what the caller must see to"),
    Key::new("risk", Takes::RiskOrNull, "the highest risk"),
    Key::new("message", Takes::TextOrNull, "safe to show the model"),
    Key::new("undecided", Takes::Undecided, "rules that hold by doubt, each with a field in doubt"),
    Key::new("shadow", Takes::Shadow, "shadow rules that hold, each with its decision"),
    Key::new("default", Takes::Bool, "whether the decision is the default's alone"),
    Key::new("reason", Takes::Reason, "`rule`, `default`, or why the request is refused"),
    Key::new("offset", Takes::Offset, "where the request is refused, in bytes"),
];

const RULE: Key = Key::new("rule", Takes::Name, "the rule's id");
pub(crate) const UNDECIDED_KEYS: [Key; 2] = [RULE, Key::new("field", Takes::Pointer, "JSON Pointer of the field in doubt")];
pub(crate) const SHADOW_KEYS: [Key; 2] = [RULE, Key::new("decision", Takes::Decision, "what the rule would decide")];

pub(crate) const REASONS: [&str; 14] = [
    "rule",
    "default",
    Reason::TooLarge.code(),
    Reason::InvalidUtf8.code(),
    Reason::InvalidJson.code(),
    Reason::TrailingData.code(),
    Reason::LoneSurrogate.code(),
    Reason::TooDeep.code(),
    Reason::TooManyMembers.code(),
    Reason::DuplicateKey.code(),
    Reason::NotAnObject.code(),
    Reason::MemberType.code(),
    Reason::ConflictingInput.code(),
    Reason::Action.code(),
];

impl<'a> CaseReader<'a> {
    pub(crate) fn new(rules: &'a Places, knows_all: bool) -> Self {
        Self { rules, knows_all, ids: OnceCell::new(), names: HashMap::new(), cases: Vec::new() }
    }

    /// Reads the tests of the document at position `source`.
    pub(crate) fn document(&mut self, nodes: &[Node<'_>], source: usize, sources: &[Source], report: &mut Report<'_>) {
        for (index, node) in nodes.iter().enumerate() {
            let Kind::Map(entries) = &node.kind else {
                field::wrong_type("a test", Type::Map, node, report);
                continue;
            };
            let place = entries.first().map_or(node.range, |entry| entry.key.range);
            let mut name = None;
            let mut request = None;
            let mut clarified = false;
            let mut expected = None;
            for entry in entries {
                let Some(key) = entry.name() else { continue };
                let value = &entry.value;
                match key {
                    "name" => name = field::name(key, value, report),
                    "request" => request = Some(request_text(value, report)),
                    "clarified" => clarified = field::bool(key, value, report).unwrap_or(false),
                    "expect" => expected = Some(self.expected(value, report)),
                    _ => field::unknown_key("a test", &entry.key, key, &KEYS, report),
                }
            }
            for (key, is_missing) in [("request", request.is_none()), ("expect", expected.is_none())] {
                if is_missing {
                    report.error("document/missing-key", place, format!("a test has no `{key}`"));
                }
            }
            if let Some((name, range)) = &name {
                self.claim(name, *range, source, sources, report);
            }
            let span = report.locate(name.as_ref().map_or(place, |(_, range)| *range));
            let name = name.map_or_else(|| format!("test {}", index.saturating_add(1)), |(name, _)| name);
            if let (Some(Some(request)), Some(Some(expected))) = (request, expected) {
                self.cases.push(Case { name, request, clarified, expected, source, span });
            }
        }
    }

    pub(crate) fn into_cases(self) -> Vec<Case> {
        self.cases
    }

    fn claim(&mut self, name: &str, range: Range, source: usize, sources: &[Source], report: &mut Report<'_>) {
        match self.names.get(name) {
            None => {
                self.names.insert(name.to_owned(), (source, report.locate(range)));
            }
            Some((first, span)) => {
                let file = sources.get(*first).map_or("", |source| source.name.as_str());
                let message = format!("a test {} is at {file}:{}:{} already", quote(name), span.line, span.column);
                report.error("document/duplicate-test", range, message);
            }
        }
    }

    /// The members to compare; a decision alone is short for the mapping of it. `None` if anything in it is wrong.
    fn expected(&self, value: &Node<'_>, report: &mut Report<'_>) -> Option<Vec<Expected>> {
        let entries = match &value.kind {
            Kind::Map(entries) => entries,
            Kind::String(_) => return Some(vec![Expected { member: "decision", json: decision(value, report)? }]),
            _ => {
                wrong_type("`expect`", "a decision or a mapping", value, report);
                return None;
            }
        };
        if entries.is_empty() {
            let help = "write a decision, or what must be compared of it";
            report.error_with_help("document/empty-value", value.range, "`expect` must not be empty", help);
        }
        let mut expected = Some(Vec::with_capacity(entries.len()));
        for entry in entries {
            let read = self.member(entry, report);
            expected = expected.zip(read).map(|(mut all, one)| {
                all.push(one);
                all
            });
        }
        expected.filter(|expected| !expected.is_empty())
    }

    fn member(&self, entry: &Entry<'_>, report: &mut Report<'_>) -> Option<Expected> {
        let name = entry.name()?;
        let Some(member) = MEMBERS.iter().map(|key| key.name).find(|member| *member == name) else {
            field::unknown_key("a decision", &entry.key, name, &MEMBERS, report);
            return None;
        };
        let value = &entry.value;
        let is_null = matches!(value.kind, Kind::Null) && !value.is_missing();
        let json = match member {
            "risk" | "message" | "offset" if is_null => "null".to_owned(),
            "decision" => decision(value, report)?,
            "rules" => joined(field::list(name, value, report)?, |item| self.rule("a member of `rules`", item, report))?,
            "requirements" => json_text(&field::names(name, value, report)?),
            "risk" => {
                outcome::risk(value, report)?;
                json_text(value.as_str()?)
            }
            "message" => json_text(&field::string(name, value, report)?),
            "undecided" => {
                joined(field::list(name, value, report)?, |item| self.pair(item, "undecided", &UNDECIDED_KEYS, pointer, report))?
            }
            "shadow" => joined(field::list(name, value, report)?, |item| self.pair(item, "shadow", &SHADOW_KEYS, decision, report))?,
            "truncated" | "default" => field::bool(name, value, report)?.to_string(),
            "reason" => reason(value, report)?,
            _ => offset(value, report)?,
        };
        Some(Expected { member, json })
    }

    /// The id of a rule that the policy has.
    fn rule(&self, what: &str, value: &Node<'_>, report: &mut Report<'_>) -> Option<String> {
        let Some(id) = value.as_str() else {
            field::wrong_type(what, Type::String, value, report);
            return None;
        };
        if self.knows_all && !self.rules.contains_key(id) {
            let ids = self.ids.get_or_init(|| {
                let mut ids: Vec<_> = self.rules.iter().collect();
                ids.sort_by_key(|(_, (source, span))| (*source, span.start));
                ids.into_iter().map(|(id, _)| id.as_str()).collect()
            });
            report.unknown("document/unknown-rule", value.range, format!("the policy has no rule {}", quote(id)), id, ids.iter().copied());
            return None;
        }
        Some(json_text(id))
    }

    /// An entry of `undecided` or `shadow`: a rule, and something about it.
    fn pair(
        &self,
        item: &Node<'_>,
        of: &str,
        keys: &[Key; 2],
        mut read: impl FnMut(&Node<'_>, &mut Report<'_>) -> Option<String>,
        report: &mut Report<'_>,
    ) -> Option<String> {
        let what = format!("a member of `{of}`");
        let [_, Key { name: other, .. }] = *keys;
        let Kind::Map(entries) = &item.kind else {
            field::wrong_type(&what, Type::Map, item, report);
            return None;
        };
        let mut rule = None;
        let mut told = None;
        for entry in entries {
            match entry.name() {
                None => {}
                Some("rule") => rule = Some(self.rule("`rule`", &entry.value, report)),
                Some(name) if name == other => told = Some(read(&entry.value, report)),
                Some(name) => field::unknown_key(&what, &entry.key, name, keys, report),
            }
        }
        let place = entries.first().map_or(item.range, |entry| entry.key.range);
        for (key, is_missing) in [("rule", rule.is_none()), (other, told.is_none())] {
            if is_missing {
                report.error("document/missing-key", place, format!("{what} has no `{key}`"));
            }
        }
        let (rule, told) = (rule??, told??);
        Some(format!("{{\"rule\":{rule},\"{other}\":{told}}}"))
    }
}

fn wrong_type(what: &str, wanted: &str, value: &Node<'_>, report: &mut Report<'_>) {
    if !value.is_invalid() {
        let message = format!("{what} must be {wanted}, and this is {}", value.described());
        report.error("document/wrong-type", value.range, message);
    }
}

fn decision(value: &Node<'_>, report: &mut Report<'_>) -> Option<String> {
    outcome::decision(value, report)?;
    value.as_str().map(json_text)
}

fn reason(value: &Node<'_>, report: &mut Report<'_>) -> Option<String> {
    field::word("reason", &REASONS.map(|reason| (reason, reason)), value, report).map(json_text)
}

fn offset(value: &Node<'_>, report: &mut Report<'_>) -> Option<String> {
    match &value.kind {
        Kind::Number(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => return Some(text.to_string()),
        _ => wrong_type("`offset`", "a whole number or null", value, report),
    }
    None
}

/// The path of a field, as `undecided` names it.
fn pointer(value: &Node<'_>, report: &mut Report<'_>) -> Option<String> {
    let text = field::string("field", value, report)?;
    if !text.starts_with('/') {
        let message = format!("{} is no JSON Pointer", quote(&text));
        report.error_with_help("document/unknown-value", value.range, message, "write it as decisions show it, `/action/input/amount`");
        return None;
    }
    Some(json_text(&text))
}

/// A JSON array of what is read of each; everything wrong is told. `None` if anything is.
fn joined(items: &[Node<'_>], mut read: impl FnMut(&Node<'_>) -> Option<String>) -> Option<String> {
    let read: Vec<Option<String>> = items.iter().map(&mut read).collect();
    let read: Vec<String> = read.into_iter().collect::<Option<_>>()?;
    Some(format!("[{}]", read.join(",")))
}

/// The request: JSON text as it stands, or a mapping, which becomes one.
fn request_text(value: &Node<'_>, report: &mut Report<'_>) -> Option<String> {
    match &value.kind {
        Kind::String(text) => Some(text.to_string()),
        Kind::Map(_) => {
            let mut json = String::new();
            write(&mut json, value)?;
            Some(json)
        }
        _ => {
            wrong_type("`request`", "a mapping, or a string of JSON", value, report);
            None
        }
    }
}

/// Appends a value as JSON. `None` if something in it has been reported.
fn write(out: &mut String, value: &Node<'_>) -> Option<()> {
    match &value.kind {
        Kind::Invalid => return None,
        Kind::Null => out.push_str("null"),
        Kind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Kind::Number(text) => out.push_str(text),
        Kind::String(text) => out.push_str(&json_text(text.as_ref())),
        Kind::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(out, item)?;
            }
            out.push(']');
        }
        Kind::Map(entries) => {
            out.push('{');
            for (index, entry) in entries.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&json_text(entry.name()?));
                out.push(':');
                write(out, &entry.value)?;
            }
            out.push('}');
        }
    }
    Some(())
}

/// Strings and lists of them always have a JSON text.
fn json_text<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
