//! Every input that a fuzz target once failed on, and every seed of its corpus, through the same function again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

#[path = "../../fuzz/bodies.rs"]
mod bodies;

use std::fs;
use std::path::Path;

fn replay(target: &str, body: fn(&[u8])) {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    for kind in ["corpus", "regressions"] {
        let mut count = 0;
        for entry in fs::read_dir(fuzz.join(kind).join(target)).unwrap() {
            let path = entry.unwrap().path();
            // The note that keeps a directory in the repository is as good an input as any.
            println!("{}", path.strip_prefix(&fuzz).unwrap().display());
            body(&fs::read(&path).unwrap());
            count += 1;
        }
        assert!(count > 0, "fuzz/{kind}/{target} is empty");
    }
}

#[test]
fn json() {
    replay("json", bodies::json);
}

#[test]
fn scan() {
    replay("scan", bodies::scan);
}

#[test]
fn document() {
    replay("document", bodies::document);
}

#[test]
fn expression() {
    replay("expression", bodies::expression);
}

#[test]
fn load_then_decide() {
    replay("load_then_decide", bodies::load_then_decide);
}

#[test]
fn differential() {
    replay("differential", bodies::differential);
}
