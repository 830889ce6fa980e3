//! Where and when figures were measured.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// The processor as the system names it.
#[must_use]
pub fn processor() -> String {
    let listed = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = listed.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1).map(str::to_owned));
    model.or_else(|| output("sysctl", &["-n", "machdep.cpu.brand_string"])).unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

/// The first line that a program prints, if it runs.
#[must_use]
pub fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
    let line = String::from_utf8(output.stdout).ok()?.lines().next()?.trim().to_owned();
    Some(line).filter(|line| !line.is_empty())
}

/// Today as `2026-11-21`, UTC.
#[must_use]
pub fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    date_of((seconds / 86_400) as i64)
}

/// The file that today's figures of this machine belong in; `extension` is without its dot.
#[must_use]
pub fn record(directory: &Path, extension: &str) -> PathBuf {
    let mut name = String::new();
    for word in processor().to_lowercase().split(|c: char| !c.is_ascii_alphanumeric()) {
        // What every name has, and says nothing.
        if !["", "r", "tm", "cpu", "processor"].contains(&word) {
            name = format!("{name}-{word}");
        }
    }
    directory.join(format!("{}{name}.{extension}", today()))
}

/// The date of a day after 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn date_of(days: i64) -> String {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::date_of;

    #[test]
    fn days_are_dates() {
        for (days, date) in [(0, "1970-01-01"), (19_782, "2024-02-29"), (19_783, "2024-03-01"), (20_818, "2026-12-31")] {
            assert_eq!(date_of(days), date);
        }
    }
}
