//! YAML 1.2, less what makes it treacherous: anchors, aliases, tags, merge keys, several documents in one text.

mod fault;

use std::borrow::Cow;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span};

use super::scalar::{Plain, resolve};
use super::span::Range;
use super::{Entry, Kind, Node, check_keys, too_deep};
use crate::diagnostic::{Report, quote};
use crate::limits::TREE_DEPTH_MAX;

/// Reads one YAML text. `None` if it is none, which has been reported then; a text without a value is a null.
pub(super) fn read<'a>(text: &'a str, report: &mut Report<'a>) -> Option<Node<'a>> {
    if let Some((at, c)) = text.char_indices().find(|(_, c)| !is_printable(*c)) {
        let message = format!("the character {} cannot be written in YAML", quote(c.encode_utf8(&mut [0; 4])));
        let help = "escape it in a string in double quotes, such as `\"\\x1b\"`";
        report.error_with_help("yaml/syntax", Range::new(at, at.saturating_add(c.len_utf8())), message, help);
        return None;
    }
    if let Some((at, line)) = directive(text) {
        let help = "leave it out: documents are YAML 1.2 and have no tags";
        report.error_with_help(
            "yaml/syntax",
            Range::new(at, at.saturating_add(line.len())),
            format!("the directive {} is not obeyed", quote(line)),
            help,
        );
    }
    let mut builder = Builder { text, cursor: Cursor { text, index: 0, offset: 0, ascii: text.is_ascii() }, stack: Vec::new(), root: None };
    let mut documents = 0_usize;
    // The parser's own loader recurses; its events do not.
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        match event {
            Err(error) => {
                builder.explain(&error, report);
                return None;
            }
            Ok((Event::DocumentStart(_), span)) => {
                documents = documents.saturating_add(1);
                if documents > 1 {
                    let at = builder.cursor.offset_of(span.start);
                    let end = if builder.rest(at).starts_with("---") { at.saturating_add(3) } else { at };
                    let help = "give every document a file of its own";
                    report.error_with_help("yaml/multiple-documents", Range::new(at, end), "a second document begins here", help);
                    break;
                }
            }
            Ok((Event::StreamEnd, _)) => break,
            Ok((event, span)) => {
                if !builder.event(event, span, report) {
                    return None;
                }
            }
        }
    }
    Some(builder.root.unwrap_or_else(|| Node::new(0, 0, Kind::Null)))
}

/// The first directive of a text, unless it says what is so anyway. The parser passes over directives, and a text that
/// declares another version of YAML would be read as 1.2 without a word.
fn directive(text: &str) -> Option<(usize, &str)> {
    let mut at = 0_usize;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start_matches('\u{feff}').trim_end();
        if bare.starts_with('%') && bare.split_whitespace().ne(["%YAML", "1.2"]) {
            return Some((at.saturating_add(line.find('%').unwrap_or(0)), bare));
        }
        if !bare.is_empty() && !bare.starts_with(['#', '%']) {
            return None;
        }
        at = at.saturating_add(line.len());
    }
    None
}

/// A list or mapping that is open.
enum Open<'a> {
    List { start: usize, items: Vec<Node<'a>> },
    Map { start: usize, entries: Vec<Entry<'a>>, key: Option<Node<'a>> },
}

struct Builder<'a> {
    text: &'a str,
    cursor: Cursor<'a>,
    stack: Vec<Open<'a>>,
    root: Option<Node<'a>>,
}

impl<'a> Builder<'a> {
    /// `false` ends the reading.
    fn event(&mut self, event: Event<'_>, span: Span, report: &mut Report<'a>) -> bool {
        let start = self.cursor.offset_of(span.start);
        match event {
            Event::Alias(_) => {
                let end = self.cursor.offset_of(span.end);
                report_alias(Range::new(start, end), self.text.get(start..end).unwrap_or_default(), report);
                self.attach(Node::new(start, end, Kind::Invalid));
            }
            Event::Scalar(value, style, anchor, tag) => {
                let content = if anchor > 0 || tag.is_some() { self.properties(start, report) } else { start };
                let end = self.cursor.offset_of(span.end).max(content);
                let mut node = self.scalar(&value, style, content, end, report);
                if tag.is_some() {
                    // What it is depends on the tag, which has been reported.
                    node.kind = Kind::Invalid;
                }
                self.attach(node);
            }
            Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) if self.stack.len() >= TREE_DEPTH_MAX => {
                let start = if anchor > 0 || tag.is_some() { self.properties(start, report) } else { start };
                too_deep(report, Range::new(start, start.saturating_add(1)));
                return false;
            }
            Event::SequenceStart(anchor, tag) => {
                let start = if anchor > 0 || tag.is_some() { self.properties(start, report) } else { start };
                self.stack.push(Open::List { start, items: Vec::new() });
            }
            Event::MappingStart(anchor, tag) => {
                let start = if anchor > 0 || tag.is_some() { self.properties(start, report) } else { start };
                self.stack.push(Open::Map { start, entries: Vec::new(), key: None });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let bracket_end = start.saturating_add(usize::from(self.rest(start).starts_with([']', '}'])));
                match self.stack.pop() {
                    Some(Open::List { start, items }) => {
                        let end = self.end(start, bracket_end, items.last());
                        self.attach(Node::new(start, end, Kind::List(items)));
                    }
                    Some(Open::Map { start, mut entries, .. }) => {
                        check_keys(&mut entries, report);
                        let end = self.end(start, bracket_end, entries.last().map(|entry| &entry.value));
                        self.attach(Node::new(start, end, Kind::Map(entries)));
                    }
                    None => {}
                }
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {}
        }
        true
    }

    /// Where a list or mapping ends: after its bracket, else after its last value.
    fn end(&self, start: usize, bracket_end: usize, last: Option<&Node<'_>>) -> usize {
        let last_end = last.and_then(|node| usize::try_from(node.range.end).ok());
        match last_end {
            Some(end) if !self.rest(start).starts_with(['[', '{']) => end,
            _ => bracket_end,
        }
    }

    fn attach(&mut self, node: Node<'a>) {
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, .. }) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push(Entry { key, value: node }),
            },
        }
    }

    fn is_key(&self) -> bool {
        matches!(self.stack.last(), Some(Open::Map { key: None, .. }))
    }

    fn scalar(&self, value: &str, style: ScalarStyle, start: usize, end: usize, report: &mut Report<'a>) -> Node<'a> {
        // The parser counts the blanks and the comment behind a quoted scalar in.
        let end = match style {
            ScalarStyle::SingleQuoted => start.saturating_add(quoted_length(self.rest(start), b'\'')),
            ScalarStyle::DoubleQuoted => start.saturating_add(quoted_length(self.rest(start), b'"')),
            _ => end,
        };
        if style == ScalarStyle::Plain && value.is_empty() {
            // A value that is not there is looked for behind its colon.
            let at = start.saturating_add(usize::from(self.rest(start).starts_with(':')));
            return Node::new(at, at, Kind::Null);
        }
        let written = self.text.get(start..end).unwrap_or_default();
        let inner = match style {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => written.get(1..written.len().saturating_sub(1)).unwrap_or_default(),
            _ => written,
        };
        let text = if inner == value { Cow::Borrowed(inner) } else { Cow::Owned(value.to_owned()) };
        if style != ScalarStyle::Plain {
            return Node::new(start, end, Kind::String(text));
        }
        let range = Range::new(start, end);
        if value == "<<" && self.is_key() {
            report.error_with_help("yaml/merge-key", range, "merge keys are not read", "write the keys out, or `\"<<\"` for the name");
            return Node { range, kind: Kind::Invalid };
        }
        // The parser lets these begin a plain scalar in flow style; YAML does not.
        if value.starts_with(['|', '>']) {
            let help = format!("write `\"{}\"`", crate::diagnostic::clip(value));
            report.error_with_help("yaml/syntax", range, "a text that begins with `|` or `>` must be quoted here", help);
            return Node { range, kind: Kind::Invalid };
        }
        match resolve(value, text) {
            Plain::Clear(kind) => Node { range, kind },
            Plain::Ambiguous { reading, help } => {
                let message = format!("some YAML reads {} as {reading}", quote(value));
                report.error_with_help("yaml/ambiguous-scalar", range, message, help);
                Node { range, kind: Kind::Invalid }
            }
        }
    }

    /// Reports the anchor and the tag at `start`, and says where what they belong to begins.
    fn properties(&self, start: usize, report: &mut Report<'a>) -> usize {
        let mut at = start;
        loop {
            let rest = self.rest(at);
            let length = match rest.bytes().next() {
                Some(b'!') if rest.starts_with("!<") => rest.find('>').map_or(rest.len(), |end| end.saturating_add(1)),
                Some(b'!' | b'&') => rest.find(|c: char| c.is_ascii_whitespace() || ",[]{}".contains(c)).unwrap_or(rest.len()),
                _ => return at,
            };
            let end = at.saturating_add(length);
            let range = Range::new(at, end);
            let written = quote(self.text.get(at..end).unwrap_or_default());
            if rest.starts_with('&') {
                let help = "take it away, and write the value out wherever it is needed; quote a text that begins with `&`";
                report.error_with_help("yaml/anchor", range, format!("anchors such as {written} are not read"), help);
            } else {
                let help = "take it away, or quote a text that begins with `!`";
                report.error_with_help("yaml/tag", range, format!("tags such as {written} are not read"), help);
            }
            at = self.skip_blanks(end);
        }
    }

    /// Behind blanks, line breaks and comments.
    fn skip_blanks(&self, mut at: usize) -> usize {
        loop {
            let rest = self.rest(at);
            let blanks = rest.len().saturating_sub(rest.trim_start_matches([' ', '\t', '\r', '\n']).len());
            at = at.saturating_add(blanks);
            if blanks == 0 || !self.rest(at).starts_with('#') {
                return at;
            }
            let comment = self.rest(at).find(['\r', '\n']).unwrap_or(self.rest(at).len());
            at = at.saturating_add(comment);
        }
    }

    fn rest(&self, at: usize) -> &'a str {
        self.text.get(at..).unwrap_or_default()
    }

    /// The tab that the parser complains about: it points at it, behind it, or at the text before it.
    fn tab_near(&self, at: usize) -> Range {
        let before = at.saturating_sub(1);
        let tab = if self.rest(before).starts_with('\t') && !self.rest(at).starts_with('\t') {
            before
        } else {
            at.saturating_add(self.rest(at).find('\t').unwrap_or(0))
        };
        Range::new(tab, tab.saturating_add(1))
    }

    /// Says what the parser found in our terms: some of what it calls bad syntax is a thing that has a code of its own.
    fn explain(&mut self, error: &ScanError, report: &mut Report<'a>) {
        let at = self.cursor.offset_of(*error.marker()).min(self.text.len());
        let rest = self.rest(at);
        let first = rest.chars().next();
        let range = Range::new(at, at.saturating_add(first.map_or(0, char::len_utf8)));
        let info = error.info();
        let word = rest.split(|c: char| c.is_ascii_whitespace() || ",[]{}".contains(c)).next().unwrap_or_default();
        let word_range = Range::new(at, at.saturating_add(word.len().max(1)));
        if info.contains("recursion limit") {
            too_deep(report, range);
            return;
        }
        // Without a name it is neither, and a wildcard that lacks its quotes.
        if matches!(first, Some('*' | '&')) && info.contains("while scanning an anchor or alias") {
            let help = format!("for a text that begins so, write `\"{}\"`", crate::diagnostic::escape(word));
            report.error_with_help("yaml/syntax", range, format!("{} stands without a name", quote(word)), help);
            return;
        }
        if first == Some('*') && info.contains("unknown anchor") {
            report_alias(word_range, word, report);
            return;
        }
        if first == Some('!') && (info.contains("tag") || info.contains("handle")) {
            let help = "take it away, or quote a text that begins with `!`";
            report.error_with_help("yaml/tag", word_range, format!("tags such as {} are not read", quote(word)), help);
            return;
        }
        if fault::is_about_tab(info, first) {
            report.error_with_help("yaml/syntax", self.tab_near(at), "a tab stands where only blanks may", "indent with blanks");
            return;
        }
        let (message, help) = fault::told(info, first);
        match help {
            Some(help) => report.error_with_help("yaml/syntax", range, message, help),
            None => report.error("yaml/syntax", range, message),
        }
    }
}

/// Turns the parser's marks, which count code points, into offsets in bytes. Marks mostly ascend, so it walks from the
/// last one.
struct Cursor<'a> {
    text: &'a str,
    index: usize,
    offset: usize,
    /// Then they are the same.
    ascii: bool,
}

impl Cursor<'_> {
    fn offset_of(&mut self, mark: Marker) -> usize {
        let target = mark.index();
        if self.ascii {
            return target.min(self.text.len());
        }
        if target >= self.index {
            let rest = self.text.get(self.offset..).unwrap_or_default();
            let ahead = target.saturating_sub(self.index);
            match rest.char_indices().nth(ahead) {
                Some((length, _)) => {
                    self.offset = self.offset.saturating_add(length);
                    self.index = target;
                }
                // Past the end; the index stays true to the offset.
                None => {
                    self.index = self.index.saturating_add(rest.chars().count());
                    self.offset = self.text.len();
                }
            }
        } else {
            let before = self.text.get(..self.offset).unwrap_or_default();
            let back = self.index.saturating_sub(target);
            self.offset = before.char_indices().rev().nth(back.saturating_sub(1)).map_or(0, |(offset, _)| offset);
            self.index = target;
        }
        self.offset
    }
}

fn report_alias(range: Range, written: &str, report: &mut Report<'_>) {
    let help = format!("for a pattern write `\"{}\"`, else write the value out", crate::diagnostic::escape(written));
    report.error_with_help("yaml/alias", range, format!("{} is an alias, and aliases are not read", quote(written)), help);
}

/// Bytes of the quoted scalar that `text` begins with, both quotes included.
fn quoted_length(text: &str, mark: u8) -> usize {
    let mut bytes = text.bytes().enumerate().skip(1).peekable();
    while let Some((at, byte)) = bytes.next() {
        if byte == b'\\' && mark == b'"' {
            bytes.next();
        } else if byte == mark {
            // In single quotes, two are one.
            if mark == b'\'' && bytes.peek().is_some_and(|(_, next)| *next == mark) {
                bytes.next();
            } else {
                return at.saturating_add(1);
            }
        }
    }
    text.len()
}

/// `c-printable` of YAML 1.2.
fn is_printable(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}
