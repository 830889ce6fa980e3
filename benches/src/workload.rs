//! The workload: rules and requests in the shares that the project's figures are given for.

use crate::oracle::{Answer, Oracle};
use crate::policy::{Condition, Decision, Policy, Rule, Test};
use crate::random::Random;
use crate::request::{Found, Path, Value, text};

/// A policy, requests, and what they must get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// The text of a document, JSON.
    pub policy: String,
    /// Distinct requests.
    pub requests: Vec<Vec<u8>>,
    /// For each request its decision, by a naive evaluator over the generator's own rules.
    pub expected: Vec<&'static str>,
    /// For each request how many rules hold, by the same.
    pub held: Vec<usize>,
    /// The rules of `policy`, for whom writes them in another language.
    pub rules: Policy,
    /// What `requests` were written from.
    pub(crate) drawn: Vec<Value>,
}

impl Workload {
    /// The same requests for easier rules: without the conditions that are not kept.
    #[must_use]
    pub fn eased(&self, keeps: impl Fn(Path, &Test) -> bool) -> Self {
        let mut rules = self.rules.clone();
        for rule in &mut rules.rules {
            rule.conditions.retain(|condition| keeps(self.rules.paths[condition.path], &condition.test));
        }
        let oracle = Oracle::new(&rules);
        let drawn = self.drawn.iter().map(|request| (request.clone(), oracle.answer(request))).collect();
        finish(&rules, drawn)
    }
}

/// Makes the workload with so many rules and requests.
///
/// Names grow with the rules (0.6 actions and 0.2 actors a rule), so that a request meets one to five rules however many
/// there are; three in ten meet none.
#[must_use]
pub fn workload(rules: usize, requests: usize, seed: u64) -> Workload {
    let mut random = Random::new(seed);
    let names = Names::new(rules);
    let policy = rules_of(rules, &names, &mut random);
    let mut draw = Draw::new(&policy, &names);
    let none = random.flags(requests, 30);
    let drawn = none.iter().map(|none| if *none { draw.meeting_none(&mut random) } else { draw.meeting_some(&mut random) });
    finish(&policy, drawn.collect())
}

pub(crate) fn finish(policy: &Policy, drawn: Vec<(Value, Answer)>) -> Workload {
    let requests = drawn.iter().map(|(request, _)| {
        let mut out = String::with_capacity(400);
        request.write(&mut out);
        out.into_bytes()
    });
    Workload {
        requests: requests.collect(),
        expected: drawn.iter().map(|(_, answer)| answer.decision.as_str()).collect(),
        held: drawn.iter().map(|(_, answer)| answer.held).collect(),
        policy: policy.to_json(),
        rules: policy.clone(),
        drawn: drawn.into_iter().map(|(request, _)| request).collect(),
    }
}

pub(crate) const ACTION: Path = &["action"];
pub(crate) const ACTOR: Path = &["actor", "id"];
pub(crate) const ACTOR_TYPE: Path = &["actor", "type"];
pub(crate) const AMOUNT: Path = &["input", "amount"];
pub(crate) const ENV: Path = &["context", "env"];
pub(crate) const OWNER: Path = &["resource", "owner"];
pub(crate) const RESOURCE: Path = &["resource", "id"];
pub(crate) const TICKET: Path = &["context", "ticket"];

pub(crate) const ENVS: [&str; 4] = ["prod", "staging", "dev", "test"];
const ACTOR_TYPES: [&str; 3] = ["agent", "user", "service"];
const SUFFIXES: [&str; 6] = [".pdf", ".csv", ".docx", ".sql", ".key", ".json"];
const CURRENCIES: [&str; 5] = ["USD", "EUR", "GBP", "JPY", "CHF"];
const SERVICES: [&str; 16] = [
    "billing",
    "crm",
    "files",
    "mail",
    "calendar",
    "deploy",
    "tickets",
    "payroll",
    "search",
    "wiki",
    "storage",
    "chat",
    "vault",
    "metrics",
    "contracts",
    "travel",
];
const OBJECTS: [&str; 20] = [
    "invoice", "account", "report", "message", "folder", "event", "release", "ticket", "contract", "secret", "refund", "order", "user",
    "group", "backup", "database", "export", "booking", "comment", "policy",
];
const VERBS: [&str; 12] =
    ["read", "create", "update", "delete", "list", "send", "approve", "archive", "share", "restore", "transfer", "cancel"];
const WORDS: [&str; 16] = [
    "quarterly",
    "settlement",
    "for",
    "the",
    "northern",
    "region",
    "as",
    "agreed",
    "with",
    "customer",
    "urgent",
    "review",
    "before",
    "monday",
    "second",
    "attempt",
];

const VERBS_PER_OBJECT: usize = 4;
const OBJECTS_PER_SERVICE: usize = 5;

/// Actions and actors that rules and requests are about.
pub(crate) struct Names {
    /// `service.object.verb`
    pub actions: Vec<String>,
    pub actors: Vec<String>,
}

impl Names {
    pub(crate) fn new(rules: usize) -> Self {
        let action = |index: usize| {
            let object = index / VERBS_PER_OBJECT;
            let service = object / OBJECTS_PER_SERVICE;
            let service_name = SERVICES[service % SERVICES.len()];
            let round = service / SERVICES.len();
            let object_name = OBJECTS[(object % OBJECTS_PER_SERVICE + service) % OBJECTS.len()];
            let verb_name = VERBS[(index % VERBS_PER_OBJECT + object) % VERBS.len()];
            format!("{service_name}{round}.{object_name}.{verb_name}")
        };
        Self {
            actions: (0..(rules * 6).div_ceil(10)).map(action).collect(),
            actors: (0..(rules * 2).div_ceil(10)).map(|index| format!("agent-{index:05}")).collect(),
        }
    }
}

#[derive(Clone, Copy)]
enum First {
    OneAction,
    AnyAction,
    /// `service.object.`
    ObjectPrefix,
    /// `service.`
    ServicePrefix,
    Actor,
}

/// Decisions of so many rules, in the workload's shares.
pub(crate) fn decisions(rules: usize, random: &mut Random) -> Vec<Decision> {
    random
        .deck(rules, &[(Decision::Allow, 50), (Decision::RequireClarification, 10), (Decision::RequireApproval, 20), (Decision::Deny, 20)])
}

fn rules_of(rules: usize, names: &Names, random: &mut Random) -> Policy {
    let mut policy = Policy::default();
    let firsts = random.deck(
        rules,
        &[(First::OneAction, 45), (First::AnyAction, 17), (First::ObjectPrefix, 15), (First::ServicePrefix, 5), (First::Actor, 18)],
    );
    let prefixes = firsts.iter().filter(|first| matches!(first, First::ObjectPrefix)).count();
    let mut prefix_has_actor = random.flags(prefixes, 60).into_iter();
    let decisions = decisions(rules, random);
    let mut flags = |percent| random.flags(rules, percent);
    let (actor, env, amount, actor_type) = (flags(25), flags(50), flags(30), flags(15));
    let (ticket, suffix) = (flags(8), flags(5));
    for (index, (first, decision)) in firsts.into_iter().zip(decisions).enumerate() {
        let action = random.pick(&names.actions);
        let (mut path, mut test, mut needs_actor) = (ACTION, Test::Equal(vec![action.clone()]), false);
        match first {
            First::OneAction => {}
            First::AnyAction => {
                let count = 2 + random.below(3);
                test = Test::Equal(random.pick_distinct(&names.actions, count));
            }
            First::ObjectPrefix => {
                test = Test::Prefix(up_to_dot(action, 2));
                needs_actor = prefix_has_actor.next().unwrap_or(false);
            }
            First::ServicePrefix => {
                test = Test::Prefix(up_to_dot(action, 1));
                needs_actor = true;
            }
            First::Actor => {
                path = ACTOR;
                test = Test::Equal(vec![random.pick(&names.actors).clone()]);
            }
        }
        let mut conditions = vec![policy.condition(path, test)];
        if needs_actor || (actor[index] && !matches!(first, First::Actor)) {
            let count = if needs_actor || random.chance(50) { 1 } else { 2 + random.below(2) };
            conditions.push(policy.condition(ACTOR, Test::Equal(random.pick_distinct(&names.actors, count))));
        }
        if env[index] {
            conditions.push(env_condition(&mut policy, random));
        }
        if amount[index] {
            conditions.push(amount_condition(&mut policy, random));
        }
        if actor_type[index] {
            conditions.push(policy.condition(ACTOR_TYPE, Test::Equal(vec![(*random.pick(&ACTOR_TYPES)).to_owned()])));
        }
        if ticket[index] {
            conditions.push(policy.condition(TICKET, Test::Exists(random.chance(50))));
        }
        if suffix[index] {
            conditions.push(policy.condition(RESOURCE, Test::Suffix((*random.pick(&SUFFIXES)).to_owned())));
        }
        policy.rules.push(Rule { conditions, decision });
    }
    policy
}

/// `context.env`: exact, any of two, or not, a third each.
pub(crate) fn env_condition(policy: &mut Policy, random: &mut Random) -> Condition {
    let mut envs = random.pick_distinct(&ENVS, 2).into_iter().map(str::to_owned);
    let test = match random.below(3) {
        0 => Test::Equal(envs.by_ref().take(1).collect()),
        1 => Test::Equal(envs.collect()),
        _ => Test::Not(envs.next().unwrap_or_default()),
    };
    policy.condition(ENV, test)
}

/// `action.input.amount`: a range of whole numbers somewhere below 10,000.
pub(crate) fn amount_condition(policy: &mut Policy, random: &mut Random) -> Condition {
    let from = random.below(8_000);
    let below = from + 100 + random.below(4_900);
    policy.condition(AMOUNT, Test::Range(hundredths(from), hundredths(below)))
}

pub(crate) fn hundredths(whole: usize) -> i64 {
    (whole * 100) as i64
}

fn up_to_dot(name: &str, dots: usize) -> String {
    let end = name.match_indices('.').nth(dots - 1).map_or(name.len(), |(at, _)| at + 1);
    name[..end].to_owned()
}

/// A request with all the fields of the workload, about nothing in particular.
pub(crate) fn blank(names: &Names, serial: usize, random: &mut Random) -> Value {
    let mut note = String::new();
    while note.len() < 10 {
        let word: &&str = random.pick(&WORDS);
        note.push_str(word);
        note.push(' ');
    }
    note += &serial.to_string();
    let mut amount = random.below(1_000_000) as i64;
    if random.chance(60) {
        amount -= amount % 100;
    }
    let byte = |random: &mut Random| random.below(256);
    let mut context = vec![
        ("env", text(*random.pick(&ENVS))),
        ("ip", text(format!("10.{}.{}.{}", byte(random), byte(random), byte(random)))),
        ("ts", Value::Number(hundredths(1_764_000_000 + random.below(30_000_000)))),
    ];
    if random.chance(50) {
        context.push(("ticket", ticket(random)));
    }
    Value::Object(vec![
        (
            "actor",
            Value::Object(vec![
                ("type", text(*random.pick(&ACTOR_TYPES))),
                ("id", text(random.pick(&names.actors))),
                ("session", text(format!("s{:08x}", random.bits() >> 32))),
            ]),
        ),
        (
            "action",
            Value::Object(vec![
                ("name", text(random.pick(&names.actions))),
                (
                    "input",
                    Value::Object(vec![
                        ("amount", Value::Number(amount)),
                        ("currency", text(*random.pick(&CURRENCIES))),
                        ("note", text(note)),
                    ]),
                ),
            ]),
        ),
        (
            "resource",
            Value::Object(vec![
                ("type", text(*random.pick(&OBJECTS))),
                ("id", text(format!("doc-{}{}", random.below(100_000), random.pick(&SUFFIXES)))),
                ("owner", text(format!("team-{}", random.below(500)))),
            ]),
        ),
        ("context", Value::Object(context)),
    ])
}

fn ticket(random: &mut Random) -> Value {
    text(format!("OPS-{}", random.below(10_000)))
}

/// Draws requests for a policy.
pub(crate) struct Draw<'p> {
    policy: &'p Policy,
    oracle: Oracle<'p>,
    names: &'p Names,
    sorted_actions: Vec<String>,
    serial: usize,
}

/// The most rules that a request of the workload meets.
const MET_MAX: usize = 5;

impl<'p> Draw<'p> {
    pub(crate) fn new(policy: &'p Policy, names: &'p Names) -> Self {
        let mut sorted_actions = names.actions.clone();
        sorted_actions.sort_unstable();
        Self { policy, oracle: Oracle::new(policy), names, sorted_actions, serial: 0 }
    }

    /// A request about nothing in particular.
    pub(crate) fn blank(&mut self, random: &mut Random) -> Value {
        self.serial += 1;
        blank(self.names, self.serial, random)
    }

    pub(crate) fn answer(&self, request: &Value) -> Answer {
        self.oracle.answer(request)
    }

    /// A request that meets no rule.
    fn meeting_none(&mut self, random: &mut Random) -> (Value, Answer) {
        for attempt in 0.. {
            let mut request = self.blank(random);
            // With few rules one of them is about nearly every known name; some other name then.
            if attempt >= 20 {
                *request.place(ACTION) = text(format!("legacy.{}.{}", random.pick(&OBJECTS), random.pick(&VERBS)));
                *request.place(ACTOR) = text(format!("guest-{:05}", random.below(100_000)));
            }
            let answer = self.answer(&request);
            if answer.held == 0 {
                return (request, answer);
            }
        }
        unreachable!("rules are about actions and actors, and these are unknown to all of them")
    }

    /// A request that meets one to five rules.
    fn meeting_some(&mut self, random: &mut Random) -> (Value, Answer) {
        loop {
            let mut request = self.blank(random);
            self.aim(&mut request, random);
            let answer = self.answer(&request);
            if (1..=MET_MAX).contains(&answer.held) {
                return (request, answer);
            }
        }
    }

    /// Makes the request meet one rule, whichever.
    pub(crate) fn aim(&self, request: &mut Value, random: &mut Random) {
        let rule = random.pick(&self.policy.rules);
        for condition in &rule.conditions {
            self.satisfy(request, self.policy.paths[condition.path], &condition.test, rule.decision == Decision::Allow, random);
        }
    }

    fn satisfy(&self, request: &mut Value, path: Path, test: &Test, every: bool, random: &mut Random) {
        match test {
            Test::Exists(false) => return request.remove(path),
            Test::Exists(true) => {
                if matches!(request.at(path), Found::Absent) {
                    *request.place(path) = ticket(random);
                }
                return;
            }
            _ => {}
        }
        let place = request.place(path);
        if let Value::List(elements) = place {
            if every {
                elements.iter_mut().for_each(|element| self.meet(element, test, random));
            } else if !elements.is_empty() {
                let at = random.below(elements.len());
                self.meet(&mut elements[at], test, random);
            }
        } else {
            self.meet(place, test, random);
        }
    }

    /// Makes a scalar what the test asks for.
    fn meet(&self, place: &mut Value, test: &Test, random: &mut Random) {
        let own = match place {
            Value::String(own) => own.clone(),
            _ => String::new(),
        };
        *place = match test {
            Test::Equal(values) => text(random.pick(values)),
            Test::Not(value) if own != *value && !own.is_empty() => return,
            Test::Not(value) => text(*ENVS.iter().find(|env| *env != value).unwrap_or(&"")),
            Test::Prefix(prefix) => {
                let from = self.sorted_actions.partition_point(|action| action < prefix);
                let known = &self.sorted_actions[from..];
                let known = &known[..known.partition_point(|action| action.starts_with(prefix.as_str()))];
                if known.is_empty() { text(format!("{prefix}{}", random.pick(&VERBS))) } else { text(random.pick(known)) }
            }
            Test::Suffix(suffix) => text(format!("{}{suffix}", own.split('.').next().unwrap_or_default())),
            Test::Contains(part) => text(format!("{}_{part}_{}", random.pick(&OBJECTS), random.pick(&VERBS))),
            Test::Middle(first, last) => text(format!("{first}{}_{}{last}", random.pick(&OBJECTS), random.below(1_000))),
            Test::Range(from, below) => Value::Number(from + random.below((below - from) as usize) as i64),
            Test::Exists(_) => return,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{ACTION, ACTOR, Draw, Names, rules_of, workload};
    use crate::oracle::Oracle;
    use crate::policy::{Decision, Policy, Test};
    use crate::random::Random;

    fn policy(rules: usize) -> (Policy, Names) {
        let names = Names::new(rules);
        (rules_of(rules, &names, &mut Random::new(7)), names)
    }

    fn percent(policy: &Policy, wanted: impl Fn(&crate::policy::Rule) -> bool) -> usize {
        policy.rules.iter().filter(|rule| wanted(rule)).count() * 100 / policy.rules.len()
    }

    #[test]
    fn one_seed_makes_one_workload() {
        assert_eq!(workload(100, 50, 1), workload(100, 50, 1));
        assert_ne!(workload(100, 50, 1).requests, workload(100, 50, 2).requests);
    }

    #[test]
    fn rules_have_the_shares_asked_for() {
        let (policy, _) = policy(1_000);
        let path = |index: usize| policy.paths[index];
        let conditions: usize = policy.rules.iter().map(|rule| rule.conditions.len()).sum();
        assert!((2_300..2_500).contains(&conditions), "{conditions}");
        assert_eq!(percent(&policy, |rule| matches!(&rule.conditions[0].test, Test::Equal(v) if v.len() > 1)), 17);
        assert_eq!(percent(&policy, |rule| path(rule.conditions[0].path) == ACTOR), 18);
        let dots = |rule: &crate::policy::Rule| match &rule.conditions[0].test {
            Test::Prefix(prefix) => prefix.matches('.').count(),
            _ => 0,
        };
        assert_eq!((percent(&policy, |rule| dots(rule) == 2), percent(&policy, |rule| dots(rule) == 1)), (15, 5));
        assert!(policy.rules.iter().filter(|rule| dots(rule) == 1).all(|rule| path(rule.conditions[1].path) == ACTOR));
        for (test, share) in [("env", 50), ("amount", 30), ("ticket", 8)] {
            assert_eq!(percent(&policy, |rule| rule.conditions.iter().any(|one| path(one.path).last() == Some(&test))), share, "{test}");
        }
        assert_eq!(percent(&policy, |rule| rule.decision == Decision::Allow), 50);
        assert_eq!(percent(&policy, |rule| rule.decision == Decision::Deny), 20);
    }

    #[test]
    fn easier_rules_hold_at_least_as_often() {
        let full = workload(100, 500, 5);
        assert_eq!(full.eased(|_, _| true), full);
        let eased = full.eased(|path, _| path == ACTION || path == ACTOR);
        assert_eq!(eased.requests, full.requests);
        assert!(eased.held.iter().zip(&full.held).all(|(eased, full)| eased >= full) && eased.held != full.held);
        let conditions = eased.rules.rules.iter().flat_map(|rule| &rule.conditions);
        assert!(conditions.map(|one| eased.rules.paths[one.path]).all(|path| path == ACTION || path == ACTOR));
    }

    #[test]
    fn names_grow_with_the_rules_and_are_distinct() {
        for rules in [10, 1_000, 10_000] {
            let names = Names::new(rules);
            assert_eq!((names.actions.len(), names.actors.len()), (rules * 6 / 10, rules * 2 / 10));
            let distinct: std::collections::HashSet<_> = names.actions.iter().collect();
            assert_eq!(distinct.len(), names.actions.len());
        }
    }

    #[test]
    fn requests_are_valid_distinct_and_of_the_size_asked_for() {
        for rules in [10, 1_000] {
            let workload = workload(rules, 1_000, 3);
            let distinct: std::collections::HashSet<_> = workload.requests.iter().collect();
            assert_eq!(distinct.len(), 1_000);
            let bytes: usize = workload.requests.iter().map(Vec::len).sum();
            assert!((310..=330).contains(&(bytes / 1_000)), "{} bytes", bytes / 1_000);
            for request in &workload.requests {
                let value: serde_json::Value = serde_json::from_slice(request).unwrap();
                assert!(value.pointer("/actor/session").is_some() && value.pointer("/action/input/note").is_some());
            }
            serde_json::from_str::<serde_json::Value>(&workload.policy).unwrap();
        }
    }

    #[test]
    fn three_in_ten_meet_none_and_the_others_one_to_five() {
        for rules in [10, 100, 1_000] {
            let workload = workload(rules, 1_000, 5);
            let none = workload.held.iter().filter(|held| **held == 0).count();
            assert_eq!(none, 300);
            assert!(workload.held.iter().all(|held| *held <= 5));
            let kinds: std::collections::HashSet<_> = workload.expected.iter().collect();
            assert_eq!(kinds.len(), if rules == 10 { kinds.len() } else { 4 });
        }
    }

    #[test]
    fn looking_up_answers_as_a_scan_does() {
        let (policy, names) = policy(200);
        let (oracle, mut draw, mut random) = (Oracle::new(&policy), Draw::new(&policy, &names), Random::new(9));
        for round in 0..500 {
            let mut request = draw.blank(&mut random);
            draw.aim(&mut request, &mut random);
            if round % 5 == 0 {
                request.remove(ACTOR);
            }
            assert_eq!(oracle.answer(&request), oracle.answer_by_scan(&request));
        }
    }
}
