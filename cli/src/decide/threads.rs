//! Deciding in several threads: one reads, some decide, and this one writes.
//!
//! ```text
//!            ┌→ decide ─┐
//! read ─ blocks ─ …     texts ─→ write
//!            └→ decide ─┘
//! ```
//!
//! Blocks are dealt to the deciders in turn, and their texts are taken in the same turn, so that decisions come out as the
//! requests went in. Each channel holds a few blocks or texts: enough that nobody waits whenever somebody else does, few
//! enough that the memory is bounded.

use std::io::Read;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::{self, JoinHandle};

use super::Decider;
use super::block::{self, Block};
use crate::lines::Lines;
use crate::output::{Failure, Stdout};

/// A thread that decides, as the writer sees it.
struct Worker {
    texts: Receiver<String>,
    thread: JoinHandle<()>,
}

/// Decides all lines, each of the deciders in a thread of its own.
///
/// If the decisions cannot be written, nothing waits for the other threads: one of them may be waiting for requests.
pub fn run(lines: Lines<impl Read + Send + 'static>, deciders: Vec<Decider>) -> Result<(), Failure> {
    let mut blocks = Vec::new();
    let mut workers = Vec::new();
    for decider in deciders {
        let (block_in, block_out) = sync_channel(WAITING_MAX);
        let (text_in, texts) = sync_channel(WAITING_MAX);
        blocks.push(block_in);
        workers.push(Worker { texts, thread: start(move || decide(decider, &block_out, &text_in))? });
    }
    let reader = start(move || deal(lines, &blocks))?;
    let mut out = Stdout::new();
    let mut turn = 0;
    while let Some(text) = next(workers.get(turn), &mut out)? {
        out.write(text.as_bytes())?;
        turn = turn.saturating_add(1);
        if turn == workers.len() {
            turn = 0;
        }
    }
    out.flush()?;
    // There is no text where there was no block, or where the decider has panicked.
    if turn < workers.len() {
        joined(workers.swap_remove(turn).thread);
    }
    joined(reader)
}

/// The next text; `None` if there is none to come. What is written already does not wait for it.
fn next(worker: Option<&Worker>, out: &mut Stdout) -> Result<Option<String>, Failure> {
    let Some(Worker { texts, .. }) = worker else { return Ok(None) };
    match texts.try_recv() {
        Ok(text) => Ok(Some(text)),
        Err(TryRecvError::Disconnected) => Ok(None),
        Err(TryRecvError::Empty) => {
            out.flush()?;
            Ok(texts.recv().ok())
        }
    }
}

/// Reads, and gives each decider a block in turn.
fn deal(lines: Lines<impl Read>, blocks: &[SyncSender<Block>]) -> Result<(), Failure> {
    let mut turns = blocks.iter().cycle();
    block::read(lines, |block| {
        // A decider that takes none has panicked, and the writer finds it so.
        if let Some(blocks) = turns.next() {
            let _ = blocks.send(block);
        }
        Ok(())
    })
}

fn decide(mut decider: Decider, blocks: &Receiver<Block>, texts: &SyncSender<String>) {
    for block in blocks {
        if texts.send(decider.decide(&block)).is_err() {
            return;
        }
    }
}

fn start<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>, Failure> {
    thread::Builder::new().spawn(work).map_err(|error| Failure::Other(format!("cannot start a thread: {error}")))
}

fn joined<T>(thread: JoinHandle<T>) -> T {
    match thread.join() {
        Ok(made) => made,
        Err(panic) => resume_unwind(panic),
    }
}

/// Blocks that wait for a decider, and texts of it that wait to be written.
const WAITING_MAX: usize = 4;
