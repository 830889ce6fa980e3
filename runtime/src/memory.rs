//! Allocating without aborting: a host may have a fixed amount of memory.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

/// There is not enough memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is not enough memory")
    }
}

impl core::error::Error for OutOfMemory {}

/// An empty vector with room for so many.
pub(crate) fn with_room<T>(len: usize) -> Result<Vec<T>, OutOfMemory> {
    let mut room = Vec::new();
    room.try_reserve_exact(len).map_err(|_| OutOfMemory)?;
    Ok(room)
}

/// So many of one value.
pub(crate) fn filled<T: Clone>(value: T, len: usize) -> Result<Box<[T]>, OutOfMemory> {
    let mut all = with_room(len)?;
    all.resize(len, value);
    Ok(all.into_boxed_slice())
}

/// What memory that must be there comes to when it is not.
pub(crate) fn abort<T>(OutOfMemory: OutOfMemory) -> T {
    alloc::alloc::handle_alloc_error(core::alloc::Layout::new::<T>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_much_is_an_error() {
        assert_eq!(filled(0_u64, usize::MAX / 16), Err(OutOfMemory));
        assert_eq!(filled(7_u8, 2).as_deref(), Ok([7, 7].as_slice()));
    }
}
