//! The actions that a policy names, and the actions that requests have.

use std::collections::{BTreeMap, HashSet};

use regex_syntax::hir::{Dot, Hir, Repetition};
use toolgate_runtime::{FieldValue, FieldValues, Options, Scratch};

use super::Tally;
use crate::compile::compile;
use crate::diagnostic::Diagnostic;
use crate::ir::{
    Alternative, Decision, List, Member, Mode, NamedList, Object, Operator, Outcome, Pattern, Policy, Regex, Rule, Scalar, Test, TextTest,
};

/// What a policy says of `action.name`, each once.
#[derive(Default)]
pub(super) struct ActionTests {
    tests: Vec<ActionTest>,
    known: HashSet<(bool, String)>,
}

/// A name, or a pattern for names.
pub(super) struct ActionTest {
    /// As a policy writes it.
    pub shown: String,
    /// Names one action and no other.
    pub is_name: bool,
    /// Position of the first rule that has it.
    pub rule: usize,
    alternative: Alternative,
}

impl ActionTests {
    /// Everything in a list pattern that names actions. What is negated names them as well.
    pub(super) fn add_list(&mut self, rule: usize, list: &List, lists: &[NamedList]) {
        for alternative in &list.alternatives {
            match alternative {
                Alternative::Scalar(scalar) => self.add_scalar(rule, scalar),
                Alternative::Operators(operators) => self.add_operators(rule, operators, lists),
            }
        }
    }

    fn add_operators(&mut self, rule: usize, operators: &[Operator], lists: &[NamedList]) {
        let mut patterns = Vec::new();
        for operator in operators {
            match operator {
                Operator::Eq(scalar) => self.add_scalar(rule, scalar),
                Operator::In(list) => self.add_members(rule, *list, lists),
                Operator::AnythingBut(tests) => tests.iter().for_each(|test| match test {
                    Test::Scalar(scalar) => self.add_scalar(rule, scalar),
                    Test::Text(test) => self.add_patterns(rule, vec![Operator::Text(test.clone())]),
                }),
                Operator::Any(list) | Operator::Every(list) => self.add_list(rule, list, lists),
                Operator::Text(_) | Operator::Regex(_) => patterns.push(operator.clone()),
                _ => {}
            }
        }
        self.add_patterns(rule, patterns);
    }

    /// The members of a named list.
    pub(super) fn add_members(&mut self, rule: usize, list: usize, lists: &[NamedList]) {
        let members = lists.get(list).into_iter().flat_map(|list| &list.members);
        members.for_each(|member| self.add_scalar(rule, member));
    }

    /// A name, if the scalar is one.
    pub(super) fn add_scalar(&mut self, rule: usize, scalar: &Scalar) {
        if let Scalar::String(name) = scalar {
            self.add(rule, name.clone(), true, Alternative::Scalar(scalar.clone()));
        }
    }

    /// Patterns that one name must meet together.
    pub(super) fn add_patterns(&mut self, rule: usize, patterns: Vec<Operator>) {
        if let [Operator::Text(TextTest::Wildcard(wildcard))] = patterns.as_slice()
            && let [name] = wildcard.literals.as_slice()
        {
            return self.add_scalar(rule, &Scalar::String(name.clone()));
        }
        // A pattern for every name names none.
        let is_any = |pattern: &Operator| matches!(pattern, Operator::Text(TextTest::Wildcard(w)) if w.literals == ["", ""]);
        if patterns.iter().all(is_any) {
            return;
        }
        let shown: Vec<String> = patterns.iter().map(shown).collect();
        self.add(rule, shown.join(", "), false, Alternative::Operators(patterns));
    }

    /// A pattern that may be found anywhere in a name.
    pub(super) fn add_search(&mut self, rule: usize, regex: &Regex) {
        let any = || Hir::repetition(Repetition { min: 0, max: None, greedy: true, sub: Box::new(Hir::dot(Dot::AnyChar)) });
        let hir = Hir::concat(vec![any(), regex.hir.clone(), any()]);
        let shown = format!("matches: {}", regex.source);
        self.add(rule, shown, false, Alternative::Operators(vec![Operator::Regex(Regex { source: regex.source.clone(), hir })]));
    }

    fn add(&mut self, rule: usize, shown: String, is_name: bool, alternative: Alternative) {
        if self.known.insert((is_name, shown.clone())) {
            self.tests.push(ActionTest { shown, is_name, rule, alternative });
        }
    }
}

/// A pattern as a policy writes it, but for the quotes.
fn shown(pattern: &Operator) -> String {
    let folded = |ignore_case: bool| if ignore_case { " equals-ignore-case:" } else { "" };
    match pattern {
        Operator::Text(TextTest::Wildcard(wildcard)) => {
            let literals: Vec<String> = wildcard.literals.iter().map(|literal| literal.replace('\\', "\\\\").replace('*', "\\*")).collect();
            literals.join("*")
        }
        Operator::Text(TextTest::Prefix { text, ignore_case }) => format!("prefix:{} {text}", folded(*ignore_case)),
        Operator::Text(TextTest::Suffix { text, ignore_case }) => format!("suffix:{} {text}", folded(*ignore_case)),
        Operator::Text(TextTest::Contains(text)) => format!("contains: {text}"),
        Operator::Text(TextTest::EqualsIgnoreCase(text)) => format!("equals-ignore-case: {text}"),
        Operator::Regex(regex) => format!("regex: {}", regex.source),
        _ => String::new(),
    }
}

/// The actions of requests, held against what a policy says of them.
pub(super) struct Actions {
    tests: Vec<ActionTest>,
    /// Of each test, whether an action met it.
    met: Vec<bool>,
    names: BTreeMap<String, Name>,
    /// Requests with an action that no rule names and that is not kept.
    pub left_out: u64,
    matcher: Matcher,
}

/// An action that requests have.
struct Name {
    tally: Tally,
    /// Meets a test.
    is_named: bool,
    /// Is a test.
    is_spelt_out: bool,
}

/// A policy with one rule for each test, so that a name is held against all of them as fast as rules are found.
struct Matcher {
    policy: toolgate_runtime::Policy,
    scratch: Scratch,
    name_slot: u32,
}

impl Actions {
    /// # Errors
    /// The patterns pass a limit together.
    pub(super) fn new(tests: ActionTests) -> Result<Self, Vec<Diagnostic>> {
        let matcher = Matcher::new(&tests.tests)?;
        let met = vec![false; tests.tests.len()];
        Ok(Self { tests: tests.tests, met, names: BTreeMap::new(), left_out: 0, matcher })
    }

    /// Takes note of the action of one request.
    pub(super) fn see(&mut self, name: &str, line: u64) {
        if let Some(name) = self.names.get_mut(name) {
            name.tally.count(line);
            return;
        }
        let (mut is_named, mut is_spelt_out) = (false, false);
        self.matcher.each(name, |test| {
            is_named = true;
            is_spelt_out |= self.tests.get(test).is_some_and(|test| test.is_name);
            if let Some(met) = self.met.get_mut(test) {
                *met = true;
            }
        });
        if self.names.len() < NAMES_MAX && name.len() <= NAME_BYTES_MAX {
            self.names.insert(name.to_owned(), Name { tally: Tally::first(line), is_named, is_spelt_out });
        } else if !is_named {
            self.left_out = self.left_out.saturating_add(1);
        }
    }

    /// Tests that no action met, in the order of the rules.
    pub(super) fn unmet(&self) -> impl Iterator<Item = &ActionTest> {
        self.tests.iter().zip(&self.met).filter(|(_, met)| !**met).map(|(test, _)| test)
    }

    /// Actions that no rule names, in byte order.
    pub(super) fn unnamed(&self) -> impl Iterator<Item = (&str, Tally)> {
        self.names.iter().filter(|(_, name)| !name.is_named).map(|(text, name)| (text.as_str(), name.tally))
    }

    /// Actions of requests that no rule spells out: what a misspelt name may have meant.
    pub(super) fn not_spelt_out(&self) -> impl Iterator<Item = &str> {
        self.names.iter().filter(|(_, name)| !name.is_spelt_out).map(|(text, _)| text.as_str())
    }
}

impl Matcher {
    fn new(tests: &[ActionTest]) -> Result<Self, Vec<Diagnostic>> {
        let rules = tests.iter().zip(0_usize..).map(|(test, position)| rule(position, &test.alternative)).collect();
        let policy = Policy { id: String::new(), rules, default: plain(Decision::Deny), lists: Vec::new() };
        let compiled = compile(&policy)?;
        let policy = toolgate_runtime::Policy::load(&compiled.artifact).map_err(|_| Vec::new())?;
        let name_slot = policy.slots().find(|(_, pointer)| *pointer == "/action/name").map_or(0, |(slot, _)| slot);
        let scratch = Scratch::new(&policy);
        Ok(Self { policy, scratch, name_slot })
    }

    /// Calls back with the position of each test that the name meets.
    fn each(&mut self, name: &str, mut meets: impl FnMut(usize)) {
        let mut values = FieldValues::new(&self.policy);
        if values.set(self.name_slot, FieldValue::String(name)).is_ok() {
            let decision = self.policy.decide_fields(&values, &mut self.scratch, Options::default());
            decision.held().for_each(|held| meets(held.position));
        }
    }
}

/// A rule that holds if the action meets the test.
fn rule(position: usize, test: &Alternative) -> Rule {
    let name = Pattern::List(List { alternatives: vec![test.clone()] });
    let action = Object { members: vec![Member::Key { name: "name".to_owned(), pattern: name }] };
    let when = Object { members: vec![Member::Key { name: "action".to_owned(), pattern: Pattern::Object(action) }] };
    Rule {
        id: position.to_string(),
        outcome: plain(Decision::Allow),
        mode: Mode::Enforce,
        tighten_only: false,
        when: Some(when),
        unless: None,
        condition: None,
        description: None,
        tags: Vec::new(),
        source: 0,
        span: crate::diagnostic::Span::default(),
    }
}

fn plain(decision: Decision) -> Outcome {
    Outcome { decision, message: None, risk: None, requirements: Vec::new() }
}

/// Most actions of requests that are kept.
const NAMES_MAX: usize = 10_000;

/// Longer names are not kept.
const NAME_BYTES_MAX: usize = 256;
