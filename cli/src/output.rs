//! Standard output and standard error, and how a command fails.

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::path::Path;

use clap::ValueEnum;
use toolgate_compiler::diagnostic::{Diagnostic, Severity, github, render};

use crate::policy::Documents;

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub enum Failure {
    /// The policy is wrong, a test of it fails, or it is looser than another, and how has been told: exit code 1.
    Policy,
    /// Usage, or input and output: told when the command ends, exit code 2.
    Other(String),
}

impl Failure {
    /// A file that cannot be read.
    pub fn unreadable(path: &Path, error: &io::Error) -> Self {
        Failure::Other(format!("cannot read {}: {error}", path.display()))
    }

    /// A file that cannot be written.
    pub fn unwritable(path: &Path, error: &io::Error) -> Self {
        Failure::Other(format!("cannot write {}: {error}", path.display()))
    }
}

pub fn unwritable_stdout(error: &io::Error) -> Failure {
    Failure::Other(format!("cannot write to standard output: {error}"))
}

/// How diagnostics and results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// For people; diagnostics as workflow commands of GitHub Actions
    Github,
}

/// Buffered standard output. What was not flushed is not known to have been written.
pub struct Stdout {
    out: BufWriter<StdoutLock<'static>>,
}

impl Stdout {
    pub fn new() -> Self {
        Self { out: BufWriter::with_capacity(BUFFER_LEN_BYTES, io::stdout().lock()) }
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes).map_err(|error| unwritable_stdout(&error))
    }

    pub fn line(&mut self, line: impl Display) -> Result<(), Failure> {
        writeln!(self.out, "{line}").map_err(|error| unwritable_stdout(&error))
    }

    pub fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(|error| unwritable_stdout(&error))
    }
}

const BUFFER_LEN_BYTES: usize = 64 * 1024;

/// A line on standard error. There is nobody left to tell that it cannot be written.
pub fn tell(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Tells what was found in the documents of a policy, on standard error.
///
/// # Errors
/// It cannot be written: whoever relies on being told must not take silence for a good policy.
pub fn tell_diagnostics(documents: &Documents, format: Format) -> Result<(), Failure> {
    let colours = stderr_has_colours();
    let mut text = String::new();
    for diagnostic in &documents.diagnostics {
        match format {
            Format::Text => {
                let shown = render::text(diagnostic, documents.source_of(diagnostic));
                text.push_str(&if colours { painted(diagnostic.severity, &shown) } else { shown });
            }
            Format::Json => {
                text.push_str(&render::json(diagnostic));
                text.push('\n');
            }
            Format::Github => {
                text.push_str(&github::command(diagnostic, documents.source_of(diagnostic)));
                text.push('\n');
            }
        }
    }
    if let (Format::Text, Some(error)) = (format, documents.diagnostics.iter().find(|d| d.severity == Severity::Error)) {
        text.push_str(&format!("for more about an error: toolgate help {}\n", error.code));
    }
    tell_all(&text)
}

/// Text on standard error that must arrive.
pub fn tell_all(text: &str) -> Result<(), Failure> {
    io::stderr().lock().write_all(text.as_bytes()).map_err(|error| Failure::Other(format!("cannot write to standard error: {error}")))
}

/// One diagnostic that belongs to no document, on standard error.
pub fn tell_diagnostic(diagnostic: &Diagnostic, format: Format) -> Result<(), Failure> {
    tell_diagnostics(&Documents { diagnostics: vec![diagnostic.clone()], ..Documents::default() }, format)
}

/// Colours are for people: on a terminal, unless `NO_COLOR` says otherwise.
fn stderr_has_colours() -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    io::stderr().is_terminal() && set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb")
}

/// The rendered diagnostic with its head bold and coloured, and its margin and underline coloured.
fn painted(severity: Severity, shown: &str) -> String {
    let colour = match severity {
        Severity::Warning => YELLOW,
        Severity::Error => RED,
    };
    let mut out = String::with_capacity(shown.len().saturating_add(64));
    for (number, line) in shown.lines().enumerate() {
        if number == 0 {
            let (head, message) = line.split_once(": ").unwrap_or((line, ""));
            out.push_str(&format!("{BOLD}{colour}{head}{RESET}{BOLD}: {message}{RESET}\n"));
        } else if let Some((margin, rest)) =
            line.split_once(" | ").filter(|(margin, _)| margin.bytes().all(|b| b == b' ' || b.is_ascii_digit()))
        {
            let is_underline = rest.trim_start().bytes().all(|byte| byte == b'^');
            let rest = if is_underline { format!("{BOLD}{colour}{rest}{RESET}") } else { rest.to_owned() };
            out.push_str(&format!("{BLUE}{margin} |{RESET} {rest}\n"));
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

const RESET: &str = "\u{1b}[0m";
const BOLD: &str = "\u{1b}[1m";
const RED: &str = "\u{1b}[31m";
const YELLOW: &str = "\u{1b}[33m";
const BLUE: &str = "\u{1b}[34m";

/// `n` and the noun, in the singular or the plural.
pub fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn painting_adds_nothing_but_colours() {
        let shown = "error[document/unknown-key]: key `b: c` is unknown\n  --> p.yaml:2:1\n   |\n 2 | b: 2 | 3\n   | ^^\n   = help: no\n";
        let mut plain = painted(Severity::Error, shown);
        for code in [RESET, BOLD, RED, YELLOW, BLUE] {
            plain = plain.replace(code, "");
        }
        assert_eq!(plain, shown);
    }
}
