//! The loaded policy.
#![expect(unsafe_code, reason = "arguments are pointers")]

use std::ffi::c_void;
use std::ops::Deref;

use toolgate_runtime::{LoadError, parse_digest};

use crate::boundary::boundary;
use crate::bytes::{Bytes, free};
use crate::slice::{bytes, handle, optional_out, out};
use crate::status::{self, Status, TOOLGATE_ERR_INVALID_DIGEST, TOOLGATE_ERR_OTHER};

/// A policy ready to decide. It never changes: any number of threads may use one at a time.
#[derive(Debug)]
pub struct Policy(toolgate_runtime::Policy);

impl Deref for Policy {
    type Target = toolgate_runtime::Policy;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Loads an artifact. Its bytes are not needed any more afterwards, and may lie anywhere.
///
/// If it cannot be loaded, the status says why, and `message` gets a sentence for people. NULL declines that.
///
/// An artifact proves that its bytes are as some compiler wrote them, not who wrote them: where that matters, use
/// toolgate_policy_load_expecting.
// SAFETY: no other symbol has this prefix.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn toolgate_policy_load(
    artifact: *const c_void,
    artifact_len: usize,
    policy: *mut *mut Policy,
    message: *mut *mut Bytes,
) -> Status {
    // SAFETY: the caller keeps the header's promises about each of these pointers.
    boundary(|| unsafe { load(artifact, artifact_len, policy, message, toolgate_runtime::Policy::load) })
}

/// Loads an artifact only if it is of the policy with this digest: `sha256:` and 64 lower-case hexadecimal digits, as
/// decisions, toolgate_policy_info and the `toolgate` command print it.
// SAFETY: no other symbol has this prefix.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn toolgate_policy_load_expecting(
    artifact: *const c_void,
    artifact_len: usize,
    digest: *const c_void,
    digest_len: usize,
    policy: *mut *mut Policy,
    message: *mut *mut Bytes,
) -> Status {
    // SAFETY: the caller keeps the header's promises about each of these pointers.
    boundary(|| unsafe {
        let digest = parse_digest(bytes(digest, digest_len)?).ok_or(TOOLGATE_ERR_INVALID_DIGEST)?;
        load(artifact, artifact_len, policy, message, |artifact| toolgate_runtime::Policy::load_expecting(artifact, &digest))
    })
}

/// Loads in one of the two ways.
///
/// # Safety
/// `artifact` is as [`bytes`] wants it, `policy` and `message` as [`out`] does.
unsafe fn load(
    artifact: *const c_void,
    artifact_len: usize,
    policy: *mut *mut Policy,
    message: *mut *mut Bytes,
    load: impl FnOnce(&[u8]) -> Result<toolgate_runtime::Policy, LoadError>,
) -> Result<(), Status> {
    // SAFETY: the caller's promises are the same.
    let (artifact, policy, message) = unsafe { (bytes(artifact, artifact_len)?, out(policy)?, optional_out(message)?) };
    match load(artifact) {
        Ok(loaded) => {
            policy.write(Box::into_raw(Box::new(Policy(loaded))));
            Ok(())
        }
        Err(error) => {
            if let Some(message) = message {
                Bytes::give(error.to_string().into_bytes(), &message);
            }
            Err(status::of_load(&error))
        }
    }
}

/// Frees a policy that no thread uses any more. NULL is nothing to free. Scratches made for it stay valid.
// SAFETY: no other symbol has this prefix.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn toolgate_policy_free(policy: *mut Policy) {
    // SAFETY: the caller keeps the header's promises about the handle.
    unsafe { free(policy) }
}

/// What is known of a policy, as one JSON object: `policy` and `artifact` (digests), `format`, `rules` (their number),
/// `fields` (JSON Pointers of what it reads), `artifact_bytes`, and `certificate` (what a decision costs at most).
// SAFETY: no other symbol has this prefix.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn toolgate_policy_info(policy: *const Policy, info: *mut *mut Bytes) -> Status {
    // SAFETY: the caller keeps the header's promises about each of these pointers.
    boundary(|| unsafe {
        let (policy, info) = (handle(policy)?, out(info)?);
        let mut text = String::new();
        // A string takes everything that is written to it.
        policy.write_info(&mut text).map_err(|_| TOOLGATE_ERR_OTHER)?;
        Bytes::give(text.into_bytes(), &info);
        Ok(())
    })
}
