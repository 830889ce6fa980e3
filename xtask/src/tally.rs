//! Counting what test runners report.

use std::fmt;

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Tally {
    /// Adds a line such as `test result: ok. 4 passed; 0 failed; 1 ignored; …` of Cargo, `2 failed, 4 passed in 0.12s` of
    /// pytest, or `ℹ pass 4` of Node; others count nothing.
    pub(crate) fn see(&mut self, line: &str) {
        if let Some(count) = line.strip_prefix("\u{2139} ") {
            match count.split_once(' ') {
                Some(("pass", number)) => self.passed = self.passed.saturating_add(number.parse().unwrap_or(0)),
                Some(("fail", number)) => self.failed = self.failed.saturating_add(number.parse().unwrap_or(0)),
                _ => {}
            }
            return;
        }
        let of_cargo = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "));
        let of_pytest = line.trim_matches(['=', ' ']).rsplit_once(" in ").filter(|(_, time)| time.contains("s"));
        let Some((_, counts)) = of_cargo.or(of_pytest.map(|(counts, time)| (time, counts))) else { return };
        let counts = counts.replace(", ", ";");
        for count in counts.split(';') {
            let mut words = count.split_whitespace();
            let (Some(number), Some(word)) = (words.next().and_then(|number| number.parse::<u64>().ok()), words.next()) else { continue };
            let place = match word {
                "passed" => &mut self.passed,
                "failed" => &mut self.failed,
                "ignored" => &mut self.ignored,
                _ => continue,
            };
            *place = place.saturating_add(number);
        }
    }

    /// A run that found no test has not tested anything.
    pub(crate) fn is_good(&self) -> bool {
        self.passed > 0 && self.failed == 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.ignored > 0 { write!(f, ", {} ignored", self.ignored) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn lines_of_cargo_are_added_up() {
        let mut tally = Tally::default();
        tally.see("test result: ok. 4 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.03s");
        tally.see("test result: FAILED. 9 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.27s");
        tally.see("test says_4_passed ... ok");
        assert_eq!(tally.to_string(), "13 passed, 2 failed, 1 ignored");
        assert!(!tally.is_good() && !Tally::default().is_good());
    }

    #[test]
    fn lines_of_other_runners_are_added_up() {
        let mut tally = Tally::default();
        tally.see("2278 passed in 96.70s (0:01:36)");
        tally.see("\u{2139} tests 12");
        tally.see("\u{2139} pass 11");
        tally.see("\u{2139} fail 1");
        tally.see("1 failed, 3 passed in 0.12s");
        tally.see("all vectors in 3 files");
        assert_eq!(tally.to_string(), "2292 passed, 2 failed");
    }
}
