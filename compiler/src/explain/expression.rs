//! Parts of `if`, as an author writes them, and what they saw.

use super::part::{Place, Step};
use super::seen::shown;
use super::{part, written};
use crate::ir::expr::{Argument, Base, Expr, Members, Operand, Path, Quantifier, TextMethod};
use crate::ir::{Comparison, NamedList};
use crate::reference::expr::Variable;
use crate::reference::pattern::Evaluation;

/// A condition on one line; of one that is joined of others, how.
pub(super) fn asks(condition: &Expr, lists: &[NamedList], variable: &str) -> String {
    match condition {
        Expr::And(_) => "all of".to_owned(),
        Expr::Or(_) => "one of".to_owned(),
        Expr::Not(inner) if is_joined(inner) => "!: it may not be true".to_owned(),
        leaf => cut(text(leaf, lists, variable)),
    }
}

/// Whether it is shown as a tree of its own.
pub(super) fn is_joined(condition: &Expr) -> bool {
    match condition {
        Expr::And(_) | Expr::Or(_) | Expr::Over(..) => true,
        Expr::Not(inner) => is_joined(inner),
        _ => false,
    }
}

/// The paths that a condition on one line names.
pub(super) fn paths(condition: &Expr) -> Vec<&Path> {
    match condition {
        Expr::Not(inner) => paths(inner),
        Expr::Over(path, ..) => vec![path],
        leaf => leaf.own_paths().collect(),
    }
}

/// What stands at the paths; the first is the condition's own field, others are named.
pub(super) fn seen(paths: &[&Path], evaluation: &Evaluation<'_>, variable: Variable<'_>) -> Option<String> {
    let each = paths.iter().enumerate().map(|(index, path)| {
        let value = shown(evaluation.find(path, variable));
        let pointer = part::field(&part::of_path(path, &array(variable)));
        if index == 0 { value } else { format!("{pointer} is {value}") }
    });
    let each: Vec<String> = each.collect();
    (!each.is_empty()).then(|| each.join(", and "))
}

/// The place of the array whose element the variable stands for.
pub(super) fn array(variable: Variable<'_>) -> Place {
    variable.iter().flat_map(|(_, array)| array.keys.iter().cloned().map(Step::Key)).collect()
}

fn text(condition: &Expr, lists: &[NamedList], variable: &str) -> String {
    let path = |of: &Path| spelt(of, variable);
    let operand = |of: &Operand| match of {
        Operand::Path(of) => path(of),
        Operand::Size(of) => format!("size({})", path(of)),
        Operand::Literal(literal) => written::scalar(literal),
    };
    match condition {
        Expr::And(parts) => joined(parts, " && ", lists, variable),
        Expr::Or(parts) => joined(parts, " || ", lists, variable),
        Expr::Not(inner) => match &**inner {
            Expr::Equal(a, b) => format!("{} != {}", operand(a), operand(b)),
            inner @ (Expr::Flag(_) | Expr::Has(_) | Expr::Text(..) | Expr::Matches(..)) => format!("!{}", text(inner, lists, variable)),
            inner => format!("!({})", text(inner, lists, variable)),
        },
        Expr::Flag(of) => path(of),
        Expr::Equal(a, b) => format!("{} == {}", operand(a), operand(b)),
        Expr::Compare(a, how, b) => format!("{} {} {}", operand(a), sign(*how), operand(b)),
        Expr::In(x, Members::Literals(literals)) => {
            let more = if literals.len() > LITERALS_SHOWN { ", …" } else { "" };
            let literals: Vec<String> = literals.iter().take(LITERALS_SHOWN).map(written::scalar).collect();
            format!("{} in [{}{more}]", operand(x), literals.join(", "))
        }
        Expr::In(x, Members::List(list)) => format!("{} in {}", operand(x), lists.get(*list).map_or("", |list| list.name.as_str())),
        Expr::In(x, Members::Path(of)) => format!("{} in {}", operand(x), path(of)),
        Expr::Text(of, method, argument) => {
            let name = match method {
                TextMethod::StartsWith => "startsWith",
                TextMethod::EndsWith => "endsWith",
                TextMethod::Contains => "contains",
            };
            let argument = match argument {
                Argument::Literal(text) => written::quoted(text),
                Argument::Path(of) => path(of),
            };
            format!("{}.{name}({argument})", path(of))
        }
        Expr::Matches(of, regex) => format!("{}.matches({})", path(of), written::quoted(&regex.source)),
        Expr::Has(of) => format!("has({})", path(of)),
        Expr::Over(of, quantifier, body) => {
            let name = match quantifier {
                Quantifier::All => "all",
                Quantifier::Exists => "exists",
            };
            format!("{}.{name}({}, {})", path(of), body.variable, text(&body.condition, lists, &body.variable))
        }
    }
}

fn joined(parts: &[Expr], sign: &str, lists: &[NamedList], variable: &str) -> String {
    let each = |part: &Expr| match part {
        Expr::And(_) | Expr::Or(_) => format!("({})", text(part, lists, variable)),
        part => text(part, lists, variable),
    };
    let each: Vec<String> = parts.iter().map(each).collect();
    each.join(sign)
}

/// `input.amount`, `context["a key"].b`
fn spelt(path: &Path, variable: &str) -> String {
    let keys = match (path.base, path.keys.as_slice()) {
        (Base::Request, [action, rest @ ..]) if action == "action" && rest.first().is_some_and(|key| key == "input") => rest,
        (_, keys) => keys,
    };
    let mut shown = if path.base == Base::Element { variable.to_owned() } else { String::new() };
    for key in keys {
        let is_name =
            key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        match (shown.is_empty(), is_name) {
            (true, _) => shown.push_str(&crate::diagnostic::escape(key)),
            (false, true) => shown.push_str(&format!(".{key}")),
            (false, false) => shown.push_str(&format!("[{}]", written::quoted(key))),
        }
    }
    shown
}

fn cut(text: String) -> String {
    match text.char_indices().nth(TEXT_MAX) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "==",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

const LITERALS_SHOWN: usize = 8;
const TEXT_MAX: usize = 200;
