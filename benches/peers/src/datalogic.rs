//! JSONLogic by datalogic-rs: one logic a rule, tried strictest first over a request that is parsed once.

use bumpalo::Bump;
use datalogic_rs::{DataValue, Engine, Logic};
use serde_json::{Value, json};
use toolgate_benches::{Decision, Test, Workload};

use crate::peer::{Build, Fallible, Peer, Request, dotted, strictest_first};

/// One logic a rule.
pub(crate) fn translate(workload: &Workload) -> Fallible<Build> {
    let policy = &workload.rules;
    let texts: Vec<(Decision, String)> = strictest_first(policy)
        .into_iter()
        .map(|rule| {
            let conditions = rule.conditions.iter().map(|condition| condition_of(&dotted(policy.paths[condition.path]), &condition.test));
            (rule.decision, json!({ "and": conditions.collect::<Vec<_>>() }).to_string())
        })
        .collect();
    Ok(Box::new(move || {
        let engine = Engine::new();
        let mut rules = Vec::with_capacity(texts.len());
        for (decision, text) in &texts {
            rules.push((*decision, engine.compile(text.as_str())?));
        }
        Ok(Box::new(Rules { engine, rules, arena: Bump::new() }))
    }))
}

fn condition_of(field: &str, test: &Test) -> Value {
    let field = json!({ "var": field });
    match test {
        Test::Equal(values) if values.len() == 1 => json!({ "===": [field, values[0]] }),
        Test::Equal(values) => json!({ "in": [field, values] }),
        Test::Not(value) => json!({ "!==": [field, value] }),
        Test::Prefix(text) => json!({ "starts_with": [field, text] }),
        Test::Suffix(text) => json!({ "ends_with": [field, text] }),
        Test::Contains(text) => json!({ "in": [text, field] }),
        Test::Middle(first, last) => json!({ "and": [{ "starts_with": [field, first] }, { "ends_with": [field, last] }] }),
        Test::Range(from, below) => json!({ "and": [
            { ">=": [field, *from as f64 / 100.0] },
            { "<": [field, *below as f64 / 100.0] },
        ] }),
        Test::Exists(true) => json!({ "!==": [field, null] }),
        Test::Exists(false) => json!({ "===": [field, null] }),
    }
}

struct Rules {
    engine: Engine,
    /// Strictest first.
    rules: Vec<(Decision, Logic)>,
    arena: Bump,
}

impl Peer for Rules {
    fn decide(&mut self, request: Request<'_>) -> Fallible<Decision> {
        self.arena.reset();
        let arena = &self.arena;
        let text = std::str::from_utf8(request.bytes)?;
        let data = &*arena.alloc(DataValue::from_str(text, arena).map_err(|error| format!("{error:?}"))?);
        for (decision, logic) in &self.rules {
            if self.engine.evaluate(logic, data, arena)?.as_bool() == Some(true) {
                return Ok(*decision);
            }
        }
        Ok(Decision::Deny)
    }
}
