//! Asks what became of a request whose answer was lost, compares, and then acts.

use serde_json::{Map, Value};

use super::{
    Turn,
    action::{Now, Outcome},
    asked::Question,
    course::{Course, done, unexpected_event},
    repeat,
    retry::{Met, Next},
};
use crate::{
    base::json::take,
    keys::crypto::encryption::Padding,
    protocol::{
        pages::Pages,
        recovery::{Standing, another, recovered, standing, which},
        request::{Checked, Content},
    },
    words::{
        error::{Error, ErrorKind, ID_MISMATCH},
        finding::Finding,
        operation::Operation,
        rules,
    },
};

/// Asks, after a pause, what became of a request.
pub(super) fn begin(course: &mut Course, content: Content, error: Error, refused: bool, pause: u64, now: Now) -> Turn {
    let query = which(&content);
    course.question = Some(Box::new(Question {
        content,
        error: error.clone(),
        refused,
        query,
        pages: Pages::default(),
        records: Vec::new(),
        head: Map::new(),
        asked: 0,
        repetitions: 0,
    }));
    ask(course, error, pause, now)
}

/// Sends the query for the next page.
fn ask(course: &mut Course, error: Error, pause: u64, now: Now) -> Turn {
    let account = course.account.clone();
    let fields = course.question.as_ref().and_then(|question| question.pages.request(&question.query));
    let checked = Checked::new(&account.merchant, Operation::Query, Value::Object(fields.unwrap_or_default()));
    let (nonce, padding, timestamp) = (course.nonce(), Padding::Seed(course.seed()), course.service_time(now));
    match checked.build(&account.merchant, &account.platform_keys(), timestamp, nonce, padding) {
        Ok(unsigned) => repeat::paused(course, unsigned.into_content(), error, pause, now),
        Err(_) => unresolved(course),
    }
}

/// Takes the failure of a query: asks again, or ends the call with the error that led to the question.
pub(super) fn unanswered(course: &mut Course, content: Content, error: Error, met: Met, now: Now) -> Turn {
    // The one refusal that answers the question (query page, 2020-06-02).
    if error.kind == ErrorKind::Api && error.code == "ORDER_NOT_EXIST" {
        return resolved(course, None, now);
    }
    let Some(question) = &mut course.question else { return Err(error) };
    let left = course.max_retries.saturating_sub(question.repetitions);
    question.repetitions = question.repetitions.saturating_add(1);
    match course.next(met, true, left) {
        Next::Again { elsewhere, pause } => {
            repeat::again(course, content, error, elsewhere, pause, now).or_else(|_| unresolved(course))
        }
        Next::GiveUp | Next::Ask { .. } => unresolved(course),
    }
}

/// Takes a page of records, verified; `stamp` is the service's time then (Unix seconds).
pub(super) fn answered(
    course: &mut Course,
    mut page: Map<String, Value>,
    warnings: &[Finding],
    request_id: Option<String>,
    stamp: Option<i64>,
    now: Now,
) -> Turn {
    let Some(question) = &mut course.question else { return unresolved(course) };
    let odd = warnings.iter().find(|warning| warning.rule == rules::ID_ECHO).map(|warning| warning.issue.clone());
    if let Some(issue) = odd.or_else(|| another(&question.content, &page)) {
        let operation = question.operation();
        let why = format!("{}; the query for what became of it cannot be trusted: {issue}", question.error.message);
        course.question = None;
        return Err(Error::new(ID_MISMATCH, why).with(|details| {
            details.operation = Some(operation);
            details.request_id = request_id;
        }));
    }
    match question.pages.take(&page) {
        Ok(records) => question.records.extend(records),
        Err(_) => return unresolved(course),
    }
    take(&mut page, "data");
    question.head = page;
    if question.pages.request(&question.query).is_some() {
        let error = question.error.clone();
        return ask(course, error, 0, now).or_else(|_| unresolved(course));
    }
    resolved(course, Some(Answered { request_id, ahead: stamp.map(|stamp| stamp.saturating_sub(now.unix_s())) }), now)
}

/// The last answer to a question.
struct Answered {
    request_id: Option<String>,
    /// The seconds by which the service's clock is ahead of the local one.
    ahead: Option<i64>,
}

/// Acts on the records: ends the call well, sends the request again, or ends the call with its refusal.
fn resolved(course: &mut Course, answered: Option<Answered>, now: Now) -> Turn {
    let Some(question) = course.question.take() else { return unresolved(course) };
    let Question { content, error, refused, head, records, .. } = *question;
    let Answered { request_id, ahead } = answered.unwrap_or(Answered { request_id: None, ahead: None });
    let since = course.first_sent_s.unwrap_or_default().saturating_add(ahead.unwrap_or_default());
    match standing(&content, &records, since) {
        Standing::AsSent(record) => {
            let (value, warning) = recovered(&content, &head, record, &error);
            let mut warnings = content.warnings;
            warnings.push(warning);
            done(Outcome::Ok { value, request_id, warnings, attempts: course.attempts })
        }
        Standing::NotAsSent if refused => {
            course.open = false;
            Err(error.with(|details| details.may_have_been_applied = false))
        }
        Standing::Unclear if refused => Err(error),
        Standing::NotAsSent | Standing::Unclear => {
            if course.repetitions >= course.max_retries {
                return Err(error);
            }
            course.repetitions += 1;
            repeat::paused(course, content, error, 0, now)
        }
    }
}

/// Ends the call with the error that led to the question: it stays open whether the request was carried out.
fn unresolved(course: &mut Course) -> Turn {
    let unknown = || unexpected_event(None, true);
    Err(course.question.take().map_or_else(unknown, |question| question.error))
}
