//! The library's one error type, and its own error codes.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::words::{
    catalogue::{Advice, advise},
    finding::{Finding, Severity},
    operation::Operation,
};

/// The kind of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum ErrorKind {
    /// The call cannot be made as asked. Correct the fields or options.
    Input,
    /// A key or certificate cannot be used. Correct the options.
    Key,
    /// The answer's signature is missing or wrong. Do not trust it; query what happened.
    Signature,
    /// The answer's timestamp is too far from the local clock. Check the clock.
    Freshness,
    /// WeChat Pay probed whether signatures are verified. Query what happened.
    Probe,
    /// No answer came. See `retryable` and `may_have_been_applied`.
    Transport,
    /// The service refused. See `code`, `reason` and `advice`.
    Api,
    /// An answer came that cannot be read as documented.
    Response,
    /// The library was used in a way that it does not allow.
    State,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: &[ErrorKind] = &[
        ErrorKind::Input,
        ErrorKind::Key,
        ErrorKind::Signature,
        ErrorKind::Freshness,
        ErrorKind::Probe,
        ErrorKind::Transport,
        ErrorKind::Api,
        ErrorKind::Response,
        ErrorKind::State,
    ];

    /// The kind as a word, such as `input`.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::Input => "input",
            ErrorKind::Key => "key",
            ErrorKind::Signature => "signature",
            ErrorKind::Freshness => "freshness",
            ErrorKind::Probe => "probe",
            ErrorKind::Transport => "transport",
            ErrorKind::Api => "api",
            ErrorKind::Response => "response",
            ErrorKind::State => "state",
        }
    }
}

/// One of this library's own error codes, with its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Code {
    /// The kind of the errors that carry it.
    pub kind: ErrorKind,
    /// The code.
    pub name: &'static str,
    /// Its meaning.
    #[cfg(feature = "schema")]
    pub about: &'static str,
    en: &'static str,
    zh: &'static str,
}

impl Code {
    /// Advice on what to do.
    pub fn advice(self) -> Advice {
        advise(self.en, self.zh)
    }
}

macro_rules! codes {
    ($($Kind:ident { $($(#[doc = $about:literal])+ $NAME:ident $en:literal $zh:literal,)+ })+) => {
        $($(
            $(#[doc = $about])+
            pub const $NAME: Code = Code {
                kind: ErrorKind::$Kind,
                name: stringify!($NAME),
                en: $en,
                zh: $zh,
                #[cfg(feature = "schema")]
                about: concat!($($about),+),
            };
        )+)+

        /// Every code of this library; the service's own codes are not among them.
        pub const CODES: &[Code] = &[$($($NAME,)+)+];
    };
}

codes! {
    Input {
        /// The request breaks rules; see `findings`.
        INVALID_FIELDS
            "Correct the fields that `findings` names."
            "请按 `findings` 逐项修正字段。",
        /// An option is unknown, missing or unusable.
        INVALID_OPTION
            "Correct the option that the message names; docs/options.md lists all of them."
            "请按提示修正该选项；全部选项见 docs/options.md。",
        /// The operation does not exist.
        UNKNOWN_OPERATION
            "Use one of the operations that the message lists."
            "请使用提示中列出的操作名。",
    }
    Key {
        /// The private key cannot be used.
        PRIVATE_KEY_INVALID
            "Give the merchant's apiclient_key.pem, whole and unchanged, as `private_key`."
            "请在 `private_key` 中填入完整、未改动的商户 API 私钥（apiclient_key.pem）。",
        /// A private key was given as text or bytes to a page in a browser, where whoever opens the page could read it.
        PRIVATE_KEY_IN_BROWSER
            "Sign on a server; in a page, give a CryptoKey that cannot be exported, or a `signer`."
            "请在服务器端签名；页面中只能使用不可导出的 CryptoKey 或 `signer`。",
        /// Neither a private key nor a signer was given.
        PRIVATE_KEY_MISSING
            "Give `private_key` (apiclient_key.pem), or a `signer`."
            "请提供 `private_key`（apiclient_key.pem）或 `signer`。",
        /// The private key is encrypted and its password is missing.
        PRIVATE_KEY_PASSWORD_MISSING
            "Give the key's password as `private_key_password`."
            "私钥已加密，请在 `private_key_password` 中提供密码。",
        /// The password does not open the private key.
        PRIVATE_KEY_PASSWORD_WRONG
            "Check `private_key_password`; that of apiclient_cert.p12 is the merchant id."
            "请核对 `private_key_password`；apiclient_cert.p12 的密码是商户号。",
        /// PKCS#12 cannot be read on this surface; convert it.
        PKCS12_UNSUPPORTED
            "Give apiclient_key.pem, or convert the file as the message says."
            "请改用 apiclient_key.pem，或按提示转换该文件。",
        /// The private key and the certificate beside it do not belong together.
        CERTIFICATE_MISMATCH
            "Give the private key and the API certificate of the same download."
            "请使用同一次下载的商户 API 私钥和商户 API 证书。",
        /// The merchant's certificate has expired.
        CERTIFICATE_EXPIRED
            "Apply for a new API certificate on the merchant platform; then change `private_key` and `serial_no`."
            "请在商户平台申请新的商户 API 证书，并更换 `private_key` 和 `serial_no`。",
        /// `serial_no` is not the serial of the certificate that came with the private key.
        SERIAL_NO_MISMATCH
            "Leave `serial_no` out, or give the private key that belongs to it."
            "请去掉 `serial_no`，或提供与该证书序列号对应的私钥。",
        /// A platform certificate or public key cannot be used.
        PLATFORM_KEY_INVALID
            "Give each platform certificate whole under its serial, and the WeChat Pay public key under its PUB_KEY_ID_…."
            "请提供完整的平台证书（以证书序列号为键）或微信支付公钥（以公钥 ID PUB_KEY_ID_… 为键）。",
        /// A key to verify answers with is missing, so nothing was sent.
        PLATFORM_KEYS_MISSING
            "Give `platform_keys`, or `api_v3_key` to download platform certificates."
            "请配置 `platform_keys`，或配置 `api_v3_key` 以下载平台证书。",
        /// The APIv3 key cannot be used.
        API_V3_KEY_INVALID
            "Give the APIv3 key of 32 characters that is set on the merchant platform, not the key of the v2 API."
            "请填写商户平台设置的 32 位 APIv3 密钥，而不是 v2 的 API 密钥。",
        /// The certificates cannot be decrypted without the APIv3 key.
        API_V3_KEY_MISSING
            "Give `api_v3_key`, which is set on the merchant platform."
            "请配置 `api_v3_key`（商户平台设置的 APIv3 密钥）。",
        /// A platform certificate could not be decrypted.
        CERTIFICATE_NOT_DECRYPTED
            "Check that `api_v3_key` is the one that is set on the merchant platform now."
            "请核对 `api_v3_key` 是否为商户平台当前设置的 APIv3 密钥。",
        /// A valid platform key to encrypt personal fields with is missing.
        ENCRYPTION_KEY_MISSING
            "Give a platform certificate that is valid or the WeChat Pay public key in `platform_keys`, or give `api_v3_key`."
            "请在 `platform_keys` 中提供有效的平台证书或微信支付公钥，或配置 `api_v3_key`。",
        /// Signing failed.
        SIGNING_FAILED
            "Check the private key or `signer`: it must give the bytes of an RSA signature (RSASSA-PKCS1-v1_5, SHA-256)."
            "请检查私钥或 `signer`：须返回 RSA 签名的字节（RSASSA-PKCS1-v1_5、SHA-256）。",
    }
    Signature {
        /// A signature header is missing.
        SIGNATURE_MISSING
            "Do not trust the answer; query the order. If a proxy stands in between, have it pass all Wechatpay-* headers."
            "应答不可信，请查询订单；如经过代理，请让其透传全部 Wechatpay-* 头。",
        /// A signature header came twice, or holds a comma.
        SIGNATURE_DUPLICATED
            "Do not trust the answer; query the order. Look for a proxy that adds or joins headers."
            "应答不可信，请查询订单，并检查代理是否重复或合并了头。",
        /// A signature header cannot be read.
        SIGNATURE_MALFORMED
            "Do not trust the answer; query the order. Look for a proxy that changes headers."
            "应答不可信，请查询订单，并检查代理是否改动了头。",
        /// The answer is signed by another algorithm than RSA with SHA-256.
        SIGNATURE_UNSUPPORTED
            "Ask WeChat Pay which signature algorithm this merchant is set to, and have it set to RSA; then query the order."
            "请联系微信支付确认该商户的签名算法，并改为 RSA；然后查询订单。",
        /// The answer names a platform key that is not known here.
        SERIAL_UNKNOWN
            "Add the platform key that the message names to `platform_keys`, or give `api_v3_key`; then query the order."
            "请把提示中的平台证书或微信支付公钥加入 `platform_keys`，或配置 `api_v3_key`；然后查询订单。",
        /// The platform certificate that the answer names has expired or is not valid yet.
        CERTIFICATE_NOT_VALID
            "Fetch the platform certificates anew, and check the clock; then query the order."
            "请重新下载平台证书并校准本机时钟，然后查询订单。",
        /// The signature was not made over these bytes with this key.
        SIGNATURE_MISMATCH
            "Do not trust the answer; query the order. `explain` finds out why the signature does not verify."
            "验签失败，应答不可信，请查询订单；可用 `explain` 查明原因。",
    }
    Freshness {
        /// The answer's timestamp is 5 minutes or more from the local clock.
        TIMESTAMP_SKEWED
            "Set the clock of this machine; then query the order."
            "请校准本机时钟，然后查询订单。",
    }
    Probe {
        /// The signature is a deliberate probe.
        SIGNATURE_PROBE
            "WeChat Pay tests whether signatures are verified; that is not a fault. Query the order."
            "这是微信支付的验签探测，并非故障；请查询订单。",
    }
    Transport {
        /// The host's name could not be resolved.
        DNS_FAILED
            "Check the host's name and the DNS, then try again: the request was not sent."
            "请检查域名和 DNS 后重试：请求未发出。",
        /// A connection could not be made.
        CONNECT_FAILED
            "Check network, firewall and proxy, then try again: the request was not sent."
            "请检查网络、防火墙和代理后重试：请求未发出。",
        /// A secure connection could not be made.
        TLS_FAILED
            "Check proxy, clock and trusted certificates, then try again: the request was not sent."
            "请检查代理、本机时钟和受信任的证书后重试：请求未发出。",
        /// One attempt took longer than its time limit.
        TIMEOUT
            "If `may_have_been_applied` is true, query and compare before you send a modify or redeclare again (docs/lost-answers.md); otherwise try again."
            "若 `may_have_been_applied` 为 true，重发修改或重推之前请先查询并核对（见 docs/lost-answers.md）；否则可重试。",
        /// The whole call took longer than its deadline.
        DEADLINE_EXCEEDED
            "If `may_have_been_applied` is true, query and compare before you send a modify or redeclare again (docs/lost-answers.md); otherwise try again."
            "若 `may_have_been_applied` 为 true，重发修改或重推之前请先查询并核对（见 docs/lost-answers.md）；否则可重试。",
        /// The connection was closed before an answer came.
        CONNECTION_RESET
            "If `may_have_been_applied` is true, query and compare before you send a modify or redeclare again (docs/lost-answers.md); otherwise try again."
            "若 `may_have_been_applied` 为 true，重发修改或重推之前请先查询并核对（见 docs/lost-answers.md）；否则可重试。",
        /// The answer broke off.
        BODY_FAILED
            "If `may_have_been_applied` is true, query and compare before you send a modify or redeclare again (docs/lost-answers.md); otherwise try again."
            "若 `may_have_been_applied` 为 true，重发修改或重推之前请先查询并核对（见 docs/lost-answers.md）；否则可重试。",
        /// The transport failed in another way.
        TRANSPORT_FAILED
            "If `may_have_been_applied` is true, query and compare before you send a modify or redeclare again (docs/lost-answers.md); otherwise try again."
            "若 `may_have_been_applied` 为 true，重发修改或重推之前请先查询并核对（见 docs/lost-answers.md）；否则可重试。",
    }
    Response {
        /// The body is larger than any answer of this API.
        BODY_TOO_LARGE
            "Look for a proxy that answers in WeChat Pay's place, and check `base_urls`; then query the order."
            "请检查是否有代理代替微信支付应答，并核对 `base_urls`；然后查询订单。",
        /// The body is not JSON.
        BODY_NOT_JSON
            "Look for a proxy that answers in WeChat Pay's place, and check `base_urls`; then query the order."
            "请检查是否有代理代替微信支付应答，并核对 `base_urls`；然后查询订单。",
        /// The body is JSON, but not of the documented shape.
        BODY_UNEXPECTED
            "Query the order, and report what came: WeChat Pay may have changed its answers."
            "请查询订单，并反馈应答内容：微信支付可能调整了应答格式。",
        /// The answer names another order than the request, where the call depends on it.
        ID_MISMATCH
            "Do not use the answer: it may be another order's. Query the order by its own ids."
            "应答可能属于其他订单，请勿使用；请按本订单的单号查询。",
        /// The pages of a query brought fewer records than the service counts.
        RECORDS_MISSING
            "Query all records again: they may have moved while they were read."
            "请重新查询全部记录：读取期间记录的顺序可能发生了变化。",
        /// The server redirects; this API never does.
        REDIRECT_REFUSED
            "Look for a proxy that answers in WeChat Pay's place, and check `base_urls`; then query the order."
            "请检查是否有代理代替微信支付应答，并核对 `base_urls`；然后查询订单。",
        /// The status is neither success nor failure.
        STATUS_UNEXPECTED
            "Look for a proxy that answers in WeChat Pay's place, and check `base_urls`; then query the order."
            "请检查是否有代理代替微信支付应答，并核对 `base_urls`；然后查询订单。",
    }
    State {
        /// The engine was given an event that does not answer its last action.
        UNEXPECTED_EVENT
            "Give the engine the event that answers its last action."
            "请向引擎返回与其上一动作对应的事件。",
        /// The WebAssembly module is not loaded yet; `await init()` loads it.
        NOT_LOADED
            "Call `await init()` first."
            "请先调用 `await init()`。",
        /// The client was closed.
        CLIENT_CLOSED
            "Make a new client, or close this one later."
            "客户端已关闭，请新建客户端。",
        /// The declaration was still moving, or did not exist yet, when the deadline of `wait` came; `detail` is its last record.
        STILL_MOVING
            "Wait again, or look at it later; a declaration that has not moved for a day needs WeChat Pay's support."
            "请继续等待或稍后再查；超过一天没有进展请联系微信支付客服。",
        /// Somebody else changed the declaration after it had stood as wanted; `detail` is its record.
        CONFLICT
            "Find out who else declares this order; whoever is right calls `ensure` again, without `after`."
            "请查明还有谁在申报该订单；确认以哪方为准后，不带 `after` 重新调用 `ensure`。",
        /// The client cannot work where it was called, such as in an event loop of another kind.
        RUNTIME_UNSUPPORTED
            "Make the call where the message says that it can be made."
            "请按提示在支持的环境中调用。",
    }
}

/// An error: what went wrong, at which field or key, and what to do.
#[derive(Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Error(Box<Details>);

/// The details of an error.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ErrorDetails"))]
#[non_exhaustive]
pub struct Details {
    /// The kind of error.
    pub kind: ErrorKind,
    /// The service's code, normalised, or one of this library's own.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::ErrorCode"))]
    pub code: String,
    /// The catalogue's name for a documented refusal.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Reason>"))]
    pub reason: Option<&'static str>,
    /// The description of what happened, for people.
    pub message: String,
    /// The operation, if there was one.
    pub operation: Option<Operation>,
    /// The HTTP status of the answer.
    pub status: Option<u16>,
    /// WeChat Pay's id of the request, for its support.
    pub request_id: Option<String>,
    /// The service's `detail` as sent, with a person's data replaced by `***`.
    pub detail: Option<Value>,
    /// The findings about the request.
    pub findings: Vec<Finding>,
    /// Remarks on what is odd, beside the error itself.
    pub warnings: Vec<Finding>,
    /// Can the same call succeed later?
    pub retryable: bool,
    /// The least time to wait before the next try, in milliseconds.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Milliseconds>"))]
    pub retry_after: Option<u64>,
    /// The number of attempts that were made.
    pub attempts: u32,
    /// May the operation have taken effect despite the error?
    pub may_have_been_applied: bool,
    /// Advice on what to do, in English and Chinese.
    pub advice: Option<Advice>,
    /// Did the signature of the error answer verify?
    pub authenticated: bool,
}

impl Error {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Error {
        Error(Box::new(Details {
            kind: code.kind,
            code: code.name.to_owned(),
            reason: None,
            message: message.into(),
            operation: None,
            status: None,
            request_id: None,
            detail: None,
            findings: Vec::new(),
            warnings: Vec::new(),
            retryable: false,
            retry_after: None,
            attempts: 0,
            may_have_been_applied: false,
            advice: Some(code.advice()),
            authenticated: false,
        }))
    }

    /// The error for a refusal, with the service's code.
    pub(crate) fn refused(code: String, message: String) -> Error {
        let mut error = Error::new(STATUS_UNEXPECTED, message).with(|error| error.kind = ErrorKind::Api);
        error.0.code = code;
        error.0.advice = None;
        error
    }

    /// The error for a request that breaks rules; `outcome` says what was prevented, such as "declare was not sent".
    pub(crate) fn invalid_fields(operation: Operation, outcome: &str, findings: Vec<Finding>) -> Error {
        let issues: Vec<String> = findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| format!("{} {}", finding.field, finding.issue).trim().to_owned())
            .collect();
        Error::new(INVALID_FIELDS, format!("{outcome}: {}", issues.join("; "))).with(|error| {
            error.operation = Some(operation);
            error.findings = findings;
        })
    }

    /// Changes every value that came from a caller or from the network.
    pub(crate) fn values(&mut self, change: fn(&mut Value)) {
        let Details { detail, findings, warnings, .. } = &mut *self.0;
        detail.iter_mut().for_each(change);
        findings.iter_mut().chain(warnings).for_each(|finding| change(&mut finding.value));
    }

    /// Changes every text that this library wrote.
    pub(crate) fn texts(&mut self, change: fn(&mut String)) {
        let Details { message, findings, warnings, advice, .. } = &mut *self.0;
        change(message);
        findings.iter_mut().chain(warnings).for_each(|finding| change(&mut finding.issue));
        if let Some(advice) = advice {
            change(advice.en.to_mut());
            change(advice.zh.to_mut());
        }
    }

    /// Does the error carry this code of the library's own?
    pub fn is(&self, code: Code) -> bool {
        self.code == code.name
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Details)) -> Error {
        change(&mut self.0);
        self
    }
}

impl std::ops::Deref for Error {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.message)
    }
}

/// Shows the error in words, with its advice, because `unwrap` and a `main` that returns it print this.
impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { message, code, findings, warnings, advice, request_id, .. } = &*self.0;
        write!(formatter, "{message} [{code}]")?;
        for Finding { rule, field, value, issue, .. } in findings.iter().chain(warnings) {
            write!(formatter, "\n  {rule}: {field} {issue}")?;
            if !value.is_null() {
                write!(formatter, " (given: {value})")?;
            }
        }
        if let Some(advice) = advice.as_ref().filter(|advice| !message.contains(&*advice.en)) {
            write!(formatter, "\n  advice: {}", advice.en)?;
        }
        if self.may_have_been_applied && !message.contains("query it") {
            formatter.write_str("\n  it may still have been carried out: query it")?;
        }
        if self.retryable {
            formatter.write_str("\n  the same call can be tried again")?;
            if let Some(ms) = self.retry_after {
                write!(formatter, " in {} s", ms.div_ceil(1000))?;
            }
        }
        match request_id {
            Some(id) => write!(formatter, "\n  request id: {id}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
