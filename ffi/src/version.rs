//! Which library this is.
#![expect(unsafe_code, reason = "exports have a name that nothing else may have")]

use crate::bytes::Text;

/// Changes whenever a program built against an older header would go wrong with this library.
pub const TOOLGATE_ABI_VERSION: u32 = 1;

/// The TOOLGATE_ABI_VERSION of the library that is linked. If it is not the header's, use nothing else of it.
// SAFETY: no other symbol has this prefix.
#[unsafe(no_mangle)]
pub extern "C" fn toolgate_abi_version() -> u32 {
    TOOLGATE_ABI_VERSION
}

/// The version of the library that is linked, such as `0.1.0`. Static.
// SAFETY: no other symbol has this prefix.
#[unsafe(no_mangle)]
pub extern "C" fn toolgate_version() -> Text {
    Text::of(env!("CARGO_PKG_VERSION"))
}
