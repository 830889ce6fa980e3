//! The Rust port of quamina: a rule is a pattern over JSON, all patterns are one automaton.

use quamina::{Quamina, QuaminaBuilder};
use serde_json::{Map, Value, json};
use toolgate_benches::{Decision, Test, Workload, written_out};

use crate::peer::{Build, Fallible, Peer, Request};

/// One pattern a rule.
pub(crate) fn translate(workload: &Workload) -> Fallible<Build> {
    let policy = &workload.rules;
    let patterns: Vec<(Decision, String)> = policy
        .rules
        .iter()
        .map(|rule| {
            let mut pattern = Value::Object(Map::new());
            for condition in &rule.conditions {
                let mut place = &mut pattern;
                for segment in written_out(policy.paths[condition.path]) {
                    place = &mut place[segment];
                }
                *place = matcher(&condition.test);
            }
            (rule.decision, pattern.to_string())
        })
        .collect();
    Ok(Box::new(move || {
        let mut engine = QuaminaBuilder::new().with_arena_byte_budget(BUDGET_BYTES).build()?;
        for (index, (_, pattern)) in patterns.iter().enumerate() {
            engine.add_pattern(index, pattern)?;
        }
        engine.rebuild();
        let decisions = patterns.iter().map(|(decision, _)| *decision).collect();
        Ok(Box::new(Matcher { engine, decisions }))
    }))
}

/// By default it refuses automata of more than ten megabytes.
const BUDGET_BYTES: usize = 1 << 36;

fn matcher(test: &Test) -> Value {
    match test {
        Test::Equal(values) => json!(values),
        Test::Not(value) => json!([{ "anything-but": [value] }]),
        Test::Prefix(text) => json!([{ "prefix": text }]),
        Test::Suffix(text) => json!([{ "suffix": text }]),
        Test::Contains(text) => json!([{ "wildcard": format!("*{text}*") }]),
        Test::Middle(first, last) => json!([{ "wildcard": format!("{first}*{last}") }]),
        Test::Range(from, below) => json!([{ "numeric": [">=", *from as f64 / 100.0, "<", *below as f64 / 100.0] }]),
        Test::Exists(wanted) => json!([{ "exists": wanted }]),
    }
}

struct Matcher {
    engine: Quamina<usize>,
    decisions: Vec<Decision>,
}

impl Peer for Matcher {
    fn decide(&mut self, request: Request<'_>) -> Fallible<Decision> {
        let held = self.engine.matches_for_event(request.bytes)?;
        let strictest = held.iter().filter_map(|rule| self.decisions.get(*rule)).max();
        Ok(strictest.copied().unwrap_or(Decision::Deny))
    }
}
