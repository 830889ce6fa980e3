//! Diagnostics as workflow commands of GitHub Actions, which shows them beside the lines they are about.

use super::{Diagnostic, Severity};
use crate::source::Source;

/// The diagnostic as one line without a newline: `::error file=…,line=…,…,title=CODE::message`.
///
/// The end of the place is told if the source is given. Columns are told only of a place on one line: of others the
/// command takes none.
#[must_use]
pub fn command(diagnostic: &Diagnostic, source: Option<&Source>) -> String {
    let name = match diagnostic.severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let span = diagnostic.span;
    let place = match source.map(|source| span.end_in(&source.text)) {
        Some((line, column)) if line == span.line => {
            format!("line={line},endLine={line},col={},endColumn={column}", span.column)
        }
        Some((line, _)) => format!("line={},endLine={line}", span.line),
        None => format!("line={},col={}", span.line, span.column),
    };
    let mut message = escape_data(&diagnostic.message);
    if let Some(help) = &diagnostic.help {
        message.push_str("%0Ahelp: ");
        message.push_str(&escape_data(help));
    }
    let (file, title) = (escape_property(&diagnostic.file), escape_property(diagnostic.code));
    format!("::{name} file={file},{place},title={title}::{message}")
}

/// As the command's message must be written.
fn escape_data(text: &str) -> String {
    // The sign of escaping first, or what the others become would be escaped again.
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// As the value of a property must be written, where `:` and `,` end something.
fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::command;
    use crate::diagnostic::{Diagnostic, Severity, Span};
    use crate::source::Source;

    fn diagnostic(span: Span) -> Diagnostic {
        Diagnostic {
            code: "when/star",
            severity: Severity::Error,
            message: "100 % wrong: no, yes\r\n::stop".to_owned(),
            file: "a,b:c%.yaml".to_owned(),
            span,
            help: Some("write `%`,\nor not".to_owned()),
        }
    }

    #[test]
    fn what_ends_something_is_escaped() {
        let shown = command(&diagnostic(Span { line: 2, column: 3, start: 0, end: 0 }), None);
        let expected = "::error file=a%2Cb%3Ac%25.yaml,line=2,col=3,title=when/star\
            ::100 %25 wrong: no, yes%0D%0A::stop%0Ahelp: write `%25`,%0Aor not";
        assert_eq!(shown, expected);
    }

    #[test]
    fn columns_are_told_of_one_line_only() {
        let source = Source { name: "p.yaml".to_owned(), text: "é: [ü,\r\nb]\n".into() };
        let one_line = Span { line: 1, column: 4, start: 4, end: 7 };
        let shown = command(&diagnostic(one_line), Some(&source));
        assert!(shown.contains(",line=1,endLine=1,col=4,endColumn=6,title="), "{shown}");
        let two_lines = Span { line: 1, column: 4, start: 4, end: 12 };
        let shown = command(&diagnostic(two_lines), Some(&source));
        assert!(shown.contains(".yaml,line=1,endLine=2,title="), "{shown}");
        // A place that is not in the text.
        let nowhere = Span { line: 9, column: 1, start: 50, end: 60 };
        let shown = command(&Diagnostic { severity: Severity::Warning, ..diagnostic(nowhere) }, Some(&source));
        assert!(shown.starts_with("::warning ") && shown.contains(",line=9,endLine=9,col=1,endColumn=1,"), "{shown}");
    }
}
