//! Sources in, a checked policy out, or everything that is wrong with them.

use hashbrown::hash_map::{Entry, HashMap};

use crate::case::{Case, CaseReader, Places};
use crate::diagnostic::{Diagnostic, Report, Severity};
use crate::document::{self, Document};
use crate::ir::{Decision, Outcome, Policy, Rule};
use crate::limits::RULES_MAX;
use crate::lint;
use crate::lists::Lists;
use crate::rule;
use crate::source::Source;
use crate::tree::{self, Node};
use crate::when::Budget;

/// What [`check`] found.
#[derive(Debug)]
pub struct Checked {
    /// Present if and only if there is no error among the diagnostics.
    pub policy: Option<Policy>,
    /// The tests of all documents, in order, but for those with an error in them. They are no part of the policy.
    pub cases: Vec<Case>,
    /// In order of the sources, and of the text within each.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads and checks the documents of one policy.
///
/// Everything wrong with all of them is told in one run: a mistake in one rule hides nothing in the next, only a text
/// that cannot be read at all hides the rest of itself.
///
/// # Examples
/// ```
/// use toolgate_compiler::{Source, check};
/// let text = "rules: [{id: a, when: {action: read_*}, desicion: allow}]";
/// let checked = check(&[Source { name: "policy.yaml".into(), text: text.into() }]);
/// assert!(checked.policy.is_none());
/// let codes: Vec<_> = checked.diagnostics.iter().map(|d| d.code).collect();
/// assert_eq!(codes, ["document/missing-key", "document/unknown-key"]);
/// assert_eq!(checked.diagnostics[1].help.as_deref(), Some("did you mean `decision`?"));
/// ```
#[must_use]
pub fn check(sources: &[Source]) -> Checked {
    let mut reports: Vec<Report<'_>> = sources.iter().map(|source| Report::new(&source.name, &source.text)).collect();
    let trees: Vec<Option<Node<'_>>> = sources.iter().zip(&mut reports).map(|(source, report)| tree::read(source, report)).collect();

    // Lists are visible in every document, whichever comes first.
    let mut lists = Lists::default();
    let documents: Vec<Option<Document<'_>>> = trees
        .iter()
        .zip(&mut reports)
        .map(|(tree, report)| tree.as_ref().and_then(|root| document::read(root, &mut lists, report)))
        .collect();

    let mut checker = RuleChecker { lists: &lists, budget: Budget::default(), ids: HashMap::new(), written: 0 };
    let mut rules = Vec::new();
    for (position, (document, report)) in documents.iter().zip(&mut reports).enumerate() {
        if let Some(document) = document {
            checker.document(document, position, sources, report, &mut rules);
        }
    }
    // What could not be read, or has errors, may well be meant to have rules.
    let knows_all = documents.iter().all(Option::is_some);
    if checker.written == 0
        && knows_all
        && !reports.iter().any(|report| report.has_errors_since(0))
        && let Some(report) = reports.first_mut()
    {
        let help = "every call gets the default decision";
        report.warning_with_help("lint/no-rules", tree::span::Range::at(0), "the policy has no rule", help);
    }

    let mut case_reader = CaseReader::new(&checker.ids, knows_all);
    for (position, (document, report)) in documents.iter().zip(&mut reports).enumerate() {
        if let Some(document) = document {
            case_reader.document(document.tests, position, sources, report);
        }
    }
    let cases = case_reader.into_cases();

    lint::never_decides(&rules, &mut reports);

    let diagnostics: Vec<Diagnostic> = reports.into_iter().flat_map(Report::finish).collect();
    let is_sound = diagnostics.iter().all(|d| d.severity != Severity::Error);
    let policy = is_sound.then(|| Policy { id: id_of(&documents), rules, default: default_of(&documents), lists: lists.into_members() });
    Checked { policy, cases, diagnostics }
}

/// Walks the rules of all documents, one document after the other.
struct RuleChecker<'l> {
    lists: &'l Lists,
    budget: Budget,
    ids: Places,
    written: usize,
}

impl RuleChecker<'_> {
    fn document(&mut self, document: &Document<'_>, position: usize, sources: &[Source], report: &mut Report<'_>, rules: &mut Vec<Rule>) {
        for node in document.rules {
            self.written = self.written.saturating_add(1);
            if self.written > RULES_MAX {
                // Those behind it are no better; one mention is enough.
                if self.written == RULES_MAX.saturating_add(1) {
                    report.error("limit/rules", node.range, format!("the policy has more than {RULES_MAX} rules"));
                }
                return;
            }
            let read = rule::read(node, document.tighten_only, position, self.lists, &mut self.budget, report);
            if let Some((id, range)) = read.id {
                match self.ids.entry(id) {
                    Entry::Vacant(free) => {
                        free.insert((position, read.span));
                    }
                    Entry::Occupied(taken) => {
                        let (id, (first, span)) = (taken.key(), taken.get());
                        let file = sources.get(*first).map_or("", |source| source.name.as_str());
                        let message = format!("a rule {} is at {file}:{}:{} already", crate::diagnostic::quote(id), span.line, span.column);
                        let help = "decisions name rules by their ids: give each one of its own";
                        report.error_with_help("document/duplicate-id", range, message, help);
                    }
                }
            }
            rules.extend(read.rule);
        }
    }
}

/// That of the first document that has one.
fn id_of(documents: &[Option<Document<'_>>]) -> String {
    documents.iter().flatten().find_map(|document| document.id.clone()).unwrap_or_else(|| "policy".to_owned())
}

/// The strictest, the first of equals.
fn default_of(documents: &[Option<Document<'_>>]) -> Outcome {
    let mut strictest: Option<&Outcome> = None;
    for default in documents.iter().flatten().filter_map(|document| document.default.as_ref()) {
        if strictest.is_none_or(|so_far| default.decision > so_far.decision) {
            strictest = Some(default);
        }
    }
    strictest.cloned().unwrap_or(Outcome { decision: Decision::Deny, message: None, risk: None, requirements: Vec::new() })
}
