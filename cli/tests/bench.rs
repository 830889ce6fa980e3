//! `toolgate bench`: the report, not the times.

mod support;

use support::{Directory, POLICY};

const REQUESTS: &str = "{\"action\":\"read_a\"}\n{\"action\":{\"name\":\"pay\",\"input\":{\"amount\":11}}}\n{\"action\":\"pay\",\"input\":{\"amount\":[1,20]}}\n{}\n";

#[test]
fn the_report_is_complete() {
    let directory = Directory::new();
    directory.write("p.yaml", POLICY);
    directory.write("r.jsonl", REQUESTS);
    directory.run(&["compile", "p.yaml", "-o", "p.tgc"]).exits(0);
    for policy in ["p.yaml", "p.tgc"] {
        let ran = directory.run(&["bench", policy, "--requests", "r.jsonl", "--json", "--seconds", "0.01"]).exits(0);
        assert!(!ran.stderr.contains("otherwise"), "{ran:?}");
        let [report] = &ran.json()[..] else { panic!("{ran:?}") };
        assert_eq!(report["rules"], 4);
        assert_eq!(report["requests"], 4);
        assert_eq!(report["allocations_per_decision"], 0.0);
        assert_eq!(report["compile_ms"].is_null(), policy == "p.tgc");
        assert_eq!(report["threads"], std::thread::available_parallelism().unwrap().get());
        for key in [
            "json_ns",
            "batch_ns",
            "fields_ns",
            "verdict_ns",
            "baseline_ns",
            "artifact_bytes",
            "scratch_bytes",
            "load_ms",
            "one_thread_per_second",
            "all_threads_per_second",
        ] {
            assert!(report[key].as_f64().unwrap() > 0.0, "{key}: {report}");
        }
    }
    let ran = directory.run(&["bench", "p.tgc", "--requests", "r.jsonl", "--seconds", "0.01"]).exits(0);
    assert!(ran.stdout.contains("decision from JSON") && ran.stdout.contains("decisions a second"), "{ran:?}");
}

#[test]
fn there_must_be_something_to_measure() {
    let directory = Directory::new();
    directory.write("p.yaml", POLICY);
    directory.write("empty.jsonl", "\n");
    let ran = directory.run(&["bench", "p.yaml", "--requests", "empty.jsonl"]).exits(2);
    assert!(ran.stderr.contains("has no requests"), "{ran:?}");
    for seconds in ["0", "-1", "nan", "1e9", "x"] {
        directory.run(&["bench", "p.yaml", "--requests", "empty.jsonl", "--seconds", seconds]).exits(2);
    }
    // Requests that are none can be measured, but not from fields.
    directory.write("none.jsonl", "{}\n\u{0}\n");
    let ran = directory.run(&["bench", "p.yaml", "--requests", "none.jsonl", "--json", "--seconds", "0.01"]).exits(0);
    assert!(ran.json()[0]["fields_ns"].is_null());
}
