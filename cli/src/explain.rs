//! `toolgate explain`

use std::io::Read;
use std::path::PathBuf;

use clap::ValueEnum;
use toolgate_compiler::canonical;
use toolgate_compiler::explain::{Options, explain};
use toolgate_runtime::json::reader::BYTES_MAX;

use crate::decide;
use crate::output::{self, Failure, Stdout, tell_diagnostics};
use crate::policy::Documents;

/// Tell why a request is decided as it is, which rules came near, and what would change it
///
/// Not safe to show to a model: it tells what the policy says.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Policy documents, or directories of them
    #[arg(required = true, value_name = "POLICY")]
    policies: Vec<PathBuf>,
    /// One request; `-` is standard input
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// This rule alone, in full, however far from holding it is
    #[arg(long, value_name = "ID")]
    rule: Option<String>,
    /// `json` is one object, over several lines
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// The clarification has been obtained: rules that ask for it count as allow
    #[arg(long)]
    clarified: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object, over several lines
    Json,
}

const EXAMPLES: &str = "\
Examples:
  toolgate explain policy.yaml --request call.json
  toolgate explain policies/ --request call.json --rule transfer-small
  sed -n 7p calls.jsonl | toolgate explain policy.yaml --request - --format json

A compiled artifact has no conditions that people could read: give the documents it was made from.
Exit codes: 0 explained, whatever the decision; 1 the policy is wrong; 2 usage, an unknown rule, or input and output";

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    decide::refuse_closed(1, "standard output")?;
    let documents = Documents::read(&arguments.policies)?;
    tell_diagnostics(&documents, output::Format::Text)?;
    // A policy that does not compile decides nothing that could be explained.
    let (Some(policy), Some(_)) = (&documents.checked, &documents.compiled) else { return Err(Failure::Policy) };
    let mut request = Vec::new();
    // One byte too many shows that it is too long.
    let most = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    decide::open(&arguments.request)?
        .take(most)
        .read_to_end(&mut request)
        .map_err(|error| Failure::unreadable(&arguments.request, &error))?;

    let files: Vec<String> = documents.sources.iter().map(|source| source.name.clone()).collect();
    let options = Options { rule: arguments.rule.as_deref(), files: &files };
    let digest = canonical::digest_text(&canonical::digest(policy));
    let explanation =
        explain(policy, &digest, &request, arguments.clarified, options).map_err(|error| Failure::Other(error.to_string()))?;
    let mut out = Stdout::new();
    match arguments.format {
        Format::Text => out.write(explanation.text().as_bytes())?,
        Format::Json => {
            let json = serde_json::to_string_pretty(&explanation).map_err(|error| Failure::Other(format!("cannot write JSON: {error}")))?;
            out.line(json)?;
        }
    }
    out.flush()
}
