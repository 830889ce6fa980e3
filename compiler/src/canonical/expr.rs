//! The canonical form of `if`.

use super::{array, comparison_word, push, scalar, string, tagged};
use crate::ir::expr::{Argument, Base, Expr, Members, Operand, Path, Quantifier, TextMethod};

pub(super) fn expr(out: &mut String, of: &Expr) {
    match of {
        Expr::And(parts) => tagged(out, "and", |out| array(out, parts, expr)),
        Expr::Or(parts) => tagged(out, "or", |out| array(out, parts, expr)),
        Expr::Not(part) => tagged(out, "not", |out| expr(out, part)),
        Expr::Flag(at) => path(out, at),
        Expr::Equal(a, b) => tagged(out, "==", |out| pair(out, |out| operand(out, a), |out| operand(out, b))),
        Expr::Compare(a, how, b) => {
            tagged(out, comparison_word(*how), |out| pair(out, |out| operand(out, a), |out| operand(out, b)));
        }
        Expr::In(x, of) => tagged(out, "in", |out| pair(out, |out| operand(out, x), |out| members(out, of))),
        Expr::Text(at, method, what) => {
            let name = match method {
                TextMethod::StartsWith => "startsWith",
                TextMethod::EndsWith => "endsWith",
                TextMethod::Contains => "contains",
            };
            tagged(out, name, |out| pair(out, |out| path(out, at), |out| argument(out, what)));
        }
        Expr::Matches(at, regex) => tagged(out, "matches", |out| pair(out, |out| path(out, at), |out| string(out, &regex.source))),
        Expr::Has(at) => tagged(out, "has", |out| path(out, at)),
        Expr::Over(at, quantifier, body) => {
            let name = match quantifier {
                Quantifier::All => "all",
                Quantifier::Exists => "exists",
            };
            tagged(out, name, |out| pair(out, |out| path(out, at), |out| expr(out, &body.condition)));
        }
    }
}

fn operand(out: &mut String, of: &Operand) {
    match of {
        Operand::Path(at) => path(out, at),
        Operand::Size(at) => tagged(out, "size", |out| path(out, at)),
        Operand::Literal(literal) => scalar(out, literal),
    }
}

fn members(out: &mut String, of: &Members) {
    match of {
        Members::Literals(literals) => array(out, literals, scalar),
        Members::List(list) => tagged(out, "list", |out| push(out, list)),
        Members::Path(at) => path(out, at),
    }
}

fn argument(out: &mut String, of: &Argument) {
    match of {
        Argument::Literal(text) => string(out, text),
        Argument::Path(at) => path(out, at),
    }
}

fn path(out: &mut String, at: &Path) {
    let name = match at.base {
        Base::Request => "path",
        Base::Element => "element",
    };
    tagged(out, name, |out| array(out, &at.keys, |out, key| string(out, key)));
}

fn pair(out: &mut String, one: impl FnOnce(&mut String), other: impl FnOnce(&mut String)) {
    out.push('[');
    one(out);
    out.push(',');
    other(out);
    out.push(']');
}
