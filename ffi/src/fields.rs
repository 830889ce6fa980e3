//! Deciding requests that are given as the values of the fields a policy reads.
#![expect(unsafe_code, reason = "arguments are pointers")]

use std::ffi::{c_char, c_void};

use toolgate_runtime::json::reader::BYTES_MAX;
use toolgate_runtime::{FieldValue, FieldValues};

use crate::boundary::{boundary, deciding};
use crate::decide::{Verdict, read_options, verdict_of, write};
use crate::policy::Policy;
use crate::scratch::{Memory, Scratch};
use crate::slice::{array, buffer, handle, out, text};
use crate::status::{self, Status, TOOLGATE_ERR_BUFFER_TOO_SMALL, TOOLGATE_ERR_TOO_LARGE, TOOLGATE_ERR_UNKNOWN_KIND};

/// A place of a request that can be given a value.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its number, for toolgate_value. It belongs to this artifact: ask again after loading another one.
    pub slot: u32,
    /// 1 if conditions read it, 0 if it only lies on the way to such fields.
    pub is_read: u32,
    /// Its JSON Pointer, UTF-8, such as `/action/input/amount`. Valid until the policy is freed.
    pub pointer: *const c_char,
    /// Bytes of the pointer.
    pub pointer_len: usize,
}

/// Nothing is known of it, which is what a slot is that is given no value: no condition on it is true or false.
pub const TOOLGATE_VALUE_OPAQUE: u32 = 0;
/// The request has no such member.
pub const TOOLGATE_VALUE_ABSENT: u32 = 1;
/// `null`
pub const TOOLGATE_VALUE_NULL: u32 = 2;
/// `false`
pub const TOOLGATE_VALUE_FALSE: u32 = 3;
/// `true`
pub const TOOLGATE_VALUE_TRUE: u32 = 4;
/// A number, as JSON text.
pub const TOOLGATE_VALUE_NUMBER: u32 = 5;
/// A string: its characters as UTF-8, without quotes and escapes.
pub const TOOLGATE_VALUE_STRING: u32 = 6;
/// An object. Its members are given in slots of their own.
pub const TOOLGATE_VALUE_OBJECT: u32 = 7;
/// An array, as JSON text without white space around it. Fields below it need no value of their own.
pub const TOOLGATE_VALUE_JSON: u32 = 8;

/// The value of one field.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Value {
    /// The field's number, from toolgate_policy_fields.
    pub slot: u32,
    /// A number whose name begins with TOOLGATE_VALUE_.
    pub kind: u32,
    /// Of numbers, strings and JSON: the text. Of others not looked at.
    pub text: *const c_void,
    /// Bytes of the text.
    pub text_len: usize,
}

/// Lists the places of a request that can be given a value: the fields that the policy reads, and those on the way to them.
///
/// `fields_len` gets their number. If the array is smaller, nothing is written to it and the status is
/// TOOLGATE_ERR_BUFFER_TOO_SMALL; so with a `capacity` of 0 the call asks for the number.
// SAFETY: no other symbol has this prefix.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn toolgate_policy_fields(
    policy: *const Policy,
    fields: *mut Field,
    capacity: usize,
    fields_len: *mut usize,
) -> Status {
    // SAFETY: the caller keeps the header's promises about each of these pointers.
    boundary(|| unsafe {
        let (policy, place, len) = (handle(policy)?, buffer(fields, capacity)?, out(fields_len)?);
        let mut read = policy.fields().map(|(slot, _)| slot).peekable();
        let field = |(slot, pointer): (u32, &str)| Field {
            slot,
            // Both lists are in the order of slots.
            is_read: u32::from(read.next_if_eq(&slot).is_some()),
            pointer: pointer.as_ptr().cast(),
            pointer_len: pointer.len(),
        };
        let fields: Vec<Field> = policy.slots().map(field).collect();
        len.write(fields.len());
        if place.fill(&fields) { Ok(()) } else { Err(TOOLGATE_ERR_BUFFER_TOO_SMALL) }
    })
}

/// Decides one request, given as the values of its fields, and writes the whole decision as JSON.
///
/// A field that is given no value is opaque: unknown even to `exists`, so a host that does not know of a field fails
/// closed. So is everything below an object unless it is given itself; below an absent field everything is absent. Of two
/// values of one slot the later counts. Values without a name of the action are a deny with the reason `request/action`.
///
/// For the buffer and `decision_len` see toolgate_decide.
// SAFETY: no other symbol has this prefix.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn toolgate_decide_fields(
    policy: *const Policy,
    scratch: *mut Scratch,
    values: *const Value,
    values_len: usize,
    options: u32,
    decision: *mut c_void,
    buffer_len: usize,
    decision_len: *mut usize,
    verdict: *mut Verdict,
) -> Status {
    // SAFETY: the caller keeps the header's promises about each of these pointers.
    unsafe {
        deciding(verdict, || {
            let (policy, mut memory) = (handle(policy)?, handle(scratch)?.take()?);
            let (values, options) = (array(values, values_len)?, read_options(options)?);
            let (place, len) = (buffer(decision.cast::<u8>(), buffer_len)?, out(decision_len)?);
            filled(policy, &mut memory, values, |values, scratch, text| {
                write(&policy.decide_fields(values, scratch, options), text, &place, &len)
            })
        })
    }
}

/// Decides one request, given as the values of its fields: the verdict alone, at less cost.
// SAFETY: no other symbol has this prefix.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn toolgate_decide_fields_verdict(
    policy: *const Policy,
    scratch: *mut Scratch,
    values: *const Value,
    values_len: usize,
    options: u32,
    verdict: *mut Verdict,
) -> Status {
    // SAFETY: the caller keeps the header's promises about each of these pointers.
    unsafe {
        deciding(verdict, || {
            let (policy, mut memory) = (handle(policy)?, handle(scratch)?.take()?);
            let (values, options) = (array(values, values_len)?, read_options(options)?);
            filled(policy, &mut memory, values, |values, scratch, _| Ok(verdict_of(policy.verdict_fields(values, scratch, options))))
        })
    }
}

/// Decides with values in memory that is used again and again.
///
/// # Safety
/// The text of each value is as [`text`] wants it.
unsafe fn filled(
    policy: &Policy,
    memory: &mut Memory,
    given: &[Value],
    decide: impl FnOnce(&FieldValues<'_>, &mut toolgate_runtime::Scratch, &mut String) -> Result<Verdict, Status>,
) -> Result<Verdict, Status> {
    let artifact = *policy.artifact_digest();
    let kept = memory.values.take().filter(|(of, _)| *of == artifact);
    let mut values = kept.map_or_else(|| FieldValues::new(policy), |(_, values)| values.recycle());
    // SAFETY: the caller's promise is the same.
    let filled = unsafe { fill(&mut values, given) };
    let verdict = filled.and_then(|()| decide(&values, &mut memory.scratch, &mut memory.text));
    memory.values = Some((artifact, values.recycle()));
    verdict
}

/// Fills the slots.
///
/// # Safety
/// As [`filled`], and the texts stay as they are during `'v`.
unsafe fn fill<'v>(values: &mut FieldValues<'v>, given: &'v [Value]) -> Result<(), Status> {
    let mut len = 0_usize;
    for value in given {
        let mut text = || {
            // What the certificate bounds is bounded by the request's size.
            len = len.saturating_add(value.text_len);
            // SAFETY: the caller's promise is the same.
            if len > BYTES_MAX { Err(TOOLGATE_ERR_TOO_LARGE) } else { unsafe { text(value.text, value.text_len) } }
        };
        let known = match value.kind {
            TOOLGATE_VALUE_OPAQUE => FieldValue::Opaque,
            TOOLGATE_VALUE_ABSENT => FieldValue::Absent,
            TOOLGATE_VALUE_NULL => FieldValue::Null,
            TOOLGATE_VALUE_FALSE => FieldValue::Bool(false),
            TOOLGATE_VALUE_TRUE => FieldValue::Bool(true),
            TOOLGATE_VALUE_NUMBER => FieldValue::Number(text()?),
            TOOLGATE_VALUE_STRING => FieldValue::String(text()?),
            TOOLGATE_VALUE_OBJECT => FieldValue::Object,
            TOOLGATE_VALUE_JSON => FieldValue::Json(text()?),
            _ => return Err(TOOLGATE_ERR_UNKNOWN_KIND),
        };
        values.set(value.slot, known).map_err(status::of_field)?;
    }
    Ok(())
}
