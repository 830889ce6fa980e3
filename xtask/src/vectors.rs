//! `cargo xtask vectors`: the law's cases, by host.

use crate::Outcome;
use crate::command::{Step, cargo};
use crate::ffi;

/// What decides; each runs every case of `vectors/decide`.
const HOSTS: [&str; 3] = ["reference interpreter", "plan", "Rust runtime"];

pub(crate) fn run() -> Outcome {
    let mut counts: Vec<(String, String)> = Vec::new();
    let mut c_counts = Vec::new();
    // With the features of `cargo xtask test`, so that nothing is built twice.
    let suite = ["test", "--quiet", "--workspace", "--all-features", "--test", "vectors", "--", "--nocapture"];
    cargo(&suite).run_seeing(|line| {
        counts.extend(counted(line));
    })?;
    ffi::vectors(|line| c_counts.extend(counted(line)))?;
    println!();
    for wanted in ["decide", "reject", "accept", "warn"] {
        let Some((_, count)) = counts.iter().find(|(area, _)| area == wanted) else {
            return Err(format!("the suite has not said how many cases of vectors/{wanted} it ran"));
        };
        match wanted {
            "decide" => HOSTS.iter().for_each(|host| println!("{host:<22} {wanted:<7} {count}")),
            _ => println!("{:<22} {wanted:<7} {count}", "compiler"),
        }
        let Some((_, count)) = c_counts.iter().find(|(area, _)| area == wanted) else {
            return Err(format!("the suite of the C ABI has not said how many cases of vectors/{wanted} it ran"));
        };
        println!("{:<22} {wanted:<7} {count}", "C ABI");
    }
    Ok(())
}

/// Area and count of `vectors/decide: 31 files, 900 cases`; with --nocapture it may follow the dots of other tests.
fn counted(line: &str) -> Option<(String, String)> {
    let (area, count) = line.split_once("vectors/").and_then(|(_, rest)| rest.split_once(": "))?;
    Some((area.to_owned(), count.to_owned()))
}
