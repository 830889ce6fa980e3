//! Why the reading of an expression ends early.

use nom::Err;
use nom::error::{ErrorKind, ParseError};

/// What a parser has met.
#[derive(Debug)]
pub(super) enum Fault<'s> {
    /// Something else than what was looked for; another parser may know it.
    Mismatch,
    /// More conditions than a rule may have. The rest is not read.
    Conditions,
    /// Something that can be told.
    Told(Problem<'s>),
}

/// What is wrong, and where.
#[derive(Debug)]
pub(super) struct Problem<'s> {
    pub(super) code: &'static str,
    /// A slice of the expression.
    pub(super) at: &'s str,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl<'s> Problem<'s> {
    pub(super) fn syntax(at: &'s str, message: impl Into<String>) -> Self {
        Self { code: "if/syntax", at, message: message.into(), help: None }
    }

    /// Something that CEL has.
    pub(super) fn unsupported(at: &'s str, message: impl Into<String>) -> Self {
        Self { code: "if/unsupported", at, message: message.into(), help: None }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// Ends the reading.
    pub(super) fn end(self) -> Err<Fault<'s>> {
        Err::Failure(Fault::Told(self))
    }
}

impl<'s> ParseError<&'s str> for Fault<'s> {
    fn from_error_kind(_input: &'s str, _kind: ErrorKind) -> Self {
        Self::Mismatch
    }

    fn append(_input: &'s str, _kind: ErrorKind, other: Self) -> Self {
        other
    }
}
