//! From bytes to an answer: [`Received`], then [`Verified`]. There is no way from the one to the other but a signature.

use std::ops::Deref;

use base64ct::{Base64, Encoding};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{
    api::{Endpoint, Field, Kind, Need, Operation},
    catalogue,
    check::{Finding, Severity, rules},
    clock::{self, fresh, http_date},
    crypto::{Verifier, aead::ApiV3Key},
    engine::REDIRECTED,
    error::{
        BODY_NOT_JSON, BODY_TOO_LARGE, BODY_UNEXPECTED, CERTIFICATE_NOT_VALID, Error, REDIRECT_REFUSED, SERIAL_UNKNOWN,
        SIGNATURE_DUPLICATED, SIGNATURE_MALFORMED, SIGNATURE_MISMATCH, SIGNATURE_MISSING, SIGNATURE_PROBE,
        SIGNATURE_UNSUPPORTED, STATUS_UNEXPECTED,
    },
    explain::{SIGN_ERROR, SignError},
    hiding::Hidden,
    json::{keep, take},
    keys::{Listed, PUBLIC_KEY_PAGE, PlatformKeys, listed, names_public_key},
    lenient::{self, line},
    message,
    model::Wiped,
    request::SCHEME,
};

/// No answer of this API is larger.
pub const MAX_BODY: usize = 1024 * 1024;

/// An answer as it came, whose body cannot be read yet.
#[derive(Default)]
pub struct Received {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    truncated: bool,
}

/// An answer whose signature was found to be WeChat Pay's.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified<T> {
    value: T,
    /// WeChat Pay's id of the request, for its support.
    pub request_id: Option<String>,
    /// What is odd about the answer.
    pub warnings: Vec<Finding>,
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Verified<T> {
    /// The answer itself.
    pub fn into_inner(self) -> T {
        self.value
    }
}

/// What has to be verified.
pub(crate) struct Proof {
    pub key_id: String,
    pub spki_der: Vec<u8>,
    pub message: Vec<u8>,
    pub signature: Vec<u8>,
}

/// An answer whose headers have been examined.
pub(crate) struct Examined {
    received: Received,
    operation: Operation,
    proof: Result<Proof, Error>,
}

impl Received {
    /// Takes in an answer: all headers as they came, the body's exact bytes.
    pub fn new(status: u16, headers: Vec<(String, String)>, body: Vec<u8>, truncated: bool) -> Received {
        let truncated = truncated || body.len() > MAX_BODY;
        Received { status, headers, body, truncated }
    }

    /// Verifies and reads the answer to a request.
    ///
    /// `now` is in Unix seconds.
    ///
    /// # Errors
    /// `signature`, `freshness` and `probe` errors for a success that is not proven; `api` errors for refusals, which
    /// need no signature; `response` errors for what cannot be read.
    pub fn verify<R: Endpoint>(
        self,
        request: &R,
        keys: &PlatformKeys,
        verifier: &dyn Verifier,
        now: i64,
    ) -> Result<Verified<R::Response>, Error> {
        // Only a request with a person's data has anything to hide.
        let personal = R::FIELDS.iter().any(|field| field.kind == Kind::Personal);
        let fields = personal.then(|| serde_json::to_value(request).ok()).flatten().map(Wiped::from);
        let map = fields.as_deref().and_then(Value::as_object);
        let hidden = map.map(|map| Hidden::of(R::FIELDS, map)).unwrap_or_default();
        let examined = self.examine(R::OPERATION, keys, now, &hidden)?;
        let ok =
            examined.proof().is_some_and(|proof| verifier.verify(&proof.spki_der, &proof.message, &proof.signature));
        examined.settle(ok, |field| request.text(field), &hidden)?.typed(R::OPERATION)
    }

    /// The serial in a success whose signature is in order but for the key, which is not among those that are valid.
    pub(crate) fn names_another_key(&self, known: &PlatformKeys, now: i64) -> Option<&str> {
        let lacking = [SERIAL_UNKNOWN.name, CERTIFICATE_NOT_VALID.name];
        (self.succeeded()
            && !self.truncated
            && self.proof(known, now).is_err_and(|error| lacking.contains(&error.code.as_str())))
        .then(|| self.header("Wechatpay-Serial").map(str::trim))
        .flatten()
    }

    /// The certificates in the body.
    pub(crate) fn certificates(&self, operation: Operation, key: &ApiV3Key) -> Result<Listed, Error> {
        listed(&self.body, key).map_err(|error| self.about(operation, error))
    }

    /// Looks at everything but the signature itself; `hidden` is not to be shown of the request.
    pub(crate) fn examine(
        self,
        operation: Operation,
        keys: &PlatformKeys,
        now: i64,
        hidden: &Hidden,
    ) -> Result<Examined, Error> {
        let status = self.status;
        let about = |error: Error| self.about(operation, error);
        let proof = match status {
            REDIRECTED | 300..=399 => {
                let shown = if status == REDIRECTED { String::new() } else { format!(" (HTTP {status})") };
                let issue = format!("the server redirects{shown}, which this API never does; check `base_urls`");
                return Err(about(Error::new(REDIRECT_REFUSED, issue)).with(|error| {
                    error.status = Some(status).filter(|status| *status != REDIRECTED);
                }));
            }
            _ if self.truncated => {
                return Err(about(Error::new(
                    BODY_TOO_LARGE,
                    "the answer is larger than 1 MiB; no answer of this API is",
                )));
            }
            200..=299 => Ok(self.proof(keys, now).map_err(|error| {
                let html = error.code == SIGNATURE_MISSING.name && self.is_html();
                about(if html { Error::new(SIGNATURE_MISSING, self.not_by_the_api(operation, hidden)) } else { error })
            })?),
            400..=599 => self.proof(keys, now),
            _ => {
                return Err(about(Error::new(
                    STATUS_UNEXPECTED,
                    format!("HTTP {status} is neither a success nor a refusal"),
                )));
            }
        };
        Ok(Examined { received: self, operation, proof })
    }

    fn proof(&self, keys: &PlatformKeys, now: i64) -> Result<Proof, Error> {
        let [timestamp, nonce, signature, serial] = signature_headers(&self.headers)?;
        probe(signature)?;
        fresh("answer", stamp(timestamp)?, &clock::LOCAL, now)?;
        let key = keys.get(serial).ok_or_else(|| unknown_serial(serial, keys))?;
        if let Some(certificate) = key.certificate().filter(|_| !key.valid_at(now)) {
            return Err(Error::new(
                CERTIFICATE_NOT_VALID,
                format!("the answer is signed by platform certificate `{serial}`, which {}", certificate.standing(now)),
            ));
        }
        Ok(Proof {
            key_id: serial.to_owned(),
            spki_der: key.spki_der().to_vec(),
            message: message::response(timestamp, nonce, &self.body),
            signature: decoded(signature)?,
        })
    }

    pub(crate) fn request_id(&self) -> Option<String> {
        self.header("Request-ID").map(str::to_owned)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// When the server answered, by its clock.
    pub(crate) fn date(&self) -> Option<i64> {
        http_date(self.header("Date")?)
    }

    /// `Retry-After` in milliseconds; if it is a date, from that of the answer on.
    fn retry_after_ms(&self) -> Option<u64> {
        let given = self.header("Retry-After")?;
        // As far as a host's timer can count.
        const LONGEST: u64 = i32::MAX as u64;
        let seconds = match given.trim().parse::<u64>() {
            Ok(seconds) => seconds,
            Err(_) => u64::try_from(http_date(given)?.saturating_sub(self.date()?)).unwrap_or(0),
        };
        Some(seconds.saturating_mul(1000).min(LONGEST))
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn succeeded(&self) -> bool {
        (200..=299).contains(&self.status)
    }

    /// What the answer alone tells about an error.
    pub(crate) fn about(&self, operation: Operation, error: Error) -> Error {
        error.with(|details| {
            details.operation = Some(operation);
            details.status = Some(self.status);
            details.request_id = self.request_id();
            details.may_have_been_applied = operation.spec().changes;
        })
    }

    /// Reads the body of a refusal, and hides in it what the service quotes of a person's data.
    fn refusal(&self, operation: Operation, hidden: &Hidden) -> Error {
        let status = self.status;
        let spec = operation.spec();
        let mut body = lenient::json(&self.body).unwrap_or_default();
        let sent = code_of(&body).unwrap_or_default().to_owned();
        // Whatever it quotes, it is understood as it came.
        let message = body.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
        hidden.in_value(&mut body);
        let code = catalogue::normalised(&sent);
        let consequence = catalogue::consequence(code, status);
        let error = match code {
            "" if !body.is_object() => Error::new(BODY_NOT_JSON, self.not_by_the_api(operation, hidden)),
            "" => Error::new(
                BODY_UNEXPECTED,
                format!("{operation} was answered with HTTP {status} and JSON without `code`"),
            ),
            _ => {
                let shown = |text: &str, most| line(&hidden.masked(text), most);
                let known = |code: &str| if catalogue::is_documented(code) { code.to_owned() } else { shown(code, 64) };
                let sent = if sent == code { String::new() } else { format!("sent as {}, ", known(&sent)) };
                let found = catalogue::found(operation, code, &message);
                let hint = found.advice.as_ref().filter(|_| found.told);
                let hint = hint.map(|advice| format!(". {}", advice.en)).unwrap_or_default();
                let (code, message) = (known(code), shown(&message, 512));
                let why = format!("{operation} was refused: {code} ({sent}HTTP {status}): {message}{hint}");
                Error::refused(code, why).with(|details| {
                    details.reason = found.reason;
                    details.advice = found.advice;
                    details.detail = body.get_mut("detail").map(Value::take);
                })
            }
        };
        self.about(operation, error).with(|details| {
            details.retry_after = self.retry_after_ms();
            details.retryable = consequence.passing && (spec.repeatable || consequence.not_processed);
            details.may_have_been_applied = spec.changes && !consequence.not_processed;
        })
    }

    /// What a refusal for the signature tells of it.
    pub(crate) fn sign_error(&self) -> Option<SignError> {
        if self.status != 401 {
            return None;
        }
        let body = lenient::json(&self.body).filter(|body| code_of(body) == Some(SIGN_ERROR))?;
        Some(SignError::new(&body, self.date()))
    }

    fn is_html(&self) -> bool {
        self.body.trim_ascii_start().starts_with(b"<")
    }

    /// The body's compression, as a header tells it. A host may have undone it, and left the header.
    pub(crate) fn compression(&self) -> Option<&str> {
        self.header("Content-Encoding").map(str::trim).filter(|name| !["", "identity"].contains(name))
    }

    fn looks_like(&self) -> String {
        match (self.body.trim_ascii_start().first(), self.compression()) {
            (None, _) => "an empty body".to_owned(),
            (Some(b'<'), _) => "an HTML page".to_owned(),
            (Some(b'{'), _) => "broken JSON".to_owned(),
            (Some(_), Some(name)) => format!("a compressed body (`Content-Encoding: {}`)", line(name, 32)),
            (Some(0x1F), None) => "a compressed body".to_owned(),
            (Some(_), None) => "a body that is not JSON".to_owned(),
        }
    }

    /// What an HTML page calls itself.
    fn title(&self) -> Option<String> {
        let page = String::from_utf8_lossy(self.body.get(..4096).unwrap_or(&self.body));
        let lower = page.to_ascii_lowercase();
        let start = lower.find("<title")?;
        let start = start + lower.get(start..)?.find('>')? + 1;
        Some(page.get(start..start + lower.get(start..)?.find('<')?)?.to_owned())
    }

    /// That somebody else answered: with what, who, and what to do.
    fn not_by_the_api(&self, operation: Operation, hidden: &Hidden) -> String {
        let (status, what) = (self.status, self.looks_like());
        let mut told = format!("{operation} was answered with HTTP {status} and {what}");
        let mut add = |before: &str, text: Option<&str>| {
            if let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) {
                told.extend([before, "`", &line(&hidden.masked(text), 80), "`"]);
            }
        };
        add(" titled ", self.title().as_deref());
        add(" from ", self.header("Server"));
        add(" via ", self.header("Via"));
        told.push_str(", not by the API");
        if self.is_html() {
            told.push_str(
                ": a proxy, a firewall or a network's sign-in page stands in between, or `base_urls` leads elsewhere; \
                 open the URL from this machine to see the page, and let this machine through to WeChat Pay",
            );
        }
        told
    }
}

/// The code in a refusal; the pages of 2020 call it `return_code`.
pub(crate) fn code_of(body: &Value) -> Option<&str> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|code| !code.is_empty());
    text("code").or_else(|| text("return_code"))
}

/// In the order in which they are signed, then the signature and the key's name.
pub(crate) const SIGNATURE_HEADERS: [&str; 4] =
    ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial"];

/// The values of [`SIGNATURE_HEADERS`].
pub(crate) fn signature_headers(headers: &[(String, String)]) -> Result<[&str; 4], Error> {
    let mut values = [""; 4];
    for (name, value) in SIGNATURE_HEADERS.iter().zip(&mut values) {
        let mut found = headers.iter().filter(|(header, _)| header.eq_ignore_ascii_case(name));
        *value = match (found.next(), found.next()) {
            (None, _) => {
                return Err(Error::new(
                    SIGNATURE_MISSING,
                    format!(
                        "the answer has no header `{name}`: it is forged, or a proxy stripped it; ask its operator to pass Wechatpay-* headers"
                    ),
                ));
            }
            (_, Some(_)) => {
                return Err(Error::new(SIGNATURE_DUPLICATED, format!("the answer has the header `{name}` twice")));
            }
            (Some((_, value)), None) if value.contains(char::is_control) => {
                return Err(Error::new(
                    SIGNATURE_MALFORMED,
                    format!(
                        "the header `{name}` holds a control character, which could forge a line of what is verified"
                    ),
                ));
            }
            (Some((_, value)), None) => value.trim(),
        };
        if value.contains(',') {
            return Err(Error::new(
                SIGNATURE_DUPLICATED,
                format!("the header `{name}` holds a comma: two values were joined into one"),
            ));
        }
    }
    let other = headers
        .iter()
        .find(|(header, value)| header.eq_ignore_ascii_case("Wechatpay-Signature-Type") && value.trim() != SCHEME);
    match other {
        None => Ok(values),
        Some((_, value)) => Err(Error::new(
            SIGNATURE_UNSUPPORTED,
            format!(
                "the answer is signed as `{}` (header `Wechatpay-Signature-Type`), and only {SCHEME} can be verified \
                 here: ask WeChat Pay which algorithm this merchant is set to",
                line(value.trim(), 64)
            ),
        )),
    }
}

/// Refuses a signature that is false on purpose.
pub(crate) fn probe(signature: &str) -> Result<(), Error> {
    if signature.starts_with("WECHATPAY/SIGNTEST/") {
        return Err(Error::new(
            SIGNATURE_PROBE,
            "WeChat Pay sent a false signature on purpose, to see that it is refused; the operation may have been \
             carried out: query it",
        ));
    }
    Ok(())
}

/// Unix seconds in digits.
pub(crate) fn seconds(text: &str) -> Option<i64> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(crate) fn stamp(timestamp: &str) -> Result<i64, Error> {
    seconds(timestamp)
        .ok_or_else(|| Error::new(SIGNATURE_MALFORMED, "the header `Wechatpay-Timestamp` is not in Unix seconds"))
}

pub(crate) fn unknown_serial(serial: &str, keys: &PlatformKeys) -> Error {
    let known = match keys.is_empty() {
        true => "which holds none".to_owned(),
        false => keys.ids().collect::<Vec<_>>().join(", "),
    };
    let remedy = match names_public_key(serial) {
        true => format!("; put WeChat Pay's public key there under this id: both stand {PUBLIC_KEY_PAGE}"),
        false => String::new(),
    };
    Error::new(
        SERIAL_UNKNOWN,
        format!(
            "the answer is signed by platform key `{}`, which is not among `platform_keys` ({known}){remedy}",
            line(serial, 64),
        ),
    )
}

pub(crate) fn decoded(signature: &str) -> Result<Vec<u8>, Error> {
    Base64::decode_vec(signature)
        .map_err(|_| Error::new(SIGNATURE_MALFORMED, "the header `Wechatpay-Signature` is not Base64"))
}

impl Examined {
    pub(crate) fn received(&self) -> &Received {
        &self.received
    }

    /// Is it, by its status, more than a refusal?
    pub(crate) fn succeeded(&self) -> bool {
        self.received.succeeded()
    }

    /// What is to be verified; nothing if the answer is a refusal without a usable signature.
    pub(crate) fn proof(&self) -> Option<&Proof> {
        self.proof.as_ref().ok()
    }

    /// Reads the body, now that it is known whether the signature is right; `sent` gives the texts in the request's fields,
    /// `hidden` what is not to be shown of them.
    pub(crate) fn settle<'a>(
        self,
        ok: bool,
        sent: impl Fn(&str) -> Option<&'a str>,
        hidden: &Hidden,
    ) -> Result<Verified<Map<String, Value>>, Error> {
        let Examined { received, operation, proof } = self;
        if !received.succeeded() {
            let odd = match &proof {
                Ok(_) if ok => None,
                Ok(proof) => Some(received.mismatch(proof)),
                Err(error) if error.code == SIGNATURE_MISSING.name => None,
                Err(error) => Some(error.clone()),
            };
            return Err(received.refusal(operation, hidden).with(|details| {
                details.authenticated = ok && proof.is_ok();
                details.warnings.extend(odd.map(|error| Finding {
                    rule: rules::ERROR_SIGNATURE,
                    severity: Severity::Warning,
                    field: "Wechatpay-Signature".to_owned(),
                    value: Value::Null,
                    issue: error.message.clone(),
                    location: "header",
                }));
            }));
        }
        let proof = proof?;
        if !ok {
            return Err(received.about(operation, received.mismatch(&proof)));
        }
        if operation.spec().changes && received.body.trim_ascii().is_empty() {
            let issue = format!(
                "{operation} was accepted with HTTP {} and without a body, which says nothing of the record: query it",
                received.status
            );
            let warning = Finding {
                rule: rules::EMPTY_ANSWER,
                severity: Severity::Warning,
                field: String::new(),
                value: Value::Null,
                issue,
                location: "response",
            };
            let request_id = received.request_id();
            return Ok(Verified { value: Map::new(), request_id, warnings: vec![warning] });
        }
        let table = operation.response_fields();
        let value = match lenient::json(&received.body) {
            Some(Value::Object(mut value)) => read(table, &mut value, "").map(|()| value),
            Some(_) => Err("is not a JSON object".to_owned()),
            None => {
                let issue = format!("the answer is signed, but it is {}", received.looks_like());
                return Err(received.about(operation, Error::new(BODY_NOT_JSON, issue)));
            }
        };
        let value = value
            .map_err(|issue| received.about(operation, Error::new(BODY_UNEXPECTED, format!("the answer {issue}"))))?;
        let mut warnings = echoes(sent, &value);
        for warning in &mut warnings {
            hidden.in_text(&mut warning.issue);
            hidden.in_value(&mut warning.value);
        }
        Ok(Verified { value, request_id: received.request_id(), warnings })
    }
}

impl Verified<Map<String, Value>> {
    pub(crate) fn typed<T: DeserializeOwned>(self, operation: Operation) -> Result<Verified<T>, Error> {
        Verified::from_parts(Value::Object(self.value), self.request_id, self.warnings, operation)
    }
}

impl<T: DeserializeOwned> Verified<T> {
    pub(crate) fn from_parts(
        mut value: Value,
        request_id: Option<String>,
        warnings: Vec<Finding>,
        operation: Operation,
    ) -> Result<Verified<T>, Error> {
        // Only an answer without a body lacks what is required: types know no way to leave that out.
        if let Some(fields) = value.as_object_mut() {
            for field in operation.response_fields().iter().filter(|field| field.need == Need::Required) {
                if !fields.contains_key(field.name) {
                    fields.insert(field.name.to_owned(), "".into());
                }
            }
        }
        let value = serde_json::from_value(value).map_err(|error| {
            Error::new(BODY_UNEXPECTED, format!("the answer is not of the documented shape: {error}")).with(|details| {
                details.operation = Some(operation);
                details.may_have_been_applied = operation.spec().changes;
            })
        })?;
        Ok(Verified { value, request_id, warnings })
    }
}

impl Received {
    fn mismatch(&self, proof: &Proof) -> Error {
        let why = match self.compression() {
            Some(name) => format!(
                "the body is compressed (`Content-Encoding: {}`), though none was asked for: have the proxy in between \
                 leave it as it is, or decompress it before it is given here",
                line(name, 32)
            ),
            None => "the body was changed on its way, or the PEM under that id is another key's".to_owned(),
        };
        Error::new(
            SIGNATURE_MISMATCH,
            format!(
                "the signature of the answer does not belong to these bytes and platform key `{}`: {why}",
                proof.key_id
            ),
        )
    }
}

/// Puts documented fields into their documented shape; a null is as if the field were missing.
pub(crate) fn read(table: &[Field], given: &mut Map<String, Value>, at: &str) -> Result<(), String> {
    for field in table {
        let other = field.also.map(|also| take(given, also)).unwrap_or_default();
        if !other.is_null() && given.get(field.name).is_none_or(Value::is_null) {
            given.insert(field.name.to_owned(), other);
        }
    }
    keep(given, |_, value| !value.is_null());
    for field in table {
        let pointer = || format!("{at}/{}", field.name);
        let wrong = |wanted: &str| Err(format!("holds `{}`, which is not {wanted}", pointer()));
        match (field.kind, given.get_mut(field.name)) {
            (Kind::Records(..), None) => {
                given.insert(field.name.to_owned(), Value::Array(Vec::new()));
            }
            (_, None) if field.need == Need::Required => return Err(format!("lacks `{}`", pointer())),
            (_, None) => {}
            // What stands in the place of bytes that are no text.
            (_, Some(Value::String(text))) if text.contains('\u{FFFD}') => return wrong("text in UTF-8"),
            (Kind::Text | Kind::Personal, Some(Value::String(_))) => {}
            (Kind::Code(known), Some(Value::String(text))) => {
                // Words have been seen in odd letter case.
                if let Some(word) = known.iter().find(|word| word.eq_ignore_ascii_case(text) && *word != text) {
                    *text = (*word).to_owned();
                }
            }
            (Kind::Text | Kind::Personal | Kind::Code(_), Some(_)) => return wrong("text"),
            (Kind::Fen, Some(fen)) if fen.as_i64().is_some_and(|fen| i32::try_from(fen).is_ok()) => {}
            (Kind::Fen, Some(_)) => return wrong("a whole number of fen"),
            (Kind::Count(_), Some(count)) if count.as_u64().is_some_and(|count| u32::try_from(count).is_ok()) => {}
            (Kind::Count(_), Some(_)) => return wrong("a whole number"),
            (Kind::Records(_, table), Some(Value::Array(records))) => {
                for (index, record) in records.iter_mut().enumerate() {
                    let Value::Object(record) = record else { return wrong("a list of objects") };
                    read(table, record, &format!("{}/{index}", pointer()))?;
                }
            }
            (Kind::Records(..), Some(_)) => return wrong("a list"),
        }
    }
    Ok(())
}

/// The ids of an order, which requests name and answers echo.
pub(crate) const IDS: [&str; 6] = ["appid", "mchid", "out_trade_no", "transaction_id", "sub_order_no", "sub_order_id"];

/// Ids that the answer echoes and that differ from the request: it may be another order's answer.
///
/// Only ids that the answer carries are compared; those of a sub-order also with a request that names none.
fn echoes<'a>(sent: impl Fn(&str) -> Option<&'a str>, answer: &Map<String, Value>) -> Vec<Finding> {
    let order_type = sent("order_type");
    let records = answer.get("data").and_then(Value::as_array).into_iter().flatten();
    let mut places = vec![(String::new(), Some(answer))];
    for (index, record) in records.enumerate() {
        places.push((format!("/data/{index}"), record.as_object()));
    }
    let named = |name: &str| sent(name).filter(|sent| !sent.is_empty());
    // A query by the payment finds its sub-orders; every other request names what it is about.
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
            // Words have been seen in odd letter case.
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
                location: "response",
            });
        }
    }
    findings
}
