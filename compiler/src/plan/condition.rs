//! Conditions as the runtime evaluates them: over fields instead of nested keys, lists split by what they are asked of.

use std::borrow::Cow;

use super::expression::{Place, Side};
use super::fields::{FieldId, FieldTree, ROOT};
use crate::ir::expr::{Expr, TextMethod};
use crate::ir::{
    Alternative, Cidr, Comparison, Decimal, Host, List, Member, Object, Operator, PathPrefix, Pattern, Regex, Rule, Scalar, Test, TextTest,
    Type,
};

/// A condition on a request or on an element of an array.
#[derive(Clone, Debug)]
pub(crate) enum Condition<'p> {
    And(Vec<Condition<'p>>),
    Or(Vec<Condition<'p>>),
    /// Flips the polarity.
    Not(Box<Condition<'p>>),
    /// An object pattern at a field that may be an array.
    Descend(FieldId, Box<Condition<'p>>),
    /// A list pattern at a field.
    List(FieldId, ListPlan<'p>),
    /// Any of these asked of one value, which an array is not.
    One(Place, Vec<Ask<'p>>),
    Same(Side, Side),
    Ordered {
        less: Side,
        more: Side,
        or_equal: bool,
    },
    /// The first text compared with the second.
    Text(TextMethod, Place, Place),
    /// Asked of some element of an array, the elements as they stand.
    Among(Place, Ask<'p>),
    /// A value is some element of an array.
    AmongOf(Side, Place),
    /// True of every or of some element of an array.
    Over(Place, bool, Box<Condition<'p>>),
}

/// A list pattern's alternatives, or-ed.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListPlan<'p> {
    /// Asked of the value alone.
    pub whole: Vec<Ask<'p>>,
    /// Asked of the value and of the element, and-ed.
    pub both: Vec<(Ask<'p>, Ask<'p>)>,
    /// Asked of each element alone.
    pub each: Vec<Ask<'p>>,
}

/// A question about one value.
#[derive(Clone, Debug)]
pub(crate) enum Ask<'p> {
    All(Vec<Ask<'p>>),
    AnythingBut(Vec<Ask<'p>>),
    Scalar(&'p Scalar),
    /// Two or more scalars.
    Set(Vec<&'p Scalar>),
    /// A named list, by position.
    In(usize),
    Text(Cow<'p, TextTest>),
    Regex(&'p Regex),
    /// The pattern is somewhere in the value.
    Search(&'p Regex),
    /// Null, or any other value.
    Null,
    Compare(Comparison, &'p Decimal),
    Cidr(Cidr),
    Host(&'p Host),
    EmailDomain(&'p str),
    PathPrefix(&'p PathPrefix),
    Ref(FieldId),
    Exists(bool),
    Type(&'p [Type]),
    Length(Comparison, u64),
    /// The length is one of these.
    SizeSet(Vec<&'p Scalar>),
    /// The length is in a named list, by position.
    SizeIn(usize),
    Any(Box<ListPlan<'p>>),
    Every(Box<ListPlan<'p>>),
}

/// A rule's conditions.
#[derive(Clone, Debug)]
pub(crate) struct RuleConditions<'p> {
    /// And-ed, valid while no array stands on the way to a field.
    pub conjuncts: Vec<Condition<'p>>,
    /// The same with the nesting kept; `None` where no array can stand on the way.
    pub tree: Option<Condition<'p>>,
}

/// Lowers patterns to conditions.
pub(crate) struct Lowering<'f> {
    pub fields: &'f FieldTree,
}

impl<'p> Lowering<'_> {
    pub(crate) fn rule(&self, rule: &'p Rule) -> RuleConditions<'p> {
        let when = rule.when.as_ref().map_or(0, leaves);
        // There are as many as rules: a vector that grows by itself takes twice the memory in the end.
        let mut conjuncts = Vec::with_capacity(when.saturating_add(usize::from(rule.unless.is_some())));
        let mut hollow = false;
        if let Some(when) = &rule.when {
            self.flatten(when, ROOT, &mut conjuncts, &mut hollow);
        }
        if let Some(unless) = &rule.unless {
            conjuncts.push(Condition::Not(Box::new(self.object(unless, ROOT))));
        }
        match &rule.condition {
            Some(Expr::And(parts)) => conjuncts.extend(parts.iter().map(|part| self.expr(part, ROOT))),
            Some(condition) => conjuncts.push(self.expr(condition, ROOT)),
            None => {}
        }
        let tree = hollow.then(|| {
            let when = rule.when.iter().map(|when| self.object(when, ROOT));
            let unless = rule.unless.iter().map(|unless| Condition::Not(Box::new(self.object(unless, ROOT))));
            let condition = rule.condition.iter().map(|condition| self.expr(condition, ROOT));
            Condition::And(when.chain(unless).chain(condition).collect())
        });
        RuleConditions { conjuncts, tree }
    }

    /// The members of an object pattern as conditions of their own. That is the same as long as no field on the way is an
    /// array; `hollow` tells that one may be.
    fn flatten(&self, object: &'p Object, field: FieldId, out: &mut Vec<Condition<'p>>, hollow: &mut bool) {
        for member in &object.members {
            match member {
                Member::Key { name, pattern: Pattern::Object(object) } => {
                    let child = self.fields.child(field, name);
                    *hollow |= !self.fields.is_solid(child);
                    self.flatten(object, child, out, hollow);
                }
                _ => out.push(self.member(member, field)),
            }
        }
    }

    fn object(&self, object: &'p Object, field: FieldId) -> Condition<'p> {
        let mut members: Vec<_> = object.members.iter().map(|member| self.member(member, field)).collect();
        match members.pop() {
            Some(only) if members.is_empty() => only,
            last => {
                members.extend(last);
                Condition::And(members)
            }
        }
    }

    fn member(&self, member: &'p Member, field: FieldId) -> Condition<'p> {
        match member {
            Member::Or(objects) => Condition::Or(objects.iter().map(|object| self.object(object, field)).collect()),
            Member::Not(object) => Condition::Not(Box::new(self.object(object, field))),
            Member::Key { name, pattern } => {
                let child = self.fields.child(field, name);
                match pattern {
                    Pattern::Object(object) if self.fields.is_solid(child) => self.object(object, child),
                    Pattern::Object(object) => Condition::Descend(child, Box::new(self.object(object, child))),
                    Pattern::List(list) => Condition::List(child, self.list(list)),
                }
            }
        }
    }

    fn list(&self, list: &'p List) -> ListPlan<'p> {
        let mut plan = ListPlan::default();
        if let [Alternative::Scalar(only)] = list.alternatives.as_slice() {
            plan.each = vec![Ask::Scalar(only)];
            return plan;
        }
        let mut scalars = Vec::new();
        for alternative in &list.alternatives {
            match alternative {
                Alternative::Scalar(scalar) => scalars.push(scalar),
                Alternative::Operators(operators) => self.operators(operators, &mut plan, list.alternatives.len()),
            }
        }
        match scalars.as_slice() {
            [] => {}
            [only] => push(&mut plan.each, Ask::Scalar(only), 1),
            _ => push(&mut plan.each, Ask::Set(scalars), 1),
        }
        plan
    }

    /// One operator object. `type` and `length` are asked of the value, unless an operator asked of the element stands
    /// beside them. `room` is how many alternatives there are.
    fn operators(&self, operators: &'p [Operator], plan: &mut ListPlan<'p>, room: usize) {
        let of_element = |o: &&Operator| {
            !matches!(o, Operator::Exists(_) | Operator::Any(_) | Operator::Every(_) | Operator::Type(_) | Operator::Length(_))
        };
        let any_of_element = operators.iter().any(|o| of_element(&o));
        let (mut whole, mut each) = (Vec::new(), Vec::new());
        for operator in operators {
            let of_value = matches!(operator, Operator::Exists(_) | Operator::Any(_) | Operator::Every(_)) || !any_of_element;
            let out = if of_value { &mut whole } else { &mut each };
            if out.is_empty() {
                out.reserve_exact(operators.len());
            }
            self.operator(operator, out);
        }
        match (all(whole), all(each)) {
            (Some(whole), Some(each)) => push(&mut plan.both, (whole, each), room),
            (Some(whole), None) => push(&mut plan.whole, whole, room),
            (None, Some(each)) => push(&mut plan.each, each, room),
            (None, None) => {}
        }
    }

    fn operator(&self, operator: &'p Operator, out: &mut Vec<Ask<'p>>) {
        out.push(match operator {
            Operator::Eq(scalar) => Ask::Scalar(scalar),
            Operator::AnythingBut(tests) => {
                let (mut scalars, mut asks) = (Vec::new(), Vec::new());
                for test in tests {
                    match test {
                        Test::Scalar(scalar) => scalars.push(scalar),
                        Test::Text(text) => asks.push(Ask::Text(Cow::Borrowed(text))),
                    }
                }
                match scalars.as_slice() {
                    [] => {}
                    [only] => asks.push(Ask::Scalar(only)),
                    _ => asks.push(Ask::Set(scalars)),
                }
                Ask::AnythingBut(asks)
            }
            Operator::In(list) => Ask::In(*list),
            Operator::Text(text) => Ask::Text(Cow::Borrowed(text)),
            Operator::Regex(regex) => Ask::Regex(regex),
            Operator::Compare(comparison, number) => Ask::Compare(*comparison, number),
            Operator::Cidr(cidr) => Ask::Cidr(*cidr),
            Operator::Host(host) => Ask::Host(host),
            Operator::EmailDomain(domain) => Ask::EmailDomain(domain),
            Operator::PathPrefix(path) => Ask::PathPrefix(path),
            Operator::Ref(path) => Ask::Ref(self.fields.at(path.iter().map(String::as_str))),
            Operator::Exists(exists) => Ask::Exists(*exists),
            Operator::Type(types) => Ask::Type(types),
            Operator::Length(bounds) => {
                out.extend(bounds.iter().map(|&(comparison, bound)| Ask::Length(comparison, bound)));
                return;
            }
            Operator::Any(list) => Ask::Any(Box::new(self.list(list))),
            Operator::Every(list) => Ask::Every(Box::new(self.list(list))),
        });
    }
}

/// How many conditions an object pattern is flattened to.
fn leaves(object: &Object) -> usize {
    let leaves = object.members.iter().map(|member| match member {
        Member::Key { pattern: Pattern::Object(object), .. } => leaves(object),
        _ => 1,
    });
    leaves.sum()
}

/// Appends to a vector that makes room for all that is to come when the first does.
fn push<T>(out: &mut Vec<T>, item: T, room: usize) {
    if out.is_empty() {
        out.reserve_exact(room);
    }
    out.push(item);
}

/// Several questions as one.
fn all(mut asks: Vec<Ask<'_>>) -> Option<Ask<'_>> {
    match asks.len() {
        0 => None,
        1 => asks.pop(),
        _ => Some(Ask::All(asks)),
    }
}
