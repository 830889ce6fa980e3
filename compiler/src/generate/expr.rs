//! Expressions of `if`.

use std::fmt::Write;

use arbitrary::{Result, Unstructured};

use super::operand::{NUMBERS, STRINGS, beside};
use super::rarely;
use super::tree::{Node, quoted};
use super::when::{Vocabulary, fields_of};

const DEPTH_MAX: usize = 4;
const SPACES: &[&str] = &[" ", "  ", "\n", "\t", " // why\n"];
const PATTERNS: &[&str] = &["alpha", "^alpha", "beta$", "^a.*a$", "[0-9]", "(?i)ALPHA", "a.b", "^$", "x?", r"\\bbeta", r"\\d+|\\s"];

/// A field, by its keys from the request's root.
type Keys = Vec<&'static str>;

/// Writes one expression.
struct Writer<'u, 'b, 'v> {
    u: &'u mut Unstructured<'b>,
    vocabulary: &'v mut Vocabulary,
    text: String,
    /// The array whose elements the variable `e` stands for.
    array: Option<Keys>,
}

/// The text of an expression, with what it asks for noted.
pub(super) fn expression(u: &mut Unstructured<'_>, vocabulary: &mut Vocabulary) -> Result<Node> {
    let mut writer = Writer { u, vocabulary, text: String::new(), array: None };
    writer.or(0)?;
    Ok(Node::String(writer.text))
}

impl Writer<'_, '_, '_> {
    fn or(&mut self, depth: usize) -> Result<()> {
        self.joined("||", depth, Self::and)
    }

    fn and(&mut self, depth: usize) -> Result<()> {
        self.joined("&&", depth, Self::condition)
    }

    fn joined(&mut self, by: &str, depth: usize, part: fn(&mut Self, usize) -> Result<()>) -> Result<()> {
        let count = if depth < DEPTH_MAX && rarely(self.u, 3)? { self.u.int_in_range(2..=3)? } else { 1 };
        for position in 0..count {
            if position > 0 {
                self.space()?;
                self.text.push_str(by);
                self.space()?;
            }
            part(self, depth)?;
        }
        Ok(())
    }

    fn condition(&mut self, depth: usize) -> Result<()> {
        let form = self.u.int_in_range(0..=15)?;
        if depth < DEPTH_MAX && form >= 13 {
            self.text.push_str(if form == 13 { "(" } else { "!(" });
            self.or(depth.saturating_add(1))?;
            self.text.push(')');
            return Ok(());
        }
        if depth < DEPTH_MAX && form >= 11 && self.array.is_none() {
            return self.over(depth);
        }
        let path = self.path()?;
        match form {
            0 | 1 => self.equal(&path)?,
            2 | 3 => self.compare(&path)?,
            4 | 5 => self.is_in(&path)?,
            6 => self.text_method(&path)?,
            7 => {
                let pattern = *self.u.choose(PATTERNS)?;
                let not = if rarely(self.u, 3)? { "!" } else { "" };
                let path = self.spelt(&path)?;
                write!(self.text, "{not}{path}.matches(\"{pattern}\")").ok();
            }
            8 => self.size(&path)?,
            9 => self.has(&path)?,
            _ => {
                self.note(&path, [Node::Bool(true), Node::Bool(false), Node::Null]);
                let not = if rarely(self.u, 3)? { "!" } else { "" };
                let path = self.spelt(&path)?;
                write!(self.text, "{not}{path}").ok();
            }
        }
        Ok(())
    }

    fn equal(&mut self, path: &Keys) -> Result<()> {
        let by = *self.u.choose(&["==", "!="])?;
        if rarely(self.u, 4)? {
            let other = self.path()?;
            self.share(path, &other);
            return self.relation(path, by, &other);
        }
        let literal = self.literal(path)?;
        self.with_literal(path, by, by, &literal)
    }

    fn compare(&mut self, path: &Keys) -> Result<()> {
        let (by, mirrored) = *self.u.choose(&[("<", ">"), ("<=", ">="), (">", "<"), (">=", "<=")])?;
        if rarely(self.u, 3)? {
            let other = self.path()?;
            self.share(path, &other);
            return self.relation(path, by, &other);
        }
        let number = self.number(path)?;
        self.with_literal(path, by, mirrored, &number)
    }

    /// `path by literal`, or now and then the other way round.
    fn with_literal(&mut self, path: &Keys, by: &str, mirrored: &str, literal: &str) -> Result<()> {
        let path = self.spelt(path)?;
        let (left, by, right) = if rarely(self.u, 4)? { (literal, mirrored, &*path) } else { (&*path, by, literal) };
        self.text.push_str(left);
        self.space()?;
        self.text.push_str(by);
        self.space()?;
        self.text.push_str(right);
        Ok(())
    }

    fn relation(&mut self, left: &Keys, by: &str, right: &Keys) -> Result<()> {
        let (left, right) = (self.spelt(left)?, self.spelt(right)?);
        write!(self.text, "{left} {by} {right}").ok();
        Ok(())
    }

    fn is_in(&mut self, path: &Keys) -> Result<()> {
        match self.u.int_in_range(0..=4)? {
            0 if !self.vocabulary.lists.is_empty() => {
                let (name, members) = self.u.choose(&self.vocabulary.lists)?.clone();
                self.note(path, members);
                let path = self.spelt(path)?;
                write!(self.text, "{path} in {name}").ok();
            }
            0 | 1 => {
                let mut members = Vec::new();
                for _ in 0..self.u.int_in_range(1..=3)? {
                    members.push(self.literal(path)?);
                }
                let path = self.spelt(path)?;
                write!(self.text, "{path} in [{}]", members.join(", ")).ok();
            }
            // In an array of the request, which is not told from a list by anything but a selector.
            form => {
                let array = self.path()?;
                let literal = self.literal(&array)?;
                self.note_array(&array);
                let left = if form == 2 { literal } else { self.spelt(path)? };
                self.share(path, &array);
                let array = self.selected(&array)?;
                write!(self.text, "{left} in {array}").ok();
            }
        }
        Ok(())
    }

    fn text_method(&mut self, path: &Keys) -> Result<()> {
        let method = *self.u.choose(&["startsWith", "endsWith", "contains"])?;
        let argument = if rarely(self.u, 2)? {
            let other = self.path()?;
            self.note(&other, ["al", "a", "", "beta", "_"].map(Node::string));
            self.spelt(&other)?
        } else {
            quoted(self.u.choose(&["al", "a", "beta", "", "_b", "pha", "\u{e9}"])?)
        };
        self.note(path, STRINGS.iter().copied().map(Node::string));
        let path = self.spelt(path)?;
        write!(self.text, "{path}.{method}({argument})").ok();
        Ok(())
    }

    fn size(&mut self, path: &Keys) -> Result<()> {
        self.note(path, ["", "a", "ab", "\u{e9}\u{1f600}", "abcdef"].map(Node::string));
        self.note_array(path);
        let spelt = self.spelt(path)?;
        let size = if rarely(self.u, 2)? { format!("size({spelt})") } else { format!("{spelt}.size()") };
        let by = *self.u.choose(&["==", "!=", "<", "<=", ">", ">="])?;
        match self.u.int_in_range(0..=5)? {
            0 => {
                let other = self.path()?;
                self.note(&other, ["0", "1", "2", "3.0", "1.5"].map(Node::number));
                let other = self.spelt(&other)?;
                write!(self.text, "{size} {by} {other}").ok();
            }
            1 => {
                let other = self.path()?;
                let other = self.spelt(&other)?;
                write!(self.text, "size({other}) {by} {size}").ok();
            }
            2 => {
                write!(self.text, "{size} in [0, 2, 3e0]").ok();
            }
            3 => {
                let other = self.path()?;
                self.note(&other, [Node::List(vec![Node::number("1"), Node::number("2.0"), Node::Null])]);
                let other = self.selected(&other)?;
                write!(self.text, "{size} in {other}").ok();
            }
            _ => {
                let number = *self.u.choose(&["0", "1", "2", "2.0", "1.5", "-1", "6", "1e3"])?;
                write!(self.text, "{size} {by} {number}").ok();
            }
        }
        Ok(())
    }

    fn has(&mut self, path: &Keys) -> Result<()> {
        self.note(path, [Node::Null, Node::List(Vec::new()), Node::number("1")]);
        let not = if rarely(self.u, 2)? { "!" } else { "" };
        let path = self.selected(path)?;
        write!(self.text, "{not}has({path})").ok();
        Ok(())
    }

    fn over(&mut self, depth: usize) -> Result<()> {
        let mut array = self.path()?;
        // Mostly one whose elements have members.
        if !rarely(self.u, 3)? {
            array = vec!["action", "input", "items"];
        }
        let quantifier = *self.u.choose(&["all", "exists"])?;
        let spelt = self.spelt(&array)?;
        write!(self.text, "{spelt}.{quantifier}(e, ").ok();
        if fields_of(&array).is_empty() {
            self.note_array(&array);
        }
        self.array = Some(array);
        self.or(depth.saturating_add(2))?;
        self.array = None;
        self.text.push(')');
        Ok(())
    }

    /// A literal that may be compared with what is at the path.
    fn literal(&mut self, path: &Keys) -> Result<String> {
        Ok(match self.u.int_in_range(0..=7)? {
            0..=3 => {
                let text = self.u.choose(STRINGS)?.replace('*', "+");
                self.note(path, [Node::string(text.clone())]);
                self.note(path, beside(&text));
                quoted(&text)
            }
            4 | 5 => self.number(path)?,
            6 => {
                self.note(path, [Node::Bool(true), Node::Bool(false)]);
                (if rarely(self.u, 2)? { "true" } else { "false" }).to_owned()
            }
            _ => {
                self.note(path, [Node::Null, Node::List(Vec::new())]);
                "null".to_owned()
            }
        })
    }

    /// A number, with other spellings of it noted.
    fn number(&mut self, path: &Keys) -> Result<String> {
        let spellings = *self.u.choose(NUMBERS)?;
        self.note(path, spellings.iter().copied().map(Node::number));
        Ok((*self.u.choose(spellings)?).to_owned())
    }

    /// A path from the request, or from the variable where there is one.
    fn path(&mut self) -> Result<Keys> {
        let base = match &self.array {
            Some(array) if !rarely(self.u, 4)? => array.clone(),
            _ => Vec::new(),
        };
        let mut path = base.clone();
        loop {
            let names: Vec<&'static str> = fields_of(&path).iter().copied().filter(|name| path.is_empty() || !name.is_empty()).collect();
            if names.is_empty() || path.len() > base.len() && path != ["action"] && path != ["actor"] && rarely(self.u, 4)? {
                break;
            }
            path.push(*self.u.choose(&names)?);
            if path == ["input"] {
                path = vec!["action", "input"];
            }
        }
        if ["actor", "resource", "context"].iter().any(|root| path == [*root]) {
            path.push("id");
        }
        Ok(path)
    }

    /// A path as it is written, in one of its spellings.
    fn spelt(&mut self, path: &[&'static str]) -> Result<String> {
        let below = self.array.as_ref().and_then(|array| path.strip_prefix(array.as_slice()));
        // Inside a body, a field below the array is mostly meant of the element.
        let below = match below {
            Some(below) if !rarely(self.u, 6)? => Some(below),
            _ => None,
        };
        let (mut text, keys) = match (below, path) {
            (Some(below), _) => ("e".to_owned(), below),
            (None, ["action", "input", rest @ ..]) if !rest.is_empty() && !rarely(self.u, 4)? => ("input".to_owned(), rest),
            (None, [root, rest @ ..]) => ((*root).to_owned(), rest),
            (None, []) => (String::new(), path),
        };
        for key in keys {
            let is_plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !key.is_empty();
            if is_plain && !rarely(self.u, 6)? {
                write!(text, ".{key}").ok();
            } else {
                write!(text, "[{}]", quoted(key)).ok();
            }
        }
        Ok(text)
    }

    /// A path with a selector, which a lone root or variable has not.
    fn selected(&mut self, path: &[&'static str]) -> Result<String> {
        let spelt = self.spelt(path)?;
        Ok(if spelt.contains(['.', '[']) { spelt } else { format!("{spelt}.id") })
    }

    fn note(&mut self, path: &[&'static str], near: impl IntoIterator<Item = Node>) {
        self.vocabulary.note(path, near);
    }

    /// What was noted of a field stands in arrays too.
    fn note_array(&mut self, path: &[&'static str]) {
        let key: Vec<String> = path.iter().map(|key| (*key).to_owned()).collect();
        let known: Vec<Node> = self.vocabulary.fields.get(&key).map_or(&[][..], Vec::as_slice).iter().take(3).cloned().collect();
        let arrays = [Node::List(Vec::new()), Node::List(known.clone()), Node::List([known, vec![Node::Null]].concat())];
        self.note(path, arrays);
    }

    /// Both fields hold what either may.
    fn share(&mut self, one: &[&'static str], other: &[&'static str]) {
        let both = [Node::string("alpha"), Node::number("5"), Node::number("5.0"), Node::Bool(true), Node::Null];
        self.note(one, both.clone());
        self.note(other, both);
    }

    fn space(&mut self) -> Result<()> {
        let space = *self.u.choose(SPACES)?;
        self.text.push_str(space);
        Ok(())
    }
}
