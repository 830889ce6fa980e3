//! Reading with what was learned against reading without: the same verdict, the same offset, the same values told in the
//! same order, whatever was learned.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use toolgate_runtime::json::{Kernel, Keys, Kind, NONE, ROOT, Refusal, Shapes, Span, Text, Visit, read};

use crate::Random;

/// Wants the members on some paths, as a policy does.
#[derive(Default)]
struct Told {
    nodes: HashMap<(u32, Vec<u8>), u32>,
    values: Vec<(u32, Span)>,
    restarts: usize,
}

impl Told {
    fn new(paths: &[&str]) -> Self {
        let mut told = Self::default();
        for path in paths {
            path.split('/').fold(ROOT, |parent, key| {
                let next = told.nodes.len() as u32 + 1;
                *told.nodes.entry((parent, key.as_bytes().to_vec())).or_insert(next)
            });
        }
        told
    }
}

impl Visit for Told {
    fn member(&mut self, parent: u32, key: Text<'_>, key_hash: u64, _: u32) -> u32 {
        assert_eq!(key_hash, key.hash());
        assert_ne!(parent, NONE);
        self.nodes.get(&(parent, key.bytes().collect())).copied().unwrap_or(NONE)
    }

    fn value(&mut self, node: u32, value: Span) {
        assert_ne!(node, NONE);
        self.values.push((node, value));
    }

    fn restart(&mut self) {
        self.values.clear();
        self.restarts += 1;
    }
}

/// One reader without anything learned, and others that know what they were shown, by every kernel.
struct Readers {
    told: Told,
    keys: Keys,
    learned: Vec<Shapes>,
}

impl Readers {
    /// Half of them are frozen, the others go on to learn.
    fn trained(paths: &[&str], texts: &[Vec<u8>]) -> Self {
        let mut readers = Self { told: Told::new(paths), keys: Keys::new(), learned: Vec::new() };
        for kernel in Kernel::all() {
            for freezes in [true, false] {
                let mut shapes = Shapes::with_kernel(kernel);
                for text in texts {
                    for _ in 0..3 {
                        let _ = shapes.read(text, &mut readers.keys, &mut readers.told);
                    }
                }
                if freezes {
                    shapes.freeze();
                }
                readers.learned.push(shapes);
            }
        }
        readers
    }

    fn read(&mut self, text: &[u8]) -> (Result<(), Refusal>, Vec<(u32, Span)>) {
        self.told.values.clear();
        let verdict = read(text, &mut self.keys, &mut self.told);
        (verdict, std::mem::take(&mut self.told.values))
    }

    /// How many of the readers knew the text.
    fn check(&mut self, text: &[u8]) -> usize {
        let (verdict, values) = self.read(text);
        let mut known = 0;
        for shapes in &mut self.learned {
            self.told.restarts = 0;
            self.told.values.clear();
            let learned = shapes.read(text, &mut self.keys, &mut self.told);
            let shown = String::from_utf8_lossy(text);
            assert_eq!(learned, verdict, "{shown}");
            if verdict.is_ok() {
                assert_eq!(self.told.values, values, "{shown}");
            }
            known += usize::from(self.told.restarts == 0);
        }
        known
    }
}

const PATHS: [&str; 12] = [
    "actor/id",
    "actor/type",
    "action/name",
    "action/input/amount",
    "action/input/tags",
    "action/input/to/name",
    "resource",
    "context/env",
    "context/ticket",
    "a/a/b",
    "a/b",
    "b",
];

fn typical() -> Vec<Vec<u8>> {
    let nested: String = (0..30).map(|index| format!("\"n{index}\":{{\"a\":{index},\"b\":{{}}}},")).collect();
    let deep = format!("{}1{}", "{\"b\":0,\"a\":".repeat(64), "}".repeat(64));
    let texts = [
        r#"{"actor":{"type":"agent","id":"bot-17","session":"s-42"},"action":{"name":"svc.obj.read","input":{"amount":125.50,"currency":"EUR","note":"a plain note"}},"resource":{"type":"account","id":"acc-00017","owner":"user-00042"},"context":{"env":"prod","ip":"10.0.0.1","ts":1767225600,"ticket":"T-1"}}"#,
        r#"{"actor":{"type":"agent","id":"bot-17","session":"s-42"},"action":{"name":"svc.obj.read","input":{"amount":125.50,"currency":"EUR","note":"caf\u00e9 \"x\" żółć"}},"resource":null,"context":{"env":"prod","ip":"10.0.0.1","ts":-1.5e3}}"#,
        r#"{"actor": {"type": "agent", "id": "bot-1"}, "action": {"name": "pay", "input": {"tags": ["a", {"x": [1, 2]}, []], "to": {"name": "bob"}, "amount": 0}}, "context": {"env": true}}"#,
        "{\n  \"action\": {\n    \"name\": \"pay\",\n    \"input\": {\n      \"amount\": 5,\n      \"to\": {\n        \"name\": \"x\"\n      }\n    }\n  },\n  \"context\": {}\n}\n",
        r#"{"a":{"a":{"a":1,"b":2},"b":null},"b":false,"\u0061b":"x","":1}"#,
        r#"{"a":{"a":{"b":"12345678901234567890123456789012345678901234567890123456789012345678901234567890"}},"b":""}"#,
        r#"{"action":"x"}"#,
        r#"{"action":7}"#,
        r#" { "b" : 1 , "a" : { } , "c" : { "d" : { } } } "#,
        r#"{}"#,
        r#"{"b":1}"#,
        r#"{"b":{"c":[1,2,{"d":{"e":[[],[[]]]}}],"d":0}}"#,
    ];
    let mut texts: Vec<Vec<u8>> = texts.into_iter().map(|text| text.as_bytes().to_vec()).collect();
    texts.push(format!("{{{nested}\"z\":1}}").into_bytes());
    texts.push(deep.into_bytes());
    texts
}

#[test]
fn what_is_seen_again_is_known() {
    let texts = typical();
    let mut readers = Readers::trained(&PATHS, &texts);
    let all = readers.learned.len();
    for text in &texts {
        assert_eq!(readers.check(text), all, "{}", String::from_utf8_lossy(text));
    }
    // The same by other values, and not by other keys. Strings are ways of their own.
    assert_eq!(readers.check(br#"{"b":"x"}"#), 0);
    assert_eq!(readers.check(br#"{"action":"another"}"#), all);
    assert_eq!(readers.check(br#"{"action":-12.5e9}"#), all);
    assert_eq!(readers.check(br#"{"action":[[],{"a":1}]}"#), all);
    assert_eq!(readers.check(br#"{"action":null}"#), all);
    assert_eq!(readers.check(br#"{"Action":"x"}"#), 0);
    assert_eq!(readers.check(br#"{"action" :"x"}"#), 0);
    // One container more than there may be.
    let deep = format!("{}{{}}{}", "{\"b\":0,\"a\":".repeat(64), "}".repeat(64));
    assert_eq!(readers.check(deep.as_bytes()), 0);
}

/// What cannot be kept does no harm to what can.
#[test]
fn long_segments_are_not_learned() {
    let long = format!("{{\"a\":{}1}}", " ".repeat(300)).into_bytes();
    let text = br#"{"a":1}"#;
    let mut readers = Readers::trained(&PATHS, &[long.clone(), text.to_vec()]);
    assert_eq!(readers.check(&long), 0);
    assert_eq!(readers.check(text), readers.learned.len());
}

/// Stops are listed for a kilobyte at a time; where a list ends makes no difference.
#[test]
fn texts_longer_than_a_list_are_read_alike() {
    let text = |len: usize, one: &str| {
        let pad = "p".repeat(len);
        format!(
            r#"{{"a":{{"a":"{pad}","b":"{one}"}},"b":["{pad}","{one}",7],"action":"{pad}{one}","context":{{"env":["q","{one}","{pad}"]}}}}"#
        )
    };
    let mut readers = Readers::trained(&PATHS, &[text(3, "x").into_bytes()]);
    let count = readers.learned.len();
    for len in (0..2_200).step_by(71).chain(975..1_030).chain(490..520) {
        for one in ["", "x", "\\n", "ż", "\\\"\\\\"] {
            assert_eq!(readers.check(text(len, one).as_bytes()), count, "{len} {one}");
        }
        for one in ["\"", "\n", "\\x", "\u{7f}"] {
            readers.check(text(len, one).as_bytes());
        }
    }
}

/// A text is learned when it has come a second time.
#[test]
fn once_is_not_enough() {
    let mut readers = Readers::trained(&PATHS, &[]);
    let text = br#"{"a":1,"b":{"c":2}}"#;
    assert_eq!(readers.check(text), 0);
    assert_eq!(readers.check(text), 0);
    // Those that are not frozen.
    assert_eq!(readers.check(text), readers.learned.len() / 2);
}

/// Every text of a beginning and so many pieces, by readers that know those of fewer that are accepted.
fn every_text_is_read_alike(begin: &str, len_max: usize) {
    let pieces: [&[u8]; 12] = [b"{", b"}", b"\"a\":", b"\"b\":", b",", b"1", b"\"x\"", b" ", b"[", b"]", b"0", b".5"];
    let text = |mut index: usize, len: usize| -> Vec<u8> {
        let mut text = begin.as_bytes().to_vec();
        for _ in 0..len {
            text.extend_from_slice(pieces[index % pieces.len()]);
            index /= pieces.len();
        }
        text
    };
    let texts = |len: usize| (0..pieces.len().pow(len as u32)).map(move |index| (index, len));
    let accepted: Vec<Vec<u8>> = (0..len_max)
        .flat_map(texts)
        .map(|(index, len)| text(index, len))
        .filter(|text| read(text, &mut Keys::new(), &mut Told::default()).is_ok())
        .collect();
    assert!(accepted.len() > len_max, "{}", accepted.len());
    let mut readers = Readers::trained(&["a/a", "b/a", "b/b"], &accepted);
    // One kernel is enough here; the last is the fastest.
    readers.learned.drain(..readers.learned.len() - 2);
    let (mut known, mut all) = (0, 0);
    for len in 0..=len_max {
        for (index, len) in texts(len) {
            known += usize::from(readers.check(&text(index, len)) > 0);
            all += 1;
        }
    }
    assert!(known >= accepted.len() && known < all / 50, "{known} of {all}");
}

#[test]
fn short_texts_are_read_alike() {
    every_text_is_read_alike("{", 6);
}

/// The last bytes are compared in another way where there are enough before them.
#[test]
fn ends_of_longer_texts_are_read_alike() {
    let long = "0".repeat(32);
    for begin in [format!("{{\"c\":\"{long}\""), format!("{{\"c\":{{\"d\":\"{long}\""), format!("{{\"{long}\":1")] {
        every_text_is_read_alike(&begin, 5);
    }
}

/// Where only one way on is known, no other is taken for one: not that from the start, which is the first in memory.
#[test]
fn there_are_no_ways_but_those_that_are_known() {
    let mut texts = vec![b"{\"a\":1}".to_vec()];
    let long = format!("{{\"c\":\"{}\"", "0".repeat(32));
    texts.push(format!("{long}}}").into_bytes());
    let mut readers = Readers::trained(&["a", "c"], &texts);
    for behind in ["{\"a\":1", "{\"a\":1}", "{\"a\":1}}", "", "}", "}}", ",", "{}", "\"", "1"] {
        let known = readers.check(format!("{long}{behind}").as_bytes());
        assert_eq!(known > 0, behind == "}", "{behind}");
    }
}

/// Every byte of a text that is known changed to others, removed, doubled; the text cut there; another text's rest there.
#[test]
fn mutations_of_known_texts_are_read_alike() {
    let texts = typical();
    let mut readers = Readers::trained(&PATHS, &texts);
    let others = b"\"\\{}[],: \n\t\x00\x1f\x7f\x80\xc3\xff0159-+.eEtfnaAuz";
    for text in &texts {
        for at in 0..text.len() {
            let (before, behind) = (&text[..at], &text[at + 1..]);
            for other in others {
                readers.check(&[before, &[*other], behind].concat());
                readers.check(&[before, &[*other], &text[at..]].concat());
            }
            for bit in 0..8 {
                readers.check(&[before, &[text[at] ^ (1 << bit)], behind].concat());
            }
            readers.check(&[before, behind].concat());
            readers.check(&[before, &text[at..=at], &text[at..]].concat());
            readers.check(before);
        }
    }
}

#[test]
fn spliced_texts_are_read_alike() {
    let texts = typical();
    let mut readers = Readers::trained(&PATHS, &texts);
    let mut random = Random(0x5eed);
    let mut accepted = 0;
    for _ in 0..60_000 {
        let (one, other) = (&texts[random.below(texts.len())], &texts[random.below(texts.len())]);
        let (mut end, mut start) = (random.below(one.len() + 1), random.below(other.len() + 1));
        // Where a segment or a value begins, half of the time.
        if random.below(2) == 0 {
            let next = |text: &[u8], from: usize| from + text[from..].iter().position(|byte| b",}".contains(byte)).unwrap_or(0);
            (end, start) = (next(one, end), next(other, start));
        }
        let text = [&one[..end], &other[start..]].concat();
        readers.check(&text);
        accepted += usize::from(readers.read(&text).0.is_ok());
    }
    assert!(accepted > 1_000, "{accepted}");
}

/// All requests of the vectors through readers that live as long, in random order, twice and more.
#[test]
fn the_requests_of_the_vectors_are_read_alike() {
    let mut requests = Vec::new();
    let mut pending = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/decide")];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(directory).expect("the vectors are there") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                pending.push(path);
                continue;
            }
            let vector: Value = serde_json::from_slice(&fs::read(&path).expect("a vector")).expect("JSON");
            for case in vector["cases"].as_array().expect("cases") {
                requests.extend(case["request"].as_str().map(|text| text.as_bytes().to_vec()));
            }
        }
    }
    assert!(requests.len() > 1_000, "{}", requests.len());
    let mut readers = Readers::trained(&PATHS, &[]);
    let mut random = Random(0x5eed);
    let mut known = 0;
    for _ in 0..4 {
        for last in (1..requests.len()).rev() {
            requests.swap(last, random.below(last + 1));
        }
        for request in &requests {
            known += readers.check(request);
        }
    }
    assert!(known > requests.len(), "{known}");
}

/// Calls of many tools part at one state, and are known all the same.
#[test]
fn many_ways_from_one_state_are_known() {
    let names = ["path", "query", "url", "id", "p", "pa", "patterns", "", "a", "b"];
    let tool = |name: &str, number: usize, value: &str| {
        format!("{{\"action\":{{\"input\":{{\"{name}{number}\":{value}}},\"name\":\"{name}\"}}}}").into_bytes()
    };
    let all = |value: &'static str| names.iter().flat_map(move |name| (0..20).map(move |number| tool(name, number, value)));
    let texts: Vec<Vec<u8>> =
        all("1").chain(all("\"a\"")).chain(names.iter().map(|name| format!("{{\"{name}\":{{}}}}").into_bytes())).collect();
    let mut readers = Readers::trained(&PATHS, &texts);
    let count = readers.learned.len();
    for text in texts.iter().cloned().chain(all("\"other\"")).chain(all("[true]")) {
        assert_eq!(readers.check(&text), count, "{}", String::from_utf8_lossy(&text));
    }
    for text in all(" 1").chain(all("01")).chain(all("1}")) {
        assert_eq!(readers.check(&text), 0);
    }
}

/// What one state leads to is nothing to another, also where both look behind one door: two states in 512 do.
#[test]
fn ways_from_other_states_are_not_taken() {
    let mut keys = Keys::new();
    let mut told = Told::new(&["a/x0", "a/x1", "a/x2", "a/x3", "a/x4", "a/x5", "a/x6", "a/x7", "a/x8", "a/x9"]);
    let text = |object: &str, key: &str, number: usize| format!("{{\"{object}\":{{\"s\":1,\"{key}{number}\":2}}}}");
    for (between, odd) in (230..262).flat_map(|between| [(between, false), (between, true)]) {
        let mut shapes = Shapes::new();
        let mut learn = |text: &str| {
            for _ in 0..3 {
                assert_eq!(shapes.read(text.as_bytes(), &mut keys, &mut told), Ok(()));
            }
        };
        (0..10).for_each(|number| learn(&text("a", "x", number)));
        (0..between).for_each(|kind| learn(&format!("{{\"k{kind}\":1}}")));
        if odd {
            learn(r#"{"e":1,"f":2}"#);
        }
        (0..10).for_each(|number| learn(&text("b", "y", number)));
        for number in 0..10 {
            // Only those of the first object are wanted.
            for (object, key, wanted) in [("a", "x", 1), ("b", "y", 0), ("b", "x", 0), ("a", "y", 0)] {
                told.values.clear();
                assert_eq!(shapes.read(text(object, key, number).as_bytes(), &mut keys, &mut told), Ok(()));
                assert_eq!(told.values.iter().filter(|(_, span)| span.kind == Kind::Number).count(), wanted, "{between} {object} {key}");
            }
        }
    }
}

/// The last place is given away, and then one more is wanted.
#[test]
fn nothing_is_linked_that_has_no_place() {
    let mut keys = Keys::new();
    let mut told = Told::new(&PATHS);
    for (count, odd) in (495..512).flat_map(|count| [(count, false), (count, true)]) {
        let mut shapes = Shapes::new();
        let mut learn = |text: &str| {
            for _ in 0..3 {
                assert_eq!(shapes.read(text.as_bytes(), &mut keys, &mut told), Ok(()));
            }
        };
        learn(r#"{"z":1,"y":2}"#);
        if odd {
            learn(r#"{"e":1,"f":2}"#);
        }
        (0..count).for_each(|kind| learn(&format!("{{\"k{kind}\":1}}")));
        learn(r#"{"z":1,"w":2}"#);
        for text in [&br#"{"z":1{"z":1,"y":2}"#[..], br#"{"z":1{"z":1,"w":2}"#, br#"{"z":1,"w":2}"#] {
            assert_eq!(shapes.read(text, &mut keys, &mut told), read(text, &mut keys, &mut told), "{count}");
        }
    }
}

/// More shapes than there is memory for, and then others, several times: nothing depends on it, and the later ones are
/// learned in the end.
#[test]
fn memory_that_is_full_is_used_anew() {
    let mut readers = Readers::trained(&PATHS, &[]);
    let shape = |kind: usize, value: usize| format!("{{\"a\":{{\"k{kind}\":{value},\"a\":{{\"b\":\"x\"}}}},\"b\":[{value}]}}").into_bytes();
    for life in 1..4 {
        for kind in 0..700 {
            for value in 0..3 {
                readers.check(&shape(life * 1_000 + kind, value));
            }
        }
        // Until it has been forgotten, and then learned.
        let known: Vec<usize> = (0..20_000).map(|value| readers.check(&shape(life * 10_000 + value % 3, value))).collect();
        assert_eq!(known.first(), Some(&0));
        assert_eq!(known.last(), Some(&(readers.learned.len() / 2)));
        // Texts that end like those that are forgotten.
        for kind in 0..700 {
            readers.check(&shape(life * 1_000 + kind, 1));
        }
    }
}

/// Long texts, so that the stops are listed anew: strings around every place where a list ends.
#[test]
fn long_texts_are_read_alike() {
    let text = |first: usize, second: usize, last: &str| {
        format!("{{\"a\":{{\"b\":\"{}\",\"c\":\"{}\"}},\"b\":\"{last}\"}}", "x".repeat(first), "y".repeat(second)).into_bytes()
    };
    let mut readers = Readers::trained(&PATHS, &[text(1, 1, "")]);
    let all = readers.learned.len();
    for first in (0..140).chain(900..1_100).chain(2_030..2_060).chain([8_000, 100_000]) {
        for second in [0, 1, 63, 64, 65, 1_020, 4_200] {
            assert_eq!(readers.check(&text(first, second, "end")), all);
            assert_eq!(readers.check(&text(first, second, "\\n\u{17c}\\ud834\\udd1e")), all);
            assert_eq!(readers.check(&text(first, second, "\\ud834")), 0);
        }
    }
    let limit = 1_048_576;
    let fixed = text(0, 0, "").len();
    assert_eq!(readers.check(&text(limit - fixed, 0, "")), all);
    assert_eq!(readers.check(&text(limit - fixed + 1, 0, "")), 0);
}

/// Depth and members count what stands around an array.
#[test]
fn arrays_inside_of_known_texts_have_their_limits() {
    let array = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let around = |value: &str| format!("{{\"a\":{{\"a\":{{\"b\":{value}}},\"c\":0}},\"b\":1}}").into_bytes();
    let mut readers = Readers::trained(&PATHS, &[around("0")]);
    let all = readers.learned.len();
    assert_eq!(readers.check(&around(&array(61))), all);
    assert_eq!(readers.check(&around(&array(62))), 0);
    let object = |count: usize| (0..count).map(|key| format!("\"{key}\":0")).collect::<Vec<_>>().join(",");
    // Three are open around it.
    assert_eq!(readers.check(&around(&format!("[{{{}}}]", object(4_093)))), all);
    assert_eq!(readers.check(&around(&format!("[{{{}}}]", object(4_094)))), 0);
    assert_eq!(readers.check(&around(r#"[{"x":1,"y":[{"x":1,"x":2}]}]"#)), 0);
    assert_eq!(readers.check(&around(r#"[{"x":1,"a":[{"x":1,"b":2}]},"\ud834"]"#)), 0);
    assert_eq!(readers.check(&around(r#"[{"x":1,"a":[{"x":1,"b":2}]},"x"]"#)), all);
    assert_eq!(readers.check(&around("[1,]")), 0);
}
