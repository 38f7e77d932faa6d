use super::{
    Checks, Explanation, Lines, RESPONSE_CHECKS, Request, Response, Verdict,
    causes::{
        CLOCK, COMPRESSED_BODY, DUPLICATED_HEADERS, EXPIRED_CERTIFICATE, KnownCause, MALFORMED_HEADERS, NO_KNOWN_KEY,
        PROBE, RECEIVED_CHANGED_BYTES, SIGNATURE_TYPE, STRIPPED_HEADERS, UNKNOWN_SERIAL, WRONG_SERIAL,
    },
    public_key::{Hash, PublicKey},
    signed_request,
};
use crate::{
    keys::PlatformKeys,
    protocol::{
        clock::{LOCAL, fresh},
        merchant::Merchant,
        message,
        response::{Received, SIGNATURE_HEADERS, decoded, probe, signature_headers, stamp, unknown_serial},
    },
    words::error::{Error, SIGNATURE_DUPLICATED, SIGNATURE_MISSING, SIGNATURE_UNSUPPORTED},
};

pub(super) fn explain(
    merchant: &Merchant,
    keys: &PlatformKeys,
    response: &Response,
    request: Option<&Request>,
    now: Option<i64>,
) -> Explanation {
    let [timestamp, nonce, signature, serial] = SIGNATURE_HEADERS.map(|name| once(response, name));
    let lines = timestamp.zip(nonce).map(|(timestamp, nonce)| Lines {
        names: message::RESPONSE,
        texts: vec![timestamp.into(), nonce.into(), response.body.clone()],
        url: String::new(),
        base_path: String::new(),
    });
    let (serial, signature) = (serial.unwrap_or_default(), signature.unwrap_or_default());
    let opened = |serial: &str| open(keys, serial, &decoded(signature).unwrap_or_default());
    let unsigned = !(200..=299).contains(&response.status) && !response.headers.iter().any(is_signature_header);
    let mut checks = Checks::default();
    for check in RESPONSE_CHECKS {
        checks.run(check, || match *check {
            _ if unsigned => Verdict::Impossible("refusals need not be signed"),
            "headers" => headers(response).into(),
            "probe" if signature.is_empty() => Verdict::Impossible("the answer has no signature"),
            "probe" => probe(signature).map_err(|error| (error, PROBE)).into(),
            "clock" => match (now, timestamp.and_then(|timestamp| stamp(timestamp).ok())) {
                (Some(now), Some(seconds)) => {
                    fresh("answer", seconds, &LOCAL, now).map_err(|error| (error, CLOCK)).into()
                }
                _ => Verdict::Impossible("the answer's time or the present time is not known"),
            },
            _ if keys.is_empty() => Verdict::Impossible("the options hold no `platform_keys`"),
            _ if serial.is_empty() => Verdict::Impossible("the answer names no platform key"),
            "serial" => known(keys, serial, now, &opened),
            _ if signature.is_empty() || decoded(signature).is_err() => {
                Verdict::Impossible("the answer has no signature that can be read")
            }
            _ if keys.get(serial).is_none() => {
                Verdict::Impossible("the platform key that the answer names is not known")
            }
            "key" => key(keys, serial, &opened),
            _ => match (opened(serial), &lines) {
                (Some(digest), Some(lines)) => {
                    let otherwise = if is_compressed(response) { COMPRESSED_BODY } else { RECEIVED_CHANGED_BYTES };
                    Verdict::of_bytes(lines, digest, |variant| variant.response, otherwise)
                }
                _ => Verdict::Impossible("the signed bytes, or the bytes that must be signed, are not known"),
            },
        });
    }
    let mut explanation = checks.explanation("response", lines.as_ref());
    let ours = request.and_then(|request| signed_request::lines_of(merchant, request));
    if let Some((difference, cause)) =
        received(response).sign_error().and_then(|refusal| refusal.explain(ours.as_ref()))
    {
        explanation.difference = difference;
        explanation.causes.insert(0, cause);
    }
    explanation
}

fn is_signature_header((name, _): &(String, String)) -> bool {
    SIGNATURE_HEADERS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The value of a header that has exactly one.
fn once<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    let mut found = response.headers.iter().filter(|(header, _)| header.eq_ignore_ascii_case(name));
    let value = found.next().map(|(_, value)| value.as_str())?;
    (found.next().is_none() && !value.contains(|letter: char| letter == ',' || letter.is_control()))
        .then_some(value.trim())
}

fn headers(response: &Response) -> Result<(), (Error, KnownCause)> {
    let values = signature_headers(&response.headers).map_err(|error| {
        let known = [
            (SIGNATURE_MISSING, STRIPPED_HEADERS),
            (SIGNATURE_DUPLICATED, DUPLICATED_HEADERS),
            (SIGNATURE_UNSUPPORTED, SIGNATURE_TYPE),
        ];
        let cause = known.into_iter().find(|(code, _)| error.is(*code)).map_or(MALFORMED_HEADERS, |(_, cause)| cause);
        (error, cause)
    })?;
    let [timestamp, _, signature, _] = values;
    let readable = stamp(timestamp).and_then(|_| match probe(signature) {
        Ok(()) => decoded(signature).map(drop),
        // A probe is not Base64; the next check recognises it.
        Err(_) => Ok(()),
    });
    readable.map_err(|error| (error, MALFORMED_HEADERS))
}

type Opened<'a> = &'a dyn Fn(&str) -> Option<Hash>;

fn open(keys: &PlatformKeys, serial: &str, signature: &[u8]) -> Option<Hash> {
    PublicKey::of_spki(keys.get(serial)?.spki_der())?.open(signature)
}

/// The platform key that really made the signature.
fn maker<'a>(keys: &'a PlatformKeys, opened: Opened<'_>) -> Option<&'a str> {
    keys.ids().find(|id| opened(id).is_some())
}

fn known(keys: &PlatformKeys, serial: &str, now: Option<i64>, opened: Opened<'_>) -> Verdict {
    let Some(key) = keys.get(serial) else {
        let maker = maker(keys, opened).map(|id| format!("; platform key `{id}` made the signature"));
        let issue = format!("{}{}", unknown_serial(serial, keys), maker.unwrap_or_default());
        return Verdict::failed(UNKNOWN_SERIAL.because(issue));
    };
    match now {
        Some(now) if !key.valid_at(now) => {
            let issue =
                format!("platform certificate `{serial}` is not valid at {now}: it is expired, or not valid yet");
            Verdict::failed(EXPIRED_CERTIFICATE.because(issue))
        }
        _ => Verdict::Passed,
    }
}

fn key(keys: &PlatformKeys, serial: &str, opened: Opened<'_>) -> Verdict {
    if opened(serial).is_some() {
        return Verdict::Passed;
    }
    let cause = match maker(keys, opened) {
        Some(id) => WRONG_SERIAL.because(format!("platform key `{id}` made the signature, and not `{serial}`")),
        None => NO_KNOWN_KEY.plainly(),
    };
    Verdict::Failed(format!("the signature was not made with platform key `{serial}`"), vec![cause])
}

/// Does a header name a compression? A host that decompresses may leave the header.
fn is_compressed(response: &Response) -> bool {
    received(response).compression().is_some()
}

fn received(response: &Response) -> Received {
    Received::new(response.status, response.headers.clone(), response.body.clone(), false)
}
