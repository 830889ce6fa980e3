//! The request as rules see it (section 3 of the law), for the reference interpreter: read by a parser of its own, which
//! shares nothing with the runtime's.

pub(crate) mod json;
pub(crate) mod value;

use self::json::Refusal;
use self::value::{Member, Value};
use crate::ir::Scalar;

const BYTES_MAX: usize = 1_048_576;

/// Parses and normalises: `action` is an object with `name`, `input` stands in it, `actor` and `resource` are objects.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, Refusal> {
    if bytes.len() > BYTES_MAX {
        return Err(Refusal("request/too-large", BYTES_MAX));
    }
    let Value::Object(mut members) = json::parse(bytes)? else { return Err(Refusal("request/not-an-object", 0)) };
    let (mut parts, action_at) = match take(&mut members, "action").map(|action| named("name", action)) {
        None => (Vec::new(), 0),
        Some(Member { value: Value::Object(parts), at, .. }) => (parts, at),
        Some(Member { at, .. }) => return Err(Refusal("request/member-type", at)),
    };
    for root in ["actor", "resource"] {
        let member = take(&mut members, root).map(|member| named("id", member));
        members.extend(object_or_absent(member)?);
    }
    let context = take(&mut members, "context");
    members.extend(object_or_absent(context)?);
    let (outer, inner) = (take(&mut members, "input"), take(&mut parts, "input"));
    let conflict = outer.as_ref().filter(|_| inner.is_some()).map(|outer| Refusal("request/conflicting-input", outer.at));
    parts.extend(object_or_absent(inner)?);
    parts.extend(object_or_absent(outer)?);
    conflict.map_or(Ok(()), Err)?;
    match parts.iter().find(|part| part.key == "name") {
        Some(Member { value: Value::Scalar(Scalar::String(name)), .. }) if is_name(name) => {}
        name => return Err(Refusal("request/action", name.map_or(action_at, |name| name.at))),
    }
    members.push(Member { key: "action".to_owned(), value: Value::Object(parts), at: action_at });
    Ok(Value::Object(members))
}

fn take(members: &mut Vec<Member>, key: &str) -> Option<Member> {
    members.iter().position(|member| member.key == key).map(|position| members.remove(position))
}

/// A string is short for an object with one member.
fn named(short_for: &str, Member { key, value, at }: Member) -> Member {
    let is_string = matches!(value, Value::Scalar(Scalar::String(_)));
    let value = if is_string { Value::Object(vec![Member { key: short_for.to_owned(), value, at }]) } else { value };
    Member { key, value, at }
}

fn object_or_absent(member: Option<Member>) -> Result<Option<Member>, Refusal> {
    match member {
        None | Some(Member { value: Value::Scalar(Scalar::Null), .. }) => Ok(None),
        Some(Member { value: Value::Object(_), .. }) => Ok(member),
        Some(Member { at, .. }) => Err(Refusal("request/member-type", at)),
    }
}

fn is_name(name: &str) -> bool {
    let odd = |c| {
        matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}' | '\u{1680}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}'
            | '\u{205f}'..='\u{206f}' | '\u{3000}' | '\u{feff}')
    };
    !name.is_empty() && !name.starts_with(' ') && !name.ends_with(' ') && !name.contains(odd)
}
