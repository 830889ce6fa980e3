//! `toolgate decide`

mod block;
mod threads;

use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use block::Block;
use toolgate_runtime::{Batch, Options, Policy};

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
    /// How many threads decide; as many as the processor has for a file, one for standard input
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=THREADS_MAX as i64))]
    threads: Option<u16>,
}

const EXAMPLES: &str = "\
Examples:
  toolgate decide policy.yaml --requests calls.jsonl
  tail -f calls.jsonl | toolgate decide policy.tgc --requests -
  toolgate decide policies/ --requests calls.jsonl --verdict | sort | uniq -c

Every line of the requests gets a decision, in order, however many threads decide; one that is no request is denied with
the reason. Blank lines are skipped. Exit codes: 0 all lines are decided, whatever the decisions; 1 the policy is wrong;
2 usage or input and output";

impl From<ReadError> for Failure {
    fn from(ReadError(error): ReadError) -> Self {
        Failure::Other(format!("cannot read the requests: {error}"))
    }
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    refuse_closed(1, "standard output")?;
    let policy = Arc::new(policy::load(&arguments.policies)?.policy);
    let lines = Lines::new(open(&arguments.requests)?);
    let decider = || Decider {
        batch: Batch::new(&policy),
        policy: Arc::clone(&policy),
        options: Options { clarified: arguments.clarified },
        is_verdict: arguments.verdict,
    };
    let threads = arguments.threads.map_or_else(|| threads_for(&arguments.requests), usize::from);
    if threads > 1 {
        return threads::run(lines, (0..threads).map(|_| decider()).collect());
    }
    let mut decider = decider();
    let mut out = Stdout::new();
    block::read(lines, |block| {
        out.write(decider.decide(&block).as_bytes())?;
        out.flush()
    })
}

/// As many threads as the processor has, if the requests are a file that has a block for each. What comes through a pipe
/// may come a line at a time.
fn threads_for(requests: &Path) -> usize {
    let file = std::fs::metadata(requests).ok().filter(|file| file.is_file() && requests != Path::new("-"));
    let blocks = file.map_or(0, |file| usize::try_from(file.len()).unwrap_or(usize::MAX)) / block::LEN_BYTES;
    thread::available_parallelism().map_or(1, usize::from).min(blocks).clamp(1, THREADS_MAX)
}

const THREADS_MAX: usize = 256;

/// What decides blocks of requests, one for each thread.
struct Decider {
    policy: Arc<Policy>,
    batch: Batch,
    options: Options,
    is_verdict: bool,
}

impl Decider {
    /// The decisions of a block, one a line.
    fn decide(&mut self, block: &Block) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        if self.is_verdict {
            self.policy.verdict_batch(block.lines(), &mut self.batch, self.options, |_, verdict| {
                let _ = writeln!(text, "{{\"decision\":\"{}\"}}", verdict.as_str());
            });
        } else {
            self.policy.decide_batch(block.lines(), &mut self.batch, self.options, |_, decision| {
                let _ = writeln!(text, "{decision}");
            });
        }
        text
    }
}

/// The requests, a file or standard input.
pub fn open(path: &Path) -> Result<Box<dyn Read + Send>, Failure> {
    if path == Path::new("-") {
        refuse_closed(0, "standard input")?;
        return Ok(Box::new(io::stdin()));
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
