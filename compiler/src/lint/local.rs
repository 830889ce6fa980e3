//! Operators that are doubtful under one polarity.

use std::collections::HashSet;

use regex_syntax::hir::{Class, Hir, HirKind, Look};

use crate::diagnostic::{Report, clip, quote};
use crate::ir::expr::Path;
use crate::ir::{Alternative, Decision, List, Operator, Regex, Scalar};
use crate::operand::quoted;
use crate::tree::span::Range;

/// What was seen, but is doubtful under one polarity only.
enum Doubt {
    /// An `every`.
    Every,
    /// A regular expression for a part of a value, by its looks.
    Unanchored { source: String },
    /// `*.name`, with the name.
    HostBelow { name: String },
    /// A list at a field of memberships that is asked of each of them.
    Memberships { field: String },
    /// `contains` at such a field; doubtful under both.
    Contains { field: String },
    /// The same in `if`, with the path as written.
    ContainsInIf { path: String },
    /// A regular expression of `if` that finds a part of a value.
    Search { source: String },
}

struct Note {
    doubt: Doubt,
    /// Under an odd number of `$not` and `unless`.
    flipped: bool,
    at: Range,
}

/// What was noted of one rule.
#[derive(Default)]
pub(crate) struct Notes {
    notes: Vec<Note>,
    flipped: bool,
}

impl Notes {
    /// Enters or leaves `$not` or `unless`.
    pub(crate) fn flip(&mut self) {
        self.flipped = !self.flipped;
    }

    pub(crate) fn mark(&self) -> usize {
        self.notes.len()
    }

    fn add(&mut self, doubt: Doubt, at: Range) {
        self.notes.push(Note { doubt, flipped: self.flipped, at });
    }

    pub(crate) fn operator(&mut self, operator: &Operator, at: Range) {
        match operator {
            Operator::Every(_) => self.add(Doubt::Every, at),
            Operator::Regex(regex) if !(is_open(&regex.hir, End::First) && is_open(&regex.hir, End::Last)) => {
                self.add(Doubt::Unanchored { source: regex.source.clone() }, at);
            }
            Operator::Host(host) if host.subdomains => self.add(Doubt::HostBelow { name: host.name.clone() }, at),
            _ => {}
        }
    }

    /// The whole list that what was noted since `mark` stands in: `*.d` is fine beside `d`.
    pub(crate) fn list(&mut self, list: &List, mark: usize) {
        let is_below = |note: &Note| matches!(note.doubt, Doubt::HostBelow { .. });
        if !self.notes.iter().skip(mark).any(is_below) {
            return;
        }
        let operators = list.alternatives.iter().filter_map(|alternative| match alternative {
            Alternative::Operators(operators) => Some(operators),
            Alternative::Scalar(_) => None,
        });
        let hosts: HashSet<&str> = operators
            .flatten()
            .filter_map(|operator| match operator {
                Operator::Host(host) if !host.subdomains => Some(host.name.as_str()),
                _ => None,
            })
            .collect();
        let recent = self.notes.split_off(mark.min(self.notes.len()));
        self.notes.extend(recent.into_iter().filter(|note| match &note.doubt {
            Doubt::HostBelow { name } => !hosts.contains(name.as_str()),
            _ => true,
        }));
    }

    /// The list at a field that [`names_memberships`].
    pub(crate) fn memberships(&mut self, field: &str, list: &List, at: Range) {
        let mut demands = false;
        for alternative in &list.alternatives {
            match alternative {
                Alternative::Scalar(scalar) => demands |= *scalar != Scalar::Null,
                Alternative::Operators(operators) => {
                    if operators.iter().any(|operator| matches!(operator, Operator::Text(crate::ir::TextTest::Contains(_)))) {
                        self.add(Doubt::Contains { field: field.to_owned() }, at);
                        return;
                    }
                    demands |= operators.iter().any(is_about_one) && !operators.iter().any(says_which);
                }
            }
        }
        if demands {
            self.add(Doubt::Memberships { field: field.to_owned() }, at);
        }
    }

    /// `contains` in `if`, of a path that is written as `written`.
    pub(crate) fn contains_in_expression(&mut self, path: &Path, written: &str, at: Range) {
        if path.keys.last().is_some_and(|field| names_memberships(field)) {
            self.add(Doubt::ContainsInIf { path: written.to_owned() }, at);
        }
    }

    /// `matches` in `if`, not negated.
    pub(crate) fn search(&mut self, regex: &Regex, at: Range) {
        let properties = regex.hir.properties();
        if !(properties.look_set_prefix().contains(Look::Start) && properties.look_set_suffix().contains(Look::End)) {
            self.add(Doubt::Search { source: regex.source.clone() }, at);
        }
    }

    /// Tells what is doubtful in a rule of this decision.
    pub(crate) fn tell(self, decision: Decision, report: &mut Report<'_>) {
        for Note { doubt, flipped, at } in self.notes {
            let is_restrictive = (decision != Decision::Allow) != flipped;
            match doubt {
                Doubt::Every if is_restrictive => {
                    let message = "with `every`, one value that does not match is enough to escape the restriction";
                    report.warning_with_help(
                        "lint/every-restrictive",
                        at,
                        message,
                        "write `any`, or the list alone, which means any one here",
                    );
                }
                Doubt::Unanchored { source } if is_restrictive => {
                    let message = format!("{} must match the whole value, and text around it escapes the restriction", quote(&source));
                    let whole = clip(&quoted(&format!("^(?:{source})$")));
                    let part = clip(&quoted(&format!(".*(?:{source}).*")));
                    let help = format!("write `{{regex: {part}}}` to find it anywhere, `{{regex: {whole}}}` if the whole value is meant");
                    report.warning_with_help("lint/regex-unanchored", at, message, help);
                }
                Doubt::HostBelow { name } if is_restrictive => {
                    let name = clip(&name);
                    let message = format!("`*.{name}` is not `{name}` itself, which escapes the restriction");
                    let help = format!("write `[{{host: \"*.{name}\"}}, {{host: {name}}}]` for both");
                    report.warning_with_help("lint/host-subdomains", at, message, help);
                }
                Doubt::Memberships { field } if !is_restrictive => {
                    let field = clip(&field);
                    let message = format!("every one of `{field}` must match here, not any one");
                    let help = format!("write `{field}: [{{any: [admin]}}]` if one is enough, `{field}: [{{every: [admin]}}]` if not");
                    report.warning_with_help("lint/membership", at, message, help);
                }
                Doubt::Contains { field } => {
                    let field = clip(&field);
                    let message = format!("`contains` looks for a part of a text, not for a member of `{field}`");
                    report.warning_with_help("lint/membership", at, message, format!("write `{field}: [{{any: [admin]}}]`"));
                }
                Doubt::ContainsInIf { path } => {
                    let path = clip(&path);
                    let message = format!("`contains` looks for a part of a text, not for a member of `{path}`");
                    report.warning_with_help("lint/membership", at, message, format!("write `\"admin\" in {path}`"));
                }
                Doubt::Search { source } if !is_restrictive => {
                    let message = format!("`matches` finds {} anywhere in a value, whatever stands around it", quote(&source));
                    let (whole, part) = (clip(&format!("^(?:{source})$")), clip(&format!("^.*(?:{source}).*$")));
                    let help = format!("write `{whole}` for the whole value, `{part}` if anywhere is meant");
                    report.warning_with_help("lint/matches-unanchored", at, message, help);
                }
                Doubt::Every | Doubt::Unanchored { .. } | Doubt::HostBelow { .. } | Doubt::Memberships { .. } | Doubt::Search { .. } => {}
            }
        }
    }
}

/// Whether a field of this name holds what somebody or something belongs to.
pub(crate) fn names_memberships(field: &str) -> bool {
    ["roles", "groups", "scopes", "permissions", "tags", "labels"].contains(&field)
}

/// Asked of each element, and true of what is named. Of what is excluded, every element must be meant.
fn is_about_one(operator: &Operator) -> bool {
    match operator {
        Operator::Eq(scalar) => *scalar != Scalar::Null,
        Operator::In(_)
        | Operator::Text(_)
        | Operator::Regex(_)
        | Operator::Host(_)
        | Operator::EmailDomain(_)
        | Operator::PathPrefix(_)
        | Operator::Ref(_) => true,
        Operator::AnythingBut(_)
        | Operator::Compare(..)
        | Operator::Cidr(_)
        | Operator::Exists(_)
        | Operator::Type(_)
        | Operator::Length(_)
        | Operator::Any(_)
        | Operator::Every(_) => false,
    }
}

fn says_which(operator: &Operator) -> bool {
    matches!(operator, Operator::Any(_) | Operator::Every(_))
}

#[derive(Clone, Copy)]
enum End {
    First,
    Last,
}

/// Whether a pattern says at this end what may stand there: anything, or nothing (`^`, `$`).
///
/// Recursion is as deep as the parser let the pattern be.
fn is_open(hir: &Hir, end: End) -> bool {
    match (hir.kind(), end) {
        (HirKind::Repetition(repetition), _) => repetition.max.is_none() && is_anything(&repetition.sub),
        (HirKind::Look(look), End::First) => matches!(look, Look::Start | Look::StartLF),
        (HirKind::Look(look), End::Last) => matches!(look, Look::End | Look::EndLF),
        (HirKind::Capture(capture), _) => is_open(&capture.sub, end),
        (HirKind::Alternation(branches), _) => branches.iter().all(|branch| is_open(branch, end)),
        (HirKind::Concat(parts), End::First) => parts.first().is_some_and(|part| is_open(part, end)),
        (HirKind::Concat(parts), End::Last) => parts.last().is_some_and(|part| is_open(part, end)),
        (HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_), _) => false,
    }
}

fn is_anything(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => {
            matches!(class.ranges(), [range] if range.start() == '\0' && range.end() == char::MAX)
        }
        _ => false,
    }
}
