//! What became of a call.
#![expect(unsafe_code, reason = "exports have a name that nothing else may have")]

use toolgate_runtime::{FieldError, LoadError};

use crate::bytes::Text;

/// What became of a call: TOOLGATE_OK, or a number whose name begins with TOOLGATE_ERR_. Numbers are never given another meaning.
pub type Status = u32;

/// Done; all outputs are written.
pub const TOOLGATE_OK: Status = 0;

/// A pointer is NULL that must not be.
pub const TOOLGATE_ERR_NULL: Status = 1;
/// A pointer to a handle, a struct or a number is not aligned as its type must be.
pub const TOOLGATE_ERR_MISALIGNED: Status = 2;
/// A length that no object can have, or values of more bytes together than a request may have.
pub const TOOLGATE_ERR_TOO_LARGE: Status = 3;
/// The caller's buffer holds less than there is; the size that is needed has been written.
pub const TOOLGATE_ERR_BUFFER_TOO_SMALL: Status = 4;
/// A name or a value's text is not UTF-8.
pub const TOOLGATE_ERR_INVALID_UTF8: Status = 5;
/// An option's bit that this version does not know.
pub const TOOLGATE_ERR_UNKNOWN_OPTION: Status = 6;
/// A kind of value that this version does not know.
pub const TOOLGATE_ERR_UNKNOWN_KIND: Status = 7;
/// The expected digest is not `sha256:` and 64 lower-case hexadecimal digits.
pub const TOOLGATE_ERR_INVALID_DIGEST: Status = 8;
/// A policy of no documents: nothing was read where something should have been.
pub const TOOLGATE_ERR_NO_DOCUMENTS: Status = 9;
/// The documents have errors; the diagnostics tell them.
pub const TOOLGATE_ERR_INVALID_POLICY: Status = 10;
/// The scratch is in use by another call: one scratch serves one thread at a time.
pub const TOOLGATE_ERR_BUSY: Status = 11;
/// A fault of the library. It was stopped here; handles stay valid.
pub const TOOLGATE_ERR_PANIC: Status = 12;
/// An error that this version has no number for; its message tells.
pub const TOOLGATE_ERR_OTHER: Status = 13;
/// The artifact carries no documents, which is what decisions are explained with.
pub const TOOLGATE_ERR_NO_SOURCES: Status = 14;
/// The policy has no rule of that id.
pub const TOOLGATE_ERR_UNKNOWN_RULE: Status = 15;

/// The bytes do not begin as an artifact does.
pub const TOOLGATE_ERR_LOAD_MAGIC: Status = 101;
/// The artifact has another format than this library loads.
pub const TOOLGATE_ERR_LOAD_VERSION: Status = 102;
/// Fewer or more bytes than the artifact says it has.
pub const TOOLGATE_ERR_LOAD_TRUNCATED: Status = 103;
/// The artifact is not as it was written.
pub const TOOLGATE_ERR_LOAD_DIGEST: Status = 104;
/// A section of the artifact does not hold together.
pub const TOOLGATE_ERR_LOAD_SECTION: Status = 105;
/// The artifact is sound, but of another policy than the one expected.
pub const TOOLGATE_ERR_LOAD_OTHER_POLICY: Status = 106;
/// There is not enough memory for the policy.
pub const TOOLGATE_ERR_LOAD_MEMORY: Status = 107;

/// The policy has no such slot.
pub const TOOLGATE_ERR_FIELDS_UNKNOWN_SLOT: Status = 201;
/// A value's text is no JSON number, array or object.
pub const TOOLGATE_ERR_FIELDS_MALFORMED: Status = 202;

/// The stable code of a status, the same in every host, such as `load/truncated`; `ok`; empty for a number that is no
/// status. Static.
// SAFETY: no other symbol has this prefix.
#[unsafe(no_mangle)]
pub extern "C" fn toolgate_status_code(status: Status) -> Text {
    Text::of(CODES.iter().find(|(known, _)| *known == status).map_or("", |(_, code)| code))
}

const CODES: [(Status, &str); 25] = [
    (TOOLGATE_OK, "ok"),
    (TOOLGATE_ERR_NULL, "host/null"),
    (TOOLGATE_ERR_MISALIGNED, "host/misaligned"),
    (TOOLGATE_ERR_TOO_LARGE, "host/too-large"),
    (TOOLGATE_ERR_BUFFER_TOO_SMALL, "host/buffer-too-small"),
    (TOOLGATE_ERR_INVALID_UTF8, "host/invalid-utf8"),
    (TOOLGATE_ERR_UNKNOWN_OPTION, "host/unknown-option"),
    (TOOLGATE_ERR_UNKNOWN_KIND, "host/unknown-kind"),
    (TOOLGATE_ERR_INVALID_DIGEST, "host/invalid-digest"),
    (TOOLGATE_ERR_NO_DOCUMENTS, "host/no-documents"),
    (TOOLGATE_ERR_INVALID_POLICY, "host/invalid-policy"),
    (TOOLGATE_ERR_BUSY, "host/busy"),
    (TOOLGATE_ERR_PANIC, "host/panic"),
    (TOOLGATE_ERR_OTHER, "host/other"),
    (TOOLGATE_ERR_NO_SOURCES, "host/no-sources"),
    (TOOLGATE_ERR_UNKNOWN_RULE, "host/unknown-rule"),
    (TOOLGATE_ERR_LOAD_MAGIC, "load/magic"),
    (TOOLGATE_ERR_LOAD_VERSION, "load/version"),
    (TOOLGATE_ERR_LOAD_TRUNCATED, "load/truncated"),
    (TOOLGATE_ERR_LOAD_DIGEST, "load/digest"),
    (TOOLGATE_ERR_LOAD_SECTION, "load/section"),
    (TOOLGATE_ERR_LOAD_OTHER_POLICY, "load/other-policy"),
    (TOOLGATE_ERR_LOAD_MEMORY, "load/memory"),
    (TOOLGATE_ERR_FIELDS_UNKNOWN_SLOT, "fields/unknown-slot"),
    (TOOLGATE_ERR_FIELDS_MALFORMED, "fields/malformed"),
];

/// The status of an error that the runtime names by its code.
fn of_code(code: &str) -> Status {
    CODES.iter().find(|(_, known)| *known == code).map_or(TOOLGATE_ERR_OTHER, |(status, _)| *status)
}

pub(crate) fn of_load(error: &LoadError) -> Status {
    of_code(error.code())
}

pub(crate) fn of_field(error: FieldError) -> Status {
    of_code(error.code())
}
