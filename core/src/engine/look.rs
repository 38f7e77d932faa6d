//! A look at the records of a payment at one customs: all pages of a query.

use serde_json::{Map, Value};

use super::call::Call;
use crate::{
    base::json::take,
    protocol::pages::Pages,
    words::{
        error::{Error, ID_MISMATCH},
        finding::Finding,
        operation::Operation,
        rules,
    },
};

/// The pages that were read so far.
pub(super) struct Look {
    query: Map<String, Value>,
    pages: Pages,
    pub records: Vec<Map<String, Value>>,
    pub request_id: Option<String>,
}

impl Look {
    /// Begins with the fields of the query.
    pub fn new(query: Map<String, Value>) -> Look {
        let mut pages = Pages::default();
        pages.asked(&query);
        Look { query, pages, records: Vec::new(), request_id: None }
    }

    /// The look at its end, with what it found so far.
    pub fn ended(self, request_id: Option<String>) -> Look {
        Look { pages: Pages::finished(), request_id, ..self }
    }

    /// The call for the next page; `None` when all are read.
    pub fn call(&self) -> Option<Call> {
        let fields = self.pages.request(&self.query)?;
        Some(Call::Operation { operation: Operation::Query, fields: fields.into() })
    }

    /// Takes a page.
    ///
    /// # Errors
    /// `ID_MISMATCH` for the answer to another query; `RECORDS_MISSING`.
    pub fn took(&mut self, page: Value, warnings: &[Finding], request_id: Option<String>) -> Result<(), Error> {
        mismatch(warnings, Operation::Query)?;
        let Value::Object(mut page) = page else { return Ok(()) };
        let records = self.pages.take(&page)?;
        take(&mut page, "data");
        for record in records {
            let Value::Object(mut record) = record else { continue };
            // The ids of the payment stand beside the records.
            for (name, value) in page.iter().filter(|(name, _)| !PAGING.contains(&name.as_str())) {
                if record.get(name).is_none_or(Value::is_null) && !value.is_null() {
                    record.insert(name.clone(), value.clone());
                }
            }
            self.records.push(record);
        }
        self.request_id = request_id;
        Ok(())
    }
}

/// Members of a page that are not about the payment.
const PAGING: [&str; 4] = ["offset", "limit", "total_count", "data"];

/// Refuses an answer that names other ids than were sent.
pub(super) fn mismatch(warnings: &[Finding], operation: Operation) -> Result<(), Error> {
    let Some(echo) = warnings.iter().find(|warning| warning.rule == rules::ID_ECHO) else { return Ok(()) };
    let why = format!("the answer to this {operation} cannot be trusted: {}", echo.issue);
    Err(Error::new(ID_MISMATCH, why).with(|error| error.operation = Some(operation)))
}
