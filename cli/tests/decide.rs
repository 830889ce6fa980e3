//! `toolgate decide`: one decision a line, and every way a stream can fail.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use support::{Directory, POLICY};

fn directory() -> Directory {
    let directory = Directory::new();
    directory.write("p.yaml", POLICY);
    directory
}

const DECIDE: [&str; 4] = ["decide", "p.yaml", "--requests", "-"];

#[test]
fn every_line_gets_a_decision_in_order() {
    let directory = directory();
    let requests = b"{\"action\":\"read_a\"}\r\n\n \t\r\n{\"action\":\"delete\"}\n\xff\n{\"action\":\"pay\"}\r{}\n{\"action\":\"pay\",\"input\":{\"amount\":null}}";
    let decisions = directory.run_with(&DECIDE, requests).exits(0).json();
    let seen: Vec<_> = decisions.iter().map(|d| (d["decision"].as_str().unwrap(), d["reason"].as_str().unwrap())).collect();
    assert_eq!(
        seen,
        [("allow", "rule"), ("deny", "rule"), ("deny", "request/invalid-utf8"), ("deny", "request/trailing-data"), ("deny", "default")]
    );
    assert_eq!(decisions[1]["message"], "Never.");
    assert_eq!(decisions[2]["offset"], 0);

    directory.write("r.jsonl", requests);
    let from_file = directory.run(&["decide", "p.yaml", "--requests", "r.jsonl"]).exits(0);
    assert_eq!(from_file.json(), decisions);
    let verdicts = directory.run(&["decide", "p.yaml", "--requests", "r.jsonl", "--verdict"]).exits(0);
    assert_eq!(verdicts.stdout.lines().next(), Some("{\"decision\":\"allow\"}"));
    let verdicts: Vec<_> = verdicts.json().iter().map(|d| d["decision"].clone()).collect();
    assert_eq!(verdicts, decisions.iter().map(|d| d["decision"].clone()).collect::<Vec<_>>());
}

#[test]
fn a_clarification_counts_when_it_was_obtained() {
    let directory = directory();
    let request = "{\"action\":\"book\"}";
    assert_eq!(directory.run_with(&[&DECIDE[..], &["--clarified"]].concat(), request).exits(0).json()[0]["decision"], "allow");
    // The default deny joins in only if nothing lifts it: a rule that asks does.
    assert_eq!(directory.run_with(&DECIDE, request).exits(0).json()[0]["decision"], "clarification_required");
}

#[test]
fn a_long_line_is_refused_and_does_not_disturb_the_next() {
    let directory = directory();
    let fitting = 1_048_576 - "{\"action\":\"read_\"}".len();
    let request = |len: usize| format!("{{\"action\":\"read_{}\"}}", "x".repeat(len));
    let lines = format!("{}\r\n{}\n{}\n{}\n", request(fitting), request(fitting + 1), "x".repeat(5_000_000), request(1));
    let decisions = directory.run_with(&DECIDE, lines).exits(0).json();
    let seen: Vec<_> = decisions.iter().map(|d| (d["reason"].as_str().unwrap(), d["offset"].as_u64())).collect();
    assert_eq!(seen, [("rule", None), ("request/too-large", Some(1_048_576)), ("request/too-large", Some(1_048_576)), ("rule", None)]);
}

#[test]
fn a_partner_on_the_other_end_of_the_pipe_gets_each_answer() {
    let directory = directory();
    for threads in [&[][..], &["--threads", "1"], &["--threads", "3"]] {
        let arguments = [&DECIDE[..], threads].concat();
        let mut child = directory.toolgate(&arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        for (request, decision) in [("{\"action\":\"read_a\"}\n", "allow"), ("{\"action\":\"delete\"}\n", "deny")].repeat(4) {
            stdin.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            stdout.read_line(&mut answer).unwrap();
            assert!(answer.starts_with(&format!("{{\"decision\":\"{decision}\"")), "{answer}");
        }
        drop(stdin);
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn several_threads_decide_in_order() {
    let directory = directory();
    // A fault stands at an offset that tells which line it is of; requests and blank lines stand between.
    let offset = |line: usize| 1 + line * 7_919 % 6_007;
    let mut requests = String::new();
    for line in 0..6_000 {
        requests += &format!("{{{}?}}\n", " ".repeat(offset(line) - 1));
        requests += ["{\"action\":\"read_a\"}\n", "", " \t\n", "\r\n{\"action\":\"delete\"}\r\n"][line % 4];
    }
    directory.write("r.jsonl", &requests);
    directory.write("empty.jsonl", "");
    let one = directory.run(&["decide", "p.yaml", "--requests", "r.jsonl", "--threads", "1"]).exits(0);
    let decisions = one.json();
    assert_eq!(decisions.len(), 9_000);
    let offsets = decisions.iter().filter_map(|decision| decision["offset"].as_u64());
    assert!(offsets.eq((0..6_000).map(|line| offset(line) as u64)));
    let verdicts = directory.run(&["decide", "p.yaml", "--requests", "r.jsonl", "--threads", "1", "--verdict"]).exits(0);
    for threads in [&[][..], &["--threads", "2"], &["--threads", "3"], &["--threads", "16"]] {
        let from_file = directory.run(&[&["decide", "p.yaml", "--requests", "r.jsonl"], threads].concat()).exits(0);
        assert!(from_file.stdout == one.stdout, "{threads:?}");
        let from_pipe = directory.run_with(&[&DECIDE, threads].concat(), &requests).exits(0);
        assert!(from_pipe.stdout == one.stdout, "{threads:?}");
        let alone = directory.run(&[&["decide", "p.yaml", "--verdict", "--requests", "r.jsonl"], threads].concat()).exits(0);
        assert!(alone.stdout == verdicts.stdout, "{threads:?}");
        assert_eq!(directory.run(&[&["decide", "p.yaml", "--requests", "empty.jsonl"], threads].concat()).exits(0).stdout, "");
    }
    for threads in ["0", "-1", "257", "x", ""] {
        assert_eq!(directory.run(&["decide", "p.yaml", "--requests", "r.jsonl", "--threads", threads]).exits(2).stdout, "");
    }
}

#[test]
fn a_wrong_policy_decides_nothing() {
    let directory = directory();
    directory.write("wrong.yaml", "rules: [{id: a, when: {action: b}, decision: alow}]");
    for policies in [&["wrong.yaml"][..], &["p.yaml", "wrong.yaml"], &["no.yaml"], &["no.tgc"]] {
        let ran = directory.run_with(&[&["decide"], policies, &["--requests", "-"]].concat(), "{\"action\":\"read_a\"}\n").exits(1);
        assert_eq!(ran.stdout, "");
        assert!(ran.stderr.contains("error["), "{ran:?}");
    }
}

#[test]
fn a_damaged_artifact_is_refused_by_name() {
    let directory = directory();
    directory.run(&["compile", "p.yaml", "-o", "p.tgc"]).exits(0);
    let artifact = fs::read(directory.path("p.tgc")).unwrap();
    let refused = |bytes: &[u8], code: &str| {
        directory.write("damaged.tgc", bytes);
        let ran = directory.run_with(&["decide", "damaged.tgc", "--requests", "-"], "{\"action\":\"read_a\"}\n").exits(1);
        assert_eq!(ran.stdout, "");
        assert!(ran.stderr.contains(&format!("error[{code}]")) && ran.stderr.contains("damaged.tgc"), "{ran:?}");
    };
    for (at, code) in [
        (0, "load/magic"),
        (8, "load/version"),
        (12, "load/truncated"),
        (artifact.len() / 2, "load/digest"),
        (artifact.len() - 1, "load/digest"),
    ] {
        let mut damaged = artifact.clone();
        damaged[at] ^= 1;
        refused(&damaged, code);
    }
    refused(&artifact[..artifact.len() - 1], "load/truncated");
    refused(b"", "load/magic");
    // Known by its first bytes whatever its name; and a whole policy, to which nothing can be added.
    directory.write("artifact", &artifact);
    assert_eq!(
        directory.run_with(&["decide", "artifact", "--requests", "-"], "{\"action\":\"read_a\"}").exits(0).json()[0]["decision"],
        "allow"
    );
    directory.run_with(&["decide", "artifact", "p.yaml", "--requests", "-"], "").exits(2);
}

#[test]
fn requests_that_cannot_be_read_are_told() {
    let directory = directory();
    let ran = directory.run(&["decide", "p.yaml", "--requests", "no.jsonl"]).exits(2);
    assert!(ran.stderr.contains("toolgate: cannot read no.jsonl: "), "{ran:?}");
    directory.run(&["decide", "p.yaml"]).exits(2);
    // A directory can be opened and not read.
    #[cfg(unix)]
    for threads in ["1", "3"] {
        let ran = directory.run(&["decide", "p.yaml", "--requests", ".", "--threads", threads]).exits(2);
        assert!(ran.stderr.contains("cannot read the requests: "), "{ran:?}");
    }
}

#[cfg(target_os = "linux")]
mod streams {
    use super::*;

    fn with_requests() -> Directory {
        let directory = directory();
        directory.write("r.jsonl", "{\"action\":\"read_a\"}\n".repeat(20_000));
        directory
    }

    #[test]
    fn a_broken_pipe_is_told() {
        let directory = with_requests();
        for threads in ["1", "3"] {
            let decide = format!("toolgate decide p.yaml --requests r.jsonl --threads {threads}");
            let ran = directory.shell(&format!("{{ {decide}; echo \"exit $?\" >&2; }} | head -1")).exits(0);
            assert_eq!(ran.stdout.lines().count(), 1);
            assert!(ran.stderr.contains("toolgate: cannot write to standard output: Broken pipe"), "{ran:?}");
            assert!(ran.stderr.ends_with("exit 2\n"), "{ran:?}");
        }
    }

    #[test]
    fn a_full_disk_is_told() {
        let directory = with_requests();
        directory.write("wrong.yaml", "rules: 1");
        for line in [
            "toolgate decide p.yaml --requests r.jsonl > /dev/full",
            "toolgate decide p.yaml --requests r.jsonl --threads 1 > /dev/full",
            "toolgate decide p.yaml --requests r.jsonl --threads 3 > /dev/full",
            "echo '{\"action\":\"a\"}' | toolgate decide p.yaml --requests - > /dev/full",
            "toolgate check wrong.yaml --format json > /dev/full",
            "toolgate compile p.yaml -o p.tgc > /dev/full",
            "toolgate compile p.yaml -o /dev/full",
            "toolgate completions bash > /dev/full",
            "toolgate --help > /dev/full",
            "toolgate --version > /dev/full",
        ] {
            let ran = directory.shell(line).exits(2);
            assert!(ran.stderr.contains("No space left on device"), "{line}: {ran:?}");
        }
    }

    #[test]
    fn a_full_disk_is_told_before_more_is_read() {
        let directory = with_requests();
        for threads in ["1", "3"] {
            let full = fs::File::options().write(true).open("/dev/full").unwrap();
            let arguments = [&DECIDE[..], &["--threads", threads]].concat();
            let mut child = directory.toolgate(&arguments).stdin(Stdio::piped()).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
            // Kept open, with nothing more to come.
            let mut stdin = child.stdin.take().unwrap();
            stdin.write_all(b"{\"action\":\"read_a\"}\n").unwrap();
            assert_eq!(child.wait().unwrap().code(), Some(2));
        }
    }

    #[test]
    fn closed_streams_are_told() {
        let directory = with_requests();
        let ran = directory.shell("toolgate decide p.yaml --requests r.jsonl >&-").exits(2);
        assert!(ran.stderr.contains("standard output is closed"), "{ran:?}");
        let ran = directory.shell("toolgate decide p.yaml --requests - <&-").exits(2);
        assert!(ran.stderr.contains("standard input is closed"), "{ran:?}");
        // With nobody to tell it to, the exit code is all there is.
        directory.shell("toolgate decide p.yaml --requests no.jsonl 2>&-").exits(2);
        directory.shell("toolgate check p.yaml 2>/dev/full").exits(2);
        // These are not closed.
        directory.shell("toolgate decide p.yaml --requests r.jsonl > /dev/null").exits(0);
        directory.shell("toolgate decide p.yaml --requests - < /dev/null").exits(0);
    }
}
