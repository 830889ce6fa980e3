//! Rego by regorus, in two ways: rules written one by one and interpreted, and rules as data behind an index that is
//! written by hand, on regorus's virtual machine.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{CompiledPolicy, Engine, PolicyLengthConfig, Value as Rego};
use serde_json::{Map, Value, json};
use toolgate_benches::{Decision, Rule, Test, Workload};

use crate::peer::{Build, Fallible, Peer, Request, decision_of, dotted, fractional, quoted, quoted_list};

const ENTRY: &str = "data.workload.decision";

/// One Rego rule a rule.
pub(crate) fn translate(workload: &Workload) -> Fallible<Build> {
    let policy = &workload.rules;
    let mut text = String::from(
        r#"package workload

decision := "deny" if deny
else := "clarification_required" if clarification_required
else := "approval_required" if approval_required
else := "allow" if allow
else := "deny"

"#,
    );
    for rule in &policy.rules {
        let conditions = rule.conditions.iter().map(|condition| condition_of(&dotted(policy.paths[condition.path]), &condition.test));
        text += &format!("{} if {{ {} }}\n", rule.decision.as_str(), conditions.collect::<Vec<_>>().join("; "));
    }
    Ok(Box::new(move || Ok(Box::new(Interpreted(compiled(&text, json!({}))?)))))
}

fn condition_of(field: &str, test: &Test) -> String {
    let field = format!("input.{field}");
    match test {
        Test::Equal(values) if values.len() == 1 => format!("{field} == {}", quoted_list(values)),
        Test::Equal(values) => format!("{field} in {{{}}}", quoted_list(values)),
        Test::Not(value) => format!("{field} != {}", quoted(value)),
        Test::Prefix(text) => format!("startswith({field}, {})", quoted(text)),
        Test::Suffix(text) => format!("endswith({field}, {})", quoted(text)),
        Test::Contains(text) => format!("contains({field}, {})", quoted(text)),
        Test::Middle(first, last) => format!("startswith({field}, {}); endswith({field}, {})", quoted(first), quoted(last)),
        Test::Range(from, below) => format!("{field} >= {}; {field} < {}", fractional(*from), fractional(*below)),
        Test::Exists(true) => field,
        Test::Exists(false) => format!("not {field}"),
    }
}

fn compiled(text: &str, data: Value) -> Fallible<CompiledPolicy> {
    let mut engine = Engine::new();
    engine.set_policy_length_config(PolicyLengthConfig {
        max_col: NonZeroU32::MAX,
        max_file_bytes: NonZeroUsize::MAX,
        max_lines: NonZeroUsize::MAX,
    });
    engine.add_policy("workload.rego".to_owned(), text.to_owned())?;
    engine.add_data(Rego::from_json_str(&data.to_string())?)?;
    Ok(engine.compile_with_entrypoint(&ENTRY.into())?)
}

fn input(bytes: &[u8]) -> Fallible<Rego> {
    Ok(Rego::from_json_str(std::str::from_utf8(bytes)?)?)
}

fn decision(answer: &Rego) -> Fallible<Decision> {
    let name = answer.as_string()?;
    Ok(decision_of(name).ok_or_else(|| format!("`{name}` is no decision"))?)
}

struct Interpreted(CompiledPolicy);

impl Peer for Interpreted {
    fn decide(&mut self, request: Request<'_>) -> Fallible<Decision> {
        decision(&self.0.eval_with_input(input(request.bytes)?)?)
    }
}

/// Looks rules up by what the workload's rules begin with, then tries those found.
const INDEXED: &str = r#"package workload

decision := "deny" if "deny" in held
else := "clarification_required" if "clarification_required" in held
else := "approval_required" if "approval_required" in held
else := "allow" if "allow" in held
else := "deny"

parts := split(input.action.name, ".")
service := concat("", [parts[0], "."])
object := concat("", [parts[0], ".", parts[1], "."])

held contains rule.decision if { some rule in data.by_action[input.action.name]; holds(rule) }
held contains rule.decision if { some rule in data.by_prefix[object]; holds(rule) }
held contains rule.decision if { some rule in data.by_prefix[service]; holds(rule) }
held contains rule.decision if { some rule in data.by_actor[input.actor.id]; holds(rule) }

holds(rule) if { actor(rule); env(rule); not_env(rule); kind(rule); amount(rule); ticket(rule); resource(rule) }

actor(rule) if not rule.actors
actor(rule) if input.actor.id in rule.actors
env(rule) if not rule.envs
env(rule) if input.context.env in rule.envs
not_env(rule) if not rule.not_env
not_env(rule) if input.context.env != rule.not_env
kind(rule) if not rule.kinds
kind(rule) if input.actor.type in rule.kinds
amount(rule) if not rule.below
amount(rule) if { input.action.input.amount >= rule.from; input.action.input.amount < rule.below }
ticket(rule) if not rule.ticket
ticket(rule) if { rule.ticket == "present"; input.context.ticket }
ticket(rule) if { rule.ticket == "absent"; not input.context.ticket }
resource(rule) if not rule.suffix
resource(rule) if endswith(input.resource.id, rule.suffix)
"#;

/// The rules as data, by what they begin with.
pub(crate) fn translate_indexed(workload: &Workload) -> Fallible<Build> {
    let policy = &workload.rules;
    let mut tables: [Map<String, Value>; 3] = Default::default();
    for rule in &policy.rules {
        let Some((first, rest)) = rule.conditions.split_first() else { return Err("a rule has no condition".into()) };
        let (table, keys) = match (policy.paths[first.path], &first.test) {
            (["action"], Test::Equal(names)) => (0, names.as_slice()),
            (["action"], Test::Prefix(prefix)) => (1, std::slice::from_ref(prefix)),
            (["actor", "id"], Test::Equal(ids)) => (2, ids.as_slice()),
            (path, test) => return Err(format!("no index for {test:?} of {path:?}").into()),
        };
        let conditions = rest.iter().map(|condition| data_of(policy.paths[condition.path], &condition.test));
        let object = object_of(rule, conditions.collect::<Fallible<Vec<_>>>()?);
        for key in keys {
            match tables[table].entry(key).or_insert_with(|| json!([])) {
                Value::Array(rules) => rules.push(object.clone()),
                _ => return Err("an index holds lists".into()),
            }
        }
    }
    let [by_action, by_prefix, by_actor] = tables;
    let data = json!({ "by_action": by_action, "by_prefix": by_prefix, "by_actor": by_actor });
    Ok(Box::new(move || {
        let program = Compiler::compile_from_policy(&compiled(INDEXED, data.clone())?, &[ENTRY])?;
        let mut machine = RegoVM::new();
        machine.load_program(Arc::clone(&program));
        machine.set_data(Rego::from_json_str(&data.to_string())?)?;
        Ok(Box::new(Indexed(machine)))
    }))
}

fn data_of(path: &[&str], test: &Test) -> Fallible<Vec<(&'static str, Value)>> {
    Ok(match (path, test) {
        (["actor", "id"], Test::Equal(ids)) => vec![("actors", json!(ids))],
        (["actor", "type"], Test::Equal(kinds)) => vec![("kinds", json!(kinds))],
        (["context", "env"], Test::Equal(envs)) => vec![("envs", json!(envs))],
        (["context", "env"], Test::Not(env)) => vec![("not_env", json!(env))],
        (["context", "ticket"], Test::Exists(wanted)) => vec![("ticket", json!(if *wanted { "present" } else { "absent" }))],
        (["input", "amount"], Test::Range(from, below)) => {
            vec![("from", json!(*from as f64 / 100.0)), ("below", json!(*below as f64 / 100.0))]
        }
        (["resource", "id"], Test::Suffix(suffix)) => vec![("suffix", json!(suffix))],
        (path, test) => return Err(format!("no data for {test:?} of {path:?}").into()),
    })
}

fn object_of(rule: &Rule, conditions: Vec<Vec<(&'static str, Value)>>) -> Value {
    let decision = ("decision", json!(rule.decision.as_str()));
    Value::Object(conditions.into_iter().flatten().chain([decision]).map(|(key, value)| (key.to_owned(), value)).collect())
}

struct Indexed(RegoVM);

impl Peer for Indexed {
    fn decide(&mut self, request: Request<'_>) -> Fallible<Decision> {
        self.0.set_input(input(request.bytes)?);
        decision(&self.0.execute()?)
    }
}
