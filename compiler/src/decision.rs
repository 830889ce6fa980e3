//! A decision as hosts show it, in owned values.

use serde::Serialize;

/// A decision as every host shows it (section 8 of the law).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// `allow`, `approval_required`, `clarification_required` or `deny`.
    pub decision: &'static str,
    /// Rules of that decision that hold, in document order.
    pub rules: Vec<String>,
    /// Whether one of the lists was cut.
    pub truncated: bool,
    /// What the caller must see to, without repeats.
    pub requirements: Vec<String>,
    /// The highest risk.
    pub risk: Option<&'static str>,
    /// Safe to show the model.
    pub message: Option<String>,
    /// For each rule that holds by doubt, one field in doubt.
    pub undecided: Vec<Undecided>,
    /// Shadow rules that hold.
    pub shadow: Vec<Shadow>,
    /// Whether the decision is the default's alone.
    pub default: bool,
    /// `rule`, `default`, or why the request was refused.
    pub reason: &'static str,
    /// Where the request was refused.
    pub offset: Option<usize>,
    /// The policy's identity, as the caller gave it.
    pub policy: String,
}

/// A rule that holds by doubt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Undecided {
    /// The rule's id.
    pub rule: String,
    /// JSON Pointer of a field in doubt.
    pub field: String,
}

/// A shadow rule that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shadow {
    /// The rule's id.
    pub rule: String,
    /// What it would decide, as written.
    pub decision: &'static str,
}
