//! Words out of bytes, with every access checked.

use alloc::vec::Vec;

use crate::memory::{OutOfMemory, with_room};

/// The little-endian word at byte `at`.
pub(super) fn word_at(bytes: &[u8], at: usize) -> Option<u32> {
    let end = at.checked_add(4)?;
    let word: [u8; 4] = bytes.get(at..end)?.try_into().ok()?;
    Some(u32::from_le_bytes(word))
}

/// A record as `N` words.
pub(crate) fn record<const N: usize>(bytes: &[u8]) -> [u32; N] {
    let mut words = [0; N];
    for (word, chunk) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*chunk);
    }
    words
}

/// All words of a section.
#[inline(never)]
pub(super) fn words(bytes: &[u8]) -> Result<Vec<u32>, OutOfMemory> {
    let (words, _) = bytes.as_chunks::<4>();
    let mut out = with_room(words.len())?;
    out.extend(words.iter().map(|word| u32::from_le_bytes(*word)));
    Ok(out)
}

/// All records of a section, each made from its `N` words; `None` if one of them is no record.
#[inline(never)]
pub(super) fn records<const N: usize, T>(bytes: &[u8], make: impl Fn([u32; N]) -> Option<T>) -> Result<Option<Vec<T>>, OutOfMemory> {
    let len = N.saturating_mul(4);
    let mut out = with_room(bytes.len().checked_div(len).unwrap_or(0))?;
    for chunk in bytes.chunks_exact(len) {
        let Some(record) = make(record::<N>(chunk)) else { return Ok(None) };
        out.push(record);
    }
    Ok(Some(out))
}
