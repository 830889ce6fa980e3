//! Conditions of `if`: section 7 of the law. An array is no value here but where a condition reads it as one.

use super::{Context, Evaluator, Quantifier, all, any};
use crate::artifact::format::{Op, PLACE_FIELD_MASK, PLACE_OF_ELEMENT, PLACE_SIZE};
use crate::item::{ELEMENTS_MAX, Item, ItemKind, Source};
use crate::json::Number;
use crate::json::text::Text;
use crate::json::walk::elements;
use crate::matcher::Tri;
use crate::matcher::wildcard::{self, Literal};
use crate::policy::Node;

/// A text of the request longer than this is neither looked for nor into, when both come from the request.
const TEXT_BYTES_MAX: usize = 4_096;

impl<'a, S: Source> Evaluator<'a, S> {
    pub(super) fn expression(&self, Node { op, a, b, c }: Node, context: Context<'a>) -> Tri {
        match op {
            Op::One => {
                let item = self.find(context, a);
                any(Self::children(b, c).map(|node| self.ask(node, item)))
            }
            Op::Same => match (self.side(context, a), self.side(context, b)) {
                (Side::Size(a), Side::Size(b)) => Tri::from(a == b),
                (Side::Size(size), Side::Item(item)) | (Side::Item(item), Side::Size(size)) => {
                    self.number(item).map_or(Tri::Unknown, |number| Tri::from(number == size))
                }
                (Side::Item(a), Side::Item(b)) => self.same(a, b),
                _ => Tri::Unknown,
            },
            Op::Ordered => {
                let number = |place: u32| match self.side(context, place) {
                    Side::Size(size) => Some(size),
                    Side::Item(item) => self.number(item),
                    Side::Untold => None,
                };
                let (Some(less), Some(more)) = (number(a), number(b)) else { return Tri::Unknown };
                Tri::from(if c == 1 { less <= more } else { less < more })
            }
            Op::StartsWith | Op::EndsWith | Op::Includes => self.look_for(op, self.find(context, a), self.find(context, b)),
            Op::Among => match self.own_elements(self.find(context, a)) {
                Some(own) => any(own.map(|element| self.ask(b, element))),
                None => Tri::Unknown,
            },
            Op::AmongOf => self.among(self.side(context, a), self.find(context, b)),
            Op::All | Op::Some => match self.bodies(a, context) {
                None => Tri::Unknown,
                Some(bodies) if op == Op::All => all(bodies.map(|body| self.condition(b, body, Quantifier::Any))),
                Some(bodies) => any(bodies.map(|body| self.condition(b, body, Quantifier::Any))),
            },
            _ => Tri::Unknown,
        }
    }

    /// The fields in doubt of a condition that is unknown.
    pub(super) fn doubts_of_expression(&self, Node { op, a, b, .. }: Node, context: Context<'a>, smallest: &mut Option<u32>) {
        match op {
            Op::All | Op::Some => match self.bodies(a, context) {
                None => self.smaller(a & PLACE_FIELD_MASK, smallest),
                Some(bodies) => {
                    for body in bodies {
                        if self.condition(b, body, Quantifier::Any).is_unknown() {
                            self.doubts(b, body, Quantifier::Any, smallest);
                        }
                    }
                }
            },
            Op::Same | Op::Ordered | Op::StartsWith | Op::EndsWith | Op::Includes | Op::AmongOf => {
                self.smaller(a & PLACE_FIELD_MASK, smallest);
                self.smaller(b & PLACE_FIELD_MASK, smallest);
            }
            _ => self.smaller(a & PLACE_FIELD_MASK, smallest),
        }
    }

    /// The value at a place. What is below an array is opaque.
    fn find(&self, context: Context<'a>, place: u32) -> Item<'a> {
        let field = place & PLACE_FIELD_MASK;
        if place & PLACE_OF_ELEMENT == 0 {
            let item = self.item(field);
            return if item.kind == ItemKind::Hidden { Item::OPAQUE } else { item };
        }
        let Context::Variable { element, array } = context else { return Item::OPAQUE };
        let mut item = element;
        // From the array's field down; no value is as deep as a path may be long.
        let mut down = self.distance(field, array);
        while let Some(above) = down.checked_sub(1) {
            if !matches!(item.kind, ItemKind::Object) {
                return if item.kind == ItemKind::Absent { Item::ABSENT } else { Item::OPAQUE };
            }
            let Some(field) = self.ancestor(field, above) else { return Item::OPAQUE };
            self.scan(item.text);
            item = item.member(self.policy.bytes(field.key));
            down = above;
        }
        item
    }

    /// How many fields `field` lies below `array`.
    fn distance(&self, field: u32, array: u32) -> u32 {
        let (mut at, mut distance) = (field, 0_u32);
        while at != array {
            // INVARIANT: parents have smaller numbers, so this ends; the root has none.
            let Some(record) = self.policy.field(at) else { return u32::MAX };
            at = record.parent;
            distance = distance.wrapping_add(1);
        }
        distance
    }

    fn ancestor(&self, field: u32, above: u32) -> Option<&'a crate::policy::Field> {
        (0..above).try_fold(self.policy.field(field)?, |field, _| self.policy.field(field.parent))
    }

    fn side(&self, context: Context<'a>, place: u32) -> Side<'a> {
        let item = self.find(context, place);
        if place & PLACE_SIZE == 0 {
            return Side::Item(item);
        }
        self.length(item).map_or(Side::Untold, |length| Side::Size(Number::from_u64(u64::from(length))))
    }

    fn number(&self, item: Item<'a>) -> Option<Number> {
        self.scan(item.text);
        item.number()
    }

    /// The elements of an array as they stand, unless there are too many.
    fn own_elements(&self, item: Item<'a>) -> Option<impl Iterator<Item = Item<'a>>> {
        if item.kind != ItemKind::Array {
            return None;
        }
        self.scan(item.text);
        if elements(item.text).take(ELEMENTS_MAX.wrapping_add(1)).count() > ELEMENTS_MAX {
            return None;
        }
        self.scan(item.text);
        Some(elements(item.text).map(Item::from))
    }

    /// What `all` and `exists` evaluate their condition in, once for each element; `None` if there is none or too many.
    fn bodies(&self, place: u32, context: Context<'a>) -> Option<impl Iterator<Item = Context<'a>>> {
        let array = place & PLACE_FIELD_MASK;
        let mut own = self.own_elements(self.find(context, place))?.peekable();
        own.peek()?;
        Some(own.map(move |element| Context::Variable { element, array }))
    }

    // Conditions nest, and this has kilobytes on the stack.
    #[inline(never)]
    fn look_for(&self, op: Op, text: Item<'a>, sought: Item<'a>) -> Tri {
        self.scan(text.text);
        self.scan(sought.text);
        let (Some(text), Some(sought)) = (text.string(), sought.string()) else { return Tri::Unknown };
        let (mut text_buffer, mut sought_buffer) = ([0; TEXT_BYTES_MAX], [0; TEXT_BYTES_MAX]);
        let (Some(text), Some(sought)) = (short(text, &mut text_buffer), short(sought, &mut sought_buffer)) else { return Tri::Unknown };
        Tri::from(match op {
            Op::StartsWith => text.starts_with(sought),
            Op::EndsWith => text.ends_with(sought),
            _ => {
                let mut table = [0; TEXT_BYTES_MAX];
                let failure = table.get_mut(..sought.len()).unwrap_or_default();
                wildcard::failure(sought, failure);
                wildcard::contains_slice(text, Literal { bytes: sought, failure })
            }
        })
    }

    /// `in` an array of the request.
    fn among(&self, side: Side<'a>, array: Item<'a>) -> Tri {
        if let Side::Item(item) = side
            && matches!(item.kind, ItemKind::Absent | ItemKind::Opaque | ItemKind::Array | ItemKind::Hidden)
        {
            return Tri::Unknown;
        }
        let Some(own) = self.own_elements(array) else { return Tri::Unknown };
        match side {
            Side::Untold => Tri::Unknown,
            Side::Size(size) => any(own.map(|element| self.number(element).map_or(Tri::Unknown, |number| Tri::from(number == size)))),
            Side::Item(item) => {
                // Read once, not for each element.
                let number = self.number(item);
                let item = Item { number: number.as_ref(), ..item };
                any(own.map(|element| self.same(item, element)))
            }
        }
    }
}

/// One side of a comparison.
#[derive(Clone, Copy)]
enum Side<'a> {
    Item(Item<'a>),
    Size(Number),
    /// The size of what has none.
    Untold,
}

/// A text as it is meant, unless it is too long.
fn short<'b>(text: Text<'b>, buffer: &'b mut [u8; TEXT_BYTES_MAX]) -> Option<&'b [u8]> {
    match text.as_plain() {
        Some(plain) => Some(plain).filter(|plain| plain.len() <= TEXT_BYTES_MAX),
        None => {
            let mut len = 0_usize;
            for byte in text.bytes() {
                *buffer.get_mut(len)? = byte;
                len = len.wrapping_add(1);
            }
            buffer.get(..len)
        }
    }
}
