//! What was sent is no request: why, and where it shows.

use serde::Serialize;

use crate::diagnostic::render::Excerpt;
use crate::request::json::Refusal;

/// Why and where a request was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Such as `request/duplicate-key`.
    pub reason: &'static str,
    /// What the reason means.
    pub meaning: &'static str,
    /// Byte offset.
    pub offset: usize,
    /// 1-based.
    pub line: usize,
    /// 1-based, in code points.
    pub column: usize,
    /// The line around the place, cut if long.
    pub excerpt: String,
    /// Characters of the excerpt before the place.
    pub indent: usize,
}

impl Refused {
    pub(super) fn new(request: &[u8], Refusal(reason, offset): &Refusal) -> Self {
        let before = request.get(..*offset).unwrap_or(request);
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at.saturating_add(1));
        let line = before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1);
        let column = String::from_utf8_lossy(before.get(line_start..).unwrap_or_default()).chars().count().saturating_add(1);
        let (excerpt, indent) = Excerpt::of(request, *offset, offset.saturating_add(1)).map_or_else(Default::default, |excerpt| {
            let Excerpt { line, before, .. } = excerpt;
            (line, before)
        });
        Self { reason, meaning: meaning(reason), offset: *offset, line, column, excerpt, indent }
    }
}

fn meaning(reason: &str) -> &'static str {
    match reason {
        "request/too-large" => "it is longer than a request may be",
        "request/invalid-utf8" => "its bytes are not UTF-8",
        "request/trailing-data" => "something stands behind the JSON value; a request is one value",
        "request/lone-surrogate" => "an escape names half a character",
        "request/too-deep" => "it is nested deeper than a request may be",
        "request/too-many-members" => "its objects have more members than a request may have",
        "request/duplicate-key" => "an object has the same key twice, and readers differ about which counts",
        "request/not-an-object" => "it is not a JSON object",
        "request/member-type" => {
            "a member has a type it may not have: `action` is a string or an object, `input`, `context`, `actor` and `resource` are objects"
        }
        "request/conflicting-input" => "`input` stands both at the top and in `action`",
        "request/action" => "it names no action, or by a name that is empty or has odd spaces or hidden characters",
        _ => "it is not JSON",
    }
}
