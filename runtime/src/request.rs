//! The request: what the reader finds goes into the scratch, and the top-level members get their one form.

use crate::item::ItemKind;
use crate::json::prints;
use crate::json::text::Text;
use crate::json::{Keys, NONE, ROOT, Reason, Refusal, Shapes, Span, Visit};
use crate::policy::Policy;
use crate::scratch::RequestFields;

/// Reads a request into the scratch.
///
/// # Errors
/// The law's section 3: the byte-level fault with the smallest offset, else the first rule of the rest that is broken.
pub(crate) fn read(policy: &Policy, bytes: &[u8], keys: &mut Keys, shapes: &mut Shapes, fields: &mut RequestFields) -> Result<(), Refusal> {
    fields.begin();
    let mut extract = Extract { policy, bytes, fields, sought: (NONE, 0) };
    shapes.read(bytes, keys, &mut extract)?;
    extract.bring_entry_near();
    normalise(policy, bytes, fields)
}

/// Puts the values of the fields that the policy reads into their slots.
struct Extract<'a> {
    policy: &'a Policy,
    bytes: &'a [u8],
    fields: &'a mut RequestFields,
    /// The slot of a table that was asked for last, and the hash of what is looked up there. What it names is asked for when the next
    /// one is: by then it has come.
    sought: (u32, u64),
}

impl Extract<'_> {
    /// Apart, so that the reader's loop does not carry it along.
    #[cfg_attr(not(target_family = "wasm"), inline(never))]
    fn prepare(&mut self, node: u32) {
        let hash = self.fields.prepare(node, self.bytes);
        if hash != 0
            && let Some(slot) = self.policy.bring_slot_near(node, hash)
        {
            self.bring_entry_near();
            self.sought = (slot, hash);
        }
    }

    #[inline(always)]
    fn bring_entry_near(&self) {
        // No slot is sought where the policy is small.
        let (slot, hash) = self.sought;
        if slot != NONE {
            self.policy.bring_entry_of_slot_near(slot, hash);
        }
    }
}

impl Policy {
    /// The node of an `input` that is written at the top: behind all fields.
    fn top_input(&self) -> u32 {
        // INVARIANT: the artifact says in one word how many fields there are.
        self.fields.len() as u32
    }
}

impl Visit for Extract<'_> {
    #[inline]
    fn member(&mut self, parent: u32, key: Text<'_>, key_hash: u64, _at: u32) -> u32 {
        let parent = if parent == self.policy.top_input() { self.policy.known.action_input } else { parent };
        let found = self.policy.child(parent, key, key_hash);
        if found == NONE && parent == ROOT && key.eq_bytes(b"input") { self.policy.top_input() } else { found }
    }

    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn value(&mut self, node: u32, span: Span) {
        if self.fields.place(node, span) {
            self.prepare(node);
        }
    }

    fn restart(&mut self) {
        self.fields.begin();
    }
}

impl Policy {
    /// The field of a key under a field, or [`NONE`].
    #[inline]
    fn child(&self, parent: u32, key: Text<'_>, key_hash: u64) -> u32 {
        let Some(parent) = self.field(parent) else { return NONE };
        let children = crate::policy::range(&self.fields, (parent.first_child, parent.child_count));
        // The half of the hash that is kept, by which siblings are sorted.
        let hash = key_hash as u32;
        let from = if children.len() <= FEW { 0 } else { children.partition_point(|child| child.key_hash < hash) };
        for (position, child) in (from..).zip(children.iter().skip(from)) {
            if child.key_hash == hash && key.eq_bytes(self.bytes(child.key)) {
                // INVARIANT: the range was inside, so its end is a `u32`.
                return parent.first_child.wrapping_add(position as u32);
            }
            if child.key_hash > hash {
                break;
            }
        }
        NONE
    }
}

/// So many siblings are looked through rather than searched.
const FEW: usize = 8;

fn refuse(reason: Reason, offset: u32) -> Result<(), Refusal> {
    Err(Refusal { reason, offset })
}

fn normalise(policy: &Policy, bytes: &[u8], fields: &mut RequestFields) -> Result<(), Refusal> {
    let known = &policy.known;
    let is_usual = |field: u32| !fields.is_there(field) || fields.is_object(field);
    // The module of WebAssembly has a limit to its size, and this only is the shorter way.
    let are_usual = cfg!(not(target_family = "wasm"))
        && fields.is_object(known.action)
        && [known.actor, known.resource, known.context, known.action_input].into_iter().all(is_usual)
        && !fields.is_there(policy.top_input());
    if !are_usual {
        normalise_any(policy, bytes, fields)?;
    }
    match fields.kind_and_offset(known.action_name) {
        None => refuse(Reason::Action, fields.kind_and_offset(known.action).map_or(0, |(_, at)| at)),
        Some((ItemKind::String, at)) => {
            let name = fields.span(known.action_name).and_then(|span| span.of(bytes).as_text());
            if name.is_some_and(is_action_name) { Ok(()) } else { refuse(Reason::Action, at) }
        }
        Some((_, at)) => refuse(Reason::Action, at),
    }
}

/// Gives the top-level members their one form, whatever they are.
#[cfg_attr(not(target_family = "wasm"), inline(never))]
fn normalise_any(policy: &Policy, bytes: &[u8], fields: &mut RequestFields) -> Result<(), Refusal> {
    let known = &policy.known;
    let action = fields.kind_and_offset(known.action);
    if let Some((kind, at)) = action
        && !matches!(kind, ItemKind::String | ItemKind::Object)
    {
        return refuse(Reason::MemberType, at);
    }
    for (field, name_field) in [(known.actor, Some(known.actor_id)), (known.resource, Some(known.resource_id)), (known.context, None)] {
        match fields.kind_and_offset(field) {
            None | Some((ItemKind::Object, _)) => {}
            Some((ItemKind::Null, _)) => fields.set_kind(field, ItemKind::Absent),
            Some((ItemKind::String, at)) => match name_field {
                Some(name_field) => expand(bytes, fields, field, name_field),
                None => return refuse(Reason::MemberType, at),
            },
            Some((_, at)) => return refuse(Reason::MemberType, at),
        }
    }
    let (own, top) = (fields.kind_and_offset(known.action_input), fields.kind_and_offset(policy.top_input()));
    // Of two wrong inputs the action's own is told: it is what the law calls the input.
    if let Some((_, at)) = [own, top].into_iter().flatten().find(|(kind, _)| !matches!(kind, ItemKind::Object | ItemKind::Null)) {
        return refuse(Reason::MemberType, at);
    }
    if let (Some((_, at)), Some(_)) = (top, own) {
        return refuse(Reason::ConflictingInput, at);
    }
    if top.is_some() {
        fields.copy(policy.top_input(), known.action_input);
    }
    if let Some((ItemKind::Null, _)) = top.or(own) {
        fields.set_kind(known.action_input, ItemKind::Absent);
    }
    match action {
        None => refuse(Reason::Action, 0),
        Some((ItemKind::String, _)) => {
            expand(bytes, fields, known.action, known.action_name);
            Ok(())
        }
        Some(_) => Ok(()),
    }
}

/// Makes the string `"x"` the object `{"id": "x"}` or `{"name": "x"}`.
fn expand(bytes: &[u8], fields: &mut RequestFields, field: u32, name_field: u32) {
    if let Some(span) = fields.span(field) {
        fields.put(name_field, span, bytes);
        fields.set_kind(field, ItemKind::Object);
    }
}

/// Non-empty, no space at either end, and none of the law's controls, odd spaces, invisible and bidirectional marks.
pub(crate) fn is_action_name(name: Text<'_>) -> bool {
    if let Some(plain) = name.as_plain()
        && is_graphic(plain)
    {
        return !plain.is_empty();
    }
    let mut first = None;
    let mut last = None;
    let mut decoder = Decoder(name.bytes());
    for character in decoder.by_ref() {
        first = first.or(Some(character));
        last = Some(character);
        if matches!(
            character,
            0..=0x1f | 0x7f..=0xa0 | 0xad | 0x1680 | 0x2000..=0x200f | 0x2028..=0x202f | 0x205f..=0x206f | 0x3000 | 0xfeff
        ) {
            return false;
        }
    }
    first.is_some() && first != Some(0x20) && last != Some(0x20)
}

/// Whether all of it is ASCII that prints, without spaces.
fn is_graphic(text: &[u8]) -> bool {
    if cfg!(target_arch = "wasm32") {
        return text.iter().all(u8::is_ascii_graphic);
    }
    let (words, rest) = text.as_chunks::<8>();
    let rest_prints = match text.last_chunk::<8>() {
        // The last eight bytes overlap the word before.
        Some(last) => prints(u64::from_le_bytes(*last)),
        None => rest.iter().all(u8::is_ascii_graphic),
    };
    rest_prints && words.iter().all(|word| prints(u64::from_le_bytes(*word)))
}

/// Code points of bytes that are known to be UTF-8.
struct Decoder<I>(I);

impl<I: Iterator<Item = u8>> Iterator for Decoder<I> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let lead = self.0.next()?;
        let (mut point, more) = match lead {
            0..=0x7f => (u32::from(lead), 0),
            0x80..=0xdf => (u32::from(lead & 0x1f), 1),
            0xe0..=0xef => (u32::from(lead & 0x0f), 2),
            _ => (u32::from(lead & 0x07), 3),
        };
        for _ in 0..more {
            point = point << 6 | u32::from(self.0.next()? & 0x3f);
        }
        Some(point)
    }
}
