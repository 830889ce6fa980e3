//! `toolgate explain`

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use toolgate_compiler::explain::{Explainable, NotExplainable};
use toolgate_runtime::json::reader::BYTES_MAX;

use crate::decide;
use crate::output::{self, Failure, Stdout, tell_diagnostics};
use crate::policy::{self, Documents};

/// Tell why a request is decided as it is, which rules came near, and what would change it
///
/// Not safe to show to a model: it tells what the policy says.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Policy documents, or directories of them, or one artifact that was compiled with its documents
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

A compiled artifact has no conditions that people could read, unless it was compiled with --with-sources.
Exit codes: 0 explained, whatever the decision; 1 the policy is wrong; 2 usage, an unknown rule, or input and output";

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    decide::refuse_closed(1, "standard output")?;
    let explainable = match arguments.policies.as_slice() {
        [path] if policy::is_artifact(path) => of_artifact(path)?,
        paths => of_documents(paths)?,
    };
    let mut request = Vec::new();
    // One byte too many shows that it is too long.
    let most = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    decide::open(&arguments.request)?
        .take(most)
        .read_to_end(&mut request)
        .map_err(|error| Failure::unreadable(&arguments.request, &error))?;

    let explanation = explainable.explain(&request, arguments.clarified, arguments.rule.as_deref());
    let explanation = explanation.map_err(|error| Failure::Other(error.to_string()))?;
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

fn of_artifact(path: &Path) -> Result<Explainable, Failure> {
    let loaded = policy::load(&[path.to_owned()])?.policy;
    Explainable::from_artifact(&loaded).map_err(|problem| {
        let hint = if problem == NotExplainable::NoSources { "; `toolgate compile --with-sources` puts them in" } else { "" };
        Failure::Other(format!("cannot explain {}: {problem}{hint}", path.display()))
    })
}

fn of_documents(paths: &[PathBuf]) -> Result<Explainable, Failure> {
    let documents = Documents::read(paths)?;
    tell_diagnostics(&documents, output::Format::Text)?;
    // A policy that does not compile decides nothing that could be explained.
    match (documents.checked, documents.compiled) {
        (Some(policy), Some(_)) => Ok(Explainable::new(policy, &documents.sources)),
        _ => Err(Failure::Policy),
    }
}
