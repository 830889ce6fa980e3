//! What is told about a policy's text: errors and warnings, each with a code and a place.

mod escape;
pub mod github;
pub mod manual;
pub mod render;
mod report;
pub mod sarif;

use serde::Serialize;

pub(crate) use escape::clip;
pub use escape::{escape, quote};
pub(crate) use report::Report;

/// One thing to tell the author of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Stable, such as `document/duplicate-key`.
    pub code: &'static str,
    /// Whether the policy can be used all the same.
    pub severity: Severity,
    /// One line: lower case, no full stop, input in backticks.
    pub message: String,
    /// Name of the source as given.
    pub file: String,
    /// Where.
    pub span: Span,
    /// What to write instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// Whether a policy can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It can, but probably does not mean what its author thinks.
    Warning,
    /// It cannot.
    Error,
}

/// A range of a source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Span {
    /// 1-based.
    pub line: u32,
    /// 1-based, in code points.
    pub column: u32,
    /// Byte offset of the first byte.
    pub start: u32,
    /// Byte offset after the last byte.
    pub end: u32,
}

impl Span {
    /// Line and column behind the last byte, in the text that the span is of.
    pub(crate) fn end_in(self, text: &[u8]) -> (u32, u32) {
        let offset = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        let marked = text.get(offset(self.start)..offset(self.end)).unwrap_or_default();
        let (mut line, mut column) = (self.line, self.column);
        let mut bytes = marked.iter().peekable();
        while let Some(byte) = bytes.next() {
            // As in `tree::span`: a carriage return ends a line unless a line feed follows.
            if *byte == b'\n' || (*byte == b'\r' && bytes.peek() != Some(&&b'\n')) {
                line = line.saturating_add(1);
                column = 1;
            } else if *byte & 0xC0 != 0x80 {
                column = column.saturating_add(1);
            }
        }
        (line, column)
    }
}
