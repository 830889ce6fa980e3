//! From documents to an artifact.

use alloc::string::String;
use alloc::vec::Vec;

use toolgate_compiler::{Source, compile_sources};

use crate::fault::Fault;
use crate::output::Output;
use crate::reader::Reader;

/// Compiles documents, given as records of a name and a text each, and says everything there is to say about them in
/// `diagnostics`, a JSON array.
///
/// # Errors
/// The documents are no policy, or the records are none.
pub fn compile_records(records: &[u8], artifact: &mut Output, diagnostics: &mut Output) -> Result<(), Fault> {
    diagnostics.clear();
    let sources = sources(records)?;
    let (compiled, found) = compile_sources(&sources);
    let found = serde_json::to_vec(&found).map_err(|_| Fault::Memory)?;
    diagnostics.replace(found);
    artifact.replace(compiled.ok_or(Fault::Policy)?.artifact);
    Ok(())
}

fn sources(records: &[u8]) -> Result<Vec<Source>, Fault> {
    let mut reader = Reader::new(records);
    let mut sources = Vec::new();
    while !reader.is_empty() {
        sources.push(Source { name: String::from(reader.text()?), text: Vec::from(reader.bytes()?) });
    }
    if sources.is_empty() { Err(Fault::Records) } else { Ok(sources) }
}
