//! `cargo xtask python` and the Python part of `cargo xtask dist`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::command::{Step, program, root, target_directory};
use crate::dist::{Elsewhere, expect};
use crate::ffi;
use crate::tally::Tally;

/// Builds the package as it is shipped, installs it into an environment of its own, and runs the
/// type checker and the suite, part of which is about the C ABI. Returns the suite's last line.
pub(crate) fn run(tally: &mut Tally) -> Result<String, String> {
    let environment = Environment::pinned()?;
    environment.install_built()?;
    environment.in_package(&["-m", "mypy"]).run()?;
    // The stub against what is installed.
    environment.in_package(&["-m", "mypy.stubtest", "toolgate._toolgate"]).run()?;
    // Which is tested from here, too.
    let prefix = directory("prefix")?;
    ffi::install(&prefix, ffi::Profile::Release)?;
    let library = format!("lib/{}toolgate{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let mut last = String::new();
    let mut suite = environment.in_package(&["-m", "pytest", "--quiet"]);
    suite.env("TOOLGATE_LIBRARY", prefix.join(library));
    suite.run_seeing(|line| {
        tally.see(line);
        line.clone_into(&mut last);
    })?;
    Ok(last)
}

/// The vectors alone; each line of the suite is shown to `see`.
pub(crate) fn vectors(see: impl FnMut(&str)) -> Outcome {
    let environment = Environment::pinned()?;
    environment.install_built()?;
    environment.in_package(&["-m", "pytest", "--quiet", "--capture=no", "tests/test_vectors.py"]).run_seeing(see)
}

/// Leaves a wheel and a source distribution in a directory, and proves that each installs and runs where nothing else is.
pub(crate) fn dist(into: &Path) -> Outcome {
    let environment = Environment::pinned()?;
    for (command, ending) in [(&BUILD[..], ".whl"), (&["sdist"][..], ".tar.gz")] {
        let built = directory("dist")?;
        environment.maturin(command, &built)?;
        let package = only_file(&built, ending)?;
        let name = package.file_name().unwrap_or_default();
        fs::create_dir_all(into).map_err(|error| format!("{}: {error}", into.display()))?;
        let target = into.join(name);
        fs::copy(&package, &target).map_err(|error| format!("{}: {error}", target.display()))?;
        try_elsewhere(&target)?;
    }
    Ok(())
}

/// Installs a package into a new environment outside of the repository and runs a program there.
fn try_elsewhere(package: &Path) -> Outcome {
    let elsewhere = Elsewhere::new("python")?;
    elsewhere.write("program.py", PROGRAM)?;
    let environment = Environment { directory: elsewhere.path.join("environment") };
    environment.make()?;
    environment.pip(&["install", &package.to_string_lossy()])?;
    let mut run = environment.python(&["-I", "program.py"]);
    run.current_dir(&elsewhere.path);
    expect(package, &run.output_text()?, "allow approval_required deny host/type")
}

/// Not with the lock in `pyproject.toml`: a source distribution has fewer crates than the lock file, which Cargo then prunes.
const BUILD: [&str; 3] = ["build", "--release", "--locked"];

/// What a user may write first.
const PROGRAM: &str = r#"
import toolgate

policy = toolgate.Policy.compile({"rules": [
    {"id": "small", "when": {"action": "pay", "input": {"amount": [{"gt": 0, "lte": 1000}]}}, "decision": "allow"},
    {"id": "large", "when": {"action": "pay", "input": {"amount": [{"gt": 1000}]}}, "decision": "approval_required"},
]})
policy = toolgate.Policy.load(policy.artifact, digest=policy.digest)
said = [policy.decide({"action": "pay", "input": {"amount": amount}}).decision for amount in (5, 5000, "5")]
try:
    policy.decide({"action": "pay", "input": {"amount": {5}}})
except toolgate.RequestError as error:
    said.append(error.code)
print(*said)
"#;

/// A virtual environment.
struct Environment {
    directory: PathBuf,
}

impl Environment {
    /// The one in the target directory, with what `requirements.txt` pins.
    fn pinned() -> Result<Self, String> {
        let environment = Self { directory: target_directory().join("python/environment") };
        environment.make()?;
        environment.pip(&["install", "--requirement", &package().join("requirements.txt").to_string_lossy()])?;
        Ok(environment)
    }

    /// Makes it, unless it is there.
    fn make(&self) -> Outcome {
        if self.python(&["-m", "pip", "--version"]).output().is_ok_and(|output| output.status.success()) {
            return Ok(());
        }
        let interpreter = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let version = "import sys; sys.exit(sys.version_info < (3, 10))";
        program(&interpreter, &["-c", version])
            .run()
            .map_err(|problem| format!("{problem}; install Python 3.10 or later, or name one in the environment variable PYTHON"))?;
        program(&interpreter, &["-m", "venv", "--clear", &self.directory.to_string_lossy()])
            .run()
            .map_err(|problem| format!("{problem}; install Python's `venv`, for example with: apt-get install python3-venv"))
    }

    /// Builds the package as it is shipped, and installs it.
    fn install_built(&self) -> Outcome {
        let wheels = directory("wheels")?;
        self.maturin(&BUILD, &wheels)?;
        let wheel = only_file(&wheels, ".whl")?;
        self.pip(&["install", "--force-reinstall", "--no-deps", &wheel.to_string_lossy()])
    }

    fn python(&self, arguments: &[&str]) -> Command {
        let executable = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
        let mut command = program(&self.directory.join(executable).to_string_lossy(), arguments);
        // No compiled files beside the sources, and nothing of the user's own environment.
        command.env("PYTHONDONTWRITEBYTECODE", "1").env_remove("PYTHONPATH").env_remove("PYTHONHOME");
        command
    }

    fn in_package(&self, arguments: &[&str]) -> Command {
        let mut command = self.python(arguments);
        command.current_dir(package());
        command
    }

    fn pip(&self, arguments: &[&str]) -> Outcome {
        let quiet = ["-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet"];
        self.python(&quiet).arguments(arguments).run()
    }

    fn maturin(&self, command: &[&str], into: &Path) -> Outcome {
        self.in_package(&["-m", "maturin"]).arguments(command).arguments(&["--out", &into.to_string_lossy()]).run()
    }
}

/// Where the package is.
fn package() -> PathBuf {
    root().join("bindings/python")
}

/// An empty directory below the target directory.
fn directory(name: &str) -> Result<PathBuf, String> {
    let path = target_directory().join("python").join(name);
    if path.exists() {
        fs::remove_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

/// The one file there is, with that ending.
fn only_file(directory: &Path, ending: &str) -> Result<PathBuf, String> {
    let entries = fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let files: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    match files.as_slice() {
        [file] if file.to_string_lossy().ends_with(ending) => Ok(file.clone()),
        _ => Err(format!("{}: one file ending in `{ending}` was expected", directory.display())),
    }
}
