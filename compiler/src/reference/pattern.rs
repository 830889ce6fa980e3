//! Section 5 of the law, function by function.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem::discriminant;

use regex_automata::nfa::thompson::pikevm::PikeVM;

use super::operator::{self, compare, is_type};
use crate::ir::{self, Alternative, List, Member, Object, Operator, Pattern, Policy, Regex, Rule, Scalar, Test};
use crate::request::value::Value;
use crate::truth::Truth::{self, False, Unknown};
use crate::truth::{UNKNOWN, and, not, or};

/// `q` of the law: how several values on one path are joined.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Quantifier {
    Every,
    Any,
}
use Quantifier::{Any, Every};

impl Quantifier {
    pub(crate) fn of(rule: &Rule) -> Self {
        if rule.outcome.decision == ir::Decision::Allow { Every } else { Any }
    }

    pub(crate) fn flip(self) -> Self {
        if self == Every { Any } else { Every }
    }

    pub(crate) fn over(self, parts: impl IntoIterator<Item = Truth>) -> Truth {
        if self == Every { and(parts) } else { or(parts) }
    }
}

/// One request under one policy.
pub(crate) struct Evaluation<'p> {
    pub policy: &'p Policy,
    pub request: &'p Value,
    /// By source, and whether whole values are asked for; a pattern no automaton can be built of is unknown.
    pub regexes: RefCell<BTreeMap<(&'p str, bool), Option<PikeVM>>>,
    /// What `any` and `every` were told of an array.
    pub fixed: RefCell<BTreeMap<(*const List, *const Value), Truth>>,
}

impl<'p> Evaluation<'p> {
    pub(crate) fn new(policy: &'p Policy, request: &'p Value) -> Self {
        Evaluation { policy, request, regexes: RefCell::default(), fixed: RefCell::default() }
    }

    pub(crate) fn value(&self, rule: &'p Rule) -> Truth {
        let q = Quantifier::of(rule);
        let when = rule.when.iter().map(|when| self.obj(when, self.request, q, ""));
        let unless = rule.unless.iter().map(|unless| not(self.obj(unless, self.request, q.flip(), "")));
        and(when.chain(unless).chain(rule.condition.iter().map(|condition| self.expr(condition, None))))
    }

    pub(crate) fn obj(&self, p: &'p Object, v: &Value, q: Quantifier, path: &str) -> Truth {
        match (v, v.flattened()) {
            (Value::Array(_), None) => Unknown(path.to_owned()),
            (_, Some(elements)) => q.over(elements.into_iter().map(|e| self.obj(p, e, q, path))),
            (_, None) => and(p.members.iter().map(|member| match member {
                Member::Or(objects) => or(objects.iter().map(|p| self.obj(p, v, q, path))),
                Member::Not(p) => not(self.obj(p, v, q.flip(), path)),
                Member::Key { name, pattern } => self.pat(pattern, v.member(name), q, format!("{path}{}", pointer([name]))),
            })),
        }
    }

    fn pat(&self, p: &'p Pattern, v: &Value, q: Quantifier, path: String) -> Truth {
        match p {
            Pattern::Object(p) => self.obj(p, v, q, &path),
            Pattern::List(l) => match self.list(l, v, q) {
                Unknown(_) => Unknown(path),
                told => told,
            },
        }
    }

    pub(crate) fn list(&self, l: &'p List, v: &Value, q: Quantifier) -> Truth {
        match v.flattened() {
            Some(elements) => q.over(elements.into_iter().map(|e| or(l.alternatives.iter().map(|a| self.alt(a, v, e))))),
            None => or(l.alternatives.iter().map(|a| self.alt(a, v, v))),
        }
    }

    pub(crate) fn alt(&self, a: &'p Alternative, v: &Value, e: &Value) -> Truth {
        let operators = match a {
            Alternative::Scalar(a) => return eq(a, e),
            Alternative::Operators(operators) => operators,
        };
        let beside = operators.iter().any(asks_of_element);
        and(operators.iter().map(|operator| self.operator(operator, beside, v, e)))
    }

    /// One operator, `beside` one that is asked of the element or being one.
    pub(crate) fn operator(&self, operator: &'p Operator, beside: bool, v: &Value, e: &Value) -> Truth {
        match operator {
            Operator::Exists(wanted) => exists(*wanted, v),
            Operator::Any(l) => self.fixed(Any, l, v),
            Operator::Every(l) => self.fixed(Every, l, v),
            Operator::Type(_) | Operator::Length(_) if !beside => self.ask(operator, v),
            _ if matches!(e, Value::Array(_)) => UNKNOWN,
            _ => self.ask(operator, e),
        }
    }

    /// `any`, `every`: what joins the elements is fixed for the array at this field.
    fn fixed(&self, q: Quantifier, l: &'p List, v: &Value) -> Truth {
        match (v, v.flattened()) {
            (_, Some(elements)) => {
                // Asked of the array once for each of its elements; without a memory that is quadratic in them.
                let question = (std::ptr::from_ref(l), std::ptr::from_ref(v));
                let known = self.fixed.borrow().get(&question).cloned();
                known.unwrap_or_else(|| {
                    let told = q.over(elements.into_iter().map(|e| self.list(l, e, q)));
                    self.fixed.borrow_mut().insert(question, told.clone());
                    told
                })
            }
            (Value::Absent | Value::Opaque | Value::Array(_), None) => UNKNOWN,
            (_, None) => self.list(l, v, q),
        }
    }

    /// Any other operator, asked of one value.
    fn ask(&self, operator: &'p Operator, value: &Value) -> Truth {
        match (operator, value) {
            (Operator::Type(_), Value::Absent) => False,
            (_, Value::Absent | Value::Opaque) => UNKNOWN,
            (Operator::Type(types), _) => types.iter().any(|of| is_type(value, of)).into(),
            (Operator::Length(bounds), _) => operator::length(value, bounds).into(),
            (Operator::Eq(a), _) => eq(a, value),
            (Operator::In(list), _) => or(self.policy.lists.get(*list).iter().flat_map(|list| &list.members).map(|a| eq(a, value))),
            (Operator::AnythingBut(tests), _) => not(or(tests.iter().map(|test| match (test, value) {
                (Test::Scalar(a), _) => eq(a, value),
                (Test::Text(test), Value::Scalar(Scalar::String(text))) => operator::text(text, test).into(),
                (Test::Text(_), _) => UNKNOWN,
            }))),
            (Operator::Ref(path), Value::Scalar(scalar)) if *scalar != Scalar::Null => {
                eq(scalar, path.iter().fold(self.request, |at, key| at.member(key)))
            }
            (Operator::Compare(how, bound), Value::Scalar(Scalar::Number(number))) => compare(number, *how, bound).into(),
            (_, Value::Scalar(Scalar::String(text))) => self.ask_text(operator, text),
            _ => UNKNOWN,
        }
    }

    fn ask_text(&self, operator: &'p Operator, text: &str) -> Truth {
        Truth::from(match operator {
            Operator::Text(test) => operator::text(text, test),
            Operator::Regex(regex) => self.matches(text, regex, true),
            Operator::Cidr(network) => operator::cidr(text, network),
            Operator::Host(host) => operator::host(text, host),
            Operator::EmailDomain(domain) => operator::email_domain(text, domain),
            Operator::PathPrefix(prefix) => operator::path_prefix(text, prefix),
            _ => None,
        })
    }

    /// Whether the pattern is the whole text, or in it.
    pub(super) fn matches(&self, text: &str, Regex { source, hir }: &'p Regex, whole: bool) -> Option<bool> {
        let mut regexes = self.regexes.borrow_mut();
        let matcher = regexes.entry((source, whole)).or_insert_with(|| operator::matcher(hir, whole));
        matcher.as_ref().map(|matcher| matcher.is_match(&mut matcher.create_cache(), text))
    }
}

pub(crate) fn asks_of_element(operator: &Operator) -> bool {
    use Operator::{Any, Every, Exists, Length, Type};
    !matches!(operator, Exists(_) | Any(_) | Every(_) | Type(_) | Length(_))
}

/// The JSON Pointer of these keys.
pub(crate) fn pointer<'k>(keys: impl IntoIterator<Item = &'k String>) -> String {
    keys.into_iter().map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1"))).collect()
}

/// Unknown of absent, opaque and uncountable, too.
pub(crate) fn eq(a: &Scalar, e: &Value) -> Truth {
    match (a, e) {
        (_, Value::Absent | Value::Opaque | Value::Array(_)) => UNKNOWN,
        (Scalar::Null, e) => (*e == Value::Scalar(Scalar::Null)).into(),
        (a, Value::Scalar(e)) if discriminant(a) == discriminant(e) => (a == e).into(),
        _ => UNKNOWN,
    }
}

pub(crate) fn exists(wanted: bool, v: &Value) -> Truth {
    match v {
        Value::Absent => (!wanted).into(),
        Value::Opaque | Value::Scalar(Scalar::Null) => UNKNOWN,
        _ => wanted.into(),
    }
}
