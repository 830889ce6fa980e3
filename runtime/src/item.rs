//! A value as conditions see it: of a field, or an element of an array.

use crate::json::text::Text;
use crate::json::walk::{Flattened, flatten_count_up_to, flattened};
use crate::json::{Kind, Number, Value};
use crate::policy::Policy;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ItemKind {
    /// Not there.
    Absent,
    /// A member of something that has no members, or a field that the host did not fill: unknown to everything.
    Opaque,
    Null,
    Bool(bool),
    Number,
    String,
    Array,
    Object,
    /// An array stands on the way to the field, so it has no value of its own.
    Hidden,
}

/// A value with what was prepared for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item<'a> {
    pub kind: ItemKind,
    /// As written; of a string what is between the quotes.
    pub text: &'a [u8],
    pub escaped: bool,
    /// Hash of a string's text; 0 where it was not prepared.
    pub hash: u64,
    /// The number, where it was prepared.
    pub number: Option<&'a Number>,
}

impl<'a> Item<'a> {
    pub(crate) const ABSENT: Item<'static> = Item::empty(ItemKind::Absent);
    pub(crate) const OPAQUE: Item<'static> = Item::empty(ItemKind::Opaque);

    pub(crate) const fn empty(kind: ItemKind) -> Self {
        Item { kind, text: &[], escaped: false, hash: 0, number: None }
    }

    pub(crate) fn string(&self) -> Option<Text<'a>> {
        (self.kind == ItemKind::String).then_some(Text::written(self.text, self.escaped))
    }

    pub(crate) fn string_hash(&self, text: Text<'a>) -> u64 {
        if self.hash == 0 { text.hash() } else { self.hash }
    }

    /// The number, if it is a representable one.
    pub(crate) fn number(&self) -> Option<Number> {
        if self.kind != ItemKind::Number {
            return None;
        }
        self.number.copied().or_else(|| Number::parse(self.text))
    }

    /// The member of an object that is an element of an array.
    pub(crate) fn member(&self, key: &[u8]) -> Item<'a> {
        match self.kind {
            ItemKind::Object => crate::json::walk::member(self.text, key).map_or(Item::ABSENT, Item::from),
            ItemKind::Absent => Item::ABSENT,
            _ => Item::OPAQUE,
        }
    }
}

impl<'a> From<Value<'a>> for Item<'a> {
    fn from(value: Value<'a>) -> Self {
        Item { kind: value.kind.into(), text: value.text, escaped: value.escaped, hash: 0, number: None }
    }
}

impl From<Kind> for ItemKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Null => ItemKind::Null,
            Kind::Bool(value) => ItemKind::Bool(value),
            Kind::Number => ItemKind::Number,
            Kind::String => ItemKind::String,
            Kind::Array => ItemKind::Array,
            Kind::Object => ItemKind::Object,
        }
    }
}

/// Where fields come from: a request that was read, or values that the host gave.
pub(crate) trait Source {
    /// What the source itself says of the field, if anything.
    fn own(&self, field: u32) -> Option<Item<'_>>;

    /// The text of a string without escapes, if that is what the source itself says of the field.
    fn plain(&self, field: u32) -> Option<&[u8]>;

    /// As [`Source::plain`], with the hash, or 0 where that was not prepared.
    #[cfg(not(target_family = "wasm"))]
    fn hashed(&self, field: u32) -> Option<(&[u8], u64)>;

    /// The number, if that is what the source itself says of the field and it was prepared.
    fn number(&self, field: u32) -> Option<&Number>;

    /// What a field without a value is, whose parent is an object.
    fn missing(&self) -> Item<'static>;

    /// The value of a field.
    #[inline]
    fn item(&self, policy: &Policy, field: u32) -> Item<'_> {
        match self.own(field) {
            Some(item) => item,
            None => self.inherited(policy, field),
        }
    }

    /// The value of a field that the source itself says nothing of: the nearest field above that has a value decides.
    #[inline(never)]
    fn inherited(&self, policy: &Policy, field: u32) -> Item<'_> {
        let mut above = field;
        loop {
            let Some(parent) = policy.field(above).map(|field| field.parent) else { return self.missing() };
            let Some(item) = self.own(parent) else {
                above = parent;
                continue;
            };
            return match item.kind {
                ItemKind::Object => self.missing(),
                ItemKind::Absent => Item::ABSENT,
                ItemKind::Array | ItemKind::Hidden => Item::empty(ItemKind::Hidden),
                _ => Item::OPAQUE,
            };
        }
    }
}

/// The elements of an array with nested arrays dissolved, unless it is uncountable: none, or more than the limit.
pub(crate) fn elements(array: &[u8]) -> Option<Elements<'_>> {
    // An element takes two bytes or more with the comma before it. Commas are quick to count.
    let is_surely_few = array.len() / 2 <= ELEMENTS_MAX || commas(array) < ELEMENTS_MAX;
    let limit = if is_surely_few { 1 } else { ELEMENTS_MAX.wrapping_add(1) };
    let count = flatten_count_up_to(array, limit);
    (1..=ELEMENTS_MAX).contains(&count).then(|| Elements(flattened(array)))
}

/// See [`elements`].
pub(crate) struct Elements<'a>(Flattened<'a>);

impl<'a> Iterator for Elements<'a> {
    type Item = Item<'a>;

    #[cfg_attr(not(target_family = "wasm"), inline(always))]
    fn next(&mut self) -> Option<Item<'a>> {
        self.0.next().map(Item::from)
    }
}

/// How many commas there are.
fn commas(text: &[u8]) -> usize {
    // So few bytes at a time that their number fits a byte: that is what vector instructions can count.
    let count = |part: &[u8]| usize::from(part.iter().fold(0_u8, |count, byte| count.wrapping_add(u8::from(*byte == b','))));
    let (parts, rest) = text.as_chunks::<128>();
    parts.iter().map(|part| count(part)).fold(count(rest), usize::wrapping_add)
}

/// Most elements an array may have to be countable.
pub(crate) const ELEMENTS_MAX: usize = 1_024;
