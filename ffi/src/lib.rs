//! The C ABI: what `include/toolgate.h` declares.
//!
//! ```text
//! pointers, lengths ─ slice ─→ borrowed Rust values ─ compiler, runtime ─→ outputs
//! └──────────────────────────── boundary: no panic passes, a verdict is deny first ┘
//! ```
//!
//! The header is made from these files, so their comments speak to people who write C. What C callers promise, and no
//! function can check, stands at the head of `cbindgen.toml`; everything else that can be wrong has a status.

#[cfg(panic = "abort")]
compile_error!("a panic must not end the host's process: build with panic = \"unwind\"");

mod boundary;
mod bytes;
mod compile;
mod decide;
mod explain;
mod fields;
mod policy;
mod scratch;
mod slice;
mod status;
mod version;

pub use bytes::{Bytes, Text, toolgate_bytes_data, toolgate_bytes_free, toolgate_bytes_len};
pub use compile::{Document, TOOLGATE_WITH_SOURCES, toolgate_compile};
pub use decide::{
    TOOLGATE_ALLOW, TOOLGATE_APPROVAL_REQUIRED, TOOLGATE_CLARIFICATION_REQUIRED, TOOLGATE_CLARIFIED, TOOLGATE_DENY, Verdict,
    toolgate_decide, toolgate_decide_verdict,
};
pub use explain::toolgate_explain;
pub use fields::{
    Field, TOOLGATE_VALUE_ABSENT, TOOLGATE_VALUE_FALSE, TOOLGATE_VALUE_JSON, TOOLGATE_VALUE_NULL, TOOLGATE_VALUE_NUMBER,
    TOOLGATE_VALUE_OBJECT, TOOLGATE_VALUE_OPAQUE, TOOLGATE_VALUE_STRING, TOOLGATE_VALUE_TRUE, Value, toolgate_decide_fields,
    toolgate_decide_fields_verdict, toolgate_policy_fields,
};
pub use policy::{Policy, toolgate_policy_free, toolgate_policy_info, toolgate_policy_load, toolgate_policy_load_expecting};
pub use scratch::{Scratch, toolgate_scratch_free, toolgate_scratch_new};
pub use status::*;
pub use version::{TOOLGATE_ABI_VERSION, toolgate_abi_version, toolgate_version};
