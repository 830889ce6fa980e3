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
use toolgate_runtime::artifact::format::{CheckOp, Section};
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

/// An artifact as words.
#[derive(Clone)]
struct Words(Vec<u8>);

impl Words {
    fn of(policy: &str) -> Self {
        Self(compile(&Engines::new(&[policy]).checked).unwrap().artifact)
    }

    fn word(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.0[at..at + 4].try_into().unwrap())
    }

    /// Where a word of a section stands.
    fn at(&self, section: Section, word: usize) -> usize {
        self.word(format::SECTION_TABLE_AT + 8 * section as usize) as usize + 4 * word
    }

    fn len(&self, section: Section) -> usize {
        self.word(format::SECTION_TABLE_AT + 8 * section as usize + 4) as usize / 4
    }

    fn get(&self, section: Section, word: usize) -> u32 {
        self.word(self.at(section, word))
    }

    fn set(&mut self, section: Section, word: usize, value: u32) {
        let at = self.at(section, word);
        self.0[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// Whether it is refused because a section does not hold together, once the digest is right again.
    fn refused(mut self) -> bool {
        repair_digest(&mut self.0);
        match Policy::load(&self.0) {
            Ok(_) => false,
            Err(error) => {
                assert_eq!(error.code(), "load/section");
                true
            }
        }
    }
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
    let others: String =
        (0..14).map(|number| format!("  - {{ id: r{number}, when: {{ action: a{number} }}, decision: deny }}\n")).collect();
    let good = Words::of(&format!(
        "rules:\n  - {{ id: a, when: {{ action: [one, two], context: {{ {conditions} }} }}, decision: deny }}\n{others}"
    ));
    let packed_len = |packed: u32| packed >> format::POSTING_LEN_SHIFT & format::CHECKS_LEN_MAX;
    // The first is the rule's home, which has what the other is compared with.
    let postings: Vec<usize> = (0..good.len(Section::Runs) - 2)
        .filter(|at| good.get(Section::Runs, *at) == 0 && packed_len(good.get(Section::Runs, at + 1)) == (OWN * CHECK_WORDS) as u32)
        .collect();
    let [home, posting] = postings[..] else { panic!("{postings:?}") };
    assert_eq!(good.get(Section::Rules, 3), home as u32);
    let checks = posting + format::POSTING_WORDS;
    for skipped in 0..OWN {
        // The posting keeps one check, so many behind the first.
        let mut file = good.clone();
        for word in 0..CHECK_WORDS {
            file.set(Section::Runs, checks + word, good.get(Section::Runs, checks + CHECK_WORDS * skipped + word));
        }
        let packed = good.get(Section::Runs, posting + 1) & !(format::CHECKS_LEN_MAX << format::POSTING_LEN_SHIFT);
        file.set(Section::Runs, posting + 1, packed | (CHECK_WORDS as u32) << format::POSTING_LEN_SHIFT);
        // The name of the action stands before the others, and is skipped too.
        assert_eq!(file.refused(), skipped + 1 > 32, "{skipped}");
    }
}

/// Rules with a home behind a key each, rules with referring postings behind a door, and one that has two keys.
fn homes() -> Words {
    let many = |rule: fn(usize) -> String| (0..20).map(rule).collect::<String>();
    Words::of(&format!(
        "rules:\n{}{}  - {{ id: two, when: {{ action: [first_of_two, second_of_two], resource: of_both }}, decision: allow }}\n",
        many(|at| format!("  - {{ id: a{at}, when: {{ action: action_{at:03}, resource: resource_{at:03} }}, decision: allow }}\n")),
        many(|at| format!("  - {{ id: t{at}, when: {{ context: {{ team: team_{at:03} }} }}, decision: deny }}\n")),
    ))
}

const HOME: usize = 3;
const REST: usize = 4;

fn of_rule(rule: usize, word: usize) -> usize {
    rule * format::RULE_WORDS + word
}

#[test]
fn homes_that_are_no_postings_of_the_rule_are_refused() {
    let good = homes();
    assert!(!good.clone().refused());
    let with_home = |rule: usize, home: u32| {
        let mut file = good.clone();
        file.set(Section::Rules, of_rule(rule, HOME), home);
        file.refused()
    };
    let home = |rule: usize| good.get(Section::Rules, of_rule(rule, HOME));
    assert!(with_home(0, home(1)));
    // In the middle of one, and wherever else none of the rule's stands.
    assert!((0..good.len(Section::Runs) as u32 + 2).filter(|word| *word != home(0)).all(|word| with_home(0, word)));
    // None, so that the rest would have to be everything, and the posting asks for more than that.
    assert!(with_home(0, format::NONE));
    // One that only refers to its rule.
    let mut referring = 0;
    for table in 0..good.len(Section::Tables) / format::TABLE_WORDS {
        let door = good.get(Section::Tables, table * format::TABLE_WORDS + 6);
        if door == format::NONE {
            continue;
        }
        let run = match door & format::CHILD_IS_RUN {
            0 => good.get(Section::IndexNodes, door as usize * format::INDEX_NODE_WORDS),
            _ => door & !format::CHILD_IS_RUN,
        };
        assert_ne!(good.get(Section::Runs, run as usize + 1) & format::POSTING_REFERS, 0);
        assert!(with_home(good.get(Section::Runs, run as usize) as usize, run));
        referring += 1;
    }
    assert!(referring > 0);
    // One that nothing leads to any more.
    let entry = home(0) - 1 - "action_000".len().div_ceil(4) as u32;
    let mask = good.get(Section::Policy, format::POLICY_WORDS - 1);
    let slot = (0..good.len(Section::Keys)).find(|slot| good.get(Section::Keys, *slot) & mask == entry).unwrap();
    let mut file = good.clone();
    file.set(Section::Keys, slot, format::NONE);
    assert!(file.refused());
}

#[test]
fn rests_that_name_no_entry_or_overlap_are_refused() {
    let good = homes();
    let rest = |rule: usize| good.get(Section::Rules, of_rule(rule, REST)) as usize;
    let is_name = |head: u32| head >> format::CHECK_NUMBER_SHIFT & format::CHECK_NUMBER_MAX == format::CHECK_OF_ENTRY;
    let with = |section: Section, word: usize, value: u32| {
        let mut file = good.clone();
        file.set(section, word, value);
        file.refused()
    };
    // A mask, and the check of the text that is a key.
    let (head, entry) = (good.get(Section::Runs, rest(0) + 1), good.get(Section::Runs, rest(0) + 2));
    assert!(is_name(head));
    let len = good.len(Section::Runs) as u32;
    // Outside, at the end of what there is, and where a text is read as a length.
    for at in [format::NONE, len, len - 1, entry + 1, entry + 2] {
        assert!(with(Section::Runs, rest(0) + 2, at), "{at}");
    }
    // Only a rest names entries, and only texts have them.
    let home = good.get(Section::Rules, of_rule(0, HOME)) as usize;
    let own = home + format::POSTING_WORDS;
    assert!(with(Section::Runs, own, good.get(Section::Runs, own) | format::CHECK_OF_ENTRY << format::CHECK_NUMBER_SHIFT));
    for op in [CheckOp::Node, CheckOp::Range, CheckOp::Exists, CheckOp::Bool] {
        assert!(with(Section::Runs, rest(0) + 1, head & !7 | op as u32), "{op:?}");
    }
    // Outside.
    assert!(with(Section::Rules, of_rule(0, REST), len));
    assert!(with(Section::Rules, of_rule(0, REST), format::NONE));
    // All rules have the longest of their rests, that of the last.
    let mut file = good.clone();
    let last = good.len(Section::Rules) / format::RULE_WORDS - 1;
    let packed = |rule: usize| good.get(Section::Rules, of_rule(rule, 2));
    let len = packed(last) >> format::REST_LEN_SHIFT;
    assert!((0..last).all(|rule| packed(rule) >> format::REST_LEN_SHIFT < len));
    for rule in 0..last {
        file.set(Section::Rules, of_rule(rule, 2), packed(rule) & format::RULE_PROPERTIES_MASK | len << format::REST_LEN_SHIFT);
        file.set(Section::Rules, of_rule(rule, REST), rest(last) as u32);
    }
    assert!(file.refused());
}

#[test]
fn links_to_other_entries_than_those_of_affixes_are_refused() {
    let patterns = (0..20).map(|at| format!("svc.name_{at:03}")).chain((0..20).map(|at| format!("other{at:02}.*")));
    let rules: String = patterns
        // So many rules that their postings are not repeated behind each name.
        .chain(vec!["svc.*".to_owned(); 6])
        .enumerate()
        .map(|(at, pattern)| format!("  - {{ id: r{at}, when: {{ action: \"{pattern}\" }}, decision: allow }}\n"))
        .collect();
    let good = Words::of(&format!("rules:\n{rules}"));
    let with = |section: Section, word: usize, value: u32| {
        let mut file = good.clone();
        file.set(section, word, value);
        file.refused()
    };
    let tables: Vec<usize> = (0..good.len(Section::Tables) / format::TABLE_WORDS).map(|table| table * format::TABLE_WORDS).collect();
    let of_kind = |kind: format::TableKind| *tables.iter().find(|at| good.get(Section::Tables, **at) & 0xff == kind as u32).unwrap();
    let (whole, prefixes) = (of_kind(format::TableKind::Exact), of_kind(format::TableKind::Prefix));
    let mask = good.get(Section::Policy, format::POLICY_WORDS - 1);
    let entries = |table: usize| -> Vec<u32> {
        let (first, extent) = (good.get(Section::Tables, table + 2), good.get(Section::Tables, table + 3));
        let slots = (first..first + extent).map(|slot| good.get(Section::Keys, slot as usize));
        slots.filter(|slot| *slot != format::NONE).map(|slot| slot & mask).collect()
    };
    let (names, beginnings) = (entries(whole), entries(prefixes));
    assert_eq!((names.len(), beginnings.len()), (20, 21));
    let (name, head) = (names[0] as usize, good.get(Section::Runs, names[0] as usize));
    let count = 1 << format::ENTRY_LINKS_SHIFT;
    assert_eq!(head >> format::ENTRY_LINKS_SHIFT & format::ENTRY_LINKS_MAX, 1);
    // A link is one to an entry of a table of affixes that says so.
    let link = good.get(Section::Runs, name - 1);
    assert!(beginnings.contains(&link));
    for word in (0..good.len(Section::Runs) as u32 + 2).chain([format::NONE]) {
        assert_eq!(with(Section::Runs, name - 1, word), !beginnings.contains(&word), "{word}");
    }
    // More of them than stand there: what else stands there is seldom one.
    for links in 2..=format::ENTRY_LINKS_MAX {
        let before = name - links as usize..name;
        let are_links = before.into_iter().all(|word| beginnings.contains(&good.get(Section::Runs, word)));
        assert_eq!(with(Section::Runs, name, head - count + links * count), !are_links, "{links}");
    }
    // More than there are words before the entry.
    let first = beginnings.iter().chain(&names).copied().min().unwrap() as usize;
    assert!(first < format::ENTRY_LINKS_MAX as usize);
    assert!(with(Section::Runs, first, good.get(Section::Runs, first) | format::ENTRY_LINKS_MAX << format::ENTRY_LINKS_SHIFT));
    // Links where the table says that there are none, or nothing leads to it.
    let kind = |table: usize| good.get(Section::Tables, table);
    assert!(with(Section::Tables, whole, kind(whole) & !format::TABLE_LINKED));
    assert!(with(Section::Tables, prefixes, kind(prefixes) & !format::TABLE_LINKED));
    let beginning = beginnings[0] as usize;
    assert!(with(Section::Runs, beginning, good.get(Section::Runs, beginning) + count));
}

/// Scratch remembers by its slot that a part was met, so no two parts have one.
#[test]
fn parts_that_share_a_slot_are_refused() {
    let rules: String = (0..30)
        .map(|at| format!("  - {{ id: r{at}, when: {{ resource: {{ name: [{{ contains: part{at:03} }}] }} }}, decision: deny }}\n"))
        .collect();
    let good = Words::of(&format!("rules:\n{rules}"));
    assert_eq!(good.get(Section::Tables, 0), format::TableKind::Part as u32);
    let mask = good.get(Section::Policy, format::POLICY_WORDS - 1);
    let slots = (0..good.len(Section::Keys)).map(|slot| good.get(Section::Keys, slot)).filter(|slot| *slot != format::NONE);
    let mut entries: Vec<usize> = slots.map(|slot| (slot & mask) as usize).collect();
    entries.sort_unstable();
    let ([first, ..], [.., last]) = (&entries[..], &entries[..]) else { panic!() };
    let head = |entry: usize| good.get(Section::Runs, entry);
    // The last has the first behind it, where its first posting stood; or nothing at all.
    for next in [*first as u32, format::NONE] {
        let mut file = good.clone();
        file.set(Section::Runs, *last, head(*last) | format::ENTRY_HAS_NEXT);
        file.set(Section::Runs, last + 1 + head(*last).div_ceil(4) as usize, next);
        assert!(file.refused());
    }
}
