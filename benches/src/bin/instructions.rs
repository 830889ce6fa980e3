//! Counts the instructions of a decision under callgrind: unlike times, they do not depend on neighbours.
//!
//! Valgrind has no AVX-512: where the engine would use it, the code for AVX2 is counted.

use std::error::Error;
use std::ffi::OsStr;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::{Value, json};
use toolgate_benches::fields::Extracted;
use toolgate_benches::{Random, SHAPES, machine, shape, workload};
use toolgate_compiler::{Source, check, compile};
use toolgate_runtime::{FieldValues, Options, Policy, Scratch};

const USAGE: &str = "usage: instructions [--rules N,N…] [--requests M] [--seed S] [--shape NAME | --record]
  --rules     default 10,100,1000,10000,100000; with a shape 10000
  --requests  default 2000
  --record    adds the figures to today's record in benches/record";

/// The paths that are counted.
const PATHS: [&str; 3] = ["json", "verdict", "fields"];

type Fallible<T> = Result<T, Box<dyn Error>>;

fn main() -> Fallible<()> {
    let mut arguments = env::args().skip(1).peekable();
    if arguments.next_if(|argument| argument == "decide").is_some() {
        let (path, directory) = (arguments.next().ok_or(USAGE)?, arguments.next().ok_or(USAGE)?);
        return decide(&path, Path::new(&directory));
    }
    let (mut rules, mut requests, mut seed, mut name, mut record) = (Vec::new(), 2_000, 1, None, false);
    while let Some(argument) = arguments.next() {
        if argument == "--record" {
            record = true;
            continue;
        }
        let value = arguments.next().ok_or(USAGE)?;
        match argument.as_str() {
            "--rules" => rules = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
            "--requests" => requests = value.parse()?,
            "--seed" => seed = value.parse()?,
            "--shape" => name = Some(value),
            _ => return Err(format!("unknown option `{argument}`\n{USAGE}").into()),
        }
    }
    let name = name.as_deref();
    if record && name.is_some() {
        return Err(USAGE.into());
    }
    if rules.is_empty() {
        rules = if name.is_none() { vec![10, 100, 1_000, 10_000, 100_000] } else { vec![10_000] };
    }
    let valgrind = machine::output("valgrind", &["--version"])
        .ok_or("valgrind is missing; install it, for example with `apt-get install valgrind`, and run this again")?;
    println!("{requests} requests, seed {seed}; instructions a decision, {valgrind} --tool=callgrind\n");
    println!("| rules | json | verdict | fields |\n|--:|--:|--:|--:|");
    let mut rows = Vec::new();
    let directory = env::temp_dir().join(format!("toolgate-instructions-{}", std::process::id()));
    for rules in rules {
        write(&directory, name, rules, requests, seed)?;
        let counted = PATHS.iter().map(|path| count(path, &directory, requests)).collect::<Fallible<Vec<_>>>();
        fs::remove_dir_all(&directory)?;
        let counted = counted?;
        println!("| {rules} | {} |", counted.iter().map(u64::to_string).collect::<Vec<_>>().join(" | "));
        let row: serde_json::Map<String, Value> =
            PATHS.iter().zip(&counted).map(|(path, count)| ((*path).to_owned(), json!(count))).collect();
        rows.push(json!({ "rules": rules, "instructions": row }));
    }
    if record {
        let path = machine::record(&PathBuf::from("benches/record"), "json");
        let mut kept: Value = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(_) => return Err(format!("{} is missing; `cargo xtask bench --record` writes it first", path.display()).into()),
        };
        let object = kept.as_object_mut().ok_or_else(|| format!("{} is no record", path.display()))?;
        let tool = format!("{valgrind} --tool=callgrind");
        object.insert("instructions".to_owned(), json!({ "tool": tool, "requests": requests, "rows": rows }));
        fs::write(&path, serde_json::to_string_pretty(&kept)? + "\n")?;
        println!("\nrecorded in {}", path.display());
    }
    Ok(())
}

/// Everything slow is done before valgrind is: what it runs reads these files.
fn write(directory: &Path, name: Option<&str>, rules: usize, requests: usize, seed: u64) -> Fallible<()> {
    let mut made = match name {
        Some(name) => shape(name, rules, requests, seed).ok_or_else(|| format!("no shape `{name}`; there are {}", SHAPES.join(" ")))?,
        None => workload(rules, requests, seed),
    };
    Random::new(seed).shuffle(&mut made.requests);
    let checked = check(&[Source { name: "policy.json".to_owned(), text: made.policy.into_bytes() }]);
    let checked = checked.policy.ok_or_else(|| format!("the policy has errors: {:?}", checked.diagnostics.first()))?;
    let compiled = compile(&checked).map_err(|diagnostics| format!("the policy passes a limit: {:?}", diagnostics.first()))?;
    fs::create_dir_all(directory)?;
    fs::write(directory.join("artifact"), compiled.artifact)?;
    fs::write(directory.join("requests"), made.requests.join(&b'\n'))?;
    Ok(())
}

/// Runs this program under callgrind, which counts within one function only.
fn count(path: &str, directory: &Path, requests: usize) -> Fallible<u64> {
    let output = directory.join("callgrind");
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--collect-atstart=no", "--toggle-collect=*counted_*"]);
    command.arg(format!("--callgrind-out-file={}", output.display())).arg(env::current_exe()?);
    let run = command.args([OsStr::new("decide"), OsStr::new(path), directory.as_os_str()]).output()?;
    if !run.status.success() {
        return Err(String::from_utf8_lossy(&run.stderr).into_owned().into());
    }
    let text = fs::read_to_string(&output)?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: ").or_else(|| line.strip_prefix("summary: ")));
    let total: u64 = total.ok_or("callgrind wrote no total")?.trim().parse()?;
    if total == 0 {
        return Err("callgrind counted nothing: the function to count within was not found".into());
    }
    Ok(total.checked_div(requests as u64).unwrap_or(0))
}

fn decide(path: &str, directory: &Path) -> Fallible<()> {
    let policy = Policy::load(&fs::read(directory.join("artifact"))?)?;
    let text = fs::read(directory.join("requests"))?;
    let requests: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    let mut scratch = Scratch::new(&policy);
    // What the first decisions set up is no part of the others.
    let warm = |scratch: &mut Scratch| {
        for request in &requests {
            let _ = black_box(policy.decide(request, scratch, Options::default()));
        }
    };
    match path {
        "json" => {
            warm(&mut scratch);
            counted_json(&policy, &mut scratch, &requests);
        }
        "verdict" => {
            warm(&mut scratch);
            counted_verdicts(&policy, &mut scratch, &requests);
        }
        "fields" => {
            let slots = requests.iter().map(|request| Extracted::all(&policy, request)).collect::<Fallible<Vec<_>>>()?;
            let mut values = FieldValues::new(&policy);
            counted_fields(&policy, &mut scratch, &mut values, &slots)?;
        }
        _ => return Err(USAGE.into()),
    }
    Ok(())
}

#[inline(never)]
fn counted_json(policy: &Policy, scratch: &mut Scratch, requests: &[&[u8]]) {
    for request in requests {
        let _ = black_box(policy.decide(black_box(request), scratch, Options::default()));
    }
}

#[inline(never)]
fn counted_verdicts(policy: &Policy, scratch: &mut Scratch, requests: &[&[u8]]) {
    for request in requests {
        let _ = black_box(policy.verdict(black_box(request), scratch, Options::default()));
    }
}

#[inline(never)]
fn counted_fields<'a>(
    policy: &'a Policy,
    scratch: &mut Scratch,
    values: &mut FieldValues<'a>,
    requests: &'a [Vec<(u32, Extracted)>],
) -> Fallible<()> {
    for slots in requests {
        Extracted::fill(slots, values)?;
        let _ = black_box(policy.decide_fields(values, scratch, Options::default()));
    }
    Ok(())
}
