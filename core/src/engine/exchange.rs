//! A request, and the data that its answer needs.

use serde_json::{Map, Value};

use super::{Progress, Turn, action::Emit, course::Stake, retry::Met};
use crate::{
    protocol::request::Content,
    words::{error::Error, finding::Finding, operation::Operation},
};

/// The end of an attempt that may not be the end of the call.
pub(super) enum Ended {
    /// It failed.
    Failed { exchange: Exchange, error: Error, met: Met },
    /// It answered a question: a page of records, verified; `stamp` is the service's time then (Unix seconds).
    Answered { page: Map<String, Value>, warnings: Vec<Finding>, request_id: Option<String>, stamp: Option<i64> },
}

/// A request that went out, or that the caller sent by other means.
pub(super) struct Exchange {
    pub content: Content,
    /// The signed message, if this library signed it.
    pub message: Option<Vec<u8>>,
    /// The observation to emit when the attempt ends; `None` if the caller sent the request.
    pub attempt: Option<Emit>,
}

impl Exchange {
    pub fn operation(&self) -> Operation {
        self.content.operation
    }

    /// Did this library send it?
    pub fn is_ours(&self) -> bool {
        self.message.is_some()
    }

    /// May a request that this library sent have taken effect, whatever becomes of its answer?
    pub fn may_have_been_applied(&self) -> bool {
        self.is_ours() && self.operation().spec().changes
    }

    /// Ends the attempt with an error; if the caller sent the request, also the call.
    pub fn failed(self, error: Error, met: Met) -> Turn {
        match self.is_ours() {
            true => Ok(Progress::Ended(Ended::Failed { exchange: self, error, met })),
            false => Err(error),
        }
    }

    pub fn stake(self) -> Stake {
        Stake {
            operation: Some(self.operation()),
            may_have_been_applied: self.may_have_been_applied(),
            attempt: self.attempt,
        }
    }
}
