//! One change to a request, as an operation of JSON Patch (RFC 6902).

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::part::{self, Place, Step};

/// An operation of JSON Patch on the request as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `add`, `replace` or `remove`.
    pub op: &'static str,
    /// JSON Pointer in the request as it was sent, where `input` may stand on top and a string for `action`.
    pub path: String,
    /// JSON; none to remove.
    #[serde(serialize_with = "as_json", skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The same as steps.
    #[serde(skip)]
    steps: Place,
}

impl Change {
    /// The operation that puts a value at a place of the policy, or removes what is there; `None` if one cannot.
    pub(super) fn new(request: &str, place: &[Step], value: Option<&str>) -> Option<Self> {
        let mut at = Raw::parse(request)?;
        let place = located(&at, place);
        let mut steps = Place::new();
        let mut rest = place.as_slice();
        while let [step, behind @ ..] = rest {
            let Some(child) = at.child(step) else {
                let (op, object) = match (&at, steps.as_slice()) {
                    (Raw::Object(_), _) => {
                        steps.push(step.clone());
                        ("add", nested(behind, value?)?)
                    }
                    // Null stands for no object.
                    (Raw::Other(text), _) if text.get() == "null" => ("replace", nested(rest, value?)?),
                    // A string that is short for an object gives way to it.
                    (Raw::Other(text), [Step::Key(root)]) if text.get().starts_with('"') => {
                        let (Some(short_for), Step::Key(key)) = (short_for(root), step) else { return None };
                        let member = format!("{}:{}", serde_json::to_string(key).ok()?, nested(behind, value?)?);
                        ("replace", format!("{{\"{short_for}\":{},{member}}}", text.get()))
                    }
                    _ => return None,
                };
                return Some(Self::of(op, steps, Some(object)));
            };
            steps.push(step.clone());
            (at, rest) = (child, behind);
        }
        let op = if value.is_some() { "replace" } else { "remove" };
        Some(Self::of(op, steps, value.map(str::to_owned)))
    }

    fn of(op: &'static str, steps: Place, value: Option<String>) -> Self {
        Self { op, path: part::pointer(&steps), value, steps }
    }

    /// The request with the change made to it, everything else as it was written; `None` if the place is not there.
    #[must_use]
    pub fn apply(&self, request: &str) -> Option<String> {
        self.applied(request, &self.steps)
    }

    fn applied(&self, text: &str, steps: &[Step]) -> Option<String> {
        let [step, rest @ ..] = steps else { return self.value.clone() };
        let is_removed = rest.is_empty() && self.value.is_none();
        match (Raw::parse(text)?, step) {
            (Raw::Object(members), Step::Key(wanted)) => {
                let mut written = Vec::new();
                let mut is_there = false;
                for (key, value) in &members {
                    let key_text = serde_json::to_string(key).ok()?;
                    if key != wanted {
                        written.push(format!("{key_text}:{}", value.get()));
                        continue;
                    }
                    is_there = true;
                    if !is_removed {
                        written.push(format!("{key_text}:{}", self.applied(value.get(), rest)?));
                    }
                }
                if !is_there {
                    written.push(format!("{}:{}", serde_json::to_string(wanted).ok()?, self.value.clone().filter(|_| rest.is_empty())?));
                }
                Some(format!("{{{}}}", written.join(",")))
            }
            (Raw::Array(elements), Step::Index(wanted)) => {
                let mut written = Vec::new();
                for (index, element) in elements.iter().enumerate() {
                    match index == *wanted {
                        true if is_removed => {}
                        true => written.push(self.applied(element.get(), rest)?),
                        false => written.push(element.get().to_owned()),
                    }
                }
                Some(format!("[{}]", written.join(",")))
            }
            _ => None,
        }
    }
}

/// Where in this request a place of the policy is: `input` may stand on top, and a string may be short for an object.
fn located(root: &Raw<'_>, place: &[Step]) -> Place {
    let child = |name: &str| root.child(&Step::Key(name.to_owned()));
    match place {
        [Step::Key(action), input @ Step::Key(name), rest @ ..] if action == "action" && name == "input" => {
            let is_inside = child("action").is_some_and(|action| action.child(input).is_some());
            if is_inside { place.to_vec() } else { [std::slice::from_ref(input), rest].concat() }
        }
        [root @ Step::Key(key), Step::Key(name)] if short_for(key) == Some(name) => match child(key) {
            Some(Raw::Other(text)) if text.get().starts_with('"') => vec![root.clone()],
            _ => place.to_vec(),
        },
        place => place.to_vec(),
    }
}

/// The member that a string at this root stands for.
fn short_for(root: &str) -> Option<&'static str> {
    match root {
        "action" => Some("name"),
        "actor" | "resource" => Some("id"),
        _ => None,
    }
}

/// A value inside of objects with these keys.
fn nested(keys: &[Step], value: &str) -> Option<String> {
    keys.iter().rev().try_fold(value.to_owned(), |inner, step| match step {
        Step::Key(key) => Some(format!("{{{}:{inner}}}", serde_json::to_string(key).ok()?)),
        Step::Index(_) => None,
    })
}

fn as_json<S: Serializer>(value: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    let raw = value.clone().map(RawValue::from_string).transpose().map_err(serde::ser::Error::custom)?;
    raw.serialize(serializer)
}

/// A JSON value whose members and elements are kept as they are written: numbers would suffer from being read.
enum Raw<'a> {
    Object(Vec<(String, &'a RawValue)>),
    Array(Vec<&'a RawValue>),
    Other(&'a RawValue),
}

impl<'a> Raw<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        match text.trim_start().as_bytes().first()? {
            b'{' => serde_json::from_str(text).ok().map(|Members(members)| Self::Object(members)),
            b'[' => serde_json::from_str(text).ok().map(Self::Array),
            _ => serde_json::from_str(text).ok().map(Self::Other),
        }
    }

    fn child(&self, step: &Step) -> Option<Self> {
        let text = match (self, step) {
            (Self::Object(members), Step::Key(wanted)) => members.iter().find(|(key, _)| key == wanted).map(|(_, value)| value),
            (Self::Array(elements), Step::Index(index)) => elements.get(*index),
            _ => None,
        };
        Self::parse(text?.get())
    }
}

/// The members of an object, in order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Visit).map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, Step};

    fn changed(request: &str, pointer: &str, value: Option<&str>) -> Option<(&'static str, String, String)> {
        let step = |key: &str| key.parse().map_or_else(|_| Step::Key(key.to_owned()), Step::Index);
        let place: Vec<Step> = pointer.split('/').skip(1).map(step).collect();
        let change = Change::new(request, &place, value)?;
        let applied = change.apply(request)?;
        Some((change.op, change.path, applied))
    }

    #[test]
    fn a_change_is_made_where_the_request_has_the_field() {
        for (request, pointer, value, op, path, expected) in [
            (
                r#"{"action":"a","input":{"n":1e999}}"#,
                "/action/input/m",
                Some("2"),
                "add",
                "/input/m",
                r#"{"action":"a","input":{"n":1e999,"m":2}}"#,
            ),
            (
                r#"{"action":{"name":"a","input":{"n":1.50}}}"#,
                "/action/input/n",
                Some("2"),
                "replace",
                "/action/input/n",
                r#"{"action":{"name":"a","input":{"n":2}}}"#,
            ),
            (r#"{"action":"a"}"#, "/action/input/n", Some("2"), "add", "/input", r#"{"action":"a","input":{"n":2}}"#),
            (r#"{"action":"a"}"#, "/action/name", Some("\"b\""), "replace", "/action", r#"{"action":"b"}"#),
            (r#"{"action":"a"}"#, "/action/x", Some("1"), "replace", "/action", r#"{"action":{"name":"a","x":1}}"#),
            (r#"{"actor":"a"}"#, "/actor/roles/x", Some("1"), "replace", "/actor", r#"{"actor":{"id":"a","roles":{"x":1}}}"#),
            (r#"{"context":null}"#, "/context/env", Some("\"prod\""), "replace", "/context", r#"{"context":{"env":"prod"}}"#),
            (r#" { "a" : [ 1, [2, 3] ] } "#, "/a/1/0", Some("4"), "replace", "/a/1/0", r#"{"a":[1,[4,3]]}"#),
            (r#"{"a":[1,2,3]}"#, "/a/1", None, "remove", "/a/1", r#"{"a":[1,3]}"#),
            (r#"{"a":1,"b/":2}"#, "/a", None, "remove", "/a", r#"{"b/":2}"#),
        ] {
            let (found_op, found_path, applied) = changed(request, pointer, value).unwrap();
            assert_eq!((found_op, found_path.as_str(), applied.as_str()), (op, path, expected));
        }
    }

    #[test]
    fn what_cannot_be_changed_is_left() {
        assert_eq!(changed(r#"{"a":1}"#, "/b", None), None);
        assert_eq!(changed(r#"{"a":1}"#, "/a/b", Some("1")), None);
        assert_eq!(changed(r#"{"a":[1]}"#, "/a/b", Some("1")), None);
        assert_eq!(changed(r#"{"resource":"x"}"#, "/resource/y", None), None);
    }
}
