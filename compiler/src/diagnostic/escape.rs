//! Showing text that somebody else wrote: on one line, with nothing that moves the cursor or reorders what is read.

use std::fmt::Write;

/// `text` with control, invisible and bidirectional characters written as `\u{…}`, so that it stays on its line and reads
/// as it stands.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        push(&mut shown, c);
    }
    shown
}

/// `text` in backticks, escaped, and clipped if long.
#[must_use]
pub fn quote(text: &str) -> String {
    format!("`{}`", clip(text))
}

/// `text`, escaped, and clipped if long.
pub(crate) fn clip(text: &str) -> String {
    let mut shown = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == QUOTED_MAX {
            shown.push('…');
            break;
        }
        push(&mut shown, c);
    }
    shown
}

/// Appends `c` as it is to be shown.
pub(crate) fn push(shown: &mut String, c: char) {
    match c {
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        _ if is_hidden(c) => {
            // Writing to a string cannot fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
        }
        _ => shown.push(c),
    }
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0xAD | 0x61C | 0x180E | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0xFE00..=0xFE0F | 0xFEFF
            | 0xFFF9..=0xFFFB | 0xE0000..=0xE0FFF)
}

const QUOTED_MAX: usize = 60;

#[cfg(test)]
mod tests {
    use super::{escape, quote};

    #[test]
    fn nothing_hidden_gets_through() {
        assert_eq!(escape("a\u{1b}[2J\u{202e}b\n"), "a\\u{1b}[2J\\u{202e}b\\n");
        assert_eq!(quote("plain é"), "`plain é`");
        assert_eq!(quote(&"x".repeat(100)).chars().count(), 63);
    }
}
