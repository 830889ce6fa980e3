//! The plan, executed: what its index and its conditions mean, written down once more for tests.
//!
//! A wrong plan and a runtime that is wrong in the same way would agree, and a wrong artifact tells little about which of
//! the two is at fault. So the plan is decided from as it stands: its index is walked as its types are documented and each
//! candidate's conditions are evaluated, without an artifact, the runtime, or the policy's patterns. What is said of single
//! values, and how rules are combined, is the reference interpreter's. For reading and for comparing with, not for speed.

mod expression;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use regex_automata::nfa::thompson::pikevm::PikeVM;

use super::Plan;
use super::condition::{Ask, Condition, ListPlan};
use super::fields::{FieldId, FieldNode, ROOT};
use super::index::{Content, Index, Node, Nodes, Posting, Table, Thrift};
use super::keys::KeyKind;
use crate::decision::Decision;
use crate::ir::{self, Cidr, Decimal, Host, PathPrefix, Policy, Regex, Scalar, TextTest};
use crate::reference::decide_by;
use crate::reference::operator::{self, compare, is_type};
use crate::reference::pattern::Quantifier::{Any, Every};
use crate::reference::pattern::{Quantifier, eq, exists};
use crate::request::value::Value;
use crate::truth::Truth::{self, False, Unknown};
use crate::truth::{UNKNOWN, and, not, or};

/// Decides from the plan of a checked policy.
pub struct PlanExecutor<'p> {
    policy: &'p Policy,
    plan: Plan<'p>,
    index: Index,
    /// By source, and whether the whole value is meant; a pattern no automaton can be built of is unknown.
    regexes: RefCell<BTreeMap<(&'p str, bool), Option<PikeVM>>>,
}

impl<'p> PlanExecutor<'p> {
    /// Plans a policy as the compiler does.
    #[must_use]
    pub fn new(policy: &'p Policy) -> Self {
        Self::with(policy, Thrift::USUAL)
    }

    /// Plans a policy with an index of many tables, however few rules there are.
    #[must_use]
    pub fn with_many_tables(policy: &'p Policy) -> Self {
        Self::with(policy, Thrift::NONE)
    }

    fn with(policy: &'p Policy, thrift: Thrift) -> Self {
        let plan = Plan::new(policy);
        let index = plan.index(policy, thrift);
        Self { policy, plan, index, regexes: RefCell::default() }
    }

    /// Decides one request; `digest` is shown as the policy's identity.
    ///
    /// # Errors
    /// Never: what is no request is denied with its reason and offset.
    ///
    /// # Panics
    /// Never, for any bytes.
    #[must_use]
    pub fn decide(&self, digest: &str, request: &[u8], clarified: bool) -> Decision {
        decide_by(self.policy, digest, request, clarified, |request| {
            let mut candidates = Vec::new();
            Execution { executor: self, request }.node(&self.index.root, true, &mut candidates);
            candidates.sort_by_key(|(rule, _)| *rule);
            // A rule that several keys lead to counts once. Should it get two values, both stay, and the mistake shows.
            candidates.dedup();
            candidates.into_iter().filter_map(|(rule, value)| Some((self.policy.rules.get(rule as usize)?, value))).collect()
        })
    }
}

/// One request under one plan.
struct Execution<'e, 'p> {
    executor: &'e PlanExecutor<'p>,
    request: &'e Value,
}

/// A field and the value found there: what the fields of conditions are looked up in.
type Context<'v> = (FieldId, &'v Value);

/// The index.
impl<'e, 'p> Execution<'e, 'p> {
    /// Evaluates the rules that a node leads to. `sure` says that what the way to it has proven holds: no array was met.
    fn node(&self, node: &Node, sure: bool, candidates: &mut Vec<(u32, Truth)>) {
        candidates.extend(self.executor.index.postings(node).iter().map(|posting| (posting.rule, self.posting(posting, sure))));
        for table in &node.tables {
            let one = self.find(self.everything(), table.field).filter(|value| !matches!(value, Value::Array(_)));
            let values = match one {
                Some(value) => vec![value],
                None if table.single => vec![&Value::Opaque],
                None => self.values(table.field),
            };
            for child in behind(&self.executor.index, table, &values) {
                self.node(child, sure && one.is_some(), candidates);
            }
        }
    }

    fn everything(&self) -> Context<'e> {
        (ROOT, self.request)
    }

    /// All values at a field: where an array stands, on the way or at its end, those of its elements. An uncountable one is
    /// kept as it is, and so is in doubt.
    fn values(&self, field: FieldId) -> Vec<&'e Value> {
        let spread = |value: &'e Value| value.flattened().unwrap_or_else(|| vec![value]);
        self.keys(ROOT, field)
            .into_iter()
            .fold(spread(self.request), |values, key| values.into_iter().map(|value| value.member(key)).flat_map(spread).collect())
    }

    fn posting(&self, posting: &Posting, sure: bool) -> Truth {
        let (Some(rule), Some(conditions)) =
            (self.executor.policy.rules.get(posting.rule as usize), self.executor.plan.rules.get(posting.rule as usize))
        else {
            return UNKNOWN;
        };
        let q = if rule.outcome.decision == ir::Decision::Allow { Every } else { Any };
        let is_proven = |position: u32| sure && posting.proven.checked_shr(position).is_some_and(|proven| proven & 1 == 1);
        let open = (0_u32..).zip(&conditions.conjuncts).filter(|(position, _)| !is_proven(*position));
        let flat = open.map(|(_, conjunct)| self.condition(conjunct, self.everything(), q)).collect::<Option<Vec<_>>>().map(and);
        flat.or_else(|| self.condition(conditions.tree.as_deref()?, self.everything(), q)).unwrap_or(UNKNOWN)
    }
}

/// What stands behind a table for the values at its field.
fn behind<'t>(index: &Index, table: &'t Table, values: &[&Value]) -> Vec<&'t Node> {
    let scalars = || values.iter().filter_map(|value| if let Value::Scalar(scalar) = value { Some(scalar) } else { None });
    let texts: Vec<&[u8]> =
        scalars().filter_map(|scalar| if let Scalar::String(text) = scalar { Some(text.as_bytes()) } else { None }).collect();
    let numbers: Vec<&Decimal> =
        scalars().filter_map(|scalar| if let Scalar::Number(number) = scalar { Some(number) } else { None }).collect();
    let met = |nodes: &'t Nodes, meets: fn(&[u8], &[u8]) -> bool| -> Vec<&'t Node> {
        nodes.iter().filter(|(key, _)| texts.iter().any(|text| meets(text, index.key(*key)))).map(|(_, node)| node).collect()
    };
    let (mut out, told) = match &table.content {
        Content::Exact(nodes) => (met(nodes, |text, key| text == key), texts.len()),
        Content::Prefix(nodes) => (met(nodes, <[u8]>::starts_with), texts.len()),
        Content::Suffix(nodes) => (met(nodes, <[u8]>::ends_with), texts.len()),
        Content::Part(nodes) => (met(nodes, |text, key| text.windows(key.len()).any(|part| part == key)), texts.len()),
        Content::Said(kind, nodes) => {
            let said = |text: &[u8], key| says(*kind, std::str::from_utf8(text).ok()?, std::str::from_utf8(index.key(key)).ok()?);
            let meets = |key| texts.iter().any(|text| said(text, key) == Some(true));
            let is_told = |text: &&&[u8]| nodes.iter().all(|(key, _)| said(text, *key).is_some());
            let met = nodes.iter().filter(|(key, _)| meets(*key)).map(|(_, node)| node).collect();
            (met, texts.iter().filter(is_told).count())
        }
        Content::Range { bounds, nodes } => {
            let leaf = |number: &&Decimal| {
                let position = match bounds.binary_search(number) {
                    Ok(at) => at.saturating_mul(2).saturating_add(1),
                    Err(at) => at.saturating_mul(2),
                };
                position.saturating_add(nodes.len() / 2)
            };
            let way = |leaf: usize| std::iter::successors(Some(leaf), |below| (*below > 1).then_some(below / 2));
            let covering: BTreeSet<usize> = numbers.iter().map(leaf).flat_map(way).collect();
            (covering.into_iter().filter_map(|at| nodes.get(at)?.as_ref()).collect(), numbers.len())
        }
    };
    // A value that is missing or of another type is in doubt.
    if told < values.len() {
        out.extend(table.door.as_deref());
    }
    out
}

/// Whether a text says what a key asks for, if it plainly says anything of the kind.
fn says(kind: KeyKind, text: &str, key: &str) -> Option<bool> {
    let host = |name: &str, subdomains| operator::host(text, &Host { name: name.to_owned(), subdomains });
    let segments = || key.split_terminator('/').map(str::to_owned).collect();
    let path = |absolute| operator::path_prefix(text, &PathPrefix { absolute, segments: segments() });
    let folded = |test| operator::text(text, &test);
    match kind {
        KeyKind::Host => host(key, false),
        KeyKind::HostBelow => host(key.strip_prefix('.')?, true),
        KeyKind::EmailDomain => operator::email_domain(text, key),
        KeyKind::AbsolutePath => path(true),
        KeyKind::RelativePath => path(false),
        KeyKind::Address => {
            let (version, digits) = key.split_at_checked(1)?;
            let len = u8::try_from(digits.len()).ok()?;
            let bits = |width: u32| {
                let bits = if digits.is_empty() { 0 } else { u128::from_str_radix(digits, 2).ok()? };
                Some(bits.checked_shl(width.checked_sub(len.into())?).unwrap_or(0))
            };
            let network = if version == "4" { Cidr::V4(u32::try_from(bits(32)?).ok()?, len) } else { Cidr::V6(bits(128)?, len) };
            operator::cidr(text, &network)
        }
        KeyKind::Folded => folded(TextTest::EqualsIgnoreCase(key.to_owned())),
        KeyKind::FoldedPrefix => folded(TextTest::Prefix { text: key.to_owned(), ignore_case: true }),
        KeyKind::FoldedSuffix => folded(TextTest::Suffix { text: key.to_owned(), ignore_case: true }),
        KeyKind::Exact | KeyKind::Prefix | KeyKind::Suffix | KeyKind::Part | KeyKind::Range => None,
    }
}

/// Conditions. `None` says that an array stands on the way to a field, where the flat form does not apply.
impl<'e, 'p> Execution<'e, 'p> {
    fn condition(&self, condition: &Condition<'p>, at: Context<'_>, q: Quantifier) -> Option<Truth> {
        let each = |parts: &[Condition<'p>]| parts.iter().map(|part| self.condition(part, at, q)).collect::<Option<Vec<_>>>();
        Some(match condition {
            Condition::And(parts) => and(each(parts)?),
            Condition::Or(parts) => or(each(parts)?),
            Condition::Not(inner) => not(self.condition(inner, at, q.flip())?),
            Condition::Descend(field, inner) => {
                let value = self.find(at, *field)?;
                match (value, value.flattened()) {
                    (Value::Array(_), None) => self.doubt(*field),
                    (_, Some(elements)) => {
                        q.over(elements.into_iter().map(|element| self.condition(inner, (*field, element), q)).collect::<Option<Vec<_>>>()?)
                    }
                    (_, None) => self.condition(inner, (*field, value), q)?,
                }
            }
            Condition::List(field, list) => match self.list(list, self.find(at, *field)?, q) {
                Unknown(_) => self.doubt(*field),
                told => told,
            },
            _ => self.expression(condition, at)?,
        })
    }

    fn doubt(&self, field: FieldId) -> Truth {
        Unknown(self.field(field).map(|field| field.pointer.clone()).unwrap_or_default())
    }

    fn field(&self, field: FieldId) -> Option<&'e FieldNode> {
        self.executor.plan.fields.iter().nth(field as usize)
    }

    /// The keys from one field down to another.
    fn keys(&self, above: FieldId, field: FieldId) -> Vec<&'e str> {
        let way = std::iter::successors(Some(field), |field| self.field(*field)?.parent).take_while(|field| *field != above);
        let mut keys: Vec<_> = way.filter_map(|field| Some(self.field(field)?.key.as_str())).collect();
        keys.reverse();
        keys
    }

    /// The value at a field, unless an array stands on the way.
    fn find<'v>(&self, (above, value): Context<'v>, field: FieldId) -> Option<&'v Value> {
        let step = |value: &'v Value, key: &str| (!matches!(value, Value::Array(_))).then(|| value.member(key));
        self.keys(above, field).into_iter().try_fold(value, step)
    }

    fn list(&self, list: &ListPlan<'p>, v: &Value, q: Quantifier) -> Truth {
        let whole = or(list.whole().iter().map(|ask| self.ask(ask, v)));
        // Asked of the value, so the same for every element.
        let both: Vec<_> = list.both().iter().map(|(of_value, of_element)| (self.ask(of_value, v), of_element)).collect();
        let element = |e: &Value| {
            let ask = |ask| if matches!(e, Value::Array(_)) { UNKNOWN } else { self.ask(ask, e) };
            let both = both.iter().map(|(of_value, of_element)| and([of_value.clone(), ask(of_element)]));
            or(both.chain(list.each().iter().map(ask)))
        };
        or([whole, v.flattened().map_or_else(|| element(v), |elements| q.over(elements.into_iter().map(element)))])
    }

    fn ask(&self, ask: &Ask<'p>, v: &Value) -> Truth {
        match (ask, v) {
            (Ask::All(asks), _) => and(asks.iter().map(|ask| self.ask(ask, v))),
            (Ask::AnythingBut(asks), _) => not(or(asks.iter().map(|ask| self.ask(ask, v)))),
            (Ask::Exists(wanted), _) => exists(*wanted, v),
            (Ask::Type(_), Value::Absent) => False,
            (_, Value::Absent | Value::Opaque) => UNKNOWN,
            (Ask::Type(types), _) => types.iter().any(|of| is_type(v, of)).into(),
            (Ask::Length(how, bound), _) => operator::length(v, &[(*how, *bound)]).into(),
            (Ask::Any(list), _) => self.fixed(list, v, Any),
            (Ask::Every(list), _) => self.fixed(list, v, Every),
            (Ask::Scalar(scalar), _) => eq(scalar, v),
            (Ask::Set(scalars), _) => or(scalars.iter().map(|scalar| eq(scalar, v))),
            (Ask::Null, _) => (*v == Value::Scalar(Scalar::Null)).into(),
            (Ask::SizeSet(sizes), _) => self.size_among(v, sizes.iter().copied()),
            (Ask::SizeIn(list), _) => self.size_among(v, self.members(*list)),
            (Ask::In(_), Value::Array(_)) => UNKNOWN,
            (Ask::In(list), _) => or(self.members(*list).map(|scalar| eq(scalar, v))),
            (Ask::Ref(field), Value::Scalar(scalar)) if *scalar != Scalar::Null => {
                self.find(self.everything(), *field).map_or(UNKNOWN, |other| eq(scalar, other))
            }
            (Ask::Compare(how, bound), Value::Scalar(Scalar::Number(number))) => compare(number, *how, bound).into(),
            (_, Value::Scalar(Scalar::String(text))) => self.ask_text(ask, text).into(),
            _ => UNKNOWN,
        }
    }

    fn ask_text(&self, ask: &Ask<'p>, text: &str) -> Option<bool> {
        match ask {
            Ask::Text(test) => operator::text(text, test),
            Ask::Regex(regex) => self.matches(text, regex, true),
            Ask::Search(regex) => self.matches(text, regex, false),
            Ask::Cidr(network) => operator::cidr(text, network),
            Ask::Host(host) => operator::host(text, host),
            Ask::EmailDomain(domain) => operator::email_domain(text, domain),
            Ask::PathPrefix(prefix) => operator::path_prefix(text, prefix),
            _ => None,
        }
    }

    fn matches(&self, text: &str, Regex { source, hir }: &'p Regex, whole: bool) -> Option<bool> {
        let mut regexes = self.executor.regexes.borrow_mut();
        let matcher = regexes.entry((source, whole)).or_insert_with(|| operator::matcher(hir, whole));
        matcher.as_ref().map(|matcher| matcher.is_match(&mut matcher.create_cache(), text))
    }

    fn members(&self, list: usize) -> impl Iterator<Item = &'p Scalar> {
        self.executor.policy.lists.get(list).into_iter().flat_map(|list| &list.members)
    }

    /// `any`, `every`: what joins the elements is fixed for the array at this field.
    fn fixed(&self, list: &ListPlan<'p>, v: &Value, q: Quantifier) -> Truth {
        match (v, v.flattened()) {
            (_, Some(elements)) => q.over(elements.into_iter().map(|element| self.list(list, element, q))),
            (Value::Array(_), None) => UNKNOWN,
            (_, None) => self.list(list, v, q),
        }
    }
}
