//! The fields that a policy reads, and the fields that requests have.

use std::collections::BTreeMap;

use toolgate_runtime::json::walk::{flattened, members};
use toolgate_runtime::json::{Kind, Value};

use super::Tally;
use crate::call;

/// The fields of a policy as a tree, with what requests have beside them.
pub(super) struct Fields {
    nodes: Vec<Node>,
    /// Fields of requests that are kept.
    kept: usize,
    /// Times that a request had a field that is neither read nor kept.
    pub left_out: u64,
}

#[derive(Default)]
struct Node {
    parent: usize,
    key: String,
    children: BTreeMap<String, usize>,
    /// The first rule that asks for the field itself.
    reader: Option<usize>,
    is_seen: bool,
    /// Members that requests have here and no rule looks at.
    unread: BTreeMap<String, Tally>,
}

/// A field that a policy reads and no request has.
pub(super) struct Unseen<'a> {
    pub pointer: String,
    /// The first rule that reads it.
    pub rule: usize,
    /// The first key on the way that no request has.
    pub key: &'a str,
    parent: usize,
    /// The pointer of what `key` is a member of, and what follows `key`.
    around: (String, String),
}

/// A field that requests have and no rule reads. Nothing below it is read either.
pub(super) struct Unread<'a> {
    pub pointer: String,
    pub key: &'a str,
    pub tally: Tally,
    parent: usize,
}

const ROOT: usize = 0;

impl Fields {
    /// Nothing but the action's name, which every decision takes.
    pub(super) fn new() -> Self {
        let mut fields = Self { nodes: vec![Node::default()], kept: 0, left_out: 0 };
        fields.insert(["action", "name"]);
        fields
    }

    /// Takes note that a rule reads a field.
    pub(super) fn read<'a>(&mut self, rule: usize, path: impl IntoIterator<Item = &'a str>) {
        let at = self.insert(path);
        if let Some(node) = self.nodes.get_mut(at) {
            node.reader.get_or_insert(rule);
        }
    }

    fn insert<'a>(&mut self, path: impl IntoIterator<Item = &'a str>) -> usize {
        path.into_iter().fold(ROOT, |parent, key| {
            let new = self.nodes.len();
            let Some(node) = self.nodes.get_mut(parent) else { return parent };
            let child = *node.children.entry(key.to_owned()).or_insert(new);
            if child == new {
                self.nodes.push(Node { parent, key: key.to_owned(), ..Node::default() });
            }
            child
        })
    }

    /// Takes note of the fields of a request that the engine has accepted.
    pub(super) fn see(&mut self, request: &[u8], line: u64) {
        for (key, value) in members(call::whole(request).text) {
            let key = call::string(key);
            match (key.as_str(), value.kind) {
                // Null is absent there.
                ("actor" | "resource" | "context" | "input", Kind::Null) => {}
                // A string stands for an object with one member.
                ("action", Kind::String) => self.see_at(&["action", "name"], value, line),
                ("actor" | "resource", Kind::String) => self.see_at(&[&key, "id"], value, line),
                ("input", _) => self.see_at(&["action", "input"], value, line),
                _ => self.see_member(ROOT, &key, value, line),
            }
        }
    }

    fn see_at(&mut self, path: &[&str], value: Value<'_>, line: u64) {
        let [way @ .., last] = path else { return };
        let mut at = ROOT;
        for key in way {
            match self.child(at, key) {
                Some(child) => at = child,
                None => return self.count_unread(at, key, line),
            }
            self.mark(at);
        }
        self.see_member(at, last, value, line);
    }

    fn see_member(&mut self, parent: usize, key: &str, value: Value<'_>, line: u64) {
        let Some(child) = self.child(parent, key) else { return self.count_unread(parent, key, line) };
        let is_input = key == "input" && self.nodes.get(parent).is_some_and(|node| node.parent == ROOT && node.key == "action");
        if is_input && value.kind == Kind::Null {
            return;
        }
        self.mark(child);
        if self.nodes.get(child).is_none_or(|node| node.children.is_empty()) {
            return;
        }
        match value.kind {
            Kind::Object => self.see_members(child, value, line),
            Kind::Array => flattened(value.text).for_each(|element| self.see_members(child, element, line)),
            _ => {}
        }
    }

    fn see_members(&mut self, parent: usize, value: Value<'_>, line: u64) {
        if value.kind == Kind::Object {
            members(value.text).for_each(|(key, value)| self.see_member(parent, &call::string(key), value, line));
        }
    }

    fn child(&self, parent: usize, key: &str) -> Option<usize> {
        self.nodes.get(parent).and_then(|node| node.children.get(key)).copied()
    }

    fn mark(&mut self, at: usize) {
        if let Some(node) = self.nodes.get_mut(at) {
            node.is_seen = true;
        }
    }

    fn count_unread(&mut self, parent: usize, key: &str, line: u64) {
        let Some(node) = self.nodes.get_mut(parent) else { return };
        if let Some(tally) = node.unread.get_mut(key) {
            tally.count(line);
        } else if self.kept < UNREAD_MAX && key.len() <= KEY_BYTES_MAX {
            self.kept = self.kept.saturating_add(1);
            node.unread.insert(key.to_owned(), Tally::first(line));
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
    }

    /// Fields that the policy reads and no request has, in the order in which rules read them first.
    pub(super) fn unseen(&self) -> Vec<Unseen<'_>> {
        let mut unseen: Vec<Unseen<'_>> = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            if let Some(rule) = node.reader.filter(|_| !node.is_seen) {
                unseen.extend(self.unseen_at(at, rule));
            }
        }
        unseen.sort_by_key(|unseen| unseen.rule);
        unseen
    }

    fn unseen_at(&self, at: usize, rule: usize) -> Option<Unseen<'_>> {
        let mut missing = self.nodes.get(at)?;
        let mut rest = String::new();
        while missing.parent != ROOT
            && let Some(parent) = self.nodes.get(missing.parent).filter(|parent| !parent.is_seen)
        {
            rest = format!("/{}{rest}", escaped(&missing.key));
            missing = parent;
        }
        let around = (self.pointer(missing.parent), rest);
        Some(Unseen { pointer: self.pointer(at), rule, key: &missing.key, parent: missing.parent, around })
    }

    /// Fields that requests have and no rule reads, those of most requests first.
    pub(super) fn unread(&self) -> Vec<Unread<'_>> {
        let mut unread: Vec<Unread<'_>> = Vec::with_capacity(self.kept);
        for (parent, node) in self.nodes.iter().enumerate() {
            for (key, tally) in &node.unread {
                let pointer = format!("{}/{}", self.pointer(parent), escaped(key));
                unread.push(Unread { pointer, key, tally: *tally, parent });
            }
        }
        unread.sort_by(|a, b| b.tally.calls.cmp(&a.tally.calls).then_with(|| a.pointer.cmp(&b.pointer)));
        unread
    }

    /// What requests have beside a field that they lack.
    pub(super) fn unread_beside(&self, unseen: &Unseen<'_>) -> impl Iterator<Item = &str> {
        self.nodes.get(unseen.parent).into_iter().flat_map(|node| node.unread.keys().map(String::as_str))
    }

    /// What rules read beside a field that they do not, and no request has.
    pub(super) fn unseen_beside(&self, unread: &Unread<'_>) -> impl Iterator<Item = &str> {
        let children = self.nodes.get(unread.parent).into_iter().flat_map(|node| &node.children);
        let unseen = children.filter(|(_, child)| self.nodes.get(**child).is_some_and(|node| !node.is_seen));
        unseen.map(|(key, _)| key.as_str())
    }

    fn pointer(&self, mut at: usize) -> String {
        let mut pointer = String::new();
        while at != ROOT
            && let Some(node) = self.nodes.get(at)
        {
            pointer = format!("/{}{pointer}", escaped(&node.key));
            at = node.parent;
        }
        pointer
    }
}

impl Unseen<'_> {
    /// The pointer with another key where this one is first missing.
    pub(super) fn pointer_with(&self, key: &str) -> String {
        format!("{}/{}{}", self.around.0, escaped(key), self.around.1)
    }
}

impl Unread<'_> {
    /// The pointer of another member of the same object.
    pub(super) fn pointer_with(&self, key: &str) -> String {
        let parent = self.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        format!("{parent}/{}", escaped(key))
    }
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Most fields of requests that are kept.
const UNREAD_MAX: usize = 10_000;

/// Fields with a longer key are not kept.
const KEY_BYTES_MAX: usize = 256;
