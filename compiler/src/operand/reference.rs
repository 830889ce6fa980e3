//! Operand of `ref`: a path as in `if`.

use crate::diagnostic::{Report, quote};
use crate::expr;
use crate::tree::Node;

/// Segments from the request's root; `input` is written out as `action`, `input`.
pub(crate) fn read(node: &Node<'_>, report: &mut Report<'_>) -> Option<Vec<String>> {
    let text = super::text("ref", node, report)?;
    let path = expr::path(text);
    if let Err(fault) = &path {
        let help = "write a path such as `actor.id` or `input[\"to-address\"].city`";
        report.error_with_help("operand/ref", node.range, format!("{} is no path: {fault}", quote(text)), help);
    }
    path.ok()
}

#[cfg(test)]
mod tests {
    use crate::expr::path;

    #[test]
    fn paths() {
        let read = |text| path(text).ok().map(|path| path.join("|"));
        assert_eq!(read("actor.id").unwrap(), "actor|id");
        assert_eq!(read("input.to").unwrap(), "action|input|to");
        assert_eq!(read(r#"context["a-b"]['c\u0064\x65\146'].if"#).unwrap(), "context|a-b|cdef|if");
        assert_eq!(read("model").unwrap(), "model");
        for bad in [
            "",
            "input",
            "action",
            "context",
            ".a",
            "a.",
            "a..b",
            "a.1",
            "1a",
            "a[0]",
            "a[b]",
            "a['b'",
            "a['b]",
            r"a['\q']",
            "a b",
            "a .b",
            " a.b",
            "a.b //",
            "a[ 'b']",
            "in.x",
            "true",
            "a-b",
            "$.a",
            "/a/b",
            r"a['\ud800']",
            r"a['\U+0000041']",
        ] {
            assert!(path(bad).is_err(), "{bad}");
        }
    }
}
