//! True, false and unknown.

/// Kleene's three values. Unknown carries the smallest JSON Pointer of a field in doubt; it is empty below a field's pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    False,
    Unknown(String),
    True,
}

use Truth::{False, True, Unknown};

pub(crate) const UNKNOWN: Truth = Unknown(String::new());

pub(crate) fn and(parts: impl IntoIterator<Item = Truth>) -> Truth {
    // What stands behind a false part is not asked.
    let all = parts.into_iter().try_fold(True, |all, part| match (all, part) {
        (_, False) => None,
        (True, rest) | (rest, True) => Some(rest),
        (Unknown(a), Unknown(b)) => Some(Unknown(a.min(b))),
        (False, _) => None,
    });
    all.unwrap_or(False)
}

pub(crate) fn or(parts: impl IntoIterator<Item = Truth>) -> Truth {
    not(and(parts.into_iter().map(not)))
}

pub(crate) fn not(part: Truth) -> Truth {
    match part {
        False => True,
        True => False,
        unknown => unknown,
    }
}

impl From<bool> for Truth {
    fn from(told: bool) -> Self {
        if told { True } else { False }
    }
}

impl From<Option<bool>> for Truth {
    fn from(told: Option<bool>) -> Self {
        told.map_or(UNKNOWN, Self::from)
    }
}
