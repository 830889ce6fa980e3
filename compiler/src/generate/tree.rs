//! A tree of JSON, and documents written from it.

use std::fmt::Write;

use arbitrary::{Result, Unstructured};

use super::rarely;

/// A JSON value before it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number as it will be spelled.
    Number(String),
    /// A string.
    String(String),
    /// An array.
    List(Vec<Node>),
    /// An object; keys may repeat.
    Map(Vec<(String, Node)>),
}

impl Node {
    pub(super) fn string(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    pub(super) fn number(text: impl Into<String>) -> Self {
        Self::Number(text.into())
    }

    pub(super) fn map<const N: usize>(members: [(&str, Self); N]) -> Self {
        Self::Map(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// Writes a document: JSON that is YAML too, or YAML in block style.
    pub(super) fn document(&self, u: &mut Unstructured<'_>) -> Result<String> {
        let mut text = String::new();
        if rarely(u, 3)? {
            self.block(u, 0, &mut text)?;
        } else {
            let spread = rarely(u, 2)?;
            self.flow(u, spread, &mut text)?;
            text.push('\n');
        }
        Ok(text)
    }

    /// On one line, or spread over several.
    fn flow(&self, u: &mut Unstructured<'_>, spread: bool, text: &mut String) -> Result<()> {
        let gap = |u: &mut Unstructured<'_>| if spread { u.choose(&["", " ", "\n", "\n  "]).copied() } else { Ok("") };
        match self {
            Self::Null => text.push_str("null"),
            Self::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
            Self::Number(number) => text.push_str(number),
            Self::String(string) => text.push_str(&quoted(string)),
            Self::List(elements) => {
                text.push('[');
                for (position, element) in elements.iter().enumerate() {
                    text.push_str(if position > 0 { ", " } else { "" });
                    text.push_str(gap(u)?);
                    element.flow(u, spread, text)?;
                }
                text.push(']');
            }
            Self::Map(members) => {
                text.push('{');
                for (position, (key, value)) in members.iter().enumerate() {
                    text.push_str(if position > 0 { ", " } else { "" });
                    text.push_str(gap(u)?);
                    text.push_str(&quoted(key));
                    text.push_str(": ");
                    value.flow(u, spread, text)?;
                }
                text.push('}');
            }
        }
        Ok(())
    }

    /// On lines of its own, the first already indented.
    fn block(&self, u: &mut Unstructured<'_>, indent: usize, text: &mut String) -> Result<()> {
        let inner = indent.saturating_add(2);
        let lead = |position: usize| if position > 0 { " ".repeat(indent) } else { String::new() };
        match self {
            Self::List(elements) if !elements.is_empty() => {
                for (position, element) in elements.iter().enumerate() {
                    text.push_str(&lead(position));
                    text.push_str("- ");
                    element.block(u, inner, text)?;
                }
            }
            Self::Map(members) if !members.is_empty() => {
                for (position, (key, value)) in members.iter().enumerate() {
                    text.push_str(&lead(position));
                    text.push_str(&plain_or_quoted(u, key)?);
                    text.push(':');
                    let nested = matches!(value, Self::List(_) | Self::Map(_)) && !value.is_empty() && !rarely(u, 4)?;
                    if nested {
                        text.push('\n');
                        text.push_str(&" ".repeat(inner));
                        value.block(u, inner, text)?;
                    } else {
                        text.push(' ');
                        value.line(u, text)?;
                    }
                }
            }
            _ => self.line(u, text)?,
        }
        Ok(())
    }

    fn line(&self, u: &mut Unstructured<'_>, text: &mut String) -> Result<()> {
        match self {
            Self::String(string) => text.push_str(&plain_or_quoted(u, string)?),
            _ => self.flow(u, false, text)?,
        }
        text.push_str(if rarely(u, 16)? { " # a comment\n" } else { "\n" });
        Ok(())
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::List(elements) if elements.is_empty()) || matches!(self, Self::Map(members) if members.is_empty())
    }
}

/// Plain only where every YAML reads the same string.
fn plain_or_quoted(u: &mut Unstructured<'_>, text: &str) -> Result<String> {
    let is_word =
        text.len() > 3 && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let is_clear = is_word && !["true", "false", "null"].contains(&text);
    Ok(if is_clear && !rarely(u, 4)? { text.to_owned() } else { quoted(text) })
}

/// A string of JSON that YAML reads alike.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                // Writing to a string cannot fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
