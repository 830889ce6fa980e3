//! Conditions of `when` and `unless`.

use std::collections::BTreeMap;

use arbitrary::{Result, Unstructured};

use super::operand::{Kind, STRINGS, beside, operators, scalar};
use super::rarely;
use super::tree::Node;

/// What a policy asks for: the fields it reads, as segments of the normalised request, with values near its operands.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// `input` is written out as `action`, `input`.
    pub fields: BTreeMap<Vec<String>, Vec<Node>>,
    /// Named lists.
    pub lists: Vec<(String, Vec<Node>)>,
}

impl Vocabulary {
    pub(super) fn note(&mut self, path: &[&str], near: impl IntoIterator<Item = Node>) {
        self.fields.entry(path.iter().map(|segment| (*segment).to_owned()).collect()).or_default().extend(near);
    }
}

const DEPTH_MAX: usize = 5;

/// Fields below a field. Names of operators and names that begin with `$` are fields only inside `$field`.
pub(super) fn fields_of(path: &[&str]) -> &'static [&'static str] {
    match path {
        [] => &["action", "input", "context", "actor", "resource", "model", "evidence"],
        ["action"] => &["name", "input", "kind"],
        ["action", "input"] => &["amount", "to", "url", "path", "email", "address", "items", "meta", "a.b", "flag", ""],
        ["action", "input", "items"] => &["sku", "amount", "to"],
        ["action", "input", "meta"] => &["a/b~", "deep", "any", "gt", "type", "$odd", "to"],
        ["action", "input", "meta", "deep"] => &["to", "amount"],
        ["actor"] | ["resource"] => &["id", "roles", "owner"],
        ["context"] => &["env", "known", "amount", "address"],
        ["evidence"] => &["amount", "to"],
        _ => &[],
    }
}

fn kind_of(path: &[&str]) -> Kind {
    match path.last() {
        Some(&"amount") => Kind::Number,
        Some(&"url") => Kind::Url,
        Some(&"email") => Kind::Email,
        Some(&"address") => Kind::Address,
        Some(&"path") => Kind::Path,
        Some(&("flag" | "roles" | "known" | "items" | "input" | "meta")) => Kind::Any,
        _ => Kind::Text,
    }
}

fn needs_field(name: &str) -> bool {
    name.starts_with('$') || ["any", "gt", "type"].contains(&name)
}

/// An object pattern at a path; the empty path is the root.
pub(super) fn object(u: &mut Unstructured<'_>, path: &[&'static str], depth: usize, vocabulary: &mut Vocabulary) -> Result<Node> {
    let mut members: Vec<(String, Node)> = Vec::new();
    let deeper = depth.saturating_add(1);
    for _ in 0..u.int_in_range(1..=3)? {
        let form = if depth < DEPTH_MAX { u.int_in_range(0..=9)? } else { 0 };
        let (key, value) = match form {
            0..=6 => member(u, path, depth, false, vocabulary)?,
            7 => {
                let branches = u.int_in_range(1..=3)?;
                let branches = (0..branches).map(|_| object(u, path, deeper, vocabulary)).collect::<Result<_>>()?;
                ("$or".to_owned(), Node::List(branches))
            }
            9 if !path.is_empty() => {
                let (key, value) = member(u, path, deeper, true, vocabulary)?;
                ("$field".to_owned(), Node::Map(vec![(key, value)]))
            }
            _ => ("$not".to_owned(), object(u, path, deeper, vocabulary)?),
        };
        if members.iter().all(|(known, _)| *known != key) {
            members.push((key, value));
        }
    }
    Ok(Node::Map(members))
}

fn member(
    u: &mut Unstructured<'_>,
    path: &[&'static str],
    depth: usize,
    in_field: bool,
    vocabulary: &mut Vocabulary,
) -> Result<(String, Node)> {
    let names: Vec<&'static str> = fields_of(path).iter().copied().filter(|name| in_field || !needs_field(name)).collect();
    let name = *u.choose(&names)?;
    let below = match (path, name) {
        ([], "input") => vec!["action", "input"],
        _ => [path, &[name]].concat(),
    };
    let short = match name {
        _ if !path.is_empty() => None,
        "action" => Some("name"),
        "actor" | "resource" => Some("id"),
        _ => None,
    };
    // A field that has fields is mostly descended into.
    let descends = !fields_of(&below).is_empty() && depth < DEPTH_MAX && !rarely(u, 6)?;
    let value = match short {
        Some(member) if !descends || !rarely(u, 3)? => list(u, &[below.as_slice(), &[member]].concat(), depth, vocabulary)?,
        _ if descends => object(u, &below, depth.saturating_add(1), vocabulary)?,
        _ => list(u, &below, depth, vocabulary)?,
    };
    Ok((name.to_owned(), value))
}

/// A scalar or a list.
fn list(u: &mut Unstructured<'_>, path: &[&'static str], depth: usize, vocabulary: &mut Vocabulary) -> Result<Node> {
    if rarely(u, 3)? {
        return plain(u, path, vocabulary);
    }
    let count = if rarely(u, 24)? { 40 } else { u.int_in_range(1..=3)? };
    let alternatives = (0..count).map(|_| alternative(u, path, depth, vocabulary)).collect::<Result<_>>()?;
    Ok(Node::List(alternatives))
}

fn alternative(u: &mut Unstructured<'_>, path: &[&'static str], depth: usize, vocabulary: &mut Vocabulary) -> Result<Node> {
    if rarely(u, 3)? {
        return plain(u, path, vocabulary);
    }
    if depth < DEPTH_MAX && (rarely(u, 8)? || (kind_of(path) == Kind::Any && rarely(u, 2)?)) {
        let quantifier = *u.choose(&["any", "every"])?;
        let count = u.int_in_range(1..=3)?;
        let inner = (0..count).map(|_| alternative(u, path, depth.saturating_add(2), vocabulary)).collect::<Result<_>>()?;
        let mut members = vec![(quantifier.to_owned(), Node::List(inner))];
        if rarely(u, 3)? {
            members.push(("exists".to_owned(), Node::Bool(true)));
        } else if rarely(u, 4)? {
            members.push(("length".to_owned(), Node::map([("gte", Node::number("1"))])));
        }
        return Ok(Node::Map(members));
    }
    let made = operators(u, kind_of(path), &vocabulary.lists)?;
    if let Some(other) = made.points_to {
        vocabulary.note(other, made.near.clone());
    }
    vocabulary.note(path, made.near);
    Ok(made.node)
}

/// A scalar pattern; a plain string for `action.name` may be a wildcard.
fn plain(u: &mut Unstructured<'_>, path: &[&'static str], vocabulary: &mut Vocabulary) -> Result<Node> {
    if path != ["action", "name"] {
        let scalar = scalar(u)?;
        vocabulary.note(path, [scalar.clone()]);
        if let Node::String(text) = &scalar {
            vocabulary.note(path, beside(text));
        }
        return Ok(scalar);
    }
    let text = *u.choose(&["alpha", "alpha*", "*", "*_file", "read_*", "re*d*", "a\\*b", "beta", "\\\\x", "alpha_beta"])?;
    let values = ["alpha", "alpha_beta", "read_file", "read_", "red", "a*b", "axb", "\\x", "beta", "x_file", "_file", "Alpha", "alph"];
    vocabulary.note(path, values.into_iter().chain(STRINGS.iter().copied()).map(Node::string));
    Ok(Node::string(text))
}
