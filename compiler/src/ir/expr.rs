//! The expression of `if`, checked: names are resolved, literals are parsed, and of two literals none is compared.

use super::types::{Comparison, Regex, Scalar};

/// A condition (section 7 of the law). Three-valued; nothing in it is quantified by itself.
#[derive(Clone, Debug)]
pub enum Expr {
    /// `&&`; two parts or more.
    And(Vec<Expr>),
    /// `||`; two parts or more.
    Or(Vec<Expr>),
    /// `!`, and the outside of `!=`.
    Not(Box<Expr>),
    /// A path alone.
    Flag(Path),
    /// `==`. A literal stands right, and is never beside another one.
    Equal(Operand, Operand),
    /// `< <= > >=`; never [`Comparison::Equal`]. A literal stands right and is a number.
    Compare(Operand, Comparison, Operand),
    /// `in`. A literal stands left only of a path.
    In(Operand, Members),
    /// `startsWith`, `endsWith`, `contains`
    Text(Path, TextMethod, Argument),
    /// `matches`, which searches.
    Matches(Path, Regex),
    /// `has`; the path has a selector.
    Has(Path),
    /// `all`, `exists`; never inside another one.
    Over(Path, Quantifier, Box<Body>),
}

impl Expr {
    /// Shows each path with the keys of the array that its variable stands for, which are none of a path from the request.
    pub fn each_path<'e>(&'e self, mut see: impl FnMut(&'e [String], &'e Path)) {
        self.see_paths(&[], &mut see);
    }

    fn see_paths<'e>(&'e self, array: &'e [String], see: &mut impl FnMut(&'e [String], &'e Path)) {
        match self {
            Expr::And(parts) | Expr::Or(parts) => parts.iter().for_each(|part| part.see_paths(array, see)),
            Expr::Not(part) => part.see_paths(array, see),
            Expr::Over(path, _, body) => {
                see(&[], path);
                body.condition.see_paths(&path.keys, see);
            }
            leaf => leaf.own_paths().for_each(|path| see(if path.base == Base::Element { array } else { &[] }, path)),
        }
    }

    /// The paths that a condition names itself; none of a condition that is made of others.
    pub fn own_paths(&self) -> impl Iterator<Item = &Path> {
        let (one, other) = match self {
            Expr::Equal(a, b) | Expr::Compare(a, _, b) => (a.path(), b.path()),
            Expr::In(x, Members::Path(list)) => (x.path(), Some(list)),
            Expr::In(x, _) => (x.path(), None),
            Expr::Text(path, _, Argument::Path(other)) => (Some(path), Some(other)),
            Expr::Text(path, ..) | Expr::Flag(path) | Expr::Has(path) | Expr::Matches(path, _) => (Some(path), None),
            Expr::And(_) | Expr::Or(_) | Expr::Not(_) | Expr::Over(..) => (None, None),
        };
        one.into_iter().chain(other)
    }
}

/// What `all` and `exists` ask of each element.
#[derive(Clone, Debug)]
pub struct Body {
    /// The bound variable's name, for people.
    pub variable: String,
    /// The condition.
    pub condition: Expr,
}

/// Where a value is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// What the keys start from.
    pub base: Base,
    /// From the request's root, `input` written out as `action`, `input`; never empty then. From the bound variable, what
    /// is selected of it.
    pub keys: Vec<String>,
}

/// What a path starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// The request.
    Request,
    /// The bound variable of the `all` or `exists` around.
    Element,
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// The value at a path.
    Path(Path),
    /// `size` of the value at a path.
    Size(Path),
    /// A value written in the policy.
    Literal(Scalar),
}

impl Operand {
    /// The path it is about.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Operand::Path(path) | Operand::Size(path) => Some(path),
            Operand::Literal(_) => None,
        }
    }
}

/// The right side of `in`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Members {
    /// Written in place; never empty.
    Literals(Vec<Scalar>),
    /// A named list: position in [`super::Policy::lists`].
    List(usize),
    /// An array of the request.
    Path(Path),
}

/// A method that compares text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextMethod {
    /// `startsWith`
    StartsWith,
    /// `endsWith`
    EndsWith,
    /// `contains`
    Contains,
}

/// What a [`TextMethod`] looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Written in the policy; may be empty.
    Literal(String),
    /// The text at a path.
    Path(Path),
}

/// How the elements of an array are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// `all`: and.
    All,
    /// `exists`: or.
    Exists,
}
