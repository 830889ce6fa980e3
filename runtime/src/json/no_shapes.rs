//! Shapes where none are learned: the module of WebAssembly has a limit to its size that the learned reader would pass. Every
//! text is read by the strict reader, which judges all texts that are not known anyway.

use super::keys::Keys;
use super::reader::{Visit, read};
use super::reason::Refusal;
use crate::memory::OutOfMemory;

/// Nothing.
pub struct Shapes;

impl Shapes {
    pub(crate) fn try_new() -> Result<Self, OutOfMemory> {
        Ok(Self)
    }

    /// Bytes on the heap.
    pub(crate) fn len_bytes(&self) -> usize {
        0
    }

    /// Reads `bytes` as [`read`] does.
    ///
    /// # Errors
    /// Those of [`read`].
    pub fn read<V: Visit>(&mut self, bytes: &[u8], keys: &mut Keys, visit: &mut V) -> Result<(), Refusal> {
        read(bytes, keys, visit)
    }
}
