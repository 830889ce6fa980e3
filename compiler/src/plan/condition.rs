//! Conditions as the runtime evaluates them: over fields instead of nested keys, lists split by what they are asked of.

use std::ops::Deref;

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
    /// Asked of one value, which an array is not.
    One(Place, Ask<'p>),
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
#[derive(Clone, Debug)]
pub(crate) enum ListPlan<'p> {
    /// Most have only one, which needs no vectors. What it is tells what it is asked of.
    One(Ask<'p>),
    Several(Box<Alternatives<'p>>),
}

/// Alternatives by what they are asked of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alternatives<'p> {
    /// Asked of the value alone.
    pub whole: Vec<Ask<'p>>,
    /// Asked of the value and of the element, and-ed.
    pub both: Vec<(Ask<'p>, Ask<'p>)>,
    /// Asked of each element alone.
    pub each: Vec<Ask<'p>>,
}

impl<'p> ListPlan<'p> {
    /// Asked of the value alone.
    pub(crate) fn whole(&self) -> &[Ask<'p>] {
        match self {
            Self::One(ask) if ask.is_of_value() => std::slice::from_ref(ask),
            Self::One(_) => &[],
            Self::Several(several) => &several.whole,
        }
    }

    /// Asked of the value and of the element, and-ed.
    pub(crate) fn both(&self) -> &[(Ask<'p>, Ask<'p>)] {
        match self {
            Self::One(_) => &[],
            Self::Several(several) => &several.both,
        }
    }

    /// Asked of each element alone.
    pub(crate) fn each(&self) -> &[Ask<'p>] {
        match self {
            Self::One(ask) if ask.is_of_value() => &[],
            Self::One(ask) => std::slice::from_ref(ask),
            Self::Several(several) => &several.each,
        }
    }
}

/// A question about one value. There are more of them than rules, so it is kept small.
#[derive(Clone, Debug)]
pub(crate) enum Ask<'p> {
    All(Box<[Ask<'p>]>),
    AnythingBut(Box<[Ask<'p>]>),
    Scalar(&'p Scalar),
    /// Two or more scalars.
    Set(Box<[&'p Scalar]>),
    /// A named list, by position.
    In(usize),
    Text(Text<'p>),
    Regex(&'p Regex),
    /// The pattern is somewhere in the value.
    Search(&'p Regex),
    /// Null, or any other value.
    Null,
    Compare(Comparison, &'p Decimal),
    Cidr(&'p Cidr),
    Host(&'p Host),
    EmailDomain(&'p str),
    PathPrefix(&'p PathPrefix),
    Ref(FieldId),
    Exists(bool),
    Type(&'p [Type]),
    Length(Comparison, u64),
    /// The length is one of these.
    SizeSet(Box<[&'p Scalar]>),
    /// The length is in a named list, by position.
    SizeIn(usize),
    Any(Box<ListPlan<'p>>),
    Every(Box<ListPlan<'p>>),
}

impl Ask<'_> {
    /// Asked alone, it is asked of the value as it stands and not of its elements.
    fn is_of_value(&self) -> bool {
        matches!(self, Ask::Exists(_) | Ask::Any(_) | Ask::Every(_) | Ask::Type(_) | Ask::Length(..))
    }
}

/// A test of a text: that of an operator, or one that is made of a method of `if`.
#[derive(Clone, Debug)]
pub(crate) enum Text<'p> {
    Written(&'p TextTest),
    Made(Box<TextTest>),
}

impl Deref for Text<'_> {
    type Target = TextTest;

    fn deref(&self) -> &TextTest {
        match self {
            Self::Written(test) => test,
            Self::Made(test) => test,
        }
    }
}

/// A rule's conditions.
#[derive(Clone, Debug)]
pub(crate) struct RuleConditions<'p> {
    /// And-ed, valid while no array stands on the way to a field.
    pub conjuncts: Vec<Condition<'p>>,
    /// The same with the nesting kept; `None` where no array can stand on the way.
    pub tree: Option<Box<Condition<'p>>>,
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
            Box::new(Condition::And(when.chain(unless).chain(condition).collect()))
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
        match list.alternatives.as_slice() {
            [Alternative::Scalar(only)] => return ListPlan::One(Ask::Scalar(only)),
            [Alternative::Operators(operators)] => match self.operators(operators) {
                (None, Some(each)) => return ListPlan::One(each),
                (Some(whole), None) if whole.is_of_value() => return ListPlan::One(whole),
                (whole, each) => {
                    let mut plan = Alternatives::default();
                    plan.push(whole, each, 1);
                    return ListPlan::Several(Box::new(plan));
                }
            },
            _ => {}
        }
        let mut plan = Alternatives::default();
        let mut scalars = Vec::new();
        for alternative in &list.alternatives {
            match alternative {
                Alternative::Scalar(scalar) => push(&mut scalars, scalar, list.alternatives.len()),
                Alternative::Operators(operators) => {
                    let (whole, each) = self.operators(operators);
                    plan.push(whole, each, list.alternatives.len());
                }
            }
        }
        match scalars.as_slice() {
            [] => {}
            [only] => push(&mut plan.each, Ask::Scalar(only), 1),
            _ if scalars.len() == list.alternatives.len() => return ListPlan::One(Ask::Set(scalars.into())),
            _ => push(&mut plan.each, Ask::Set(scalars.into()), 1),
        }
        ListPlan::Several(Box::new(plan))
    }

    /// One operator object: what it asks of the value, and of the element. `type` and `length` are asked of the value, unless
    /// an operator asked of the element stands beside them.
    fn operators(&self, operators: &'p [Operator]) -> (Option<Ask<'p>>, Option<Ask<'p>>) {
        let of_element = |o: &Operator| {
            !matches!(o, Operator::Exists(_) | Operator::Any(_) | Operator::Every(_) | Operator::Type(_) | Operator::Length(_))
        };
        let any_of_element = operators.iter().any(of_element);
        let is_of_value = |o: &Operator| matches!(o, Operator::Exists(_) | Operator::Any(_) | Operator::Every(_)) || !any_of_element;
        let (mut whole, mut each) = (All::default(), All::default());
        for operator in operators {
            self.operator(operator, if is_of_value(operator) { &mut whole } else { &mut each });
        }
        (whole.ask(), each.ask())
    }

    fn operator(&self, operator: &'p Operator, out: &mut All<'p>) {
        out.push(match operator {
            Operator::Eq(scalar) => Ask::Scalar(scalar),
            Operator::AnythingBut(tests) => {
                let (mut scalars, mut asks) = (Vec::new(), Vec::new());
                for test in tests {
                    match test {
                        Test::Scalar(scalar) => scalars.push(scalar),
                        Test::Text(text) => asks.push(Ask::Text(Text::Written(text))),
                    }
                }
                match scalars.as_slice() {
                    [] => {}
                    [only] => push(&mut asks, Ask::Scalar(only), 1),
                    _ => push(&mut asks, Ask::Set(scalars.into()), 1),
                }
                Ask::AnythingBut(asks.into())
            }
            Operator::In(list) => Ask::In(*list),
            Operator::Text(text) => Ask::Text(Text::Written(text)),
            Operator::Regex(regex) => Ask::Regex(regex),
            Operator::Compare(comparison, number) => Ask::Compare(*comparison, number),
            Operator::Cidr(cidr) => Ask::Cidr(cidr),
            Operator::Host(host) => Ask::Host(host),
            Operator::EmailDomain(domain) => Ask::EmailDomain(domain),
            Operator::PathPrefix(path) => Ask::PathPrefix(path),
            Operator::Ref(path) => Ask::Ref(self.fields.at(path.iter().map(String::as_str))),
            Operator::Exists(exists) => Ask::Exists(*exists),
            Operator::Type(types) => Ask::Type(types),
            Operator::Length(bounds) => {
                bounds.iter().for_each(|&(comparison, bound)| out.push(Ask::Length(comparison, bound)));
                return;
            }
            Operator::Any(list) => Ask::Any(Box::new(self.list(list))),
            Operator::Every(list) => Ask::Every(Box::new(self.list(list))),
        });
    }
}

impl<'p> Alternatives<'p> {
    /// Appends what one operator object asks. `room` is how many alternatives there are.
    fn push(&mut self, whole: Option<Ask<'p>>, each: Option<Ask<'p>>, room: usize) {
        match (whole, each) {
            (Some(whole), Some(each)) => push(&mut self.both, (whole, each), room),
            (Some(whole), None) => push(&mut self.whole, whole, room),
            (None, Some(each)) => push(&mut self.each, each, room),
            (None, None) => {}
        }
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
#[derive(Default)]
struct All<'p> {
    only: Option<Ask<'p>>,
    /// All, if there is more than one.
    asks: Vec<Ask<'p>>,
}

impl<'p> All<'p> {
    fn push(&mut self, ask: Ask<'p>) {
        if self.asks.is_empty() && self.only.is_none() {
            self.only = Some(ask);
            return;
        }
        if let Some(first) = self.only.take() {
            // Bounds come in pairs.
            self.asks.reserve_exact(2);
            self.asks.push(first);
        }
        self.asks.push(ask);
    }

    fn ask(self) -> Option<Ask<'p>> {
        if self.asks.is_empty() { self.only } else { Some(Ask::All(self.asks.into())) }
    }
}
