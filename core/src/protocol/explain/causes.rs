use super::Cause;

/// A cause with its usual issue and remedy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct KnownCause {
    cause: &'static str,
    issue: &'static str,
    remedy: &'static str,
}

impl KnownCause {
    /// Reports the cause with its usual issue.
    pub(super) fn plainly(self) -> Cause {
        self.because(self.issue)
    }

    /// Adds what was found to the usual issue.
    pub(super) fn with(self, found: &str) -> Cause {
        self.because(format!("{}: {found}", self.issue))
    }

    /// Replaces the usual issue.
    pub(super) fn because(self, issue: impl Into<String>) -> Cause {
        Cause { cause: self.cause, issue: issue.into(), remedy: self.remedy.into() }
    }
}

macro_rules! causes {
    ($($NAME:ident $cause:literal: $issue:literal, $remedy:literal;)+) => {
        $(pub(super) const $NAME: KnownCause = KnownCause { cause: $cause, issue: $issue, remedy: $remedy };)+

        /// The names of all causes; a name that requests and answers share stands twice.
        pub const CAUSES: &[&str] = &[$($cause,)+];
    };
}

// Causes for requests, and for refusals because of their signature.
causes! {
    MISSING_AUTHORIZATION "missing_authorization":
        "the request has no header `Authorization`",
        "Send all headers of the prepared request; some HTTP clients and proxies drop `Authorization`, above all after a redirect.";
    MALFORMED_AUTHORIZATION "malformed_authorization":
        "the header `Authorization` is not as documented",
        "Write `WECHATPAY2-SHA256-RSA2048 mchid=\"…\",nonce_str=\"…\",timestamp=\"…\",serial_no=\"…\",signature=\"…\"`, once, with commas and no spaces between the pairs.";
    WRONG_MCHID "wrong_mchid":
        "the request names another merchant than the options",
        "Give the `mchid` whose private key signs.";
    WRONG_SERIAL_NO "wrong_serial":
        "the request names another certificate than the options",
        "Give `serial_no` of the API certificate that belongs to the private key, in upper-case hexadecimal.";
    CLOCK "clock":
        "the timestamp is too far from the clock",
        "Set the clock, and sign each attempt anew; to explain an old message, pass the time at which it was sent as `now`.";
    PATH_PREFIX "path_prefix":
        "the signed path is not the one that the API sees",
        "Sign the path from `/v3/global` (or `/global/v3`) on, with its query: what a reverse proxy puts before it is sent, but never signed. Name that in `base_urls`.";
    FULL_URL "full_url":
        "the whole URL was signed as the path",
        "Sign only the path with its query, beginning with `/`.";
    QUERY_ENCODING "query_encoding":
        "the query string was signed in another spelling than it is sent",
        "Sign the query exactly as it stands in the URL, percent-encoded, and send the URL as it is.";
    LINE_ENDS "line_ends":
        "the message was signed with other line ends",
        "End each of the five lines with one line feed, the body's too, and sign the body's bytes as they are sent.";
    RESERIALISED_BODY "reserialised_body":
        "the JSON was signed in another form than it is sent",
        "Write the JSON once, sign that text, and send that text; give the HTTP client text or bytes, not an object.";
    CHANGED_BODY "changed_body":
        "the body that was signed is not the one that is sent",
        "Sign the body that is sent; only a GET has none.";
    CHANGED_BYTES "changed_bytes":
        "the key is right, but other bytes were signed",
        "Compare the signed text with `lines`, byte by byte.";
    WRONG_KEY "wrong_key":
        "the signature was not made with this private key",
        "Sign with the private key of the API certificate that `serial_no` names, with RSASSA-PKCS1-v1_5 and SHA-256.";
    MERCHANT_CERTIFICATE "merchant_certificate":
        "the server refuses the merchant's API certificate",
        "See on the merchant platform (API security) which certificate is valid, and give its private key and `serial_no`.";
    REPEATED_NONCE "repeated_nonce":
        "the server has seen this nonce before, or does not accept it as a nonce",
        "Sign each attempt anew, with a nonce of its own, and send it once.";
    WRONG_REQUEST "wrong_request":
        "the answer is another request's",
        "Give the request that was answered: each attempt has its own nonce and timestamp.";
    UNKNOWN_REQUEST "unknown_request":
        "without the request, its signed message cannot be compared with the server's",
        "Give `request` as it was sent: method, URL, headers and body.";
    STRIPPED_HEADERS "stripped_headers":
        "the answer lacks signature headers",
        "Do not trust the answer. If a proxy stands in between, have it pass all `Wechatpay-*` headers; give all headers here.";
    DUPLICATED_HEADERS "duplicated_headers":
        "a signature header came more than once",
        "Do not trust the answer; look for a proxy that adds or joins headers.";
    MALFORMED_HEADERS "malformed_headers":
        "a signature header cannot be read",
        "Give the headers exactly as received; do not trust the answer if that is what came.";
    SIGNATURE_TYPE "signature_type":
        "the answer is signed by another algorithm than RSA with SHA-256",
        "Ask WeChat Pay which algorithm this merchant is set to; SM2 cannot be verified here.";
    PROBE "probe":
        "the signature is false on purpose",
        "Refuse the answer, as any with a wrong signature, and query what became of the request.";
    WRONG_SERIAL "wrong_serial":
        "another platform key than the named one made the signature",
        "Check that each PEM text in `platform_keys` stands under its own serial or id.";
    UNKNOWN_SERIAL "unknown_serial":
        "the platform key that the answer names is not known",
        "Fetch the platform certificates, or download the WeChat Pay public key, and add it to `platform_keys`.";
    EXPIRED_CERTIFICATE "expired_certificate":
        "the platform certificate that the answer names is not valid at this time",
        "Fetch the platform certificates anew; check the clock.";
    NO_KNOWN_KEY "wrong_key":
        "the signature was not made with any known platform key",
        "Check that `platform_keys` holds the keys of this merchant and service, under their own ids; else do not trust the answer.";
    COMPRESSED_BODY "compressed_body":
        "the body is compressed, and the signature is over what was compressed",
        "Send `Accept-Encoding: identity`, have proxies leave answers as they are, or decompress the body before it is verified.";
    RECEIVED_LINE_ENDS "line_ends":
        "the body's line ends were changed on the way",
        "Verify the bytes as received, before anything reads, trims or converts them.";
    RECEIVED_RESERIALISED "reserialised_body":
        "the body is JSON in another form than was signed",
        "Verify the bytes as received, before any framework parses them and writes them anew.";
    RECEIVED_CHANGED_BODY "changed_body":
        "an empty body was signed, but one is there",
        "Give the body of this very answer, as received; else do not trust it.";
    RECEIVED_CHANGED_BYTES "changed_bytes":
        "the key is right, but other bytes were signed",
        "Verify the bytes as received, with the headers of the same answer; if that is what came, do not trust it.";
}
