//! Documents in an artifact are kept as they are, and change nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use toolgate_compiler::explain::{Explainable, NotExplainable};
use toolgate_compiler::{Compiled, Source, check, compile};
use toolgate_runtime::artifact::format::{DIGEST_AT, DIGESTED_FROM, SECTION_TABLE_AT, Section};
use toolgate_runtime::artifact::{self, digest_of};
use toolgate_runtime::{Options, Policy, Scratch};

fn sources() -> Vec<Source> {
    let rules = "# é\nrules: [{id: a, when: {action: read_mail}, decision: allow}]\r\n";
    let more = "{\"rules\": [{\"id\": \"b\", \"when\": {\"action\": \"send\"}, \"decision\": \"deny\"}]}";
    [("a/rules.yaml", rules), ("b.json", more)].map(|(name, text)| Source { name: name.to_owned(), text: text.into() }).to_vec()
}

fn compiled() -> Compiled {
    compile(&check(&sources()).policy.unwrap()).unwrap()
}

#[test]
fn documents_are_kept_as_they_are() {
    let without = compiled();
    assert_eq!(Policy::load(&without.artifact).unwrap().sources().len(), 0);
    let with = without.clone().with_sources(&sources()).unwrap();
    let policy = Policy::load(&with.artifact).unwrap();
    let expected = sources();
    let kept: Vec<artifact::Source<'_>> = policy.sources().collect();
    assert_eq!(kept.len(), expected.len());
    for (kept, expected) in kept.iter().zip(&expected) {
        assert_eq!((kept.name, kept.text.as_bytes()), (expected.name.as_str(), expected.text.as_slice()));
    }
    // Once more is the same, and none take them out again.
    assert_eq!(with.clone().with_sources(&sources()).unwrap().artifact, with.artifact);
    assert_eq!(with.with_sources(&[]).unwrap().artifact, without.artifact);
}

#[test]
fn they_change_no_decision() {
    let without = compiled();
    let with = without.clone().with_sources(&sources()).unwrap();
    assert_eq!(with.policy_digest, without.policy_digest);
    let [without, with] = [without, with].map(|compiled| Policy::load(&compiled.artifact).unwrap());
    assert_eq!(with.digest(), without.digest());
    assert_ne!(with.artifact_digest(), without.artifact_digest());
    for action in ["read_mail", "send", "other"] {
        let request = format!("{{\"action\": \"{action}\"}}");
        let decided = |policy| Policy::decide(policy, request.as_bytes(), &mut Scratch::new(policy), Options::default()).to_string();
        assert_eq!(decided(&with), decided(&without));
    }
}

/// The sections' start and everything, with the digest and the lengths put right for another tail.
fn with_tail(good: &[u8], tail: &[u8]) -> Vec<u8> {
    let entry = SECTION_TABLE_AT + Section::Sources as usize * 8;
    let start = u32::from_le_bytes(good[entry..entry + 4].try_into().unwrap()) as usize;
    let mut bytes = [&good[..start], tail].concat();
    let (total, len) = (u32::try_from(bytes.len()).unwrap(), u32::try_from(tail.len()).unwrap());
    bytes[12..16].copy_from_slice(&total.to_le_bytes());
    bytes[entry + 4..entry + 8].copy_from_slice(&len.to_le_bytes());
    let digest = digest_of(&bytes);
    bytes[DIGEST_AT..DIGESTED_FROM].copy_from_slice(&digest);
    bytes
}

#[test]
fn a_section_that_does_not_hold_together_is_refused() {
    let good = compiled().artifact;
    let tail = |words: &[u32], bytes: &[u8]| [words.iter().flat_map(|word| word.to_le_bytes()).collect(), bytes.to_vec()].concat();
    for (tail, is_sound) in [
        (tail(&[1, 1, 2], b"abc"), true),
        (tail(&[1, 0, 0], b""), true),
        (tail(&[2, 1, 1, 0, 1], b"abc"), true),
        (tail(&[1, 1, 2], "aé".as_bytes()), true),
        // Too much, too little, split in a character, no UTF-8, a count of none, and counts that nobody has room for.
        (tail(&[1, 1, 2], b"abcd"), false),
        (tail(&[1, 1, 2], b"ab"), false),
        (tail(&[1, 2, 1], "aé".as_bytes()), false),
        (tail(&[1, 1, 2], b"a\xff\xff"), false),
        (tail(&[0], b""), false),
        (tail(&[1], b""), false),
        (tail(&[], b"abc"), false),
        (tail(&[u32::MAX, 1, 2], b"abc"), false),
        (tail(&[1, u32::MAX, u32::MAX], b"abc"), false),
    ] {
        let loaded = Policy::load(&with_tail(&good, &tail)).map_err(|error| (error.code(), error.to_string()));
        match loaded {
            Ok(_) => assert!(is_sound, "{tail:?}"),
            Err(error) => {
                assert!(!is_sound, "{tail:?}");
                assert_eq!(error, ("load/section", "section `sources` does not hold together".to_owned()));
            }
        }
    }
}

#[test]
fn an_artifact_explains_itself() {
    let without = compiled();
    let load = |compiled: &Compiled| Policy::load(&compiled.artifact).unwrap();
    let with = |sources: &[Source]| load(&without.clone().with_sources(sources).unwrap());
    let [from_artifact, from_documents] = [Explainable::from_artifact(&with(&sources())), Explainable::from_documents(&sources())];
    let explained = |explainable: &Explainable| explainable.explain(b"{\"action\": \"send\"}", false, None).unwrap();
    let explanation = explained(&from_artifact.unwrap());
    assert_eq!(explanation, explained(&from_documents.unwrap()));
    assert_eq!((explanation.decision.rules[0].as_str(), explanation.rules[0].file.as_deref()), ("b", Some("b.json")));
    let json: serde_json::Value = serde_json::from_str(&explanation.json()).unwrap();
    assert_eq!(json["decision"]["policy"], without.policy_digest_text());

    // What does not say what the artifact does explains nothing.
    let refused = |sources: &[Source]| Explainable::from_artifact(&with(sources)).unwrap_err();
    assert_eq!(refused(&[]), NotExplainable::NoSources);
    assert_eq!(refused(&sources()[..1]), NotExplainable::OtherPolicy);
    let looser = Source { name: "b.json".to_owned(), text: String::from_utf8_lossy(&sources()[1].text).replace("deny", "allow").into() };
    assert_eq!(refused(&[sources()[0].clone(), looser]), NotExplainable::OtherPolicy);
    let broken = Source { name: "x.yaml".to_owned(), text: b"rules: [{}]".to_vec() };
    let NotExplainable::Errors(errors) = refused(&[sources()[0].clone(), broken]) else { panic!("no errors") };
    assert!(!errors.is_empty() && errors.iter().all(|error| error.file == "x.yaml"), "{errors:?}");
    assert!(matches!(refused(&[Source { name: "x.yaml".to_owned(), text: vec![0xff] }]), NotExplainable::Errors(_)));
}
