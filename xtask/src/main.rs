//! The project's own tasks.
//!
//! A part that cannot run fails and says what to install; nothing is ever skipped.

mod bench;
mod command;
mod crates;
mod dist;
mod examples;
mod ffi;
mod fuzz;
mod go;
mod node;
mod python;
mod readme;
mod tally;
mod test;
mod vectors;
mod wasm;

use std::env;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask TASK

  test               every suite of every host, the runtime without std on two targets, the examples
  vectors            the law's cases, by host
  ffi                the C ABI: its suites, the example, AddressSanitizer, Miri
  ffi install DIR    the library in release, with header and pkg-config file, under a directory
  wasm               the WebAssembly modules, their sizes and their vectors; `--check` compares them with those that are
                     committed, `--write` replaces those
  node               the npm package: types and suite
  python             the Python package: types and suite
  go                 the Go module: vet, other platforms, and its suite under the race detector
  dist               the packages of all hosts in dist/, each installed and run elsewhere
  bench [OPTION…]    the tables of figures, in release: the engine's, then all engines side by side; `--only NAME,…` some
                     of these, `--shapes` other policies, `--instructions` counts under valgrind, `--record` keeps what
                     is measured; `--rules`, `--requests`, `--rounds`, `--seed` as the programs in benches/src/bin say
  fuzz [SECONDS]     every fuzz target for so long, 60 if not said
  readme             the first command of README.md";

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let task = arguments.next();
    let rest: Vec<String> = arguments.collect();
    let result = match (task.as_deref(), rest.as_slice()) {
        (Some("test"), []) => test::run(),
        (Some("vectors"), []) => vectors::run(),
        (Some("ffi"), []) => ffi::task(),
        (Some("ffi"), [install, directory]) if install == "install" => ffi::install(Path::new(directory), ffi::Profile::Release),
        (Some("bench"), options) => bench::run(options),
        (Some("fuzz"), []) => fuzz::run(60),
        (Some("fuzz"), [seconds]) => seconds.parse().map_err(|_| format!("`{seconds}` is no number of seconds")).and_then(fuzz::run),
        (Some("python"), []) => python::run(&mut tally::Tally::default()).map(drop),
        (Some("dist"), []) => dist::run(),
        (Some("go"), []) => go::run().map(drop),
        (Some("readme"), []) => readme::run(),
        (Some("wasm"), []) => wasm::run(wasm::Committed::Leave, &mut tally::Tally::default()),
        (Some("wasm"), [option]) if option == "--check" => wasm::run(wasm::Committed::Check, &mut tally::Tally::default()),
        (Some("wasm"), [option]) if option == "--write" => wasm::run(wasm::Committed::Write, &mut tally::Tally::default()),
        (Some("node"), []) => node::task(),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// What a task comes to; an error is what to tell the user.
type Outcome = Result<(), String>;
