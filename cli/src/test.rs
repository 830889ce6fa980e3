//! `toolgate test`

mod coverage;
mod junit;
mod run;
mod why;

use std::path::PathBuf;

use clap::ValueEnum;
use serde::Serialize;
use serde_json::value::RawValue;
use toolgate_compiler::diagnostic::escape;

use crate::output::{self, Failure, Stdout, counted, tell, tell_diagnostics};
use crate::policy::Documents;
use coverage::Report;
use run::{Outcome, Suite};

/// Run the tests of policy documents
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Policy documents, or directories of them, with the tests of the policy they make
    #[arg(required = true, value_name = "FILE")]
    policies: Vec<PathBuf>,
    /// How the results go to standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Run only tests with this in their names
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Tell which rules and which branches of their conditions the tests that ran never made true, or never made false
    #[arg(long)]
    coverage: bool,
}

const EXAMPLES: &str = "\
Examples:
  toolgate test policy.yaml
  toolgate test policies/ --format junit > results.xml
  toolgate test policy.yaml policy.tests.yaml --filter transfer
  toolgate test policies/ --coverage

Tests stand under `tests:` in a policy document or in one of their own, each a request and what must be decided about it.
A test that fails shows what differs, and why its request was decided so, as `toolgate explain` does.
What is not covered changes no exit code. With `--format junit` it goes to standard error.
Exit codes: 0 all pass; 1 one fails, there are none, or the policy is wrong; 2 usage or input and output";

/// How results are written.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object a line for each test, then one of the coverage if that is asked for, then one of them all
    Json,
    /// The XML that build servers read
    Junit,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let documents = Documents::read(&arguments.policies)?;
    let diagnostics = if matches!(arguments.format, Format::Json) { output::Format::Json } else { output::Format::Text };
    tell_diagnostics(&documents, diagnostics)?;
    let suite = Suite::run(&documents, arguments.filter.as_deref())?;
    let coverage = arguments.coverage.then(|| Report::new(&documents, &suite)).flatten();
    let mut out = Stdout::new();
    match arguments.format {
        Format::Text => text(&suite, coverage.as_ref(), &mut out)?,
        Format::Json => json(&suite, coverage.as_ref(), &mut out)?,
        Format::Junit => {
            out.write(junit::document(&suite).as_bytes())?;
            coverage.iter().flat_map(Report::lines).for_each(|line| tell(&line));
        }
    }
    out.flush()?;
    if suite.outcomes.is_empty() {
        // A run that tests nothing must not look like one that found nothing.
        tell(&match &arguments.filter {
            Some(filter) if suite.left_out > 0 => format!("error: none of {} has {filter:?} in its name", counted(suite.left_out, "test")),
            _ => "error: there are no tests; write some under `tests:`, in a policy document or one of their own".to_owned(),
        });
        return Err(Failure::Policy);
    }
    if suite.failed() > 0 { Err(Failure::Policy) } else { Ok(()) }
}

fn text(suite: &Suite<'_>, coverage: Option<&Report>, out: &mut Stdout) -> Result<(), Failure> {
    for outcome in suite.outcomes.iter().filter(|outcome| !outcome.passed()) {
        out.line(format_args!("FAILED {}: {}", escape(&outcome.place()), escape(&outcome.case.name)))?;
        for line in told(outcome) {
            out.line(format_args!("  {line}"))?;
        }
    }
    for line in coverage.iter().flat_map(|coverage| coverage.lines()) {
        out.line(line)?;
    }
    out.line(summary(suite))
}

/// What there is to say about a test that failed: what differs, member by member, and why it was decided so.
fn told(outcome: &Outcome<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for difference in &outcome.differences {
        lines.push(format!("{:<12} expected {}", difference.member, escape(difference.expected.get())));
        lines.push(format!("{:<12} but is   {}", "", escape(difference.actual.get())));
    }
    lines.extend(explanation(outcome));
    lines
}

/// Why a request was decided as it was.
fn explanation(outcome: &Outcome<'_>) -> Vec<String> {
    let clarified = if outcome.case.clarified { ", clarified" } else { "" };
    let mut lines = vec![
        format!("{:<12} {}{clarified}", "request", escape(&outcome.case.request)),
        format!("{:<12} {}", "decided", escape(outcome.decision.get())),
    ];
    lines.extend(outcome.decided_by.iter().map(|by| format!("{:<12} {}", "decided by", escape(by))));
    if !outcome.explanation.is_empty() {
        lines.push("why".to_owned());
        // Escaped where it was made.
        lines.extend(outcome.explanation.iter().map(|line| format!("  {line}")));
    }
    lines
}

fn summary(suite: &Suite<'_>) -> String {
    let total = suite.outcomes.len();
    let failed = suite.failed();
    let mut summary = format!("{}: {} passed, {failed} failed", counted(total, "test"), total.saturating_sub(failed));
    if suite.left_out > 0 {
        summary.push_str(&format!(", {} left out", suite.left_out));
    }
    summary
}

/// A test, as a line of JSON.
#[derive(Serialize)]
struct Told<'a> {
    name: &'a str,
    file: &'a str,
    line: u32,
    outcome: &'static str,
    request: &'a str,
    clarified: bool,
    differences: &'a [run::Difference],
    decision: &'a RawValue,
    decided_by: &'a [String],
    /// As people read it; null of a test that passed, and behind the first that failed.
    explanation: Option<String>,
}

/// The line behind the tests, if it is asked for.
#[derive(Serialize)]
struct Covered<'a> {
    coverage: &'a Report,
}

/// The last line.
#[derive(Serialize)]
struct Last {
    summary: Summary,
}

#[derive(Serialize)]
struct Summary {
    tests: usize,
    passed: usize,
    failed: usize,
    left_out: usize,
}

fn json(suite: &Suite<'_>, coverage: Option<&Report>, out: &mut Stdout) -> Result<(), Failure> {
    for outcome in &suite.outcomes {
        let case = outcome.case;
        out.line(json_text(&Told {
            name: &case.name,
            file: outcome.file,
            line: case.span.line,
            outcome: if outcome.passed() { "passed" } else { "failed" },
            request: &case.request,
            clarified: case.clarified,
            differences: &outcome.differences,
            decision: &outcome.decision,
            decided_by: &outcome.decided_by,
            explanation: Some(outcome.explanation.join("\n")).filter(|text| !text.is_empty()),
        })?)?;
    }
    if let Some(coverage) = coverage {
        out.line(json_text(&Covered { coverage })?)?;
    }
    let (tests, failed) = (suite.outcomes.len(), suite.failed());
    let summary = Summary { tests, passed: tests.saturating_sub(failed), failed, left_out: suite.left_out };
    out.line(json_text(&Last { summary })?)
}

fn json_text(of: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(of).map_err(|error| Failure::Other(error.to_string()))
}
