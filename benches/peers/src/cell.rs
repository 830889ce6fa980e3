//! One cell of the table: one engine at one number of rules, in a process of its own.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use toolgate_benches::{Random, Workload, workload};

use crate::kind;
use crate::peer::{Artifact, Fallible, Kind, Peer, Request};

/// What is measured.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The engine's name.
    pub peer: String,
    /// How many rules.
    pub rules: usize,
    /// At most so many requests; slow engines get fewer.
    pub requests: usize,
    /// Of the workload.
    pub seed: u64,
}

impl Choice {
    /// For a program that measures one cell.
    #[must_use]
    pub fn to_arguments(&self) -> [String; 4] {
        [self.peer.clone(), self.rules.to_string(), self.requests.to_string(), self.seed.to_string()]
    }

    /// The other way round.
    ///
    /// # Errors
    /// An argument is missing, or no number.
    pub fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Fallible<Self> {
        let mut next = || arguments.next().ok_or("a cell is PEER RULES REQUESTS SEED");
        Ok(Self { peer: next()?, rules: next()?.parse()?, requests: next()?.parse()?, seed: next()?.parse()? })
    }
}

/// What came of it: times.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Times {
    /// The median of the batches, a decision.
    pub ns: f64,
    /// `serde_json`'s `IgnoredAny` over the same requests, in the same run.
    pub baseline_ns: f64,
    /// Toolgate from JSON, in the same run.
    pub toolgate_ns: f64,
    /// How many requests, all different.
    pub requests: usize,
    /// How often each was decided while timing.
    pub rounds: usize,
    /// From rules in the engine's language to the first decision.
    pub build_ms: f64,
    /// Of Toolgate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
}

/// What came of it: allocations.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Memory {
    /// What lives on once the engine is built.
    pub live_bytes: u64,
    /// The most that lived while it was built.
    pub peak_bytes: u64,
    /// Allocations a decision.
    pub allocations: f64,
    /// Bytes allocated a decision.
    pub allocated_bytes: f64,
}

/// A slow engine decides at least so many different requests.
pub const REQUESTS_MIN: usize = 200;

/// The most that an engine may take to decide [`REQUESTS_MIN`] requests.
pub const DECIDING_MAX: Duration = Duration::from_secs(20);

/// The workload of a choice, its requests in shuffled order, easier if the engine needs that.
///
/// # Errors
/// An engine of that name is not there.
pub fn prepare(choice: &Choice) -> Fallible<(&'static Kind, Workload)> {
    let kind = kind(&choice.peer).ok_or_else(|| format!("no peer `{}`", choice.peer))?;
    let mut made = workload(choice.rules, choice.requests, choice.seed);
    if let Some(keeps) = kind.keeps {
        made = made.eased(keeps);
    }
    let mut order: Vec<usize> = (0..made.requests.len()).collect();
    Random::new(choice.seed).shuffle(&mut order);
    made.requests = order.iter().map(|index| made.requests[*index].clone()).collect();
    made.expected = order.iter().map(|index| made.expected[*index]).collect();
    Ok((kind, made))
}

/// Checks and times an engine.
///
/// # Errors
/// It cannot be built, or is too slow, or decides otherwise than the workload's own evaluator.
pub fn time(choice: &Choice) -> Fallible<Times> {
    let (kind, made) = prepare(choice)?;
    let build = (kind.translate)(&made)?;
    let start = Instant::now();
    let mut peer = build()?;
    let build_ms = start.elapsed().as_secs_f64() * 1e3;
    drop(build);
    peer.make_ready(&made.requests)?;
    let all: Vec<Request<'_>> = made.requests.iter().enumerate().map(|(index, bytes)| Request { index, bytes }).collect();

    let (slice, cost) = affordable(&mut *peer, &all, &made)?;
    check(&mut *peer, slice, &made)?;
    let toolgate = kind_of_toolgate();
    let mut toolgate = if kind.name == toolgate.name { None } else { Some((toolgate.translate)(&made)?()?) };
    if let Some(toolgate) = &mut toolgate {
        check(&mut **toolgate, &all, &made)?;
    }

    let round = cost.saturating_mul(slice.len() as u32).as_secs_f64();
    let rounds = ((TIMING.as_secs_f64() / round) as usize).clamp(1, ROUNDS_MAX);
    // Twenty batches at least, so that one disturbance spoils no median.
    let batch = (slice.len() / 20).clamp(1, BATCH);
    let mut samples: [Vec<f64>; 3] = Default::default();
    let mut others = all.chunks(BATCH).cycle();
    let [peers, baselines, toolgates] = &mut samples;
    for _ in 0..rounds {
        for requests in slice.chunks(batch) {
            peers.push(timed(requests.len(), || peer.decide_all(requests)));
            // Beside each batch one of the others, so that all see the same neighbours.
            let Some(requests) = others.next() else { continue };
            baselines.push(timed(requests.len(), || {
                for request in requests {
                    let _ = black_box(serde_json::from_slice::<IgnoredAny>(black_box(request.bytes)));
                }
            }));
            if let Some(toolgate) = &mut toolgate {
                toolgates.push(timed(requests.len(), || toolgate.decide_all(requests)));
            }
        }
    }
    let [ns, baseline_ns, toolgate_ns] = samples.map(median);
    Ok(Times {
        ns,
        baseline_ns,
        toolgate_ns: if toolgate.is_some() { toolgate_ns } else { ns },
        requests: slice.len(),
        rounds,
        build_ms,
        artifact: kind.artifact.map(|artifact| artifact(&made)).transpose()?,
    })
}

fn kind_of_toolgate() -> &'static Kind {
    const ALL: &[Kind] = &crate::KINDS;
    &ALL[0]
}

/// Requests in a batch: enough that the clock costs nothing, few enough that a disturbance spoils one batch of many.
const BATCH: usize = 250;
/// So long an engine decides, in rounds over its requests.
const TIMING: Duration = Duration::from_millis(1_500);
const ROUNDS_MAX: usize = 20;

/// How many requests the engine can be given, and what one costs it.
fn affordable<'a, 'r>(peer: &mut dyn Peer, all: &'a [Request<'r>], made: &Workload) -> Fallible<(&'a [Request<'r>], Duration)> {
    let (mut decided, start) = (0, Instant::now());
    while decided < all.len() && (decided < 3 || start.elapsed() < Duration::from_millis(200)) {
        let few = &all[decided..(decided + 3).min(all.len())];
        check(peer, few, made)?;
        decided += few.len();
    }
    let cost = start.elapsed() / decided as u32;
    let least = cost * REQUESTS_MIN as u32;
    if least > DECIDING_MAX {
        return Err(format!("a decision takes about {} ms", cost.as_millis()).into());
    }
    let count = (TIMING.as_secs_f64() / cost.as_secs_f64()) as usize;
    Ok((&all[..count.clamp(REQUESTS_MIN.min(all.len()), all.len())], cost))
}

fn check(peer: &mut dyn Peer, requests: &[Request<'_>], made: &Workload) -> Fallible<()> {
    for request in requests {
        let (decision, expected) = (peer.decide(*request)?.as_str(), made.expected[request.index]);
        if decision != expected {
            let request = String::from_utf8_lossy(request.bytes);
            return Err(format!("decides `{decision}` where `{expected}` is right: {request}").into());
        }
    }
    Ok(())
}

fn timed(count: usize, work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e9 / count as f64
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_unstable_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::{Choice, check, prepare};
    use crate::KINDS;
    use crate::peer::Request;

    fn agrees(peer: &str, rules: usize, requests: usize) {
        let (kind, made) = prepare(&Choice { peer: peer.to_owned(), rules, requests, seed: 3 }).unwrap();
        let mut peer = (kind.translate)(&made).unwrap()().unwrap();
        peer.make_ready(&made.requests).unwrap();
        let all: Vec<_> = made.requests.iter().enumerate().map(|(index, bytes)| Request { index, bytes }).collect();
        check(&mut *peer, &all, &made).unwrap_or_else(|error| panic!("{}: {error}", kind.name));
    }

    #[test]
    fn every_peer_decides_as_the_workload_says() {
        for kind in &KINDS {
            agrees(kind.name, 30, 300);
        }
    }

    #[test]
    fn a_wrong_decision_is_told() {
        let (kind, mut made) = prepare(&Choice { peer: "by-hand".to_owned(), rules: 30, requests: 20, seed: 3 }).unwrap();
        made.expected[7] = if made.expected[7] == "deny" { "allow" } else { "deny" };
        let mut peer = (kind.translate)(&made).unwrap()().unwrap();
        let request = Request { index: 7, bytes: &made.requests[7] };
        assert!(check(&mut *peer, &[request], &made).unwrap_err().to_string().contains("is right"));
    }
}
