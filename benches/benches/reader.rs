//! Reading requests: `cargo bench -p toolgate-benches --bench reader`.
//!
//! For each kind of requests the baseline (`serde_json`'s `IgnoredAny`), the strict reader, and the reader that learns, by
//! each kernel of this processor; the readers tell of thirteen fields. Divide by the baseline of the same run.
#![expect(clippy::arithmetic_side_effects, reason = "INVARIANT: runs on its own output only")]

use std::fmt::Write;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use toolgate_benches::{Random, workload};
use toolgate_runtime::json::{Kernel, Keys, NONE, ROOT, Shapes, Span, Text, Visit, read};

/// Keeps the values of some fields, as a policy does.
struct Fields([Option<Span>; 14]);

/// Parent, key and node.
const FIELDS: [(u32, &str, u32); 13] = [
    (ROOT, "actor", 1),
    (1, "type", 2),
    (1, "id", 3),
    (ROOT, "action", 4),
    (4, "name", 5),
    (4, "input", 6),
    (6, "amount", 7),
    (ROOT, "resource", 8),
    (8, "id", 9),
    (8, "owner", 10),
    (ROOT, "context", 11),
    (11, "env", 12),
    (11, "ticket", 13),
];

impl Visit for Fields {
    fn member(&mut self, parent: u32, key: Text<'_>, _key_hash: u64, _at: u32) -> u32 {
        let found = FIELDS.iter().find(|(above, name, _)| *above == parent && key.eq_bytes(name.as_bytes()));
        found.map_or(NONE, |(_, _, node)| *node)
    }

    #[inline]
    fn value(&mut self, node: u32, value: Span) {
        if let Some(place) = self.0.get_mut(node as usize) {
            *place = Some(value);
        }
    }

    fn restart(&mut self) {
        self.0 = [None; 14];
    }
}

const COUNT: usize = 1_000;

fn kinds() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let requests = workload(1_000, COUNT, 1).requests;
    let trees: Vec<Value> = requests.iter().filter_map(|request| serde_json::from_slice(request).ok()).collect();
    let mut random = Random::new(1);
    let mut written = |separators: (&str, &str), shuffles: bool, change: &dyn Fn(usize, &mut Value)| -> Vec<Vec<u8>> {
        let trees = trees.iter().cloned().enumerate().map(|(index, mut tree)| {
            change(index, &mut tree);
            tree
        });
        let mut write = |tree: Value| {
            let mut out = String::new();
            emit(&tree, separators, shuffles.then_some(&mut random), &mut out);
            out.into_bytes()
        };
        trees.map(&mut write).collect()
    };
    let input = |tree: &mut Value, made: Value| {
        if let Some(place) = tree.pointer_mut("/action/input") {
            *place = made;
        }
    };
    let nothing = |_: usize, _: &mut Value| {};
    let spaced = written((", ", ": "), false, &nothing);
    let shuffled = written((",", ":"), true, &nothing);
    let mut with_input = |made: &dyn Fn(usize) -> Value| written((",", ":"), false, &|index, tree| input(tree, made(index)));
    let tools = with_input(&|index| {
        // Where a request stands says nothing of its tool.
        let tool = index * 7_919 % 200;
        (0..=tool % 4).map(|argument| (format!("argument_{tool}_{argument}"), json!(index))).collect()
    });
    let long = with_input(&|index| json!({"note": "lorem ipsum ".repeat(310 + index % 7)}));
    let nested = with_input(&|index| (0..110).map(|part| (format!("part_{part}"), json!({"x": index, "y": part}))).collect());
    let array = with_input(&|index| json!({"items": (0..100).map(|element| element * index).collect::<Vec<_>>()}));
    let escaped = with_input(&|index| json!({"note": format!("zażółć \"{index}\"\n")}));
    let never_twice = with_input(&|index| [(format!("key_{index}"), json!(index))].into_iter().collect());
    let hot = requests.first().map(|request| vec![request.clone(); COUNT]).unwrap_or_default();
    vec![
        ("workload", requests),
        ("one request again and again", hot),
        ("spaces after colons and commas", spaced),
        ("200 tools", tools),
        ("4 KB, one string", long),
        ("4 KB, 110 objects", nested),
        ("array of 100", array),
        ("a string with escapes", escaped),
        ("keys in any order", shuffled),
        ("a key that never comes again", never_twice),
    ]
}

/// Writes a tree, its members in another order each time if there is a source of orders.
fn emit(tree: &Value, separators: (&str, &str), mut random: Option<&mut Random>, out: &mut String) {
    let (comma, colon) = separators;
    match tree {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            if let Some(random) = random.as_deref_mut() {
                random.shuffle(&mut members);
            }
            out.push('{');
            for (index, (key, value)) in members.into_iter().enumerate() {
                let comma = if index > 0 { comma } else { "" };
                let _ = write!(out, "{comma}{}{colon}", Value::from(key.as_str()));
                emit(value, separators, random.as_deref_mut(), out);
            }
            out.push('}');
        }
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

fn reader(criterion: &mut Criterion) {
    for (kind, requests) in kinds() {
        let mut group = criterion.benchmark_group(kind);
        group.sample_size(20).measurement_time(std::time::Duration::from_secs(1)).warm_up_time(std::time::Duration::from_millis(300));
        group.throughput(Throughput::Elements(requests.len() as u64));
        let mut keys = Keys::new();
        let mut fields = Fields([None; 14]);
        group.bench_function("IgnoredAny", |bencher| {
            bencher.iter(|| requests.iter().filter(|request| serde_json::from_slice::<IgnoredAny>(black_box(request)).is_ok()).count());
        });
        group.bench_function("strict", |bencher| {
            bencher.iter(|| requests.iter().filter(|request| read(black_box(request), &mut keys, &mut fields).is_ok()).count());
        });
        for kernel in Kernel::all() {
            let mut shapes = Shapes::with_kernel(kernel);
            group.bench_function(format!("learning, {}", kernel.name()), |bencher| {
                bencher.iter(|| requests.iter().filter(|request| shapes.read(black_box(request), &mut keys, &mut fields).is_ok()).count());
            });
        }
        group.finish();
    }
}

criterion_group!(benches, reader);
criterion_main!(benches);
