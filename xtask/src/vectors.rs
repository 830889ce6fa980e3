//! `cargo xtask vectors`: the law's cases, by host.

use std::collections::BTreeMap;

use crate::Outcome;
use crate::command::{Step, cargo};
use crate::{ffi, go, node, python, wasm};

/// What else decides every case of `vectors/decide` in the suite in Rust.
const ENGINES: [&str; 2] = ["reference interpreter", "plan"];

const AREAS: [&str; 4] = ["decide", "reject", "accept", "warn"];

/// Cases that a host said it ran, by area.
type Counts = BTreeMap<String, String>;

/// Runs the vectors of one host and shows each line that it prints.
type Run = fn(&mut dyn FnMut(&str)) -> Outcome;

pub(crate) fn run() -> Outcome {
    let hosts: [(&str, Run); 6] = [
        ("Rust", rust),
        ("C", |see| ffi::vectors(see)),
        ("WebAssembly", |see| wasm::vectors(see)),
        ("Node", |see| node::vectors(see)),
        ("Python", |see| python::vectors(see)),
        ("Go", |see| go::vectors(see)),
    ];
    let mut ran: Vec<(&str, Counts)> = Vec::new();
    for (host, run) in hosts {
        let mut counts = Counts::new();
        run(&mut |line| counts.extend(counted(line)))?;
        if let Some(area) = AREAS.iter().find(|area| !counts.contains_key(**area)) {
            return Err(format!("the suite of {host} has not said how many cases of vectors/{area} it ran"));
        }
        ran.push((host, counts));
    }
    println!();
    let row = |name: &str, counts: &Counts, areas: &[&str]| {
        let cells = AREAS.map(|area| if areas.contains(&area) { counts.get(area).map_or("", String::as_str) } else { "" });
        println!("{name:<22} {:>24} {:>12} {:>11} {:>11}", cells[0], cells[1], cells[2], cells[3]);
    };
    println!("{:<22} {:>24} {:>12} {:>11} {:>11}", "host", AREAS[0], AREAS[1], AREAS[2], AREAS[3]);
    for (host, counts) in &ran {
        if *host == "Rust" {
            ENGINES.iter().for_each(|engine| row(engine, counts, &["decide"]));
        }
        row(host, counts, &AREAS);
    }
    match ran.iter().find(|(_, counts)| ran.first().is_some_and(|(_, first)| first != counts)) {
        Some((host, _)) => Err(format!("{host} did not run what the others ran")),
        None => Ok(()),
    }
}

fn rust(see: &mut dyn FnMut(&str)) -> Outcome {
    // With the features of `cargo xtask test`, so that nothing is built twice.
    cargo(&["test", "--quiet", "--workspace", "--all-features", "--test", "vectors", "--", "--nocapture"]).run_seeing(see)
}

/// Area and count of `vectors/decide: 31 files, 900 cases`; with --nocapture it may follow the dots of other tests.
fn counted(line: &str) -> Option<(String, String)> {
    let (area, count) = line.split_once("vectors/").and_then(|(_, rest)| rest.split_once(": "))?;
    AREAS.contains(&area).then(|| (area.to_owned(), count.trim().to_owned()))
}
