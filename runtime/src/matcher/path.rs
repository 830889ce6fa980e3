//! `path-prefix`: whole segments of a path, exactly as written.
//!
//! Nothing is normalised. A path that some program would read as another one (`db/dev/../prod`, `db//dev`,
//! `db/dev%2f..`, `db\dev`, `~/x`) is unknown, wherever in it that stands, also behind the prefix.

use super::Tri;

/// A path that no program has reason to read as another one.
#[derive(Clone, Debug)]
pub struct Path<I> {
    absolute: bool,
    /// What follows the leading slash, if there is one.
    segments: I,
}

/// What is known of the segment that is being read.
#[derive(Clone, Copy, Default)]
struct Segment {
    len: usize,
    dots: usize,
}

/// How much of `%` and two hexadecimal digits has been read.
#[derive(Clone, Copy)]
enum Escape {
    None,
    Percent,
    Digit,
}

impl<I: Iterator<Item = u8> + Clone> Path<I> {
    /// The path that the value plainly is.
    #[must_use]
    #[cfg_attr(target_family = "wasm", inline(never))]
    pub fn parse(value: I) -> Option<Self> {
        let mut after_slash = value.clone();
        let path = match after_slash.next()? {
            b'/' => Self { absolute: true, segments: after_slash },
            b'~' => return None,
            _ => Self { absolute: false, segments: value },
        };
        let mut segment = Segment::default();
        let mut escape = Escape::None;
        let mut previous = 0;
        for byte in path.segments.clone() {
            match byte {
                b'/' if segment.len == 0 || segment.is_dots() => return None,
                b'/' => segment = Segment::default(),
                b'\\' | 0x00..=0x1F | 0x7F => return None,
                // INVARIANT: in valid UTF-8, C2 only ever begins a character, so this one is in U+0080–009F.
                0x80..=0x9F if previous == 0xC2 => return None,
                _ => segment.push(byte),
            }
            escape = match (escape, byte) {
                (Escape::Digit, digit) if digit.is_ascii_hexdigit() => return None,
                (Escape::Percent, digit) if digit.is_ascii_hexdigit() => Escape::Digit,
                (_, b'%') => Escape::Percent,
                _ => Escape::None,
            };
            previous = byte;
        }
        // An empty last segment is the root's, or follows the one trailing slash that is ignored.
        (!segment.is_dots()).then_some(path)
    }

    /// Whether it begins at the root.
    pub(crate) fn is_absolute(&self) -> bool {
        self.absolute
    }

    /// Its segments as they are written, without a slash before them.
    pub(crate) fn bytes(&self) -> impl Iterator<Item = u8> {
        self.segments.clone()
    }

    /// Whether the path begins with `prefix`: segments joined by `/`, without a slash at either end, empty for the root.
    ///
    /// Unknown if one of them is absolute and the other relative.
    pub fn starts_with(&self, absolute: bool, prefix: &[u8]) -> Tri {
        if self.absolute != absolute {
            return Tri::Unknown;
        }
        let mut segments = self.segments.clone();
        let mut same = super::text::prefix(segments.by_ref(), prefix);
        // The segment that the prefix ends with must end here too; the root has none.
        same = same && (prefix.is_empty() || matches!(segments.next(), None | Some(b'/')));
        Tri::from(same)
    }
}

impl Segment {
    fn push(&mut self, byte: u8) {
        self.len = self.len.saturating_add(1);
        self.dots = self.dots.saturating_add(usize::from(byte == b'.'));
    }

    /// Whether it is `.` or `..`.
    fn is_dots(self) -> bool {
        matches!(self.len, 1 | 2) && self.dots == self.len
    }
}

/// Whether the value is a path that begins with `prefix` (see [`Path::starts_with`]); unknown if it is no plain path, or
/// if one of them is absolute and the other relative.
pub fn prefix(value: impl Iterator<Item = u8> + Clone, absolute: bool, prefix: &[u8]) -> Tri {
    Path::parse(value).map_or(Tri::Unknown, |path| path.starts_with(absolute, prefix))
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::super::random::{Random, streamed};
    use super::Tri::{False, True, Unknown};
    use super::*;

    fn ask(value: &str, operand: &str) -> Tri {
        let (absolute, joined) = match operand.strip_prefix('/') {
            Some(joined) => (true, joined),
            None => (false, operand),
        };
        prefix(streamed(value.as_bytes()), absolute, joined.as_bytes())
    }

    #[test]
    fn whole_segments() {
        let cases = [
            ("db/dev", "db/dev", True),
            ("db/dev/", "db/dev", True),
            ("db/dev/x", "db/dev", True),
            ("db/dev/x/", "db/dev", True),
            ("db/development", "db/dev", False),
            ("db/de", "db/dev", False),
            ("db", "db/dev", False),
            ("db/", "db/dev", False),
            ("DB/dev", "db/dev", False),
            ("x/db/dev", "db/dev", False),
            ("/", "/", True),
            ("/x", "/", True),
            ("/x/", "/", True),
            ("/", "/x", False),
            ("/x", "/x", True),
            ("/x/", "/x", True),
            ("/xy", "/x", False),
            ("/x/y", "/x", True),
            ("/srv/data/a b", "/srv/data", True),
            // Only `.` and `..` are dot segments.
            ("db/dev/...", "db/dev", True),
            ("db/dev/.x", "db/dev", True),
            ("db/dev/..x", "db/dev", True),
            ("db/dev/x.", "db/dev", True),
            ("db/dev/x..", "db/dev", True),
            (".../x", "...", True),
            // `%` without two digits, `~` further on, U+00A0 and others are characters like any other.
            ("db/dev/100%", "db/dev", True),
            ("db/dev/%2", "db/dev", True),
            ("db/dev/%2/f", "db/dev", True),
            ("db/dev/%g0", "db/dev", True),
            ("db/dev/%2g", "db/dev", True),
            ("db/dev/%%2%g", "db/dev", True),
            ("db/dev/~", "db/dev", True),
            ("/~/x", "/~", True),
            ("db/~root", "db", True),
            ("db/dev/\u{A0}é", "db/dev", True),
            ("db/dev/\u{7E}", "db/dev", True),
            ("%", "%", True),
        ];
        for (value, operand, expected) in cases {
            assert_eq!(ask(value, operand), expected, "{value:?} {operand:?}");
        }
    }

    #[test]
    fn doubtful_paths_are_unknown_wherever_the_doubt_stands() {
        for doubt in [
            "",
            "//",
            "///",
            ".",
            "..",
            "./",
            "../",
            "/.",
            "/..",
            "/./",
            "/../",
            "//x",
            "x//",
            "x//y",
            "x/.",
            "x/..",
            "x/./y",
            "x/../y",
            "x/./",
            "x/../",
            "/x//",
            "\\",
            "x\\y",
            "x\\",
            "\0",
            "x\0",
            "x\n",
            "x/\u{1F}",
            "\u{7F}",
            "x/\u{80}",
            "x/\u{9F}y",
            "\u{85}",
            "%2f",
            "x%2Fy",
            "x/%00",
            "x/%aA",
            "%%41",
            "%4%41",
            "x%2e%2e",
            "~",
            "~/",
            "~/x",
            "~root",
            "~root/x",
        ] {
            for operand in ["x", "/x", "/", "db/dev"] {
                assert_eq!(ask(doubt, operand), Unknown, "{doubt:?} {operand:?}");
            }
        }
        for value in [
            "db/dev/../prod",
            "db//dev",
            "db/dev%2f..%2fprod",
            "db\\dev",
            "db/dev/.",
            "db/dev/..",
            "db/dev//",
            "other/..",
            "db/dev/x\u{90}",
        ] {
            assert_eq!(ask(value, "db/dev"), Unknown, "{value:?}");
        }
    }

    #[test]
    fn absolute_and_relative_do_not_compare() {
        for (value, operand) in [("/x", "x"), ("x", "/x"), ("x", "/"), ("/", "x"), ("/y", "x"), ("y", "/x")] {
            assert_eq!(ask(value, operand), Unknown, "{value:?} {operand:?}");
        }
    }

    /// The law's sentence over the whole text.
    fn naive(value: &str, operand: &str) -> Tri {
        let control = |char: char| char == '\\' || char <= '\u{1F}' || ('\u{7F}'..='\u{9F}').contains(&char);
        let escaped = value.as_bytes().windows(3).any(|run| run[0] == b'%' && run[1].is_ascii_hexdigit() && run[2].is_ascii_hexdigit());
        if value.is_empty()
            || value.starts_with('~')
            || value.contains(control)
            || escaped
            || value.starts_with('/') != operand.starts_with('/')
        {
            return Unknown;
        }
        fn segments(path: &str) -> Vec<&str> {
            let path = path.strip_prefix('/').unwrap_or(path);
            if path.is_empty() { Vec::new() } else { path.strip_suffix('/').unwrap_or(path).split('/').collect() }
        }
        let found = segments(value);
        if found.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
            Unknown
        } else {
            Tri::from(found.starts_with(&segments(operand)))
        }
    }

    #[test]
    fn agrees_with_the_sentence() {
        let mut random = Random::new(9);
        let pieces = ["/", "/", "/", "a", "b", "a", ".", "%", "4", "~", "\\", "é", "\u{9F}", "\u{A0}"];
        let mut seen = [0; 3];
        for _ in 0..200_000 {
            let value = String::from_utf8(random.text(&pieces, 8)).unwrap();
            let operand = random.pick(&["a", "/a", "/", "a/b", "/a/b", "aa", "/%"]);
            let expected = naive(&value, operand);
            seen[expected as usize] += 1;
            assert_eq!(ask(&value, operand), expected, "{value:?} {operand:?}");
        }
        assert!(seen.iter().all(|&count| count > 3_000), "{seen:?}");
    }
}
