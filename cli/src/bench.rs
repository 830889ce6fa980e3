//! `toolgate bench`

mod throughput;

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::IgnoredAny;
use toolgate_runtime::{Batch, FieldValues, Options, Policy, Scratch};

use throughput::Throughput;

use crate::fields::Fields;
use crate::lines::{Lines, ReadError};
use crate::output::{Failure, Stdout, counted, tell};
use crate::policy::{self, Documents};
use crate::{allocations, decide};

/// Measure how long decisions take
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Policy documents, directories of them, or one compiled artifact
    #[arg(required = true, value_name = "POLICY")]
    policies: Vec<PathBuf>,
    /// One request a line; `-` is standard input
    #[arg(long, value_name = "FILE.jsonl")]
    requests: PathBuf,
    /// Write one JSON object
    #[arg(long)]
    json: bool,
    /// How long to measure decisions
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = seconds)]
    seconds: f64,
}

const EXAMPLES: &str = "\
Examples:
  toolgate bench policy.tgc --requests calls.jsonl
  toolgate bench policies/ --requests calls.jsonl --seconds 10 --json

Medians over all requests in a shuffled order, so that each is as cold in the cache as the next. The baseline is
serde_json reading the same bytes into nothing (IgnoredAny) in the same run; times on another machine differ, the ratio to
the baseline hardly does. Half of the time goes to these, and half to decisions a second, by one thread and by as many as
the processor has. Exit codes: 0 measured, 1 the policy is wrong, 2 usage or input and output";

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= SECONDS_MAX => Ok(seconds),
        _ => Err(format!("not a number of seconds up to {SECONDS_MAX}")),
    }
}

const SECONDS_MAX: f64 = 3_600.0;

/// What was measured. Times of decisions are medians in nanoseconds.
#[derive(Serialize)]
struct Report {
    rules: usize,
    requests: usize,
    /// A full decision, from the request's bytes.
    json_ns: f64,
    /// The same, in batches.
    batch_ns: f64,
    /// A full decision, from fields that are ready. Absent if no request is a valid one.
    fields_ns: Option<f64>,
    /// The verdict alone, from the request's bytes.
    verdict_ns: f64,
    /// `serde_json` reading the same bytes into nothing.
    baseline_ns: f64,
    allocations_per_decision: f64,
    artifact_bytes: usize,
    scratch_bytes: usize,
    /// From documents to artifact. Absent if the policy was compiled before.
    compile_ms: Option<f64>,
    load_ms: f64,
    /// Full decisions a second from the requests' bytes, in batches.
    one_thread_per_second: u64,
    /// The same, by all threads together.
    all_threads_per_second: u64,
    /// How many those are: as many as the processor has.
    threads: usize,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let loaded = policy::load(&arguments.policies)?;
    let policy = &loaded.policy;
    let mut requests = read(arguments)?;
    if requests.is_empty() {
        return Err(Failure::Other(format!("{} has no requests to measure with", arguments.requests.display())));
    }
    shuffle(&mut requests);
    if cfg!(debug_assertions) {
        tell("toolgate: this is a debug build, whose times mean nothing");
    }
    let compile_ms = if loaded.is_from_documents { Some(compile_ms(&arguments.policies)?) } else { None };
    let load_ms = load_ms(&loaded.artifact)?;
    let mut scratch = Scratch::new(policy);
    let fields = fields_of(policy, &requests, &mut scratch);
    let values: Vec<FieldValues<'_>> = fields.iter().filter_map(|fields| fields.values(policy)).collect();
    warn_of_differences(policy, &requests, &values, &mut scratch);
    // Decisions one by one, and then by threads.
    let time = Duration::from_secs_f64(arguments.seconds / 2.0);
    let times = measure(policy, &requests, &values, &mut scratch, time);
    let throughput = Throughput::measure(policy, &requests, time);
    let report = Report {
        rules: policy.rule_count(),
        requests: requests.len(),
        json_ns: tenths(median(times.json)).unwrap_or_default(),
        batch_ns: tenths(median(times.batch)).unwrap_or_default(),
        fields_ns: tenths(median(times.fields)),
        verdict_ns: tenths(median(times.verdict)).unwrap_or_default(),
        baseline_ns: tenths(median(times.baseline)).unwrap_or_default(),
        allocations_per_decision: allocations_per_decision(policy, &requests, &mut scratch),
        artifact_bytes: policy.artifact_len_bytes(),
        scratch_bytes: scratch.len_bytes(),
        compile_ms,
        load_ms,
        one_thread_per_second: throughput.one_thread_per_second,
        all_threads_per_second: throughput.all_threads_per_second,
        threads: throughput.threads,
    };
    let mut out = Stdout::new();
    if arguments.json {
        out.line(serde_json::to_string(&report).map_err(|error| Failure::Other(error.to_string()))?)?;
    } else {
        write_table(&report, &mut out)?;
    }
    out.flush()
}

fn read(arguments: &Arguments) -> Result<Vec<Vec<u8>>, Failure> {
    let mut lines = Lines::new(decide::open(&arguments.requests)?);
    let mut requests = Vec::new();
    while let Some(line) = lines.next(|| Ok::<(), ReadError>(()))? {
        requests.push(line.to_vec());
    }
    Ok(requests)
}

/// Puts the requests into an order that is always the same and follows nothing in the file.
fn shuffle(requests: &mut [Vec<u8>]) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for last in (1..requests.len()).rev() {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let choices = u64::try_from(last).unwrap_or(u64::MAX).saturating_add(1);
        let other = state.checked_rem(choices).and_then(|other| usize::try_from(other).ok()).unwrap_or(last);
        requests.swap(last, other);
    }
}

fn compile_ms(paths: &[PathBuf]) -> Result<f64, Failure> {
    repeat(COMPILES_MAX, || Documents::read(paths).map(|documents| drop(black_box(documents))))
}

fn load_ms(artifact: &[u8]) -> Result<f64, Failure> {
    repeat(LOADS_MAX, || match Policy::load(black_box(artifact)) {
        Ok(policy) => {
            drop(black_box(policy));
            Ok(())
        }
        Err(error) => Err(policy::refused_own(&error)),
    })
}

/// The median of some runs in milliseconds; of fewer if they take long.
fn repeat(runs_max: usize, mut run: impl FnMut() -> Result<(), Failure>) -> Result<f64, Failure> {
    let begin = Instant::now();
    let mut times = Vec::new();
    while times.len() < runs_max && (times.is_empty() || begin.elapsed() < REPEAT_MAX) {
        let start = Instant::now();
        run()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(median(times).map_or(0.0, |ms| (ms * 1e3).round() / 1e3))
}

const COMPILES_MAX: usize = 11;
const LOADS_MAX: usize = 51;
const REPEAT_MAX: Duration = Duration::from_secs(1);

/// The fields of the first requests that are some.
fn fields_of(policy: &Policy, requests: &[Vec<u8>], scratch: &mut Scratch) -> Vec<Fields> {
    let valid = requests.iter().filter(|request| policy.decide(request, scratch, Options::default()).refusal().is_none());
    valid.take(READY_MAX).map(|request| Fields::of(policy, request)).collect()
}

/// So many requests are made ready as fields: enough to be cold, few enough to hold.
const READY_MAX: usize = 2_000;

/// Says so if the two ways to decide do not answer alike, for then they are not comparable either.
fn warn_of_differences(policy: &Policy, requests: &[Vec<u8>], values: &[FieldValues<'_>], scratch: &mut Scratch) {
    let mut values = values.iter();
    let mut differences = 0_usize;
    for request in requests {
        let decision = policy.decide(request, scratch, Options::default());
        if decision.refusal().is_some() {
            continue;
        }
        let from_json = decision.to_string();
        let Some(values) = values.next() else { break };
        if policy.decide_fields(values, scratch, Options::default()).to_string() != from_json {
            differences = differences.saturating_add(1);
        }
    }
    if differences > 0 {
        tell(&format!("toolgate: {differences} requests are decided otherwise from fields, which is a fault of toolgate"));
    }
}

/// Nanoseconds per call, one number for each sample.
#[derive(Default)]
struct Times {
    json: Vec<f64>,
    batch: Vec<f64>,
    fields: Vec<f64>,
    verdict: Vec<f64>,
    baseline: Vec<f64>,
}

/// Measures the five in turns, so that what disturbs one disturbs all. Each has its own place in the requests, so that
/// none finds in the cache what another has just read.
fn measure(policy: &Policy, requests: &[Vec<u8>], values: &[FieldValues<'_>], scratch: &mut Scratch, time: Duration) -> Times {
    let options = Options::default();
    let fifth = requests.len() / 5;
    let mut json_turns = requests.iter().cycle();
    let mut verdict_turns = requests.iter().cycle().skip(fifth);
    let mut baseline_turns = requests.iter().cycle().skip(fifth.saturating_mul(2));
    let mut batch_turns = requests.iter().cycle().skip(fifth.saturating_mul(3));
    let mut batch = Batch::new(policy);
    let mut value_turns = values.iter().cycle();
    let mut times = Times::default();
    let begin = Instant::now();
    let mut rounds = 0_usize;
    while rounds < ROUNDS_MIN || begin.elapsed() < time {
        let json = sample(&mut json_turns, |request| {
            black_box(policy.decide(request, scratch, options).verdict());
        });
        let fields = sample(&mut value_turns, |values| {
            black_box(policy.decide_fields(values, scratch, options).verdict());
        });
        let verdict = sample(&mut verdict_turns, |request| {
            black_box(policy.verdict(request, scratch, options));
        });
        let baseline = sample(&mut baseline_turns, |request| {
            // Bytes that are no JSON are read up to their fault, which is what they cost.
            let _ = black_box(serde_json::from_slice::<IgnoredAny>(request));
        });
        let start = Instant::now();
        let requests_of_batch = batch_turns.by_ref().take(SAMPLE_LEN).map(Vec::as_slice);
        policy.decide_batch(requests_of_batch, &mut batch, options, |_, decision| {
            black_box(decision.verdict());
        });
        let batch_ns = start.elapsed().as_secs_f64() * 1e9 / SAMPLE_LEN as f64;
        rounds = rounds.saturating_add(1);
        // The first round warms up.
        if rounds > 1 {
            times.json.extend(json);
            times.batch.push(batch_ns);
            times.fields.extend(fields);
            times.verdict.extend(verdict);
            times.baseline.extend(baseline);
        }
    }
    times
}

const ROUNDS_MIN: usize = 16;

/// The time of one call in nanoseconds, over a sample of calls; `None` if there is nothing to call with.
fn sample<T>(turns: &mut impl Iterator<Item = T>, mut call: impl FnMut(T)) -> Option<f64> {
    let mut calls = 0_u32;
    let start = Instant::now();
    for turn in turns.take(SAMPLE_LEN) {
        call(turn);
        calls = calls.saturating_add(1);
    }
    let elapsed = start.elapsed();
    (calls > 0).then(|| elapsed.as_secs_f64() * 1e9 / f64::from(calls))
}

/// Calls timed together: few enough to be a sample, enough for the clock.
const SAMPLE_LEN: usize = 64;

/// Allocations of deciding every request once, divided by their number.
fn allocations_per_decision(policy: &Policy, requests: &[Vec<u8>], scratch: &mut Scratch) -> f64 {
    let before = allocations::count();
    for request in requests {
        black_box(policy.decide(request, scratch, Options::default()).verdict());
    }
    let allocations = allocations::count().saturating_sub(before);
    allocations as f64 / requests.len() as f64
}

fn median(mut times: Vec<f64>) -> Option<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}

fn tenths(time: Option<f64>) -> Option<f64> {
    time.map(|time| (time * 10.0).round() / 10.0)
}

fn write_table(report: &Report, out: &mut Stdout) -> Result<(), Failure> {
    let rows = [
        ("decision from JSON", Some(report.json_ns)),
        ("decision from JSON, in a batch", Some(report.batch_ns)),
        ("decision from fields", report.fields_ns),
        ("verdict from JSON", Some(report.verdict_ns)),
        ("baseline (serde_json IgnoredAny)", Some(report.baseline_ns)),
    ];
    out.line(format_args!("{:<32}{:>12}{:>12}", "median of one call", "ns", "x baseline"))?;
    for (name, time) in rows {
        match time {
            Some(time) => out.line(format_args!("{name:<32}{time:>12.1}{:>12.2}", time / report.baseline_ns))?,
            None => out.line(format_args!("{name:<32}{:>12}{:>12}", "-", "-"))?,
        }
    }
    out.line("")?;
    let scaling = report.all_threads_per_second as f64 / (report.one_thread_per_second as f64).max(1.0);
    out.line(format_args!("{:<32}{:>12}{:>12}", "decisions a second", "", "x one"))?;
    out.line(format_args!("{:<32}{:>12}{:>12.2}", "one thread", report.one_thread_per_second, 1.0))?;
    let all = counted(report.threads, "thread");
    out.line(format_args!("{all:<32}{:>12}{scaling:>12.2}", report.all_threads_per_second))?;
    out.line("")?;
    let compile = report.compile_ms.map_or("-".to_owned(), |ms| format!("{ms:.3}"));
    out.line(format_args!("{:<32}{:>12}", "rules", report.rules))?;
    out.line(format_args!("{:<32}{:>12}", "requests", report.requests))?;
    out.line(format_args!("{:<32}{:>12}", "allocations per decision", report.allocations_per_decision))?;
    out.line(format_args!("{:<32}{:>12}", "artifact, bytes", report.artifact_bytes))?;
    out.line(format_args!("{:<32}{:>12}", "scratch, bytes", report.scratch_bytes))?;
    out.line(format_args!("{:<32}{compile:>12}", "compile, ms"))?;
    out.line(format_args!("{:<32}{:>12.3}", "load, ms", report.load_ms))
}
