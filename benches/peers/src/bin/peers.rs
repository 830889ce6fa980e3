//! Prints the table of all engines, and records it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use toolgate_peers::cell::{self, Choice, Times};
use toolgate_peers::child::{self, Limits};
use toolgate_peers::peer::Fallible;
use toolgate_peers::record::{Cell, Record};
use toolgate_peers::{KINDS, table};

const USAGE: &str = "usage: peers [--only NAME,…] [--rules N,N…] [--requests M] [--seed S] [--record]
  --only      names of the table, or what they begin with; default all
  --rules     default 10,100,1000,10000,100000
  --requests  default 10000; slow peers get fewer, at least 200
  --record    writes benches/record and the README's table, run from the repository's root";

fn main() -> ExitCode {
    child::exit(run())
}

fn run() -> Fallible<()> {
    let mut arguments = env::args().skip(1).peekable();
    if arguments.next_if(|argument| argument == "cell").is_some() {
        println!("{}", serde_json::to_string(&cell::time(&Choice::from_arguments(arguments)?)?)?);
        return Ok(());
    }
    let command = env::args().skip(1).collect::<Vec<_>>().join(" ");
    let (mut only, mut rules, mut requests, mut seed, mut record) = (Vec::new(), vec![10, 100, 1_000, 10_000, 100_000], 10_000, 1, false);
    while let Some(argument) = arguments.next() {
        if argument == "--record" {
            record = true;
            continue;
        }
        let value = arguments.next().ok_or(USAGE)?;
        match argument.as_str() {
            "--only" => only = value.split(',').map(str::to_owned).collect(),
            "--rules" => rules = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
            "--requests" => requests = value.parse()?,
            "--seed" => seed = value.parse()?,
            _ => return Err(format!("unknown option `{argument}`\n{USAGE}").into()),
        }
    }
    let wanted = |name: &str| only.is_empty() || only.iter().any(|only| name.starts_with(only.as_str()));
    if let Some(unknown) = only.iter().find(|only| !KINDS.iter().any(|kind| kind.name.starts_with(only.as_str()))) {
        return Err(format!("no peer `{unknown}`; there are {}", KINDS.map(|kind| kind.name).join(" ")).into());
    }
    let limits = Limits::default();
    let mut cells = Vec::new();
    let mut least = f64::INFINITY;
    for kind in KINDS.iter().filter(|kind| wanted(kind.name)) {
        for rules in &rules {
            let choice = Choice { peer: kind.name.to_owned(), rules: *rules, requests, seed };
            let start = Instant::now();
            let cell = measure(&choice, &limits, &mut least);
            eprintln!("{:<18} {:>7} rules  {:>5.1} s  {}", kind.name, rules, start.elapsed().as_secs_f64(), table::brief(&cell));
            cells.push(cell);
        }
    }
    let record_of = Record::new(format!("cargo xtask bench {command}").trim_end().to_owned(), seed, requests, limits, cells);
    println!("{}", table::full(&record_of));
    if record {
        let path = record_of.write(&PathBuf::from("benches/record"))?;
        record_of.write_readme(Path::new("README.md"), &path)?;
        println!("recorded in {}", path.display());
    }
    Ok(())
}

/// Measures a cell; again if others take the processor's time meanwhile, which the baseline tells: `least` is the lowest so far.
fn measure(choice: &Choice, limits: &Limits, least: &mut f64) -> Cell {
    let name = |program: &str| env::current_exe().map(|path| path.with_file_name(format!("{program}{}", env::consts::EXE_SUFFIX)));
    let child = |program: &str, first: &[&str]| name(program).map_err(Into::into).and_then(|path| child::run(&path, first, choice, limits));
    let mut cell = Cell { peer: choice.peer.clone(), rules: choice.rules, times: None, memory: None, reason: None };
    for _ in 0..TRIES_MAX {
        let start = Instant::now();
        let times: Times = match child("peers", &["cell"]).and_then(|line| Ok(serde_json::from_str(&line)?)) {
            Ok(times) => times,
            // What was measured once stands.
            Err(_) if cell.times.is_some() => break,
            Err(reason) => {
                cell.reason = Some(reason.to_string());
                return cell;
            }
        };
        let baseline = times.baseline_ns;
        *least = least.min(baseline);
        if cell.times.as_ref().is_none_or(|known| baseline < known.baseline_ns) {
            cell.times = Some(times);
        }
        if baseline <= *least * UNDISTURBED || start.elapsed() > QUICK {
            break;
        }
    }
    match child("peers-memory", &[]) {
        Ok(line) => cell.memory = serde_json::from_str(&line).ok(),
        Err(reason) => cell.reason = Some(reason.to_string()),
    }
    cell
}

/// So often a cell is timed if it is disturbed; the time with the lowest baseline counts.
const TRIES_MAX: usize = 5;
/// A baseline so many times the lowest is no sign of it.
const UNDISTURBED: f64 = 1.15;
/// What takes longer is timed once.
const QUICK: Duration = Duration::from_secs(8);
