//! All records of a query, page by page.
//!
//! Records can shift between two pages while they are read: one that comes twice is given once, and while fewer came than
//! the service counts, the pages are gone through again. That ends when a round brings nothing new, so that a wrong count
//! cannot keep it going.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    check::rules,
    error::{Error, ID_MISMATCH},
    json::{json_text, keep, object},
};

/// The page size where none is asked for, as the query page suggests (2020-06-02).
const LIMIT: u64 = 20;

/// Where the reading stands. It can be kept as data between two pages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Value", into = "Value")]
pub struct Pages {
    offset: u64,
    /// How often each record was given: those without ids can be alike.
    given: Map<String, Value>,
    /// Did this round bring anything new?
    new: bool,
    finished: bool,
}

/// The number in a count.
fn times(count: Option<&Value>) -> u64 {
    count.and_then(Value::as_u64).unwrap_or_default()
}

/// Anything else than what became of [`Pages`] is as if nothing were read yet.
impl From<Value> for Pages {
    fn from(mut state: Value) -> Pages {
        let is = |name: &str| state.get(name).is_some_and(|is| *is == true);
        Pages {
            offset: times(state.get("offset")),
            new: is("new"),
            finished: is("finished"),
            given: match state.get_mut("given").map(Value::take) {
                Some(Value::Object(given)) => given,
                _ => Map::new(),
            },
        }
    }
}

impl From<Pages> for Value {
    fn from(Pages { offset, given, new, finished }: Pages) -> Value {
        object(&mut [
            ("offset", offset.into()),
            ("given", given.into()),
            ("new", new.into()),
            ("finished", finished.into()),
        ])
    }
}

impl Pages {
    /// The fields of the query for the next page; nothing when all is read.
    pub fn request(&self, fields: &Map<String, Value>) -> Option<Map<String, Value>> {
        if self.finished {
            return None;
        }
        let mut fields = fields.clone();
        fields.insert("offset".to_owned(), self.offset.into());
        fields.entry("limit").or_insert(LIMIT.into());
        Some(fields)
    }

    /// Takes the answer to that query, with its `warnings`, and gives the records that did not come before.
    ///
    /// # Errors
    /// `ID_MISMATCH` if the answer names another order than the query.
    pub fn take(&mut self, answer: &Map<String, Value>) -> Result<Vec<Value>, Error> {
        let list = |name: &str| answer.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if let Some(echo) = list("warnings").iter().find(|warning| warning["rule"] == rules::ID_ECHO) {
            let issue = echo["issue"].as_str().unwrap_or_default();
            return Err(Error::new(ID_MISMATCH, format!("the records cannot be trusted: {issue}")));
        }
        let page = list("data");
        let total = answer.get("total_count").and_then(Value::as_u64);
        let mut on_page = Map::new();
        let mut new = Vec::new();
        for record in page {
            let identity = identity(record);
            let on_this_page = times(on_page.get(&identity)) + 1;
            if on_this_page > times(self.given.get(&identity)) {
                new.push(record.clone());
            }
            on_page.insert(identity, on_this_page.into());
        }
        for (identity, count) in on_page {
            if times(Some(&count)) > times(self.given.get(&identity)) {
                self.given.insert(identity, count);
            }
        }
        // The state may have been kept, and changed, elsewhere.
        self.offset = self.offset.saturating_add(page.len() as u64);
        self.new |= !new.is_empty();
        if new.is_empty() || total.is_some_and(|total| self.offset >= total) {
            let given = self.given.values().fold(0, |sum: u64, count| sum.saturating_add(times(Some(count))));
            let missing = total.is_some_and(|total| total > given);
            self.finished = !(missing && self.new && self.offset > 0);
            self.offset = 0;
            self.new = false;
        }
        Ok(new)
    }
}

/// What makes a record another one: its sub-order and customs, not its state; without a sub-order, all that stays.
fn identity(record: &Value) -> String {
    let part = |name: &str| record.get(name).filter(|value| !value.is_null() && *value != "").cloned();
    let (id, number) = (part("sub_order_id"), part("sub_order_no"));
    if id.is_some() || number.is_some() {
        let parts = [id, number, part("customs"), part("mch_customs_no")];
        return json_text(&Value::Array(parts.map(Option::unwrap_or_default).into()));
    }
    let mut record = record.clone();
    if let Some(fields) = record.as_object_mut() {
        keep(fields, |name, _| !["state", "explanation", "modify_time"].contains(&name));
    }
    json_text(&record)
}

#[cfg(feature = "client")]
pub use all::QueryAll;

#[cfg(feature = "client")]
mod all {
    use std::collections::VecDeque;

    use serde_json::{Map, Value, json};

    use super::Pages;
    use crate::{
        api::query,
        client::Client,
        error::{BODY_UNEXPECTED, Error},
    };

    impl Client {
        /// All records of a query, page by page; its `offset` is not looked at.
        pub fn query_all(&self, request: query::Request) -> QueryAll<'_> {
            QueryAll { client: self, request, pages: Pages::default(), records: VecDeque::new() }
        }
    }

    /// All records of a query; see [`Client::query_all`].
    pub struct QueryAll<'a> {
        client: &'a Client,
        request: query::Request,
        pages: Pages,
        records: VecDeque<query::Declaration>,
    }

    impl QueryAll<'_> {
        /// The next record; sends a query when the last page is used up, and gives nothing when all is read.
        ///
        /// # Errors
        /// As [`Client::query`]; the same page is asked for again when called once more.
        pub async fn next(&mut self) -> Option<Result<query::Declaration, Error>> {
            loop {
                if let Some(record) = self.records.pop_front() {
                    return Some(Ok(record));
                }
                match self.page().await {
                    Ok(true) => {}
                    Ok(false) => return None,
                    Err(error) => return Some(Err(error)),
                }
            }
        }

        /// Reads one more page, if there is one.
        async fn page(&mut self) -> Result<bool, Error> {
            let unreadable = |error| Error::new(BODY_UNEXPECTED, format!("the records cannot be read: {error}"));
            let fields = serde_json::from_value(json!(self.request)).map_err(unreadable)?;
            let Some(fields) = self.pages.request(&fields) else { return Ok(false) };
            let request = serde_json::from_value(Value::Object(fields)).map_err(unreadable)?;
            let answer = self.client.query(&request).await?;
            let mut fields: Map<String, Value> = serde_json::from_value(json!(*answer)).map_err(unreadable)?;
            fields.insert("warnings".to_owned(), json!(answer.warnings));
            let records = self.pages.take(&fields)?;
            self.records = serde_json::from_value(records.into()).map_err(unreadable)?;
            Ok(true)
        }
    }
}
