//! Requests that are read before they are decided, together.

use std::io::Read;
use std::mem;

use crate::lines::Lines;
use crate::output::Failure;

/// Some lines, one behind the other.
#[derive(Default)]
pub struct Block {
    text: Vec<u8>,
    /// Where each line ends.
    ends: Vec<usize>,
}

impl Block {
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(start, end)| self.text.get(*start..*end).unwrap_or_default())
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn is_full(&self) -> bool {
        self.ends.len() >= LINES_MAX || self.text.len() >= LEN_BYTES
    }

    fn push(&mut self, line: &[u8]) {
        self.text.extend_from_slice(line);
        self.ends.push(self.text.len());
    }
}

/// Reads all lines, and passes on whatever there is of them when it fills a block and before each read.
///
/// What was read before a failure is passed on too.
pub fn read(mut lines: Lines<impl Read>, mut pass: impl FnMut(Block) -> Result<(), Failure>) -> Result<(), Failure> {
    let mut block = Block::default();
    let mut pass_on = |block: &mut Block| if block.is_empty() { Ok(()) } else { pass(mem::take(block)) };
    let result = loop {
        // Whoever writes the requests may wait for the decisions before writing on.
        match lines.next(|| pass_on(&mut block)) {
            Ok(Some(line)) => block.push(line),
            Ok(None) => break Ok(()),
            Err(failure) => break Err(failure),
        }
        if block.is_full()
            && let Err(failure) = pass_on(&mut block)
        {
            break Err(failure);
        }
    };
    result.and(pass_on(&mut block))
}

/// So many bytes fill a block: what one read of a file brings.
pub const LEN_BYTES: usize = 64 * 1024;

/// So many lines fill one, for a decision can be much longer than its request.
const LINES_MAX: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &[u8]) -> Vec<Vec<Vec<u8>>> {
        let mut all = Vec::new();
        let pass = |block: Block| {
            all.push(block.lines().map(<[u8]>::to_vec).collect());
            Ok(())
        };
        read(Lines::new(text), pass).unwrap();
        all
    }

    #[test]
    fn blocks_hold_every_line_once() {
        assert!(blocks(b"").is_empty());
        assert!(blocks(b"\n \n").is_empty());
        assert_eq!(blocks(b"a\n\nb\n"), [[b"a".to_vec(), b"b".to_vec()]]);
        let lines: Vec<Vec<u8>> = (0..10_000).map(|number| format!("{number}").into_bytes()).collect();
        let all = blocks(&lines.join(&b'\n'));
        assert!(all.iter().all(|block| !block.is_empty() && block.len() <= LINES_MAX));
        assert_eq!(all.concat(), lines);
        let long: Vec<Vec<u8>> = (0..9).map(|number| format!("{number}").repeat(LEN_BYTES - 1).into_bytes()).collect();
        let all = blocks(&long.join(&b'\n'));
        assert!(all.iter().all(|block| block.len() <= 2));
        assert_eq!(all.concat(), long);
    }

    #[test]
    fn a_failure_ends_it_and_is_told() {
        let mut passed = 0;
        let fail = |_: Block| {
            passed += 1;
            Err(Failure::Other("full".to_owned()))
        };
        let told = read(Lines::new(&b"a\n".repeat(10 * LINES_MAX)[..]), fail);
        assert!(matches!(told, Err(Failure::Other(message)) if message == "full"));
        assert_eq!(passed, 1);
    }

    #[test]
    fn what_was_read_before_a_failure_is_passed_on() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
        }
        let mut passed = Vec::new();
        let pass = |block: Block| {
            passed.extend(block.lines().map(<[u8]>::to_vec));
            Ok(())
        };
        assert!(read(Lines::new(b"a\nb\nc".chain(Failing)), pass).is_err());
        assert_eq!(passed, [b"a", b"b"]);
    }
}
