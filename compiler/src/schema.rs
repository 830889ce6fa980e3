//! A JSON Schema of policy documents, for editors: draft 2020-12, made from the tables that the checker reads by.
//!
//! It sees the structure of one document. What takes more (whether an id is taken, a list is there, a network has host
//! bits) the checker alone can tell; what the schema refuses, the checker refuses too. Nothing in it makes an editor that
//! knows draft 7 alone refuse more.

mod pattern;

use serde_json::{Map, Value, json};

use crate::case;
use crate::document;
use crate::field::{Key, Takes};
use crate::limits::ALTERNATIVES_MAX;
use crate::lists::RESERVED;
use crate::outcome::{DECISIONS, RISKS};
use crate::rule;

/// The schema as JSON, ending in a newline: `docs/policy.schema.json`.
///
/// # Examples
/// ```
/// use toolgate_compiler::schema;
/// assert!(schema::text().contains("https://json-schema.org/draft/2020-12/schema"));
/// ```
#[must_use]
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(&schema()).unwrap_or_default();
    text.push('\n');
    text
}

fn schema() -> Value {
    let mut definitions = Map::new();
    definitions.insert("rule".to_owned(), rule());
    definitions.insert("default".to_owned(), closed(&document::DEFAULT_KEYS, &["decision"]));
    definitions.insert("test".to_owned(), closed(&case::KEYS, &["request", "expect"]));
    definitions.insert("lists".to_owned(), lists());
    definitions.insert("name".to_owned(), json!({"type": "string", "minLength": 1}));
    definitions.insert("names".to_owned(), json!({"type": "array", "items": reference("name")}));
    pattern::define(&mut definitions);
    let mut schema = closed(&document::KEYS, &[]);
    let only_tightening = json!({"properties": {"tighten_only": {"const": true}}, "required": ["tighten_only"]});
    let no_loosening = json!({"properties": {
        "default": false,
        "rules": {"items": {"properties": {"decision": {"not": {"const": "allow"}}}}},
    }});
    for (key, value) in [
        ("$schema", json!("https://json-schema.org/draft/2020-12/schema")),
        ("title", json!("Toolgate policy")),
        ("minProperties", json!(1)),
        ("if", only_tightening),
        ("then", no_loosening),
        ("$defs", Value::Object(definitions)),
    ] {
        insert(&mut schema, key, value);
    }
    schema
}

fn rule() -> Value {
    let mut rule = closed(&rule::KEYS, &["id", "decision"]);
    let conditions = rule::KEYS.iter().filter(|key| matches!(key.takes, Takes::Conditions | Takes::Expression));
    insert(&mut rule, "anyOf", conditions.map(|key| json!({"required": [key.name]})).collect());
    rule
}

fn lists() -> Value {
    json!({
        "type": "object",
        "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "not": {"enum": RESERVED}},
        "additionalProperties": {"type": "array", "maxItems": ALTERNATIVES_MAX, "items": reference("plain")},
    })
}

/// An object that has no other keys than these.
fn closed(keys: &[Key], required: &[&str]) -> Value {
    let mut properties = Map::new();
    for key in keys {
        let mut value = takes(key.takes);
        insert(&mut value, "description", json!(key.about));
        properties.insert(key.name.to_owned(), value);
    }
    let mut object = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !required.is_empty() {
        insert(&mut object, "required", json!(required));
    }
    object
}

fn takes(takes: Takes) -> Value {
    match takes {
        Takes::Text | Takes::Expression => json!({"type": "string"}),
        Takes::Name => reference("name"),
        Takes::Names => reference("names"),
        Takes::Bool => json!({"type": "boolean"}),
        Takes::Decision => words(&DECISIONS),
        Takes::Risk => words(&RISKS),
        Takes::Mode => words(&rule::MODES),
        Takes::Default => reference("default"),
        Takes::Lists => reference("lists"),
        Takes::Rules => json!({"type": "array", "items": reference("rule")}),
        Takes::Conditions => reference("request"),
        Takes::Tests => json!({"type": "array", "items": reference("test")}),
        Takes::Request => json!({"type": ["object", "string"]}),
        Takes::Expected => json!({"anyOf": [words(&DECISIONS), expected()]}),
        Takes::RiskOrNull => json!({"anyOf": [words(&RISKS), {"type": "null"}]}),
        Takes::TextOrNull => json!({"type": ["string", "null"]}),
        Takes::Undecided => pairs(&case::UNDECIDED_KEYS),
        Takes::Shadow => pairs(&case::SHADOW_KEYS),
        Takes::Reason => json!({"enum": case::REASONS}),
        Takes::Offset => json!({"type": ["integer", "null"], "minimum": 0}),
        Takes::Pointer => json!({"type": "string", "pattern": "^/"}),
    }
}

/// What is compared of a decision.
fn expected() -> Value {
    let mut expected = closed(&case::MEMBERS, &[]);
    insert(&mut expected, "minProperties", json!(1));
    expected
}

/// A list of objects that have both keys.
fn pairs(keys: &[Key; 2]) -> Value {
    json!({"type": "array", "items": closed(keys, &keys.each_ref().map(|key| key.name))})
}

/// One of the words of a table.
fn words<T>(table: &[(&'static str, T)]) -> Value {
    let words: Vec<&str> = table.iter().map(|(word, _)| *word).collect();
    json!({"enum": words})
}

fn reference(definition: &str) -> Value {
    json!({"$ref": format!("#/$defs/{definition}")})
}

fn insert(object: &mut Value, key: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(key.to_owned(), value);
    }
}

#[cfg(test)]
mod tests;
