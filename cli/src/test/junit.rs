//! Results as the XML that build servers read: a suite for each document.

use toolgate_compiler::diagnostic::escape;

use super::run::{Outcome, Suite};
use super::told;

/// The whole document.
pub fn document(suite: &Suite<'_>) -> String {
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    xml.push_str(&format!("<testsuites name=\"toolgate\"{}>\n", counts(&suite.outcomes)));
    for document in suite.outcomes.chunk_by(|a, b| a.case.source == b.case.source) {
        let file = document.first().map_or("", |outcome| outcome.file);
        xml.push_str(&format!("  <testsuite name=\"{}\"{}>\n", attribute(file), counts(document)));
        for outcome in document {
            case(&mut xml, outcome);
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn counts(outcomes: &[Outcome<'_>]) -> String {
    let failures = outcomes.iter().filter(|outcome| !outcome.passed()).count();
    format!(" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\"", outcomes.len())
}

fn case(xml: &mut String, outcome: &Outcome<'_>) {
    let (name, file, line) = (attribute(&outcome.case.name), attribute(outcome.file), outcome.case.span.line);
    xml.push_str(&format!("    <testcase name=\"{name}\" classname=\"{file}\" file=\"{file}\" line=\"{line}\""));
    let Some(first) = outcome.differences.first() else {
        xml.push_str("/>\n");
        return;
    };
    let message = format!("{}: expected {}, but is {}", first.member, first.expected.get(), first.actual.get());
    let text: String = told(outcome).iter().map(|line| format!("{}\n", content(line))).collect();
    let (message, kind, place) = (attribute(&message), first.member, content(&outcome.place()));
    xml.push_str(&format!(">\n      <failure message=\"{message}\" type=\"{kind}\">{place}\n{text}</failure>\n    </testcase>\n"));
}

/// Text on one line, between quotation marks.
fn attribute(text: &str) -> String {
    content(text).replace('"', "&quot;")
}

/// Text on one line, between tags. What XML 1.0 cannot hold, and what would not be seen, is written `\u{…}`.
fn content(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in escape(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\u{FFFE}' | '\u{FFFF}' => out.extend(c.escape_unicode()),
            _ => out.push(c),
        }
    }
    out
}
