//! `cargo xtask vectors`: the law's cases, by host.

use crate::Outcome;
use crate::command::{Step, cargo};

/// What decides; each runs every case of `vectors/decide`.
const HOSTS: [&str; 3] = ["reference interpreter", "plan", "Rust runtime"];

pub(crate) fn run() -> Outcome {
    let mut counts: Vec<(String, String)> = Vec::new();
    // With the features of `cargo xtask test`, so that nothing is built twice.
    let suite = ["test", "--quiet", "--workspace", "--all-features", "--test", "vectors", "--", "--nocapture"];
    cargo(&suite).run_seeing(|line| {
        // `vectors/decide: 31 files, 900 cases`; with --nocapture it may follow the dots of other tests.
        if let Some((area, count)) = line.split_once("vectors/").and_then(|(_, rest)| rest.split_once(": ")) {
            counts.push((area.to_owned(), count.to_owned()));
        }
    })?;
    println!();
    for wanted in ["decide", "reject", "accept", "warn"] {
        let Some((_, count)) = counts.iter().find(|(area, _)| area == wanted) else {
            return Err(format!("the suite has not said how many cases of vectors/{wanted} it ran"));
        };
        match wanted {
            "decide" => HOSTS.iter().for_each(|host| println!("{host:<22} {wanted:<7} {count}")),
            _ => println!("{:<22} {wanted:<7} {count}", "compiler"),
        }
    }
    Ok(())
}
