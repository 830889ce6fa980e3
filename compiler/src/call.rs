//! Looking into a recorded request that the engine has accepted.

use toolgate_runtime::json::walk::member;
use toolgate_runtime::json::{Kind, Text, Value};

/// The request as a value.
pub(crate) fn whole(request: &[u8]) -> Value<'_> {
    Value { kind: Kind::Object, text: request.trim_ascii(), escaped: false }
}

/// The name of the action, written either way. Empty only if the request is none.
pub(crate) fn action_name(request: &[u8]) -> String {
    let action = member(whole(request).text, b"action");
    let name = match action {
        Some(action) if action.kind == Kind::Object => member(action.text, b"name"),
        action => action,
    };
    name.and_then(|name| name.as_text()).map_or_else(String::new, string)
}

/// A text of the request, decoded.
pub(crate) fn string(text: Text<'_>) -> String {
    String::from_utf8_lossy(&text.bytes().collect::<Vec<u8>>()).into_owned()
}
