//! The engine's parts, one by one: `cargo bench -p toolgate-benches`.
//!
//! What only runs inside a decision is measured by policies that consist of it, from fields, so that no request is read.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Value, json};
use toolgate_benches::fields::Extracted;
use toolgate_benches::{Workload, shape, workload};
use toolgate_compiler::{Source, check, compile};
use toolgate_runtime::json::{Keys, NONE, Number, Span, Text, Visit, hash, read};
use toolgate_runtime::matcher::wildcard::{self, Literal};
use toolgate_runtime::matcher::{address, path};
use toolgate_runtime::{FieldValues, Options, Policy, Scratch};
use toolgate_scan::{Kernel, Stops};

/// Wants no member, so that only reading is measured.
struct Nothing;

impl Visit for Nothing {
    fn member(&mut self, _parent: u32, _key: Text<'_>, _key_hash: u64, _at: u32) -> u32 {
        NONE
    }

    fn value(&mut self, _node: u32, _value: Span) {}

    fn restart(&mut self) {}
}

fn reader(criterion: &mut Criterion) {
    let Workload { requests, .. } = workload(1_000, 1_000, 1);
    let bytes: usize = requests.iter().map(Vec::len).sum();
    let mut group = criterion.benchmark_group("json");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("read 1000 requests", |bencher| {
        let mut keys = Keys::new();
        bencher.iter(|| requests.iter().filter(|request| read(black_box(request), &mut keys, &mut Nothing).is_ok()).count());
    });
    group.bench_function("ignore 1000 requests with serde_json", |bencher| {
        let ignored = |request: &&Vec<u8>| serde_json::from_slice::<serde::de::IgnoredAny>(black_box(request)).is_ok();
        bencher.iter(|| requests.iter().filter(ignored).count());
    });
    group.finish();
}

/// Where strings may end, found by the kernel that is chosen here and by the scalar twin: in a request of the workload, and in
/// as much as a window of the reader holds.
fn scan(criterion: &mut Criterion) {
    let request_of = |made: Option<Workload>| made.and_then(|made| made.requests.into_iter().next());
    let small = request_of(Some(workload(1_000, 1, 1)));
    let large = request_of(shape("large-requests", 1_000, 1, 1));
    let mut kernels: Vec<Kernel> = Kernel::all().take(1).collect();
    kernels.extend(Some(Kernel::detect()).filter(|chosen| !kernels.contains(chosen)));
    let mut group = criterion.benchmark_group("scan");
    for request in [small, large].into_iter().flatten() {
        let mut stops = Stops::NONE;
        group.throughput(Throughput::Bytes(request.len() as u64));
        for kernel in &kernels {
            group.bench_function(format!("{} bytes by {}", request.len(), kernel.name()), |bencher| {
                bencher.iter(|| request.chunks(Stops::TEXT_LEN_MAX).for_each(|part| kernel.list(black_box(part), black_box(&mut stops))));
            });
        }
    }
    group.finish();
}

fn number(criterion: &mut Criterion) {
    for text in ["7", "1234.56", "9007199254740993", "-1.5e-300"] {
        criterion.bench_function(&format!("number {text}"), |bencher| bencher.iter(|| Number::parse(black_box(text.as_bytes()))));
    }
}

fn string(criterion: &mut Criterion) {
    for text in ["prod", "billing0.invoice.read", "a path that is as long as paths in home directories are, or a little longer"] {
        let name = format!("hash of {} bytes", text.len());
        criterion.bench_function(&name, |bencher| bencher.iter(|| hash::hash(black_box(text.as_bytes()))));
    }
    let value = "quarterly settlement for the northern region as agreed with customer urgent review";
    let mut failure = vec![0; "urgent".len()];
    wildcard::failure(b"urgent", &mut failure);
    let literal = Literal { bytes: b"urgent", failure: &failure };
    criterion.bench_function("`*urgent*` in 82 bytes", |bencher| {
        bencher.iter(|| wildcard::contains_slice(black_box(value.as_bytes()), literal));
    });
    criterion.bench_function("path under `/srv/data`", |bencher| {
        bencher.iter(|| path::prefix(black_box(b"/srv/./data/reports/2026/../q3.pdf").iter().copied(), true, b"srv/data"));
    });
    let network = address::Address::from_v6(0x2001_0db8 << 96);
    criterion.bench_function("address in a network", |bencher| {
        bencher.iter(|| address::cidr(black_box(b"2001:db8::17:3").iter().copied(), network, 32));
    });
}

/// The compiled policy; a refusal is told by the `table` binary.
fn artifact(text: &str) -> Option<Vec<u8>> {
    let sources = [Source { name: "policy.json".to_owned(), text: text.as_bytes().to_vec() }];
    let artifact = check(&sources).policy.and_then(|policy| compile(&policy).ok()).map(|compiled| compiled.artifact);
    if artifact.is_none() {
        eprintln!("the policy was refused; `cargo run -p toolgate-benches --bin table` says why");
    }
    artifact
}

/// Decides from fields: nothing but the index, the conditions and how rules are combined.
fn fields(criterion: &mut Criterion, name: &str, policy: &str, requests: &[Vec<u8>]) {
    let Some(policy) = artifact(policy).and_then(|artifact| Policy::load(&artifact).ok()) else { return };
    let extracted: Result<Vec<_>, _> = requests.iter().map(|request| Extracted::all(&policy, request)).collect();
    let Ok(extracted) = extracted else { return };
    let (mut scratch, mut values) = (Scratch::new(&policy), FieldValues::new(&policy));
    let mut group = criterion.benchmark_group("from fields");
    group.throughput(Throughput::Elements(requests.len() as u64));
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            for slots in &extracted {
                // The slots are the policy's own.
                let _ = Extracted::fill(slots, &mut values);
                let _ = black_box(policy.decide_fields(&values, &mut scratch, Options::default()));
            }
        });
    });
    group.finish();
}

/// Each index by the shape that has little else.
fn index(criterion: &mut Criterion) {
    let all = workload(1_000, 1_000, 1);
    fields(criterion, "the workload", &all.policy, &all.requests);
    for (name, index) in [
        ("shared-equality", "equal strings"),
        ("long-prefixes", "prefixes"),
        ("bands", "numbers"),
        ("middle-wildcards", "wildcards"),
        ("literals", "literals anywhere"),
    ] {
        if let Some(made) = shape(name, 1_000, 1_000, 1) {
            fields(criterion, index, &made.policy, &made.requests);
        }
    }
}

fn automaton(criterion: &mut Criterion) {
    let rule = |team: usize| {
        let pattern = format!("^(refund|order)-[0-9]{{3,5}} for team {team}$");
        json!({ "id": format!("r{team}"), "when": { "input": { "note": [{ "regex": pattern }] } }, "decision": "deny" })
    };
    let policy = json!({ "rules": (0..50).map(rule).collect::<Vec<_>>() }).to_string();
    // Some for teams that no pattern is about.
    let request = |team: usize| json!({ "action": "mail", "input": { "note": format!("order-{team}17 for team {team}") } }).to_string();
    fields(criterion, "50 regular expressions", &policy, &(0..60).map(|team| request(team).into_bytes()).collect::<Vec<_>>());
}

/// Many rules that hold: the decision is made of all of them.
fn combine(criterion: &mut Criterion) {
    for held in [1, 16, 64] {
        let decisions = ["allow", "approval_required", "clarification_required", "deny"];
        let rule = |(index, decision)| json!({ "id": format!("r{index}"), "when": { "action": "mail" }, "decision": decision });
        let rules: Vec<Value> = decisions.iter().cycle().take(held).enumerate().map(rule).collect();
        let policy = json!({ "rules": rules }).to_string();
        fields(criterion, &format!("{held} rules that hold"), &policy, &[br#"{"action":"mail","input":{}}"#.to_vec()]);
    }
}

fn load(criterion: &mut Criterion) {
    for rules in [100, 10_000] {
        let Workload { policy, .. } = workload(rules, 1, 1);
        let Some(artifact) = artifact(&policy) else { return };
        let mut group = criterion.benchmark_group("load");
        group.throughput(Throughput::Bytes(artifact.len() as u64));
        group.bench_function(format!("{rules} rules"), |bencher| bencher.iter_with_large_drop(|| Policy::load(black_box(&artifact))));
        group.finish();
    }
}

fn compiler(criterion: &mut Criterion) {
    let Workload { policy, .. } = workload(1_000, 1, 1);
    let sources = [Source { name: "policy.json".to_owned(), text: policy.into_bytes() }];
    let mut group = criterion.benchmark_group("compiler");
    group.sample_size(20);
    group.bench_function("check 1000 rules", |bencher| bencher.iter(|| check(black_box(&sources))));
    if let Some(checked) = check(&sources).policy {
        group.bench_function("compile 1000 rules", |bencher| bencher.iter(|| compile(black_box(&checked))));
    }
    group.finish();
}

fn decide(criterion: &mut Criterion) {
    let Workload { policy, requests, .. } = workload(1_000, 1_000, 1);
    let Some(policy) = artifact(&policy).and_then(|artifact| Policy::load(&artifact).ok()) else { return };
    let mut scratch = Scratch::new(&policy);
    let mut group = criterion.benchmark_group("decide");
    group.throughput(Throughput::Elements(requests.len() as u64));
    group.bench_function("1000 requests, 1000 rules", |bencher| {
        bencher.iter(|| {
            for request in &requests {
                let _ = black_box(policy.decide(black_box(request), &mut scratch, Options::default()));
            }
        });
    });
    group.bench_function("1000 verdicts, 1000 rules", |bencher| {
        bencher.iter(|| {
            for request in &requests {
                let _ = black_box(policy.verdict(black_box(request), &mut scratch, Options::default()));
            }
        });
    });
    group.finish();
}

criterion_group!(parts, reader, scan, number, string, index, automaton, combine, load, compiler, decide);
criterion_main!(parts);
