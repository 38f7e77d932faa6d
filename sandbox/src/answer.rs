//! Makes refusals, and answers with their signatures.

use std::{
    borrow::Cow,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hyper::{
    StatusCode,
    body::{Body, Bytes, Frame, SizeHint},
    header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue},
};
use serde_json::{Value, json};
use wechatpay_customs::{Finding, Operation, Severity, catalogue};

use crate::{
    authorization::{SCHEME, lines},
    faults::Fault,
    keys::PlatformKey,
};

/// The most characters of a message and of the texts in `detail`.
const LONGEST: usize = 256;

/// An error answer.
pub struct Refusal {
    pub status: StatusCode,
    pub code: Cow<'static, str>,
    pub en: String,
    pub zh: String,
    pub detail: Option<Box<Value>>,
    /// Further members for the log.
    pub log: Box<[(&'static str, Value)]>,
}

impl Refusal {
    pub(crate) fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        en: impl Into<String>,
        zh: impl Into<String>,
    ) -> Refusal {
        Refusal { status, code: code.into(), en: en.into(), zh: zh.into(), detail: None, log: Box::default() }
    }

    pub(crate) fn invalid_request(en: impl Into<String>, zh: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", en, zh)
    }

    pub(crate) fn order_not_exist(en: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, "ORDER_NOT_EXIST", en, "报关单不存在")
    }

    pub(crate) fn system_error(en: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "SYSTEMERROR", en, "系统错误")
    }

    pub(crate) fn with_detail(mut self, detail: Value) -> Refusal {
        self.detail = Some(Box::new(detail));
        self
    }

    /// `PARAM_ERROR` about one field, header or parameter; an empty `field` means the whole body.
    pub(crate) fn param(field: &str, value: &Value, issue: &str, location: &str) -> Refusal {
        let value = match value {
            // Nobody's identity is sent back in an error.
            _ if field.ends_with("certificate_id") || field.ends_with("certificate_name") => "***".to_owned(),
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let name = match field.trim_start_matches('/') {
            "" => location,
            name => name,
        };
        Refusal::new(
            StatusCode::BAD_REQUEST,
            "PARAM_ERROR",
            format!("Parameter error: {name} {issue}"),
            format!("参数错误：{name}"),
        )
        .with_detail(json!({
            "field": clip(field, LONGEST),
            "value": clip(&value, LONGEST),
            "issue": clip(issue, LONGEST),
            "location": location,
        }))
    }

    /// The first finding that stops a request.
    pub(crate) fn of_findings(findings: &[Finding]) -> Result<(), Refusal> {
        let Some(found) = findings.iter().find(|finding| finding.severity == Severity::Error) else { return Ok(()) };
        Err(Refusal::param(&found.field, &found.value, &found.issue, found.location.as_str()))
    }

    /// A row of the pages' tables of errors, with a message that says the same.
    pub(crate) fn documented(entry: &catalogue::Entry) -> Refusal {
        let status = match entry.code {
            "NOAUTH" => StatusCode::FORBIDDEN,
            "SYSTEMERROR" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        let (en, zh) = match WORDS.iter().find(|(reason, ..)| *reason == entry.reason) {
            Some((_, en, zh)) => (*en, *zh),
            None => (entry.cause().en, entry.cause().zh),
        };
        Refusal::new(status, entry.code, en, zh)
    }

    /// A row of one operation's table of errors, by the core's name of the row.
    pub(crate) fn of_row(operation: Operation, reason: &str) -> Refusal {
        match catalogue::by_reason(operation, reason) {
            Some(entry) => Refusal::documented(entry),
            None => Refusal::invalid_request(reason, reason),
        }
    }

    pub(crate) fn body(&self, chinese: bool) -> Value {
        let message = clip(if chinese { &self.zh } else { &self.en }, LONGEST);
        let mut body = json!({ "code": self.code, "message": message });
        if let (Some(detail), Some(body)) = (&self.detail, body.as_object_mut()) {
            body.insert("detail".to_owned(), (**detail).clone());
        }
        body
    }
}

/// The service's messages for the rows of the tables of errors, by the core's name of the row. The pages print causes, not
/// messages; these stay close to them.
const WORDS: &[(&str, &str, &str)] = &[
    (
        "declared_data_differs",
        "The information re-entered for customs declaration differs from the original",
        "重新提交的报关信息与原信息不一致",
    ),
    ("customs_not_configured", "Customs information is not configured", "未配置海关信息"),
    ("order_amount_differs", "Order amount does not match", "订单金额不一致"),
    ("refunded_order", "Declaration is not allowed for refunded orders", "已退款的订单不允许报关"),
    ("declaration_not_found", "The declaration record does not exist", "报关记录不存在"),
    ("customs_not_registered", "The merchant has not registered with the current customs", "商户未在当前海关备案"),
    ("self_clearance_not_enabled", "Self-Clearance is not enabled", "未开通自助清关"),
    ("mchid_not_set", "Merchant ID (mch_id) is not set", "商户号(mch_id)未设置"),
    ("mchid_length", "Invalid merchant ID length", "商户号长度错误"),
    ("currency_not_set", "Currency is not set", "币种未设置"),
    ("out_trade_no_not_set", "Merchant order No. (out_trade_no) is not set", "商户订单号(out_trade_no)未设置"),
    ("transaction_id_not_set", "WeChat order No. (transaction_id) is not set", "微信订单号(transaction_id)未设置"),
    ("transaction_id_length", "Invalid WeChat order No. length", "微信订单号长度错误"),
    ("customs_not_set", "Customs information is not set", "海关(customs)未设置"),
    ("merchant_customs_no_not_set", "Customs registration No. is not set", "海关备案号未设置"),
    ("merchant_customs_no_length", "Invalid customs registration No. length", "海关备案号长度错误"),
    ("sub_order_no_length", "Invalid sub-order No. length (sub_order_no)", "子订单号(sub_order_no)长度错误"),
    ("appid_not_set", "AppId is not set", "AppId未设置"),
    (
        "settlement_currency_differs",
        "Transaction currency is different from merchant's settlement currency",
        "交易币种与商户结算币种不一致",
    ),
    (
        "settlement_currency_still_differs",
        "Transaction currency is different from merchant's settlement currency",
        "交易币种与商户结算币种不一致",
    ),
    ("parameter_error", "Parameter error", "参数错误"),
    ("order_amount_incorrect", "Incorrect order amount", "订单金额错误"),
    ("transaction_data_incorrect", "Incorrect transaction order information", "交易单信息错误"),
    ("split_amount_too_high", "Merchant's split declaration amount is incorrect", "商户拆单报关金额错误"),
    ("split_parameters_missing", "Missing parameters in split declaration", "拆单报关缺少参数"),
    ("system_error", "System error", "系统错误"),
];

/// The beginning of a text.
pub(crate) fn clip(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// An answer on its way.
pub(crate) type Response = hyper::Response<Payload>;

/// A body that is whole, or that breaks off after its first part.
pub(crate) struct Payload {
    bytes: Option<Bytes>,
    breaks: Breaks,
}

#[derive(PartialEq)]
enum Breaks {
    Never,
    /// A pause, in which the first part goes out.
    Later,
    Now,
}

impl From<String> for Payload {
    fn from(text: String) -> Self {
        Payload { bytes: Some(text.into()), breaks: Breaks::Never }
    }
}

impl Payload {
    fn break_after(&mut self, bytes: usize) {
        self.bytes = self.bytes.take().map(|all| all.slice(..bytes));
        self.breaks = Breaks::Later;
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(bytes) = self.bytes.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.breaks {
            Breaks::Never => Poll::Ready(None),
            Breaks::Later => {
                self.breaks = Breaks::Now;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Breaks::Now => Poll::Ready(Some(Err(io::Error::other("the body breaks off, as it was told to")))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.bytes, &self.breaks) {
            (bytes, Breaks::Never) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            _ => SizeHint::default(),
        }
    }
}

fn made(status: StatusCode, content_type: &'static str, body: Payload) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// An unsigned JSON answer, as control endpoints give it.
pub(crate) fn plain(status: StatusCode, body: &Value) -> Response {
    made(status, "application/json", body.to_string().into())
}

/// An HTML answer, such as a proxy in the way might give.
pub(crate) fn html(status: StatusCode) -> Response {
    let text = format!("<!DOCTYPE html>\n<html><head><title>{status}</title></head><body>{status}</body></html>\n");
    made(status, "text/html; charset=utf-8", text.into())
}

/// The material for an answer's signature.
pub(crate) struct Signing<'a> {
    pub key: &'a PlatformKey,
    pub request_id: &'a str,
    pub nonce: &'a str,
    pub now: i64,
    /// The fault that the answer meets on its way.
    pub fault: Option<&'a Fault>,
}

/// A signed answer, unless its fault says otherwise.
pub(crate) fn signed(status: StatusCode, body: &Value, with: &Signing<'_>) -> Response {
    let Signing { key, request_id, nonce, now, fault } = *with;
    let text = body.to_string();
    let timestamp = match fault {
        Some(Fault::StaleClock { seconds }) => now.saturating_sub(*seconds).max(0),
        _ => now,
    }
    .to_string();
    let mut message = lines(&[timestamp.as_bytes(), nonce.as_bytes(), text.as_bytes()]);
    if let Some(Fault::WrongSignature {}) = fault {
        message.extend(b"of another answer\n");
    }
    let Some(signature) = key.sign(&message) else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "error": "the answer could not be signed" }));
    };
    let mut signature = BASE64_STANDARD.encode(signature);
    if let Some(Fault::ProbeSignature {}) = fault {
        signature.insert_str(0, "WECHATPAY/SIGNTEST/");
    }
    let serial = match fault {
        // As long as a real one, and in no list.
        Some(Fault::UnknownSerial {}) => "7F".repeat(20),
        _ => key.id.clone(),
    };
    let length = text.len();
    let mut response = made(status, "application/json; charset=utf-8", text.into());
    let mut header = |name: &'static str, value: &str| {
        // All of them are ASCII that this sandbox made.
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().append(HeaderName::from_static(name), value);
        }
    };
    header("request-id", request_id);
    if !matches!(fault, Some(Fault::NoSignature {})) {
        header("wechatpay-timestamp", &timestamp);
        header("wechatpay-nonce", nonce);
        header("wechatpay-signature", &signature);
        header("wechatpay-serial", &serial);
        header("wechatpay-signature-type", SCHEME);
    }
    match fault {
        Some(Fault::DuplicatedHeader {}) => header("wechatpay-signature", &signature),
        Some(Fault::RateLimited { retry_after }) => header("retry-after", &retry_after.to_string()),
        Some(Fault::TruncatedBody {}) => {
            response.headers_mut().insert(CONTENT_LENGTH, length.into());
            response.body_mut().break_after(length / 2);
        }
        Some(Fault::ResetAfter { bytes }) => {
            response.headers_mut().insert(CONTENT_LENGTH, length.into());
            response.body_mut().break_after((*bytes).min(length));
        }
        _ => {}
    }
    response
}
