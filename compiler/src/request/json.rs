//! A strict JSON parser that says why and where it refuses (section 3 of the law).

use std::collections::BTreeSet;

use super::value::{Member, Value};
use crate::ir::{Decimal, Scalar};

const DEPTH_MAX: usize = 64;
const OPEN_MEMBERS_MAX: usize = 4_096;
const INVALID_JSON: &str = "request/invalid-json";

/// Why bytes are no request, and the offset where it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal(pub &'static str, pub usize);

/// Parses a text; of several byte-level faults the one with the smallest offset is told.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, Refusal> {
    // A fault's offset is where the parser stands or before, so its first one is its smallest. Ties go to ill-formed bytes.
    let mut parser = Parser { bytes, at: 0 };
    let parsed = parser.value(0, 0).and_then(|value| match parser.peek() {
        None => Ok(value),
        Some(_) => Err(Refusal("request/trailing-data", parser.at)),
    });
    match (parsed, std::str::from_utf8(bytes)) {
        (Err(fault), Err(ill_formed)) if fault.1 < ill_formed.valid_up_to() => Err(fault),
        (_, Err(ill_formed)) => Err(Refusal("request/invalid-utf8", ill_formed.valid_up_to())),
        (parsed, Ok(_)) => parsed,
    }
}

struct Parser<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Parser<'_> {
    /// A value and the white space around it, inside `depth` brackets and objects that have `open` members so far.
    fn value(&mut self, depth: usize, open: usize) -> Result<Value, Refusal> {
        self.space();
        let value = match self.peek() {
            Some(b'{' | b'[') if depth == DEPTH_MAX => return Err(Refusal("request/too-deep", self.at)),
            Some(b'{') => self.object(depth.saturating_add(1), open)?,
            Some(b'[') => self.array(depth.saturating_add(1), open)?,
            Some(b'"') => Value::Scalar(Scalar::String(text(self.string()?))),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b'n') => self.word("null", Scalar::Null)?,
            Some(b't') => self.word("true", Scalar::Bool(true))?,
            Some(b'f') => self.word("false", Scalar::Bool(false))?,
            _ => return Err(self.unexpected()),
        };
        self.space();
        Ok(value)
    }

    fn object(&mut self, depth: usize, open: usize) -> Result<Value, Refusal> {
        let mut members: Vec<Member> = Vec::new();
        let mut keys = BTreeSet::new();
        while self.another(b"{", b"}", members.is_empty())? {
            let (quote, open) = (self.at, open.saturating_add(members.len()).saturating_add(1));
            if open > OPEN_MEMBERS_MAX && self.peek() == Some(b'"') {
                return Err(Refusal("request/too-many-members", quote));
            }
            let key = self.string()?;
            if !keys.insert(key.clone()) {
                return Err(Refusal("request/duplicate-key", quote));
            }
            self.space();
            self.expect(b":")?;
            self.space();
            let at = self.at;
            members.push(Member { key: text(key), value: self.value(depth, open)?, at });
        }
        Ok(Value::Object(members))
    }

    fn array(&mut self, depth: usize, open: usize) -> Result<Value, Refusal> {
        let mut elements = Vec::new();
        while self.another(b"[", b"]", elements.is_empty())? {
            elements.push(self.value(depth, open)?);
        }
        Ok(Value::Array(elements))
    }

    /// Passes what stands before the first or the next entry, or the closing bracket.
    fn another(&mut self, opening: &[u8], closing: &[u8], first: bool) -> Result<bool, Refusal> {
        if !first && self.take(closing) {
            return Ok(false);
        }
        self.expect(if first { opening } else { b"," })?;
        self.space();
        Ok(!(first && self.take(closing)))
    }

    fn number(&mut self) -> Result<Value, Refusal> {
        let start = self.at;
        self.take(b"-");
        if !self.take(b"0") {
            self.digits()?;
        } else if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.unexpected());
        }
        if self.take(b".") {
            self.digits()?;
        }
        if self.take(b"eE") {
            self.take(b"+-");
            self.digits()?;
        }
        let number = self.bytes.get(start..self.at).and_then(|text| Decimal::parse(std::str::from_utf8(text).ok()?));
        Ok(number.map_or(Value::Unrepresentable, |number| Value::Scalar(Scalar::Number(number))))
    }

    fn digits(&mut self) -> Result<(), Refusal> {
        self.expect(b"0123456789")?;
        while self.take(b"0123456789") {}
        Ok(())
    }

    fn word(&mut self, word: &str, value: Scalar) -> Result<Value, Refusal> {
        word.bytes().try_for_each(|byte| self.expect(&[byte]))?;
        Ok(Value::Scalar(value))
    }

    /// The bytes meant; ill-formed ones are kept, so that no repair makes two keys equal.
    fn string(&mut self) -> Result<Vec<u8>, Refusal> {
        self.expect(b"\"")?;
        let mut text = Vec::new();
        while !self.take(b"\"") {
            match self.peek() {
                Some(b'\\') => text.extend(self.character()?.encode_utf8(&mut [0; 4]).as_bytes()),
                Some(byte @ 0x20..) if self.take(&[byte]) => text.push(byte),
                _ => return Err(self.unexpected()),
            }
        }
        Ok(text)
    }

    /// One escape, or the two of a surrogate pair.
    fn character(&mut self) -> Result<char, Refusal> {
        let lone = Refusal("request/lone-surrogate", self.at);
        let first = self.escape()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).ok_or(lone);
        }
        match self.escape() {
            Ok(second @ 0xdc00..0xe000) => char::from_u32(((first & 0x3ff) << 10 | second & 0x3ff).saturating_add(0x1_0000)).ok_or(lone),
            _ => Err(lone),
        }
    }

    /// The UTF-16 unit that one escape means.
    fn escape(&mut self) -> Result<u32, Refusal> {
        let bad = Refusal(INVALID_JSON, self.at);
        self.expect(b"\\")?;
        let letter = self.peek().ok_or(self.unexpected())?;
        if self.take(b"u") {
            return (0..4).try_fold(0, |unit, _| {
                let digit = self.peek().ok_or(self.unexpected())?;
                self.take(&[digit]);
                Ok(unit << 4 | char::from(digit).to_digit(16).ok_or(bad)?)
            });
        }
        let meant = b"\"\\/bfnrt".iter().zip(*b"\"\\/\x08\x0c\n\r\t").find(|(short, _)| **short == letter);
        self.take(&[letter]);
        meant.map(|(_, byte)| byte.into()).ok_or(bad)
    }

    fn space(&mut self) {
        while self.take(b" \t\n\r") {}
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Passes one of these bytes, if it stands here.
    fn take(&mut self, any: &[u8]) -> bool {
        let stands = self.peek().is_some_and(|byte| any.contains(&byte));
        self.at = self.at.saturating_add(stands.into());
        stands
    }

    fn expect(&mut self, any: &[u8]) -> Result<(), Refusal> {
        if self.take(any) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// What stands here cannot, or the input has ended.
    fn unexpected(&self) -> Refusal {
        Refusal(INVALID_JSON, self.at)
    }
}

/// Repairs nothing that is accepted: a text with ill-formed bytes is refused as a whole.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}
