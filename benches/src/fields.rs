//! What a host that knows a policy's fields has at hand.

use toolgate_runtime::{FieldError, FieldValue, FieldValues, Policy};

/// The value of a slot, its text owned.
#[derive(Clone, Debug)]
pub enum Extracted {
    /// There is nothing.
    Absent,
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// As the request writes it.
    Number(String),
    /// Without quotes and escapes.
    String(String),
    /// An array or an object, as JSON.
    Json(String),
}

impl Extracted {
    /// The values of all slots of a policy.
    ///
    /// # Errors
    /// The request is no JSON.
    pub fn all(policy: &Policy, request: &[u8]) -> Result<Vec<(u32, Self)>, Box<dyn std::error::Error>> {
        let request: serde_json::Value = serde_json::from_slice(request)?;
        let value = |pointer: &str| match request.pointer(pointer) {
            None => Extracted::Absent,
            Some(serde_json::Value::Null) => Extracted::Null,
            Some(serde_json::Value::Bool(value)) => Extracted::Bool(*value),
            Some(serde_json::Value::Number(number)) => Extracted::Number(number.to_string()),
            Some(serde_json::Value::String(text)) => Extracted::String(text.clone()),
            Some(json) => Extracted::Json(json.to_string()),
        };
        Ok(policy.fields().map(|(slot, pointer)| (slot, value(pointer))).collect())
    }

    /// The value as the runtime takes it.
    #[must_use]
    pub fn as_value(&self) -> FieldValue<'_> {
        match self {
            Extracted::Absent => FieldValue::Absent,
            Extracted::Null => FieldValue::Null,
            Extracted::Bool(value) => FieldValue::Bool(*value),
            Extracted::Number(text) => FieldValue::Number(text),
            Extracted::String(text) => FieldValue::String(text),
            Extracted::Json(text) => FieldValue::Json(text),
        }
    }

    /// Sets the values of one request, and no others.
    ///
    /// # Errors
    /// The slots are those of another policy.
    pub fn fill<'a>(slots: &'a [(u32, Self)], values: &mut FieldValues<'a>) -> Result<(), FieldError> {
        values.clear();
        slots.iter().try_for_each(|(slot, value)| values.set(*slot, value.as_value()))
    }
}
