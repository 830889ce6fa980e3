//! What an export can fail with.

#[cfg(feature = "compiler")]
use alloc::boxed::Box;
use core::fmt::{self, Write};

#[cfg(feature = "compiler")]
use toolgate_compiler::explain::{NoSuchRule, NotExplainable};
#[cfg(feature = "runtime")]
use toolgate_runtime::FieldError;
use toolgate_runtime::LoadError;

/// A failure, told to the host as a negative number, with `{"code":…,"message":…}` in the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The module's memory cannot grow any more.
    Memory,
    /// An address and a length that are not inside one buffer of the host's.
    Buffer,
    /// A handle that was never given out, or was given back.
    Handle,
    /// Records that break off, or hold what they must not.
    Records,
    /// A flag that this version does not know: what it asks for would be missing from the decision.
    Flags,
    /// The bytes are no artifact, or not the one expected.
    Load(LoadError),
    /// A field's value was not taken.
    #[cfg(feature = "runtime")]
    Field(FieldError),
    /// The documents are no policy; the diagnostics say why.
    #[cfg(feature = "compiler")]
    Policy,
    /// The artifact does not carry its documents.
    #[cfg(feature = "compiler")]
    NoSources,
    /// The documents in the artifact are not those of its policy.
    #[cfg(feature = "compiler")]
    OtherSources,
    /// A rule was asked for that the policy does not have.
    #[cfg(feature = "compiler")]
    Rule(Box<NoSuchRule>),
}

impl Fault {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Fault::Memory => "host/memory",
            Fault::Buffer => "host/buffer",
            Fault::Handle => "host/handle",
            Fault::Records => "host/records",
            Fault::Flags => "host/flags",
            Fault::Load(error) => error.code(),
            #[cfg(feature = "runtime")]
            Fault::Field(error) => error.code(),
            #[cfg(feature = "compiler")]
            Fault::Policy => "host/policy",
            #[cfg(feature = "compiler")]
            Fault::NoSources => "host/no-sources",
            #[cfg(feature = "compiler")]
            Fault::OtherSources => "host/other-sources",
            #[cfg(feature = "compiler")]
            Fault::Rule(_) => "host/unknown-rule",
        }
    }

    /// Writes the failure as JSON.
    pub(crate) fn write_json(&self, out: &mut impl fmt::Write) -> fmt::Result {
        out.write_str("{\"code\":\"")?;
        out.write_str(self.code())?;
        out.write_str("\",\"message\":\"")?;
        write!(Escaped(out), "{self}")?;
        out.write_str("\"}")
    }
}

/// Writes into a JSON string. Messages have no control characters: what is quoted in them is escaped.
struct Escaped<'w, W>(&'w mut W);

impl<W: Write> Write for Escaped<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for piece in text.split_inclusive(['"', '\\']) {
            match piece.strip_suffix(['"', '\\']) {
                Some(plain) => {
                    self.0.write_str(plain)?;
                    self.0.write_str(if piece.ends_with('"') { "\\\"" } else { "\\\\" })?;
                }
                None => self.0.write_str(piece)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Memory => f.write_str("the module's memory cannot grow any more"),
            Fault::Buffer => f.write_str("the address and length are not inside one live buffer"),
            Fault::Handle => f.write_str("there is no policy of that handle"),
            Fault::Records => f.write_str("the records do not hold together"),
            Fault::Flags => f.write_str("a flag is not known to this version"),
            Fault::Load(error) => error.fmt(f),
            #[cfg(feature = "runtime")]
            Fault::Field(error) => error.fmt(f),
            #[cfg(feature = "compiler")]
            Fault::Policy => f.write_str("the documents have errors"),
            #[cfg(feature = "compiler")]
            Fault::NoSources => NotExplainable::NoSources.fmt(f),
            #[cfg(feature = "compiler")]
            Fault::OtherSources => NotExplainable::OtherPolicy.fmt(f),
            #[cfg(feature = "compiler")]
            Fault::Rule(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Fault {}

impl From<LoadError> for Fault {
    fn from(error: LoadError) -> Self {
        Fault::Load(error)
    }
}

#[cfg(feature = "runtime")]
impl From<FieldError> for Fault {
    fn from(error: FieldError) -> Self {
        Fault::Field(error)
    }
}
