//! The values of requests (section 2 of the law).

use crate::ir::Scalar;

/// Elements that an array may have to be counted, nested arrays dissolved.
pub(crate) const ELEMENTS_MAX: usize = 1_024;

/// A JSON value, or what a path finds instead of one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Absent,
    Opaque,
    Scalar(Scalar),
    /// A number that is not representable.
    Unrepresentable,
    Array(Vec<Value>),
    Object(Vec<Member>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    pub key: String,
    pub value: Value,
    /// Offset of the value.
    pub at: usize,
}

impl Value {
    /// What is at a member: absent below an absent value, opaque below what has no members.
    pub(crate) fn member(&self, key: &str) -> &Self {
        match self {
            Self::Absent => &Self::Absent,
            Self::Object(members) => members.iter().find(|member| member.key == key).map_or(&Self::Absent, |member| &member.value),
            _ => &Self::Opaque,
        }
    }

    /// Of an array its elements, nested arrays dissolved; `None` of what is no array or uncountable.
    pub(crate) fn flattened(&self) -> Option<Vec<&Self>> {
        fn dissolve<'v>(value: &'v Value, flat: &mut Vec<&'v Value>) {
            match value {
                Value::Array(own) => own.iter().for_each(|element| dissolve(element, flat)),
                _ => flat.push(value),
            }
        }
        let mut flat = Vec::new();
        dissolve(self, &mut flat);
        (matches!(self, Self::Array(_)) && (1..=ELEMENTS_MAX).contains(&flat.len())).then_some(flat)
    }
}
