//! Checks that the merchant signed a request. Written without the core's message builder, because it judges that.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::Mutex,
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hyper::{HeaderMap, StatusCode, header::AUTHORIZATION};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::json;

use crate::{
    answer::{Refusal, clip},
    lock,
};

/// The scheme by which requests and answers are signed.
pub(crate) const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";
const NAMES: [&str; 5] = ["mchid", "nonce_str", "timestamp", "serial_no", "signature"];
/// The seconds that a request's timestamp may be from the wall clock.
const FRESH_S: u64 = 300;
/// The time for which a nonce is remembered: from the earliest to the latest moment at which its timestamp is valid.
const REMEMBERED: Duration = Duration::from_secs(2 * FRESH_S);
/// The most characters of a signed message that the log shows.
const SHOWN: usize = 1024;
/// The number of the body's bytes that an error shows, as the live service does (seen in public threads).
const BODY_SHOWN: usize = 8;

/// Joins the texts to sign, each ended by a line feed.
pub(crate) fn lines(texts: &[&[u8]]) -> Vec<u8> {
    texts.iter().flat_map(|text| text.iter().chain(b"\n")).copied().collect()
}

/// A request as it came.
pub struct Call<'a> {
    /// `GET`, `POST` or `PATCH`, if it is one of ours.
    pub method: &'a str,
    /// Path and query, byte for byte.
    pub target: &'a str,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The body's exact bytes.
    pub body: &'a [u8],
}

/// Admits requests that the merchant signed.
pub struct Gate {
    mchid: String,
    serial_no: String,
    public_key: UnparsedPublicKey<Vec<u8>>,
    nonces: Mutex<Nonces>,
}

impl Gate {
    /// Makes a gate that knows one merchant; `public_key` is PKCS#1 DER.
    pub fn new(mchid: &str, serial_no: &str, public_key: &[u8]) -> Gate {
        Gate {
            mchid: mchid.to_owned(),
            serial_no: serial_no.to_owned(),
            public_key: UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public_key.to_vec()),
            nonces: Mutex::default(),
        }
    }

    /// Lets a request pass, or explains why not; `now` is in Unix seconds.
    ///
    /// # Errors
    /// `SIGN_ERROR`, whose detail shows the message that must be signed.
    pub fn admit(&self, call: &Call<'_>, now: i64) -> Result<(), Refusal> {
        let mut pairs = BTreeMap::new();
        let read = read(call.headers, &mut pairs);
        let value = |name: &str| pairs.get(name).copied().unwrap_or_default();
        let message = lines(&[
            call.method.as_bytes(),
            call.target.as_bytes(),
            value("timestamp").as_bytes(),
            value("nonce_str").as_bytes(),
            call.body,
        ]);
        read.and_then(|()| self.judge(value, &message, now)).map_err(|issue| refusal(call, &message, pairs, &issue))
    }

    /// Forgets every nonce.
    pub(crate) fn reset(&self) {
        *lock(&self.nonces) = Nonces::default();
    }

    fn judge<'a>(&self, value: impl Fn(&str) -> &'a str, message: &[u8], now: i64) -> Result<(), String> {
        if value("mchid") != self.mchid {
            return Err(format!("mchid is not that of the sandbox, {}", self.mchid));
        }
        if value("serial_no") != self.serial_no {
            return Err(format!("serial_no is not that of the merchant's certificate, {}", self.serial_no));
        }
        let nonce = value("nonce_str");
        if !(1..=32).contains(&nonce.len()) || !nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err("nonce_str must be 1 to 32 letters and digits".to_owned());
        }
        let timestamp = value("timestamp");
        let seconds = timestamp.bytes().all(|byte| byte.is_ascii_digit()).then(|| timestamp.parse::<i64>().ok());
        let Some(seconds) = seconds.flatten() else {
            return Err("timestamp must be in Unix seconds".to_owned());
        };
        if now.abs_diff(seconds) > FRESH_S {
            return Err(format!("timestamp is more than {FRESH_S} seconds from the clock of the server, {now}"));
        }
        let Ok(signature) = BASE64_STANDARD.decode(value("signature")) else {
            return Err("signature is not Base64".to_owned());
        };
        self.public_key.verify(message, &signature).map_err(|_| "sign not match".to_owned())?;
        if !lock(&self.nonces).is_new(nonce, Instant::now()) {
            return Err("nonce_str was used before; each request needs a new one".to_owned());
        }
        Ok(())
    }
}

/// Reads the pairs of `Authorization`; reads on after the first mistake, so that the log can show the others.
fn read<'a>(headers: &'a HeaderMap, pairs: &mut BTreeMap<&'static str, &'a str>) -> Result<(), String> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let header = match (given.next(), given.next()) {
        (None, _) => return Err("the header Authorization is missing".to_owned()),
        (_, Some(_)) => return Err("the header Authorization is given twice".to_owned()),
        (Some(header), None) => header.to_str().ok(),
    };
    let Some(given) = header.and_then(|header| header.strip_prefix(SCHEME)?.strip_prefix(' ')) else {
        return Err(format!("Authorization must begin with \"{SCHEME} \""));
    };
    let mut issue = None;
    for pair in given.split(',') {
        let known = pair.split_once('=').and_then(|(name, value)| {
            let name = NAMES.into_iter().find(|known| *known == name)?;
            Some((name, value.strip_prefix('"')?.strip_suffix('"')?))
        });
        match known {
            None => {
                issue.get_or_insert(
                    "Authorization must hold pairs such as mchid=\"…\", set apart by a comma alone".into(),
                );
            }
            Some((name, value)) => {
                if pairs.insert(name, value).is_some() {
                    issue.get_or_insert(format!("Authorization holds {name} twice"));
                }
            }
        }
    }
    let missing = NAMES.iter().find(|name| !pairs.contains_key(**name));
    match issue.or_else(|| missing.map(|name| format!("Authorization lacks {name}"))) {
        Some(issue) => Err(issue),
        None => Ok(()),
    }
}

fn refusal(call: &Call<'_>, message: &[u8], mut got: BTreeMap<&'static str, &str>, issue: &str) -> Refusal {
    got.remove("signature");
    let text = clip(&String::from_utf8_lossy(message), SHOWN);
    // Also in a request to another operation, and under a name that is misspelt.
    let squeezed: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let squeezed = squeezed.to_ascii_lowercase();
    let private = ["certificateid", "certificatename"].iter().any(|name| squeezed.contains(name));
    let logged = if private { "***" } else { &text };
    let head = message.len().saturating_sub(call.body.len() + 1);
    let body = call.body.get(..BODY_SHOWN).unwrap_or(call.body);
    let shown = String::from_utf8_lossy(&lines(&[message.get(..head + body.len()).unwrap_or_default()])).into_owned();
    Refusal {
        log: Box::new([("issue", json!(issue)), ("expected_message", json!(logged)), ("got", json!(got))]),
        ..Refusal::new(
            StatusCode::UNAUTHORIZED,
            "SIGN_ERROR",
            format!("Incorrect signature: {issue}"),
            "签名错误，请检查后再试",
        )
        .with_detail(json!({
            "detail": { "issue": issue },
            "field": "signature",
            "location": "authorization",
            "sign_information": {
                "method": call.method,
                "url": call.target,
                "truncated_sign_message": shown,
                "sign_message_length": message.len(),
            },
        }))
    }
}

/// The recently used nonces.
#[derive(Default)]
struct Nonces {
    seen: HashSet<String>,
    in_order: VecDeque<(Instant, String)>,
}

impl Nonces {
    fn is_new(&mut self, nonce: &str, now: Instant) -> bool {
        while self.in_order.front().is_some_and(|(at, _)| now.duration_since(*at) > REMEMBERED) {
            if let Some((_, old)) = self.in_order.pop_front() {
                self.seen.remove(&old);
            }
        }
        let new = self.seen.insert(nonce.to_owned());
        if new {
            self.in_order.push_back((now, nonce.to_owned()));
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_forgotten_after_ten_minutes() {
        let mut nonces = Nonces::default();
        let start = Instant::now();
        assert!(nonces.is_new("a", start));
        assert!(!nonces.is_new("a", start + REMEMBERED));
        assert!(nonces.is_new("a", start + REMEMBERED + Duration::from_millis(1)));
        assert_eq!((nonces.seen.len(), nonces.in_order.len()), (1, 1));
    }
}
