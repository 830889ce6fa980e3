//! `cargo xtask wasm`: the WebAssembly modules, their sizes, and the vectors through them.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::command::{Step, cargo, program, root, target_directory};
use crate::tally::Tally;

/// One module.
struct Module {
    /// The feature of `toolgate-wasm` that it is built with.
    name: &'static str,
    /// Linked for itself: neither stack nor memory can be said in a profile.
    flags: &'static [&'static str],
    gzip_bytes_max: u64,
}

const MODULES: [Module; 2] = [
    Module {
        name: "runtime",
        flags: &[
            // 64 KiB and 64 MiB.
            "-Clink-arg=-zstack-size=65536",
            "-Clink-arg=--max-memory=67108864",
            "-Clink-arg=--compress-relocations",
            // Less is inlined than for a processor: a fifth of the size, at the same speed.
            "-Cllvm-args=-inline-threshold=50",
        ],
        gzip_bytes_max: 60 * 1024,
    },
    Module {
        name: "compiler",
        // 2 MiB and 4 GiB: a million rules take more than one.
        flags: &["-Clink-arg=-zstack-size=2097152", "-Clink-arg=--max-memory=4294967296"],
        gzip_bytes_max: 800 * 1024,
    },
];

const TARGET: &str = "wasm32-unknown-unknown";

/// Where modules are committed, for what is installed from a repository and cannot build them.
const COMMITTED: &str = "bindings/go";

/// What to do with the modules that are committed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Committed {
    Leave,
    /// They must be what was built.
    Check,
    Write,
}

pub(crate) fn run(committed: Committed, tally: &mut Tally) -> Outcome {
    let built = build()?;
    for (module, path) in MODULES.iter().zip(&built) {
        let copy = root().join(COMMITTED).join(format!("{}.wasm", module.name));
        match committed {
            Committed::Leave => {}
            Committed::Write => fs::write(&copy, read(path)?).map_err(|error| format!("{}: {error}", copy.display()))?,
            Committed::Check if read(path)? == read(&copy)? => println!("{} is what was built", copy.display()),
            Committed::Check => return Err(format!("{} is not what was built; run `cargo xtask wasm --write`", copy.display())),
        }
    }
    suite(&built, tally)
}

/// Builds both modules and returns where they are.
pub(crate) fn build() -> Result<Vec<PathBuf>, String> {
    add_target()?;
    let directory = target_directory().join("wasm");
    fs::create_dir_all(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let mut built = Vec::new();
    for module in MODULES {
        let mut flags: Vec<String> = vec!["-Ctarget-feature=+simd128".to_owned()];
        flags.extend(module.flags.iter().map(|flag| (*flag).to_owned()));
        flags.extend(remapped()?);
        let arguments =
            ["build", "--package", "toolgate-wasm", "--lib", "--profile", "wasm", "--target", TARGET, "--features", module.name];
        let mut build = cargo(&arguments);
        build.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
        build.run()?;
        let path = directory.join(format!("{}.wasm", module.name));
        let made = target_directory().join(TARGET).join("wasm/toolgate_wasm.wasm");
        fs::copy(&made, &path).map_err(|error| format!("{}: {error}", made.display()))?;
        weigh(&module, &path)?;
        built.push(path);
    }
    Ok(built)
}

/// Paths that say where a crate was compiled would make each machine's module another one.
fn remapped() -> Result<Vec<String>, String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let sources = home.ok_or("neither CARGO_HOME nor a home directory is known")?.join("registry/src");
    let mut registries: Vec<PathBuf> = match fs::read_dir(&sources) {
        Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
        // Nothing was compiled from a registry yet; Cargo fetches before it compiles.
        Err(_) => Vec::new(),
    };
    registries.sort();
    let said = program("rustc", &["--version", "--verbose"]).output_text()?;
    let commit = said.lines().find_map(|line| line.strip_prefix("commit-hash: ")).ok_or("rustc does not say which commit it is of")?;
    let sysroot = program("rustc", &["--print", "sysroot"]).output_text()?;
    let library = Path::new(sysroot.trim()).join("lib/rustlib/src/rust");
    let pairs = registries.into_iter().map(|registry| (registry, "registry".to_owned()));
    let pairs = pairs.chain([(library, format!("/rustc/{commit}")), (root(), ".".to_owned())]);
    Ok(pairs.map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())).collect())
}

/// Says how large a module is, and refuses one that is too large.
fn weigh(module: &Module, path: &Path) -> Outcome {
    let bytes = read(path)?.len();
    let mut gzip = program("gzip", &["--best", "--no-name", "--stdout"]);
    gzip.arg(path);
    let output = gzip.output().map_err(|error| format!("`gzip` could not be started: {error}; install it to measure the modules"))?;
    let gzipped = output.stdout.len() as u64;
    println!("{:<9} {bytes:>9} bytes, {gzipped:>7} with gzip, at most {}", module.name, module.gzip_bytes_max);
    if !output.status.success() || gzipped == 0 {
        return Err(format!("`gzip` failed: {}", output.status));
    }
    if gzipped > module.gzip_bytes_max {
        return Err(format!("the module of the {} is larger than it may be", module.name));
    }
    Ok(())
}

/// What tells other programs where the modules are.
pub(crate) fn variables(built: &[PathBuf]) -> impl Iterator<Item = (String, &PathBuf)> {
    MODULES.iter().zip(built).map(|(module, path)| (format!("TOOLGATE_{}_WASM", module.name.to_uppercase()), path))
}

/// All vectors through the exports, in Node without any other code of the project.
fn suite(built: &[PathBuf], tally: &mut Tally) -> Outcome {
    let mut node = program("node", &["--test", "--test-reporter=spec", "wasm/tests/exports.test.mjs", "wasm/tests/vectors.test.mjs"]);
    node.envs(variables(built));
    node.run_seeing(|line| tally.see(line)).map_err(|problem| format!("{problem}; the suite needs Node 20 or later"))
}

/// The vectors alone; each line of the suite is shown to `see`.
pub(crate) fn vectors(see: impl FnMut(&str)) -> Outcome {
    let mut node = program("node", &["--test", "--test-reporter=spec", "wasm/tests/vectors.test.mjs"]);
    node.envs(variables(&build()?));
    node.run_seeing(see)
}

fn add_target() -> Outcome {
    let installed = program("rustup", &["target", "list", "--installed"]).output_text()?;
    if installed.lines().any(|line| line == TARGET) {
        return Ok(());
    }
    program("rustup", &["target", "add", TARGET]).run()
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}
