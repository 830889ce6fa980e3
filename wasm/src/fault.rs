//! What an export can fail with.

use core::fmt;

#[cfg(feature = "runtime")]
use toolgate_runtime::{FieldError, LoadError};

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
    #[cfg(feature = "runtime")]
    Load(LoadError),
    /// A field's value was not taken.
    #[cfg(feature = "runtime")]
    Field(FieldError),
    /// The documents are no policy; the diagnostics say why.
    #[cfg(feature = "compiler")]
    Policy,
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
            #[cfg(feature = "runtime")]
            Fault::Load(error) => error.code(),
            #[cfg(feature = "runtime")]
            Fault::Field(error) => error.code(),
            #[cfg(feature = "compiler")]
            Fault::Policy => "host/policy",
        }
    }

    /// Writes the failure. No code and no message holds what JSON would want escaped.
    pub(crate) fn write_json(&self, out: &mut impl fmt::Write) -> fmt::Result {
        write!(out, "{{\"code\":\"{}\",\"message\":\"{self}\"}}", self.code())
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
            #[cfg(feature = "runtime")]
            Fault::Load(error) => error.fmt(f),
            #[cfg(feature = "runtime")]
            Fault::Field(error) => error.fmt(f),
            #[cfg(feature = "compiler")]
            Fault::Policy => f.write_str("the policy has errors; the diagnostics say which"),
        }
    }
}

impl core::error::Error for Fault {}

#[cfg(feature = "runtime")]
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
