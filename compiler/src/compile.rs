//! From the checked policy to the artifact.

use crate::artifact::{EncodeError, encode};
use crate::canonical::{digest, digest_text};
use crate::check::{Checked, check};
use crate::diagnostic::{Diagnostic, Severity};
use crate::ir::Policy;
use crate::plan::Plan;
use crate::source::Source;

/// A compiled policy.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The artifact, for [`toolgate_runtime::Policy::load`]. The same for the same policy on every run and platform.
    pub artifact: Vec<u8>,
    /// SHA-256 of the canonical serialisation of the checked rules.
    pub policy_digest: [u8; 32],
}

impl Compiled {
    /// The policy's digest as decisions show it: `sha256:` and 64 hexadecimal digits.
    #[must_use]
    pub fn policy_digest_text(&self) -> String {
        digest_text(&self.policy_digest)
    }
}

/// Compiles a checked policy.
///
/// # Errors
/// Only limits can still be passed: states of patterns, and the size of an artifact. A checked policy does not know the
/// names of its documents, so these diagnostics have no file.
pub fn compile(policy: &Policy) -> Result<Compiled, Vec<Diagnostic>> {
    compile_naming(policy, &[])
}

/// Checks and compiles the documents of one policy, for hosts that want an artifact or to be told why there is none.
///
/// The artifact is present if and only if there is no error among the diagnostics.
#[must_use]
pub fn compile_sources(sources: &[Source]) -> (Option<Compiled>, Vec<Diagnostic>) {
    let Checked { policy, mut diagnostics, .. } = check(sources);
    let compiled = policy.and_then(|policy| compile_naming(&policy, sources).map_err(|errors| diagnostics.extend(errors)).ok());
    (compiled, diagnostics)
}

fn compile_naming(policy: &Policy, sources: &[Source]) -> Result<Compiled, Vec<Diagnostic>> {
    let policy_digest = digest(policy);
    let mut plan = Plan::new(policy);
    let artifact = encode(policy, &mut plan, &policy_digest).map_err(|error| vec![diagnose(policy, sources, error)])?;
    Ok(Compiled { artifact, policy_digest })
}

fn diagnose(policy: &Policy, sources: &[Source], error: EncodeError) -> Diagnostic {
    let (code, message, rule) = match error {
        EncodeError::TooLarge => ("limit/artifact-bytes", "the artifact would pass 4 GiB".to_owned(), None),
        EncodeError::PatternStates { rule } => (
            "limit/pattern-states",
            format!("a pattern of rule `{}` needs more states than one pattern may have", id(policy, rule)),
            Some(rule),
        ),
        EncodeError::PatternStatesTotal { rule } => (
            "limit/pattern-states-total",
            format!("with rule `{}` the patterns have more states than all may have", id(policy, rule)),
            Some(rule),
        ),
    };
    let rule = rule.and_then(|rule| policy.rules.get(rule));
    // What is about all documents is told of the first.
    let file = sources.get(rule.map_or(0, |rule| rule.source)).map(|source| source.name.clone()).unwrap_or_default();
    Diagnostic { code, severity: Severity::Error, message, file, span: rule.map(|rule| rule.span).unwrap_or_default(), help: None }
}

fn id(policy: &Policy, rule: usize) -> &str {
    policy.rules.get(rule).map_or("", |rule| &rule.id)
}
