//! Text to syntax tree: the grammar of the law, and as much more of CEL's as it takes to name what is missing.
//!
//! Recursion is as deep as conditions may nest, and reading ends with the last condition a rule may have, so that
//! hostile text meets a limit soon and not the end of the stack.

use std::borrow::Cow;
use std::cell::Cell;

use nom::branch::alt;
use nom::combinator::{map, opt};
use nom::multi::{many0, separated_list1};
use nom::{Err, Offset, Parser};

use super::absent;
use super::fault::{Fault, Problem};
use super::lex::{Kind as Lexeme, Parsed, mark, token};
use super::syntax::{Call, Expr, Kind, Literal, Path, Relation, Value};
use crate::diagnostic::clip;
use crate::limits::{ALTERNATIVES_MAX, CONDITIONS_MAX, NESTING_MAX};

/// What came of a text.
pub(super) struct Parse<'s> {
    pub(super) expr: Result<Expr<'s>, Fault<'s>>,
    /// Conditions in what was read of it.
    pub(super) conditions: usize,
}

/// Parses the whole of a text as an expression.
pub(super) fn expression(text: &str) -> Parse<'_> {
    let grammar = Grammar { conditions: Cell::new(0) };
    let expr = whole(text, |input| grammar.any(input, 1));
    Parse { expr, conditions: grammar.conditions.get() }
}

/// Parses the whole of a text as a path.
pub(super) fn path(text: &str) -> Result<Path<'_>, Problem<'_>> {
    let read = whole(text, |input| {
        let (rest, name) =
            name(input).map_err(|error| otherwise(error, || Problem::syntax(text, "it does not begin with a name").end()))?;
        let (rest, selectors) = many0(map(selector, Selector::key)).parse(rest)?;
        Ok((rest, Path { root: name, selectors, at: between(input, name, rest) }))
    });
    read.map_err(|fault| match fault {
        Fault::Told(problem) => problem,
        Fault::Mismatch | Fault::Conditions => Problem::syntax(text, "it is no path"),
    })
}

fn whole<'s, T>(text: &'s str, mut parser: impl FnMut(&'s str) -> Parsed<'s, T>) -> Result<T, Fault<'s>> {
    let read = parser(text).and_then(|(rest, read)| match token(rest)?.1 {
        token if token.kind == Lexeme::End => Ok(read),
        token => Err(absent::after(&token, rest).end()),
    });
    read.map_err(|error| match error {
        Err::Error(fault) | Err::Failure(fault) => fault,
        Err::Incomplete(_) => Fault::Mismatch,
    })
}

struct Grammar {
    conditions: Cell<usize>,
}

impl Grammar {
    /// `and { "||" and }`
    fn any<'s>(&self, input: &'s str, depth: usize) -> Parsed<'s, Expr<'s>> {
        let (rest, parts) = separated_list1(mark("||"), |input| self.all(input, depth)).parse(input)?;
        Ok((rest, chain(input, rest, parts, Kind::Or)))
    }

    /// `cond { "&&" cond }`
    fn all<'s>(&self, input: &'s str, depth: usize) -> Parsed<'s, Expr<'s>> {
        let (rest, parts) = separated_list1(mark("&&"), |input| self.condition(input, depth)).parse(input)?;
        Ok((rest, chain(input, rest, parts, Kind::And)))
    }

    /// `{ "!" } atom | operand relop operand`
    fn condition<'s>(&self, input: &'s str, depth: usize) -> Parsed<'s, Expr<'s>> {
        if mark("!").parse(input).is_ok() {
            let (rest, negation) = self.negation(input, depth)?;
            return match relation(rest) {
                Ok((after, relation)) => Err(self.negated_comparison(&negation, relation, after, depth).end()),
                Err(_) => Ok((rest, negation)),
            };
        }
        let (rest, left) = self.primary(input, depth)?;
        if !matches!(left.kind, Kind::Group(_)) {
            self.count()?;
        }
        let Some((rest, relation)) = opt_relation(rest)? else { return Ok((rest, left)) };
        let (rest, right) = self.primary(rest, depth)?;
        let at = between(input, left.at, rest);
        if let Ok((_, second)) = self::relation(rest) {
            let (left, middle) = (clip(left.at), clip(right.at));
            let (one, other) = (relation.sign(), second.sign());
            let help = format!("write `{left} {one} {middle} && {middle} {other} …` if both are meant");
            let (_, token) = token(rest)?;
            return Err(Problem::unsupported(token.at, "comparisons in a chain are not supported").help(help).end());
        }
        Ok((rest, Expr { kind: Kind::Compare(Box::new(left), relation, Box::new(right)), at }))
    }

    /// `"!" { "!" } atom`
    fn negation<'s>(&self, input: &'s str, depth: usize) -> Parsed<'s, Expr<'s>> {
        let Ok((rest, sign)) = mark("!").parse(input) else {
            let (rest, inner) = self.primary(input, depth)?;
            if !matches!(inner.kind, Kind::Group(_)) {
                self.count()?;
            }
            return Ok((rest, inner));
        };
        let depth = enter(depth, sign.at)?;
        let (rest, inner) = self.negation(rest, depth)?;
        Ok((rest, Expr { kind: Kind::Not(Box::new(inner)), at: between(input, sign.at, rest) }))
    }

    /// What to say of `!a == b`.
    fn negated_comparison<'s>(&self, negation: &Expr<'s>, relation: Relation, rest: &'s str, depth: usize) -> Problem<'s> {
        let right = self.primary(rest, depth).map_or_else(|_| "…".to_owned(), |(_, right)| clip(right.at));
        let left = clip(negation.at.trim_start_matches('!'));
        let sign = relation.sign();
        Problem::unsupported(negation.at, "`!` is of what stands directly behind it, and conditions are not compared")
            .help(format!("write `!({left} {sign} {right})`"))
    }

    /// What can stand on one side of a comparison, or alone.
    fn primary<'s>(&self, input: &'s str, depth: usize) -> Parsed<'s, Expr<'s>> {
        let group = |input| self.group(input, depth);
        let reference = |input| self.reference(input, depth);
        alt((group, list, literal_alone, reference)).parse(input).map_err(|error| {
            otherwise(error, || match token(input) {
                Ok((rest, token)) => absent::begin(&token, input, rest).end(),
                Err(error) => error,
            })
        })
    }

    /// `"(" expr ")"`
    fn group<'s>(&self, input: &'s str, depth: usize) -> Parsed<'s, Expr<'s>> {
        let (rest, open) = mark("(").parse(input)?;
        let depth = enter(depth, open.at)?;
        let (rest, inner) = self.any(rest, depth)?;
        let (rest, ()) = close(rest, open.at, ")")?;
        Ok((rest, Expr { kind: Kind::Group(Box::new(inner)), at: between(input, open.at, rest) }))
    }

    /// A path, or a call.
    fn reference<'s>(&self, input: &'s str, depth: usize) -> Parsed<'s, Expr<'s>> {
        let (rest, root) = name(input)?;
        if let Some(problem) = absent::word_before(root, rest) {
            return Err(problem.end());
        }
        if let Ok((_, open)) = mark("(").parse(rest) {
            return self.call(input, None, root, (rest, open.at), depth);
        }
        let mut path = Path { root, selectors: Vec::new(), at: root };
        let mut rest = rest;
        while let (after, Some(selected)) = opt(selector).parse(rest)? {
            if let (Selector::Name(name), Ok((_, open))) = (&selected, mark("(").parse(after)) {
                path.at = between(input, root, rest);
                return self.call(input, Some(path), name, (after, open.at), depth);
            }
            path.selectors.push(selected.key());
            rest = after;
        }
        path.at = between(input, root, rest);
        Ok((rest, Expr { at: path.at, kind: Kind::Path(path) }))
    }

    /// The arguments of a call, with whatever is selected of its result: that is wrong, but its name may be more so.
    fn call<'s>(
        &self,
        input: &'s str,
        receiver: Option<Path<'s>>,
        name: &'s str,
        (before, open): (&'s str, &'s str),
        depth: usize,
    ) -> Parsed<'s, Expr<'s>> {
        let (mut rest, arguments) = self.arguments(before, name, open, depth)?;
        let start = receiver.as_ref().map_or(name, |path| path.at);
        let mut selected = None;
        while let (after, Some(part)) = opt(selector).parse(rest)? {
            selected = selected.or_else(|| token(rest).ok().map(|(_, token)| token.at));
            rest = match (part, mark("(").parse(after)) {
                (Selector::Name(name), Ok((_, open))) => self.arguments(after, name, open.at, depth)?.0,
                _ => after,
            };
        }
        let at = between(input, start, rest);
        Ok((rest, Expr { kind: Kind::Call(Call { receiver, name, arguments, rest: selected }), at }))
    }

    fn arguments<'s>(&self, input: &'s str, name: &'s str, open: &'s str, depth: usize) -> Parsed<'s, Vec<Expr<'s>>> {
        let (mut rest, _) = mark("(").parse(input)?;
        // What takes operands alone nests nothing, but for the stack's sake is not entered without end.
        let is_plain = absent::takes_operands(name);
        let depth = if is_plain { enter(depth.saturating_sub(1), name)?.saturating_add(1) } else { enter(depth, name)? };
        let mut arguments = Vec::new();
        if let Ok((rest, _)) = mark(")").parse(rest) {
            return Ok((rest, arguments));
        }
        loop {
            let is_operand = is_plain || (arguments.is_empty() && absent::binds(name));
            let (after, argument) = if is_operand { self.primary(rest, depth)? } else { self.any(rest, depth)? };
            arguments.push(argument);
            match mark(",").parse(after) {
                Ok((after, _)) => rest = after,
                Err(_) => {
                    let (rest, ()) = close(after, open, ")")?;
                    return Ok((rest, arguments));
                }
            }
        }
    }

    fn count<'s>(&self) -> Result<(), Err<Fault<'s>>> {
        let count = self.conditions.get().saturating_add(1);
        self.conditions.set(count);
        if count > CONDITIONS_MAX { Err(Err::Failure(Fault::Conditions)) } else { Ok(()) }
    }
}

enum Selector<'s> {
    Name(&'s str),
    Key(Cow<'s, str>),
}

impl<'s> Selector<'s> {
    fn key(self) -> Cow<'s, str> {
        match self {
            Self::Name(name) => Cow::Borrowed(name),
            Self::Key(key) => key,
        }
    }
}

/// `"." identifier | "[" string "]"`
fn selector(input: &str) -> Parsed<'_, Selector<'_>> {
    alt((dotted, bracketed)).parse(input)
}

fn dotted(input: &str) -> Parsed<'_, Selector<'_>> {
    let (rest, dot) = mark(".").parse(input)?;
    let (after, token) = token(rest)?;
    match token.kind {
        Lexeme::Name(name) => Ok((after, Selector::Name(name))),
        Lexeme::Symbol("?") => {
            Err(Problem::unsupported(token.at, "optional selection is not supported").help("ask with `has(…)` whether it is there").end())
        }
        _ => Err(Problem::syntax(dot.at, "a `.` stands before no name").help("write `[\"…\"]` for a name that is no identifier").end()),
    }
}

fn bracketed(input: &str) -> Parsed<'_, Selector<'_>> {
    let (rest, open) = mark("[").parse(input)?;
    let (after, token) = token(rest)?;
    match token.kind {
        Lexeme::String(key) => {
            let (after, ()) = close(after, open.at, "]")?;
            Ok((after, Selector::Key(key)))
        }
        Lexeme::Symbol("?") => {
            Err(Problem::unsupported(token.at, "optional selection is not supported").help("ask with `has(…)` whether it is there").end())
        }
        Lexeme::Number(_) | Lexeme::Name(_) | Lexeme::Symbol("-" | "(") => {
            let help = "ask about elements with `all` and `exists`; a member's name stands in quotes";
            Err(Problem::unsupported(token.at, "an index is not supported").help(help).end())
        }
        _ => Err(Problem::syntax(open.at, "a `[` takes a string in quotes").end()),
    }
}

/// `"[" literal { "," literal } "]"`; an empty one is for the checker.
fn list(input: &str) -> Parsed<'_, Expr<'_>> {
    let (mut rest, open) = mark("[").parse(input)?;
    let mut members = Vec::new();
    if let Ok((rest, _)) = mark("]").parse(rest) {
        return Ok((rest, Expr { kind: Kind::List(members), at: between(input, open.at, rest) }));
    }
    loop {
        let (after, member) = literal(rest).map_err(|error| otherwise(error, || no_member(rest)))?;
        members.push(member);
        if members.len() > ALTERNATIVES_MAX {
            let message = format!("a list has more than {ALTERNATIVES_MAX} members");
            return Err(Problem { code: "limit/alternatives", at: open.at, message, help: None }.end());
        }
        match mark(",").parse(after) {
            Ok((after, _)) => rest = after,
            Err(_) => {
                let (rest, ()) = close(after, open.at, "]")?;
                return Ok((rest, Expr { kind: Kind::List(members), at: between(input, open.at, rest) }));
            }
        }
    }
}

/// What to say of something else than a literal in a list.
fn no_member(input: &str) -> Err<Fault<'_>> {
    let (rest, token) = match token(input) {
        Ok(token) => token,
        Err(error) => return error,
    };
    match token.kind {
        Lexeme::Symbol("]") => {
            Problem::unsupported(token.at, "a comma behind the last member of a list is not supported").help("leave it out").end()
        }
        Lexeme::Name(_) | Lexeme::Symbol("[" | "(" | "!") => {
            let help = "compare with a path by itself: `a == b`";
            Problem::unsupported(token.at, "members of a list that are no literals are not supported").help(help).end()
        }
        _ => absent::begin(&token, input, rest).end(),
    }
}

fn literal_alone(input: &str) -> Parsed<'_, Expr<'_>> {
    let (rest, literal) = literal(input)?;
    Ok((rest, Expr { at: literal.at, kind: Kind::Literal(literal) }))
}

/// `string | ["-"] digits ["." digits] [exponent] | true | false | null`
fn literal(input: &str) -> Parsed<'_, Literal<'_>> {
    let (rest, first) = token(input)?;
    let value = match first.kind {
        Lexeme::String(text) => Value::String(text),
        Lexeme::Number(number) => Value::Number(number),
        Lexeme::Name("true") => Value::Bool(true),
        Lexeme::Name("false") => Value::Bool(false),
        Lexeme::Name("null") => Value::Null,
        Lexeme::Symbol("-") if rest.starts_with(|c: char| c.is_ascii_digit()) => {
            let (rest, _) = token(rest)?;
            let at = between(input, first.at, rest);
            return Ok((rest, Literal { value: Value::Number(at), at }));
        }
        _ => return Err(Err::Error(Fault::Mismatch)),
    };
    Ok((rest, Literal { value, at: first.at }))
}

/// A name that may begin a path: any but `in`, which is an operator. Other reserved words are for the checker.
fn name(input: &str) -> Parsed<'_, &str> {
    let (rest, token) = token(input)?;
    match token.kind {
        Lexeme::Name(name) if name != "in" => Ok((rest, name)),
        _ => Err(Err::Error(Fault::Mismatch)),
    }
}

fn opt_relation(input: &str) -> Result<Option<(&str, Relation)>, Err<Fault<'_>>> {
    match relation(input) {
        Ok(found) => Ok(Some(found)),
        Err(Err::Error(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn relation(input: &str) -> Parsed<'_, Relation> {
    let (rest, token) = token(input)?;
    let relation = match token.kind {
        Lexeme::Symbol("==") => Relation::Equal,
        Lexeme::Symbol("!=") => Relation::NotEqual,
        Lexeme::Symbol("<") => Relation::Less,
        Lexeme::Symbol("<=") => Relation::LessOrEqual,
        Lexeme::Symbol(">") => Relation::Greater,
        Lexeme::Symbol(">=") => Relation::GreaterOrEqual,
        Lexeme::Name("in") => Relation::In,
        _ => return Err(Err::Error(Fault::Mismatch)),
    };
    Ok((rest, relation))
}

/// The mark that closes what `open` began.
fn close<'s>(input: &'s str, open: &'s str, wanted: &'static str) -> Parsed<'s, ()> {
    let (rest, token) = token(input)?;
    match token.kind {
        Lexeme::Symbol(found) if found == wanted => Ok((rest, ())),
        Lexeme::End => Err(Problem::syntax(open, format!("a `{}` is not closed", if wanted == "]" { "[" } else { "(" })).end()),
        _ => Err(absent::after(&token, input).end()),
    }
}

/// Goes one deeper.
fn enter<'s>(depth: usize, at: &'s str) -> Result<usize, Err<Fault<'s>>> {
    let depth = depth.saturating_add(1);
    if depth > NESTING_MAX {
        let message = format!("the conditions of a rule are nested more than {NESTING_MAX} deep");
        return Err(Problem { code: "limit/nesting", at, message, help: None }.end());
    }
    Ok(depth)
}

/// One part stands for itself.
fn chain<'s>(input: &'s str, rest: &'s str, mut parts: Vec<Expr<'s>>, kind: fn(Vec<Expr<'s>>) -> Kind<'s>) -> Expr<'s> {
    match (parts.len(), parts.pop()) {
        (1, Some(part)) => part,
        (_, last) => {
            parts.extend(last);
            let at = parts.first().map_or(input, |first| between(input, first.at, rest));
            Expr { kind: kind(parts), at }
        }
    }
}

/// The text of `input` from the start of `first` to where `rest` begins.
fn between<'s>(input: &'s str, first: &'s str, rest: &'s str) -> &'s str {
    let end = input.len().saturating_sub(rest.len());
    input.get(input.offset(first)..end).unwrap_or(first)
}

/// Says what is meant where nothing has been said.
fn otherwise<'s>(error: Err<Fault<'s>>, say: impl FnOnce() -> Err<Fault<'s>>) -> Err<Fault<'s>> {
    match error {
        Err::Error(Fault::Mismatch) | Err::Incomplete(_) => say(),
        told => told,
    }
}
