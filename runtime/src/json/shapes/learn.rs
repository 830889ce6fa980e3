//! Learning from a text that was accepted.

use super::super::{
    reader::{Visit, string_end},
    scan::token,
    text::Text,
    walk::Value,
};
use super::{
    Place, Shapes,
    memory::{Event, FOLLOW_END, FOLLOW_VALUE, LAST, Memory, OPENING, SEEN_MAX, State, Step, kept, node},
};
use crate::json::NONE;
use toolgate_scan::WIDE;

impl Shapes {
    /// Learns the steps of a text from where it left what is known, if it did so there before. The text is one that
    /// [`read`](super::read) has accepted.
    #[cold]
    #[inline(never)]
    pub(super) fn learn<V: Visit>(&mut self, text: &[u8], visit: &mut V) {
        let Some(Place { mut state, mut at }) = self.missed.take() else { return };
        if self.is_frozen {
            return;
        }
        if self.misses > MISSES_FREE {
            self.pause = PAUSE;
        }
        if self.is_full {
            // What is known is of no use any more.
            if self.misses > MISSES_MAX {
                self.memory.clear();
                self.is_full = false;
            }
            return;
        }
        let segment = text.get(at..segment_end(text, at)).unwrap_or_default();
        if !self.memory.is_seen_again(state, segment) {
            return;
        }
        self.misses = 0;
        for _ in 0..STEPS_AT_ONCE {
            let end = segment_end(text, at);
            if end.wrapping_sub(at) > SEGMENT_LEN_BYTES_MAX {
                return;
            }
            let known = self.memory.known(state, text, at, end);
            let Some(step) = known.or_else(|| self.memory.add(state, text, at, end, visit)) else {
                self.is_full = true;
                return;
            };
            at = at.wrapping_add(step.len as usize);
            state = step.state as usize;
            let Some((_, end)) = Value::begin(text, at) else { return };
            at = end;
        }
    }
}

impl Memory {
    /// Whether the segment was seen at the state before. It may be forgotten, and another one taken for it.
    fn is_seen_again(&mut self, state: usize, segment: &[u8]) -> bool {
        let hash = segment.iter().fold(state as u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
        // No mark is zero, which stands where nothing was seen.
        let mark = (hash >> 16) as u16 | 1;
        let place = self.seen.get_mut(hash as usize % SEEN_MAX);
        place.is_some_and(|place| core::mem::replace(place, mark) == mark)
    }

    /// The step whose segment stands from `at` to `end`.
    fn known(&self, state: usize, text: &[u8], at: usize, end: usize) -> Option<Step> {
        let mut step = self.steps.get(state)?;
        while step.follow != follow(text, end) || self.segment(step) != text.get(at..end) {
            if step.other == 0 {
                return None;
            }
            step = self.steps.get(step.other as usize)?;
        }
        Some(*step)
    }

    /// Adds the step whose segment stands from `at` to `end`. `None` if there is no room.
    fn add<V: Visit>(&mut self, from: usize, text: &[u8], at: usize, end: usize, visit: &mut V) -> Option<Step> {
        let len = u8::try_from(end.wrapping_sub(at)).ok()?;
        let segment = keep(&mut *self.segments, &mut self.used.segments, WIDE, text.get(at..end)?)?;
        let mut events = [Event::default(); SEGMENT_LEN_BYTES_MAX];
        let mut events_count = 0_usize;
        let (mut state, mut is_opening) = (from, false);
        let mut place = at;
        while place < end {
            let byte = *text.get(place)?;
            let offset = place.wrapping_sub(at);
            match byte {
                b'{' => is_opening = true,
                b'}' if is_opening => is_opening = false,
                b'}' => state = self.outer(state)?,
                b'"' => {
                    let start = place.wrapping_add(1);
                    let (key_end, escaped) = string_end(text, start).ok()?;
                    let key = Text::written(text.get(start..key_end)?, escaped);
                    state = self.enter(state, is_opening, key, (segment as usize).wrapping_add(offset), visit)?;
                    is_opening = false;
                    place = key_end;
                }
                // Colons, commas, white space.
                _ => {}
            }
            let object = self.states.get(state)?;
            if matches!(byte, b'{' | b'}') && node(object.node).is_some() {
                let opening = if byte == b'{' { OPENING } else { 0 };
                *events.get_mut(events_count)? = Event { node: object.node, offset: offset as u8, place: object.depth() as u8 | opening };
                events_count = events_count.wrapping_add(1);
            }
            place = place.wrapping_add(1);
        }
        let events = match events.get_mut(..events_count)? {
            [] => 0,
            events @ [.., _] => {
                events.last_mut()?.place |= LAST;
                keep(&mut *self.events, &mut self.used.events, 0, events)?
            }
        };
        let follow = follow(text, end);
        let step = Step { segment, len, follow, state: state as u16, other: 0, node: self.states.get(state)?.node, events };
        self.attach(from, step)?;
        Some(step)
    }

    /// Puts a step where it is looked for.
    fn attach(&mut self, from: usize, step: Step) -> Option<()> {
        let first = *self.steps.get(from)?;
        if first.follow == 0 {
            *self.steps.get_mut(from)? = step;
            return Some(());
        }
        let further = self.used.states;
        *self.steps.get_mut(further)? = Step { other: first.other, ..step };
        *self.states.get_mut(further)? = State::default();
        self.steps.get_mut(from)?.other = further as u16;
        self.used.states = further.wrapping_add(1);
        Some(())
    }

    /// The state whose value is the object that a state is in.
    fn outer(&self, state: usize) -> Option<usize> {
        let mut state = self.states.get(state)?;
        while !state.is_first() {
            state = self.states.get(state.above as usize)?;
        }
        Some(state.above as usize)
    }

    /// The state behind a key and its value: the next one of the same object, or the first of an object that opens.
    fn enter<V: Visit>(&mut self, above: usize, is_first: bool, key: Text<'_>, kept_at: usize, visit: &mut V) -> Option<usize> {
        let is_it = |state: &State| {
            let (start, len) = (state.key as usize, state.key_len as usize);
            state.depth != 0
                && state.above as usize == above
                && state.is_first() == is_first
                && self.segments.get(start..start.wrapping_add(len)) == Some(key.raw())
        };
        let known = self.states.get(..self.used.states)?.iter().position(is_it);
        if known.is_some() {
            return known;
        }
        let object = self.states.get(if is_first { above } else { self.outer(above)? })?;
        let node = match node(object.node) {
            Some(parent) => visit.member(parent, key, key.hash(), 0),
            None => NONE,
        };
        let before = self.states.get(above)?;
        let first = if is_first { State::FIRST } else { 0 };
        let state = State {
            above: above as u16,
            // The quote stands before it.
            key: kept_at.wrapping_add(1) as u16,
            key_len: key.raw().len() as u8,
            depth: (object.depth() as u8).wrapping_add(1) | first,
            node: kept(node)?,
            count: before.count.wrapping_add(1),
        };
        let index = self.used.states;
        *self.states.get_mut(index)? = state;
        *self.steps.get_mut(index)? = Step::default();
        self.used.states = index.wrapping_add(1);
        Some(index)
    }
}

/// What follows a segment that ends at `end`.
fn follow(text: &[u8], end: usize) -> u8 {
    if end == text.len() { FOLLOW_END } else { FOLLOW_VALUE }
}

/// Where the segment that begins at `at` ends: where a value begins that is no object, or at the end of the text.
fn segment_end(text: &[u8], mut at: usize) -> usize {
    let mut is_value = false;
    loop {
        let byte;
        (at, byte) = token(text, at);
        match byte {
            b'{' | b'}' | b',' => is_value = false,
            b':' => is_value = true,
            b'"' if !is_value => match string_end(text, at.wrapping_add(1)) {
                Ok((end, _)) => at = end,
                Err(_) => return at,
            },
            _ => return at,
        }
        at = at.wrapping_add(1);
    }
}

/// Keeps items, with some spare places behind them, or finds them among those that are kept. The first place stays free.
fn keep<T: Copy + PartialEq>(all: &mut [T], used: &mut usize, spare: usize, items: &[T]) -> Option<u16> {
    let known = all.get(1..*used)?.windows(items.len()).position(|kept| kept == items);
    let start = known.map_or(*used, |at| at.wrapping_add(1));
    if known.is_none() {
        let end = start.wrapping_add(items.len());
        if end.wrapping_add(spare) > all.len() {
            return None;
        }
        all.get_mut(start..end)?.copy_from_slice(items);
        *used = end;
    }
    u16::try_from(start).ok()
}

/// A longer segment is not learned: its length is kept in a byte.
const SEGMENT_LEN_BYTES_MAX: usize = u8::MAX as usize;
/// So many misses in a row cost nothing more.
const MISSES_FREE: u32 = 16;
/// After them so many texts are not compared, until one was learned.
const PAUSE: u32 = 16;
/// After so many, with no room left, all is forgotten.
const MISSES_MAX: u32 = 64;
/// Most steps that one text adds.
const STEPS_AT_ONCE: usize = 256;
