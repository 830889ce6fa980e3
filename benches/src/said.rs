//! A shape whose rules are about what texts say: hosts, domains, paths, networks, and texts in any case.

use crate::policy::{Decision, Policy};
use crate::random::Random;
use crate::workload::{Workload, decisions};

/// What a rule asks for: its number among those of its kind.
#[derive(Clone, Copy)]
struct Rule {
    kind: usize,
    number: usize,
    decision: Decision,
}

const KINDS: usize = 5;

/// Makes the shape with so many rules and requests. A fifth of the rules are of each kind, and nothing else is asked of a request.
pub(crate) fn said(rules: usize, requests: usize, random: &mut Random) -> Workload {
    let rule = |(index, decision)| Rule { kind: index % KINDS, number: index / KINDS, decision };
    let rules: Vec<Rule> = decisions(rules, random).into_iter().enumerate().map(rule).collect();
    let lines: Vec<String> = rules.iter().enumerate().map(|(index, rule)| rule.written(index)).collect();
    // So that a request meets one or two.
    let variety = (rules.len() / KINDS).max(1) * 3;
    let drawn: Vec<([usize; KINDS], Vec<u8>)> = (0..requests)
        .map(|_| {
            let numbers = std::array::from_fn(|_| random.below(variety));
            (numbers, request(&numbers, random))
        })
        .collect();
    // Of each kind and number there is one rule at most, at this place.
    let met = |numbers: &[usize; KINDS]| -> Vec<Decision> {
        let rules = numbers.iter().enumerate().filter_map(|(kind, number)| rules.get(number * KINDS + kind));
        rules.map(|rule| rule.decision).collect()
    };
    Workload {
        policy: format!("{{\"rules\":[\n{}\n]}}\n", lines.join(",\n")),
        expected: drawn.iter().map(|(numbers, _)| met(numbers).into_iter().max().unwrap_or(Decision::Deny).as_str()).collect(),
        held: drawn.iter().map(|(numbers, _)| met(numbers).len()).collect(),
        requests: drawn.into_iter().map(|(_, request)| request).collect(),
        rules: Policy::default(),
        drawn: Vec::new(),
    }
}

impl Rule {
    fn written(self, index: usize) -> String {
        let Rule { kind, number, decision } = self;
        let when = match kind {
            0 if number.is_multiple_of(2) => format!(r#""input":{{"url":[{{"host":"h{number}.example"}}]}}"#),
            0 => format!(r#""input":{{"url":[{{"host":"*.h{number}.example"}}]}}"#),
            1 => format!(r#""input":{{"to":[{{"email-domain":"d{number}.example"}}]}}"#),
            2 => format!(r#""input":{{"path":[{{"path-prefix":"/srv/team{number}"}}]}}"#),
            3 => format!(r#""context":{{"ip":[{{"cidr":"10.{}.{}.0/24"}}]}}"#, number / 256 % 256, number % 256),
            _ => format!(r#""resource":{{"id":[{{"equals-ignore-case":"Item-{number}"}}]}}"#),
        };
        format!(r#"{{"id":"r{index}","when":{{{when}}},"decision":"{}"}}"#, decision.as_str())
    }
}

fn request(numbers: &[usize; KINDS], random: &mut Random) -> Vec<u8> {
    let [url, to, path, ip, id] = numbers;
    let below = if url.is_multiple_of(2) { "" } else { "api." };
    let scheme = if random.chance(50) { "https" } else { "http" };
    let item = if random.chance(50) { "ITEM" } else { "item" };
    let part = random.bits() >> 40;
    format!(
        concat!(
            r#"{{"actor":{{"type":"agent","id":"a{part}"}},"action":{{"name":"send","input":{{"url":"{scheme}://{below}H{url}.example/v1/{part}","#,
            r#""to":"user{part}@D{to}.example","path":"/srv/team{path}/{part}.csv"}}}},"resource":{{"type":"item","id":"{item}-{id}"}},"#,
            r#""context":{{"env":"prod","ip":"10.{high}.{low}.{last}"}}}}"#
        ),
        part = part,
        scheme = scheme,
        below = below,
        url = url,
        to = to,
        path = path,
        item = item,
        id = id,
        high = ip / 256 % 256,
        low = ip % 256,
        last = part % 256,
    )
    .into_bytes()
}
