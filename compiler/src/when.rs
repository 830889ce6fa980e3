//! The conditions of a rule; of `when` and `unless`, which are object patterns, all of it.
//!
//! The short forms end here: a scalar or list at the roots `action`, `actor` and `resource` becomes a pattern of the
//! member it means, the root `input` becomes `action.input`, and the keys of `$field` join those around it.

mod conflict;
mod list;

use crate::diagnostic::{Report, clip, quote};
use crate::expr;
use crate::ir::{Expr, Member, Object, Pattern};
use crate::limits::NESTING_MAX;
use crate::lint::{self, Notes};
use crate::lists::Lists;
use crate::operand::shape;
use crate::tree::span::Range;
use crate::tree::{Entry, Kind, Node};

/// What the conditions of all rules use up together.
#[derive(Default)]
pub(crate) struct Budget {
    /// Ranges in classes of regular expressions.
    pub(crate) regex_ranges: usize,
}

/// Reads the conditions of one rule.
pub(crate) struct Conditions<'c, 'r> {
    lists: &'c Lists,
    budget: &'c mut Budget,
    report: &'c mut Report<'r>,
    count: usize,
    notes: Notes,
}

/// What the keys of an object pattern are members of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Request,
    Action,
    Below,
}

/// What a list pattern is about: in plain strings for `action.name` a `*` means something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    ActionName,
    Other,
}

impl<'c, 'r> Conditions<'c, 'r> {
    pub(crate) fn new(lists: &'c Lists, budget: &'c mut Budget, report: &'c mut Report<'r>) -> Self {
        Self { lists, budget, report, count: 0, notes: Notes::default() }
    }

    pub(crate) fn report(&mut self) -> &mut Report<'r> {
        self.report
    }

    /// How many conditions were read, for the limit.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// What is doubtful in a rule of some decisions.
    pub(crate) fn into_notes(self) -> Notes {
        self.notes
    }

    /// Reads the value of `when` or `unless`. `None` if something is wrong with it.
    pub(crate) fn read(&mut self, name: &str, value: &Node<'_>) -> Option<Object> {
        match name {
            "unless" => self.flipped(|conditions| conditions.root(name, value)),
            _ => self.root(name, value),
        }
    }

    /// Reads the value of `if`. `None` if something is wrong with it.
    pub(crate) fn expression(&mut self, value: &Node<'_>) -> Option<Expr> {
        let Self { lists, budget, report, notes, .. } = self;
        let (expr, count) = expr::read(value, expr::Context { lists, budget, notes, report });
        self.count = self.count.saturating_add(count);
        expr
    }

    /// Reads what has the other polarity.
    fn flipped<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        self.notes.flip();
        let found = read(self);
        self.notes.flip();
        found
    }

    fn root(&mut self, name: &str, value: &Node<'_>) -> Option<Object> {
        match &value.kind {
            Kind::Map(entries) if !entries.is_empty() => self.object(value.range, entries, Level::Request, None, 1),
            Kind::Invalid => None,
            Kind::Null | Kind::Map(_) => self.empty(name, value),
            Kind::List(items) if items.is_empty() => self.empty(name, value),
            Kind::String(text) if text.is_empty() => self.empty(name, value),
            _ => {
                let message = format!("`{name}` takes an object pattern, and this is {}", value.described());
                let help = match &value.kind {
                    Kind::List(_) => format!("write the object without the list, or `{name}: {{$or: […]}}` if any one will do"),
                    _ => format!("write `{name}: {{action: …}}`"),
                };
                self.report.error_with_help("when/wrong-type", value.range, message, help);
                None
            }
        }
    }

    fn empty(&mut self, name: &str, value: &Node<'_>) -> Option<Object> {
        let help = "a rule for every call says so: `when: {action: \"*\"}`";
        self.report.error_with_help("when/empty", value.range, format!("`{name}` is empty"), help);
        None
    }

    /// `obj(P, v, q)` of the law. `parent` is the key it stands at.
    fn object(&mut self, at: Range, entries: &[Entry<'_>], level: Level, parent: Option<&str>, depth: usize) -> Option<Object> {
        if !self.may_nest(at, depth) {
            return None;
        }
        if entries.is_empty() {
            self.report.error("when/empty", at, "an object pattern must not be empty");
            return None;
        }
        let mut members = Vec::with_capacity(entries.len());
        for entry in entries {
            let Some(name) = entry.name() else { continue };
            match name {
                "$or" => members.extend(self.or(&entry.value, level, parent, depth).map(Member::Or)),
                "$not" => {
                    let inner = self.flipped(|conditions| conditions.branch("$not", &entry.value, level, parent, depth));
                    members.extend(inner.map(Member::Not));
                }
                "$field" if level == Level::Request => {
                    let help = "write the key itself: at root level every key is a member of the request";
                    self.report.error_with_help("when/field-at-root", entry.key.range, "`$field` cannot stand at root level", help);
                }
                "$field" => self.fields(&entry.value, level, depth, &mut members),
                _ if name.starts_with('$') => self.unknown_directive(entry.key.range, name, level),
                _ if shape::is_operator_with_operand(name, &entry.value) => self.operator_as_key(entry, name, level, parent, entries),
                _ => members.extend(self.member(name, &entry.value, level, depth)),
            }
        }
        // Members that were wrong have been reported; what is left is only looked at for more of that.
        (!members.is_empty()).then_some(Object { members })
    }

    fn or(&mut self, value: &Node<'_>, level: Level, parent: Option<&str>, depth: usize) -> Option<Vec<Object>> {
        match &value.kind {
            Kind::List(items) if items.is_empty() => {
                self.report.error("when/empty", value.range, "`$or` must not be empty");
                None
            }
            Kind::List(items) => {
                let branches: Vec<Object> =
                    items.iter().filter_map(|item| self.branch("a branch of `$or`", item, level, parent, depth)).collect();
                (!branches.is_empty()).then_some(branches)
            }
            Kind::Invalid => None,
            _ => {
                let message = format!("`$or` takes a list of object patterns, and this is {}", value.described());
                self.report.error("when/wrong-type", value.range, message);
                None
            }
        }
    }

    /// A branch of `$or`, or what `$not` negates.
    fn branch(&mut self, what: &str, value: &Node<'_>, level: Level, parent: Option<&str>, depth: usize) -> Option<Object> {
        match &value.kind {
            Kind::Map(entries) => self.object(value.range, entries, level, parent, depth.saturating_add(1)),
            Kind::Invalid => None,
            _ => {
                let what = if what.starts_with('$') { quote(what) } else { what.to_owned() };
                self.report.error(
                    "when/wrong-type",
                    value.range,
                    format!("{what} takes an object pattern, and this is {}", value.described()),
                );
                None
            }
        }
    }

    /// `$field`: its keys are fields whatever they are called.
    fn fields(&mut self, value: &Node<'_>, level: Level, depth: usize, members: &mut Vec<Member>) {
        match &value.kind {
            Kind::Map(entries) if entries.is_empty() => {
                self.report.error("when/empty", value.range, "`$field` must not be empty");
            }
            Kind::Map(entries) => {
                for entry in entries {
                    if let Some(name) = entry.name() {
                        members.extend(self.member(name, &entry.value, level, depth));
                    }
                }
            }
            Kind::Invalid => {}
            _ => {
                let message = format!("`$field` takes an object pattern, and this is {}", value.described());
                self.report.error("when/wrong-type", value.range, message);
            }
        }
    }

    /// A field and its pattern.
    fn member(&mut self, name: &str, value: &Node<'_>, level: Level, depth: usize) -> Option<Member> {
        let is_object = matches!(value.kind, Kind::Map(_));
        let pattern = match (&value.kind, level, name) {
            (Kind::Invalid, ..) => return None,
            (Kind::Map(entries), ..) => {
                let below = if level == Level::Request && name == "action" { Level::Action } else { Level::Below };
                Pattern::Object(self.object(value.range, entries, below, Some(name), depth.saturating_add(1))?)
            }
            (_, Level::Request, "action") | (_, Level::Action, "name") => Pattern::List(self.list(value, Subject::ActionName, depth)?),
            _ => {
                let list = self.list(value, Subject::Other, depth)?;
                if lint::names_memberships(name) {
                    self.notes.memberships(name, &list, value.range);
                }
                Pattern::List(list)
            }
        };
        let name = name.to_owned();
        let member = match (level, name.as_str()) {
            (Level::Request, "input") => nested("action", name, pattern),
            (Level::Request, "action") if !is_object => nested(&name, "name".to_owned(), pattern),
            (Level::Request, "actor" | "resource") if !is_object => nested(&name, "id".to_owned(), pattern),
            _ => Member::Key { name, pattern },
        };
        Some(member)
    }

    fn unknown_directive(&mut self, at: Range, name: &str, level: Level) {
        let known = DIRECTIVES.into_iter().filter(|directive| level != Level::Request || *directive != "$field");
        let message = format!("there is no directive {}", quote(name));
        self.report.unknown("when/unknown-directive", at, message, name, known);
    }

    /// A key that is called as an operator and has a value as for that operator: one of two things is meant.
    /// `siblings` are all keys of the object it is in.
    fn operator_as_key(&mut self, entry: &Entry<'_>, name: &str, level: Level, parent: Option<&str>, siblings: &[Entry<'_>]) {
        let shown = self.shown(&entry.value);
        let holder = parent.map_or_else(|| "field".to_owned(), clip);
        let is_operator = |entry: &&Entry<'_>| entry.name().is_some_and(|name| shape::is_operator_with_operand(name, &entry.value));
        let together: Vec<String> = siblings
            .iter()
            .filter(is_operator)
            .take(SHOWN_MAX)
            .map(|entry| format!("{}: {}", clip(entry.name().unwrap_or_default()), self.shown(&entry.value)))
            .collect();
        let plural = if together.len() > 1 { "s" } else { "" };
        let operator = format!("`{holder}: [{{{}}}]` for the operator{plural}", together.join(", "));
        // A list would be read as a list of alternatives only if its members are, so the safe way out is `$field`.
        let field = match (shape::has_other_forms(name), level) {
            (false, _) => format!(", `{name}: [{shown}]` for a field of that name"),
            (true, Level::Request) => String::new(),
            (true, _) => format!(", `$field: {{{name}: {shown}}}` for a field of that name"),
        };
        let message = format!("{} is an operator, and operators stand in lists", quote(name));
        self.report.error_with_help("when/operator-as-key", entry.key.range, message, format!("write {operator}{field}"));
    }

    /// A value in an example: itself, if it is short.
    fn shown(&self, value: &Node<'_>) -> String {
        let written = clip(self.report.text_at(value.range).lines().next().unwrap_or_default());
        if value.is_scalar() && !written.is_empty() { written } else { "…".to_owned() }
    }

    fn may_nest(&mut self, at: Range, depth: usize) -> bool {
        let may = depth <= NESTING_MAX;
        if !may {
            let message = format!("the conditions of a rule are nested more than {NESTING_MAX} deep");
            self.report.error("limit/nesting", at, message);
        }
        may
    }
}

/// Operators in one example.
const SHOWN_MAX: usize = 4;

/// Keys of an object pattern that are no fields.
pub(crate) const DIRECTIVES: [&str; 3] = ["$or", "$not", "$field"];

fn nested(outer: &str, inner: String, pattern: Pattern) -> Member {
    let object = Object { members: vec![Member::Key { name: inner, pattern }] };
    Member::Key { name: outer.to_owned(), pattern: Pattern::Object(object) }
}
