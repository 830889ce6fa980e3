//! `toolgate diff`

use std::path::PathBuf;
use std::slice;

use clap::ValueEnum;
use serde::Serialize;
use toolgate_compiler::canonical::digest_text;
use toolgate_compiler::diff::{Calls, Change, Counts, Diff, Example, Group, Side};
use toolgate_runtime::{Options, Policy, Risk, Scratch};

use crate::decide::{open, refuse_closed};
use crate::lines::Lines;
use crate::output::{Failure, Stdout, counted};
use crate::policy;

/// Show which recorded calls another policy decides otherwise
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The policy to compare with: a document, a directory of them, or a compiled artifact
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The policy that is to replace it
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// One request a line; `-` is standard input
    #[arg(long, value_name = "FILE.jsonl")]
    requests: PathBuf,
    /// How to tell it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// The clarification has been obtained: rules that ask for it count as allow
    #[arg(long)]
    clarified: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object
    Json,
}

const EXAMPLES: &str = "\
Examples:
  toolgate diff old.yaml new.yaml --requests calls.jsonl
  toolgate diff deployed.tgc policies/ --requests calls.jsonl
  zcat calls.jsonl.gz | toolgate diff old.tgc new.tgc --requests - --format json | jq .loosened

Calls whose decision changes are grouped by what is decided and by the rules that decide, loosening first. A call is
loosened if its decision is milder, or if it may still run and a requirement is lost; tightened if its decision is
stricter; kept if the decision is the same with other requirements, another risk, or by the default instead of a rule.
Messages and fields in doubt are not compared. The requests are read once and not held.

Exit codes: 0 nothing is loosened, 1 a call is loosened or a policy is wrong, 2 usage or input and output";

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    refuse_closed(1, "standard output")?;
    let old = policy::load(slice::from_ref(&arguments.old))?.policy;
    let new = policy::load(slice::from_ref(&arguments.new))?.policy;
    let diff = compare(arguments, &old, &new)?;
    let has_loosened = diff.has_loosened();
    let counts = *diff.counts();
    let groups = diff.into_groups();
    let mut out = Stdout::new();
    match arguments.format {
        Format::Text => write_text(&counts, &groups, &mut out)?,
        Format::Json => {
            let report = Report::new(&old, &new, &counts, &groups);
            out.line(serde_json::to_string(&report).map_err(|error| Failure::Other(error.to_string()))?)?;
        }
    }
    out.flush()?;
    if has_loosened { Err(Failure::Policy) } else { Ok(()) }
}

fn compare(arguments: &Arguments, old: &Policy, new: &Policy) -> Result<Diff, Failure> {
    let options = Options { clarified: arguments.clarified };
    let (mut old_scratch, mut new_scratch) = (Scratch::new(old), Scratch::new(new));
    let mut lines = Lines::new(open(&arguments.requests)?);
    let mut diff = Diff::new();
    while let Some((number, line)) = lines.next_numbered()? {
        diff.add(number, line, &old.decide(line, &mut old_scratch, options), &new.decide(line, &mut new_scratch, options));
    }
    Ok(diff)
}

fn write_text(counts: &Counts, groups: &[(Group, Calls)], out: &mut Stdout) -> Result<(), Failure> {
    for change in Change::ALL {
        let of_change: Vec<&(Group, Calls)> = groups.iter().filter(|(group, _)| group.change == change).collect();
        if of_change.is_empty() {
            continue;
        }
        out.line(format_args!("{}: {}", title(change), calls(counts.changed_by(change))))?;
        let mut verdicts = None;
        for (group, calls) in of_change.iter().take(GROUPS_SHOWN_MAX) {
            if verdicts != Some(group.verdicts()) {
                verdicts = Some(group.verdicts());
                let of_verdicts = of_change.iter().filter(|(other, _)| other.verdicts() == group.verdicts());
                let count = of_verdicts.fold(0_u64, |sum, (_, calls)| sum.saturating_add(calls.count));
                out.line(format_args!("  {}: {}", step(group), self::calls(count)))?;
            }
            write_group(group, calls, out)?;
        }
        let left: Vec<u64> = of_change.iter().skip(GROUPS_SHOWN_MAX).map(|(_, calls)| calls.count).collect();
        if !left.is_empty() {
            let count = left.iter().fold(0_u64, |sum, count| sum.saturating_add(*count));
            out.line(format_args!("  and {} of {}, with --format json", counted(left.len(), "more group"), calls(count)))?;
        }
        if counts.ungrouped_of(change) > 0 {
            out.line(format_args!("  and {} in groups that were too many to keep", calls(counts.ungrouped_of(change))))?;
        }
    }
    out.line(summary(counts))
}

/// So many groups of each change are for people.
const GROUPS_SHOWN_MAX: usize = 50;

fn write_group(group: &Group, calls: &Calls, out: &mut Stdout) -> Result<(), Failure> {
    let (old, new) = (deciders(&group.old), deciders(&group.new));
    let by = if old == new { old } else { format!("{old} → {new}") };
    out.line(format_args!("    {by}: {}", self::calls(calls.count)))?;
    for (what, names) in [("requirements lost", &group.lost), ("requirements gained", &group.gained)] {
        if !names.is_empty() {
            out.line(format_args!("      {what}: {names}"))?;
        }
    }
    if group.old.risk != group.new.risk {
        let word = |risk: Option<Risk>| risk.map_or("none", Risk::as_str);
        out.line(format_args!("      risk: {} → {}", word(group.old.risk), word(group.new.risk)))?;
    }
    for example in &calls.examples {
        let where_found = if example.calls == 1 {
            format!("line {}", example.line)
        } else {
            format!("line {} and {} more", example.line, example.calls.saturating_sub(1))
        };
        out.line(format_args!("      `{}`: {where_found}", example.action))?;
    }
    if calls.other_actions > 0 {
        out.line(format_args!("      other actions: {}", self::calls(calls.other_actions)))?;
    }
    Ok(())
}

fn title(change: Change) -> &'static str {
    match change {
        Change::Loosened => "loosened",
        Change::Tightened => "tightened",
        Change::Kept => "kept, with other obligations",
    }
}

fn step(group: &Group) -> String {
    let (old, new) = group.verdicts();
    if old == new { old.as_str().to_owned() } else { format!("{} → {}", old.as_str(), new.as_str()) }
}

fn deciders(side: &Side) -> String {
    if side.rules.is_empty() { "default".to_owned() } else { side.rules.to_string() }
}

fn calls(count: u64) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), "call")
}

fn summary(counts: &Counts) -> String {
    let of = |change| counts.changed_by(change);
    let mut text = format!(
        "{}: {} loosened, {} tightened, {} kept with other obligations, {} unchanged",
        calls(counts.calls),
        of(Change::Loosened),
        of(Change::Tightened),
        of(Change::Kept),
        counts.unchanged()
    );
    if counts.other_rules > 0 {
        text.push_str(&format!(" ({} by other rules)", counts.other_rules));
    }
    if counts.refused > 0 {
        text.push_str(&format!(", {} refused", counts.refused));
    }
    text
}

/// The object of `--format json`.
#[derive(Serialize)]
struct Report<'a> {
    old: String,
    new: String,
    calls: u64,
    loosened: u64,
    tightened: u64,
    kept: u64,
    unchanged: u64,
    /// Of the unchanged ones.
    other_rules: u64,
    refused: u64,
    groups: Vec<GroupReport<'a>>,
    /// Calls that changed and are in no group, because there were too many.
    ungrouped: Ungrouped,
}

#[derive(Serialize)]
struct Ungrouped {
    loosened: u64,
    tightened: u64,
    kept: u64,
}

#[derive(Serialize)]
struct GroupReport<'a> {
    change: &'static str,
    old: SideReport<'a>,
    new: SideReport<'a>,
    requirements_lost: &'a [String],
    #[serde(skip_serializing_if = "is_zero")]
    requirements_lost_more: usize,
    requirements_gained: &'a [String],
    #[serde(skip_serializing_if = "is_zero")]
    requirements_gained_more: usize,
    calls: u64,
    examples: Vec<ExampleReport<'a>>,
    /// Calls of other actions than the examples'.
    other_actions: u64,
}

#[derive(Serialize)]
struct SideReport<'a> {
    decision: &'static str,
    default: bool,
    rules: &'a [String],
    #[serde(skip_serializing_if = "is_zero")]
    rules_more: usize,
    risk: Option<&'static str>,
}

#[derive(Serialize)]
struct ExampleReport<'a> {
    action: &'a str,
    line: u64,
    calls: u64,
}

impl<'a> Report<'a> {
    fn new(old: &Policy, new: &Policy, counts: &Counts, groups: &'a [(Group, Calls)]) -> Self {
        Self {
            old: digest_text(old.digest()),
            new: digest_text(new.digest()),
            calls: counts.calls,
            loosened: counts.changed_by(Change::Loosened),
            tightened: counts.changed_by(Change::Tightened),
            kept: counts.changed_by(Change::Kept),
            unchanged: counts.unchanged(),
            other_rules: counts.other_rules,
            refused: counts.refused,
            groups: groups.iter().map(|(group, calls)| GroupReport::new(group, calls)).collect(),
            ungrouped: Ungrouped {
                loosened: counts.ungrouped_of(Change::Loosened),
                tightened: counts.ungrouped_of(Change::Tightened),
                kept: counts.ungrouped_of(Change::Kept),
            },
        }
    }
}

impl<'a> GroupReport<'a> {
    fn new(group: &'a Group, calls: &'a Calls) -> Self {
        let example = |example: &'a Example| ExampleReport { action: &example.action, line: example.line, calls: example.calls };
        Self {
            change: group.change.as_str(),
            old: SideReport::new(&group.old),
            new: SideReport::new(&group.new),
            requirements_lost: &group.lost.shown,
            requirements_lost_more: group.lost.more,
            requirements_gained: &group.gained.shown,
            requirements_gained_more: group.gained.more,
            calls: calls.count,
            examples: calls.examples.iter().map(example).collect(),
            other_actions: calls.other_actions,
        }
    }
}

impl<'a> SideReport<'a> {
    fn new(side: &'a Side) -> Self {
        Self {
            decision: side.verdict.as_str(),
            default: side.rules.is_empty(),
            rules: &side.rules.shown,
            rules_more: side.rules.more,
            risk: side.risk.map(Risk::as_str),
        }
    }
}

/// How many names are left out is said only where some are.
fn is_zero(count: &usize) -> bool {
    *count == 0
}
