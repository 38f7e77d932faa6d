//! Reads refusals, and recognises answers that are not the API's.

use serde_json::Value;

use super::{
    received::Received,
    sign_error::{SIGN_ERROR, SignError},
};
use crate::{
    base::{lenient, text::line},
    protocol::hiding::Hidden,
    words::{
        catalogue,
        error::{BODY_NOT_JSON, BODY_UNEXPECTED, Error},
        operation::Operation,
    },
};

impl Received {
    /// Reads the body of a refusal, and masks the personal data that the service quotes in it.
    pub(super) fn refusal(&self, operation: Operation, hidden: &Hidden) -> Error {
        let status = self.status;
        let spec = operation.spec();
        let mut body = lenient::json(&self.body).unwrap_or_default();
        let sent = code_of(&body).unwrap_or_default().to_owned();
        // Taken before masking, because the catalogue must see the message as it came.
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
            let repeated = is_repeated(details.reason);
            details.retryable = (consequence.passing || repeated) && (spec.repeatable || consequence.not_processed);
            details.may_have_been_applied = spec.changes && (repeated || !consequence.not_processed);
        })
    }

    /// The details that a refusal because of the signature gives.
    pub(crate) fn sign_error(&self) -> Option<SignError> {
        if self.status != 401 {
            return None;
        }
        let body = lenient::json(&self.body).filter(|body| code_of(body) == Some(SIGN_ERROR))?;
        Some(SignError::new(&body, self.date()))
    }

    pub(super) fn is_html(&self) -> bool {
        self.body.trim_ascii_start().starts_with(b"<")
    }

    /// The compression that a header names. A host may have decompressed the body and left the header.
    pub(crate) fn compression(&self) -> Option<&str> {
        self.header("Content-Encoding").map(str::trim).filter(|name| !["", "identity"].contains(name))
    }

    pub(super) fn looks_like(&self) -> String {
        match (self.body.trim_ascii_start().first(), self.compression()) {
            (None, _) => "an empty body".to_owned(),
            (Some(b'<'), _) => "an HTML page".to_owned(),
            (Some(b'{'), _) => "broken JSON".to_owned(),
            (Some(_), Some(name)) => format!("a compressed body (`Content-Encoding: {}`)", line(name, 32)),
            (Some(0x1F), None) => "a compressed body".to_owned(),
            (Some(_), None) => "a body that is not JSON".to_owned(),
        }
    }

    /// The title of an HTML page.
    pub(super) fn title(&self) -> Option<String> {
        let page = String::from_utf8_lossy(self.body.get(..4096).unwrap_or(&self.body));
        let lower = page.to_ascii_lowercase();
        let start = lower.find("<title")?;
        let start = start + lower.get(start..)?.find('>')? + 1;
        Some(page.get(start..start + lower.get(start..)?.find('<')?)?.to_owned())
    }

    /// Describes an answer that is not the API's: its status and form, who sent it, and what to do.
    pub(super) fn not_by_the_api(&self, operation: Operation, hidden: &Hidden) -> String {
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

/// Does a refusal say that the nonce was used before? Each attempt has its own; so somebody on the way, such as a runtime
/// or a proxy, has repeated the request, and the first of them may have been carried out.
pub(crate) fn is_repeated(reason: Option<&str>) -> bool {
    reason == Some("nonce_wrong")
}
