//! `toolgate compile`: the artifact is written whole or not at all.

mod support;

use std::fs;

use support::{Directory, POLICY};

#[test]
fn the_artifact_decides_as_the_documents_do() {
    let directory = Directory::new();
    directory.write("p.yaml", POLICY);
    let ran = directory.run(&["compile", "p.yaml", "-o", "p.tgc", "--format", "json"]).exits(0);
    let [written] = &ran.json()[..] else { panic!("{ran:?}") };
    assert_eq!(written["rules"], 4);
    assert_eq!(written["artifact_bytes"], fs::metadata(directory.path("p.tgc")).unwrap().len());
    let requests = "{\"action\":\"read_x\"}\n{\"action\":\"delete\"}\n";
    let from_artifact = directory.run_with(&["decide", "p.tgc", "--requests", "-"], requests).exits(0);
    let from_documents = directory.run_with(&["decide", "p.yaml", "--requests", "-"], requests).exits(0);
    assert_eq!(from_artifact.stdout, from_documents.stdout);
    assert_eq!(from_artifact.json()[0]["policy"], written["policy"]);
    // Nothing else is left in the directory, and a second run writes the same bytes.
    assert_eq!(directory.names(), ["p.tgc", "p.yaml"]);
    let first = fs::read(directory.path("p.tgc")).unwrap();
    let text = directory.run(&["compile", "p.yaml", "-o", "p.tgc"]).exits(0).stdout;
    assert_eq!(fs::read(directory.path("p.tgc")).unwrap(), first);
    for key in ["policy", "artifact"] {
        assert!(text.contains(written[key].as_str().unwrap()), "{text}");
    }
}

#[test]
fn documents_go_into_the_artifact_if_asked_for() {
    let directory = Directory::new();
    directory.write("d/p.yaml", POLICY);
    directory.write("d/note.yaml", "tests: [] # Only a note.\n");
    let written = ["without.tgc", "with.tgc"].map(|name| {
        let flag = if name == "with.tgc" { &["--with-sources"][..] } else { &[] };
        let ran = directory.run(&[&["compile", "d", "-o", name, "--format", "json"], flag].concat()).exits(0);
        (ran.json()[0]["policy"].clone(), fs::read(directory.path(name)).unwrap())
    });
    let [(policy, without), (same_policy, with)] = written;
    assert_eq!(policy, same_policy);
    let holds = |artifact: &[u8], text: &str| artifact.windows(text.len()).any(|window| window == text.as_bytes());
    for text in ["Only a note.", "d/note.yaml", "d/p.yaml", POLICY] {
        assert!(holds(&with, text) && !holds(&without, text), "{text}");
    }
    let decided = |name: &str| directory.run_with(&["decide", name, "--requests", "-"], "{\"action\":\"delete\"}\n").exits(0).stdout;
    assert_eq!(decided("with.tgc"), decided("without.tgc"));
}

#[test]
fn nothing_is_written_on_error() {
    let directory = Directory::new();
    directory.write("p.yaml", "rules: [{id: a, when: {action: b}, decision: alow}]");
    directory.write("old.tgc", "as it was");
    for output in ["new.tgc", "old.tgc"] {
        let ran = directory.run(&["compile", "p.yaml", "-o", output]).exits(1);
        assert_eq!(ran.stdout, "");
        assert!(ran.stderr.contains("error[document/unknown-value]"), "{ran:?}");
    }
    assert_eq!(fs::read(directory.path("old.tgc")).unwrap(), b"as it was");
    assert_eq!(directory.names(), ["old.tgc", "p.yaml"]);
}

#[test]
fn what_cannot_be_written_is_told() {
    let directory = Directory::new();
    directory.write("p.yaml", POLICY);
    for output in ["no/such/directory/p.tgc", ".", "p.yaml", "./p.yaml"] {
        let ran = directory.run(&["compile", "p.yaml", "-o", output]).exits(2);
        assert!(ran.stderr.starts_with("toolgate: "), "{ran:?}");
        assert_eq!(ran.stdout, "");
    }
    directory.run(&["compile", "p.yaml"]).exits(2);
    let ran = directory.run(&["compile", "p.yaml", "-o", "p.tgc", "--budget-steps", "1"]).exits(1);
    assert!(ran.stderr.contains("--budget-steps"), "{ran:?}");
    assert_eq!(directory.names(), ["p.yaml"]);
    assert_eq!(fs::read(directory.path("p.yaml")).unwrap(), POLICY.as_bytes());
}

#[cfg(unix)]
#[test]
fn a_link_stays_one_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let directory = Directory::new();
    directory.write("p.yaml", POLICY);
    directory.write("real.tgc", "");
    fs::set_permissions(directory.path("real.tgc"), fs::Permissions::from_mode(0o600)).unwrap();
    symlink("real.tgc", directory.path("link.tgc")).unwrap();
    directory.run(&["compile", "p.yaml", "-o", "link.tgc"]).exits(0);
    assert!(fs::symlink_metadata(directory.path("link.tgc")).unwrap().is_symlink());
    assert_eq!(fs::metadata(directory.path("real.tgc")).unwrap().permissions().mode() & 0o777, 0o600);
    directory.run(&["decide", "real.tgc", "--requests", "-"]).exits(0);
    // A device is written to, and stays one.
    directory.run(&["compile", "p.yaml", "-o", "/dev/null"]).exits(0);
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}
