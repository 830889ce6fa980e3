//! Regular expressions as tables.
//!
//! The automaton is built by regex-automata from the parsed pattern, anchored as a tree at both ends, and re-encoded: its
//! own serialisation is bound to endianness and alignment, and its search keeps a match one byte behind, which whole-value
//! matching does not need. Size is counted in states, never in a builder's bytes: the byte limits given to the builder only
//! stop it early and lie above what any pattern within the state limits needs, so every platform refuses the same patterns.

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::{primitives::StateID, start};
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Class, Dot, Hir, HirKind, Look, Repetition};
use std::collections::BTreeMap;

use crate::limits::{PATTERN_NFA_STATES_MAX, PATTERN_STATES_MAX};

/// Byte limits of the builder, above anything that stays within the state limits.
const NFA_BYTES_MAX: usize = 64 << 20;
const DETERMINIZE_BYTES_MAX: usize = 1 << 30;

/// What a deterministic automaton within the state limits takes at most: a row of transitions and an entry among the
/// matching states for each state, and some tables of fixed size.
fn dfa_bytes_max(classes: usize) -> usize {
    let row = classes.next_power_of_two().saturating_mul(4);
    (PATTERN_STATES_MAX as usize).saturating_add(64).saturating_mul(row.saturating_add(16)).saturating_add(1 << 20)
}

/// A table-driven automaton over bytes: state 0 is dead, and acceptance is asked at the end of the value.
#[derive(Debug)]
pub(crate) struct Automaton {
    pub classes: [u8; 256],
    pub stride: u32,
    /// `transitions[state * stride + class]` is a state.
    pub transitions: Vec<u32>,
    pub start: u32,
    /// One bit for each state.
    pub accepts: Vec<u32>,
    pub states: u32,
}

/// A pattern needs more states than a pattern may have.
#[derive(Debug)]
pub(crate) struct TooManyStates;

/// The pattern of the values that have this pattern somewhere in them.
pub(crate) fn somewhere(pattern: &Hir) -> Hir {
    let anything = || {
        let any = Hir::dot(Dot::AnyChar);
        Hir::repetition(Repetition { min: 0, max: None, greedy: true, sub: Box::new(any) })
    };
    Hir::concat(vec![anything(), pattern.clone(), anything()])
}

/// Builds the automaton that accepts exactly the values that the pattern matches as a whole.
pub(crate) fn build(pattern: &Hir) -> Result<Automaton, TooManyStates> {
    if expanded_size(pattern) > u64::from(PATTERN_NFA_STATES_MAX) {
        return Err(TooManyStates);
    }
    let anchored = Hir::concat(vec![Hir::look(Look::Start), pattern.clone(), Hir::look(Look::End)]);
    let nfa = thompson::Compiler::new()
        .configure(thompson::Config::new().which_captures(WhichCaptures::None).nfa_size_limit(Some(NFA_BYTES_MAX)))
        .build_from_hir(&anchored)
        .map_err(|_| TooManyStates)?;
    if nfa.states().len() > PATTERN_NFA_STATES_MAX as usize {
        return Err(TooManyStates);
    }
    let config = dense::Config::new()
        .match_kind(MatchKind::All)
        .start_kind(StartKind::Anchored)
        .minimize(false)
        .accelerate(false)
        .dfa_size_limit(Some(dfa_bytes_max(nfa.byte_classes().alphabet_len())))
        .determinize_size_limit(Some(DETERMINIZE_BYTES_MAX));
    let dfa = dense::Builder::new().configure(config).build_from_nfa(&nfa).map_err(|_| TooManyStates)?;
    encode(&dfa)
}

fn encode(dfa: &dense::DFA<Vec<u32>>) -> Result<Automaton, TooManyStates> {
    let mut classes = [0_u8; 256];
    let mut representatives: Vec<u8> = Vec::new();
    for (byte, class) in (0..=u8::MAX).zip(&mut classes) {
        *class = dfa.byte_classes().get(byte);
        if usize::from(*class) == representatives.len() {
            representatives.push(byte);
        }
    }
    let start = dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).map_err(|_| TooManyStates)?;
    let mut numbers: BTreeMap<StateID, u32> = BTreeMap::new();
    let mut order: Vec<Option<StateID>> = vec![None];
    let mut number = |state: StateID, order: &mut Vec<Option<StateID>>| -> Result<u32, TooManyStates> {
        if dfa.is_dead_state(state) || dfa.is_quit_state(state) {
            return Ok(0);
        }
        if let Some(number) = numbers.get(&state) {
            return Ok(*number);
        }
        let next = u32::try_from(order.len()).map_err(|_| TooManyStates)?;
        if next > PATTERN_STATES_MAX {
            return Err(TooManyStates);
        }
        numbers.insert(state, next);
        order.push(Some(state));
        Ok(next)
    };
    let first = number(start, &mut order)?;
    let stride = representatives.len();
    let mut transitions = vec![0; stride];
    let mut accepts = vec![0_u32; 1];
    let mut at = 1;
    while let Some(state) = order.get(at).copied() {
        let Some(state) = state else { break };
        for byte in &representatives {
            let next = dfa.next_state(state, *byte);
            transitions.push(number(next, &mut order)?);
        }
        if at.is_multiple_of(32) {
            accepts.push(0);
        }
        if dfa.is_match_state(dfa.next_eoi_state(state))
            && let Some(word) = accepts.last_mut()
        {
            *word |= 1_u32.checked_shl(u32::try_from(at % 32).unwrap_or(0)).unwrap_or(0);
        }
        at = at.saturating_add(1);
    }
    let states = u32::try_from(order.len()).map_err(|_| TooManyStates)?;
    Ok(Automaton { classes, stride: u32::try_from(stride).map_err(|_| TooManyStates)?, transitions, start: first, accepts, states })
}

/// A lower bound on the pattern's size once its repetitions are written out. It is computed before anything is built, so
/// that a pattern of a few bytes cannot make the builder work for minutes.
fn expanded_size(hir: &Hir) -> u64 {
    // The tree's depth is limited by the parser.
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Class(Class::Unicode(class)) => class.ranges().len() as u64,
        HirKind::Class(Class::Bytes(_)) => 1,
        HirKind::Capture(capture) => expanded_size(&capture.sub),
        HirKind::Repetition(repetition) => {
            let count = repetition.max.unwrap_or(repetition.min).max(1);
            expanded_size(&repetition.sub).saturating_mul(u64::from(count))
        }
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(expanded_size).fold(0, u64::saturating_add),
    }
}
