//! The merchant as requests and explanations know it: its ids, key and hosts, and how it writes messages.

use super::options::Options;
use crate::{
    base::text::header_safe,
    keys::PrivateKey,
    words::{
        choice::{FieldEncryption, PathPrefix},
        error::{CERTIFICATE_EXPIRED, Error, INVALID_OPTION, SERIAL_NO_MISMATCH},
        rules::Rules,
    },
};

const HOST: &str = "https://apihk.mch.weixin.qq.com";
const USER_AGENT: &str = concat!("wechatpay-customs/", env!("CARGO_PKG_VERSION"));

/// The half of a client's options that messages need.
pub struct Merchant {
    pub(crate) appid: Option<String>,
    pub(crate) identity: Option<Identity>,
    pub(crate) path_prefix: PathPrefix,
    pub(crate) accept_language: String,
    pub(crate) user_agent: String,
    pub(crate) rules: Rules,
    pub(crate) field_encryption: FieldEncryption,
    pub(crate) bases: Vec<Base>,
    private_key: Option<PrivateKey>,
    /// The serial of the merchant's certificate, even if `mchid` is missing.
    serial_no: Option<String>,
}

/// The signing merchant, by id and certificate.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub mchid: String,
    pub serial_no: String,
}

/// A base URL that requests are sent to.
#[derive(Debug, Clone)]
pub(crate) struct Base {
    /// The part of a URL before the signed path.
    pub url: String,
    /// The host, for logs.
    pub host: String,
}

impl Merchant {
    /// Checks options and reads the private key in them.
    ///
    /// # Errors
    /// `INVALID_OPTION`, `PRIVATE_KEY_INVALID`, `SERIAL_NO_MISMATCH`.
    pub(crate) fn new(options: &mut Options) -> Result<Merchant, Error> {
        let refused = |name: &str, why: &str| Error::new(INVALID_OPTION, format!("option `{name}` {why}"));
        let header = |name: &str, value: Option<String>, default: &str| match value {
            Some(text) if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) => {
                Err(refused(name, "must hold only printable ASCII characters, because it goes into a header"))
            }
            text => Ok(text.unwrap_or_else(|| default.to_owned())),
        };
        let serial_no = options.serial_no.take().map(|serial| serial.replace(':', "").to_ascii_uppercase());
        for (name, value) in [("mchid", &options.mchid), ("serial_no", &serial_no)] {
            if value.as_deref().is_some_and(|text| !header_safe(text)) {
                return Err(refused(name, "must hold only letters, digits, - and _ (at most 64)"));
            }
        }
        let mut bases = Vec::new();
        for url in options.base_urls.take().unwrap_or_else(|| vec![HOST.to_owned()]) {
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
        // In the spelling of the certificate.
        let serial_no = certificate.map(|certificate| certificate.serial().to_owned()).or(serial_no);
        let identity = match (options.mchid.take(), serial_no.clone()) {
            (Some(mchid), Some(serial_no)) => Some(Identity { mchid, serial_no }),
            _ => None,
        };
        Ok(Merchant {
            appid: options.appid.take(),
            identity,
            path_prefix: options.path_prefix.unwrap_or_default(),
            accept_language: header("accept_language", options.accept_language.take(), "en")?,
            user_agent: header("user_agent", options.user_agent.take(), USER_AGENT)?,
            rules: std::mem::take(&mut options.rules).encrypting(options.field_encryption.unwrap_or_default()),
            field_encryption: options.field_encryption.unwrap_or_default(),
            bases,
            private_key,
            serial_no,
        })
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

    /// The private key, if one was given.
    pub fn private_key(&self) -> Option<&PrivateKey> {
        self.private_key.as_ref()
    }

    pub(crate) fn serial_no(&self) -> Option<&str> {
        self.serial_no.as_deref()
    }

    /// The base URLs that requests are sent to, in order.
    pub fn base_urls(&self) -> impl Iterator<Item = &str> {
        self.bases.iter().map(|base| base.url.as_str())
    }
}

/// Reads a base URL: HTTPS to any host, plain HTTP to this machine only.
///
/// Stricter than RFC 3986, because two readers of a URL must not take different parts of it for the host.
fn base(url: &str) -> Result<Base, String> {
    // Checked before any part of the URL is shown, because it may hold a password.
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
        return wrong("whose port is not a number from 1 to 65535");
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

/// Does the host name this machine?
pub(crate) fn is_loopback(host: &str) -> bool {
    let of_127 = |rest: &str| rest.split('.').count() == 3 && rest.split('.').all(|part| part.parse::<u8>().is_ok());
    matches!(host, "localhost" | "[::1]") || host.strip_prefix("127.").is_some_and(of_127)
}
