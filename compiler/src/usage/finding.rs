//! What is worth telling about a policy beside recorded requests.

use std::cmp::Reverse;

use super::Usage;
use crate::diagnostic::quote;
use crate::suggest;

/// One thing to tell. It says nothing against the policy: the requests may be few.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable, such as `requests/rule-never-held`.
    pub code: &'static str,
    /// One line: lower case, no full stop, input in backticks.
    pub message: String,
    /// What may be meant instead.
    pub help: Option<String>,
    /// Where to look.
    pub place: Place,
    /// What it is about.
    pub about: About,
    /// How many requests have to do with it.
    pub calls: u64,
}

/// Where to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The rule at this position of the policy.
    Rule(usize),
    /// This line of the requests.
    Line(u64),
    /// The requests as a whole.
    Requests,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// The rule of this id.
    Rule(String),
    /// The action of this name, or the pattern for names.
    Action(String),
    /// The field at this JSON Pointer, without array indexes.
    Field(String),
    /// The requests.
    Requests,
}

impl Usage<'_> {
    /// Everything there is to tell, kind by kind; within a kind of the policy's in document order, of the requests' what
    /// most of them have first.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let mut found = Findings { usage: self, findings: Vec::new(), suggestions_left: SUGGESTIONS_MAX };
        found.refused();
        if self.calls == 0 {
            let message = "there is no request to hold the policy against".to_owned();
            found.add("requests/none", message, None, Place::Requests, About::Requests, 0);
            return found.findings;
        }
        found.rules();
        found.unseen_actions();
        found.unseen_fields();
        found.unknown_actions();
        found.unread_fields();
        found.left_out();
        found.findings
    }
}

struct Findings<'u, 'p> {
    usage: &'u Usage<'p>,
    findings: Vec<Finding>,
    /// Searches for a similar word that may still be made: each looks at many words.
    suggestions_left: usize,
}

impl Findings<'_, '_> {
    fn add(&mut self, code: &'static str, message: String, help: Option<String>, place: Place, about: About, calls: u64) {
        self.findings.push(Finding { code, message, help, place, about, calls });
    }

    fn id(&self, rule: usize) -> &str {
        self.usage.policy.rules.get(rule).map_or("", |rule| &rule.id)
    }

    fn nearest<'k>(&mut self, word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
        self.suggestions_left = self.suggestions_left.checked_sub(1)?;
        suggest::slip(word, known)
    }

    fn refused(&mut self) {
        let Some(refused) = &self.usage.refused else { return };
        let lines = if refused.tally.calls == 1 {
            "1 line is no request".to_owned()
        } else {
            format!("{} lines are no requests", refused.tally.calls)
        };
        let message = format!("{lines}, the first for {}", quote(refused.reason));
        self.add("requests/refused", message, None, Place::Line(refused.tally.first_line), About::Requests, refused.tally.calls);
    }

    fn rules(&mut self) {
        let rules = || self.usage.policy.rules.iter().zip(&self.usage.rules).enumerate();
        let never = rules().filter(|(_, (_, usage))| usage.held == 0).map(|(position, (rule, _))| (position, &rule.id));
        for (position, id) in never {
            let message = format!("rule {} never held", quote(id));
            self.add("requests/rule-never-held", message, None, Place::Rule(position), About::Rule(id.clone()), 0);
        }
        let doubted = rules().filter(|(_, (_, usage))| usage.held > 0 && usage.for_certain == 0);
        for (position, (rule, usage)) in doubted {
            let message = format!("rule {} held only by doubt, for {}", quote(&rule.id), requests(usage.held));
            let help = usage.doubt.as_ref().map(|(field, line)| format!("{} is in doubt on line {line}", quote(field)));
            let about = About::Rule(rule.id.clone());
            self.add("requests/rule-held-only-by-doubt", message, help, Place::Rule(position), about, usage.held);
        }
    }

    fn unseen_actions(&mut self) {
        for test in self.usage.actions.unmet() {
            let what = if test.is_name { "has the action" } else { "has an action that meets" };
            let message = format!("no request {what} {}, which rule {} names", quote(&test.shown), quote(self.id(test.rule)));
            let near = if test.is_name { self.nearest(&test.shown, self.usage.actions.not_spelt_out()) } else { None };
            let help = near.map(|near| format!("did you mean {}?", quote(near)));
            let about = About::Action(test.shown.clone());
            self.add("requests/unseen-action", message, help, Place::Rule(test.rule), about, 0);
        }
    }

    fn unseen_fields(&mut self) {
        for unseen in self.usage.fields.unseen() {
            let message = format!("no request has the field {}, which rule {} reads", quote(&unseen.pointer), quote(self.id(unseen.rule)));
            let near = self.nearest(unseen.key, self.usage.fields.unread_beside(&unseen));
            let help = near.map(|near| format!("did you mean {}?", quote(&unseen.pointer_with(near))));
            let about = About::Field(unseen.pointer.clone());
            self.add("requests/unseen-field", message, help, Place::Rule(unseen.rule), about, 0);
        }
    }

    fn unknown_actions(&mut self) {
        let mut unnamed: Vec<_> = self.usage.actions.unnamed().collect();
        unnamed.sort_by_key(|(_, tally)| Reverse(tally.calls));
        for (name, tally) in unnamed {
            let message = format!("no rule names the action {} of {}", quote(name), requests(tally.calls));
            let unmet = self.usage.actions.unmet().filter(|test| test.is_name).map(|test| test.shown.as_str());
            let near = self.nearest(name, unmet);
            let help = near.map(|near| format!("a rule names {}, which no request has", quote(near)));
            let about = About::Action(name.to_owned());
            self.add("requests/unknown-action", message, help, Place::Line(tally.first_line), about, tally.calls);
        }
    }

    fn unread_fields(&mut self) {
        for unread in self.usage.fields.unread() {
            let message = format!("no rule reads the field {} of {}", quote(&unread.pointer), requests(unread.tally.calls));
            let near = self.nearest(unread.key, self.usage.fields.unseen_beside(&unread));
            let help = near.map(|near| format!("a rule reads {}, which no request has", quote(&unread.pointer_with(near))));
            let about = About::Field(unread.pointer.clone());
            self.add("requests/unread-field", message, help, Place::Line(unread.tally.first_line), about, unread.tally.calls);
        }
    }

    fn left_out(&mut self) {
        let (actions, fields) = (self.usage.actions.left_out, self.usage.fields.left_out);
        for (left_out, what) in [(actions, "actions that no rule names"), (fields, "fields that no rule reads")] {
            if left_out > 0 {
                let message = format!("there are more {what} than can be kept: not listed {left_out} times");
                self.add("requests/cut", message, None, Place::Requests, About::Requests, left_out);
            }
        }
    }
}

fn requests(count: u64) -> String {
    if count == 1 { "1 request".to_owned() } else { format!("{count} requests") }
}

const SUGGESTIONS_MAX: usize = 200;
