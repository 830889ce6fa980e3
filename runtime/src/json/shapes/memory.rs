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

/// A way on from a state: the bytes up to the next value, of a string with its opening quote.
#[derive(Clone, Copy, Default)]
pub(super) struct Step {
    /// Where the bytes are.
    pub(super) segment: u16,
    /// The state behind the value that follows.
    pub(super) state: u16,
    /// Another step from the same state or, behind a door, from any; or 0.
    pub(super) other: u16,
    /// Of the value that follows, or [`NONE`].
    pub(super) node: u32,
    pub(super) len: u8,
    /// What must follow; nothing does so where there is no step.
    pub(super) follow: u8,
    /// How many of its bytes are stops.
    pub(super) stops: u8,
    /// The first of the objects with a node that the segment opens and closes, or 0.
    pub(super) events: u8,
}

impl Step {
    #[inline(always)]
    pub(super) fn is_before_string(&self) -> bool {
        self.follow & FOLLOW_STRING != 0
    }
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
    /// Containers that are open, and [`State::FIRST`]; 0 for what is no state.
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
            used: Used { states: 1, segments: WIDE, events: 1 },
        };
        memory.clear();
        Ok(memory)
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.used = Used { states: 1, segments: WIDE, events: 1 };
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

    /// The step whose segment stands at `at`, and what must follow it behind.
    ///
    /// There is at most one: of two segments from one state where one begins the other, the shorter ends where a value
    /// begins, or the text ends, and the longer goes on there with what is no value.
    #[inline(always)]
    pub(super) fn step(&self, state: usize, text: &[u8], at: usize) -> Option<&Step> {
        let step = self.at(state)?;
        let rest = text.get(at..)?;
        // Most are the first from their state, short, and not among the last bytes.
        if let Some(found) = rest.first_chunk()
            && self.begins(step, found)
            && (step.follow == FOLLOW_STRING || (step.follow == FOLLOW_OTHER && is_other(rest.get(step.len as usize))))
        {
            return Some(step);
        }
        self.step_near_end(state, text, at)
    }

    /// The same where little is left of the text.
    #[inline(never)]
    fn step_near_end(&self, state: usize, text: &[u8], at: usize) -> Option<&Step> {
        let rest_len = text.len().wrapping_sub(at);
        if rest_len < WIDE
            && let Some(last) = text.last_chunk()
        {
            let step = self.at(state)?;
            if self.ends(step, last, rest_len) {
                return Some(step);
            }
            // 0 is none.
            let other = step.other as usize;
            if other != 0
                && let Some(step) = self.at(other)
                && self.ends(step, last, rest_len)
            {
                return Some(step);
            }
        }
        self.step_of_any(state, text.get(at..)?)
    }

    /// The same, whichever step it is.
    #[inline(never)]
    fn step_of_any(&self, state: usize, rest: &[u8]) -> Option<&Step> {
        let mut step = self.at(state)?;
        loop {
            if self.fits(step, rest) {
                return Some(step);
            }
            if step.other == 0 {
                return self.step_behind_door(state, rest);
            }
            step = self.at(step.other as usize)?;
        }
    }

    /// The same among the steps that are found by two bytes.
    fn step_behind_door(&self, state: usize, rest: &[u8]) -> Option<&Step> {
        let from = self.states.get(state % STATES_MAX)?;
        if from.others < OTHERS_MAX {
            return None;
        }
        let mut index = *self.doors.get(door(state, rest, from.parts_at as usize)?)?;
        while index != 0 {
            let step = self.at(index as usize)?;
            let is_from = self.states.get(index as usize % STATES_MAX)?.above as usize == state;
            if is_from && self.fits(step, rest) {
                return Some(step);
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

    /// Whether a text begins with as much of a segment as is compared at once.
    #[inline(always)]
    fn begins(&self, step: &Step, found: &[u8; WIDE]) -> bool {
        let wanted = self.segments.get(step.segment as usize % SEGMENTS_LEN_BYTES..).and_then(|rest| rest.first_chunk());
        // INVARIANT: a segment has at least one byte. What is behind them is shifted out.
        wanted.is_some_and(|wanted| differences(found, wanted).wrapping_shl(u32::from(step.len).wrapping_neg()) == 0)
    }

    /// Whether a step is that of the last bytes of a text, which the last 32 of it end with.
    #[inline(always)]
    fn ends(&self, step: &Step, last: &[u8; WIDE], rest_len: usize) -> bool {
        let len = step.len as usize;
        let is_there = match step.follow {
            FOLLOW_STRING => len <= rest_len,
            FOLLOW_OTHER => len < rest_len && is_other(last.get(WIDE.wrapping_sub(rest_len).wrapping_add(len))),
            FOLLOW_END => len == rest_len,
            _ => false,
        };
        // What is before does not count.
        let before = WIDE.wrapping_sub(rest_len);
        let start = (step.segment as usize % SEGMENTS_LEN_BYTES).wrapping_sub(before);
        let wanted = self.segments.get(start..).and_then(|rest| rest.first_chunk());
        is_there
            && wanted.is_some_and(|wanted| {
                differences(last, wanted).unbounded_shr(before as u32).wrapping_shl(u32::from(step.len).wrapping_neg()) == 0
            })
    }

    /// Whether a text goes on with the segment of a step and with what must follow it.
    #[inline]
    fn fits(&self, step: &Step, rest: &[u8]) -> bool {
        let follows = match step.follow & !FOLLOW_FAR {
            FOLLOW_STRING => true,
            FOLLOW_OTHER => is_other(rest.get(step.len as usize)),
            FOLLOW_END => rest.len() == step.len as usize,
            _ => false,
        };
        follows
            && match rest.first_chunk() {
                Some(found) if step.follow & FOLLOW_FAR == 0 => self.begins(step, found),
                _ => self.segment(step).is_some_and(|segment| rest.starts_with(segment)),
            }
    }

    pub(super) fn segment(&self, step: &Step) -> Option<&[u8]> {
        let start = step.segment as usize;
        self.segments.get(start..start.wrapping_add(step.len as usize))
    }

    /// The containers that are open at a state, and the keys of the objects among them.
    pub(super) fn open_at(&self, state: usize) -> (usize, usize) {
        self.states.get(state).map_or((0, 0), |state| (state.depth(), state.count as usize))
    }
}

/// A string follows, whose opening quote ends the segment.
pub(super) const FOLLOW_STRING: u8 = 1;
/// A value follows that is neither string nor object.
pub(super) const FOLLOW_OTHER: u8 = 2;
/// Nothing follows.
pub(super) const FOLLOW_END: u8 = 4;
/// Beside one of these: the segment is too long to be compared at once.
pub(super) const FOLLOW_FAR: u8 = 8;

/// Where a value may begin that is neither string nor object. A brace is a part of the segment.
static IS_OTHER: [bool; 256] = {
    let mut is_other = [false; 256];
    let mut rest: &[u8] = b"[-0123456789tfn";
    while let [byte, others @ ..] = rest {
        let (_, from) = is_other.split_at_mut(*byte as usize);
        if let [place, ..] = from {
            *place = true;
        }
        rest = others;
    }
    is_other
};

#[inline(always)]
fn is_other(byte: Option<&u8>) -> bool {
    byte.is_some_and(|byte| IS_OTHER.get(*byte as usize).copied().unwrap_or(false))
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
