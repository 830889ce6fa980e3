//! What CEL or another language has and `if` has not, by name, with what to write instead.

use super::fault::Problem;
use super::lex::{Kind, Token, token};
use crate::diagnostic::quote;

/// Methods of a path.
pub(super) const METHODS: [&str; 7] = ["startsWith", "endsWith", "contains", "matches", "size", "all", "exists"];

/// Functions.
pub(super) const FUNCTIONS: [&str; 2] = ["has", "size"];

/// Words of CEL that can be neither root nor variable.
pub(super) const RESERVED: [&str; 21] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];

/// Whether the arguments of what has this name are operands, so that no condition stands in them.
pub(super) fn takes_operands(name: &str) -> bool {
    ["startsWith", "endsWith", "contains", "matches", "size", "has"].contains(&name)
}

/// Whether the first argument of what has this name is a variable.
pub(super) fn binds(name: &str) -> bool {
    ["all", "exists"].contains(&name)
}

/// What to say of a token where a condition or an operand must begin. `rest` is what follows it.
pub(super) fn begin<'s>(token: &Token<'s>, input: &'s str, rest: &'s str) -> Problem<'s> {
    let at = token.at;
    let follows_digit = rest.starts_with(|c: char| c.is_ascii_digit());
    match &token.kind {
        Kind::End => Problem::syntax(end_of(input, at), "the expression ends where a condition must stand"),
        Kind::Symbol("{") => Problem::unsupported(at, "maps and messages are not supported"),
        Kind::Symbol(".") if follows_digit => {
            Problem::unsupported(at, "numbers that begin with a point are not supported").help("write a `0` before it")
        }
        Kind::Symbol(".") => Problem::unsupported(at, "a name with a leading `.` is not supported").help("leave the `.` out"),
        Kind::Symbol("-") if rest.trim_start().starts_with(|c: char| c.is_ascii_digit()) => {
            Problem::syntax(at, "the `-` of a number stands directly before its digits")
        }
        Kind::Symbol("-") => Problem::unsupported(at, "a negated path is not supported").help("compare with a negative number"),
        Kind::Symbol("+" | "*" | "/" | "%") => arithmetic(at),
        Kind::Symbol("!") => Problem::unsupported(at, "conditions are not compared").help("write a condition alone, or with `!` before it"),
        Kind::Symbol(")") => Problem::syntax(at, "a condition is missing before the `)`"),
        Kind::Name("in") => Problem::syntax(at, "a path or a literal is missing before `in`"),
        Kind::Symbol("=" | "&" | "|" | "<>" | "===" | "!==") => after(token, input),
        _ => Problem::syntax(at, format!("a condition cannot begin with {}", quote(at))),
    }
}

/// What to say of a token where an operator, a closing mark or the end must stand.
pub(super) fn after<'s>(token: &Token<'s>, input: &'s str) -> Problem<'s> {
    let at = token.at;
    let instead = |help: &str| Problem::syntax(at, format!("{} is no operator", quote(at))).help(format!("write `{help}`"));
    match &token.kind {
        Kind::End => Problem::syntax(end_of(input, at), "the expression ends too early"),
        Kind::Symbol("?") => {
            let help = "write two rules, or `(a && b) || (!a && c)`";
            Problem::unsupported(at, "`? :` is not supported").help(help)
        }
        Kind::Symbol("+" | "-" | "*" | "/" | "%") => arithmetic(at),
        Kind::Symbol("{") => Problem::unsupported(at, "maps and messages are not supported"),
        Kind::Symbol("[") => Problem::unsupported(at, "only paths are selected from"),
        Kind::Symbol(".") => Problem::unsupported(at, "only of paths something is selected or asked with a method"),
        Kind::Symbol("=" | "===") => instead("=="),
        Kind::Symbol("<>" | "!==") => instead("!="),
        Kind::Symbol("&") => instead("&&"),
        Kind::Symbol("|") => instead("||"),
        Kind::Name("and" | "AND" | "And") => instead("&&"),
        Kind::Name("or" | "OR" | "Or") => instead("||"),
        Kind::Name("not" | "NOT" | "Not") | Kind::Symbol("!") => {
            Problem::syntax(at, format!("{} stands before a condition only", quote(at))).help("write `!(a in b)`, `!(a == b)`")
        }
        Kind::Name("is" | "IS" | "eq") => instead("=="),
        Kind::Symbol(")" | "]" | "}") => Problem::syntax(at, format!("{} closes nothing", quote(at))),
        Kind::Symbol("==" | "!=" | "<" | "<=" | ">" | ">=") | Kind::Name("in") => {
            Problem::syntax(at, format!("nothing is compared with {} here", quote(at)))
        }
        _ => Problem::syntax(at, format!("expected an operator before {}", quote(at))).help("conditions are joined by `&&` and `||`"),
    }
}

/// `not a`; `rest` is what follows the name.
pub(super) fn word_before<'s>(name: &'s str, rest: &'s str) -> Option<Problem<'s>> {
    let is_word = ["not", "NOT", "Not"].contains(&name);
    let before_name = || matches!(token(rest), Ok((_, Token { kind: Kind::Name(next), .. })) if next != "in");
    (is_word && before_name()).then(|| Problem::syntax(name, format!("{} is no operator", quote(name))).help("write `!`"))
}

/// A function that is known to be missing.
pub(super) fn function(name: &str) -> Option<Problem<'_>> {
    let (message, help) = match name {
        "timestamp" | "duration" => (format!("`{name}` is not supported"), COMPUTED),
        "int" | "uint" | "double" | "string" | "bytes" | "bool" | "dyn" => {
            (format!("the conversion `{name}` is not supported"), "compare with a literal of the type that the request has")
        }
        "type" => ("`type` is not supported".to_owned(), "ask with the operator `type` in `when`"),
        "not" | "NOT" => return Some(unknown(name, "function", "write `!(…)`")),
        _ if is_macro(name) => (format!("the macro `{name}` is not supported"), ELEMENTS),
        _ if METHODS.contains(&name) => {
            (format!("`{name}` as a function is not supported"), "write it behind a path: `input.name.startsWith(\"x\")`")
        }
        _ => return None,
    };
    Some(Problem::unsupported(name, message).help(help))
}

/// A method that is known to be missing.
pub(super) fn method(name: &str) -> Option<Problem<'_>> {
    let (message, help) = match name {
        "getFullYear" | "getMonth" | "getDate" | "getDayOfMonth" | "getDayOfWeek" | "getDayOfYear" | "getHours" | "getMinutes"
        | "getSeconds" | "getMilliseconds" => (format!("the time getter `{name}` is not supported"), COMPUTED),
        "charAt" | "format" | "indexOf" | "join" | "lastIndexOf" | "lowerAscii" | "replace" | "reverse" | "split" | "substring"
        | "trim" | "upperAscii" => {
            (format!("the function `{name}` of text is not supported"), "use `startsWith`, `endsWith`, `contains` or `matches`")
        }
        "orValue" | "or" | "hasValue" | "value" | "optMap" | "optFlatMap" => {
            (format!("`{name}` of an optional value is not supported"), "ask with `has(…)` whether it is there")
        }
        "length" | "len" | "count" => return Some(unknown(name, "method", "did you mean `size`?")),
        "any" | "some" => return Some(unknown(name, "method", "did you mean `exists`?")),
        "every" => return Some(unknown(name, "method", "did you mean `all`?")),
        "includes" => return Some(unknown(name, "method", "write `\"x\" in a` for a member of an array, `contains` for a part of a text")),
        "has" => return Some(unknown(name, "method", "write `has(input.name)`")),
        _ if is_macro(name) => (format!("the macro `{name}` is not supported"), ELEMENTS),
        _ => return None,
    };
    Some(Problem::unsupported(name, message).help(help))
}

fn is_macro(name: &str) -> bool {
    ["map", "filter", "exists_one", "existsOne", "transformList", "transformMap", "transformMapEntry"].contains(&name)
}

fn unknown<'s>(name: &'s str, kind: &str, help: &str) -> Problem<'s> {
    Problem { code: "if/unknown-name", at: name, message: format!("there is no {kind} {}", quote(name)), help: Some(help.to_owned()) }
}

const ELEMENTS: &str = "ask about elements with `all` and `exists`";
const COMPUTED: &str = "let the caller put what is to be compared into `context`, as a number";

fn arithmetic(at: &str) -> Problem<'_> {
    let help = "compare a path with a number, and let the caller put what is computed into `context`";
    Problem::unsupported(at, format!("the arithmetic operator {} is not supported", quote(at))).help(help)
}

/// Where the text before the end's blanks ends, if that is known.
fn end_of<'s>(input: &'s str, at: &'s str) -> &'s str {
    input.get(..0).unwrap_or(at)
}
