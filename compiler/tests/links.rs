//! Links: what a whole text that is a key leads to besides, by how it begins and ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value, json};
use support::Engines;
use support::alike::of_one_hash;
use toolgate_runtime::artifact::format::{
    ENTRY_LINKS_MAX, HEADER_LEN_BYTES, SECTION_TABLE_AT, Section, TABLE_LINKED, TABLE_WORDS, TableKind,
};

/// How many postings stand behind each affix: few enough for its key to have them itself, and so many that it is linked to.
const POSTINGS: [usize; 2] = [1, 6];

/// A policy with a rule for each pattern of `resource.name`, and for affixes others that only watch.
fn engines(patterns: &[Value], postings: usize) -> Engines {
    let mut rules: Vec<_> = patterns
        .iter()
        .enumerate()
        .map(|(at, pattern)| {
            let decision = ["allow", "approval_required", "deny"][at % 3];
            json!({ "id": format!("r{at}"), "when": { "resource": { "name": [pattern] } }, "decision": decision })
        })
        .collect();
    for (at, pattern) in patterns.iter().enumerate().filter(|(_, pattern)| pattern.is_object()) {
        rules.extend((1..postings).map(|time| {
            let id = format!("watch{at}-{time}");
            json!({ "id": id, "when": { "resource": { "name": [pattern] } }, "decision": "deny", "mode": "shadow" })
        }));
    }
    Engines::new(&[json!({ "rules": rules }).to_string()])
}

/// The kinds of the tables that have a part in links.
fn linked(engines: &Engines) -> Vec<TableKind> {
    let words: Vec<u32> = engines.artifact[..].chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
    let place = SECTION_TABLE_AT / 4 + 2 * Section::Tables as usize;
    assert!(words[place] as usize >= HEADER_LEN_BYTES);
    let tables = &words[words[place] as usize / 4..][..words[place + 1] as usize / 4];
    let kinds = tables.chunks_exact(TABLE_WORDS).map(|table| table[0]).filter(|kind| kind & TABLE_LINKED != 0);
    kinds.map(|kind| TableKind::from_word(kind & 0xff).unwrap()).collect()
}

/// All engines agree on a name in every form, and the rules of these patterns are among those that hold.
fn agree(engines: &Engines, name: &str, expected: &[usize]) {
    let mut deciders = engines.deciders();
    let escaped: String = name.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let plain = json!(name).to_string();
    for written in [plain.clone(), format!("\"{escaped}\""), format!("[\"none\",{plain}]"), format!("[{plain},\"{escaped}\"]")] {
        let request = format!(r#"{{"action":"a","resource":{{"name":{written}}}}}"#);
        let decision = deciders.agree(request.as_bytes(), false).unwrap_or_else(|problem| panic!("{problem}"));
        if written == plain {
            // Only rules of the strictest decision are listed.
            let strictest = expected.iter().map(|rule| rule % 3).max();
            let mut rules: Vec<String> =
                expected.iter().filter(|rule| Some(*rule % 3) == strictest).map(|rule| format!("r{rule}")).collect();
            rules.sort();
            let mut found: Vec<&str> = decision["rules"].as_array().unwrap().iter().map(|rule| rule.as_str().unwrap()).collect();
            found.sort_unstable();
            assert_eq!(found, rules, "{name}: {decision}");
        }
    }
}

/// Whole texts, and every beginning and end of some of them.
fn names(affixes: usize) -> Vec<Value> {
    let mut patterns: Vec<Value> = (0..30).map(|number| json!(format!("svc.obj.name-{number}"))).collect();
    patterns.extend((0..10).map(|number| json!({ "prefix": format!("other{number}.") })));
    patterns.extend((0..10).map(|number| json!({ "suffix": format!("/other{number}") })));
    patterns.extend((0..affixes).map(|len| json!({ "prefix": "svc.obj.name-"[..=len].to_owned() })));
    patterns.extend([json!({ "suffix": "-7" }), json!({ "suffix": "name-17" })]);
    patterns
}

#[test]
fn keys_lead_to_what_they_begin_and_end_with() {
    for postings in POSTINGS {
        let engines = engines(&names(3), postings);
        let mut kinds = linked(&engines);
        kinds.sort_by_key(|kind| *kind as u32);
        assert_eq!(kinds, [TableKind::Exact, TableKind::Prefix, TableKind::Suffix]);
        let prefixes = [50, 51, 52];
        agree(&engines, "svc.obj.name-1", &[&[1][..], &prefixes].concat());
        agree(&engines, "svc.obj.name-7", &[&[7][..], &prefixes, &[53]].concat());
        agree(&engines, "svc.obj.name-17", &[&[17][..], &prefixes, &[54]].concat());
        // No keys, so the other tables are asked.
        agree(&engines, "svc.obj.name-7x", &prefixes);
        agree(&engines, "svc.obj.name-77-7", &[&prefixes[..], &[53]].concat());
        agree(&engines, "svc", &prefixes);
        agree(&engines, "sv", &prefixes[..2]);
        agree(&engines, "other3.x/other4", &[33, 44]);
        agree(&engines, "-7", &[53]);
        agree(&engines, "none", &[]);
        agree(&engines, "", &[]);
    }
}

#[test]
fn keys_with_too_many_affixes_have_no_links() {
    let most = ENTRY_LINKS_MAX as usize;
    // One more than the prefixes: a name's suffix.
    let all = POSTINGS.into_iter().flat_map(|postings| [(postings, most - 1, true), (postings, most, false)]);
    for (postings, affixes, is_linked) in all {
        let engines = engines(&names(affixes), postings);
        assert_eq!(!linked(&engines).is_empty(), is_linked, "{affixes}");
        let prefixes: Vec<usize> = (50..50 + affixes).collect();
        agree(&engines, "svc.obj.name-1", &[&[1][..], &prefixes].concat());
        agree(&engines, "svc.obj.name-17", &[&[17][..], &prefixes, &[51 + affixes]].concat());
        agree(&engines, "svc.obj.name-77", &prefixes);
    }
}

/// A text that seems to be a key until it is compared with it.
#[test]
fn texts_with_the_hash_of_a_key_are_asked_about() {
    let texts = of_one_hash(12);
    let (keys, others) = texts.split_at(6);
    for (count, postings) in [1, keys.len()].into_iter().flat_map(|count| POSTINGS.map(|postings| (count, postings))) {
        let mut patterns: Vec<Value> = keys[..count].iter().map(|key| json!(key)).collect();
        patterns.extend((0..20).map(|number| json!(format!("name {number}"))));
        let first = patterns.len();
        // The sixteen digits are each text's own.
        patterns.extend(texts.iter().map(|text| json!({ "prefix": text[..16].to_owned() })));
        let engines = engines(&patterns, postings);
        assert_eq!(linked(&engines).len(), 2);
        for (at, text) in texts.iter().enumerate() {
            let of_key: Vec<usize> = (at..count).take(1).collect();
            agree(&engines, text, &[&of_key[..], &[first + at]].concat());
            agree(&engines, &format!("{text}~"), &[first + at]);
        }
        assert_eq!(others.len(), 6);
    }
}
