//! `cargo xtask fuzz`: every target for some seconds.

use std::fs;

use crate::Outcome;
use crate::command::{Step, cargo, program, root};

const TARGETS: [&str; 6] = ["json", "scan", "document", "expression", "load_then_decide", "differential"];

/// The versions that the targets are known to build with.
const CARGO_FUZZ: &str = "0.13.2";
const NIGHTLY: &str = "nightly-2026-05-19";

pub(crate) fn run(seconds: u64) -> Outcome {
    let nightly = nightly()?;
    install_cargo_fuzz()?;
    let fuzz = ["run", &nightly, "cargo", "fuzz"];
    program("rustup", &fuzz).arguments(&["build"]).run()?;
    for target in TARGETS {
        // New inputs go to a directory of their own; the committed corpus only grows by hand.
        let found = root().join("fuzz/target/corpus").join(target);
        fs::create_dir_all(&found).map_err(|error| format!("{}: {error}", found.display()))?;
        let (found, time) = (found.to_string_lossy().into_owned(), format!("-max_total_time={seconds}"));
        let directories = [found, format!("fuzz/corpus/{target}"), format!("fuzz/regressions/{target}")];
        // A decision that takes ten seconds is as wrong as a panic.
        let options =
            ["--", &time, "-timeout=10", "-rss_limit_mb=2048", "-max_len=16384", "-print_final_stats=1", "-print_funcs=0", "-verbosity=0"];
        program("rustup", &fuzz).arguments(&["run", target]).arguments(&directories).arguments(&options).run().map_err(|problem| {
            format!("{problem}\nkeep the input as fuzz/regressions/{target}/<what was wrong>; `cargo test` replays it from then on")
        })?;
        println!("fuzz {target}: {seconds} s, nothing found");
    }
    Ok(())
}

/// A nightly that is installed, else the pinned one, installed now.
pub(crate) fn nightly() -> Result<String, String> {
    let installed = program("rustup", &["toolchain", "list"])
        .output_text()
        .map_err(|problem| format!("{problem}; fuzzing needs a nightly compiler: install rustup from https://rustup.rs"))?;
    let names: Vec<&str> = installed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let pinned = names.iter().find(|name| name.starts_with(NIGHTLY));
    if let Some(name) = pinned.or_else(|| names.iter().find(|name| name.starts_with("nightly"))) {
        return Ok((*name).to_owned());
    }
    program("rustup", &["toolchain", "install", NIGHTLY, "--profile", "minimal"]).run()?;
    Ok(NIGHTLY.to_owned())
}

fn install_cargo_fuzz() -> Outcome {
    let installed = cargo(&["install", "--list"]).output_text()?;
    if installed.lines().any(|line| line == format!("cargo-fuzz v{CARGO_FUZZ}:")) {
        return Ok(());
    }
    cargo(&["install", "cargo-fuzz", "--version", CARGO_FUZZ, "--locked"]).run()
}
