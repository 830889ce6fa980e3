//! What a host explains decisions with: from documents, or from an artifact that carries them.

use std::fmt;

use super::{Explanation, NoSuchRule, Options, explain};
use crate::canonical::{digest, digest_text};
use crate::check::{Checked, check};
use crate::diagnostic::{Diagnostic, Severity, escape};
use crate::ir::Policy;
use crate::source::Source;

/// A policy whose decisions can be explained.
///
/// # Examples
/// ```
/// use toolgate_compiler::explain::Explainable;
/// use toolgate_compiler::{Source, check, compile};
/// let text = "rules: [{id: small, when: {action: pay, input: {amount: [{lte: 1000}]}}, decision: allow}]";
/// let sources = [Source { name: "policy.yaml".into(), text: text.into() }];
/// let compiled = compile(&check(&sources).policy.unwrap()).unwrap().with_sources(&sources).unwrap();
///
/// // Elsewhere, with nothing but the artifact.
/// let loaded = toolgate_runtime::Policy::load(&compiled.artifact).unwrap();
/// let request = br#"{"action": "pay", "input": {"amount": 1500}}"#;
/// let explanation = Explainable::from_artifact(&loaded).unwrap().explain(request, false, None).unwrap();
/// assert!(explanation.text().contains("if `/action/input/amount` were `1000` (it is 1500), rule `small` would hold: allow"));
/// assert!(explanation.json().starts_with(r#"{"notice":"not safe to show to a model"#));
/// ```
#[derive(Clone, Debug)]
pub struct Explainable {
    policy: Policy,
    digest: String,
    files: Vec<String>,
}

impl Explainable {
    /// A checked policy, and the sources it was checked from.
    #[must_use]
    pub fn new(policy: Policy, sources: &[Source]) -> Self {
        let digest = digest_text(&digest(&policy));
        Self { policy, digest, files: sources.iter().map(|source| source.name.clone()).collect() }
    }

    /// Checks documents.
    ///
    /// # Errors
    /// [`NotExplainable::Errors`].
    pub fn from_documents(sources: &[Source]) -> Result<Self, NotExplainable> {
        let Checked { policy, diagnostics, .. } = check(sources);
        let errors = || diagnostics.into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
        policy.map(|policy| Self::new(policy, sources)).ok_or_else(|| NotExplainable::Errors(errors()))
    }

    /// Checks the documents that an artifact carries: they must make the policy that it decides by.
    ///
    /// # Errors
    /// It carries none, they have errors, or they make another policy.
    pub fn from_artifact(loaded: &toolgate_runtime::Policy) -> Result<Self, NotExplainable> {
        let sources: Vec<Source> =
            loaded.sources().map(|source| Source { name: source.name.to_owned(), text: source.text.into() }).collect();
        if sources.is_empty() {
            return Err(NotExplainable::NoSources);
        }
        let explainable = Self::from_documents(&sources)?;
        // The loader proves that nothing was damaged, not that the documents say what the rest does.
        if explainable.digest == digest_text(loaded.digest()) { Ok(explainable) } else { Err(NotExplainable::OtherPolicy) }
    }

    /// Explains how one request is decided; of one rule alone, in full, if its id is given.
    ///
    /// # Errors
    /// If a rule is asked for that the policy does not have.
    pub fn explain(&self, request: &[u8], clarified: bool, rule: Option<&str>) -> Result<Explanation, NoSuchRule> {
        explain(&self.policy, &self.digest, request, clarified, Options { rule, files: &self.files })
    }
}

/// Why there is nothing to explain decisions with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotExplainable {
    /// The artifact was compiled without its documents.
    NoSources,
    /// The documents have errors.
    Errors(Vec<Diagnostic>),
    /// The documents that the artifact carries make another policy than it decides by.
    OtherPolicy,
}

impl fmt::Display for NotExplainable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSources => f.write_str("the artifact has no documents in it: compile it with them, or explain from the documents"),
            Self::Errors(errors) => match errors.as_slice() {
                [first, ..] => {
                    write!(f, "the documents have errors, the first in {}:{}: {}", escape(&first.file), first.span.line, first.message)
                }
                [] => f.write_str("the documents have errors"),
            },
            Self::OtherPolicy => f.write_str("the documents in the artifact make another policy than the one it decides by"),
        }
    }
}

impl std::error::Error for NotExplainable {}
