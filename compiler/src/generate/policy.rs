//! Documents that always pass the checker.

use arbitrary::{Result, Unstructured};

use super::operand::scalar;
use super::tree::Node;
use super::when::{self, Vocabulary};
use super::{expr, rarely};

/// A policy's documents, and what requests should be made of to meet it.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Texts in argument order, each JSON or YAML.
    pub documents: Vec<String>,
    /// What it asks for.
    pub vocabulary: Vocabulary,
}

const DECISIONS: &[&str] = &["allow", "approval_required", "clarification_required", "deny"];
const RISKS: &[&str] = &["low", "medium", "high", "critical"];
const REQUIREMENTS: &[&str] = &["manager_approval", "ticket", "second pair of eyes", "\u{e9}"];
const MESSAGES: &[&str] = &["Not here.", "say \"please\"", "line\nbreak", "\u{1f600}"];

/// A random policy of one to three documents.
///
/// # Errors
/// Only if [`Unstructured`] fails, which it does for no bytes that are used here.
pub fn policy(u: &mut Unstructured<'_>) -> Result<Policy> {
    let mut vocabulary = Vocabulary::default();
    let count = if rarely(u, 3)? { u.int_in_range(2..=3)? } else { 1 };
    for name in ["bots", "known_parties"].into_iter().take(u.int_in_range(0..=2)?) {
        let members = if rarely(u, 8)? { 0 } else { u.int_in_range(1..=4)? };
        let members = (0..members).map(|_| scalar(u)).collect::<Result<Vec<_>>>()?;
        vocabulary.lists.push((name.to_owned(), members));
    }
    let mut rules = 0_usize;
    let mut documents = Vec::new();
    for position in 0..count {
        // Lists stand in the last document, whichever asks for them.
        let lists = if documents.len().saturating_add(1) == count { vocabulary.lists.clone() } else { Vec::new() };
        let tree = document(u, position, lists, &mut rules, &mut vocabulary)?;
        documents.push(tree.document(u)?);
    }
    Ok(Policy { documents, vocabulary })
}

fn document(
    u: &mut Unstructured<'_>,
    position: usize,
    lists: Vec<(String, Vec<Node>)>,
    rules: &mut usize,
    vocabulary: &mut Vocabulary,
) -> Result<Node> {
    let mut members = Vec::new();
    if rarely(u, 2)? {
        members.push(("id", Node::String(format!("policy-{position}"))));
    }
    if rarely(u, 4)? {
        members.push(("version", Node::string("2026-11-20")));
    }
    let tighten_only = rarely(u, 4)?;
    if tighten_only || rarely(u, 8)? {
        members.push(("tighten_only", Node::Bool(tighten_only)));
    }
    if !tighten_only && rarely(u, 2)? {
        let mut default = vec![("decision".to_owned(), Node::string(*u.choose(DECISIONS)?))];
        outcome(u, &mut default)?;
        members.push(("default", Node::Map(default)));
    }
    if !lists.is_empty() {
        let lists = lists.into_iter().map(|(name, elements)| (name, Node::List(elements)));
        members.push(("lists", Node::Map(lists.collect())));
    }
    let mut list = Vec::new();
    for _ in 0..u.int_in_range(1..=6)? {
        let made = rule(u, tighten_only, vocabulary)?;
        // Now and then more of one kind than a decision shows.
        for _ in 0..if rarely(u, 100)? { 66 } else { 1 } {
            *rules = rules.saturating_add(1);
            let id = ("id".to_owned(), Node::String(format!("rule-{rules}")));
            list.push(Node::Map([vec![id], made.clone()].concat()));
        }
    }
    members.push(("rules", Node::List(list)));
    if rarely(u, 8)? {
        members.push(("tests", Node::List(Vec::new())));
    }
    Ok(Node::Map(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()))
}

/// The members of a rule but its id.
fn rule(u: &mut Unstructured<'_>, tighten_only: bool, vocabulary: &mut Vocabulary) -> Result<Vec<(String, Node)>> {
    let decisions = if tighten_only { DECISIONS.get(1..).unwrap_or(DECISIONS) } else { DECISIONS };
    let mut members = vec![("decision".to_owned(), Node::string(*u.choose(decisions)?))];
    let conditions = u.int_in_range(0..=8)?;
    if conditions < 5 || conditions == 8 {
        let when = if rarely(u, 12)? { Node::map([("action", Node::string("*"))]) } else { when::object(u, &[], 0, vocabulary)? };
        members.push(("when".to_owned(), when));
    }
    if conditions > 5 {
        members.push(("if".to_owned(), expr::expression(u, vocabulary)?));
    }
    if (4..=6).contains(&conditions) {
        members.push(("unless".to_owned(), when::object(u, &[], 0, vocabulary)?));
    }
    outcome(u, &mut members)?;
    if rarely(u, 6)? {
        members.push(("mode".to_owned(), Node::string(*u.choose(&["shadow", "shadow", "enforce"])?)));
    }
    if rarely(u, 12)? {
        members.push(("description".to_owned(), Node::string("for people")));
    }
    if rarely(u, 12)? {
        members.push(("tags".to_owned(), Node::List(vec![Node::string("payments")])));
    }
    Ok(members)
}

/// `message`, `risk` and `requirements`, of a rule or of a default.
fn outcome(u: &mut Unstructured<'_>, members: &mut Vec<(String, Node)>) -> Result<()> {
    if rarely(u, 4)? {
        members.push(("message".to_owned(), Node::string(*u.choose(MESSAGES)?)));
    }
    if rarely(u, 3)? {
        members.push(("risk".to_owned(), Node::string(*u.choose(RISKS)?)));
    }
    if rarely(u, 3)? {
        let count = u.int_in_range(1..=3)?;
        let requirements = (0..count).map(|_| Ok(Node::string(*u.choose(REQUIREMENTS)?))).collect::<Result<_>>()?;
        members.push(("requirements".to_owned(), Node::List(requirements)));
    }
    Ok(())
}
