//! Texts seen before: a request that is put together like an earlier one is read by comparing what lies between its values.
//!
//! ```text
//! {"actor":{"id":" bot-1" },"action":{"name":" pay" ,"input":{"amount": 12.5 }}}
//! ── segment ────── value ── segment ────────── val ─ segment ───────── value ─ segment
//! ```
//!
//! A text is segments and scalar values or arrays in turn; the opening quote of a string is the segment's. Values are
//! always checked in full. A segment is compared with those that came from the same state in texts that [`read`] had
//! accepted, so whatever has to be known of it (grammar, keys that are there already, depth, the fields of the values)
//! is known. `docs/reader.md` has the argument. At anything else [`read`] reads the whole text: it alone refuses, and it
//! alone decides what is learned.

mod learn;
mod memory;
mod window;

use super::{
    keys::Keys,
    reader::{BYTES_MAX, DEPTH_MAX, Ends, Kind, NONE, Span, Visit, decimal_end, read, read_by, scalar, skip, string_end_slowly},
    reason::Refusal,
    scan::token,
};
use crate::memory::{OutOfMemory, abort};
use memory::{Memory, Step};
use toolgate_scan::Kernel;
use window::Window;

/// What was learned of the texts that were read, in memory that is allocated once. Belongs to the nodes of one
/// [`Visit`]; no result ever depends on it.
pub struct Shapes {
    memory: Memory,
    window: Window,
    /// Where the containers begin that are open and have a node.
    opened: [u32; DEPTH_MAX],
    /// Where the last text left what is known, if something may be learned from it.
    missed: Option<Place>,
    /// Misses since the last hit.
    misses: u32,
    /// So many texts are not compared.
    pause: u32,
    /// There was no room for what was to be learned.
    is_full: bool,
    is_frozen: bool,
}

/// A state, and the offset behind the value that led to it.
#[derive(Clone, Copy)]
struct Place {
    state: usize,
    at: usize,
}

impl Shapes {
    /// Nothing learned yet; allocates 45 KiB.
    #[must_use]
    pub fn new() -> Self {
        Self::with_kernel(Kernel::detect())
    }

    /// As [`Shapes::new`], by this kernel.
    #[must_use]
    pub fn with_kernel(kernel: Kernel) -> Self {
        Self::try_with_kernel(kernel).unwrap_or_else(abort)
    }

    pub(crate) fn try_new() -> Result<Self, OutOfMemory> {
        Self::try_with_kernel(Kernel::detect())
    }

    fn try_with_kernel(kernel: Kernel) -> Result<Self, OutOfMemory> {
        Ok(Self {
            memory: Memory::try_new()?,
            window: Window::new(kernel),
            opened: [0; DEPTH_MAX],
            missed: None,
            misses: 0,
            pause: 0,
            is_full: false,
            is_frozen: false,
        })
    }

    /// Learns nothing from now on, forgets nothing, and never pauses.
    pub fn freeze(&mut self) {
        self.is_frozen = true;
        self.pause = 0;
    }

    /// Bytes on the heap.
    pub(crate) fn len_bytes(&self) -> usize {
        self.memory.len_bytes()
    }

    /// Reads `bytes` as [`read`] does, sooner if the text is put together like earlier ones.
    ///
    /// # Allocation and time
    /// As [`read`].
    ///
    /// # Errors
    /// Those of [`read`].
    ///
    /// # Panics
    /// Never, for any bytes.
    pub fn read<V: Visit>(&mut self, bytes: &[u8], keys: &mut Keys, visit: &mut V) -> Result<(), Refusal> {
        if self.compare(bytes, keys, visit) {
            return Ok(());
        }
        visit.restart();
        self.judge(bytes, keys, visit)?;
        self.learn(bytes, visit);
        Ok(())
    }

    /// As [`read`], whatever is known.
    #[inline(never)]
    fn judge<V: Visit>(&mut self, bytes: &[u8], keys: &mut Keys, visit: &mut V) -> Result<(), Refusal> {
        if !self.window.is_quick() {
            return read(bytes, keys, visit);
        }
        self.window.begin(bytes);
        // The first stop is the quote of the first string.
        read_by(&mut Listed { window: &mut self.window, next: 1 }, bytes, keys, visit)
    }

    /// Whether the text is one that is known. If it is not, the visitor may have been told a part of it.
    #[inline]
    fn compare<V: Visit>(&mut self, bytes: &[u8], keys: &mut Keys, visit: &mut V) -> bool {
        self.missed = None;
        if self.pause > 0 {
            self.pause = self.pause.wrapping_sub(1);
            return false;
        }
        if bytes.len() > BYTES_MAX {
            return false;
        }
        let is_known = self.follow(bytes, keys, visit);
        self.misses = if is_known { 0 } else { self.misses.saturating_add(1) };
        is_known
    }

    /// Goes from state to state, a segment and a value at a time, to the end of the text.
    #[inline(always)]
    fn follow<V: Visit>(&mut self, text: &[u8], keys: &mut Keys, visit: &mut V) -> bool {
        let Self { memory, window, opened, missed, .. } = self;
        window.begin(text);
        // What is carried from step to step is little enough for registers; the rest is left to functions that are called.
        let (mut state, mut at) = (memory::START, 0);
        // Of the stops, the next.
        let mut stop = 0_usize;
        loop {
            let Some(step) = memory.step(state, text, at) else {
                *missed = Some(Place { state, at });
                return false;
            };
            if step.events != 0 {
                containers(memory, step.events, opened, at, visit);
            }
            at = at.wrapping_add(step.len as usize);
            stop = stop.wrapping_add(step.stops as usize);
            state = step.state as usize;
            if step.is_before_string() {
                let (found, index) = window.next(text, at, stop);
                let (end, escaped) = if text.get(found) == Some(&b'"') {
                    (found, false)
                } else {
                    let Some(end) = string_end_at(text, found) else { return false };
                    end
                };
                tell(visit, step, Kind::String, (at, end), escaped);
                at = end.wrapping_add(1);
                stop = index.wrapping_add(1);
                continue;
            }
            let Some(&byte) = text.get(at) else { return true };
            let end = match byte {
                b'[' => array_end(memory, window, state, text, at, keys).map(|end| (Kind::Array, end)),
                _ => plain_end(text, at, byte),
            };
            let Some((kind, end)) = end else { return false };
            tell(visit, step, kind, (at, end), false);
            at = end;
        }
    }
}

/// Finds the ends of strings by the list of stops.
struct Listed<'w> {
    window: &'w mut Window,
    /// Which of the list the first stop of the next string is, if the one before it is the last of a string.
    next: usize,
}

impl Ends for Listed<'_> {
    #[inline(always)]
    fn string_end(&mut self, bytes: &[u8], at: usize) -> Result<(usize, bool), Refusal> {
        let (found, index) = self.window.next(bytes, at, self.next);
        // Behind its quote comes that of the next string.
        self.next = index.wrapping_add(2);
        if bytes.get(found) == Some(&b'"') { Ok((found, false)) } else { string_end_slowly(bytes, found) }
    }
}

/// The end of a string whose first stop is not plainly a quote, and whether it has escapes.
#[cold]
#[inline(never)]
fn string_end_at(text: &[u8], stop: usize) -> Option<(usize, bool)> {
    string_end_slowly(text, stop).ok()
}

/// The type and the end of a number or literal.
#[inline(never)]
fn plain_end(text: &[u8], at: usize, byte: u8) -> Option<(Kind, usize)> {
    if byte.is_ascii_digit()
        && let Some(end) = decimal_end(text, at)
    {
        return Some((Kind::Number, end));
    }
    scalar(text, at, byte).ok()
}

/// The end of the array that begins at `at`.
#[inline(never)]
fn array_end(memory: &Memory, window: &mut Window, state: usize, text: &[u8], at: usize, keys: &mut Keys) -> Option<usize> {
    let (depth, count) = memory.open_at(state);
    match strings_end(window, text, at).filter(|_| depth < DEPTH_MAX) {
        None => Some(skip(text, at, keys, depth, count)?.1),
        end => end,
    }
}

/// The end of the array that begins at `at`, if it is one of strings alone and not empty.
fn strings_end(window: &mut Window, text: &[u8], mut at: usize) -> Option<usize> {
    // The first one is looked for.
    let mut stop = usize::MAX;
    loop {
        // Behind the bracket, or the comma.
        let (quote, b'"') = token(text, at.wrapping_add(1)) else { return None };
        let (found, index) = window.next(text, quote.wrapping_add(1), stop);
        let end = if text.get(found) == Some(&b'"') { found } else { string_end_slowly(text, found).ok()?.0 };
        // Its own quote, and that of the next.
        stop = index.wrapping_add(2);
        let byte;
        (at, byte) = token(text, end.wrapping_add(1));
        match byte {
            b',' => {}
            b']' => return Some(at.wrapping_add(1)),
            _ => return None,
        }
    }
}

/// Tells of the objects that a segment opens and closes.
#[inline(always)]
fn containers<V: Visit>(memory: &Memory, mut index: u8, opened: &mut [u32; DEPTH_MAX], at: usize, visit: &mut V) {
    // The first event is none.
    while index != 0
        && let Some(event) = memory.events.get(usize::from(index))
    {
        let at = at.wrapping_add(event.offset as usize) as u32;
        let Some(opened) = opened.get_mut(event.depth() % DEPTH_MAX) else { return };
        if event.is_opening() {
            *opened = at;
        } else {
            visit.value(event.node.into(), Span { kind: Kind::Object, start: *opened, end: at.wrapping_add(1), escaped: false });
        }
        if event.is_last() {
            return;
        }
        index = index.wrapping_add(1);
    }
}

/// Tells of the value behind a step, if anybody wants it.
#[inline(always)]
fn tell<V: Visit>(visit: &mut V, step: &Step, kind: Kind, (start, end): (usize, usize), escaped: bool) {
    if step.node != NONE {
        visit.value(step.node, Span { kind, start: start as u32, end: end as u32, escaped });
    }
}

impl Default for Shapes {
    fn default() -> Self {
        Self::new()
    }
}
