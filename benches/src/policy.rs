//! Rules as the generator makes them, and the document they are written to.

use crate::request::{Path, separated, write_number, write_string};

/// A decision, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// The call runs.
    Allow,
    /// A person decides.
    RequireApproval,
    /// The user says what is meant.
    RequireClarification,
    /// The call does not run.
    Deny,
}

impl Decision {
    /// The decision as documents write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Decision::Allow => "allow",
            Decision::RequireApproval => "approval_required",
            Decision::RequireClarification => "clarification_required",
            Decision::Deny => "deny",
        }
    }
}

/// All conditions are and-ed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The first is what the rule is about: an action, some of them, or an actor.
    pub conditions: Vec<Condition>,
    /// What the rule asks for where it holds.
    pub decision: Decision,
}

/// A question about one field; no rule asks two of the same field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Index into [`Policy::paths`].
    pub path: usize,
    /// What is asked.
    pub test: Test,
}

/// What a field must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Any of these strings.
    Equal(Vec<String>),
    /// Any string but this one.
    Not(String),
    /// `literal*`
    Prefix(String),
    /// `*literal`
    Suffix(String),
    /// `*literal*`
    Contains(String),
    /// `first*last`
    Middle(String, String),
    /// Hundredths: from the first, below the second.
    Range(i64, i64),
    /// Present, or not.
    Exists(bool),
}

/// Rules, and the fields that they are about. The default is deny.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Each once.
    pub paths: Vec<Path>,
    /// In the order of the document.
    pub rules: Vec<Rule>,
}

impl Policy {
    /// A condition, its path noted.
    pub(crate) fn condition(&mut self, path: Path, test: Test) -> Condition {
        let known = self.paths.iter().position(|other| *other == path);
        let path = known.unwrap_or_else(|| {
            self.paths.push(path);
            self.paths.len() - 1
        });
        Condition { path, test }
    }

    /// The document, one rule a line.
    pub(crate) fn to_json(&self) -> String {
        let mut out = String::from("{\"id\":\"workload\",\"rules\":[\n");
        for (index, rule) in self.rules.iter().enumerate() {
            if index > 0 {
                out.push_str(",\n");
            }
            out += &format!("{{\"id\":\"r{index}\",\"when\":");
            let conditions: Vec<_> = rule.conditions.iter().map(|condition| (self.paths[condition.path], &condition.test)).collect();
            write_object(&conditions, &mut out);
            out += &format!(",\"decision\":\"{}\"}}", rule.decision.as_str());
        }
        out.push_str("\n]}\n");
        out
    }
}

/// Writes the conditions below one place, those with a common first segment in one object.
fn write_object(conditions: &[(Path, &Test)], out: &mut String) {
    let mut heads: Vec<&str> = Vec::new();
    for (path, _) in conditions {
        if !heads.contains(&path[0]) {
            heads.push(path[0]);
        }
    }
    out.push('{');
    separated(heads, out, |head, out| {
        write_string(head, out);
        out.push(':');
        let below: Vec<_> = conditions.iter().filter(|(path, _)| path[0] == head).map(|(path, test)| (&path[1..], *test)).collect();
        match below.as_slice() {
            [([], test)] => write_test(test, head == "action", out),
            _ => write_object(&below, out),
        }
    });
    out.push('}');
}

/// Writes a list pattern. Plain strings are wildcards at the action, and only there.
fn write_test(test: &Test, at_action: bool, out: &mut String) {
    match test {
        Test::Equal(values) if values.len() == 1 => write_string(&values[0], out),
        Test::Equal(values) => {
            out.push('[');
            separated(values, out, |value, out| write_string(value, out));
            out.push(']');
        }
        Test::Not(value) => write_operator("anything-but", value, out),
        Test::Prefix(text) if at_action => write_string(&format!("{text}*"), out),
        Test::Prefix(text) => write_operator("prefix", text, out),
        Test::Suffix(text) if at_action => write_string(&format!("*{text}"), out),
        Test::Suffix(text) => write_operator("suffix", text, out),
        Test::Contains(text) if at_action => write_string(&format!("*{text}*"), out),
        Test::Contains(text) => write_operator("contains", text, out),
        Test::Middle(first, last) if at_action => write_string(&format!("{first}*{last}"), out),
        Test::Middle(first, last) => write_operator("wildcard", &format!("{first}*{last}"), out),
        Test::Range(from, below) => {
            out.push_str("[{\"gte\":");
            write_number(*from, out);
            out.push_str(",\"lt\":");
            write_number(*below, out);
            out.push_str("}]");
        }
        Test::Exists(wanted) => *out += &format!("[{{\"exists\":{wanted}}}]"),
    }
}

fn write_operator(name: &str, operand: &str, out: &mut String) {
    *out += &format!("[{{\"{name}\":");
    write_string(operand, out);
    out.push_str("}]");
}
