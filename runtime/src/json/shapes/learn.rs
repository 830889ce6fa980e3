//! Learning from a text that was accepted.

use super::super::{
    reader::{Visit, string_end},
    scan::token,
    text::Text,
    walk::Value,
};
use super::{
    Place, Shapes,
    memory::{
        Event, FOLLOW_END, FOLLOW_FAR, FOLLOW_OTHER, FOLLOW_STRING, KEPT_MAX, LAST, Memory, OPENING, OTHERS_MAX, SEEN_MAX,
        SEGMENTS_LEN_BYTES, State, Step, door, kept, node,
    },
};
use crate::json::NONE;
use toolgate_scan::{WIDE, is_stop};

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
            let known = self.memory.known(state, text, at);
            let Some(step) = known.or_else(|| self.memory.add(state, text, at, end, visit)) else {
                self.is_full = true;
                return;
            };
            at = at.wrapping_add(step.len as usize);
            state = step.state as usize;
            // The quote that a string begins with is the segment's.
            let begin = at.wrapping_sub(usize::from(step.is_before_string()));
            let Some((_, end)) = Value::begin(text, begin) else { return };
            at = end;
        }
    }
}

impl Memory {
    /// Whether the segment was seen at the state before. It may be forgotten, and another one taken for it.
    fn is_seen_again(&mut self, state: usize, segment: &[u8]) -> bool {
        let hash = hash(state, segment);
        let Some(place) = self.seen.get_mut(hash as usize % SEEN_MAX) else { return false };
        // No mark is zero, which stands where nothing was seen.
        let mark = (hash >> 16) as u16 | STAYS | 2;
        if *place | STAYS == mark {
            return true;
        }
        // What is seen in turn with another would never be seen again if each drove out the other at once.
        *place = if *place & STAYS != 0 { *place & !STAYS } else { mark };
        false
    }

    /// Adds the step whose segment stands from `at` to `end`. `None` if there is no room.
    fn add<V: Visit>(&mut self, from: usize, text: &[u8], at: usize, end: usize, visit: &mut V) -> Option<Step> {
        let len = u8::try_from(end.wrapping_sub(at)).ok()?;
        let segment = self.keep_segment(text.get(at..end)?)?;
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
                // The string that follows.
                b'"' if place.wrapping_add(1) == end => {}
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
                self.keep_events(events)?
            }
        };
        let follow = follow(text, end, len);
        let stops = text.get(at..end)?.iter().filter(|byte| is_stop(**byte)).count() as u8;
        let node = node(self.states.get(state)?.node).unwrap_or(NONE);
        let step = Step { segment, len, follow, stops, state: state as u16, other: 0, node, events };
        self.attach(from, step)?;
        Some(step)
    }

    /// Keeps the bytes of a segment, once for all steps if nothing else is in the way.
    fn keep_segment(&mut self, segment: &[u8]) -> Option<u16> {
        let place = self.kept.get_mut((hash(0, segment) >> 8) as usize % KEPT_MAX)?;
        let start = self.used.segments;
        // What is behind the last one is not in use, and will be overwritten.
        let is_kept = *place != 0 && self.segments.get(*place as usize..start)?.starts_with(segment);
        if !is_kept {
            let end = start.wrapping_add(segment.len());
            if end > SEGMENTS_LEN_BYTES {
                return None;
            }
            self.segments.get_mut(start..end)?.copy_from_slice(segment);
            self.used.segments = end;
            *place = start as u16;
        }
        Some(*place)
    }

    /// Keeps the events of a segment, or finds them among those that are kept.
    fn keep_events(&mut self, events: &[Event]) -> Option<u8> {
        let used = self.used.events;
        let known = self.events.get(1..used)?.windows(events.len()).position(|kept| kept == events);
        if let Some(at) = known {
            return u8::try_from(at.wrapping_add(1)).ok();
        }
        let end = used.wrapping_add(events.len());
        self.events.get_mut(used..end)?.copy_from_slice(events);
        self.used.events = end;
        u8::try_from(used).ok()
    }

    /// The step whose segment stands at `at`.
    #[inline(never)]
    fn known(&self, state: usize, text: &[u8], at: usize) -> Option<Step> {
        self.step(state, text, at).copied()
    }

    /// Puts a step where it is looked for.
    fn attach(&mut self, from: usize, step: Step) -> Option<()> {
        let first = *self.steps.get(from)?;
        if first.follow == 0 {
            *self.steps.get_mut(from)? = step;
            return Some(());
        }
        // Room first: what nothing stands at must not be linked.
        let further = self.used.states;
        self.steps.get(further)?;
        let state = *self.states.get(from)?;
        let mut above = 0;
        let door = door(from, self.segment(&step)?, state.parts_at as usize).filter(|_| state.others >= OTHERS_MAX);
        let place = match door.and_then(|door| self.doors.get_mut(door)) {
            Some(place) => {
                above = from as u16;
                place
            }
            None => {
                let same = self.segment(&first)?.iter().zip(self.segment(&step)?).take_while(|(one, other)| one == other).count();
                let state = self.states.get_mut(from)?;
                // Where there are doors it stays.
                if state.others < OTHERS_MAX {
                    // INVARIANT: no segment that is kept is longer than a byte can tell.
                    state.parts_at = if state.others == 0 { same as u8 } else { state.parts_at.min(same as u8) };
                    state.others = state.others.wrapping_add(1);
                }
                &mut self.steps.get_mut(from)?.other
            }
        };
        let other = core::mem::replace(place, further as u16);
        *self.steps.get_mut(further)? = Step { other, ..step };
        *self.states.get_mut(further)? = State { above, ..State::default() };
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
            ..State::default()
        };
        let index = self.used.states;
        *self.states.get_mut(index)? = state;
        *self.steps.get_mut(index)? = Step::default();
        self.used.states = index.wrapping_add(1);
        Some(index)
    }
}

/// What follows a segment of `len` bytes that ends at `end`.
fn follow(text: &[u8], end: usize, len: u8) -> u8 {
    let what = match text.get(end.wrapping_sub(1)..=end) {
        // No key ends there: behind it stands a colon at least.
        Some([b'"', _]) => FOLLOW_STRING,
        Some(_) => FOLLOW_OTHER,
        None => FOLLOW_END,
    };
    if len as usize > WIDE { what | FOLLOW_FAR } else { what }
}

/// Where the segment that begins at `at` ends: where a value begins that is no object, of a string behind its quote, or at the
/// end of the text.
fn segment_end(text: &[u8], mut at: usize) -> usize {
    let mut is_value = false;
    loop {
        let byte;
        (at, byte) = token(text, at);
        match byte {
            b'{' | b'}' | b',' => is_value = false,
            b':' => is_value = true,
            b'"' if is_value => return at.wrapping_add(1),
            b'"' => match string_end(text, at.wrapping_add(1)) {
                Ok((end, _)) => at = end,
                Err(_) => return at,
            },
            _ => return at,
        }
        at = at.wrapping_add(1);
    }
}

/// Nothing but time depends on it.
fn hash(state: usize, segment: &[u8]) -> u32 {
    segment.iter().fold(state as u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// The mark stays when the next other one comes.
const STAYS: u16 = 1;
/// A longer segment is not learned: its length is kept in a byte.
const SEGMENT_LEN_BYTES_MAX: usize = u8::MAX as usize;
/// So many misses in a row cost nothing more.
const MISSES_FREE: u32 = 16;
/// After them so many texts are not compared, until one was learned.
const PAUSE: u32 = 16;
/// After so many, with no room left, all is forgotten: seldom, since what is learned has to pay.
const MISSES_MAX: u32 = 1_024;
/// Most steps that one text adds.
const STEPS_AT_ONCE: usize = 256;
