//! Where in a file the text of a scalar stands.

use std::cell::OnceCell;

use crate::tree::span::Range;

/// Tells places in a file from offsets in the text of a scalar; looked for when first asked.
pub(super) struct Places<'a> {
    node: Range,
    /// As it stands in the file: quotes, indicators and indentation included.
    written: &'a str,
    text: &'a str,
    /// Ascending; `None` if it cannot be told.
    runs: OnceCell<Option<Vec<Run>>>,
}

/// Characters that stand in the file as in the text, or an escape.
struct Run {
    /// Offset in the text.
    text: usize,
    /// Offsets in what is written.
    start: usize,
    end: usize,
    is_escape: bool,
}

impl<'a> Places<'a> {
    pub(super) fn new(node: Range, written: &'a str, text: &'a str) -> Self {
        Self { node, written, text, runs: OnceCell::new() }
    }

    /// The place of a range of the text; the whole scalar if it cannot be told.
    pub(super) fn range(&self, start: usize, end: usize) -> Range {
        let Some(runs) = self.runs.get_or_init(|| align(self.written, self.text)) else { return self.node };
        let from = usize::try_from(self.node.start).unwrap_or(usize::MAX);
        // The end of what is written, not the start of what follows: an indentation may stand between them.
        let last = offset(runs, end.saturating_sub(1), end);
        let first = if start < end { offset(runs, start, start) } else { last };
        Range::new(from.saturating_add(first), from.saturating_add(last))
    }

    /// Whether a range of the text is written on several lines.
    pub(super) fn is_folded(&self, start: usize, end: usize) -> bool {
        let range = self.range(start, end);
        let from = |at: u32| usize::try_from(at.saturating_sub(self.node.start)).unwrap_or(usize::MAX);
        self.written.get(from(range.start)..from(range.end)).is_some_and(|written| written.contains(['\n', '\r']))
    }
}

/// The offset, in what is written, of `at` in the text, going by the run that `within` is in.
fn offset(runs: &[Run], within: usize, at: usize) -> usize {
    let after = runs.partition_point(|run| run.text <= within);
    let Some(run) = after.checked_sub(1).and_then(|position| runs.get(position)) else { return 0 };
    let ahead = at.saturating_sub(run.text);
    match run.is_escape {
        true if ahead > 0 => run.end,
        true => run.start,
        false => run.start.saturating_add(ahead).min(run.end),
    }
}

/// Goes along a scalar and its text together. Blanks and line breaks count for little: however a style folds lines, what
/// is not blank stands in both in the same order.
fn align(written: &str, text: &str) -> Option<Vec<Run>> {
    let mut writing = Writing::new(written);
    let mut runs: Vec<Run> = Vec::new();
    for (at, c) in text.char_indices() {
        let part = loop {
            let start = writing.at;
            let Some(part) = writing.next() else {
                // A line break that ends a block may not be counted among what is written.
                return is_blank(c).then_some(runs);
            };
            let is_match = match part {
                Part::Escape(escaped) if escaped == c => true,
                Part::Escape(_) => return None,
                Part::Plain(plain) => plain == c || (c == ' ' && matches!(plain, '\n' | '\r')),
                Part::Nothing => false,
            };
            match part {
                _ if is_match => break (start, matches!(part, Part::Escape(_))),
                Part::Plain(plain) if !is_blank(plain) => return None,
                _ => {}
            }
        };
        let (start, is_escape) = part;
        match runs.last_mut() {
            Some(run) if !run.is_escape && !is_escape && run.end == start => run.end = writing.at,
            _ => runs.push(Run { text: at, start, end: writing.at, is_escape }),
        }
    }
    (!runs.is_empty()).then_some(runs)
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// A scalar as it is written, part by part.
struct Writing<'a> {
    written: &'a str,
    at: usize,
    /// `"` or `'`, if it stands in them.
    mark: Option<char>,
}

enum Part {
    Plain(char),
    Escape(char),
    /// A line break that is escaped.
    Nothing,
}

impl<'a> Writing<'a> {
    fn new(written: &'a str) -> Self {
        match written.chars().next() {
            Some(mark @ ('"' | '\'')) => Self { written, at: 1, mark: Some(mark) },
            // The line with the indicators, and perhaps a comment.
            Some('|' | '>') => Self { written, at: written.find(['\n', '\r']).unwrap_or(written.len()), mark: None },
            _ => Self { written, at: 0, mark: None },
        }
    }

    fn next(&mut self) -> Option<Part> {
        let rest = self.written.get(self.at..)?;
        let first = rest.chars().next()?;
        let (part, length) = match (self.mark, first) {
            (Some('"'), '\\') => escape(rest)?,
            (Some('\''), '\'') if rest.starts_with("''") => (Part::Escape('\''), 2),
            (Some(mark), _) if mark == first => return None,
            _ => (Part::Plain(first), first.len_utf8()),
        };
        self.at = self.at.saturating_add(length);
        Some(part)
    }
}

/// The escape at the start of a text, of YAML or JSON, and its length.
fn escape(text: &str) -> Option<(Part, usize)> {
    let c = text.chars().nth(1)?;
    let simple = match c {
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        'x' => return code(text, 2),
        'u' => return code(text, 4),
        'U' => return code(text, 8),
        '\n' | '\r' => return Some((Part::Nothing, 2)),
        _ => c,
    };
    Some((Part::Escape(simple), c.len_utf8().saturating_add(1)))
}

/// `\uXXXX` and its like; two that are a surrogate pair are one character.
fn code(text: &str, digits: usize) -> Option<(Part, usize)> {
    let end = digits.saturating_add(2);
    let code = u32::from_str_radix(text.get(2..end)?, 16).ok()?;
    if let Some(c) = char::from_u32(code) {
        return Some((Part::Escape(c), end));
    }
    let low = text.get(end..).and_then(|rest| rest.strip_prefix("\\u")).and_then(|rest| rest.get(..4))?;
    let units = [u16::try_from(code).ok()?, u16::from_str_radix(low, 16).ok()?];
    let c = char::decode_utf16(units).next()?.ok()?;
    Some((Part::Escape(c), end.saturating_add(6)))
}

#[cfg(test)]
mod tests {
    use super::Places;
    use crate::tree::span::Range;

    #[test]
    fn escapes_are_whole_and_indentation_is_outside() {
        let places = Places::new(Range::new(10, 30), "\"a\\u00e9\n   bc\\nd\"", "aé bc\nd");
        assert_eq!(places.range(0, 1), Range::new(11, 12));
        assert_eq!(places.range(1, 3), Range::new(12, 18));
        assert_eq!(places.range(3, 4), Range::new(18, 19));
        assert_eq!(places.range(4, 6), Range::new(22, 24));
        assert_eq!(places.range(4, 7), Range::new(22, 26));
        assert_eq!(places.range(8, 8), Range::new(27, 27));
        assert!(places.is_folded(0, 5) && !places.is_folded(4, 8));
    }

    #[test]
    fn what_cannot_be_told_is_the_whole_scalar() {
        for (written, text) in [("abc", "abd"), ("'a", "ab"), ("\"\\q\"", "x"), ("\"\\u12\"", "\u{12}"), ("", "a"), ("a", "")] {
            assert_eq!(Places::new(Range::new(5, 9), written, text).range(0, 1), Range::new(5, 9), "{written}");
        }
    }
}
