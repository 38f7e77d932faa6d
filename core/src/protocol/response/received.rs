use serde_json::Value;

use super::{
    signature::{decoded, probe, signature_headers, stamp, unknown_serial},
    verified::Verified,
};
use crate::{
    base::secret::Wiped,
    keys::{
        Listed, PlatformKeys,
        crypto::{Verifier, aead::ApiV3Key},
        listed,
    },
    protocol::{
        api::Endpoint,
        clock::{self, LONGEST_TIMER_MS, fresh, http_date},
        hiding::Hidden,
        message,
    },
    words::{
        error::{BODY_TOO_LARGE, CERTIFICATE_NOT_VALID, Error, REDIRECT_REFUSED, SIGNATURE_MISSING, STATUS_UNEXPECTED},
        field::Kind,
        operation::Operation,
    },
};

/// The status of a redirected answer if the host hides its real status.
pub(crate) const REDIRECTED: u16 = 0;

/// The most bytes of a body: answers of this API never have more.
pub const MAX_BODY: usize = 1024 * 1024;

/// An answer as it came, whose body cannot be read until it is verified.
#[derive(Default)]
pub struct Received {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) truncated: bool,
}

/// A signature to verify, with its message and key.
pub(crate) struct Proof {
    pub key_id: String,
    pub spki_der: Vec<u8>,
    pub message: Vec<u8>,
    pub signature: Vec<u8>,
}

/// An answer whose headers have been examined.
pub(crate) struct Examined {
    pub(super) received: Received,
    pub(super) operation: Operation,
    pub(super) proof: Result<Proof, Error>,
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
    /// `signature`, `freshness` and `probe` errors for a success that is not proven; `api` errors for refusals, which need
    /// no signature; `response` errors for an answer that cannot be read.
    pub fn verify<R: Endpoint>(
        self,
        request: &R,
        keys: &PlatformKeys,
        verifier: &dyn Verifier,
        now: i64,
    ) -> Result<Verified<R::Response>, Error> {
        // Only a request with personal fields has anything to hide.
        let personal = R::FIELDS.iter().any(|field| field.kind == Kind::Personal);
        let fields = personal.then(|| serde_json::to_value(request).ok()).flatten().map(Wiped::from);
        let map = fields.as_deref().and_then(Value::as_object);
        let hidden = map.map(|map| Hidden::of(R::FIELDS, map)).unwrap_or_default();
        let examined = self.examine(R::OPERATION, keys, now, &hidden)?;
        let ok =
            examined.proof().is_some_and(|proof| verifier.verify(&proof.spki_der, &proof.message, &proof.signature));
        examined.settle(ok, |field| request.text(field), &hidden)?.typed(R::OPERATION)
    }

    /// The serial that a success names, if its signature headers are in order but the named key is unknown or not valid.
    pub(crate) fn names_another_key(&self, known: &PlatformKeys, now: i64) -> Option<&str> {
        if !self.succeeded() || self.truncated {
            return None;
        }
        let [timestamp, _, signature, serial] = signature_headers(&self.headers).ok()?;
        probe(signature).and_then(|()| fresh("answer", stamp(timestamp)?, &clock::LOCAL, now)).ok()?;
        known.get(serial).is_none_or(|key| !key.valid_at(now)).then_some(serial)
    }

    /// The certificates in the body.
    pub(crate) fn certificates(&self, operation: Operation, key: &ApiV3Key) -> Result<Listed, Error> {
        listed(&self.body, key).map_err(|error| self.about(operation, error))
    }

    /// Checks everything but the signature itself; `hidden` holds what must not be shown of the request.
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
                let html = error.is(SIGNATURE_MISSING) && self.is_html();
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

    pub(super) fn proof(&self, keys: &PlatformKeys, now: i64) -> Result<Proof, Error> {
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

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The timestamp that the answer's signature covers.
    pub(crate) fn stamp(&self) -> Option<i64> {
        stamp(self.header("Wechatpay-Timestamp")?.trim()).ok()
    }

    /// The time at which the server answered, by its own clock.
    pub(crate) fn date(&self) -> Option<i64> {
        http_date(self.header("Date")?)
    }

    /// `Retry-After` in milliseconds; a date is counted from the answer's own date.
    pub(super) fn retry_after_ms(&self) -> Option<u64> {
        let given = self.header("Retry-After")?;
        let seconds = match given.trim().parse::<u64>() {
            Ok(seconds) => seconds,
            Err(_) => u64::try_from(http_date(given)?.saturating_sub(self.date()?)).unwrap_or(0),
        };
        Some(seconds.saturating_mul(1000).min(LONGEST_TIMER_MS))
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn succeeded(&self) -> bool {
        (200..=299).contains(&self.status)
    }

    /// Adds to an error the details that the answer alone gives.
    pub(crate) fn about(&self, operation: Operation, error: Error) -> Error {
        error.with(|details| {
            details.operation = Some(operation);
            details.status = Some(self.status);
            details.request_id = self.request_id();
            details.may_have_been_applied = operation.spec().changes;
        })
    }
}
