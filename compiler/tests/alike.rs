//! Keys whose hashes are alike: nobody's texts make the index lose a rule.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use std::ops::RangeInclusive;

use serde_json::json;
use support::Engines;
use support::alike::of_one_hash;
use toolgate_compiler::{Source, check, compile};
use toolgate_runtime::artifact::format::{
    ENTRY_HAS_NEXT, ENTRY_LINKS_SHIFT, HEADER_LEN_BYTES, NONE, SECTION_TABLE_AT, Section, TABLE_WORDS,
};
use toolgate_runtime::json::hash::hash;

/// Different texts whose hashes begin alike, and no two of them end alike.
fn of_one_bucket(count: usize) -> Vec<String> {
    (0..).map(|number| format!("name-{number}")).filter(|text| hash(text.as_bytes()) >> 58 == 11).take(count).collect()
}

/// A policy with a rule for each key, the keys being written as `kind` says, decides as the reference interpreter does, and has
/// so many keys that share the slot of another.
fn agree_on(kind: &str, keys: &[String], others: &[String], sharing: RangeInclusive<usize>) {
    let rules: Vec<_> = keys
        .iter()
        .chain(others)
        .enumerate()
        .map(|(at, key)| {
            let pattern = if kind == "equal" { json!(key) } else { json!({ kind: key }) };
            let decision = ["allow", "approval_required", "deny"][at % 3];
            json!({ "id": format!("r{at}"), "when": { "resource": { "name": [pattern] } }, "decision": decision })
        })
        .collect();
    let engines = Engines::new(&[json!({ "rules": rules }).to_string()]);
    assert!(sharing.contains(&keys_sharing(&engines)), "{kind}: {}", keys_sharing(&engines));
    let mut deciders = engines.deciders();
    let absent = ["", "x", "name-", "0000000000000000"].map(str::to_owned);
    for key in keys.iter().chain(others).chain(&absent) {
        for name in [key.clone(), format!("{key}~"), format!("~{key}")] {
            let request = json!({ "action": "a", "resource": { "name": name } }).to_string();
            let decision = deciders.agree(request.as_bytes(), false).unwrap_or_else(|problem| panic!("{problem}"));
            let expected = name == *key && !absent.contains(key);
            assert!(!expected || !decision["rules"].as_array().unwrap().is_empty(), "{decision}");
        }
        // As one of several, and escaped, the slow ways.
        let escaped: String = key.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
        let request = format!(r#"{{"action":"a","resource":{{"name":["none","{escaped}",{}]}}}}"#, json!(key));
        deciders.agree(request.as_bytes(), false).unwrap_or_else(|problem| panic!("{problem}"));
    }
}

/// Keys that share the slot of another.
fn keys_sharing(engines: &Engines) -> usize {
    let words: Vec<u32> = engines.artifact[..].chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
    let section = |section: Section| {
        let place = SECTION_TABLE_AT / 4 + 2 * section as usize;
        assert!(words[place] as usize >= HEADER_LEN_BYTES);
        &words[words[place] as usize / 4..][..words[place + 1] as usize / 4]
    };
    let (tables, keys, runs) = (section(Section::Tables), section(Section::Keys), section(Section::Runs));
    let (mask, mut sharing) = (*section(Section::Policy).last().unwrap(), 0);
    for table in tables.chunks_exact(TABLE_WORDS) {
        let &[_, _, first, extent, ..] = table else { panic!() };
        for slot in keys[first as usize..][..extent as usize].iter().filter(|slot| **slot != NONE) {
            let mut at = (slot & mask) as usize;
            while runs[at] & ENTRY_HAS_NEXT != 0 {
                sharing += 1;
                let len = (runs[at] & ((1 << ENTRY_LINKS_SHIFT) - 1)).div_ceil(4) as usize;
                at = runs[at + 1 + len] as usize;
            }
        }
    }
    sharing
}

#[test]
fn keys_of_one_hash_share_a_slot() {
    let keys = of_one_hash(40);
    let others: Vec<_> = (0..60).map(|number| format!("other {number}")).collect();
    for kind in ["equal", "prefix", "suffix"] {
        agree_on(kind, &keys, &others, keys.len() - 1..=keys.len() - 1);
    }
}

#[test]
fn keys_that_crowd_a_bucket_are_found() {
    let keys = of_one_bucket(60);
    agree_on("equal", &keys, &[], 1..=keys.len());
}

#[test]
fn few_keys_and_many_are_found() {
    for count in [4, 7, 8, 9, 64, 500] {
        let keys: Vec<_> = (0..count).map(|number| format!("key {number}")).collect();
        agree_on("equal", &keys, &[], 0..=0);
    }
}

#[test]
fn parts_that_crowd_a_bucket_are_all_found() {
    // Of eight bytes or less, so that each is a part of its own.
    let parts: Vec<String> = (0..).map(|number| format!("<{number}>")).filter(|text| hash(text.as_bytes()) >> 58 == 11).take(60).collect();
    assert!(parts.iter().all(|part| part.len() <= 8));
    agree_on("contains", &parts, &[], 0..=0);
    let rules: Vec<_> = parts
        .iter()
        .enumerate()
        .map(|(at, part)| json!({ "id": format!("r{at}"), "when": { "resource": { "name": [{ "contains": part }] } }, "decision": "deny" }))
        .collect();
    let engines = Engines::new(&[json!({ "rules": rules }).to_string()]);
    let mut deciders = engines.deciders();
    let request = json!({ "action": "a", "resource": { "name": format!("{} {}", parts.concat(), parts.concat()) } }).to_string();
    let decision = deciders.agree(request.as_bytes(), false).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(decision["rules"].as_array().unwrap().len(), parts.len(), "{decision}");
}

/// No slots tell them apart, however many there are.
#[test]
fn parts_that_cannot_be_told_apart_are_refused() {
    let alike = ["047086", "055298"];
    let [one, other] = alike.map(|text| hash(text.as_bytes()));
    assert_eq!((one as u32, one >> 54), (other as u32, other >> 54));
    let compiled = |parts: &[&str]| {
        let others = (0..12).map(|number| format!("<{number}>"));
        let rules: Vec<_> = others
            .chain(parts.iter().map(|part| (*part).to_owned()))
            .enumerate()
            .map(|(at, part)| json!({ "id": format!("r{at}"), "when": { "resource": { "name": [{ "contains": part }] } }, "decision": "deny" }))
            .collect();
        let sources = [Source { name: "policy.json".to_owned(), text: json!({ "rules": rules }).to_string().into_bytes() }];
        compile(&check(&sources).policy.unwrap())
    };
    assert!(alike.iter().all(|part| compiled(&[part]).is_ok()));
    let diagnostics = compiled(&alike).unwrap_err();
    let [diagnostic] = &diagnostics[..] else { panic!("{diagnostics:?}") };
    assert_eq!(diagnostic.code, "limit/artifact-bytes");
    assert!(diagnostic.message.contains("one hash"), "{}", diagnostic.message);
}
