//! Turns fields into a signed request: [`Checked`], then [`Unsigned`], then [`Signed`].

use base64ct::{Base64, Encoding};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::{
    base::{
        json::{take, unsaid},
        secret::Wiped,
    },
    keys::{
        PlatformKeys,
        crypto::encryption::{self, Padding},
    },
    protocol::{
        check::check,
        hiding::Hidden,
        merchant::{Identity, Merchant},
        message,
        written::{json_body, query_string},
    },
    words::{
        choice::PathPrefix,
        error::{ENCRYPTION_KEY_MISSING, Error, INVALID_OPTION},
        field::{Kind, Method, Need},
        finding::{Finding, Location, Severity},
        operation::Operation,
        rules,
    },
};

/// The fields of a request, with the merchant's ids filled in, and checked. They are wiped from memory when it is dropped.
pub struct Checked {
    operation: Operation,
    fields: Wiped,
    findings: Vec<Finding>,
}

/// The content of a request, which stays the same however often it is signed and sent.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub operation: Operation,
    /// The checked fields, with a person's encrypted; null if they are not known.
    pub fields: Wiped,
    /// A person's data as it was given, to mask it in the answer.
    pub hidden: Hidden,
    /// The id of the platform key that encrypted a person's fields.
    encrypted_for: Option<String>,
    /// Findings that did not stop it.
    pub warnings: Vec<Finding>,
}

/// A request that lacks only its signature.
#[derive(Debug, Clone)]
pub struct Unsigned {
    content: Content,
    path: String,
    body: String,
    mchid: String,
    serial_no: String,
    timestamp: i64,
    nonce: String,
    headers: Vec<(String, String)>,
}

/// A signed request, to be sent without any change.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Signed {
    /// `GET`, `POST` or `PATCH`.
    pub method: Method,
    /// The whole URL.
    pub url: String,
    /// Names and values, each name once.
    #[serde(serialize_with = "as_map")]
    #[cfg_attr(feature = "schema", schemars(with = "std::collections::BTreeMap<String, String>"))]
    pub headers: Vec<(String, String)>,
    /// JSON text; null for a `GET`.
    pub body: Option<String>,
}

/// Writes headers as a map, because other languages' HTTP clients take them so.
fn as_map<S: Serializer>(headers: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(headers.iter().map(|(name, value)| (name, value)))
}

/// Fills in the client's ids if a request lacks them.
pub(crate) fn filled(merchant: &Merchant, operation: Operation, mut given: Wiped) -> Wiped {
    if unsaid(&given).is_some() {
        return given;
    }
    let Value::Object(fields) = &mut *given else { return given };
    let ids = [("appid", merchant.appid.as_deref()), ("mchid", merchant.identity.as_ref().map(|id| id.mchid.as_str()))];
    for (name, id) in ids {
        let wanted = operation.request_fields().iter().any(|field| field.need == Need::Filled && field.name == name);
        if let (true, Some(id)) = (wanted && !fields.contains_key(name), id) {
            fields.insert(name.to_owned(), id.into());
        }
    }
    given
}

impl Checked {
    /// Fills in the merchant's ids and checks the fields of a request.
    pub fn new(merchant: &Merchant, operation: Operation, fields: Value) -> Checked {
        let fields = filled(merchant, operation, fields.into());
        let findings = check(operation, &fields, &merchant.rules);
        Checked { operation, fields, findings }
    }

    /// Every finding, including those that stop the request.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Does a finding stop the request?
    pub(crate) fn refused(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    pub(crate) fn operation(&self) -> Operation {
        self.operation
    }

    /// Builds the request around the fields.
    ///
    /// `timestamp` is in Unix seconds, `nonce` 1 to 32 letters and digits; `padding` is for fields that are encrypted.
    ///
    /// # Errors
    /// `INVALID_FIELDS` with all findings; `INVALID_OPTION` for a nonce or timestamp that cannot be signed, and without
    /// `mchid` or `serial_no`; `CERTIFICATE_EXPIRED`.
    pub fn build(
        self,
        merchant: &Merchant,
        keys: &PlatformKeys,
        timestamp: i64,
        nonce: String,
        padding: Padding,
    ) -> Result<Unsigned, Error> {
        let identity = merchant.identity()?;
        if !is_nonce(&nonce) {
            return Err(Error::new(INVALID_OPTION, "`nonce` must be 1 to 32 letters and digits"));
        }
        if timestamp < 0 {
            return Err(Error::new(INVALID_OPTION, "`timestamp` must be in Unix seconds, not negative"));
        }
        merchant.require_valid_certificate(timestamp)?;
        let refused = self.refused();
        let Checked { operation, mut fields, findings } = self;
        let (false, Value::Object(fields)) = (refused, &mut *fields) else {
            return Err(Error::invalid_fields(operation, &format!("{operation} was not sent"), findings));
        };
        let hidden = Hidden::of(operation.request_fields(), fields);
        let encrypted_for = encrypt_personal(merchant, keys, operation, fields, timestamp, padding)?;
        let fields = Value::Object(std::mem::take(fields)).into();
        let content = Content { operation, fields, hidden, encrypted_for, warnings: findings };
        content.composed(merchant, keys, identity, timestamp, nonce)
    }
}

impl Content {
    /// The content of a request that the caller sent; `fields` are null if they are not known.
    pub fn of_caller(operation: Operation, fields: Wiped) -> Content {
        let hidden = fields.as_object().map(|fields| Hidden::of(operation.request_fields(), fields));
        let hidden = hidden.unwrap_or_default();
        Content { operation, fields, hidden, encrypted_for: None, warnings: Vec::new() }
    }

    /// The text in a field.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field)?.as_str()
    }

    /// Builds the request once more, with another time and nonce.
    ///
    /// # Errors
    /// `CERTIFICATE_EXPIRED`.
    pub fn again(
        self,
        merchant: &Merchant,
        keys: &PlatformKeys,
        timestamp: i64,
        nonce: String,
    ) -> Result<Unsigned, Error> {
        merchant.require_valid_certificate(timestamp)?;
        self.composed(merchant, keys, merchant.identity()?, timestamp, nonce)
    }

    fn composed(
        self,
        merchant: &Merchant,
        keys: &PlatformKeys,
        identity: &Identity,
        timestamp: i64,
        nonce: String,
    ) -> Result<Unsigned, Error> {
        let spec = self.operation.spec();
        let nothing = Map::new();
        let fields = self.fields.as_object().unwrap_or(&nothing);
        let mut path = ["/", spec.prefix.unwrap_or(merchant.path_prefix).as_str(), spec.path].concat();
        let body = match spec.method {
            Method::Get => {
                let query = query_string(spec.request, fields);
                if !query.is_empty() {
                    path.push('?');
                    path.push_str(&query);
                }
                String::new()
            }
            Method::Post | Method::Patch => json_body(spec.request, fields)?,
        };
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut headers = Vec::with_capacity(7);
        headers.extend([
            header("Accept", "application/json"),
            // The signature covers the body before compression, and not every host decompresses.
            header("Accept-Encoding", "identity"),
            header("Content-Type", "application/json"),
            header("User-Agent", &merchant.user_agent),
            header("Accept-Language", &merchant.accept_language),
        ]);
        if let Some(id) = self.encrypted_for.as_deref().or_else(|| keys.public_key_id()) {
            headers.push(header("Wechatpay-Serial", id));
        }
        Ok(Unsigned {
            content: self,
            path,
            body,
            mchid: identity.mchid.clone(),
            serial_no: identity.serial_no.clone(),
            timestamp,
            nonce,
            headers,
        })
    }
}

impl Unsigned {
    /// The operation that the request is for.
    pub fn operation(&self) -> Operation {
        self.content.operation
    }

    /// The five lines to sign.
    pub fn message(&self) -> Vec<u8> {
        message::request(
            self.content.operation.spec().method.as_str(),
            &self.path,
            self.timestamp,
            &self.nonce,
            self.body.as_bytes(),
        )
    }

    /// Findings that did not stop the request.
    pub fn warnings(&self) -> &[Finding] {
        &self.content.warnings
    }

    /// The content, to be signed at another time.
    pub(crate) fn into_content(self) -> Content {
        self.content
    }

    /// Adds the signature of [`Unsigned::message`] and a base URL, one of [`Merchant::base_urls`]. Nothing can be changed
    /// afterwards.
    pub fn attach(self, base_url: &str, signature: &[u8]) -> Signed {
        self.signed(base_url, signature).0
    }

    /// As [`Unsigned::attach`]; also gives the content, to compare the answer with and to send it again.
    pub(crate) fn signed(self, base_url: &str, signature: &[u8]) -> (Signed, Content) {
        let Unsigned { content, path, body, mchid, serial_no, timestamp, nonce, mut headers } = self;
        let signature = Base64::encode_string(signature);
        headers.push((
            "Authorization".to_owned(),
            [
                SCHEME,
                " mchid=\"",
                &mchid,
                "\",nonce_str=\"",
                &nonce,
                "\",timestamp=\"",
                &timestamp.to_string(),
                "\",serial_no=\"",
                &serial_no,
                "\",signature=\"",
                &signature,
                "\"",
            ]
            .concat(),
        ));
        let method = content.operation.spec().method;
        let body = (method != Method::Get).then_some(body);
        (Signed { method, url: [base_url, &path].concat(), headers, body }, content)
    }
}

/// Encrypts personal fields in place, and returns the id of the key that was used, if there are such fields.
fn encrypt_personal(
    merchant: &Merchant,
    keys: &PlatformKeys,
    operation: Operation,
    fields: &mut Map<String, Value>,
    now: i64,
    padding: Padding,
) -> Result<Option<String>, Error> {
    let personal = operation.request_fields().iter().filter(|field| field.kind == Kind::Personal);
    let mut names = personal.map(|field| field.name).filter(|name| fields.contains_key(*name)).peekable();
    let misfit = || {
        let why = "`padding` must be exactly the bytes that encryption takes, none of them zero with PKCS1";
        Error::new(INVALID_OPTION, why)
    };
    if names.peek().is_none() {
        return match padding {
            Padding::Given(bytes) if !bytes.is_empty() => Err(misfit()),
            _ => Ok(None),
        };
    }
    let (id, key) = keys.for_encryption(now).ok_or_else(|| {
        Error::new(
            ENCRYPTION_KEY_MISSING,
            format!(
                "{operation} was not sent: `platform_keys` holds no public key and no certificate that is valid now"
            ),
        )
    })?;
    let scheme = merchant.field_encryption;
    let key = key.encrypting().ok_or_else(|| {
        Error::new(ENCRYPTION_KEY_MISSING, format!("platform key `{id}` cannot be used to encrypt personal fields"))
    })?;
    let mut padding = padding.source(scheme);
    let names: Vec<&str> = names.collect();
    for name in names {
        let Value::String(text) = take(fields, name) else { continue };
        let mut text = Zeroizing::new(text);
        // Upper case, because WeChat Pay knows ID numbers only with a capital letter.
        if text.ends_with('x') && name == "certificate_id" {
            text.make_ascii_uppercase();
        }
        let encrypted = encryption::encrypt(key, &text, scheme, &mut padding).ok_or_else(|| {
            let finding = Finding {
                rule: rules::LENGTH.name,
                severity: Severity::Error,
                field: format!("/{name}"),
                value: "***".into(),
                issue: format!("must be at most {} bytes in UTF-8 to be encrypted", encryption::limit(key, scheme)),
                location: Location::Body,
            };
            Error::invalid_fields(operation, &format!("{operation} was not sent"), vec![finding])
        })?;
        fields.insert(name.to_owned(), encrypted.into());
    }
    if padding.misfit() {
        return Err(misfit());
    }
    Ok(Some(id.to_owned()))
}

/// The scheme with which `Authorization` begins.
pub(crate) const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";

pub(crate) fn is_nonce(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Is this the path of an operation, in either spelling?
pub(crate) fn is_path(path: &str) -> bool {
    Operation::ALL.iter().map(|operation| operation.spec()).any(|spec| {
        let route = path.strip_suffix(spec.path).and_then(|prefix| prefix.strip_prefix('/'));
        route.is_some_and(|route| match spec.prefix {
            Some(prefix) => route == prefix.as_str(),
            None => PathPrefix::ALL.iter().any(|prefix| route == prefix.as_str()),
        })
    })
}
