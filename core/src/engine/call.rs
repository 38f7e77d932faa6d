use serde_json::Value;

use crate::{base::secret::wipe, protocol::response::Received, words::operation::Operation};

/// The task of an engine. The fields of a request are wiped from memory when it is dropped.
pub enum Call {
    /// The whole call: sign, send, verify, read.
    Operation {
        /// The operation to call.
        operation: Operation,
        /// Its fields.
        fields: Value,
    },
    /// Download the platform certificates for a [`super::Action::LoadKeys`].
    LoadKeys {
        /// The download's number.
        flight: u64,
    },
    /// Only check, build and sign; the caller sends.
    Prepare {
        /// The operation to call.
        operation: Operation,
        /// Its fields.
        fields: Value,
        /// Unix seconds; the current time unless given.
        timestamp: Option<i64>,
        /// Letters and digits; random unless given.
        nonce: Option<String>,
        /// Padding for fields that are encrypted; random unless given.
        padding: Option<Vec<u8>>,
    },
    /// Only verify and read an answer that the caller received.
    Parse {
        /// The operation that was called.
        operation: Operation,
        /// The answer.
        response: Received,
        /// The fields that were sent, to compare with the ids in the answer.
        request: Option<Value>,
        /// Unix seconds; the current time unless given.
        now: Option<i64>,
    },
}

impl Call {
    /// The operation that the call is for.
    pub fn operation(&self) -> Operation {
        match self {
            Call::Operation { operation, .. } | Call::Prepare { operation, .. } | Call::Parse { operation, .. } => {
                *operation
            }
            Call::LoadKeys { .. } => Operation::Certificates,
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        match self {
            Call::Operation { fields, .. } | Call::Prepare { fields, .. } => wipe(fields),
            Call::Parse { request, .. } => request.iter_mut().for_each(wipe),
            Call::LoadKeys { .. } => {}
        }
    }
}
