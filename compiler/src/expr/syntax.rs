//! The expression of `if` as it is written: more than the law's grammar has, so that what is wrong can be named.
//!
//! Each part keeps its own text, which is a slice of the whole and so tells its place.

use std::borrow::Cow;

/// A condition or an operand; which of them may stand where is for the checker.
pub(super) struct Expr<'s> {
    pub(super) kind: Kind<'s>,
    pub(super) at: &'s str,
}

pub(super) enum Kind<'s> {
    /// Two parts or more.
    Or(Vec<Expr<'s>>),
    /// Two parts or more.
    And(Vec<Expr<'s>>),
    Not(Box<Expr<'s>>),
    /// In parentheses.
    Group(Box<Expr<'s>>),
    Compare(Box<Expr<'s>>, Relation, Box<Expr<'s>>),
    Path(Path<'s>),
    Call(Call<'s>),
    Literal(Literal<'s>),
    List(Vec<Literal<'s>>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
}

#[derive(Clone, Debug)]
pub(super) struct Path<'s> {
    pub(super) root: &'s str,
    /// Names after dots and strings in brackets alike.
    pub(super) selectors: Vec<Cow<'s, str>>,
    pub(super) at: &'s str,
}

/// `name(…)` or `path.name(…)`, of whatever name.
pub(super) struct Call<'s> {
    pub(super) receiver: Option<Path<'s>>,
    pub(super) name: &'s str,
    pub(super) arguments: Vec<Expr<'s>>,
    /// What is selected of the result, where it begins.
    pub(super) rest: Option<&'s str>,
}

pub(super) struct Literal<'s> {
    pub(super) value: Value<'s>,
    pub(super) at: &'s str,
}

pub(super) enum Value<'s> {
    Null,
    Bool(bool),
    /// As written; leading zeros and all.
    Number(&'s str),
    String(Cow<'s, str>),
}

impl Relation {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
        }
    }
}

impl Value<'_> {
    /// What to call it in a message.
    pub(super) fn described(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a bool",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
        }
    }
}
