//! Every decision vector, in every way this crate can decide.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::Value;
use support::Engines;
use support::files::{bytes, documents, files, read, vectors};
use toolgate_compiler::{Checked, Diagnostic, Severity, Source, check, compile};

#[test]
fn decide() {
    let (mut cases, mut planned) = (0_u64, 0_u64);
    let mut failures = Vec::new();
    let all = files(&vectors().join("decide"));
    for path in &all {
        let vector = read(path);
        let documents = documents(&vector);
        let name = path.strip_prefix(vectors()).unwrap().display().to_string();
        let engines = match Engines::try_new(&documents) {
            Ok(engines) => engines,
            Err(problem) => {
                failures.push(format!("{name}: {problem}"));
                continue;
            }
        };
        let mut deciders = engines.deciders();
        for case in vector["cases"].as_array().unwrap() {
            cases += 1;
            assert!(case["law"].is_string(), "{name}: a case names the sentence it pins");
            let clarified = case["clarified"].as_bool().unwrap_or(false);
            let label = format!("{name}: {}", case["name"].as_str().unwrap());
            match deciders.agree(&bytes(case, "request"), clarified) {
                Err(problem) => failures.push(format!("{label}\n{problem}")),
                Ok(decision) => {
                    for (key, expected) in case["expect"].as_object().unwrap() {
                        if decision[key] != *expected {
                            failures.push(format!("{label}: {key} is {}, the vector says {expected}; {decision}", decision[key]));
                        }
                    }
                }
            }
        }
        planned += deciders.planned;
    }
    println!("vectors/decide: {} files, {cases} cases", all.len());
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.iter().take(40).cloned().collect::<Vec<_>>().join("\n\n"));
    let index = read(&vectors().join("index.json"));
    assert_eq!(index["decide"]["files"], all.len());
    assert_eq!(index["decide"]["cases"], cases);
    // With every feature on, as in CI, the plan has decided every case too.
    assert_eq!(planned, if cfg!(feature = "arbitrary") { cases } else { 0 });
}

/// The sources of a vector of documents.
fn sources(vector: &Value) -> Vec<Source> {
    let texts: Vec<Vec<u8>> = match vector["documents"].as_array() {
        Some(documents) => documents.iter().map(|document| document.as_str().unwrap().as_bytes().to_vec()).collect(),
        None => vec![bytes(vector, "document")],
    };
    let name = vector["name"].as_str().unwrap_or("policy.yaml");
    let named = |index: usize| if index == 0 { name.to_owned() } else { format!("{index}-{name}") };
    texts.into_iter().enumerate().map(|(index, text)| Source { name: named(index), text }).collect()
}

/// All errors of checking, or else of compiling.
fn errors(sources: &[Source]) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let Checked { policy, diagnostics, .. } = check(sources);
    let (mut errors, warnings): (Vec<_>, Vec<_>) = diagnostics.into_iter().partition(|d| d.severity == Severity::Error);
    assert_eq!(policy.is_some(), errors.is_empty());
    if let Some(policy) = policy {
        errors = compile(&policy).err().unwrap_or_default();
    }
    (errors, warnings)
}

#[test]
fn reject() {
    let all = files(&vectors().join("reject"));
    let mut failures = Vec::new();
    for path in &all {
        let vector = read(path);
        assert!(vector["law"].is_string(), "{}: names the sentence it pins", path.display());
        let sources = sources(&vector);
        let (found, _) = errors(&sources);
        let expected = vector["expect"].as_array().unwrap();
        let found_codes: Vec<_> = found.iter().map(|d| (d.code, d.file.as_str(), d.span.start, d.span.end)).collect();
        let same = found.len() == expected.len()
            && found.iter().zip(expected).all(|(found, expected)| {
                let file = expected["file"].as_u64().map(|file| sources[file as usize].name.as_str());
                let span = match (expected["span"].as_array(), expected["start"].as_u64()) {
                    (Some(span), _) => span[0] == found.span.start && span[1] == found.span.end,
                    (None, Some(start)) => start == u64::from(found.span.start),
                    (None, None) => true,
                };
                expected["code"] == found.code && file.is_none_or(|file| file == found.file) && span
            });
        if !same {
            let text = sources.iter().map(|s| String::from_utf8_lossy(s.text.get(..600).unwrap_or(&s.text)).into_owned());
            failures.push(format!(
                "{}: expected {}\nfound {found_codes:?}\n{}",
                path.strip_prefix(vectors()).unwrap().display(),
                vector["expect"],
                text.collect::<Vec<_>>().join("\n---\n")
            ));
        }
    }
    println!("vectors/reject: {} cases", all.len());
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n\n"));
    assert_eq!(read(&vectors().join("index.json"))["reject"]["cases"], all.len());
}

#[test]
fn accept() {
    let all = files(&vectors().join("accept"));
    let mut failures = Vec::new();
    for path in &all {
        let vector = read(path);
        let sources = sources(&vector);
        let (found, warnings) = errors(&sources);
        let name = path.strip_prefix(vectors()).unwrap().display();
        if !found.is_empty() {
            failures.push(format!("{name}: {found:#?}"));
        }
        for expected in vector["warnings"].as_array().into_iter().flatten() {
            if !warnings.iter().any(|warning| *expected == warning.code) {
                failures.push(format!("{name}: no {expected} among {warnings:?}"));
            }
        }
    }
    println!("vectors/accept: {} cases", all.len());
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n\n"));
    assert_eq!(read(&vectors().join("index.json"))["accept"]["cases"], all.len());
}

#[test]
fn warn() {
    let all = files(&vectors().join("warn"));
    let mut failures = Vec::new();
    for path in &all {
        let vector = read(path);
        assert!(vector["law"].is_string(), "{}: names the sentence it pins", path.display());
        let (errors, warnings) = errors(&sources(&vector));
        let expected = vector["expect"].as_array().unwrap();
        let same = errors.is_empty()
            && warnings.len() == expected.len()
            && warnings.iter().zip(expected).all(|(found, expected)| {
                let span = expected["span"].as_array();
                expected["code"] == found.code && span.is_none_or(|span| span[0] == found.span.start && span[1] == found.span.end)
            });
        if !same {
            let name = path.strip_prefix(vectors()).unwrap().display();
            failures.push(format!("{name}: expected {}\nfound {errors:#?} {warnings:#?}", vector["expect"]));
        }
    }
    println!("vectors/warn: {} cases", all.len());
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n\n"));
    assert_eq!(read(&vectors().join("index.json"))["warn"]["cases"], all.len());
}
