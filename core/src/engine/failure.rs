//! The error for an attempt that got no answer.

use super::{
    action::{Failure, Now, Sent},
    course::Course,
    exchange::Exchange,
};
use crate::words::error::{
    BODY_FAILED, CONNECT_FAILED, CONNECTION_RESET, Code, DEADLINE_EXCEEDED, DNS_FAILED, Error, TIMEOUT, TLS_FAILED,
    TRANSPORT_FAILED,
};

/// The most milliseconds that a host's timer may go off early.
const EARLY: u64 = 50;

/// The error for an attempt that got no answer.
pub(super) fn failed(
    course: &mut Course,
    exchange: &Exchange,
    sent: Sent,
    cause: Failure,
    since: u64,
    now: Now,
) -> Error {
    let operation = exchange.operation();
    let host = exchange.attempt.as_ref().map(|attempt| attempt.host.clone()).unwrap_or_default();
    let may_have_been_applied = sent == Sent::Unknown && operation.spec().changes;
    // The shorter of the two limits ended it, unless the transport's own did.
    let deadline_first = since.saturating_add(course.limit()) >= course.ends_at;
    let by_deadline = course.left(now) == 0 || (deadline_first && course.left(now) < EARLY);
    let in_time = match now.mono_ms.saturating_sub(since).saturating_add(EARLY) < course.limit() {
        true => "no answer came within the transport's own time limit".to_owned(),
        false => format!("no answer came within its timeout of {} ms", course.limit()),
    };
    let (code, what): (Code, &str) = match cause {
        Failure::Dns => (DNS_FAILED, "its name could not be resolved"),
        Failure::Connect => (CONNECT_FAILED, "no connection could be made"),
        Failure::Tls => (TLS_FAILED, "no secure connection could be made"),
        Failure::Certificate => (TLS_FAILED, "its certificate is not trusted"),
        Failure::Timeout if by_deadline => (DEADLINE_EXCEEDED, "the whole call took longer than its deadline"),
        Failure::Timeout => (TIMEOUT, &in_time),
        Failure::Reset => (CONNECTION_RESET, "the connection was closed before an answer came"),
        Failure::Body => (BODY_FAILED, "the answer broke off"),
        Failure::Other => (TRANSPORT_FAILED, "the transport failed"),
    };
    let after = match may_have_been_applied {
        true => "; it may have been carried out: query it",
        false => "",
    };
    let between = course.between.take().map(|between| format!("; {between}")).unwrap_or_default();
    let message = format!("{operation} got no answer from {host}: {what}{between}{after}");
    Error::new(code, message).with(|details| {
        details.operation = Some(operation);
        details.may_have_been_applied = may_have_been_applied;
        details.retryable = operation.spec().repeatable || sent == Sent::No;
    })
}
