//! From documents to an artifact, and to explanations.

use alloc::string::String;
use alloc::vec::Vec;

use toolgate_compiler::explain::{Explainable, NotExplainable};
use toolgate_compiler::{Diagnostic, Source, compile_sources};

use crate::fault::Fault;
use crate::output::Output;
use crate::reader::Reader;

/// Compiles documents, given as records of a name and a text each, and says everything there is to say about them in
/// `diagnostics`, a JSON array. The documents are put into the artifact if it shall explain wherever it is.
///
/// # Errors
/// The documents are no policy, or the records are none.
pub fn compile(records: &[u8], carries_sources: bool, artifact: &mut Output, diagnostics: &mut Output) -> Result<(), Fault> {
    diagnostics.clear();
    let sources = sources(records)?;
    let (mut compiled, mut found) = compile_sources(&sources);
    if carries_sources {
        compiled = compiled.and_then(|compiled| compiled.with_sources(&sources).map_err(|errors| found.extend(errors)).ok());
    }
    tell(&found, diagnostics)?;
    artifact.replace(compiled.ok_or(Fault::Policy)?.artifact);
    Ok(())
}

/// What to explain, and how.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// The request's bytes.
    pub request: &'q [u8],
    /// A rule's id, or nothing for those that matter.
    pub rule: &'q [u8],
    /// [`CLARIFIED`] and [`AS_TEXT`].
    pub flags: u32,
}

/// The clarification that the call waited for has been obtained.
pub const CLARIFIED: u32 = 1;

/// Several lines for people instead of JSON.
pub const AS_TEXT: u32 = 2;

/// Explains a decision by documents, given as records.
///
/// # Errors
/// The documents are no policy, the records are none, there is no such rule, or a flag is not known.
pub fn explain_documents(records: &[u8], question: Question<'_>, out: &mut Output) -> Result<(), Fault> {
    explain(&Explainable::from_documents(&sources(records)?)?, question, out)
}

/// Explains a decision by an artifact that carries its documents.
///
/// # Errors
/// The bytes are no artifact, or it does not carry its documents, there is no such rule, or a flag is not known.
pub fn explain_artifact(artifact: &[u8], question: Question<'_>, out: &mut Output) -> Result<(), Fault> {
    let loaded = toolgate_runtime::Policy::load(artifact).map_err(Fault::Load)?;
    explain(&Explainable::from_artifact(&loaded)?, question, out)
}

fn explain(policy: &Explainable, Question { request, rule, flags }: Question<'_>, out: &mut Output) -> Result<(), Fault> {
    if flags & !(CLARIFIED | AS_TEXT) != 0 {
        return Err(Fault::Flags);
    }
    let rule = core::str::from_utf8(rule).map_err(|_| Fault::Records)?;
    let rule = (!rule.is_empty()).then_some(rule);
    let explanation = policy.explain(request, flags & CLARIFIED != 0, rule).map_err(|error| Fault::Rule(Box::new(error)))?;
    let said = if flags & AS_TEXT != 0 { explanation.text() } else { explanation.json() };
    out.replace(said.into_bytes());
    Ok(())
}

impl From<NotExplainable> for Fault {
    fn from(error: NotExplainable) -> Self {
        match error {
            NotExplainable::NoSources => Fault::NoSources,
            NotExplainable::Errors(_) => Fault::Policy,
            _ => Fault::OtherSources,
        }
    }
}

fn tell(found: &[Diagnostic], diagnostics: &mut Output) -> Result<(), Fault> {
    diagnostics.replace(serde_json::to_vec(found).map_err(|_| Fault::Memory)?);
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
