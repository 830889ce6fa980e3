//! `host`: the host of an absolute URL.
//!
//! Programs read broken URLs in different ways: `https://good.com\@evil.com` has one host to a browser and another to a
//! library. So nothing is repaired here. What is not plainly `scheme://host[:port]`, followed by nothing or by one of
//! `/ ? #` and then anything without a `\`, a space or a control, is unknown.

use super::Tri;
use super::domain::{Domain, is_control_or_space};

/// No port has more digits.
const PORT_DIGITS_MAX: u32 = 5;

/// The host of the absolute URL that the value plainly is.
#[must_use]
#[cfg_attr(target_family = "wasm", inline(never))]
pub fn host<I: Iterator<Item = u8> + Clone>(value: I) -> Option<Domain<I>> {
    let mut rest = value;
    if !rest.next()?.is_ascii_alphabetic() {
        return None;
    }
    loop {
        match rest.next()? {
            b':' => break,
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.') => {}
            _ => return None,
        }
    }
    if rest.next()? != b'/' || rest.next()? != b'/' {
        return None;
    }
    let (host, mut end) = Domain::read(&mut rest)?;
    if end == Some(b':') {
        end = skip_port(&mut rest)?;
    }
    match end {
        None => Some(host),
        Some(b'/' | b'?' | b'#') => is_plain(rest).then_some(host),
        Some(_) => None,
    }
}

/// Whether the value is a URL of the host `name` (in lower case), or, for `subdomains`, of one below it; unknown if it
/// is no plain URL.
pub fn matches(value: impl Iterator<Item = u8> + Clone, name: &[u8], subdomains: bool) -> Tri {
    Tri::from(host(value).map(|host| host.is_or_below(name, subdomains)))
}

/// What ended the port; `None` if it has no digits or too many.
fn skip_port(rest: &mut impl Iterator<Item = u8>) -> Option<Option<u8>> {
    let mut digits = 0_u32;
    loop {
        match rest.next() {
            Some(b'0'..=b'9') => digits = digits.saturating_add(1),
            end => return (1..=PORT_DIGITS_MAX).contains(&digits).then_some(end),
        }
    }
}

/// Whether what follows the host holds nothing that programs disagree about.
fn is_plain(rest: impl Iterator<Item = u8>) -> bool {
    let mut previous = 0;
    for byte in rest {
        if byte == b'\\' || is_control_or_space(previous, byte) {
            return false;
        }
        previous = byte;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::random::{Random, streamed};
    use super::Tri::{False, True, Unknown};
    use super::*;

    #[test]
    fn plain_urls() {
        let cases = [
            // value, [example.com, *.example.com]
            ("https://example.com", [True, False]),
            ("https://example.com/", [True, False]),
            ("HTTPS://EXAMPLE.COM/", [True, False]),
            ("https://example.com/a/b?c=d#e", [True, False]),
            ("https://example.com?x", [True, False]),
            ("https://example.com#x", [True, False]),
            ("https://example.com:443", [True, False]),
            ("https://example.com:443/x", [True, False]),
            ("https://example.com:0?x", [True, False]),
            ("https://example.com:99999#x", [True, False]),
            ("a://example.com", [True, False]),
            ("git+ssh-2.0://example.com/x", [True, False]),
            ("https://api.example.com/", [False, True]),
            ("https://a.b.example.com/", [False, True]),
            ("https://1.example.com/", [False, True]),
            ("https://notexample.com/", [False, False]),
            ("https://example.com.evil.org/", [False, False]),
            ("https://evil.org/example.com", [False, False]),
            ("https://evil.org?https://example.com", [False, False]),
            ("https://evil.org#@example.com", [False, False]),
            ("https://evil.org/@example.com", [False, False]),
            ("https://evil.org//example.com", [False, False]),
            ("https://com", [False, False]),
            ("https://localhost", [False, False]),
            // After the host, `%`, other letters and U+00A1 are plain.
            ("https://example.com/%2e%2e/%00", [True, False]),
            ("https://example.com/é€😀", [True, False]),
            ("https://example.com/\u{A1}", [True, False]),
            ("https://example.com/:@[]<>|", [True, False]),
        ];
        for (value, expected) in cases {
            let found = [false, true].map(|subdomains| matches(streamed(value.as_bytes()), b"example.com", subdomains));
            assert_eq!(found, expected, "{value:?}");
        }
    }

    #[test]
    fn everything_else_is_unknown() {
        for value in [
            // No absolute URL.
            "",
            "example.com",
            "//example.com",
            "/example.com",
            "example.com:443",
            "https:example.com",
            "https:/example.com",
            "https://",
            "https:///example.com",
            "https:////example.com",
            ":https://example.com",
            "://example.com",
            "1http://example.com",
            "ht_tp://example.com",
            "ht%74p://example.com",
            "-a://example.com",
            "é://example.com",
            "javascript:alert(1)",
            "https",
            "https:",
            "https:/",
            "mailto:a@example.com",
            "https://?example.com",
            "https://#example.com",
            "https://:80",
            // User info, `%`, ports.
            "https://user@example.com",
            "https://user:pw@example.com",
            "https://example.com@evil.org",
            "https://@example.com",
            "https://example.com:80@evil.org/",
            "https://exampl%65.com",
            "https://example.com%2eevil.org",
            "https://example.com:",
            "https://example.com:/",
            "https://example.com:123456",
            "https://example.com:80a",
            "https://example.com:-1",
            "https://example.com:80:80",
            "https://example.com:8٠",
            "https://example.com::80",
            "https://example.com: 80",
            // `\`, spaces, controls, anywhere.
            "https:\\\\example.com",
            "https:/\\example.com",
            "https://example.com\\",
            "https://example.com\\@evil.org",
            "https://example.com/\\",
            "https://example.com/?\\",
            "https://example.com#\\",
            " https://example.com",
            "https://example.com ",
            "https://example.com/ ",
            "https://example.com/a b",
            "https://exam ple.com",
            "https://example.com\t",
            "https://example.com/\n",
            "https://example.com/\0",
            "ht\ttps://example.com",
            "https://exa\nmple.com",
            "https://example.com:8\t0",
            "https://example.com/\u{1F}",
            "https://example.com/\u{7F}",
            "https://example.com/\u{80}",
            "https://example.com/\u{85}",
            "https://example.com/\u{9F}",
            "https://example.com/?\u{A0}",
            "https://example.com\u{A0}",
            "\u{A0}https://example.com",
            // Labels and characters of the host.
            "https://example.com.",
            "https://example.com./",
            "https://.example.com",
            "https://example..com",
            "https://.",
            "https://example.com.:80",
            "https://exa_mple.com",
            "https://exämple.com",
            "https://example\u{3002}com",
            "https://example\u{FF0E}com",
            "https://\u{212A}.com",
            "https://*.example.com",
            "https://example.com,evil.org",
            "https://example.com;x",
            "https://example.com&x",
            "https://[::1]/",
            "https://[::1]:80/",
            "https://10.0.0.1",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://example.0x7f",
            "https://example.1com",
            "https://127.1",
            "https://a.b.3/",
        ] {
            for subdomains in [false, true] {
                assert_eq!(matches(streamed(value.as_bytes()), b"example.com", subdomains), Unknown, "{value:?}");
            }
        }
    }

    /// The law's sentence over the whole text, without any thought of streams.
    fn naive(value: &str) -> Option<&str> {
        if value.chars().any(|char| char == '\\' || char <= ' ' || ('\u{7F}'..='\u{A0}').contains(&char)) {
            return None;
        }
        let (scheme, rest) = value.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let (host, port) = authority.split_once(':').unwrap_or((authority, "1"));
        let last = host.rsplit('.').next()?;
        let plain = scheme.starts_with(|char: char| char.is_ascii_alphabetic())
            && scheme.chars().all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char))
            && (1..=5).contains(&port.len())
            && port.chars().all(|char| char.is_ascii_digit())
            && host.split('.').all(|label| !label.is_empty() && label.chars().all(|char| char.is_ascii_alphanumeric() || char == '-'))
            && !last.starts_with(|char: char| char.is_ascii_digit());
        plain.then_some(host)
    }

    #[test]
    fn agrees_with_the_sentence() {
        let mut random = Random::new(7);
        let ends = [
            "", "/", "?", "#", ":", ":80", ":80/", ".", ".com", "a", "1", "@", "\\", " ", "é", "\u{A0}", "\u{A1}", "%41", "-", "://", "/x",
        ];
        let starts = ["a://", "https://", "http+x://", "a:/", "://", "", "1://", "a://b.", "a://1."];
        let mut found = 0;
        for _ in 0..200_000 {
            let mut value = alloc::string::String::from(random.pick(&starts));
            value.push_str(core::str::from_utf8(&random.text(&ends, 6)).unwrap());
            let expected = naive(&value);
            let host = host(streamed(value.as_bytes()));
            assert_eq!(host.is_some(), expected.is_some(), "{value:?}");
            if let (Some(host), Some(expected)) = (host, expected) {
                found += 1;
                assert!(host.is(expected.to_ascii_lowercase().as_bytes()), "{value:?}");
            }
        }
        assert!(found > 1_000, "only {found} were plain");
    }
}
