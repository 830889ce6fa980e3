//! The states and the segments between them, in memory of a fixed size.

use alloc::boxed::Box;

use super::super::reader::{NONE, ROOT};
use crate::memory::{OutOfMemory, filled};

/// Everything that is known.
///
/// A **state** is a place behind a value: the objects that are open, and for each the keys it has had, in order. It stands
/// at an index; the step at that index is the first way on from it, and others follow by [`Step::other`]. So an index is
/// that of a state or that of a further step.
pub(super) struct Memory {
    pub(super) steps: Box<[Step]>,
    pub(super) states: Box<[State]>,
    /// Texts of segments; keys are parts of them.
    pub(super) segments: Box<[u8]>,
    pub(super) events: Box<[Event]>,
    /// Marks of segments that were seen once.
    pub(super) seen: [u16; SEEN_MAX],
    pub(super) used: Used,
}

/// How much of each is in use.
#[derive(Clone, Copy)]
pub(super) struct Used {
    pub(super) states: usize,
    pub(super) segments: usize,
    pub(super) events: usize,
}

/// A way on from a state: the bytes up to the next value.
#[derive(Clone, Copy, Default)]
pub(super) struct Step {
    /// Where the bytes are.
    pub(super) segment: u16,
    pub(super) len: u8,
    /// What must follow; nothing does so where there is no step.
    pub(super) follow: u8,
    /// The state behind the value that follows.
    pub(super) state: u16,
    /// Another step from the same state, or 0.
    pub(super) other: u16,
    /// What [`node`] takes: of the value that follows.
    pub(super) node: u16,
    /// The objects with a node that the segment opens and closes, or 0.
    pub(super) events: u16,
}

/// What a state is.
#[derive(Clone, Copy, Default)]
pub(super) struct State {
    /// The state behind the key before, or the one whose value the object is.
    pub(super) above: u16,
    /// The state's key, as written.
    pub(super) key: u16,
    pub(super) key_len: u8,
    /// Containers that are open, and [`FIRST`]; 0 for what is no state.
    pub(super) depth: u8,
    /// What [`node`] takes: of the key's value.
    pub(super) node: u16,
    /// Keys of all objects that are open.
    pub(super) count: u16,
}

/// An object with a node opens or closes.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) struct Event {
    pub(super) node: u16,
    /// Of its brace, from the start of the segment.
    pub(super) offset: u8,
    /// Containers around it, and two flags.
    pub(super) place: u8,
}

impl Event {
    pub(super) fn depth(self) -> usize {
        (self.place & DEPTH) as usize
    }

    pub(super) fn is_opening(self) -> bool {
        self.place & OPENING != 0
    }

    pub(super) fn is_last(self) -> bool {
        self.place & LAST != 0
    }
}

const DEPTH: u8 = 0x3f;
pub(super) const OPENING: u8 = 0x40;
pub(super) const LAST: u8 = 0x80;

impl State {
    /// It has the first key of its object.
    pub(super) const FIRST: u8 = 0x80;

    pub(super) fn is_first(&self) -> bool {
        self.depth & Self::FIRST != 0
    }

    /// Containers that are open, apart from the key's value.
    pub(super) fn depth(&self) -> usize {
        (self.depth & !Self::FIRST) as usize
    }
}

impl Memory {
    pub(super) fn try_new() -> Result<Self, OutOfMemory> {
        let mut memory = Self {
            steps: filled(Step::default(), STATES_MAX)?,
            states: filled(State::default(), STATES_MAX)?,
            segments: filled(0, SEGMENTS_LEN_BYTES)?,
            events: filled(Event::default(), EVENTS_MAX)?,
            seen: [0; SEEN_MAX],
            used: Used { states: 1, segments: 1, events: 1 },
        };
        memory.clear();
        Ok(memory)
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.used = Used { states: 1, segments: 1, events: 1 };
        if let (Some(step), Some(state)) = (self.steps.first_mut(), self.states.first_mut()) {
            *step = Step::default();
            // Its value is the whole text.
            *state = State { node: ROOT as u16, ..State::default() };
        }
    }

    pub(super) fn len_bytes(&self) -> usize {
        [size_of_val(&*self.steps), size_of_val(&*self.states), size_of_val(&*self.segments), size_of_val(&*self.events)]
            .into_iter()
            .fold(0, usize::saturating_add)
    }

    /// The step whose segment stands at `at`, with what must follow it.
    ///
    /// There is at most one: of two segments from one state where one begins the other, the shorter ends where a value
    /// begins, or the text ends, and the longer goes on there.
    #[inline(always)]
    pub(super) fn step(&self, state: usize, text: &[u8], at: usize) -> Option<Step> {
        let found = Bytes::at(text, at);
        let mut step = self.steps.get(state)?;
        while !self.fits(step, &found, text, at) {
            if step.other == 0 {
                return None;
            }
            step = self.steps.get(step.other as usize)?;
        }
        Some(*step)
    }

    #[inline(always)]
    fn fits(&self, step: &Step, found: &Bytes, text: &[u8], at: usize) -> bool {
        let len = step.len as usize;
        let end = at.wrapping_add(len);
        let follow = text.get(end).map_or(FOLLOW_END, |byte| FOLLOW.get(*byte as usize).copied().unwrap_or(0));
        if follow & step.follow == 0 {
            return false;
        }
        let Some(wanted) = self.segments.get(step.segment as usize..).and_then(|rest| rest.first_chunk()) else { return false };
        found.begin_with(wanted, len) && (len <= WIDE || text.get(at..end) == self.segment(step))
    }

    pub(super) fn segment(&self, step: &Step) -> Option<&[u8]> {
        let start = step.segment as usize;
        self.segments.get(start..start.wrapping_add(step.len as usize))
    }

    /// The containers that are open at a state, and the keys of the objects among them.
    pub(super) fn open_at(&self, state: usize) -> (usize, usize) {
        self.states.get(state).map_or((0, 0), |state| (state.depth(), state.count as usize))
    }

    pub(super) fn events(&self, first: u16) -> impl Iterator<Item = Event> {
        self.events.get(first as usize..).unwrap_or_default().iter().copied()
    }
}

/// So many bytes of a segment are compared at once.
pub(super) const WIDE: usize = 32;

/// The bytes at some place of a text, zeros past its end.
struct Bytes([u64; 4]);

impl Bytes {
    #[inline(always)]
    fn at(text: &[u8], at: usize) -> Self {
        let rest = text.get(at..).unwrap_or_default();
        Self(match rest.first_chunk::<WIDE>() {
            Some(bytes) => words(bytes),
            None => last(rest, text),
        })
    }

    /// Whether they begin with the first `len` bytes of `wanted`, or all of it if it has fewer.
    #[inline(always)]
    fn begin_with(&self, wanted: &[u8; WIDE], len: usize) -> bool {
        let mask = MASKS.get(WIDE.saturating_sub(len)..).and_then(|masks| masks.first_chunk::<WIDE>());
        let (wanted, mask) = (words(wanted), words(mask.unwrap_or(&[0xff; WIDE])));
        let differ = |index: usize| match (self.0.get(index), wanted.get(index), mask.get(index)) {
            (Some(found), Some(wanted), Some(mask)) => (found ^ wanted) & mask,
            _ => u64::MAX,
        };
        differ(0) | differ(1) | differ(2) | differ(3) == 0
    }
}

#[inline(always)]
fn words(bytes: &[u8; WIDE]) -> [u64; 4] {
    let (words, _) = bytes.as_chunks::<8>();
    match words {
        [a, b, c, d] => [a, b, c, d].map(|word| u64::from_le_bytes(*word)),
        _ => [0; 4],
    }
}

/// The last bytes of a text, fewer than [`WIDE`].
#[inline(always)]
fn last(rest: &[u8], text: &[u8]) -> [u64; 4] {
    let halves = |low: u128, high: u128| [low as u64, (low >> 64) as u64, high as u64, (high >> 64) as u64];
    // INVARIANT: `rest` is shorter than 32 bytes, so no shift is by more than 128 bits.
    let shift = |missing: usize| (missing as u32).wrapping_mul(8);
    match (rest.first_chunk::<16>(), text.last_chunk::<16>()) {
        (Some(first), Some(last)) => {
            let missing = WIDE.wrapping_sub(rest.len());
            halves(u128::from_le_bytes(*first), u128::from_le_bytes(*last).unbounded_shr(shift(missing)))
        }
        (None, Some(last)) => halves(u128::from_le_bytes(*last).unbounded_shr(shift(16_usize.wrapping_sub(rest.len()))), 0),
        _ => {
            let mut bytes = [0; WIDE];
            bytes.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
            words(&bytes)
        }
    }
}

/// Ones and then zeros: from `WIDE - n` on, the first `n` of 32 bytes.
static MASKS: [u8; 2 * WIDE] = {
    let mut masks = [0; 2 * WIDE];
    let (ones, _) = masks.split_at_mut(WIDE);
    ones.copy_from_slice(&[0xff; WIDE]);
    masks
};

/// A value may begin here.
pub(super) const FOLLOW_VALUE: u8 = 1;
/// The text may end here.
pub(super) const FOLLOW_END: u8 = 2;

/// What may stand behind a segment. A brace is none of it: it is a part of the segment.
static FOLLOW: [u8; 256] = {
    let mut follow = [0; 256];
    let mut rest: &[u8] = b"\"[-0123456789tfn";
    while let [byte, others @ ..] = rest {
        let (_, from) = follow.split_at_mut(*byte as usize);
        if let [place, ..] = from {
            *place = FOLLOW_VALUE;
        }
        rest = others;
    }
    follow
};

/// A node as it is kept; `None` if it is too large for that.
pub(super) fn kept(node: u32) -> Option<u16> {
    if node == NONE { Some(NOBODY) } else { u16::try_from(node).ok().filter(|node| *node != NOBODY) }
}

/// A node that is kept, if anybody wants its value.
#[inline(always)]
pub(super) fn node(kept: u16) -> Option<u32> {
    (kept != NOBODY).then_some(u32::from(kept))
}

const NOBODY: u16 = u16::MAX;

/// The state at the start of a text.
pub(super) const START: usize = 0;
const STATES_MAX: usize = 1_024;
const SEGMENTS_LEN_BYTES: usize = 10_240;
const EVENTS_MAX: usize = 256;
pub(super) const SEEN_MAX: usize = 128;
