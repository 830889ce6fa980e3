//! What a loaded policy says of itself, as JSON: the same bytes in every host.

use core::fmt;

use crate::artifact::format::VERSION;
use crate::decision::{bool_word, write_list, write_number, write_string};
use crate::policy::Policy;

impl Policy {
    /// Writes what is known of the policy as one JSON object without line breaks: both digests, the artifact's format and
    /// size, the number of rules, the fields that are read, and the certificate.
    ///
    /// # Errors
    /// Only those of `out`.
    pub fn write_info(&self, out: &mut impl fmt::Write) -> fmt::Result {
        out.write_str("{\"policy\":")?;
        write_digest(out, self.digest())?;
        out.write_str(",\"artifact\":")?;
        write_digest(out, self.artifact_digest())?;
        out.write_str(",\"format\":")?;
        write_number(out, VERSION.into())?;
        out.write_str(",\"rules\":")?;
        write_number(out, self.rule_count() as u64)?;
        out.write_str(",\"fields\":")?;
        write_list(out, self.fields().map(|(_, pointer)| pointer), |out, pointer| write_string(out, pointer))?;
        out.write_str(",\"artifact_bytes\":")?;
        write_number(out, self.artifact_len_bytes() as u64)?;
        let bound = self.certificate();
        let numbers = [
            (",\"certificate\":{\"steps_scalar\":", bound.steps_scalar),
            (",\"steps_fixed\":", bound.steps_fixed),
            (",\"steps_per_byte\":", bound.steps_per_byte),
            (",\"scans_scalar\":", bound.scans_scalar),
            (",\"scans\":", bound.scans),
        ];
        for (name, number) in numbers {
            out.write_str(name)?;
            write_number(out, number)?;
        }
        out.write_str("}}")
    }

    /// Writes every place that can be given a value as one JSON array without line breaks: its slot, its JSON Pointer, and
    /// whether the policy reads it or it only leads to one that is read.
    ///
    /// # Errors
    /// Only those of `out`.
    pub fn write_slots(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let mut read = self.fields().map(|(slot, _)| slot).peekable();
        write_list(out, self.slots(), |out, (slot, pointer)| {
            out.write_str("{\"slot\":")?;
            write_number(out, slot.into())?;
            out.write_str(",\"field\":")?;
            write_string(out, pointer)?;
            // Both come in ascending order.
            out.write_str(",\"read\":")?;
            out.write_str(bool_word(read.next_if_eq(&slot).is_some()))?;
            out.write_str("}")
        })
    }
}

/// A digest as decisions show it: `sha256:` and 64 hexadecimal digits, in quotes.
pub(crate) fn write_digest(out: &mut impl fmt::Write, digest: &[u8; 32]) -> fmt::Result {
    let mut digits = [0; 64];
    for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(digest) {
        *pair = [byte >> 4, byte & 0xf]
            .map(|digit| if digit < 10 { b'0'.wrapping_add(digit) } else { b'a'.wrapping_sub(10).wrapping_add(digit) });
    }
    out.write_str("\"sha256:")?;
    out.write_str(core::str::from_utf8(&digits).unwrap_or_default())?;
    out.write_str("\"")
}

/// Reads a digest as decisions show it: `sha256:` and 64 lower-case hexadecimal digits, nothing else.
#[must_use]
pub fn parse_digest(text: &[u8]) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = text.strip_prefix(b"sha256:")?.try_into().ok()?;
    let mut digest = [0; 32];
    for (byte, pair) in digest.iter_mut().zip(digits.as_chunks::<2>().0) {
        let [high, low] = pair.map(|digit| match digit {
            b'0'..=b'9' => Some(digit.wrapping_sub(b'0')),
            b'a'..=b'f' => Some(digit.wrapping_sub(b'a').wrapping_add(10)),
            _ => None,
        });
        *byte = high? << 4 | low?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::{parse_digest, write_digest};

    #[test]
    fn digests_are_read_as_they_are_written() {
        let digest: [u8; 32] = core::array::from_fn(|at| (at * 37 % 256) as u8);
        let mut text = String::new();
        write_digest(&mut text, &digest).unwrap();
        let text = text.trim_matches('"');
        assert_eq!(parse_digest(text.as_bytes()), Some(digest));
        let digits = &text["sha256:".len()..];
        let wrong = [digits, &text[..70], &text.to_uppercase(), &text.replace("sha256", "sha512"), &text.replacen('0', "g", 1), ""];
        for wrong in wrong {
            assert_eq!(parse_digest(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(parse_digest(&[text.as_bytes(), b"0"].concat()), None);
    }
}
