//! Conditions: section 5 and 6 of the law over fields and elements.

#[cfg(not(target_family = "wasm"))]
mod answers;
#[cfg(target_family = "wasm")]
#[path = "evaluate/no_answers.rs"]
mod answers;
mod check;
mod expression;

use core::cell::Cell;

use crate::artifact::format::{NONE, Op, SET_FALSE, SET_NULL, SET_NUMBERS, SET_STRINGS, SET_TRUE, type_bit};
use crate::decision::Verdict;
use crate::item::{Item, ItemKind, Source, elements};
use crate::json::Number;
use crate::json::text::Text;
use crate::matcher::address::{Address, cidr};
use crate::matcher::automaton::Automaton;
use crate::matcher::wildcard::{Literal, Wildcard, contains, contains_slice};
use crate::matcher::{Tri, email, fold, host, path, text};
use crate::policy::{ListRecord, Node, Policy, Properties, Rule, SetRecord, TextRef, range};
use crate::run::{Check, Posting};
use answers::Answers;
#[cfg(not(target_family = "wasm"))]
pub(crate) use check::answer;

/// How several values on a path count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantifier {
    Every,
    Any,
}

impl Quantifier {
    fn flip(self) -> Self {
        match self {
            Quantifier::Every => Quantifier::Any,
            Quantifier::Any => Quantifier::Every,
        }
    }

    /// Joins the answers for several elements. `ask` is not called again once the answer stands.
    fn over<'a>(self, items: impl Iterator<Item = Item<'a>>, mut ask: impl FnMut(Item<'a>) -> Tri) -> Tri {
        let (mut out, last) = match self {
            Quantifier::Every => (Tri::True, Tri::False),
            Quantifier::Any => (Tri::False, Tri::True),
        };
        for item in items {
            let answer = ask(item);
            out = if self == Quantifier::Every { out.and(answer) } else { out.or(answer) };
            if out == last {
                break;
            }
        }
        out
    }
}

fn all(parts: impl Iterator<Item = Tri>) -> Tri {
    let mut out = Tri::True;
    for part in parts {
        out = out.and(part);
        if out.is_false() {
            break;
        }
    }
    out
}

fn any(parts: impl Iterator<Item = Tri>) -> Tri {
    let mut out = Tri::False;
    for part in parts {
        out = out.or(part);
        if out.is_true() {
            break;
        }
    }
    out
}

/// What a condition's field is looked up in.
#[derive(Clone, Copy)]
enum Context<'a> {
    /// The request.
    Request,
    /// An element of an array, or a member of one.
    Element(Item<'a>),
    /// The request, and beside it the value that `all` or `exists` binds: an element of the array at a field.
    Variable { element: Item<'a>, array: u32 },
}

/// Answers conditions about one request.
pub(crate) struct Evaluator<'a, S> {
    policy: &'a Policy,
    source: &'a S,
    /// A condition met a field behind an array: the flat form of the rule does not apply.
    hidden: Cell<bool>,
    answers: Answers,
    /// Conditions answered, for the certificate.
    #[cfg(feature = "count-steps")]
    pub(crate) steps: Cell<u64>,
    /// Bytes they looked at.
    #[cfg(feature = "count-steps")]
    pub(crate) scanned: Cell<u64>,
}

impl<'a, S: Source> Evaluator<'a, S> {
    pub(crate) fn new(policy: &'a Policy, source: &'a S) -> Self {
        Self {
            policy,
            source,
            hidden: Cell::new(false),
            answers: Answers::default(),
            #[cfg(feature = "count-steps")]
            steps: Cell::new(0),
            #[cfg(feature = "count-steps")]
            scanned: Cell::new(0),
        }
    }

    #[inline]
    pub(crate) fn step(&self) {
        #[cfg(feature = "count-steps")]
        self.steps.set(self.steps.get().saturating_add(1));
    }

    /// Notes that a text is looked at.
    #[inline]
    pub(crate) fn scan(&self, _text: &[u8]) {
        #[cfg(feature = "count-steps")]
        self.scanned.set(self.scanned.get().saturating_add(_text.len() as u64));
    }

    /// The elements of an array, unless it is uncountable.
    fn elements(&self, array: &'a [u8]) -> Option<impl Iterator<Item = Item<'a>>> {
        self.scan(array);
        let elements = elements(array)?;
        self.scan(array);
        Some(elements)
    }

    /// The text of a string without escapes, and its hash, or 0 where that was not prepared.
    #[cfg(not(target_family = "wasm"))]
    #[inline(always)]
    pub(crate) fn plain(&self, field: u32) -> Option<(&'a [u8], u64)> {
        self.source.hashed(field)
    }

    #[inline]
    pub(crate) fn item(&self, field: u32) -> Item<'a> {
        self.source.item(self.policy, field)
    }

    /// The value of a posting's rule, whose shared checks may hold. Of an allow rule only true counts, so the answer may be
    /// unknown where it is false.
    ///
    /// What the way here has proven is not asked again.
    #[inline(always)]
    pub(crate) fn rule(&self, posting: &Posting<'_>) -> Tri {
        let mut out = Tri::True;
        if self.is_doubtful(posting.mask) {
            out = self.shared(posting.mask, posting.properties());
            if self.hidden.get() {
                return self.nested(posting.rule, posting.properties());
            }
            if is_settled(out, posting.properties()) {
                return out;
            }
        }
        for check in posting.checks() {
            self.step();
            if let Some(answer) = self.answer_at_once(&check) {
                if answer == check.is_negated() {
                    return Tri::False;
                }
                continue;
            }
            out = out.and(self.check_slowly(&check, quantifier(posting.properties())));
            if self.hidden.get() {
                return self.nested(posting.rule, posting.properties());
            }
            if is_settled(out, posting.properties()) {
                return out;
            }
        }
        out
    }

    /// As [`Self::rule`], where the posting does not say all that is to be asked: it only refers to the rule, or there are `several`
    /// ways to it.
    ///
    /// If there are several ways, what one of them has proven was proven of one element of an array. That is enough for a
    /// restrictive rule, for which one is, as long as the array stands at the field itself.
    #[cold]
    pub(crate) fn whole_rule(&self, posting: &Posting<'_>, several: bool) -> Tri {
        let Some(rule) = self.policy.rules.get(posting.rule as usize) else { return Tri::Unknown };
        let (mask, of_rule) = self.policy.conditions(rule.home, rule.rest());
        if !self.may_hold(mask) {
            return Tri::False;
        }
        let quantifier = quantifier(posting.properties());
        let mut out = self.shared(mask, posting.properties());
        let mut of_posting = posting.checks();
        for check in of_rule {
            if self.hidden.get() || is_settled(out, posting.properties()) {
                break;
            }
            let mut others = of_posting.clone();
            let is_repeated = others.next().is_some_and(|other| other.is(&check));
            if is_repeated {
                of_posting = others;
            }
            let is_proven = !is_repeated && !posting.refers();
            if !is_proven || (several && !self.is_proven_by_one(&check, quantifier)) {
                out = out.and(self.check(&check, quantifier));
            }
        }
        if self.hidden.get() { self.nested(posting.rule, posting.properties()) } else { out }
    }

    /// Whether a check is true because one value on the way of its field made it so.
    fn is_proven_by_one(&self, check: &Check<'_>, quantifier: Quantifier) -> bool {
        let kind = self.item(check.field()).kind;
        check.node().is_none() && kind != ItemKind::Hidden && (kind != ItemKind::Array || quantifier == Quantifier::Any)
    }

    /// The value of a rule with an array on the way to one of its fields.
    #[cold]
    fn nested(&self, rule: u32, properties: Properties) -> Tri {
        self.hidden.set(false);
        let Some(rule) = self.policy.rules.get(rule as usize) else { return Tri::Unknown };
        self.condition(self.policy.extra(rule).tree, Context::Request, quantifier(properties))
    }

    /// The smallest field in doubt of a rule whose value is unknown.
    pub(crate) fn doubt(&self, rule: &Rule) -> Option<u32> {
        let quantifier = quantifier(rule.properties());
        let mut smallest = None;
        let tree = self.policy.extra(rule).tree;
        if tree != NONE {
            self.doubts(tree, Context::Request, quantifier, &mut smallest);
            return smallest;
        }
        self.policy.each_check(rule, &mut |check| {
            if self.check_slowly(&check, quantifier).is_unknown() {
                match check.node() {
                    Some(node) => self.doubts(node, Context::Request, quantifier, &mut smallest),
                    None => self.smaller(check.field(), &mut smallest),
                }
            }
        });
        smallest
    }

    fn node(&self, node: u32) -> Node {
        self.step();
        // INVARIANT: loading has checked every index; a node that is not there would answer with doubt.
        self.policy.nodes.get(node as usize).copied().unwrap_or(Node { op: Op::Or, a: 0, b: 0, c: 0 })
    }

    fn children(first: u32, count: u32) -> impl Iterator<Item = u32> {
        (0..count).map(move |position| first.wrapping_add(position))
    }

    fn look_up(&self, context: Context<'a>, field: u32) -> Item<'a> {
        match context {
            Context::Request | Context::Variable { .. } => self.item(field),
            Context::Element(element) => match self.policy.field(field) {
                Some(field) => {
                    self.scan(element.text);
                    element.member(self.policy.bytes(field.key))
                }
                None => Item::OPAQUE,
            },
        }
    }

    fn condition(&self, node: u32, context: Context<'a>, quantifier: Quantifier) -> Tri {
        let Node { op, a, b, c } = self.node(node);
        match op {
            Op::Each => self.each(b, c, self.look_up(context, a), quantifier),
            Op::And => all(Self::children(a, b).map(|child| self.condition(child, context, quantifier))),
            Op::Or => any(Self::children(a, b).map(|child| self.condition(child, context, quantifier))),
            Op::Not => !self.condition(a, context, quantifier.flip()),
            Op::Descend => {
                let item = self.look_up(context, a);
                match item.kind {
                    ItemKind::Hidden => self.hide(),
                    ItemKind::Array => self.elements(item.text).map_or(Tri::Unknown, |elements| {
                        quantifier.over(elements, |element| self.condition(b, Context::Element(element), quantifier))
                    }),
                    _ => self.condition(b, Self::below(context, item), quantifier),
                }
            }
            Op::List => self.list(b, self.look_up(context, a), quantifier),
            _ => self.expression(Node { op, a, b, c }, context),
        }
    }

    fn hide(&self) -> Tri {
        self.hidden.set(true);
        Tri::Unknown
    }

    fn below(context: Context<'a>, item: Item<'a>) -> Context<'a> {
        match context {
            Context::Request | Context::Variable { .. } => context,
            Context::Element(_) => Context::Element(item),
        }
    }

    /// Fields of the conditions that are unknown and under nothing but unknown conditions. `node` is unknown.
    fn doubts(&self, node: u32, context: Context<'a>, quantifier: Quantifier, smallest: &mut Option<u32>) {
        let asked = self.node(node);
        let Node { op, a, b, .. } = asked;
        match op {
            Op::And | Op::Or => self.doubts_among(a, b, context, quantifier, smallest),
            Op::Not => self.doubts(a, context, quantifier.flip(), smallest),
            Op::Descend => {
                let item = self.look_up(context, a);
                if item.kind != ItemKind::Array {
                    return self.doubts(b, Self::below(context, item), quantifier, smallest);
                }
                let Some(elements) = self.elements(item.text) else { return self.smaller(a, smallest) };
                for element in elements {
                    let context = Context::Element(element);
                    if self.condition(b, context, quantifier).is_unknown() {
                        self.doubts(b, context, quantifier, smallest);
                    }
                }
            }
            _ => self.doubts_of_expression(asked, context, smallest),
        }
    }

    fn doubts_among(&self, first: u32, count: u32, context: Context<'a>, quantifier: Quantifier, smallest: &mut Option<u32>) {
        for child in Self::children(first, count) {
            if self.condition(child, context, quantifier).is_unknown() {
                self.doubts(child, context, quantifier, smallest);
            }
        }
    }

    fn smaller(&self, field: u32, smallest: &mut Option<u32>) {
        let pointer = |field: u32| self.policy.field(field).map(|field| self.policy.bytes(field.pointer));
        if smallest.is_none_or(|best| pointer(field) < pointer(best)) {
            *smallest = Some(field);
        }
    }

    /// A list whose alternatives are all asked of each element.
    #[inline]
    fn each(&self, first: u32, count: u32, value: Item<'a>, quantifier: Quantifier) -> Tri {
        let ask = |item: Item<'a>| {
            if count == 1 { self.ask(first, item) } else { any(Self::children(first, count).map(|node| self.ask(node, item))) }
        };
        match value.kind {
            ItemKind::Hidden => self.hide(),
            ItemKind::Array => self.elements(value.text).map_or(Tri::Unknown, |elements| quantifier.over(elements, ask)),
            _ => ask(value),
        }
    }

    fn list(&self, list: u32, value: Item<'a>, quantifier: Quantifier) -> Tri {
        let Some(&ListRecord { first, whole, both, each }) = self.policy.lists.get(list as usize) else { return Tri::Unknown };
        if value.kind == ItemKind::Hidden {
            return self.hide();
        }
        let of_both = first.wrapping_add(whole);
        let of_each = of_both.wrapping_add(both);
        let out = any(Self::children(first, whole).map(|node| self.ask(node, value)));
        if out.is_true() || (both == 0 && each == 0) {
            return out;
        }
        let of_value = |node: u32| self.ask(self.node(node).a, value);
        if value.kind != ItemKind::Array {
            let pairs = Self::children(of_both, both).map(|node| of_value(node).and(self.ask(self.node(node).b, value)));
            return out.or(any(pairs.chain(Self::children(of_each, each).map(|node| self.ask(node, value)))));
        }
        let Some(elements) = self.elements(value.text) else {
            // Nothing can be said of the elements; what is asked of the value beside it can still be false.
            let pairs = any(Self::children(of_both, both).map(|node| of_value(node).and(Tri::Unknown)));
            return out.or(pairs).or(if each == 0 { Tri::False } else { Tri::Unknown });
        };
        // Asked of the value, so the same for every element.
        let mut known = [Tri::Unknown; KNOWN_MAX];
        for (known, node) in known.iter_mut().zip(Self::children(of_both, both)) {
            *known = of_value(node);
        }
        out.or(quantifier.over(elements, |element| {
            let pairs = Self::children(of_both, both).enumerate().map(|(position, node)| {
                let of_value = known.get(position).copied().unwrap_or_else(|| of_value(node));
                if of_value.is_false() { Tri::False } else { of_value.and(self.ask(self.node(node).b, element)) }
            });
            any(pairs.chain(Self::children(of_each, each).map(|node| self.ask(node, element))))
        }))
    }

    /// One question about a value that is no array, or about an array as a whole.
    fn ask(&self, node: u32, item: Item<'a>) -> Tri {
        let Node { op, a, b, c } = self.node(node);
        match op {
            Op::Operators => all(Self::children(a, b).map(|child| self.ask(child, item))),
            Op::AnythingBut => !any(Self::children(a, b).map(|child| self.ask(child, item))),
            Op::IsNull => match item.kind {
                ItemKind::Null => Tri::True,
                ItemKind::Absent | ItemKind::Opaque | ItemKind::Array | ItemKind::Hidden => Tri::Unknown,
                _ => Tri::False,
            },
            Op::IsBool => match item.kind {
                ItemKind::Bool(value) => Tri::from(u32::from(value) == a),
                _ => Tri::Unknown,
            },
            Op::IsNumber => self.compare(item, a, |order| order.is_eq()),
            Op::Less => self.compare(item, a, |order| order.is_lt()),
            Op::LessOrEqual => self.compare(item, a, |order| order.is_le()),
            Op::Greater => self.compare(item, a, |order| order.is_gt()),
            Op::GreaterOrEqual => self.compare(item, a, |order| order.is_ge()),
            Op::In => self.policy.sets.get(a as usize).map_or(Tri::Unknown, |set| self.contains(set, item)),
            Op::Ref => self.same(item, self.item(a)),
            Op::Exists => match item.kind {
                ItemKind::Absent => Tri::from(a == 0),
                ItemKind::Null | ItemKind::Opaque | ItemKind::Hidden => Tri::Unknown,
                _ => Tri::from(a == 1),
            },
            Op::Type => type_of(item.kind).map_or(Tri::Unknown, |bit| Tri::from(a & bit != 0)),
            Op::Length => self.length(item).map_or(Tri::Unknown, |length| {
                let order = length.cmp(&a);
                Tri::from(match b {
                    0 => order.is_eq(),
                    1 => order.is_lt(),
                    2 => order.is_le(),
                    3 => order.is_gt(),
                    _ => order.is_ge(),
                })
            }),
            Op::NullOrNot => match item.kind {
                ItemKind::Absent | ItemKind::Opaque | ItemKind::Hidden => Tri::Unknown,
                kind => Tri::from(kind == ItemKind::Null),
            },
            Op::SizeIn => {
                let (Some(length), Some(set)) = (self.length(item), self.policy.sets.get(a as usize)) else { return Tri::Unknown };
                let size = Number::from_u64(u64::from(length));
                let found = range(&self.policy.numbers, set.numbers).binary_search(&size).is_ok();
                if found { Tri::True } else { missing(set, SET_NUMBERS) }
            }
            Op::Any => self.over_elements(Quantifier::Any, a, item),
            Op::Every => self.over_elements(Quantifier::Every, a, item),
            Op::Between => self.between(item, a, b, c),
            _ if !op.is_question() => Tri::Unknown,
            _ => item.string().map_or(Tri::Unknown, |value| self.ask_text(Node { op, a, b, c }, value)),
        }
    }

    fn length(&self, item: Item<'a>) -> Option<u32> {
        self.scan(item.text);
        length(item)
    }

    fn over_elements(&self, quantifier: Quantifier, list: u32, item: Item<'a>) -> Tri {
        match item.kind {
            ItemKind::Array => elements(item.text)
                .map_or(Tri::Unknown, |elements| quantifier.over(elements, |element| self.list(list, element, quantifier))),
            ItemKind::Absent | ItemKind::Opaque | ItemKind::Hidden => Tri::Unknown,
            _ => self.list(list, item, quantifier),
        }
    }

    fn ask_text(&self, Node { op, a, b, c }: Node, value: Text<'a>) -> Tri {
        let operand = self.policy.bytes(TextRef { at: a, len: b });
        self.scan(value.raw());
        let plain = value.as_plain();
        // The module of WebAssembly has a limit to its size, and what is for slices only is the shorter way.
        let plain_to_fold = plain.filter(|_| cfg!(not(target_family = "wasm")));
        Tri::from(match op {
            Op::IsString => value.eq_bytes(operand),
            Op::Prefix => plain.map_or_else(|| text::prefix(value.bytes(), operand), |plain| plain.starts_with(operand)),
            Op::Suffix => plain.map_or_else(|| text::suffix(value.bytes(), value.len(), operand), |plain| plain.ends_with(operand)),
            Op::PrefixIgnoreCase => {
                return plain_to_fold.map_or_else(|| fold::prefix(value.bytes(), operand), |plain| fold::prefix_slice(plain, operand));
            }
            Op::SuffixIgnoreCase => {
                return plain_to_fold
                    .map_or_else(|| fold::suffix(value.bytes(), value.len(), operand), |plain| fold::suffix_slice(plain, operand));
            }
            Op::EqualsIgnoreCase => {
                return plain_to_fold.map_or_else(|| fold::equals(value.bytes(), operand), |plain| fold::equals_slice(plain, operand));
            }
            Op::Contains => {
                let literal = Literal { bytes: operand, failure: self.policy.words(c, b) };
                plain.map_or_else(|| contains(value.bytes(), literal), |plain| contains_slice(plain, literal))
            }
            Op::Wildcard => {
                let Some(wildcard) = self.wildcard(operand, c) else { return Tri::Unknown };
                plain.map_or_else(|| wildcard.matches(value.bytes(), value.len()), |plain| wildcard.matches_slice(plain))
            }
            Op::Regex => {
                let Some(automaton) = self.policy.automaton(a) else { return Tri::Unknown };
                plain.map_or_else(|| automaton.matches(value.bytes()), |plain| automaton.matches(plain.iter().copied()))
            }
            Op::CidrV4 => return cidr(value.bytes(), Address::V4(a), u8::try_from(b).unwrap_or(u8::MAX)),
            Op::CidrV6 => {
                let network = self.policy.bytes(TextRef { at: a, len: 16 });
                let Ok(network) = network.try_into() else { return Tri::Unknown };
                return cidr(value.bytes(), Address::V6(u128::from_be_bytes(network)), u8::try_from(b).unwrap_or(u8::MAX));
            }
            Op::Host => return host::matches(value.bytes(), operand, c == 1),
            Op::EmailDomain => return email::matches(value.bytes(), operand),
            Op::PathPrefix => return path::prefix(value.bytes(), c == 1, operand),
            _ => return Tri::Unknown,
        })
    }

    fn wildcard(&self, bytes: &'a [u8], at: u32) -> Option<Wildcard<'a>> {
        let count = self.policy.words.get(at as usize).copied()?;
        Wildcard::new(bytes, self.policy.words(at.wrapping_add(1), count))
    }

    fn compare(&self, item: Item<'a>, number: u32, test: impl Fn(core::cmp::Ordering) -> bool) -> Tri {
        self.scan(item.text);
        let (Some(value), Some(operand)) = (item.number(), self.policy.numbers.get(number as usize)) else { return Tri::Unknown };
        Tri::from(test(value.cmp(operand)))
    }

    fn between(&self, item: Item<'a>, low: u32, high: u32, inside: u32) -> Tri {
        self.scan(item.text);
        let (Some(value), Some(low), Some(high)) = (item.number(), self.policy.number_at(low), self.policy.number_at(high)) else {
            return Tri::Unknown;
        };
        let above = if inside & 1 == 1 { value >= *low } else { value > *low };
        let below = if inside & 2 == 2 { value <= *high } else { value < *high };
        Tri::from(above && below)
    }

    /// Membership: unknown rather than false if a member is of another type, but for null, which is no other value.
    fn contains(&self, set: &SetRecord, item: Item<'a>) -> Tri {
        self.scan(item.text);
        let (found, own) = match item.kind {
            ItemKind::Absent | ItemKind::Opaque | ItemKind::Array | ItemKind::Hidden => return Tri::Unknown,
            ItemKind::Null => (set.flags & SET_NULL != 0, SET_NULL),
            ItemKind::Bool(value) => (set.flags & if value { SET_TRUE } else { SET_FALSE } != 0, SET_TRUE | SET_FALSE),
            ItemKind::Number => match item.number() {
                Some(number) => (range(&self.policy.numbers, set.numbers).binary_search(&number).is_ok(), SET_NUMBERS),
                None => (false, 0),
            },
            ItemKind::String => (self.contains_text(set, item), SET_STRINGS),
            ItemKind::Object => (false, 0),
        };
        if found { Tri::True } else { missing(set, own) }
    }

    fn contains_text(&self, set: &SetRecord, item: Item<'a>) -> bool {
        let Some(text) = item.string() else { return false };
        set.flags & SET_STRINGS != 0 && self.policy.has_text(set.slots, item.string_hash(text), text)
    }

    /// `ref`: both strings, numbers or bools of one type.
    fn same(&self, item: Item<'_>, other: Item<'_>) -> Tri {
        self.scan(item.text);
        self.scan(other.text);
        match (item.kind, other.kind) {
            (ItemKind::Bool(a), ItemKind::Bool(b)) => Tri::from(a == b),
            (ItemKind::Number, ItemKind::Number) => match (item.number(), other.number()) {
                (Some(a), Some(b)) => Tri::from(a == b),
                _ => Tri::Unknown,
            },
            (ItemKind::String, ItemKind::String) => match (item.string(), other.string()) {
                (Some(a), Some(b)) => Tri::from(match b.as_plain() {
                    Some(b) => a.eq_bytes(b),
                    None => a.bytes().eq(b.bytes()),
                }),
                _ => Tri::Unknown,
            },
            _ => Tri::Unknown,
        }
    }
}

/// So many alternatives that ask both the value and the element are answered for the value only once.
pub(crate) const KNOWN_MAX: usize = 64;

/// Whether no further condition of a rule can change what comes of it.
#[inline(always)]
fn is_settled(value: Tri, rule: Properties) -> bool {
    value.is_false() || (value.is_unknown() && rule.verdict() == Verdict::Allow)
}

fn quantifier(rule: Properties) -> Quantifier {
    if rule.verdict() == Verdict::Allow { Quantifier::Every } else { Quantifier::Any }
}

/// What is not among a set's members of its own type: unknown if there are others, but for null, which is no other value.
fn missing(set: &SetRecord, own: u32) -> Tri {
    if set.flags & !(own | SET_NULL) == 0 { Tri::False } else { Tri::Unknown }
}

/// The bit of a value's type; 0 of an absent one, `None` of one that cannot be told.
fn type_of(kind: ItemKind) -> Option<u32> {
    Some(match kind {
        ItemKind::Absent => 0,
        ItemKind::Opaque | ItemKind::Hidden => return None,
        ItemKind::Null => type_bit::NULL,
        ItemKind::Bool(_) => type_bit::BOOL,
        ItemKind::Number => type_bit::NUMBER,
        ItemKind::String => type_bit::STRING,
        ItemKind::Array => type_bit::ARRAY,
        ItemKind::Object => type_bit::OBJECT,
    })
}

/// Characters of a string, or own elements of an array that has no array in it.
fn length(item: Item<'_>) -> Option<u32> {
    let count = match item.kind {
        ItemKind::String => item.string()?.chars_count(),
        ItemKind::Array => {
            let mut count = 0_usize;
            for element in crate::json::walk::elements(item.text) {
                if element.kind == crate::json::Kind::Array {
                    return None;
                }
                count = count.wrapping_add(1);
            }
            count
        }
        _ => return None,
    };
    u32::try_from(count).ok()
}

impl Policy {
    pub(crate) fn automaton(&self, automaton: u32) -> Option<Automaton<'_>> {
        let record = self.automata.get(automaton as usize)?;
        Some(Automaton {
            classes: self.bytes(TextRef { at: record.classes, len: 256 }),
            stride: record.stride,
            transitions: self.words(record.transitions, record.states.wrapping_mul(record.stride)),
            accepts: self.words(record.accepts, record.states.div_ceil(32)),
            start: record.start,
        })
    }

    /// Whether a set's hash slots hold a text.
    fn has_text(&self, slots: crate::policy::HashRange, hash: u64, text: Text<'_>) -> bool {
        // The two halves of a hash: where to look, and what to compare first.
        let (mut at, tag) = ((hash >> 32) as u32, hash as u32);
        // INVARIANT: loading has checked that the range holds an empty slot, so the search ends.
        for _ in 0..=slots.mask {
            let Some(slot) = self.slots.get(slots.first.wrapping_add(at & slots.mask) as usize).filter(|slot| !slot.is_empty()) else {
                return false;
            };
            if slot.tag == tag && text.eq_bytes(self.bytes(slot.text)) {
                return true;
            }
            at = at.wrapping_add(1);
        }
        false
    }

    pub(crate) fn number_at(&self, number: u32) -> Option<&Number> {
        self.numbers.get(number as usize)
    }
}
