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
    /// `None` if the string does not plainly say what the table is about.
    #[inline(never)]
    pub(super) fn of(kind: TableKind, text: Text<'_>) -> Option<Self> {
        let mut view = Self { bytes: [0; AFFIX_MAX], len: 0, skipped: 0, is_in_doubt: false };
        // Of what is too long for a key, an end is seen if ends are looked up.
        let skipped = |len: usize| if kind.shape() == Shape::End { len.saturating_sub(AFFIX_MAX) } else { 0 };
        match kind {
            TableKind::Host | TableKind::HostBelow | TableKind::EmailDomain => {
                let domain = if kind == TableKind::EmailDomain { email::domain(text.bytes()) } else { host::host(text.bytes()) }?;
                view.skipped = skipped(domain.len());
                for byte in domain.bytes() {
                    view.push(byte);
                }
            }
            TableKind::AbsolutePath | TableKind::RelativePath => {
                let path = Path::parse(text.bytes())?;
                if path.is_absolute() != (kind == TableKind::AbsolutePath) {
                    return None;
                }
                for byte in path.bytes() {
                    view.push(byte);
                }
                // So keys are whole segments.
                if view.bytes().last() != Some(&b'/') {
                    view.push(b'/');
                }
            }
            TableKind::Address => view.push_address(Address::parse(text.bytes())?),
            _ => {
                view.skipped = skipped(text.len());
                if cfg!(not(target_family = "wasm"))
                    && let Some(plain) = text.as_plain().filter(|plain| plain.is_ascii())
                {
                    plain.iter().for_each(|byte| view.push(byte.to_ascii_lowercase()));
                } else if !fold::without_traps(text.bytes(), &mut |byte| view.push(byte.to_ascii_lowercase())) {
                    return None;
                }
            }
        }
        Some(view)
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
