//! The keys of all objects that are open, and the search for two that are the same.

use alloc::boxed::Box;

use super::{
    reader::{BYTES_MAX, DEPTH_MAX, MEMBERS_MAX, refusal},
    reason::{Reason, Refusal},
    sort::sort,
    text::Text,
};
use crate::memory::{OutOfMemory, abort, filled};

/// The scratch of [`read`](super::read()): the keys of all objects that are open, and the containers themselves. Made
/// once by its owner and used for any number of requests.
pub struct Keys {
    entries: Box<[Key]>,
    levels: Box<[Level]>,
    /// Entries in use.
    count: usize,
    /// Levels in use.
    depth: usize,
    /// Levels that were open before the value that is read.
    base: usize,
    /// Texts compared, so that a test can hold hostile requests to n log n.
    #[cfg(test)]
    compared: core::cell::Cell<usize>,
}

impl Keys {
    /// Allocates for the largest request there may be: about 34 KiB.
    #[must_use]
    pub fn new() -> Self {
        Self::try_new().unwrap_or_else(abort)
    }

    pub(crate) fn try_new() -> Result<Self, OutOfMemory> {
        Ok(Self {
            entries: filled(Key::default(), MEMBERS_MAX)?,
            levels: filled(Level::default(), DEPTH_MAX)?,
            count: 0,
            depth: 0,
            base: 0,
            #[cfg(test)]
            compared: core::cell::Cell::new(0),
        })
    }

    /// Bytes on the heap.
    pub(crate) fn len_bytes(&self) -> usize {
        size_of_val(&*self.entries).saturating_add(size_of_val(&*self.levels))
    }

    /// Begins a value in so many open containers whose objects have so many keys; nobody asks what they are.
    #[inline]
    pub(super) fn begin(&mut self, depth: usize, count: usize) {
        self.count = count;
        self.depth = depth;
        self.base = depth;
    }

    /// Opens a container that begins at `at`.
    #[inline]
    pub(super) fn open(&mut self, node: u32, at: usize, is_array: bool) -> Result<(), Refusal> {
        let Some(level) = self.levels.get_mut(self.depth) else { return Err(refusal(Reason::TooDeep, at)) };
        *level = Level { seen: 0, node, at: at as u32, first: self.count as u32, is_array };
        self.depth = self.depth.wrapping_add(1);
        Ok(())
    }

    /// Closes the innermost container and forgets its keys, once they are known to be distinct.
    #[inline]
    pub(super) fn close(&mut self, bytes: &[u8]) -> Result<Level, Refusal> {
        let depth = self.depth.wrapping_sub(1);
        let level = self.levels.get(depth).copied().unwrap_or_default();
        let first = level.first as usize;
        if self.count.wrapping_sub(first) > FEW
            && let Some(fault) = self.duplicate(bytes, first, self.count)
        {
            return Err(fault);
        }
        self.count = first;
        self.depth = depth;
        Ok(level)
    }

    /// Whether no member more is allowed.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.count >= MEMBERS_MAX
    }

    /// The innermost container of the value that is open.
    #[inline]
    pub(super) fn innermost(&self) -> Option<&Level> {
        if self.depth == self.base { None } else { self.levels.get(self.depth.wrapping_sub(1)) }
    }

    /// Adds the key between `start` and `end` to the innermost object.
    ///
    /// The first [`FEW`] keys of an object are compared at once, by a word of 64 marks and then by their hashes; an
    /// object that gets more is looked at again when it closes or something ends the reading.
    #[inline(always)]
    pub(super) fn insert(&mut self, bytes: &[u8], hash: u64, start: usize, end: usize, escaped: bool) -> Result<(), Refusal> {
        let key = Key::new(hash, start, end, escaped);
        let Some(level) = self.levels.get_mut(self.depth.wrapping_sub(1)) else { return Ok(()) };
        let mark = 1u64.wrapping_shl((hash >> 58) as u32);
        let is_marked = level.seen & mark != 0;
        level.seen |= mark;
        if is_marked {
            let first = level.first as usize;
            self.compare(bytes, first, key)?;
        }
        if let Some(entry) = self.entries.get_mut(self.count) {
            *entry = key;
            self.count = self.count.wrapping_add(1);
        }
        Ok(())
    }

    /// Looks for `key` among the few of its object.
    fn compare(&self, bytes: &[u8], first: usize, key: Key) -> Result<(), Refusal> {
        let siblings = self.entries.get(first..self.count).unwrap_or_default();
        if siblings.len() < FEW
            && siblings.iter().any(|sibling| sibling.hash() == key.hash() && self.text(bytes, *sibling) == self.text(bytes, key))
        {
            return Err(key.duplicate());
        }
        Ok(())
    }

    /// The first key in `first..last` that is there before, the keys of one object. Reorders them.
    #[cold]
    fn duplicate(&mut self, bytes: &[u8], first: usize, last: usize) -> Option<Refusal> {
        // The comparison needs the scratch as a whole, the sort a part of it alone.
        let mut entries = core::mem::take(&mut self.entries);
        let keys = entries.get_mut(first..last).unwrap_or_default();
        sort(keys, |left, right| {
            (left.hash().cmp(&right.hash()))
                .then_with(|| self.text(bytes, *left).cmp(&self.text(bytes, *right)))
                .then_with(|| left.start().cmp(&right.start()))
                .is_lt()
        });
        let second = keys
            .array_windows()
            .filter(|[left, right]| left.hash() == right.hash() && self.text(bytes, *left) == self.text(bytes, *right))
            .map(|[_, right]| *right)
            .min_by_key(|key| key.start());
        self.entries = entries;
        second.map(Key::duplicate)
    }

    /// The first key of all open objects that its object has already. Whatever ended the reading stands behind it.
    #[cold]
    #[inline(never)]
    pub(super) fn first_duplicate(&mut self, bytes: &[u8]) -> Option<Refusal> {
        // INVARIANT: the keys of an outer object that are in the table stand before all of the objects in it, so the
        // outermost object with a duplicate has the first one. Few keys were compared when they were read.
        for index in 0..self.depth {
            let first = self.levels.get(index)?.first as usize;
            let inner = index.wrapping_add(1);
            let last = if inner < self.depth { self.levels.get(inner)?.first as usize } else { self.count };
            if last.wrapping_sub(first) > FEW
                && let Some(fault) = self.duplicate(bytes, first, last)
            {
                return Some(fault);
            }
        }
        None
    }

    #[inline]
    fn text<'a>(&self, bytes: &'a [u8], key: Key) -> Text<'a> {
        #[cfg(test)]
        self.compared.set(self.compared.get().wrapping_add(1));
        let raw = bytes.get(key.start()..key.start().wrapping_add(key.len())).unwrap_or_default();
        Text::written(raw, key.is_escaped())
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self::new()
    }
}

/// A key of an open object in one word, from the top: 23 bits of its hash, whether it has escapes, 20 bits of its length
/// as written, 20 bits of where it begins.
///
/// INVARIANT: no key is as long as [`BYTES_MAX`], nor begins there, for its closing quote lies before.
#[derive(Copy, Clone, Default)]
struct Key(u64);

impl Key {
    #[inline(always)]
    fn new(hash: u64, start: usize, end: usize, escaped: bool) -> Self {
        Self((hash << 41) | u64::from(escaped) << 40 | (end.wrapping_sub(start) as u64) << 20 | start as u64)
    }

    fn hash(self) -> u64 {
        self.0 >> 41
    }

    fn is_escaped(self) -> bool {
        self.0 >> 40 & 1 == 1
    }

    fn len(self) -> usize {
        (self.0 >> 20) as usize & BYTES_MAX.wrapping_sub(1)
    }

    /// The byte after the opening quote.
    fn start(self) -> usize {
        self.0 as usize & BYTES_MAX.wrapping_sub(1)
    }

    fn duplicate(self) -> Refusal {
        refusal(Reason::DuplicateKey, self.start().saturating_sub(1))
    }
}

const _: () = assert!(BYTES_MAX == 1 << 20);

/// An open container.
#[derive(Copy, Clone, Default)]
pub(super) struct Level {
    /// One mark for each key, by its hash.
    seen: u64,
    pub(super) node: u32,
    /// Its bracket.
    pub(super) at: u32,
    /// The index of its first key.
    first: u32,
    pub(super) is_array: bool,
}

/// An object of at most so many keys has them compared as they come.
pub const FEW: usize = 16;

#[cfg(test)]
mod tests {
    use alloc::{format, string::String, vec, vec::Vec};

    use super::{
        super::{hash::tests::colliding, reader::*},
        *,
    };

    fn compared(request: &str) -> (Result<(), Refusal>, usize) {
        let mut keys = Keys::new();
        let verdict = read(request.as_bytes(), &mut keys, &mut Nothing);
        (verdict, keys.compared.get())
    }

    fn object(keys: &[String]) -> String {
        format!("{{{}}}", keys.iter().map(|key| format!("\"{key}\":0")).collect::<Vec<_>>().join(","))
    }

    #[test]
    fn colliding_keys_take_n_log_n_comparisons() {
        let keys = colliding(MEMBERS_MAX);
        let (verdict, texts) = compared(&object(&keys));
        assert_eq!(verdict, Ok(()));
        assert!(texts < 2 * 4_096 * 24, "{texts}");
        let mut shuffled = keys;
        for index in 0..shuffled.len() {
            shuffled.swap(index, (index * 2_654_435_761) % MEMBERS_MAX);
        }
        let (verdict, texts) = compared(&object(&shuffled));
        assert_eq!(verdict, Ok(()));
        assert!(texts < 2 * 4_096 * 24, "{texts}");
        let (verdict, texts) = compared(&object(&shuffled)[..90_000]);
        assert_eq!(verdict, Err(refusal(Reason::InvalidJson, 90_000)));
        assert!(texts < 2 * 4_096 * 24, "{texts}");
    }

    #[test]
    fn siblings_take_comparisons_in_proportion_to_their_keys() {
        for (keys_count, objects) in [(16, 1_500), (17, 1_400), (300, 80)] {
            let one = object(&colliding(keys_count));
            let request = format!("{{\"a\":[{}]}}", vec![one.as_str(); objects].join(","));
            let (verdict, texts) = compared(&request);
            assert_eq!(verdict, Ok(()));
            assert!(texts < 2 * keys_count * objects * 24, "{texts}");
        }
    }

    #[test]
    fn colliding_duplicates_are_found() {
        for count in [2, 15, 16, 17, 18, 100, 4_000] {
            let mut keys = colliding(count);
            keys.push(keys[count / 2].clone());
            let request = object(&keys);
            let (verdict, _) = compared(&request);
            let second = request.rfind(&keys[count]).unwrap() - 1;
            assert_eq!(verdict, Err(refusal(Reason::DuplicateKey, second)), "{count}");
        }
    }
}
