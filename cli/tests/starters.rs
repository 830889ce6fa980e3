//! The starter policies are without warnings, and their tests show every rule and branch of them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::Directory;

fn starters() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/starters");
    let mut found: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    found.sort();
    assert_eq!(found.len(), 7, "{found:?}");
    found
}

#[test]
fn each_is_without_warnings() {
    let directory = Directory::new();
    for path in starters() {
        directory.run(&["check", "--deny", "warnings", path.to_str().unwrap()]).exits(0);
    }
}

#[test]
fn each_is_tested_whole() {
    let directory = Directory::new();
    for path in starters() {
        let ran = directory.run(&["test", path.to_str().unwrap(), "--coverage"]).exits(0);
        let coverage = ran.stdout.lines().next().unwrap();
        let pairs = coverage.strip_prefix("coverage: rules ").unwrap_or_else(|| panic!("{}: {coverage}", path.display()));
        for pair in pairs.split(", branches ") {
            let (shown, all) = pair.split_once('/').unwrap();
            assert_eq!(shown, all, "{}: {coverage}", path.display());
        }
    }
}

#[test]
fn each_is_told_of() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/starters/README.md");
    let page = fs::read_to_string(page).unwrap();
    for path in starters() {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(page.contains(&format!("[{name}]({name})")), "{name}");
        assert!(fs::read_to_string(&path).unwrap().starts_with("# "), "{name} tells nothing of itself");
    }
}
