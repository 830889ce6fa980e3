//! Each function once or twice, small enough for Miri, which sees what is read, written, freed and shared wrongly:
//! `cargo +nightly miri test -p toolgate-ffi --lib --test handles`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(unsafe_code, reason = "the functions are those for C")]

use std::ptr::{null, null_mut};

use toolgate::*;

const ARTIFACT: &[u8] = include_bytes!("../../vectors/artifact/format-1.bin");
/// What the artifact denies, and what it allows.
const DENIED: &str = r#"{"action":"delete_database","context":{"env":"prod"}}"#;
const ALLOWED: &str = r#"{"action":"read_x","actor":{"id":"u"},"context":{"tags":["a"],"ip":"11.0.0.1"},"resource":"r9","input":{"amount":5,"items":[{"sku":"-","count":1}],"url":"https://other.test/"}}"#;

fn loaded(artifact: &[u8]) -> *mut Policy {
    let mut policy = null_mut();
    // SAFETY: the artifact and the place for the policy are there.
    let status = unsafe { toolgate_policy_load(artifact.as_ptr().cast(), artifact.len(), &raw mut policy, null_mut()) };
    assert_eq!(status, TOOLGATE_OK);
    policy
}

fn scratch_for(policy: *const Policy) -> *mut Scratch {
    let mut scratch = null_mut();
    // SAFETY: the policy is valid, and the place for the scratch is there.
    assert_eq!(unsafe { toolgate_scratch_new(policy, &raw mut scratch) }, TOOLGATE_OK);
    scratch
}

/// The text of bytes that a function has made, which are freed.
fn taken(bytes: *mut Bytes) -> String {
    // SAFETY: the bytes are a function's own result, and not used any more.
    unsafe {
        let text = std::slice::from_raw_parts(toolgate_bytes_data(bytes).cast::<u8>(), toolgate_bytes_len(bytes)).to_vec();
        toolgate_bytes_free(bytes);
        String::from_utf8(text).unwrap()
    }
}

/// Decides with a buffer on the heap of just the size that is needed.
fn decide(policy: *const Policy, scratch: *mut Scratch, request: &str) -> (String, Verdict) {
    let (mut len, mut verdict) = (0, TOOLGATE_ALLOW);
    let (data, data_len) = (request.as_ptr().cast(), request.len());
    // SAFETY: the handles are valid, and everything else is there.
    unsafe {
        let status = toolgate_decide(policy, scratch, data, data_len, 0, null_mut(), 0, &raw mut len, &raw mut verdict);
        assert_eq!((status, verdict), (TOOLGATE_ERR_BUFFER_TOO_SMALL, TOOLGATE_DENY));
        // Nobody has written to it before: the library must not read it.
        let mut buffer = Box::<[u8]>::new_uninit_slice(len);
        let place = buffer.as_mut_ptr().cast();
        let status = toolgate_decide(policy, scratch, data, data_len, 0, place, len, &raw mut len, &raw mut verdict);
        assert_eq!((status, len), (TOOLGATE_OK, buffer.len()));
        (String::from_utf8(buffer.assume_init().into_vec()).unwrap(), verdict)
    }
}

#[test]
fn from_artifact_to_decision() {
    let policy = loaded(ARTIFACT);
    let scratch = scratch_for(policy);
    let (decision, verdict) = decide(policy, scratch, DENIED);
    assert!(decision.starts_with(r#"{"decision":"deny","rules":["#) && verdict == TOOLGATE_DENY, "{decision}");
    let (decision, verdict) = decide(policy, scratch, ALLOWED);
    assert!(decision.starts_with(r#"{"decision":"allow""#) && verdict == TOOLGATE_ALLOW, "{decision}");
    let (decision, verdict) = decide(policy, scratch, "");
    assert!(decision.contains(r#""reason":"request/invalid-json","offset":0"#) && verdict == TOOLGATE_DENY, "{decision}");

    let (mut info, mut message, mut other) = (null_mut(), null_mut(), null_mut());
    let wrong = "sha256:".to_owned() + &"0".repeat(64);
    // SAFETY: the handle is valid, and everything else is there.
    unsafe {
        assert_eq!(toolgate_policy_info(policy, &raw mut info), TOOLGATE_OK);
        let status = toolgate_policy_load_expecting(
            ARTIFACT.as_ptr().cast(),
            ARTIFACT.len(),
            wrong.as_ptr().cast(),
            wrong.len(),
            &raw mut other,
            &raw mut message,
        );
        assert_eq!((status, other), (TOOLGATE_ERR_LOAD_OTHER_POLICY, null_mut()));
        // The scratch outlives the policy that it was made for.
        toolgate_policy_free(policy);
        toolgate_scratch_free(scratch);
    }
    assert!(taken(info).contains("\"format\":1"));
    assert_eq!(taken(message), "artifact is of another policy than the one expected");
}

#[test]
fn fields_are_lent_for_one_call() {
    let policy = loaded(ARTIFACT);
    let scratch = scratch_for(policy);
    let mut count = 0;
    let mut verdict = TOOLGATE_ALLOW;
    // SAFETY: the handles are valid, and everything else is there.
    unsafe {
        assert_eq!(toolgate_policy_fields(policy, null_mut(), 0, &raw mut count), TOOLGATE_ERR_BUFFER_TOO_SMALL);
        let mut fields = Vec::<Field>::with_capacity(count);
        assert_eq!(toolgate_policy_fields(policy, fields.as_mut_ptr(), count, &raw mut count), TOOLGATE_OK);
        fields.set_len(count);
        let pointer = |field: &Field| std::slice::from_raw_parts(field.pointer.cast::<u8>(), field.pointer_len);
        let slot = |name: &str| fields.iter().find(|field| pointer(field) == name.as_bytes()).unwrap().slot;
        for round in 0..3 {
            // Each round's texts are gone before the next one.
            let (name, env) = ("delete_database".to_owned(), ["prod", "test", "prod"][round].to_owned());
            let value =
                |slot: u32, text: &str| Value { slot, kind: TOOLGATE_VALUE_STRING, text: text.as_ptr().cast(), text_len: text.len() };
            let values = [value(slot("/action/name"), &name), value(slot("/context/env"), &env)];
            let status = toolgate_decide_fields_verdict(policy, scratch, values.as_ptr(), 2, 0, &raw mut verdict);
            assert_eq!((status, verdict), (TOOLGATE_OK, TOOLGATE_DENY));
            let mistaken = [values[0], Value { kind: TOOLGATE_VALUE_NUMBER, ..values[1] }];
            let status = toolgate_decide_fields_verdict(policy, scratch, mistaken.as_ptr(), 2, 0, &raw mut verdict);
            assert_eq!((status, verdict), (TOOLGATE_ERR_FIELDS_MALFORMED, TOOLGATE_DENY));
        }
        toolgate_scratch_free(scratch);
        toolgate_policy_free(policy);
    }
}

#[test]
fn threads_share_a_policy() {
    struct Shared(*const Policy);
    // SAFETY: policies are shared by threads.
    unsafe impl Sync for Shared {}
    let policy = loaded(ARTIFACT);
    let shared = Shared(policy);
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                let Shared(policy) = &shared;
                let scratch = scratch_for(*policy);
                assert_eq!(decide(*policy, scratch, ALLOWED).1, TOOLGATE_ALLOW);
                // SAFETY: the scratch is this thread's own, and not used any more.
                unsafe { toolgate_scratch_free(scratch) };
            });
        }
    });
    // SAFETY: no thread uses the policy any more.
    unsafe { toolgate_policy_free(policy) };
}

#[test]
fn documents_become_an_artifact_or_diagnostics() {
    let document = |text: &str| Document { name: "p.yaml".as_ptr().cast(), name_len: 6, text: text.as_ptr().cast(), text_len: text.len() };
    let right = document("rules: [{id: a, when: {action: x}, decision: allow}]");
    let wrong = document("rules: [{id: a, desicion: allow}]");
    let (mut artifact, mut diagnostics) = (null_mut(), null_mut());
    // SAFETY: everything is there.
    unsafe {
        let status = toolgate_compile(&raw const wrong, 1, 0, &raw mut artifact, &raw mut diagnostics);
        assert_eq!((status, artifact), (TOOLGATE_ERR_INVALID_POLICY, null_mut()));
        assert!(taken(diagnostics).contains("\"code\":\"document/unknown-key\""));
        assert_eq!(toolgate_compile(&raw const right, 1, 0, &raw mut artifact, null_mut()), TOOLGATE_OK);
        let policy = loaded(std::slice::from_raw_parts(toolgate_bytes_data(artifact).cast(), toolgate_bytes_len(artifact)));
        toolgate_bytes_free(artifact);
        let scratch = scratch_for(policy);
        assert_eq!(decide(policy, scratch, r#"{"action":"x"}"#).1, TOOLGATE_ALLOW);
        toolgate_scratch_free(scratch);
        toolgate_policy_free(policy);
        assert_eq!(toolgate_compile(null(), 1, 0, &raw mut artifact, null_mut()), TOOLGATE_ERR_NULL);
        toolgate_policy_free(null_mut());
        toolgate_scratch_free(null_mut());
        toolgate_bytes_free(null_mut());
    }
}
