//! Lines of a stream of requests, read in bounded memory.

use std::io::{self, BufRead, BufReader, Read};

use toolgate_runtime::json::reader::BYTES_MAX;

/// Most bytes of a line that are kept: one more than a request may have, so that the engine refuses it as it would
/// refuse the whole.
const KEPT_MAX: usize = BYTES_MAX + 1;

const BUFFER_LEN_BYTES: usize = 64 * 1024;

/// Splits a stream at LF, drops one CR before it, and skips lines of nothing but JSON white space.
pub struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    number: u64,
}

impl<R: Read> Lines<R> {
    pub fn new(input: R) -> Self {
        Self::with_buffer(input, BUFFER_LEN_BYTES)
    }

    fn with_buffer(input: R, len_bytes: usize) -> Self {
        Self { input: BufReader::with_capacity(len_bytes, input), line: Vec::new(), number: 0 }
    }

    /// The next line with its number, from 1; lines that are skipped count.
    pub fn next_numbered(&mut self) -> Result<Option<(u64, &[u8])>, ReadError> {
        let is_end = self.next(|| Ok::<(), ReadError>(()))?.is_none();
        Ok((!is_end).then_some((self.number, &self.line)))
    }

    /// The next line, or `None` at the end. Of a line longer than any request, as much as shows that.
    ///
    /// `before_read` is called before each read, which may wait for whoever writes the stream.
    pub fn next<E: From<ReadError>>(&mut self, mut before_read: impl FnMut() -> Result<(), E>) -> Result<Option<&[u8]>, E> {
        loop {
            self.line.clear();
            let mut len_bytes = 0_usize;
            let mut is_blank = true;
            let mut at_end = true;
            let mut has_newline = false;
            while !has_newline {
                if self.input.buffer().is_empty() {
                    before_read()?;
                }
                let chunk = match self.input.fill_buf() {
                    Ok(chunk) => chunk,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => return Err(ReadError(error).into()),
                };
                if chunk.is_empty() {
                    break;
                }
                at_end = false;
                let newline = memchr::memchr(b'\n', chunk);
                has_newline = newline.is_some();
                let piece = newline.and_then(|end| chunk.get(..end)).unwrap_or(chunk);
                let room = KEPT_MAX.saturating_sub(self.line.len());
                self.line.extend_from_slice(piece.get(..room).unwrap_or(piece));
                len_bytes = len_bytes.saturating_add(piece.len());
                is_blank = is_blank && piece.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
                let used = piece.len().saturating_add(usize::from(has_newline));
                self.input.consume(used);
            }
            if at_end {
                return Ok(None);
            }
            self.number = self.number.saturating_add(1);
            if is_blank {
                continue;
            }
            // The last byte kept is the line's last only if all of it was kept.
            if has_newline && len_bytes == self.line.len() && self.line.last() == Some(&b'\r') {
                self.line.pop();
            }
            break;
        }
        Ok(Some(&self.line))
    }
}

/// The stream cannot be read.
#[derive(Debug)]
pub struct ReadError(pub io::Error);

#[cfg(test)]
mod tests {
    use super::*;

    /// All lines, read through a buffer of so many bytes.
    fn lines(text: &[u8], buffer: usize) -> Vec<Vec<u8>> {
        let mut lines = Lines::with_buffer(text, buffer);
        let mut all = Vec::new();
        while let Some(line) = lines.next(|| Ok::<(), ReadError>(())).unwrap() {
            all.push(line.to_vec());
        }
        all
    }

    #[test]
    fn lines_end_at_line_feeds_alone() {
        for buffer in [1, 2, 3, 64] {
            assert_eq!(lines(b"a\r\nb\rc\n\n \t\r\n\xff\r\r\nd", buffer), [&b"a"[..], b"b\rc", b"\xff\r", b"d"]);
            assert_eq!(lines(b"a\r", buffer), [&b"a\r"[..]]);
            assert!(lines(b"", buffer).is_empty());
            assert!(lines(b"\n\r\n ", buffer).is_empty());
            assert_eq!(lines(b"\x0b\n\xc2\xa0\n", buffer), [&b"\x0b"[..], b"\xc2\xa0"]);
        }
    }

    #[test]
    fn skipped_lines_are_counted() {
        let mut lines = Lines::new(&b"\na\n\r\n \nb"[..]);
        let mut numbers = Vec::new();
        while let Some((number, line)) = lines.next_numbered().unwrap() {
            numbers.push((number, line.to_vec()));
        }
        assert_eq!(numbers, [(2, b"a".to_vec()), (5, b"b".to_vec())]);
    }

    #[test]
    fn of_a_long_line_one_byte_too_many_is_kept() {
        let of = |len: usize, end: &str| lines(&["x".repeat(len).as_bytes(), end.as_bytes(), b"y"].concat(), 4_096);
        for (len, end, kept) in [
            (BYTES_MAX, "\n", BYTES_MAX),
            (BYTES_MAX, "\r\n", BYTES_MAX),
            (BYTES_MAX, "\rz\n", KEPT_MAX),
            (KEPT_MAX, "\r\n", KEPT_MAX),
            (3 * BYTES_MAX, "\n", KEPT_MAX),
        ] {
            let lines = of(len, end);
            assert_eq!(lines.iter().map(Vec::len).collect::<Vec<_>>(), [kept, 1], "{len} {end:?}");
        }
        // Nothing but white space, however much of it.
        assert_eq!(lines(&[" ".repeat(2 * BYTES_MAX).as_bytes(), b"\ny"].concat(), 4_096), [b"y"]);
    }
}
