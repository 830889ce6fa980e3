//! "Did you mean": the known word nearest to an unknown one.

/// The nearest of `known` that is near enough to be a slip, the first of equals; else the one that other tools call so.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    slip(word, known.clone()).or_else(|| translated(word, known))
}

/// The nearest of `known` that is near enough to be a slip, the first of equals.
pub(crate) fn slip<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(LENGTH_MAX).map(fold).collect();
    let allowed = word.len().checked_div(3).unwrap_or(0).clamp(1, 3);
    let mut best: Option<(usize, &str)> = None;
    for candidate in known.take(CANDIDATES_MAX) {
        let other: Vec<char> = candidate.chars().take(LENGTH_MAX).map(fold).collect();
        if other.len().abs_diff(word.len()) > allowed {
            continue;
        }
        let distance = distance(&word, &other);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// What is called `word` elsewhere, the first that is known here.
fn translated<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (_, ours) = ELSEWHERE.iter().find(|(theirs, _)| *theirs == word)?;
    known.take(CANDIDATES_MAX).find(|known| ours.contains(known))
}

/// `equalsIgnoreCase`, `equals_ignore_case` and `equals-ignore-case` differ in nothing that a suggestion should weigh.
fn fold(c: char) -> char {
    if c == '_' { '-' } else { c.to_ascii_lowercase() }
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other.
fn distance(a: &[char], b: &[char]) -> usize {
    let width = b.len().saturating_add(1);
    let mut before_last: Vec<usize> = vec![0; width];
    let mut last: Vec<usize> = (0..width).collect();
    let mut previous_a = None;
    for (row, ca) in a.iter().enumerate() {
        let mut current = vec![row.saturating_add(1)];
        let mut previous_b = None;
        for (column, cb) in b.iter().enumerate() {
            let at = |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX);
            let next = column.saturating_add(1);
            let mut least = at(&last, column).saturating_add(usize::from(ca != cb));
            least = least.min(at(&last, next).saturating_add(1)).min(at(&current, column).saturating_add(1));
            if previous_a == Some(cb) && previous_b == Some(ca) {
                least = least.min(at(&before_last, column.saturating_sub(1)).saturating_add(1));
            }
            current.push(least);
            previous_b = Some(cb);
        }
        previous_a = Some(ca);
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or(usize::MAX)
}

/// Words of other tools, and what may be meant by them here. No two meanings of a word are known in one place.
const ELSEWHERE: [(&str, &[&str]); 36] = [
    ("name", &["id"]),
    ("effect", &["decision"]),
    ("action", &["decision"]),
    ("then", &["decision"]),
    ("outcome", &["decision"]),
    ("match", &["when", "regex"]),
    ("matches", &["regex"]),
    ("condition", &["when"]),
    ("conditions", &["when"]),
    ("except", &["unless"]),
    ("reason", &["message"]),
    ("severity", &["risk"]),
    ("obligations", &["requirements"]),
    ("policies", &["rules"]),
    ("permit", &["allow"]),
    ("accept", &["allow"]),
    ("forbid", &["deny"]),
    ("block", &["deny"]),
    ("reject", &["deny"]),
    ("ask", &["approval_required"]),
    ("approve", &["approval_required"]),
    ("clarify", &["clarification_required"]),
    (">", &["gt"]),
    (">=", &["gte"]),
    ("<", &["lt"]),
    ("<=", &["lte"]),
    ("=", &["eq"]),
    ("==", &["eq"]),
    ("equals", &["eq"]),
    ("!=", &["anything-but"]),
    ("not", &["anything-but", "$not"]),
    ("greater-than", &["gt"]),
    ("less-than", &["lt"]),
    ("starts-with", &["prefix"]),
    ("ends-with", &["suffix"]),
    ("glob", &["wildcard"]),
];

const LENGTH_MAX: usize = 64;
const CANDIDATES_MAX: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let known = ["decision", "description", "unless", "when"];
        assert_eq!(nearest("desicion", known.into_iter()), Some("decision"));
        assert_eq!(nearest("wehn", known.into_iter()), Some("when"));
        assert_eq!(nearest("Unless", known.into_iter()), Some("unless"));
        assert_eq!(nearest("effects", known.into_iter()), None);
        assert_eq!(nearest("", known.into_iter()), None);
    }

    #[test]
    fn words_of_other_tools_are_translated() {
        let keys = ["id", "when", "decision"];
        assert_eq!(nearest("effect", keys.into_iter()), Some("decision"));
        assert_eq!(nearest("match", keys.into_iter()), Some("when"));
        assert_eq!(nearest("match", ["prefix", "regex"].into_iter()), Some("regex"));
        assert_eq!(nearest("match", ["allow"].into_iter()), None);
        // A slip comes first.
        assert_eq!(nearest("ask", ["as", "approval_required"].into_iter()), Some("as"));
    }
}
