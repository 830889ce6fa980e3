//! Operand of `regex`: the law's dialect on top of regex-syntax.
//!
//! The pattern is parsed alone, its tree is changed where the dialect differs, and only then is it translated. Nothing is
//! ever glued to its text, so that `a)|(?:b` is an error and not a way out of the anchors.

use regex_syntax::ast::{self, Ast, ClassAsciiKind, ClassPerlKind, ClassSet, ClassSetItem, Flag, FlagsItemKind, GroupKind};
use regex_syntax::hir::translate::{Translator, TranslatorBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::diagnostic::{Report, quote};
use crate::ir::Regex;
use crate::limits::{REGEX_CHARACTERS_MAX, REGEX_NESTING_MAX, REGEX_RANGES_TOTAL_MAX};
use crate::tree::Node;
use crate::tree::span::Range;

/// Reads a regular expression; `ranges` is what the classes of all of them have used up.
pub(crate) fn read(node: &Node<'_>, ranges: &mut usize, report: &mut Report<'_>) -> Option<Regex> {
    pattern(super::text("regex", node, report)?, node.range, ranges, report)
}

/// Reads the regular expression that is written at `at`.
pub(crate) fn pattern(text: &str, at: Range, ranges: &mut usize, report: &mut Report<'_>) -> Option<Regex> {
    if text.chars().count() > REGEX_CHARACTERS_MAX {
        let message = format!("a regular expression has more than {REGEX_CHARACTERS_MAX} characters");
        report.error("limit/pattern-states", at, message);
        return None;
    }
    if *ranges > REGEX_RANGES_TOTAL_MAX {
        return None;
    }
    match parse(text) {
        Ok(hir) => {
            *ranges = ranges.saturating_add(count_ranges(&hir));
            if *ranges > REGEX_RANGES_TOTAL_MAX {
                let message = format!("the classes of all regular expressions have more than {REGEX_RANGES_TOTAL_MAX} ranges");
                report.error("limit/pattern-states-total", at, message);
                return None;
            }
            Some(Regex { source: text.to_owned(), hir })
        }
        Err(fault) => {
            let message = format!("{} is no regular expression: {fault}", quote(text));
            report.error("operand/regex", at, message);
            None
        }
    }
}

/// Parses a pattern of the dialect, not anchored.
fn parse(text: &str) -> Result<Hir, String> {
    let mut ast = ast::parse::ParserBuilder::new().nest_limit(REGEX_NESTING_MAX).build().parse(text).map_err(|error| {
        // The kind alone: the error itself is a drawing of several lines.
        error.kind().to_string()
    })?;
    let mut dialect = Dialect { text, ignore_case: false };
    dialect.rewrite(&mut ast)?;
    translator(false).translate(text, &ast).map_err(|error| error.kind().to_string())
}

/// Everything else is as the law has it by default: Unicode, greedy, `^` and `$` at the ends of the value.
fn translator(ignore_case: bool) -> Translator {
    TranslatorBuilder::new().utf8(true).unicode(true).dot_matches_new_line(true).case_insensitive(ignore_case).build()
}

/// Changes a tree to what the dialect means by it: `\d \w \s \b` are ASCII, whatever the flags.
///
/// Recursion is as deep as the parser let the tree be.
struct Dialect<'t> {
    text: &'t str,
    /// Flag `i` where the walk is.
    ignore_case: bool,
}

impl Dialect<'_> {
    fn rewrite(&mut self, ast: &mut Ast) -> Result<(), String> {
        match ast {
            Ast::Flags(set) => self.flags(&set.flags)?,
            Ast::Group(group) => {
                let outside = self.ignore_case;
                if let GroupKind::NonCapturing(flags) = &group.kind {
                    self.flags(flags)?;
                }
                self.rewrite(&mut group.ast)?;
                self.ignore_case = outside;
            }
            Ast::Repetition(repetition) => self.rewrite(&mut repetition.ast)?,
            // A flag set in one branch holds in the next, as it does for regex-syntax.
            Ast::Alternation(alternation) => alternation.asts.iter_mut().try_for_each(|branch| self.rewrite(branch))?,
            Ast::Concat(concat) => concat.asts.iter_mut().try_for_each(|part| self.rewrite(part))?,
            Ast::ClassPerl(class) => {
                let item = ClassSetItem::Ascii(ascii(class));
                let bracketed = bracketed(class.span, ClassSet::Item(item));
                // Under `i`, `\w` would take in the two letters that fold to `k` and `s`.
                *ast = without(Flag::CaseInsensitive, class.span, Ast::class_bracketed(bracketed));
            }
            Ast::ClassBracketed(class) => {
                let fold = self.ignore_case && has_perl(&class.kind);
                self.class_set(&mut class.kind, fold)?;
                if fold {
                    let folded = ast::ClassBracketed::clone(class);
                    *ast = without(Flag::CaseInsensitive, folded.span, Ast::class_bracketed(folded));
                }
            }
            Ast::Assertion(assertion) => {
                use ast::AssertionKind::{EndLine, EndText, StartLine, StartText};
                if !matches!(assertion.kind, StartLine | EndLine | StartText | EndText) {
                    *ast = without(Flag::Unicode, assertion.span, Ast::assertion(ast::Assertion::clone(assertion)));
                }
            }
            Ast::Empty(_) | Ast::Literal(_) | Ast::Dot(_) | Ast::ClassUnicode(_) => {}
        }
        Ok(())
    }

    fn flags(&mut self, flags: &ast::Flags) -> Result<(), String> {
        for item in &flags.items {
            match &item.kind {
                FlagsItemKind::Negation
                | FlagsItemKind::Flag(Flag::CaseInsensitive | Flag::MultiLine | Flag::DotMatchesNewLine | Flag::IgnoreWhitespace) => {}
                FlagsItemKind::Flag(_) => {
                    let flag = self.text.get(item.span.start.offset..item.span.end.offset).unwrap_or_default();
                    return Err(format!("there is no flag {}, only `i`, `m`, `s` and `x`", quote(flag)));
                }
            }
        }
        self.ignore_case = flags.flag_state(Flag::CaseInsensitive).unwrap_or(self.ignore_case);
        Ok(())
    }

    /// Replaces `\d \w \s` in brackets. With `fold`, case is ignored of everything else right here: the flag itself would
    /// also fold what they stand for, and make `[\W]` match the letters `k` and `s`.
    fn class_set(&self, set: &mut ClassSet, fold: bool) -> Result<(), String> {
        match set {
            ClassSet::Item(item) => self.class_item(item, fold),
            ClassSet::BinaryOp(operation) => {
                self.class_set(&mut operation.lhs, fold)?;
                self.class_set(&mut operation.rhs, fold)
            }
        }
    }

    fn class_item(&self, item: &mut ClassSetItem, fold: bool) -> Result<(), String> {
        match item {
            ClassSetItem::Perl(class) => *item = ClassSetItem::Ascii(ascii(class)),
            ClassSetItem::Bracketed(inner) => self.class_set(&mut inner.kind, fold)?,
            ClassSetItem::Union(union) => union.items.iter_mut().try_for_each(|item| self.class_item(item, fold))?,
            ClassSetItem::Literal(_) | ClassSetItem::Range(_) | ClassSetItem::Ascii(_) | ClassSetItem::Unicode(_) if fold => {
                let span = *item.span();
                let class = Ast::class_bracketed(bracketed(span, ClassSet::Item(item.clone())));
                let hir = translator(true).translate(self.text, &class).map_err(|error| error.kind().to_string())?;
                *item = ClassSetItem::Union(ast::ClassSetUnion { span, items: items_of(&hir, span) });
            }
            _ => {}
        }
        Ok(())
    }
}

/// The class that a one-character pattern stands for.
fn items_of(hir: &Hir, span: ast::Span) -> Vec<ClassSetItem> {
    let literal = |c| ast::Literal { span, kind: ast::LiteralKind::Verbatim, c };
    match hir.kind() {
        HirKind::Literal(text) => String::from_utf8_lossy(&text.0).chars().map(|c| ClassSetItem::Literal(literal(c))).collect(),
        HirKind::Class(Class::Unicode(class)) => class
            .iter()
            .map(|range| ClassSetItem::Range(ast::ClassSetRange { span, start: literal(range.start()), end: literal(range.end()) }))
            .collect(),
        // No class at all is written as no bytes.
        _ => Vec::new(),
    }
}

fn has_perl(set: &ClassSet) -> bool {
    match set {
        ClassSet::Item(item) => item_has_perl(item),
        ClassSet::BinaryOp(operation) => has_perl(&operation.lhs) || has_perl(&operation.rhs),
    }
}

fn item_has_perl(item: &ClassSetItem) -> bool {
    match item {
        ClassSetItem::Perl(_) => true,
        ClassSetItem::Bracketed(inner) => has_perl(&inner.kind),
        ClassSetItem::Union(union) => union.items.iter().any(item_has_perl),
        _ => false,
    }
}

fn ascii(class: &ast::ClassPerl) -> ast::ClassAscii {
    let kind = match class.kind {
        ClassPerlKind::Digit => ClassAsciiKind::Digit,
        ClassPerlKind::Space => ClassAsciiKind::Space,
        ClassPerlKind::Word => ClassAsciiKind::Word,
    };
    ast::ClassAscii { span: class.span, kind, negated: class.negated }
}

fn bracketed(span: ast::Span, kind: ClassSet) -> ast::ClassBracketed {
    ast::ClassBracketed { span, negated: false, kind }
}

/// `(?-flag:…)`
fn without(flag: Flag, span: ast::Span, inner: Ast) -> Ast {
    let item = |kind| ast::FlagsItem { span, kind };
    let flags = ast::Flags { span, items: vec![item(FlagsItemKind::Negation), item(FlagsItemKind::Flag(flag))] };
    Ast::group(ast::Group { span, kind: GroupKind::NonCapturing(flags), ast: Box::new(inner) })
}

fn count_ranges(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => class.ranges().len(),
        HirKind::Class(Class::Bytes(class)) => class.ranges().len(),
        HirKind::Repetition(repetition) => count_ranges(&repetition.sub),
        HirKind::Capture(capture) => count_ranges(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().fold(0_usize, |sum, part| sum.saturating_add(count_ranges(part)))
        }
        HirKind::Empty | HirKind::Literal(_) | HirKind::Look(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use regex_automata::Anchored;
    use regex_automata::nfa::thompson::{NFA, pikevm::PikeVM};
    use regex_syntax::hir::{Hir, Look};

    use super::parse;

    fn matches(pattern: &str, value: &str) -> bool {
        let hir = parse(pattern).unwrap_or_else(|fault| panic!("{pattern}: {fault}"));
        let whole = Hir::concat(vec![Hir::look(Look::Start), hir, Hir::look(Look::End)]);
        let nfa = NFA::compiler().build_from_hir(&whole).unwrap();
        let vm = PikeVM::new_from_nfa(nfa).unwrap();
        let input = regex_automata::Input::new(value).anchored(Anchored::Yes);
        vm.is_match(&mut vm.create_cache(), input)
    }

    #[test]
    fn perl_classes_are_ascii_and_do_not_fold() {
        for (pattern, yes, no) in [
            (r"\d", "5", "٥"),
            (r"\w", "k", "é"),
            (r"\s", "\t", "\u{a0}"),
            (r"\D", "٥", "5"),
            (r"(?i)\w", "K", "\u{212a}"),
            (r"(?i)\W", "\u{17f}", "s"),
            (r"(?i)[\w]", "s", "\u{17f}"),
            (r"(?i)[\W]", "\u{212a}", "k"),
            (r"(?i)[^\W]", "k", "\u{212a}"),
            (r"(?i)[\dä]", "Ä", "a"),
            (r"(?i)[\dk]", "\u{212a}", "x"),
            (r"(?i)[\d[^k]]", "5", "\u{212a}"),
            (r"(?i)[\w&&k]", "k", "x"),
            (r"(?i:k)\w", "\u{212a}k", "k\u{212a}"),
            (r"(?i)k", "\u{212a}", "x"),
            (r"[\d\p{Lu}]", "Ä", "ä"),
            (r"a|(?i)b|c", "C", "A"),
        ] {
            assert!(matches(pattern, yes), "{pattern} {yes}");
            assert!(!matches(pattern, no), "{pattern} {no}");
        }
    }

    #[test]
    fn dots_and_boundaries() {
        assert!(matches("a.b", "a\nb"));
        assert!(!matches("(?-s)a.b", "a\nb"));
        assert!(matches(r"é\ba", "éa"));
        assert!(!matches(r"é\Ba", "éa"));
        assert!(matches(r"(?x) a b # comment", "ab"));
        assert!(matches(r"(?m)a$\nb", "a\nb"));
        assert!(!matches(r"a|b", "ab"));
    }

    #[test]
    fn what_the_dialect_has_not_is_refused() {
        for bad in [r"(?u)a", r"(?-u:a)", r"(?U)a*", r"(?R)$", r"a)|(?:b", r"(", r"a{2,1}", r"\1", r"(?=a)", r"\pX{", r"[\w"] {
            let fault = parse(bad).unwrap_err();
            assert!(!fault.contains('\n') && !fault.is_empty(), "{bad}: {fault}");
        }
        assert!(parse(&"(".repeat(10_000)).is_err());
        assert!(parse(&format!("{}a{}", "(".repeat(200), ")".repeat(200))).is_err());
        assert!(parse(&"[".repeat(10_000)).is_err());
        assert!(parse(&"a*".repeat(5_000)).is_ok());
        assert!(parse("(?:){294967295}").is_ok());
    }
}
