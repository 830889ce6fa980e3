//! Documents to an artifact.
#![expect(unsafe_code, reason = "arguments are pointers")]

use std::ffi::c_void;

use toolgate_compiler::limits::DOCUMENT_BYTES_MAX;
use toolgate_compiler::{Diagnostic, Source, compile_sources};

use crate::boundary::boundary;
use crate::bytes::Bytes;
use crate::slice::{array, bytes, optional_out, out, text};
use crate::status::{Status, TOOLGATE_ERR_INVALID_POLICY, TOOLGATE_ERR_NO_DOCUMENTS, TOOLGATE_ERR_OTHER, TOOLGATE_ERR_UNKNOWN_OPTION};

/// Option of toolgate_compile: the artifact carries the documents, so that toolgate_explain can tell why it decides so.
pub const TOOLGATE_WITH_SOURCES: u32 = 1;

/// One document of a policy.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Document {
    /// What diagnostics call it, UTF-8. If it ends in `.json`, the text is JSON and nothing else.
    pub name: *const c_void,
    /// Bytes of the name.
    pub name_len: usize,
    /// The text, YAML or JSON.
    pub text: *const c_void,
    /// Bytes of the text.
    pub text_len: usize,
}

/// Compiles the documents of one policy into an artifact, for toolgate_policy_load here or in any other host.
///
/// `options` is 0 or TOOLGATE_WITH_SOURCES.
///
/// `diagnostics` gets all errors and warnings, whether there is an artifact (TOOLGATE_OK) or not
/// (TOOLGATE_ERR_INVALID_POLICY): a JSON array of objects with `code`, `severity` (`error` or `warning`), `message`,
/// `file`, `span` (`line`, `column`, `start`, `end`) and perhaps `help`. NULL declines it.
// SAFETY: no other symbol has this prefix.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn toolgate_compile(
    documents: *const Document,
    documents_len: usize,
    options: u32,
    artifact: *mut *mut Bytes,
    diagnostics: *mut *mut Bytes,
) -> Status {
    // SAFETY: the caller keeps the header's promises about each of these pointers.
    boundary(|| unsafe {
        let (artifact, told) = (out(artifact)?, optional_out(diagnostics)?);
        let sources = sources(array(documents, documents_len)?)?;
        let with_sources = match options {
            0 => false,
            TOOLGATE_WITH_SOURCES => true,
            _ => return Err(TOOLGATE_ERR_UNKNOWN_OPTION),
        };
        let (mut compiled, mut diagnostics) = compile_sources(&sources);
        if with_sources {
            let carrying = compiled.map(|compiled| compiled.with_sources(&sources)).transpose();
            compiled = carrying.map_err(|errors| diagnostics.extend(errors)).ok().flatten();
        }
        if let Some(told) = told {
            Bytes::give(json(&diagnostics)?, &told);
        }
        Bytes::give(compiled.ok_or(TOOLGATE_ERR_INVALID_POLICY)?.artifact, &artifact);
        Ok(())
    })
}

/// The documents as the compiler wants them.
///
/// # Safety
/// The pointers of each document are as [`bytes`] wants them.
unsafe fn sources(documents: &[Document]) -> Result<Vec<Source>, Status> {
    if documents.is_empty() {
        return Err(TOOLGATE_ERR_NO_DOCUMENTS);
    }
    let source = |document: &Document| {
        // SAFETY: the caller's promise is the same.
        let (name, whole) = unsafe { (text(document.name, document.name_len)?, bytes(document.text, document.text_len)?) };
        // One byte above the limit is refused as any number of them is.
        let text = whole.get(..=DOCUMENT_BYTES_MAX).unwrap_or(whole);
        Ok(Source { name: name.to_owned(), text: text.to_vec() })
    };
    documents.iter().map(source).collect()
}

fn json(diagnostics: &[Diagnostic]) -> Result<Vec<u8>, Status> {
    // Nothing in a diagnostic is unfit for JSON.
    serde_json::to_vec(diagnostics).map_err(|_| TOOLGATE_ERR_OTHER)
}
