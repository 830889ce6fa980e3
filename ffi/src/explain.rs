//! Why a request is decided as it is.
#![expect(unsafe_code, reason = "arguments are pointers")]

use std::ffi::c_void;

use toolgate_compiler::explain::{Explainable, NotExplainable};
use toolgate_runtime::json::reader::BYTES_MAX;

use crate::boundary::boundary;
use crate::bytes::Bytes;
use crate::decide::read_options;
use crate::policy::Policy;
use crate::slice::{bytes, handle, optional_out, out, text};
use crate::status::{Status, TOOLGATE_ERR_INVALID_POLICY, TOOLGATE_ERR_NO_SOURCES, TOOLGATE_ERR_OTHER, TOOLGATE_ERR_UNKNOWN_RULE};

/// Tells why one request is decided as it is, as one JSON object: the rules that hold and those that came near, with the
/// values they saw.
///
/// Never show it to a model: it tells what the policy says and what would get past it.
///
/// The policy must carry its documents (TOOLGATE_WITH_SOURCES, or `toolgate compile --with-sources`). They are read anew
/// for each call, which takes as long as compiling: this is for people. `options` are those of toolgate_decide. With the id
/// of a rule, which NULL and 0 leave open, that rule alone is explained, in full. If there is nothing to explain with,
/// `message` gets a sentence for people. NULL declines that.
// SAFETY: no other symbol has this prefix.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn toolgate_explain(
    policy: *const Policy,
    request: *const c_void,
    request_len: usize,
    options: u32,
    rule: *const c_void,
    rule_len: usize,
    explanation: *mut *mut Bytes,
    message: *mut *mut Bytes,
) -> Status {
    // SAFETY: the caller keeps the header's promises about each of these pointers.
    boundary(|| unsafe {
        let (policy, request, rule) = (handle(policy)?, bytes(request, request_len)?, text(rule, rule_len)?);
        let options = read_options(options)?;
        let (explanation, message) = (out(explanation)?, optional_out(message)?);
        // One byte above the limit is refused as any number of them is.
        let request = request.get(..=BYTES_MAX).unwrap_or(request);
        let rule = (!rule.is_empty()).then_some(rule);
        match explain(policy, request, options.clarified, rule) {
            Ok(json) => {
                Bytes::give(json.into_bytes(), &explanation);
                Ok(())
            }
            Err((status, problem)) => {
                if let Some(message) = message {
                    Bytes::give(problem.into_bytes(), &message);
                }
                Err(status)
            }
        }
    })
}

fn explain(policy: &Policy, request: &[u8], clarified: bool, rule: Option<&str>) -> Result<String, (Status, String)> {
    let explainable = Explainable::from_artifact(policy).map_err(|problem| {
        let status = match problem {
            NotExplainable::NoSources => TOOLGATE_ERR_NO_SOURCES,
            NotExplainable::Errors(_) | NotExplainable::OtherPolicy => TOOLGATE_ERR_INVALID_POLICY,
            _ => TOOLGATE_ERR_OTHER,
        };
        (status, problem.to_string())
    })?;
    let explanation = explainable.explain(request, clarified, rule);
    explanation.map(|explanation| explanation.json()).map_err(|problem| (TOOLGATE_ERR_UNKNOWN_RULE, problem.to_string()))
}
