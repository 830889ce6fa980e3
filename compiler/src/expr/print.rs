//! A checked expression as text.

use std::fmt::Write;

use super::lex::is_identifier;
use crate::ir::expr::{Argument, Base, Expr, Members, Operand, Path, Quantifier, TextMethod};
use crate::ir::{Comparison, Decimal, NamedList, Scalar};

/// The expression as it could be written in `if`, on one line: read again with the same lists it is the same expression.
#[must_use]
pub fn print(expr: &Expr, lists: &[NamedList]) -> String {
    let mut printer = Printer { out: String::new(), lists, variable: "" };
    printer.expr(expr, Around::Nothing);
    printer.out
}

/// What an expression stands in, loosest first: what binds less than it needs parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Around {
    Nothing,
    And,
    Not,
}

struct Printer<'p> {
    out: String,
    lists: &'p [NamedList],
    variable: &'p str,
}

impl<'p> Printer<'p> {
    /// Recursion is as deep as conditions may nest.
    fn expr(&mut self, expr: &'p Expr, around: Around) {
        let is_open = match expr {
            Expr::Or(_) => around > Around::Nothing,
            Expr::And(_) | Expr::Equal(..) | Expr::Compare(..) | Expr::In(..) => around > Around::And,
            Expr::Not(inner) => around > Around::And && matches!(**inner, Expr::Equal(..)),
            _ => false,
        };
        if is_open {
            self.out.push('(');
        }
        match expr {
            Expr::Or(parts) => self.chain(parts, " || ", Around::Nothing),
            Expr::And(parts) => self.chain(parts, " && ", Around::And),
            Expr::Not(inner) => match &**inner {
                Expr::Equal(left, right) => self.compared(left, "!=", right),
                inner => {
                    self.out.push('!');
                    self.expr(inner, Around::Not);
                }
            },
            Expr::Flag(path) => self.path(path),
            Expr::Equal(left, right) => self.compared(left, "==", right),
            Expr::Compare(left, comparison, right) => {
                let sign = match comparison {
                    Comparison::Equal => "==",
                    Comparison::Less => "<",
                    Comparison::LessOrEqual => "<=",
                    Comparison::Greater => ">",
                    Comparison::GreaterOrEqual => ">=",
                };
                self.compared(left, sign, right);
            }
            Expr::In(operand, members) => {
                self.operand(operand);
                self.out.push_str(" in ");
                self.members(members);
            }
            Expr::Text(path, method, argument) => {
                let name = match method {
                    TextMethod::StartsWith => "startsWith",
                    TextMethod::EndsWith => "endsWith",
                    TextMethod::Contains => "contains",
                };
                self.method(path, name);
                match argument {
                    Argument::Literal(text) => string(&mut self.out, text),
                    Argument::Path(path) => self.path(path),
                }
                self.out.push(')');
            }
            Expr::Matches(path, regex) => {
                self.method(path, "matches");
                string(&mut self.out, &regex.source);
                self.out.push(')');
            }
            Expr::Has(path) => {
                self.out.push_str("has(");
                self.path(path);
                self.out.push(')');
            }
            Expr::Over(path, quantifier, body) => {
                let name = match quantifier {
                    Quantifier::All => "all",
                    Quantifier::Exists => "exists",
                };
                self.method(path, name);
                self.out.push_str(&body.variable);
                self.out.push_str(", ");
                self.variable = &body.variable;
                self.expr(&body.condition, Around::Nothing);
                self.out.push(')');
            }
        }
        if is_open {
            self.out.push(')');
        }
    }

    fn chain(&mut self, parts: &'p [Expr], operator: &str, around: Around) {
        for (position, part) in parts.iter().enumerate() {
            if position > 0 {
                self.out.push_str(operator);
            }
            self.expr(part, around);
        }
    }

    fn compared(&mut self, left: &Operand, sign: &str, right: &Operand) {
        self.operand(left);
        self.out.push(' ');
        self.out.push_str(sign);
        self.out.push(' ');
        self.operand(right);
    }

    fn operand(&mut self, operand: &Operand) {
        match operand {
            Operand::Path(path) => self.path(path),
            Operand::Size(path) => {
                self.out.push_str("size(");
                self.path(path);
                self.out.push(')');
            }
            Operand::Literal(scalar) => self.scalar(scalar),
        }
    }

    fn members(&mut self, members: &Members) {
        match members {
            Members::Literals(scalars) => {
                self.out.push('[');
                for (position, scalar) in scalars.iter().enumerate() {
                    if position > 0 {
                        self.out.push_str(", ");
                    }
                    self.scalar(scalar);
                }
                self.out.push(']');
            }
            Members::List(position) => self.out.push_str(self.lists.get(*position).map_or("?", |list| list.name.as_str())),
            Members::Path(path) => self.path(path),
        }
    }

    fn method(&mut self, path: &Path, name: &str) {
        self.path(path);
        self.out.push('.');
        self.out.push_str(name);
        self.out.push('(');
    }

    fn path(&mut self, path: &Path) {
        let (root, keys) = match (path.base, path.keys.as_slice()) {
            (Base::Element, keys) => (self.variable, keys),
            (Base::Request, [action, input, keys @ ..]) if action == "action" && input == "input" && !keys.is_empty() => ("input", keys),
            (Base::Request, [root, keys @ ..]) => (root.as_str(), keys),
            (Base::Request, []) => ("?", path.keys.as_slice()),
        };
        self.out.push_str(root);
        for key in keys {
            if is_identifier(key) {
                self.out.push('.');
                self.out.push_str(key);
            } else {
                self.out.push('[');
                string(&mut self.out, key);
                self.out.push(']');
            }
        }
    }

    fn scalar(&mut self, scalar: &Scalar) {
        match scalar {
            Scalar::Null => self.out.push_str("null"),
            Scalar::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Scalar::Number(number) => self.out.push_str(&number_as_read(number)),
            Scalar::String(text) => string(&mut self.out, text),
        }
    }
}

/// A number without an exponent, unless that takes many zeros.
fn number_as_read(number: &Decimal) -> String {
    let text = number.to_string();
    let (sign, rest) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let Some((digits, Ok(exponent))) = rest.split_once('e').map(|(digits, exponent)| (digits, exponent.parse::<i32>())) else {
        return text;
    };
    let places = usize::try_from(exponent.unsigned_abs()).unwrap_or(usize::MAX);
    if places > ZEROS_MAX {
        return text;
    }
    if exponent >= 0 {
        return format!("{sign}{digits}{}", "0".repeat(places));
    }
    let padded = format!("{digits:0>width$}", width = places.saturating_add(1));
    let (whole, fraction) = padded.split_at_checked(padded.len().saturating_sub(places)).unwrap_or((digits, ""));
    format!("{sign}{whole}.{fraction}")
}

const ZEROS_MAX: usize = 20;

/// A string in double quotes, with everything escaped that cannot be seen.
fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            _ if c.is_alphanumeric() => out.push(c),
            // Writing to a string cannot fail.
            '\0'..='\u{ffff}' => _ = write!(out, "\\u{:04x}", u32::from(c)),
            _ => _ = write!(out, "\\U{:08x}", u32::from(c)),
        }
    }
    out.push('"');
}
