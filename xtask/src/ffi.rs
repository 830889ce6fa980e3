//! The C ABI: the library as C programs get it, and the programs of its suite.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::command::{Step, cargo, program, root, target_directory};
use crate::dist::{Elsewhere, expect};
use crate::fuzz::nightly;
use crate::tally::Tally;

/// What C compilers must have nothing to say of.
const STRICT: [&str; 5] = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"];

/// The programs of `ffi/tests/c`; each ends in a line as those of `cargo test`.
const PROGRAMS: [&str; 3] = ["misuse", "threads", "vectors"];

/// How the library is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// As the suites are: optimised a little, with the checks of debugging.
    Test,
    /// As it is shipped.
    Release,
}

/// What is tested of the C ABI beside the suites of `cargo test`.
pub(crate) fn run(tally: &mut Tally) -> Result<String, String> {
    let tools = [("cc", "build-essential"), ("cmake", "cmake"), ("pkg-config", "pkg-config")];
    for (tool, package) in tools {
        program(tool, &["--version"])
            .output_text()
            .map_err(|problem| format!("{problem}; install it, for example with `apt-get install {package}`"))?;
    }
    let prefix = directory()?.join("prefix");
    install(&prefix, Profile::Test)?;
    suite(&prefix, tally)?;
    example(&prefix)?;
    with_sanitizer(&prefix, tally)?;
    under_miri(tally)?;
    Ok("header, C99 suite, CMake example, AddressSanitizer, Miri".to_owned())
}

/// `cargo xtask ffi`: everything that is tested of the C ABI.
pub(crate) fn task() -> Outcome {
    let mut tally = Tally::default();
    let suites = cargo(&["test", "--package", "toolgate-ffi"]).run_seeing(|line| tally.see(line));
    let result = suites.and_then(|()| run(&mut tally));
    if let Ok(what) = &result {
        println!("{what}");
    }
    println!("{tally}");
    match result {
        Ok(_) if !tally.is_good() => Err("some tests failed".to_owned()),
        result => result.map(|_| ()),
    }
}

/// The vectors alone, through the shared library; each line of the program is shown to `see`.
pub(crate) fn vectors(see: impl FnMut(&str)) -> Outcome {
    let prefix = directory()?.join("prefix");
    install(&prefix, Profile::Test)?;
    let built = compile("vectors", &directory()?, &shared(&prefix))?;
    program(&text(&built), &arguments_of("vectors")?).run_seeing(see)
}

/// Builds the library and puts it, the header and a file for pkg-config under a directory, which may then be moved.
pub(crate) fn install(prefix: &Path, profile: Profile) -> Outcome {
    let (name, built) = match profile {
        Profile::Test => ("test", "debug"),
        Profile::Release => ("release", "release"),
    };
    // With default features, as others get it.
    let mut build = cargo(&["build", "--package", "toolgate-ffi", "--profile", name]);
    if profile == Profile::Release {
        // Line tables make up most of what would be shipped.
        build = build.arguments(&["--config", "profile.release.debug=false", "--config", "profile.release.strip='debuginfo'"]);
    }
    build.run()?;
    let (include, lib) = (prefix.join("include"), prefix.join("lib"));
    let package_config = lib.join("pkgconfig");
    for directory in [&include, &package_config] {
        fs::create_dir_all(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    }
    copy(&root().join("ffi/include/toolgate.h"), &include.join("toolgate.h"))?;
    let mut copied = 0_usize;
    for name in ["libtoolgate.so", "libtoolgate.dylib", "libtoolgate.a", "toolgate.dll", "toolgate.dll.lib", "toolgate.lib"] {
        let from = target_directory().join(built).join(name);
        if from.is_file() {
            copy(&from, &lib.join(name))?;
            copied = copied.saturating_add(1);
        }
    }
    if copied < 2 {
        return Err(format!("cargo has left no library in {}", target_directory().join(built).display()));
    }
    let template = read(&root().join("ffi/toolgate.pc.in"))?;
    let filled = template.replace("@VERSION@", env!("CARGO_PKG_VERSION")).replace("@LIBS_PRIVATE@", needed()?.trim());
    let path = package_config.join("toolgate.pc");
    fs::write(&path, filled).map_err(|error| format!("{}: {error}", path.display()))
}

/// What a program needs that links the static library: the library itself uses nothing native, so it is what every one in
/// Rust does.
fn needed() -> Result<String, String> {
    let directory = directory()?;
    let (source, archive, needed) = (directory.join("empty.rs"), directory.join("empty.a"), directory.join("needed.txt"));
    fs::write(&source, "").map_err(|error| format!("{}: {error}", source.display()))?;
    let print = format!("--print=native-static-libs={}", text(&needed));
    program("rustc", &["--crate-type", "staticlib", &print, "-o", &text(&archive), &text(&source)]).output_text()?;
    read(&needed)
}

/// Leaves the library for this platform in a directory, and proves that it is found, linked and run where nothing else is.
pub(crate) fn dist(into: &Path) -> Outcome {
    let name = format!("toolgate-c-{}-{}", env!("CARGO_PKG_VERSION"), host()?);
    let staged = Elsewhere::new("c-staged")?;
    let prefix = staged.path.join(&name);
    install(&prefix, Profile::Release)?;
    for file in ["LICENSE-APACHE", "LICENSE-MIT", "docs/c.md"] {
        let from = root().join(file);
        copy(&from, &prefix.join(from.file_name().unwrap_or_default()))?;
    }
    let package = into.join(format!("{name}.tar.gz"));
    let mut pack = program("tar", &["-czf", &text(&package), &name]);
    pack.current_dir(&staged.path);
    pack.run()?;
    let elsewhere = Elsewhere::new("c")?;
    let mut unpack = program("tar", &["-xzf", &text(&package)]);
    unpack.current_dir(&elsewhere.path);
    unpack.run()?;
    let lib = elsewhere.path.join(&name).join("lib");
    copy(&root().join("examples/c/main.c"), &elsewhere.path.join("main.c"))?;
    let mut flags = program("pkg-config", &["--cflags", "--libs", "toolgate"]);
    flags.env("PKG_CONFIG_PATH", lib.join("pkgconfig"));
    let flags: Vec<String> = flags.output_text()?.split_whitespace().map(str::to_owned).collect();
    let mut compile = program("cc", &["-std=c99", "main.c"]).arguments(&flags).arguments(&["-o", "main"]);
    compile.current_dir(&elsewhere.path);
    compile.run()?;
    let mut run = program("./main", &[""; 0]);
    run.current_dir(&elsewhere.path).env("LD_LIBRARY_PATH", &lib).env("DYLD_LIBRARY_PATH", &lib);
    expect(&package, &run.output_text()?, &shown()?)
}

/// What `docs/c.md` shows that its example prints.
fn shown() -> Result<String, String> {
    let page = read(&root().join("docs/c.md"))?;
    let shown = page.split_once("<!-- output -->\n```text\n").and_then(|(_, rest)| rest.split_once("```"));
    shown.map(|(shown, _)| shown.to_owned()).ok_or_else(|| "docs/c.md does not show what its example prints".to_owned())
}

/// Runs the C99 suite, with the shared library and with the static one.
fn suite(prefix: &Path, tally: &mut Tally) -> Outcome {
    let directory = directory()?;
    let archive = prefix.join("lib/libtoolgate.a");
    let linkings: [(&str, Vec<String>); 2] = [("shared", shared(prefix)), ("static", with_archive(prefix, &archive)?)];
    for (linking, flags) in &linkings {
        for name in PROGRAMS {
            // Once is enough for what takes long.
            if *linking == "static" && name == "vectors" {
                continue;
            }
            let built = compile(name, &directory, flags)?;
            program(&text(&built), &arguments_of(name)?).run_seeing(|line| tally.see(line))?;
        }
    }
    Ok(())
}

/// Builds `examples/c` as its reader would, and compares what it prints with the page that shows it; then the example of
/// the front page.
fn example(prefix: &Path) -> Outcome {
    let build = text(&directory()?.join("example"));
    let mut configure = program("cmake", &["-S", "examples/c", "-B", &build, "--fresh", "-Wno-dev"]);
    configure.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
    configure.run()?;
    program("cmake", &["--build", &build]).run()?;
    let printed = program(&format!("{build}/example"), &[""; 0]).output_text()?;
    if shown()? != printed {
        return Err(format!("docs/c.md should show what its example prints:\n{printed}"));
    }
    let page = read(&root().join("README.md"))?;
    let block = page.split_once("\n```c\n").and_then(|(_, rest)| rest.split_once("```")).map(|(block, _)| block);
    let (source, built) = (directory()?.join("readme.c"), directory()?.join("readme"));
    fs::write(&source, block.ok_or("README.md has no example in C")?).map_err(|error| format!("{}: {error}", source.display()))?;
    let command = program("cc", &STRICT).arguments(&[text(&source)]).arguments(&shared(prefix));
    command.arguments(&["-o", &text(&built)]).run()?;
    match program(&text(&built), &[""; 0]).output_text()?.as_str() {
        "not allowed\n" => Ok(()),
        other => Err(format!("the example in C of README.md printed `{other}`")),
    }
}

/// Runs the suite with AddressSanitizer in the C programs and in the library.
fn with_sanitizer(prefix: &Path, tally: &mut Tally) -> Outcome {
    let target = host()?;
    let mut build = program("rustup", &["run", &nightly()?, "cargo", "build", "--package", "toolgate-ffi", "--lib", "--profile", "test"]);
    let directory = directory()?.join("sanitized");
    build.env("RUSTFLAGS", "-Zsanitizer=address").env("CARGO_TARGET_DIR", &directory);
    build.arguments(&["--target", &target]).run()?;
    let archive = directory.join(&target).join("debug/libtoolgate.a");
    let mut flags = with_archive(prefix, &archive)?;
    flags.extend(["-fsanitize=address,undefined".to_owned(), "-fno-sanitize-recover=all".to_owned(), "-g".to_owned()]);
    for name in PROGRAMS {
        let built = compile(name, &directory, &flags)?;
        program(&text(&built), &arguments_of(name)?).run_seeing(|line| tally.see(line))?;
    }
    Ok(())
}

/// Runs what is small enough under Miri.
fn under_miri(tally: &mut Tally) -> Outcome {
    let nightly = nightly()?;
    program("rustup", &["component", "add", "--toolchain", &nightly, "miri", "rust-src"]).run()?;
    let miri = ["run", &nightly, "cargo", "miri", "test", "--package", "toolgate-ffi", "--lib", "--test", "handles"];
    program("rustup", &miri).run_seeing(|line| tally.see(line))
}

/// Compiles one program of the suite and says where it is.
fn compile(name: &str, directory: &Path, flags: &[String]) -> Result<PathBuf, String> {
    let built = directory.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let sources = [name, "check", "json"].map(|source| format!("ffi/tests/c/{source}.c"));
    let command = program("cc", &STRICT).arguments(&["-O1", "-Iffi/tests/c"]).arguments(&sources);
    command.arguments(flags).arguments(&["-pthread", "-o", &text(&built)]).run()?;
    Ok(built)
}

/// How to link the shared library, and find it at run time.
fn shared(prefix: &Path) -> Vec<String> {
    let lib = text(&prefix.join("lib"));
    vec![format!("-I{}", text(&prefix.join("include"))), format!("-L{lib}"), format!("-Wl,-rpath,{lib}"), "-ltoolgate".to_owned()]
}

/// How to link a static library, with what it needs.
fn with_archive(prefix: &Path, archive: &Path) -> Result<Vec<String>, String> {
    let needed = needed()?;
    let mut flags = vec![format!("-I{}", text(&prefix.join("include"))), text(archive)];
    flags.extend(needed.split_whitespace().map(str::to_owned));
    Ok(flags)
}

fn arguments_of(name: &str) -> Result<Vec<String>, String> {
    let vectors = root().join("vectors");
    Ok(match name {
        "misuse" => vec![text(&vectors.join("artifact/format-1.bin"))],
        "vectors" => vec![text(&vectors), text(&list_of_vectors()?)],
        _ => Vec::new(),
    })
}

/// The vectors' paths, one a line: C99 has no way to list a directory.
fn list_of_vectors() -> Result<PathBuf, String> {
    let vectors = root().join("vectors");
    let mut names = Vec::new();
    let mut pending = vec![vectors.clone()];
    while let Some(directory) = pending.pop() {
        let entries = fs::read_dir(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        for entry in entries {
            let path = entry.map_err(|error| format!("{}: {error}", directory.display()))?.path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                names.push(path.strip_prefix(&vectors).map(text).unwrap_or_default().replace('\\', "/"));
            }
        }
    }
    names.sort();
    let list = names.iter().fold(String::new(), |mut list, name| {
        // A string takes everything that is written to it.
        let _ = writeln!(list, "{name}");
        list
    });
    let path = directory()?.join("vectors.txt");
    fs::write(&path, list).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

/// The platform that the compiler builds for if not told otherwise.
fn host() -> Result<String, String> {
    let version = program("rustc", &["-vV"]).output_text()?;
    version.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned).ok_or("rustc does not say its host".to_owned())
}

/// Where what is built here goes.
fn directory() -> Result<PathBuf, String> {
    let directory = target_directory().join("ffi");
    fs::create_dir_all(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    Ok(directory)
}

fn copy(from: &Path, to: &Path) -> Outcome {
    fs::copy(from, to).map(|_| ()).map_err(|error| format!("{} cannot be copied to {}: {error}", from.display(), to.display()))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
