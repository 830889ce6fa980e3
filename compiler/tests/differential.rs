//! Random policies and requests, decided by the reference interpreter, from the plan, and in every way by the runtime.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use arbitrary::{Arbitrary, Unstructured};
use support::Engines;
use toolgate_compiler::generate::{Case, seeded, shrink};
use toolgate_compiler::ir::{Alternative, List, Member, Object, Operator, Pattern, Policy};
use toolgate_runtime::Scratch;

/// Seeds of one run; `TOOLGATE_SEEDS=FROM..TO` runs others.
fn seeds(count: u64) -> std::ops::Range<u64> {
    let Ok(text) = std::env::var("TOOLGATE_SEEDS") else { return 0..count };
    let (from, to) = text.split_once("..").expect("TOOLGATE_SEEDS is FROM..TO");
    from.parse().expect("a number")..to.parse().expect("a number")
}

fn case(bytes: &[u8]) -> Case {
    Case::arbitrary(&mut Unstructured::new(bytes)).unwrap()
}

/// The first disagreement about a case.
fn disagreement(case: &Case) -> Option<String> {
    let engines = match Engines::try_new(&case.documents) {
        Ok(engines) => engines,
        // Of generated policies only a pattern with too many states is refused.
        Err(problem) if problem.contains("limit/pattern-states") => return None,
        Err(problem) => return Some(problem),
    };
    let mut deciders = engines.deciders();
    for request in &case.requests {
        for clarified in [false, true] {
            if let Err(problem) = deciders.agree(request, clarified) {
                return Some(problem);
            }
        }
    }
    None
}

#[test]
fn engines_agree() {
    let (mut requests, mut refused, mut held) = (0_u64, 0_u64, 0_u64);
    for seed in seeds(1_500) {
        let bytes = seeded(seed, 6_000);
        let case = case(&bytes);
        if disagreement(&case).is_some() {
            let small = shrink(&bytes, |bytes| disagreement(&self::case(bytes)).is_some());
            let case = self::case(&small);
            panic!("seed {seed}\n{}\n{}", case.documents.join("\n---\n"), disagreement(&case).unwrap());
        }
        let Ok(engines) = Engines::try_new(&case.documents) else { continue };
        let mut scratch = Scratch::new(&engines.policy);
        for request in &case.requests {
            let decision = engines.runtime(&mut scratch, request, false);
            requests += 1;
            refused += u64::from(!decision["offset"].is_null());
            held += u64::from(decision["reason"] == "rule");
        }
    }
    println!("{requests} requests, {refused} refused, {held} decided by a rule");
    // A generator that only ever meets defaults or refusals would prove nothing.
    assert!(refused * 20 > requests && refused * 2 < requests && held * 5 > requests, "{requests} {refused} {held}");
}

/// Policies large enough for every kind of index table, doors and nested nodes: the rules of many generated policies in
/// one. Ids are made unique and lists renumbered.
#[test]
fn engines_agree_on_large_policies() {
    const MERGED: u64 = 40;
    let mut decisions = 0_u64;
    for group in seeds(60) {
        let mut merged: Option<Policy> = None;
        let mut requests = Vec::new();
        for seed in 0..MERGED {
            let case = case(&seeded(1_000_000 + group * MERGED + seed, 6_000));
            let Ok(Engines { checked: mut policy, .. }) = Engines::try_new(&case.documents) else { continue };
            let before = merged.as_ref().map_or(0, |merged| merged.lists.len());
            for rule in &mut policy.rules {
                rule.id = format!("{seed}-{}", rule.id);
                for object in [&mut rule.when, &mut rule.unless].into_iter().flatten() {
                    renumber(object, before);
                }
            }
            // Mostly the messages of one default would be seen otherwise.
            match &mut merged {
                None => merged = Some(policy),
                Some(merged) => {
                    merged.rules.extend(policy.rules);
                    merged.lists.extend(policy.lists);
                }
            }
            requests.extend(case.requests);
        }
        let merged = merged.unwrap();
        let check = |policy: &Policy, requests: &[Vec<u8>]| -> Option<String> {
            let engines = Engines::of_checked(policy.clone()).ok()?;
            let mut deciders = engines.deciders();
            requests.iter().find_map(|request| deciders.agree(request, false).err())
        };
        decisions += requests.len() as u64;
        if check(&merged, &requests).is_some() {
            // Drop rules and requests while it still fails.
            let mut small = merged.clone();
            let mut requests = requests.clone();
            requests.retain(|request| check(&merged, std::slice::from_ref(request)).is_some());
            requests.truncate(1);
            for at in (0..merged.rules.len()).rev() {
                let mut less = small.clone();
                less.rules.remove(at);
                if check(&less, &requests).is_some() {
                    small = less;
                }
            }
            panic!("group {group}: {}\n{:#?}", check(&small, &requests).unwrap(), small.rules);
        }
    }
    println!("{decisions} decisions on large policies");
}

fn renumber(object: &mut Object, by: usize) {
    for member in &mut object.members {
        match member {
            Member::Or(objects) => objects.iter_mut().for_each(|object| renumber(object, by)),
            Member::Not(object) | Member::Key { pattern: Pattern::Object(object), .. } => renumber(object, by),
            Member::Key { pattern: Pattern::List(list), .. } => renumber_list(list, by),
        }
    }
}

fn renumber_list(list: &mut List, by: usize) {
    let operators = list.alternatives.iter_mut().filter_map(|alternative| match alternative {
        Alternative::Operators(operators) => Some(operators),
        Alternative::Scalar(_) => None,
    });
    for operator in operators.flatten() {
        match operator {
            Operator::In(list) => *list += by,
            Operator::Any(list) | Operator::Every(list) => renumber_list(list, by),
            _ => {}
        }
    }
}
