//! What tables see of a string that they do not look up as it stands.

use crate::artifact::format::{Shape, TableKind};
use crate::index::AFFIX_MAX;
use crate::json::text::Text;
use crate::matcher::address::{Address, may_embed_v4};
use crate::matcher::path::Path;
use crate::matcher::{email, fold, host};

/// What a string says: the bytes in which a table looks for its keys.
pub(super) struct View {
    bytes: [u8; AFFIX_MAX],
    len: usize,
    /// So many bytes are still passed over.
    skipped: usize,
    /// Some keys may be met all the same.
    pub is_in_doubt: bool,
}

impl View {
    pub(super) const NOTHING: Self = Self { bytes: [0; AFFIX_MAX], len: 0, skipped: 0, is_in_doubt: false };

    /// Looks at a string. `None` if it does not plainly say what the table is about.
    pub(super) fn see(&mut self, kind: TableKind, text: Text<'_>) -> Option<()> {
        // The module of WebAssembly has a limit to its size, and this only is the shorter way.
        match text.as_plain().filter(|_| cfg!(not(target_family = "wasm"))) {
            Some(plain) => self.see_bytes(kind, plain.iter().copied(), plain.len()),
            None => self.see_bytes(kind, text.bytes(), text.len()),
        }
    }

    #[inline(never)]
    fn see_bytes(&mut self, kind: TableKind, bytes: impl Iterator<Item = u8> + Clone, len: usize) -> Option<()> {
        // Of what is too long for a key, an end is seen if ends are looked up.
        let skipped = |len: usize| if kind.shape() == Shape::End { len.saturating_sub(AFFIX_MAX) } else { 0 };
        match kind {
            TableKind::Host | TableKind::HostBelow | TableKind::EmailDomain => {
                let domain = if kind == TableKind::EmailDomain { email::domain(bytes) } else { host::host(bytes) }?;
                self.skipped = skipped(domain.len());
                for byte in domain.bytes() {
                    self.push(byte);
                }
            }
            TableKind::AbsolutePath | TableKind::RelativePath => {
                let path = Path::parse(bytes)?;
                if path.is_absolute() != (kind == TableKind::AbsolutePath) {
                    return None;
                }
                for byte in path.bytes() {
                    self.push(byte);
                }
                // So keys are whole segments.
                if self.bytes().last() != Some(&b'/') {
                    self.push(b'/');
                }
            }
            TableKind::Address => self.push_address(Address::parse(bytes)?),
            _ => {
                self.skipped = skipped(len);
                if !fold::without_traps(bytes, &mut |byte| self.push(byte.to_ascii_lowercase())) {
                    return None;
                }
            }
        }
        Some(())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    #[cfg_attr(target_family = "wasm", inline(never))]
    fn push(&mut self, byte: u8) {
        if let Some(left) = self.skipped.checked_sub(1) {
            self.skipped = left;
            return;
        }
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len = self.len.wrapping_add(1);
        }
    }

    /// Networks of version 4 do not know what to say of an address of version 6 that may hold one of theirs.
    fn push_address(&mut self, address: Address) {
        let (version, bits) = match address {
            Address::V4(bits) => (b'4', &bits.to_be_bytes()[..]),
            Address::V6(bits) => {
                self.is_in_doubt = may_embed_v4(bits);
                (b'6', &bits.to_be_bytes()[..])
            }
        };
        self.push(version);
        for byte in bits {
            for at in (0_u8..8).rev() {
                self.push(b'0' | byte.unbounded_shr(at.into()) & 1);
            }
        }
    }
}
