//! Compares a request whose answer was lost with the records that a query brings.

use serde_json::{Map, Value};

use super::{clock::rfc3339, request::Content, response::IDS};
use crate::{
    base::text::line,
    words::{
        error::Error,
        field::Kind,
        finding::{Finding, Location, Severity},
        operation::Operation,
        rules,
    },
};

/// The seconds by which a record must be younger than the request to count as changed by it.
const LATER_S: i64 = 2;
/// States in which a declaration is on its way.
const MOVING: [&str; 3] = ["UNDECLARED", "SUBMITTED", "PROCESSING"];

/// How the records stand to a request.
#[derive(Debug, PartialEq)]
pub(crate) enum Standing<'a> {
    /// This record is as the request asks for: it was carried out.
    AsSent(&'a Map<String, Value>),
    /// There is no such record, or it has not changed since: the request was not carried out so far.
    NotAsSent,
    /// The record is otherwise, or lacks what would tell; it may have been carried out, and changed by somebody else since.
    Unclear,
}

/// The fields of the query for what became of a request: by its sub-order if it names one, else by its payment.
pub(crate) fn which(content: &Content) -> Map<String, Value> {
    let by = ["sub_order_no", "sub_order_id", "out_trade_no", "transaction_id"];
    let named = by.into_iter().find_map(|name| Some((name, given(content, name)?)));
    let (order_type, order_no) = named.unwrap_or_default();
    let mut query = Map::new();
    for name in ["appid", "mchid", "customs"] {
        if let Some(id) = given(content, name) {
            query.insert(name.to_owned(), id.into());
        }
    }
    query.insert("order_type".to_owned(), order_type.into());
    query.insert("order_no".to_owned(), order_no.into());
    query
}

fn given<'a>(content: &'a Content, name: &str) -> Option<&'a str> {
    content.text(name).filter(|text| !text.is_empty())
}

/// Describes the id by which the answer to the query is about another order than the request.
pub(crate) fn another(content: &Content, head: &Map<String, Value>) -> Option<String> {
    let differs = |name: &&str| {
        let came = head.get(*name).and_then(Value::as_str).filter(|came| !came.is_empty());
        came.zip(given(content, name)).is_some_and(|(came, sent)| came != sent)
    };
    let name = IDS.into_iter().find(|name| differs(name))?;
    let came = head.get(name).and_then(Value::as_str).unwrap_or_default();
    let sent = given(content, name).unwrap_or_default();
    Some(format!("`{name}` was `{}`, and comes back as `{}`", line(sent, 64), line(came, 64)))
}

/// Finds the request's record and compares it; `since` is when the request was first sent, by the service's clock (Unix
/// seconds).
pub(crate) fn standing<'a>(content: &Content, records: &'a [Value], since: i64) -> Standing<'a> {
    let Some(record) = records.iter().filter_map(Value::as_object).find(|record| is_its_record(content, record)) else {
        return Standing::NotAsSent;
    };
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
    let changed_at = rfc3339(text("modify_time"));
    let later = changed_at.is_some_and(|at| at > since.saturating_add(LATER_S));
    let moved = later || MOVING.contains(&text("state"));
    let as_sent = match content.operation {
        Operation::Redeclare => moved,
        Operation::Declare => compared(content, record) == Some(true),
        _ => moved && compared(content, record) == Some(true),
    };
    match as_sent {
        true => Standing::AsSent(record),
        // Nobody has changed it since, so the request did not either.
        false if changed_at.is_some_and(|at| at < since) && compared(content, record).is_some() => Standing::NotAsSent,
        false => Standing::Unclear,
    }
}

/// Is it the record of the request's sub-order, or of its payment as a whole?
fn is_its_record(content: &Content, record: &Map<String, Value>) -> bool {
    let of = |name: &str| record.get(name).and_then(Value::as_str).filter(|id| !id.is_empty());
    let names = ["sub_order_no", "sub_order_id"];
    let elsewhere =
        of("customs").zip(given(content, "customs")).is_some_and(|(came, sent)| !came.eq_ignore_ascii_case(sent));
    if elsewhere {
        return false;
    }
    match names.into_iter().any(|name| given(content, name).is_some()) {
        true => {
            let compared = names.into_iter().filter_map(|name| Some(given(content, name)? == of(name)?));
            let (same, count) = compared.fold((true, 0), |(all, count), same| (all && same, count + 1));
            same && count > 0
        }
        false => names.into_iter().all(|name| of(name).is_none()),
    }
}

/// Other fields that are compared, as a request and as a record call them.
const OTHERWISE: [(&str, &str); 2] = [("merchant_customs_no", "mch_customs_no"), ("fee_type", "fee_type")];

/// Does the record have the registration number and all amounts that were sent? `None` if it lacks one of them.
fn compared(content: &Content, record: &Map<String, Value>) -> Option<bool> {
    let amounts = content.operation.request_fields().iter().filter(|field| field.kind == Kind::Fen);
    let names = amounts.map(|field| (field.name, field.name)).chain(OTHERWISE);
    let mut lacking = false;
    for (sent, came) in names {
        let (Some(sent), came) = (content.fields.get(sent), record.get(came).filter(|came| !came.is_null())) else {
            continue;
        };
        match came {
            Some(came) if came != sent => return Some(false),
            Some(_) => {}
            None => lacking = true,
        }
    }
    (!lacking).then_some(true)
}

/// The answer that a record stands for, and the remark on it.
pub(crate) fn recovered(
    content: &Content,
    head: &Map<String, Value>,
    record: &Map<String, Value>,
    error: &Error,
) -> (Value, Finding) {
    let operation = content.operation;
    let mut answer = Map::new();
    for field in operation.response_fields() {
        let known = [record.get(field.name), head.get(field.name), content.fields.get(field.name)];
        let known = known.into_iter().flatten().find(|value| !value.is_null());
        answer.extend(known.map(|value| (field.name.to_owned(), value.clone())));
    }
    let warning = Finding {
        rule: rules::ANSWER_RECOVERED,
        severity: Severity::Warning,
        field: String::new(),
        value: Value::Null,
        issue: format!(
            "the answer to this {operation} was lost ({}); its record shows that it was carried out, and this answer is \
             made from the record",
            error.code
        ),
        location: Location::Response,
    };
    (Value::Object(answer), warning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SENT_AT: i64 = 1_446_015_600;

    fn content(operation: Operation, more: Value) -> Content {
        let mut fields = json!({
            "appid": "wx1", "mchid": "1230000109", "out_trade_no": "2015", "transaction_id": "1000",
            "customs": "SHANGHAI_ZS", "merchant_customs_no": "123456",
        });
        let Value::Object(more) = more else { panic!("fields are a map") };
        fields.as_object_mut().expect("a map").extend(more);
        Content::of_caller(operation, fields.into())
    }

    fn judged(content: &Content, record: Value) -> &'static str {
        match standing(content, &[record], SENT_AT) {
            Standing::AsSent(_) => "as sent",
            Standing::NotAsSent => "not as sent",
            Standing::Unclear => "unclear",
        }
    }

    #[test]
    fn a_modify_was_applied_if_the_record_is_equal_and_has_moved() {
        let modify = content(Operation::Modify, json!({ "duty": 7 }));
        let with = |state: &str, at: &str, duty: Value| {
            let record = json!({
                "mch_customs_no": "123456", "duty": duty, "state": state, "modify_time": at, "customs": "shanghai_zs",
            });
            judged(&modify, record)
        };
        let (before, same, after) =
            ("2015-10-28T14:59:59+08:00", "2015-10-28T15:00:02+08:00", "2015-10-28T15:00:03+08:00");
        for moving in MOVING {
            assert_eq!(with(moving, before, json!(7)), "as sent");
        }
        // The same data may be sent again after FAIL and EXCEPT.
        for ended in ["SUCCESS", "FAIL", "EXCEPT", "NEW_STATE"] {
            assert_eq!([with(ended, before, json!(7)), with(ended, after, json!(7))], ["not as sent", "as sent"]);
            assert_eq!(with(ended, same, json!(7)), "unclear");
        }
        assert_eq!(
            [with("SUBMITTED", after, json!(8)), with("SUBMITTED", before, json!(8))],
            ["unclear", "not as sent"]
        );
        assert_eq!(with("SUBMITTED", after, Value::Null), "unclear");
    }

    #[test]
    fn a_redeclare_was_applied_if_the_record_has_moved() {
        let redeclare = content(Operation::Redeclare, json!({}));
        let record = |state: &str| json!({ "mch_customs_no": "123456", "state": state });
        assert_eq!(judged(&redeclare, record("PROCESSING")), "as sent");
        assert_eq!(judged(&redeclare, record("EXCEPT")), "unclear");
        let mut old = record("SUCCESS");
        old["modify_time"] = json!("2015-10-01T00:00:00+08:00");
        assert_eq!(judged(&redeclare, old), "not as sent");
    }

    #[test]
    fn the_record_is_that_of_the_sub_order_or_of_the_whole_payment() {
        let part =
            json!({ "sub_order_no": "1", "sub_order_id": "x", "mch_customs_no": "123456", "state": "SUBMITTED" });
        let whole = json!({ "sub_order_no": "", "mch_customs_no": "123456", "state": "SUBMITTED" });
        let of_whole = content(Operation::Redeclare, json!({}));
        assert_eq!([judged(&of_whole, part.clone()), judged(&of_whole, whole.clone())], ["not as sent", "as sent"]);
        let of_part = content(Operation::Redeclare, json!({ "sub_order_no": "1" }));
        assert_eq!([judged(&of_part, part.clone()), judged(&of_part, whole)], ["as sent", "not as sent"]);
        let of_another = content(Operation::Redeclare, json!({ "sub_order_no": "1", "sub_order_id": "y" }));
        assert_eq!(judged(&of_another, part.clone()), "not as sent");
        let mut elsewhere = part;
        elsewhere["customs"] = json!("NINGBO");
        assert_eq!(judged(&of_part, elsewhere), "not as sent");
        assert_eq!(which(&of_part)["order_type"], "sub_order_no");
        assert_eq!(which(&of_whole)["order_no"], "2015");
    }

    #[test]
    fn another_orders_answer_is_recognised() {
        let modify = content(Operation::Modify, json!({}));
        let head = |id: &str| json!({ "mchid": "", "transaction_id": id }).as_object().cloned().expect("a map");
        assert_eq!(another(&modify, &head("1000")), None);
        assert!(another(&modify, &head("2000")).is_some_and(|why| why.contains("`transaction_id` was `1000`")));
    }
}
