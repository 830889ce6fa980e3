//! `cargo xtask node`: the npm package, and its suite.

use std::path::PathBuf;
use std::process::Command;

use crate::Outcome;
use crate::command::{Step, program, root};
use crate::wasm;

const PACKAGE: &str = "bindings/node";

pub(crate) fn run() -> Outcome {
    let built = wasm::build()?;
    // As the lock file says and without scripts; `.npmrc` beside it sees to the latter.
    npm(&["ci", "--no-audit", "--no-fund"], &[]).run()?;
    npm(&["run", "--silent", "build"], &built).run()?;
    npm(&["test", "--silent"], &built).run()
}

fn npm(arguments: &[&str], modules: &[PathBuf]) -> Command {
    let mut npm = program("npm", arguments);
    npm.current_dir(root().join(PACKAGE));
    npm.envs(wasm::variables(modules));
    npm
}
