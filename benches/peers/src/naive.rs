//! What one writes without an engine: parse with `serde_json`, into a tree or into a struct made for these requests, then
//! try one rule after the other.

use serde_json::Value;
use toolgate_benches::{Decision, Path, Test, Workload, written_out};

use crate::peer::{Build, Call, Fallible, Peer, Request, strictest_first};

/// Looks fields up in a tree.
pub(crate) fn translate(workload: &Workload) -> Fallible<Build> {
    let pointers: Vec<Vec<&'static str>> = workload.rules.paths.iter().map(|path| written_out(path).collect()).collect();
    let rules = Rules::new(workload);
    Ok(Box::new(move || Ok(Box::new(Tree { pointers: pointers.clone(), rules: rules.clone() }))))
}

/// Knows the fields when it is compiled.
pub(crate) fn translate_struct(workload: &Workload) -> Fallible<Build> {
    let (paths, rules) = (workload.rules.paths.clone(), Rules::new(workload));
    Ok(Box::new(move || Ok(Box::new(Struct { paths: paths.clone(), rules: rules.clone() }))))
}

/// Strictest first.
#[derive(Clone)]
struct Rules(Vec<(Decision, Vec<(usize, Test)>)>);

impl Rules {
    fn new(workload: &Workload) -> Self {
        let conditions = |rule: &toolgate_benches::Rule| rule.conditions.iter().map(|one| (one.path, one.test.clone())).collect();
        Self(strictest_first(&workload.rules).into_iter().map(|rule| (rule.decision, conditions(rule))).collect())
    }

    fn decide(&self, found: &[Found<'_>]) -> Decision {
        let holds = |conditions: &[(usize, Test)]| conditions.iter().all(|(path, test)| holds(test, found.get(*path).copied()));
        self.0.iter().find(|(_, conditions)| holds(conditions)).map_or(Decision::Deny, |(decision, _)| *decision)
    }
}

#[derive(Clone, Copy)]
enum Found<'r> {
    Absent,
    Text(&'r str),
    Number(f64),
}

struct Tree {
    pointers: Vec<Vec<&'static str>>,
    rules: Rules,
}

impl Peer for Tree {
    fn decide(&mut self, request: Request<'_>) -> Fallible<Decision> {
        let request: Value = serde_json::from_slice(request.bytes)?;
        let at = |pointer: &Vec<&str>| match pointer.iter().try_fold(&request, |value, segment| value.get(segment)) {
            Some(Value::String(text)) => Found::Text(text),
            Some(Value::Number(number)) => Found::Number(number.as_f64().unwrap_or(f64::NAN)),
            _ => Found::Absent,
        };
        let found: Vec<Found<'_>> = self.pointers.iter().map(at).collect();
        Ok(self.rules.decide(&found))
    }
}

struct Struct {
    paths: Vec<Path>,
    rules: Rules,
}

impl Peer for Struct {
    fn decide(&mut self, request: Request<'_>) -> Fallible<Decision> {
        let call: Call<'_> = serde_json::from_slice(request.bytes)?;
        let at = |path: &Path| match path {
            ["action"] => Found::Text(&call.action.name),
            ["actor", "id"] => Found::Text(&call.actor.id),
            ["actor", "type"] => Found::Text(&call.actor.kind),
            ["input", "amount"] => Found::Number(call.action.input.amount),
            ["context", "env"] => Found::Text(&call.context.env),
            ["context", "ticket"] => call.context.ticket.as_deref().map_or(Found::Absent, Found::Text),
            ["resource", "id"] => Found::Text(&call.resource.id),
            _ => Found::Absent,
        };
        let found: Vec<Found<'_>> = self.paths.iter().map(at).collect();
        Ok(self.rules.decide(&found))
    }
}

fn holds(test: &Test, found: Option<Found<'_>>) -> bool {
    match (test, found.unwrap_or(Found::Absent)) {
        (Test::Exists(wanted), found) => !matches!(found, Found::Absent) == *wanted,
        (Test::Range(from, below), Found::Number(number)) => (*from as f64..*below as f64).contains(&(number * 100.0)),
        (Test::Equal(values), Found::Text(text)) => values.iter().any(|value| value == text),
        (Test::Not(value), Found::Text(text)) => value != text,
        (Test::Prefix(prefix), Found::Text(text)) => text.starts_with(prefix.as_str()),
        (Test::Suffix(suffix), Found::Text(text)) => text.ends_with(suffix.as_str()),
        (Test::Contains(part), Found::Text(text)) => text.contains(part.as_str()),
        (Test::Middle(first, last), Found::Text(text)) => {
            text.strip_prefix(first.as_str()).is_some_and(|rest| rest.ends_with(last.as_str()))
        }
        _ => false,
    }
}
