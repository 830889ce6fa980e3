//! The memory a decision needs, held by the caller.

use alloc::boxed::Box;

use crate::artifact::format::{FIELD_HASHED, FIELD_NUMERIC, FIELD_SOUGHT};
use crate::bitset::BitSet;
use crate::holding::Holding;
use crate::item::{Item, ItemKind, Source};
use crate::json::{Keys, Number, Shapes, Span, Text};
use crate::memory::{OutOfMemory, abort, filled};
use crate::policy::Policy;

/// Most entries that `rules`, `undecided` and `shadow` show.
pub(crate) const SHOWN_MAX: usize = 64;

/// Scratch memory for deciding: made once for a policy, used for any number of requests, never by two threads at a time.
///
/// Used with another policy than it was made for, it is made anew for that one, which allocates.
pub struct Scratch {
    pub(crate) artifact: [u8; 32],
    pub(crate) keys: Keys,
    pub(crate) shapes: Shapes,
    pub(crate) request: RequestFields,
    pub(crate) ways: Ways,
    pub(crate) holding: Holding,
    pub(crate) lists: Lists,
}

/// The fields of the request at hand.
pub(crate) struct RequestFields {
    /// Slots with another stamp are left from an earlier request.
    stamp: u32,
    slots: Box<[Slot]>,
    /// Of the strings in slots that want it; 0 where none does.
    hashes: Box<[u64]>,
    numbers: Box<[Option<Number>]>,
}

#[derive(Clone, Copy)]
struct Slot {
    stamp: u32,
    start: u32,
    end: u32,
    kind: ItemKind,
    escaped: bool,
    /// What the policy wants prepared of the field. It stays from request to request.
    flags: u8,
}

/// Rules that were checked, and index nodes that were entered, while an array gives several ways to them.
pub(crate) struct Ways {
    pub checked: BitSet,
    pub entered: BitSet,
    /// Children that were found and are still to be entered.
    pub met: Met,
    /// Steps taken and bytes scanned.
    #[cfg(feature = "count-steps")]
    pub counted: (u64, u64),
}

/// Children of index nodes, in the order in which they were met.
pub(crate) struct Met {
    children: [u32; MET_ROOM],
    len: usize,
}

/// More wait seldom; what finds no room is entered at once.
const MET_ROOM: usize = 64;

impl Met {
    /// Adds a child if there is room.
    #[inline(always)]
    pub(crate) fn push(&mut self, child: u32) -> bool {
        let Some(place) = self.children.get_mut(self.len) else { return false };
        *place = child;
        self.len = self.len.wrapping_add(1);
        true
    }

    #[inline(always)]
    pub(crate) fn get(&self, at: usize) -> Option<u32> {
        self.children.get(..self.len)?.get(at).copied()
    }

    #[inline(always)]
    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }
}

/// What the decision lists.
pub(crate) struct Lists {
    pub rules: [u32; SHOWN_MAX],
    pub shadow: [u32; SHOWN_MAX],
    pub undecided: [(u32, u32); SHOWN_MAX],
    pub requirements: Box<[u32]>,
    pub required: BitSet,
}

impl Scratch {
    /// Scratch for a policy. This is the only place where deciding allocates.
    #[must_use]
    pub fn new(policy: &Policy) -> Self {
        Self::try_new(policy).unwrap_or_else(abort)
    }

    /// As [`Scratch::new`], for a host with a fixed amount of memory.
    ///
    /// # Errors
    /// There is not enough of it.
    pub fn try_new(policy: &Policy) -> Result<Self, OutOfMemory> {
        Ok(Self {
            artifact: policy.artifact_digest,
            keys: Keys::try_new()?,
            shapes: Shapes::try_new()?,
            request: RequestFields::try_new(policy)?,
            ways: Ways {
                checked: BitSet::try_new(policy.rules.len())?,
                entered: BitSet::try_new(policy.index_nodes.len().saturating_add(policy.part_keys()))?,
                met: Met { children: [0; MET_ROOM], len: 0 },
                #[cfg(feature = "count-steps")]
                counted: (0, 0),
            },
            holding: Holding::try_new(policy.rules.len())?,
            lists: Lists {
                rules: [0; SHOWN_MAX],
                shadow: [0; SHOWN_MAX],
                undecided: [(0, 0); SHOWN_MAX],
                requirements: filled(0, policy.requirements.len())?,
                required: BitSet::try_new(policy.requirements.len())?,
            },
        })
    }

    /// Makes sure that the scratch is one for this policy.
    #[inline]
    pub(crate) fn fit(&mut self, policy: &Policy) {
        if self.artifact != policy.artifact_digest {
            self.make_anew(policy);
        }
    }

    #[cold]
    #[inline(never)]
    fn make_anew(&mut self, policy: &Policy) {
        *self = Self::new(policy);
    }

    /// Steps that the last decision took and bytes it scanned, in the certificate's sense.
    #[cfg(feature = "count-steps")]
    #[must_use]
    pub fn counted(&self) -> (u64, u64) {
        self.ways.counted
    }

    /// Bytes that this scratch takes, heap included.
    #[must_use]
    pub fn len_bytes(&self) -> usize {
        let sets = [&self.ways.checked, &self.ways.entered, &self.lists.required];
        [
            size_of::<Self>(),
            self.keys.len_bytes(),
            self.shapes.len_bytes(),
            self.request.len_bytes(),
            size_of_val(&*self.lists.requirements),
            self.holding.len_bytes(),
        ]
        .into_iter()
        .chain(sets.into_iter().map(BitSet::len_bytes))
        .fold(0, usize::saturating_add)
    }
}

impl RequestFields {
    /// Room for a policy's fields, and behind them for an `input` that is written at the top.
    pub(crate) fn try_new(policy: &Policy) -> Result<Self, OutOfMemory> {
        let blank = Slot { stamp: 0, start: 0, end: 0, kind: ItemKind::Absent, escaped: false, flags: 0 };
        let mut slots = filled(blank, policy.fields.len().saturating_add(1))?;
        // Where memory is not asked for ahead, a text is hashed where it is looked up, in fewer instructions. The module of WebAssembly
        // has a limit to its size, and hashes all alike.
        #[cfg(not(target_family = "wasm"))]
        let sought = if policy.in_waves { FIELD_SOUGHT } else { 0 };
        #[cfg(target_family = "wasm")]
        let sought = FIELD_SOUGHT;
        for (slot, field) in slots.iter_mut().zip(&policy.fields) {
            slot.flags = (field.flags & (FIELD_HASHED | FIELD_NUMERIC | sought)) as u8;
        }
        Ok(Self { stamp: 0, slots, hashes: filled(0, policy.fields.len())?, numbers: filled(None, policy.fields.len())? })
    }

    /// Bytes on the heap.
    pub(crate) fn len_bytes(&self) -> usize {
        [size_of_val(&*self.slots), size_of_val(&*self.hashes), size_of_val(&*self.numbers)].into_iter().fold(0, usize::saturating_add)
    }

    /// Forgets the request before.
    pub(crate) fn begin(&mut self) {
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.slots.iter_mut().for_each(|slot| slot.stamp = 0);
            self.stamp = 1;
        }
    }

    /// Keeps a value, with what the policy wants prepared of it.
    pub(crate) fn put(&mut self, field: u32, span: Span, request: &[u8]) {
        if self.place(field, span) {
            self.prepare(field, request);
        }
    }

    /// Keeps a value. The answer is whether the policy wants something of it that [`RequestFields::prepare`] may have to prepare.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(crate) fn place(&mut self, field: u32, span: Span) -> bool {
        let Some(slot) = self.slots.get_mut(field as usize) else { return false };
        let Span { kind, start, end, escaped } = span;
        *slot = Slot { stamp: self.stamp, start, end, kind: kind.into(), escaped, flags: slot.flags };
        slot.flags != 0
    }

    /// Prepares what the policy wants of a value that has its place. Returns the hash, if it is among that, or 0.
    pub(crate) fn prepare(&mut self, field: u32, request: &[u8]) -> u64 {
        let Some(slot) = self.slots.get(field as usize) else { return 0 };
        let (start, end) = (slot.start as usize, slot.end as usize);
        if slot.kind == ItemKind::String
            && slot.flags & (FIELD_HASHED | FIELD_SOUGHT) as u8 != 0
            && let Some(hash) = self.hashes.get_mut(field as usize)
        {
            *hash = Text::hash_within(request, start, end, slot.escaped);
            return *hash;
        }
        if slot.kind == ItemKind::Number
            && slot.flags & FIELD_NUMERIC as u8 != 0
            && let Some(number) = self.numbers.get_mut(field as usize)
        {
            *number = Number::parse_within(request, start, end);
        }
        0
    }

    /// Gives a field the value of another, which is an object or null.
    pub(crate) fn copy(&mut self, from: u32, to: u32) {
        if let Some(Slot { start, end, kind, .. }) = self.slot(from).copied()
            && let Some(slot) = self.slots.get_mut(to as usize)
        {
            *slot = Slot { stamp: self.stamp, start, end, kind, escaped: false, flags: slot.flags };
        }
    }

    /// Changes what a field is, its text kept.
    pub(crate) fn set_kind(&mut self, field: u32, kind: ItemKind) {
        if let Some(slot) = self.slots.get_mut(field as usize) {
            slot.kind = kind;
            slot.stamp = self.stamp;
        }
    }

    #[inline(always)]
    fn slot(&self, field: u32) -> Option<&Slot> {
        self.slots.get(field as usize).filter(|slot| slot.stamp == self.stamp)
    }

    /// What a field is in this request, if it was there, and where: of a string the opening quote.
    pub(crate) fn kind_and_offset(&self, field: u32) -> Option<(ItemKind, u32)> {
        let slot = self.slot(field)?;
        Some((slot.kind, slot.start.wrapping_sub(u32::from(slot.kind == ItemKind::String))))
    }

    /// The hash of a string field, if it was prepared.
    pub(crate) fn hash(&self, field: u32) -> Option<u64> {
        self.slot(field).filter(|slot| slot.kind == ItemKind::String)?;
        self.hashes.get(field as usize).copied().filter(|hash| *hash != 0)
    }

    /// Whether a field is an object in this request.
    #[inline(always)]
    pub(crate) fn is_object(&self, field: u32) -> bool {
        self.slot(field).is_some_and(|slot| slot.kind == ItemKind::Object)
    }

    /// Whether a field is in this request.
    #[inline(always)]
    pub(crate) fn is_there(&self, field: u32) -> bool {
        self.slot(field).is_some()
    }

    /// The span of a string field.
    pub(crate) fn span(&self, field: u32) -> Option<Span> {
        let slot = self.slot(field)?;
        Some(Span { kind: crate::json::Kind::String, start: slot.start, end: slot.end, escaped: slot.escaped })
    }
}

/// A request that was read: the bytes, where the fields are, and what the others are.
pub(crate) struct Request<'a> {
    pub fields: &'a RequestFields,
    pub bytes: &'a [u8],
    pub missing: Item<'static>,
}

impl Source for Request<'_> {
    #[inline(always)]
    fn plain(&self, field: u32) -> Option<&[u8]> {
        let slot = self.fields.slot(field).filter(|slot| slot.kind == ItemKind::String && !slot.escaped)?;
        self.bytes.get(slot.start as usize..slot.end as usize)
    }

    #[cfg(not(target_family = "wasm"))]
    #[inline(always)]
    fn hashed(&self, field: u32) -> Option<(&[u8], u64)> {
        let slot = self.fields.slot(field).filter(|slot| slot.kind == ItemKind::String && !slot.escaped)?;
        Some((self.bytes.get(slot.start as usize..slot.end as usize)?, self.fields.hashes.get(field as usize).copied()?))
    }

    #[inline(always)]
    fn number(&self, field: u32) -> Option<&Number> {
        self.fields.slot(field).filter(|slot| slot.kind == ItemKind::Number)?;
        self.fields.numbers.get(field as usize)?.as_ref()
    }

    #[inline]
    fn missing(&self) -> Item<'static> {
        self.missing
    }

    #[inline]
    fn own(&self, field: u32) -> Option<Item<'_>> {
        let slot = self.fields.slot(field)?;
        let text = self.bytes.get(slot.start as usize..slot.end as usize).unwrap_or(&[]);
        // Of what is no string nobody asks for it.
        let hash = self.fields.hashes.get(field as usize).copied().unwrap_or(0);
        Some(Item { kind: slot.kind, text, escaped: slot.escaped, hash, number: self.number(field) })
    }
}
