//! Tokens of an expression, one at a time.

use std::borrow::Cow;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while, take_while1};
use nom::character::complete::{anychar, char, digit1, one_of, satisfy};
use nom::combinator::{consumed, map, opt, peek, recognize, value, verify};
use nom::multi::many0_count;
use nom::sequence::{pair, preceded};
use nom::{Err, IResult, Parser};

use super::fault::{Fault, Problem};
use crate::diagnostic::{escape, quote};

/// What a parser makes of the start of a text, and the rest.
pub(super) type Parsed<'s, T> = IResult<&'s str, T, Fault<'s>>;

/// A token and its text.
#[derive(Clone)]
pub(super) struct Token<'s> {
    pub(super) kind: Kind<'s>,
    pub(super) at: &'s str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind<'s> {
    /// An identifier or a word such as `in`.
    Name(&'s str),
    /// Without a sign.
    Number(&'s str),
    String(Cow<'s, str>),
    /// One of [`SYMBOLS`].
    Symbol(&'static str),
    End,
}

/// The token behind blanks and comments.
pub(super) fn token(input: &str) -> Parsed<'_, Token<'_>> {
    let (input, _) = blanks(input)?;
    let mut any = alt((name, number, string, symbol, end, stranger));
    map(consumed(move |input| any.parse(input)), |(at, kind)| Token { kind, at }).parse(input)
}

/// The token `wanted`, which is one of [`SYMBOLS`].
pub(super) fn mark<'s>(wanted: &'static str) -> impl Parser<&'s str, Output = Token<'s>, Error = Fault<'s>> {
    verify(token, move |token| token.kind == Kind::Symbol(wanted))
}

/// The comments of a text that can be read.
pub(super) fn comments(text: &str) -> Vec<&str> {
    let mut comments = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(is_blank);
        if let Ok((after, comment)) = comment(rest) {
            comments.push(comment);
            rest = after;
            continue;
        }
        match token(rest) {
            Ok((after, token)) if token.kind != Kind::End => rest = after,
            _ => return comments,
        }
    }
}

/// Whether anything but tokens stands in the text.
pub(super) fn has_blanks(text: &str) -> bool {
    let mut rest = text;
    loop {
        match token(rest) {
            Ok((after, token)) if after.len().saturating_add(token.at.len()) == rest.len() => match token.kind {
                Kind::End => return false,
                _ => rest = after,
            },
            Ok(_) => return true,
            Err(_) => return false,
        }
    }
}

/// Whether `text` is an identifier, reserved or not.
pub(super) fn is_identifier(text: &str) -> bool {
    text.starts_with(is_name_start) && text.chars().all(is_name_part)
}

fn blanks(input: &str) -> Parsed<'_, usize> {
    many0_count(alt((take_while1(is_blank), comment))).parse(input)
}

fn comment(input: &str) -> Parsed<'_, &str> {
    recognize(pair(tag("//"), take_till(|c| matches!(c, '\n' | '\r')))).parse(input)
}

fn name(input: &str) -> Parsed<'_, Kind<'_>> {
    let (rest, name) = recognize(pair(satisfy(is_name_start), take_while(is_name_part))).parse(input)?;
    if rest.starts_with(['"', '\'']) {
        let problem = match name {
            "r" | "R" => Problem::unsupported(name, "raw strings are not supported").help("double each backslash of a plain string"),
            "b" | "B" => Problem::unsupported(name, "bytes are not supported").help("write a string, without the `b`"),
            "br" | "bR" | "Br" | "BR" | "rb" | "rB" | "Rb" | "RB" => Problem::unsupported(name, "raw bytes are not supported"),
            _ => return Ok((rest, Kind::Name(name))),
        };
        return Err(problem.end());
    }
    Ok((rest, Kind::Name(name)))
}

fn number(input: &str) -> Parsed<'_, Kind<'_>> {
    let fraction = preceded(char('.'), digit1);
    let exponent = (one_of("eE"), opt(one_of("+-")), digit1);
    let (rest, number) = recognize((digit1, opt(fraction), opt(exponent))).parse(input)?;
    let run = |rest: &str| input.len().saturating_sub(rest.trim_start_matches(is_name_part).len());
    let whole = input.get(..run(rest)).unwrap_or(number);
    let problem = match rest.chars().next() {
        Some('u' | 'U') if whole.len() == number.len().saturating_add(1) => {
            Problem::unsupported(whole, "unsigned numbers are not supported").help(format!("write `{number}`"))
        }
        Some('x' | 'X') if number == "0" => {
            Problem::unsupported(whole, "hexadecimal numbers are not supported").help("write it in decimal digits")
        }
        Some(c) if is_name_part(c) => Problem::syntax(whole, format!("{} is neither a number nor a name", quote(whole))),
        Some('.') if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            let at = input.get(..number.len().saturating_add(1)).unwrap_or(number);
            Problem::syntax(at, "digits must follow the point of a number").help(format!(
                "write `{}` or `{}.0`",
                clipped(number),
                clipped(number)
            ))
        }
        _ => return Ok((rest, Kind::Number(number))),
    };
    Err(problem.end())
}

/// A string in either kind of quotes, with CEL's escapes.
fn string(input: &str) -> Parsed<'_, Kind<'_>> {
    let (mut rest, mark) = one_of("\"'").parse(input)?;
    if rest.starts_with([mark]) && rest.chars().nth(1) == Some(mark) {
        let at = input.get(..3).unwrap_or(input);
        let help = "write a string in single quotation marks, with `\\n` for a line break";
        return Err(Problem::unsupported(at, "strings in triple quotation marks are not supported").help(help).end());
    }
    let mut value = Cow::Borrowed("");
    loop {
        let (after, plain) = take_till(|c| matches!(c, '\\' | '\n' | '\r') || c == mark).parse(rest)?;
        // Only a string with an escape is copied.
        if value.is_empty() {
            value = Cow::Borrowed(plain)
        } else {
            value.to_mut().push_str(plain)
        }
        rest = match after.chars().next() {
            Some('\\') => {
                let (after, c) = escaped(after)?;
                value.to_mut().push(c);
                after
            }
            Some(c) if c == mark => return Ok((after.get(c.len_utf8()..).unwrap_or_default(), Kind::String(value))),
            _ => {
                let at = input.get(..input.len().saturating_sub(after.len())).unwrap_or(input);
                let problem = Problem::syntax(at, "a string is not closed");
                return Err(if after.is_empty() { problem } else { problem.help("a line break in a string is written `\\n`") }.end());
            }
        };
    }
}

/// An escape, its backslash included.
fn escaped(input: &str) -> Parsed<'_, char> {
    let simple = alt((
        one_of("\\?\"'`"),
        value('\u{7}', char('a')),
        value('\u{8}', char('b')),
        value('\u{c}', char('f')),
        value('\n', char('n')),
        value('\r', char('r')),
        value('\t', char('t')),
        value('\u{b}', char('v')),
    ));
    let code = alt((
        preceded(one_of("xX"), |input| code_point(input, 2, 16)),
        preceded(char('u'), |input| code_point(input, 4, 16)),
        preceded(char('U'), |input| code_point(input, 8, 16)),
        preceded(peek(one_of("0123")), |input| code_point(input, 3, 8)),
    ));
    preceded(char('\\'), alt((simple, code))).parse(input).map_err(|_: Err<Fault<'_>>| {
        let end = input.char_indices().nth(2).map_or(input.len(), |(at, _)| at);
        let at = input.get(..end).unwrap_or(input);
        let help = "write `\\\\` for a backslash itself";
        Problem::syntax(at, format!("{} is no escape, or not all of one", quote(at))).help(help).end()
    })
}

/// As many digits of that base as said, and the character they mean.
fn code_point(input: &str, length: usize, base: u32) -> Parsed<'_, char> {
    let mismatch = || Err::Error(Fault::Mismatch);
    let (digits, rest) = input.split_at_checked(length).ok_or_else(mismatch)?;
    let code = digits.chars().all(|digit| digit.is_digit(base)).then(|| u32::from_str_radix(digits, base).ok()).flatten();
    code.and_then(char::from_u32).map(|c| (rest, c)).ok_or_else(mismatch)
}

fn symbol(input: &str) -> Parsed<'_, Kind<'_>> {
    let found = SYMBOLS.iter().find(|symbol| input.starts_with(**symbol)).ok_or(Err::Error(Fault::Mismatch))?;
    Ok((input.get(found.len()..).unwrap_or_default(), Kind::Symbol(found)))
}

fn end(input: &str) -> Parsed<'_, Kind<'_>> {
    if input.is_empty() { Ok((input, Kind::End)) } else { Err(Err::Error(Fault::Mismatch)) }
}

/// A character that begins no token.
fn stranger(input: &str) -> Parsed<'_, Kind<'_>> {
    let (_, at) = recognize(anychar).parse(input)?;
    if at == "`" {
        let help = "write the name in brackets: `input[\"to-address\"]`";
        return Err(Problem::unsupported(at, "names in backticks are not supported").help(help).end());
    }
    Err(Problem::syntax(at, format!("the character {} cannot stand there", quote(at))).end())
}

fn clipped(number: &str) -> String {
    escape(number.get(..20).unwrap_or(number))
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}

fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn is_name_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Those that begin like another one stand after it.
const SYMBOLS: [&str; 30] = [
    "===", "!==", "==", "!=", "<=", ">=", "<>", "&&", "||", "<", ">", "!", "=", "&", "|", "(", ")", "[", "]", "{", "}", ",", ".", "?", ":",
    "+", "-", "*", "/", "%",
];

#[cfg(test)]
mod tests {
    use super::{Kind, comments, has_blanks, token};
    use crate::expr::fault::Fault;

    /// All tokens in short, or the code of what ends them.
    fn tokens(text: &str) -> String {
        let mut found = Vec::new();
        let mut rest = text;
        loop {
            match token(rest) {
                Ok((after, token)) => {
                    rest = after;
                    found.push(match token.kind {
                        Kind::End => return found.join(" "),
                        Kind::Name(name) => name.to_owned(),
                        Kind::Number(number) => format!("#{number}"),
                        Kind::String(text) => format!("{text:?}"),
                        Kind::Symbol(symbol) => symbol.to_owned(),
                    });
                }
                Err(nom::Err::Failure(Fault::Told(problem))) => return format!("{} {} {}", found.join(" "), problem.code, problem.at),
                Err(other) => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn the_longest_symbol_is_taken() {
        assert_eq!(tokens("a<=b<-1!==c===d!=e!f<>g"), "a <= b < - #1 !== c === d != e ! f <> g");
        assert_eq!(tokens("&&&|||a.b[c]{}(,)?:+*/%"), "&& & || | a . b [ c ] { } ( , ) ? : + * / %");
        assert_eq!(tokens(" \t\r\n\u{c}a//b\n//\r//c"), "a");
        assert_eq!(tokens("in1 _a A_0 true"), "in1 _a A_0 true");
    }

    #[test]
    fn numbers_end_where_they_must() {
        assert_eq!(tokens("0 007 1.50 1e5 1E+5 1.5e-05-1"), "#0 #007 #1.50 #1e5 #1E+5 #1.5e-05 - #1");
        for (text, at) in [("1.", "1."), ("1.a", "1."), ("1e", "1e"), ("1e+", "1e"), ("12ab", "12ab"), ("1_000", "1_000"), ("1.5u", "1.5u")]
        {
            let code = if text.ends_with('u') { "if/unsupported" } else { "if/syntax" };
            assert_eq!(tokens(text), format!(" {code} {at}"), "{text}");
        }
        assert_eq!(tokens("0x1F"), " if/unsupported 0x1F");
    }

    #[test]
    fn strings_take_the_escapes_of_cel() {
        assert_eq!(tokens(r#""" '' 'a"b' "a'b""#), r#""" "" "a\"b" "a'b""#);
        assert_eq!(tokens(r#""\a\b\f\n\r\t\v\\\?\"\'\`""#), r#""\u{7}\u{8}\u{c}\n\r\t\u{b}\\?\"'`""#);
        assert_eq!(tokens(r"'\x41\X41\u00e9\U0001F600\101\377'"), "\"AAé😀Aÿ\"");
        for bad in [r"\q", r"\8", r"\4", r"\x4", r"\ud800", r"\U00110000", r"\u+041", r"\12", r"\x4é", r"\é", "\\"] {
            let at: String = bad.chars().take(2).collect();
            assert_eq!(tokens(&format!("'{bad}")), format!(" if/syntax {at}"), "{bad}");
        }
        assert_eq!(tokens("a 'b\nc'"), "a if/syntax 'b");
        assert_eq!(tokens("\"a'"), " if/syntax \"a'");
        for prefix in ["r", "R", "b", "B", "br", "Rb"] {
            assert_eq!(tokens(&format!("{prefix}'x'")), format!(" if/unsupported {prefix}"));
        }
        assert_eq!(tokens("'''x'''"), " if/unsupported '''");
        assert_eq!(tokens("x'a' x \u{a0}"), "x \"a\" x if/syntax \u{a0}");
    }

    #[test]
    fn comments_and_blanks_are_found() {
        assert_eq!(comments("a // b \n 'x // y' //c//d\r\"z\" / //"), ["// b ", "//c//d", "//"]);
        for (text, has) in [("a.b['c d']", false), (" a", true), ("a ", true), ("a .b", true), ("a//", true), ("a.'", false), ("", false)] {
            assert_eq!(has_blanks(text), has, "{text}");
        }
    }
}
