//! Diagnostics as people and programs read them.

use super::{Diagnostic, Severity, escape};
use crate::source::Source;

/// The diagnostic as a few lines of plain text, ending in a newline; with the line of the source if it is given.
///
/// Control, invisible and bidirectional characters of the source are shown escaped, and long lines are cut around the
/// place, so that a policy's text can neither forge output nor flood it.
#[must_use]
pub fn text(diagnostic: &Diagnostic, source: Option<&Source>) -> String {
    let severity = match diagnostic.severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let span = diagnostic.span;
    let mut out = format!("{severity}[{}]: {}\n", diagnostic.code, escape(&diagnostic.message));
    out.push_str(&format!("  --> {}:{}:{}\n", escape(&diagnostic.file), span.line, span.column));
    let offset = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
    if let Some(excerpt) = source.and_then(|source| Excerpt::of(&source.text, offset(span.start), offset(span.end))) {
        let number = span.line.to_string();
        let margin = " ".repeat(number.len());
        let indent = " ".repeat(excerpt.before);
        let underline = "^".repeat(excerpt.width.max(1));
        out.push_str(&format!(" {margin} |\n {number} | {}\n {margin} | {indent}{underline}\n", excerpt.line));
    }
    if let Some(help) = &diagnostic.help {
        out.push_str(&format!("   = help: {}\n", escape(help)));
    }
    out
}

/// The diagnostic as one line of JSON without a newline: `{code, severity, message, file, span, help}`.
///
/// [`Diagnostic`] is serialisable itself, for hosts that write it elsewhere.
#[must_use]
pub fn json(diagnostic: &Diagnostic) -> String {
    serde_json::to_string(diagnostic).unwrap_or_default()
}

/// A piece of one line, as shown.
pub(crate) struct Excerpt {
    pub line: String,
    /// Columns before the underline.
    pub before: usize,
    /// Columns of the underline.
    pub width: usize,
}

impl Excerpt {
    /// `None` if the place is not in the text, or the text is empty.
    pub(crate) fn of(text: &[u8], start: usize, end: usize) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
        // Only a window of the line is looked at: a whole policy may stand on one.
        let window_start = start.saturating_sub(WINDOW_BEFORE);
        let window = text.get(window_start..start)?;
        let (head, cut) = match window.iter().rposition(is_break) {
            Some(at) => (window.get(at.saturating_add(1)..)?, false),
            None => (window, window_start > 0),
        };
        let tail = text.get(start..start.saturating_add(WINDOW_AFTER).min(text.len()))?;
        let tail_end = tail.iter().position(is_break).unwrap_or(tail.len());
        let rest_is_cut = tail_end == tail.len() && start.saturating_add(tail_end) < text.len();
        let tail = tail.get(..tail_end)?;
        let (marked, after) = tail.split_at_checked(end.saturating_sub(start)).unwrap_or((tail, b""));

        let mut line = String::new();
        if cut {
            line.push('…');
        }
        show(&mut line, head, ' ');
        let before = line.chars().count();
        // A tab that is pointed at must be seen.
        show(&mut line, marked, '→');
        let width = line.chars().count().saturating_sub(before);
        show(&mut line, after, ' ');
        if rest_is_cut {
            line.push('…');
        }
        Some(Self { line, before, width })
    }
}

/// Appends bytes, ill-formed ones as the replacement character, tabs as one character.
fn show(line: &mut String, bytes: &[u8], tab: char) {
    for c in String::from_utf8_lossy(bytes).chars() {
        if c == '\t' { line.push(tab) } else { escape::push(line, c) }
    }
}

const WINDOW_BEFORE: usize = 80;
const WINDOW_AFTER: usize = 100;

#[cfg(test)]
mod tests {
    use super::text;
    use crate::diagnostic::{Diagnostic, Severity, Span};
    use crate::source::Source;

    fn diagnostic(line: u32, column: u32, start: u32, end: u32) -> Diagnostic {
        let span = Span { line, column, start, end };
        let message = "key `b` is unknown".to_owned();
        Diagnostic { code: "document/unknown-key", severity: Severity::Error, message, file: "p.yaml".to_owned(), span, help: None }
    }

    #[test]
    fn the_place_is_underlined() {
        let source = Source { name: "p.yaml".to_owned(), text: "é: 1\r\nbé: \u{202e}2\r\n".into() };
        let shown = text(&diagnostic(2, 1, 7, 10), Some(&source));
        let expected = "error[document/unknown-key]: key `b` is unknown\n  --> p.yaml:2:1\n   |\n 2 | bé: \\u{202e}2\n   | ^^\n";
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_long_line_is_cut() {
        let source = Source { name: "p.json".to_owned(), text: "x".repeat(100_000).into() };
        let shown = text(&diagnostic(1, 50_001, 50_000, 99_000), Some(&source));
        assert!(shown.len() < 1_000, "{shown}");
    }

    #[test]
    fn any_place_is_fine() {
        for (start, end) in [(0, 0), (2, 1), (3, 3), (9, 9), (1, 2)] {
            let source = Source { name: String::new(), text: b"a\xff\n".to_vec() };
            assert!(text(&diagnostic(1, 1, start, end), Some(&source)).starts_with("error"));
        }
    }
}
