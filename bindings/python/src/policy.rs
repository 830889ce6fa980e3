//! The policy as Python has it.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyList, PyString, PyTuple};
use toolgate_compiler::diagnostic::quote;
use toolgate_compiler::explain::{Explainable, NotExplainable};
use toolgate_compiler::{Diagnostic, Source, canonical, compile_sources};
use toolgate_runtime::json::reader::{BYTES_MAX, DEPTH_MAX};
use toolgate_runtime::{Options, Scratch, parse_digest};

use crate::decision::Decision;
use crate::document::sources;
use crate::error::{diagnostics, explain_error, load_error, not_documents, policy_error, request_error};
use crate::explanation::Explanation;
use crate::value::{self, Bounds, type_name};

/// A policy ready to decide. It never changes: share it between threads.
#[pyclass(frozen, module = "toolgate")]
pub(crate) struct Policy {
    policy: toolgate_runtime::Policy,
    artifact: Py<PyBytes>,
    digest: Arc<str>,
    /// Warnings; there are none of an artifact.
    diagnostics: Vec<Diagnostic>,
    /// What it was compiled from. An artifact may carry its own.
    sources: Vec<Source>,
    /// Made when the first explanation is asked for.
    explainable: OnceLock<Explainable>,
    /// Those that no thread is deciding with. As many as there were ever decisions at one time: one, while the interpreter
    /// has a lock.
    scratches: Mutex<Vec<Scratch>>,
}

#[pymethods]
impl Policy {
    /// Compiles a policy from a YAML or JSON text, a dict, or a list of tuples of a name and one of those.
    ///
    /// With `with_sources`, the artifact carries the documents, so that a policy that is loaded from it can explain.
    ///
    /// Raises PolicyError with everything that is wrong, all at once.
    #[staticmethod]
    #[pyo3(signature = (documents, /, *, with_sources = false))]
    fn compile(documents: &Bound<'_, PyAny>, with_sources: bool) -> PyResult<Self> {
        let py = documents.py();
        let sources = sources(documents).map_err(|unwritable| not_documents(py, &unwritable))?;
        let (artifact, diagnostics) = py.detach(|| {
            let (mut compiled, mut diagnostics) = compile_sources(&sources);
            if with_sources {
                compiled = compiled.and_then(|compiled| compiled.with_sources(&sources).map_err(|errors| diagnostics.extend(errors)).ok());
            }
            let loaded = compiled.map(|compiled| (toolgate_runtime::Policy::load(&compiled.artifact), compiled.artifact));
            (loaded, diagnostics)
        });
        let Some((policy, artifact)) = artifact else { return Err(policy_error(py, &diagnostics, &sources)) };
        // What has just been compiled does not load only for want of memory.
        let policy = policy.map_err(|error| load_error(py, error.code(), error.to_string()))?;
        Ok(Self { sources, diagnostics, ..Self::of(&PyBytes::new(py, &artifact), policy) })
    }

    /// Loads an artifact, that of the policy with this digest if one is given: `sha256:` and 64 hexadecimal digits.
    ///
    /// Raises LoadError if the bytes are not exactly an artifact of this format, or of another policy.
    #[staticmethod]
    #[pyo3(signature = (artifact, /, digest = None))]
    fn load(artifact: &Bound<'_, PyAny>, digest: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let py = artifact.py();
        let bytes = match (artifact.cast::<PyBytes>(), artifact.cast::<PyByteArray>()) {
            (Ok(bytes), _) => bytes.clone(),
            (_, Ok(bytes)) => PyBytes::new(py, &bytes.to_vec()),
            _ => return Err(load_error(py, "host/type", format!("an artifact is of type `bytes`, not {}", type_name(artifact)))),
        };
        let expected = digest.map(expected_digest).transpose()?;
        let artifact = bytes.as_bytes();
        let loaded = py.detach(|| match expected {
            Some(expected) => toolgate_runtime::Policy::load_expecting(artifact, &expected),
            None => toolgate_runtime::Policy::load(artifact),
        });
        let policy = loaded.map_err(|error| load_error(py, error.code(), error.to_string()))?;
        Ok(Self::of(&bytes, policy))
    }

    /// Decides one call: a request as JSON text (str or bytes), or as a dict.
    ///
    /// With `clarified`, the caller has obtained the clarification that was required, and asks again about the same call.
    ///
    /// What is no request is denied, with the reason. Raises RequestError for an object that JSON has no value for.
    #[pyo3(signature = (request, /, *, clarified = false))]
    fn decide(&self, request: &Bound<'_, PyAny>, clarified: bool) -> PyResult<Decision> {
        let request = request_bytes(request)?;
        Ok(self.with_scratch(|scratch| {
            let decision = self.policy.decide(&request, scratch, Options { clarified });
            Decision::new(&decision, Arc::clone(&self.digest))
        }))
    }

    /// The decision's word alone, for less than the whole decision costs.
    #[pyo3(signature = (request, /, *, clarified = false))]
    fn verdict(&self, request: &Bound<'_, PyAny>, clarified: bool) -> PyResult<&'static str> {
        let request = request_bytes(request)?;
        Ok(self.with_scratch(|scratch| self.policy.verdict(&request, scratch, Options { clarified }).as_str()))
    }

    /// Tells why a request is decided as it is; of one rule alone, in full, if its id is given.
    ///
    /// Raises ExplainError for a policy that was loaded from an artifact without its documents, and for an unknown rule;
    /// RequestError as `decide` does.
    #[pyo3(signature = (request, /, *, rule = None, clarified = false))]
    fn explain(&self, request: &Bound<'_, PyAny>, rule: Option<&str>, clarified: bool) -> PyResult<Explanation> {
        let py = request.py();
        let request = request_bytes(request)?;
        py.detach(|| {
            let explainable = self.explainable().map_err(|error| (not_explainable(&error), error.to_string()))?;
            let explanation = explainable.explain(&request, clarified, rule);
            explanation.map(|explanation| Explanation::new(&explanation)).map_err(|error| ("host/unknown-rule", error.to_string()))
        })
        .map_err(|(code, message)| explain_error(py, code, message))
    }

    /// What there is to know of the policy: digests, size, fields, certificate.
    #[getter]
    fn info<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let mut json = String::new();
        // Writing to a string does not fail.
        let _ = self.policy.write_info(&mut json);
        py.import("json")?.call_method1("loads", (json,))
    }

    /// JSON Pointers of the fields that the policy reads.
    #[getter]
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.policy.fields().map(|(_, pointer)| pointer).collect::<Vec<_>>())
    }

    /// The compiled policy, for `Policy.load` of this and every other host.
    #[getter]
    fn artifact(&self, py: Python<'_>) -> Py<PyBytes> {
        self.artifact.clone_ref(py)
    }

    /// The policy's identity, as decisions carry it.
    #[getter]
    fn digest(&self) -> &str {
        &self.digest
    }

    /// Warnings about the documents. None of a policy that was loaded.
    #[getter]
    fn diagnostics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        diagnostics(py, &self.diagnostics)
    }

    fn __repr__(&self) -> String {
        format!("<Policy {} rules={}>", self.digest, self.policy.rule_count())
    }
}

impl Policy {
    fn of(artifact: &Bound<'_, PyBytes>, policy: toolgate_runtime::Policy) -> Self {
        let digest = canonical::digest_text(policy.digest()).into();
        let scratches = Mutex::new(vec![Scratch::new(&policy)]);
        let artifact = artifact.clone().unbind();
        Self { policy, artifact, digest, diagnostics: Vec::new(), sources: Vec::new(), explainable: OnceLock::new(), scratches }
    }

    /// Checks the documents again, once.
    fn explainable(&self) -> Result<&Explainable, NotExplainable> {
        if let Some(explainable) = self.explainable.get() {
            return Ok(explainable);
        }
        let made = match self.sources.as_slice() {
            [] => Explainable::from_artifact(&self.policy)?,
            sources => Explainable::from_documents(sources)?,
        };
        Ok(self.explainable.get_or_init(|| made))
    }

    /// Nothing of Python runs in between, and the lock is not held while deciding.
    fn with_scratch<T>(&self, decide: impl FnOnce(&mut Scratch) -> T) -> T {
        let idle = self.scratches.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut scratch = idle.unwrap_or_else(|| Scratch::new(&self.policy));
        let decided = decide(&mut scratch);
        self.scratches.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        decided
    }
}

/// The bytes that are decided.
fn request_bytes<'a>(request: &'a Bound<'_, PyAny>) -> PyResult<Cow<'a, [u8]>> {
    if let Ok(text) = request.cast::<PyString>() {
        value::bytes_of(text)
    } else if let Ok(text) = request.cast::<PyBytes>() {
        Ok(Cow::Borrowed(text.as_bytes()))
    } else if let Ok(text) = request.cast::<PyByteArray>() {
        Ok(Cow::Owned(text.to_vec()))
    } else {
        value::write(request, REQUEST).map(Cow::Owned).map_err(|unwritable| request_error(request.py(), &unwritable))
    }
}

fn not_explainable(error: &NotExplainable) -> &'static str {
    match error {
        NotExplainable::NoSources => "host/no-sources",
        _ => "host/other-sources",
    }
}

fn expected_digest(digest: &Bound<'_, PyAny>) -> PyResult<[u8; 32]> {
    let refuse = |shown: String| {
        load_error(digest.py(), "host/invalid-digest", format!("a digest is `sha256:` and 64 hexadecimal digits, not {shown}"))
    };
    let Ok(text) = digest.cast::<PyString>() else { return Err(refuse(format!("of type {}", type_name(digest)))) };
    let text = text.to_string_lossy();
    parse_digest(text.as_bytes()).ok_or_else(|| refuse(quote(&text)))
}

const REQUEST: Bounds = Bounds { depth: DEPTH_MAX, bytes: BYTES_MAX };
