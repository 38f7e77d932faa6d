//! Runs of several calls: `ensure` and `wait`.

use std::{future::pending, sync::Arc};

use serde_json::{Value, json};

use super::{Client, seed, unexpected, unwritable};
use crate::{
    engine::{Engine, Outcome},
    protocol::{
        api::{declare, query},
        life::{EnsureOptions, Ensured, WaitOptions, Which},
    },
    words::error::{BODY_UNEXPECTED, Error},
};

impl Client {
    /// Makes a declaration be as wanted, whatever happened before: asks, and then declares, modifies, pushes again, waits, or
    /// says why a person must decide.
    ///
    /// It goes on until the declaration is settled or its deadline comes, unless `options.wait` is off. What it gives is plain
    /// data; give it back as `options.after`, for instance after a crash. Dropping the future gives the run up.
    ///
    /// ```no_run
    /// # async fn run(client: wechatpay_customs::client::Client) -> Result<(), wechatpay_customs::Error> {
    /// use wechatpay_customs::{api::declare, life::EnsureOptions};
    ///
    /// let wanted = declare::Request {
    ///     out_trade_no: "20150806125346".into(),
    ///     transaction_id: "1000320306201511078440737890".into(),
    ///     customs: "SHANGHAI_ZS".into(),
    ///     merchant_customs_no: "123456".into(),
    ///     ..declare::Request::default()
    /// };
    /// let ensured = client.ensure(&wanted, EnsureOptions::default()).await?;
    /// if ensured.step == "person" {
    ///     println!("{}", ensured.why.en);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `input` and `key` errors, that of a signer of the caller's, and `CONFLICT`. Refusals and lost answers are data.
    pub async fn ensure(&self, wanted: &declare::Request, options: EnsureOptions) -> Result<Ensured, Error> {
        self.ensure_with_progress(wanted, options, |_| {}).await
    }

    /// As [`Client::ensure`]; calls `progress` before each pause with what it would give.
    ///
    /// # Errors
    /// As [`Client::ensure`].
    pub async fn ensure_with_progress(
        &self,
        wanted: &declare::Request,
        options: EnsureOptions,
        progress: impl Fn(Ensured),
    ) -> Result<Ensured, Error> {
        let wanted = serde_json::to_value(wanted).map_err(unwritable)?;
        let engine = Engine::ensure(wanted, Arc::clone(&self.account), options, seed()?);
        let told = |value: Value| drop(serde_json::from_value(value).map(&progress));
        read(self.drive(engine, pending(), told).await?)
    }

    /// Looks at a declaration until it stops moving, and gives its record; also for `FAIL` and `EXCEPT`, which are answers.
    ///
    /// # Errors
    /// `STILL_MOVING` at the deadline, with the last record as `detail`; refusals; `input` and `key` errors.
    pub async fn wait(&self, which: &Which, options: WaitOptions) -> Result<query::Declaration, Error> {
        self.wait_with_progress(which, options, |_| {}).await
    }

    /// As [`Client::wait`]; calls `progress` before each pause with the record as it was last seen.
    ///
    /// # Errors
    /// As [`Client::wait`].
    pub async fn wait_with_progress(
        &self,
        which: &Which,
        options: WaitOptions,
        progress: impl Fn(query::Declaration),
    ) -> Result<query::Declaration, Error> {
        let engine = Engine::wait(json!(which), Arc::clone(&self.account), options, seed()?);
        let told = |value: Value| drop(serde_json::from_value(value).map(&progress));
        read(self.drive(engine, pending(), told).await?)
    }
}

/// Reads the plain data in an outcome.
fn read<T: serde::de::DeserializeOwned>(outcome: Outcome) -> Result<T, Error> {
    match outcome {
        Outcome::Plain { value } => serde_json::from_value(value)
            .map_err(|error| Error::new(BODY_UNEXPECTED, format!("the result cannot be read: {error}"))),
        Outcome::Err(error) => Err(error),
        _ => Err(unexpected()),
    }
}
