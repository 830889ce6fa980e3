//! What an engine must do to be measured, and what the translations share.

use std::borrow::Cow;
use std::error::Error;
use std::hint::black_box;

use serde::{Deserialize, Serialize};
use toolgate_benches::{Decision, Path, Policy, Rule, Test, Workload, written_out};

/// What can go wrong is told to a person.
pub type Fallible<T> = Result<T, Box<dyn Error>>;

/// A request of the workload.
#[derive(Clone, Copy)]
pub struct Request<'r> {
    /// Its place in the workload, for peers whose input is made before.
    pub index: usize,
    /// Its text.
    pub bytes: &'r [u8],
}

/// An engine with the workload's rules in it.
pub trait Peer {
    /// Makes the inputs of all requests, for an engine that takes none as JSON. Not timed.
    ///
    /// # Errors
    /// A request that the engine does not take.
    fn make_ready(&mut self, _requests: &[Vec<u8>]) -> Fallible<()> {
        Ok(())
    }

    /// Decides one request.
    ///
    /// # Errors
    /// Whatever the engine refuses; none is expected.
    fn decide(&mut self, request: Request<'_>) -> Fallible<Decision>;

    /// Decides many, so that the call through the trait is paid once. Decisions have been checked before.
    fn decide_all(&mut self, requests: &[Request<'_>]) {
        for request in requests {
            let _ = black_box(self.decide(black_box(*request)));
        }
    }
}

/// A compiled policy at rest.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Artifact {
    /// Its size.
    pub len_bytes: usize,
    /// The median time to load it, its digest checked.
    pub load_ms: f64,
}

/// Builds the engine from rules that are already in its language. It borrows them, so that what is freed while building
/// was allocated while building.
pub type Build = Box<dyn Fn() -> Fallible<Box<dyn Peer>>>;

/// One line of the table.
pub struct Kind {
    /// As `--only` takes it.
    pub name: &'static str,
    /// The package whose version is shown; empty for what is ours.
    pub package: &'static str,
    /// How it is used, in a few words.
    pub how: &'static str,
    /// Writes the rules in the engine's language.
    pub translate: fn(&Workload) -> Fallible<Build>,
    /// The conditions that the engine can express, if not all.
    pub keeps: Option<fn(Path, &Test) -> bool>,
    /// Measures the compiled policy, if there is one.
    pub artifact: Option<fn(&Workload) -> Fallible<Artifact>>,
}

/// The rules, strictest first: who scans them can stop at the first that holds.
#[must_use]
pub fn strictest_first(policy: &Policy) -> Vec<&Rule> {
    let mut rules: Vec<&Rule> = policy.rules.iter().collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.decision));
    rules
}

/// The decision of that name.
#[must_use]
pub fn decision_of(name: &str) -> Option<Decision> {
    [Decision::Allow, Decision::RequireApproval, Decision::RequireClarification, Decision::Deny]
        .into_iter()
        .find(|decision| decision.as_str() == name)
}

/// A path with dots, from the request's root.
#[must_use]
pub fn dotted(path: Path) -> String {
    written_out(path).collect::<Vec<_>>().join(".")
}

/// Hundredths as a decimal number that has a fraction, as languages with two kinds of number want it.
#[must_use]
pub fn fractional(hundredths: i64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// A string literal; the workload's strings need no escapes but JSON's, which all the languages here know.
#[must_use]
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Literals with commas between them.
#[must_use]
pub fn quoted_list(texts: &[String]) -> String {
    texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ")
}

/// A request read into a struct: for engines without a way in for JSON, and by hand.
#[derive(Deserialize)]
pub struct Call<'r> {
    /// Who.
    #[serde(borrow)]
    pub actor: Actor<'r>,
    /// What.
    #[serde(borrow)]
    pub action: Action<'r>,
    /// On what.
    #[serde(borrow)]
    pub resource: Resource<'r>,
    /// Where.
    #[serde(borrow)]
    pub context: Context<'r>,
}

/// Who calls.
#[derive(Deserialize)]
pub struct Actor<'r> {
    /// `agent-00001`
    #[serde(borrow)]
    pub id: Cow<'r, str>,
    /// `agent`, `user`, `service`
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'r, str>,
}

/// What is called.
#[derive(Deserialize)]
pub struct Action<'r> {
    /// `service.object.verb`
    #[serde(borrow)]
    pub name: Cow<'r, str>,
    /// What it is called with.
    pub input: Input,
}

/// What the action is called with.
#[derive(Deserialize)]
pub struct Input {
    /// With at most two decimals.
    pub amount: f64,
}

/// What the call is about.
#[derive(Deserialize)]
pub struct Resource<'r> {
    /// `doc-1.pdf`
    #[serde(borrow)]
    pub id: Cow<'r, str>,
}

/// Circumstances.
#[derive(Deserialize)]
pub struct Context<'r> {
    /// `prod`, `staging`, `dev`, `test`
    #[serde(borrow)]
    pub env: Cow<'r, str>,
    /// Half of the requests have one.
    #[serde(borrow)]
    pub ticket: Option<Cow<'r, str>>,
}
