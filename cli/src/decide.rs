//! `toolgate decide`

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use toolgate_runtime::{Options, Scratch};

use crate::lines::{Lines, ReadError};
use crate::output::{Failure, Stdout};
use crate::policy;

/// Decide requests, one decision a line
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Policy documents, directories of them, or one compiled artifact
    #[arg(required = true, value_name = "POLICY")]
    policies: Vec<PathBuf>,
    /// One request a line; `-` is standard input
    #[arg(long, value_name = "FILE.jsonl")]
    requests: PathBuf,
    /// The clarification has been obtained: rules that ask for it count as allow
    #[arg(long)]
    clarified: bool,
    /// Write the decision alone, without what goes with it
    #[arg(long)]
    verdict: bool,
}

const EXAMPLES: &str = "\
Examples:
  toolgate decide policy.yaml --requests calls.jsonl
  tail -f calls.jsonl | toolgate decide policy.tgc --requests -
  toolgate decide policies/ --requests calls.jsonl --verdict | sort | uniq -c

Every line of the requests gets a decision, in order; one that is no request is denied with the reason. Blank lines are
skipped. Exit codes: 0 all lines are decided, whatever the decisions; 1 the policy is wrong; 2 usage or input and output";

impl From<ReadError> for Failure {
    fn from(ReadError(error): ReadError) -> Self {
        Failure::Other(format!("cannot read the requests: {error}"))
    }
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    refuse_closed(1, "standard output")?;
    let policy = policy::load(&arguments.policies)?.policy;
    let mut lines = Lines::new(open(&arguments.requests)?);
    let mut scratch = Scratch::new(&policy);
    let options = Options { clarified: arguments.clarified };
    let mut out = Pending { stdout: Stdout::new(), is_flushed: true };
    let result = loop {
        // Whoever writes the requests may wait for the decisions before writing on.
        let line = match lines.next(|| out.flush()) {
            Ok(Some(line)) => line,
            Ok(None) => break Ok(()),
            Err(failure) => break Err(failure),
        };
        let written = if arguments.verdict {
            let verdict = policy.verdict(line, &mut scratch, options);
            out.line(format_args!("{{\"decision\":\"{}\"}}", verdict.as_str()))
        } else {
            out.line(policy.decide(line, &mut scratch, options))
        };
        if let Err(failure) = written {
            break Err(failure);
        }
    };
    // What was decided before a failure counts.
    result.and(out.flush())
}

/// Standard output, and whether anything waits in its buffer.
struct Pending {
    stdout: Stdout,
    is_flushed: bool,
}

impl Pending {
    fn line(&mut self, line: impl std::fmt::Display) -> Result<(), Failure> {
        self.is_flushed = false;
        self.stdout.line(line)
    }

    fn flush(&mut self) -> Result<(), Failure> {
        if self.is_flushed {
            return Ok(());
        }
        self.is_flushed = true;
        self.stdout.flush()
    }
}

/// The requests, a file or standard input.
pub fn open(path: &Path) -> Result<Box<dyn Read>, Failure> {
    if path == Path::new("-") {
        refuse_closed(0, "standard input")?;
        return Ok(Box::new(io::stdin().lock()));
    }
    match File::open(path) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => Err(Failure::unreadable(path, &error)),
    }
}

/// Refuses a standard stream that was closed when the program started.
///
/// The standard library puts `/dev/null` in its place, open for reading and writing, and requests or decisions would
/// vanish without a word. Only Linux lets that be seen without unsafe code; elsewhere a closed stream is an empty one.
pub fn refuse_closed(descriptor: u8, name: &str) -> Result<(), Failure> {
    let proc = |what: &str| PathBuf::from(format!("/proc/self/{what}/{descriptor}"));
    let is_null = std::fs::read_link(proc("fd")).is_ok_and(|target| target == Path::new("/dev/null"));
    if !is_null {
        return Ok(());
    }
    let flags = std::fs::read_to_string(proc("fdinfo")).unwrap_or_default();
    let flags = flags.lines().find_map(|line| line.strip_prefix("flags:")).unwrap_or("").trim();
    // The access mode is the last octal digit's lower bits; 2 is reading and writing.
    let mode = u32::from_str_radix(flags, 8).unwrap_or(0) & 0b11;
    if mode == 2 {
        return Err(Failure::Other(format!("{name} is closed (or is /dev/null, open for reading and writing)")));
    }
    Ok(())
}
