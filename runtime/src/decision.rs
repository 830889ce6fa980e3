//! The decision, and its JSON.

use core::fmt;

use crate::holding::Holding;
use crate::info::write_digest;
use crate::json::Refusal;
use crate::policy::{Policy, TextRef};

/// What to do with a tool call, mildest first. Exhaustive on purpose: a new one must break callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The call may run.
    Allow,
    /// A human must approve first.
    ApprovalRequired,
    /// The caller must clarify first.
    ClarificationRequired,
    /// The call must not run.
    Deny,
}

impl Verdict {
    pub(crate) fn from_word(word: u32) -> Option<Self> {
        Some(match word {
            0 => Verdict::Allow,
            1 => Verdict::ApprovalRequired,
            2 => Verdict::ClarificationRequired,
            3 => Verdict::Deny,
            _ => return None,
        })
    }

    /// The word of the law.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Allow => "allow",
            Verdict::ApprovalRequired => "approval_required",
            Verdict::ClarificationRequired => "clarification_required",
            Verdict::Deny => "deny",
        }
    }
}

/// How grave a call is, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Risk {
    /// `low`
    Low,
    /// `medium`
    Medium,
    /// `high`
    High,
    /// `critical`
    Critical,
}

impl Risk {
    /// The risk behind a word of the artifact; 0 is none.
    pub(crate) fn from_word(word: u32) -> Option<Self> {
        Some(match word {
            1 => Risk::Low,
            2 => Risk::Medium,
            3 => Risk::High,
            4 => Risk::Critical,
            _ => return None,
        })
    }

    /// The word of the law.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Risk::Low => "low",
            Risk::Medium => "medium",
            Risk::High => "high",
            Risk::Critical => "critical",
        }
    }
}

/// A listed rule that holds only by doubt, and a field that is in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doubt<'a> {
    /// The rule's id.
    pub rule: &'a str,
    /// JSON Pointer of the smallest field in doubt, in byte order.
    pub field: &'a str,
}

/// A rule that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held<'a> {
    /// The rule's id.
    pub rule: &'a str,
    /// Its position among the policy's rules, from 0, in document order.
    pub position: usize,
    /// It holds only by doubt: its value is unknown.
    pub doubted: bool,
}

/// A full decision. It borrows the policy and the scratch it was made with.
#[derive(Clone, Copy)]
pub struct Decision<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) verdict: Verdict,
    pub(crate) rules: &'a [u32],
    pub(crate) truncated: bool,
    pub(crate) requirements: &'a [u32],
    pub(crate) risk: Option<Risk>,
    pub(crate) message: Option<TextRef>,
    /// Rule and field.
    pub(crate) undecided: &'a [(u32, u32)],
    pub(crate) shadow: &'a [u32],
    /// Absent if the request was refused.
    pub(crate) holding: Option<&'a Holding>,
    pub(crate) default: bool,
    pub(crate) refusal: Option<Refusal>,
}

impl<'a> Decision<'a> {
    /// What to do.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Ids of the rules of this decision that hold, in document order; at most 64.
    pub fn rules(&self) -> impl Iterator<Item = &'a str> {
        let policy = self.policy;
        self.rules.iter().map(move |rule| rule_id(policy, *rule))
    }

    /// Whether a list was cut.
    #[must_use]
    pub fn truncated(&self) -> bool {
        self.truncated
    }

    /// Obligations of all enforced rules that hold, or, of a deny, of what denies. Never cut.
    pub fn requirements(&self) -> impl Iterator<Item = &'a str> {
        let policy = self.policy;
        self.requirements.iter().map(move |requirement| policy.requirements.get(*requirement as usize).map_or("", |text| policy.str(*text)))
    }

    /// The highest risk among the same.
    #[must_use]
    pub fn risk(&self) -> Option<Risk> {
        self.risk
    }

    /// Text that is safe to show the model.
    #[must_use]
    pub fn message(&self) -> Option<&'a str> {
        self.message.map(|message| self.policy.str(message))
    }

    /// Listed rules that hold only by doubt; at most 64.
    pub fn undecided(&self) -> impl Iterator<Item = Doubt<'a>> {
        let policy = self.policy;
        self.undecided.iter().map(move |(rule, field)| Doubt {
            rule: rule_id(policy, *rule),
            field: policy.field(*field).map_or("", |field| policy.str(field.pointer)),
        })
    }

    /// Shadow rules that hold, with the decision each would have made; at most 64.
    pub fn shadow(&self) -> impl Iterator<Item = (&'a str, Verdict)> {
        let policy = self.policy;
        self.shadow.iter().map(move |rule| {
            (rule_id(policy, *rule), policy.rules.get(*rule as usize).map_or(Verdict::Deny, |rule| rule.properties().verdict()))
        })
    }

    /// All rules that hold, whatever they decide and whether they are enforced, in document order. Never cut, and empty if
    /// the request was refused.
    ///
    /// Not part of the decision: it is for whoever asks of many requests which rules they meet.
    pub fn held(&self) -> impl Iterator<Item = Held<'a>> {
        let policy = self.policy;
        self.holding.into_iter().flat_map(move |holding| {
            holding.iter(policy).map(move |held| Held {
                rule: rule_id(policy, held.rule),
                position: held.rule as usize,
                doubted: held.is_doubted(),
            })
        })
    }

    /// Whether the decision is the default's alone.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.default
    }

    /// Why the bytes are no request, if they are none.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// `rule`, `default`, or the code of the refusal.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self.refusal {
            Some(refusal) => refusal.reason.code(),
            None if self.default => "default",
            None => "rule",
        }
    }

    /// Digest of the policy.
    #[must_use]
    pub fn policy_digest(&self) -> &'a [u8; 32] {
        self.policy.digest()
    }

    /// Writes the decision as one JSON object without line breaks, in the form of the law's section 8.
    ///
    /// # Errors
    /// Only those of `out`.
    pub fn write_json(&self, out: &mut impl fmt::Write) -> fmt::Result {
        out.write_str("{\"decision\":")?;
        write_string(out, self.verdict.as_str())?;
        out.write_str(",\"rules\":")?;
        write_list(out, self.rules(), |out, rule| write_string(out, rule))?;
        out.write_str(",\"truncated\":")?;
        out.write_str(bool_word(self.truncated))?;
        out.write_str(",\"requirements\":")?;
        write_list(out, self.requirements(), |out, requirement| write_string(out, requirement))?;
        out.write_str(",\"risk\":")?;
        write_optional(out, self.risk.map(Risk::as_str))?;
        out.write_str(",\"message\":")?;
        write_optional(out, self.message())?;
        out.write_str(",\"undecided\":")?;
        write_list(out, self.undecided(), |out, doubt| {
            out.write_str("{\"rule\":")?;
            write_string(out, doubt.rule)?;
            out.write_str(",\"field\":")?;
            write_string(out, doubt.field)?;
            out.write_str("}")
        })?;
        out.write_str(",\"shadow\":")?;
        write_list(out, self.shadow(), |out, (rule, verdict)| {
            out.write_str("{\"rule\":")?;
            write_string(out, rule)?;
            out.write_str(",\"decision\":")?;
            write_string(out, verdict.as_str())?;
            out.write_str("}")
        })?;
        out.write_str(",\"default\":")?;
        out.write_str(bool_word(self.default))?;
        out.write_str(",\"reason\":")?;
        write_string(out, self.reason())?;
        out.write_str(",\"offset\":")?;
        match self.refusal {
            Some(refusal) => write_number(out, refusal.offset.into())?,
            None => out.write_str("null")?,
        }
        out.write_str(",\"policy\":")?;
        write_digest(out, self.policy.digest())?;
        out.write_str("}")
    }
}

/// The decision's JSON.
impl fmt::Display for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_json(f)
    }
}

impl fmt::Debug for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_json(f)
    }
}

fn rule_id(policy: &Policy, rule: u32) -> &str {
    policy.rules.get(rule as usize).map_or("", |rule| policy.str(rule.id))
}

pub(crate) fn write_list<T, W: fmt::Write>(
    out: &mut W,
    items: impl Iterator<Item = T>,
    mut each: impl FnMut(&mut W, T) -> fmt::Result,
) -> fmt::Result {
    out.write_str("[")?;
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.write_str(",")?;
        }
        each(out, item)?;
    }
    out.write_str("]")
}

// Formatting takes padding into account, which is code that nothing else here needs.
pub(crate) fn bool_word(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn write_optional(out: &mut impl fmt::Write, text: Option<&str>) -> fmt::Result {
    match text {
        Some(text) => write_string(out, text),
        None => out.write_str("null"),
    }
}

/// Writes a number in decimal digits. The standard library's way takes padding along, for which the module of WebAssembly has no room.
// As deep as there are digits.
pub(crate) fn write_number(out: &mut dyn fmt::Write, number: u64) -> fmt::Result {
    if number >= 10 {
        write_number(out, number / 10)?;
    }
    out.write_str(digit((number % 10) as u8))
}

/// A hexadecimal digit.
fn digit(value: u8) -> &'static str {
    let at = usize::from(value);
    "0123456789abcdef".get(at..at.wrapping_add(1)).unwrap_or_default()
}

pub(crate) fn write_string(out: &mut impl fmt::Write, text: &str) -> fmt::Result {
    out.write_str("\"")?;
    // What needs no escape goes out in one piece.
    let mut written = 0;
    for (at, byte) in text.bytes().enumerate() {
        if !matches!(byte, b'"' | b'\\' | 0..=0x1f) {
            continue;
        }
        out.write_str(text.get(written..at).unwrap_or_default())?;
        written = at.wrapping_add(1);
        match byte {
            b'"' => out.write_str("\\\"")?,
            b'\\' => out.write_str("\\\\")?,
            b'\n' => out.write_str("\\n")?,
            b'\r' => out.write_str("\\r")?,
            b'\t' => out.write_str("\\t")?,
            0x8 => out.write_str("\\b")?,
            0xc => out.write_str("\\f")?,
            _ => {
                out.write_str(if byte < 0x10 { "\\u000" } else { "\\u001" })?;
                out.write_str(digit(byte & 0xf))?;
            }
        }
    }
    out.write_str(text.get(written..).unwrap_or_default())?;
    out.write_str("\"")
}
