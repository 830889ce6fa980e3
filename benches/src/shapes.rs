//! Shapes that must not be cliffs: policies and requests that an index may be bad at.

use crate::policy::{Decision, Policy, Rule, Test};
use crate::random::Random;
use crate::request::{Path, Value, text};
use crate::said::said;
use crate::workload::{
    ACTION, ACTOR, AMOUNT, Draw, ENV, Names, OWNER, RESOURCE, Workload, amount_condition, decisions, env_condition, finish, hundredths,
};

/// Names of all shapes.
pub const SHAPES: [&str; 12] = [
    "no-action",
    "bands",
    "middle-wildcards",
    "literals",
    "long-prefixes",
    "shared-equality",
    "key-lacking",
    "key-of-another-type",
    "large-requests",
    "fifty-fields",
    "arrays-of-100",
    "said",
];

/// Makes the shape of that name with so many rules and requests, if there is one.
#[must_use]
pub fn shape(name: &str, rules: usize, requests: usize, seed: u64) -> Option<Workload> {
    let mut random = Random::new(seed);
    if name == "said" {
        return Some(said(rules, requests, &mut random));
    }
    let mut shape = Shape { policy: Policy::default(), names: Names::new(rules) };
    // What is done to a request before it is aimed at a rule, and after.
    let (mut before, mut after): (Change, Change) = (|_, _, _| {}, |_, _, _| {});
    match name {
        "no-action" => shape.no_action(rules, &mut random),
        "bands" => {
            shape.bands(rules, &mut random);
            before = |request, _, _| *request.place(ACTION) = text(BAND_ACTION);
        }
        "middle-wildcards" => shape.middle_wildcards(rules, &mut random),
        "literals" => shape.literals(rules, &mut random),
        "long-prefixes" => shape.long_prefixes(rules, &mut random),
        "shared-equality" => {
            shape.shared_equality(rules, &mut random);
            before = |request, _, random| {
                if random.chance(90) {
                    *request.place(ENV) = text("prod");
                }
            };
        }
        "key-lacking" => {
            shape.keyed_on_owner(rules, &mut random);
            after = |request, _, _| request.remove(OWNER);
        }
        "key-of-another-type" => {
            shape.keyed_on_owner(rules, &mut random);
            after = |request, _, random| {
                *request.place(OWNER) = match random.below(4) {
                    0 => Value::Number(hundredths(random.below(10_000))),
                    1 => Value::Bool(true),
                    2 => Value::Object(vec![("name", text("team-1"))]),
                    _ => Value::Null,
                };
            };
        }
        "large-requests" => {
            shape.base_like(rules, &mut random);
            after = |request, _, random| enlarge(request, random);
        }
        "fifty-fields" => {
            shape.fifty_fields(rules, &mut random);
            before = |request, _, random| {
                for path in fifty_paths() {
                    *request.place(path) = text(format!("value-{}", random.below(FIFTY_VALUES)));
                }
            };
        }
        "arrays-of-100" => {
            shape.arrays(rules, &mut random);
            before = |request, shape, random| {
                let recipients = shape.names.actors.len() * RECIPIENTS_PER_ACTOR;
                let element = |random: &mut Random| text(recipient(random.below(recipients)));
                *request.place(RECIPIENTS) = Value::List((0..100).map(|_| element(random)).collect());
            };
        }
        _ => return None,
    }
    let mut draw = Draw::new(&shape.policy, &shape.names);
    let aimed = random.flags(requests, 70);
    let drawn = aimed.iter().map(|aimed| {
        let mut request = draw.blank(&mut random);
        before(&mut request, &shape, &mut random);
        if *aimed {
            draw.aim(&mut request, &mut random);
        }
        after(&mut request, &shape, &mut random);
        let answer = draw.answer(&request);
        (request, answer)
    });
    let drawn = drawn.collect();
    Some(finish(&shape.policy, drawn))
}

type Change = fn(&mut Value, &Shape, &mut Random);

const BAND_ACTION: &str = "payments.transfer.create";
const CURRENCY: Path = &["input", "currency"];
const IP: Path = &["context", "ip"];
const RECIPIENTS: Path = &["input", "recipients"];
const RECIPIENTS_PER_ACTOR: usize = 40;
const FIFTY_VALUES: usize = 20;
const LONG: &str = "com.example.platform.production.europe-west.internal.services.customer-records.archive.";

struct Shape {
    policy: Policy,
    names: Names,
}

impl Shape {
    fn rules(
        &mut self,
        rules: usize,
        random: &mut Random,
        mut make: impl FnMut(&mut Self, usize, Decision, &mut Random) -> Vec<(Path, Test)>,
    ) {
        for (index, decision) in decisions(rules, random).into_iter().enumerate() {
            let asked = make(self, index, decision, random);
            let conditions = asked.into_iter().map(|(path, test)| self.policy.condition(path, test)).collect();
            self.policy.rules.push(Rule { conditions, decision });
        }
    }

    fn some(values: &[String], random: &mut Random) -> Test {
        Test::Equal(vec![random.pick(values).clone()])
    }

    /// An amount or an environment beside what a rule of a shape is about.
    fn and_another(&mut self, rules: &mut [Rule], random: &mut Random) {
        for rule in rules {
            let more = match random.below(3) {
                0 => amount_condition(&mut self.policy, random),
                1 => env_condition(&mut self.policy, random),
                _ => continue,
            };
            if rule.conditions.iter().all(|condition| condition.path != more.path) {
                rule.conditions.push(more);
            }
        }
    }

    fn with_others(&mut self, random: &mut Random) {
        let mut rules = std::mem::take(&mut self.policy.rules);
        self.and_another(&mut rules, random);
        self.policy.rules = rules;
    }

    fn no_action(&mut self, rules: usize, random: &mut Random) {
        let owners = owners(rules);
        self.rules(rules, random, |shape, _, _, random| match random.below(4) {
            0 => vec![(ACTOR, Self::some(&shape.names.actors, random)), (CURRENCY, Test::Equal(vec!["EUR".to_owned()]))],
            1 => vec![(ACTOR, Self::some(&shape.names.actors, random))],
            2 => vec![(OWNER, Self::some(&owners, random))],
            _ => vec![(IP, Test::Prefix(format!("10.{}.{}.", random.below(256), random.below(256))))],
        });
        self.with_others(random);
    }

    fn bands(&mut self, rules: usize, random: &mut Random) {
        // The bands cover the amounts of the requests once, whatever their number; hundredths are the finest there are.
        let edge = |index: usize| (index * 1_000_000 / rules) as i64;
        self.rules(rules, random, |_, index, _, random| {
            let (from, below) = (edge(index), edge(index + 1).max(edge(index) + 1));
            let action = (ACTION, Test::Equal(vec![BAND_ACTION.to_owned()]));
            match random.chance(30) {
                true => vec![action, (AMOUNT, Test::Range(from, below)), (ENV, Test::Not("test".to_owned()))],
                false => vec![action, (AMOUNT, Test::Range(from, below))],
            }
        });
    }

    fn middle_wildcards(&mut self, rules: usize, random: &mut Random) {
        let variety = (rules / 4).max(2);
        self.rules(rules, random, |_, _, _, random| {
            let (first, last) = (random.below(variety), random.below(variety));
            vec![(ACTION, Test::Middle(format!("svc{first}_"), format!("_op{last}")))]
        });
        self.with_others(random);
        self.names.actions = (0..rules).map(|_| format!("svc{}_table_op{}", random.below(variety), random.below(variety))).collect();
    }

    fn literals(&mut self, rules: usize, random: &mut Random) {
        self.rules(rules, random, |_, index, _, _| vec![(ACTION, Test::Contains(literal(index)))]);
        self.with_others(random);
    }

    fn long_prefixes(&mut self, rules: usize, random: &mut Random) {
        let groups = (rules / 4).max(2);
        self.names.actions = (0..rules).map(|index| format!("{LONG}group{:05}.entry{index:05}", index % groups)).collect();
        self.rules(rules, random, |shape, _, _, random| {
            let test = match random.chance(50) {
                true => Self::some(&shape.names.actions, random),
                false => Test::Prefix(format!("{LONG}group{:05}.", random.below(groups))),
            };
            vec![(ACTION, test)]
        });
        self.with_others(random);
    }

    fn shared_equality(&mut self, rules: usize, random: &mut Random) {
        self.rules(rules, random, |_, _, _, random| {
            let from = random.below(1_000_000);
            let width = 1 + 2_000_000 / rules;
            let other = match random.chance(60) {
                true => (AMOUNT, Test::Range(from as i64, (from + width) as i64)),
                false => (RESOURCE, Test::Prefix(format!("doc-{}", 10_000 + random.below(90_000)))),
            };
            vec![(ENV, Test::Equal(vec!["prod".to_owned()])), other]
        });
    }

    /// Rules that nearly all begin with `resource.owner`.
    fn keyed_on_owner(&mut self, rules: usize, random: &mut Random) {
        let owners = owners(rules * 3);
        self.rules(rules, random, |shape, _, decision, random| {
            let owner = (OWNER, Self::some(&owners, random));
            // A restrictive rule about the owner alone would hold for every request here.
            if decision == Decision::Allow && random.chance(50) {
                return vec![owner];
            }
            vec![owner, (ACTOR, Self::some(&shape.names.actors, random))]
        });
        self.with_others(random);
    }

    fn base_like(&mut self, rules: usize, random: &mut Random) {
        self.rules(rules, random, |shape, _, _, random| match random.below(3) {
            0 => vec![(ACTION, Self::some(&shape.names.actions, random)), (ACTOR, Self::some(&shape.names.actors, random))],
            1 => vec![(ACTION, Self::some(&shape.names.actions, random))],
            _ => vec![(ACTOR, Self::some(&shape.names.actors, random))],
        });
        self.with_others(random);
    }

    fn fifty_fields(&mut self, rules: usize, random: &mut Random) {
        let paths: Vec<Path> = fifty_paths().collect();
        self.rules(rules, random, |shape, _, _, random| {
            let mut asked = match random.chance(50) {
                true => vec![(ACTION, Self::some(&shape.names.actions, random))],
                false => vec![(ACTOR, Self::some(&shape.names.actors, random))],
            };
            for path in random.pick_distinct(&paths, 2) {
                asked.push((path, Test::Equal(vec![format!("value-{}", random.below(FIFTY_VALUES))])));
            }
            asked
        });
    }

    fn arrays(&mut self, rules: usize, random: &mut Random) {
        let recipients = self.names.actors.len() * RECIPIENTS_PER_ACTOR;
        self.rules(rules, random, |shape, _, decision, random| {
            if decision == Decision::Allow {
                let action = (ACTION, Self::some(&shape.names.actions, random));
                return vec![action, (RECIPIENTS, Test::Suffix("@corp.example".to_owned()))];
            }
            let one = (RECIPIENTS, Test::Equal(vec![recipient(random.below(recipients))]));
            match random.below(3) {
                0 => vec![one],
                1 => vec![(ACTION, Self::some(&shape.names.actions, random)), one],
                _ => vec![one, (ACTOR, Self::some(&shape.names.actors, random))],
            }
        });
    }
}

fn owners(rules: usize) -> Vec<String> {
    (0..(rules / 5).max(2)).map(|index| format!("team-{index}")).collect()
}

fn recipient(index: usize) -> String {
    format!("person{index}@corp.example")
}

/// A word of its own for every index: no literal is part of another one.
fn literal(index: usize) -> String {
    let digits = format!("{index:05}");
    digits.bytes().map(|digit| ["ka", "lo", "mi", "nu", "pe", "ra", "so", "ti", "vu", "ze"][usize::from(digit - b'0')]).collect()
}

fn fifty_paths() -> impl Iterator<Item = Path> {
    FIFTY.iter().map(|path| path.as_slice())
}

macro_rules! fifty {
    ($($name:literal)*) => { [$(["context", $name]),*] };
}

const FIFTY: [[&str; 2]; 50] = fifty!(
    "f00" "f01" "f02" "f03" "f04" "f05" "f06" "f07" "f08" "f09" "f10" "f11" "f12" "f13" "f14" "f15" "f16" "f17" "f18" "f19"
    "f20" "f21" "f22" "f23" "f24" "f25" "f26" "f27" "f28" "f29" "f30" "f31" "f32" "f33" "f34" "f35" "f36" "f37" "f38" "f39"
    "f40" "f41" "f42" "f43" "f44" "f45" "f46" "f47" "f48" "f49"
);

/// Adds a history of nested objects that brings the request to about 4 KB.
fn enlarge(request: &mut Value, random: &mut Random) {
    let step = |random: &mut Random| {
        let at = Value::Object(vec![("x", Value::Number(hundredths(random.below(100))))]);
        Value::Object(vec![
            ("tool", text(format!("t{}", random.below(1_000)))),
            ("ok", Value::Bool(random.chance(90))),
            ("at", at),
            ("note", text(format!("step {:08x}", random.bits() >> 32))),
        ])
    };
    let Value::Object(members) = request else { return };
    members.push(("history", Value::List((0..60).map(|_| step(random)).collect())));
}

#[cfg(test)]
mod tests {
    use super::{SHAPES, shape};

    #[test]
    fn every_shape_is_made_the_same_twice_and_is_valid() {
        for name in SHAPES {
            let made = shape(name, 200, 200, 1).unwrap();
            assert_eq!(Some(&made), shape(name, 200, 200, 1).as_ref(), "{name}");
            assert_eq!((made.requests.len(), made.expected.len()), (200, 200));
            let distinct: std::collections::HashSet<_> = made.requests.iter().collect();
            assert_eq!(distinct.len(), 200, "{name}");
            let policy: serde_json::Value = serde_json::from_str(&made.policy).unwrap();
            assert_eq!(policy["rules"].as_array().unwrap().len(), 200);
            for request in &made.requests {
                serde_json::from_slice::<serde_json::Value>(request).unwrap();
            }
        }
        assert_eq!(shape("no-such-shape", 1, 1, 1), None);
    }

    #[test]
    fn requests_of_every_shape_meet_few_rules_but_some() {
        for name in SHAPES {
            let made = shape(name, 2_000, 500, 2).unwrap();
            let held: usize = made.held.iter().sum();
            assert!((500..500 * 12).contains(&(held * 2)), "{name}: {held}");
        }
    }

    #[test]
    fn large_requests_have_four_kilobytes() {
        let made = shape("large-requests", 100, 100, 3).unwrap();
        let bytes: usize = made.requests.iter().map(Vec::len).sum();
        assert!((3_900..4_300).contains(&(bytes / 100)), "{}", bytes / 100);
    }
}
