//! casbin: a rule is some rows of a table, strictest first, and the first row that matches decides.
//!
//! Its built-in matchers compare strings. Conditions on amounts, tickets and suffixes would need functions of ours or an
//! expression compiled in every decision, so this peer gets an easier policy without them, and the table says so.

use casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};
use toolgate_benches::{Decision, Path, Test, Workload};

use crate::peer::{Build, Call, Fallible, Peer, Request, decision_of, strictest_first};

const MODEL: &str = r#"
[request_definition]
r = act, sub, env, kind
[policy_definition]
p = act, sub, env, notenv, kind, decision
[policy_effect]
e = priority(p.eft) || deny
[matchers]
m = keyMatch(r.act, p.act) && keyMatch(r.sub, p.sub) && keyMatch(r.env, p.env) && r.env != p.notenv && keyMatch(r.kind, p.kind)
"#;

/// Whether casbin gets the condition.
pub(crate) fn keeps(path: Path, test: &Test) -> bool {
    match path {
        ["action"] => matches!(test, Test::Equal(_) | Test::Prefix(_)),
        ["actor", _] => matches!(test, Test::Equal(_)),
        ["context", "env"] => matches!(test, Test::Equal(_) | Test::Not(_)),
        _ => false,
    }
}

/// As many rows a rule as its alternatives multiply to.
pub(crate) fn translate(workload: &Workload) -> Fallible<Build> {
    let policy = &workload.rules;
    let mut rows: Vec<Vec<String>> = Vec::new();
    for rule in strictest_first(policy) {
        let any = || vec!["*".to_owned()];
        let (mut act, mut sub, mut env, mut not_env, mut kind) = (any(), any(), any(), String::new(), any());
        for condition in &rule.conditions {
            match (policy.paths[condition.path], &condition.test) {
                (["action"], Test::Equal(names)) => act.clone_from(names),
                (["action"], Test::Prefix(prefix)) => act = vec![format!("{prefix}*")],
                (["actor", "id"], Test::Equal(ids)) => sub.clone_from(ids),
                (["actor", "type"], Test::Equal(kinds)) => kind.clone_from(kinds),
                (["context", "env"], Test::Equal(envs)) => env.clone_from(envs),
                (["context", "env"], Test::Not(other)) => not_env.clone_from(other),
                (path, test) => return Err(format!("{test:?} of {path:?} has no column").into()),
            }
        }
        for act in &act {
            for sub in &sub {
                for env in &env {
                    for kind in &kind {
                        let cells = [act, sub, env, &not_env, kind, &rule.decision.as_str().to_owned()];
                        rows.push(cells.map(String::clone).to_vec());
                    }
                }
            }
        }
    }
    Ok(Box::new(move || {
        let enforcer = pollster::block_on(async {
            let model = DefaultModel::from_str(MODEL).await?;
            let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await?;
            enforcer.enable_auto_save(false);
            enforcer.add_policies(rows.clone()).await?;
            Ok::<_, casbin::Error>(enforcer)
        })?;
        Ok(Box::new(Rows(enforcer)))
    }))
}

struct Rows(Enforcer);

impl Peer for Rows {
    fn decide(&mut self, request: Request<'_>) -> Fallible<Decision> {
        let call: Call<'_> = serde_json::from_slice(request.bytes)?;
        let (_, rows) = self.0.enforce_ex((&*call.action.name, &*call.actor.id, &*call.context.env, &*call.actor.kind))?;
        let decision = rows.first().and_then(|row| row.get(5)).and_then(|name| decision_of(name));
        Ok(decision.unwrap_or(Decision::Deny))
    }
}
