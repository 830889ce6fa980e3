//! Text and bytes that C gets.
#![expect(unsafe_code, reason = "handles are made from and into pointers")]

use std::ffi::c_char;
use std::ptr::null;

use crate::boundary::boundary;
use crate::slice::{Out, handle};

/// Text of the library's own, UTF-8, not ended by a NUL. Never NULL.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// The first byte.
    pub data: *const c_char,
    /// Number of bytes.
    pub len: usize,
}

impl Text {
    pub(crate) fn of(text: &'static str) -> Self {
        Self { data: text.as_ptr().cast(), len: text.len() }
    }
}

/// Bytes that the library made and the caller owns.
#[derive(Debug)]
pub struct Bytes(Box<[u8]>);

impl Bytes {
    /// Hands bytes over to the caller.
    pub(crate) fn give(bytes: Vec<u8>, place: &Out<*mut Bytes>) {
        place.write(Box::into_raw(Box::new(Self(bytes.into()))));
    }
}

/// The first byte; NULL for NULL. Valid until the bytes are freed.
///
/// Not ended by a NUL.
// SAFETY: no other symbol has this prefix.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn toolgate_bytes_data(bytes: *const Bytes) -> *const c_char {
    // SAFETY: the caller keeps the header's promises about the handle.
    unsafe { handle(bytes) }.map_or(null(), |bytes| bytes.0.as_ptr().cast())
}

/// How many bytes there are; 0 for NULL.
// SAFETY: no other symbol has this prefix.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn toolgate_bytes_len(bytes: *const Bytes) -> usize {
    // SAFETY: the caller keeps the header's promises about the handle.
    unsafe { handle(bytes) }.map_or(0, |bytes| bytes.0.len())
}

/// Frees bytes. NULL is nothing to free.
// SAFETY: no other symbol has this prefix.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn toolgate_bytes_free(bytes: *mut Bytes) {
    // SAFETY: the caller keeps the header's promises about the handle.
    unsafe { free(bytes) }
}

/// Frees what a handle leads to.
///
/// # Safety
/// `handle` is NULL, misaligned, or from this library, of this type, freed now for the first time and used no more.
pub(crate) unsafe fn free<T>(handle: *mut T) {
    // Nobody is there to be told of a panic: what was to be freed is lost, and nothing else.
    let _ = boundary(|| {
        if !handle.is_null() && handle.is_aligned() {
            // SAFETY: every handle was made by `Box::into_raw`, and the caller gives this one back.
            drop(unsafe { Box::from_raw(handle) });
        }
        Ok(())
    });
}
