use std::{sync::Arc, time::Duration};

use crate::{
    api::Operation,
    check::Rules,
    crypto::{self, Signer, Verifier, aead::ApiV3Key},
    error::{
        API_V3_KEY_MISSING, CERTIFICATE_EXPIRED, Error, INVALID_OPTION, PLATFORM_KEYS_MISSING, PRIVATE_KEY_IN_BROWSER,
        PRIVATE_KEY_MISSING, SERIAL_NO_MISMATCH,
    },
    keys::{PlatformKeys, PrivateKey, Trust, api_v3_key},
    options::{Crypto, FieldEncryption, Options, PathPrefix},
    request::header_safe,
};

const HOST: &str = "https://apihk.mch.weixin.qq.com";
const USER_AGENT: &str = concat!("wechatpay-customs/", env!("CARGO_PKG_VERSION"));

/// What all calls of one client share: identity, keys, hosts, limits. Made from [`Options`].
pub struct Shared {
    pub(crate) appid: Option<String>,
    pub(crate) identity: Option<Identity>,
    pub(crate) trust: Trust,
    pub(crate) bases: Vec<Base>,
    pub(crate) path_prefix: PathPrefix,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) accept_language: String,
    pub(crate) user_agent: String,
    pub(crate) rules: Rules,
    pub(crate) signs: Signs,
    pub(crate) field_encryption: FieldEncryption,
    pub(crate) api_v3_key: Option<ApiV3Key>,
    crypto: Crypto,
    private_key: Option<PrivateKey>,
    /// The serial of the merchant's certificate, also where `mchid` is lacking.
    serial_no: Option<String>,
}

/// Who signs, by id.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub mchid: String,
    pub serial_no: String,
}

/// Who is there to compute signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// The core's own signers, with `private_key`.
    Core,
    /// The host's own means, such as WebCrypto, with `private_key`; the core's where software is asked for by name.
    Host,
    /// As `Host`, in a page whose readers could read `private_key` too, so that it is refused.
    Browser,
    /// A signer of the caller's or a key that the host holds, without `private_key`.
    Caller,
}

/// Who computes signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signs {
    /// Nobody: answers can be read, nothing can be sent.
    Nobody,
    /// A signer that needs no entropy.
    Host,
    /// The pure-Rust signer, which is blinded.
    Software,
}

/// A place to send requests to.
#[derive(Debug, Clone)]
pub(crate) struct Base {
    /// What stands before the signed path.
    pub url: String,
    /// The host, for logs.
    pub host: String,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Shared")
            .field("identity", &self.identity)
            .field("platform_keys", &self.platform_keys().ids().collect::<Vec<_>>())
            .field("bases", &self.bases)
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// Checks options and reads the keys in them.
    ///
    /// # Errors
    /// `INVALID_OPTION`, `PRIVATE_KEY_INVALID`, `PRIVATE_KEY_IN_BROWSER`, `PLATFORM_KEY_INVALID`.
    pub fn new(options: Options, signing: Signing) -> Result<Shared, Error> {
        let refused = |name: &str, why: &str| Error::new(INVALID_OPTION, format!("option `{name}` {why}"));
        let header = |name: &str, value: Option<String>, default: &str| match value {
            Some(text) if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) => {
                Err(refused(name, "must hold only printable ASCII characters, as it goes into a header"))
            }
            text => Ok(text.unwrap_or_else(|| default.to_owned())),
        };
        if signing == Signing::Caller && options.private_key.is_some() {
            return Err(refused("private_key", "and a signer of one's own exclude each other; give one of them"));
        }
        if signing == Signing::Browser && options.private_key.is_some() {
            return Err(Error::new(
                PRIVATE_KEY_IN_BROWSER,
                "`private_key` was given to a page in a browser: whoever opens the page could read it and sign in the \
                 merchant's name; sign on a server, or give a CryptoKey that cannot be exported, or a `signer`",
            ));
        }
        let serial_no = options.serial_no.map(|serial| serial.replace(':', "").to_ascii_uppercase());
        for (name, value) in [("mchid", &options.mchid), ("serial_no", &serial_no)] {
            if value.as_deref().is_some_and(|text| !header_safe(text)) {
                return Err(refused(name, "must hold only letters, digits, - and _ (at most 64)"));
            }
        }
        let mut bases = Vec::new();
        for url in options.base_urls.unwrap_or_else(|| vec![HOST.to_owned()]) {
            bases.push(base(&url).map_err(|why| refused("base_urls", &why))?);
        }
        let private_key = options
            .private_key
            .as_ref()
            .map(|key| PrivateKey::read(key, options.private_key_password.as_ref(), options.mchid.as_deref()))
            .transpose()?;
        let certificate = private_key.as_ref().and_then(PrivateKey::certificate);
        if let (Some(certificate), Some(serial)) = (certificate, &serial_no)
            && !certificate.has_serial(serial)
        {
            return Err(Error::new(
                SERIAL_NO_MISMATCH,
                format!(
                    "option `serial_no` is `{serial}`, but the certificate that came with `private_key` has the serial \
                     {}; leave `serial_no` out, or give the key that belongs to it",
                    certificate.serial()
                ),
            ));
        }
        let platform_keys = options.platform_keys.unwrap_or_default();
        let platform_keys = PlatformKeys::read(platform_keys.iter().map(|(id, key)| (id.as_str(), key)))?;
        // As the certificate spells it.
        let serial_no = certificate.map(|certificate| certificate.serial().to_owned()).or(serial_no);
        platform_keys.require_foreign(private_key.as_ref(), serial_no.as_deref())?;
        let identity = match (options.mchid, serial_no.clone()) {
            (Some(mchid), Some(serial_no)) => Some(Identity { mchid, serial_no }),
            _ => None,
        };
        let crypto = options.crypto.unwrap_or_default();
        let signs = match (signing, &private_key) {
            (Signing::Core | Signing::Host | Signing::Browser, None) => Signs::Nobody,
            (Signing::Core, Some(_)) if crypto::is_software(crypto) => Signs::Software,
            (Signing::Host, Some(_)) if crypto == Crypto::Software => Signs::Software,
            _ => Signs::Host,
        };
        Ok(Shared {
            appid: options.appid,
            identity,
            trust: Trust::new(platform_keys),
            bases,
            path_prefix: options.path_prefix.unwrap_or_default(),
            timeout: options.timeout.unwrap_or(Duration::from_secs(10)),
            deadline: options.deadline.unwrap_or(Duration::from_secs(30)),
            accept_language: header("accept_language", options.accept_language, "en")?,
            user_agent: header("user_agent", options.user_agent, USER_AGENT)?,
            rules: options.rules.encrypting(options.field_encryption.unwrap_or_default()),
            signs,
            field_encryption: options.field_encryption.unwrap_or_default(),
            api_v3_key: options.api_v3_key.as_ref().map(api_v3_key).transpose()?,
            crypto,
            private_key,
            serial_no,
        })
    }

    /// Makes sure that requests can be signed.
    ///
    /// # Errors
    /// `INVALID_OPTION` without `mchid` or `serial_no`, `PRIVATE_KEY_MISSING` without a key or signer.
    pub fn require_signing(&self) -> Result<(), Error> {
        self.identity()?;
        match self.signs {
            Signs::Nobody => Err(Error::new(
                PRIVATE_KEY_MISSING,
                "requests cannot be signed: give `private_key` (apiclient_key.pem)",
            )),
            _ => Ok(()),
        }
    }

    pub(crate) fn identity(&self) -> Result<&Identity, Error> {
        self.identity.as_ref().ok_or_else(|| {
            Error::new(
                INVALID_OPTION,
                "options `mchid` and `serial_no` (of the merchant's API certificate) are needed to sign requests",
            )
        })
    }

    /// Makes sure that the merchant's certificate, if it is known, has not expired (Unix seconds).
    pub(crate) fn require_valid_certificate(&self, now: i64) -> Result<(), Error> {
        match self.private_key.as_ref().and_then(PrivateKey::certificate) {
            Some(certificate) if now >= certificate.valid_until() => Err(Error::new(
                CERTIFICATE_EXPIRED,
                format!(
                    "the merchant's certificate {} {}: apply for a new one on the merchant platform, and give its key",
                    certificate.serial(),
                    certificate.standing(now)
                ),
            )),
            _ => Ok(()),
        }
    }

    /// The keys that answers are verified with.
    pub fn platform_keys(&self) -> Arc<PlatformKeys> {
        self.trust.keys()
    }

    /// The platform keys as one JSON text, to start another client with.
    pub fn export_keys(&self) -> String {
        self.trust.export()
    }

    /// Takes in platform keys that [`Shared::export_keys`] gave. They are trusted: take them from a safe place only.
    ///
    /// # Errors
    /// `PLATFORM_KEY_INVALID`.
    pub fn import_keys(&self, text: &str) -> Result<(), Error> {
        self.trust.import(text, |keys| keys.require_foreign(self.private_key.as_ref(), self.serial_no.as_deref()))
    }

    /// Makes sure that an answer can be verified, which will come at this time (Unix seconds) if it is not there yet; one that
    /// brings its keys needs the means to decrypt them.
    pub(crate) fn require_platform_keys(&self, operation: Operation, at: Option<i64>) -> Result<(), Error> {
        if operation.spec().brings_keys {
            return match self.api_v3_key {
                Some(_) => Ok(()),
                None => Err(Error::new(
                    API_V3_KEY_MISSING,
                    format!("{operation} needs `api_v3_key`, the 32 bytes that encrypt platform certificates"),
                )),
            };
        }
        let keys = self.platform_keys();
        if keys.iter().any(|(_, key)| at.is_none_or(|at| key.valid_at(at))) {
            return Ok(());
        }
        let certificates = keys.iter().filter_map(|(_, key)| key.certificate());
        let standing: Vec<String> = certificates
            .map(|found| format!("certificate {} {}", found.serial(), found.standing(at.unwrap_or_default())))
            .collect();
        let why = match standing.is_empty() {
            true => String::new(),
            false => format!(" ({})", standing.join(", ")),
        };
        Err(Error::new(
            PLATFORM_KEYS_MISSING,
            format!(
                "no answer could be verified{why}: give `platform_keys`, a map from the serial of a platform certificate \
                 or the PUB_KEY_ID_… of a WeChat Pay public key to its text, or `api_v3_key` to download certificates"
            ),
        ))
    }

    /// Where requests are sent to, in order.
    pub fn base_urls(&self) -> impl Iterator<Item = &str> {
        self.bases.iter().map(|base| base.url.as_str())
    }

    /// The private key, if one was given, for a host that signs by itself.
    pub fn private_key(&self) -> Option<&PrivateKey> {
        self.private_key.as_ref()
    }

    /// Is the pure-Rust backend asked for?
    pub fn software(&self) -> bool {
        self.crypto == Crypto::Software
    }

    /// The signer for the private key, if one was given.
    ///
    /// # Errors
    /// As [`crypto::signer`].
    pub fn signer(&self) -> Result<Option<Arc<dyn Signer>>, Error> {
        self.private_key.as_ref().map(|key| crypto::signer(key, self.crypto)).transpose()
    }

    /// Makes sure that the numbers of the private key, if one was given, fit together, for a host that signs by itself.
    ///
    /// # Errors
    /// `PRIVATE_KEY_INVALID`.
    pub fn require_sound_key(&self) -> Result<(), Error> {
        self.private_key.as_ref().map_or(Ok(()), crypto::require_sound)
    }

    /// The verifier that goes with the signer; `None` if none is built in.
    pub fn verifier(&self) -> Option<Arc<dyn Verifier>> {
        crypto::verifier(self.crypto)
    }
}

/// HTTPS anywhere, plain HTTP to this machine only.
///
/// Stricter than RFC 3986: what one reader of URLs takes for the host must not be something else to another.
fn base(url: &str) -> Result<Base, String> {
    // Before anything of it is shown: it may hold a password.
    if url.contains(['@', '?', '#']) {
        return Err("holds a URL with a user, query or fragment; only a path may follow the host".to_owned());
    }
    let wrong = |why: &str| Err(format!("holds `{url}`, {why}"));
    if url.bytes().any(|byte| !byte.is_ascii_alphanumeric() && !b"-._~!$&'()*+,;=:/%[]".contains(&byte)) {
        return wrong("which is not a URL");
    }
    let Some((scheme, rest)) = url.split_once("://") else { return wrong("which lacks https:// and a host") };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let end_of_host = match authority.strip_prefix('[') {
        Some(address) => address.find(']').map(|length| length + 2),
        None => Some(authority.find(':').unwrap_or(authority.len())),
    };
    let Some((host, port)) = end_of_host.and_then(|end| authority.split_at_checked(end)) else {
        return wrong("which is not a URL");
    };
    if !is_host(host) || path.contains(['[', ']']) {
        return wrong("which is not a URL");
    }
    let number =
        |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0);
    if !port.is_empty() && !port.strip_prefix(':').is_some_and(number) {
        return wrong("whose port is none");
    }
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "https" => "https",
        "http" if is_loopback(host) => "http",
        "http" => return Err(format!("holds `{url}`: plain http is for this machine only; use https")),
        _ => return Err(format!("holds `{url}`: the scheme must be https")),
    };
    Ok(Base { url: [scheme, "://", authority, path.trim_end_matches('/')].concat(), host: authority.to_owned() })
}

/// Is it a name, an IPv4 address, or an IPv6 address in brackets?
fn is_host(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.bytes().all(|byte| byte.is_ascii_hexdigit() || b":.".contains(&byte)),
        None => !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)),
    }
}

/// Is it this machine?
pub(crate) fn is_loopback(host: &str) -> bool {
    let of_127 = |rest: &str| rest.split('.').count() == 3 && rest.split('.').all(|part| part.parse::<u8>().is_ok());
    matches!(host, "localhost" | "[::1]") || host.strip_prefix("127.").is_some_and(of_127)
}
