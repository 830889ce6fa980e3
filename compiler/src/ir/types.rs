//! The checked policy: typed, normalised, and free of errors.
//!
//! What the document's short forms mean has been written out here: a scalar at `action` is a pattern for `action.name`,
//! the root `input` is `action.input`, a plain string with `*` for `action.name` is a wildcard, `$field` has dissolved
//! into the keys around it, and operands are parsed. Nothing downstream can fail on a policy's content, only on a limit.

use regex_syntax::hir::Hir;

use super::decimal::Decimal;
use super::expr::Expr;
use crate::diagnostic::Span;

/// A checked policy, made from one or more documents.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The `id` of the first document that writes one, else `policy`.
    pub id: String,
    /// Rules in document order, documents in argument order.
    pub rules: Vec<Rule>,
    /// The strictest of the written defaults, else a plain `deny`.
    pub default: Outcome,
    /// Named lists of all documents, referred to by position.
    pub lists: Vec<NamedList>,
}

/// What a rule or a default decides, with what goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The decision.
    pub decision: Decision,
    /// Text that is safe to show the model.
    pub message: Option<String>,
    /// How grave the call is.
    pub risk: Option<Risk>,
    /// Obligations, in the order written.
    pub requirements: Vec<String>,
}

/// One rule. At least one of `when`, `unless` and `condition` is present.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Unique across the policy.
    pub id: String,
    /// What the rule decides when it holds.
    pub outcome: Outcome,
    /// Whether it is enforced, or only reported.
    pub mode: Mode,
    /// Comes from a document with `tighten_only`: never lifts the default.
    pub tighten_only: bool,
    /// Must be true.
    pub when: Option<Object>,
    /// Must not be true; its polarity is the flip of the rule's.
    pub unless: Option<Object>,
    /// The expression of `if`.
    pub condition: Option<Expr>,
    /// For people; decides nothing.
    pub description: Option<String>,
    /// For people; decides nothing.
    pub tags: Vec<String>,
    /// Position of the document among the sources.
    pub source: usize,
    /// The rule's id in its document.
    pub span: Span,
}

/// A decision, weakest first, so that `max` is the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// The call may run.
    Allow,
    /// A human must approve first.
    RequireApproval,
    /// The caller must clarify first.
    RequireClarification,
    /// The call must not run.
    Deny,
}

impl Decision {
    /// The word of the law, in documents and decisions alike.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::RequireApproval => "approval_required",
            Self::RequireClarification => "clarification_required",
            Self::Deny => "deny",
        }
    }
}

/// Whether a rule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It counts.
    Enforce,
    /// It is reported under `shadow` and counts for nothing.
    Shadow,
}

/// How grave a call is, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// The word of the law.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// A named list of a document's `lists`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedList {
    /// Unique across the policy.
    pub name: String,
    /// May be empty.
    pub members: Vec<Scalar>,
}

/// `obj(P, v, q)` of the law: all members are and-ed over one value. Never empty.
#[derive(Clone, Debug)]
pub struct Object {
    /// In the order written, keys of `$field` inlined.
    pub members: Vec<Member>,
}

/// One member of an object pattern.
#[derive(Clone, Debug)]
pub enum Member {
    /// `$or`; never empty.
    Or(Vec<Object>),
    /// `$not`; flips the polarity.
    Not(Object),
    /// A field of the value: exactly one path segment.
    Key {
        /// The member's name.
        name: String,
        /// What it must be.
        pattern: Pattern,
    },
}

/// `pat(P, v, q)` of the law.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// Descends.
    Object(Object),
    /// Asks.
    List(List),
}

/// `list(L, v, q)` of the law: alternatives, or-ed. Never empty. A lone scalar is a list of one.
#[derive(Clone, Debug)]
pub struct List {
    /// In the order written.
    pub alternatives: Vec<Alternative>,
}

/// One alternative of a list.
#[derive(Clone, Debug)]
pub enum Alternative {
    /// `eq(a, e)`.
    Scalar(Scalar),
    /// Operators of one object, and-ed. Never empty.
    Operators(Vec<Operator>),
}

/// A scalar written in a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scalar {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// An exact, representable number.
    Number(Decimal),
    /// Text.
    String(String),
}

/// One operator with its operand (section 6 of the law).
#[derive(Clone, Debug)]
pub enum Operator {
    /// `eq`
    Eq(Scalar),
    /// `anything-but`: not the any-of of these.
    AnythingBut(Vec<Test>),
    /// `in`: position in [`Policy::lists`].
    In(usize),
    /// `prefix suffix contains equals-ignore-case wildcard`
    Text(TextTest),
    /// `regex`
    Regex(Regex),
    /// `gt gte lt lte`, and each pair of `numeric`.
    Compare(Comparison, Decimal),
    /// `cidr`
    Cidr(Cidr),
    /// `host`
    Host(Host),
    /// `email-domain`, in lower case.
    EmailDomain(String),
    /// `path-prefix`
    PathPrefix(PathPrefix),
    /// `ref`: path segments from the request's root, `input` written out as `action`, `input`.
    Ref(Vec<String>),
    /// `exists`
    Exists(bool),
    /// `type`; never empty.
    Type(Vec<Type>),
    /// `length`: bounds, and-ed. Never empty.
    Length(Vec<(Comparison, u64)>),
    /// `any`
    Any(List),
    /// `every`
    Every(List),
}

/// One alternative of `anything-but`.
#[derive(Clone, Debug)]
pub enum Test {
    /// `eq(a, e)`
    Scalar(Scalar),
    /// An operator on strings.
    Text(TextTest),
}

/// An operator on a string that compares text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextTest {
    /// `prefix`; the text is in lower case if `ignore_case`.
    Prefix {
        /// Never empty.
        text: String,
        /// `{equals-ignore-case: …}`
        ignore_case: bool,
    },
    /// `suffix`; likewise.
    Suffix {
        /// Never empty.
        text: String,
        /// `{equals-ignore-case: …}`
        ignore_case: bool,
    },
    /// `contains`; never empty.
    Contains(String),
    /// `equals-ignore-case`; ASCII, in lower case.
    EqualsIgnoreCase(String),
    /// `wildcard`
    Wildcard(Wildcard),
}

/// A wildcard, split at its stars, escapes resolved: `a*b` is `["a", "b"]`, `ab` is `["ab"]`, `*` is `["", ""]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wildcard {
    /// Literals between the stars; one more than there are stars. Only the first and the last may be empty.
    pub literals: Vec<String>,
}

/// A regular expression of the law's dialect.
#[derive(Clone, Debug)]
pub struct Regex {
    /// As written.
    pub source: String,
    /// Parsed on its own in the law's dialect, not anchored.
    pub hir: Hir,
}

/// How numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// A network. An address in `::ffff:0:0/96` has become the v4 one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cidr {
    /// Network address and prefix length, 0–32.
    V4(u32, u8),
    /// Network address and prefix length, 0–128.
    V6(u128, u8),
}

/// Operand of `host`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// In lower case, without the `*.`.
    pub name: String,
    /// Written `*.name`: one or more labels before the name, not the name itself.
    pub subdomains: bool,
}

/// Operand of `path-prefix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPrefix {
    /// Begins with `/`.
    pub absolute: bool,
    /// Whole segments; empty only for `/`.
    pub segments: Vec<String>,
}

/// A type of JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// `string`
    String,
    /// `number`
    Number,
    /// `bool`
    Bool,
    /// `null`
    Null,
    /// `array`
    Array,
    /// `object`
    Object,
}
