//! `cargo xtask node`: the npm package, and its suite; and the npm part of `cargo xtask dist`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::command::{Step, program, root};
use crate::dist::{Elsewhere, expect};
use crate::tally::Tally;
use crate::wasm;

const PACKAGE: &str = "bindings/node";

/// Builds the package and runs its suite; what its runner counts goes to the tally.
pub(crate) fn run(tally: &mut Tally) -> Result<String, String> {
    let built = build()?;
    npm(&["test", "--silent"], &built).run_seeing(|line| tally.see(line))?;
    Ok("all vectors, values, types".to_owned())
}

/// The vectors alone; each line of the suite is shown to `see`.
pub(crate) fn vectors(see: impl FnMut(&str)) -> Outcome {
    build()?;
    let mut node = program("node", &["--test", "--test-reporter=spec", "test/vectors.test.mjs"]);
    node.current_dir(root().join(PACKAGE));
    node.run_seeing(see)
}

/// `cargo xtask node`
pub(crate) fn task() -> Outcome {
    let mut tally = Tally::default();
    run(&mut tally)?;
    println!("{tally}");
    Ok(())
}

/// Leaves the package in a directory, and proves that it installs without scripts and runs where nothing else is.
pub(crate) fn dist(into: &Path) -> Outcome {
    let built = build()?;
    npm(&["pack", "--silent", "--ignore-scripts", "--pack-destination", &into.to_string_lossy()], &built).run()?;
    let package = into.join(format!("toolgate-{}.tgz", env!("CARGO_PKG_VERSION")));
    let elsewhere = Elsewhere::new("node")?;
    elsewhere.write("package.json", "{ \"private\": true }\n")?;
    elsewhere.write("program.mjs", PROGRAM)?;
    elsewhere.write(
        "program.cjs",
        &PROGRAM
            .replace("import { definePolicy, loadPolicy } from", "const { definePolicy, loadPolicy } = require(")
            .replace("\"toolgate\";", "\"toolgate\");"),
    )?;
    let install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", &package.to_string_lossy()];
    let mut install = program("npm", &install);
    install.current_dir(&elsewhere.path);
    install.run()?;
    for name in ["program.mjs", "program.cjs"] {
        let mut run = program("node", &[name]);
        run.current_dir(&elsewhere.path);
        expect(&package, &run.output_text()?, "allow approval_required deny host/closed")?;
    }
    Ok(())
}

fn build() -> Result<Vec<PathBuf>, String> {
    let built = wasm::build()?;
    // As the lock file says and without scripts; `.npmrc` beside it sees to the latter.
    npm(&["ci", "--no-audit", "--no-fund"], &[])
        .run()
        .map_err(|problem| format!("{problem}; the package needs Node 20 or later and npm"))?;
    npm(&["run", "--silent", "build"], &built).run()?;
    Ok(built)
}

fn npm(arguments: &[&str], modules: &[PathBuf]) -> Command {
    let mut npm = program("npm", arguments);
    npm.current_dir(root().join(PACKAGE));
    npm.envs(wasm::variables(modules));
    npm
}

/// What a user may write first.
const PROGRAM: &str = r#"import { definePolicy, loadPolicy } from "toolgate";

const defined = definePolicy({
  rules: [
    { id: "small", when: { action: "pay", input: { amount: [{ gt: 0, lte: 1000 }] } }, decision: "allow" },
    { id: "large", when: { action: "pay", input: { amount: [{ gt: 1000 }] } }, decision: "approval_required" },
  ],
});
const policy = loadPolicy(defined.artifact, { digest: defined.digest });
const said = [5, 5000, "5"].map((amount) => policy.decide({ action: "pay", input: { amount } }).decision);
policy.close();
try {
  said.push(policy.verdict({ action: "pay" }));
} catch (error) {
  said.push(error.code);
}
console.log(said.join(" "));
"#;
