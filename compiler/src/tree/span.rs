//! Places in a text.

use std::cell::OnceCell;

use crate::diagnostic::Span;

/// A range of bytes of one source. Lines and columns are told only of what is reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Range {
    /// From `start` to `end`. Offsets fit: a source has at most 64 MiB.
    pub(crate) fn new(start: usize, end: usize) -> Self {
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: narrow(start), end: narrow(end) }
    }

    /// The empty range at `offset`.
    pub(crate) fn at(offset: usize) -> Self {
        Self::new(offset, offset)
    }
}

/// Tells lines and columns of offsets, in constant time once the text has been looked over.
pub(crate) struct Locator<'a> {
    text: &'a [u8],
    index: OnceCell<Index>,
}

struct Index {
    /// Where each line starts.
    lines: Vec<usize>,
    /// Code points before each block of [`BLOCK`] bytes.
    characters: Vec<usize>,
}

impl<'a> Locator<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, index: OnceCell::new() }
    }

    /// The text itself.
    pub(crate) fn text(&self) -> &'a [u8] {
        self.text
    }

    pub(crate) fn span(&self, range: Range) -> Span {
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let offset = usize::try_from(range.start).unwrap_or(usize::MAX).min(self.text.len());
        let index = self.index.get_or_init(|| Index::new(self.text));
        let line = index.lines.partition_point(|start| *start <= offset);
        let line_start = index.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let column = match self.text.get(line_start..offset) {
            Some(before) if before.len() <= BLOCK => count(before),
            _ => index.characters_before(self.text, offset).saturating_sub(index.characters_before(self.text, line_start)),
        };
        Span { line: narrow(line), column: narrow(column.saturating_add(1)), start: range.start, end: range.end.max(range.start) }
    }
}

impl Index {
    fn new(text: &[u8]) -> Self {
        let mut lines = vec![0];
        for (at, byte) in text.iter().enumerate() {
            let next = at.saturating_add(1);
            // A carriage return ends a line unless a line feed follows, which then does.
            if *byte == b'\n' || (*byte == b'\r' && text.get(next) != Some(&b'\n')) {
                lines.push(next);
            }
        }
        let mut characters = vec![0];
        let mut sum = 0_usize;
        for block in text.chunks(BLOCK) {
            sum = sum.saturating_add(count(block));
            characters.push(sum);
        }
        Self { lines, characters }
    }

    fn characters_before(&self, text: &[u8], offset: usize) -> usize {
        let block = offset.checked_div(BLOCK).unwrap_or(0);
        let before = self.characters.get(block).copied().unwrap_or(0);
        let rest = text.get(block.saturating_mul(BLOCK)..offset).map_or(0, count);
        before.saturating_add(rest)
    }
}

/// Code points, ill-formed bytes counting somehow.
fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

const BLOCK: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::{Locator, Range};

    #[test]
    fn columns_count_code_points() {
        let text = format!("é\r\nab\rü{}x\n", "ö".repeat(3_000));
        let locator = Locator::new(text.as_bytes());
        let at = |needle: &str| {
            let span = locator.span(Range::at(text.find(needle).unwrap()));
            (span.line, span.column)
        };
        assert_eq!(at("é"), (1, 1));
        assert_eq!(at("b"), (2, 2));
        assert_eq!(at("ü"), (3, 1));
        assert_eq!(at("x"), (3, 3_002));
        let end = locator.span(Range::at(text.len()));
        assert_eq!((end.line, end.column), (4, 1));
        let past = locator.span(Range::at(text.len() + 10));
        assert_eq!(past.line, 4);
    }
}
