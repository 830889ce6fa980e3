//! Which single field would have to change for a rule to hold, or not to.

use super::part::{self, Child, Junction, Part, Place};
use super::witness::{self, Witness};
use crate::ir::expr::{Argument, Expr, Members, Operand, Path};
use crate::ir::{Comparison, Decimal, Decision, Rule, Scalar};
use crate::reference::expr::Variable;
use crate::reference::pattern::Evaluation;
use crate::request::value::Value;
use crate::truth::Truth;

/// A field, and a value it might have instead.
pub(super) struct Wish<'v> {
    pub place: Place,
    /// JSON; `None` removes the field.
    pub value: Witness,
    /// What is there.
    pub seen: &'v Value,
}

/// Changes each of which might turn one condition, and with it the rule; those of conditions in doubt first.
pub(super) fn of_rule<'e, 'p>(rule: &'p Rule, evaluation: &'e Evaluation<'p>, is_holding: bool) -> Vec<Wish<'e>> {
    let wanted = match (rule.outcome.decision == Decision::Allow, is_holding) {
        (true, false) => Wanted::True,
        (true, true) => Wanted::NotTrue,
        (false, false) => Wanted::NotFalse,
        (false, true) => Wanted::False,
    };
    let mut wishes = Wishes { evaluation, found: Vec::new(), visits: VISITS_MAX };
    let parts = part::of_rule(rule, evaluation.request).into_iter().map(|(_, part)| Child { steps: Place::new(), part }).collect();
    wishes.joined(Junction::All, parts, wanted, &mut Place::new());
    wishes.found
}

/// What a part should become.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    True,
    NotTrue,
    NotFalse,
    False,
}

impl Wanted {
    fn is_met(self, value: &Truth) -> bool {
        match self {
            Self::True => *value == Truth::True,
            Self::NotTrue => *value != Truth::True,
            Self::NotFalse => *value != Truth::False,
            Self::False => *value == Truth::False,
        }
    }

    /// Whether a value is sought that fulfils the pattern.
    fn is_fulfilling(self) -> bool {
        matches!(self, Self::True | Self::NotFalse)
    }

    fn negated(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::NotTrue => Self::NotFalse,
            Self::NotFalse => Self::NotTrue,
        }
    }
}

struct Wishes<'e, 'p> {
    evaluation: &'e Evaluation<'p>,
    found: Vec<Wish<'e>>,
    /// Parts that may still be looked into: those of nested arrays are many.
    visits: usize,
}

impl<'e, 'p> Wishes<'e, 'p> {
    fn joined(&mut self, junction: Junction, parts: Vec<Child<'p, 'e>>, wanted: Wanted, place: &mut Place) {
        if junction == Junction::Not {
            return parts.into_iter().for_each(|child| self.child(child, wanted.negated(), place));
        }
        let count = parts.len();
        let asked = parts.into_iter().map(|child| {
            let value = child.part.truth(self.evaluation);
            (child, value)
        });
        let mut open: Vec<(Child<'p, 'e>, Truth)> = asked.filter(|(_, value)| !wanted.is_met(value)).collect();
        if junction.is_and() == wanted.is_fulfilling() {
            // All have to be met, and one change can meet one.
            if open.len() != 1 {
                return;
            }
        } else if open.len() < count {
            return;
        }
        open.sort_by_key(|(_, value)| !matches!(value, Truth::Unknown(_)));
        let tried = if junction.is_over_elements() { ELEMENTS_TRIED } else { PARTS_TRIED };
        for (child, _) in open.into_iter().take(tried) {
            let steps = child.steps.clone();
            let element = child.part;
            self.child(child, wanted, place);
            // Of several elements the one at fault may also go.
            if let (true, Some(seen)) = (junction.is_over_elements() && count > 1, element_of(&element)) {
                let place = [place.as_slice(), &steps].concat();
                self.found.push(Wish { place, value: None, seen });
            }
        }
    }

    fn child(&mut self, Child { steps, part }: Child<'p, 'e>, wanted: Wanted, place: &mut Place) {
        if self.found.len() > WISHES_MAX || self.visits == 0 {
            return;
        }
        self.visits = self.visits.saturating_sub(1);
        let depth = place.len();
        place.extend(steps);
        match (part.parts(self.evaluation), part) {
            (Some((junction, parts)), _) => self.joined(junction, parts, wanted, place),
            (None, Part::List(list, seen, _) | Part::Element(list, _, seen)) => {
                let (policy, request) = (self.evaluation.policy, self.evaluation.request);
                let found = witness::of_list(list, seen, wanted.is_fulfilling(), policy, request);
                self.wish(place, seen, found);
            }
            (None, Part::Expr(condition, variable)) => self.condition(condition, variable, wanted.is_fulfilling(), place),
            (None, _) => {}
        }
        place.truncate(depth);
    }

    fn wish(&mut self, place: &Place, seen: &'e Value, values: Vec<Witness>) {
        self.found.extend(values.into_iter().take(WITNESSES_TRIED).map(|value| Wish { place: place.clone(), value, seen }));
    }

    /// A leaf of `if`.
    fn condition(&mut self, condition: &'p Expr, variable: Variable<'e>, wanted: bool, element: &Place) {
        let evaluation = self.evaluation;
        let scalar = |path: &Path| match evaluation.find(path, variable) {
            Value::Scalar(value) => Some(value.clone()),
            _ => None,
        };
        let literal = |operand: &Operand| match operand {
            Operand::Literal(value) => Some(value.clone()),
            Operand::Path(path) => scalar(path),
            Operand::Size(_) => None,
        };
        let texts = |text: Option<String>| match wanted {
            true => text.map(|text| Some(witness::text_json(&text))).into_iter().collect(),
            false => witness::other_than(&Scalar::String(String::new())),
        };
        let mut wish = |path: &Path, values: Vec<Witness>| {
            let seen = evaluation.find(path, variable);
            self.wish(&part::of_path(path, element), seen, witness::ordered(values, seen));
        };
        match condition {
            Expr::Flag(path) => wish(path, vec![Some(wanted.to_string())]),
            Expr::Has(path) if wanted => wish(path, witness::other_than(&Scalar::Null)),
            Expr::Has(path) => wish(path, vec![None]),
            Expr::Equal(a, b) => {
                for (one, other) in [(a, b), (b, a)] {
                    match (one, literal(other)) {
                        (Operand::Path(path), Some(value)) if wanted => wish(path, vec![Some(witness::json(&value))]),
                        (Operand::Path(path), Some(value)) => wish(path, witness::other_than(&value)),
                        (Operand::Size(path), Some(Scalar::Number(bound))) => {
                            let seen = evaluation.find(path, variable);
                            wish(path, sized(seen, Comparison::Equal, &bound, wanted));
                        }
                        _ => {}
                    }
                }
            }
            Expr::Compare(a, how, b) => {
                for (one, how, other) in [(a, *how, b), (b, turned(*how), a)] {
                    match (one, literal(other)) {
                        (Operand::Path(path), Some(Scalar::Number(bound))) => wish(path, witness::compared(how, &bound, wanted)),
                        (Operand::Size(path), Some(Scalar::Number(bound))) => {
                            let seen = evaluation.find(path, variable);
                            wish(path, sized(seen, how, &bound, wanted));
                        }
                        _ => {}
                    }
                }
            }
            Expr::In(Operand::Path(path), members) => {
                let members: Vec<Scalar> = match members {
                    Members::Literals(literals) => literals.iter().take(WITNESSES_TRIED).cloned().collect(),
                    Members::List(list) => {
                        let members = evaluation.policy.lists.get(*list).into_iter().flat_map(|list| &list.members);
                        members.take(WITNESSES_TRIED).cloned().collect()
                    }
                    Members::Path(path) => {
                        let own = evaluation.own_elements(path, variable).unwrap_or_default();
                        let scalars = own.iter().filter_map(|value| if let Value::Scalar(value) = value { Some(value) } else { None });
                        scalars.take(WITNESSES_TRIED).cloned().collect()
                    }
                };
                let of = |member| if wanted { vec![Some(witness::json(member))] } else { witness::other_than(member) };
                wish(path, members.iter().flat_map(of).collect());
            }
            Expr::Text(path, _, Argument::Literal(text)) => wish(path, texts(Some(text.clone()))),
            Expr::Text(path, _, Argument::Path(other)) => {
                if let Some(Scalar::String(text)) = scalar(other) {
                    wish(path, texts(Some(text)));
                }
            }
            Expr::Matches(path, regex) => wish(path, texts(witness::matching(regex))),
            Expr::In(..) | Expr::And(_) | Expr::Or(_) | Expr::Not(_) | Expr::Over(..) => {}
        }
    }
}

fn element_of<'v>(part: &Part<'_, 'v>) -> Option<&'v Value> {
    match part {
        Part::Object(_, seen, _) | Part::List(_, seen, _) | Part::Element(_, _, seen) => Some(seen),
        Part::Expr(_, Some((seen, _))) => Some(seen),
        _ => None,
    }
}

fn sized(seen: &Value, how: Comparison, bound: &Decimal, wanted: bool) -> Vec<Witness> {
    let bound = super::number::plain(bound).parse().ok();
    bound.map_or(Vec::new(), |bound| witness::sized(seen, how, bound, wanted))
}

/// The same comparison with its sides exchanged.
fn turned(how: Comparison) -> Comparison {
    match how {
        Comparison::Equal => Comparison::Equal,
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
    }
}

const WITNESSES_TRIED: usize = 6;
const ELEMENTS_TRIED: usize = 2;
const PARTS_TRIED: usize = 16;
const WISHES_MAX: usize = 32;
const VISITS_MAX: usize = 512;
