//! Toolgate itself, in three ways: from JSON, the verdict alone, and from fields that the host has at hand.

use std::time::Instant;

use toolgate_benches::fields::Extracted;
use toolgate_benches::{Decision, Workload};
use toolgate_compiler::{Source, check, compile};
use toolgate_runtime::{FieldValues, Options, Policy, Scratch, Verdict};

use crate::peer::{Artifact, Build, Fallible, Peer, Request};

/// A full decision from JSON.
pub(crate) fn translate_json(workload: &Workload) -> Fallible<Build> {
    let text = workload.policy.clone();
    Ok(Box::new(move || Ok(Box::new(Json(Loaded::new(&text)?)))))
}

/// The verdict alone, from JSON.
pub(crate) fn translate_verdict(workload: &Workload) -> Fallible<Build> {
    let text = workload.policy.clone();
    Ok(Box::new(move || Ok(Box::new(VerdictAlone(Loaded::new(&text)?)))))
}

/// A full decision from fields.
pub(crate) fn translate_fields(workload: &Workload) -> Fallible<Build> {
    let text = workload.policy.clone();
    Ok(Box::new(move || {
        // The values of a request refer to the policy; both live as long as the process, which measures nothing else.
        let loaded: &'static Loaded = Box::leak(Box::new(Loaded::new(&text)?));
        let (values, scratch) = (FieldValues::new(&loaded.policy), Scratch::new(&loaded.policy));
        Ok(Box::new(Fields { loaded, values, scratch, requests: &[] }))
    }))
}

/// The artifact's size, and how long it takes to load.
pub(crate) fn artifact(workload: &Workload) -> Fallible<Artifact> {
    let bytes = compiled(&workload.policy)?;
    let mut loads = [0.0; LOADS];
    for load in &mut loads {
        let start = Instant::now();
        drop(Policy::load(&bytes)?);
        *load = start.elapsed().as_secs_f64() * 1e3;
    }
    loads.sort_unstable_by(f64::total_cmp);
    Ok(Artifact { len_bytes: bytes.len(), load_ms: loads[LOADS / 2] })
}

const LOADS: usize = 9;

fn compiled(text: &str) -> Fallible<Vec<u8>> {
    let checked = check(&[Source { name: "policy.json".to_owned(), text: text.as_bytes().to_vec() }]);
    let checked = checked.policy.ok_or_else(|| format!("the policy has errors: {:?}", checked.diagnostics.first()))?;
    let compiled = compile(&checked).map_err(|diagnostics| format!("the policy passes a limit: {:?}", diagnostics.first()))?;
    Ok(compiled.artifact)
}

struct Loaded {
    policy: Policy,
    scratch: Scratch,
}

impl Loaded {
    fn new(text: &str) -> Fallible<Self> {
        let policy = Policy::load(&compiled(text)?)?;
        Ok(Self { scratch: Scratch::new(&policy), policy })
    }
}

fn decision(verdict: Verdict) -> Decision {
    match verdict {
        Verdict::Allow => Decision::Allow,
        Verdict::ApprovalRequired => Decision::RequireApproval,
        Verdict::ClarificationRequired => Decision::RequireClarification,
        Verdict::Deny => Decision::Deny,
    }
}

struct Json(Loaded);

impl Peer for Json {
    fn decide(&mut self, request: Request<'_>) -> Fallible<Decision> {
        Ok(decision(self.0.policy.decide(request.bytes, &mut self.0.scratch, Options::default()).verdict()))
    }
}

struct VerdictAlone(Loaded);

impl Peer for VerdictAlone {
    fn decide(&mut self, request: Request<'_>) -> Fallible<Decision> {
        Ok(decision(self.0.policy.verdict(request.bytes, &mut self.0.scratch, Options::default())))
    }
}

struct Fields {
    loaded: &'static Loaded,
    values: FieldValues<'static>,
    scratch: Scratch,
    requests: &'static [Vec<(u32, Extracted)>],
}

impl Peer for Fields {
    fn make_ready(&mut self, requests: &[Vec<u8>]) -> Fallible<()> {
        let extracted = requests.iter().map(|request| Extracted::all(&self.loaded.policy, request)).collect::<Fallible<Vec<_>>>()?;
        self.requests = Box::leak(extracted.into_boxed_slice());
        Ok(())
    }

    fn decide(&mut self, request: Request<'_>) -> Fallible<Decision> {
        Extracted::fill(self.requests.get(request.index).ok_or("no such request")?, &mut self.values)?;
        Ok(decision(self.loaded.policy.decide_fields(&self.values, &mut self.scratch, Options::default()).verdict()))
    }
}
