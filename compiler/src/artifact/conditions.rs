//! Conditions as nodes. Parents come before children and siblings are adjacent, so the loader can check the shape in one
//! pass from the end.

use toolgate_runtime::artifact::format::{
    CHECK_LEN_SHIFT, CheckOp, FIELD_HASHED, FIELD_NUMERIC, FIELD_READ, NONE, Op, PLACE_OF_ELEMENT, PLACE_SIZE, SET_FALSE, SET_NULL,
    SET_NUMBERS, SET_STRINGS, SET_TRUE, Section, type_bit,
};
use toolgate_runtime::json::hash::hash;
use toolgate_runtime::matcher::wildcard::failure;

use super::EncodeError;
use super::checks::Check;
use super::sections::{Sections, home, tag};
use crate::ir::expr::TextMethod;
use crate::ir::{Cidr, Comparison, Policy, Regex, Scalar, TextTest, Type, Wildcard};
use crate::limits::PATTERN_STATES_TOTAL_MAX;
use crate::plan::automaton;
use crate::plan::condition::{Ask, Condition, ListPlan, RuleConditions};
use crate::plan::expression::{Place, Side};
use crate::plan::fields::FieldTree;

/// A node still to be filled.
const BLANK: [u32; 4] = [0, NONE, 0, NONE];

/// Writes the conditions of one rule.
struct Writer<'s, 'p> {
    sections: &'s mut Sections,
    policy: &'p Policy,
    fields: &'s mut FieldTree,
}

impl Sections {
    /// Writes a rule's conditions: appends the checks as words, and returns the tree or [`NONE`].
    pub(super) fn rule_conditions(
        &mut self,
        conditions: &RuleConditions<'_>,
        policy: &Policy,
        fields: &mut FieldTree,
        checks: &mut Vec<u32>,
    ) -> Result<u32, EncodeError> {
        let mut writer = Writer { sections: self, policy, fields };
        for condition in &conditions.conjuncts {
            if let Some(check) = Check::write(condition, checks) {
                writer.fields.mark(check.field, FIELD_READ | if check.is_numeric() { FIELD_NUMERIC } else { 0 });
                continue;
            }
            let at = writer.sections.reserve(Section::Nodes, 1, BLANK);
            writer.condition(at, condition)?;
            checks.extend([CheckOp::Node as u32 | 1 << CHECK_LEN_SHIFT, at]);
        }
        let tree = match &conditions.tree {
            None => NONE,
            Some(tree) => {
                let at = writer.sections.reserve(Section::Nodes, 1, BLANK);
                writer.condition(at, tree)?;
                at
            }
        };
        Ok(tree)
    }

    /// Hash slots of a set with at most half of them taken. Texts must be distinct.
    fn hash_slots<'t>(&mut self, texts: impl ExactSizeIterator<Item = &'t [u8]>) -> (u32, u32) {
        let size = texts.len().saturating_mul(2).max(2).next_power_of_two();
        let first = self.reserve(Section::Slots, size, [0, NONE, 0]);
        let mask = self.count(size).saturating_sub(1);
        for text in texts {
            let hash = hash(text);
            let mut slot = home(hash) & mask;
            while self.get::<3>(Section::Slots, first.saturating_add(slot)).is_some_and(|[_, at, _]| at != NONE) {
                slot = slot.wrapping_add(1) & mask;
            }
            let (at, len) = self.text(text);
            self.set(Section::Slots, first.saturating_add(slot), [tag(hash), at, len]);
        }
        (first, mask)
    }
}

impl Writer<'_, '_> {
    fn set(&mut self, at: u32, op: Op, a: u32, b: u32, c: u32) {
        self.sections.set(Section::Nodes, at, [op as u32, a, b, c]);
    }

    fn children(&mut self, count: usize) -> (u32, u32) {
        (self.sections.reserve(Section::Nodes, count, BLANK), self.sections.count(count))
    }

    fn condition(&mut self, at: u32, condition: &Condition<'_>) -> Result<(), EncodeError> {
        match condition {
            Condition::And(parts) | Condition::Or(parts) => {
                let (first, count) = self.children(parts.len());
                let op = if matches!(condition, Condition::And(_)) { Op::And } else { Op::Or };
                self.set(at, op, first, count, 0);
                for (at, part) in (first..).zip(parts) {
                    self.condition(at, part)?;
                }
            }
            Condition::Not(inner) => {
                let (child, _) = self.children(1);
                self.set(at, Op::Not, child, 0, 0);
                self.condition(child, inner)?;
            }
            Condition::Descend(field, inner) => {
                let (child, _) = self.children(1);
                self.set(at, Op::Descend, *field, child, 0);
                self.condition(child, inner)?;
            }
            Condition::List(field, list) => {
                self.fields.mark(*field, FIELD_READ | needs(list));
                if list.whole().is_empty() && list.both().is_empty() {
                    let (first, count) = self.asks(list.each())?;
                    self.set(at, Op::Each, *field, first, count);
                } else {
                    let list = self.list(list)?;
                    self.set(at, Op::List, *field, list, 0);
                }
            }
            Condition::One(place, ask) => {
                let place = self.place(*place, need(ask));
                let (first, count) = self.asks(std::slice::from_ref(ask))?;
                self.set(at, Op::One, place, first, count);
            }
            Condition::Same(a, b) => {
                let (a, b) = (self.side(*a, 0), self.side(*b, 0));
                self.set(at, Op::Same, a, b, 0);
            }
            Condition::Ordered { less, more, or_equal } => {
                let (less, more) = (self.side(*less, FIELD_NUMERIC), self.side(*more, FIELD_NUMERIC));
                self.set(at, Op::Ordered, less, more, u32::from(*or_equal));
            }
            Condition::Text(method, text, sought) => {
                let op = match method {
                    TextMethod::StartsWith => Op::StartsWith,
                    TextMethod::EndsWith => Op::EndsWith,
                    TextMethod::Contains => Op::Includes,
                };
                let (text, sought) = (self.place(*text, 0), self.place(*sought, 0));
                self.set(at, op, text, sought, 0);
            }
            Condition::Among(array, ask) => {
                let array = self.place(*array, 0);
                let (child, _) = self.asks(std::slice::from_ref(ask))?;
                self.set(at, Op::Among, array, child, 0);
            }
            Condition::AmongOf(side, array) => {
                let (side, array) = (self.side(*side, 0), self.place(*array, 0));
                self.set(at, Op::AmongOf, side, array, 0);
            }
            Condition::Over(array, is_all, body) => {
                let array = self.place(*array, 0);
                let (child, _) = self.children(1);
                self.set(at, if *is_all { Op::All } else { Op::Some }, array, child, 0);
                self.condition(child, body)?;
            }
        }
        Ok(())
    }

    /// A place as a word. What is found in an element is no field that the runtime prepares.
    fn place(&mut self, place: Place, needs: u32) -> u32 {
        if place.of_element {
            return place.field | PLACE_OF_ELEMENT;
        }
        self.fields.mark(place.field, FIELD_READ | needs);
        place.field
    }

    fn side(&mut self, side: Side, needs: u32) -> u32 {
        match side {
            Side::Value(place) => self.place(place, needs),
            Side::Size(place) => self.place(place, 0) | PLACE_SIZE,
        }
    }

    fn list(&mut self, list: &ListPlan<'_>) -> Result<u32, EncodeError> {
        let (whole, both, each) = (list.whole().len(), list.both().len(), list.each().len());
        let (first, _) = self.children(whole.saturating_add(both).saturating_add(each));
        let (whole, both, each) = (self.sections.count(whole), self.sections.count(both), self.sections.count(each));
        let record = self.sections.push(Section::Lists, [first, whole, both, each]);
        let mut at = first;
        for ask in list.whole() {
            self.ask(at, ask)?;
            at = at.saturating_add(1);
        }
        for (of_value, of_element) in list.both() {
            let (child, _) = self.children(2);
            let second = child.saturating_add(1);
            self.set(at, Op::Both, child, second, 0);
            self.ask(child, of_value)?;
            self.ask(second, of_element)?;
            at = at.saturating_add(1);
        }
        for ask in list.each() {
            self.ask(at, ask)?;
            at = at.saturating_add(1);
        }
        Ok(record)
    }

    /// Adjacent questions. Those without parts are written once for all who ask the same.
    fn asks(&mut self, asks: &[Ask<'_>]) -> Result<(u32, u32), EncodeError> {
        let count = self.sections.count(asks.len());
        let mut simple = Vec::with_capacity(asks.len());
        for ask in asks {
            let Some(node) = self.simple(ask)? else {
                let (first, _) = self.children(asks.len());
                for (at, ask) in (first..).zip(asks) {
                    self.ask(at, ask)?;
                }
                return Ok((first, count));
            };
            simple.push(node);
        }
        if let Some(found) = self.sections.shared_asks.get(&simple) {
            return Ok((*found, count));
        }
        let first = self.sections.len(Section::Nodes);
        for node in &simple {
            self.sections.push(Section::Nodes, *node);
        }
        self.sections.shared_asks.insert(simple, first);
        Ok((first, count))
    }

    fn ask(&mut self, at: u32, ask: &Ask<'_>) -> Result<(), EncodeError> {
        match ask {
            Ask::All(asks) | Ask::AnythingBut(asks) if self.simple(ask)?.is_none() => {
                let (first, count) = self.asks(asks)?;
                let op = if matches!(ask, Ask::All(_)) { Op::Operators } else { Op::AnythingBut };
                self.set(at, op, first, count, 0);
            }
            Ask::Any(list) | Ask::Every(list) => {
                let op = if matches!(ask, Ask::Any(_)) { Op::Any } else { Op::Every };
                let list = self.list(list)?;
                self.set(at, op, list, 0, 0);
            }
            _ => {
                if let Some(node) = self.simple(ask)? {
                    self.sections.set(Section::Nodes, at, node);
                }
            }
        }
        Ok(())
    }

    /// The node of a question without parts.
    fn simple(&mut self, ask: &Ask<'_>) -> Result<Option<[u32; 4]>, EncodeError> {
        let node = |op: Op, a: u32, b: u32, c: u32| [op as u32, a, b, c];
        Ok(Some(match ask {
            Ask::All(asks) => return Ok(self.between(asks)),
            Ask::AnythingBut(_) | Ask::Any(_) | Ask::Every(_) => return Ok(None),
            Ask::Scalar(Scalar::Null) => node(Op::IsNull, 0, 0, 0),
            Ask::Scalar(Scalar::Bool(value)) => node(Op::IsBool, u32::from(*value), 0, 0),
            Ask::Scalar(Scalar::Number(number)) => node(Op::IsNumber, self.sections.number(number), 0, 0),
            Ask::Scalar(Scalar::String(text)) => self.text(Op::IsString, text, 0),
            Ask::Set(scalars) => node(Op::In, self.scalars(scalars.iter().copied()), 0, 0),
            Ask::In(list) => node(Op::In, self.named_list(*list), 0, 0),
            Ask::Text(text) => self.text_test(text),
            Ask::Regex(regex) => node(Op::Regex, self.automaton(regex, true)?, 0, 0),
            Ask::Search(regex) => node(Op::Regex, self.automaton(regex, false)?, 0, 0),
            Ask::Null => node(Op::NullOrNot, 0, 0, 0),
            Ask::SizeSet(sizes) => node(Op::SizeIn, self.scalars(sizes.iter().copied()), 0, 0),
            Ask::SizeIn(list) => node(Op::SizeIn, self.named_list(*list), 0, 0),
            Ask::Compare(comparison, number) => {
                let op = match comparison {
                    Comparison::Equal => Op::IsNumber,
                    Comparison::Less => Op::Less,
                    Comparison::LessOrEqual => Op::LessOrEqual,
                    Comparison::Greater => Op::Greater,
                    Comparison::GreaterOrEqual => Op::GreaterOrEqual,
                };
                node(op, self.sections.number(number), 0, 0)
            }
            Ask::Cidr(Cidr::V4(network, len)) => node(Op::CidrV4, *network, u32::from(*len), 0),
            Ask::Cidr(Cidr::V6(network, len)) => node(Op::CidrV6, self.sections.text(&network.to_be_bytes()).0, u32::from(*len), 0),
            Ask::Host(host) => self.text(Op::Host, &host.name, u32::from(host.subdomains)),
            Ask::EmailDomain(domain) => self.text(Op::EmailDomain, domain, 0),
            Ask::PathPrefix(path) => self.text(Op::PathPrefix, &path.segments.join("/"), u32::from(path.absolute)),
            Ask::Ref(field) => {
                self.fields.mark(*field, FIELD_READ);
                node(Op::Ref, *field, 0, 0)
            }
            Ask::Exists(exists) => node(Op::Exists, u32::from(*exists), 0, 0),
            Ask::Type(types) => node(Op::Type, types.iter().map(|t| type_mask(*t)).fold(0, |all, one| all | one), 0, 0),
            // No value is longer than a request, so a bound past `u32` compares as its largest value does.
            Ask::Length(comparison, bound) => node(Op::Length, u32::try_from(*bound).unwrap_or(u32::MAX), comparison_word(*comparison), 0),
        }))
    }

    /// A bound below and one above as one question.
    fn between(&mut self, asks: &[Ask<'_>]) -> Option<[u32; 4]> {
        let [Ask::Compare(one, a), Ask::Compare(other, b)] = asks else { return None };
        let (low, high) = match (one, other) {
            (Comparison::Greater | Comparison::GreaterOrEqual, Comparison::Less | Comparison::LessOrEqual) => ((one, a), (other, b)),
            (Comparison::Less | Comparison::LessOrEqual, Comparison::Greater | Comparison::GreaterOrEqual) => ((other, b), (one, a)),
            _ => return None,
        };
        let inside = u32::from(*low.0 == Comparison::GreaterOrEqual) | u32::from(*high.0 == Comparison::LessOrEqual) << 1;
        Some([Op::Between as u32, self.sections.number(low.1), self.sections.number(high.1), inside])
    }

    fn text(&mut self, op: Op, text: &str, c: u32) -> [u32; 4] {
        let (text, len) = self.sections.text(text.as_bytes());
        [op as u32, text, len, c]
    }

    fn text_test(&mut self, test: &TextTest) -> [u32; 4] {
        match test {
            TextTest::Prefix { text, ignore_case } => self.text(if *ignore_case { Op::PrefixIgnoreCase } else { Op::Prefix }, text, 0),
            TextTest::Suffix { text, ignore_case } => self.text(if *ignore_case { Op::SuffixIgnoreCase } else { Op::Suffix }, text, 0),
            TextTest::EqualsIgnoreCase(text) => self.text(Op::EqualsIgnoreCase, text, 0),
            TextTest::Contains(text) => {
                let failures = self.failures(text);
                self.text(Op::Contains, text, failures)
            }
            TextTest::Wildcard(Wildcard { literals }) => match literals.as_slice() {
                [only] => self.text(Op::IsString, only, 0),
                [first, last] if last.is_empty() && !first.is_empty() => self.text(Op::Prefix, first, 0),
                [first, last] if first.is_empty() && !last.is_empty() => self.text(Op::Suffix, last, 0),
                [first, between @ .., last] => self.wildcard(first, between, last),
                // INVARIANT: a checked wildcard has a literal, if only an empty one.
                [] => self.text(Op::IsString, "", 0),
            },
        }
    }

    /// The encoding that the runtime's matcher reads, its words preceded by their number.
    fn wildcard(&mut self, first: &str, between: &[String], last: &str) -> [u32; 4] {
        let mut bytes = [first.as_bytes(), last.as_bytes()].concat();
        let mut words = vec![0, self.sections.count(first.len()), self.sections.count(last.len())];
        for literal in between {
            bytes.extend_from_slice(literal.as_bytes());
            words.push(self.sections.count(literal.len()));
            let table = words.len();
            words.resize(table.saturating_add(literal.len()), 0);
            if let Some(table) = words.get_mut(table..) {
                failure(literal.as_bytes(), table);
            }
        }
        let count = self.sections.count(words.len()).saturating_sub(1);
        if let Some(first) = words.first_mut() {
            *first = count;
        }
        let (text, len) = self.sections.text(&bytes);
        let (first, _) = self.sections.words(&words);
        [Op::Wildcard as u32, text, len, first]
    }

    fn failures(&mut self, literal: &str) -> u32 {
        let mut table = vec![0; literal.len()];
        failure(literal.as_bytes(), &mut table);
        self.sections.words(&table).0
    }

    fn named_list(&mut self, list: usize) -> u32 {
        if let Some(found) = self.sections.named_sets.get(&list) {
            return *found;
        }
        let members = self.policy.lists.get(list).map_or(&[][..], |list| &list.members);
        let set = self.scalars(members.iter());
        self.sections.named_sets.insert(list, set);
        set
    }

    /// A set, written once for all who have the same members.
    fn scalars<'a>(&mut self, scalars: impl Iterator<Item = &'a Scalar>) -> u32 {
        let mut members: Vec<Scalar> = scalars.cloned().collect();
        members.sort_unstable();
        members.dedup();
        if let Some(found) = self.sections.sets.get(&members) {
            return *found;
        }
        let (mut flags, mut texts, mut numbers) = (0, Vec::new(), Vec::new());
        for scalar in &members {
            match scalar {
                Scalar::Null => flags |= SET_NULL,
                Scalar::Bool(true) => flags |= SET_TRUE,
                Scalar::Bool(false) => flags |= SET_FALSE,
                Scalar::Number(number) => numbers.push(number),
                Scalar::String(text) => texts.push(text.as_bytes()),
            }
        }
        let mut slots = (0, 0);
        if !texts.is_empty() {
            flags |= SET_STRINGS;
            slots = self.sections.hash_slots(texts.into_iter());
        }
        if !numbers.is_empty() {
            flags |= SET_NUMBERS;
        }
        let numbers = self.sections.number_run(numbers.into_iter());
        let set = self.sections.push(Section::Sets, [flags, slots.0, slots.1, numbers.0, numbers.1]);
        self.sections.sets.insert(members, set);
        set
    }

    /// The automaton of a pattern for whole values, or for what is somewhere in them.
    fn automaton(&mut self, regex: &Regex, whole: bool) -> Result<u32, EncodeError> {
        let name = (regex.source.clone(), whole);
        if let Some(found) = self.sections.automata.get(&name) {
            return Ok(*found);
        }
        let built = if whole { automaton::build(&regex.hir) } else { automaton::build(&automaton::somewhere(&regex.hir)) };
        let built = built.map_err(|_| EncodeError::PatternStates { rule: 0 })?;
        self.sections.states = self.sections.states.saturating_add(built.states);
        if self.sections.states > PATTERN_STATES_TOTAL_MAX {
            return Err(EncodeError::PatternStatesTotal { rule: 0 });
        }
        let (classes, _) = self.sections.text(&built.classes);
        let (transitions, _) = self.sections.words(&built.transitions);
        let (accepts, _) = self.sections.words(&built.accepts);
        let record = [classes, built.stride, transitions, built.states, built.start, accepts];
        let at = self.sections.push(Section::Automata, record);
        self.sections.automata.insert(name, at);
        Ok(at)
    }
}

/// What the runtime should prepare for a field under this list.
fn needs(list: &ListPlan<'_>) -> u32 {
    let both = list.both().iter().map(|(_, each)| each);
    list.each().iter().chain(both).map(need).fold(0, |all, one| all | one)
}

/// What it should prepare for a field under this question.
fn need(ask: &Ask<'_>) -> u32 {
    match ask {
        Ask::All(asks) | Ask::AnythingBut(asks) => asks.iter().map(need).fold(0, |all, one| all | one),
        Ask::Set(scalars) => scalars.iter().map(|scalar| need(&Ask::Scalar(scalar))).fold(0, |all, one| all | one) | FIELD_HASHED,
        Ask::In(_) => FIELD_HASHED | FIELD_NUMERIC,
        Ask::Scalar(Scalar::Number(_)) | Ask::Compare(..) => FIELD_NUMERIC,
        _ => 0,
    }
}

fn type_mask(kind: Type) -> u32 {
    match kind {
        Type::String => type_bit::STRING,
        Type::Number => type_bit::NUMBER,
        Type::Bool => type_bit::BOOL,
        Type::Null => type_bit::NULL,
        Type::Array => type_bit::ARRAY,
        Type::Object => type_bit::OBJECT,
    }
}

fn comparison_word(comparison: Comparison) -> u32 {
    match comparison {
        Comparison::Equal => 0,
        Comparison::Less => 1,
        Comparison::LessOrEqual => 2,
        Comparison::Greater => 3,
        Comparison::GreaterOrEqual => 4,
    }
}
