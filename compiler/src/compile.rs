//! From the checked policy to the artifact.

use crate::artifact::{Asked, EncodeError, encode, with_sources};
use crate::canonical::{digest, digest_text};
use crate::check::{Checked, check};
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::ir::Policy;
use crate::plan::Plan;
use crate::plan::index::Thrift;
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

    /// With the documents that the policy was checked from in the artifact, so that its decisions can be explained
    /// wherever it is.
    ///
    /// They never matter for a decision, and the policy's digest stays the same; only the artifact's is another.
    ///
    /// # Errors
    /// The artifact would be too large.
    ///
    /// # Examples
    /// ```
    /// use toolgate_compiler::{Source, check, compile};
    /// let text = "rules: [{id: a, when: {action: read_mail}, decision: allow}]";
    /// let sources = [Source { name: "policy.yaml".into(), text: text.into() }];
    /// let policy = check(&sources).policy.unwrap();
    /// let compiled = compile(&policy).unwrap().with_sources(&sources).unwrap();
    /// let loaded = toolgate_runtime::Policy::load(&compiled.artifact).unwrap();
    /// assert_eq!(loaded.digest(), &compiled.policy_digest);
    /// assert_eq!(loaded.sources().next().unwrap().text, text);
    /// ```
    pub fn with_sources(self, sources: &[Source]) -> Result<Self, Vec<Diagnostic>> {
        let artifact = with_sources(&self.artifact, sources).map_err(|_| vec![of_all(sources, TOO_LARGE)])?;
        Ok(Self { artifact, ..self })
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
    let rules = policy.rules.len();
    let indexed = || {
        let plan = Plan::new(policy);
        let (index, asked) = beside(rules, || plan.index(policy, Thrift::USUAL), || Asked::new(policy, &plan));
        let sections = freeing(rules, plan, || asked.and_then(|asked| encode(policy, asked, &index)));
        (index, sections)
    };
    let ((index, sections), policy_digest) = beside(rules, indexed, || digest(policy));
    let finished = || sections.and_then(|sections| sections.finish(&policy_digest));
    let artifact = freeing(rules, index, finished).map_err(|error| vec![diagnose(policy, sources, error)])?;
    Ok(Compiled { artifact, policy_digest })
}

/// Both, at once where that pays and there are threads.
fn beside<A, B: Send>(rules: usize, one: impl FnOnce() -> A, other: impl Fn() -> B + Sync) -> (A, B) {
    if cfg!(target_family = "wasm") || rules < RULES_BESIDE_MIN {
        return (one(), other());
    }
    std::thread::scope(|scope| {
        let started = std::thread::Builder::new().spawn_scoped(scope, &other);
        let one = one();
        let ended = started.ok().and_then(|thread| thread.join().ok());
        (one, ended.unwrap_or_else(&other))
    })
}

/// Does what is to be done while something large is freed, where that pays and there are threads.
fn freeing<A>(rules: usize, done_with: impl Send, work: impl FnOnce() -> A) -> A {
    if cfg!(target_family = "wasm") || rules < RULES_BESIDE_MIN {
        drop(done_with);
        return work();
    }
    std::thread::scope(|scope| {
        // Should no thread start, it is freed at once.
        let _ = std::thread::Builder::new().spawn_scoped(scope, move || drop(done_with));
        work()
    })
}

/// With fewer rules a thread takes longer to start than to run.
const RULES_BESIDE_MIN: usize = 500;

fn diagnose(policy: &Policy, sources: &[Source], error: EncodeError) -> Diagnostic {
    let (code, message, rule) = match error {
        EncodeError::TooLarge => return of_all(sources, TOO_LARGE),
        EncodeError::AlikeParts => {
            return of_all(
                sources,
                "texts that patterns look for inside others are made to have one hash, so no artifact can tell them apart",
            );
        }
        EncodeError::PatternStates { rule } => {
            ("limit/pattern-states", format!("a pattern of rule `{}` needs more states than one pattern may have", id(policy, rule)), rule)
        }
        EncodeError::PatternStatesTotal { rule } => (
            "limit/pattern-states-total",
            format!("with rule `{}` the patterns have more states than all may have", id(policy, rule)),
            rule,
        ),
    };
    let rule = policy.rules.get(rule);
    let file = sources.get(rule.map_or(0, |rule| rule.source)).map(|source| source.name.clone()).unwrap_or_default();
    Diagnostic { code, severity: Severity::Error, message, file, span: rule.map(|rule| rule.span).unwrap_or_default(), help: None }
}

const TOO_LARGE: &str = "the artifact would pass 4 GiB";

/// A diagnostic about an artifact as a whole.
fn of_all(sources: &[Source], message: &str) -> Diagnostic {
    Diagnostic {
        code: "limit/artifact-bytes",
        severity: Severity::Error,
        message: message.to_owned(),
        // It is about all documents.
        file: sources.first().map(|source| source.name.clone()).unwrap_or_default(),
        span: Span::default(),
        help: None,
    }
}

fn id(policy: &Policy, rule: usize) -> &str {
    policy.rules.get(rule).map_or("", |rule| &rule.id)
}
