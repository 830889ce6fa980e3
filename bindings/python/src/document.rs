//! What a policy is compiled from: a text, a dict, or several of them with their names.

use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyList, PyString, PyTuple};
use toolgate_compiler::Source;
use toolgate_compiler::limits::{DOCUMENT_BYTES_MAX, TREE_DEPTH_MAX};

use crate::value::{self, Bounds, Unwritable, type_name};

/// The documents, named.
///
/// # Errors
/// The argument is neither a document nor a list of names and documents, or a dict holds what JSON does not have.
pub(crate) fn sources(documents: &Bound<'_, PyAny>) -> Result<Vec<Source>, Unwritable> {
    let pairs: Vec<Bound<'_, PyAny>> = if let Ok(list) = documents.cast_exact::<PyList>() {
        list.iter().collect()
    } else if let Ok(tuple) = documents.cast_exact::<PyTuple>() {
        tuple.iter().collect()
    } else {
        return Ok(vec![source("policy.yaml", documents)?]);
    };
    if pairs.is_empty() {
        return Err(Unwritable::new("host/no-documents", "is empty; a policy is compiled from at least one document".to_owned()));
    }
    pairs.iter().enumerate().map(|(index, pair)| named(pair).map_err(|unwritable| unwritable.below(index.to_string()))).collect()
}

fn named(pair: &Bound<'_, PyAny>) -> Result<Source, Unwritable> {
    let parts = pair.cast_exact::<PyTuple>().ok().filter(|pair| pair.len() == 2);
    let name_and_document = parts.and_then(|pair| Some((pair.get_item(0).ok()?, pair.get_item(1).ok()?)));
    let Some((name, document)) = name_and_document else {
        return Err(Unwritable::new("host/type", format!("is of type {}; pass a tuple of a name and a document", type_name(pair))));
    };
    let Ok(name) = name.cast::<PyString>() else {
        return Err(Unwritable::new("host/type", format!("is of type {}; a document's name is a str", type_name(&name))).below("0"));
    };
    source(&name.to_string_lossy(), &document).map_err(|unwritable| unwritable.below("1"))
}

fn source(name: &str, document: &Bound<'_, PyAny>) -> Result<Source, Unwritable> {
    if let Ok(text) = document.cast::<PyString>() {
        let text = value::bytes_of(text).map_err(|_| Unwritable::new("host/type", "is a `str` without an encoding".to_owned()))?;
        Ok(Source { name: name.to_owned(), text: text.into_owned() })
    } else if let Ok(text) = document.cast::<PyBytes>() {
        Ok(Source { name: name.to_owned(), text: text.as_bytes().to_vec() })
    } else if let Ok(text) = document.cast::<PyByteArray>() {
        Ok(Source { name: name.to_owned(), text: text.to_vec() })
    } else if let Ok(dict) = document.cast_exact::<PyDict>() {
        // What is JSON is read as JSON.
        let name = name.strip_suffix(".yaml").or(name.strip_suffix(".yml")).or(name.strip_suffix(".json")).unwrap_or(name);
        Ok(Source { name: format!("{name}.json"), text: value::write(dict, DOCUMENT)? })
    } else {
        Err(Unwritable::new(
            "host/type",
            format!("is of type {}; pass a str, bytes or dict, or a list of names and those", type_name(document)),
        ))
    }
}

const DOCUMENT: Bounds = Bounds { depth: TREE_DEPTH_MAX, bytes: DOCUMENT_BYTES_MAX };
