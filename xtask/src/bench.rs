//! `cargo xtask bench`: the figures of the engine, and of its peers beside it.

use std::env;
use std::process::Command;

use crate::Outcome;
use crate::command::{Step, cargo};

/// A workspace of its own, with its own lock file.
const PEERS: &str = "benches/peers/Cargo.toml";

pub(crate) fn run(options: &[String]) -> Outcome {
    let has = |name: &str| options.iter().any(|option| option == name);
    if has("--instructions") {
        return engine("instructions", &without(options, "--instructions", 0));
    }
    if has("--shapes") || has("--shape") {
        return engine("table", options);
    }
    if !has("--only") {
        engine("table", &without(options, "--record", 0))?;
        println!();
    }
    // The programs that time and that count are two: counting takes time.
    peers(&["build", "--release", "--locked", "--bins", "--manifest-path", PEERS]).run()?;
    let run = ["run", "--release", "--locked", "--quiet", "--manifest-path", PEERS, "--"];
    peers(&run).arguments(&without(options, "--rounds", 1)).run()
}

/// Cargo without what the cargo that runs this task has set: a package among the peers would be built again because of it,
/// and with it all that need it.
fn peers(arguments: &[&str]) -> Command {
    let mut command = cargo(arguments);
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    command
}

fn engine(program: &str, options: &[String]) -> Outcome {
    cargo(&["run", "--release", "--quiet", "--package", "toolgate-benches", "--bin", program, "--"]).arguments(options).run()
}

/// The options that another program takes: without one of them, and the values after it.
fn without(options: &[String], name: &str, values: usize) -> Vec<String> {
    let mut rest = options.to_vec();
    if let Some(at) = rest.iter().position(|option| option == name) {
        rest.drain(at..rest.len().min(at.saturating_add(values).saturating_add(1)));
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn an_option_goes_with_its_values() {
        let options = ["--rules", "10", "--rounds", "5", "--record"].map(str::to_owned);
        assert_eq!(without(&options, "--rounds", 1), ["--rules", "10", "--record"]);
        assert_eq!(without(&options, "--record", 0), ["--rules", "10", "--rounds", "5"]);
        assert_eq!(without(&options[..3], "--rounds", 1), ["--rules", "10"]);
        assert_eq!(without(&options, "--seed", 1), options);
    }
}
