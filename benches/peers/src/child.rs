//! Runs a cell in a process of its own, within limits.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::cell::Choice;
use crate::peer::Fallible;

/// What a cell may take.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Building, checking and timing together.
    pub seconds: u64,
    /// Resident memory; only looked at on Linux.
    pub mebibytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { seconds: 90, mebibytes: 6 * 1_024 }
    }
}

/// Runs the program and returns what it prints.
///
/// # Errors
/// Why there is none, in a few words: a limit passed, or the last thing that the program said.
pub fn run(program: &Path, first: &[&str], choice: &Choice, limits: &Limits) -> Fallible<String> {
    let mut command = Command::new(program);
    // Errors are to be one line.
    command.args(first).args(choice.to_arguments()).env("RUST_BACKTRACE", "0");
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let start = Instant::now();
    // Both outputs are short: a pipe holds them.
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        let passed = if start.elapsed() > Duration::from_secs(limits.seconds) {
            Some(format!("not built and measured within {} s", limits.seconds))
        } else if resident_mebibytes(&child) > limits.mebibytes {
            Some(format!("takes more than {} GiB", limits.mebibytes / 1_024))
        } else {
            None
        };
        if let Some(passed) = passed {
            child.kill()?;
            child.wait()?;
            return Err(passed.into());
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let (mut output, mut told) = (String::new(), String::new());
    child.stdout.take().ok_or("no output")?.read_to_string(&mut output)?;
    child.stderr.take().ok_or("no output")?.read_to_string(&mut told)?;
    if status.success() {
        return Ok(output);
    }
    Err(reason(&told).into())
}

/// How a program ends: with its error on one line that begins as [`reason`] looks for.
#[must_use]
pub fn exit(result: Fallible<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {}", error.to_string().replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

/// What an error, or a panic, comes to.
fn reason(told: &str) -> String {
    if let Some((_, rest)) = told.split_once("panicked at ") {
        return format!("panics: {}", rest.lines().nth(1).unwrap_or(rest));
    }
    let error = told.lines().find_map(|line| line.strip_prefix("Error: "));
    error.or(told.lines().last()).unwrap_or("no reason given").to_owned()
}

fn resident_mebibytes(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kibibytes.unwrap_or(0) / 1_024
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn reasons_are_one_line() {
        assert_eq!(reason("note\nError: too large\n  0: main\n"), "too large");
        assert_eq!(reason("\nthread 'main' panicked at src/lib.rs:1:2:\nout of range\nnote: run with\n"), "panics: out of range");
        assert_eq!(reason("killed"), "killed");
    }
}
