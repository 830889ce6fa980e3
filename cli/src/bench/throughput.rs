//! Decisions a second, by one thread and by all.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use toolgate_runtime::{Batch, Options, Policy};

use super::median;

/// Full decisions from the requests' bytes, in batches.
pub struct Throughput {
    pub one_thread_per_second: u64,
    pub all_threads_per_second: u64,
    pub threads: usize,
}

impl Throughput {
    /// Takes turns, so that what disturbs one disturbs the other.
    pub fn measure(policy: &Policy, requests: &[Vec<u8>], time: Duration) -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let turn = time.div_f64(2.0 * f64::from(ROUNDS));
        let (mut one, mut all) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            one.push(per_second(policy, requests, 1, turn));
            all.push(per_second(policy, requests, threads, turn));
        }
        let [one_thread_per_second, all_threads_per_second] = [one, all].map(|rates| median(rates).unwrap_or_default().round() as u64);
        Self { one_thread_per_second, all_threads_per_second, threads }
    }
}

const ROUNDS: u32 = 5;

/// Decisions a second of so many threads together, which share the policy and nothing else.
fn per_second(policy: &Policy, requests: &[Vec<u8>], threads: usize, time: Duration) -> f64 {
    let begin = Barrier::new(threads);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                // Each begins elsewhere, so that none finds in a shared cache what another has just read.
                let first = requests.len().saturating_mul(thread).checked_div(threads).unwrap_or(0);
                let begin = &begin;
                scope.spawn(move || {
                    let mut batch = Batch::new(policy);
                    let mut turns = requests.iter().cycle().skip(first).map(Vec::as_slice);
                    let mut decide = || {
                        policy.decide_batch(turns.by_ref().take(TAKEN), &mut batch, Options::default(), |_, decision| {
                            black_box(decision.verdict());
                        });
                    };
                    decide();
                    begin.wait();
                    let start = Instant::now();
                    let mut taken = 0_u32;
                    while taken == 0 || start.elapsed() < time {
                        decide();
                        taken = taken.saturating_add(1);
                    }
                    f64::from(taken) * TAKEN as f64 / start.elapsed().as_secs_f64()
                })
            })
            .collect();
        // A thread that panicked has said so, and has decided nothing.
        workers.into_iter().filter_map(|worker| worker.join().ok()).sum()
    })
}

/// Requests between two looks at the clock.
const TAKEN: usize = 256;
