//! What the suites share: compiling documents, and deciding one request in every way there is.

#![allow(dead_code, reason = "each suite uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

pub mod alike;
pub mod files;

use serde_json::Value;
#[cfg(feature = "arbitrary")]
use toolgate_compiler::PlanExecutor;
use toolgate_compiler::{Source, check, compile, ir, reference};
use toolgate_runtime::json::Text;
use toolgate_runtime::json::walk::member;
use toolgate_runtime::{FieldValue, FieldValues, Options, Policy, Scratch};

/// A policy in both engines.
pub struct Engines {
    pub checked: ir::Policy,
    pub digest: String,
    pub artifact: Vec<u8>,
    pub policy: Policy,
    /// The same, decided as a large policy is.
    pub large: Policy,
}

impl Engines {
    /// Compiles documents that must be right.
    pub fn new(documents: &[impl AsRef<str>]) -> Self {
        Self::try_new(documents).unwrap_or_else(|problem| panic!("{problem}"))
    }

    pub fn try_new(documents: &[impl AsRef<str>]) -> Result<Self, String> {
        let sources: Vec<_> = documents
            .iter()
            .enumerate()
            .map(|(index, text)| Source { name: format!("policy{index}.yaml"), text: text.as_ref().as_bytes().to_vec() })
            .collect();
        let result = check(&sources);
        let Some(checked) = result.policy else {
            let texts: Vec<_> = sources.iter().map(|source| String::from_utf8_lossy(&source.text).into_owned()).collect();
            return Err(format!("{:#?}\n{}", result.diagnostics, texts.join("\n---\n")));
        };
        Self::of_checked(checked)
    }

    pub fn of_checked(checked: ir::Policy) -> Result<Self, String> {
        let compiled = compile(&checked).map_err(|diagnostics| format!("{diagnostics:#?}"))?;
        let policy = Policy::load(&compiled.artifact).map_err(|error| error.to_string())?;
        #[cfg_attr(not(feature = "arbitrary"), expect(unused_mut, reason = "only that feature can change it"))]
        let mut large = Policy::load(&compiled.artifact).map_err(|error| error.to_string())?;
        #[cfg(feature = "arbitrary")]
        large.treat_as_large();
        Ok(Self { checked, digest: compiled.policy_digest_text(), artifact: compiled.artifact, policy, large })
    }

    /// The decision of the reference interpreter.
    pub fn reference(&self, request: &[u8], clarified: bool) -> Value {
        serde_json::to_value(reference::decide(&self.checked, &self.digest, request, clarified)).unwrap()
    }

    /// The decision of the runtime.
    pub fn runtime(&self, scratch: &mut Scratch, request: &[u8], clarified: bool) -> Value {
        let decision = self.policy.decide(request, scratch, Options { clarified });
        serde_json::from_str(&decision.to_string()).unwrap()
    }

    /// All there is to decide with.
    pub fn deciders(&self) -> Deciders<'_> {
        Deciders {
            engines: self,
            scratch: Scratch::new(&self.policy),
            #[cfg(feature = "arbitrary")]
            plans: [PlanExecutor::new(&self.checked), PlanExecutor::with_many_tables(&self.checked)],
            planned: 0,
        }
    }
}

/// Engines, and what they keep between requests.
pub struct Deciders<'e> {
    engines: &'e Engines,
    scratch: Scratch,
    /// Compiled for tests only, so a suite that runs without features does without it.
    #[cfg(feature = "arbitrary")]
    plans: [PlanExecutor<'e>; 2],
    /// Requests that both plans have decided as the reference interpreter does.
    pub planned: u64,
}

impl Deciders<'_> {
    /// Decides in every way and returns the first disagreement, or the decision.
    pub fn agree(&mut self, request: &[u8], clarified: bool) -> Result<Value, String> {
        let (policy, large) = (&self.engines.policy, &self.engines.large);
        let scratch = &mut self.scratch;
        let options = Options { clarified };
        let reference = self.engines.reference(request, clarified);
        let show = || String::from_utf8_lossy(request.get(..4_000).unwrap_or(request)).into_owned();
        #[cfg(feature = "arbitrary")]
        {
            for (name, plan) in ["plan     ", "many tables"].iter().zip(&self.plans) {
                let plan = serde_json::to_value(plan.decide(&self.engines.digest, request, clarified)).unwrap();
                if reference != plan {
                    return Err(format!("request  {}\nreference {reference}\n{name} {plan}", show()));
                }
            }
            self.planned += 1;
        }
        let runtime = self.engines.runtime(scratch, request, clarified);
        if reference != runtime {
            return Err(format!("request  {}\nreference {reference}\nruntime   {runtime}", show()));
        }
        let of_large: Value = serde_json::from_str(&large.decide(request, scratch, options).to_string()).unwrap();
        if reference != of_large {
            return Err(format!("request  {}\nreference {reference}\nlarge     {of_large}", show()));
        }
        let verdict = large.verdict(request, scratch, options);
        if reference["decision"] != verdict.as_str() {
            return Err(format!("request  {}\nreference {reference}\nverdict   {}", show(), verdict.as_str()));
        }
        if reference["offset"].is_null() {
            let texts = field_texts(policy, request);
            let mut values = FieldValues::new(policy);
            for (slot, text) in &texts {
                values.set(*slot, text.value()).unwrap_or_else(|error| panic!("{error}: {text:?}"));
            }
            let decision = large.decide_fields(&values, scratch, options).to_string();
            let fields: Value = serde_json::from_str(&decision).unwrap();
            if reference != fields {
                return Err(format!("request  {}\nreference {reference}\nfields    {fields}", show()));
            }
            let verdict = policy.verdict_fields(&values, scratch, options);
            if reference["decision"] != verdict.as_str() {
                return Err(format!("request  {}\nreference {reference}\nfields verdict {}", show(), verdict.as_str()));
            }
            let records: Vec<u8> = texts.iter().flat_map(|(slot, text)| text.record(*slot)).collect();
            let decision = policy.decide_records(&records, scratch, options).unwrap().to_string();
            let from_records: Value = serde_json::from_str(&decision).unwrap();
            let verdict = policy.verdict_records(&records, scratch, options).unwrap();
            if reference != from_records || reference["decision"] != verdict.as_str() {
                return Err(format!("request  {}\nreference {reference}\nrecords   {from_records}, {}", show(), verdict.as_str()));
            }
        }
        Ok(reference)
    }
}

/// A field's value with text of its own.
#[derive(Clone, Debug)]
pub enum FieldText {
    Absent,
    Null,
    Bool(bool),
    Number(String),
    String(String),
    /// An array.
    Json(String),
    Object,
}

impl FieldText {
    pub fn value(&self) -> FieldValue<'_> {
        match self {
            FieldText::Absent => FieldValue::Absent,
            FieldText::Null => FieldValue::Null,
            FieldText::Bool(value) => FieldValue::Bool(*value),
            FieldText::Number(text) => FieldValue::Number(text),
            FieldText::String(text) => FieldValue::String(text),
            FieldText::Json(text) => FieldValue::Json(text),
            FieldText::Object => FieldValue::Object,
        }
    }

    /// The value as a record.
    pub fn record(&self, slot: u32) -> Vec<u8> {
        let (kind, text): (u32, &str) = match self {
            FieldText::Absent => (0, ""),
            FieldText::Null => (1, ""),
            FieldText::Bool(value) => (2 + u32::from(*value), ""),
            FieldText::Number(text) => (4, text),
            FieldText::String(text) => (5, text),
            FieldText::Object => (6, ""),
            FieldText::Json(text) => (7, text),
        };
        let head = [slot, kind, text.len() as u32].map(u32::to_le_bytes);
        [head.as_flattened(), text.as_bytes()].concat()
    }
}

/// The values of all slots of a request that is one, as a careful host would give them.
pub fn field_texts(policy: &Policy, request: &[u8]) -> Vec<(u32, FieldText)> {
    let start = request.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    let end = request.iter().rposition(|byte| !byte.is_ascii_whitespace()).map_or(0, |end| end + 1);
    let request = &request[start..end];
    policy.slots().filter_map(|(slot, pointer)| Some((slot, field_text(request, pointer)?))).collect()
}

/// `None` for what lies below a value that has no members: the host leaves it open.
fn field_text(request: &[u8], pointer: &str) -> Option<FieldText> {
    use toolgate_runtime::json::Kind;
    let keys: Vec<String> = pointer.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~")).collect();
    let mut value = toolgate_runtime::json::Value { kind: Kind::Object, text: request, escaped: false };
    let mut at = 0;
    while at < keys.len() {
        let key = keys[at].as_str();
        let root = at == 0;
        let top = |name: &str| member(request, name.as_bytes());
        // The forms of the top-level members, written out.
        let found = match (root, key) {
            (true, "action" | "actor" | "resource") => {
                let value = top(key);
                match value {
                    Some(value) if value.kind == Kind::String => match keys.get(1).map(String::as_str) {
                        None => return Some(FieldText::Object),
                        Some("name" | "id") if keys.len() > 2 => return None,
                        Some("name") if key == "action" => return Some(FieldText::String(decode(&value))),
                        Some("id") if key != "action" => return Some(FieldText::String(decode(&value))),
                        Some("input") if key == "action" => None,
                        Some(_) => return Some(FieldText::Absent),
                    },
                    value => value,
                }
            }
            (true, _) => top(key),
            (false, _) => match value.kind {
                Kind::Object => member(value.text, key.as_bytes()),
                _ => return None,
            },
        };
        let found = if at == 0 && key == "action" && keys.get(1).map(String::as_str) == Some("input") {
            at = 1;
            let own = found.filter(|action| action.kind == Kind::Object).and_then(|action| member(action.text, b"input"));
            own.or(top("input"))
        } else {
            found
        };
        let nullable = matches!(keys[..=at].join("/").as_str(), "actor" | "resource" | "context" | "action/input");
        match found {
            None => return Some(FieldText::Absent),
            Some(found) if nullable && found.kind == Kind::Null => return Some(FieldText::Absent),
            Some(found) => value = found,
        }
        at += 1;
    }
    let text = || String::from_utf8(value.text.to_vec()).unwrap();
    Some(match value.kind {
        Kind::Null => FieldText::Null,
        Kind::Bool(value) => FieldText::Bool(value),
        Kind::Number => FieldText::Number(text()),
        Kind::String => FieldText::String(decode(&value)),
        Kind::Array => FieldText::Json(text()),
        Kind::Object => FieldText::Object,
    })
}

fn decode(value: &toolgate_runtime::json::Value<'_>) -> String {
    String::from_utf8(Text::written(value.text, value.escaped).bytes().collect()).unwrap()
}
