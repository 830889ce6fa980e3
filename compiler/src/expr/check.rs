//! Syntax tree to checked expression: names are resolved, literals read, and what the law has not is refused.
//!
//! Recursion is as deep as the parser let conditions nest.

use std::borrow::Cow;
use std::collections::HashSet;

use nom::Offset;

use super::absent::{self, FUNCTIONS, METHODS, RESERVED};
use super::fault::Problem;
use super::place::Places;
use super::syntax::{Call, Expr, Kind, Literal, Path, Relation, Value};
use crate::diagnostic::{Report, clip, quote};
use crate::ir::expr::{Argument, Base, Body, Members, Operand, Quantifier, TextMethod};
use crate::ir::{self, Comparison, Decimal, Scalar};
use crate::lint::{self, Notes};
use crate::lists::Lists;
use crate::operand::regex;
use crate::tree::span::Range;
use crate::when::Budget;

/// Checks one expression; all that is wrong with it is told.
pub(super) struct Checker<'c, 'r, 's> {
    pub(super) text: &'s str,
    pub(super) places: &'c Places<'s>,
    pub(super) lists: &'c Lists,
    pub(super) budget: &'c mut Budget,
    pub(super) notes: &'c mut Notes,
    pub(super) report: &'c mut Report<'r>,
    pub(super) names: Names<'s>,
    /// Signs `!` around.
    pub(super) negations: usize,
}

/// What names stand for.
#[derive(Default)]
pub(super) struct Names<'s> {
    /// What `all` or `exists` around has bound.
    variable: Option<&'s str>,
    /// Where each variable is bound.
    variables: Vec<&'s str>,
    /// Members of the request that paths begin with.
    roots: HashSet<&'s str>,
}

/// One side of a comparison.
enum Side<'e, 's> {
    Asked(Operand),
    Written(&'e Literal<'s>),
}

impl<'s> Checker<'_, '_, 's> {
    /// `None` if something is wrong with it.
    pub(super) fn expression(mut self, expr: &Expr<'s>) -> Option<ir::Expr> {
        let checked = self.condition(expr);
        for variable in std::mem::take(&mut self.names.variables) {
            if self.names.roots.contains(variable) {
                let message = format!("{} is a member of the request in this expression, and cannot be a variable too", quote(variable));
                self.tell(Problem { code: "if/variable", at: variable, message, help: Some("give the variable another name".to_owned()) });
            }
        }
        checked
    }

    fn condition(&mut self, expr: &Expr<'s>) -> Option<ir::Expr> {
        match &expr.kind {
            Kind::Or(parts) => self.joined(parts, ir::Expr::Or, |part| match part {
                ir::Expr::Or(parts) => Ok(parts),
                other => Err(other),
            }),
            Kind::And(parts) => self.joined(parts, ir::Expr::And, |part| match part {
                ir::Expr::And(parts) => Ok(parts),
                other => Err(other),
            }),
            Kind::Not(inner) => {
                self.negations = self.negations.saturating_add(1);
                let inner = self.condition(inner);
                self.negations = self.negations.saturating_sub(1);
                inner.map(not)
            }
            Kind::Group(inner) => self.condition(inner),
            Kind::Compare(left, Relation::In, right) => self.membership(expr.at, left, right),
            Kind::Compare(left, relation, right) => self.comparison(expr.at, left, *relation, right),
            Kind::Path(path) => self.path(path).map(ir::Expr::Flag),
            Kind::Call(call) => self.call(call),
            Kind::Literal(literal) => {
                let help = "a rule for every call says so: `when: {action: \"*\"}`";
                self.problem("if/constant", literal.at, "a literal alone is a condition that never changes", help)
            }
            Kind::List(_) => self.list_alone(expr.at),
        }
    }

    /// A chain, with the chains in it that have the same operator.
    fn joined(
        &mut self,
        parts: &[Expr<'s>],
        join: fn(Vec<ir::Expr>) -> ir::Expr,
        split: fn(ir::Expr) -> Result<Vec<ir::Expr>, ir::Expr>,
    ) -> Option<ir::Expr> {
        // All are looked at before one that is wrong ends it.
        let checked: Vec<Option<ir::Expr>> = parts.iter().map(|part| self.condition(part)).collect();
        let mut joined = Vec::with_capacity(checked.len());
        for part in checked {
            match split(part?) {
                Ok(parts) => joined.extend(parts),
                Err(part) => joined.push(part),
            }
        }
        Some(join(joined))
    }

    /// `== != < <= > >=`
    fn comparison(&mut self, at: &'s str, left: &Expr<'s>, relation: Relation, right: &Expr<'s>) -> Option<ir::Expr> {
        let (left, right) = (self.side(left), self.side(right));
        match (left?, right?) {
            (Side::Written(_), Side::Written(_)) => self.constant(at),
            (Side::Asked(operand), Side::Written(literal)) => self.against(operand, relation, literal, relation),
            (Side::Written(literal), Side::Asked(operand)) => self.against(operand, swapped(relation), literal, relation),
            (Side::Asked(left), Side::Asked(right)) => Some(compare(left, relation, right)),
        }
    }

    /// A comparison with a literal, which was written with the sign of `written`.
    fn against(&mut self, operand: Operand, relation: Relation, literal: &Literal<'s>, written: Relation) -> Option<ir::Expr> {
        let is_number = matches!(literal.value, Value::Number(_));
        let is_equality = matches!(relation, Relation::Equal | Relation::NotEqual);
        if !is_number && !is_equality {
            let message = format!("`{}` compares numbers, and this is {}", written.sign(), literal.value.described());
            return self.problem("if/type", literal.at, message, "write a number without quotes");
        }
        self.may_be_beside(&operand, literal)?;
        let scalar = self.scalar(literal)?;
        Some(compare(operand, relation, Operand::Literal(scalar)))
    }

    /// Whether a literal can be what is asked, as far as one can see.
    fn may_be_beside(&mut self, operand: &Operand, literal: &Literal<'s>) -> Option<()> {
        match (operand, &literal.value) {
            (Operand::Size(_), Value::Number(_)) => Some(()),
            (Operand::Size(_), value) => {
                let message = format!("`size` is a number, and this is {}", value.described());
                self.problem("if/type", literal.at, message, "write a number")
            }
            (Operand::Path(path), Value::String(text)) => self.star(text, literal.at, path),
            _ => Some(()),
        }
    }

    /// `in`
    fn membership(&mut self, at: &'s str, left: &Expr<'s>, right: &Expr<'s>) -> Option<ir::Expr> {
        let left = self.side(left);
        let members = match &right.kind {
            Kind::List(literals) => return self.membership_of_literals(at, left, right.at, literals),
            Kind::Path(path) => self.members(path),
            Kind::Literal(literal) => {
                let message = format!("right of `in` stands a list, and this is {}", literal.value.described());
                self.problem("if/type", literal.at, message, format!("write `[{}]`, or `==`", clip(literal.at)))
            }
            Kind::Call(call) if self.is_known(call) => {
                self.problem("if/type", right.at, "right of `in` stands a list, and this is none", "write a path, a list or a list's name")
            }
            Kind::Call(_) => None,
            _ => self.parentheses(right.at),
        };
        match (left?, members?) {
            (Side::Written(_), Members::List(_)) => self.constant(at),
            (Side::Written(literal), Members::Path(path)) => {
                if let Value::String(text) = &literal.value {
                    self.star(text, literal.at, &path)?;
                }
                let scalar = self.scalar(literal)?;
                Some(ir::Expr::In(Operand::Literal(scalar), Members::Path(path)))
            }
            (Side::Written(_), Members::Literals(_)) => None,
            (Side::Asked(operand), members) => Some(ir::Expr::In(operand, members)),
        }
    }

    fn membership_of_literals(
        &mut self,
        at: &'s str,
        left: Option<Side<'_, 's>>,
        list_at: &'s str,
        literals: &[Literal<'s>],
    ) -> Option<ir::Expr> {
        if literals.is_empty() {
            return self.problem("if/list", list_at, "the list is empty", "nothing is in it: leave the condition out");
        }
        let mark = self.report.mark();
        let mut scalars = Vec::with_capacity(literals.len());
        for literal in literals {
            if let Some(Side::Asked(operand)) = &left {
                self.may_be_beside(operand, literal);
            }
            scalars.extend(self.scalar(literal));
        }
        let range = self.range(list_at);
        match left? {
            Side::Written(_) => self.constant(at),
            Side::Asked(_) if self.report.has_errors_since(mark) => None,
            Side::Asked(operand) => {
                lint::mixed_list(range, scalars.iter(), self.report);
                Some(ir::Expr::In(operand, Members::Literals(scalars)))
            }
        }
    }

    /// A path right of `in`: alone, an identifier is a list or a variable there.
    fn members(&mut self, path: &Path<'s>) -> Option<Members> {
        if !path.selectors.is_empty() || self.names.variable == Some(path.root) {
            return self.path(path).map(Members::Path);
        }
        if let Some(position) = self.lists.position(path.root) {
            return Some(Members::List(position));
        }
        if is_member(path.root) || RESERVED.contains(&path.root) {
            return self.path(path).map(Members::Path);
        }
        let (at, lists) = (self.range(path.at), self.lists);
        let message = format!("there is no list {}", quote(path.root));
        self.report.unknown("if/unknown-name", at, message, path.root, lists.names());
        None
    }

    /// One side of a comparison.
    fn side<'e>(&mut self, expr: &'e Expr<'s>) -> Option<Side<'e, 's>> {
        match &expr.kind {
            Kind::Path(path) => self.path(path).map(Operand::Path).map(Side::Asked),
            Kind::Literal(literal) => Some(Side::Written(literal)),
            Kind::List(_) => self.list_alone(expr.at),
            Kind::Call(call) if !self.is_known(call) => None,
            Kind::Call(call) if call.name == "size" => self.size(call).map(Operand::Size).map(Side::Asked),
            Kind::Call(_) => {
                let help = "write the condition alone, or with `!` before it";
                self.problem("if/unsupported", expr.at, "conditions are not compared", help)
            }
            _ => self.parentheses(expr.at),
        }
    }

    /// A call that is a condition.
    fn call(&mut self, call: &Call<'s>) -> Option<ir::Expr> {
        if !self.is_known(call) {
            return None;
        }
        match (call.name, &call.receiver) {
            ("size", _) => {
                let size = self.size(call);
                let help = "compare it: `size(input.to) > 1`";
                size.and_then(|_| self.problem("if/type", call.name, "`size` is a number, and no condition", help))
            }
            ("has", _) => self.has(call),
            ("matches", Some(receiver)) => self.matches(receiver, call),
            ("all", Some(receiver)) => self.over(receiver, Quantifier::All, call),
            ("exists", Some(receiver)) => self.over(receiver, Quantifier::Exists, call),
            ("startsWith", Some(receiver)) => self.text(receiver, TextMethod::StartsWith, call),
            ("endsWith", Some(receiver)) => self.text(receiver, TextMethod::EndsWith, call),
            (_, Some(receiver)) => self.text(receiver, TextMethod::Contains, call),
            (_, None) => None,
        }
    }

    /// Whether there is such a function or method; tells if not.
    fn is_known(&mut self, call: &Call<'s>) -> bool {
        let (kind, known, absent) = match call.receiver {
            None => ("function", &FUNCTIONS[..], absent::function(call.name)),
            Some(_) => ("method", &METHODS[..], absent::method(call.name)),
        };
        if !known.contains(&call.name) {
            if let Some(problem) = absent {
                self.tell(problem);
            } else {
                let at = self.range(call.name);
                let message = format!("there is no {kind} {}", quote(call.name));
                self.report.unknown("if/unknown-name", at, message, call.name, known.iter().copied());
            }
            return false;
        }
        if let Some(rest) = call.rest {
            self.tell(Problem::unsupported(rest, "nothing can be asked of what a call gives"));
        }
        call.rest.is_none()
    }

    /// `size(path)`, `path.size()`
    fn size(&mut self, call: &Call<'s>) -> Option<ir::expr::Path> {
        match &call.receiver {
            Some(receiver) => {
                let path = self.path(receiver);
                self.arguments(call, 0).and(path)
            }
            None => match self.arguments(call, 1)? {
                [Expr { kind: Kind::Path(path), .. }] => self.path(path),
                _ => self.problem("if/type", call.name, "`size` takes a path", "write `size(input.to)`"),
            },
        }
    }

    fn has(&mut self, call: &Call<'s>) -> Option<ir::Expr> {
        let help = "write `has(input.name)`";
        match self.arguments(call, 1)? {
            [Expr { kind: Kind::Path(path), at }] if path.selectors.is_empty() => {
                self.problem("if/path", at, "`has` takes a path with a selector, such as `.name`", help)
            }
            [Expr { kind: Kind::Path(path), .. }] => self.path(path).map(ir::Expr::Has),
            [other, ..] => self.problem("if/type", other.at, "`has` takes a path", help),
            [] => None,
        }
    }

    /// `startsWith`, `endsWith`, `contains`
    fn text(&mut self, receiver: &Path<'s>, method: TextMethod, call: &Call<'s>) -> Option<ir::Expr> {
        let path = self.path(receiver);
        let argument = match self.arguments(call, 1)? {
            [Expr { kind: Kind::Path(path), .. }] => self.path(path).map(Argument::Path),
            [Expr { kind: Kind::Literal(Literal { value: Value::String(text), at }), .. }] => {
                path.as_ref().and_then(|path| self.star(text, at, path)).map(|()| Argument::Literal(text.clone().into_owned()))
            }
            [other, ..] => {
                let message = format!("{} takes a string or a path", quote(call.name));
                self.problem("if/type", other.at, message, "write a string in quotes, or a path")
            }
            [] => None,
        };
        let path = path?;
        if method == TextMethod::Contains {
            let at = self.range(call.name);
            self.notes.contains_in_expression(&path, receiver.at, at);
        }
        Some(ir::Expr::Text(path, method, argument?))
    }

    fn matches(&mut self, receiver: &Path<'s>, call: &Call<'s>) -> Option<ir::Expr> {
        let path = self.path(receiver);
        let regex = match self.arguments(call, 1)? {
            [Expr { kind: Kind::Literal(Literal { value: Value::String(text), at }), .. }] => {
                let at = self.range(at);
                let regex = regex::pattern(text, at, &mut self.budget.regex_ranges, self.report)?;
                if self.negations == 0 {
                    self.notes.search(&regex, at);
                }
                Some(regex)
            }
            [Expr { kind: Kind::Path(_), at }] => {
                let help = "write the pattern as a string";
                self.problem("if/unsupported", at, "a pattern that the request has is not supported", help)
            }
            [other, ..] => self.problem("if/type", other.at, "`matches` takes a string", "write the pattern in quotes"),
            [] => None,
        };
        Some(ir::Expr::Matches(path?, regex?))
    }

    /// `all`, `exists`
    fn over(&mut self, receiver: &Path<'s>, quantifier: Quantifier, call: &Call<'s>) -> Option<ir::Expr> {
        let path = self.path(receiver);
        if self.names.variable.is_some() {
            let message = "`all` and `exists` inside one another are not supported";
            return self.problem("if/unsupported", call.name, message, "let the caller put what is asked into `context`");
        }
        let (variable, body) = match call.arguments.as_slice() {
            [variable, body] => (variable, body),
            [_, _, _] => {
                let message = format!("{} with two variables is not supported", quote(call.name));
                return self.problem("if/unsupported", call.name, message, "write one variable, which is the element");
            }
            _ => return self.arguments(call, 2).and(None),
        };
        let variable = self.variable(variable, call.name);
        // A body without its variable would be full of strangers.
        let variable = variable?;
        self.names.variable = Some(variable);
        let condition = self.condition(body);
        self.names.variable = None;
        let body = Body { variable: variable.to_owned(), condition: condition? };
        Some(ir::Expr::Over(path?, quantifier, Box::new(body)))
    }

    /// The name that `all` or `exists` binds.
    fn variable(&mut self, argument: &Expr<'s>, method: &str) -> Option<&'s str> {
        let Kind::Path(Path { root: name, selectors, .. }) = &argument.kind else {
            let message = format!("the first argument of {} is a name for the element", quote(method));
            return self.problem("if/variable", argument.at, message, format!("write `{method}(x, …)`"));
        };
        let taken = if !selectors.is_empty() {
            "is a path, and no name for the element"
        } else if RESERVED.contains(name) {
            "is a reserved word of CEL, and cannot be a variable"
        } else if is_member(name) {
            "is a part of every request, and cannot be a variable"
        } else if self.lists.position(name).is_some() {
            "is a list, and cannot be a variable too"
        } else {
            self.names.variables.push(name);
            return Some(name);
        };
        let message = format!("{} {taken}", quote(argument.at));
        self.problem::<()>("if/variable", argument.at, message, "give the variable another name");
        // It is clear enough what is meant in the body.
        Some(name)
    }

    /// All arguments, if there are so many.
    fn arguments<'e>(&mut self, call: &'e Call<'s>, count: usize) -> Option<&'e [Expr<'s>]> {
        if call.arguments.len() == count {
            return Some(&call.arguments);
        }
        let wanted = match (call.name, count) {
            (_, 0) => "no argument",
            (_, 1) => "one argument",
            _ => "a variable and a condition",
        };
        self.tell(Problem::syntax(call.name, format!("{} takes {wanted}", quote(call.name))));
        None
    }

    fn path(&mut self, path: &Path<'s>) -> Option<ir::expr::Path> {
        if self.names.variable == Some(path.root) {
            let keys = path.selectors.iter().map(|key| key.clone().into_owned()).collect();
            return Some(ir::expr::Path { base: Base::Element, keys });
        }
        if path.selectors.is_empty() && self.lists.position(path.root).is_some() {
            let message = format!("{} is a list, and the name of a list stands only right of `in`", quote(path.root));
            return self.problem("if/list", path.at, message, format!("write `… in {}`", clip(path.root)));
        }
        match root_path(path) {
            Ok(keys) => {
                self.names.roots.insert(path.root);
                Some(ir::expr::Path { base: Base::Request, keys })
            }
            Err(problem) => {
                self.tell(problem);
                None
            }
        }
    }

    fn scalar(&mut self, literal: &Literal<'s>) -> Option<Scalar> {
        match &literal.value {
            Value::Null => Some(Scalar::Null),
            Value::Bool(value) => Some(Scalar::Bool(*value)),
            Value::String(text) => Some(Scalar::String(text.clone().into_owned())),
            Value::Number(number) => {
                let decimal = Decimal::parse(&without_leading_zeros(number));
                if decimal.is_none() {
                    let message = format!("the number {} cannot be represented", quote(number));
                    let help = "at most 64 significant digits, and an exponent from -308 to 308";
                    return self.problem("operand/number", literal.at, message, help);
                }
                decimal.map(Scalar::Number)
            }
        }
    }

    /// A text that stands beside a path: a `*` in it stands for itself.
    fn star(&mut self, text: &str, at: &'s str, path: &ir::expr::Path) -> Option<()> {
        if !text.contains('*') {
            return Some(());
        }
        let message = "a `*` in a string of `if` stands for itself";
        if path.base == Base::Request && path.keys == ["action", "name"] {
            let help = "write the pattern in `when: {action: …}`, or use `startsWith`, `endsWith`, `contains` without the `*`";
            return self.problem("when/star", at, message, help);
        }
        let range = self.range(at);
        let help = "for a pattern use `startsWith`, `endsWith`, `contains` or `matches`";
        self.report.warning_with_help("lint/star-in-if", range, message, help);
        Some(())
    }

    fn list_alone<T>(&mut self, at: &'s str) -> Option<T> {
        self.problem("if/list", at, "a list stands only right of `in`", "write `input.x in [\"a\", \"b\"]`")
    }

    fn parentheses<T>(&mut self, at: &'s str) -> Option<T> {
        self.problem("if/unsupported", at, "parentheses around what is compared are not supported", "leave them out")
    }

    fn constant<T>(&mut self, at: &'s str) -> Option<T> {
        self.problem("if/constant", at, "two literals are compared, which gives the same for every call", "compare a path with a literal")
    }

    fn problem<T>(&mut self, code: &'static str, at: &'s str, message: impl Into<String>, help: impl Into<String>) -> Option<T> {
        self.tell(Problem { code, at, message: message.into(), help: Some(help.into()) });
        None
    }

    fn tell(&mut self, problem: Problem<'s>) {
        super::tell(&problem, self.text, self.places, self.report);
    }

    fn range(&self, at: &'s str) -> Range {
        let start = self.text.offset(at);
        self.places.range(start, start.saturating_add(at.len()))
    }
}

/// A path from the request's root, `input` written out.
pub(super) fn root_path<'s>(path: &Path<'s>) -> Result<Vec<String>, Problem<'s>> {
    let problem = |message, help| Problem { code: "if/path", at: path.at, message, help: Some(help) };
    if RESERVED.contains(&path.root) {
        let message = format!("{} is a reserved word of CEL", quote(path.root));
        return Err(problem(message, "no path can begin with it".to_owned()));
    }
    if path.selectors.is_empty() && is_member(path.root) {
        let message = format!("{} is an object, and a field of it must be named", quote(path.root));
        return Err(problem(message, format!("write `{}.name`", path.root)));
    }
    let input = ["action", "input"];
    let root: &[&str] = if path.root == "input" { &input } else { std::slice::from_ref(&path.root) };
    Ok(root.iter().map(|key| (*key).to_owned()).chain(path.selectors.iter().cloned().map(Cow::into_owned)).collect())
}

/// Whether this is a part of every request, which holds more than a value.
fn is_member(name: &str) -> bool {
    ["action", "actor", "resource", "context", "input"].contains(&name)
}

fn not(inner: ir::Expr) -> ir::Expr {
    ir::Expr::Not(Box::new(inner))
}

fn compare(left: Operand, relation: Relation, right: Operand) -> ir::Expr {
    let comparison = match relation {
        Relation::Equal | Relation::In => return ir::Expr::Equal(left, right),
        Relation::NotEqual => return not(ir::Expr::Equal(left, right)),
        Relation::Less => Comparison::Less,
        Relation::LessOrEqual => Comparison::LessOrEqual,
        Relation::Greater => Comparison::Greater,
        Relation::GreaterOrEqual => Comparison::GreaterOrEqual,
    };
    ir::Expr::Compare(left, comparison, right)
}

/// The relation with its sides exchanged.
fn swapped(relation: Relation) -> Relation {
    match relation {
        Relation::Less => Relation::Greater,
        Relation::LessOrEqual => Relation::GreaterOrEqual,
        Relation::Greater => Relation::Less,
        Relation::GreaterOrEqual => Relation::LessOrEqual,
        Relation::Equal | Relation::NotEqual | Relation::In => relation,
    }
}

/// A number as JSON has it: `-007` is `-7`.
fn without_leading_zeros(number: &str) -> Cow<'_, str> {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let bare = digits.trim_start_matches('0');
    if bare.len() == digits.len() {
        return Cow::Borrowed(number);
    }
    let zero = if bare.starts_with(|c: char| c.is_ascii_digit()) { "" } else { "0" };
    Cow::Owned(format!("{sign}{zero}{bare}"))
}
