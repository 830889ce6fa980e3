//! What the parser says of a text that is not YAML, in our terms.

/// A message and what to do, for the parser's words at a place where `first` stands.
pub(super) fn told(info: &str, first: Option<char>) -> (String, Option<String>) {
    let known = MESSAGES.iter().find(|(begin, ..)| info.starts_with(begin));
    let message = known.map_or_else(|| info.replace('\n', " "), |(_, message, _)| (*message).to_owned());
    let help = match (first, known) {
        (Some(c @ ('@' | '`' | '%')), _) => Some(format!("quote a text that begins with `{c}`")),
        (_, Some((.., help))) => (!help.is_empty()).then(|| (*help).to_owned()),
        (Some(':'), None) => Some("quote a text that holds `: `".to_owned()),
        _ => None,
    };
    (message, help)
}

/// Whether the complaint is about a tab.
pub(super) fn is_about_tab(info: &str, first: Option<char>) -> bool {
    first == Some('\t') || info.starts_with("tab") || info.contains(" tab")
}

/// How the parser's words begin, the message, and the help if there is any.
const MESSAGES: [(&str, &str, &str); 14] = [
    ("simple key expect", "a key without `:` behind it, or a line that is indented wrongly", ""),
    (
        "mapping values are not allowed",
        "a `: ` where no value can begin",
        "quote a text that holds `: `, and begin the keys of one mapping in one column",
    ),
    (
        "invalid indentation",
        "a line inside of brackets that is not indented further than their key",
        "close the `[`, `{` or quote above, or indent the line further than the key it belongs to",
    ),
    (
        "illegal placement of ':'",
        "a `: ` inside of brackets, where none can stand",
        "close the `[` or `{` above, or quote a text that holds `: `",
    ),
    (
        "while parsing a flow sequence",
        "a list in `[` and `]` goes on without a comma",
        "close it with `]` before this place, or write a comma between its members",
    ),
    (
        "while parsing a flow mapping",
        "a mapping in `{` and `}` goes on without a comma",
        "close it with `}` before this place, or write a comma between its members",
    ),
    (
        "while parsing a block collection",
        "the line belongs neither to the list above nor to what the list is in",
        "begin the keys of one mapping in one column, and the `-` of one list",
    ),
    (
        "while parsing a block mapping",
        "the line belongs neither to the mapping above nor to what the mapping is in",
        "begin the keys of one mapping in one column, and the `-` of one list",
    ),
    (
        "block sequence entries are not allowed",
        "a `- ` where no list can begin",
        "write a list's members on lines of their own, or in `[` and `]`",
    ),
    ("while scanning a quoted scalar, found unexpected end", "a quoted text is not closed", "end it with the quote that it begins with"),
    (
        "while parsing a quoted scalar, found unknown escape",
        "an escape that YAML does not have",
        "write `\\\\` for a backslash, or the text in single quotes",
    ),
    ("invalid trailing content", "something stands behind a quoted text", "quote all of the text, or none of it"),
    ("while parsing a node, did not find expected", "a value is missing here", "write one, or `null`"),
    ("unexpected end of plain scalar", "a text ends where it has hardly begun", "quote it"),
];
