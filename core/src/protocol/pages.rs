//! Reads all records of a query, page by page.
//!
//! Records can shift from one page to another while they are read: a record that comes twice is given once. A round reads
//! all pages. The result is complete after a round in which nothing moved and as many records came as the service counts,
//! or after a round that brought nothing new. If even then fewer came than it counts, that is an error, once all that came
//! was given.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    base::json::{json_text, object, retain},
    words::{
        error::{Error, ID_MISMATCH, RECORDS_MISSING},
        rules,
    },
};

/// The page size if none is asked for, as the query page suggests (2020-06-02).
const LIMIT: u64 = 20;

/// The state of the reading. It can be stored as data between two pages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Value", into = "Value")]
pub struct Pages {
    offset: u64,
    /// The page size that was asked for; 0 if that is not known.
    limit: u64,
    /// The number of times each record was given, because records without ids can be alike.
    given: Map<String, Value>,
    /// The number of records by the service's last count.
    total: Option<u64>,
    /// The identity of the first record of this round's last page; empty if that page was.
    last: Option<String>,
    /// Did this round bring anything new?
    new: bool,
    /// Did anything move while this round or an earlier one was read?
    moved: bool,
    finished: bool,
}

/// The number in a count.
fn times(count: Option<&Value>) -> u64 {
    count.and_then(Value::as_u64).unwrap_or_default()
}

/// Treats anything that does not come from [`Pages`] as if nothing were read yet.
impl From<Value> for Pages {
    fn from(mut state: Value) -> Pages {
        let is = |name: &str| state.get(name).is_some_and(|is| *is == true);
        Pages {
            offset: times(state.get("offset")),
            limit: times(state.get("limit")),
            total: state.get("total").and_then(Value::as_u64),
            last: state.get("last").and_then(Value::as_str).map(str::to_owned),
            new: is("new"),
            moved: is("moved"),
            finished: is("finished"),
            given: match state.get_mut("given").map(Value::take) {
                Some(Value::Object(given)) => given,
                _ => Map::new(),
            },
        }
    }
}

impl From<Pages> for Value {
    fn from(Pages { offset, limit, given, total, last, new, moved, finished }: Pages) -> Value {
        object(&mut [
            ("offset", offset.into()),
            ("limit", limit.into()),
            ("given", given.into()),
            ("total", total.into()),
            ("last", last.into()),
            ("new", new.into()),
            ("moved", moved.into()),
            ("finished", finished.into()),
        ])
    }
}

impl Pages {
    /// All is read.
    pub(crate) fn finished() -> Pages {
        Pages { finished: true, ..Pages::default() }
    }

    /// The query's fields for the next page; `None` when all is read.
    pub fn request(&self, fields: &Map<String, Value>) -> Option<Map<String, Value>> {
        if self.finished {
            return None;
        }
        let mut fields = fields.clone();
        fields.insert("offset".to_owned(), self.offset.into());
        fields.entry("limit").or_insert(LIMIT.into());
        Some(fields)
    }

    /// Notes the page size that the fields ask for.
    pub(crate) fn asked(&mut self, fields: &Map<String, Value>) {
        self.limit = fields.get("limit").and_then(Value::as_u64).unwrap_or(LIMIT);
    }

    /// Takes the answer to that query, with its `warnings`, and returns the records that did not come before.
    ///
    /// # Errors
    /// `ID_MISMATCH` if the answer names another order or customs than the query; `RECORDS_MISSING` at the end, if the
    /// service counts more records than all pages brought.
    pub fn take(&mut self, answer: &Map<String, Value>) -> Result<Vec<Value>, Error> {
        let list = |name: &str| answer.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if let Some(echo) = list("warnings").iter().find(|warning| warning["rule"] == rules::ID_ECHO) {
            let issue = echo["issue"].as_str().unwrap_or_default();
            return Err(Error::new(ID_MISMATCH, format!("the records cannot be trusted: {issue}")));
        }
        let page = list("data");
        let size = page.len() as u64;
        let limit = [self.limit, times(answer.get("limit"))].into_iter().find(|limit| *limit > 0).unwrap_or(LIMIT);
        let total = answer.get("total_count").and_then(Value::as_u64);
        self.moved |= self.offset > 0 && total != self.total;
        self.total = total;
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
        let first = page.first().map(identity).unwrap_or_default();
        // Two empty pages, or an earlier page in the place of the next, mean that no others follow.
        let again = new.is_empty() && self.last.as_ref() == Some(&first);
        self.moved |= new.len() < page.len();
        self.new |= !new.is_empty();
        self.last = Some(first);
        let alone = self.offset == 0;
        // Saturates, because the state may have been stored, and changed, elsewhere. Skips the place of an empty page in
        // the middle.
        self.offset = self.offset.saturating_add(if size == 0 { limit } else { size });
        // After a full page with new records more may follow, whatever the count says.
        let ends = match total.filter(|total| *total > self.offset || size < limit || new.is_empty()) {
            None => size == 0 || again,
            Some(total) => again || self.offset >= total,
        };
        if ends {
            let given = self.given.values().fold(0, |sum: u64, count| sum.saturating_add(times(Some(count))));
            let missing = total.filter(|total| *total > given);
            let counted = total.is_none_or(|total| total == given);
            // Records of a single page were read at one time.
            self.finished = !self.new || (missing.is_none() && (alone || (counted && !self.moved)));
            *self = Pages { offset: 0, last: None, moved: true, new: false, ..std::mem::take(self) };
            if let (true, Some(total)) = (self.finished, missing) {
                let why = format!(
                    "{given} records came, though the service counts {total}: they may have moved while they were read; \
                     query them again"
                );
                return Err(Error::new(RECORDS_MISSING, why).with(|error| error.retryable = true));
            }
        }
        Ok(new)
    }
}

/// Identifies a record by its sub-order and customs; without a sub-order, by all its fields but those that change.
fn identity(record: &Value) -> String {
    let part = |name: &str| record.get(name).filter(|value| !value.is_null() && *value != "").cloned();
    let (id, number) = (part("sub_order_id"), part("sub_order_no"));
    if id.is_some() || number.is_some() {
        let parts = [id, number, part("customs"), part("mch_customs_no")];
        return json_text(&Value::Array(parts.map(Option::unwrap_or_default).into()));
    }
    let mut record = record.clone();
    if let Some(fields) = record.as_object_mut() {
        retain(fields, |name, _| !["state", "explanation", "modify_time"].contains(&name));
    }
    json_text(&record)
}
