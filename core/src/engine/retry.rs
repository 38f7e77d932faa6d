//! What follows an attempt that failed: a pure function, with a table of its cells as its test.

use super::action::{Failure, Sent};
use crate::words::error::{Error, ErrorKind, SIGNATURE_PROBE};

/// What an attempt came to, as far as it matters for the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// A failure before anything was sent.
    NotSent,
    /// A server whose certificate is not trusted; nothing was sent.
    Distrusted,
    /// A failure after which the request may have been carried out.
    Lost,
    /// A refusal because of too many requests: documented as not processed.
    Busy,
    /// A fault of the service's.
    Failing,
    /// A false signature that tests the client.
    Probe,
    /// A refusal because of the request's time, which the account has now learnt.
    WrongTime,
    /// Any other refusal by the API.
    Refused,
    /// An answer that proves nothing: who strips or forges once does it again.
    Unproven,
}

impl Met {
    /// Judges an attempt without an answer.
    pub fn without_answer(sent: Sent, cause: Failure) -> Met {
        match (sent, cause) {
            (Sent::No, Failure::Certificate) => Met::Distrusted,
            (Sent::No, _) => Met::NotSent,
            (Sent::Unknown, _) => Met::Lost,
        }
    }

    /// Judges an answer by the error that it came to.
    pub fn answer(error: &Error) -> Met {
        match (error.code.as_str(), error.status) {
            _ if error.is(SIGNATURE_PROBE) => Met::Probe,
            ("RATE_LIMITED", _) | (_, Some(429)) => Met::Busy,
            ("SYSTEMERROR" | "SERVICE_UNAVAILABLE", _) | (_, Some(408 | 500..=599)) => Met::Failing,
            (_, Some(400..=499)) if error.kind == ErrorKind::Api => Met::Refused,
            _ => Met::Unproven,
        }
    }
}

/// The facts beside the attempt that decide what follows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Situation {
    /// May the same request be sent again although its answer was lost?
    pub repeatable: bool,
    /// Are retries turned off?
    pub off: bool,
    /// The repetitions that are left.
    pub left: u32,
    /// Is there a host that this call has not tried since its last pause?
    pub untried: bool,
    /// Did an earlier attempt meet a probe?
    pub probed: bool,
    /// Did an earlier attempt end with an error that leaves open whether it was carried out?
    pub open: bool,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The end, with the attempt's error.
    GiveUp,
    /// The same request again.
    Again {
        /// On another host, if there is one?
        elsewhere: bool,
        /// After a pause?
        pause: bool,
    },
    /// A query, to learn whether the request was carried out.
    Ask {
        /// After a pause?
        pause: bool,
    },
}

/// Decides what follows an attempt that failed.
pub(super) fn next(met: Met, situation: Situation) -> Next {
    let Situation { repeatable, off, left, untried, probed, open } = situation;
    let again = |elsewhere: bool, pause: bool| if left > 0 { Next::Again { elsewhere, pause } } else { Next::GiveUp };
    match met {
        _ if off => Next::GiveUp,
        Met::NotSent => again(true, !untried),
        Met::Distrusted if untried => again(true, false),
        Met::Busy => Next::Again { elsewhere: false, pause: true },
        Met::WrongTime => again(false, false),
        Met::Lost | Met::Failing if repeatable => again(true, true),
        Met::Lost | Met::Failing => Next::Ask { pause: true },
        Met::Probe if !repeatable => Next::Ask { pause: false },
        Met::Probe if !probed => again(false, false),
        Met::Refused if open => Next::Ask { pause: false },
        Met::Distrusted | Met::Probe | Met::Refused | Met::Unproven => Next::GiveUp,
    }
}
