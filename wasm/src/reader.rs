//! Records in a buffer of the host's: little-endian words, and texts behind their length.

use crate::fault::Fault;

/// What is left of the records.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn word(&mut self) -> Result<u32, Fault> {
        let (word, rest) = self.0.split_first_chunk().ok_or(Fault::Records)?;
        self.0 = rest;
        Ok(u32::from_le_bytes(*word))
    }

    /// A length and so many bytes.
    pub(crate) fn bytes(&mut self) -> Result<&'b [u8], Fault> {
        let len = usize::try_from(self.word()?).map_err(|_| Fault::Records)?;
        let (bytes, rest) = self.0.split_at_checked(len).ok_or(Fault::Records)?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(crate) fn text(&mut self) -> Result<&'b str, Fault> {
        core::str::from_utf8(self.bytes()?).map_err(|_| Fault::Records)
    }
}
