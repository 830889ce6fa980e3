//! `cargo xtask go` and the Go part of `cargo xtask dist`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::command::{Step, program, root};
use crate::dist::{Elsewhere, expect};

/// Looks the module over, builds it for other platforms, and runs its suite under the race detector. Returns the suite's last line.
pub(crate) fn run() -> Result<String, String> {
    go(&["version"]).run().map_err(|problem| format!("{problem}; install Go 1.25 or later from https://go.dev/dl"))?;
    let unformatted = program("gofmt", &["-l", MODULE_DIRECTORY, "xtask/go"]).output_text()?;
    if !unformatted.is_empty() {
        return Err(format!("not as gofmt writes it: {}", unformatted.trim_end().replace('\n', ", ")));
    }
    go(&["mod", "verify"]).run()?;
    go(&["vet", "./..."]).run()?;
    for platform in PLATFORMS {
        build(platform)?;
    }
    let mut last = String::new();
    // Without a list of packages the counts of vectors are shown. The race detector is cgo's; the module is not.
    let mut test = go(&["test", "-race", "-count=1", "-timeout=30m"]);
    test.env("CGO_ENABLED", "1");
    test.run_seeing(|line| line.clone_into(&mut last))
        .map_err(|problem| format!("{problem}; the race detector needs a C compiler, for example: apt-get install build-essential"))?;
    Ok(last)
}

/// The vectors alone; each line of the suite is shown to `see`.
pub(crate) fn vectors(see: impl FnMut(&str)) -> Outcome {
    go(&["test", "-count=1", "-timeout=30m", "-run=^TestVectors"]).run_seeing(see)
}

/// Leaves the module in a directory as the go command downloads it, and proves that `go get` installs it where nothing else is.
pub(crate) fn dist(into: &Path) -> Outcome {
    let name = format!("toolgate-go-{VERSION}.zip");
    let target = into.join(&name);
    fs::create_dir_all(into).map_err(|error| format!("{}: {error}", into.display()))?;
    let module = format!("{MODULE}@v{VERSION}");
    program("go", &["run", "xtask/go/zip.go", MODULE_DIRECTORY, &module, &target.to_string_lossy()]).run()?;
    try_elsewhere(&target)
}

/// Gets the module from a proxy that is a directory, into an empty project outside of the repository, and runs a program there.
fn try_elsewhere(package: &Path) -> Outcome {
    let elsewhere = Elsewhere::new("go")?;
    let at = &elsewhere.path;
    prepare(&elsewhere, package)?;
    let here = |arguments: &[&str]| {
        let mut command = go(arguments);
        command.current_dir(at.join("project"));
        // A cache of its own: the go command would believe in what it had once seen under this version.
        command.env("GOMODCACHE", at.join("cache"));
        command.env("GOFLAGS", "-modcacherw").env("CGO_ENABLED", "0").env("GONOSUMDB", MODULE).env_remove("GOPRIVATE");
        command
    };
    let proxies = [file_url(&at.join("proxy")), file_url(&downloaded()?), go(&["env", "GOPROXY"]).output_text()?];
    let proxies = proxies.map(|proxy| proxy.trim().to_owned()).join(",");
    here(&["mod", "init", "example"]).run()?;
    let mut get = here(&["get", &format!("{MODULE}@v{VERSION}")]);
    get.env("GOPROXY", &proxies);
    get.run()?;
    let mut run = here(&["run", "."]);
    run.env("GOPROXY", &proxies);
    expect(package, &run.output_text()?, "allow approval_required deny host/closed")
}

/// Makes the proxy and the project.
fn prepare(elsewhere: &Elsewhere, package: &Path) -> Outcome {
    let versions = format!("proxy/{MODULE}/@v");
    elsewhere.write(&format!("{versions}/list"), &format!("v{VERSION}\n"))?;
    elsewhere.write(&format!("{versions}/v{VERSION}.info"), &format!("{{\"Version\":\"v{VERSION}\"}}"))?;
    elsewhere.write("project/main.go", PROGRAM)?;
    let copies = [(root().join(MODULE_DIRECTORY).join("go.mod"), "mod"), (package.to_path_buf(), "zip")];
    for (from, ending) in copies {
        let to = elsewhere.path.join(format!("{versions}/v{VERSION}.{ending}"));
        fs::copy(&from, &to).map_err(|error| format!("{}: {error}", from.display()))?;
    }
    Ok(())
}

/// Builds without cgo for another platform.
fn build(platform: &str) -> Outcome {
    let (system, processor) = platform.split_once('/').ok_or("a platform is a system and a processor")?;
    let mut build = go(&["build", "./..."]);
    build.env("GOOS", system).env("GOARCH", processor).env("CGO_ENABLED", "0");
    build.run().map_err(|problem| format!("{problem} for {platform}"))
}

/// What the go command has downloaded, laid out as a proxy.
fn downloaded() -> Result<PathBuf, String> {
    Ok(Path::new(go(&["env", "GOMODCACHE"]).output_text()?.trim()).join("cache/download"))
}

fn file_url(path: &Path) -> String {
    let path = path.to_string_lossy().replace('\\', "/");
    if path.starts_with('/') { format!("file://{path}") } else { format!("file:///{path}") }
}

/// The go command in the module.
fn go(arguments: &[&str]) -> Command {
    let mut command = program("go", arguments);
    command.current_dir(root().join(MODULE_DIRECTORY));
    command
}

const MODULE: &str = "github.com/toolgate/toolgate/bindings/go";

const MODULE_DIRECTORY: &str = "bindings/go";

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Processors with a compiler in wazero and without one, of 64 and of 32 bits.
const PLATFORMS: [&str; 5] = ["linux/arm64", "darwin/arm64", "windows/amd64", "linux/riscv64", "linux/386"];

/// What a user may write first.
const PROGRAM: &str = r#"package main

import (
	"fmt"

	"github.com/toolgate/toolgate/bindings/go"
)

const text = `{"rules": [
	{"id": "small", "when": {"action": "pay", "input": {"amount": [{"gt": 0, "lte": 1000}]}}, "decision": "allow"},
	{"id": "large", "when": {"action": "pay", "input": {"amount": [{"gt": 1000}]}}, "decision": "approval_required"}]}`

func main() {
	compiled, err := toolgate.CompileDocuments([]toolgate.Document{{Name: "policy.json", Text: []byte(text)}})
	if err != nil {
		panic(err)
	}
	policy, err := toolgate.LoadExpecting(compiled.Artifact(), compiled.Digest())
	if err != nil {
		panic(err)
	}
	for _, amount := range []string{"5", "5000", `"5"`} {
		decision, err := policy.Decide([]byte(`{"action": "pay", "input": {"amount": ` + amount + `}}`))
		if err != nil {
			panic(err)
		}
		fmt.Print(decision.Decision, " ")
	}
	policy.Close()
	decision, _ := policy.Decide([]byte(`{"action": "pay"}`))
	fmt.Println(decision.Reason)
}
"#;
