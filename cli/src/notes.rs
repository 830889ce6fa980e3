//! What recorded requests say of a policy, as `toolgate check` tells it.

use std::path::Path;

use serde::Serialize;
use toolgate_compiler::Span;
use toolgate_compiler::diagnostic::escape;
use toolgate_compiler::ir;
use toolgate_compiler::usage::{About, Finding, Place, Usage};
use toolgate_runtime::{Options, Policy, Scratch};

use crate::decide::open;
use crate::lines::Lines;
use crate::output::{Failure, Stdout, counted, tell};
use crate::policy::{Documents, refused_own};

/// The findings of one run.
pub struct Notes<'a> {
    documents: &'a Documents,
    policy: &'a ir::Policy,
    /// What the requests are called.
    requests: String,
    findings: Vec<Finding>,
    calls: u64,
}

impl<'a> Notes<'a> {
    /// Holds a policy against requests. `None` if there is no policy to do it with.
    pub fn take(documents: &'a Documents, requests: &Path) -> Result<Option<Self>, Failure> {
        let (Some(policy), Some(compiled)) = (&documents.checked, &documents.compiled) else { return Ok(None) };
        let loaded = Policy::load(&compiled.artifact).map_err(|error| refused_own(&error))?;
        let mut scratch = Scratch::new(&loaded);
        let mut usage = Usage::new(policy).map_err(|diagnostics| {
            let why = diagnostics.first().map_or("", |diagnostic| &diagnostic.message);
            Failure::Other(format!("the policy's actions cannot be held against the requests: {why}"))
        })?;
        let mut lines = Lines::new(open(requests)?);
        while let Some((number, line)) = lines.next_numbered()? {
            usage.add(number, line, &loaded.decide(line, &mut scratch, Options::default()));
        }
        let requests = requests.display().to_string();
        Ok(Some(Self { documents, policy, requests, findings: usage.findings(), calls: usage.calls() }))
    }

    /// Tells them on standard error, the first of each kind.
    pub fn tell(&self) {
        for of_kind in self.findings.chunk_by(|a, b| a.code == b.code) {
            for finding in of_kind.iter().take(SHOWN_MAX) {
                tell(self.text(finding).trim_end());
            }
            let left = of_kind.len().saturating_sub(SHOWN_MAX);
            if let Some(finding) = of_kind.first().filter(|_| left > 0) {
                tell(&format!("note[{}]: {left} more like these, with --format json", finding.code));
            }
        }
        let calls = counted(usize::try_from(self.calls).unwrap_or(usize::MAX), "request");
        tell(&format!("{}: {calls} in {}", counted(self.findings.len(), "note"), escape(&self.requests)));
    }

    /// Writes all of them, one object a line.
    pub fn write_json(&self, out: &mut Stdout) -> Result<(), Failure> {
        for finding in &self.findings {
            let note = self.note(finding);
            out.line(serde_json::to_string(&note).map_err(|error| Failure::Other(error.to_string()))?)?;
        }
        Ok(())
    }

    fn text(&self, finding: &Finding) -> String {
        let note = self.note(finding);
        let mut text = format!("note[{}]: {}\n  --> {}", note.code, escape(note.message), escape(note.file));
        if let Some(span) = note.span {
            text.push_str(&format!(":{}:{}", span.line, span.column));
        }
        if let Some(line) = note.line {
            text.push_str(&format!(":{line}"));
        }
        text.push('\n');
        if let Some(help) = note.help {
            text.push_str(&format!("   = help: {}\n", escape(help)));
        }
        text
    }

    fn note<'n>(&'n self, finding: &'n Finding) -> Note<'n> {
        let mut note = Note {
            code: finding.code,
            severity: "note",
            message: &finding.message,
            file: &self.requests,
            span: None,
            line: None,
            help: finding.help.as_deref(),
            rule: None,
            action: None,
            field: None,
            calls: finding.calls,
        };
        match finding.place {
            Place::Rule(position) => {
                let rule = self.policy.rules.get(position);
                let source = rule.and_then(|rule| self.documents.sources.get(rule.source));
                note.file = source.map_or("", |source| &source.name);
                note.span = rule.map(|rule| rule.span);
            }
            Place::Line(line) => note.line = Some(line),
            Place::Requests => {}
        }
        match &finding.about {
            About::Rule(rule) => note.rule = Some(rule),
            About::Action(action) => note.action = Some(action),
            About::Field(field) => note.field = Some(field),
            About::Requests => {}
        }
        note
    }
}

/// A finding as `--format json` writes it: a diagnostic, with what it is about.
#[derive(Serialize)]
struct Note<'n> {
    code: &'n str,
    severity: &'static str,
    message: &'n str,
    file: &'n str,
    /// Of a document.
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<Span>,
    /// Of the requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'n str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'n str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'n str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'n str>,
    /// How many requests have to do with it.
    calls: u64,
}

/// So many of each kind are for people.
const SHOWN_MAX: usize = 50;
