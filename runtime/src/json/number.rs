//! Exact decimals as keys that order as the numbers do.

use core::cmp::Ordering;

use super::{
    hash::last_block,
    scan::{self, point, value, word},
};

/// A number of the law: the exact decimal written, as a key whose derived order is numeric order.
///
/// `5`, `5.0` and `5e0` are one key, `-0` is `0`, and nothing is rounded.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number {
    /// 0 for zero, else the decimal exponent of the first digit plus [`BIAS`], negated for negative numbers.
    head: i32,
    /// Up to 64 significant digits, 16 in each limb, the first digit leftmost; complemented for negative numbers, so
    /// that of two with one head the larger magnitude is the smaller key.
    limbs: [u64; 4],
}

impl Number {
    /// Zero, however written.
    pub const ZERO: Self = Self { head: 0, limbs: [0; 4] };

    /// The number that `text`, a number in JSON's grammar, writes; `None` if it is not representable: more than 64
    /// significant digits, or a first digit with an exponent outside −308 … 308. Zero always is representable.
    ///
    /// Linear in the text, however long its digits or its exponent. Text that is no JSON number gives `None` or some
    /// number, and never panics.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (negative, unsigned) = match text.split_first() {
            Some((b'-', rest)) => (true, rest),
            _ => (false, text),
        };
        let magnitude = match Self::parse_short(unsigned) {
            Some(magnitude) => magnitude,
            None => Self::parse_long(unsigned)?,
        };
        Some(if negative { magnitude.negated() } else { magnitude })
    }

    /// The whole number `value`, for lengths.
    #[must_use]
    pub fn from_u64(value: u64) -> Self {
        let Some(exponent) = value.checked_ilog10() else { return Self::ZERO };
        // INVARIANT: a u64 has at most 20 digits, so at most 4 of them fall into the second limb.
        let spill = exponent.saturating_sub(15);
        let split = pow10(spill);
        let first = value.checked_div(split).unwrap_or(0).wrapping_mul(pow10(15u32.saturating_sub(exponent)));
        let second = value.checked_rem(split).unwrap_or(0).wrapping_mul(pow10(16u32.saturating_sub(spill)));
        Self { head: (exponent as i32).wrapping_add(BIAS), limbs: [first, second, 0, 0] }
    }

    /// The key as words for an artifact: the head, then each limb, high half first.
    #[must_use]
    pub const fn to_words(self) -> [u32; 9] {
        let [a, b, c, d] = self.limbs;
        [self.head as u32, (a >> 32) as u32, a as u32, (b >> 32) as u32, b as u32, (c >> 32) as u32, c as u32, (d >> 32) as u32, d as u32]
    }

    /// The inverse of [`Number::to_words`]; `None` unless the words are the key of a number.
    #[must_use]
    pub fn from_words(words: [u32; 9]) -> Option<Self> {
        let [head, a1, a0, b1, b0, c1, c0, d1, d0] = words;
        let join = |high: u32, low: u32| (u64::from(high) << 32) | u64::from(low);
        let number = Self { head: head as i32, limbs: [join(a1, a0), join(b1, b0), join(c1, c0), join(d1, d0)] };
        let digits = if number.head < 0 { number.limbs.map(|limb| !limb) } else { number.limbs };
        let [first, ..] = digits;
        let exponents = EXPONENT_MIN.wrapping_add(BIAS).unsigned_abs()..=EXPONENT_MAX.wrapping_add(BIAS).unsigned_abs();
        let sound = if number.head == 0 {
            digits == [0; 4]
        } else {
            exponents.contains(&number.head.unsigned_abs()) && first >= pow10(15) && digits.iter().all(|limb| *limb < pow10(16))
        };
        sound.then_some(number)
    }

    /// The key of a number of at most 16 digits in few words, for an artifact: the head, then the first limb, high half first.
    #[must_use]
    pub fn to_bound(self) -> Option<[u32; 3]> {
        let [head, high, low, ..] = self.to_words();
        (Self::from_bound([head, high, low]) == Some(self)).then_some([head, high, low])
    }

    /// The inverse of [`Number::to_bound`]; `None` unless the words are the key of a number.
    #[must_use]
    pub fn from_bound([head, high, low]: [u32; 3]) -> Option<Self> {
        let rest = filler(head as i32) as u32;
        Self::from_words([head, high, low, rest, rest, rest, rest, rest, rest])
    }

    /// Compares with a number of at most 16 digits, given as [`Number::to_bound`].
    #[inline]
    pub(crate) fn cmp_bound(&self, [head, high, low]: [u32; 3]) -> Ordering {
        let head = head as i32;
        let [first, rest @ ..] = &self.limbs;
        (self.head.cmp(&head))
            .then_with(|| first.cmp(&((u64::from(high) << 32) | u64::from(low))))
            .then_with(|| rest.cmp(&[filler(head); 3]))
    }

    /// What it is compared with a bound by, and how what is left of it compares with what is left of a bound.
    #[cfg(not(target_family = "wasm"))]
    #[inline]
    pub(crate) fn as_bound(&self) -> ((i32, u64), Ordering) {
        let [first, rest @ ..] = &self.limbs;
        ((self.head, *first), rest.cmp(&[filler(self.head); 3]))
    }

    /// At most 16 digits without an exponent: one multiplication aligns them. `None`: not so short.
    #[inline]
    fn parse_short(text: &[u8]) -> Option<Self> {
        if text.is_empty() || text.len() > 17 {
            return None;
        }
        // One way is enough for a module that has to be small.
        if text.len() <= 8 && !cfg!(target_arch = "wasm32") {
            return Self::of_word(last_block(text).0, text.len());
        }
        let (mut digits, mut significant, mut fraction, mut point) = (0u64, 0u32, 0i32, false);
        for byte in text {
            match byte {
                b'0'..=b'9' => {
                    // INVARIANT: at most 17 digits, so below 10^17.
                    digits = digits.wrapping_mul(10).wrapping_add(u64::from(byte & 15));
                    significant = significant.wrapping_add(u32::from(digits != 0));
                    fraction = fraction.wrapping_add(i32::from(point));
                }
                b'.' if !point => point = true,
                _ => return None,
            }
        }
        if digits == 0 {
            return Some(Self::ZERO);
        }
        let shift = 16u32.checked_sub(significant)?;
        let exponent = (significant as i32).wrapping_sub(1).wrapping_sub(fraction);
        Some(Self { head: exponent.wrapping_add(BIAS), limbs: [digits.wrapping_mul(pow10(shift)), 0, 0, 0] })
    }

    /// As [`Number::parse`] of `text[start..end]`; sooner if that is short and `text` goes on behind it.
    #[cfg_attr(not(target_family = "wasm"), inline(always))]
    pub(crate) fn parse_within(text: &[u8], start: usize, end: usize) -> Option<Self> {
        let len = end.wrapping_sub(start);
        if cfg!(not(target_family = "wasm"))
            && let Some(word) = word(text, start)
            && (1..=8).contains(&len)
            && let Some(number) = Self::of_word(word & u64::MAX.unbounded_shr(64_u32.wrapping_sub((len as u32).wrapping_mul(8))), len)
        {
            return Some(number);
        }
        Self::parse(text.get(start..end).unwrap_or_default())
    }

    /// At most eight digits and a point, zeros behind them: all of them at once. `None`: something else is there.
    #[inline(always)]
    fn of_word(word: u64, len: usize) -> Option<Self> {
        // No branch on the point: whether there is one cannot be foretold.
        let whole = point(word);
        // What is behind the point moves to where it is.
        let before = 1_u64.unbounded_shl((whole as u32).wrapping_mul(8)).wrapping_sub(1);
        let digits = (word & before) | ((word >> 8) & !before);
        let count = len.wrapping_sub(usize::from(whole < 8));
        let fraction = count.saturating_sub(whole);
        if scan::digits(digits) != count || count == 0 {
            return None;
        }
        let (value, zeros) = value(digits, count);
        if value == 0 {
            return Some(Self::ZERO);
        }
        let significant = count.wrapping_sub(zeros) as u32;
        let exponent = (significant as i32).wrapping_sub(1).wrapping_sub(fraction as i32);
        let first = value.wrapping_mul(pow10(16_u32.wrapping_sub(significant)));
        Some(Self { head: exponent.wrapping_add(BIAS), limbs: [first, 0, 0, 0] })
    }

    /// Any spelling.
    fn parse_long(text: &[u8]) -> Option<Self> {
        let mantissa_len = text.iter().position(|byte| matches!(byte, b'e' | b'E')).unwrap_or(text.len());
        let (mantissa, exponent) = text.split_at_checked(mantissa_len)?;
        let mut limbs = [0u64; 4];
        // Digits read before the point; digits read before the first that is not zero.
        let (mut whole, mut point) = (0i64, false);
        let (mut zeros, mut significant) = (0i64, 0usize);
        for byte in mantissa {
            let digit = match byte {
                b'0'..=b'9' => u64::from(byte & 15),
                b'.' if !point => {
                    point = true;
                    continue;
                }
                _ => return None,
            };
            whole = whole.wrapping_add(i64::from(!point));
            if digit == 0 && significant == 0 {
                zeros = zeros.wrapping_add(1);
                continue;
            }
            if digit != 0 {
                let limb = limbs.get_mut(significant >> 4)?;
                let place = 15u32.wrapping_sub((significant & 15) as u32);
                *limb = limb.wrapping_add(digit.wrapping_mul(pow10(place)));
            }
            significant = significant.wrapping_add(1);
        }
        if significant == 0 {
            return if mantissa.is_empty() { None } else { Some(Self::ZERO) };
        }
        let first = whole.wrapping_sub(1).wrapping_sub(zeros).saturating_add(parse_exponent(exponent)?);
        let first = i32::try_from(first).ok()?;
        let representable = (EXPONENT_MIN..=EXPONENT_MAX).contains(&first);
        representable.then_some(Self { head: first.wrapping_add(BIAS), limbs })
    }

    fn negated(self) -> Self {
        // INVARIANT: heads lie between −618 and 618.
        if self.head == 0 { self } else { Self { head: self.head.wrapping_neg(), limbs: self.limbs.map(|limb| !limb) } }
    }
}

/// What the limbs without a digit hold.
#[inline]
fn filler(head: i32) -> u64 {
    if head < 0 { u64::MAX } else { 0 }
}

/// The value of `e…`, or of no exponent at all; saturates far outside what any text of digits could bring back.
fn parse_exponent(text: &[u8]) -> Option<i64> {
    let Some((_, rest)) = text.split_first() else { return Some(0) };
    let (negative, digits) = match rest.split_first() {
        Some((b'-', digits)) => (true, digits),
        Some((b'+', digits)) => (false, digits),
        _ => (false, rest),
    };
    let mut value = 0i64;
    for byte in digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value.saturating_mul(10).saturating_add(i64::from(byte & 15));
    }
    Some(if negative { value.saturating_neg() } else { value })
}

/// 10 to the `power`, for powers up to 16; 0 beyond, which no caller asks for.
#[inline]
fn pow10(power: u32) -> u64 {
    POWERS.get(power as usize).copied().unwrap_or(0)
}

const POWERS: [u64; 17] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
    10_000_000_000,
    100_000_000_000,
    1_000_000_000_000,
    10_000_000_000_000,
    100_000_000_000_000,
    1_000_000_000_000_000,
    10_000_000_000_000_000,
];

/// Makes every exponent positive, so that the head's sign is the number's.
const BIAS: i32 = 310;
const EXPONENT_MIN: i32 = -308;
const EXPONENT_MAX: i32 = 308;

#[cfg(test)]
mod tests {
    use alloc::{format, string::String, vec::Vec};

    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text} is representable"))
    }

    #[test]
    fn spellings_of_one_number_are_one_key() {
        let long_five = format!("5.{}", "0".repeat(10_000));
        let tiny_five = format!("0.{}5e+10001", "0".repeat(10_000));
        let big_five = format!("5{}E-10000", "0".repeat(10_000));
        let same: [&[&str]; 8] = [
            &["5", "5.0", "5e0", "50e-1", "0.5e1", "5E+000", "0.0005e4", &long_five, &tiny_five, &big_five],
            &["0", "-0", "0.0", "0e999999999999999999999", "-0.000e-99999999999999999999999", "0.00000000000000000000000"],
            &["-5", "-5.000000000000000000000", "-0.5e1"],
            &["0.1", "1e-1", "0.10", "100e-3", "0.1000000000000000000000"],
            &["1e308", "10e307", "0.1e309", "1000000000e299"],
            &["1e-308", "0.1e-307", "10e-309"],
            &["1234567890123456", "1234567890123456.0", "1.234567890123456e15", "0.1234567890123456e16"],
            &["12345678901234567", "12345678901234567.0", "1.2345678901234567e16", "1.2345678901234567E+16"],
        ];
        for group in same {
            for text in group {
                assert_eq!(number(text), number(group[0]), "{text}");
            }
        }
    }

    /// Up to eight bytes are read in another way than more of them.
    #[test]
    fn short_spellings_are_those_of_long_ones() {
        let mut texts: Vec<String> = (0..12_000).map(|value| format!("{value}")).collect();
        texts.extend((0..9).flat_map(|point| (0..9).map(move |digit| (point, digit))).flat_map(|(point, digit)| {
            ["0000000", "1000000", "0000001", "9999999", "0100100", "1234567"].map(|digits| {
                let mut text = format!("{digits}{digit}");
                text.insert(point.min(text.len()), '.');
                text
            })
        }));
        let cut: Vec<String> = texts.iter().flat_map(|text| (1..=text.len()).map(|len| String::from(&text[..len]))).collect();
        for text in cut.iter().filter(|text| text.bytes().any(|byte| byte != b'.')) {
            assert_eq!(Number::parse(text.as_bytes()), Number::parse_long(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn bounds_are_numbers_of_few_digits() {
        let texts =
            ["0", "5", "-5", "1e308", "-1e-308", "9999999999999999", "-1234567890123456", "12345678901234567", "-10000000000000000.5"];
        for text in texts {
            let Some(bound) = number(text).to_bound() else {
                assert!(text.len() > 16, "{text}");
                continue;
            };
            assert_eq!(Number::from_bound(bound), Some(number(text)));
            for other in texts {
                assert_eq!(number(other).cmp_bound(bound), number(other).cmp(&number(text)), "{other} {text}");
            }
        }
        assert_eq!(Number::from_bound([1, 0, 0]), None);
    }

    #[test]
    fn keys_order_as_the_numbers_do() {
        let digits = |digit: &str| digit.repeat(64);
        let ascending = [
            format!("-{}e245", digits("9")),
            "-9.99e307".into(),
            "-1e300".into(),
            "-12345678901234567891".into(),
            "-12345678901234567890".into(),
            "-9007199254740993".into(),
            "-9007199254740992".into(),
            "-11".into(),
            "-10".into(),
            "-9.5".into(),
            "-1.00000000000000000000000000000000001".into(),
            "-1".into(),
            "-0.9".into(),
            "-0.01".into(),
            "-1e-308".into(),
            "0".into(),
            "1e-308".into(),
            "1.1e-308".into(),
            "0.0001".into(),
            "0.09999999999999999999999".into(),
            "0.1".into(),
            "0.1000000000000000000000000000000000000000000000000000000000000001".into(),
            "0.9".into(),
            "1".into(),
            "1.5".into(),
            "2".into(),
            "9".into(),
            "10".into(),
            "10.000000000000000000001".into(),
            "99".into(),
            "9007199254740992".into(),
            "9007199254740993".into(),
            "9999999999999999".into(),
            "10000000000000000".into(),
            "10000000000000001".into(),
            "18446744073709551615".into(),
            digits("8"),
            digits("9"),
            "1e64".into(),
            "9e307".into(),
            "1e308".into(),
            String::from("9.999e308"),
        ];
        let keys: Vec<Number> = ascending.iter().map(|text| number(text)).collect();
        for (low, pair) in keys.windows(2).enumerate() {
            assert!(pair[0] < pair[1], "{} < {}", ascending[low], ascending[low + 1]);
        }
    }

    #[test]
    fn limits_are_exact() {
        let digits = |count: usize| "7".repeat(count);
        let spread = |zeros: usize| format!("1{}1", "0".repeat(zeros));
        let padded = |count: usize| format!("000{}000", "7".repeat(count));
        let representable = [
            digits(64),
            format!("{}{}", digits(64), "0".repeat(200)),
            format!("0.{}{}", "0".repeat(300), "7".repeat(64)),
            spread(62),
            format!("{}.{}", digits(32), digits(32)),
            padded(64)[3..].into(),
            "9e308".into(),
            "0.9e309".into(),
            "1e-308".into(),
            format!("1{}e-10000", "0".repeat(10_000)),
            format!("1{}e-9692", "0".repeat(10_000)),
            format!("0.{}1e9693", "0".repeat(10_000)),
        ];
        for text in representable {
            assert!(Number::parse(text.as_bytes()).is_some(), "{text}");
            assert!(Number::parse(format!("-{text}").as_bytes()).is_some(), "-{text}");
        }
        let beyond = [
            digits(65),
            spread(63),
            format!("{}.{}", digits(33), digits(32)),
            "1e309".into(),
            "10e308".into(),
            "9e-309".into(),
            "0.1e-308".into(),
            "1e99999999999999999999999999999".into(),
            "1e-99999999999999999999999999999".into(),
            "1e2147483648".into(),
            "1e-2147483958".into(),
            "1e9223372036854775807".into(),
            "1e18446744073709551616".into(),
            format!("1{}e-9691", "0".repeat(10_000)),
            "7".repeat(10_000),
        ];
        for text in beyond {
            assert_eq!(Number::parse(text.as_bytes()), None, "{text}");
            assert_eq!(Number::parse(format!("-{text}").as_bytes()), None, "-{text}");
        }
    }

    #[test]
    fn lengths_are_numbers() {
        let values = [0, 1, 9, 10, 4_096, 1_048_576, 9_999_999_999_999_999, 10_000_000_000_000_000, 10_000_000_000_000_001, u64::MAX];
        for value in values {
            assert_eq!(Number::from_u64(value), number(&format!("{value}")), "{value}");
        }
    }

    #[test]
    fn words_carry_numbers_and_nothing_else() {
        let long = format!("-1.{}", "3".repeat(63));
        for text in ["0", "1", "-1", "1e308", "-9.9e308", "1e-308", "-1e-308", "123456789012345678901234567890", &long] {
            assert_eq!(Number::from_words(number(text).to_words()), Some(number(text)), "{text}");
        }
        let one = number("1").to_words();
        let minus = number("-1").to_words();
        let change = |mut words: [u32; 9], at: usize, word: u32| {
            words[at] = word;
            Number::from_words(words)
        };
        assert_eq!(change(one, 0, 0), None, "zero without digits only");
        assert_eq!(change(Number::ZERO.to_words(), 0, 310), None, "a first digit that is zero");
        assert_eq!(change(one, 0, 1), None, "an exponent of -309");
        assert_eq!(change(one, 0, 619), None, "an exponent of 309");
        assert_eq!(change(minus, 0, (-619i32) as u32), None);
        assert_eq!(change(minus, 0, i32::MIN as u32), None);
        assert_eq!(change(one, 3, u32::MAX), None, "more than 16 digits in a limb");
        assert_eq!(change(one, 1, 0), None);
        assert_eq!(change(minus, 7, 0), None, "the complement of too many digits");
        assert!(change(one, 0, 618).is_some_and(|number| number == self::number("1e308")));
    }

    #[test]
    fn other_text_is_harmless() {
        for text in ["", "-", "+1", "1e", "e5", "1.2.3", "abc", "1x", "--1", ".", "e", "-e", "1ee5", "1e+-5", "123456789012345678x"] {
            _ = Number::parse(text.as_bytes());
        }
    }
}
