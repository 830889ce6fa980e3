//! Warnings about policies that mean something, but probably not what their author thinks.
//!
//! What shows in one operand is noted while it is read, with its place, and told when the rule's decision is known. What
//! takes a whole rule or several is looked for in the checked rules, and told at the rule's id.

mod absence;
mod local;
mod operand;
mod shadowed;

pub(crate) use absence::holds_without_field;
pub(crate) use local::{Notes, names_memberships};
pub(crate) use operand::{mixed_list, suffix_domain};
pub(crate) use shadowed::{is_star, is_unconditional, never_decides};
