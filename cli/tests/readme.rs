//! Every example of the pages is run, and says what the page says.
//!
//! A block after `<!-- file: NAME -->` is written to that file; a `console` block runs the commands behind `$` and shows what
//! they print, standard error after standard output. Every `yaml` block is a document without errors, but after
//! `<!-- has errors -->` or `<!-- fragment -->`. Blocks of Rust are doctests of the compiler.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::Directory;

const PAGES: [&str; 15] = [
    "README.md",
    "docs/editor.md",
    "docs/explain.md",
    "docs/handbook/arrays-and-roles.md",
    "docs/handbook/first-policy.md",
    "docs/handbook/if-and-when.md",
    "docs/handbook/numbers.md",
    "docs/handbook/paths-and-addresses.md",
    "docs/handbook/polarity.md",
    "docs/handbook/several-documents.md",
    "docs/mistakes.md",
    "docs/recorded-calls.md",
    "docs/semantics.md",
    "docs/testing-policies.md",
    "examples/starters/README.md",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A fenced block, with the comments right above it.
#[derive(Default)]
struct Block {
    line: usize,
    language: String,
    marks: Vec<String>,
    text: String,
}

impl Block {
    fn file(&self) -> Option<&str> {
        self.marks.iter().find_map(|mark| mark.strip_prefix("file: "))
    }

    fn has(&self, mark: &str) -> bool {
        self.marks.iter().any(|own| own == mark)
    }
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut marks = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in (1..).zip(page.lines()) {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.text.push_str(&format!("{line}\n")),
            (None, Some(language)) => {
                open = Some(Block { line: number, language: language.to_owned(), marks: std::mem::take(&mut marks), ..Block::default() });
            }
            (None, None) => match line.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->")) {
                Some(mark) => marks.push(mark.to_owned()),
                None => marks.clear(),
            },
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// What a console block should be: each command, and what it prints.
fn console(directory: &Directory, block: &Block) -> String {
    let mut shown = String::new();
    for command in block.text.lines().filter_map(|line| line.strip_prefix("$ ")) {
        let words: Vec<&str> = command.split_whitespace().collect();
        assert_eq!(words.first(), Some(&"toolgate"), "{command}");
        let ran = directory.run(words.get(1..).unwrap());
        shown.push_str(&format!("$ {command}\n{}{}", ran.stdout, ran.stderr));
    }
    shown
}

#[test]
fn examples_say_what_the_pages_say() {
    let mut ran = 0;
    for page in PAGES {
        let directory = Directory::new();
        // A page of examples speaks of the policies beside it.
        if page.starts_with("examples/") {
            let beside = fs::read_dir(root().join(page).parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
            for policy in beside.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")) {
                directory.write(policy.file_name().unwrap().to_str().unwrap(), fs::read_to_string(&policy).unwrap());
            }
        }
        for block in blocks(&fs::read_to_string(root().join(page)).unwrap()) {
            let place = format!("{page}:{}", block.line);
            if let Some(name) = block.file() {
                directory.write(name, &block.text);
            }
            match block.language.as_str() {
                "console" => {
                    let shown = console(&directory, &block);
                    assert_eq!(block.text, shown, "{place} should be\n{shown}");
                    ran += 1;
                }
                "yaml" if !block.has("fragment") => {
                    directory.write("block.yaml", &block.text);
                    let code = if block.has("has errors") { 1 } else { 0 };
                    let checked = directory.run(&["check", "block.yaml"]);
                    assert_eq!(checked.code, Some(code), "{place}: {}", checked.stderr);
                    ran += 1;
                }
                // Other hosts' suites run what is in their language.
                "yaml" | "json" | "rust" | "sh" | "text" | "c" | "js" | "python" | "go" => {}
                other => panic!("{place}: nothing runs a block of `{other}`"),
            }
        }
    }
    assert!(ran > 40, "{ran}");
}

#[test]
fn the_readme_shows_the_table_of_agentdojo() {
    let mark = "table: output of `cargo run --release --example agentdojo`";
    let table = |page: &str| {
        let page = fs::read_to_string(root().join(page)).unwrap();
        blocks(&page).into_iter().find(|block| block.has(mark)).unwrap().text
    };
    // That page is compared with what the example prints by a test of its own.
    assert_eq!(table("README.md"), table("examples/agentdojo/README.md"));
}
