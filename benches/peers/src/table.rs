//! Figures as text: the table that is printed, and the shorter ones of the README.

use std::fmt::Write;

use crate::KINDS;
use crate::peer::Kind;
use crate::record::{Cell, Record};
use crate::version;

/// One cell in a few words, while measuring goes on.
#[must_use]
pub fn brief(cell: &Cell) -> String {
    match (&cell.times, &cell.reason) {
        (Some(times), _) => format!("{} a decision, {:.1} × Toolgate", time(times.ns), times.ns / times.toolgate_ns),
        (None, Some(reason)) => reason.clone(),
        (None, None) => "nothing".to_owned(),
    }
}

/// All figures, one line a cell.
#[must_use]
pub fn full(record: &Record) -> String {
    let mut out = format!("{}\n{}\n\n", record.heading(), record.command);
    out += "| peer | rules | ns | baseline ns | to baseline | to Toolgate | allocations | build ms | live KiB | peak KiB | requests |\n";
    out += "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n";
    let mut notes = Vec::new();
    for cell in &record.cells {
        let _ = write!(out, "| {} | {} |", title_of(&cell.peer), cell.rules);
        let Some(times) = &cell.times else {
            notes.push(format!("{} at {} rules: {}", cell.peer, thousands(cell.rules as u64), cell.reason.as_deref().unwrap_or("nothing")));
            let _ = writeln!(out, "{} [{}] |", " – |".repeat(8), notes.len());
            continue;
        };
        let _ = write!(
            out,
            " {:.0} | {:.0} | {:.2} | {:.1} |",
            times.ns,
            times.baseline_ns,
            times.ns / times.baseline_ns,
            times.ns / times.toolgate_ns
        );
        match &cell.memory {
            Some(memory) => {
                let kibibytes = |bytes: u64| bytes.div_ceil(1_024);
                let _ = write!(out, " {:.1} | {:.1} |", memory.allocations, times.build_ms);
                let _ = write!(out, " {} | {} |", kibibytes(memory.live_bytes), kibibytes(memory.peak_bytes));
            }
            None => {
                let _ = write!(out, " – | {:.1} | – | – |", times.build_ms);
            }
        }
        let _ = writeln!(out, " {} |", times.requests);
    }
    for (row, value) in [
        ("Toolgate: load, ms", artifacts(record, |a| format!("{:.3}", a.load_ms))),
        ("Toolgate: artifact, bytes", artifacts(record, |a| a.len_bytes.to_string())),
    ] {
        for (rules, value) in value {
            let _ = writeln!(out, "| {row} | {rules} | {value} |{}", " |".repeat(8));
        }
    }
    out.push('\n');
    for (index, note) in notes.iter().enumerate() {
        let _ = writeln!(out, "[{}] {note}", index + 1);
    }
    out += "* an easier policy, without conditions on amounts, tickets and suffixes\n";
    out
}

/// What the README shows: medians by number of rules, and the rest at one number of rules.
#[must_use]
pub fn short(record: &Record) -> String {
    let rules = record.rules();
    let mut out = String::from("| a decision |");
    rules.iter().for_each(|rules| {
        let _ = write!(out, " {} rules |", thousands(*rules as u64));
    });
    let _ = writeln!(out, "\n| --- |{}", " --: |".repeat(rules.len()));
    let mut missing: Vec<(&str, usize, &str)> = Vec::new();
    for kind in measured(record) {
        let _ = write!(out, "| {} |", title(kind));
        for rules in &rules {
            let Some(cell) = record.cell(kind.name, *rules) else {
                out += " |";
                continue;
            };
            match &cell.times {
                Some(times) if kind.name.starts_with("toolgate") => {
                    let _ = write!(out, " {} |", time(times.ns));
                }
                Some(times) => {
                    let _ = write!(out, " {} ({}) |", time(times.ns), ratio(times.ns / times.toolgate_ns));
                }
                None => {
                    missing.push((kind.name, *rules, cell.reason.as_deref().unwrap_or("nothing")));
                    out += " – |";
                }
            }
        }
        out.push('\n');
    }
    let artifact_rows = [
        ("Toolgate: loading", artifacts(record, |a| time(a.load_ms * 1e6))),
        ("Toolgate: artifact", artifacts(record, |a| bytes(a.len_bytes as u64))),
    ];
    for (row, values) in artifact_rows {
        let value = |rules: &usize| values.iter().find(|(at, _)| at == rules).map_or_else(String::new, |(_, value)| value.clone());
        let _ = writeln!(out, "| {row} | {} |", rules.iter().map(value).collect::<Vec<_>>().join(" | "));
    }
    out += "\nIn brackets: times Toolgate from JSON, in the same run.";
    if !missing.is_empty() {
        let note = |(name, rules, reason): &(&str, usize, &str)| format!("{name} at {}: {reason}", thousands(*rules as u64));
        let _ = write!(out, " Not measured (–): {}.", missing.iter().map(note).collect::<Vec<_>>().join("; "));
    }
    if record.cells.iter().any(|cell| crate::kind(&cell.peer).is_some_and(|kind| kind.keeps.is_some())) {
        out += " \\* An easier policy, without conditions on amounts, tickets and suffixes.";
    }
    out.push('\n');

    let Some(at) = rules.iter().rev().copied().find(|rules| *rules <= 1_000) else { return out };
    let _ = writeln!(
        out,
        "\n| at {} rules | to baseline | allocations | build | memory |\n| --- | --: | --: | --: | --: |",
        thousands(at as u64)
    );
    for kind in measured(record) {
        let Some(cell) = record.cell(kind.name, at) else { continue };
        let Some(times) = &cell.times else { continue };
        let memory = cell.memory.map(|memory| (format!("{:.0}", memory.allocations), bytes(memory.live_bytes)));
        let (allocations, live) = memory.unwrap_or_else(|| ("–".to_owned(), "–".to_owned()));
        let _ = writeln!(
            out,
            "| {} | {} | {allocations} | {} | {live} |",
            title(kind),
            ratio(times.ns / times.baseline_ns),
            time(times.build_ms * 1e6)
        );
    }
    out
}

fn measured(record: &Record) -> impl Iterator<Item = &'static Kind> {
    const ALL: &[Kind] = &KINDS;
    ALL.iter().filter(|kind| record.cells.iter().any(|cell| cell.peer == kind.name))
}

/// The engine's name with its version, and how it is used.
fn title(kind: &Kind) -> String {
    let star = if kind.keeps.is_some() { "\\*" } else { "" };
    match (kind.package, version(kind.package)) {
        ("", _) => format!("{}{star}: {}", if kind.name.starts_with("toolgate") { "**Toolgate**" } else { kind.name }, kind.how),
        (package, version) => format!("{package}{star} {}: {}", version.unwrap_or_default(), kind.how),
    }
}

fn title_of(name: &str) -> String {
    crate::kind(name).map_or_else(|| name.to_owned(), |kind| if kind.keeps.is_some() { format!("{name}*") } else { name.to_owned() })
}

fn artifacts(record: &Record, show: impl Fn(&crate::peer::Artifact) -> String) -> Vec<(usize, String)> {
    let shown = |cell: &Cell| Some((cell.rules, show(&cell.times.as_ref()?.artifact?)));
    record.cells.iter().filter_map(shown).collect()
}

/// Nanoseconds with three digits and the unit that suits them.
pub(crate) fn time(ns: f64) -> String {
    let (value, unit) = match ns {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "µs"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    format!("{} {unit}", digits(value))
}

fn bytes(bytes: u64) -> String {
    let bytes = bytes as f64;
    let (value, unit) = match bytes {
        bytes if bytes < 1e3 => return format!("{bytes} B"),
        bytes if bytes < 1e6 => (bytes / 1e3, "KB"),
        bytes if bytes < 1e9 => (bytes / 1e6, "MB"),
        bytes => (bytes / 1e9, "GB"),
    };
    format!("{} {unit}", digits(value))
}

fn ratio(ratio: f64) -> String {
    format!("{} ×", if ratio < 1_000.0 { digits(ratio) } else { thousands(ratio.round() as u64) })
}

/// Two or three digits.
fn digits(value: f64) -> String {
    match value {
        value if value < 10.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

/// With commas between thousands.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let groups = digits.char_indices().map(|(at, digit)| if at > 0 && at % 3 == first { format!(",{digit}") } else { digit.to_string() });
    groups.collect()
}

#[cfg(test)]
mod tests {
    use super::{bytes, ratio, thousands, time};

    #[test]
    fn numbers_are_short_and_have_units() {
        assert_eq!(
            [time(180.4), time(1_360.0), time(273_000.0), time(13.9e6), time(1.73e9)],
            ["180 ns", "1.4 µs", "273 µs", "14 ms", "1.7 s"]
        );
        assert_eq!([bytes(120), bytes(252_000), bytes(24_000_000)], ["120 B", "252 KB", "24 MB"]);
        assert_eq!([ratio(2.34), ratio(41.7), ratio(12_345.6)], ["2.3 ×", "42 ×", "12,346 ×"]);
        assert_eq!([thousands(10), thousands(1_000), thousands(100_000)], ["10", "1,000", "100,000"]);
    }
}
