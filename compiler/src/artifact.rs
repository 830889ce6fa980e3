//! Writing the artifact. The reader, and the layout both share, are in the runtime.

mod candidates;
mod checks;
mod conditions;
mod index;
mod links;
mod sections;
mod shared;
mod slots;
mod sources;

pub(crate) use sections::{Sections, tag};
pub(crate) use sources::with_sources;

use crate::ir::{Decision, Mode, Outcome, Policy, Risk, Rule};
use crate::plan::Plan;
use crate::plan::fields::FieldTree;
use crate::plan::index::Index;
use candidates::Candidates;
use toolgate_runtime::artifact::format::{NONE, REST_LEN_SHIFT, RULE_ENFORCED, RULE_LIFTS, RULE_RISK_SHIFT, RULE_TELLS, Section};

/// What a policy's rules ask, encoded: everything but the index and what goes by it.
pub(crate) struct Asked {
    sections: Sections,
    /// With what the runtime is to prepare.
    fields: FieldTree,
    candidates: Candidates,
    /// Of each rule.
    extras: Vec<u32>,
}

impl Asked {
    /// Encodes what the rules of a plan ask.
    ///
    /// # Errors
    /// The patterns have too many states.
    pub(crate) fn new(policy: &Policy, plan: &Plan<'_>) -> Result<Self, EncodeError> {
        let mut sections = Sections::default();
        let mut fields = plan.fields.clone();
        let (mut candidates, mut extras) = (Candidates::with_room(policy.rules.len()), Vec::with_capacity(policy.rules.len()));
        let mut checks = Vec::new();
        for (index, (rule, conditions)) in policy.rules.iter().zip(&plan.rules).enumerate() {
            let (message, requirements) = outcome(&mut sections, &rule.outcome);
            checks.clear();
            let tree = sections.rule_conditions(conditions, policy, &mut fields, &mut checks).map_err(|e| e.of_rule(index))?;
            let tells = message.0 != NONE || requirements.1 > 0;
            extras.push(if tells || tree != NONE {
                sections.push(Section::Extras, [message.0, message.1, requirements.0, requirements.1, tree])
            } else {
                NONE
            });
            candidates.push(properties(rule) | if tells { RULE_TELLS } else { 0 }, &checks);
        }
        Ok(Self { sections, fields, candidates, extras })
    }
}

/// Encodes an index, and completes the sections of an artifact.
///
/// # Errors
/// The artifact would pass 4 GiB.
pub(crate) fn encode(policy: &Policy, asked: Asked, index: &Index) -> Result<Sections, EncodeError> {
    let Asked { mut sections, mut fields, mut candidates, extras } = asked;
    let shared = shared::choose(&candidates, index);
    candidates.share(&shared);
    let shared = shared.concat();
    let shared_at = (sections.runs(&shared), sections.count(shared.len()));
    let index::Written { root, entry_mask, places } = index::Writer::new(&mut sections, &mut fields, &candidates, index).write()?;
    for ((rule, properties), (place, extra)) in policy.rules.iter().zip(candidates.all_properties()).zip(places.into_iter().zip(extras)) {
        let (id, id_len) = sections.text(rule.id.as_bytes());
        sections.push(Section::Rules, [id, id_len, properties | place.rest_len << REST_LEN_SHIFT, place.home, place.rest, extra]);
    }
    for (id, field) in (0_u32..).zip(fields.iter()) {
        let (key, pointer) = (sections.text(field.key.as_bytes()), sections.text(field.pointer.as_bytes()));
        let first = field.children.values().min().copied().unwrap_or(0);
        let count = u32::try_from(field.children.len()).map_err(|_| EncodeError::TooLarge)?;
        let hash = crate::plan::fields::key_hash(&field.key);
        let parent = if id == 0 { NONE } else { field.parent.unwrap_or(NONE) };
        sections.push(Section::Fields, [parent, key.0, key.1, hash, first, count, pointer.0, pointer.1, field.flags]);
    }
    let (message, requirements) = outcome(&mut sections, &policy.default);
    let [action, name, input, actor, actor_id, resource, resource_id, context] = fields.known();
    sections.push(
        Section::Policy,
        [
            decision_word(policy.default.decision),
            risk_word(policy.default.risk),
            message.0,
            message.1,
            requirements.0,
            requirements.1,
            root,
            action,
            name,
            input,
            actor,
            actor_id,
            resource,
            resource_id,
            context,
            shared_at.0,
            shared_at.1,
            entry_mask,
        ],
    );
    Ok(sections)
}

/// Why a plan cannot be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EncodeError {
    /// More than `u32` can count.
    TooLarge,
    /// Texts that patterns look for inside others have one hash.
    AlikeParts,
    /// A pattern of this rule has too many states.
    PatternStates {
        /// Position of the rule.
        rule: usize,
    },
    /// All patterns together have too many states, first passed by this rule.
    PatternStatesTotal {
        /// Position of the rule.
        rule: usize,
    },
}

impl EncodeError {
    fn of_rule(self, index: usize) -> Self {
        match self {
            EncodeError::TooLarge | EncodeError::AlikeParts => self,
            EncodeError::PatternStates { .. } => EncodeError::PatternStates { rule: index },
            EncodeError::PatternStatesTotal { .. } => EncodeError::PatternStatesTotal { rule: index },
        }
    }
}

fn properties(rule: &Rule) -> u32 {
    let lifts = if rule.tighten_only { 0 } else { RULE_LIFTS };
    let enforced = if rule.mode == Mode::Enforce { RULE_ENFORCED } else { 0 };
    decision_word(rule.outcome.decision) | risk_word(rule.outcome.risk) << RULE_RISK_SHIFT | lifts | enforced
}

fn outcome(sections: &mut Sections, outcome: &Outcome) -> ((u32, u32), (u32, u32)) {
    let message = outcome.message.as_ref().map_or((NONE, 0), |message| sections.text(message.as_bytes()));
    let ids: Vec<u32> = outcome.requirements.iter().map(|requirement| sections.requirement(requirement)).collect();
    (message, sections.words(&ids))
}

fn decision_word(decision: Decision) -> u32 {
    match decision {
        Decision::Allow => 0,
        Decision::RequireApproval => 1,
        Decision::RequireClarification => 2,
        Decision::Deny => 3,
    }
}

fn risk_word(risk: Option<Risk>) -> u32 {
    match risk {
        None => 0,
        Some(Risk::Low) => 1,
        Some(Risk::Medium) => 2,
        Some(Risk::High) => 3,
        Some(Risk::Critical) => 4,
    }
}
