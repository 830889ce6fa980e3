//! Deciding requests that are JSON.
#![expect(unsafe_code, reason = "arguments are pointers")]

use std::ffi::c_void;
use std::fmt::Write;

use toolgate_runtime::{Decision, Options};

use crate::boundary::deciding;
use crate::policy::Policy;
use crate::scratch::Scratch;
use crate::slice::{Buffer, Out, buffer, bytes, handle, out};
use crate::status::{Status, TOOLGATE_ERR_BUFFER_TOO_SMALL, TOOLGATE_ERR_OTHER, TOOLGATE_ERR_UNKNOWN_OPTION};

/// What to do with a tool call. Memory that is all zeros is a deny.
pub type Verdict = u32;

/// The call must not run.
pub const TOOLGATE_DENY: Verdict = 0;
/// The caller must clarify first.
pub const TOOLGATE_CLARIFICATION_REQUIRED: Verdict = 1;
/// A human must approve first.
pub const TOOLGATE_APPROVAL_REQUIRED: Verdict = 2;
/// The call may run.
pub const TOOLGATE_ALLOW: Verdict = 3;

/// Option of what decides: the clarification has been obtained, so rules and a default that ask for it count as allow.
pub const TOOLGATE_CLARIFIED: u32 = 1;

/// Decides one request, the bytes of a JSON object, and writes the whole decision as JSON.
///
/// Bytes that are no request are decided too: a deny whose `reason` says what is wrong with them, such as
/// `request/too-large`, and TOOLGATE_OK.
///
/// `decision_len` gets the number of bytes of the decision, which is not ended by a NUL. If the buffer is smaller, nothing
/// is written to it, the status is TOOLGATE_ERR_BUFFER_TOO_SMALL and the verdict deny; so with a `buffer_len` of 0 the call
/// asks for the size.
// SAFETY: no other symbol has this prefix.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn toolgate_decide(
    policy: *const Policy,
    scratch: *mut Scratch,
    request: *const c_void,
    request_len: usize,
    options: u32,
    decision: *mut c_void,
    buffer_len: usize,
    decision_len: *mut usize,
    verdict: *mut Verdict,
) -> Status {
    // SAFETY: the caller keeps the header's promises about each of these pointers.
    unsafe {
        deciding(verdict, || {
            let (policy, mut memory) = (handle(policy)?, handle(scratch)?.take()?);
            let (request, options) = (bytes(request, request_len)?, read_options(options)?);
            let (place, len) = (buffer(decision.cast::<u8>(), buffer_len)?, out(decision_len)?);
            let memory = &mut *memory;
            write(&policy.decide(request, &mut memory.scratch, options), &mut memory.text, &place, &len)
        })
    }
}

/// Decides one request, the bytes of a JSON object: the verdict alone, at less cost.
///
/// Bytes that are no request are a deny, and TOOLGATE_OK.
// SAFETY: no other symbol has this prefix.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn toolgate_decide_verdict(
    policy: *const Policy,
    scratch: *mut Scratch,
    request: *const c_void,
    request_len: usize,
    options: u32,
    verdict: *mut Verdict,
) -> Status {
    // SAFETY: the caller keeps the header's promises about each of these pointers.
    unsafe {
        deciding(verdict, || {
            let (policy, mut memory) = (handle(policy)?, handle(scratch)?.take()?);
            let (request, options) = (bytes(request, request_len)?, read_options(options)?);
            Ok(verdict_of(policy.verdict(request, &mut memory.scratch, options)))
        })
    }
}

pub(crate) fn read_options(options: u32) -> Result<Options, Status> {
    match options {
        0 => Ok(Options { clarified: false }),
        TOOLGATE_CLARIFIED => Ok(Options { clarified: true }),
        _ => Err(TOOLGATE_ERR_UNKNOWN_OPTION),
    }
}

pub(crate) fn verdict_of(verdict: toolgate_runtime::Verdict) -> Verdict {
    match verdict {
        toolgate_runtime::Verdict::Allow => TOOLGATE_ALLOW,
        toolgate_runtime::Verdict::ApprovalRequired => TOOLGATE_APPROVAL_REQUIRED,
        toolgate_runtime::Verdict::ClarificationRequired => TOOLGATE_CLARIFICATION_REQUIRED,
        toolgate_runtime::Verdict::Deny => TOOLGATE_DENY,
    }
}

/// Writes a decision to the caller's buffer, by way of `text`, so that half a decision is never seen.
pub(crate) fn write(decision: &Decision<'_>, text: &mut String, place: &Buffer<u8>, len: &Out<usize>) -> Result<Verdict, Status> {
    text.clear();
    // A string takes everything that is written to it.
    write!(text, "{decision}").map_err(|_| TOOLGATE_ERR_OTHER)?;
    len.write(text.len());
    if place.fill(text.as_bytes()) { Ok(verdict_of(decision.verdict())) } else { Err(TOOLGATE_ERR_BUFFER_TOO_SMALL) }
}
