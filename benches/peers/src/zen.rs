//! zen-engine: one decision table, a rule a row, strictest first; the first row that holds decides.

use serde_json::{Map, Value, json};
use toolgate_benches::{Decision, Test, Workload};
use zen_engine::model::DecisionContent;
use zen_engine::{Decision as Graph, DecisionEngine, Variable};

use crate::peer::{Build, Fallible, Peer, Request, decision_of, dotted, fractional, quoted, quoted_list, strictest_first};

/// A graph of input, table and output.
pub(crate) fn translate(workload: &Workload) -> Fallible<Build> {
    let policy = &workload.rules;
    let column = |index: usize| format!("c{index}");
    let inputs: Vec<Value> = policy
        .paths
        .iter()
        .enumerate()
        .map(|(index, path)| json!({ "id": column(index), "name": column(index), "field": dotted(path) }))
        .collect();
    let rows: Vec<Value> = strictest_first(policy)
        .into_iter()
        .enumerate()
        .map(|(index, rule)| {
            let mut row = Map::new();
            row.insert("_id".to_owned(), json!(format!("r{index}")));
            row.extend(rule.conditions.iter().map(|condition| (column(condition.path), json!(cell(&condition.test)))));
            row.insert("decision".to_owned(), json!(quoted(rule.decision.as_str())));
            Value::Object(row)
        })
        .collect();
    let table = json!({
        "hitPolicy": "first",
        "inputs": inputs,
        "outputs": [{ "id": "decision", "name": "decision", "field": "decision" }],
        "rules": rows,
    });
    let graph = json!({
        "nodes": [
            { "id": "in", "name": "in", "type": "inputNode" },
            { "id": "rules", "name": "rules", "type": "decisionTableNode", "content": table },
            { "id": "out", "name": "out", "type": "outputNode" },
        ],
        "edges": [
            { "id": "first", "sourceId": "in", "targetId": "rules" },
            { "id": "last", "sourceId": "rules", "targetId": "out" },
        ],
    });
    let text = graph.to_string();
    Ok(Box::new(move || {
        let content: DecisionContent = serde_json::from_str(&text)?;
        let mut graph = DecisionEngine::default().create_decision(content.into())?;
        graph.compile();
        Ok(Box::new(Table(graph)))
    }))
}

fn cell(test: &Test) -> String {
    match test {
        Test::Equal(values) => quoted_list(values),
        Test::Not(value) => format!("$ != {}", quoted(value)),
        Test::Prefix(text) => format!("startsWith($, {})", quoted(text)),
        Test::Suffix(text) => format!("endsWith($, {})", quoted(text)),
        Test::Contains(text) => format!("contains($, {})", quoted(text)),
        Test::Middle(first, last) => format!("startsWith($, {}) and endsWith($, {})", quoted(first), quoted(last)),
        Test::Range(from, below) => format!("[{}..{})", fractional(*from), fractional(*below)),
        Test::Exists(true) => "$ != null".to_owned(),
        Test::Exists(false) => "$ == null".to_owned(),
    }
}

struct Table(Graph);

impl Peer for Table {
    fn decide(&mut self, request: Request<'_>) -> Fallible<Decision> {
        let request: Variable = serde_json::from_slice(request.bytes)?;
        let response = pollster::block_on(self.0.evaluate(request)).map_err(|error| error.to_string())?;
        let decision = response.result.dot("decision");
        Ok(decision.as_ref().and_then(Variable::as_str).and_then(decision_of).unwrap_or(Decision::Deny))
    }
}
