//! The explanation of a decision as Python has it.

use pyo3::prelude::*;

/// Why a request is decided as it is: the rules that hold, those that came near, and what would change it.
///
/// Not safe to show a model: it tells what the policy says and what would get past it.
#[pyclass(frozen, module = "toolgate")]
pub(crate) struct Explanation {
    text: String,
    json: String,
}

impl Explanation {
    pub(crate) fn new(explanation: &toolgate_compiler::explain::Explanation) -> Self {
        Self { text: explanation.text(), json: explanation.json() }
    }
}

#[pymethods]
impl Explanation {
    /// Several lines for people, as `toolgate explain` prints them.
    #[getter]
    fn text(&self) -> &str {
        &self.text
    }

    /// The same as a dict, in the shape of the JSON.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("json")?.call_method1("loads", (&self.json,))
    }

    /// The same as one line of JSON.
    fn to_json(&self) -> &str {
        &self.json
    }

    fn __str__(&self) -> &str {
        &self.text
    }
}
