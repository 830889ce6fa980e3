//! The reader against the law's table of refusals, a slow checker that reads like the law, and `serde_json`.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic in these helpers is a failed test"
)]

mod shapes;
mod slow;
mod tree;

use std::collections::HashSet;

use toolgate_runtime::json::{
    Keys, NONE, ROOT,
    Reason::{self, *},
    Refusal, Span, Text, Visit, read, walk,
};
use tree::Tree;

#[test]
fn faults_are_those_of_the_law() {
    let deep = |open: &str, depth: usize| open.repeat(depth);
    let key_list = |count: usize| (0..count).map(|index| format!("\"{index}\":0")).collect::<Vec<_>>().join(",");
    let many = |count: usize| format!("{{{}}}", key_list(count));
    // 17 keys and more are compared late.
    let late = |rest: &str| format!("{{{},\"3\":0,{rest}", key_list(20));
    let late_at = key_list(20).len() as u32 + 2;
    let cases: Vec<Case> = vec![
        // Accepted.
        (b"{}".into(), None),
        (b" \t\r\n{ \t\r\n} \t\r\n".into(), None),
        (br#"{"a":[],"b":{},"c":-0.0e+1,"d":"\ud834\udd1e\uDBFF\uDFFF\uD800\uDC00\u0000\/","e":[1,[2,{"a":1}]],"f":null,"g":true,"h":false}"#.into(), None),
        ("{\"\u{7f}\u{e9}\u{20ac}\u{1d11e}\u{feff}\":\"\u{10ffff}\u{fffe}\"}".into(), None),
        (br#"{"a":{"a":{"a":[{"a":1},{"a":1}]}},"A":1,"":0}"#.into(), None),
        (format!("{}1{}", deep("{\"a\":", 64), deep("}", 64)).into(), None),
        (format!("{{\"a\":{}{}}}", deep("[", 63), deep("]", 63)).into(), None),
        (many(4_096).into(), None),
        (format!("{{\"a\":{},\"b\":{}}}", many(4_095), many(4_094)).into(), None),
        // The value and what follows.
        (b"".into(), Some((InvalidJson, 0))),
        (b"  ".into(), Some((InvalidJson, 2))),
        (b"[]".into(), Some((NotAnObject, 0))),
        (b" \"x\" ".into(), Some((NotAnObject, 0))),
        (b"1.5e3".into(), Some((NotAnObject, 0))),
        (b"null".into(), Some((NotAnObject, 0))),
        (b"1 2".into(), Some((TrailingData, 2))),
        (b"01".into(), Some((InvalidJson, 1))),
        (b"-01".into(), Some((InvalidJson, 2))),
        (b"0x".into(), Some((TrailingData, 1))),
        (b"truex".into(), Some((TrailingData, 4))),
        (b"{}}".into(), Some((TrailingData, 2))),
        (b"{} {}".into(), Some((TrailingData, 3))),
        (b"{}\0".into(), Some((TrailingData, 2))),
        (b"{}\xff".into(), Some((InvalidUtf8, 2))),
        (b"{}x\xff".into(), Some((TrailingData, 2))),
        ("{}\u{a0}".into(), Some((TrailingData, 2))),
        (b"\xef\xbb\xbf{}".into(), Some((InvalidJson, 0))),
        (b"\xef\xbb{}".into(), Some((InvalidUtf8, 0))),
        (b"\xff\xfe".into(), Some((InvalidUtf8, 0))),
        // Grammar.
        (b"{".into(), Some((InvalidJson, 1))),
        (b"{\"a\"".into(), Some((InvalidJson, 4))),
        (b"{\"a\":".into(), Some((InvalidJson, 5))),
        (b"{\"a\":1".into(), Some((InvalidJson, 6))),
        (b"{\"a\":1,".into(), Some((InvalidJson, 7))),
        (b"{\"a\":1,}".into(), Some((InvalidJson, 7))),
        (b"{,}".into(), Some((InvalidJson, 1))),
        (b"{\"a\" 1}".into(), Some((InvalidJson, 5))),
        (b"{\"a\":1 \"b\":2}".into(), Some((InvalidJson, 7))),
        (b"{a:1}".into(), Some((InvalidJson, 1))),
        (b"{1:1}".into(), Some((InvalidJson, 1))),
        (b"{\"a\":[1,]}".into(), Some((InvalidJson, 8))),
        (b"{\"a\":[,1]}".into(), Some((InvalidJson, 6))),
        (b"{\"a\":[1 2]}".into(), Some((InvalidJson, 8))),
        (b"{\"a\":[1}}".into(), Some((InvalidJson, 7))),
        (b"{\"a\":1]".into(), Some((InvalidJson, 6))),
        (b"[}".into(), Some((InvalidJson, 1))),
        (b"{\"a\":}".into(), Some((InvalidJson, 5))),
        (b"{\"a\"\xc3\xa9:1}".into(), Some((InvalidJson, 4))),
        (b"{\"a\"\xc3:1}".into(), Some((InvalidUtf8, 4))),
        (b"{\"a\":1}//".into(), Some((TrailingData, 7))),
        (b"{/**/}".into(), Some((InvalidJson, 1))),
        (b"{\"a\":\x0b1}".into(), Some((InvalidJson, 5))),
        (b"{\"a\":'b'}".into(), Some((InvalidJson, 5))),
        // Literals and numbers.
        (b"{\"a\":NaN}".into(), Some((InvalidJson, 5))),
        (b"{\"a\":nul}".into(), Some((InvalidJson, 8))),
        (b"{\"a\":nulL}".into(), Some((InvalidJson, 8))),
        (b"{\"a\":fals".into(), Some((InvalidJson, 9))),
        (b"{\"a\":tru\xff".into(), Some((InvalidUtf8, 8))),
        (b"{\"a\":truee}".into(), Some((InvalidJson, 9))),
        (b"{\"a\":-}".into(), Some((InvalidJson, 6))),
        (b"{\"a\":-".into(), Some((InvalidJson, 6))),
        (b"{\"a\":+1}".into(), Some((InvalidJson, 5))),
        (b"{\"a\":.5}".into(), Some((InvalidJson, 5))),
        (b"{\"a\":1.}".into(), Some((InvalidJson, 7))),
        (b"{\"a\":1.".into(), Some((InvalidJson, 7))),
        (b"{\"a\":1e}".into(), Some((InvalidJson, 7))),
        (b"{\"a\":1e+}".into(), Some((InvalidJson, 8))),
        (b"{\"a\":00}".into(), Some((InvalidJson, 6))),
        (b"{\"a\":0123}".into(), Some((InvalidJson, 6))),
        (b"{\"a\":-0123}".into(), Some((InvalidJson, 7))),
        (b"{\"a\":-Infinity}".into(), Some((InvalidJson, 6))),
        (b"{\"a\":0x10}".into(), Some((InvalidJson, 6))),
        (b"{\"a\":1_000}".into(), Some((InvalidJson, 6))),
        // Strings.
        (b"{\"a\":\"b".into(), Some((InvalidJson, 7))),
        (b"{\"a\":\"b\n\"}".into(), Some((InvalidJson, 7))),
        (b"{\"a\":\"b\x00\"}".into(), Some((InvalidJson, 7))),
        (b"{\"a\":\"b\x1f\"}".into(), Some((InvalidJson, 7))),
        (b"{\"a\":\"\\x\"}".into(), Some((InvalidJson, 6))),
        (b"{\"a\":\"\\".into(), Some((InvalidJson, 7))),
        (b"{\"a\":\"\\u12".into(), Some((InvalidJson, 10))),
        (b"{\"a\":\"\\u12\"}".into(), Some((InvalidJson, 6))),
        (b"{\"a\":\"\\u12g4\"}".into(), Some((InvalidJson, 6))),
        (b"{\"a\":\"\\U0041\"}".into(), Some((InvalidJson, 6))),
        (b"{\"a\":\"\\u12\xff4\"}".into(), Some((InvalidJson, 6))),
        (b"{\"a\":\"bcd\xff\"}".into(), Some((InvalidUtf8, 9))),
        (b"{\"a\":\"bcd\xe2\x82\"}".into(), Some((InvalidUtf8, 9))),
        (b"{\"a\":\"bcd\xe2\x82".into(), Some((InvalidUtf8, 9))),
        (b"{\"a\":\"bcd\xc0\x80\"}".into(), Some((InvalidUtf8, 9))),
        (b"{\"a\":\"bcd\xed\xa0\x80\"}".into(), Some((InvalidUtf8, 9))),
        (b"{\"a\":\"\xc3\xa9\xf4\x90\x80\x80\"}".into(), Some((InvalidUtf8, 8))),
        // Surrogates.
        (br#"{"a":"x\ud800"}"#.into(), Some((LoneSurrogate, 7))),
        (br#"{"a":"x\uDFFF"}"#.into(), Some((LoneSurrogate, 7))),
        (br#"{"a":"x\ud800\ud800\udc00"}"#.into(), Some((LoneSurrogate, 7))),
        (br#"{"a":"x\udc00\ud800"}"#.into(), Some((LoneSurrogate, 7))),
        (br#"{"a":"x\ud800\n"}"#.into(), Some((LoneSurrogate, 7))),
        (br#"{"a":"x\ud800\x"}"#.into(), Some((LoneSurrogate, 7))),
        (br#"{"a":"x\ud800\u12"}"#.into(), Some((LoneSurrogate, 7))),
        (br#"{"a":"x\ud834\udd1e\udd1e"}"#.into(), Some((LoneSurrogate, 19))),
        (br#"{"a\ud800":"#.into(), Some((LoneSurrogate, 3))),
        (br#"{"a":"x\ud800"#.into(), Some((LoneSurrogate, 7))),
        (br#"{"a":"x\ud800\"#.into(), Some((LoneSurrogate, 7))),
        (br#"{"a":"x\ud800\udc0"#.into(), Some((LoneSurrogate, 7))),
        (br#"{"a":"x\ud800\udb"#.into(), Some((LoneSurrogate, 7))),
        // Limits.
        (deep("[", 65).into(), Some((TooDeep, 64))),
        (deep("{\"a\":", 65).into(), Some((TooDeep, 320))),
        (format!("{{\"a\":{}", deep("[", 64)).into(), Some((TooDeep, 68))),
        (format!("{}{{", deep("[{\"a\":", 32)).into(), Some((TooDeep, 192))),
        (format!("{}{{", deep("{\"a\":", 63) + "{").into(), Some((InvalidJson, 316))),
        (many(4_097).into(), Some((TooManyMembers, many(4_096).len() as u32))),
        (many(4_096).replace('}', ",\"0\":0}").into(), Some((TooManyMembers, many(4_096).len() as u32))),
        (many(4_096).replace('}', ",\"\\x\":0}").into(), Some((TooManyMembers, many(4_096).len() as u32))),
        (many(4_096).replace('}', ",").into(), Some((InvalidJson, many(4_096).len() as u32))),
        (format!("{{\"a\":{}}}", many(4_096)).into(), Some((TooManyMembers, 5 + many(4_095).len() as u32))),
        (format!("{{\"a\":[{},{}],\"b\":0}}", many(4_095), many(4_096)).into(), Some((TooManyMembers, 7 + 2 * many(4_095).len() as u32))),
        // Duplicates.
        (br#"{"a":1,"a":2}"#.into(), Some((DuplicateKey, 7))),
        (br#"{"a":1,"b":2,"\u0061":2}"#.into(), Some((DuplicateKey, 13))),
        (br#"{"\u0061":1,"\u0061":2}"#.into(), Some((DuplicateKey, 12))),
        (br#"{"":1,"":2}"#.into(), Some((DuplicateKey, 6))),
        (br#"[{"a":1,"b":[{"c":{},"c""#.into(), Some((DuplicateKey, 21))),
        (br#"{"a":1,"a"#.into(), Some((InvalidJson, 9))),
        (br#"{"a":1,"a\x"}"#.into(), Some((InvalidJson, 9))),
        (br#"{"a":1,"a"x"#.into(), Some((DuplicateKey, 7))),
        (br#"{"a":{"b":1,"b":1},"a":1}"#.into(), Some((DuplicateKey, 12))),
        (br#"{"a":{"b":1},"b":1,"a":{"a":1,"b":1}}"#.into(), Some((DuplicateKey, 19))),
        (late("\"x\":0}").into(), Some((DuplicateKey, late_at))),
        (late("").into(), Some((DuplicateKey, late_at))),
        (late("\"x\":01").into(), Some((DuplicateKey, late_at))),
        (late("\"x\":{\"y\":0,\"y\":0}").into(), Some((DuplicateKey, late_at))),
        (late(&format!("\"x\":{}", late("\"x\":0}"))).into(), Some((DuplicateKey, late_at))),
        (late("\"5\":0,\"3\":0,\"0\":0}").into(), Some((DuplicateKey, late_at))),
        (format!("[{}", late("\"x\":[[\"\\ud800\"").as_str()).into(), Some((DuplicateKey, late_at + 1))),
        (many(20).replace('}', ",\"x\":{\"y\":0,\"y\":0},\"3\":0}").into(), Some((DuplicateKey, many(20).len() as u32 + 11))),
        (many(20).replace('}', ",\"x\":01,\"3\":0}").into(), Some((InvalidJson, many(20).len() as u32 + 5))),
    ];
    for (text, expected) in cases {
        let expected = expected.map_or(Ok(()), |(reason, offset)| Err(Refusal { reason, offset }));
        let shown = String::from_utf8_lossy(&text[..text.len().min(200)]).into_owned();
        assert_eq!(verdict(&text), expected, "{shown}");
        assert_eq!(slow::verdict(&text), expected, "the slow checker: {shown}");
    }
}

#[test]
fn hostile_sizes_are_refused_where_they_show() {
    let limit = 1_048_576;
    let string = |len: usize, inside: &str| format!("{{\"a\":\"{}\"}}", inside.repeat((len - 8) / inside.len()));
    let refused = |reason, offset| Err(Refusal { reason, offset });
    assert_eq!(verdict("[".repeat(limit).as_bytes()), refused(TooDeep, 64));
    assert_eq!(verdict("[".repeat(limit + 1).as_bytes()), refused(TooLarge, limit as u32));
    assert_eq!(verdict(&vec![0xff; limit + 1]), refused(TooLarge, limit as u32));
    assert_eq!(verdict(" ".repeat(limit).as_bytes()), refused(InvalidJson, limit as u32));
    for inside in ["x", "\u{e9}", "\\n", "\\u0061", "\\ud834\\udd1e", "\u{20ac}x"] {
        let text = string(limit, inside);
        assert!(text.len() <= limit);
        assert_eq!(verdict(text.as_bytes()), Ok(()), "{inside}");
        assert_eq!(verdict(&text.as_bytes()[..text.len() - 2]), refused(InvalidJson, text.len() as u32 - 2), "{inside}");
    }
    let number = format!("{{\"a\":1{}}}", "0".repeat(limit - 7));
    assert_eq!(verdict(number.as_bytes()), Ok(()));
    let flat = format!("{{\"a\":[{}0]}}", "0,".repeat(limit / 2 - 5));
    assert_eq!(verdict(flat.as_bytes()), Ok(()));
    assert_eq!(walk::flatten_count_up_to(&flat.as_bytes()[5..flat.len() - 1], 1_025), 1_025);
    let empty = format!("{{\"a\":[{}[]]}}", "[],".repeat(limit / 3 - 5));
    assert_eq!(verdict(empty.as_bytes()), Ok(()));
    assert_eq!(walk::flatten_count_up_to(&empty.as_bytes()[5..empty.len() - 1], 1_025), 0);
    let long_keys = format!("{{\"{}\":0,\"{}\":0}}", "x".repeat(500_000), "x".repeat(500_000));
    assert_eq!(verdict(long_keys.as_bytes()), refused(DuplicateKey, 500_006));
}

/// Seeded mutations of typical and odd texts: verdict and offset against the slow checker, acceptance against
/// `serde_json`, and what the reader tells against the tree that `serde_json` builds.
#[test]
fn mutated_texts_are_judged_alike() {
    let large: String = (0..40).map(|index| format!("\"k{index}\":{index},")).collect();
    let seeds = [
        r#"{"actor":{"type":"agent","id":"bot-17","session":"s-42"},"action":{"name":"svc.obj.read","input":{"amount":125.50,"currency":"EUR","note":"caf\u00e9 \"x\""}},"context":{"env":"prod","ticket":null}}"#.to_owned(),
        r#"{ "a" : [ 1 , -2.5e+3 , [ ] , { "b" : true , "c" : [ "x" , "\ud834\udd1e" , "żółć" ] } ] , "d" : { } , "\u0065" : "\\" }"#.to_owned(),
        r#"{"a":{"a":{"a":{"b":1,"a":2},"b":[{"a":1,"b":2},{"a":3,"b":4}]},"c":false},"b":null,"ab":0,"a\u0062c":1}"#.to_owned(),
        format!("{{{large}\"z\":{{{large}\"z\":[{{\"a\":1,\"b\":2}}]}}}}"),
        format!("[{{{large}\"z\":\"\u{20ac}\u{1d11e}\u{e9}\"}}]"),
        "[[1,2,[3]],\"x\",{}]".to_owned(),
        format!("{}1{}", "[".repeat(63), "]".repeat(63)),
    ];
    let pieces: [&[u8]; 32] = [
        b"\"",
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"0",
        b"1",
        b"-",
        b".",
        b"e",
        b" ",
        b"\n",
        b"\\u",
        b"\\ud800",
        b"\\udc00",
        b"\\u0061",
        b"true",
        b"null",
        b"\xff",
        b"\xc3\xa9",
        b"\xe2\x82",
        b"\x00",
        b"\x7f",
        b"\"a\":1,",
        b"\"k3\":0,",
        b"\"b\":",
        b"[[",
        b"]]",
        b"\xef\xbb\xbf",
    ];
    let mut random = Random(0x5eed);
    let mut keys = Keys::new();
    let (mut accepted, mut refused) = (0, HashSet::new());
    for round in 0..60_000 {
        let mut text = seeds[round % seeds.len()].as_bytes().to_vec();
        for _ in 0..random.below(4) {
            let at = random.below(text.len() + 1);
            match random.below(6) {
                0 => text.truncate(at),
                1 => drop(text.drain(at..(at + 1 + random.below(6)).min(text.len()))),
                2 => drop(text.splice(at..at, pieces[random.below(pieces.len())].iter().copied())),
                3 => {
                    let end = (at + random.below(3)).min(text.len());
                    drop(text.splice(at..end, pieces[random.below(pieces.len())].iter().copied()));
                }
                4 => {
                    let from = random.below(text.len() + 1);
                    let copy = text[from..(from + random.below(40)).min(text.len())].to_vec();
                    drop(text.splice(at..at, copy));
                }
                _ => {
                    if let Some(byte) = text.get_mut(at) {
                        *byte = random.below(256) as u8;
                    }
                }
            }
        }
        let shown = String::from_utf8_lossy(&text).into_owned();
        let mut told = Told::default();
        let verdict = read(&text, &mut keys, &mut told);
        assert_eq!(verdict, slow::verdict(&text), "{shown}");
        match serde_json::from_slice::<Tree>(&text) {
            Err(error) if error.to_string().contains("out of range") => {}
            Err(error) => assert!(verdict.is_err_and(|refusal| refusal.reason != NotAnObject), "{error}: {shown}"),
            Ok(tree) => {
                let alike = tree.depth() <= 64 && !tree.has_duplicates();
                let judged = matches!(verdict, Ok(()) | Err(Refusal { reason: NotAnObject, .. }));
                assert_eq!(judged, alike, "{shown}");
                assert_eq!(verdict.is_ok(), alike && matches!(tree, Tree::Object(_)), "{shown}");
                if verdict.is_ok() {
                    told.check(ROOT, &tree, &text);
                }
            }
        }
        match verdict {
            Ok(()) => accepted += 1,
            Err(refusal) => drop(refused.insert(refusal.reason)),
        }
    }
    assert!(accepted > 10_000, "{accepted}");
    assert_eq!(refused.len(), 7, "{refused:?}");
}

/// Every text of up to five pieces, so that no state of the reader is left out.
#[test]
fn short_texts_are_judged_alike() {
    let pieces: [&[u8]; 15] =
        [b"{", b"}", b"[", b"]", b",", b":", b"\"", b"\"a\"", b"\\u0061", b"0", b"-1.5", b"null", b" ", b"\xc3", b"\xa9"];
    let mut keys = Keys::new();
    for index in 0..15usize.pow(5) {
        let text: Vec<u8> = (0..5).flat_map(|place| pieces[index / 15usize.pow(place) % 15]).copied().collect();
        let verdict = read(&text, &mut keys, &mut Told::default());
        assert_eq!(verdict, slow::verdict(&text), "{}", String::from_utf8_lossy(&text));
    }
}

/// A text and how it is refused, if it is.
type Case = (Vec<u8>, Option<(Reason, u32)>);

fn verdict(text: &[u8]) -> Result<(), Refusal> {
    read(text, &mut Keys::new(), &mut Told::default())
}

/// Everything the reader tells: each member gets a node of its own.
#[derive(Default)]
struct Told {
    members: Vec<(u32, Vec<u8>)>,
    values: Vec<(u32, Span)>,
}

impl Visit for Told {
    fn member(&mut self, parent: u32, key: Text<'_>, key_hash: u64, _: u32) -> u32 {
        let key: Vec<u8> = key.bytes().collect();
        assert_eq!(key_hash, toolgate_runtime::json::text::hash(&key));
        assert_ne!(parent, NONE);
        self.members.push((parent, key));
        // Some are not wanted.
        if self.members.len() % 7 == 6 { NONE } else { self.members.len() as u32 }
    }

    fn value(&mut self, node: u32, value: Span) {
        assert_ne!(node, NONE);
        self.values.push((node, value));
    }

    fn restart(&mut self) {
        *self = Self::default();
    }
}

impl Told {
    fn check(&self, node: u32, tree: &Tree, text: &[u8]) {
        let values: Vec<Span> = self.values.iter().filter(|(told, _)| *told == node).map(|(_, span)| *span).collect();
        let [span] = values[..] else { panic!("{} values of node {node}", values.len()) };
        tree.check(span.of(text));
        if let Tree::Object(members) = tree {
            let children = || (1u32..).zip(&self.members).filter(|(_, (parent, _))| *parent == node);
            assert_eq!(children().count(), members.len());
            for ((child, (_, told)), (key, value)) in children().zip(members) {
                assert_eq!(told, key.as_bytes());
                if child % 7 != 6 {
                    self.check(child, value, text);
                }
            }
        }
    }
}

struct Random(u64);

impl Random {
    /// SplitMix64.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}
