//! A rule.

use crate::diagnostic::{Report, Span};
use crate::field::{self, Expected, Key, Takes};
use crate::ir::{Decision, Mode, Outcome, Rule};
use crate::limits::CONDITIONS_MAX;
use crate::lint;
use crate::lists::{Lists, RESERVED as REQUEST};
use crate::outcome;
use crate::tree::span::Range;
use crate::tree::{Kind, Node};
use crate::when::{Budget, Conditions};

/// What could be read of a rule.
pub(crate) struct ReadRule {
    /// Even if the rest is wrong, so that another rule of that id is found.
    pub(crate) id: Option<(String, Range)>,
    /// Its place: the id, else the rule.
    pub(crate) span: Span,
    /// `None` if there is any error in it.
    pub(crate) rule: Option<Rule>,
}

pub(crate) const KEYS: [Key; 11] = [
    Key::new("id", Takes::Name, "unique among all documents; decisions name the rule by it"),
    Key::new("description", Takes::Text, "for people"),
    Key::new("when", Takes::Conditions, "what must hold of the request"),
    Key::new("unless", Takes::Conditions, "what must not hold of the request"),
    Key::new("if", Takes::Expression, "a condition as an expression, a subset of CEL"),
    Key::new("decision", Takes::Decision, "what is decided if the conditions hold; the strictest decision of all rules counts"),
    Key::new("risk", Takes::Risk, "goes with the decision; the highest counts"),
    Key::new("requirements", Takes::Names, "obligations that go with the decision"),
    Key::new("message", Takes::Text, "goes with the decision; safe to show the model"),
    Key::new("mode", Takes::Mode, "`shadow` shows the rule in decisions without letting it decide"),
    Key::new("tags", Takes::Names, "for people"),
];

pub(crate) const MODES: [(&str, Mode); 2] = [("enforce", Mode::Enforce), ("shadow", Mode::Shadow)];

/// Reads the rule at `node`, of the document at position `source`.
pub(crate) fn read(
    node: &Node<'_>,
    tighten_only: bool,
    source: usize,
    lists: &Lists,
    budget: &mut Budget,
    report: &mut Report<'_>,
) -> ReadRule {
    let Kind::Map(entries) = &node.kind else {
        field::wrong_type("a rule", Expected::Map, node, report);
        return ReadRule { id: None, span: report.locate(node.range), rule: None };
    };
    let mark = report.mark();
    let mut id = None;
    let mut id_value: Option<Range> = None;
    let mut decision = None;
    let mut decision_value: Option<Range> = None;
    let mut rule = Rule {
        id: String::new(),
        outcome: Outcome { decision: Decision::Deny, message: None, risk: None, requirements: Vec::new() },
        mode: Mode::Enforce,
        tighten_only,
        when: None,
        unless: None,
        condition: None,
        description: None,
        tags: Vec::new(),
        source,
        span: Span::default(),
    };
    let mut conditions = Conditions::new(lists, budget, report);
    let mut has_condition = false;
    for entry in entries {
        let Some(name) = entry.name() else { continue };
        let value = &entry.value;
        let report = conditions.report();
        match name {
            "id" => {
                id_value = Some(value.range);
                id = field::name(name, value, report);
            }
            "description" => rule.description = field::string(name, value, report),
            "when" => {
                has_condition = true;
                rule.when = conditions.read(name, value);
            }
            "unless" => {
                has_condition = true;
                rule.unless = conditions.read(name, value);
            }
            "if" => {
                has_condition = true;
                rule.condition = conditions.expression(value);
            }
            "decision" => {
                decision_value = Some(value.range);
                decision = outcome::decision(value, report);
            }
            "risk" => rule.outcome.risk = outcome::risk(value, report),
            "requirements" => rule.outcome.requirements = field::names(name, value, report).unwrap_or_default(),
            "message" => rule.outcome.message = field::string(name, value, report),
            "mode" => rule.mode = field::word(name, &MODES, value, report).unwrap_or(Mode::Enforce),
            "tags" => rule.tags = field::names(name, value, report).unwrap_or_default(),
            _ if REQUEST.contains(&name) => {
                let help = format!("conditions on the request stand in `when`: `when: {{{name}: …}}`");
                report.error_with_help("document/unknown-key", entry.key.range, format!("a rule has no key `{name}`"), help);
            }
            _ => field::unknown_key("a rule", &entry.key, name, &KEYS, report),
        }
    }
    let written = conditions.count();
    let notes = conditions.into_notes();
    let first_key = entries.first().map_or(node.range, |entry| entry.key.range);
    let place = id_value.unwrap_or(first_key);
    if id_value.is_none() {
        let help = "write `id: …`, a name that no other rule has";
        report.error_with_help("document/missing-key", first_key, "a rule has no id", help);
    }
    if decision_value.is_none() {
        report.error_with_help("document/missing-key", place, "a rule has no decision", outcome::help());
    }
    if !has_condition {
        let help = "write `when: {action: \"*\"}` for a rule about every call";
        report.error_with_help("document/no-condition", place, "a rule has neither `when` nor `unless` nor `if`", help);
    }
    if let (true, Some(Decision::Allow), Some(at)) = (tighten_only, decision, decision_value) {
        let message = "a document with `tighten_only` has no rules that allow";
        report.error_with_help("document/tighten-only", at, message, "write the rule in another document");
    }
    if written > CONDITIONS_MAX {
        let message = format!("a rule has more than {CONDITIONS_MAX} conditions");
        report.error_with_help("limit/conditions", place, message, "put values into one list, or write several rules");
    }
    let span = report.locate(id_value.unwrap_or(node.range));
    rule.span = span;
    let rule = match (&id, decision) {
        (Some((id, _)), Some(decision)) if !report.has_errors_since(mark) => {
            rule.id.clone_from(id);
            rule.outcome.decision = decision;
            notes.tell(decision, report);
            lint::holds_without_field(&rule, place, report);
            Some(rule)
        }
        _ => None,
    };
    ReadRule { id, span, rule }
}
