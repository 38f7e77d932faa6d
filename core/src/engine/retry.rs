//! Decides what follows an attempt that failed: a pure function, tested as a table.

use super::action::{Failure, Sent};
use crate::{
    protocol::response::is_repeated,
    words::error::{Error, ErrorKind, SIGNATURE_PROBE},
};

/// The result of an attempt, as far as it matters for the next.
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
            _ if is_repeated(error.reason) => Met::Lost,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::error::{CONNECT_FAILED, REDIRECT_REFUSED, SIGNATURE_MISMATCH};

    const FIRST: Situation =
        Situation { repeatable: true, off: false, left: 2, untried: true, probed: false, open: false };
    const CHANGE: Situation = Situation { repeatable: false, ..FIRST };

    const fn again(elsewhere: bool, pause: bool) -> Next {
        Next::Again { elsewhere, pause }
    }

    /// A row for each outcome: what follows for what may be repeated, and for what must not.
    const TABLE: [(Met, Next, Next); 8] = [
        (Met::NotSent, again(true, false), again(true, false)),
        (Met::Distrusted, again(true, false), again(true, false)),
        (Met::Lost, again(true, true), Next::Ask { pause: true }),
        (Met::Busy, again(false, true), again(false, true)),
        (Met::Failing, again(true, true), Next::Ask { pause: true }),
        (Met::Probe, again(false, false), Next::Ask { pause: false }),
        (Met::WrongTime, again(false, false), again(false, false)),
        (Met::Unproven, Next::GiveUp, Next::GiveUp),
    ];

    #[test]
    fn each_outcome_of_an_attempt_is_followed_as_the_table_says() {
        for (met, repeatable, change) in TABLE {
            assert_eq!([next(met, FIRST), next(met, CHANGE)], [repeatable, change], "{met:?}");
            // Whoever has turned retries off gets the first error.
            let off = [Situation { off: true, ..FIRST }, Situation { off: true, ..CHANGE }];
            assert_eq!(off.map(|off| next(met, off)), [Next::GiveUp; 2], "{met:?}");
            // A 429 uses up no repetition; a question may be asked when none is left.
            let none = [Situation { left: 0, ..FIRST }, Situation { left: 0, ..CHANGE }].map(|none| next(met, none));
            let given_up = |next: Next| if matches!(next, Next::Again { .. }) { Next::GiveUp } else { next };
            let expected = if met == Met::Busy { [repeatable; 2] } else { [repeatable, change].map(given_up) };
            assert_eq!(none, expected, "{met:?}");
        }
    }

    #[test]
    fn when_all_hosts_were_tried_a_pause_comes_first() {
        let tried = Situation { untried: false, ..FIRST };
        assert_eq!(next(Met::NotSent, tried), again(true, true));
        assert_eq!(next(Met::Distrusted, tried), Next::GiveUp);
    }

    #[test]
    fn a_second_probe_is_too_many() {
        assert_eq!(next(Met::Probe, Situation { probed: true, ..FIRST }), Next::GiveUp);
    }

    #[test]
    fn a_refusal_is_the_last_word_only_if_nothing_is_open() {
        for repeatable in [true, false] {
            let closed = Situation { repeatable, ..FIRST };
            assert_eq!(next(Met::Refused, closed), Next::GiveUp);
            assert_eq!(next(Met::Refused, Situation { open: true, left: 0, ..closed }), Next::Ask { pause: false });
            assert_eq!(next(Met::Unproven, Situation { open: true, ..closed }), Next::GiveUp);
        }
    }

    #[test]
    fn outcomes_are_recognised() {
        for cause in [Failure::Dns, Failure::Connect, Failure::Tls, Failure::Timeout] {
            assert_eq!(Met::without_answer(Sent::No, cause), Met::NotSent);
        }
        assert_eq!(Met::without_answer(Sent::No, Failure::Certificate), Met::Distrusted);
        for cause in [Failure::Timeout, Failure::Reset, Failure::Body, Failure::Other, Failure::Tls] {
            assert_eq!(Met::without_answer(Sent::Unknown, cause), Met::Lost);
        }
        let refused = |code: &str, status: u16| {
            let error = Error::refused(code.to_owned(), String::new());
            Met::answer(&error.with(|details| details.status = Some(status)))
        };
        assert_eq!([refused("RATE_LIMITED", 400), refused("PARAM_ERROR", 429)], [Met::Busy; 2]);
        assert_eq!([refused("SYSTEMERROR", 400), refused("PARAM_ERROR", 500), refused("", 408)], [Met::Failing; 3]);
        assert_eq!([refused("PARAM_ERROR", 400), refused("NEW_CODE", 404)], [Met::Refused; 2]);
        let repeated = Error::refused("SIGN_ERROR".to_owned(), String::new());
        let repeated = repeated.with(|details| (details.status, details.reason) = (Some(401), Some("nonce_wrong")));
        assert_eq!(Met::answer(&repeated), Met::Lost);
        let ours = |code, status| Met::answer(&Error::new(code, "").with(|details| details.status = Some(status)));
        assert_eq!(ours(SIGNATURE_PROBE, 200), Met::Probe);
        assert_eq!([ours(SIGNATURE_MISMATCH, 200), ours(REDIRECT_REFUSED, 302)], [Met::Unproven; 2]);
        assert_eq!([ours(SIGNATURE_MISMATCH, 502), ours(CONNECT_FAILED, 404)], [Met::Failing, Met::Unproven]);
    }
}
