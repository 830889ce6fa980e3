//! Deciding what tests ask, and comparing it with what they expect.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use toolgate_compiler::{Case, ir, reference};
use toolgate_runtime::{Options, Policy, Scratch};

use super::why::Why;
use crate::output::Failure;
use crate::policy::{Documents, refused_own};

/// The tests of a policy that were run.
pub struct Suite<'d> {
    pub outcomes: Vec<Outcome<'d>>,
    /// Tests without the filter's text in their names.
    pub left_out: usize,
}

/// What came of a test.
pub struct Outcome<'d> {
    pub case: &'d Case,
    /// Name of its document.
    pub file: &'d str,
    /// The decision's JSON.
    pub decision: Box<RawValue>,
    /// The rules of the decision with their places, or what decided in their stead. Only of a test that failed.
    pub decided_by: Vec<String>,
    /// Lines that tell why it was decided so. Only of the first tests that failed.
    pub explanation: Vec<String>,
    /// Empty if the test passed.
    pub differences: Vec<Difference>,
}

/// A member of the decision that is not what the test expects.
#[derive(Serialize)]
pub struct Difference {
    pub member: &'static str,
    pub expected: Box<RawValue>,
    pub actual: Box<RawValue>,
}

impl<'d> Suite<'d> {
    /// Runs the tests whose names have the filter's text in them.
    ///
    /// # Errors
    /// There is an error in the documents, or in toolgate.
    pub fn run(documents: &'d Documents, filter: Option<&str>) -> Result<Self, Failure> {
        let (Some(compiled), Some(checked)) = (&documents.compiled, &documents.checked) else { return Err(Failure::Policy) };
        // What ships is tested: the artifact, in the runtime.
        let policy = Policy::load(&compiled.artifact).map_err(|error| refused_own(&error))?;
        let mut scratch = Scratch::new(&policy);
        let digest = compiled.policy_digest_text();
        let places = places(documents, checked);
        let mut why = Why::new(checked, documents);
        let mut suite = Self { outcomes: Vec::new(), left_out: 0 };
        for case in &documents.cases {
            if filter.is_some_and(|filter| !case.name.contains(filter)) {
                suite.left_out = suite.left_out.saturating_add(1);
                continue;
            }
            let request = case.request.as_bytes();
            let decided = policy.decide(request, &mut scratch, Options { clarified: case.clarified }).to_string();
            let twin = reference::decide(checked, &digest, request, case.clarified);
            if serde_json::from_str::<Value>(&decided).ok() != serde_json::to_value(&twin).ok() {
                let twin = serde_json::to_string(&twin).unwrap_or_default();
                let message =
                    format!("the test {:?} is decided in two ways, which is a fault of toolgate: {decided} and {twin}", case.name);
                return Err(Failure::Other(message));
            }
            let outcome = Outcome::of(case, documents, raw(decided), &places);
            let explanation = if outcome.passed() { Vec::new() } else { why.lines(case) };
            suite.outcomes.push(Outcome { explanation, ..outcome });
        }
        Ok(suite)
    }

    pub fn failed(&self) -> usize {
        self.outcomes.iter().filter(|outcome| !outcome.passed()).count()
    }
}

impl<'d> Outcome<'d> {
    fn of(case: &'d Case, documents: &'d Documents, decision: Box<RawValue>, places: &HashMap<&str, String>) -> Self {
        let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(decision.get()).unwrap_or_default();
        let mut differences = Vec::new();
        for expected in &case.expected {
            let actual = members.get(expected.member).cloned().unwrap_or_default();
            let value = |json: &str| serde_json::from_str::<Value>(json).unwrap_or_default();
            if value(&expected.json) != value(actual.get()) {
                differences.push(Difference { member: expected.member, expected: raw(expected.json.clone()), actual });
            }
        }
        let decided_by = if differences.is_empty() { Vec::new() } else { decided_by(&members, places) };
        let file = documents.sources.get(case.source).map_or("", |source| source.name.as_str());
        Self { case, file, decision, decided_by, explanation: Vec::new(), differences }
    }

    pub fn passed(&self) -> bool {
        self.differences.is_empty()
    }

    /// File and line.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.case.span.line)
    }
}

/// Each rule's file and line.
fn places<'d>(documents: &Documents, policy: &'d ir::Policy) -> HashMap<&'d str, String> {
    let place = |rule: &ir::Rule| {
        let file = documents.sources.get(rule.source).map_or("", |source| source.name.as_str());
        format!("{file}:{}", rule.span.line)
    };
    policy.rules.iter().map(|rule| (rule.id.as_str(), place(rule))).collect()
}

fn decided_by(members: &BTreeMap<String, Box<RawValue>>, places: &HashMap<&str, String>) -> Vec<String> {
    let member = |name: &str| members.get(name).and_then(|json| serde_json::from_str::<Value>(json.get()).ok()).unwrap_or_default();
    let reason = member("reason");
    match reason.as_str() {
        Some("default") => vec!["the default, since no rule has this decision".to_owned()],
        Some("rule") => {
            let rules = member("rules");
            let ids = rules.as_array().into_iter().flatten().filter_map(Value::as_str);
            ids.map(|id| format!("`{id}` at {}", places.get(id).map_or("", String::as_str))).collect()
        }
        _ => vec![format!("the request is none: {} at byte {}", reason.as_str().unwrap_or_default(), member("offset"))],
    }
}

/// JSON that one of the engines or the checker has written.
fn raw(json: String) -> Box<RawValue> {
    RawValue::from_string(json).unwrap_or_default()
}
