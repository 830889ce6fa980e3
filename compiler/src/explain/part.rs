//! A rule seen as a tree of parts that are joined by and, or and not, each with the place in the request it is about.

use crate::ir::expr::{self, Base, Expr, Path};
use crate::ir::{Alternative, List, Member, Object, Operator, Pattern, Rule};
use crate::reference::expr::Variable;
use crate::reference::pattern::{Evaluation, Quantifier};
use crate::request::value::{ELEMENTS_MAX, Value};
use crate::truth::{Truth, not, or};

/// One step from the request's root towards a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A member.
    Key(String),
    /// An element of an array.
    Index(usize),
}

/// Steps from the request's root, `input` written out as `action`, `input`.
pub(super) type Place = Vec<Step>;

/// A part of a rule, with the values it is asked of.
#[derive(Clone, Copy)]
pub(super) enum Part<'p, 'v> {
    /// An object pattern: its members, and-ed.
    Object(&'p Object, &'v Value, Quantifier),
    /// `$or`
    Or(&'p [Object], &'v Value, Quantifier),
    /// `$not`, and `unless`.
    Not(&'p Object, &'v Value, Quantifier),
    /// A list pattern.
    List(&'p List, &'v Value, Quantifier),
    /// A list pattern asked of one element of an array.
    Element(&'p List, &'v Value, &'v Value),
    /// A part of `if`.
    Expr(&'p Expr, Variable<'v>),
}

/// How the parts of a part are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Junction {
    All,
    Any,
    Not,
    /// And, over the elements of an array.
    EveryElement,
    /// Or, over the elements of an array.
    AnyElement,
}

impl Junction {
    fn over(q: Quantifier) -> Self {
        if q == Quantifier::Every { Self::EveryElement } else { Self::AnyElement }
    }

    pub(super) fn is_and(self) -> bool {
        matches!(self, Self::All | Self::EveryElement)
    }

    pub(super) fn is_over_elements(self) -> bool {
        matches!(self, Self::EveryElement | Self::AnyElement)
    }
}

/// A part, and the steps to it from the part around it.
pub(super) struct Child<'p, 'v> {
    pub steps: Place,
    pub part: Part<'p, 'v>,
}

impl<'p, 'v> Child<'p, 'v> {
    fn here(part: Part<'p, 'v>) -> Self {
        Self { steps: Vec::new(), part }
    }
}

/// `when`, `unless` and `if` of a rule, those that are given; they are and-ed.
pub(super) fn of_rule<'p, 'v>(rule: &'p Rule, request: &'v Value) -> Vec<(&'static str, Part<'p, 'v>)> {
    let q = Quantifier::of(rule);
    let when = rule.when.iter().map(|when| ("when", Part::Object(when, request, q)));
    let unless = rule.unless.iter().map(|unless| ("unless", Part::Not(unless, request, q)));
    when.chain(unless).chain(rule.condition.iter().map(|condition| ("if", Part::Expr(condition, None)))).collect()
}

impl<'p, 'v> Part<'p, 'v> {
    pub(super) fn truth(&self, evaluation: &Evaluation<'p>) -> Truth {
        match *self {
            Self::Object(p, v, q) => evaluation.obj(p, v, q, ""),
            Self::Or(objects, v, q) => or(objects.iter().map(|p| evaluation.obj(p, v, q, ""))),
            Self::Not(p, v, q) => not(evaluation.obj(p, v, q.flip(), "")),
            Self::List(l, v, q) => evaluation.list(l, v, q),
            Self::Element(l, v, e) => or(l.alternatives.iter().map(|a| evaluation.alt(a, v, e))),
            Self::Expr(condition, variable) => evaluation.expr(condition, variable),
        }
    }

    /// What the part is made of; `None` of one that asks of values itself.
    pub(super) fn parts(&self, evaluation: &'v Evaluation<'p>) -> Option<(Junction, Vec<Child<'p, 'v>>)> {
        match *self {
            Self::Object(p, v, q) => match places(v) {
                Some(elements) => Some((Junction::over(q), children(elements, |e| Part::Object(p, e, q)))),
                // Uncountable.
                None if matches!(v, Value::Array(_)) => None,
                None => Some((Junction::All, p.members.iter().map(|member| of_member(member, v, q)).collect())),
            },
            Self::Or(objects, v, q) => Some((Junction::Any, objects.iter().map(|p| Child::here(Part::Object(p, v, q))).collect())),
            Self::Not(p, v, q) => Some((Junction::Not, vec![Child::here(Part::Object(p, v, q.flip()))])),
            Self::List(l, v, q) => match (fixed(l), places(v)) {
                (Some((own, inner)), Some(elements)) => Some((Junction::over(own), children(elements, |e| Part::List(inner, e, own)))),
                (None, Some(elements)) => Some((Junction::over(q), children(elements, |e| Part::Element(l, v, e)))),
                (_, None) => None,
            },
            Self::Expr(condition, variable) => of_expr(condition, variable, evaluation),
            Self::Element(..) => None,
        }
    }
}

fn of_member<'p, 'v>(member: &'p Member, v: &'v Value, q: Quantifier) -> Child<'p, 'v> {
    match member {
        Member::Or(objects) => Child::here(Part::Or(objects, v, q)),
        Member::Not(p) => Child::here(Part::Not(p, v, q)),
        Member::Key { name, pattern } => {
            let child = v.member(name);
            let part = match pattern {
                Pattern::Object(p) => Part::Object(p, child, q),
                Pattern::List(l) => Part::List(l, child, q),
            };
            Child { steps: vec![Step::Key(name.clone())], part }
        }
    }
}

fn of_expr<'p, 'v>(condition: &'p Expr, variable: Variable<'v>, evaluation: &'v Evaluation<'p>) -> Option<(Junction, Vec<Child<'p, 'v>>)>
where
    'p: 'v,
{
    let all = |parts: &'p [Expr]| parts.iter().map(|part| Child::here(Part::Expr(part, variable))).collect();
    match condition {
        Expr::And(parts) => Some((Junction::All, all(parts))),
        Expr::Or(parts) => Some((Junction::Any, all(parts))),
        Expr::Not(part) => Some((Junction::Not, vec![Child::here(Part::Expr(part, variable))])),
        Expr::Over(path, quantifier, body) => {
            let own = evaluation.own_elements(path, variable).filter(|own| !own.is_empty())?;
            let junction = match quantifier {
                expr::Quantifier::All => Junction::EveryElement,
                expr::Quantifier::Exists => Junction::AnyElement,
            };
            let child = |(index, element)| {
                let mut steps = of_path(path, &[]);
                steps.push(Step::Index(index));
                Child { steps, part: Part::Expr(&body.condition, Some((element, path))) }
            };
            Some((junction, own.iter().enumerate().map(child).collect()))
        }
        _ => None,
    }
}

/// Where a path of `if` leads; `element` is the place of what the variable stands for.
pub(super) fn of_path(path: &Path, element: &[Step]) -> Place {
    let base = if path.base == Base::Element { element } else { &[] };
    base.iter().cloned().chain(path.keys.iter().cloned().map(Step::Key)).collect()
}

/// A list that is nothing but one `any` or `every`.
pub(super) fn fixed(list: &List) -> Option<(Quantifier, &List)> {
    let [Alternative::Operators(operators)] = list.alternatives.as_slice() else { return None };
    match operators.as_slice() {
        [Operator::Any(inner)] => Some((Quantifier::Any, inner)),
        [Operator::Every(inner)] => Some((Quantifier::Every, inner)),
        _ => None,
    }
}

/// Whether a place is `action.name`, where a plain string may be a wildcard.
pub(super) fn is_action_name(place: &[Step]) -> bool {
    matches!(place, [Step::Key(root), Step::Key(name)] if root == "action" && name == "name")
}

/// The JSON Pointer of a place, array indexes left out as the policy means it.
pub(super) fn field(place: &[Step]) -> String {
    crate::reference::pattern::pointer(place.iter().filter_map(|step| match step {
        Step::Key(key) => Some(key),
        Step::Index(_) => None,
    }))
}

/// The JSON Pointer of a place, with array indexes.
pub(super) fn pointer(place: &[Step]) -> String {
    let of = |step: &Step| match step {
        Step::Key(key) => crate::reference::pattern::pointer([key]),
        Step::Index(index) => format!("/{index}"),
    };
    place.iter().map(of).collect()
}

fn children<'p, 'v>(elements: Vec<(Place, &'v Value)>, part: impl Fn(&'v Value) -> Part<'p, 'v>) -> Vec<Child<'p, 'v>> {
    elements.into_iter().map(|(steps, element)| Child { steps, part: part(element) }).collect()
}

/// The elements of a countable array with their places, nested arrays dissolved.
fn places(value: &Value) -> Option<Vec<(Place, &Value)>> {
    fn dissolve<'v>(value: &'v Value, place: &mut Place, flat: &mut Vec<(Place, &'v Value)>) {
        match value {
            // One more than there may be shows that there are too many.
            _ if flat.len() > ELEMENTS_MAX => {}
            Value::Array(own) => {
                for (index, element) in own.iter().enumerate() {
                    place.push(Step::Index(index));
                    dissolve(element, place, flat);
                    place.pop();
                }
            }
            _ => flat.push((place.clone(), value)),
        }
    }
    let Value::Array(_) = value else { return None };
    let mut flat = Vec::new();
    dissolve(value, &mut Vec::new(), &mut flat);
    (1..=ELEMENTS_MAX).contains(&flat.len()).then_some(flat)
}
