//! The states and the segments between them, in memory of a fixed size.
//!
//! The first steps from a state are looked through in turn. A state with more of them keeps the others by two bytes of
//! their segments, from where the first ones begin to differ: calls of many tools part there.

use alloc::boxed::Box;

use super::super::reader::{NONE, ROOT};
use crate::memory::{OutOfMemory, filled};
use toolgate_scan::{WIDE, differences};

/// Everything that is known.
///
/// A **state** is a place behind a value: the objects that are open, and for each the keys it has had, in order. It stands
/// at an index; the step at that index is the first way on from it, and others follow by [`Step::other`]. So an index is
/// that of a state or that of a further step.
pub(super) struct Memory {
    pub(super) steps: Box<[Step; STATES_MAX]>,
    pub(super) states: Box<[State; STATES_MAX]>,
    /// Texts of segments; keys are parts of them.
    pub(super) segments: Box<[u8; SEGMENTS_LEN_BYTES + WIDE]>,
    /// Where some of them are.
    pub(super) kept: [u16; KEPT_MAX],
    pub(super) events: Box<[Event; EVENTS_MAX]>,
    /// The first of the steps that are found by two bytes, or 0.
    pub(super) doors: [u16; DOORS_MAX],
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
    /// Another step from the same state or, behind a door, from any; or 0.
    pub(super) other: u16,
    /// What [`node`] takes: of the value that follows.
    pub(super) node: u16,
    /// The objects with a node that the segment opens and closes, or 0.
    pub(super) events: u16,
}

/// What a state is.
#[derive(Clone, Copy, Default)]
pub(super) struct State {
    /// The state behind the key before, or the one whose value the object is; of a step behind a door the state that it
    /// leads on from.
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
    /// Steps that are looked through in turn, but for the first.
    pub(super) others: u8,
    /// Where the two bytes of the others are, from the start of a segment.
    pub(super) parts_at: u8,
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
            steps: filled(Step::default(), STATES_MAX)?.try_into().map_err(|_| OutOfMemory)?,
            states: filled(State::default(), STATES_MAX)?.try_into().map_err(|_| OutOfMemory)?,
            segments: filled(0, SEGMENTS_LEN_BYTES.saturating_add(WIDE))?.try_into().map_err(|_| OutOfMemory)?,
            events: filled(Event::default(), EVENTS_MAX)?.try_into().map_err(|_| OutOfMemory)?,
            kept: [0; KEPT_MAX],
            doors: [0; DOORS_MAX],
            seen: [0; SEEN_MAX],
            used: Used { states: 1, segments: 1, events: 1 },
        };
        memory.clear();
        Ok(memory)
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.used = Used { states: 1, segments: 1, events: 1 };
        self.kept = [0; KEPT_MAX];
        self.doors = [0; DOORS_MAX];
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

    /// The step whose segment stands at `at` and what must follow it behind, with the byte that does.
    ///
    /// There is at most one: of two segments from one state where one begins the other, the shorter ends where a value
    /// begins, or the text ends, and the longer goes on there.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn step(&self, state: usize, text: &[u8], at: usize) -> Option<(&Step, Option<u8>)> {
        let short;
        let found = match text.get(at..at.wrapping_add(WIDE)).and_then(|found| found.first_chunk()) {
            Some(found) => found,
            None => {
                short = last(text, at);
                &short
            }
        };
        let mut step = self.at(state)?;
        loop {
            let end = at.wrapping_add(step.len as usize);
            let behind = text.get(end).copied();
            if may_follow(behind) & step.follow != 0 && self.fits(step, found, text.get(at..end)) {
                return Some((step, behind));
            }
            if step.other == 0 {
                return self.step_behind_door(state, found, text, at);
            }
            step = self.at(step.other as usize)?;
        }
    }

    /// The same among the steps that are found by two bytes.
    #[inline(never)]
    fn step_behind_door(&self, state: usize, found: &[u8; WIDE], text: &[u8], at: usize) -> Option<(&Step, Option<u8>)> {
        let from = self.states.get(state % STATES_MAX)?;
        if from.others < OTHERS_MAX {
            return None;
        }
        let mut index = *self.doors.get(door(state, text.get(at..)?, from.parts_at as usize)?)?;
        while index != 0 {
            let step = self.at(index as usize)?;
            let end = at.wrapping_add(step.len as usize);
            let behind = text.get(end).copied();
            let is_from = self.states.get(index as usize % STATES_MAX)?.above as usize == state;
            if is_from && may_follow(behind) & step.follow != 0 && self.fits(step, found, text.get(at..end)) {
                return Some((step, behind));
            }
            index = step.other;
        }
        None
    }

    /// The step at an index, of which there is none too large.
    #[inline(always)]
    fn at(&self, index: usize) -> Option<&Step> {
        self.steps.get(index % STATES_MAX)
    }

    /// Whether the segment is what was found, or, if it is long, all of it.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn fits(&self, step: &Step, found: &[u8; WIDE], all: Option<&[u8]>) -> bool {
        if step.len as usize > WIDE {
            return all == self.segment(step);
        }
        let wanted = self.segments.get(step.segment as usize % SEGMENTS_LEN_BYTES..).and_then(|rest| rest.first_chunk());
        // INVARIANT: a step that something follows has at least one byte. What is behind them is shifted out.
        wanted.is_some_and(|wanted| differences(found, wanted).wrapping_shl(u32::from(step.len).wrapping_neg()) == 0)
    }

    pub(super) fn segment(&self, step: &Step) -> Option<&[u8]> {
        let start = step.segment as usize;
        self.segments.get(start..start.wrapping_add(step.len as usize))
    }

    /// The containers that are open at a state, and the keys of the objects among them.
    pub(super) fn open_at(&self, state: usize) -> (usize, usize) {
        self.states.get(state).map_or((0, 0), |state| (state.depth(), state.count as usize))
    }

    /// An event, of which there is none behind the last.
    #[inline(always)]
    pub(super) fn event(&self, index: usize) -> Event {
        self.events.get(index % EVENTS_MAX).copied().unwrap_or_default()
    }
}

/// The last bytes of a text, fewer than [`WIDE`], and zeros past its end.
#[inline(always)]
fn last(text: &[u8], at: usize) -> [u8; WIDE] {
    let rest = text.get(at..).unwrap_or_default();
    // INVARIANT: `rest` is shorter than 32 bytes, so no shift is by more than 128 bits.
    let behind = |last: &[u8; 16], missing: usize| u128::from_le_bytes(*last).unbounded_shr((missing as u32).wrapping_mul(8)).to_le_bytes();
    let mut bytes = [0; WIDE];
    if let ([low, high], Some(last)) = (bytes.as_chunks_mut::<16>().0, text.last_chunk::<16>()) {
        match rest.first_chunk::<16>() {
            Some(first) => (*low, *high) = (*first, behind(last, WIDE.wrapping_sub(rest.len()))),
            None => *low = behind(last, 16_usize.wrapping_sub(rest.len())),
        }
    } else {
        bytes.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
    }
    bytes
}

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

/// What the byte behind a segment, or the end of the text, may be.
#[inline(always)]
fn may_follow(behind: Option<u8>) -> u8 {
    behind.map_or(FOLLOW_END, |byte| FOLLOW.get(byte as usize).copied().unwrap_or(0))
}

/// The door of a segment of a state, unless it is too short.
pub(super) fn door(state: usize, segment: &[u8], parts_at: usize) -> Option<usize> {
    let [first, second] = segment.get(parts_at..)?.first_chunk()?;
    let mixed = (state as u32) << 16 | u32::from(*first) << 8 | u32::from(*second);
    Some((mixed.wrapping_mul(0x9e37_79b1) >> 16) as usize % DOORS_MAX)
}

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
pub(super) const SEGMENTS_LEN_BYTES: usize = 16_384;
pub(super) const KEPT_MAX: usize = 256;
const DOORS_MAX: usize = 512;
/// So many steps from a state are looked through after the first.
pub(super) const OTHERS_MAX: u8 = 4;
pub(super) const EVENTS_MAX: usize = 256;
pub(super) const SEEN_MAX: usize = 512;
