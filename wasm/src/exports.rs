//! The exports. Each returns what it came to, a negative number if it failed, and leaves what there is to read in the
//! output.
#![allow(unsafe_code, reason = "exports and the instance's memory are unsafe to write; no other file is")]

use core::cell::UnsafeCell;

use crate::buffers::Buffers;
use crate::fault::Fault;
use crate::output::Output;
#[cfg(feature = "runtime")]
use crate::policies::Policies;

/// Everything that one instance of the module keeps.
struct Instance {
    buffers: Buffers,
    output: Output,
    #[cfg(feature = "runtime")]
    policies: Policies,
    #[cfg(feature = "compiler")]
    diagnostics: Output,
}

struct Cell(UnsafeCell<Instance>);

// SAFETY: the module is built without threads and its memory is not shared, so an instance has one thread.
unsafe impl Sync for Cell {}

static INSTANCE: Cell = Cell(UnsafeCell::new(Instance {
    buffers: Buffers::new(),
    output: Output::new(),
    #[cfg(feature = "runtime")]
    policies: Policies::new(),
    #[cfg(feature = "compiler")]
    diagnostics: Output::new(),
}));

/// Runs an export. Without imports no code of the host's runs before it returns, so none is ever inside another.
fn with<T>(run: impl FnOnce(&mut Instance) -> T) -> T {
    // SAFETY: exports are the only callers and do not call each other, there is one thread, and nothing but `with` looks
    // into the cell; so this is the only reference.
    run(unsafe { &mut *INSTANCE.0.get() })
}

/// Runs an export that may fail: a number that is not negative, or -1 and the failure in the output.
fn status(run: impl FnOnce(&mut Instance) -> Result<u32, Fault>) -> i32 {
    with(|instance| match run(instance) {
        Ok(number) => number.cast_signed(),
        Err(fault) => {
            instance.output.fail(&fault);
            FAILED
        }
    })
}

const FAILED: i32 = -1;

/// The version of these exports: what they are called, take and return.
#[unsafe(no_mangle)]
extern "C" fn toolgate_abi() -> u32 {
    1
}

/// Writes the version of the module.
#[unsafe(no_mangle)]
extern "C" fn toolgate_version() -> i32 {
    status(|Instance { output, .. }| {
        output.write(|out| core::fmt::Write::write_str(out, env!("CARGO_PKG_VERSION")))?;
        Ok(0)
    })
}

/// A new buffer of so many bytes, by its address; 0 if memory cannot grow any more.
#[unsafe(no_mangle)]
extern "C" fn toolgate_alloc(len: usize) -> usize {
    with(|instance| instance.buffers.alloc(len)).unwrap_or(0)
}

/// Gives a buffer back.
#[unsafe(no_mangle)]
extern "C" fn toolgate_free(address: usize) -> i32 {
    status(|instance| instance.buffers.free(address).map(|()| 0))
}

/// Where the output is. It moves and changes with every other call.
#[unsafe(no_mangle)]
extern "C" fn toolgate_output() -> usize {
    with(|instance| instance.output.bytes().as_ptr().addr())
}

/// Bytes of the output.
#[unsafe(no_mangle)]
extern "C" fn toolgate_output_len() -> usize {
    with(|instance| instance.output.bytes().len())
}

#[cfg(feature = "runtime")]
mod runtime {
    use toolgate_runtime::Verdict;

    use super::{Instance, status};
    use crate::fault::Fault;

    /// Verdicts as numbers, strictest first: memory full of zeros is a deny.
    fn number(verdict: Verdict) -> u32 {
        match verdict {
            Verdict::Deny => 0,
            Verdict::ClarificationRequired => 1,
            Verdict::ApprovalRequired => 2,
            Verdict::Allow => 3,
        }
    }

    /// Loads the artifact in a buffer, only of the policy with the digest of 32 bytes at `digest` unless that is 0. Returns
    /// a handle, which is never 0. The buffer may be freed then.
    #[unsafe(no_mangle)]
    extern "C" fn toolgate_policy_load(address: usize, len: usize, digest: usize) -> i32 {
        status(|Instance { buffers, policies, .. }| {
            let artifact = buffers.bytes(address, len)?;
            let digest = match digest {
                0 => None,
                digest => Some(buffers.bytes(digest, 32)?.first_chunk().ok_or(Fault::Buffer)?),
            };
            policies.load(artifact, digest)
        })
    }

    /// Gives a policy back.
    #[unsafe(no_mangle)]
    extern "C" fn toolgate_policy_free(handle: u32) -> i32 {
        status(|instance| instance.policies.free(handle).map(|()| 0))
    }

    /// Decides the request in a buffer, returns the verdict and writes the decision.
    #[unsafe(no_mangle)]
    extern "C" fn toolgate_decide(handle: u32, address: usize, len: usize, flags: u32) -> i32 {
        status(|Instance { buffers, policies, output, .. }| {
            policies.decide(handle, buffers.bytes(address, len)?, flags, output).map(number)
        })
    }

    /// Decides the request in a buffer, the verdict alone. Writes nothing.
    #[unsafe(no_mangle)]
    extern "C" fn toolgate_verdict(handle: u32, address: usize, len: usize, flags: u32) -> i32 {
        status(|Instance { buffers, policies, .. }| policies.verdict(handle, buffers.bytes(address, len)?, flags).map(number))
    }

    /// Decides the request whose fields are records in a buffer, returns the verdict and writes the decision.
    #[unsafe(no_mangle)]
    extern "C" fn toolgate_decide_fields(handle: u32, address: usize, len: usize, flags: u32) -> i32 {
        status(|Instance { buffers, policies, output, .. }| {
            policies.decide_fields(handle, buffers.bytes(address, len)?, flags, output).map(number)
        })
    }

    /// Decides the request whose fields are records in a buffer, the verdict alone. Writes nothing.
    #[unsafe(no_mangle)]
    extern "C" fn toolgate_verdict_fields(handle: u32, address: usize, len: usize, flags: u32) -> i32 {
        status(|Instance { buffers, policies, .. }| policies.verdict_fields(handle, buffers.bytes(address, len)?, flags).map(number))
    }

    /// Writes the slots of a policy.
    #[unsafe(no_mangle)]
    extern "C" fn toolgate_fields(handle: u32) -> i32 {
        status(|Instance { policies, output, .. }| policies.fields(handle, output).map(|()| 0))
    }

    /// Writes what there is to know of a policy.
    #[unsafe(no_mangle)]
    extern "C" fn toolgate_info(handle: u32) -> i32 {
        status(|Instance { policies, output, .. }| policies.info(handle, output).map(|()| 0))
    }
}

#[cfg(feature = "compiler")]
mod compiler {
    use super::{Instance, status, with};
    use crate::buffers::Buffers;
    use crate::compiler::{Question, compile, explain_artifact, explain_documents};
    use crate::fault::Fault;

    /// Compiles the documents in a buffer and writes the artifact. What there is to say about the documents is in the
    /// diagnostics, whether it has failed or not.
    #[unsafe(no_mangle)]
    extern "C" fn toolgate_compile(address: usize, len: usize) -> i32 {
        status(|Instance { buffers, output, diagnostics, .. }| {
            compile(buffers.bytes(address, len)?, false, output, diagnostics).map(|()| 0)
        })
    }

    /// The same, with the documents in the artifact, so that it explains wherever it is.
    #[unsafe(no_mangle)]
    extern "C" fn toolgate_compile_with_sources(address: usize, len: usize) -> i32 {
        status(|Instance { buffers, output, diagnostics, .. }| compile(buffers.bytes(address, len)?, true, output, diagnostics).map(|()| 0))
    }

    /// Where the diagnostics of the last compile are.
    #[unsafe(no_mangle)]
    extern "C" fn toolgate_diagnostics() -> usize {
        with(|instance| instance.diagnostics.bytes().as_ptr().addr())
    }

    /// Bytes of the diagnostics.
    #[unsafe(no_mangle)]
    extern "C" fn toolgate_diagnostics_len() -> usize {
        with(|instance| instance.diagnostics.bytes().len())
    }

    /// Explains the decision of the documents in a buffer on the request in another; of one rule alone if its id is given.
    #[unsafe(no_mangle)]
    extern "C" fn toolgate_explain_documents(
        address: usize,
        len: usize,
        request: usize,
        request_len: usize,
        rule: usize,
        rule_len: usize,
        flags: u32,
    ) -> i32 {
        status(|Instance { buffers, output, .. }| {
            let question = question(buffers, (request, request_len), (rule, rule_len), flags)?;
            explain_documents(buffers.bytes(address, len)?, question, output).map(|()| 0)
        })
    }

    /// The same for an artifact that carries its documents.
    #[unsafe(no_mangle)]
    extern "C" fn toolgate_explain_artifact(
        address: usize,
        len: usize,
        request: usize,
        request_len: usize,
        rule: usize,
        rule_len: usize,
        flags: u32,
    ) -> i32 {
        status(|Instance { buffers, output, .. }| {
            let question = question(buffers, (request, request_len), (rule, rule_len), flags)?;
            explain_artifact(buffers.bytes(address, len)?, question, output).map(|()| 0)
        })
    }

    fn question(buffers: &Buffers, request: (usize, usize), rule: (usize, usize), flags: u32) -> Result<Question<'_>, Fault> {
        Ok(Question { request: buffers.bytes(request.0, request.1)?, rule: buffers.bytes(rule.0, rule.1)?, flags })
    }
}
