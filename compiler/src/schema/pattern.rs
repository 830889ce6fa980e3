//! The part of the schema about `when` and `unless`.

use serde_json::{Map, Value, json};

use super::{insert, reference, words};
use crate::limits::ALTERNATIVES_MAX;
use crate::operand::anything_but::FORMS;
use crate::operand::kind::TYPES;
use crate::operand::number::{LENGTHS, SIGNS};
use crate::operand::shape::{Asks, OPERATORS, Operand};
use crate::when::{DIRECTIVES, Subject};

/// Adds the definitions, each in two versions where it matters whether the action's name is asked for.
pub(super) fn define(definitions: &mut Map<String, Value>) {
    let mut add = |name: &str, value: Value| _ = definitions.insert(name.to_owned(), value);
    add("request", request());
    add("action", json!({"anyOf": [reference("name-alternatives"), reference("name-plain"), reference("action-object")]}));
    add("action-object", object("action-object", action_members(), Some("action-fields")));
    add(
        "action-fields",
        json!({"type": "object", "minProperties": 1, "properties": action_members(), "additionalProperties": reference("field")}),
    );
    add("field", json!({"anyOf": [reference("alternatives"), reference("plain"), reference("object")]}));
    add("object", object("object", json!({}), Some("fields")));
    add("fields", json!({"type": "object", "minProperties": 1, "additionalProperties": reference("field")}));
    for subject in [Subject::Other, Subject::ActionName] {
        add(&of("plain", subject), plain(subject));
        add(&of("alternatives", subject), alternatives(subject));
        add(&of("operators", subject), operators(subject));
        add(&of("anything-but", subject), anything_but(subject));
    }
    add("types", json!({"anyOf": [words(&TYPES), {"type": "array", "minItems": 1, "items": words(&TYPES)}]}));
    add("numeric", numeric());
    add("length", length());
}

/// The name of a definition in the version for a subject.
fn of(definition: &str, subject: Subject) -> String {
    match subject {
        Subject::ActionName => format!("name-{definition}"),
        Subject::Other => definition.to_owned(),
    }
}

fn request() -> Value {
    let member = |about: &str| json!({"$ref": "#/$defs/field", "description": about});
    let members = json!({
        "action": {"$ref": "#/$defs/action", "description": "a name, or names, with `*` for anything; or an object"},
        "actor": member("its `id`, or an object"),
        "resource": member("its `id`, or an object"),
        "context": member("what the host knows"),
        "input": member("the arguments of the call"),
    });
    object("request", members, None)
}

fn action_members() -> Value {
    let name = json!({"anyOf": [reference("name-alternatives"), reference("name-plain"), reference("object")]});
    json!({"name": name, "input": reference("field")})
}

/// An object pattern whose branches are of the same definition.
fn object(definition: &str, mut members: Value, fields: Option<&str>) -> Value {
    for directive in DIRECTIVES {
        let value = match directive {
            "$or" => json!({"type": "array", "minItems": 1, "items": reference(definition)}),
            "$not" => reference(definition),
            _ => fields.map_or(Value::Bool(false), reference),
        };
        insert(&mut members, directive, value);
    }
    // As patterns, so that editors do not offer operators where they would be fields.
    let mut operators = Map::new();
    for operator in &OPERATORS {
        let field = match operand_type(operator.operand) {
            Some(operand) => json!({"allOf": [reference("field"), {"not": operand}]}),
            None => Value::Bool(false),
        };
        operators.insert(format!("^{}$", operator.name), field);
    }
    json!({
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"anyOf": [{"enum": DIRECTIVES}, {"not": {"pattern": "^\\$"}}]},
        "properties": members,
        "patternProperties": operators,
        "additionalProperties": reference("field"),
    })
}

/// The JSON type of an operand, by which a slip is told from a field; `None` is any.
fn operand_type(operand: Operand) -> Option<Value> {
    let types = match operand {
        Operand::Scalar => json!(["string", "number", "boolean", "null"]),
        Operand::Excluded => return None,
        Operand::Text | Operand::Piece | Operand::AsciiPiece | Operand::Wildcard => json!("string"),
        Operand::Affix => json!(["string", "object"]),
        Operand::Number => json!("number"),
        Operand::Bool => json!("boolean"),
        Operand::Pairs | Operand::Alternatives => json!("array"),
        Operand::Lengths => json!("object"),
        Operand::TypeNames => return Some(reference("types")),
    };
    Some(json!({"type": types}))
}

/// A scalar in a pattern.
fn plain(subject: Subject) -> Value {
    let pattern = match subject {
        Subject::ActionName => WILDCARD,
        Subject::Other => NO_STAR,
    };
    json!({"type": ["string", "number", "boolean", "null"], "pattern": pattern})
}

fn alternatives(subject: Subject) -> Value {
    json!({
        "type": "array",
        "minItems": 1,
        "maxItems": ALTERNATIVES_MAX,
        "items": {"anyOf": [reference(&of("plain", subject)), reference(&of("operators", subject))]},
    })
}

/// An operator object, without those that cannot stand beside one another.
fn operators(subject: Subject) -> Value {
    let mut properties = Map::new();
    for operator in &OPERATORS {
        let mut value = operand(operator.operand, operator.name, subject);
        insert(&mut value, "description", json!(operator.about));
        properties.insert(operator.name.to_owned(), value);
    }
    let one_that = |asks: Asks| -> Value {
        let names = OPERATORS.iter().filter(|operator| operator.asks == asks);
        json!({"anyOf": names.map(|operator| json!({"required": [operator.name]})).collect::<Vec<_>>()})
    };
    json!({
        "type": "object",
        "minProperties": 1,
        "properties": properties,
        "additionalProperties": false,
        "dependentSchemas": {"eq": {"propertyNames": {"enum": ["eq", "exists"]}}},
        "if": {"properties": {"exists": {"const": false}}, "required": ["exists"]},
        "then": {"maxProperties": 1},
        "not": {"allOf": [one_that(Asks::String), one_that(Asks::Number)]},
    })
}

fn operand(operand: Operand, name: &str, subject: Subject) -> Value {
    match operand {
        Operand::Scalar => json!({"type": ["string", "number", "boolean", "null"]}),
        Operand::Excluded => reference(&of("anything-but", subject)),
        Operand::Text => json!({"type": "string", "minLength": 1}),
        Operand::Piece => piece(subject),
        Operand::AsciiPiece => ascii_piece(subject),
        Operand::Affix => json!({"anyOf": [piece(subject), {
            "type": "object",
            "properties": {"equals-ignore-case": ascii_piece(subject)},
            "required": ["equals-ignore-case"],
            "additionalProperties": false,
        }]}),
        Operand::Wildcard => wildcard(),
        Operand::Number => json!({"type": "number"}),
        Operand::Bool => json!({"type": "boolean"}),
        Operand::Pairs | Operand::Lengths => reference(name),
        Operand::Alternatives => reference(&of("alternatives", subject)),
        Operand::TypeNames => reference("types"),
    }
}

/// A text in which a `*` is an error if the action's name is asked for.
fn piece(subject: Subject) -> Value {
    match subject {
        Subject::ActionName => json!({"type": "string", "minLength": 1, "pattern": NO_STAR}),
        Subject::Other => json!({"type": "string", "minLength": 1}),
    }
}

fn ascii_piece(subject: Subject) -> Value {
    let pattern = match subject {
        Subject::ActionName => "^[\\u0000-)+-\\u007F]*$",
        Subject::Other => "^[\\u0000-\\u007F]*$",
    };
    json!({"type": "string", "minLength": 1, "pattern": pattern})
}

fn wildcard() -> Value {
    json!({"type": "string", "minLength": 1, "pattern": WILDCARD})
}

fn anything_but(subject: Subject) -> Value {
    let mut forms = Map::new();
    for form in FORMS {
        let text = match form {
            "wildcard" => wildcard(),
            "equals-ignore-case" => ascii_piece(subject),
            _ => piece(subject),
        };
        let texts = json!({"type": "array", "minItems": 1, "maxItems": ALTERNATIVES_MAX, "items": text});
        forms.insert(form.to_owned(), json!({"anyOf": [text, texts]}));
    }
    let plain = reference(&of("plain", subject));
    json!({"anyOf": [
        plain,
        {"type": "array", "minItems": 1, "maxItems": ALTERNATIVES_MAX, "items": plain},
        {"type": "object", "minProperties": 1, "maxProperties": 1, "properties": forms, "additionalProperties": false},
    ]})
}

fn numeric() -> Value {
    let (sign, number) = (words(&SIGNS), json!({"type": "number"}));
    json!({
        "type": "array",
        "prefixItems": [sign, number, sign, number],
        "maxItems": 4,
        "anyOf": [{"minItems": 4}, {"minItems": 2, "maxItems": 2}],
    })
}

fn length() -> Value {
    let bounds: Map<String, Value> =
        LENGTHS.iter().map(|(name, _)| ((*name).to_owned(), json!({"type": "integer", "minimum": 0}))).collect();
    json!({"type": "object", "minProperties": 1, "properties": bounds, "additionalProperties": false})
}

const NO_STAR: &str = "^[^*]*$";

/// No two stars in a row, and a backslash before a star or a backslash only.
const WILDCARD: &str = "^(\\*?([^*\\\\]|\\\\[*\\\\]))*\\*?$";
