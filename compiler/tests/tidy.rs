//! The repository keeps its own rules: what the pages say of the code is so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use support::files::{files, read, vectors};
use toolgate_compiler::diagnostic::manual;
use toolgate_compiler::{Source, canonical, check};
use toolgate_runtime::artifact::format::ALL_SECTIONS;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Paths from the root, with `/`, of all files but what is built or found while testing.
fn tracked() -> Vec<String> {
    let mut found = Vec::new();
    let mut pending = vec![root()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            let others = ["benches/peers/target", "fuzz/target", "fuzz/artifacts", "bindings/node/node_modules", "bindings/node/dist"];
            if [".git", "dist", "target"].contains(&name.as_str()) || others.contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() { pending.push(path) } else { found.push(name) }
        }
    }
    found.sort();
    found
}

fn text(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn sources(under: &[&str]) -> Vec<String> {
    tracked().into_iter().filter(|name| name.ends_with(".rs") && under.iter().any(|under| name.starts_with(under))).collect()
}

fn pages() -> Vec<String> {
    tracked().into_iter().filter(|name| name.ends_with(".md")).collect()
}

/// What stands between two marks on one line.
fn between(text: &str, mark: char) -> impl Iterator<Item = &str> {
    text.lines().flat_map(move |line| line.split(mark).skip(1).step_by(2))
}

const AREAS: [&str; 12] = ["source", "yaml", "json", "document", "when", "operand", "operator", "if", "limit", "lint", "request", "fields"];

fn is_code(text: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    text.split_once('/').is_some_and(|(area, rest)| (AREAS.contains(&area) || area == "load") && is_word(rest))
}

fn codes(text: &str, mark: char) -> BTreeSet<String> {
    between(text, mark).filter(|text| is_code(text)).map(str::to_owned).collect()
}

/// The codes that the code can tell: string literals of the form `area/word`.
fn told() -> BTreeSet<String> {
    let told: BTreeSet<String> = sources(&["compiler/src/", "runtime/src/"]).iter().flat_map(|name| codes(&text(name), '"')).collect();
    assert!(told.len() > 60, "{told:?}");
    told
}

#[test]
fn every_code_is_documented() {
    let (language, artifact) = (codes(&text("docs/semantics.md"), '`'), codes(&text("docs/artifact.md"), '`'));
    let (load, others): (BTreeSet<_>, BTreeSet<_>) = told().into_iter().partition(|code| code.starts_with("load/"));
    assert_eq!(others.difference(&language).collect::<Vec<_>>(), Vec::<&String>::new(), "not in docs/semantics.md");
    assert_eq!(load.difference(&artifact).collect::<Vec<_>>(), Vec::<&String>::new(), "not in docs/artifact.md");
    // And no page speaks of one that is not there.
    for page in pages().iter().filter(|page| *page != "CHANGELOG.md") {
        let gone: Vec<_> = codes(&text(page), '`').into_iter().filter(|code| !others.contains(code) && !load.contains(code)).collect();
        assert_eq!(gone, Vec::<String>::new(), "{page}");
    }
}

#[test]
fn every_code_has_one_section() {
    let sections: Vec<String> = manual::codes().map(str::to_owned).collect();
    let told = told();
    assert_eq!(
        told.iter().filter(|code| !sections.contains(code)).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "not in compiler/diagnostics.md"
    );
    for (position, code) in sections.iter().enumerate() {
        assert!(told.contains(code), "compiler/diagnostics.md has a section {code}, and nothing tells it");
        assert!(!sections[..position].contains(code), "compiler/diagnostics.md has two sections {code}");
    }
}

#[test]
fn every_error_of_a_document_has_a_vector() {
    // What needs a disk, and what needs four gigabytes.
    let without = ["source/unreadable", "limit/artifact-bytes"];
    for code in told() {
        let area = code.split('/').next().unwrap();
        if ["lint", "request", "load", "fields"].contains(&area) || without.contains(&code.as_str()) {
            continue;
        }
        assert!(vectors().join("reject").join(&code).is_dir(), "vectors/reject/{code} is missing");
    }
}

#[test]
fn every_warning_has_a_vector_and_a_near_miss() {
    // But for one that is found in a directory.
    for code in told().iter().filter(|code| code.starts_with("lint/") && *code != "lint/other-file") {
        let directory = vectors().join("warn").join(code);
        assert!(directory.is_dir(), "vectors/warn/{code} is missing");
        let (warned, near): (Vec<_>, Vec<_>) =
            files(&directory).iter().map(|path| read(path)).partition(|vector| vector["expect"].as_array().is_some_and(|e| !e.is_empty()));
        assert!(!warned.is_empty() && !near.is_empty(), "vectors/warn/{code}: {} and {}", warned.len(), near.len());
    }
}

/// `name: type = value;` of all constants of a file whose value is a product of numbers.
fn constants(name: &str) -> Vec<(String, u64)> {
    let text = text(name);
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix("pub const ").or(line.strip_prefix("pub(crate) const ")).or(line.strip_prefix("const ")));
    lines
        .filter_map(|line| {
            let (name, rest) = line.split_once(':')?;
            let value = rest.split_once("= ")?.1.strip_suffix(';')?;
            let factors: Option<Vec<u64>> = value.split(" * ").map(|factor| factor.replace('_', "").parse().ok()).collect();
            Some((name.to_owned(), factors?.into_iter().product()))
        })
        .collect()
}

/// With commas between thousands.
fn shown(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let groups = digits.char_indices().map(|(at, digit)| if at > 0 && at % 3 == first { format!(",{digit}") } else { digit.to_string() });
    groups.collect()
}

#[test]
fn every_limit_is_in_the_table() {
    let page = text("docs/semantics.md");
    let compiler = constants("compiler/src/limits.rs");
    assert_eq!(compiler.len(), text("compiler/src/limits.rs").matches("pub const").count());
    let runtime = ["runtime/src/json/reader.rs", "runtime/src/item.rs", "runtime/src/scratch.rs", "runtime/src/json/number.rs"];
    let others = runtime.iter().flat_map(|name| constants(name)).chain(constants("compiler/src/ir/decimal.rs"));
    let others: Vec<_> = others.filter(|(name, _)| name.ends_with("_MAX")).collect();
    for name in ["BYTES_MAX", "DEPTH_MAX", "MEMBERS_MAX", "ELEMENTS_MAX", "SHOWN_MAX", "DIGITS_MAX", "EXPONENT_MAX"] {
        assert!(others.iter().any(|(other, _)| other == name), "no constant {name}");
    }
    for (name, value) in compiler.into_iter().chain(others) {
        let row = page.lines().find(|line| line.contains(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("docs/semantics.md has no row of {name}"));
        assert!(row.contains(&format!("| {} ", shown(value))), "{name} is {}: {row}", shown(value));
    }
}

#[test]
fn every_bound_of_the_index_is_in_its_table() {
    let page = text("docs/index.md");
    let bounds = [constants("compiler/src/plan/index.rs"), constants("compiler/src/plan/access.rs")].concat();
    assert!(bounds.len() > 6, "{bounds:?}");
    for (name, value) in bounds {
        let row = format!("| `{name}` | {} |", shown(value));
        assert!(page.contains(&row), "docs/index.md should say {row}");
    }
}

#[test]
fn the_readme_counts_the_vectors() {
    let page = text("README.md");
    let decide = files(&vectors().join("decide"));
    let cases: usize = decide.iter().map(|path| read(path)["cases"].as_array().unwrap().len()).sum();
    let count = |area: &str| shown(files(&vectors().join(area)).len() as u64);
    for (area, expected) in [
        ("decide", format!("{} cases in {} files", shown(cases as u64), count("decide"))),
        ("reject", count("reject")),
        ("accept", count("accept")),
        ("warn", count("warn")),
    ] {
        let row = page.lines().find(|line| line.starts_with(&format!("| `vectors/{area}` |"))).unwrap();
        assert!(row.ends_with(&format!("| {expected} |")), "there are {expected}: {row}");
    }
}

#[test]
fn what_pages_name_is_there() {
    let all = tracked();
    let is_there = |path: &str| all.iter().any(|name| name == path || name.starts_with(&format!("{}/", path.trim_end_matches('/'))));
    let mut checked = 0;
    for page in pages() {
        let (text, directory) = (text(&page), page.rsplit_once('/').map_or("", |(directory, _)| directory));
        // Links, from the page's own place.
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap();
            if path.is_empty() || path.contains("://") {
                continue;
            }
            let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
            for part in path.split('/') {
                match part {
                    ".." => _ = parts.pop(),
                    _ => parts.push(part),
                }
            }
            assert!(is_there(&parts.join("/")), "{page} links to {target}");
            checked += 1;
        }
        // Paths in backticks, from the root.
        let heads = ["bindings/", "compiler/", "runtime/", "cli/", "vectors/", "benches/", "fuzz/", "examples/", "docs/", "xtask/"];
        for path in between(&text, '`').filter(|path| heads.iter().any(|head| path.starts_with(head))) {
            if path.contains(['<', '*', '{', ' ', '…']) || path.starts_with("fuzz/target") || path == "vectors/index.json" {
                continue;
            }
            let (file, _) = path.split_once("::").unwrap_or((path, ""));
            assert!(is_there(file) || is_there(&format!("{file}.rs")), "{page} names {path}");
            // `file.rs::name` names a test or function.
            if let Some((file, function)) = path.split_once("::") {
                assert!(self::text(file).contains(&format!("fn {function}(")), "{page} names {path}");
            }
            checked += 1;
        }
    }
    assert!(checked > 50, "{checked}");
}

#[test]
fn every_section_is_documented() {
    let page = text("docs/artifact.md");
    for section in ALL_SECTIONS {
        assert!(page.contains(&format!("| `{}` |", section.name())), "docs/artifact.md has no section `{}`", section.name());
    }
}

#[test]
fn the_canonical_example_is_what_is_hashed() {
    let page = text("docs/artifact.md");
    let block = |mark: &str| {
        let (_, rest) = page.split_once(&format!("<!-- {mark} -->\n")).unwrap();
        rest.split("```").nth(1).and_then(|block| block.split_once('\n')).unwrap().1.to_owned()
    };
    let checked = check(&[Source { name: "policy.yaml".into(), text: block("policy").into() }]).policy.unwrap();
    let digest = canonical::digest(&checked);
    // The page's last line break is the block's.
    let hashed: [u8; 32] = Sha256::digest(block("canonical").strip_suffix('\n').unwrap()).into();
    assert_eq!(digest, hashed);
    assert!(page.contains(&canonical::digest_text(&digest)), "{}", canonical::digest_text(&digest));
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let marks = ["work", "root", "home/user", "Users"].map(|directory| format!("/{directory}/"));
    for name in tracked() {
        let bytes = fs::read(root().join(&name)).unwrap();
        let Ok(text) = String::from_utf8(bytes) else { continue };
        for mark in &marks {
            let found = text.match_indices(mark.as_str()).find(|(at, _)| {
                // At the start of a path, not inside of one.
                !text.get(..*at).is_some_and(|before| before.ends_with(|c: char| c.is_alphanumeric() || "._-*>}".contains(c)))
            });
            assert!(found.is_none(), "{name} names {mark}");
        }
    }
}

#[test]
fn the_reference_interpreter_can_be_read_at_one_sitting() {
    let is_part = |name: &&String| name.starts_with("compiler/src/reference") && !name.ends_with("tests.rs");
    let names = tracked();
    let lines: usize = names.iter().filter(is_part).map(|name| text(name).lines().count()).sum();
    assert!((1..600).contains(&lines), "{lines}");
}

#[test]
fn no_file_is_long() {
    for name in tracked() {
        let is_prose = [".rs", ".md", ".toml", ".yaml"].iter().any(|end| name.ends_with(end));
        // A reference, with a section for each code: nobody reads it from one end to the other.
        let is_reference = name == "compiler/diagnostics.md";
        if is_prose && !is_reference {
            let lines = text(&name).lines().count();
            assert!(lines <= 700, "{name} has {lines} lines; what second noun hides in it?");
        }
    }
}
