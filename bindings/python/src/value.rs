//! Python objects as JSON, written so that what is decided is what is there.
//!
//! Only objects of exactly the types that JSON has are written: a subclass may show its buffer here and another value to
//! the tool. Nothing here runs Python code, so nothing can change what is being read.
//!
//! What JSON can say and the law refuses (a lone surrogate, `NaN`, a depth, a size) is written up to the place where it
//! shows, and refused by the reader with its reason and offset. What JSON cannot say is [`Unwritable`].

use std::borrow::Cow;
use std::fmt::Write as _;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use toolgate_compiler::diagnostic::quote;

/// How far objects are written. One more is written than may be, so that the reader sees it.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    pub depth: usize,
    pub bytes: usize,
}

/// An object that JSON has no value for.
pub(crate) struct Unwritable {
    pub code: &'static str,
    problem: String,
    /// JSON Pointer of the object, last segment first.
    way: Vec<String>,
}

impl Unwritable {
    pub(crate) fn new(code: &'static str, problem: String) -> Self {
        Self { code, problem, way: Vec::new() }
    }

    pub(crate) fn below(mut self, segment: impl Into<String>) -> Self {
        self.way.push(segment.into());
        self
    }

    /// One line for people.
    pub(crate) fn message(&self) -> String {
        let pointer = self.way.iter().rev().fold(String::new(), |mut pointer, segment| {
            pointer.push('/');
            pointer.push_str(&segment.replace('~', "~0").replace('/', "~1"));
            pointer
        });
        let place = if pointer.is_empty() { "the object".to_owned() } else { quote(&pointer) };
        format!("{place} {}", self.problem)
    }
}

/// The object as JSON text, or the beginning of such a text that is refused for the same reason as the whole.
///
/// # Errors
/// Some part is of a type that JSON does not have, or has a key that is no string.
pub(crate) fn write(object: &Bound<'_, PyAny>, bounds: Bounds) -> Result<Vec<u8>, Unwritable> {
    let mut writer = Writer { out: String::with_capacity(256), bounds };
    match writer.value(object, 1) {
        Ok(()) | Err(Stop::Shown) => Ok(writer.out.into_bytes()),
        Err(Stop::Unwritable(unwritable)) => Err(*unwritable),
    }
}

/// Why writing ends early.
enum Stop {
    /// What has been written shows why the whole is refused.
    Shown,
    Unwritable(Box<Unwritable>),
}

impl Stop {
    fn of(code: &'static str, problem: String) -> Self {
        Stop::Unwritable(Box::new(Unwritable::new(code, problem)))
    }

    fn below(self, segment: impl Into<String>) -> Self {
        match self {
            Stop::Shown => Stop::Shown,
            Stop::Unwritable(unwritable) => Stop::Unwritable(Box::new(unwritable.below(segment))),
        }
    }
}

struct Writer {
    out: String,
    bounds: Bounds,
}

impl Writer {
    fn value(&mut self, object: &Bound<'_, PyAny>, depth: usize) -> Result<(), Stop> {
        if let Ok(text) = object.cast_exact::<PyString>() {
            self.string(text)
        } else if let Ok(dict) = object.cast_exact::<PyDict>() {
            self.dict(dict, depth)
        } else if let Ok(number) = object.cast_exact::<PyInt>() {
            self.int(number)
        } else if object.is_none() {
            self.raw("null")
        } else if let Ok(truth) = object.cast_exact::<PyBool>() {
            self.raw(if truth.is_true() { "true" } else { "false" })
        } else if let Ok(number) = object.cast_exact::<PyFloat>() {
            self.float(number.value())
        } else if let Ok(list) = object.cast_exact::<PyList>() {
            self.array(list.iter(), depth)
        } else if let Ok(tuple) = object.cast_exact::<PyTuple>() {
            self.array(tuple.iter(), depth)
        } else {
            Err(Stop::of("host/type", refused_type(object)))
        }
    }

    fn dict(&mut self, dict: &Bound<'_, PyDict>, depth: usize) -> Result<(), Stop> {
        self.open('{', depth)?;
        for (index, (key, member)) in dict.iter().enumerate() {
            let Ok(key) = key.cast_exact::<PyString>() else {
                let problem = format!("has a key of type {}; keys are of type `str`, so that `1` and `\"1\"` are not one", type_name(&key));
                return Err(Stop::of("host/key", problem));
            };
            if index > 0 {
                self.raw(",")?;
            }
            self.string(key)?;
            self.raw(":")?;
            self.value(&member, depth.saturating_add(1)).map_err(|stop| stop.below(key.to_string_lossy()))?;
        }
        self.raw("}")
    }

    fn array<'py>(&mut self, elements: impl Iterator<Item = Bound<'py, PyAny>>, depth: usize) -> Result<(), Stop> {
        self.open('[', depth)?;
        for (index, element) in elements.enumerate() {
            if index > 0 {
                self.raw(",")?;
            }
            self.value(&element, depth.saturating_add(1)).map_err(|stop| stop.below(index.to_string()))?;
        }
        self.raw("]")
    }

    /// A bracket; one that is too deep is written and nothing behind it, so that cycles end.
    fn open(&mut self, bracket: char, depth: usize) -> Result<(), Stop> {
        self.out.push(bracket);
        if depth > self.bounds.depth { Err(Stop::Shown) } else { Ok(()) }
    }

    fn string(&mut self, text: &Bound<'_, PyString>) -> Result<(), Stop> {
        // A text that is too long need not be copied to be refused: it has at least as many bytes as characters.
        if text.len().is_ok_and(|characters| characters > self.bounds.bytes) {
            self.out.extend(std::iter::repeat_n(' ', self.bounds.bytes.saturating_add(1)));
            return Err(Stop::Shown);
        }
        let Ok(text) = text.to_str() else { return self.ill_formed(text) };
        self.raw("\"")?;
        self.escaped(text);
        self.raw("\"")
    }

    /// A text with a lone surrogate, up to that surrogate. Two that stand side by side are two lone ones in Python.
    fn ill_formed(&mut self, text: &Bound<'_, PyString>) -> Result<(), Stop> {
        let encoded = bytes_of(text).unwrap_or_default();
        let sound = match std::str::from_utf8(&encoded) {
            Ok(text) => text,
            Err(error) => encoded.get(..error.valid_up_to()).and_then(|sound| std::str::from_utf8(sound).ok()).unwrap_or_default(),
        };
        self.raw("\"")?;
        self.escaped(sound);
        // Which one it is makes no difference to the reader.
        self.out.push_str("\\udc00");
        Err(Stop::Shown)
    }

    fn escaped(&mut self, text: &str) {
        let mut rest = text;
        while let Some((at, byte)) = rest.bytes().enumerate().find(|(_, byte)| matches!(byte, b'"' | b'\\' | 0..0x20)) {
            let (plain, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
            self.out.push_str(plain);
            match byte {
                b'"' => self.out.push_str("\\\""),
                b'\\' => self.out.push_str("\\\\"),
                b'\n' => self.out.push_str("\\n"),
                b'\r' => self.out.push_str("\\r"),
                b'\t' => self.out.push_str("\\t"),
                0x08 => self.out.push_str("\\b"),
                0x0c => self.out.push_str("\\f"),
                _ => self.formatted(format_args!("\\u{byte:04x}")),
            }
            rest = tail.get(1..).unwrap_or_default();
        }
        self.out.push_str(rest);
    }

    /// All digits, however many Python is willing to print.
    fn int(&mut self, number: &Bound<'_, PyInt>) -> Result<(), Stop> {
        // Not by way of `i64`: failing to fit makes an exception, and with it a collection of garbage may begin, which runs
        // Python code.
        match number.str() {
            Ok(digits) => self.raw(&digits.to_string_lossy()),
            Err(_) => Err(Stop::of("host/int", "is an `int` with more digits than Python turns into text".to_owned())),
        }
    }

    /// The shortest decimal that is read as this float, as `repr` has it. What is no number ends the text.
    fn float(&mut self, number: f64) -> Result<(), Stop> {
        if number.is_finite() {
            self.formatted(format_args!("{number:?}"));
            return self.raw("");
        }
        self.raw(if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        })?;
        Err(Stop::Shown)
    }

    fn formatted(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.out.write_fmt(arguments);
    }

    /// Text as it stands. Every value ends in one, so every value is counted.
    fn raw(&mut self, text: &str) -> Result<(), Stop> {
        self.out.push_str(text);
        if self.out.len() > self.bounds.bytes { Err(Stop::Shown) } else { Ok(()) }
    }
}

/// The text's bytes, lone surrogates encoded as if they were characters, which no reader of UTF-8 accepts.
pub(crate) fn bytes_of<'a>(text: &'a Bound<'_, PyString>) -> PyResult<Cow<'a, [u8]>> {
    match text.to_str() {
        Ok(text) => Ok(Cow::Borrowed(text.as_bytes())),
        Err(_) => {
            // The method of `str`: a subclass may have one of its own.
            let encoded = text.py().get_type::<PyString>().call_method1("encode", (text, "utf-8", "surrogatepass"))?;
            Ok(Cow::Owned(encoded.extract()?))
        }
    }
}

fn refused_type(object: &Bound<'_, PyAny>) -> String {
    let name = type_name(object);
    let subclass_of = [
        ("str", object.is_instance_of::<PyString>()),
        ("dict", object.is_instance_of::<PyDict>()),
        ("list", object.is_instance_of::<PyList>()),
        ("tuple", object.is_instance_of::<PyTuple>()),
        ("int", object.is_instance_of::<PyInt>()),
        ("float", object.is_instance_of::<PyFloat>()),
    ];
    match subclass_of.into_iter().find(|(_, is)| *is) {
        Some((base, _)) => format!("is of type {name}, a subclass of `{base}`, which may show others another value; pass a plain `{base}`"),
        None => format!("is of type {name}, which JSON does not have; pass a str, int, float, bool, None, list, tuple or dict"),
    }
}

pub(crate) fn type_name(object: &Bound<'_, PyAny>) -> String {
    match object.get_type().qualname() {
        Ok(name) => quote(&name.to_string_lossy()),
        Err(_) => "without a name".to_owned(),
    }
}
