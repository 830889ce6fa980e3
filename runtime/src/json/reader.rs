//! The strict reader: one pass over the bytes, every fault of the law's section 3, and no allocation.

use super::{
    keys::Keys,
    reason::{Reason, Refusal},
    scan::{digits, hex, sequence_len, special, token, word},
    text::Text,
    walk::Value,
};
use toolgate_scan::{numerals, stops};

/// What the reader tells about a request while it reads it.
///
/// Told about a text that is refused in the end too, up to some point after its fault: the caller drops what it has
/// been told when [`read`] does not return `Ok`.
pub trait Visit {
    /// A member of the object that is `parent`, whose key's opening quote is at `at`; `key_hash` is [`Text::hash`] of
    /// the key. The answer is the node of the member's value, [`NONE`] for one that nobody wants. Not called for
    /// members of a value that is `NONE`.
    ///
    /// For one parent and one key it must always be the same answer, and asking must change nothing: where
    /// [`Shapes`](super::Shapes) are used, a member is only asked for when a text is new.
    fn member(&mut self, parent: u32, key: Text<'_>, key_hash: u64, at: u32) -> u32;

    /// The value of `node`, which is not [`NONE`]; objects and arrays come at their end, after their members.
    fn value(&mut self, node: u32, value: Span);

    /// The text is read again from its start: what has been told of it is to be dropped. [`read`] never calls this.
    fn restart(&mut self);
}

/// Wants no member.
pub(crate) struct Nothing;

impl Visit for Nothing {
    fn member(&mut self, _: u32, _: Text<'_>, _: u64, _: u32) -> u32 {
        NONE
    }

    fn value(&mut self, _: u32, _: Span) {}

    fn restart(&mut self) {}
}

/// The node of the outermost object.
pub const ROOT: u32 = 0;

/// The node of a value that nobody wants: it is validated like any other, and so is everything in it. Elements of
/// arrays always are.
pub const NONE: u32 = u32::MAX;

/// The type of a value; a bool is told whole.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number
    Number,
    /// A string
    String,
    /// An array
    Array,
    /// An object
    Object,
}

/// Where a value stands in the request.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// Its type.
    pub kind: Kind,
    /// The first byte of the value as written; of a string the one after the quote.
    pub start: u32,
    /// The byte after it; of a string the closing quote.
    pub end: u32,
    /// Whether a string is written with escapes.
    pub escaped: bool,
}

impl Span {
    /// The value in the `request` that was read.
    #[must_use]
    #[inline]
    pub fn of<'a>(&self, request: &'a [u8]) -> Value<'a> {
        let text = request.get(self.start as usize..self.end as usize).unwrap_or_default();
        Value { kind: self.kind, text, escaped: self.escaped }
    }

    /// The offset of the value itself, a string's quote included.
    #[must_use]
    #[inline]
    pub const fn offset(&self) -> u32 {
        self.start.saturating_sub(matches!(self.kind, Kind::String) as u32)
    }
}

/// Reads `bytes` as one JSON object under the limits of the law and tells `visit` of the members it wants.
///
/// # Allocation and time
/// None. O(n log n) in the length of `bytes` whatever they hold, linear unless an object has more than
/// 16 keys.
///
/// # Errors
/// Of all byte-level faults the one with the smallest offset, of those at one offset the first of [`Reason`]'s order;
/// if there is none and the value is no object, [`Reason::NotAnObject`].
///
/// # Panics
/// Never, for any bytes.
pub fn read<V: Visit>(bytes: &[u8], keys: &mut Keys, visit: &mut V) -> Result<(), Refusal> {
    read_by(&mut Marks, bytes, keys, visit)
}

/// How the ends of strings are found.
pub(super) trait Ends {
    /// The closing quote of the string whose contents begin at `at`, and whether they have escapes.
    fn string_end(&mut self, bytes: &[u8], at: usize) -> Result<(usize, bool), Refusal>;
}

/// By the marks of the bytes behind each quote.
struct Marks;

impl Ends for Marks {
    #[inline(always)]
    fn string_end(&mut self, bytes: &[u8], at: usize) -> Result<(usize, bool), Refusal> {
        string_end(bytes, at)
    }
}

/// As [`read`].
#[inline(always)]
pub(super) fn read_by<E: Ends, V: Visit>(ends: &mut E, bytes: &[u8], keys: &mut Keys, visit: &mut V) -> Result<(), Refusal> {
    if bytes.len() > BYTES_MAX {
        return Err(refusal(Reason::TooLarge, BYTES_MAX));
    }
    keys.begin(0, 0);
    let (at, byte) = token(bytes, 0);
    let node = if byte == b'{' { ROOT } else { NONE };
    let kind = read_value(ends, bytes, at, node, keys, one_for_all(visit))
        .and_then(|(kind, end)| match token(bytes, end) {
            (at, _) if at < bytes.len() => Err(refusal(Reason::TrailingData, at)),
            _ => Ok(kind),
        })
        .map_err(|fault| keys.first_duplicate(bytes).unwrap_or_else(|| ill_formed_first(bytes, fault)))?;
    if kind == Kind::Object { Ok(()) } else { Err(refusal(Reason::NotAnObject, 0)) }
}

/// The type and the end of the value that begins at `at` inside of so many containers whose objects have so many keys;
/// nothing in it has a node. `None` if it cannot stand there: why, reading the whole text tells.
#[inline(never)]
pub(crate) fn skip(bytes: &[u8], at: usize, keys: &mut Keys, depth: usize, count: usize) -> Option<(Kind, usize)> {
    if bytes.len() > BYTES_MAX {
        return None;
    }
    keys.begin(depth, count);
    read_value(&mut Marks, bytes, at, NONE, keys, one_for_all(&mut Nothing)).ok()
}

/// Reads the value of `node` that begins at `at`, whatever it is: its type and its end. Stops at the first fault that
/// shows; only duplicates may have stood before it.
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
fn read_value<E: Ends, V: Visit + ?Sized>(
    ends: &mut E,
    bytes: &[u8],
    mut at: usize,
    mut node: u32,
    keys: &mut Keys,
    visit: &mut V,
) -> Result<(Kind, usize), Refusal> {
    let mut byte = bytes.get(at).copied().unwrap_or(0);
    // What closes the innermost container; 0 outside.
    let mut closer = 0;
    loop {
        // A value of `node` begins with `byte` at `at`. Behind it, and behind an opening bracket, comes `byte` again.
        let mut is_opening = false;
        if byte == b'"' {
            let start = at.wrapping_add(1);
            let (end, escaped) = ends.string_end(bytes, start)?;
            tell(visit, node, Kind::String, start, end, escaped);
            let end = end.wrapping_add(1);
            if closer == 0 {
                return Ok((Kind::String, end));
            }
            (at, byte) = token(bytes, end);
        } else if byte == b'{' || byte == b'[' {
            keys.open(node, at, byte == b'[')?;
            is_opening = true;
            closer = byte.wrapping_add(2);
            (at, byte) = token(bytes, at.wrapping_add(1));
        } else {
            let (kind, end) = scalar(bytes, at, byte)?;
            tell(visit, node, kind, at, end, false);
            if closer == 0 {
                return Ok((kind, end));
            }
            (at, byte) = token(bytes, end);
        }
        // Closing brackets, and then the comma before the next member or element.
        loop {
            if byte == closer {
                let level = keys.close(bytes)?;
                let kind = if level.is_array { Kind::Array } else { Kind::Object };
                let end = at.wrapping_add(1);
                tell(visit, level.node, kind, level.at as usize, end, false);
                match keys.innermost() {
                    Some(outer) => closer = if outer.is_array { b']' } else { b'}' },
                    None => return Ok((kind, end)),
                }
                (at, byte) = token(bytes, end);
                is_opening = false;
                continue;
            }
            if !is_opening {
                if byte != b',' {
                    return Err(refusal(Reason::InvalidJson, at));
                }
                (at, byte) = token(bytes, at.wrapping_add(1));
            }
            break;
        }
        if closer == b']' {
            node = NONE;
            continue;
        }
        // A key.
        if byte != b'"' {
            return Err(refusal(Reason::InvalidJson, at));
        }
        if keys.is_full() {
            return Err(refusal(Reason::TooManyMembers, at));
        }
        let start = at.wrapping_add(1);
        let (end, escaped) = ends.string_end(bytes, start)?;
        let hash = Text::hash_within(bytes, start, end, escaped);
        keys.insert(bytes, hash, start, end, escaped)?;
        let parent = keys.innermost().map_or(NONE, |level| level.node);
        node = if parent == NONE {
            NONE
        } else {
            visit.member(parent, Text::written(bytes.get(start..end).unwrap_or_default(), escaped), hash, at as u32)
        };
        (at, byte) = token(bytes, end.wrapping_add(1));
        if byte != b':' {
            return Err(refusal(Reason::InvalidJson, at));
        }
        (at, byte) = token(bytes, at.wrapping_add(1));
    }
}

/// The reader is compiled for each visitor.
#[cfg(not(target_arch = "wasm32"))]
fn one_for_all<V: Visit>(visit: &mut V) -> &mut V {
    visit
}

/// The reader is there once, whoever visits: a module has to be small.
#[cfg(target_arch = "wasm32")]
fn one_for_all<V: Visit>(visit: &mut V) -> &mut dyn Visit {
    visit
}

#[inline(always)]
fn tell<V: Visit + ?Sized>(visit: &mut V, node: u32, kind: Kind, start: usize, end: usize, escaped: bool) {
    if node != NONE {
        visit.value(node, Span { kind, start: start as u32, end: end as u32, escaped });
    }
}

/// A number or a literal that begins with `byte` at `at`: its type and its end.
#[inline(always)]
pub(super) fn scalar(bytes: &[u8], at: usize, byte: u8) -> Result<(Kind, usize), Refusal> {
    let (kind, literal): (Kind, &[u8]) = match byte {
        b'-' | b'0'..=b'9' => return Ok((Kind::Number, number_end(bytes, at)?)),
        b't' => (Kind::Bool(true), b"true"),
        b'f' => (Kind::Bool(false), b"false"),
        b'n' => (Kind::Null, b"null"),
        _ => return Err(refusal(Reason::InvalidJson, at)),
    };
    let end = at.wrapping_add(literal.len());
    if bytes.get(at..end) == Some(literal) { Ok((kind, end)) } else { Err(literal_fault(bytes, at, literal)) }
}

/// The first byte at which `literal` does not stand in `bytes`.
#[cold]
fn literal_fault(bytes: &[u8], at: usize, literal: &[u8]) -> Refusal {
    let rest = bytes.get(at..).unwrap_or_default();
    let same = rest.iter().zip(literal).take_while(|(found, wanted)| found == wanted).count();
    refusal(Reason::InvalidJson, at.wrapping_add(same))
}

/// Whether the text is one JSON number and nothing else.
pub(crate) fn is_number(text: &[u8]) -> bool {
    is_plain_number(text) || (text.len() <= BYTES_MAX && is_any_number(text))
}

fn is_any_number(text: &[u8]) -> bool {
    matches!(scalar(text, 0, text.first().copied().unwrap_or(0)), Ok((Kind::Number, end)) if end == text.len())
}

/// Digits with one point between them or none, as most numbers are written; few enough that counting is quicker than reading.
#[inline]
fn is_plain_number(text: &[u8]) -> bool {
    let [b'1'..=b'9', between @ .., b'0'..=b'9'] = text else { return false };
    let others = between.iter().filter(|byte| !byte.is_ascii_digit()).count();
    between.len() < 16 && others <= 1 && (others == 0 || between.contains(&b'.'))
}

/// The end of the number that begins at `at` with a digit or a minus sign.
#[inline]
pub(super) fn number_end(bytes: &[u8], at: usize) -> Result<usize, Refusal> {
    let digits = |start: usize| {
        let end = digits_end(bytes, start);
        // One digit or more.
        if end == start { Err(refusal(Reason::InvalidJson, start)) } else { Ok(end) }
    };
    let whole = if bytes.get(at) == Some(&b'-') { at.wrapping_add(1) } else { at };
    let mut end = digits(whole)?;
    if bytes.get(whole) == Some(&b'0') && end > whole.wrapping_add(1) {
        return Err(refusal(Reason::InvalidJson, whole.wrapping_add(1)));
    }
    if bytes.get(end) == Some(&b'.') {
        end = digits(end.wrapping_add(1))?;
    }
    if let Some(b'e' | b'E') = bytes.get(end) {
        end = end.wrapping_add(1);
        if let Some(b'+' | b'-') = bytes.get(end) {
            end = end.wrapping_add(1);
        }
        end = digits(end)?;
    }
    Ok(end)
}

/// The end of the number that begins at `at` with a digit, if it is short and has neither a leading zero nor an exponent: most are
/// that.
#[cfg(not(target_family = "wasm"))]
#[inline(always)]
pub(super) fn decimal_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let (block, before) = match rest.first_chunk() {
        Some(block) => (block, 0),
        // The last bytes, some of which stand before the number.
        None => (bytes.last_chunk::<16>()?, 16_usize.wrapping_sub(rest.len())),
    };
    let (digits, points) = numerals(block);
    let (others, points) = ((!digits).unbounded_shr(before as u32), points.unbounded_shr(before as u32));
    // One branch, at the end: whether a number has a point cannot be foretold.
    let point = others & others.wrapping_neg() & points;
    let ends = others ^ point;
    let len = ends.trailing_zeros() as usize;
    // A digit stands before the point and one behind it, and neither an exponent nor an end of the block behind the last.
    let is_plain = (others & 1 == 0) & ((point << 1) & ends == 0) & (len < rest.len().min(16));
    let is_plain = is_plain && rest.first() != Some(&b'0') && !matches!(rest.get(len), Some(b'e' | b'E'));
    if is_plain { Some(at.wrapping_add(len)) } else { None }
}

/// The end of the digits that begin at `at`.
#[inline]
fn digits_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(word) = word(bytes, at) {
        let count = digits(word);
        at = at.wrapping_add(count);
        if count < 8 {
            return at;
        }
    }
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at = at.wrapping_add(1);
    }
    at
}

/// The closing quote of the string whose contents begin at `at`, and whether they have escapes.
#[inline]
pub(super) fn string_end(bytes: &[u8], mut at: usize) -> Result<(usize, bool), Refusal> {
    // The module of WebAssembly has a limit to its size, and this only is the shorter way to the same answer.
    if cfg!(not(target_family = "wasm"))
        && let Some(part) = bytes.get(at..).and_then(|rest| rest.first_chunk())
    {
        at = at.wrapping_add(stops(part).trailing_zeros() as usize);
        if bytes.get(at) == Some(&b'"') {
            return Ok((at, false));
        }
    }
    while let Some(word) = word(bytes, at) {
        if let Some(index) = special(word) {
            at = at.wrapping_add(index);
            if bytes.get(at) == Some(&b'"') {
                return Ok((at, false));
            }
            break;
        }
        at = at.wrapping_add(8);
    }
    string_end_slowly(bytes, at)
}

/// The same from a byte on that is not plain, or in the last bytes of the request.
#[inline(never)]
pub(super) fn string_end_slowly(bytes: &[u8], mut at: usize) -> Result<(usize, bool), Refusal> {
    let mut escaped = false;
    loop {
        match bytes.get(at) {
            Some(b'"') => return Ok((at, escaped)),
            Some(b'\\') => {
                escaped = true;
                at = escape_end(bytes, at)?;
                continue;
            }
            Some(0x80..) => match sequence_len(bytes, at) {
                Some(len) => {
                    at = at.wrapping_add(len);
                    continue;
                }
                None => return Err(refusal(Reason::InvalidUtf8, at)),
            },
            Some(0x20..) => {}
            Some(_) | None => return Err(refusal(Reason::InvalidJson, at)),
        }
        match word(bytes, at).map(special) {
            Some(Some(index)) => at = at.wrapping_add(index),
            Some(None) => at = at.wrapping_add(8),
            None => at = at.wrapping_add(1),
        }
    }
}

/// The end of the escape whose backslash is at `at`, or of two that are a surrogate pair.
///
/// Where the input ends before it is clear what the escape is, the fault is the end of the input; where it is clear that
/// it is none, the fault is at the backslash. A high surrogate that no whole low one follows is alone, also where the input
/// ends: of the two faults its own has the smaller offset.
fn escape_end(bytes: &[u8], at: usize) -> Result<usize, Refusal> {
    let bad = refusal(Reason::InvalidJson, at);
    let ended = refusal(Reason::InvalidJson, bytes.len());
    match bytes.get(at.wrapping_add(1)) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => return Ok(at.wrapping_add(2)),
        Some(b'u') => {}
        Some(_) => return Err(bad),
        None => return Err(ended),
    }
    let digits = at.wrapping_add(2);
    let mut unit = 0;
    for index in 0..4 {
        let digit = *bytes.get(digits.wrapping_add(index)).ok_or(ended)?;
        unit = (unit << 4) | hex(digit).ok_or(bad)?;
    }
    let end = digits.wrapping_add(4);
    let lone = refusal(Reason::LoneSurrogate, at);
    match unit {
        0xdc00..=0xdfff => Err(lone),
        0xd800..=0xdbff => {
            const LOW: [fn(u8) -> bool; 6] = [
                |byte| byte == b'\\',
                |byte| byte == b'u',
                |byte| matches!(byte, b'd' | b'D'),
                |byte| matches!(byte, b'c'..=b'f' | b'C'..=b'F'),
                |byte| byte.is_ascii_hexdigit(),
                |byte| byte.is_ascii_hexdigit(),
            ];
            for (index, fits) in LOW.iter().enumerate() {
                if !bytes.get(end.wrapping_add(index)).is_some_and(|byte| fits(*byte)) {
                    return Err(lone);
                }
            }
            Ok(end.wrapping_add(LOW.len()))
        }
        _ => Ok(end),
    }
}

/// `fault`, unless the byte that cannot stand there is ill-formed UTF-8 as well: that is the earlier reason.
#[cold]
fn ill_formed_first(bytes: &[u8], fault: Refusal) -> Refusal {
    let at = fault.offset as usize;
    let is_grammar = matches!(fault.reason, Reason::InvalidJson | Reason::TrailingData);
    if is_grammar && bytes.get(at).is_some_and(|byte| *byte >= 0x80) && sequence_len(bytes, at).is_none() {
        return refusal(Reason::InvalidUtf8, at);
    }
    fault
}

#[inline]
pub(super) const fn refusal(reason: Reason, at: usize) -> Refusal {
    // INVARIANT: no offset is beyond BYTES_MAX.
    Refusal { reason, offset: at as u32 }
}

/// Bytes of a request.
pub const BYTES_MAX: usize = 1_048_576;
/// Containers inside one another, the outermost included.
pub const DEPTH_MAX: usize = 64;
/// Members of all objects that are open at one time.
pub const MEMBERS_MAX: usize = 4_096;

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn plain_numbers_are_numbers() {
        let mut texts = vec![vec![]];
        let mut plain = 0;
        for _ in 0..5 {
            texts = texts.iter().flat_map(|text| b"019.-e+ ".map(|byte| [text.as_slice(), &[byte]].concat())).collect();
            for text in &texts {
                assert!(!is_plain_number(text) || is_any_number(text), "{text:?}");
                plain += usize::from(is_plain_number(text));
            }
        }
        assert!(plain > 100);
        assert!(is_plain_number(b"1234567.8") && !is_plain_number(b"1e5") && is_number(b"1e5") && !is_number(b"1.2.3"));
    }
}
