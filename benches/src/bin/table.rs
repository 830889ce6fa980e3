//! Prints the table of the project's figures: one line for each number of rules, or for each shape.
//!
//! Every decision is checked against the workload's own evaluator first. Then the paths take turns over samples of the
//! same requests, all of them different and in shuffled order, and the medians of the samples are printed beside the
//! baseline of the same run: `serde_json`'s `IgnoredAny` over the same bytes. Compare ratios, not nanoseconds.

use std::env;
use std::error::Error;
use std::hint::black_box;
use std::str::FromStr;
use std::time::{Duration, Instant};

use serde::de::IgnoredAny;
use toolgate_benches::fields::Extracted;
use toolgate_benches::{Random, SHAPES, Workload, shape, workload};
use toolgate_compiler::{Checked, Source, check, compile};
use toolgate_runtime::{Batch, FieldValue, FieldValues, Options, Policy, Scratch};

const USAGE: &str = "usage: table [--rules N,N…] [--requests M] [--rounds R] [--seed S] [--shapes | --shape NAME]
  --rules     default 10,100,1000,10000,100000; with shapes 10000";

type Fallible<T> = Result<T, Box<dyn Error>>;

fn main() -> Fallible<()> {
    let Choice { rules, requests, rounds, seed, shapes } = choose()?;
    println!("{requests} requests, {rounds} rounds, seed {seed}; medians in ns a decision, ratios to the baseline");
    println!();
    println!(
        "| what | rules | bytes | baseline | json | batch | verdict | fields | filled | json ratio | batch ratio | verdict ratio | fields ratio | filled ratio | artifact | scratch | check ms | compile ms | load ms |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for rules in rules {
        if shapes.is_empty() {
            print_row("workload", rules, &measure(&workload(rules, requests, seed), rounds, seed)?);
        }
        for name in &shapes {
            let made = shape(name, rules, requests, seed).ok_or_else(|| format!("no shape `{name}`; there are {}", SHAPES.join(" ")))?;
            print_row(name, rules, &measure(&made, rounds, seed)?);
        }
    }
    Ok(())
}

struct Choice {
    rules: Vec<usize>,
    requests: usize,
    rounds: usize,
    seed: u64,
    /// Empty for the workload.
    shapes: Vec<String>,
}

fn choose() -> Fallible<Choice> {
    let mut choice = Choice { rules: Vec::new(), requests: 10_000, rounds: 20, seed: 1, shapes: Vec::new() };
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--shapes" {
            choice.shapes.extend(SHAPES.map(str::to_owned));
            continue;
        }
        let value = arguments.next().ok_or(USAGE)?;
        match argument.as_str() {
            "--rules" => choice.rules = value.split(',').map(number).collect::<Fallible<_>>()?,
            "--requests" => choice.requests = number(&value)?,
            "--rounds" => choice.rounds = number(&value)?,
            "--seed" => choice.seed = number(&value)?,
            "--shape" => choice.shapes.push(value),
            _ => return Err(format!("unknown option `{argument}`\n{USAGE}").into()),
        }
    }
    if choice.rules.is_empty() {
        choice.rules = if choice.shapes.is_empty() { vec![10, 100, 1_000, 10_000, 100_000] } else { vec![10_000] };
    }
    Ok(choice)
}

fn number<N: FromStr>(value: &str) -> Fallible<N> {
    value.parse().map_err(|_| format!("`{value}` is no whole number\n{USAGE}").into())
}

/// The paths that take turns.
const PATHS: usize = 6;
const BASELINE: usize = 0;
const JSON: usize = 1;
const BATCH: usize = 2;
const VERDICT: usize = 3;
/// From fields that are ready.
const FIELDS: usize = 4;
/// From fields that are filled first.
const FILLED: usize = 5;

struct Row {
    request_len_bytes: f64,
    ns: [f64; PATHS],
    artifact_len_bytes: usize,
    scratch_len_bytes: usize,
    check: Duration,
    compile: Duration,
    load: Duration,
}

fn print_row(name: &str, rules: usize, row: &Row) {
    let [baseline, json, batch, verdict, fields, filled] = row.ns;
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "| {name} | {rules} | {:.0} | {baseline:.0} | {json:.0} | {batch:.0} | {verdict:.0} | {fields:.0} | {filled:.0} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {} | {} | {:.1} | {:.1} | {:.1} |",
        row.request_len_bytes,
        json / baseline,
        batch / baseline,
        verdict / baseline,
        fields / baseline,
        filled / baseline,
        row.artifact_len_bytes,
        row.scratch_len_bytes,
        ms(row.check),
        ms(row.compile),
        ms(row.load),
    );
}

fn measure(made: &Workload, rounds: usize, seed: u64) -> Fallible<Row> {
    let sources = [Source { name: "policy.json".to_owned(), text: made.policy.clone().into_bytes() }];
    let (Checked { policy, diagnostics, .. }, check) = timed(|| check(&sources));
    let policy = policy.ok_or_else(|| format!("the workload's policy has errors: {:?}", diagnostics.first()))?;
    let (compiled, compile) = timed(|| compile(&policy));
    let compiled = compiled.map_err(|diagnostics| format!("the workload's policy passes a limit: {:?}", diagnostics.first()))?;
    let (policy, load) = timed(|| Policy::load(&compiled.artifact));
    let policy = policy?;

    let mut requests: Vec<(&[u8], &str)> = made.requests.iter().map(Vec::as_slice).zip(made.expected.iter().copied()).collect();
    Random::new(seed).shuffle(&mut requests);
    let extracted = requests.iter().map(|(request, _)| Extracted::all(&policy, request)).collect::<Fallible<Vec<_>>>()?;
    let mut bench = Bench {
        policy: &policy,
        scratch: Scratch::new(&policy),
        batch: Batch::new(&policy),
        values: FieldValues::new(&policy),
        ready: (0..SAMPLE).map(|_| FieldValues::new(&policy)).collect(),
    };
    bench.verify(&requests, &extracted)?;
    let bytes: usize = requests.iter().map(|(request, _)| request.len()).sum();
    Ok(Row {
        request_len_bytes: bytes as f64 / requests.len() as f64,
        ns: bench.run(&requests, &extracted, rounds),
        artifact_len_bytes: policy.artifact_len_bytes(),
        scratch_len_bytes: bench.scratch.len_bytes(),
        check,
        compile,
        load,
    })
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let made = work();
    (made, start.elapsed())
}

/// Requests in a sample: enough that the clock costs nothing, few enough that a disturbance spoils one sample of many.
const SAMPLE: usize = 250;

struct Bench<'a> {
    policy: &'a Policy,
    scratch: Scratch,
    batch: Batch,
    values: FieldValues<'a>,
    /// As many as a sample has requests.
    ready: Vec<FieldValues<'a>>,
}

type Slots = Vec<(u32, Extracted)>;

impl<'a> Bench<'a> {
    /// Every path decides every request as the workload's own evaluator does.
    fn verify(&mut self, requests: &[(&[u8], &str)], extracted: &'a [Slots]) -> Fallible<()> {
        let mut batch = Vec::new();
        let texts = requests.iter().map(|(request, _)| *request);
        self.policy.decide_batch(texts, &mut self.batch, Options::default(), |_, decision| batch.push(decision.verdict()));
        if batch.len() != requests.len() {
            return Err(format!("a batch of {} requests makes {} decisions", requests.len(), batch.len()).into());
        }
        for (((request, expected), slots), batch) in requests.iter().zip(extracted).zip(batch) {
            let json = self.policy.decide(request, &mut self.scratch, Options::default()).verdict();
            let verdict = self.policy.verdict(request, &mut self.scratch, Options::default());
            Extracted::fill(slots, &mut self.values)?;
            let fields = self.policy.decide_fields(&self.values, &mut self.scratch, Options::default()).verdict();
            let all = [json, batch, verdict, fields].map(toolgate_runtime::Verdict::as_str);
            if all.iter().any(|decision| decision != expected) {
                let request = String::from_utf8_lossy(request);
                return Err(format!("json, batch, verdict and fields decide {all:?}, expected `{expected}`: {request}").into());
            }
        }
        Ok(())
    }

    /// Medians in nanoseconds a request.
    fn run(&mut self, requests: &[(&[u8], &str)], extracted: &'a [Slots], rounds: usize) -> [f64; PATHS] {
        let mut samples: [Vec<f64>; PATHS] = Default::default();
        for round in 0..rounds {
            for turn in 0..PATHS {
                // A path goes through all requests before the next one does, so that none finds in the caches what another
                // has just fetched for the same request.
                let path = turn.wrapping_add(round) % PATHS;
                for (requests, slots) in requests.chunks(SAMPLE).zip(extracted.chunks(SAMPLE)) {
                    // A caller has just written what it asks about, in the form in which it asks; the policy is as cold as it comes.
                    if matches!(path, FIELDS | FILLED) {
                        look_at_slots(slots)
                    } else {
                        look_at_requests(requests)
                    }
                    if path == FIELDS {
                        // Filling has succeeded for these very slots in `verify`.
                        slots.iter().zip(&mut self.ready).for_each(|(slots, values)| {
                            let _ = Extracted::fill(slots, values);
                        });
                    }
                    let ((), time) = timed(|| self.sample(path, requests, slots));
                    if let Some(samples) = samples.get_mut(path) {
                        samples.push(time.as_secs_f64() * 1e9 / requests.len() as f64);
                    }
                }
            }
        }
        samples.map(median)
    }

    fn sample(&mut self, path: usize, requests: &[(&[u8], &str)], slots: &'a [Slots]) {
        let options = Options::default();
        match path {
            BASELINE => requests.iter().for_each(|(request, _)| {
                let _ = black_box(serde_json::from_slice::<IgnoredAny>(black_box(request)));
            }),
            JSON => requests.iter().for_each(|(request, _)| {
                let _ = black_box(self.policy.decide(black_box(request), &mut self.scratch, options));
            }),
            BATCH => {
                let requests = requests.iter().map(|(request, _)| black_box(*request));
                self.policy.decide_batch(requests, &mut self.batch, options, |_, decision| {
                    let _ = black_box(decision);
                });
            }
            VERDICT => requests.iter().for_each(|(request, _)| {
                let _ = black_box(self.policy.verdict(black_box(request), &mut self.scratch, options));
            }),
            FIELDS => self.ready.iter().take(slots.len()).for_each(|values| {
                let _ = black_box(self.policy.decide_fields(black_box(values), &mut self.scratch, options));
            }),
            FILLED => slots.iter().for_each(|slots| {
                let _ = Extracted::fill(slots, &mut self.values);
                let _ = black_box(self.policy.decide_fields(&self.values, &mut self.scratch, options));
            }),
            _ => {}
        }
    }
}

/// Brings requests as near to the processor as one pass does.
fn look_at_requests(requests: &[(&[u8], &str)]) {
    look_at(requests.iter().map(|(request, _)| *request));
}

/// The same of requests as slots.
fn look_at_slots(slots: &[Slots]) {
    look_at(slots.iter().flatten().map(|(_, value)| match value.as_value() {
        FieldValue::String(text) | FieldValue::Number(text) | FieldValue::Json(text) => text.as_bytes(),
        _ => &[],
    }));
}

fn look_at<'t>(texts: impl Iterator<Item = &'t [u8]>) {
    black_box(texts.flatten().fold(0_u8, |sum, byte| sum ^ byte));
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_unstable_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
}
