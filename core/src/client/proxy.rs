//! Describes proxies and their failures to people who may not know that they have one.

use std::{env, time::Instant};

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{Url, header::HeaderValue};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout_at,
};

use crate::protocol::merchant::is_loopback;

/// The schemes of proxy URLs.
pub(super) const SCHEMES: &str = "http, https, socks4, socks4a, socks5 or socks5h";

/// A proxy, without its password.
#[derive(Clone)]
pub(super) struct Proxy {
    /// Scheme, host and port.
    pub url: String,
    authorization: Option<HeaderValue>,
}

impl Proxy {
    /// Reads a proxy's URL; `None` if it is not one.
    pub fn named(url: &str) -> Option<Proxy> {
        let scheme = url.split_once("://")?.0;
        is_known(scheme)
            .then(|| Proxy::chosen(&Matcher::builder().all(url.to_owned()).build(), "https://any/"))
            .flatten()
    }

    /// The proxy that the environment, or the system, names for a URL.
    pub fn of_environment(url: &str) -> Option<Proxy> {
        Proxy::chosen(&Matcher::from_system(), url)
    }

    fn chosen(matcher: &Matcher, url: &str) -> Option<Proxy> {
        let chosen = matcher.intercept(&url.parse().ok()?)?;
        let (scheme, authority) = (chosen.uri().scheme_str()?, chosen.uri().authority()?);
        Some(Proxy { url: format!("{scheme}://{authority}"), authorization: chosen.basic_auth().cloned() })
    }

    /// Describes a failure at this proxy; `why` is the library's description, `target` the requested host and port.
    pub async fn failed(&self, why: &str, target: &str, ends: Instant) -> String {
        let proxy = &self.url;
        match () {
            () if why.contains("failed to create underlying connection")
                || why.contains("connecting to socks proxy") =>
            {
                format!("the proxy {proxy} was not reached, or did not connect")
            }
            () if why.contains("proxy authorization required") => {
                format!("the proxy {proxy} answered 407: it asks for a user and password, or for others")
            }
            () if why.contains("tunnel error: unsuccessful") => match self.status(target, ends).await {
                Some(status) => format!("the proxy {proxy} answered {status}"),
                None => format!("the proxy {proxy} refused, or is none"),
            },
            () if why.contains("tunnel error") => format!("the proxy {proxy} broke off, or is none"),
            () => format!("it was sent through the proxy {proxy}"),
        }
    }

    /// The status with which the proxy refuses: asked once more, because the library does not tell it.
    async fn status(&self, target: &str, ends: Instant) -> Option<String> {
        if !self.url.starts_with("http://") {
            return None;
        }
        let asking = async {
            let mut stream = TcpStream::connect(host_and_port(&self.url)).await.ok()?;
            let mut asked = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
            if let Some(authorization) = &self.authorization {
                asked.extend([b"Proxy-Authorization: ", authorization.as_bytes(), b"\r\n"].concat());
            }
            asked.extend(b"\r\n");
            stream.write_all(&asked).await.ok()?;
            let mut line = Vec::new();
            // A status line begins with the version and three digits.
            stream.take(12).read_to_end(&mut line).await.ok()?;
            let status = String::from_utf8(line).ok()?.strip_prefix("HTTP/1.")?.get(2..5)?.to_owned();
            status.bytes().all(|byte| byte.is_ascii_digit()).then_some(status)
        };
        timeout_at(ends.into(), asking).await.ok().flatten()
    }
}

/// A proxy in the environment that was ignored because its scheme is unknown.
pub(super) fn ignored() -> Option<String> {
    ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].iter().find_map(|name| {
        let url = env::var(name).ok()?;
        let (scheme, _) = url.split_once("://")?;
        let is_scheme = scheme.len() < 16 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (is_scheme && !is_known(scheme)).then(|| {
            format!("the proxy in {name} was not used, as its scheme, {scheme}, is not supported: {SCHEMES} are")
        })
    })
}

fn is_known(scheme: &str) -> bool {
    SCHEMES.split([',', ' ']).any(|known| known != "or" && known.eq_ignore_ascii_case(scheme) && !known.is_empty())
}

/// Does a URL name this machine?
pub(super) fn is_here(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.host_str().is_some_and(is_loopback))
}

/// The host and port of a URL, in the form in which a proxy is asked for them.
pub(super) fn host_and_port(url: &str) -> String {
    let url = Url::parse(url).ok();
    let parts = url.as_ref().and_then(|url| Some((url.host_str()?, url.port_or_known_default()?)));
    parts.map(|(host, port)| format!("{host}:{port}")).unwrap_or_default()
}
