//! What the tests that were run have made of the rules.

use serde::Serialize;
use toolgate_compiler::diagnostic::escape;
use toolgate_compiler::{Coverage, Share};

use super::run::Suite;
use crate::policy::Documents;

/// What no test has shown, and how much that is.
#[derive(Serialize)]
pub struct Report {
    rules: Part,
    branches: Part,
    missing: Vec<Missing>,
}

#[derive(Serialize)]
struct Part {
    covered: usize,
    total: usize,
}

/// A rule, or a branch of its conditions, that never went one way or the other.
#[derive(Serialize)]
struct Missing {
    rule: String,
    file: String,
    line: u32,
    /// Absent of the rule itself.
    branch: Option<String>,
    /// `held` and `not held` of a rule, `true` and `false` of a branch.
    never: Vec<&'static str>,
}

impl Report {
    /// Asks the rules what the tests asked. Nothing without a policy.
    pub fn new(documents: &Documents, suite: &Suite<'_>) -> Option<Self> {
        let mut coverage = Coverage::new(documents.checked.as_ref()?);
        for outcome in &suite.outcomes {
            coverage.see(outcome.case.request.as_bytes());
        }
        let mut missing = Vec::new();
        for covered in coverage.rules() {
            let rule = covered.rule;
            let file = documents.sources.get(rule.source).map_or("", |source| source.name.as_str());
            let mut add = |branch: Option<&String>, never: Vec<&'static str>| {
                if !never.is_empty() {
                    let (rule, line) = (rule.id.clone(), rule.span.line);
                    missing.push(Missing { rule, file: file.to_owned(), line, branch: branch.cloned(), never });
                }
            };
            add(None, covered.missing());
            covered.branches.iter().for_each(|branch| add(Some(&branch.what), branch.told.missing()));
        }
        Some(Self { rules: coverage.rule_share().into(), branches: coverage.branch_share().into(), missing })
    }

    /// A line for each thing that is missing, then the totals.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let totals = format!(
            "coverage: rules {}/{}, branches {}/{}",
            self.rules.covered, self.rules.total, self.branches.covered, self.branches.total
        );
        self.missing.iter().map(Missing::line).chain([totals])
    }
}

impl Missing {
    fn line(&self) -> String {
        let branch = self.branch.iter().map(|branch| format!(" {branch}:"));
        let (branch, never): (String, Vec<String>) = (branch.collect(), self.never.iter().map(|word| format!("never {word}")).collect());
        escape(&format!("{}:{}: {}:{branch} {}", self.file, self.line, self.rule, never.join(", ")))
    }
}

impl From<Share> for Part {
    fn from(Share { covered, total }: Share) -> Self {
        Self { covered, total }
    }
}
