use serde_json::{Map, Value};

use crate::{
    protocol::{pages::Pages, request::Content},
    words::{error::Error, operation::Operation},
};

/// A question about a request whose answer was lost.
pub(super) struct Question {
    /// The request.
    pub content: Content,
    /// The error to end with if the question is not answered.
    pub error: Error,
    /// Was the request refused at last, after an answer to it was lost?
    pub refused: bool,
    /// The fields of the query.
    pub query: Map<String, Value>,
    pub pages: Pages,
    /// The records that the pages brought, and what stands beside them.
    pub records: Vec<Value>,
    pub head: Map<String, Value>,
    /// The queries that were sent, and how many of them repeated another.
    pub asked: u32,
    pub repetitions: u32,
}

impl Question {
    pub fn operation(&self) -> Operation {
        self.content.operation
    }
}
