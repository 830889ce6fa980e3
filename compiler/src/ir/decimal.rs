//! Exact decimal numbers of policies.
//!
//! The runtime has its own number code on purpose: this one serves the checker, the artifact writer and the reference
//! interpreter, so that a mistake in either shows as a difference.

use std::cmp::Ordering;
use std::fmt;

/// Most significant digits a representable number has, zeros stripped.
pub const DIGITS_MAX: usize = 64;
/// Largest magnitude of the decimal exponent of a representable number's first digit.
pub const EXPONENT_MAX: i32 = 308;

/// A representable number: exactly the decimal value written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    negative: bool,
    /// Significant digits as ASCII, neither leading nor trailing zeros; empty for zero.
    digits: String,
    /// Decimal exponent of the first digit; 0 for zero.
    exponent: i32,
}

impl Decimal {
    /// Reads JSON number syntax. `None` if the text is no JSON number or the number is not representable.
    ///
    /// # Examples
    /// ```
    /// use toolgate_compiler::ir::Decimal;
    /// assert_eq!(Decimal::parse("5.0"), Decimal::parse("50e-1"));
    /// assert_ne!(Decimal::parse("9007199254740993"), Decimal::parse("9007199254740992"));
    /// assert_eq!(Decimal::parse("1e309"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent_text) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (rest, None),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return None,
            None => (mantissa, ""),
        };
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || (whole.len() > 1 && whole.starts_with('0')) {
            return None;
        }
        let written = match exponent_text {
            None => 0,
            Some(text) => {
                let (sign, digits) = match text.strip_prefix('-') {
                    Some(digits) => (-1_i64, digits),
                    None => (1, text.strip_prefix('+').unwrap_or(text)),
                };
                if digits.is_empty() || !all_digits(digits) {
                    return None;
                }
                // An exponent past 18 digits is out of range whatever the mantissa, unless the mantissa is zero; no
                // text is long enough to bring it back.
                let digits = digits.trim_start_matches('0');
                let magnitude = if digits.len() > 18 { i64::MAX / 4 } else { digits.parse().unwrap_or(0) };
                sign.checked_mul(magnitude)?
            }
        };
        let joined = format!("{whole}{fraction}");
        let leading = joined.len().checked_sub(joined.trim_start_matches('0').len())?;
        let digits = joined.trim_matches('0');
        if digits.is_empty() {
            return Some(Self { negative: false, digits: String::new(), exponent: 0 });
        }
        let first = i64::try_from(whole.len()).ok()?.checked_sub(1)?.checked_sub(i64::try_from(leading).ok()?)?;
        let exponent = i32::try_from(first.checked_add(written)?).ok()?;
        if digits.len() > DIGITS_MAX || exponent.checked_abs()? > EXPONENT_MAX {
            return None;
        }
        Some(Self { negative, digits: digits.to_owned(), exponent })
    }

    /// The number if it is whole, not negative and has few digits.
    pub(crate) fn to_u64(&self) -> Option<u64> {
        if self.negative {
            return None;
        }
        let digits = u32::try_from(self.digits.len()).ok()?;
        let zeros = u32::try_from(self.exponent).ok()?.checked_add(1)?.checked_sub(digits.max(1))?;
        let value = self.digits.bytes().try_fold(0_u64, |value, digit| value.checked_mul(10)?.checked_add(u64::from(digit & 0xf)));
        value?.checked_mul(10_u64.checked_pow(zeros)?)
    }
}

impl fmt::Display for Decimal {
    /// The canonical spelling, itself JSON: `0`, `-15e-1`, `9007199254740993e0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.digits.is_empty() {
            return f.write_str("0");
        }
        let sign = if self.negative { "-" } else { "" };
        let length = i32::try_from(self.digits.len()).map_err(|_| fmt::Error)?;
        let exponent = self.exponent.saturating_sub(length).saturating_add(1);
        write!(f, "{sign}{}e{exponent}", self.digits)
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |d: &Self| match (d.digits.is_empty(), d.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        sign(self).cmp(&sign(other)).then_with(|| {
            let magnitude = self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits));
            if self.negative { magnitude.reverse() } else { magnitude }
        })
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    #[test]
    fn spellings_of_one_number_are_equal() {
        for (a, b) in [("5", "5.0"), ("5", "5e0"), ("-0", "0"), ("0.1", "1E-1"), ("1200", "12e+2"), ("0e999999999999999999999", "0")] {
            assert_eq!(Decimal::parse(a), Decimal::parse(b), "{a} {b}");
            assert!(Decimal::parse(a).is_some(), "{a}");
        }
    }

    #[test]
    fn order_is_exact() {
        let sorted =
            ["-1e308", "-10", "-9.5", "-9", "-1e-308", "0", "1e-308", "0.1", "0.11", "9", "10", "9007199254740992", "9007199254740993"];
        for pair in sorted.windows(2) {
            assert!(Decimal::parse(pair[0]) < Decimal::parse(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn whole_numbers_are_known() {
        for (text, whole) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("7", Some(7)),
            ("1200", Some(1200)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("1e19", Some(10_000_000_000_000_000_000)),
            ("1e20", None),
            ("1e308", None),
            ("0.5", None),
            ("12.5", None),
            ("-3", None),
        ] {
            assert_eq!(Decimal::parse(text).unwrap().to_u64(), whole, "{text}");
        }
    }

    #[test]
    fn limits_hold() {
        assert!(Decimal::parse(&"9".repeat(64)).is_some());
        assert!(Decimal::parse(&"9".repeat(65)).is_none());
        assert!(Decimal::parse(&format!("1{}", "0".repeat(308))).is_some());
        assert!(Decimal::parse("1e309").is_none());
        assert!(Decimal::parse("1e-308").is_some());
        assert!(Decimal::parse("1e-309").is_none());
        for bad in ["", "-", "01", "1.", ".5", "+1", "1e", "1e+", "0x1", "1_0"] {
            assert!(Decimal::parse(bad).is_none(), "{bad}");
        }
        let canonical = Decimal::parse("-1.50").unwrap().to_string();
        assert_eq!(canonical, "-15e-1");
        assert_eq!(Decimal::parse(&canonical), Decimal::parse("-1.5"));
    }
}
