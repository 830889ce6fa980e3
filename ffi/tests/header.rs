//! The header is what the sources say, and the pages say of it what is so.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use toolgate::{Status, Text, toolgate_status_code};

/// In the order in which the header should be read.
const SOURCES: [&str; 9] = ["version", "status", "bytes", "compile", "policy", "scratch", "decide", "fields", "explain"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn made() -> String {
    let config = cbindgen::Config::from_file(root().join("cbindgen.toml")).unwrap();
    let builder = SOURCES.into_iter().fold(cbindgen::Builder::new().with_config(config), |builder, name| {
        builder.with_src(root().join("src").join(name).with_extension("rs"))
    });
    let mut header = Vec::new();
    builder.generate().unwrap().write(&mut header);
    String::from_utf8(header).unwrap()
}

#[test]
fn the_header_is_fresh() {
    let path = root().join("include/toolgate.h");
    let made = made();
    if std::env::var_os("TOOLGATE_BLESS").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == made, "include/toolgate.h is not what the sources say: run this test once with TOOLGATE_BLESS=1");
}

/// Names and numbers of the statuses in the header.
fn statuses() -> Vec<(String, Status)> {
    let header = made();
    let defined = header.lines().filter_map(|line| line.strip_prefix("#define TOOLGATE_")?.split_once(' '));
    defined
        .filter(|(name, _)| *name == "OK" || name.starts_with("ERR_"))
        .map(|(name, number)| (format!("TOOLGATE_{name}"), number.parse().unwrap()))
        .collect()
}

fn code(status: Status) -> String {
    let Text { data, len } = toolgate_status_code(status);
    // SAFETY: the text is static.
    #[expect(unsafe_code, reason = "text comes as C gets it")]
    let bytes = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), len) };
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn every_status_has_a_code_and_a_line_in_the_page() {
    let page = fs::read_to_string(root().join("../docs/c.md")).unwrap();
    let statuses = statuses();
    assert!(statuses.len() > 20, "{statuses:?}");
    for (position, (name, status)) in statuses.iter().enumerate() {
        let code = code(*status);
        assert!(!code.is_empty(), "{name} has no code");
        // TOOLGATE_ERR_LOAD_MAGIC is `load/magic`.
        let words = name.strip_prefix("TOOLGATE_ERR_").map(|name| name.to_lowercase().replace('_', "-"));
        let tail = code.split_once('/').map(|(area, word)| if area == "host" { word.to_owned() } else { code.replace('/', "-") });
        assert_eq!(words, tail, "{name} and {code} should be one name");
        assert!(statuses[..position].iter().all(|(_, other)| other != status), "{name} is a number that another one has");
        assert!(page.contains(&format!("| {status} | `{name}` | `{code}` |")), "docs/c.md should have {status}, {name} and {code}");
    }
    assert_eq!(code(9_999), "");
}

/// A code of the runtime that has no status would be told as `host/other`.
#[test]
fn every_code_of_the_runtime_has_a_status() {
    let codes: Vec<String> = statuses().into_iter().map(|(_, status)| code(status)).collect();
    let mut met = 0;
    for name in ["artifact/load.rs", "fields.rs"] {
        let text = fs::read_to_string(root().join("../runtime/src").join(name)).unwrap();
        for told in text.split('"').skip(1).step_by(2).filter(|told| told.starts_with("load/") || told.starts_with("fields/")) {
            assert!(codes.iter().any(|code| code == told), "no status has the code {told}");
            met += 1;
        }
    }
    assert!(met >= 8, "{met}");
}

/// A function that is exported and not guarded could let a panic through.
#[test]
fn every_export_is_behind_the_boundary() {
    let mut exports = 0;
    for name in SOURCES.into_iter() {
        let text = fs::read_to_string(root().join("src").join(name).with_extension("rs")).unwrap();
        for export in text.split("extern \"C\" fn ").skip(1) {
            let body = export.split("\n}").next().unwrap();
            let is_guarded = ["boundary(", "deciding(", "free("].iter().any(|guard| body.contains(guard));
            // What only reads a number or a pointer.
            let is_plain =
                ["toolgate_abi_version", "toolgate_version", "toolgate_status_code", "toolgate_bytes_data", "toolgate_bytes_len"]
                    .iter()
                    .any(|plain| export.starts_with(&format!("{plain}(")));
            assert!(is_guarded || is_plain, "{}", body.split('(').next().unwrap());
            exports += 1;
        }
    }
    let declared =
        made().lines().filter(|line| line.starts_with(char::is_alphabetic) && line.contains(" toolgate_") && line.contains('(')).count();
    assert!(exports > 15 && declared == exports, "{exports} exports, {declared} declared");
}

#[test]
fn the_page_shows_the_example() {
    let page = fs::read_to_string(root().join("../docs/c.md")).unwrap();
    let example = fs::read_to_string(root().join("../examples/c/main.c")).unwrap();
    assert!(page.contains(&format!("<!-- file: examples/c/main.c -->\n```c\n{example}```\n")), "docs/c.md has not examples/c/main.c");
}
