//! Cedar: one policy a rule. Cedar knows permit and forbid only, so the decision is part of a policy's name, and the
//! strictest of those that determined the answer counts.

use std::str::FromStr;

use cedar_policy::{
    Authorizer, Context, Decision as Answer, Entities, EntityId, EntityTypeName, EntityUid, Policy, PolicyId, PolicySet,
    RestrictedExpression,
};
use toolgate_benches::{Decision, Test, Workload};

use crate::peer::{Build, Call, Fallible, Peer, Request, decision_of, quoted, quoted_list};

/// From JSON: what is read from it goes into a Cedar request.
pub(crate) fn translate(workload: &Workload) -> Fallible<Build> {
    let policies = policies(workload)?;
    Ok(Box::new(move || Ok(Box::new(FromJson(Cedar::new(&policies)?)))))
}

/// With Cedar's own requests, made before.
pub(crate) fn translate_prebuilt(workload: &Workload) -> Fallible<Build> {
    let policies = policies(workload)?;
    Ok(Box::new(move || Ok(Box::new(Prebuilt { cedar: Cedar::new(&policies)?, requests: Vec::new() }))))
}

/// Names and texts.
fn policies(workload: &Workload) -> Fallible<Vec<(String, String)>> {
    let policy = &workload.rules;
    let mut policies = Vec::with_capacity(policy.rules.len());
    for (index, rule) in policy.rules.iter().enumerate() {
        let effect = if rule.decision == Decision::Allow { "permit" } else { "forbid" };
        // What can stand in the head stands there.
        let (mut principal, mut action, mut when) = ("principal".to_owned(), "action".to_owned(), Vec::new());
        for condition in &rule.conditions {
            match (policy.paths[condition.path], &condition.test) {
                (["action"], Test::Equal(names)) => {
                    let names: Vec<String> = names.iter().map(|name| format!("Action::{}", quoted(name))).collect();
                    action = match names.as_slice() {
                        [name] => format!("action == {name}"),
                        names => format!("action in [{}]", names.join(", ")),
                    };
                }
                (["actor", "id"], Test::Equal(ids)) => match ids.as_slice() {
                    [id] => principal = format!("principal == Actor::{}", quoted(id)),
                    ids => when.push(format!("[{}].contains(context.actor)", quoted_list(ids))),
                },
                (path, test) => when.push(condition_of(attribute(path)?, test)),
            }
        }
        let when = if when.is_empty() { String::new() } else { format!(" when {{ {} }}", when.join(" && ")) };
        policies.push((format!("{}/{index}", rule.decision.as_str()), format!("{effect}({principal}, {action}, resource){when};")));
    }
    Ok(policies)
}

/// Where the context has what the request has at a path.
fn attribute(path: &[&str]) -> Fallible<&'static str> {
    Ok(match path {
        ["action"] => "action",
        ["actor", "id"] => "actor",
        ["actor", "type"] => "kind",
        ["input", "amount"] => "amount",
        ["context", "env"] => "env",
        ["context", "ticket"] => "ticket",
        ["resource", "id"] => "resource",
        _ => return Err(format!("no attribute for {path:?}").into()),
    })
}

fn condition_of(attribute: &str, test: &Test) -> String {
    let like = |pattern: String| format!("context.{attribute} like {}", quoted(&pattern));
    match test {
        Test::Equal(values) if values.len() == 1 => format!("context.{attribute} == {}", quoted_list(values)),
        Test::Equal(values) => format!("[{}].contains(context.{attribute})", quoted_list(values)),
        Test::Not(value) => format!("context.{attribute} != {}", quoted(value)),
        Test::Prefix(text) => like(format!("{text}*")),
        Test::Suffix(text) => like(format!("*{text}")),
        Test::Contains(text) => like(format!("*{text}*")),
        Test::Middle(first, last) => like(format!("{first}*{last}")),
        // Cedar has no fractions: hundredths.
        Test::Range(from, below) => format!("context.{attribute} >= {from} && context.{attribute} < {below}"),
        Test::Exists(true) => format!("context has {attribute}"),
        Test::Exists(false) => format!("!(context has {attribute})"),
    }
}

struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    actor: EntityTypeName,
    action: EntityTypeName,
    document: EntityTypeName,
}

impl Cedar {
    fn new(policies: &[(String, String)]) -> Fallible<Self> {
        let mut set = PolicySet::new();
        for (name, text) in policies {
            set.add(Policy::parse(Some(PolicyId::new(name)), text)?)?;
        }
        Ok(Self {
            authorizer: Authorizer::new(),
            policies: set,
            entities: Entities::empty(),
            actor: EntityTypeName::from_str("Actor")?,
            action: EntityTypeName::from_str("Action")?,
            document: EntityTypeName::from_str("Document")?,
        })
    }

    fn request(&self, bytes: &[u8]) -> Fallible<cedar_policy::Request> {
        let call: Call<'_> = serde_json::from_slice(bytes)?;
        let entity = |kind: &EntityTypeName, id: &str| EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id));
        let string = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let mut context = vec![
            ("action".to_owned(), string(&call.action.name)),
            ("actor".to_owned(), string(&call.actor.id)),
            ("kind".to_owned(), string(&call.actor.kind)),
            ("amount".to_owned(), RestrictedExpression::new_long((call.action.input.amount * 100.0).round() as i64)),
            ("env".to_owned(), string(&call.context.env)),
            ("resource".to_owned(), string(&call.resource.id)),
        ];
        if let Some(ticket) = &call.context.ticket {
            context.push(("ticket".to_owned(), string(ticket)));
        }
        Ok(cedar_policy::Request::new(
            entity(&self.actor, &call.actor.id),
            entity(&self.action, &call.action.name),
            entity(&self.document, &call.resource.id),
            Context::from_pairs(context)?,
            None,
        )?)
    }

    fn decide(&self, request: &cedar_policy::Request) -> Fallible<Decision> {
        let response = self.authorizer.is_authorized(request, &self.policies, &self.entities);
        if response.decision() == Answer::Allow {
            return Ok(Decision::Allow);
        }
        let names = response.diagnostics().reason().map(|id| {
            let id: &str = id.as_ref();
            id.split('/').next().and_then(decision_of)
        });
        Ok(names.max().flatten().unwrap_or(Decision::Deny))
    }
}

struct FromJson(Cedar);

impl Peer for FromJson {
    fn decide(&mut self, request: Request<'_>) -> Fallible<Decision> {
        self.0.decide(&self.0.request(request.bytes)?)
    }
}

struct Prebuilt {
    cedar: Cedar,
    requests: Vec<cedar_policy::Request>,
}

impl Peer for Prebuilt {
    fn make_ready(&mut self, requests: &[Vec<u8>]) -> Fallible<()> {
        self.requests = requests.iter().map(|bytes| self.cedar.request(bytes)).collect::<Fallible<_>>()?;
        Ok(())
    }

    fn decide(&mut self, request: Request<'_>) -> Fallible<Decision> {
        self.cedar.decide(self.requests.get(request.index).ok_or("no such request")?)
    }
}
