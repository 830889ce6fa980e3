//! Operands that are numbers: `gt` and its kind, `numeric`, `length`.

use crate::diagnostic::{Report, quote};
use crate::ir::{Comparison, Decimal};
use crate::tree::span::Range;
use crate::tree::{Kind, Node};

/// A number that can be represented.
pub(crate) fn read(operator: &str, node: &Node<'_>, report: &mut Report<'_>) -> Option<Decimal> {
    let Kind::Number(text) = &node.kind else {
        super::wrong_type(operator, "a number", node, report);
        return None;
    };
    super::decimal(text, node, report)
}

/// Operand of `numeric`: one or two comparisons. Of several mistakes the first is told: they are mostly one.
pub(crate) fn pairs(node: &Node<'_>, report: &mut Report<'_>) -> Option<Vec<(Comparison, Decimal)>> {
    let items = super::list("numeric", node, report)?;
    if !matches!(items.len(), 2 | 4) {
        let help = "write `[\">\", 0]` or `[\">\", 0, \"<=\", 100]`";
        report.error_with_help("operand/numeric", node.range, "`numeric` takes one or two pairs of a sign and a number", help);
        return None;
    }
    let mut pairs = Vec::with_capacity(2);
    for pair in items.chunks_exact(2) {
        let [sign, number] = pair else { return None };
        let comparison = comparison(sign, report)?;
        let number = match &number.kind {
            Kind::Number(text) => super::decimal(text, number, report)?,
            Kind::Invalid => return None,
            _ => {
                let message = format!("a number must stand here, and this is {}", number.described());
                let help = "write `[\">\", 0]` or `[\">\", 0, \"<=\", 100]`";
                report.error_with_help("operand/numeric", number.range, message, help);
                return None;
            }
        };
        pairs.push((comparison, number));
    }
    Some(pairs)
}

pub(crate) const SIGNS: [(&str, Comparison); 5] = [
    ("=", Comparison::Equal),
    ("<", Comparison::Less),
    ("<=", Comparison::LessOrEqual),
    (">", Comparison::Greater),
    (">=", Comparison::GreaterOrEqual),
];

fn comparison(node: &Node<'_>, report: &mut Report<'_>) -> Option<Comparison> {
    let known = node.as_str().and_then(|text| SIGNS.iter().find(|(sign, _)| *sign == text)).map(|(_, comparison)| *comparison);
    if known.is_none() && !node.is_invalid() {
        let message = match node.as_str() {
            Some(text) => format!("{} is no comparison", quote(text)),
            None => format!("a comparison must stand here, and this is {}", node.described()),
        };
        report.error_with_help("operand/numeric", node.range, message, "one of `\"=\"`, `\"<\"`, `\"<=\"`, `\">\"`, `\">=\"`");
    }
    known
}

pub(crate) const LENGTHS: [(&str, Comparison); 5] = [
    ("eq", Comparison::Equal),
    ("gt", Comparison::Greater),
    ("gte", Comparison::GreaterOrEqual),
    ("lt", Comparison::Less),
    ("lte", Comparison::LessOrEqual),
];

/// Operand of `length`, whose key is at `key`: bounds, which some whole number meets.
pub(crate) fn lengths(key: Range, node: &Node<'_>, report: &mut Report<'_>) -> Option<Vec<(Comparison, u64)>> {
    let Kind::Map(entries) = &node.kind else {
        super::wrong_type("length", "an object such as `{lte: 80}`", node, report);
        return None;
    };
    if entries.is_empty() {
        super::empty("length", node, report);
        return None;
    }
    let mut lengths = Vec::with_capacity(entries.len());
    let mut bounds = Bounds::default();
    let mut whole_bounds = WholeBounds::default();
    for entry in entries {
        let Some(name) = entry.name() else { continue };
        let Some((_, comparison)) = LENGTHS.iter().find(|(known, _)| *known == name) else {
            let message = format!("`length` has no bound {}", quote(name));
            report.unknown("operand/length", entry.key.range, message, name, LENGTHS.iter().map(|(name, _)| *name));
            continue;
        };
        let Some(number) = read("length", &entry.value, report) else { continue };
        let Some(length) = whole(&number) else {
            let message = "a length is a whole number, and not negative";
            report.error("operand/length", entry.value.range, message);
            continue;
        };
        bounds.add(*comparison, &number);
        whole_bounds.add(*comparison, length);
        lengths.push((*comparison, length));
    }
    if bounds.exclude_everything() || whole_bounds.exclude_everything() {
        report.error("operator/contradiction", key, "no length meets these bounds");
    }
    (lengths.len() == entries.len()).then_some(lengths)
}

/// The number, if it is whole and not negative. What no length in the world reaches becomes the largest there is, which
/// compares the same with every length.
fn whole(number: &Decimal) -> Option<u64> {
    let canonical = number.to_string();
    let Some((digits, exponent)) = canonical.split_once('e') else {
        return Some(0);
    };
    if digits.starts_with('-') {
        return None;
    }
    // INVARIANT: the canonical spelling has no trailing zeros before its exponent, so a negative one leaves a fraction.
    let zeros = usize::try_from(exponent.parse::<i32>().ok()?).ok()?;
    let written = format!("{digits}{}", "0".repeat(zeros));
    Some(written.parse().unwrap_or(u64::MAX))
}

/// Bounds on a number, and-ed.
#[derive(Default)]
pub(crate) struct Bounds {
    /// The strictest lower one, and whether the number itself is excluded.
    lower: Option<(Decimal, bool)>,
    upper: Option<(Decimal, bool)>,
}

impl Bounds {
    pub(crate) fn add(&mut self, comparison: Comparison, number: &Decimal) {
        let (is_lower, is_upper, strict) = match comparison {
            Comparison::Equal => (true, true, false),
            Comparison::Less => (false, true, true),
            Comparison::LessOrEqual => (false, true, false),
            Comparison::Greater => (true, false, true),
            Comparison::GreaterOrEqual => (true, false, false),
        };
        let bound = (number.clone(), strict);
        // Of equal numbers the strict one is stricter, in either direction.
        if is_lower && self.lower.as_ref().is_none_or(|lower| bound > *lower) {
            self.lower = Some(bound.clone());
        }
        let is_stricter = |upper: &(Decimal, bool)| bound.0 < upper.0 || (bound.0 == upper.0 && strict);
        if is_upper && self.upper.as_ref().is_none_or(is_stricter) {
            self.upper = Some(bound);
        }
    }

    /// Whether no number at all meets them.
    pub(crate) fn exclude_everything(&self) -> bool {
        match (&self.lower, &self.upper) {
            (Some((lower, lower_strict)), Some((upper, upper_strict))) => {
                lower > upper || (lower == upper && (*lower_strict || *upper_strict))
            }
            _ => false,
        }
    }
}

/// Bounds on a length, and-ed: between two neighbours there is none.
struct WholeBounds {
    /// Inclusive.
    least: u64,
    /// Inclusive; below zero if even that is too much.
    most: Option<u64>,
}

impl Default for WholeBounds {
    fn default() -> Self {
        Self { least: 0, most: Some(u64::MAX) }
    }
}

impl WholeBounds {
    fn add(&mut self, comparison: Comparison, length: u64) {
        // The largest stands for all beyond, of which some are larger yet.
        let least = match comparison {
            Comparison::Equal | Comparison::GreaterOrEqual => length,
            Comparison::Greater => length.saturating_add(1),
            Comparison::Less | Comparison::LessOrEqual => 0,
        };
        let most = match comparison {
            _ if length == u64::MAX => Some(u64::MAX),
            Comparison::Equal | Comparison::LessOrEqual => Some(length),
            Comparison::Less => length.checked_sub(1),
            Comparison::Greater | Comparison::GreaterOrEqual => Some(u64::MAX),
        };
        self.least = self.least.max(least);
        self.most = self.most.min(most);
    }

    fn exclude_everything(&self) -> bool {
        self.most.is_none_or(|most| self.least > most)
    }
}

#[cfg(test)]
mod tests {
    use super::{Bounds, WholeBounds, whole};
    use crate::ir::{Comparison, Decimal};

    #[test]
    fn whole_numbers_are_told_from_others() {
        let read = |text| whole(&Decimal::parse(text).unwrap());
        assert_eq!(read("0"), Some(0));
        assert_eq!(read("-0.0"), Some(0));
        assert_eq!(read("5.0"), Some(5));
        assert_eq!(read("12e2"), Some(1_200));
        assert_eq!(read("18446744073709551615"), Some(u64::MAX));
        assert_eq!(read("1e308"), Some(u64::MAX));
        assert_eq!(read("-1"), None);
        assert_eq!(read("0.5"), None);
        assert_eq!(read("1e-308"), None);
    }

    #[test]
    fn contradictions() {
        use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
        for (bounds, dense, whole) in [
            (vec![(Greater, 5), (Less, 5)], true, true),
            (vec![(Greater, 5), (Less, 6)], false, true),
            (vec![(GreaterOrEqual, 5), (LessOrEqual, 5)], false, false),
            (vec![(GreaterOrEqual, 5), (Less, 5)], true, true),
            (vec![(Equal, 5), (Greater, 5)], true, true),
            (vec![(Equal, 5), (Equal, 6)], true, true),
            (vec![(Less, 0)], false, true),
            (vec![(LessOrEqual, 5), (Less, 5), (GreaterOrEqual, 5)], true, true),
            (vec![(Greater, 1), (Greater, 3), (Less, 9)], false, false),
        ] {
            let mut numbers = Bounds::default();
            let mut lengths = WholeBounds::default();
            for (comparison, number) in &bounds {
                numbers.add(*comparison, &Decimal::parse(&number.to_string()).unwrap());
                lengths.add(*comparison, *number);
            }
            assert_eq!((numbers.exclude_everything(), lengths.exclude_everything()), (dense, whole), "{bounds:?}");
        }
    }
}
