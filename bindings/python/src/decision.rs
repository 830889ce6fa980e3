//! The decision as Python has it.

use std::sync::Arc;

use pyo3::basic::CompareOp;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};
use toolgate_runtime::{Risk, Verdict};

/// What to do with a call, and why. It has the fields that decisions have in every host, and never changes.
///
/// It is true if and only if the decision is `allow`, so that `if policy.decide(call):` is what it looks like.
#[pyclass(frozen, module = "toolgate")]
pub(crate) struct Decision {
    verdict: Verdict,
    rules: Vec<String>,
    truncated: bool,
    requirements: Vec<String>,
    risk: Option<Risk>,
    message: Option<String>,
    /// Rule and field.
    undecided: Vec<(String, String)>,
    /// Rule, and what it would have decided.
    shadow: Vec<(String, Verdict)>,
    default: bool,
    reason: &'static str,
    offset: Option<u32>,
    policy: Arc<str>,
    json: String,
}

impl Decision {
    pub(crate) fn new(decision: &toolgate_runtime::Decision<'_>, policy: Arc<str>) -> Self {
        Self {
            verdict: decision.verdict(),
            rules: decision.rules().map(str::to_owned).collect(),
            truncated: decision.truncated(),
            requirements: decision.requirements().map(str::to_owned).collect(),
            risk: decision.risk(),
            message: decision.message().map(str::to_owned),
            undecided: decision.undecided().map(|doubt| (doubt.rule.to_owned(), doubt.field.to_owned())).collect(),
            shadow: decision.shadow().map(|(rule, verdict)| (rule.to_owned(), verdict)).collect(),
            default: decision.is_default(),
            reason: decision.reason(),
            offset: decision.refusal().map(|refusal| refusal.offset),
            policy,
            json: decision.to_string(),
        }
    }
}

#[pymethods]
impl Decision {
    /// `allow`, `approval_required`, `clarification_required` or `deny`.
    #[getter]
    fn decision(&self) -> &'static str {
        self.verdict.as_str()
    }

    /// Whether the call may run as it is. Its `requirements` are still to be met.
    #[getter]
    fn allowed(&self) -> bool {
        self.verdict == Verdict::Allow
    }

    /// Ids of the rules of this decision that hold, in document order; at most 64.
    #[getter]
    fn rules<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.rules)
    }

    /// Whether a list was cut.
    #[getter]
    fn truncated(&self) -> bool {
        self.truncated
    }

    /// Obligations of the rules that hold. Never cut.
    #[getter]
    fn requirements<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.requirements)
    }

    /// `low`, `medium`, `high`, `critical` or None.
    #[getter]
    fn risk(&self) -> Option<&'static str> {
        self.risk.map(Risk::as_str)
    }

    /// Text that is safe to show the model, or None.
    #[getter]
    fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// Listed rules that hold only by doubt, each with a field in doubt: `{"rule": …, "field": …}`.
    #[getter]
    fn undecided<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.undecided_dicts(py)?)
    }

    /// Shadow rules that hold, each with what it would have decided: `{"rule": …, "decision": …}`.
    #[getter]
    fn shadow<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.shadow_dicts(py)?)
    }

    /// Whether the decision is the default's alone.
    #[getter]
    fn default(&self) -> bool {
        self.default
    }

    /// `rule`, `default`, or the code of why the request was refused.
    #[getter]
    fn reason(&self) -> &'static str {
        self.reason
    }

    /// Byte of the request's JSON text at which a refused one goes wrong, or None.
    #[getter]
    fn offset(&self) -> Option<u32> {
        self.offset
    }

    /// Digest of the policy.
    #[getter]
    fn policy(&self) -> &str {
        &self.policy
    }

    /// The fields as a dict, in the shape of the JSON.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("decision", self.verdict.as_str())?;
        dict.set_item("rules", PyList::new(py, &self.rules)?)?;
        dict.set_item("truncated", self.truncated)?;
        dict.set_item("requirements", PyList::new(py, &self.requirements)?)?;
        dict.set_item("risk", self.risk())?;
        dict.set_item("message", self.message())?;
        dict.set_item("undecided", PyList::new(py, self.undecided_dicts(py)?)?)?;
        dict.set_item("shadow", PyList::new(py, self.shadow_dicts(py)?)?)?;
        dict.set_item("default", self.default)?;
        dict.set_item("reason", self.reason)?;
        dict.set_item("offset", self.offset)?;
        dict.set_item("policy", self.policy())?;
        Ok(dict)
    }

    /// The fields as one line of JSON, the same bytes in every host.
    fn to_json(&self) -> &str {
        &self.json
    }

    fn __bool__(&self) -> bool {
        self.allowed()
    }

    /// A decision is no str: `decision != "deny"` would be true for every one of them, so it is an error.
    fn __richcmp__<'py>(&self, other: &Bound<'py, PyAny>, how: CompareOp) -> PyResult<Bound<'py, PyAny>> {
        let py = other.py();
        if other.is_instance_of::<PyString>() {
            return Err(PyTypeError::new_err("a Decision is not compared with a str; compare its attribute `decision`"));
        }
        let same = other.cast::<Decision>().map(|other| self.json == other.get().json);
        match (same, how) {
            (Ok(same), CompareOp::Eq) => Ok(same.into_pyobject(py)?.to_owned().into_any()),
            (Ok(same), CompareOp::Ne) => Ok((!same).into_pyobject(py)?.to_owned().into_any()),
            _ => Ok(py.NotImplemented().into_bound(py)),
        }
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        PyString::new(py, &self.json).hash()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut shown = format!("<Decision {}", self.verdict.as_str());
        let mut show = |name: &str, value: Bound<'_, PyAny>| -> PyResult<()> {
            if value.is_truthy()? {
                shown.push_str(&format!(" {name}={}", value.repr()?.to_string_lossy()));
            }
            Ok(())
        };
        show("rules", PyList::new(py, &self.rules)?.into_any())?;
        show("requirements", PyList::new(py, &self.requirements)?.into_any())?;
        show("risk", self.risk().into_pyobject(py)?)?;
        show("message", self.message().into_pyobject(py)?)?;
        show("undecided", PyList::new(py, self.undecided_dicts(py)?)?.into_any())?;
        show("shadow", PyList::new(py, self.shadow_dicts(py)?)?.into_any())?;
        if self.reason != "rule" {
            shown.push_str(&format!(" reason='{}'", self.reason));
        }
        if let Some(offset) = self.offset {
            shown.push_str(&format!(" offset={offset}"));
        }
        shown.push('>');
        Ok(shown)
    }
}

impl Decision {
    fn undecided_dicts<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        self.undecided.iter().map(|(rule, field)| pair(py, rule, "field", field)).collect()
    }

    fn shadow_dicts<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        self.shadow.iter().map(|(rule, verdict)| pair(py, rule, "decision", verdict.as_str())).collect()
    }
}

fn pair<'py>(py: Python<'py>, rule: &str, name: &str, value: &str) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("rule", rule)?;
    dict.set_item(name, value)?;
    Ok(dict)
}
