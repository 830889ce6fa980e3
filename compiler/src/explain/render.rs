//! An explanation as people read it.

use std::fmt::Write;

use super::{Condition, Explanation, NearMiss, Role, RuleExplained};
use crate::diagnostic::{clip, escape, quote};

impl Explanation {
    /// Plain text, ending in a newline. What came from the policy or the request is escaped and cut.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!("{}\n\ndecision: {}\n", self.notice, self.decision.decision);
        for because in &self.because {
            line(&mut out, 1, &format!("- {}", escape(because)));
        }
        if let Some(refused) = &self.refused {
            let (line, column) = (refused.line, refused.column);
            // Writing to a string cannot fail.
            let _ = writeln!(out, "\n{}: at byte {} (line {line}, column {column})", refused.reason, refused.offset);
            let indent = " ".repeat(refused.indent);
            let _ = writeln!(out, "  |\n  | {}\n  | {indent}^", refused.excerpt);
        }
        for rule in &self.rules {
            out.push('\n');
            push_rule(&mut out, rule);
        }
        if self.rules.is_empty() && self.refused.is_none() {
            out.push_str("\nno rule holds or came near; `--rule ID` shows one\n");
        }
        for (count, what) in [(self.holding_cut, "more rules hold"), (self.near_cut, "more rules came as near")] {
            if count > 0 {
                let _ = writeln!(out, "\n… {count} {what}; `--rule ID` shows one");
            }
        }
        out
    }

    /// One JSON object on one line; `docs/explain.md` says what is in it.
    #[must_use]
    pub fn json(&self) -> String {
        // What it holds always has a JSON text.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl RuleExplained {
    /// The part of [`Explanation::text`] about this rule.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        push_rule(&mut out, self);
        out
    }
}

fn push_rule(out: &mut String, rule: &RuleExplained) {
    let says = match rule.role {
        Role::Decides => "holds and decides".to_owned(),
        Role::Weaker => "holds, and a stricter one decides".to_owned(),
        Role::Shadow => "holds in shadow".to_owned(),
        Role::Fails => match (rule.failing, rule.conditions_count) {
            (1, 1) => "does not hold: its only condition fails".to_owned(),
            (1, count) => format!("does not hold: 1 of its {count} conditions fails"),
            (failing, count) => format!("does not hold: {failing} of its {count} conditions fail"),
        },
    };
    let says = if rule.value == "unknown" && rule.role != Role::Fails { format!("{says}, by doubt") } else { says };
    let place = rule.file.as_ref().map(|file| format!("  ({}:{})", escape(file), rule.line)).unwrap_or_default();
    let _ = writeln!(out, "rule {} ({}) {says}{place}", quote(&rule.rule), rule.decision);
    for condition in &rule.conditions {
        push_condition(out, condition, None, condition.asks == "if", 0);
    }
    for suggestion in &rule.suggestions {
        line(out, 1, &format!("= help: {}", escape(suggestion)));
    }
    for near in &rule.near_misses {
        line(out, 1, &format!("= {}", near_miss(rule, near)));
    }
}

/// `around` is the field of the condition around it, which need not be said again; an expression names its own.
fn push_condition(out: &mut String, condition: &Condition, around: Option<&str>, is_expression: bool, depth: usize) {
    let field = condition.field.as_deref().filter(|field| Some(*field) != around && !is_expression);
    let head = field.map(|field| format!("{}: ", clip(field))).unwrap_or_default();
    let seen = condition.seen.as_ref().map(|seen| format!("  -- saw {seen}")).unwrap_or_default();
    line(out, 1, &format!("{:<8}{}{head}{}{seen}", condition.value, "  ".repeat(depth), condition.asks));
    let inner = depth.saturating_add(1);
    let pad = format!("{:<8}{}", "", "  ".repeat(inner));
    if let Some(note) = &condition.note {
        line(out, 1, &format!("{pad}({note})"));
    }
    for part in &condition.parts {
        push_condition(out, part, condition.field.as_deref(), is_expression, inner);
    }
    if condition.cut > 0 {
        line(out, 1, &format!("{pad}… {} more", condition.cut));
    }
}

fn near_miss(rule: &RuleExplained, near: &NearMiss) -> String {
    let is = near.is.strip_prefix("nothing: ").map_or_else(|| format!("it is {}", near.is), str::to_owned);
    let turn = if near.holds { "would hold" } else { "would not hold" };
    let source = match (near.default, near.rules.as_slice()) {
        (true, _) => " by default".to_owned(),
        (false, [only]) if *only == rule.rule => String::new(),
        (false, rules) => {
            let rules: Vec<String> = rules.iter().map(|rule| quote(rule)).collect();
            format!(" by {}", rules.join(", "))
        }
    };
    let field = clip(&near.field);
    let would_be = if near.change.value.is_some() { format!("`{}`", near.would_be) } else { near.would_be.clone() };
    format!("if `{field}` were {would_be} ({is}), rule {} {turn}: {}{source}", quote(&rule.rule), near.decision)
}

fn line(out: &mut String, depth: usize, text: &str) {
    let _ = writeln!(out, "{}{}", "  ".repeat(depth), text.trim_end());
}
