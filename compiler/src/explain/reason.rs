//! Why the decision came out so, in sentences; and what an author may have meant.

use super::part::{self, Junction, Part, Place};
use super::standing::Standing;
use super::written;
use crate::decision::Decision;
use crate::diagnostic::{escape, quote};
use crate::ir::{self, Alternative, Mode, Policy, Rule};
use crate::reference::counts_as;
use crate::reference::pattern::{Evaluation, Quantifier, asks_of_element};
use crate::truth::Truth;

/// Who decides, who was weaker, and what became of the default.
pub(super) fn because(decision: &Decision, holding: &[Standing<'_>], policy: &Policy, clarified: bool) -> Vec<String> {
    let enforced = || holding.iter().filter(|standing| standing.rule.mode == Mode::Enforce);
    let counts = |rule: &Rule| counts_as(&rule.outcome, clarified).as_str();
    let deciding: Vec<&Standing<'_>> = enforced().filter(|standing| counts(standing.rule) == decision.decision).collect();
    let default = counts_as(&policy.default, clarified).as_str();
    let mut because = Vec::new();

    match deciding.as_slice() {
        [] => because.push(format!("`{}` comes from the default", decision.decision)),
        deciding => {
            because.push(format!("`{}` comes from {}", decision.decision, named(deciding.iter().map(|standing| standing.rule))));
        }
    }
    for standing in deciding.iter().filter(|standing| standing.value != Truth::True).take(NAMED_MAX) {
        let Truth::Unknown(field) = &standing.value else { continue };
        let field = decision.undecided.iter().find(|undecided| undecided.rule == standing.rule.id).map_or(field, |u| &u.field);
        because.push(format!(
            "rule {} holds by doubt: {} cannot be told, and doubt counts for a rule that restricts",
            quote(&standing.rule.id),
            quote(field)
        ));
    }
    let weaker: Vec<&Rule> = enforced().map(|standing| standing.rule).filter(|rule| counts(rule) != decision.decision).collect();
    if !weaker.is_empty() {
        let (verb, weaker) = (if weaker.len() == 1 { "holds too and is" } else { "hold too and are" }, named(weaker.into_iter()));
        because.push(format!("{weaker} {verb} weaker: the strictest decides"));
    }
    if clarified && enforced().any(|standing| standing.rule.outcome.decision == ir::Decision::RequireClarification) {
        because.push("the clarification has been obtained, so rules that ask for it count as `allow`".to_owned());
    }

    because.push(of_default(default, decision, holding, &deciding));
    let shadow: Vec<&Rule> = holding.iter().map(|standing| standing.rule).filter(|rule| rule.mode == Mode::Shadow).collect();
    if !shadow.is_empty() {
        let (holds, counts) = if shadow.len() == 1 { ("holds", "counts") } else { ("hold", "count") };
        because.push(format!("{} {holds} in shadow and {counts} for nothing", named(shadow.into_iter())));
    }
    because
}

/// Whether the default joined in, and why.
fn of_default(default: &str, decision: &Decision, holding: &[Standing<'_>], deciding: &[&Standing<'_>]) -> String {
    let enforced = || holding.iter().filter(|standing| standing.rule.mode == Mode::Enforce);
    if let Some(lifting) = enforced().find(|standing| standing.value == Truth::True && !standing.rule.tighten_only) {
        return format!("the default `{default}` is lifted: rule {} holds for certain", quote(&lifting.rule.id));
    }
    let (doubtful, certain): (Vec<_>, Vec<_>) = enforced().partition(|standing| standing.value != Truth::True);
    let why = match (doubtful.is_empty(), certain.is_empty()) {
        (true, true) => "no enforced rule holds".to_owned(),
        (false, true) => "rules hold only by doubt, and doubt lifts no default".to_owned(),
        (true, false) => "what holds is of documents with `tighten_only`, whose rules lift no default".to_owned(),
        (false, false) => "what holds does so by doubt or is of documents with `tighten_only`; neither lifts a default".to_owned(),
    };
    let effect = match (deciding.is_empty(), default == decision.decision) {
        (true, _) => "",
        (false, true) => ", and agrees",
        (false, false) => ", and is weaker",
    };
    format!("the default `{default}` joins in{effect}: {why}")
}

/// What an allow rule that asked every element may have meant.
pub(super) fn suggestions<'p>(rule: &'p Rule, evaluation: &Evaluation<'p>) -> Vec<String> {
    let mut found = Vec::new();
    if Quantifier::of(rule) == Quantifier::Every {
        for (_, part) in part::of_rule(rule, evaluation.request) {
            suggest(&part, &mut Place::new(), evaluation, &mut found);
        }
    }
    found
}

fn suggest<'e, 'p>(part: &Part<'p, 'e>, place: &mut Place, evaluation: &'e Evaluation<'p>, found: &mut Vec<String>) {
    let Some((junction, children)) = part.parts(evaluation) else { return };
    // What is negated turns the quantifier, and any one of `$or` may fail.
    if !junction.is_and() || found.len() == SUGGESTIONS_MAX || part.truth(evaluation) == Truth::True {
        return;
    }
    if let (Junction::EveryElement, Part::List(list, ..)) = (junction, part) {
        let matching = children.iter().filter(|child| child.part.truth(evaluation) == Truth::True).count();
        if matching > 0 && part::fixed(list).is_none() && list.alternatives.iter().all(asks_of_elements) {
            let operand = written::items(list, &evaluation.policy.lists);
            let suggestion = format!(
                "an allow rule asks every element of `{}`, and {matching} of {} matched: if one is enough, write `[{{any: [{operand}]}}]`",
                escape(&part::field(place)),
                children.len()
            );
            if !found.contains(&suggestion) {
                found.push(suggestion);
            }
        }
        return;
    }
    for child in children {
        let depth = place.len();
        place.extend(child.steps);
        suggest(&child.part, place, evaluation, found);
        place.truncate(depth);
    }
}

/// Of what is asked of the array as a whole, `any` would ask something else.
fn asks_of_elements(alternative: &Alternative) -> bool {
    match alternative {
        Alternative::Scalar(_) => true,
        Alternative::Operators(operators) => operators.iter().all(asks_of_element),
    }
}

/// The ids of a few rules, and how many more there are.
fn named<'r>(rules: impl Iterator<Item = &'r Rule>) -> String {
    let mut ids: Vec<String> = rules.map(|rule| rule.id.as_str()).map(quote).collect();
    let count = ids.len();
    ids.truncate(NAMED_MAX);
    let noun = if count == 1 { "rule" } else { "rules" };
    match count.saturating_sub(ids.len()) {
        0 => format!("{noun} {}", ids.join(", ")),
        more => format!("{noun} {} and {more} more", ids.join(", ")),
    }
}

const NAMED_MAX: usize = 5;
const SUGGESTIONS_MAX: usize = 3;
