//! Deciding: candidates from the index, their decisions combined by the law's section 8.

use core::ops::ControlFlow;

use crate::decision::{Decision, Risk, Verdict};
use crate::evaluate::Evaluator;
use crate::fields::FieldValues;
use crate::holding::{Held, Holding};
use crate::index::{Visitor, Walk};
use crate::item::{Item, Source};
use crate::json::{Reason, Refusal};
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
        let mut strictest = Strictest::new(self, options);
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
        let mut collect = Collect { holding: &mut *holding };
        let visitor = watched(&mut collect);
        // Nothing breaks off a full walk.
        let _ = Walk::new(self, &evaluator, visitor, ways).run();
        holding.settle();
        let decision = self.list(&evaluator, holding, lists, options);
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
        options: Options,
    ) -> Decision<'a> {
        let mut strictest = Strictest::new(self, options);
        if holding.is_many() {
            holding.each(self, &mut |held| strictest.meet(held));
        }
        holding.few().iter().for_each(|held| strictest.meet(*held));
        let (verdict, default_joins) = strictest.finish();
        lists.required.clear();
        // The module of WebAssembly has a limit to its size, and this only is the shorter way.
        let is_plain = cfg!(not(target_family = "wasm")) && !holding.is_many() && holding.few().iter().all(|held| held.is_plain());
        let mut told = Told::new(verdict, options);
        if is_plain {
            holding.few().iter().for_each(|held| told.plain(*held, lists));
        } else {
            told = self.tell_all(told, holding, evaluator, lists);
        }
        let from_default = told.rules == 0;
        if default_joins && (verdict != Verdict::Deny || self.default.verdict == Verdict::Deny) {
            told.requirements = self.require(self.default.requirements, told.requirements, lists);
            told.risk = told.risk.max(self.default.risk);
        }
        let lists: &'a Lists = lists;
        Decision {
            policy: self,
            verdict,
            rules: lists.rules.get(..told.rules).unwrap_or(&[]),
            truncated: told.truncated,
            requirements: lists.requirements.get(..told.requirements).unwrap_or(&[]),
            risk: told.risk,
            message: if from_default { self.default.message } else { told.message },
            undecided: lists.undecided.get(..told.undecided).unwrap_or(&[]),
            shadow: lists.shadow.get(..told.shadow).unwrap_or(&[]),
            holding: Some(holding),
            default: from_default,
            refusal: None,
        }
    }

    /// Lists all rules that hold, and what goes with them.
    #[inline(never)]
    fn tell_all<S: Source>(&self, mut told: Told, holding: &Holding, evaluator: &Evaluator<'_, S>, lists: &mut Lists) -> Told {
        holding.each(self, &mut |held| self.tell(&mut told, held, evaluator, lists));
        told
    }

    /// Lists a rule, and what goes with it.
    fn tell<S: Source>(&self, told: &mut Told, held: Held, evaluator: &Evaluator<'_, S>, lists: &mut Lists) {
        let (rule, properties) = (held.rule, held.properties());
        if !properties.enforced() {
            told.truncated |= !show(&mut lists.shadow, &mut told.shadow, rule);
            return;
        }
        let own = counted(properties.verdict(), told.options);
        // What most rules do not have lies elsewhere, and is not worth a look.
        let record = self.rules.get(rule as usize).filter(|_| !held.is_plain());
        let extra = record.map(|record| self.extra(record));
        if own == told.verdict {
            told.truncated |= !show(&mut lists.rules, &mut told.rules, rule);
            told.message = told.message.or(extra.and_then(|extra| extra.message));
            if held.is_doubted() {
                if told.undecided < SHOWN_MAX {
                    // INVARIANT: a rule whose value is unknown has a field in doubt.
                    let field = record.and_then(|record| evaluator.doubt(record)).unwrap_or(0);
                    told.truncated |= !show(&mut lists.undecided, &mut told.undecided, (rule, field));
                } else {
                    told.truncated = true;
                }
            }
        }
        if told.is_joined_by(own) {
            let requirements = extra.map_or((0, 0), |extra| extra.requirements);
            told.requirements = self.require(requirements, told.requirements, lists);
            told.risk = told.risk.max(properties.risk());
        }
    }

    /// Lists requirements that are not among the first so many; returns how many there are then.
    fn require(&self, wanted: (u32, u32), mut count: usize, lists: &mut Lists) -> usize {
        for requirement in range(&self.words, wanted) {
            if lists.required.insert(*requirement) {
                show(&mut lists.requirements, &mut count, *requirement);
            }
        }
        count
    }
}

/// What is listed so far with a decision: how many of each, and the rest.
struct Told {
    verdict: Verdict,
    options: Options,
    rules: usize,
    shadow: usize,
    undecided: usize,
    requirements: usize,
    truncated: bool,
    risk: Option<Risk>,
    message: Option<TextRef>,
}

impl Told {
    fn new(verdict: Verdict, options: Options) -> Self {
        Self { verdict, options, rules: 0, shadow: 0, undecided: 0, requirements: 0, truncated: false, risk: None, message: None }
    }

    /// Lists a rule with nothing that goes with it.
    #[inline(always)]
    fn plain(&mut self, held: Held, lists: &mut Lists) {
        let properties = held.properties();
        let own = counted(properties.verdict(), self.options);
        // INVARIANT: a list of few is shorter than what is shown.
        if let Some(place) = lists.rules.get_mut(self.rules) {
            *place = held.rule;
        }
        self.rules = self.rules.wrapping_add(usize::from(own == self.verdict));
        if self.is_joined_by(own) {
            self.risk = self.risk.max(properties.risk());
        }
    }

    /// Whether what goes with a rule of this decision goes with the one made: with a deny only what denies.
    #[inline(always)]
    fn is_joined_by(&self, own: Verdict) -> bool {
        self.verdict != Verdict::Deny || own == Verdict::Deny
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
}

impl<'a> Strictest<'a> {
    fn new(policy: &'a Policy, options: Options) -> Self {
        Self { policy, options, verdict: None, lifted: false }
    }

    /// Takes a rule in that holds. Without branches: what rules decide can hardly be foretold.
    #[inline(always)]
    fn meet(&mut self, held: Held) {
        let properties = held.properties();
        let verdict = properties.enforced().then(|| counted(properties.verdict(), self.options));
        self.lifted |= properties.enforced() & properties.lifts() & !held.is_doubted();
        self.verdict = self.verdict.max(verdict);
    }

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
    fn holds(&mut self, held: Held) -> ControlFlow<()> {
        self.meet(held);
        // Nothing is stricter.
        if self.verdict == Some(Verdict::Deny) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Keeps every rule that holds.
struct Collect<'a> {
    holding: &'a mut Holding,
}

impl Visitor for Collect<'_> {
    #[inline]
    fn matters(&self, _: Properties) -> bool {
        true
    }

    #[inline]
    fn holds(&mut self, held: Held) -> ControlFlow<()> {
        self.holding.push(held);
        ControlFlow::Continue(())
    }
}

/// The refusal of values that are no request.
pub(crate) fn no_action() -> Refusal {
    Refusal { reason: Reason::Action, offset: 0 }
}
