//! Domain names, as `host` and `email-domain` find them in a value.

/// Whether the character that ends with `byte`, `previous` before it, is a control, a space or stands in U+007F–00A0.
///
/// No address of a page or a mailbox holds one, and programs differ in what they do about it.
pub(super) fn is_control_or_space(previous: u8, byte: u8) -> bool {
    // INVARIANT: in valid UTF-8, C2 only ever begins a character, one in U+0080–00BF.
    byte <= 0x20 || byte == 0x7F || (previous == 0xC2 && byte <= 0xA0)
}

/// A domain name inside a value, its letters in the case they have there.
///
/// Its labels are not empty, they hold ASCII letters, digits and `-`, and the last one does not begin with a digit (so
/// `10.0.0.1` is none); no dot follows it.
#[derive(Clone, Debug)]
pub struct Domain<I> {
    bytes: I,
    len: usize,
}

impl<I: Iterator<Item = u8> + Clone> Domain<I> {
    /// The domain name that the bytes are; operands obey this rule too.
    #[must_use]
    pub fn parse(mut bytes: I) -> Option<Self> {
        match Self::read(&mut bytes)? {
            (domain, None) => Some(domain),
            (_, Some(_)) => None,
        }
    }

    /// The domain name that the bytes begin with, and the byte that ended it, if it was not their end.
    pub(super) fn read(bytes: &mut I) -> Option<(Self, Option<u8>)> {
        let mut domain = Self { bytes: bytes.clone(), len: 0 };
        // What is known of the label that is being read.
        let mut empty = true;
        let mut begins_with_digit = false;
        let end = loop {
            match bytes.next() {
                Some(b'.') if empty => return None,
                Some(b'.') => empty = true,
                Some(byte) if byte.is_ascii_alphanumeric() || byte == b'-' => {
                    if empty {
                        empty = false;
                        begins_with_digit = byte.is_ascii_digit();
                    }
                }
                end => break end,
            }
            domain.len = domain.len.saturating_add(1);
        };
        (!empty && !begins_with_digit).then_some((domain, end))
    }

    /// How many bytes the name has.
    #[expect(clippy::len_without_is_empty, reason = "a domain name is never empty")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// The name in lower case.
    pub fn bytes(&self) -> impl Iterator<Item = u8> + Clone {
        self.bytes.clone().take(self.len).map(|byte| byte.to_ascii_lowercase())
    }

    /// Whether this is the name, given in lower case.
    #[must_use]
    pub fn is(&self, lower: &[u8]) -> bool {
        self.is_or_below(lower, false)
    }

    /// Whether this is the name, given in lower case, with one or more labels before it.
    #[must_use]
    pub fn is_below(&self, lower: &[u8]) -> bool {
        self.is_or_below(lower, true)
    }

    #[cfg_attr(target_family = "wasm", inline(never))]
    pub(super) fn is_or_below(&self, lower: &[u8], below: bool) -> bool {
        let Some(before) = self.len.checked_sub(lower.len()).filter(|before| (*before > 0) == below) else { return false };
        // INVARIANT: labels are not empty, so a dot has a label before it.
        let wanted = |position: usize| match position.checked_sub(before) {
            Some(position) => lower.get(position).copied(),
            None if position.wrapping_add(1) == before => Some(b'.'),
            None => None,
        };
        let mut position = 0_usize;
        for byte in self.bytes() {
            if wanted(position).is_some_and(|wanted| wanted != byte) {
                return false;
            }
            position = position.wrapping_add(1);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::random::streamed;
    use super::*;

    fn parse(text: &str) -> Option<Domain<impl Iterator<Item = u8> + Clone>> {
        Domain::parse(streamed(text.as_bytes()))
    }

    #[test]
    fn labels() {
        for text in
            ["a", "localhost", "example.com", "EXAMPLE.com", "1.example", "3com.com", "-", "a-b.c-d", "-a-.b", "xn--bcher-kva.de", "a.b1"]
        {
            assert!(parse(text).is_some_and(|domain| domain.len() == text.len()), "{text:?}");
        }
        for text in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "a.b..",
            "1",
            "10.0.0.1",
            "a.1",
            "a.1b",
            "example.0x7f",
            "a_b.c",
            "*.a",
            "a b",
            "a\0",
            "bücher.de",
            "a:80",
            "[::1]",
            "a/b",
            "a@b",
            "a%2e",
            "a\u{3002}b",
        ] {
            assert!(parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn compares_names() {
        let cases = [
            // value, operand, is, is below
            ("example.com", "example.com", true, false),
            ("ExAmple.COM", "example.com", true, false),
            ("a.example.com", "example.com", false, true),
            ("A.B.Example.Com", "example.com", false, true),
            ("notexample.com", "example.com", false, false),
            ("example.com.evil", "example.com", false, false),
            ("example.co", "example.com", false, false),
            ("com", "example.com", false, false),
            ("a.b", "b", false, true),
            ("b", "b", true, false),
        ];
        for (value, operand, is, is_below) in cases {
            let domain = parse(value).unwrap();
            assert_eq!((domain.is(operand.as_bytes()), domain.is_below(operand.as_bytes())), (is, is_below), "{value} {operand}");
            assert!(domain.bytes().eq(value.to_ascii_lowercase().bytes()), "{value}");
        }
    }
}
