//! What a policy and recorded requests know of each other.

mod action;
mod field;
mod finding;
mod read;

pub use finding::{About, Finding, Place};

use std::collections::HashMap;

use toolgate_runtime::Decision;

use self::action::Actions;
use self::field::Fields;
use self::read::Reader;
use crate::call;
use crate::diagnostic::Diagnostic;
use crate::ir::Policy;

/// Which rules of a policy held for requests, which actions and fields of it the requests have, and which of theirs it
/// names.
///
/// What is kept of the requests is bounded, however many they are; what was left out is a finding too.
pub struct Usage<'p> {
    policy: &'p Policy,
    positions: HashMap<&'p str, usize>,
    rules: Vec<RuleUse>,
    actions: Actions,
    fields: Fields,
    calls: u64,
    refused: Option<Refused>,
}

/// How often a rule held.
#[derive(Clone, Debug, Default)]
struct RuleUse {
    held: u64,
    /// Of those, not only by doubt.
    for_certain: u64,
    /// The first field in doubt, and where.
    doubt: Option<(String, u64)>,
}

/// Lines that are no requests.
struct Refused {
    tally: Tally,
    /// Why the first is none.
    reason: &'static str,
}

/// How many requests have something, and the first that does.
#[derive(Clone, Copy, Debug)]
struct Tally {
    calls: u64,
    first_line: u64,
    last_line: u64,
}

impl Tally {
    fn first(line: u64) -> Self {
        Self { calls: 1, first_line: line, last_line: line }
    }

    /// Counts a request once, however often it has the thing.
    fn count(&mut self, line: u64) {
        if line != self.last_line {
            self.calls = self.calls.saturating_add(1);
            self.last_line = line;
        }
    }
}

impl<'p> Usage<'p> {
    /// Nothing seen yet.
    ///
    /// # Errors
    /// The patterns for actions pass a limit together, though those of each rule do not.
    pub fn new(policy: &'p Policy) -> Result<Self, Vec<Diagnostic>> {
        let reader = Reader::read(policy);
        Ok(Self {
            policy,
            positions: policy.rules.iter().enumerate().map(|(position, rule)| (rule.id.as_str(), position)).collect(),
            rules: vec![RuleUse::default(); policy.rules.len()],
            actions: Actions::new(reader.actions)?,
            fields: reader.fields,
            calls: 0,
            refused: None,
        })
    }

    /// Takes note of one request and of the full decision on it under this policy; `line` says where it stands.
    pub fn add(&mut self, line: u64, request: &[u8], decision: &Decision<'_>) {
        if let Some(refusal) = decision.refusal() {
            match &mut self.refused {
                Some(refused) => refused.tally.count(line),
                None => self.refused = Some(Refused { tally: Tally::first(line), reason: refusal.reason.code() }),
            }
            return;
        }
        self.calls = self.calls.saturating_add(1);
        for held in decision.held() {
            let Some(rule) = self.rules.get_mut(held.position) else { continue };
            rule.held = rule.held.saturating_add(1);
            rule.for_certain = rule.for_certain.saturating_add(u64::from(!held.doubted));
        }
        for doubt in decision.undecided() {
            let rule = self.positions.get(doubt.rule).and_then(|position| self.rules.get_mut(*position));
            if let Some(rule) = rule.filter(|rule| rule.doubt.is_none()) {
                rule.doubt = Some((doubt.field.to_owned(), line));
            }
        }
        self.actions.see(&call::action_name(request), line);
        self.fields.see(request, line);
    }

    /// How many requests were seen, without those that are none.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }
}
