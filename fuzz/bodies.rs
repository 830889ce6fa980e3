//! What the fuzz targets do with their bytes, apart from the fuzzer, so that `cargo test` can replay what it found.
//!
//! Each function returns for any bytes, or panics with what is wrong.
#![allow(dead_code, reason = "each target uses one of them")]
#![allow(clippy::expect_used, clippy::panic, reason = "a panic is how a target reports what it found")]

#[path = "../compiler/tests/support/mod.rs"]
mod support;

use std::cell::RefCell;

use arbitrary::{Arbitrary, Unstructured};
use serde::de::IgnoredAny;
use toolgate_compiler::explain::Explainable;
use toolgate_compiler::expr::print;
use toolgate_compiler::generate::Case;
use toolgate_compiler::{Source, check, compile};
use toolgate_runtime::artifact::digest_of;
use toolgate_runtime::artifact::format::{DIGEST_AT, DIGESTED_FROM, HEADER_LEN_BYTES, MAGIC, VERSION};
use toolgate_runtime::json::walk::{elements, flattened, members};
use toolgate_runtime::json::{Kernel, Keys, Kind, NONE, Refusal, Shapes, Span, Stops, Text, Visit, read};
use toolgate_runtime::{Options, Policy, Scratch};

use self::support::{Deciders, Engines};

/// Bytes as a request.
///
/// The reader never panics; its verdict does not depend on what it read before; what it takes is JSON for `serde_json`
/// too; and under a policy of many operators both engines decide, or refuse for the same reason at the same offset.
pub fn json(data: &[u8]) {
    thread_local! {
        static USED: RefCell<(Keys, Deciders<'static>)> =
            RefCell::new((Keys::new(), Box::leak(Box::new(Engines::new(&[POLICY]))).deciders()));
    }
    USED.with_borrow_mut(|(keys, deciders)| {
        let mut spans = Spans(Vec::new());
        let verdict = read(data, keys, &mut spans);
        assert_eq!(verdict, read(data, &mut Keys::new(), &mut Spans(Vec::new())), "the verdict depends on what was read before");
        if verdict.is_ok() {
            assert!(serde_json::from_slice::<IgnoredAny>(data).is_ok(), "the reader takes what is no JSON");
            spans.0.iter().for_each(|span| walk(span, data));
        }
        for clarified in [false, true] {
            if let Err(problem) = deciders.agree(data, clarified) {
                panic!("{problem}");
            }
        }
    });
}

/// Bytes as requests, one to a line, that come again and again.
///
/// Every kernel finds the same stops in them. Readers that learn from them, and such as have stopped learning half way, say of each
/// what the strict reader says: the same verdict, the same reason, the same offset, the same values.
pub fn scan(data: &[u8]) {
    for part in data.chunks(Stops::TEXT_LEN_MAX) {
        let mut expected = Stops::NONE;
        for (index, kernel) in Kernel::all().enumerate() {
            let mut stops = Stops::NONE;
            kernel.list(part, &mut stops);
            if index == 0 {
                expected = stops;
            } else {
                assert_eq!(stops.places(), expected.places(), "{} finds others", kernel.name());
            }
        }
    }
    let mut keys = Keys::new();
    let mut readers: Vec<Shapes> = Kernel::all().flat_map(|kernel| [Shapes::with_kernel(kernel), Shapes::with_kernel(kernel)]).collect();
    for round in 0..4 {
        for text in data.split(|byte| *byte == b'\n') {
            let alone = told(|told| read(text, &mut keys, told));
            for shapes in &mut readers {
                assert_eq!(told(|told| shapes.read(text, &mut keys, told)), alone, "the verdict depends on what was read before");
            }
        }
        if round == 1 {
            // Every second reader has learned enough.
            readers.iter_mut().step_by(2).for_each(Shapes::freeze);
        }
    }
}

/// The verdict, and what is told of a text that is taken.
fn told(read: impl FnOnce(&mut Told) -> Result<(), Refusal>) -> (Result<(), Refusal>, Vec<(u32, Span)>) {
    let mut told = Told(Vec::new());
    let verdict = read(&mut told);
    let values = if verdict.is_ok() { told.0 } else { Vec::new() };
    (verdict, values)
}

/// All that is told, under nodes that follow from the keys.
struct Told(Vec<(u32, Span)>);

impl Visit for Told {
    fn member(&mut self, parent: u32, _key: Text<'_>, key_hash: u64, _at: u32) -> u32 {
        let node = (parent ^ key_hash as u32) % 16;
        // Some are not wanted.
        if node == 0 { NONE } else { node }
    }

    fn value(&mut self, node: u32, value: Span) {
        self.0.push((node, value));
    }

    fn restart(&mut self) {
        self.0.clear();
    }
}

/// Bytes as a document, YAML and JSON.
///
/// Checking never panics and ends; what it lets through compiles unless a limit is passed, and then loads, decides and
/// explains itself.
pub fn document(data: &[u8]) {
    for name in ["policy.yaml", "policy.json"] {
        let sources = [Source { name: name.to_owned(), text: data.to_vec() }];
        let checked = check(&sources);
        let text_len_bytes = data.len();
        for diagnostic in &checked.diagnostics {
            let (start, end) = (diagnostic.span.start as usize, diagnostic.span.end as usize);
            assert!(start <= end && end <= text_len_bytes, "a span outside the text: {diagnostic:?}");
            assert!(!diagnostic.message.contains('\n'), "a message of several lines: {diagnostic:?}");
        }
        let Some(policy) = checked.policy else { continue };
        match compile(&policy) {
            Err(diagnostics) => {
                assert!(diagnostics.iter().all(|diagnostic| diagnostic.code.starts_with("limit/")), "{diagnostics:?}");
            }
            Ok(compiled) => {
                let policy = Policy::load(&compiled.artifact).expect("what the compiler writes can be loaded");
                decide_some(&policy);
                let compiled = compiled.with_sources(&sources).expect("a document fits");
                let loaded = Policy::load(&compiled.artifact).expect("documents can be loaded");
                let explainable = Explainable::from_artifact(&loaded).expect("what was checked is checked again");
                let explanation = explainable.explain(br#"{"action":"a"}"#, false, None).expect("no rule is asked for");
                assert!(explanation.text().starts_with("not safe to show to a model"));
            }
        }
    }
}

/// Bytes as an expression of `if`.
///
/// Checking never panics and ends; places lie in the text; what is accepted is printed as an expression that is
/// accepted too, and is the same.
pub fn expression(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(condition) = condition(text) else { return };
    let again = self::condition(&condition.printed).expect("what is printed can be read");
    assert_eq!(again.checked, condition.checked, "printed as {}", condition.printed);
    assert_eq!(again.printed, condition.printed);
}

/// A checked expression.
struct Condition {
    printed: String,
    checked: String,
}

fn condition(text: &str) -> Option<Condition> {
    let quoted = serde_json::to_string(text).expect("any text can be quoted");
    let document = format!(r#"{{"lists": {{"bots": ["b", 5]}}, "rules": [{{"id": "r", "decision": "deny", "if": {quoted}}}]}}"#);
    let checked = check(&[Source { name: "policy.json".to_owned(), text: document.clone().into_bytes() }]);
    for diagnostic in &checked.diagnostics {
        let (start, end) = (diagnostic.span.start as usize, diagnostic.span.end as usize);
        assert!(document.get(start..end).is_some(), "a place outside the text: {diagnostic:?}");
        assert!(!diagnostic.message.contains('\n'), "a message of several lines: {diagnostic:?}");
    }
    let policy = checked.policy?;
    let condition = policy.rules.first().and_then(|rule| rule.condition.as_ref()).expect("a rule with `if`");
    Some(Condition { printed: print(condition, &policy.lists), checked: format!("{condition:?}") })
}

/// Bytes as an artifact, or as changes to a real one, with the header made right.
///
/// Loading never panics; what loads decides without a panic, and ends.
pub fn load_then_decide(data: &[u8]) {
    thread_local! {
        static REAL: Vec<u8> = with_sources(&Engines::new(&[POLICY]));
    }
    let mut artifact = match data.get(..MAGIC.len()) {
        Some(start) if start == MAGIC => data.to_vec(),
        _ => REAL.with(|real| changed(real, data)),
    };
    repair(&mut artifact);
    if let Ok(mut policy) = Policy::load(&artifact) {
        decide_some(&policy);
        policy.treat_as_large();
        decide_some(&policy);
    }
}

/// The artifact with a document in it, though not its own.
fn with_sources(engines: &Engines) -> Vec<u8> {
    let source = Source { name: "policy.yaml".to_owned(), text: b"rules: []\n".to_vec() };
    compile(&engines.checked).and_then(|compiled| compiled.with_sources(&[source])).expect("it compiled before").artifact
}

/// A random policy and requests: every way to decide gives the same bytes.
pub fn differential(data: &[u8]) {
    let Ok(Case { documents, requests }) = Case::arbitrary(&mut Unstructured::new(data)) else { return };
    let engines = match Engines::try_new(&documents) {
        Ok(engines) => engines,
        // The generator makes no policy with an error; limits of patterns are the compiler's to find.
        Err(problem) if problem.contains("\"limit/") => return,
        Err(problem) => panic!("{problem}"),
    };
    let mut deciders = engines.deciders();
    for request in &requests {
        for clarified in [false, true] {
            if let Err(problem) = deciders.agree(request, clarified) {
                panic!("{problem}\n{}", documents.join("\n---\n"));
            }
        }
    }
}

/// The spans of the members of the outermost object.
struct Spans(Vec<Span>);

impl Visit for Spans {
    fn member(&mut self, _parent: u32, _key: Text<'_>, _key_hash: u64, _at: u32) -> u32 {
        // Any node but the root's: its members are asked for too.
        1
    }

    fn value(&mut self, node: u32, value: Span) {
        assert_ne!(node, NONE, "a value that nobody wants");
        self.0.push(value);
    }

    fn restart(&mut self) {
        self.0.clear();
    }
}

/// Asks a value everything that conditions ask.
fn walk(span: &Span, request: &[u8]) {
    let value = span.of(request);
    match span.kind {
        Kind::String => {
            let text = value.as_text().expect("a string has text");
            assert_eq!(text.len(), text.bytes().count());
            assert!(text.eq_bytes(&text.bytes().collect::<Vec<u8>>()));
            assert!(text.chars_count() <= text.len());
        }
        // Some numbers are not representable; none may panic.
        Kind::Number => drop(value.as_number()),
        Kind::Array => assert!(flattened(value.text).count() <= value.text.len() && elements(value.text).count() <= value.text.len()),
        Kind::Object => assert!(members(value.text).count() <= value.text.len()),
        Kind::Null | Kind::Bool(_) => {}
    }
}

fn decide_some(policy: &Policy) {
    let mut scratch = Scratch::new(policy);
    for request in REQUESTS {
        for clarified in [false, true] {
            let decision = policy.decide(request.as_bytes(), &mut scratch, Options { clarified }).to_string();
            assert!(serde_json::from_str::<IgnoredAny>(&decision).is_ok(), "a decision that is no JSON: {decision}");
            let _ = policy.verdict(request.as_bytes(), &mut scratch, Options { clarified });
        }
    }
}

/// Each six bytes change one place: four of offset, one of how, one of value.
fn changed(real: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut artifact = real.to_vec();
    for change in changes.chunks_exact(6).take(64) {
        let &[a, b, c, d, how, value] = change else { continue };
        let offset = (u32::from_le_bytes([a, b, c, d]) as usize).checked_rem(artifact.len()).unwrap_or(0);
        let Some(place) = artifact.get_mut(offset) else { continue };
        match how % 4 {
            0 => *place = value,
            1 => *place ^= 1 << (value % 8),
            2 => *place = place.wrapping_add(value),
            _ => artifact.truncate(offset),
        }
    }
    artifact
}

/// Makes magic, version, length and digest right, so that what lies behind them is reached.
fn repair(artifact: &mut Vec<u8>) {
    if artifact.len() < HEADER_LEN_BYTES {
        artifact.resize(HEADER_LEN_BYTES, 0);
    }
    let len = u32::try_from(artifact.len()).unwrap_or(u32::MAX);
    let head = MAGIC.into_iter().chain(VERSION.to_le_bytes()).chain(len.to_le_bytes());
    artifact.iter_mut().zip(head).for_each(|(place, byte)| *place = byte);
    let digest = digest_of(artifact);
    if let Some(place) = artifact.get_mut(DIGEST_AT..DIGESTED_FROM) {
        place.copy_from_slice(&digest);
    }
}

/// A policy with every operator, so that a request can reach each of them.
const POLICY: &str = r#"
id: fuzz
default: { decision: approval_required, requirements: [look], risk: low, message: nothing is known of this }
lists: { people: [ann, bob, 5] }
rules:
  - { id: read, when: { action: ["read_*", list, "a*b*c"] }, decision: allow, requirements: [log] }
  - { id: small, when: { action: pay, input: { amount: [{ gt: 0, lte: 1000.5 }], to: [{ in: people }] } }, decision: allow }
  - { id: large, when: { input: { amount: [{ numeric: [">", 1000, "<=", 1e9] }] } }, decision: approval_required, risk: high }
  - { id: texts, when: { input: { a: [{ prefix: ab }, { suffix: yz }, { contains: mm }, { wildcard: "x*\\*y" }, { equals-ignore-case: Kelvin }] } }, decision: deny, message: stop }
  - { id: folded, when: { input: { a: [{ prefix: { equals-ignore-case: sh } }] } }, decision: clarification_required }
  - { id: regex, when: { resource: [{ regex: "(?i)doc-[0-9]+(\\.pdf|\\.csv)" }] }, unless: { actor: root }, decision: allow }
  - { id: net, when: { context: { ip: [{ cidr: 10.0.0.0/8 }, { cidr: "2001:db8::/32" }] } }, decision: allow }
  - { id: host, when: { input: { url: [{ host: "*.example.com" }, { host: example.org }] } }, decision: clarification_required }
  - { id: mail, when: { input: { to: [{ email-domain: corp.example }] } }, decision: allow }
  - { id: path, when: { input: { path: [{ path-prefix: /srv/data }, { path-prefix: rel/x }] } }, decision: allow }
  - { id: own, when: { resource: { owner: [{ ref: actor.id }] } }, decision: allow }
  - { id: there, when: { context: { ticket: [{ exists: true, type: [string, "null"] }] } }, decision: allow }
  - { id: long, when: { input: { a: [{ length: { gte: 3, lt: 9 } }] } }, decision: deny, mode: shadow }
  - { id: many, when: { input: { list: [{ any: [{ gt: 3 }, x] }] } }, decision: deny }
  - { id: all, when: { input: { list: [{ every: [{ type: number }] }] }, $or: [{ actor: ann }, { $not: { context: { env: prod } } }] }, decision: allow }
  - { id: but, when: { context: { env: [{ anything-but: [prod, 1, null] }] } }, decision: approval_required }
"#;

/// Requests that reach the conditions of most policies.
const REQUESTS: [&str; 6] = [
    r#"{"action":"read_x"}"#,
    r#"{"action":{"name":"pay","input":{"amount":12.5,"to":["ann","bob"],"a":"xx*y","list":[1,[2,"x"],null],"path":"/srv/data/1","url":"https://a.example.com/"}},"actor":{"id":"ann"},"resource":{"id":"doc-1.pdf","owner":"ann"},"context":{"ip":"10.1.2.3","env":"prod","ticket":null}}"#,
    r#"{"action":"pay","input":{"amount":"5","to":{},"a":[],"list":"x"},"actor":null,"resource":"doc-2.csv","context":{"ip":"::ffff:10.0.0.1"}}"#,
    r#"{"action":"","input":5}"#,
    r#"{"action":"b","action":"c"}"#,
    "\u{feff}{",
];
