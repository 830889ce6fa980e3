//! Deciding: candidates from the index, their decisions combined by the law's section 8.

use core::ops::ControlFlow;

use crate::decision::{Decision, Risk, Verdict};
use crate::evaluate::Evaluator;
use crate::fields::FieldValues;
use crate::holding::{Held, Holding};
use crate::index::{Visitor, Walk};
use crate::item::{Item, Source};
use crate::json::{Reason, Refusal};
use crate::matcher::Tri;
use crate::policy::{Policy, Properties, TextRef, range};
use crate::scratch::{Lists, Request, SHOWN_MAX, Scratch, Ways};

/// How to decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The caller has obtained the clarification: rules and a default that ask for it count as allow.
    pub clarified: bool,
}

impl Policy {
    /// Decides one request, given as the bytes of a JSON object.
    ///
    /// # Allocation and time
    /// Allocates nothing. Near-linear in the bytes and in the rules that hold; the artifact's certificate has the bound.
    ///
    /// # Errors
    /// Never: bytes that are no request are a deny with their [`Reason`], and a condition that cannot be told counts by the
    /// rule's polarity.
    ///
    /// # Panics
    /// Never, for any bytes.
    pub fn decide<'a>(&'a self, request: &[u8], scratch: &'a mut Scratch, options: Options) -> Decision<'a> {
        scratch.fit(self);
        match crate::request::read(self, request, &mut scratch.keys, &mut scratch.shapes, &mut scratch.request) {
            Ok(()) => self.decide_full(
                &Request { fields: &scratch.request, bytes: request, missing: Item::ABSENT },
                &mut scratch.ways,
                &mut scratch.holding,
                &mut scratch.lists,
                options,
            ),
            Err(refusal) => self.refused(refusal),
        }
    }

    /// The verdict alone, without paying for what goes with it: stops at the strictest rule.
    pub fn verdict(&self, request: &[u8], scratch: &mut Scratch, options: Options) -> Verdict {
        scratch.fit(self);
        match crate::request::read(self, request, &mut scratch.keys, &mut scratch.shapes, &mut scratch.request) {
            Ok(()) => {
                let request = Request { fields: &scratch.request, bytes: request, missing: Item::ABSENT };
                self.decide_verdict(&request, &mut scratch.ways, options)
            }
            Err(_) => Verdict::Deny,
        }
    }

    /// Decides one request, given as the values of the fields that the policy reads.
    ///
    /// A field that was not given a value is unknown to everything, so a host that is one field behind fails closed. Values
    /// made for another policy are a deny with [`Reason::Action`].
    pub fn decide_fields<'a>(&'a self, values: &'a FieldValues<'_>, scratch: &'a mut Scratch, options: Options) -> Decision<'a> {
        scratch.fit(self);
        match values.check(self) {
            Ok(()) => self.decide_full(values, &mut scratch.ways, &mut scratch.holding, &mut scratch.lists, options),
            Err(refusal) => self.refused(refusal),
        }
    }

    /// The verdict alone, from the values of the fields.
    pub fn verdict_fields(&self, values: &FieldValues<'_>, scratch: &mut Scratch, options: Options) -> Verdict {
        scratch.fit(self);
        match values.check(self) {
            Ok(()) => self.decide_verdict(values, &mut scratch.ways, options),
            Err(_) => Verdict::Deny,
        }
    }

    pub(crate) fn refused(&self, refusal: Refusal) -> Decision<'_> {
        Decision {
            policy: self,
            verdict: Verdict::Deny,
            rules: &[],
            truncated: false,
            requirements: &[],
            risk: None,
            message: None,
            undecided: &[],
            shadow: &[],
            holding: None,
            default: false,
            refusal: Some(refusal),
        }
    }

    pub(crate) fn decide_verdict<S: Source>(&self, source: &S, ways: &mut Ways, options: Options) -> Verdict {
        let evaluator = Evaluator::new(self, source);
        let mut strictest = Strictest { policy: self, options, verdict: None, lifted: false, stop_at_deny: true };
        let visitor = watched(&mut strictest);
        // A walk that breaks off has found a deny.
        let _ = Walk::new(self, &evaluator, visitor, ways).run();
        strictest.finish().0
    }

    pub(crate) fn decide_full<'a, S: Source>(
        &'a self,
        source: &S,
        ways: &mut Ways,
        holding: &'a mut Holding,
        lists: &'a mut Lists,
        options: Options,
    ) -> Decision<'a> {
        holding.clear();
        let evaluator = Evaluator::new(self, source);
        let strictest = Strictest { policy: self, options, verdict: None, lifted: false, stop_at_deny: false };
        let mut collect = Collect { strictest, holding };
        let visitor = watched(&mut collect);
        // Nothing breaks off a full walk.
        let _ = Walk::new(self, &evaluator, visitor, ways).run();
        let (verdict, default_joins) = collect.strictest.finish();
        let decision = self.list(&evaluator, holding, lists, verdict, default_joins, options);
        #[cfg(feature = "count-steps")]
        {
            ways.counted = (evaluator.steps.get(), evaluator.scanned.get());
        }
        decision
    }

    /// Lists what goes with the decision, in document order.
    fn list<'a, S: Source>(
        &'a self,
        evaluator: &Evaluator<'_, S>,
        holding: &'a Holding,
        lists: &'a mut Lists,
        verdict: Verdict,
        default_joins: bool,
        options: Options,
    ) -> Decision<'a> {
        lists.required.clear();
        let (mut rules, mut shadow, mut undecided, mut requirements) = (0, 0, 0, 0);
        let mut truncated = false;
        let mut risk: Option<Risk> = None;
        let mut message: Option<TextRef> = None;
        let mut tell = |Held { rule, properties, doubted }: Held| {
            if !properties.enforced() {
                truncated |= !show(&mut lists.shadow, &mut shadow, rule);
                return;
            }
            let own = counted(properties.verdict(), options);
            // What most rules do not have lies elsewhere, and is not worth a look.
            let record = self.rules.get(rule as usize).filter(|_| properties.tells() || doubted);
            let extra = record.map(|record| self.extra(record));
            if own == verdict {
                truncated |= !show(&mut lists.rules, &mut rules, rule);
                message = message.or(extra.and_then(|extra| extra.message));
                if doubted {
                    if undecided < SHOWN_MAX {
                        // INVARIANT: a rule whose value is unknown has a field in doubt.
                        let field = record.and_then(|record| evaluator.doubt(record)).unwrap_or(0);
                        truncated |= !show(&mut lists.undecided, &mut undecided, (rule, field));
                    } else {
                        truncated = true;
                    }
                }
            }
            if verdict != Verdict::Deny || own == Verdict::Deny {
                let requirements_of_rule = extra.map_or((0, 0), |extra| extra.requirements);
                self.require(requirements_of_rule, &mut lists.required, &mut lists.requirements, &mut requirements);
                risk = risk.max(properties.risk());
            }
        };
        holding.few().iter().for_each(|held| tell(*held));
        if holding.is_many() {
            holding.many(self).for_each(tell);
        }
        let from_default = rules == 0;
        if default_joins && (verdict != Verdict::Deny || self.default.verdict == Verdict::Deny) {
            self.require(self.default.requirements, &mut lists.required, &mut lists.requirements, &mut requirements);
            risk = risk.max(self.default.risk);
        }
        let lists: &'a Lists = lists;
        Decision {
            policy: self,
            verdict,
            rules: lists.rules.get(..rules).unwrap_or(&[]),
            truncated,
            requirements: lists.requirements.get(..requirements).unwrap_or(&[]),
            risk,
            message: if from_default { self.default.message } else { message },
            undecided: lists.undecided.get(..undecided).unwrap_or(&[]),
            shadow: lists.shadow.get(..shadow).unwrap_or(&[]),
            holding: Some(holding),
            default: from_default,
            refusal: None,
        }
    }

    fn require(&self, wanted: (u32, u32), required: &mut crate::bitset::BitSet, out: &mut [u32], count: &mut usize) {
        for requirement in range(&self.words, wanted) {
            if required.insert(*requirement) {
                show(out, count, *requirement);
            }
        }
    }
}

/// Puts an entry into a list if there is room.
fn show<T>(list: &mut [T], count: &mut usize, entry: T) -> bool {
    let Some(place) = list.get_mut(*count) else { return false };
    *place = entry;
    *count = count.wrapping_add(1);
    true
}

fn counted(verdict: Verdict, options: Options) -> Verdict {
    if options.clarified && verdict == Verdict::ClarificationRequired { Verdict::Allow } else { verdict }
}

/// Whom the walk tells. The module of WebAssembly has a limit to its size, and the walk twice would be a tenth of it.
#[cfg(not(target_family = "wasm"))]
fn watched<V: Visitor>(visitor: &mut V) -> &mut V {
    visitor
}

#[cfg(target_family = "wasm")]
fn watched<'v, V: Visitor + 'v>(visitor: &'v mut V) -> &'v mut (dyn Visitor + 'v) {
    visitor
}

/// Keeps the strictest decision and whether the default is lifted.
struct Strictest<'a> {
    policy: &'a Policy,
    options: Options,
    verdict: Option<Verdict>,
    lifted: bool,
    stop_at_deny: bool,
}

impl Strictest<'_> {
    /// The decision, and whether the default joined in.
    fn finish(&self) -> (Verdict, bool) {
        let default = (!self.lifted).then(|| counted(self.policy.default.verdict, self.options));
        // INVARIANT: a lifted default means that a rule holds; nothing at all would be a deny.
        (self.verdict.max(default).unwrap_or(Verdict::Deny), !self.lifted)
    }
}

impl Visitor for Strictest<'_> {
    #[inline]
    fn matters(&self, rule: Properties) -> bool {
        let lifts = !self.lifted && rule.lifts();
        rule.enforced() && (lifts || self.verdict < Some(counted(rule.verdict(), self.options)))
    }

    #[inline]
    fn holds(&mut self, _: u32, rule: Properties, value: Tri) -> ControlFlow<()> {
        if !rule.enforced() {
            return ControlFlow::Continue(());
        }
        let verdict = counted(rule.verdict(), self.options);
        self.lifted |= value.is_true() && rule.lifts();
        self.verdict = self.verdict.max(Some(verdict));
        if self.stop_at_deny && verdict == Verdict::Deny { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Keeps every rule that holds.
struct Collect<'a> {
    strictest: Strictest<'a>,
    holding: &'a mut Holding,
}

impl Visitor for Collect<'_> {
    #[inline]
    fn matters(&self, _: Properties) -> bool {
        true
    }

    #[inline]
    fn holds(&mut self, rule: u32, properties: Properties, value: Tri) -> ControlFlow<()> {
        self.holding.insert(Held { rule, properties, doubted: value.is_unknown() });
        self.strictest.holds(rule, properties, value)
    }
}

/// The refusal of values that are no request.
pub(crate) fn no_action() -> Refusal {
    Refusal { reason: Reason::Action, offset: 0 }
}
