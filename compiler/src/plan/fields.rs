//! The tree of fields that a policy reads.

use std::collections::{BTreeMap, VecDeque};

use crate::ir::{Alternative, List, Member, Object, Operator, Pattern, Policy};

/// Position of a field in the artifact.
pub(crate) type FieldId = u32;

/// The root of every request.
pub(crate) const ROOT: FieldId = 0;

/// Fields in artifact order: parents first, children of one parent adjacent and sorted by the hash of their key, so that
/// the reader finds a key among them by binary search.
#[derive(Clone, Debug)]
pub(crate) struct FieldTree {
    fields: Vec<FieldNode>,
    /// Those of [`KNOWN`].
    known: [FieldId; 8],
}

/// One field.
#[derive(Clone, Debug)]
pub(crate) struct FieldNode {
    pub parent: Option<FieldId>,
    pub key: String,
    /// JSON Pointer.
    pub pointer: String,
    pub children: BTreeMap<String, FieldId>,
    /// The flags of the artifact.
    pub flags: u32,
}

/// What every request has a place for; never arrays but for the three leaves.
const KNOWN: [&[&str]; 8] = [
    &["action"],
    &["action", "name"],
    &["action", "input"],
    &["actor"],
    &["actor", "id"],
    &["resource"],
    &["resource", "id"],
    &["context"],
];

#[derive(Default)]
struct Draft<'p> {
    children: BTreeMap<&'p str, Draft<'p>>,
}

impl<'p> Draft<'p> {
    fn insert(&mut self, path: impl IntoIterator<Item = &'p str>) {
        path.into_iter().fold(self, |draft, key| draft.children.entry(key).or_default());
    }

    fn add_object(&mut self, refs: &mut Vec<&'p [String]>, object: &'p Object) {
        for member in &object.members {
            match member {
                Member::Or(objects) => objects.iter().for_each(|o| self.add_object(refs, o)),
                Member::Not(object) => self.add_object(refs, object),
                Member::Key { name, pattern } => {
                    let child = self.children.entry(name.as_str()).or_default();
                    match pattern {
                        Pattern::Object(object) => child.add_object(refs, object),
                        Pattern::List(list) => collect_refs(list, refs),
                    }
                }
            }
        }
    }
}

/// Paths that `ref` names; they start at the request's root wherever they are written.
fn collect_refs<'p>(list: &'p List, out: &mut Vec<&'p [String]>) {
    for alternative in &list.alternatives {
        let Alternative::Operators(operators) = alternative else { continue };
        for operator in operators {
            match operator {
                Operator::Ref(path) => out.push(path),
                Operator::Any(list) | Operator::Every(list) => collect_refs(list, out),
                _ => {}
            }
        }
    }
}

impl FieldTree {
    /// All fields of a policy.
    pub(crate) fn collect(policy: &Policy) -> Self {
        let mut draft = Draft::default();
        let mut refs = Vec::new();
        for rule in &policy.rules {
            for object in [&rule.when, &rule.unless].into_iter().flatten() {
                draft.add_object(&mut refs, object);
            }
            if let Some(condition) = &rule.condition {
                condition.each_path(|array, path| draft.insert(array.iter().chain(&path.keys).map(String::as_str)));
            }
        }
        for path in &refs {
            draft.insert(path.iter().map(String::as_str));
        }
        for path in KNOWN {
            draft.insert(path.iter().copied());
        }
        Self::flatten(draft)
    }

    fn flatten(root: Draft<'_>) -> Self {
        let mut fields = vec![FieldNode { parent: None, key: String::new(), pointer: String::new(), children: BTreeMap::new(), flags: 0 }];
        let mut queue = VecDeque::from([(ROOT, root)]);
        while let Some((id, draft)) = queue.pop_front() {
            let mut children: Vec<_> = draft.children.into_iter().collect();
            children.sort_by_key(|(key, _)| key_hash(key));
            for (key, child) in children {
                let key = key.to_owned();
                let child_id = u32::try_from(fields.len()).unwrap_or(u32::MAX);
                let mut pointer = String::new();
                if let Some(parent) = fields.get_mut(id as usize) {
                    parent.children.insert(key.clone(), child_id);
                    pointer = format!("{}/{}", parent.pointer, key.replace('~', "~0").replace('/', "~1"));
                }
                fields.push(FieldNode { parent: Some(id), key, pointer, children: BTreeMap::new(), flags: 0 });
                queue.push_back((child_id, child));
            }
        }
        let mut tree = Self { fields, known: [ROOT; 8] };
        tree.known = KNOWN.map(|path| tree.at(path.iter().copied()));
        tree
    }

    /// The field of a key under a field. Every key of the policy is there.
    pub(crate) fn child(&self, parent: FieldId, key: &str) -> FieldId {
        self.fields.get(parent as usize).and_then(|f| f.children.get(key)).copied().unwrap_or(ROOT)
    }

    /// The field at a path from the root.
    pub(crate) fn at<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> FieldId {
        path.into_iter().fold(ROOT, |field, key| self.child(field, key))
    }

    /// The fields every request has a place for, in the order of the artifact's policy record.
    pub(crate) fn known(&self) -> [FieldId; 8] {
        self.known
    }

    /// Whether the field can be an object or absent, but never an array or a scalar.
    pub(crate) fn is_solid(&self, field: FieldId) -> bool {
        let [action, _, input, actor, _, resource, _, context] = self.known();
        [ROOT, action, input, actor, resource, context].contains(&field)
    }

    /// Adds to what the runtime prepares for the field.
    pub(crate) fn mark(&mut self, field: FieldId, flags: u32) {
        if let Some(field) = self.fields.get_mut(field as usize) {
            field.flags |= flags;
        }
    }

    /// In artifact order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &FieldNode> {
        self.fields.iter()
    }
}

/// What children are sorted by: the half of the hash that the artifact keeps.
pub(crate) fn key_hash(key: &str) -> u32 {
    crate::artifact::tag(toolgate_runtime::json::hash::hash(key.as_bytes()))
}
