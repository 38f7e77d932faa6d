//! A request, and the data that its answer needs.

use super::{action::Emit, course::Stake};
use crate::{protocol::request::Content, words::operation::Operation};

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

    pub fn stake(self) -> Stake {
        Stake {
            operation: Some(self.operation()),
            may_have_been_applied: self.may_have_been_applied(),
            attempt: self.attempt,
        }
    }
}
