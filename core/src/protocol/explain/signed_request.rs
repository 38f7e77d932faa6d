use base64ct::{Base64, Encoding};

use super::{
    Cause, Checks, Explanation, Lines, REQUEST_CHECKS, Request, Verdict,
    causes::{
        CHANGED_BYTES, CLOCK, MALFORMED_AUTHORIZATION, MISSING_AUTHORIZATION, PATH_PREFIX, WRONG_KEY, WRONG_MCHID,
        WRONG_SERIAL_NO,
    },
    public_key::{Hash, PublicKey, hash},
    shown, variants,
};
use crate::protocol::{
    clock::{LOCAL, fresh},
    merchant::Merchant,
    message,
    request::{SCHEME, is_nonce, is_path},
    response::seconds,
};

pub(super) fn explain(merchant: &Merchant, request: &Request, now: Option<i64>) -> Explanation {
    let authorization = Authorization::read(request);
    let target = Target::read(merchant, &request.url);
    let lines = lines(request, &authorization, &target);
    let key = merchant.private_key().and_then(|key| PublicKey::of_pkcs8(key.pkcs8_der()));
    let opened = key.map(|key| key.open(&authorization.signature()));
    let mut checks = Checks::default();
    for check in REQUEST_CHECKS {
        checks.run(check, || match *check {
            "authorization" => authorization.verdict(),
            "identity" if authorization.pairs.is_empty() => Verdict::Impossible("the request names no merchant"),
            "identity" => identity(merchant, &authorization),
            "clock" => match (now, seconds(authorization.get("timestamp"))) {
                (Some(now), Some(seconds)) => {
                    fresh("request", seconds, &LOCAL, now).map_err(|error| (error, CLOCK)).into()
                }
                _ => Verdict::Impossible("the request's time or the present time is not known"),
            },
            "path" if request.url.is_empty() => Verdict::Impossible("the URL is not known"),
            "path" => path(&target, lines.as_ref(), opened.flatten()),
            "key" if authorization.signature().is_empty() => Verdict::Impossible("the request has no signature"),
            "key" => match opened {
                None => Verdict::Impossible("the options hold no private key, whose public half would be needed"),
                Some(Some(_)) => Verdict::Passed,
                Some(None) => Verdict::failed(WRONG_KEY.plainly()),
            },
            _ => match (opened.flatten(), &lines) {
                (Some(digest), Some(lines)) => {
                    Verdict::of_bytes(lines, digest, |variant| Some(variant.request), CHANGED_BYTES)
                }
                _ => Verdict::Impossible("the signed bytes, or the bytes that must be signed, are not known"),
            },
        });
    }
    checks.explanation("request", lines.as_ref())
}

/// The five lines of the signed message, if all are known.
pub(super) fn lines_of(merchant: &Merchant, request: &Request) -> Option<Lines> {
    lines(request, &Authorization::read(request), &Target::read(merchant, &request.url))
}

fn lines(request: &Request, authorization: &Authorization, target: &Target<'_>) -> Option<Lines> {
    let known = |text: &str| (!text.is_empty()).then(|| text.as_bytes().to_vec());
    Some(Lines {
        names: message::REQUEST,
        texts: vec![
            known(&request.method)?,
            known(&target.path)?,
            known(authorization.get("timestamp"))?,
            known(authorization.get("nonce_str"))?,
            request.body.clone(),
        ],
        url: request.url.clone(),
        base_path: target.base_path.to_owned(),
    })
}

const PAIRS: [&str; 5] = ["mchid", "nonce_str", "timestamp", "serial_no", "signature"];

/// The readable parts of the header `Authorization`, and the first mistake in it.
#[derive(Default)]
struct Authorization {
    pairs: Vec<(&'static str, String)>,
    wrong: Option<Cause>,
}

impl Authorization {
    fn read(request: &Request) -> Authorization {
        let mut authorization = Authorization::default();
        let mut given = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("Authorization"));
        authorization.wrong = match (given.next(), given.next()) {
            (None, _) => Some(MISSING_AUTHORIZATION.plainly()),
            (Some(_), Some(_)) => Some(MALFORMED_AUTHORIZATION.because("the header `Authorization` is given twice")),
            (Some((_, header)), None) => {
                let wrong = authorization.take(header.trim());
                wrong.map(|why| MALFORMED_AUTHORIZATION.because(format!("the header `Authorization` {why}")))
            }
        };
        authorization
    }

    /// Reads the pairs and returns the first mistake; reads on after it, to know as much as possible.
    fn take(&mut self, header: &str) -> Option<String> {
        let (scheme, given) = header.split_once(' ').unwrap_or((header, ""));
        let mut wrong = (scheme != SCHEME).then(|| format!("does not begin with `{SCHEME} `"));
        for pair in given.split(',') {
            let known = pair.trim().split_once('=').and_then(|(name, value)| {
                let name = PAIRS.into_iter().find(|known| *known == name)?;
                Some((name, value.strip_prefix('"')?.strip_suffix('"')?))
            });
            match known {
                None => {
                    wrong.get_or_insert(
                        "holds something that is not one of the five pairs, such as mchid=\"…\"".to_owned(),
                    );
                }
                Some((name, value)) => {
                    if pair != pair.trim() {
                        wrong.get_or_insert(format!("has a space beside the pair {name}"));
                    }
                    if self.has(name) {
                        wrong.get_or_insert(format!("holds {name} twice"));
                    }
                    self.pairs.push((name, value.to_owned()));
                }
            }
        }
        let missing = PAIRS.iter().find(|name| !self.has(name));
        wrong.or_else(|| missing.map(|name| format!("lacks {name}"))).or_else(|| {
            let malformed = [
                (is_nonce(self.get("nonce_str")), "has a nonce_str that is not 1 to 32 letters and digits"),
                (seconds(self.get("timestamp")).is_some(), "has a timestamp that is not in Unix seconds"),
                (!self.signature().is_empty(), "has a signature that is not Base64"),
            ];
            malformed.into_iter().find_map(|(right, why)| (!right).then(|| why.to_owned()))
        })
    }

    /// The value of a pair; empty if the pair is missing.
    fn get(&self, name: &str) -> &str {
        self.pairs.iter().rfind(|(known, _)| *known == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(known, _)| *known == name)
    }

    fn signature(&self) -> Vec<u8> {
        Base64::decode_vec(self.get("signature")).unwrap_or_default()
    }

    fn verdict(&self) -> Verdict {
        match &self.wrong {
            None => Verdict::Passed,
            Some(cause) => Verdict::failed(cause.clone()),
        }
    }
}

fn identity(merchant: &Merchant, authorization: &Authorization) -> Verdict {
    let Some(identity) = &merchant.identity else {
        return Verdict::Impossible("the options hold no `mchid` and `serial_no`");
    };
    let named = [("mchid", &identity.mchid, WRONG_MCHID), ("serial_no", &identity.serial_no, WRONG_SERIAL_NO)];
    let mut causes = Vec::new();
    for (name, own, cause) in named {
        let given = authorization.get(name);
        if given != own {
            let given = shown::text(given.as_bytes());
            causes.push(cause.because(format!("the request names {name} `{given}`, the options `{own}`")));
        }
    }
    match causes.first() {
        None => Verdict::Passed,
        Some(first) => Verdict::Failed(first.issue.clone(), causes),
    }
}

/// The path that must be signed, as the URL shows it.
struct Target<'a> {
    /// The path with its query; empty if the text is not a URL.
    path: String,
    base_path: &'a str,
    /// Reason why it is not a URL of this API.
    wrong: Option<&'static str>,
}

impl<'a> Target<'a> {
    fn read(merchant: &'a Merchant, url: &str) -> Target<'a> {
        // A fragment is never sent.
        let url = url.split('#').next().unwrap_or_default();
        let of_api = |path: &str| is_path(path.split('?').next().unwrap_or_default());
        let below = |base: &'a str| {
            let path = url.strip_prefix(base).filter(|path| path.starts_with(['/', '?']) || path.is_empty())?;
            Some(Target { path: path.to_owned(), base_path: after_host(base)?, wrong: None })
        };
        let (mut right, mut other): (Vec<_>, Vec<_>) =
            merchant.base_urls().filter_map(below).partition(|target| of_api(&target.path));
        let mut target = match (right.pop(), other.pop()) {
            (Some(target), _) => target,
            (None, Some(target)) => {
                let wrong = "the path after the base URL is not one of this API";
                Target { wrong: Some(wrong), ..target }
            }
            (None, None) => Target {
                path: after_host(url).unwrap_or(if url.starts_with('/') { url } else { "" }).to_owned(),
                base_path: "",
                wrong: Some("the URL does not begin with one of `base_urls`"),
            },
        };
        if target.path.is_empty() && url.contains("://") || target.path.starts_with('?') {
            target.path.insert(0, '/');
        }
        target
    }
}

/// The part of a URL after its host.
fn after_host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    Some(rest.find(['/', '?']).and_then(|at| rest.get(at..)).unwrap_or_default())
}

fn path(target: &Target<'_>, lines: Option<&Lines>, digest: Option<Hash>) -> Verdict {
    let Some(wrong) = target.wrong else { return Verdict::Passed };
    // Naming the path that was signed helps more; answers have no path, so only request mistakes count here.
    let found =
        lines.zip(digest).and_then(|(lines, digest)| variants::fitting(lines, |message| hash(message) == digest));
    let cause = match found.filter(|(variant, _)| variant.response.is_none()) {
        Some((variant, how)) => variant.request.with(&how),
        None => PATH_PREFIX.because(wrong),
    };
    Verdict::Failed(wrong.to_owned(), vec![cause])
}
