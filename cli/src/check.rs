//! `toolgate check`

use std::path::PathBuf;

use clap::ValueEnum;
use toolgate_compiler::diagnostic::{github, render, sarif};

use crate::notes::Notes;
use crate::output::{self, Failure, Stdout, counted, tell_all, tell_diagnostics};
use crate::policy::Documents;

/// Check policy documents and tell everything that is wrong with them
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Policy documents, or directories of them
    #[arg(required = true, value_name = "POLICY")]
    policies: Vec<PathBuf>,
    /// `text` goes to standard error, the others to standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Fail on warnings too
    #[arg(long, value_name = "WHAT")]
    deny: Option<Deny>,
    /// Recorded requests, one a line, to hold the policy against; `-` is standard input
    #[arg(long, value_name = "FILE.jsonl")]
    requests: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object a line
    Json,
    /// Workflow commands of GitHub Actions, which shows them beside the lines
    Github,
    /// One SARIF 2.1.0 log, for code hosts and editors
    Sarif,
}

#[derive(Clone, Copy, ValueEnum)]
enum Deny {
    /// Diagnostics that leave the policy usable
    Warnings,
}

const EXAMPLES: &str = "\
Examples:
  toolgate check policy.yaml
  toolgate check policies/ --deny warnings
  toolgate check policy.yaml --format json | jq -r .code
  toolgate check policies/ --format sarif > toolgate.sarif
  toolgate check policies/ --requests calls.jsonl

With requests, notes tell which rules never held or held only by doubt, which actions and fields the policy names and no
request has, and which ones requests have and no rule names. Notes never fail, not even with --deny warnings: a policy
may be right and the requests few.

Exit codes: 0 the policy can be used, 1 it cannot (or has warnings, with --deny warnings), 2 usage or output";

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.requests.is_some() && matches!(arguments.format, Format::Github | Format::Sarif) {
        let message = "--requests goes with --format text or json: what it tells has no place in a document";
        return Err(Failure::Other(message.to_owned()));
    }
    let documents = Documents::read(&arguments.policies)?;
    match arguments.format {
        Format::Text => {
            tell_diagnostics(&documents, output::Format::Text)?;
            tell_all(&format!("{}\n", summary(&documents)))?;
            if let Some(notes) = notes(arguments, &documents)? {
                notes.tell();
            }
        }
        Format::Json => {
            let mut out = Stdout::new();
            for diagnostic in &documents.diagnostics {
                out.line(render::json(diagnostic))?;
            }
            // What was found before a failure counts.
            out.flush()?;
            if let Some(notes) = notes(arguments, &documents)? {
                notes.write_json(&mut out)?;
            }
            out.flush()?;
        }
        Format::Github => {
            let mut out = Stdout::new();
            for diagnostic in &documents.diagnostics {
                out.line(github::command(diagnostic, documents.source_of(diagnostic)))?;
            }
            out.flush()?;
        }
        Format::Sarif => {
            let mut out = Stdout::new();
            out.line(sarif::log(&documents.diagnostics, &documents.sources, env!("CARGO_PKG_VERSION")))?;
            out.flush()?;
        }
    }
    let is_denied = arguments.deny.is_some() && documents.warning_count() > 0;
    if documents.compiled.is_none() || is_denied { Err(Failure::Policy) } else { Ok(()) }
}

fn notes<'a>(arguments: &Arguments, documents: &'a Documents) -> Result<Option<Notes<'a>>, Failure> {
    match &arguments.requests {
        Some(requests) => Notes::take(documents, requests),
        None => Ok(None),
    }
}

fn summary(documents: &Documents) -> String {
    let mut found = Vec::new();
    if documents.error_count() > 0 {
        found.push(counted(documents.error_count(), "error"));
    }
    if documents.warning_count() > 0 {
        found.push(counted(documents.warning_count(), "warning"));
    }
    let found = if found.is_empty() { "no errors".to_owned() } else { found.join(", ") };
    if documents.compiled.is_none() {
        return found;
    }
    let rules = counted(documents.rule_count, "rule");
    format!("{found}: {rules} in {}", counted(documents.sources.len(), "document"))
}
