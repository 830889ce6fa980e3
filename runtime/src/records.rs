//! Fields ready, as records in one piece of memory: for hosts that share nothing else with the runtime.
//!
//! A record is three little-endian words, the slot, the kind and the length of a text, and then the text. Kinds are 0
//! absent, 1 null, 2 false, 3 true, 4 a number and 5 a string by its text, 6 an object, and 7 an array or object by its
//! JSON text; they mean what [`FieldValue`](crate::FieldValue) says. Kinds without a text have one of length 0.

use crate::artifact::reader::record;
use crate::decide::{Options, no_action};
use crate::decision::{Decision, Verdict};
use crate::fields::{FieldError, check};
use crate::item::{Item, ItemKind};
use crate::json::{Keys, Kind, ROOT, Refusal, Span};
use crate::policy::Policy;
use crate::scratch::{Request, RequestFields, Scratch};

impl Policy {
    /// Decides one request, given as records of the fields that the policy reads.
    ///
    /// As with [`Policy::decide_fields`], a field without a record is unknown to everything. Allocates nothing.
    ///
    /// # Errors
    /// The policy has no such slot, or a record or its text is not what it should be.
    pub fn decide_records<'a>(&'a self, records: &[u8], scratch: &'a mut Scratch, options: Options) -> Result<Decision<'a>, FieldError> {
        scratch.fit(self);
        let Scratch { keys, request, ways, holding, lists, .. } = scratch;
        Ok(match read(self, records, keys, request)? {
            Ok(()) => {
                let request = Request { fields: request, bytes: records, missing: Item::OPAQUE };
                self.decide_full(&request, ways, holding, lists, options)
            }
            Err(refusal) => self.refused(refusal),
        })
    }

    /// The verdict alone, from records of the fields.
    ///
    /// # Errors
    /// As [`Policy::decide_records`].
    pub fn verdict_records(&self, records: &[u8], scratch: &mut Scratch, options: Options) -> Result<Verdict, FieldError> {
        scratch.fit(self);
        Ok(match read(self, records, &mut scratch.keys, &mut scratch.request)? {
            Ok(()) => {
                let request = Request { fields: &scratch.request, bytes: records, missing: Item::OPAQUE };
                self.decide_verdict(&request, &mut scratch.ways, options)
            }
            Err(_) => Verdict::Deny,
        })
    }
}

/// Reads records into the scratch; what they say may still be no request.
fn read(policy: &Policy, records: &[u8], keys: &mut Keys, fields: &mut RequestFields) -> Result<Result<(), Refusal>, FieldError> {
    fields.begin();
    let known = &policy.known;
    let nullable = [known.actor, known.resource, known.context, known.action_input];
    if u32::try_from(records.len()).is_err() {
        return Err(FieldError::Malformed);
    }
    let mut rest = records;
    while !rest.is_empty() {
        let (head, behind) = rest.split_first_chunk::<12>().ok_or(FieldError::Malformed)?;
        let [slot, kind, len] = record(head);
        let (text, behind) = behind.split_at_checked(len as usize).ok_or(FieldError::Malformed)?;
        rest = behind;
        policy.field(slot).filter(|_| slot != ROOT).ok_or(FieldError::UnknownSlot)?;
        let text = core::str::from_utf8(text).map_err(|_| FieldError::Malformed)?;
        let written = match kind {
            ABSENT | NULL | OBJECT if text.is_empty() => {
                if kind == OBJECT {
                    Kind::Object
                } else {
                    Kind::Null
                }
            }
            FALSE | TRUE if text.is_empty() => Kind::Bool(kind == TRUE),
            NUMBER if crate::json::reader::is_number(text.as_bytes()) => Kind::Number,
            STRING => Kind::String,
            JSON => check(text, keys)?,
            _ => return Err(FieldError::Malformed),
        };
        let end = records.len().wrapping_sub(rest.len());
        // INVARIANT: the length of all records fits a word.
        let span = Span { kind: written, start: end.wrapping_sub(text.len()) as u32, end: end as u32, escaped: false };
        fields.put(slot, span, records);
        // Null is absent where the law says so.
        if kind == ABSENT || (kind == NULL && nullable.contains(&slot)) {
            fields.set_kind(slot, ItemKind::Absent);
        }
    }
    let is_string = matches!(fields.kind_and_offset(known.action_name), Some((ItemKind::String, _)));
    let name = fields.span(known.action_name).filter(|_| is_string).and_then(|span| span.of(records).as_text());
    Ok(if name.is_some_and(crate::request::is_action_name) { Ok(()) } else { Err(no_action()) })
}

const ABSENT: u32 = 0;
const NULL: u32 = 1;
const FALSE: u32 = 2;
const TRUE: u32 = 3;
const NUMBER: u32 = 4;
const STRING: u32 = 5;
const OBJECT: u32 = 6;
const JSON: u32 = 7;
