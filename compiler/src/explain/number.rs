//! Numbers of policies as people write them, and those right beside them.

use crate::ir::Decimal;

/// The number without an exponent, unless it would be long.
pub(super) fn plain(number: &Decimal) -> String {
    let text = number.to_string();
    let Some((sign, digits, exponent)) = parts(&text) else { return text };
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let point = count.saturating_add(exponent);
    if !(-LENGTH_MAX..=LENGTH_MAX).contains(&point) || !(-LENGTH_MAX..=LENGTH_MAX).contains(&exponent) {
        return text;
    }
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    if exponent >= 0 {
        return format!("{sign}{digits}{}", zeros(exponent));
    }
    match usize::try_from(point).ok().filter(|point| *point > 0).and_then(|point| digits.split_at_checked(point)) {
        Some((whole, fraction)) => format!("{sign}{whole}.{fraction}"),
        None => format!("{sign}0.{}{digits}", zeros(point.saturating_neg())),
    }
}

/// Numbers a little above, or below, the nearest round one first: one off in the last digit written, then by much less.
pub(super) fn beside(number: &Decimal, above: bool) -> Vec<String> {
    let text = plain(number);
    let scale = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let finer = format!("{text}{}0", if scale == 0 { "." } else { "" });
    [shifted(&text, scale, above), shifted(&finer, scale.saturating_add(1), above)].into_iter().flatten().collect()
}

/// One more or less in the last of `scale` decimal places.
fn shifted(text: &str, scale: usize, above: bool) -> Option<String> {
    let units: i128 = text.replace('.', "").parse().ok()?;
    let units = if above { units.checked_add(1) } else { units.checked_sub(1) }?;
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale.saturating_add(1));
    let (whole, fraction) = digits.split_at_checked(digits.len().checked_sub(scale)?)?;
    Some(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

/// Sign, digits and exponent of the canonical spelling; none of zero.
fn parts(canonical: &str) -> Option<(&str, &str, i32)> {
    let (mantissa, exponent) = canonical.split_once('e')?;
    let (sign, digits) = mantissa.strip_prefix('-').map_or(("", mantissa), |digits| ("-", digits));
    Some((sign, digits, exponent.parse().ok()?))
}

/// Digits before or after the point that are still easy to read.
const LENGTH_MAX: i32 = 24;

#[cfg(test)]
mod tests {
    use super::{beside, plain};
    use crate::ir::Decimal;

    #[test]
    fn numbers_read_as_they_are_written() {
        for text in ["0", "5", "-5", "1500", "0.1", "-0.05", "12.75", "9007199254740993", "100000000000000000000000"] {
            assert_eq!(plain(&Decimal::parse(text).unwrap()), text);
        }
        assert_eq!(plain(&Decimal::parse("1e300").unwrap()), "1e300");
        assert_eq!(plain(&Decimal::parse("1.50").unwrap()), "1.5");
        assert_eq!(plain(&Decimal::parse("1e-30").unwrap()), "1e-30");
    }

    #[test]
    fn neighbours_are_beside() {
        for (text, above, expected) in [
            ("1000", true, ["1001", "1000.1"]),
            ("1000", false, ["999", "999.9"]),
            ("0", false, ["-1", "-0.1"]),
            ("-1", true, ["0", "-0.9"]),
            ("0.05", true, ["0.06", "0.051"]),
            ("1.5", false, ["1.4", "1.49"]),
        ] {
            let number = Decimal::parse(text).unwrap();
            let found = beside(&number, above);
            assert_eq!(found, expected);
            for neighbour in found {
                assert_eq!(Decimal::parse(&neighbour).unwrap() > number, above, "{neighbour} {text}");
            }
        }
        assert!(beside(&Decimal::parse("1e300").unwrap(), true).is_empty());
    }
}
