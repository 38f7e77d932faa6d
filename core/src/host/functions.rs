//! The functions that bindings call by name.

use super::{
    calls::must_be,
    life::{self, ensure_options, wait_options},
    messages,
};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    base::{json::take, secret::Wiped},
    engine::{Account, Action, Call, Engine, Event, Now, Outcome, SignedBy, Step, two_signers},
    keys,
    protocol::{
        check::{check, read_json},
        customs_message::{CustomsOrderFields, customs_order_fields_value},
        explain::Explanation,
        life::NextStep,
        options::{Convention, Options},
        pages::Pages,
        plan_split::plan_split,
        realtime_upload::{RealtimeUploadFields, realtime_upload_fields},
        request::filled,
    },
    words::{
        error::{Error, INVALID_OPTION},
        fen::Fen,
        finding::Finding,
        operation::Operation,
        rules::Rules,
    },
};

type Function = fn(Option<&Account>, &mut Map<String, Value>, Convention) -> Result<Answer, Error>;

/// The result of a pure function.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// A text, or null.
    Text(Option<String>),
    /// The result of `check`.
    Findings(Vec<Finding>),
    /// The result of `query_all`: the records of the last page, and the query for the next; pass `state` back with its
    /// answer.
    Page {
        /// `query`.
        operation: Operation,
        /// The records that did not come before.
        records: Vec<Value>,
        /// The fields of the next query; null when all is read.
        request: Option<Map<String, Value>>,
        /// The state of the reading.
        state: Value,
    },
    /// The result of `customs_order_fields`.
    CustomsOrderFields(CustomsOrderFields),
    /// The result of `explain`.
    Explanation(Explanation),
    /// The result of `next_step`.
    NextStep(Box<NextStep>),
    /// The result of `realtime_upload_fields`.
    RealtimeUploadFields(Box<RealtimeUploadFields>),
    /// The result of `plan_split`: the fields of a declare for each part.
    Parts(Vec<Map<String, Value>>),
    /// The result of `cny_fen`.
    Fen(Fen),
}

impl Answer {
    /// Changes every value that came from a caller or from the network.
    fn values(&mut self, change: fn(&mut Value)) {
        match self {
            Answer::Findings(findings) => findings.iter_mut().for_each(|finding| change(&mut finding.value)),
            Answer::Page { records, request, state, .. } => {
                records.iter_mut().for_each(change);
                request.iter_mut().flat_map(Map::values_mut).for_each(change);
                change(state);
            }
            Answer::NextStep(next) => {
                let request = next.request.iter_mut().flat_map(|request| request.fields.values_mut());
                let differences = next.differences.iter_mut().flat_map(|it| [&mut it.wanted, &mut it.found]);
                request.chain(differences).for_each(change);
            }
            Answer::Parts(parts) => parts.iter_mut().flat_map(Map::values_mut).for_each(change),
            Answer::Text(_)
            | Answer::CustomsOrderFields(_)
            | Answer::RealtimeUploadFields(_)
            | Answer::Explanation(_)
            | Answer::Fen(_) => {}
        }
    }

    /// Changes every text that this library wrote.
    fn texts(&mut self, change: fn(&mut String)) {
        match self {
            Answer::Findings(findings) => findings.iter_mut().for_each(|finding| change(&mut finding.issue)),
            Answer::Explanation(explanation) => explanation.texts(change),
            Answer::NextStep(next) => {
                change(next.why.en.to_mut());
                change(next.why.zh.to_mut());
            }
            Answer::Text(_)
            | Answer::Page { .. }
            | Answer::CustomsOrderFields(_)
            | Answer::RealtimeUploadFields(_)
            | Answer::Parts(_)
            | Answer::Fen(_) => {}
        }
    }
}

/// The pure functions of the package, by name.
const FUNCTIONS: &[(&str, Function)] = &[
    ("check", |account, given, _| {
        let operation = take(given, "operation");
        let operation = Operation::named(operation.as_str().unwrap_or("null"))?;
        let rules = match (take(given, "rules"), account) {
            (Value::Null, Some(account)) => account.merchant().rules.clone(),
            (Value::Null, None) => Rules::default(),
            (rules, Some(account)) => Rules::from_value(&rules)?.encrypting(account.merchant().field_encryption),
            (rules, None) => Rules::from_value(&rules)?,
        };
        let mut fields = Wiped::from(take(given, "fields"));
        let mut findings = Vec::new();
        // JSON text can hold a field twice.
        if let Some(text) = fields.as_str() {
            let (read, found) = read_json(operation, text, &rules);
            if read.is_null() {
                return Ok(Answer::Findings(found));
            }
            (fields, findings) = (read.into(), found);
        }
        if let Some(account) = account {
            fields = filled(account.merchant(), operation, fields);
        }
        findings.extend(check(operation, &fields, &rules));
        Ok(Answer::Findings(findings))
    }),
    // Reads page after page: `{fields}`, then `{fields, state, answer}`, until `request` is null.
    ("query_all", |account, given, _| {
        let mut fields = Wiped::from(take(given, "fields"));
        if let Some(account) = account {
            fields = filled(account.merchant(), Operation::Query, fields);
        }
        let Value::Object(fields) = &*fields else {
            let findings = check(Operation::Query, &fields, &Rules::default());
            return Err(Error::invalid_fields(Operation::Query, "query was not sent", findings));
        };
        let state = take(given, "state");
        let mut pages = Pages::from(state);
        pages.asked(fields);
        let records = match take(given, "answer") {
            Value::Object(answer) => pages.take(&answer)?,
            _ => Vec::new(),
        };
        let request = pages.request(fields);
        Ok(Answer::Page { operation: Operation::Query, records, request, state: pages.into() })
    }),
    ("export_keys", |account, _, _| Ok(Answer::Text(account.map(Account::export_keys)))),
    ("import_keys", |account, given, _| {
        let text = take(given, "keys");
        account.map(|account| account.import_keys(text.as_str().unwrap_or_default())).transpose()?;
        Ok(Answer::Text(None))
    }),
    ("customs_order_fields", |_, given, _| {
        customs_order_fields_value(take(given, "request"), take(given, "result"), Some(take(given, "paid")))
            .map(Answer::CustomsOrderFields)
    }),
    ("realtime_upload_fields", |_, given, _| {
        realtime_upload_fields(take(given, "request"), take(given, "result"), Some(take(given, "paid")))
            .map(|fields| Answer::RealtimeUploadFields(Box::new(fields)))
    }),
    ("plan_split", |_, given, _| {
        let (payment, parts, customs) = (take(given, "payment"), take(given, "parts"), take(given, "customs"));
        if !matches!(customs, Value::Null | Value::String(_)) {
            return Err(must_be("`customs`", "text, or null"));
        }
        plan_split(&payment, &parts, customs.as_str()).map(Answer::Parts)
    }),
    ("cny_fen", |_, given, _| {
        let texts = ["amount", "rate", "coupon"].map(|name| (name, take(given, name)));
        if let Some((name, _)) = texts.iter().find(|(name, it)| !it.is_string() && (*name != "coupon" || !it.is_null()))
        {
            return Err(must_be(
                &format!("`{name}`"),
                "a decimal text, such as \"12.34\", because a float loses digits",
            ));
        }
        let [amount, rate, coupon] = texts.each_ref().map(|(_, text)| text.as_str());
        let fen = Fen::from_foreign(amount.unwrap_or_default(), rate.unwrap_or_default(), coupon);
        fen.map(Answer::Fen).map_err(|finding| {
            Error::invalid_fields(Operation::Declare, "the amount cannot be converted", vec![finding])
        })
    }),
    ("next_step", |_, given, convention| life::next(given, convention).map(|next| Answer::NextStep(Box::new(next)))),
    ("explain", |account, given, convention| messages::explain(account, given, convention).map(Answer::Explanation)),
];

/// Calls a pure function by name with named arguments; a client's `account` fills in its options.
///
/// # Errors
/// The function's own; `INVALID_OPTION` for an unknown function.
pub fn call(
    function: &str,
    arguments: Value,
    account: Option<&Account>,
    convention: Convention,
) -> Result<Answer, Error> {
    let found = FUNCTIONS.iter().find(|(name, _)| *name == function);
    let mut arguments = Wiped::from(arguments);
    let result = match (found, &mut *arguments) {
        (Some((_, function)), Value::Object(given)) => function(account, given, convention),
        _ => Err(Error::new(INVALID_OPTION, format!("there is no function `{function}` that takes these arguments"))),
    };
    result.map(|mut value| {
        value.values(holdable(convention));
        value.texts(convention.spelling());
        value
    })
}

/// Makes an account from a client's options. `private_key` may be the description of a key that the host holds and signs
/// with, such as WebCrypto's `CryptoKey`: a map of its `$type`, `type`, `algorithm`, `hash`, `modulus_length` and `usages`.
///
/// # Errors
/// `INVALID_OPTION`, `PRIVATE_KEY_INVALID`, `PRIVATE_KEY_IN_BROWSER`, `PLATFORM_KEY_INVALID`.
pub fn account(mut options: Value, convention: Convention, mut signing: SignedBy) -> Result<Arc<Account>, Error> {
    let private_key = options.get_mut(convention.name("private_key"));
    let described = |key: &&mut Value| convention == Convention::JavaScript && key["$type"] == "CryptoKey";
    if let Some(held) = private_key.filter(described) {
        if signing == SignedBy::Caller {
            return Err(two_signers());
        }
        keys::require_signing_key(&held.take())?;
        signing = SignedBy::Caller;
    }
    Ok(Arc::new(Account::new(Options::from_value(options, convention)?, signing)?))
}

/// Makes the engine for one call, see [`Call::from_value`] and [`Options::for_call`]; or, where `call` is `ensure` or `wait`, for
/// such a run, with what it is about as `fields`.
///
/// # Errors
/// `INVALID_OPTION`.
pub fn engine(
    account: Arc<Account>,
    call: Value,
    options: Value,
    convention: Convention,
    seed: [u8; 32],
) -> Result<Engine, Error> {
    let fields = |mut call: Value| call.get_mut("fields").map(Value::take).unwrap_or_default();
    match call.get("call").and_then(Value::as_str) {
        Some("ensure") => {
            let options = ensure_options(options, convention)?;
            return Ok(Engine::ensure(fields(call), account, options, seed));
        }
        Some("wait") => return Ok(Engine::wait(fields(call), account, wait_options(options, convention)?, seed)),
        _ => {}
    }
    Ok(Engine::new(Call::from_value(call)?, account, Options::for_call(options, convention)?, seed))
}

/// Takes the answer to an engine's last action and returns the next action.
pub fn step(engine: &mut Engine, event: Event, now: Now, convention: Convention) -> Step {
    let mut step = engine.step(event, now);
    match &mut step.action {
        Action::Done { outcome } => {
            outcome.values(holdable(convention));
            match outcome {
                Outcome::Err(error) => error.texts(convention.spelling()),
                Outcome::Plain { value } => respelt(value, convention),
                _ => {}
            }
        }
        Action::Sleep { progress: Some(progress), .. } => {
            holdable(convention)(progress);
            respelt(progress, convention);
        }
        _ => {}
    }
    step
}

/// Converts the message of the error in a run's result.
fn respelt(result: &mut Value, convention: Convention) {
    if let Some(Value::String(message)) = result.pointer_mut("/error/message") {
        convention.spelling()(message);
    }
}

/// Converts an error: its values to such as the host language can hold, option names in its texts to the host's spelling.
pub fn error(mut error: Error, convention: Convention) -> Error {
    error.values(holdable(convention));
    error.texts(convention.spelling());
    error
}

/// Makes values holdable: JavaScript's numbers are floats, and its converters turn larger integers into BigInts or refuse
/// them.
fn holdable(convention: Convention) -> fn(&mut Value) {
    match convention {
        Convention::Python => |_| {},
        Convention::JavaScript => floats,
    }
}

/// Restores a number that stands by itself to a float: it is the caller's, as a finding shows it, and was one before.
fn floats(value: &mut Value) {
    match value {
        Value::Number(number) => float(number),
        _ => exact(value),
    }
}

/// Turns integers that floats do not hold exactly into their text.
fn exact(value: &mut Value) {
    const EXACT: u64 = (1 << 53) - 1;
    match value {
        Value::Number(number) => {
            let whole = number.as_i64().map(i64::unsigned_abs).or(number.as_u64());
            match whole.is_some_and(|whole| whole > EXACT) {
                true => *value = number.to_string().into(),
                false => float(number),
            }
        }
        Value::Array(list) => list.iter_mut().for_each(exact),
        Value::Object(map) => map.values_mut().for_each(exact),
        _ => {}
    }
}

fn float(number: &mut serde_json::Number) {
    if number.as_i64().is_none_or(|whole| i32::try_from(whole).is_err())
        && let Some(float) = number.as_f64().and_then(serde_json::Number::from_f64)
    {
        *number = float;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn javascript_gets_every_digit_of_an_answer() {
        let mut value = json!({ "a": [1, -2147483649_i64, 9007199254740991_i64, 1.5], "b": 9007199254740992_i64 });
        value["c"] = json!({ "d": u64::MAX, "e": i64::MIN });
        holdable(Convention::JavaScript)(&mut value);
        let floats = json!([1, -2147483649.0, 9007199254740991.0, 1.5]);
        let texts = json!({ "d": "18446744073709551615", "e": "-9223372036854775808" });
        assert_eq!(value, json!({ "a": floats, "b": "9007199254740992", "c": texts }));
        let mut finding = json!(1_u64 << 60);
        holdable(Convention::JavaScript)(&mut finding);
        assert_eq!(finding, json!(1152921504606846976.0));
        let mut python = json!([u64::MAX]);
        holdable(Convention::Python)(&mut python);
        assert_eq!(python, json!([u64::MAX]));
    }
}
