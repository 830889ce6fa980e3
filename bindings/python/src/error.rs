//! Raising the exceptions of `toolgate._errors`. They are written in Python, because with the stable ABI of Python 3.10 a
//! class in Rust cannot derive from `Exception`.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyType};
use toolgate_compiler::diagnostic::{Severity, render};
use toolgate_compiler::{Diagnostic, Source};

use crate::value::Unwritable;

/// An object that is no request.
pub(crate) fn request_error(py: Python<'_>, unwritable: &Unwritable) -> PyErr {
    raise(py, &REQUEST_ERROR, "RequestError", (unwritable.code, unwritable.message()))
}

/// A policy that decides and cannot be explained, or has no such rule.
pub(crate) fn explain_error(py: Python<'_>, code: &str, message: String) -> PyErr {
    raise(py, &EXPLAIN_ERROR, "ExplainError", (code, message))
}

/// Bytes that are no artifact, or not the one that is wanted.
pub(crate) fn load_error(py: Python<'_>, code: &str, message: String) -> PyErr {
    raise(py, &LOAD_ERROR, "LoadError", (code, message))
}

/// Something other than documents was given.
pub(crate) fn not_documents(py: Python<'_>, unwritable: &Unwritable) -> PyErr {
    raise(py, &POLICY_ERROR, "PolicyError", (unwritable.code, unwritable.message(), PyList::empty(py)))
}

/// Documents with errors. The message shows all that was found, as the command line does.
pub(crate) fn policy_error(py: Python<'_>, found: &[Diagnostic], sources: &[Source]) -> PyErr {
    let code = found.iter().find(|diagnostic| diagnostic.severity == Severity::Error).map_or("", |diagnostic| diagnostic.code);
    let source_of = |diagnostic: &Diagnostic| sources.iter().find(|source| source.name == diagnostic.file);
    let shown: String = found.iter().map(|diagnostic| render::text(diagnostic, source_of(diagnostic))).collect();
    match diagnostics(py, found) {
        Ok(list) => raise(py, &POLICY_ERROR, "PolicyError", (code, shown.trim_end(), list)),
        Err(error) => error,
    }
}

/// Diagnostics as Python has them: a list of dicts in the shape of their JSON.
pub(crate) fn diagnostics<'py>(py: Python<'py>, found: &[Diagnostic]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for diagnostic in found {
        let span = PyDict::new(py);
        span.set_item("line", diagnostic.span.line)?;
        span.set_item("column", diagnostic.span.column)?;
        span.set_item("start", diagnostic.span.start)?;
        span.set_item("end", diagnostic.span.end)?;
        let dict = PyDict::new(py);
        dict.set_item("code", diagnostic.code)?;
        dict.set_item("severity", if diagnostic.severity == Severity::Error { "error" } else { "warning" })?;
        dict.set_item("message", &diagnostic.message)?;
        dict.set_item("file", &diagnostic.file)?;
        dict.set_item("span", span)?;
        if let Some(help) = &diagnostic.help {
            dict.set_item("help", help)?;
        }
        list.append(dict)?;
    }
    Ok(list)
}

fn raise<'py>(py: Python<'py>, class: &PyOnceLock<Py<PyType>>, name: &str, arguments: impl pyo3::call::PyCallArgs<'py>) -> PyErr {
    match class.import(py, "toolgate._errors", name).and_then(|class| class.call1(arguments)) {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

static REQUEST_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static EXPLAIN_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static LOAD_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static POLICY_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
