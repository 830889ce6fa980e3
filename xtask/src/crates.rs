//! The crates of `cargo xtask dist`.

use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::command::{Step, cargo, program, target_directory};
use crate::dist::{Elsewhere, expect};

/// What is published, each after what it needs.
const CRATES: [&str; 4] = ["toolgate-scan", "toolgate-runtime", "toolgate-compiler", "toolgate-cli"];

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Packs the crates, builds each from its package, and runs a program that uses them.
pub(crate) fn dist(into: &Path) -> Outcome {
    let mut package = cargo(&["package", "--allow-dirty", "--locked"]);
    package = package.arguments(&CRATES.iter().flat_map(|name| ["--package", name]).collect::<Vec<_>>());
    package.run()?;
    let elsewhere = Elsewhere::new("crates")?;
    for name in CRATES {
        let file = format!("{name}-{VERSION}.crate");
        let made = target_directory().join("package").join(&file);
        fs::copy(&made, into.join(&file)).map_err(|error| format!("{}: {error}", made.display()))?;
        let mut unpack = program("tar", &["-xzf", &into.join(&file).to_string_lossy()]);
        unpack.current_dir(&elsewhere.path);
        unpack.run()?;
    }
    let patched = CRATES.map(|name| format!("{name} = {{ path = \"{name}-{VERSION}\" }}\n"));
    let excluded = CRATES.map(|name| format!("\"{name}-{VERSION}\"")).join(", ");
    let manifest = MANIFEST.replace("VERSION", VERSION);
    let [scan, runtime, compiler, _] = &patched;
    let libraries = [scan, runtime, compiler].map(String::as_str).concat();
    let manifest = format!("{manifest}\n[workspace]\nexclude = [{excluded}]\n\n[patch.crates-io]\n{libraries}");
    elsewhere.write("Cargo.toml", &manifest)?;
    elsewhere.write("src/main.rs", PROGRAM)?;
    let mut run = cargo(&["run", "--quiet"]);
    run.current_dir(&elsewhere.path).env_remove("CARGO_TARGET_DIR");
    expect(&into.join(format!("toolgate-compiler-{VERSION}.crate")), &run.output_text()?, "allow approval_required deny")?;
    let policy = "rules: [{ id: read, when: { action: read_file }, decision: allow }]\n";
    elsewhere.write("policy.yaml", policy)?;
    let mut check = cargo(&["run", "--quiet", "--", "check", "../policy.yaml"]);
    check.current_dir(elsewhere.path.join(format!("toolgate-cli-{VERSION}")));
    // Its dependencies are the packages beside it.
    elsewhere.write(
        &format!("toolgate-cli-{VERSION}/.cargo/config.toml"),
        &format!("[patch.crates-io]\n{}", libraries.replace("path = \"", "path = \"../")),
    )?;
    check.env("CARGO_TARGET_DIR", elsewhere.path.join("target"));
    check.run()?;
    println!("toolgate-cli-{VERSION}.crate: built and run");
    Ok(())
}

const MANIFEST: &str = "[package]
name = \"example\"
version = \"0.0.0\"
edition = \"2024\"

[dependencies]
toolgate-compiler = \"=VERSION\"
toolgate-runtime = \"=VERSION\"
";

/// What a user may write first.
const PROGRAM: &str = r##"use toolgate_compiler::{Source, compile_sources};
use toolgate_runtime::{Options, Policy, Scratch};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = r"{rules: [
        {id: small, when: {action: pay, input: {amount: [{gt: 0, lte: 1000}]}}, decision: allow},
        {id: large, when: {action: pay, input: {amount: [{gt: 1000}]}}, decision: approval_required}]}";
    let (compiled, _) = compile_sources(&[Source { name: "policy.yaml".into(), text: text.into() }]);
    let policy = Policy::load(&compiled.ok_or("the policy has errors")?.artifact)?;
    let mut scratch = Scratch::new(&policy);
    let mut said = Vec::new();
    for amount in ["5", "5000", "\"5\""] {
        let call = format!(r#"{{"action": "pay", "input": {{"amount": {amount}}}}}"#);
        said.push(policy.decide(call.as_bytes(), &mut scratch, Options::default()).verdict().as_str());
    }
    println!("{}", said.join(" "));
    Ok(())
}
"##;
