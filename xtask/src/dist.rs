//! `cargo xtask dist`: the packages of all hosts, each installed and run where nothing else of the project is.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::command::root;
use crate::{crates, ffi, go, node, python};

pub(crate) fn run() -> Outcome {
    let into = root().join("dist");
    if into.exists() {
        fs::remove_dir_all(&into).map_err(|error| format!("{}: {error}", into.display()))?;
    }
    fs::create_dir_all(&into).map_err(|error| format!("{}: {error}", into.display()))?;
    node::dist(&into)?;
    python::dist(&into)?;
    go::dist(&into)?;
    ffi::dist(&into)?;
    crates::dist(&into)?;
    println!();
    let mut files: Vec<(String, u64)> = Vec::new();
    for entry in fs::read_dir(&into).map_err(|error| format!("{}: {error}", into.display()))? {
        let entry = entry.map_err(|error| error.to_string())?;
        let size = entry.metadata().map_err(|error| error.to_string())?.len();
        files.push((entry.file_name().to_string_lossy().into_owned(), size));
    }
    files.sort();
    for (name, size) in files {
        println!("dist/{name:<60} {size:>9} bytes");
    }
    Ok(())
}

/// An empty directory outside of the repository, gone when this is dropped.
pub(crate) struct Elsewhere {
    pub(crate) path: PathBuf,
}

impl Elsewhere {
    pub(crate) fn new(name: &str) -> Result<Self, String> {
        let path = env::temp_dir().join(format!("toolgate-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { path })
    }

    /// Writes a file of the project that the package is tried in.
    pub(crate) fn write(&self, name: &str, text: &str) -> Outcome {
        let path = self.path.join(name);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        }
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        // What cannot be removed does no harm where it lies.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Compares what a program printed with what it must.
pub(crate) fn expect(package: &Path, printed: &str, wanted: &str) -> Outcome {
    let name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if printed.trim_end() != wanted.trim_end() {
        return Err(format!("{name}: the program printed `{}`", printed.trim_end()));
    }
    println!("{name}: installed and run");
    Ok(())
}
