//! Counts what one engine allocates at one number of rules. A program of its own, because a counting allocator takes time.

use std::env;
use std::process::ExitCode;

use toolgate_peers::cell::{Choice, Memory, prepare};
use toolgate_peers::child;
use toolgate_peers::peer::{Fallible, Request};

/// Over so many decisions the average is taken; fewer make no difference that matters, and slow engines are slow.
const DECISIONS: usize = 20;

fn main() -> ExitCode {
    child::exit(run())
}

fn run() -> Fallible<()> {
    let choice = Choice::from_arguments(env::args().skip(1))?;
    let (kind, made) = prepare(&choice)?;
    let build = (kind.translate)(&made)?;
    let mut built = None;
    let building = allocation_counter::measure(|| built = Some(build()));
    let mut peer = built.ok_or("nothing was built")??;
    peer.make_ready(&made.requests)?;
    // What an engine sets up with its first decision is no cost of later ones.
    for (index, bytes) in made.requests.iter().enumerate().take(DECISIONS) {
        peer.decide(Request { index, bytes })?;
    }
    let mut failed = None;
    let deciding = allocation_counter::measure(|| {
        for (index, bytes) in made.requests.iter().enumerate().skip(DECISIONS).take(DECISIONS) {
            if let Err(error) = peer.decide(Request { index, bytes }) {
                failed = Some(error);
            }
        }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    let memory = Memory {
        live_bytes: building.bytes_current.max(0) as u64,
        peak_bytes: building.bytes_max,
        allocations: deciding.count_total as f64 / DECISIONS as f64,
        allocated_bytes: deciding.bytes_total as f64 / DECISIONS as f64,
    };
    println!("{}", serde_json::to_string(&memory)?);
    Ok(())
}
