//! `email-domain`: the domain of one plain address.
//!
//! Lists of addresses, display names, comments, quoted local parts and address literals are unknown: a second recipient
//! must not ride along behind a first one that is permitted.

use super::Tri;
use super::domain::{Domain, is_control_or_space};

/// The domain of the one plain address that the value is.
#[must_use]
#[cfg_attr(target_family = "wasm", inline(never))]
pub fn domain<I: Iterator<Item = u8> + Clone>(value: I) -> Option<Domain<I>> {
    let mut rest = value;
    let mut local_empty = true;
    let mut previous = 0;
    loop {
        match rest.next()? {
            b'@' => break,
            b',' | b';' | b':' | b'<' | b'>' | b'(' | b')' | b'[' | b']' | b'"' | b'\\' => return None,
            byte if is_control_or_space(previous, byte) => return None,
            byte => previous = byte,
        }
        local_empty = false;
    }
    if local_empty {
        return None;
    }
    // A domain name holds no second `@` and none of the characters refused above.
    Domain::parse(rest)
}

/// Whether the value is an address at the domain `name` (in lower case), not below it; unknown if it is not one plain
/// address.
pub fn matches(value: impl Iterator<Item = u8> + Clone, name: &[u8]) -> Tri {
    Tri::from(domain(value).map(|domain| domain.is(name)))
}

#[cfg(test)]
mod tests {
    use super::super::random::{Random, streamed};
    use super::Tri::{False, True, Unknown};
    use super::*;

    #[test]
    fn plain_addresses() {
        let cases = [
            ("ann@acme.com", True),
            ("ANN@ACME.COM", True),
            ("ann.b+c@Acme.Com", True),
            ("a!#$%&'*+-/=?^_`{|}~.b@acme.com", True),
            ("é€😀\u{A1}@acme.com", True),
            (".@acme.com", True),
            ("ann@mail.acme.com", False),
            ("ann@notacme.com", False),
            ("ann@acme.com.evil.org", False),
            ("acme.com@evil.org", False),
            ("ann@localhost", False),
            ("ann@acme.co", False),
            ("ann@1.acme", False),
        ];
        for (value, expected) in cases {
            assert_eq!(matches(streamed(value.as_bytes()), b"acme.com"), expected, "{value:?}");
        }
        for char in ",;:<>()[]\"\\ \u{0}\u{1F}\u{7F}\u{80}\u{A0}".chars() {
            let mut buffer = [0; 4];
            for value in ["?ann@acme.com", "a?n@acme.com", "ann?@acme.com", "ann@?acme.com", "ann@acme?.com", "ann@acme.com?"] {
                let value = value.replace('?', char.encode_utf8(&mut buffer));
                assert_eq!(matches(streamed(value.as_bytes()), b"acme.com"), Unknown, "{value:?}");
            }
        }
    }

    #[test]
    fn everything_else_is_unknown() {
        for value in [
            "",
            "@",
            "ann",
            "acme.com",
            "@acme.com",
            "ann@",
            "ann@@acme.com",
            "ann@acme.com@evil.org",
            "ann@evil.org@acme.com",
            "ann@acme.com.",
            "ann@.acme.com",
            "ann@acme..com",
            "ann@10.0.0.1",
            "ann@[10.0.0.1]",
            "ann@acme.1com",
            "ann@acme_x.com",
            "ann@äcme.com",
            "ann@acme\u{3002}com",
            "ann@acme.com,bob@evil.org",
            "ann@acme.com;bob@evil.org",
            "ann@acme.com bob@evil.org",
            "Ann <ann@acme.com>",
            "<ann@acme.com>",
            "\"ann\"@acme.com",
            "\"ann@evil.org\"@acme.com",
            "ann(x)@acme.com",
            "ann@acme.com(x)",
            "mailto:ann@acme.com",
            "ann@acme.com\n",
            "ann@acme.com\r\nBcc: bob@evil.org",
            "\tann@acme.com",
            "ann@acme.com?cc=bob",
            "ann@acme%2ecom",
            "ann@acme.com/",
            "ann@acme.com:25",
        ] {
            assert_eq!(matches(streamed(value.as_bytes()), b"acme.com"), Unknown, "{value:?}");
        }
    }

    /// The law's sentence over the whole text.
    fn naive(value: &str) -> Option<&str> {
        if value.chars().any(|char| char <= ' ' || ('\u{7F}'..='\u{A0}').contains(&char) || ",;:<>()[]\"\\".contains(char)) {
            return None;
        }
        let (local, domain) = value.split_once('@')?;
        let last = domain.rsplit('.').next()?;
        let plain = !local.is_empty()
            && domain.split('.').all(|label| !label.is_empty() && label.chars().all(|char| char.is_ascii_alphanumeric() || char == '-'))
            && !last.starts_with(|char: char| char.is_ascii_digit());
        plain.then_some(domain)
    }

    #[test]
    fn agrees_with_the_sentence() {
        let mut random = Random::new(8);
        let pieces = ["a", "B", "@", "@", ".", "1", "-", "é", "\u{A0}", "\u{A1}", ",", "<", " ", "com"];
        let mut found = 0;
        for _ in 0..200_000 {
            let bytes = random.text(&pieces, 7);
            let value = core::str::from_utf8(&bytes).unwrap();
            let expected = naive(value);
            let domain = domain(streamed(&bytes));
            assert_eq!(domain.is_some(), expected.is_some(), "{value:?}");
            if let (Some(domain), Some(expected)) = (domain, expected) {
                found += 1;
                assert!(domain.is(expected.to_ascii_lowercase().as_bytes()), "{value:?}");
            }
        }
        assert!(found > 1_000, "only {found} were plain");
    }
}
