//! Artifacts that are not what a compiler wrote are refused by name, before they are used.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use support::Engines;
use toolgate_compiler::{Source, compile};
use toolgate_runtime::artifact::{digest_of, format};
use toolgate_runtime::{LoadErrorKind, Options, Policy, Scratch};

/// Something of every section.
const POLICY: &str = r#"
default: { decision: approval_required, message: Ask a person., requirements: [ticket], risk: low }
lists: { bots: [bot1, bot2, 7, null, true] }
rules:
  - { id: a, when: { action: ["read_*", list_files, "*_ro", "a*b*c"] }, decision: allow, message: Fine. }
  - { id: b, when: { action: b, input: { amount: [{ gte: 1, lt: 1000 }] } }, decision: allow, requirements: [log] }
  - { id: c, when: { actor: [{ in: bots }], context: { tags: [{ any: [{ contains: x, length: { gt: 1 } }], exists: true }] } }, decision: deny }
  - { id: d, when: { input: { items: { sku: [{ regex: "[a-z]+[0-9]{2,4}" }], $not: { num: [1, 2] } } } }, decision: deny, risk: high }
  - { id: e, when: { $or: [{ context: { ip: [{ cidr: 10.0.0.0/8 }, { cidr: "2001:db8::/32" }] } }, { input: { url: [{ host: "*.example.com" }] } }] }, decision: deny }
  - { id: f, when: { action: f, input: { to: [{ email-domain: example.com }, { ref: actor.id }], path: [{ path-prefix: /srv }] } }, decision: allow }
  - { id: g, mode: shadow, unless: { action: [{ suffix: { equals-ignore-case: x } }] }, decision: clarification_required }
  - { id: h, when: { action: h, resource: r1, context: { env: prod } }, decision: deny }
  - { id: i, when: { action: i, resource: r2, context: { env: prod } }, decision: deny }
  - { id: j, when: { action: j, resource: r3, context: { env: prod } }, decision: deny }
  - { id: k, when: { resource: r4, context: { env: prod } }, decision: deny }
  - { id: l, when: { resource: r5, context: { env: dev } }, decision: deny }
  - { id: m, when: { resource: r6, context: { env: dev } }, decision: deny }
  - { id: nn, when: { resource: r7, context: { env: dev } }, decision: deny }
  - { id: o, when: { input: { amount: [{ gt: 10, lt: 20 }] } }, decision: deny }
  - { id: p, when: { input: { amount: [{ gt: 20, lt: 30 }] } }, decision: deny }
  - { id: q, when: { input: { amount: [{ gt: 30, lt: 40 }] } }, decision: deny }
  - { id: r, when: { input: { amount: [{ gt: 40, lt: 50 }] } }, decision: deny }
"#;

fn artifact() -> Vec<u8> {
    // What the documents say does not matter to whoever loads them.
    let sources = ["a", "bc"].map(|name| Source { name: name.to_owned(), text: "é\n".into() });
    compile(&Engines::new(&[POLICY]).checked).unwrap().with_sources(&sources).unwrap().artifact
}

/// Makes the file its own again after a change.
fn repair_digest(bytes: &mut [u8]) {
    let digest = digest_of(bytes);
    bytes[format::DIGEST_AT..format::DIGESTED_FROM].copy_from_slice(&digest);
}

fn kind(bytes: &[u8]) -> Option<LoadErrorKind> {
    Policy::load(bytes).err().map(|error| error.kind())
}

#[test]
fn every_bit_is_guarded() {
    let good = artifact();
    assert_eq!(kind(&good), None);
    for at in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[at / 8] ^= 1 << (at % 8);
        let found = kind(&bytes);
        let expected = match at / 8 {
            0..8 => matches!(found, Some(LoadErrorKind::BadMagic)),
            8..12 => matches!(found, Some(LoadErrorKind::Version { .. })),
            12..16 => matches!(found, Some(LoadErrorKind::Length { .. })),
            _ => matches!(found, Some(LoadErrorKind::Digest)),
        };
        assert!(expected, "bit {at}: {found:?}");
    }
}

#[test]
fn every_truncation_is_refused() {
    let good = artifact();
    for len in 0..good.len() {
        assert!(matches!(kind(&good[..len]), Some(LoadErrorKind::BadMagic | LoadErrorKind::Length { .. })), "{len}");
    }
    let longer = [good.as_slice(), &[0]].concat();
    assert!(matches!(kind(&longer), Some(LoadErrorKind::Length { .. })));
}

#[test]
fn other_versions_are_refused_by_name() {
    let mut bytes = artifact();
    bytes[8] = 2;
    repair_digest(&mut bytes);
    let error = Policy::load(&bytes).unwrap_err();
    assert_eq!(error.code(), "load/version");
    assert_eq!(error.to_string(), "artifact has format 2, this runtime loads format 1; compile the policy again");
}

#[test]
fn another_policy_is_refused_where_one_is_expected() {
    let good = artifact();
    let digest = *Policy::load(&good).unwrap().digest();
    assert!(Policy::load_expecting(&good, &digest).is_ok());
    let error = Policy::load_expecting(&good, &[0; 32]).unwrap_err();
    assert_eq!(error.code(), "load/other-policy");
}

/// With the digest repaired, what the loader still takes must decide without a panic and in the end.
#[test]
fn words_behind_a_repaired_digest_do_no_harm() {
    let good = artifact();
    let requests: [&[u8]; 4] = [
        br#"{"action":"h","resource":"r1","actor":"bot1","context":{"env":"prod","tags":["xy"],"ip":"10.1.1.1"},"input":{"amount":15,"items":[{"sku":"ab12","num":3}]}}"#,
        br#"{"action":"a1b2c","actor":{"id":7},"input":{"items":{"sku":"x"},"url":"https://a.example.com/","amount":"x","path":"/srv/x","to":"a@example.com"}}"#,
        br#"{"action":"zz","input":{"amount":[15,25,35],"items":[]},"context":{"tags":[]}}"#,
        br#"{"action":5}"#,
    ];
    let (mut loaded, mut refused) = (0, 0);
    for at in (format::SECTION_TABLE_AT..good.len()).step_by(4) {
        for change in [1_u32, 0xffff_ffff, 0x8000_0000, 7] {
            let mut bytes = good.clone();
            let Some(word) = bytes.get_mut(at..at + 4) else { continue };
            let value = u32::from_le_bytes(word.try_into().unwrap());
            word.copy_from_slice(&value.wrapping_add(change).to_le_bytes());
            repair_digest(&mut bytes);
            match Policy::load(&bytes) {
                Err(error) => {
                    assert_eq!(error.code(), "load/section");
                    refused += 1;
                }
                Ok(policy) => {
                    loaded += 1;
                    let mut scratch = Scratch::new(&policy);
                    for request in requests {
                        let _ = policy.decide(request, &mut scratch, Options::default()).to_string();
                    }
                }
            }
        }
    }
    println!("{loaded} loaded, {refused} refused");
    assert!(loaded > 100 && refused > 100);
}

/// A posting leaves out what the way to it has proven, and a way proves little. A file whose short postings left out most of one
/// long rule could have it looked through for each of them, which takes the square of its length.
#[test]
fn postings_that_leave_out_most_of_their_rule_are_refused() {
    const CONDITIONS: usize = 71;
    /// Checks that are the rule's own, those that it could share being full.
    const OWN: usize = CONDITIONS - format::SHARED_MAX;
    /// Of each check, here: its head, and its text.
    const CHECK_WORDS: usize = 2;
    let conditions: String = (0..CONDITIONS).map(|number| format!("k{number:02}: v, ")).collect();
    let policy = format!("rules:\n  - {{ id: a, when: {{ context: {{ {conditions} }} }}, decision: deny }}\n");
    let good = compile(&Engines::new(&[&policy]).checked).unwrap().artifact;
    let word = |at: usize| u32::from_le_bytes(good[at..at + 4].try_into().unwrap());
    let runs = word(format::SECTION_TABLE_AT + 8 * format::Section::Runs as usize) as usize;
    let packed_len = |packed: u32| packed >> format::POSTING_LEN_SHIFT & format::CHECKS_LEN_MAX;
    let posting = (runs..good.len() - 12)
        .step_by(4)
        .find(|at| word(*at) == 0 && word(at + 4) & format::POSTING_LAST != 0 && packed_len(word(at + 4)) == (OWN * CHECK_WORDS) as u32)
        .expect("the rule has a posting");
    let checks = posting + 4 * format::POSTING_WORDS;
    // The posting keeps one check, so many behind the first.
    let keeping = |skipped: usize| {
        let mut bytes = good.clone();
        let kept = checks + 4 * CHECK_WORDS * skipped;
        bytes.copy_within(kept..kept + 4 * CHECK_WORDS, checks);
        let packed = word(posting + 4) & !(format::CHECKS_LEN_MAX << format::POSTING_LEN_SHIFT);
        let packed = packed | (CHECK_WORDS as u32) << format::POSTING_LEN_SHIFT;
        bytes[posting + 4..posting + 8].copy_from_slice(&packed.to_le_bytes());
        repair_digest(&mut bytes);
        kind(&bytes)
    };
    for skipped in 0..OWN {
        let found = keeping(skipped);
        if skipped <= 32 {
            assert_eq!(found, None, "{skipped}");
        } else {
            assert!(matches!(found, Some(LoadErrorKind::Section { .. })), "{skipped}: {found:?}");
        }
    }
}
