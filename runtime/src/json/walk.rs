//! Cursors over values the reader has accepted: elements of arrays, members of objects, linear and without recursion.

use super::{
    number::Number,
    reader::Kind,
    scan::{quote_or_backslash, quote_or_bracket, token, word},
    text::Text,
};
use toolgate_scan::stops;

/// A value of an accepted request.
#[derive(Copy, Clone, Debug)]
pub struct Value<'a> {
    /// Its type.
    pub kind: Kind,
    /// The value as written; of a string what is between the quotes.
    pub text: &'a [u8],
    /// Whether a string is written with escapes.
    pub escaped: bool,
}

impl<'a> Value<'a> {
    /// The string, if it is one.
    #[must_use]
    #[inline]
    pub fn as_text(&self) -> Option<Text<'a>> {
        (self.kind == Kind::String).then_some(Text::written(self.text, self.escaped))
    }

    /// The number, if it is a representable one.
    #[must_use]
    pub fn as_number(&self) -> Option<Number> {
        if self.kind == Kind::Number { Number::parse(self.text) } else { None }
    }

    /// The string whose opening quote is at `at`, and the offset behind it.
    #[inline(always)]
    fn string(text: &'a [u8], at: usize) -> Option<(Self, usize)> {
        let start = at.wrapping_add(1);
        let (end, escaped) = string_end(text, start);
        Some((Self { kind: Kind::String, text: text.get(start..end)?, escaped }, end.wrapping_add(1)))
    }

    /// The value that begins at `at`, and the offset behind it.
    #[inline]
    pub(super) fn begin(text: &'a [u8], at: usize) -> Option<(Self, usize)> {
        let (kind, end) = match *text.get(at)? {
            b'"' => return Self::string(text, at),
            b'{' => (Kind::Object, container_end(text, at)),
            b'[' => (Kind::Array, container_end(text, at)),
            b't' => (Kind::Bool(true), at.wrapping_add(4)),
            b'f' => (Kind::Bool(false), at.wrapping_add(5)),
            b'n' => (Kind::Null, at.wrapping_add(4)),
            b'-' | b'0'..=b'9' => (Kind::Number, number_end(text, at)),
            _ => return None,
        };
        Some((Self { kind, text: text.get(at..end)?, escaped: false }, end))
    }
}

/// The own elements of the array `text`, nested arrays as they stand.
#[must_use]
pub fn elements(text: &[u8]) -> Elements<'_> {
    Elements { text, at: 1 }
}

/// The elements of the array `text` with nested arrays dissolved at any depth.
#[must_use]
pub fn flattened(text: &[u8]) -> Flattened<'_> {
    Flattened { text, at: 0 }
}

/// How many elements [`flattened`] has; no more than `limit` are counted, nor is the text behind them read.
#[must_use]
pub fn flatten_count_up_to(text: &[u8], limit: usize) -> usize {
    flattened(text).take(limit).count()
}

/// The members of the object `text`, in the order they are written.
#[must_use]
pub fn members(text: &[u8]) -> Members<'_> {
    Members { text, at: 1 }
}

/// The value of the member `key` of the object `text`.
#[must_use]
pub fn member<'a>(text: &'a [u8], key: &[u8]) -> Option<Value<'a>> {
    members(text).find(|(name, _)| name.eq_bytes(key)).map(|(_, value)| value)
}

/// See [`elements`].
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let (mut at, mut byte) = token(self.text, self.at);
        if byte == b',' {
            (at, byte) = token(self.text, at.wrapping_add(1));
        }
        if byte == b']' {
            return None;
        }
        let (value, end) = Value::begin(self.text, at)?;
        self.at = end;
        Some(value)
    }
}

/// See [`flattened`]. Brackets of arrays are passed over like commas, so there is no stack to keep.
#[derive(Clone, Debug)]
pub struct Flattened<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Flattened<'a> {
    type Item = Value<'a>;

    #[cfg_attr(not(target_family = "wasm"), inline(always))]
    fn next(&mut self) -> Option<Value<'a>> {
        // Long arrays are mostly of strings. The module of WebAssembly has a limit to its size.
        if cfg!(not(target_family = "wasm")) && self.text.get(self.at..).is_some_and(|rest| rest.starts_with(b",\"")) {
            let (value, end) = Value::string(self.text, self.at.wrapping_add(1))?;
            self.at = end;
            return Some(value);
        }
        self.next_slowly()
    }
}

impl<'a> Flattened<'a> {
    /// The next element, whatever it is.
    #[cfg_attr(not(target_family = "wasm"), inline(never))]
    fn next_slowly(&mut self) -> Option<Value<'a>> {
        loop {
            let (at, byte) = token(self.text, self.at);
            if !matches!(byte, b'[' | b']' | b',') {
                let (value, end) = Value::begin(self.text, at)?;
                self.at = end;
                return Some(value);
            }
            self.at = at.wrapping_add(1);
        }
    }
}

/// See [`members`].
#[derive(Clone, Debug)]
pub struct Members<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Members<'a> {
    type Item = (Text<'a>, Value<'a>);

    fn next(&mut self) -> Option<(Text<'a>, Value<'a>)> {
        let (mut at, mut byte) = token(self.text, self.at);
        if byte == b',' {
            (at, byte) = token(self.text, at.wrapping_add(1));
        }
        if byte != b'"' {
            return None;
        }
        let start = at.wrapping_add(1);
        let (end, escaped) = string_end(self.text, start);
        let key = Text::written(self.text.get(start..end)?, escaped);
        let (colon, _) = token(self.text, end.wrapping_add(1));
        let (at, _) = token(self.text, colon.wrapping_add(1));
        let (value, end) = Value::begin(self.text, at)?;
        self.at = end;
        Some((key, value))
    }
}

/// The closing quote of the string whose contents begin at `at`, and whether they have escapes.
#[inline(always)]
fn string_end(text: &[u8], mut at: usize) -> (usize, bool) {
    // The module of WebAssembly has a limit to its size, and this only is the shorter way to the same answer.
    if cfg!(not(target_family = "wasm"))
        && let Some(part) = text.get(at..).and_then(|rest| rest.first_chunk())
    {
        // Nothing before the first stop ends the string or is an escape.
        at = at.wrapping_add(stops(part).trailing_zeros() as usize);
        if text.get(at) == Some(&b'"') {
            return (at, false);
        }
    }
    string_end_slowly(text, at)
}

/// The same for what is long, written with escapes or beyond ASCII, or stands in the last bytes.
#[cfg_attr(not(target_family = "wasm"), inline(never))]
fn string_end_slowly(text: &[u8], mut at: usize) -> (usize, bool) {
    let mut escaped = false;
    loop {
        match word(text, at).map(quote_or_backslash) {
            Some(None) => {
                at = at.wrapping_add(8);
                continue;
            }
            Some(Some(index)) => at = at.wrapping_add(index),
            None => {}
        }
        match text.get(at) {
            Some(b'\\') => {
                escaped = true;
                at = at.wrapping_add(2);
            }
            Some(b'"') => return (at, escaped),
            Some(_) => at = at.wrapping_add(1),
            None => return (text.len(), escaped),
        }
    }
}

/// The offset behind the object or array that begins at `at`.
fn container_end(text: &[u8], mut at: usize) -> usize {
    let mut depth = 0usize;
    loop {
        match word(text, at).map(quote_or_bracket) {
            Some(None) => {
                at = at.wrapping_add(8);
                continue;
            }
            Some(Some(index)) => at = at.wrapping_add(index),
            None => {}
        }
        match text.get(at) {
            Some(b'"') => at = string_end(text, at.wrapping_add(1)).0,
            Some(b'{' | b'[') => depth = depth.wrapping_add(1),
            Some(b'}' | b']') => {
                depth = depth.wrapping_sub(1);
                if depth == 0 {
                    return at.wrapping_add(1);
                }
            }
            Some(_) => {}
            None => return text.len(),
        }
        at = at.wrapping_add(1);
    }
}

fn number_end(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let len = rest.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')).count();
    at.wrapping_add(len)
}

#[cfg(test)]
mod tests {
    use alloc::{string::String, vec::Vec};

    use super::*;

    fn shown<'a>(values: impl Iterator<Item = Value<'a>>) -> Vec<String> {
        values.map(|value| String::from_utf8(value.text.into()).unwrap()).collect()
    }

    const ARRAY: &str = r#"[ 1 , [-2.5e+3,["x\"]",[[]],true]],[ ] ,{"a":[1,"]}"]},"",null,false]"#;

    #[test]
    fn elements_are_the_arrays_own() {
        let own = ["1", r#"[-2.5e+3,["x\"]",[[]],true]]"#, "[ ]", r#"{"a":[1,"]}"]}"#, "", "null", "false"];
        assert_eq!(shown(elements(ARRAY.as_bytes())), own);
        let kinds: Vec<Kind> = elements(ARRAY.as_bytes()).map(|value| value.kind).collect();
        let bools = [Kind::Null, Kind::Bool(false)];
        assert_eq!(kinds, [&[Kind::Number, Kind::Array, Kind::Array, Kind::Object, Kind::String][..], &bools].concat());
        for empty in ["[]", "[ ]", "[\n\t\r ]"] {
            assert_eq!(elements(empty.as_bytes()).count(), 0);
        }
    }

    #[test]
    fn flattening_dissolves_arrays_and_nothing_else() {
        let flat = ["1", "-2.5e+3", r#"x\"]"#, "true", r#"{"a":[1,"]}"]}"#, "", "null", "false"];
        assert_eq!(shown(flattened(ARRAY.as_bytes())), flat);
        assert_eq!(flatten_count_up_to(ARRAY.as_bytes(), 1_025), 8);
        assert_eq!(flatten_count_up_to(ARRAY.as_bytes(), 3), 3);
        assert_eq!(flatten_count_up_to(b"[[],[[ ],[[]]]]", 1_025), 0);
        assert_eq!(flatten_count_up_to(b"[[1,2],[3]]", 1_025), 3);
    }

    #[test]
    fn members_are_found_by_decoded_key() {
        let object = r#"{ "a" : 1 , "b\u0063":{"a":2,"x":[{}]}, "d":"\"}" ,"e":[]}"#.as_bytes();
        assert_eq!(member(object, b"a").map(|value| value.text), Some(&b"1"[..]));
        let inner = member(object, b"bc").unwrap();
        assert_eq!(inner.kind, Kind::Object);
        assert_eq!(member(inner.text, b"a").and_then(|value| value.as_number()), Some(Number::from_u64(2)));
        assert!(member(object, b"d").and_then(|value| value.as_text()).unwrap().eq_bytes(b"\"}"));
        assert_eq!(member(object, b"e").map(|value| value.kind), Some(Kind::Array));
        assert!(member(object, b"x").is_none());
        assert!(member(b"{ }", b"").is_none());
        assert_eq!(members(object).count(), 4);
    }

    #[test]
    fn other_text_is_harmless() {
        let text = br#"[{"a":"\"#;
        for start in 0..text.len() {
            for end in start..=text.len() {
                let part = &text[start..end];
                assert!(elements(part).count() + flattened(part).count() + members(part).count() < 20);
            }
        }
    }
}
