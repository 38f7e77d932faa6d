//! Decides what follows an attempt: the same request again, a question, or the end of the call.

use super::{
    Turn,
    action::Now,
    course::Course,
    exchange::Ended,
    question, repeat,
    retry::{Met, Next},
};

/// Decides what follows the end of an attempt, and begins it.
pub(super) fn ended(course: &mut Course, ended: Ended, now: Now) -> Turn {
    let (exchange, error, met) = match ended {
        Ended::Failed { exchange, error, met } => (exchange, error, met),
        Ended::Answered { page, warnings, request_id, stamp } => {
            return question::answered(course, page, &warnings, request_id, stamp, now);
        }
    };
    if met == Met::Busy {
        course.account.pace.refused(error.retry_after, now.mono_ms);
    }
    if matches!(met, Met::NotSent | Met::Distrusted) {
        course.account.hosts.failed(course.host, now.mono_ms);
    }
    if course.question.is_some() {
        return question::unanswered(course, exchange.content, error, met, now);
    }
    let next =
        course.next(met, exchange.operation().spec().repeatable, course.max_retries.saturating_sub(course.repetitions));
    course.open |= error.may_have_been_applied;
    match next {
        Next::GiveUp => Err(error),
        Next::Ask { .. } if !course.asks => Err(error),
        Next::Again { elsewhere, pause } => {
            course.repetitions += u32::from(met != Met::Busy);
            repeat::again(course, exchange.content, error, elsewhere, pause, now)
        }
        Next::Ask { pause } => {
            let pause = if pause { course.pause(&error) } else { 0 };
            question::begin(course, exchange.content, error, met == Met::Refused, pause, now)
        }
    }
}
