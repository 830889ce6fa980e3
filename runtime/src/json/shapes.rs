//! Texts seen before: a request that is put together like an earlier one is read by comparing what lies between its values.
//!
//! ```text
//! {"actor":{"id": "bot-1" },"action":{"name": "pay" ,"input":{"amount": 12.5 }}}
//! ── segment ───── value ─── segment ───────── value ─ segment ───────── value ─ segment
//! ```
//!
//! A text is segments and scalar values or arrays in turn. Values are always checked in full. A segment is compared with
//! those that came from the same state in texts that [`read`] had accepted, so whatever has to be known of it (grammar,
//! keys that are there already, depth, the fields of the values) is known. `docs/reader.md` has the argument. At anything
//! else [`read`] reads the whole text: it alone refuses, and it alone decides what is learned.

mod learn;
mod memory;
mod window;

use super::{
    keys::Keys,
    reader::{BYTES_MAX, DEPTH_MAX, Kind, Span, Visit, number_end, read, scalar, skip, string_end_slowly, whole_end},
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
    /// Nothing learned yet; allocates 42 KiB.
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
        read(bytes, keys, visit)?;
        self.learn(bytes, visit);
        Ok(())
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
        let (mut state, mut at) = (memory::START, 0);
        loop {
            let Some((&step, behind)) = memory.step(state, text, at) else {
                *missed = Some(Place { state, at });
                return false;
            };
            if step.events != 0 {
                containers(memory, step.events as usize, opened, at, visit);
            }
            at = at.wrapping_add(step.len as usize);
            state = step.state as usize;
            let Some(byte) = behind else { return true };
            // Told in each branch, so that a visitor becomes part of it with a type that is known.
            at = match byte {
                b'"' => {
                    let start = at.wrapping_add(1);
                    let stop = window.next(text, start);
                    let (end, escaped) = if text.get(stop) == Some(&b'"') {
                        (stop, false)
                    } else {
                        let Ok(end) = string_end_slowly(text, stop) else { return false };
                        end
                    };
                    tell(visit, step, Kind::String, (start, end), escaped);
                    end.wrapping_add(1)
                }
                b'-' | b'0'..=b'9' => {
                    // The module of WebAssembly has a limit to its size, and this only is the shorter way to the same end.
                    let whole = if cfg!(target_family = "wasm") { None } else { whole_end(text, at) };
                    let Some(end) = whole.or_else(|| number_end(text, at).ok()) else { return false };
                    tell(visit, step, Kind::Number, (at, end), false);
                    end
                }
                b'[' => {
                    let (depth, count) = memory.open_at(state);
                    let end = match strings_end(window, text, at).filter(|_| depth < DEPTH_MAX) {
                        Some(end) => end,
                        None => {
                            let Some((_, end)) = skip(text, at, keys, depth, count) else { return false };
                            end
                        }
                    };
                    tell(visit, step, Kind::Array, (at, end), false);
                    end
                }
                _ => {
                    let Ok((kind, end)) = scalar(text, at, byte) else { return false };
                    tell(visit, step, kind, (at, end), false);
                    end
                }
            };
        }
    }
}

/// The end of the array that begins at `at`, if it is one of strings alone and not empty.
#[inline(never)]
fn strings_end(window: &mut Window, text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        // Behind the bracket, or the comma.
        let (quote, b'"') = token(text, at.wrapping_add(1)) else { return None };
        let stop = window.next(text, quote.wrapping_add(1));
        let end = if text.get(stop) == Some(&b'"') { stop } else { string_end_slowly(text, stop).ok()?.0 };
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
fn containers<V: Visit>(memory: &Memory, first: usize, opened: &mut [u32; DEPTH_MAX], at: usize, visit: &mut V) {
    for index in first..memory::EVENTS_MAX {
        let event = memory.event(index);
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
    }
}

/// Tells of the value behind a step, if anybody wants it.
#[inline(always)]
fn tell<V: Visit>(visit: &mut V, step: Step, kind: Kind, (start, end): (usize, usize), escaped: bool) {
    if let Some(node) = memory::node(step.node) {
        visit.value(node, Span { kind, start: start as u32, end: end as u32, escaped });
    }
}

impl Default for Shapes {
    fn default() -> Self {
        Self::new()
    }
}
