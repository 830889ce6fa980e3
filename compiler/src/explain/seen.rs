//! What a condition saw, short and harmless.

use super::number::plain;
use super::written::quoted;
use crate::diagnostic::clip;
use crate::ir::Scalar;
use crate::request::value::Value;

/// A value on one line; of long ones the beginning and how much there is.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Absent => "nothing: it is absent".to_owned(),
        Value::Opaque => "nothing: what should hold it is no object".to_owned(),
        value => short(value),
    }
}

fn short(value: &Value) -> String {
    match value {
        Value::Absent | Value::Opaque => "nothing".to_owned(),
        Value::Unrepresentable => "a number out of range".to_owned(),
        Value::Scalar(Scalar::String(text)) => match text.chars().count() {
            count if count > TEXT_MAX => format!("{} ({count} characters)", quoted(text)),
            _ => quoted(text),
        },
        Value::Scalar(Scalar::Number(number)) => plain(number),
        Value::Scalar(Scalar::Bool(value)) => value.to_string(),
        Value::Scalar(Scalar::Null) => "null".to_owned(),
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => format!("an object of {}", counted(members.len(), "member")),
        Value::Array(own) => {
            // One level is enough to recognise it by, and nested ones grow fast.
            let item = |element: &Value| match element {
                Value::Array(inner) => format!("[… {}]", counted(inner.len(), "element")),
                element => short(element),
            };
            let mut items: Vec<String> = own.iter().take(ELEMENTS_SHOWN).map(item).collect();
            if own.len() > ELEMENTS_SHOWN {
                items.push(format!("… {} elements", own.len()));
            }
            format!("[{}]", items.join(", "))
        }
    }
}

/// JSON of a scalar or little more, on one line.
pub(super) fn json(text: &str) -> String {
    match serde_json::from_str::<String>(text) {
        Ok(text) => quoted(&text),
        Err(_) => clip(text),
    }
}

/// `n` and the noun, in the singular or the plural.
pub(super) fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

const TEXT_MAX: usize = 80;
const ELEMENTS_SHOWN: usize = 4;
