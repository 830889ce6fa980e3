//! What C hands over, checked as far as it can be.
#![expect(unsafe_code, reason = "pointers from C are followed here and nowhere else")]

use std::ffi::c_void;
use std::ptr::NonNull;

use crate::status::{Status, TOOLGATE_ERR_INVALID_UTF8, TOOLGATE_ERR_MISALIGNED, TOOLGATE_ERR_NULL, TOOLGATE_ERR_TOO_LARGE};

/// Bytes that C lends. NULL is the empty slice's pointer if the length is 0, as C and C++ often have it.
///
/// # Safety
/// `data` is NULL, or the `len` bytes behind it may be read and nobody writes to them during `'a`.
pub(crate) unsafe fn bytes<'a>(data: *const c_void, len: usize) -> Result<&'a [u8], Status> {
    // SAFETY: the caller's promise is the same.
    unsafe { array(data.cast::<u8>(), len) }
}

/// Text that C lends.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn text<'a>(data: *const c_void, len: usize) -> Result<&'a str, Status> {
    // SAFETY: the caller's promise is the same.
    std::str::from_utf8(unsafe { bytes(data, len) }?).map_err(|_| TOOLGATE_ERR_INVALID_UTF8)
}

/// An array that C lends.
///
/// # Safety
/// As [`bytes`], of `len` values of a type that any bits are a value of.
pub(crate) unsafe fn array<'a, T>(data: *const T, len: usize) -> Result<&'a [T], Status> {
    let size = len.checked_mul(size_of::<T>()).filter(|size| isize::try_from(*size).is_ok()).ok_or(TOOLGATE_ERR_TOO_LARGE)?;
    if len == 0 {
        return Ok(&[]);
    }
    let data = checked(data.cast_mut())?;
    data.addr().get().checked_add(size).ok_or(TOOLGATE_ERR_TOO_LARGE)?;
    // SAFETY: not NULL, aligned, and of a size that an object can have, all checked above; that it is there and stays as
    // it is, the caller promises.
    Ok(unsafe { std::slice::from_raw_parts(data.as_ptr(), len) })
}

/// What a handle leads to.
///
/// # Safety
/// `handle` is NULL, misaligned, or from this library, of this type, and not freed during `'a`.
pub(crate) unsafe fn handle<'a, T>(handle: *const T) -> Result<&'a T, Status> {
    let handle = checked(handle.cast_mut())?;
    // SAFETY: not NULL and aligned, checked above; that it is valid, the caller promises. Nobody has it mutably: what
    // changes in a handle changes through shared references.
    Ok(unsafe { handle.as_ref() })
}

/// A place for a result, that must be given.
///
/// # Safety
/// `place` is NULL, misaligned, or may be written to as long as the output is used.
pub(crate) unsafe fn out<T>(place: *mut T) -> Result<Out<T>, Status> {
    checked(place).map(Out)
}

/// A place for a result that NULL declines.
///
/// # Safety
/// As [`out`].
pub(crate) unsafe fn optional_out<T>(place: *mut T) -> Result<Option<Out<T>>, Status> {
    // SAFETY: the caller's promise is the same.
    if place.is_null() { Ok(None) } else { unsafe { out(place) }.map(Some) }
}

/// The caller's memory for an array of results.
///
/// # Safety
/// `data` is NULL, misaligned, or `len` values may be written behind it as long as the buffer is used.
pub(crate) unsafe fn buffer<T>(data: *mut T, len: usize) -> Result<Buffer<T>, Status> {
    len.checked_mul(size_of::<T>()).filter(|size| isize::try_from(*size).is_ok()).ok_or(TOOLGATE_ERR_TOO_LARGE)?;
    let data = if len == 0 { NonNull::dangling() } else { checked(data)? };
    Ok(Buffer { data, len })
}

fn checked<T>(pointer: *mut T) -> Result<NonNull<T>, Status> {
    let pointer = NonNull::new(pointer).ok_or(TOOLGATE_ERR_NULL)?;
    if pointer.is_aligned() { Ok(pointer) } else { Err(TOOLGATE_ERR_MISALIGNED) }
}

/// Somewhere a result may be written.
pub(crate) struct Out<T>(NonNull<T>);

impl<T: Copy> Out<T> {
    pub(crate) fn write(&self, value: T) {
        // SAFETY: not NULL and aligned, checked when this was made; that it may be written to, the caller of `out` promised.
        unsafe { self.0.write(value) }
    }
}

/// Memory of the caller's, written to as a whole or not at all.
pub(crate) struct Buffer<T> {
    data: NonNull<T>,
    len: usize,
}

impl<T: Copy> Buffer<T> {
    /// Copies all values, if they fit.
    pub(crate) fn fill(&self, values: &[T]) -> bool {
        let fits = values.len() <= self.len;
        if fits {
            // SAFETY: there is room for `self.len` values, as the caller of `buffer` promised, and for no value nothing is
            // written. `values` is the library's own, so it does not overlap what C may write to.
            unsafe { self.data.copy_from_nonoverlapping(NonNull::from(values).cast(), values.len()) }
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use std::ptr::{null, null_mut};

    use super::{array, buffer, bytes, handle, optional_out, out, text};
    use crate::status::{TOOLGATE_ERR_INVALID_UTF8, TOOLGATE_ERR_MISALIGNED, TOOLGATE_ERR_NULL, TOOLGATE_ERR_TOO_LARGE};

    #[test]
    fn what_can_be_checked_is() {
        let numbers = [1_u64, 2];
        let odd = numbers.as_ptr().cast::<u8>().wrapping_add(1);
        let too_many = usize::MAX / 8;
        // SAFETY: each pointer is NULL, misaligned, of a length that is refused, or to `numbers`.
        unsafe {
            assert_eq!(array::<u64>(null(), 0), Ok(&[][..]));
            assert_eq!(array::<u64>(null(), 1), Err(TOOLGATE_ERR_NULL));
            assert_eq!(array(odd.cast::<u64>(), 1), Err(TOOLGATE_ERR_MISALIGNED));
            assert_eq!(array(odd.cast::<u64>(), 0), Ok(&[][..]));
            assert_eq!(array(numbers.as_ptr(), too_many), Err(TOOLGATE_ERR_TOO_LARGE));
            assert_eq!(array(numbers.as_ptr(), usize::MAX), Err(TOOLGATE_ERR_TOO_LARGE));
            assert_eq!(array(numbers.as_ptr(), 2), Ok(&numbers[..]));
            assert_eq!(bytes(odd.cast(), 3).map(<[u8]>::len), Ok(3));
            assert_eq!(bytes(odd.cast(), usize::MAX), Err(TOOLGATE_ERR_TOO_LARGE));
            // The last byte would lie behind the end of all addresses.
            assert_eq!(bytes(null::<u8>().wrapping_sub(16).cast(), 17), Err(TOOLGATE_ERR_TOO_LARGE));
            assert_eq!(text([0xFF_u8].as_ptr().cast(), 1), Err(TOOLGATE_ERR_INVALID_UTF8));
            assert_eq!(handle::<u64>(null()), Err(TOOLGATE_ERR_NULL));
            assert_eq!(handle(odd.cast::<u64>()), Err(TOOLGATE_ERR_MISALIGNED));
            assert_eq!(handle(numbers.as_ptr()), Ok(&1));
            assert_eq!(out::<u64>(null_mut()).err(), Some(TOOLGATE_ERR_NULL));
            assert_eq!(out(odd.cast_mut().cast::<u64>()).err(), Some(TOOLGATE_ERR_MISALIGNED));
            assert!(optional_out::<u64>(null_mut()).is_ok_and(|place| place.is_none()));
            assert_eq!(optional_out(odd.cast_mut().cast::<u64>()).err(), Some(TOOLGATE_ERR_MISALIGNED));
            assert_eq!(buffer::<u64>(null_mut(), 1).err(), Some(TOOLGATE_ERR_NULL));
            assert_eq!(buffer::<u64>(null_mut(), usize::MAX).err(), Some(TOOLGATE_ERR_TOO_LARGE));
        }
    }

    #[test]
    fn a_buffer_is_written_as_a_whole_or_not_at_all() {
        let mut memory = [7_u8; 4];
        // SAFETY: the memory is there, or there is none of it.
        unsafe {
            let place = buffer(memory.as_mut_ptr(), 3).unwrap();
            assert!(!place.fill(&[1, 2, 3, 4]));
            assert!(place.fill(&[1, 2, 3]));
            let nothing = buffer::<u8>(null_mut(), 0).unwrap();
            assert!(nothing.fill(&[]) && !nothing.fill(&[1]));
        }
        assert_eq!(memory, [1, 2, 3, 7]);
    }
}
