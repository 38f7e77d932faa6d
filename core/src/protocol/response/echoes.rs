//! Compares the ids that an answer echoes with the request's.

use serde_json::Map;
use serde_json::Value;

use crate::{
    base::text::line,
    words::{
        finding::{Finding, Location, Severity},
        rules,
    },
};

/// The ids of an order that requests name and answers echo.
pub(crate) const IDS: [&str; 6] = ["appid", "mchid", "out_trade_no", "transaction_id", "sub_order_no", "sub_order_id"];

/// Finds echoed ids that differ from the request's: it may be another order's answer.
///
/// Compares only ids that the answer carries. A sub-order's ids also count if the request names none.
pub(super) fn echoes<'a>(sent: impl Fn(&str) -> Option<&'a str>, answer: &Map<String, Value>) -> Vec<Finding> {
    let order_type = sent("order_type");
    let records = answer.get("data").and_then(Value::as_array).into_iter().flatten();
    let mut places = vec![(String::new(), Some(answer))];
    for (index, record) in records.enumerate() {
        places.push((format!("/data/{index}"), record.as_object()));
    }
    let named = |name: &str| sent(name).filter(|sent| !sent.is_empty());
    // A query by the payment finds its sub-orders; every other request names exactly its own subject.
    let whole = order_type.is_none()
        && IDS.iter().any(|name| named(name).is_some())
        && named("sub_order_no").or_else(|| named("sub_order_id")).is_none();
    let mut findings = Vec::new();
    for name in IDS.into_iter().chain(["customs"]) {
        let sent = named(if order_type == Some(name) { "order_no" } else { name });
        if sent.is_none() && !(whole && name.starts_with("sub_order")) {
            continue;
        }
        for (at, place) in &places {
            let came = place.and_then(|place| place.get(name)).and_then(Value::as_str).unwrap_or_default();
            // Customs codes have been seen in odd letter case.
            let same = |sent: &str| sent == came || (name == "customs" && sent.eq_ignore_ascii_case(came));
            if came.is_empty() || sent.is_some_and(same) {
                continue;
            }
            let asked = sent.map_or_else(|| "none".to_owned(), |sent| format!("`{}`", line(sent, 64)));
            findings.push(Finding {
                rule: rules::ID_ECHO,
                severity: Severity::Warning,
                field: format!("{at}/{name}"),
                issue: format!(
                    "the answer names `{}` where the request named {asked}: it may be another order's",
                    line(came, 64)
                ),
                value: came.into(),
                location: Location::Response,
            });
        }
    }
    findings
}
