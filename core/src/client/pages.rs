//! Reads all records of a query, page by page.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::{Client, unexpected, unwritable};
use crate::{
    protocol::{api::query, pages::Pages},
    words::{
        error::{BODY_UNEXPECTED, Error},
        operation::Operation,
    },
};

impl Client {
    /// Reads all records of a query, page by page; ignores its `offset`.
    pub fn query_all(&self, request: query::Request) -> QueryAll<'_> {
        QueryAll { client: self, request, fields: None, pages: Pages::default(), records: VecDeque::new() }
    }
}

/// All records of a query; see [`Client::query_all`].
pub struct QueryAll<'a> {
    client: &'a Client,
    request: query::Request,
    /// The request as data, made for the first page.
    fields: Option<Map<String, Value>>,
    pages: Pages,
    records: VecDeque<query::Declaration>,
}

impl QueryAll<'_> {
    /// The next record; sends a query when the last page is used up, and returns `None` when all is read.
    ///
    /// # Errors
    /// As [`Client::query`]; calling again asks for the same page.
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

    /// Reads one more page; returns whether there was one.
    async fn page(&mut self) -> Result<bool, Error> {
        let fields = match &mut self.fields {
            Some(fields) => fields,
            none => none.insert(serde_json::from_value(json!(self.request)).map_err(unwritable)?),
        };
        let Some(fields) = self.pages.request(fields) else { return Ok(false) };
        self.pages.asked(&fields);
        let answer = self.client.answered(Operation::Query, fields.into()).await?;
        let warnings = json!(answer.warnings);
        let Value::Object(mut answer) = answer.into_inner() else { return Err(unexpected()) };
        answer.insert("warnings".to_owned(), warnings);
        let records = self.pages.take(&answer)?;
        self.records = serde_json::from_value(records.into())
            .map_err(|error| Error::new(BODY_UNEXPECTED, format!("the records cannot be read: {error}")))?;
        Ok(true)
    }
}
