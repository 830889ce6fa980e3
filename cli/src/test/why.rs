//! Why a test failed: what its request met in the rules that decided, and in those that were to.

use serde_json::Value;
use toolgate_compiler::diagnostic::escape;
use toolgate_compiler::explain::{Explanation, Options, Role, RuleExplained, explain};
use toolgate_compiler::{Case, ir};

use crate::policy::Documents;

/// Explains the first tests that fail: each explanation asks all rules again and again.
pub struct Why<'d> {
    policy: &'d ir::Policy,
    files: Vec<String>,
    left: usize,
}

impl<'d> Why<'d> {
    pub fn new(policy: &'d ir::Policy, documents: &Documents) -> Self {
        let files = documents.sources.iter().map(|source| source.name.clone()).collect();
        let left = RULES_ASKED_MAX.checked_div(policy.rules.len()).unwrap_or(EXPLAINED_MAX).clamp(1, EXPLAINED_MAX);
        Self { policy, files, left }
    }

    /// The explanation's lines; none once enough tests have been explained.
    pub fn lines(&mut self, case: &Case) -> Vec<String> {
        if self.left == 0 {
            return Vec::new();
        }
        self.left = self.left.saturating_sub(1);
        let Some(explanation) = self.explain(case, None) else { return Vec::new() };
        let mut lines: Vec<String> = explanation.because.iter().map(|because| format!("- {}", escape(because))).collect();
        for rule in self.rules_that_matter(case, explanation) {
            lines.extend(rule.text().lines().map(str::to_owned));
        }
        if lines.len() > LINES_MAX {
            let more = lines.len().saturating_sub(LINES_MAX);
            lines.truncate(LINES_MAX);
            lines.push(format!("… {more} more lines; `toolgate explain` shows all"));
        }
        lines
    }

    /// Rules that decided, rules that were expected, and the nearest that would have decided as expected.
    fn rules_that_matter(&self, case: &Case, explanation: Explanation) -> Vec<RuleExplained> {
        let Expectation { decision, rules: expected } = Expectation::of(case);
        let mut shown: Vec<RuleExplained> = Vec::new();
        let (mut deciding, mut near) = (0_usize, 0_usize);
        for rule in &explanation.rules {
            let count = match rule.role {
                Role::Decides => &mut deciding,
                Role::Fails if decision.as_deref().is_some_and(|decision| decision == rule.decision) => &mut near,
                _ => continue,
            };
            *count = count.saturating_add(1);
            if *count <= RULES_MAX {
                shown.push(rule.clone());
            }
        }
        for id in expected.iter().take(RULES_MAX) {
            if !shown.iter().any(|rule| rule.rule == *id) {
                shown.extend(self.explain(case, Some(id)).into_iter().flat_map(|explanation| explanation.rules));
            }
        }
        shown
    }

    fn explain(&self, case: &Case, rule: Option<&str>) -> Option<Explanation> {
        let options = Options { rule, files: &self.files };
        // That a rule is there was checked with the document.
        explain(self.policy, "", case.request.as_bytes(), case.clarified, options).ok()
    }
}

/// What a test expects of rules.
struct Expectation {
    decision: Option<String>,
    rules: Vec<String>,
}

impl Expectation {
    fn of(case: &Case) -> Self {
        let mut expectation = Self { decision: None, rules: Vec::new() };
        for expected in &case.expected {
            let Ok(value) = serde_json::from_str::<Value>(&expected.json) else { continue };
            match expected.member {
                "decision" => expectation.decision = value.as_str().map(str::to_owned),
                "rules" | "undecided" | "shadow" => {
                    let ids = value.as_array().into_iter().flatten();
                    let ids = ids.filter_map(|entry| entry.as_str().or_else(|| entry.get("rule")?.as_str()));
                    expectation.rules.extend(ids.map(str::to_owned));
                }
                _ => {}
            }
        }
        expectation
    }
}

const EXPLAINED_MAX: usize = 16;
/// Rules of all explained tests: what one costs grows with them.
const RULES_ASKED_MAX: usize = 400_000;
/// Rules shown of each kind.
const RULES_MAX: usize = 2;
const LINES_MAX: usize = 48;
