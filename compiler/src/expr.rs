//! `if`: an expression in a subset of CEL.
//!
//! `text → tokens → syntax tree → checked expression`. The parser reads more than the law has, and the checker resolves
//! names and refuses the rest by name; [`print()`] turns a checked expression into text again.

mod absent;
mod check;
mod fault;
mod lex;
mod parse;
mod place;
mod print;
mod syntax;

use nom::Offset;

use crate::diagnostic::Report;
use crate::ir::Expr;
use crate::lint::Notes;
use crate::lists::Lists;
use crate::tree::{Kind, Node};
use crate::when::Budget;

use check::{Checker, Names};
use fault::{Fault, Problem};
use place::Places;

pub use print::print;

/// What an expression is checked with.
pub(crate) struct Context<'c, 'r> {
    pub(crate) lists: &'c Lists,
    pub(crate) budget: &'c mut Budget,
    pub(crate) notes: &'c mut Notes,
    pub(crate) report: &'c mut Report<'r>,
}

/// Reads the value of `if`: the expression unless something is wrong with it, and how many conditions it has; more than
/// a rule may have are not all counted.
pub(crate) fn read(value: &Node<'_>, context: Context<'_, '_>) -> (Option<Expr>, usize) {
    let Context { lists, budget, notes, report } = context;
    let text = match &value.kind {
        Kind::String(text) => text,
        Kind::Invalid => return (None, 0),
        _ => {
            let message = format!("`if` must be a string, and this is {}", value.described());
            let help = "write an expression, such as `if: 'input.amount > 1000'`";
            report.error_with_help("document/wrong-type", value.range, message, help);
            return (None, 0);
        }
    };
    let places = Places::new(value.range, report.text_at(value.range), text);
    let parse = parse::expression(text);
    let expr = match parse.expr {
        Ok(expr) => {
            comments_in_folded_lines(text, &places, report);
            let names = Names::default();
            Checker { text, places: &places, lists, budget, notes, report, names, negations: 0 }.expression(&expr)
        }
        Err(Fault::Told(problem)) => {
            tell(&problem, text, &places, report);
            None
        }
        // Told with the other conditions of the rule.
        Err(Fault::Conditions) => None,
        // Every parser says what it misses; were one silent, a rule would lose its condition without a word.
        Err(Fault::Mismatch) => {
            tell(&Problem::syntax(text, "this is no expression"), text, &places, report);
            None
        }
    };
    (expr, parse.conditions)
}

/// Parses a path, as `ref` has it: `input` is written out as `action`, `input`.
pub(crate) fn path(text: &str) -> Result<Vec<String>, String> {
    if lex::has_blanks(text) {
        return Err("a blank or a comment stands in it".to_owned());
    }
    let path = parse::path(text).map_err(|problem| problem.message)?;
    check::root_path(&path).map_err(|problem| problem.message)
}

fn tell(problem: &Problem<'_>, text: &str, places: &Places<'_>, report: &mut Report<'_>) {
    let start = text.offset(problem.at);
    let at = places.range(start, start.saturating_add(problem.at.len()));
    match &problem.help {
        Some(help) => report.error_with_help(problem.code, at, problem.message.as_str(), help.as_str()),
        None => report.error(problem.code, at, problem.message.as_str()),
    }
}

/// Warns of a comment that goes on in the next line because the scalar's lines are folded into one: it would hide
/// conditions that nobody meant to hide.
fn comments_in_folded_lines(text: &str, places: &Places<'_>, report: &mut Report<'_>) {
    if !text.contains("//") {
        return;
    }
    for comment in lex::comments(text) {
        let start = text.offset(comment);
        let end = start.saturating_add(comment.trim_end().len());
        if places.is_folded(start, end) {
            let help = "write the expression with `if: |`, which keeps its lines";
            let message = "a comment goes on to the end of the expression, because these lines are one";
            report.warning_with_help("lint/folded-comment", places.range(start, start.saturating_add(2)), message, help);
        }
    }
}
