//! Diagnostics as a log in SARIF 2.1.0, which code hosts and editors read.

use std::collections::HashMap;

use serde::Serialize;

use super::{Diagnostic, Severity, manual};
use crate::source::Source;

/// All diagnostics of one run as a SARIF log: one JSON object without a newline at its end.
///
/// `sources` are what was checked: without its source a diagnostic has no region. `version` is that of the tool.
#[must_use]
pub fn log(diagnostics: &[Diagnostic], sources: &[Source], version: &str) -> String {
    let texts: HashMap<&str, &[u8]> = sources.iter().map(|source| (source.name.as_str(), source.text.as_slice())).collect();
    let mut rules: Vec<Rule> = Vec::new();
    let mut positions: HashMap<&str, usize> = HashMap::new();
    let mut results = Vec::with_capacity(diagnostics.len());
    for diagnostic in diagnostics {
        let rule_index = *positions.entry(diagnostic.code).or_insert_with(|| {
            rules.push(Rule::of(diagnostic));
            rules.len().saturating_sub(1)
        });
        results.push(result(diagnostic, rule_index, texts.get(diagnostic.file.as_str()).copied()));
    }
    let driver = Driver { name: "toolgate", version, rules };
    let run = Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results };
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [run] };
    serde_json::to_string_pretty(&log).unwrap_or_default()
}

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    /// Where nothing is said, columns count UTF-16 units.
    column_kind: &'static str,
    results: Vec<Found>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
struct Driver<'a> {
    name: &'static str,
    version: &'a str,
    rules: Vec<Rule>,
}

/// A code that occurs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Text,
    help: Help,
    default_configuration: Configuration,
}

impl Rule {
    fn of(diagnostic: &Diagnostic) -> Self {
        let section = manual::section(diagnostic.code).unwrap_or_default();
        Self {
            id: diagnostic.code,
            short_description: Text { text: manual::summary(section) },
            help: Help { text: section, markdown: section },
            default_configuration: Configuration { level: level(diagnostic.severity) },
        }
    }
}

#[derive(Serialize)]
struct Help {
    text: &'static str,
    markdown: &'static str,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

/// A diagnostic.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: [Location; 1],
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

/// Lines and columns from 1, the end excluded; bytes from 0.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
    byte_offset: u32,
    byte_length: u32,
}

fn result(diagnostic: &Diagnostic, rule_index: usize, text: Option<&[u8]>) -> Found {
    let span = diagnostic.span;
    let region = text.map(|text| {
        let (end_line, end_column) = span.end_in(text);
        Region {
            start_line: span.line,
            start_column: span.column,
            end_line,
            end_column,
            byte_offset: span.start,
            byte_length: span.end.saturating_sub(span.start),
        }
    });
    let message = match &diagnostic.help {
        Some(help) => format!("{}\nhelp: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let physical_location = PhysicalLocation { artifact_location: ArtifactLocation { uri: uri(&diagnostic.file) }, region };
    Found {
        rule_id: diagnostic.code,
        rule_index,
        level: level(diagnostic.severity),
        message: Text { text: message },
        locations: [Location { physical_location }],
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// The name of a file as a URI, or as a reference relative to wherever the tool ran.
fn uri(name: &str) -> String {
    let mut uri = String::with_capacity(name.len());
    let has_drive = matches!(name.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic());
    if has_drive {
        uri.push_str("file:///");
    } else if name.starts_with('/') {
        uri.push_str("file://");
    }
    for (position, byte) in name.bytes().enumerate() {
        // A colon in the first segment would end a scheme.
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) || (has_drive && position == 1);
        if is_plain { uri.push(char::from(byte)) } else { uri.push_str(&format!("%{byte:02X}")) }
    }
    uri
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{log, uri};
    use crate::check;
    use crate::source::Source;

    /// What the standard lets an object of this kind have, as far as it is written here, and what it must have.
    const OBJECTS: [(&str, &[&str], &[&str]); 13] = [
        ("log", &["version", "runs"], &["$schema"]),
        ("run", &["tool"], &["columnKind", "results"]),
        ("tool", &["driver"], &[]),
        ("driver", &["name"], &["version", "rules"]),
        ("rule", &["id"], &["shortDescription", "help", "defaultConfiguration"]),
        ("defaultConfiguration", &[], &["level"]),
        ("shortDescription", &["text"], &["markdown"]),
        ("help", &["text"], &["markdown"]),
        ("result", &["message"], &["ruleId", "ruleIndex", "level", "locations"]),
        ("message", &["text"], &[]),
        ("location", &[], &["physicalLocation"]),
        ("physicalLocation", &["artifactLocation"], &["region"]),
        ("artifactLocation", &["uri"], &[]),
    ];

    const REGION: [&str; 6] = ["startLine", "startColumn", "endLine", "endColumn", "byteOffset", "byteLength"];

    /// Checks an object and all below it; lists are named in the plural of what they hold.
    fn conforms(kind: &str, value: &Value) {
        let object = value.as_object().unwrap_or_else(|| panic!("{kind} is no object: {value}"));
        if kind == "region" {
            assert!(object.keys().all(|key| REGION.contains(&key.as_str())), "{value}");
            assert!(object["startLine"].as_u64().unwrap() >= 1 && object["startColumn"].as_u64().unwrap() >= 1, "{value}");
            let place = |line: &str, column: &str| (object[line].as_u64().unwrap(), object[column].as_u64().unwrap());
            assert!(place("endLine", "endColumn") >= place("startLine", "startColumn"), "{value}");
            return;
        }
        let (_, needed, allowed) = OBJECTS.iter().find(|(name, ..)| *name == kind).unwrap_or_else(|| panic!("{kind} is unknown"));
        for key in *needed {
            assert!(object.contains_key(*key), "{kind} lacks {key}: {value}");
        }
        for (key, value) in object {
            assert!(needed.contains(&key.as_str()) || allowed.contains(&key.as_str()), "{kind} has {key}");
            match value {
                Value::Object(_) => conforms(key, value),
                Value::Array(items) => items.iter().for_each(|item| conforms(key.strip_suffix('s').unwrap(), item)),
                _ => {}
            }
        }
    }

    fn sources() -> Vec<Source> {
        let source = |name: &str, text: &str| Source { name: name.to_owned(), text: text.into() };
        vec![
            source("a b.yaml", "rules:\n  - {id: é𝄞, when: {action: [\"é𝄞\", {prefx: a}]}, decision: alow}\n"),
            source(
                "b.yaml",
                "default: {decision: allow}\nrules:\n  - id: x\n    when:\n      context: {a: {gt:\n        5}}\n    decision: alow\n",
            ),
        ]
    }

    #[test]
    fn the_log_keeps_to_the_standard() {
        let sources = sources();
        let mut diagnostics = check(&sources).diagnostics;
        diagnostics.push(crate::Diagnostic { file: "gone.yaml".to_owned(), code: "source/unreadable", ..diagnostics[0].clone() });
        let log: Value = serde_json::from_str(&log(&diagnostics, &sources, "1.2.3")).unwrap();
        conforms("log", &log);
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        assert_eq!(run["columnKind"], "unicodeCodePoints");
        assert_eq!(run["tool"]["driver"]["version"], "1.2.3");
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), diagnostics.len());
        assert!(results.len() >= 5, "{log:#}");
        let rules: Vec<&str> = run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
        for (position, rule) in rules.iter().enumerate() {
            assert!(!rules[..position].contains(rule), "{rules:?}");
        }
        for (result, diagnostic) in results.iter().zip(&diagnostics) {
            let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
            assert_eq!(rule["id"], diagnostic.code);
            let summary = rule["shortDescription"]["text"].as_str().unwrap();
            assert!(summary.ends_with('.') && !summary.contains('\n') && !summary.contains("###"), "{summary}");
            assert!(rule["help"]["markdown"].as_str().unwrap().contains("Right") || diagnostic.code == "source/unreadable");
            assert_eq!(rule["defaultConfiguration"]["level"], result["level"]);
            assert_eq!(result["ruleId"], diagnostic.code);
            assert!(result["message"]["text"].as_str().unwrap().starts_with(&diagnostic.message));
            let location = &result["locations"][0]["physicalLocation"];
            assert_eq!(location["region"].is_null(), diagnostic.file == "gone.yaml");
        }
    }

    #[test]
    fn columns_count_code_points_and_the_end_is_excluded() {
        let sources = sources();
        let diagnostics = check(&sources).diagnostics;
        let log: Value = serde_json::from_str(&log(&diagnostics, &sources, "1")).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        let region = |code: &str| {
            let result = results.iter().find(|result| result["ruleId"] == code).unwrap();
            result["locations"][0]["physicalLocation"].clone()
        };
        let place = region("when/unknown-operator");
        assert_eq!(place["artifactLocation"]["uri"], "a%20b.yaml");
        // `prefx` begins behind two characters that UTF-16 counts as three and UTF-8 as six.
        let text = "  - {id: é𝄞, when: {action: [\"é𝄞\", {";
        let column = text.chars().count() + 1;
        let region = &place["region"];
        assert_eq!((&region["startLine"], &region["startColumn"]), (&2.into(), &column.into()));
        assert_eq!((&region["endLine"], &region["endColumn"]), (&2.into(), &(column + 5).into()));
        assert_eq!((&region["byteOffset"], &region["byteLength"]), (&(7 + text.len()).into(), &5.into()));
    }

    #[test]
    fn names_of_files_become_references() {
        assert_eq!(uri("policies/a.yaml"), "policies/a.yaml");
        assert_eq!(uri("a:b é%.yaml"), "a%3Ab%20%C3%A9%25.yaml");
        assert_eq!(uri("/srv/p.yaml"), "file:///srv/p.yaml");
        assert_eq!(uri("C:/p.yaml"), "file:///C:/p.yaml");
    }
}
