//! What each code means, at length: the sections of `compiler/diagnostics.md`.

/// The section of a code, its heading included, in Markdown. `None` if no code is called so.
///
/// Not only diagnostics have codes: refused requests, refused artifacts and fields filled by a host have some too.
///
/// # Examples
/// ```
/// use toolgate_compiler::diagnostic::manual;
/// assert!(manual::section("when/star").is_some_and(|section| section.starts_with("### `when/star`\n")));
/// assert_eq!(manual::section("when"), None);
/// ```
#[must_use]
pub fn section(code: &str) -> Option<&'static str> {
    sections().find(|(name, _)| *name == code).map(|(_, section)| section)
}

/// All codes, in the order of the page.
pub fn codes() -> impl Iterator<Item = &'static str> + Clone {
    sections().map(|(name, _)| name)
}

/// The first sentence of a section, on one line.
pub(crate) fn summary(section: &str) -> String {
    let text = section.split("\n\n").nth(1).unwrap_or_default().replace('\n', " ");
    let end = text.find(". ").map_or(text.len(), |at| at.saturating_add(1));
    text.get(..end).unwrap_or_default().to_owned()
}

/// Codes and their sections. No line of an example begins as a heading of this kind does.
fn sections() -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
    PAGE.match_indices(HEADING).filter_map(|(before, _)| {
        let section = PAGE.get(before.saturating_add(1)..)?;
        let name = section.strip_prefix(HEADING.trim_start())?.split('`').next()?;
        let end = section.find("\n##").unwrap_or(section.len());
        Some((name, section.get(..end)?.trim_end()))
    })
}

const PAGE: &str = include_str!("../../diagnostics.md");
const HEADING: &str = "\n### `";
