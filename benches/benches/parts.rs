//! The engine's parts, one by one: `cargo bench -p toolgate-benches`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use toolgate_benches::{Workload, workload};
use toolgate_compiler::{Source, check, compile};
use toolgate_runtime::json::{Keys, NONE, Number, Span, Text, Visit, read};
use toolgate_runtime::{Options, Policy, Scratch};

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

fn number(criterion: &mut Criterion) {
    for text in ["7", "1234.56", "9007199254740993", "-1.5e-300"] {
        criterion.bench_function(&format!("number {text}"), |bencher| bencher.iter(|| Number::parse(black_box(text.as_bytes()))));
    }
}

fn decide(criterion: &mut Criterion) {
    let Workload { policy, requests, .. } = workload(1_000, 1_000, 1);
    let sources = [Source { name: "policy.json".to_owned(), text: policy.into_bytes() }];
    let checked = check(&sources).policy.and_then(|policy| compile(&policy).ok());
    let Some(policy) = checked.and_then(|compiled| Policy::load(&compiled.artifact).ok()) else {
        eprintln!("the workload's policy was refused; `cargo run -p toolgate-benches --bin table` says why");
        return;
    };
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

criterion_group!(parts, reader, number, decide);
criterion_main!(parts);
