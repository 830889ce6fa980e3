//! CEL: one program a rule, tried strictest first.

use std::sync::Arc;

use cel::{Context, Env, Program, Value};
use toolgate_benches::{Decision, Test, Workload};

use crate::peer::{Build, Fallible, Peer, Request, dotted, fractional, quoted, quoted_list, strictest_first};

/// One expression a rule.
pub(crate) fn translate(workload: &Workload) -> Fallible<Build> {
    let policy = &workload.rules;
    let expressions: Vec<(Decision, String)> = strictest_first(policy)
        .into_iter()
        .map(|rule| {
            let conditions = rule.conditions.iter().map(|condition| condition_of(&dotted(policy.paths[condition.path]), &condition.test));
            (rule.decision, conditions.collect::<Vec<_>>().join(" && "))
        })
        .collect();
    Ok(Box::new(move || {
        let env = Arc::new(Env::stdlib());
        let mut programs = Vec::with_capacity(expressions.len());
        for (decision, expression) in &expressions {
            programs.push((*decision, env.compile(expression).map_err(|error| format!("`{expression}`: {error}"))?));
        }
        Ok(Box::new(Programs { env, programs }))
    }))
}

fn condition_of(field: &str, test: &Test) -> String {
    match test {
        Test::Equal(values) if values.len() == 1 => format!("{field} == {}", quoted_list(values)),
        Test::Equal(values) => format!("{field} in [{}]", quoted_list(values)),
        Test::Not(value) => format!("{field} != {}", quoted(value)),
        Test::Prefix(text) => format!("{field}.startsWith({})", quoted(text)),
        Test::Suffix(text) => format!("{field}.endsWith({})", quoted(text)),
        Test::Contains(text) => format!("{field}.contains({})", quoted(text)),
        Test::Middle(first, last) => format!("{field}.startsWith({}) && {field}.endsWith({})", quoted(first), quoted(last)),
        Test::Range(from, below) => format!("{field} >= {} && {field} < {}", fractional(*from), fractional(*below)),
        Test::Exists(true) => format!("has({field})"),
        Test::Exists(false) => format!("!has({field})"),
    }
}

struct Programs {
    env: Arc<Env>,
    /// Strictest first.
    programs: Vec<(Decision, Program)>,
}

impl Peer for Programs {
    fn decide(&mut self, request: Request<'_>) -> Fallible<Decision> {
        let request: serde_json::Value = serde_json::from_slice(request.bytes)?;
        let mut context = Context::with_env(Arc::clone(&self.env));
        for (name, value) in request.as_object().into_iter().flatten() {
            context.add_variable(name.as_str(), value).map_err(|error| error.to_string())?;
        }
        for (decision, program) in &self.programs {
            match program.execute(&context) {
                Ok(Value::Bool(true)) => return Ok(*decision),
                Ok(Value::Bool(false)) => {}
                other => return Err(format!("an expression is {other:?}").into()),
            }
        }
        Ok(Decision::Deny)
    }
}
