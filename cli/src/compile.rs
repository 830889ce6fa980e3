//! `toolgate compile`

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use toolgate_compiler::{Compiled, Source};
use toolgate_runtime::{Policy, Scratch};

use crate::output::{Failure, Format, Stdout, tell, tell_diagnostics};
use crate::policy::{Documents, refused_own};

/// Compile policy documents into one artifact
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Policy documents, or directories of them
    #[arg(required = true, value_name = "POLICY")]
    policies: Vec<PathBuf>,
    /// Where the artifact goes; written only if there is no error, and then whole or not at all
    #[arg(short, long, value_name = "OUT.tgc")]
    output: PathBuf,
    /// How the result goes to standard output, and diagnostics to standard error
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Refuse a policy whose decisions may take more steps than this, on requests without arrays where it reads
    #[arg(long, value_name = "N")]
    budget_steps: Option<u64>,
    /// Put the documents into the artifact, for `toolgate explain`: whoever has it can read them
    #[arg(long)]
    with_sources: bool,
}

const EXAMPLES: &str = "\
Examples:
  toolgate compile policy.yaml -o policy.tgc
  toolgate compile base.yaml team/ -o policy.tgc --format json
  toolgate compile policies/ -o policy.tgc --with-sources

Exit codes: 0 compiled, 1 the policy is wrong, 2 usage or input and output";

/// What was written.
#[derive(Serialize)]
struct Written<'a> {
    policy: String,
    artifact: String,
    output: &'a str,
    rules: usize,
    artifact_bytes: usize,
    scratch_bytes: usize,
    certificate: Certified,
}

/// The artifact's certificate: what a decision costs at most.
#[derive(Serialize)]
struct Certified {
    /// For a request without arrays where the policy reads.
    steps_scalar: u64,
    /// For any request: fixed, and for each of its bytes.
    steps_fixed: u64,
    steps_per_byte: u64,
    /// Passes over a text of at most the request's length, besides the reader's own.
    scans_scalar: u64,
    scans: u64,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut documents = Documents::read(&arguments.policies)?;
    tell_diagnostics(&documents, arguments.format)?;
    let compiled = documents.compiled.take().ok_or(Failure::Policy)?;
    let compiled = if arguments.with_sources { with_sources(compiled, &documents.sources, arguments.format)? } else { compiled };
    // What nobody can load is not worth writing.
    let policy = Policy::load(&compiled.artifact).map_err(|error| refused_own(&error))?;
    let certificate = policy.certificate();
    if let Some(budget) = arguments.budget_steps.filter(|budget| certificate.steps_scalar > *budget) {
        let steps = certificate.steps_scalar;
        tell(&format!("error: a decision may take {steps} steps, more than the {budget} of --budget-steps; nothing was written"));
        return Err(Failure::Policy);
    }
    let output = &arguments.output;
    if let Some(source) = documents.sources.iter().find(|source| is_same_file(Path::new(&source.name), output)) {
        return Err(Failure::Other(format!("the artifact would replace the document {}", source.name)));
    }
    write_whole(output, &compiled.artifact).map_err(|error| Failure::unwritable(output, &error))?;
    let written = Written {
        policy: digest_text(policy.digest()),
        artifact: digest_text(policy.artifact_digest()),
        output: &output.to_string_lossy(),
        rules: policy.rule_count(),
        artifact_bytes: policy.artifact_len_bytes(),
        scratch_bytes: Scratch::new(&policy).len_bytes(),
        certificate: Certified {
            steps_scalar: certificate.steps_scalar,
            steps_fixed: certificate.steps_fixed,
            steps_per_byte: certificate.steps_per_byte,
            scans_scalar: certificate.scans_scalar,
            scans: certificate.scans,
        },
    };
    let mut out = Stdout::new();
    match arguments.format {
        Format::Text | Format::Github => {
            out.line(format_args!("policy    {}", written.policy))?;
            out.line(format_args!("artifact  {}", written.artifact))?;
            out.line(format_args!("output    {}", written.output))?;
            out.line(format_args!("rules     {}", written.rules))?;
            out.line(format_args!("size      {} bytes, and {} bytes of scratch to decide", written.artifact_bytes, written.scratch_bytes))?;
            let bound = &written.certificate;
            out.line(format_args!(
                "at most   {} steps and {} passes over the request for one decision; with arrays where the policy reads,\n          {} + {} × bytes steps and {} passes",
                bound.steps_scalar, bound.scans_scalar, bound.steps_fixed, bound.steps_per_byte, bound.scans
            ))?;
        }
        Format::Json => {
            let json = serde_json::to_string(&written).map_err(|error| Failure::Other(error.to_string()))?;
            out.line(json)?;
        }
    }
    out.flush()
}

fn with_sources(compiled: Compiled, sources: &[Source], format: Format) -> Result<Compiled, Failure> {
    compiled.with_sources(sources).or_else(|diagnostics| {
        tell_diagnostics(&Documents { diagnostics, ..Documents::default() }, format)?;
        Err(Failure::Policy)
    })
}

fn digest_text(digest: &[u8; 32]) -> String {
    digest.iter().fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

fn is_same_file(a: &Path, b: &Path) -> bool {
    fs::canonicalize(a).is_ok_and(|a| fs::canonicalize(b).is_ok_and(|b| a == b))
}

/// Writes a file whole or not at all: a reader sees the old file or the new one, whatever happens on the way.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Behind a symbolic link the file is replaced, not the link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let permissions = match fs::metadata(&target) {
        Ok(metadata) if metadata.is_file() => Some(metadata.permissions()),
        Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        // A pipe or a device cannot be replaced.
        Ok(_) => return OpenOptions::new().write(true).open(&target)?.write_all(bytes),
        Err(_) => None,
    };
    let directory = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(name) = target.file_name() else { return Err(io::ErrorKind::InvalidInput.into()) };
    let mut temporary_name = std::ffi::OsString::from(".");
    temporary_name.push(name);
    temporary_name.push(format!(".{}.tmp", std::process::id()));
    let temporary = directory.join(temporary_name);
    let written = write_new(&temporary, bytes, permissions).and_then(|()| fs::rename(&temporary, &target));
    if written.is_err() {
        // It is the first error that is told.
        let _ = fs::remove_file(&temporary);
        return written;
    }
    // The new name is on the disk only with its directory; not every file system can be told so.
    if let Ok(directory) = File::open(directory) {
        let _ = directory.sync_all();
    }
    Ok(())
}

fn write_new(path: &Path, bytes: &[u8], permissions: Option<fs::Permissions>) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}
