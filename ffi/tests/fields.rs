//! Deciding from fields through the C ABI: every decision vector, and a million decisions in flat memory.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]
#![expect(unsafe_code, reason = "the functions are those for C")]

#[path = "../../compiler/tests/support/mod.rs"]
mod support;

use std::ptr::{null_mut, with_exposed_provenance};

use allocation_counter::measure;
use support::files::{bytes, documents, files, read, vectors};
use support::{Engines, FieldText, field_texts};
use toolgate::*;

/// What C would have: handles, and a buffer.
struct Host {
    policy: *mut Policy,
    scratch: *mut Scratch,
    buffer: Vec<u8>,
}

impl Host {
    fn new(artifact: &[u8]) -> Self {
        let mut host = Self { policy: null_mut(), scratch: null_mut(), buffer: vec![0; 1 << 20] };
        // SAFETY: the artifact and the places for the handles are there.
        unsafe {
            assert_eq!(toolgate_policy_load(artifact.as_ptr().cast(), artifact.len(), &raw mut host.policy, null_mut()), TOOLGATE_OK);
            assert_eq!(toolgate_scratch_new(host.policy, &raw mut host.scratch), TOOLGATE_OK);
        }
        host
    }

    fn decide(&mut self, request: &[u8], options: u32) -> (&[u8], Verdict) {
        let (mut len, mut verdict, mut alone) = (0, TOOLGATE_ALLOW, TOOLGATE_ALLOW);
        let (data, room) = (self.buffer.as_mut_ptr().cast(), self.buffer.len());
        let (request, request_len) = (request.as_ptr().cast(), request.len());
        // SAFETY: the handles are this host's own, and everything else is there.
        unsafe {
            let status =
                toolgate_decide(self.policy, self.scratch, request, request_len, options, data, room, &raw mut len, &raw mut verdict);
            assert_eq!(status, TOOLGATE_OK);
            let status = toolgate_decide_verdict(self.policy, self.scratch, request, request_len, options, &raw mut alone);
            assert_eq!((status, alone), (TOOLGATE_OK, verdict));
        }
        (&self.buffer[..len], verdict)
    }

    fn decide_fields(&mut self, values: &[Value], options: u32) -> (&[u8], Verdict) {
        let (mut len, mut verdict, mut alone) = (0, TOOLGATE_ALLOW, TOOLGATE_ALLOW);
        let (data, room) = (self.buffer.as_mut_ptr().cast(), self.buffer.len());
        let (values, values_len) = (values.as_ptr(), values.len());
        // SAFETY: as above.
        unsafe {
            let status =
                toolgate_decide_fields(self.policy, self.scratch, values, values_len, options, data, room, &raw mut len, &raw mut verdict);
            assert_eq!(status, TOOLGATE_OK);
            let status = toolgate_decide_fields_verdict(self.policy, self.scratch, values, values_len, options, &raw mut alone);
            assert_eq!((status, alone), (TOOLGATE_OK, verdict));
        }
        (&self.buffer[..len], verdict)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // SAFETY: the handles are this host's own, and not used any more.
        unsafe {
            toolgate_scratch_free(self.scratch);
            toolgate_policy_free(self.policy);
        }
    }
}

fn value(slot: u32, text: &FieldText) -> Value {
    let (kind, text) = match text {
        FieldText::Absent => (TOOLGATE_VALUE_ABSENT, ""),
        FieldText::Null => (TOOLGATE_VALUE_NULL, ""),
        FieldText::Bool(false) => (TOOLGATE_VALUE_FALSE, ""),
        FieldText::Bool(true) => (TOOLGATE_VALUE_TRUE, ""),
        FieldText::Number(text) => (TOOLGATE_VALUE_NUMBER, text.as_str()),
        FieldText::String(text) => (TOOLGATE_VALUE_STRING, text.as_str()),
        FieldText::Json(text) => (TOOLGATE_VALUE_JSON, text.as_str()),
        FieldText::Object => (TOOLGATE_VALUE_OBJECT, ""),
    };
    Value { slot, kind, text: text.as_ptr().cast(), text_len: text.len() }
}

#[test]
fn fields_decide_as_json_does() {
    let mut decided = 0;
    for path in files(&vectors().join("decide")) {
        let vector = read(&path);
        let engines = Engines::new(&documents(&vector));
        let mut host = Host::new(&engines.artifact);
        for case in vector["cases"].as_array().unwrap() {
            let request = bytes(case, "request");
            let options = if case["clarified"].as_bool() == Some(true) { TOOLGATE_CLARIFIED } else { 0 };
            let (json, verdict) = host.decide(&request, options);
            let json = json.to_vec();
            if case["expect"]["reason"].as_str().is_some_and(|reason| reason.starts_with("request/")) {
                continue;
            }
            let texts = field_texts(&engines.policy, &request);
            let values: Vec<Value> = texts.iter().map(|(slot, text)| value(*slot, text)).collect();
            let (fields, from_fields) = host.decide_fields(&values, options);
            assert!(fields == json && from_fields == verdict, "{}: {}", path.display(), case["name"]);
            decided += 1;
        }
    }
    assert!(decided > 10_000, "{decided}");
}

const DOCUMENT: &str = "rules:\n\
    - {id: small, when: {action: pay, input: {amount: [{lte: 10}], to: [a, b]}}, decision: allow}\n\
    - {id: large, when: {action: pay, input: {amount: [{gt: 10}]}}, decision: approval_required, requirements: [manager]}\n\
    - {id: host, when: {input: {url: [{host: '*.test'}]}}, decision: deny, message: not there}\n";

#[test]
fn a_million_decisions_allocate_nothing() {
    let engines = Engines::new(&[DOCUMENT]);
    let mut host = Host::new(&engines.artifact);
    let requests = [
        r#"{"action":"pay","input":{"amount":5,"to":["a","b"],"url":"https://x.example/"}}"#,
        r#"{"action":"pay","input":{"amount":50,"to":"c","url":"https://x.test/"}}"#,
        r#"{"action":"pay","input":{"amount":null}}"#,
        r#"{"action":"pay","action":"pay"}"#,
        "no request",
    ];
    let texts: Vec<_> = requests[..3].iter().map(|request| field_texts(&engines.policy, request.as_bytes())).collect();
    let values: Vec<Vec<Value>> = texts.iter().map(|texts| texts.iter().map(|(slot, text)| value(*slot, text)).collect()).collect();
    // SAFETY: none is needed, nobody reads through it: a pointer that is misaligned.
    let nowhere = with_exposed_provenance::<Policy>(1);
    let mut verdict = TOOLGATE_ALLOW;
    let mut allowed = 0;
    let mut round = |host: &mut Host| {
        for request in &requests {
            allowed += u32::from(host.decide(request.as_bytes(), 0).1 == TOOLGATE_ALLOW);
        }
        for values in &values {
            host.decide_fields(values, 0);
        }
        // Mistakes leave nothing behind either.
        // SAFETY: the handles are the host's own, or refused.
        unsafe {
            assert_eq!(toolgate_decide_verdict(nowhere, host.scratch, null_mut(), 0, 0, &raw mut verdict), TOOLGATE_ERR_MISALIGNED);
            let unknown = Value { slot: 0, kind: 99, text: null_mut(), text_len: 0 };
            let status = toolgate_decide_fields_verdict(host.policy, host.scratch, &raw const unknown, 1, 0, &raw mut verdict);
            assert_eq!((status, verdict), (TOOLGATE_ERR_UNKNOWN_KIND, TOOLGATE_DENY));
        }
    };
    round(&mut host);
    // Each round decides sixteen times, and fails twice.
    let counted = measure(|| (0..62_500).for_each(|_| round(&mut host)));
    assert_eq!((counted.count_total, counted.bytes_total), (0, 0));
    assert_eq!(allowed, 62_501);
}
