//! `cargo xtask bench`: the figures of the engine, and of its peers beside it.

use std::env;
use std::process::Command;

use crate::Outcome;
use crate::command::{Step, cargo};

/// A workspace of its own, with its own lock file.
const PEERS: &str = "benches/peers/Cargo.toml";

/// The lines of the peers' table. Building them takes minutes, so their names are read and not asked for.
const KINDS: &str = include_str!("../../benches/peers/src/kinds.rs");

pub(crate) fn run(options: &[String]) -> Outcome {
    let has = |name: &str| options.iter().any(|option| option == name);
    if has("--instructions") {
        return engine("instructions", &without(options, "--instructions", 0));
    }
    if has("--shapes") || has("--shape") {
        return engine("table", options);
    }
    if has("--only") {
        known(options)?;
    } else {
        engine("table", &without(options, "--record", 0))?;
        println!();
    }
    // The programs that time and that count are two: counting takes time.
    peers(&["build", "--release", "--locked", "--bins", "--manifest-path", PEERS]).run()?;
    let run = ["run", "--release", "--locked", "--quiet", "--manifest-path", PEERS, "--"];
    peers(&run).arguments(&without(options, "--rounds", 1)).run()
}

/// Refuses what `--only` says if no line of the table begins with it.
fn known(options: &[String]) -> Outcome {
    let named = options.iter().skip_while(|option| *option != "--only").nth(1).ok_or("`--only` is not followed by names")?;
    match named.split(',').find(|only| !names().any(|name| name.starts_with(*only))) {
        Some(unknown) => Err(format!("no peer `{unknown}`; there are {}", names().collect::<Vec<_>>().join(" "))),
        None => Ok(()),
    }
}

/// Names of the lines.
fn names() -> impl Iterator<Item = &'static str> {
    KINDS.split("name: \"").skip(1).filter_map(|rest| rest.split('"').next()).filter(|name| !name.is_empty())
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
    use super::{known, names, without};

    #[test]
    fn an_unknown_peer_is_refused_and_the_known_ones_are_named() {
        assert!(["toolgate-json", "by-hand", "cel"].iter().all(|name| names().any(|known| known == *name)));
        let only = |named: &[&str]| {
            known(&[&["--rules", "10", "--only"], named].concat().iter().map(|option| (*option).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(only(&["toolgate,cedar-prebuilt"]), Ok(()));
        let refused = only(&["zen,opa"]).unwrap_err();
        assert!(refused.starts_with("no peer `opa`; there are toolgate-json ") && refused.ends_with(" cel"), "{refused}");
        assert_eq!(only(&[]), Err("`--only` is not followed by names".to_owned()));
    }

    #[test]
    fn an_option_goes_with_its_values() {
        let options = ["--rules", "10", "--rounds", "5", "--record"].map(str::to_owned);
        assert_eq!(without(&options, "--rounds", 1), ["--rules", "10", "--record"]);
        assert_eq!(without(&options, "--record", 0), ["--rules", "10", "--rounds", "5"]);
        assert_eq!(without(&options[..3], "--rounds", 1), ["--rules", "10"]);
        assert_eq!(without(&options, "--seed", 1), options);
    }
}
