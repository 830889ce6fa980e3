//! Tables of what texts say: hosts of URLs, domains of addresses, paths, networks, texts in any case, and patterns.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value, json};
use support::Engines;
use toolgate_runtime::artifact::format::{SECTION_TABLE_AT, Section, TABLE_WORDS, TableKind};

const DECISIONS: [&str; 4] = ["allow", "approval_required", "clarification_required", "deny"];

/// Policies with a rule for each list of alternatives at `resource.said`: one whose rules count, and one whose rules only watch, so that
/// all that hold are told and not the strictest alone.
fn engines(lists: impl IntoIterator<Item = Vec<Value>>) -> [Engines; 2] {
    let lists: Vec<_> = lists.into_iter().collect();
    ["enforce", "shadow"].map(|mode| {
        let rule = |(at, list): (usize, &Vec<Value>)| {
            let when = json!({ "resource": { "said": list } });
            json!({ "id": format!("r{at}"), "when": when, "decision": DECISIONS[at % 4], "mode": mode })
        };
        let rules: Vec<_> = lists.iter().enumerate().map(rule).collect();
        Engines::new(&[json!({ "default": { "decision": "allow" }, "rules": rules }).to_string()])
    })
}

/// The kinds of all tables, each once.
fn kinds(engines: &Engines) -> Vec<TableKind> {
    let words: Vec<u32> = engines.artifact[..].chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
    let place = SECTION_TABLE_AT / 4 + 2 * Section::Tables as usize;
    let tables = &words[words[place] as usize / 4..][..words[place + 1] as usize / 4];
    let mut kinds: Vec<u32> = tables.chunks_exact(TABLE_WORDS).map(|table| table[0] & 0xff).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.into_iter().map(|kind| TableKind::from_word(kind).unwrap()).collect()
}

/// All engines agree on each value, plain and escaped, alone and among others.
fn agree(engines: &[Engines], values: &[String]) {
    for engines in engines {
        agree_one(engines, values);
    }
}

fn agree_one(engines: &Engines, values: &[String]) {
    let mut deciders = engines.deciders();
    let mut ask = |said: &str| {
        let request = format!(r#"{{"action":"a","resource":{{"said":{said}}}}}"#);
        deciders.agree(request.as_bytes(), false).unwrap_or_else(|problem| panic!("{problem}"));
    };
    for (value, next) in values.iter().zip(values.iter().cycle().skip(1)) {
        let plain = json!(value).to_string();
        let escaped: String = value.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        ask(&plain);
        ask(&format!("\"{escaped}\""));
        ask(&format!("[{plain}]"));
        ask(&format!("[\"{escaped}\",{},7]", json!(next)));
    }
    for other in ["null", "true", "7", "{}", "[]", "\"\"", "[[\"a\"]]"] {
        ask(other);
    }
}

/// What texts near an operand may say: itself, more, less, in another case, and nothing plainly.
fn around(value: &str) -> Vec<String> {
    let mut chars = value.chars();
    chars.next_back();
    let mut all = vec![value.to_owned(), value.to_uppercase(), format!("{value}x"), format!("x{value}"), chars.as_str().to_owned()];
    all.extend(["/", "/a", "//", ".", "\\", " ", "\u{17f}", "\u{212a}", "%2f"].map(|end| format!("{value}{end}")));
    all
}

fn agree_around(lists: Vec<Vec<Value>>, values: Vec<String>, expected: &[TableKind]) {
    let engines = engines(lists);
    assert_eq!(kinds(&engines[0]), expected);
    let values: Vec<String> = values.iter().flat_map(|value| around(value)).collect();
    agree(&engines, &values);
}

#[test]
fn hosts() {
    let names: Vec<String> = (0..16).map(|at| format!("h{at}.example.com")).collect();
    let mut lists: Vec<_> = names.iter().map(|name| vec![json!({ "host": name })]).collect();
    lists.extend(names.iter().map(|name| vec![json!({ "host": format!("*.{name}") })]));
    lists.extend((0..8).map(|at| vec![json!({ "host": "both.org" }), json!({ "host": format!("*.h{at}.org") })]));
    let hosts =
        ["h3.example.com", "a.h3.example.com", "a.b.h7.example.com", "xh3.example.com", "both.org", "z.h1.org", "h1.org", "example.com"];
    let values = hosts
        .iter()
        .flat_map(|host| [format!("https://{host}"), format!("http://{host}:80"), format!("HTTPS://{host}/p"), (*host).to_owned()]);
    agree_around(lists, values.collect(), &[TableKind::Host, TableKind::HostBelow]);
}

#[test]
fn domains_of_addresses() {
    let lists = (0..40).map(|at| vec![json!({ "email-domain": format!("d{}.example", at % 20) })]).collect();
    let values = [
        "a@d3.example",
        "A@D3.EXAMPLE",
        "a@x.d3.example",
        "a@b@d3.example",
        "<a@d3.example>",
        "a@d33.example",
        "d3.example",
        "@d3.example",
    ];
    agree_around(lists, values.map(str::to_owned).into(), &[TableKind::EmailDomain]);
}

#[test]
fn paths() {
    let mut lists: Vec<_> = (0..20).map(|at| vec![json!({ "path-prefix": format!("/srv/team{at}") })]).collect();
    lists.extend((0..20).map(|at| vec![json!({ "path-prefix": format!("db/team{at}/") })]));
    lists.extend([vec![json!({ "path-prefix": "/" })], vec![json!({ "path-prefix": "/srv" }), json!({ "path-prefix": "db" })]]);
    let values = [
        "/",
        "/srv",
        "/srv/",
        "/srv/team1",
        "/srv/team1/",
        "/srv/team1/a/b",
        "/srv/team12",
        "/srv/team",
        "/srv/team1/../x",
        "db/team3",
        "db/team3/x/",
        "db",
        "/db/team3",
        "~/db/team3",
        "",
    ];
    agree_around(lists, values.map(str::to_owned).into(), &[TableKind::AbsolutePath, TableKind::RelativePath]);
}

#[test]
fn networks() {
    let mut lists: Vec<_> = (0..20).map(|at| vec![json!({ "cidr": format!("10.0.{at}.0/24") })]).collect();
    lists.extend((0..20).map(|at| vec![json!({ "cidr": format!("10.1.0.{at}") })]));
    let others = [
        "0.0.0.0/0",
        "10.0.0.0/8",
        "64.0.0.0/2",
        "::/0",
        "2002::/16",
        "2001:db8::/32",
        "2001:db8::7",
        "::1",
        "64:ff9b::/96",
        "2001::/32",
        "::/96",
    ];
    lists.extend(others.map(|network| vec![json!({ "cidr": network })]));
    lists.push(vec![json!({ "cidr": "10.0.3.0/25" }), json!({ "cidr": "2002:a00::/24" })]);
    let values = [
        "10.0.3.4",
        "10.0.3.200",
        "10.0.19.255",
        "10.1.0.7",
        "10.1.0.07",
        "10.0.3",
        "9.255.255.255",
        "127.0.0.1",
        "::ffff:10.0.3.4",
        "::10.0.3.4",
        "::",
        "::1",
        "::2",
        "2002:a00:304::1",
        "64:ff9b::a00:304",
        "2001::1",
        "2001:db8::7",
        "2001:DB8:0:0:0:0:0:7",
        "2001:db8::8",
        "fe80::1%eth0",
        "ffff::",
        "",
    ];
    agree_around(lists, values.map(str::to_owned).into(), &[TableKind::Address]);
}

#[test]
fn texts_in_any_case() {
    let mut lists: Vec<_> = (0..16).map(|at| vec![json!({ "equals-ignore-case": format!("Token-{at}") })]).collect();
    lists.extend((0..16).map(|at| vec![json!({ "prefix": { "equals-ignore-case": format!("K{at}S") } })]));
    lists.extend((0..16).map(|at| vec![json!({ "suffix": { "equals-ignore-case": format!("S{at}K") } })]));
    let values = [
        "token-3",
        "TOKEN-3",
        "to\u{212a}en-3",
        "token-33",
        "k3s",
        "K3Stoken",
        "k3\u{17f}",
        "xs7k",
        "S7K",
        "\u{e9}s7k",
        "k3s\u{130}s7k",
        "k3ss7k",
        "token\u{131}",
        "",
    ];
    agree_around(lists, values.map(str::to_owned).into(), &[TableKind::Folded, TableKind::FoldedPrefix, TableKind::FoldedSuffix]);
}

/// A name is never missing, but it can say nothing plainly.
#[test]
fn names_in_doubt() {
    let rules: Vec<_> = (0..40)
        .map(|at| json!({ "id": format!("r{at}"), "when": { "action": [{ "equals-ignore-case": format!("kick-{at}") }] }, "decision": DECISIONS[at % 4] }))
        .collect();
    let engines = Engines::new(&[json!({ "default": { "decision": "allow" }, "rules": rules }).to_string()]);
    assert_eq!(kinds(&engines), [TableKind::Folded]);
    let mut deciders = engines.deciders();
    for (name, decision) in [("kick-3", "deny"), ("KICK-2", "clarification_required"), ("kic\u{212a}-9", "deny"), ("other", "allow")] {
        let request = json!({ "action": name }).to_string();
        assert_eq!(deciders.agree(request.as_bytes(), false).unwrap()["decision"], decision, "{name}");
    }
}

#[test]
fn patterns() {
    let each: [fn(usize) -> String; 8] = [
        |at| format!("user-{at}-[0-9]+"),
        |at| format!("[a-z]+@team{at}\\.example"),
        |at| format!("[a-z]+-{at}-[0-9]+"),
        |at| format!("exactly-{at}"),
        |at| format!("(one-{at}|two-{at}.*|.*three-{at})"),
        |at| format!("^begins-{at}\\b.*"),
        |at| format!("(?i)any-{at}[a-c]"),
        |at| format!("(abc-{at})?x*"),
    ];
    let lists: Vec<_> = (0..96).map(|at| vec![json!({ "regex": each[at % 8](at / 8) })]).collect();
    let values = [
        "user-3-7",
        "user-3-",
        "ab@team3.example",
        "ab@team33.example",
        "a-3-1",
        "exactly-3",
        "one-3",
        "two-3x",
        "xthree-3",
        "begins-3 x",
        "begins-3",
        "begins-33",
        "ANY-3B",
        "any-3c",
        "abc-3xx",
        "xxx",
        "",
    ];
    let engines = engines(lists);
    for kind in [TableKind::Exact, TableKind::Prefix, TableKind::Suffix, TableKind::Part] {
        assert!(kinds(&engines[0]).contains(&kind), "{kind:?}");
    }
    agree(&engines, &values.iter().flat_map(|value| around(value)).collect::<Vec<_>>());
}

#[test]
fn searched_patterns() {
    let rules: Vec<_> = (0..40)
        .map(|at| json!({ "id": format!("r{at}"), "if": format!("resource.said.matches('[0-9]part-{at}[a-z]')"), "decision": DECISIONS[at % 4] }))
        .collect();
    let engines = Engines::new(&[json!({ "rules": rules }).to_string()]);
    assert_eq!(kinds(&engines), [TableKind::Part]);
    let values = ["7part-3a", "x7part-3ay", "7part-33a", "part-3a", "7part-3", "", "7part-3a7part-9b"];
    agree(&[engines], &values.map(str::to_owned));
}

/// Texts about as long as a key can be, where a key is cut or there is none.
#[test]
fn long_texts() {
    let lens = 250..262_usize;
    let label = |len: usize| "a".repeat(len);
    let mut lists = Vec::new();
    for len in lens.clone() {
        lists.push(vec![json!({ "equals-ignore-case": label(len) })]);
        lists.push(vec![json!({ "prefix": { "equals-ignore-case": label(len) } })]);
        lists.push(vec![json!({ "suffix": { "equals-ignore-case": label(len) } })]);
        lists.push(vec![json!({ "path-prefix": format!("/{}", label(len)) })]);
        lists.push(vec![json!({ "path-prefix": format!("{}/b", label(len)) })]);
        lists.push(vec![json!({ "host": format!("{}.b", label(len)) })]);
        lists.push(vec![json!({ "host": format!("*.{}.b", label(len)) })]);
        lists.push(vec![json!({ "email-domain": format!("{}.b", label(len)) })]);
        lists.push(vec![json!({ "regex": format!("{}[0-9]", label(len)) })]);
        lists.push(vec![json!({ "regex": format!("[0-9]{}", label(len)) })]);
    }
    let engines = engines(lists);
    let values: Vec<String> = (248..264)
        .flat_map(|len| {
            let text = label(len);
            [
                text.clone(),
                text.to_uppercase(),
                format!("b{text}"),
                format!("{text}b"),
                format!("/{text}"),
                format!("/{text}/c"),
                format!("{text}/b"),
                format!("{text}/b/c"),
                format!("https://{text}.b/"),
                format!("https://c.{text}.b"),
                format!("c@{text}.b"),
                format!("{text}7"),
                format!("7{text}"),
            ]
        })
        .collect();
    agree(&engines, &values);
}

/// Each alternative of a list is in doubt for itself.
#[test]
fn mixed_lists() {
    let operand: [fn(usize) -> Value; 8] = [
        |at| json!({ "host": format!("h{at}.com") }),
        |at| json!({ "host": format!("*.h{at}.com") }),
        |at| json!({ "email-domain": format!("h{at}.com") }),
        |at| json!({ "path-prefix": format!("/h{at}") }),
        |at| json!({ "cidr": format!("10.0.0.{at}") }),
        |at| json!({ "equals-ignore-case": format!("H{at}") }),
        |at| json!(format!("h{at}")),
        |at| json!({ "prefix": format!("h{at}.") }),
    ];
    let mut lists = Vec::new();
    for one in 0..8 {
        for other in 0..8 {
            for decision in 0..4 {
                lists.push(vec![operand[one](decision), operand[other](decision + 4)]);
            }
        }
    }
    let engines = engines(lists);
    let values: Vec<String> = (0..8)
        .flat_map(|at| {
            ["https://{}.com", "ftp://a.{}.com/x", "a@{}.com", "/{}", "/{}/x", "{}", "{}.", "{}.x", "x{}"]
                .map(|form| form.replace("{}", &format!("h{at}")))
        })
        .chain((0..8).map(|at| format!("10.0.0.{at}")))
        .flat_map(|value| [value.to_uppercase(), value])
        .collect();
    agree(&engines, &values);
}

/// Conditions beside others: a rule stands under one of them, and what its key proves is not asked again.
#[test]
fn beside_other_conditions() {
    let rules: Vec<_> = (0..120)
        .map(|at| {
            let when = match at % 3 {
                0 => json!({ "action": "fetch", "input": { "url": [{ "host": format!("h{at}.com") }], "to": [{ "email-domain": format!("d{}.com", at % 7) }] } }),
                1 => json!({ "action": [{ "prefix": "fe" }], "context": { "ip": [{ "cidr": format!("10.{at}.0.0/16") }] }, "input": { "url": [{ "host": "*.com" }] } }),
                _ => json!({ "input": { "path": [{ "path-prefix": format!("/p{at}") }], "$not": { "url": [{ "host": format!("h{}.com", at - 2) }] } } }),
            };
            json!({ "id": format!("r{at}"), "when": when, "decision": DECISIONS[at % 4] })
        })
        .collect();
    let engines = Engines::new(&[json!({ "default": { "decision": "allow" }, "rules": rules }).to_string()]);
    let mut deciders = engines.deciders();
    let choices = |all: &[Value], at: usize| all[at % all.len()].clone();
    for at in 0..600 {
        let url = choices(
            &[json!(format!("https://h{}.com/", at % 130)), json!("x"), json!(null), json!(["https://h3.com", "https://h6.com"]), json!(7)],
            at / 3,
        );
        let to = choices(&[json!(format!("a@d{}.com", at % 8)), json!("a"), json!([])], at / 2);
        let ip = choices(&[json!(format!("10.{}.1.2", at % 130)), json!("10.1"), json!("::10.4.0.0")], at);
        let path = choices(&[json!(format!("/p{}/x", at % 130)), json!("p2"), json!(["/p2", "/p5"])], at / 5);
        let mut request = json!({ "action": "fetch", "input": { "url": url, "to": to, "path": path }, "context": { "ip": ip } });
        if at % 7 == 0 {
            request["input"].as_object_mut().unwrap().remove("url");
        }
        deciders.agree(request.to_string().as_bytes(), at % 2 == 0).unwrap_or_else(|problem| panic!("{problem}"));
    }
}
