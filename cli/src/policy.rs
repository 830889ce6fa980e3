//! The policy that a command is given: documents, directories of them, or a compiled artifact.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use toolgate_compiler::diagnostic::{Diagnostic, Severity, Span};
use toolgate_compiler::{Case, Checked, Compiled, Source, check, compile, ir, read_sources};
use toolgate_runtime::artifact::format::MAGIC;

use crate::output::{Failure, Format, tell_diagnostic, tell_diagnostics};

/// Documents, read, checked and compiled as far as that goes.
#[derive(Default)]
pub struct Documents {
    pub sources: Vec<Source>,
    pub diagnostics: Vec<Diagnostic>,
    /// Present if and only if there is no error among the diagnostics.
    pub compiled: Option<Compiled>,
    /// What it was compiled from: present if it is sound, though it may pass a limit when it is compiled.
    pub checked: Option<ir::Policy>,
    pub cases: Vec<Case>,
    pub rule_count: usize,
}

impl Documents {
    /// Reads and compiles documents; what is wrong with them is in the diagnostics.
    ///
    /// # Errors
    /// One of the paths is a compiled artifact.
    pub fn read(paths: &[PathBuf]) -> Result<Self, Failure> {
        if let Some(path) = paths.iter().find(|path| is_artifact(path)) {
            return Err(Failure::Other(format!("{} is a compiled artifact; documents are wanted here", path.display())));
        }
        match read_sources(paths) {
            Ok((sources, diagnostics)) => {
                let mut documents = Self { sources, diagnostics, ..Self::default() };
                documents.compile();
                Ok(documents)
            }
            Err(diagnostics) => Ok(Self { diagnostics, ..Self::default() }),
        }
    }

    fn compile(&mut self) {
        let Checked { policy, cases, diagnostics } = check(&self.sources);
        self.diagnostics.extend(diagnostics);
        self.cases = cases;
        let Some(policy) = policy else { return };
        self.rule_count = policy.rules.len();
        match compile(&policy) {
            Ok(compiled) => self.compiled = Some(compiled),
            Err(diagnostics) => {
                let placed = diagnostics.into_iter().map(|diagnostic| placed(diagnostic, &policy, &self.sources));
                self.diagnostics.extend(placed);
            }
        }
        self.checked = Some(policy);
    }

    /// The source that a diagnostic is about, if it could be read.
    pub fn source_of(&self, diagnostic: &Diagnostic) -> Option<&Source> {
        self.sources.iter().find(|source| source.name == diagnostic.file)
    }

    pub fn error_count(&self) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count()
    }

    pub fn warning_count(&self) -> usize {
        self.diagnostics.len().saturating_sub(self.error_count())
    }
}

/// Names the file of a diagnostic of the compiler, which knows rules and no files.
fn placed(diagnostic: Diagnostic, policy: &ir::Policy, sources: &[Source]) -> Diagnostic {
    if !diagnostic.file.is_empty() {
        return diagnostic;
    }
    let is_of = |rule: &&ir::Rule| rule.span == diagnostic.span && diagnostic.message.contains(&format!("`{}`", rule.id));
    let source = policy.rules.iter().find(is_of).map_or(0, |rule| rule.source);
    let file = sources.get(source).map(|source| source.name.clone()).unwrap_or_default();
    Diagnostic { file, ..diagnostic }
}

/// A policy ready to decide.
pub struct Loaded {
    pub policy: toolgate_runtime::Policy,
    pub artifact: Vec<u8>,
    /// Whether it was compiled from documents just now.
    pub is_from_documents: bool,
}

/// Loads the policy that deciding was asked of. What there is to say about it is told on standard error.
pub fn load(paths: &[PathBuf]) -> Result<Loaded, Failure> {
    let (artifact, name) = match paths {
        [path] if is_artifact(path) => match fs::read(path) {
            Ok(artifact) => (artifact, Some(path)),
            Err(error) => {
                tell_diagnostic(&about(path, "source/unreadable", format!("the artifact cannot be read: {error}")), Format::Text)?;
                return Err(Failure::Policy);
            }
        },
        _ => {
            if let Some(path) = paths.iter().find(|path| is_artifact(path)) {
                let message = format!("{} is a compiled artifact, a policy of its own; it cannot be combined", path.display());
                return Err(Failure::Other(message));
            }
            let documents = Documents::read(paths)?;
            tell_diagnostics(&documents, Format::Text)?;
            (documents.compiled.ok_or(Failure::Policy)?.artifact, None)
        }
    };
    match toolgate_runtime::Policy::load(&artifact) {
        Ok(policy) => Ok(Loaded { policy, artifact, is_from_documents: name.is_none() }),
        Err(error) => match name {
            Some(path) => {
                tell_diagnostic(&about(path, error.code(), error.to_string()), Format::Text)?;
                Err(Failure::Policy)
            }
            None => Err(refused_own(&error)),
        },
    }
}

/// The runtime has refused what the compiler has just written.
pub fn refused_own(error: &toolgate_runtime::LoadError) -> Failure {
    Failure::Other(format!("the compiled policy does not load, which is a fault of toolgate: {error} ({})", error.code()))
}

fn about(path: &Path, code: &'static str, message: String) -> Diagnostic {
    let span = Span { line: 1, column: 1, start: 0, end: 0 };
    Diagnostic { code, severity: Severity::Error, message, file: path.display().to_string(), span, help: None }
}

/// Whether a path is a compiled artifact: it says so by its first bytes, or, being damaged, by its name.
pub fn is_artifact(path: &Path) -> bool {
    // Only of a file: looking into a pipe would take from it.
    if !fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return false;
    }
    if path.extension().is_some_and(|extension| extension == "tgc") {
        return true;
    }
    let mut first = [0; MAGIC.len()];
    fs::File::open(path).and_then(|mut file| file.read_exact(&mut first)).is_ok() && first == MAGIC
}
