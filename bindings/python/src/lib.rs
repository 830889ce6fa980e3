//! Toolgate for Python: `toolgate._toolgate`, which the package `toolgate` is made of.
//!
//! ```text
//! documents ─ document ─→ compile ─→ Policy ─ decide ─→ Decision
//! Python objects ─ value ─→ JSON ─────────────┴─ explain ─→ Explanation
//! ```

mod decision;
mod document;
mod error;
mod explanation;
mod policy;
mod value;

use pyo3::prelude::*;

/// Compiles policies and decides tool calls.
// The engine itself is safe to use from many threads at once, but nobody has run this module on a free-threaded
// interpreter yet: there it asks for the lock.
#[pymodule(gil_used = true)]
mod _toolgate {
    #[pymodule_export]
    use crate::decision::Decision;
    #[pymodule_export]
    use crate::explanation::Explanation;
    #[pymodule_export]
    use crate::policy::Policy;

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
