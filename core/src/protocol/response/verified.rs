use serde::de::DeserializeOwned;
use serde_json::Map;
use serde_json::Value;
use std::ops::Deref;

use crate::words::{
    error::{BODY_UNEXPECTED, Error},
    field::Need,
    finding::Finding,
    operation::Operation,
};

/// An answer that WeChat Pay's signature proves.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified<T> {
    pub(super) value: T,
    /// WeChat Pay's id of the request, for its support.
    pub request_id: Option<String>,
    /// Remarks on what is odd about the answer.
    pub warnings: Vec<Finding>,
    /// The number of requests that were made for it; 0 if this library made none.
    pub attempts: u32,
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Verified<T> {
    /// The answer itself.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl Verified<Map<String, Value>> {
    pub(crate) fn typed<T: DeserializeOwned>(self, operation: Operation) -> Result<Verified<T>, Error> {
        let Verified { value, request_id, warnings, attempts } = self;
        Verified { value: Value::Object(value), request_id, warnings, attempts }.typed(operation)
    }
}

impl Verified<Value> {
    /// Takes the answer that an engine has verified.
    #[cfg(feature = "client")]
    pub(crate) fn of_engine(
        value: Value,
        request_id: Option<String>,
        warnings: Vec<Finding>,
        attempts: u32,
    ) -> Verified<Value> {
        Verified { value, request_id, warnings, attempts }
    }

    pub(crate) fn typed<T: DeserializeOwned>(self, operation: Operation) -> Result<Verified<T>, Error> {
        let Verified { mut value, request_id, warnings, attempts } = self;
        // Fills in required fields, because Rust types cannot leave them out; only an answer without a body lacks any.
        if let Some(fields) = value.as_object_mut() {
            for field in operation.response_fields().iter().filter(|field| field.need == Need::Required) {
                if !fields.contains_key(field.name) {
                    fields.insert(field.name.to_owned(), "".into());
                }
            }
        }
        let value = serde_json::from_value(value).map_err(|error| {
            Error::new(BODY_UNEXPECTED, format!("the answer is not of the documented shape: {error}")).with(|details| {
                details.operation = Some(operation);
                details.may_have_been_applied = operation.spec().changes;
            })
        })?;
        Ok(Verified { value, request_id, warnings, attempts })
    }
}
