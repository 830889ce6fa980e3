//! Memory that the host reads from.

use alloc::vec::Vec;
use core::fmt;

use crate::fault::Fault;

/// What the last call has to say. It keeps its memory between calls, so that calls of one kind stop allocating.
#[derive(Debug, Default)]
pub struct Output(Vec<u8>);

impl Output {
    /// Nothing said.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Where the bytes are, and how many.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Forgets what was said.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Says bytes that are there already.
    #[cfg(feature = "compiler")]
    pub(crate) fn replace(&mut self, bytes: Vec<u8>) {
        self.0 = bytes;
    }

    /// Writes one thing, whole or not at all.
    ///
    /// # Errors
    /// There is not enough memory for it.
    pub fn write(&mut self, write: impl FnOnce(&mut Self) -> fmt::Result) -> Result<(), Fault> {
        self.clear();
        write(self).map_err(|fmt::Error| {
            self.clear();
            Fault::Memory
        })
    }

    /// Says what failed. If there is no memory even for that, nothing is said, and the number that is returned must do.
    pub fn fail(&mut self, fault: &Fault) {
        let _ = self.write(|out| fault.write_json(out));
    }
}

impl fmt::Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.try_reserve(text.len()).map_err(|_| fmt::Error)?;
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
