//! Fields ready: a request given as the values of the fields that the policy reads.

use alloc::boxed::Box;
use alloc::vec;
use core::fmt;

use crate::artifact::format::{FIELD_HASHED, FIELD_NUMERIC, FIELD_READ, FIELD_SOUGHT};
use crate::decide::no_action;
use crate::item::{Item, ItemKind, Source};
use crate::json::{Keys, Kind, Number, Refusal, Text};
use crate::policy::Policy;

/// The value of one field.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum FieldValue<'v> {
    /// Nothing is known of it, as if no value had been given.
    Opaque,
    /// The request has no such member.
    Absent,
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number, as JSON text.
    Number(&'v str),
    /// A string.
    String(&'v str),
    /// An object. Its members are given in slots of their own.
    Object,
    /// An array or an object, as JSON text. Fields below it need no value of their own if it is an array; if it is an
    /// object they do, so [`FieldValue::Object`] says as much at less cost.
    Json(&'v str),
}

/// What a slot was given.
#[derive(Clone, Copy)]
struct Value<'v> {
    /// Nothing yet.
    kind: Option<ItemKind>,
    text: &'v [u8],
    /// Hash of a string's text, where the policy wants it; else 0.
    hash: u64,
}

impl Value<'_> {
    const NOTHING: Value<'static> = Value { kind: None, text: &[], hash: 0 };
}

/// Why a value was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldError {
    /// The policy has no such slot.
    UnknownSlot,
    /// The text is no JSON number, array or object under the law's limits.
    Malformed,
}

impl FieldError {
    /// Stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            FieldError::UnknownSlot => "fields/unknown-slot",
            FieldError::Malformed => "fields/malformed",
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FieldError::UnknownSlot => "the policy has no such slot",
            FieldError::Malformed => "the text is no JSON number, array or object",
        })
    }
}

impl core::error::Error for FieldError {}

/// The fields of one request, bound to a policy. Made once, filled anew for each request.
///
/// A slot that was not filled is opaque: unknown even to `exists`. So is everything below a slot that holds an object,
/// unless it is filled itself; below an absent one, all is absent.
pub struct FieldValues<'v> {
    artifact: [u8; 32],
    flags: Box<[u32]>,
    values: Box<[Value<'v>]>,
    numbers: Box<[Option<Number>]>,
    action_name: u32,
    roots: [u32; 4],
    /// Made for the first JSON text: most requests have none in the fields that a policy reads, and it is large.
    keys: Option<Keys>,
}

impl Policy {
    /// The fields that the policy reads: slot and JSON Pointer. The action's name is always among them.
    pub fn fields(&self) -> impl Iterator<Item = (u32, &str)> {
        (0_u32..)
            .zip(&self.fields)
            .filter(|(slot, field)| field.flags & FIELD_READ != 0 || *slot == self.known.action_name)
            .map(|(slot, field)| (slot, self.str(field.pointer)))
    }

    /// Every place that can be given a value, those on the way to the fields that are read included.
    pub fn slots(&self) -> impl Iterator<Item = (u32, &str)> {
        (0_u32..).zip(&self.fields).skip(1).map(|(slot, field)| (slot, self.str(field.pointer)))
    }
}

impl<'v> FieldValues<'v> {
    /// No values yet.
    #[must_use]
    pub fn new(policy: &Policy) -> Self {
        let known = &policy.known;
        Self {
            artifact: policy.artifact_digest,
            flags: policy.fields.iter().map(|field| field.flags).collect(),
            values: vec![Value::NOTHING; policy.fields.len()].into_boxed_slice(),
            numbers: vec![None; policy.fields.len()].into_boxed_slice(),
            action_name: known.action_name,
            roots: [known.actor, known.resource, known.context, known.action_input],
            keys: None,
        }
    }

    /// Forgets all values.
    pub fn clear(&mut self) {
        self.values.fill(Value::NOTHING);
    }

    /// Forgets all values and keeps the memory, for values that live elsewhere: so one made once serves every request.
    #[must_use]
    pub fn recycle<'w>(self) -> FieldValues<'w> {
        let Self { artifact, flags, values, numbers, action_name, roots, keys } = self;
        // The standard library collects into the memory it collects from; `compiler/tests/allocation.rs` holds it to that.
        let values = values.into_vec().into_iter().map(|_| Value::NOTHING).collect();
        FieldValues { artifact, flags, values, numbers, action_name, roots, keys }
    }

    /// Gives a slot its value.
    ///
    /// # Allocation
    /// None, but for the first [`FieldValue::Json`], which allocates what checking it takes for all later ones.
    ///
    /// # Errors
    /// The policy has no such slot, or the text is not what it should be. The slot is then opaque.
    #[inline]
    pub fn set(&mut self, slot: u32, value: FieldValue<'v>) -> Result<(), FieldError> {
        // Most are strings that nothing has to be prepared for. The module of WebAssembly has a limit to its size.
        if cfg!(not(target_family = "wasm"))
            && let FieldValue::String(text) = value
            && self.flags.get(slot as usize).is_some_and(|flags| flags & (FIELD_HASHED | FIELD_SOUGHT) == 0)
            && let Some(place) = self.values.get_mut(slot as usize).filter(|_| slot != crate::json::ROOT)
        {
            *place = Value { kind: Some(ItemKind::String), text: text.as_bytes(), hash: 0 };
            return Ok(());
        }
        self.set_any(slot, value)
    }

    #[inline(never)]
    fn set_any(&mut self, slot: u32, value: FieldValue<'v>) -> Result<(), FieldError> {
        let at = slot as usize;
        let flags = self.flags.get(at).copied().ok_or(FieldError::UnknownSlot)?;
        let place = self.values.get_mut(at).filter(|_| slot != crate::json::ROOT).ok_or(FieldError::UnknownSlot)?;
        *place = Value { kind: Some(ItemKind::Opaque), ..Value::NOTHING };
        let (kind, text) = match value {
            FieldValue::Opaque => return Ok(()),
            FieldValue::Absent => (ItemKind::Absent, ""),
            // Null is absent where the law says so.
            FieldValue::Null if self.roots.contains(&slot) => (ItemKind::Absent, ""),
            FieldValue::Null => (ItemKind::Null, ""),
            FieldValue::Bool(value) => (ItemKind::Bool(value), ""),
            FieldValue::Number(text) if crate::json::reader::is_number(text.as_bytes()) => (ItemKind::Number, text),
            FieldValue::Number(_) => return Err(FieldError::Malformed),
            FieldValue::Object => (ItemKind::Object, ""),
            FieldValue::Json(text) => (check(text, self.keys.get_or_insert_with(Keys::new))?.into(), text),
            FieldValue::String(text) => (ItemKind::String, text),
        };
        let text = text.as_bytes();
        let mut hash = 0;
        if kind == ItemKind::String && flags & (FIELD_HASHED | FIELD_SOUGHT) != 0 {
            hash = crate::json::hash::hash(text);
        }
        if kind == ItemKind::Number
            && flags & FIELD_NUMERIC != 0
            && let Some(number) = self.numbers.get_mut(at)
        {
            *number = Number::parse(text);
        }
        *place = Value { kind: Some(kind), text, hash };
        Ok(())
    }

    /// Whether the values are those of a request to this policy.
    pub(crate) fn check(&self, policy: &Policy) -> Result<(), Refusal> {
        let name = self.values.get(self.action_name as usize).filter(|value| value.kind == Some(ItemKind::String));
        let is_name = name.is_some_and(|name| crate::request::is_action_name(Text::plain(name.text)));
        if is_name && self.artifact == policy.artifact_digest { Ok(()) } else { Err(no_action()) }
    }
}

impl Source for FieldValues<'_> {
    #[inline(always)]
    fn plain(&self, field: u32) -> Option<&[u8]> {
        self.values.get(field as usize).filter(|value| value.kind == Some(ItemKind::String)).map(|value| value.text)
    }

    #[cfg(not(target_family = "wasm"))]
    #[inline(always)]
    fn hashed(&self, field: u32) -> Option<(&[u8], u64)> {
        let value = self.values.get(field as usize).filter(|value| value.kind == Some(ItemKind::String))?;
        Some((value.text, value.hash))
    }

    #[inline(always)]
    fn number(&self, field: u32) -> Option<&Number> {
        self.values.get(field as usize).filter(|value| value.kind == Some(ItemKind::Number))?;
        self.numbers.get(field as usize)?.as_ref()
    }

    fn missing(&self) -> Item<'static> {
        Item::OPAQUE
    }

    #[inline]
    fn own(&self, field: u32) -> Option<Item<'_>> {
        let value = self.values.get(field as usize)?;
        Some(Item { kind: value.kind?, text: value.text, escaped: false, hash: value.hash, number: self.number(field) })
    }
}

/// The kind of a JSON text that is an array or an object under the law's limits.
pub(crate) fn check(text: &str, keys: &mut Keys) -> Result<Kind, FieldError> {
    // No white space around it, which would be taken for the value's own.
    match crate::json::skip(text.as_bytes(), 0, keys, 0, 0) {
        Some((kind @ (Kind::Array | Kind::Object), end)) if end == text.len() => Ok(kind),
        _ => Err(FieldError::Malformed),
    }
}
