//! Figures that are kept, with what one must know to measure them again.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toolgate_benches::machine;

use crate::cell::{Memory, Times};
use crate::child::Limits;
use crate::peer::Fallible;
use crate::{KINDS, plot, table, version};

/// One engine at one number of rules.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cell {
    /// Its name.
    pub peer: String,
    /// How many rules.
    pub rules: usize,
    /// None if it could not be measured.
    pub times: Option<Times>,
    /// The same.
    pub memory: Option<Memory>,
    /// Why it could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A whole run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// UTC.
    pub date: String,
    /// The commit that was measured, and its date; `+` if files had changed since.
    pub commit: String,
    /// As the system names it.
    pub processor: String,
    /// That programs may use.
    pub cores: usize,
    /// The operating system.
    pub system: String,
    /// What built all of it.
    pub compiler: String,
    /// What makes these figures again.
    pub command: String,
    /// Of the workload.
    pub seed: u64,
    /// The most that an engine decided.
    pub requests: usize,
    /// What a cell might take.
    pub limits: Limits,
    /// Packages and their versions.
    pub versions: Vec<(String, String)>,
    /// All that was measured.
    pub cells: Vec<Cell>,
}

impl Record {
    /// A run that has just ended.
    #[must_use]
    pub fn new(command: String, seed: u64, requests: usize, limits: Limits, cells: Vec<Cell>) -> Self {
        let packages = KINDS.iter().map(|kind| kind.package).filter(|package| !package.is_empty());
        let mut versions: Vec<(String, String)> =
            packages.map(|package| (package.to_owned(), version(package).unwrap_or_default().to_owned())).collect();
        versions.dedup();
        let ask = |program: &str, arguments: &[&str]| machine::output(program, arguments).unwrap_or_else(|| "unknown".to_owned());
        let changed = machine::output("git", &["status", "--porcelain", "--untracked-files=no"]).is_some();
        Self {
            date: machine::today(),
            commit: format!("{}{}", ask("git", &["show", "--no-patch", "--format=%h %cs"]), if changed { " +" } else { "" }),
            processor: machine::processor(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            compiler: ask("rustc", &["--version"]),
            command,
            seed,
            requests,
            limits,
            versions,
            cells,
        }
    }

    /// Where, when and with what.
    #[must_use]
    pub fn heading(&self) -> String {
        format!("{}, {} cores, {}; {}; commit {}; {}", self.processor, self.cores, self.system, self.compiler, self.commit, self.date)
    }

    /// The numbers of rules, once each.
    #[must_use]
    pub fn rules(&self) -> Vec<usize> {
        let mut rules: Vec<usize> = self.cells.iter().map(|cell| cell.rules).collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    pub(crate) fn cell(&self, peer: &str, rules: usize) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.peer == peer && cell.rules == rules)
    }

    /// Writes the figures and their picture, and returns where the figures are.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, directory: &Path) -> Fallible<PathBuf> {
        fs::create_dir_all(directory)?;
        let path = machine::record(directory, "json");
        fs::write(&path, serde_json::to_string_pretty(self)? + "\n")?;
        fs::write(path.with_extension("svg"), plot::svg(self))?;
        Ok(path)
    }

    /// Shows the figures in the README, between its marks.
    ///
    /// # Errors
    /// The marks are not there.
    pub fn write_readme(&self, readme: &Path, record: &Path) -> Fallible<()> {
        let text = fs::read_to_string(readme)?;
        let (before, rest) = text.split_once(BEGIN).ok_or_else(|| format!("the README has no `{BEGIN}`"))?;
        let (_, after) = rest.split_once(END).ok_or_else(|| format!("the README has no `{END}`"))?;
        let picture = record.with_extension("svg");
        let shown = format!(
            "{before}{BEGIN}\n![Time of a decision against the number of rules]({})\n\n{}\nMeasured by `{}` on {} ([record]({})).\n{END}{after}",
            slashes(&picture),
            table::short(self),
            self.command,
            self.heading(),
            slashes(record),
        );
        fs::write(readme, shown)?;
        Ok(())
    }
}

fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

const BEGIN: &str = "<!-- peers: written by `cargo xtask bench --record` -->";
const END: &str = "<!-- end of peers -->";
