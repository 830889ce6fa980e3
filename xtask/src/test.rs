//! `cargo xtask test`: everything that is tested on every change.

use crate::Outcome;
use crate::command::{Step, cargo, program};
use crate::tally::Tally;
use crate::{examples, ffi, go, node, python, wasm};

/// Targets without std that the runtime is built for.
const TARGETS: [&str; 2] = ["wasm32-unknown-unknown", "thumbv7em-none-eabi"];

/// One part of the run and what came of it.
type Part = (&'static str, Result<String, String>);

pub(crate) fn run() -> Outcome {
    let targets = add_targets();
    let mut tally = Tally::default();
    let parts: [Part; 9] = [
        ("suites", suites(&mut tally)),
        ("C ABI", ffi::run(&mut tally)),
        ("runtime without std", targets.and_then(|()| build_without_std())),
        ("WebAssembly modules", wasm::run(wasm::Committed::Check, &mut tally).map(|()| "all vectors, within their sizes".to_owned())),
        ("Node package", node::run(&mut tally)),
        ("Python package", python::run(&mut tally)),
        ("Go module", go::run()),
        ("examples", examples::run()),
        ("no feature is needed", build_plain()),
    ];
    println!();
    for (name, result) in &parts {
        match result {
            Ok(what) => println!("{name:<22} ok      {what}"),
            Err(problem) => println!("{name:<22} FAILED  {problem}"),
        }
    }
    println!("{tally}");
    if parts.iter().all(|(_, result)| result.is_ok()) { Ok(()) } else { Err("some parts failed".to_owned()) }
}

fn suites(tally: &mut Tally) -> Result<String, String> {
    // Goes on after a suite that fails, so that one run tells everything.
    let run = cargo(&["test", "--workspace", "--all-features", "--no-fail-fast"]).run_seeing(|line| tally.see(line));
    run?;
    if tally.is_good() { Ok(tally.to_string()) } else { Err(tally.to_string()) }
}

/// Installs the targets that are missing; the compiler itself is pinned by `rust-toolchain.toml`.
fn add_targets() -> Outcome {
    let installed = program("rustup", &["target", "list", "--installed"])
        .output_text()
        .map_err(|problem| format!("{problem}; install rustup from https://rustup.rs, or the targets {} by hand", TARGETS.join(" ")))?;
    let missing: Vec<&str> = TARGETS.into_iter().filter(|target| !installed.lines().any(|line| line == *target)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    program("rustup", &["target", "add"]).arguments(&missing).run()
}

fn build_without_std() -> Result<String, String> {
    let mut build = vec!["build", "--package", "toolgate-runtime", "--no-default-features"];
    build.extend(TARGETS.iter().flat_map(|target| ["--target", target]));
    cargo(&build).run()?;
    Ok(TARGETS.join(", "))
}

/// The suites turn every feature on; users turn on none.
fn build_plain() -> Result<String, String> {
    cargo(&["check", "--workspace"]).run()?;
    Ok("every crate checks with default features".to_owned())
}
