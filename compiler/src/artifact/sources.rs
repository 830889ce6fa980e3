//! The documents of a policy, put behind everything that decides.

use toolgate_runtime::artifact::digest_of;
use toolgate_runtime::artifact::format::{DIGEST_AT, SECTION_TABLE_AT, Section};

use super::EncodeError;
use crate::source::Source;

/// The artifact with these documents in it, instead of those that are.
pub(crate) fn with_sources(artifact: &[u8], sources: &[Source]) -> Result<Vec<u8>, EncodeError> {
    let word = |len: usize| u32::try_from(len).map_err(|_| EncodeError::TooLarge);
    let entry = (Section::Sources as usize).saturating_mul(8).saturating_add(SECTION_TABLE_AT);
    // INVARIANT: the section is the last, so nothing behind it moves.
    let start = artifact.get(entry..).and_then(|at| at.first_chunk()).map_or(0, |start| u32::from_le_bytes(*start));
    let mut bytes = artifact.get(..start as usize).unwrap_or(artifact).to_vec();
    // What is not UTF-8 has not been checked, and is found to be of another policy.
    let sources: Vec<_> = sources.iter().map(|source| (source.name.as_str(), String::from_utf8_lossy(&source.text))).collect();
    if !sources.is_empty() {
        bytes.extend_from_slice(&word(sources.len())?.to_le_bytes());
    }
    for (name, text) in &sources {
        bytes.extend_from_slice(&word(name.len())?.to_le_bytes());
        bytes.extend_from_slice(&word(text.len())?.to_le_bytes());
    }
    for (name, text) in &sources {
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    let total = word(bytes.len())?;
    put(&mut bytes, LENGTH_AT, &total.to_le_bytes());
    put(&mut bytes, entry.saturating_add(4), &total.saturating_sub(start).to_le_bytes());
    let digest = digest_of(&bytes);
    put(&mut bytes, DIGEST_AT, &digest);
    Ok(bytes)
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at.saturating_add(value.len())) {
        place.copy_from_slice(value);
    }
}

const LENGTH_AT: usize = 12;
