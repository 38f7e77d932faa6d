//! A request and what is kept of it until its answer comes.

use super::{action::Emit, course::Stake};
use crate::{
    base::secret::Wiped,
    protocol::hiding::Hidden,
    words::{finding::Finding, operation::Operation},
};

/// A request that went out, or that the caller sent by other means.
pub(super) struct Exchange {
    pub operation: Operation,
    pub request: Option<Wiped>,
    /// What the answer may quote of it and is not to be shown.
    pub hidden: Hidden,
    pub warnings: Vec<Finding>,
    /// What was signed, if we did.
    pub message: Option<Vec<u8>>,
    /// What is observed when the attempt ends; nothing if the caller sent.
    pub attempt: Option<Emit>,
}

impl Exchange {
    /// May a request of ours have taken effect, whatever becomes of its answer?
    pub fn may_have_been_applied(&self) -> bool {
        self.attempt.is_some() && self.operation.spec().changes
    }
}

impl Exchange {
    pub fn stake(self) -> Stake {
        Stake {
            operation: Some(self.operation),
            may_have_been_applied: self.may_have_been_applied(),
            attempt: self.attempt,
        }
    }
}
