//! Fields as records: what is no record is an error, and what is missing counts against the call.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use support::{Engines, FieldText};
use toolgate_runtime::{FieldError, Options, Policy, Scratch, Verdict};

fn engines() -> Engines {
    Engines::new(&["rules:
  - { id: small, when: { action: pay, input: { amount: [{ lte: 5 }] } }, decision: allow }
  - { id: frozen, when: { action: pay, context: { frozen: [{ exists: true }] } }, decision: deny }"])
}

fn slot(policy: &Policy, field: &str) -> u32 {
    policy.slots().find(|(_, pointer)| *pointer == field).unwrap().0
}

fn decide(policy: &Policy, records: &[Vec<u8>]) -> Result<Verdict, FieldError> {
    let mut scratch = Scratch::new(policy);
    let records = records.concat();
    let full = policy.decide_records(&records, &mut scratch, Options::default()).map(|decision| decision.verdict());
    assert_eq!(full, policy.verdict_records(&records, &mut scratch, Options::default()));
    full
}

#[test]
fn what_is_missing_counts_against_the_call() {
    let engines = engines();
    let policy = &engines.policy;
    let name = FieldText::String("pay".to_owned()).record(slot(policy, "/action/name"));
    let amount = FieldText::Number("5".to_owned()).record(slot(policy, "/action/input/amount"));
    let frozen = FieldText::Absent.record(slot(policy, "/context/frozen"));
    let all = [name.clone(), amount.clone(), frozen.clone()];
    assert_eq!(decide(policy, &all), Ok(Verdict::Allow));
    assert_eq!(decide(policy, &[name.clone(), amount.clone()]), Ok(Verdict::Deny));
    assert_eq!(decide(policy, &[name.clone(), frozen.clone()]), Ok(Verdict::Deny));
    assert_eq!(decide(policy, &[amount, frozen]), Ok(Verdict::Deny));
    // Of two records for one slot the later counts.
    let large = FieldText::Number("6".to_owned()).record(slot(policy, "/action/input/amount"));
    assert_eq!(decide(policy, &[all.concat(), large]), Ok(Verdict::Deny));
    // Only a string is a name.
    let number = FieldText::Json("[\"pay\"]".to_owned()).record(slot(policy, "/action/name"));
    let mut scratch = Scratch::new(policy);
    let decision = policy.decide_records(&[all.concat(), number].concat(), &mut scratch, Options::default()).unwrap();
    assert_eq!((decision.verdict(), decision.reason()), (Verdict::Deny, "request/action"));
}

#[test]
fn what_is_no_record_is_an_error() {
    let engines = engines();
    let policy = &engines.policy;
    let amount = slot(policy, "/action/input/amount");
    let whole = FieldText::Number("5".to_owned()).record(amount);
    for len in 1..whole.len() {
        assert_eq!(decide(policy, &[whole[..len].to_vec()]), Err(FieldError::Malformed), "{len}");
    }
    let record = |slot: u32, kind: u32, text: &[u8]| {
        let head = [slot, kind, u32::try_from(text.len()).unwrap()].map(u32::to_le_bytes);
        vec![[head.as_flattened(), text].concat()]
    };
    for (kind, text) in [
        (0, "x"),
        (1, "null"),
        (2, "false"),
        (3, "true"),
        (6, "{}"),
        (8, ""),
        (u32::MAX, ""),
        (4, ""),
        (4, "5 "),
        (4, "0x5"),
        (4, "NaN"),
        (7, ""),
        (7, "5"),
        (7, " []"),
        (7, "[]]"),
        (7, "{\"a\":1,\"a\":2}"),
    ] {
        assert_eq!(decide(policy, &record(amount, kind, text.as_bytes())), Err(FieldError::Malformed), "{kind} {text}");
    }
    assert_eq!(decide(policy, &record(amount, 5, b"\xff")), Err(FieldError::Malformed));
    for unknown in [0, 1_000, u32::MAX] {
        assert_eq!(decide(policy, &record(unknown, 1, b"")), Err(FieldError::UnknownSlot));
    }
    // A length that would pass the end, or the address space.
    for len in [6_u32, u32::MAX] {
        let head = [amount, 4, len].map(u32::to_le_bytes);
        assert_eq!(decide(policy, &[[head.as_flattened(), b"5"].concat()]), Err(FieldError::Malformed));
    }
}
