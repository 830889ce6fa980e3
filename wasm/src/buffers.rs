//! Memory that the host writes into.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::fault::Fault;

/// The buffers that the host holds. An address from outside is believed only if it lies in one of them, so a host that
/// mixes lengths up gets an error and never another part of the module's memory.
#[derive(Debug, Default)]
pub struct Buffers(Vec<Box<[u8]>>);

impl Buffers {
    /// No buffers.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// A new buffer of zeros, by its address. One of no bytes has an address too.
    ///
    /// # Errors
    /// There is not enough memory.
    pub fn alloc(&mut self, len: usize) -> Result<usize, Fault> {
        let mut bytes: Vec<u8> = Vec::new();
        bytes.try_reserve_exact(len.max(1)).map_err(|_| Fault::Memory)?;
        self.0.try_reserve(1).map_err(|_| Fault::Memory)?;
        bytes.resize(len.max(1), 0);
        let buffer = bytes.into_boxed_slice();
        let address = buffer.as_ptr().addr();
        self.0.push(buffer);
        Ok(address)
    }

    /// Gives a buffer back.
    ///
    /// # Errors
    /// No buffer begins there.
    pub fn free(&mut self, address: usize) -> Result<(), Fault> {
        let at = self.0.iter().position(|buffer| buffer.as_ptr().addr() == address).ok_or(Fault::Buffer)?;
        drop(self.0.swap_remove(at));
        Ok(())
    }

    /// So many bytes at an address. No bytes are anywhere.
    ///
    /// # Errors
    /// They are not all in one buffer.
    pub fn bytes(&self, address: usize, len: usize) -> Result<&[u8], Fault> {
        if len == 0 {
            return Ok(&[]);
        }
        self.0
            .iter()
            .find_map(|buffer| {
                let start = address.checked_sub(buffer.as_ptr().addr())?;
                buffer.get(start..start.checked_add(len)?)
            })
            .ok_or(Fault::Buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_in_one_buffer_is_found() {
        let mut buffers = Buffers::new();
        let (a, b) = (buffers.alloc(8).unwrap(), buffers.alloc(0).unwrap());
        assert_ne!(a, b);
        assert_eq!(buffers.bytes(a, 8).unwrap(), [0; 8]);
        assert_eq!(buffers.bytes(a + 3, 5).unwrap(), [0; 5]);
        for (address, len) in [(a, 9), (a + 3, 6), (a + 8, 1), (a - 1, 1), (0, 1), (usize::MAX, 2), (a, usize::MAX)] {
            assert_eq!(buffers.bytes(address, len), Err(Fault::Buffer), "{len} at {address:#x}");
        }
        assert!(buffers.bytes(0, 0).unwrap().is_empty());
        buffers.free(a).unwrap();
        assert_eq!(buffers.bytes(a, 8), Err(Fault::Buffer));
        assert_eq!(buffers.free(a), Err(Fault::Buffer));
        assert_eq!(buffers.free(b + 1), Err(Fault::Buffer));
        buffers.free(b).unwrap();
    }

    #[test]
    fn too_much_is_an_error() {
        assert_eq!(Buffers::new().alloc(usize::MAX / 2), Err(Fault::Memory));
    }
}
