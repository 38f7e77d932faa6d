"""`certificates`: downloads the certificates that WeChat Pay signs with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from kinds.check.shape import found
from kinds.explain.requests import sent, sound_request
from kinds.parse.every_operation import failures
from kinds.parse.shape import failed, parse_vector, parsed, unverified
from kinds.prepare import prepared, refused
from objects import Object, compact
from operation import Given, Operation
from oracle.certificate_list import listed, sealed, times
from oracle.keys import (
    API_V3_KEY,
    CERTIFICATE_SERIAL,
    LATER_CERTIFICATE,
    LATER_SERIAL,
    OTHER,
    PLATFORM,
    PLATFORM_PUBLIC,
    PUBLIC_KEY_ID,
    UNKNOWN_SERIAL,
    curve_public_key,
    make_certificate,
    pem,
    private_key,
    utc,
)
from oracle.responses import NOW, PROBE, answer, with_body, with_header
from samples import CERTIFICATE_ONLY, HTML, NO_KEYS, PUBLIC_KEY_ONLY

ANSWER: Object = {"data": [listed(pem("platform.cert.pem"), CERTIFICATE_SERIAL)]}

CERTIFICATES = Operation(
    name="certificates",
    method="GET",
    path="/certificates",
    fields=[],
    request={},
    answer=ANSWER,
    prefix="v3/global",
)


def prepare() -> Given:
    """The list asked for."""
    return {
        "requests": [
            prepared("certificates", CERTIFICATES, {}),
            prepared("certificates-have-one-path", CERTIFICATES, {}, {"path_prefix": "global/v3"}),
            prepared("certificates-base-url-with-path", CERTIFICATES, {}, {"base_urls": ["https://proxy.example/wx"]}),
            prepared("certificates-without-public-key", CERTIFICATES, {}, CERTIFICATE_ONLY),
            prepared("certificates-with-api-v3-key-alone", CERTIFICATES, {}, {**NO_KEYS, "api_v3_key": API_V3_KEY}),
            refused("certificates-with-a-field", CERTIFICATES, {"limit": 1}, ("unknown_field", "limit")),
        ],
    }


def check() -> Given:
    """The list takes no fields."""
    return {
        "own": [
            found(CERTIFICATES, "nothing-given", {}),
            found(CERTIFICATES, "limit-given", {"limit": 1}, ("unknown_field", "limit")),
        ],
    }


def of_key(key: RSAPublicKey | EllipticCurvePublicKey, serial: str) -> Object:
    """A certificate of a key that cannot be used, as the list carries it."""
    return listed(make_certificate(PLATFORM, serial, utc(2021), utc(2057), key), serial)


# Two certificates as the list carries them, the same when read, and certificates that cannot be used.
FIRST_PEM = pem("platform.cert.pem")
FIRST, SECOND = listed(FIRST_PEM, CERTIFICATE_SERIAL), listed(LATER_CERTIFICATE, LATER_SERIAL)
OPENED_FIRST: Object = {**times(FIRST_PEM, CERTIFICATE_SERIAL), "certificate": FIRST_PEM}
OPENED_SECOND: Object = {**times(LATER_CERTIFICATE, LATER_SERIAL), "certificate": LATER_CERTIFICATE}
LIST: Object = {"data": [FIRST, SECOND]}
OPENED: Object = {"data": [OPENED_FIRST, OPENED_SECOND]}
GOOD = answer(LIST)
BOOTSTRAP: Object = {**NO_KEYS, "api_v3_key": API_V3_KEY}
HOLDING: Object = {"api_v3_key": API_V3_KEY}
OF_CURVE = of_key(curve_public_key(), "3A6D01C8E57F42B9904E7D2B16A8F35C0D92E471")
OF_1024_BITS = of_key(private_key("small.key.pem").public_key(), "5E18B40F7A93C62D81F05B9E3C7A4D60F2B918E3")
OF_SM4 = listed(LATER_CERTIFICATE, UNKNOWN_SERIAL, algorithm="AEAD_SM4_GCM")


def read(name: str, response: Object, expected: Object, options: Object) -> Object:
    """A list that is read."""
    return parsed(f"certificates-{name}", CERTIFICATES, response, expected, options=options)


def distrusted(name: str, response: Object, kind: str, code: str, options: Object = BOOTSTRAP, **more: Any) -> Object:
    """A list that is decrypted and not trusted."""
    return unverified(f"certificates-{name}", CERTIFICATES, response, kind, code, options=options, **more)


def not_decrypted(name: str, *items: Object, options: Object = BOOTSTRAP) -> Object:
    """A list whose decryption fails."""
    error: Object = {"retryable": False, "may_have_been_applied": False}
    response = answer({"data": list(items)})
    return failed(
        f"certificates-{name}",
        CERTIFICATES,
        response,
        "key",
        "CERTIFICATE_NOT_DECRYPTED",
        error,
        options=options,
    )


def bad_key(name: str, code: str, options: Object) -> Object:
    """A sound list under an APIv3 key that cannot be one."""
    expect = {"error": {"kind": "key", "code": code, "retryable": False, "may_have_been_applied": False}}
    return parse_vector(f"certificates-{name}", CERTIFICATES, GOOD, expect, options=options)


def unreadable(name: str, content: str | Object | list[Any], code: str) -> Object:
    """A list that is verified and cannot be read."""
    return failed(
        f"certificates-{name}",
        CERTIFICATES,
        answer(content),
        "response",
        code,
        {"may_have_been_applied": False},
        options=HOLDING,
    )


def damaged(**options: Any) -> Object:
    """The first certificate, encrypted otherwise."""
    return listed(FIRST_PEM, CERTIFICATE_SERIAL, **options)


def listed_text(text: str) -> Object:
    """A text in the place of a certificate."""
    return {"encrypt_certificate": sealed(text)}


def skipping(name: str, *items: Object) -> Object:
    """A list whose first certificate signs; the others stay encrypted, and there is a remark for each."""
    expected = {"data": [OPENED_FIRST, *items[1:]]}
    vector = read(name, answer({"data": list(items)}), expected, BOOTSTRAP)
    vector["expect"]["warnings"] = [
        {"rule": "certificate_skipped", "field": f"/data/{place}", "value": item["serial_no"]}
        for place, item in enumerate(items)
        if place
    ]
    return vector


def flipped(position: int) -> Callable[[bytes], bytes]:
    """Damage to one bit of the byte at a position."""

    def damage(data: bytes) -> bytes:
        index = position % len(data)
        return data[:index] + bytes([data[index] ^ 1]) + data[index + 1 :]

    return damage


def parse() -> Given:
    """Lists: decrypted, and verified with what they bring or with what is held."""
    return {
        "failures": failures(CERTIFICATES, {"api_v3_key": API_V3_KEY}),
        "lists": [*first_lists(), *later_lists(), *lists_not_decrypted(), *lists_not_trusted(), *lists_not_read()],
    }


def first_lists() -> list[Object]:
    """Lists read while nothing but the APIv3 key is held."""
    extended = {"data": [{**FIRST, "new_field": 1}, SECOND], "new_text": "新"}
    return [
        read("first-list-signed-by-its-first", GOOD, OPENED, BOOTSTRAP),
        read(
            "first-list-signed-by-its-second",
            answer(LIST, signer=PLATFORM_PUBLIC, serial=LATER_SERIAL),
            OPENED,
            BOOTSTRAP,
        ),
        read("first-list-of-one", answer({"data": [FIRST]}), {"data": [OPENED_FIRST]}, BOOTSTRAP),
        read(
            "first-list-with-header-names-in-lower-case",
            {**GOOD, "headers": [[name.lower(), text] for name, text in GOOD["headers"]]},
            OPENED,
            BOOTSTRAP,
        ),
        read(
            "first-list-with-other-nonce-and-associated-data",
            answer({"data": [damaged(nonce="61f9c719728a", associated_data="certificate 2")]}),
            {"data": [OPENED_FIRST]},
            BOOTSTRAP,
        ),
        read(
            "first-list-with-empty-associated-data",
            answer({"data": [damaged(associated_data="")]}),
            {"data": [OPENED_FIRST]},
            BOOTSTRAP,
        ),
        read(
            "unknown-fields-kept",
            answer(extended),
            {"data": [{**OPENED_FIRST, "new_field": 1}, OPENED_SECOND], "new_text": "新"},
            BOOTSTRAP,
        ),
        # One that cannot be used spoils none of the others, unless it is the one that signed.
        skipping("second-one-flipped", FIRST, listed(LATER_CERTIFICATE, LATER_SERIAL, damage=flipped(0))),
        skipping("second-one-of-another-algorithm", FIRST, OF_SM4),
        skipping("second-one-of-an-elliptic-curve", FIRST, OF_CURVE),
        skipping("second-one-of-1024-bits", FIRST, OF_1024_BITS),
        skipping("second-one-under-another-serial", FIRST, listed(LATER_CERTIFICATE, UNKNOWN_SERIAL)),
        skipping("second-one-no-certificate", FIRST, {**SECOND, **listed_text("no certificate")}),
        skipping("two-and-a-half-of-three", FIRST, OF_SM4, OF_CURVE),
        *[
            failed(
                f"certificates-list-signed-by-one-{name}",
                CERTIFICATES,
                answer({"data": [odd, SECOND]}, serial=odd["serial_no"]),
                "key",
                code,
                {"may_have_been_applied": False, "says": [odd["serial_no"], says]},
                options=BOOTSTRAP,
            )
            for name, odd, code, says in (
                ("of-an-elliptic-curve", OF_CURVE, "PLATFORM_KEY_INVALID", "RSA"),
                ("of-1024-bits", OF_1024_BITS, "PLATFORM_KEY_INVALID", "1024 bits"),
                ("of-another-algorithm", OF_SM4, "CERTIFICATE_NOT_DECRYPTED", "AEAD_SM4_GCM"),
            )
        ],
        failed(
            "certificates-list-of-none-that-can-be-used",
            CERTIFICATES,
            answer({"data": [OF_CURVE, OF_SM4]}),
            "key",
            "PLATFORM_KEY_INVALID",
            {"may_have_been_applied": False, "says": [OF_CURVE["serial_no"], "the list of certificates", "RSA"]},
            options=HOLDING,
        ),
    ]


def later_lists() -> list[Object]:
    """Lists read while keys are held."""
    return [
        read("list-signed-by-a-certificate-held", GOOD, OPENED, {**CERTIFICATE_ONLY, **HOLDING}),
        read(
            "list-signed-by-a-public-key-held",
            answer(LIST, signer=PLATFORM_PUBLIC, serial=PUBLIC_KEY_ID),
            OPENED,
            {**PUBLIC_KEY_ONLY, **HOLDING},
        ),
        read(
            "list-of-others-signed-by-a-certificate-held",
            answer({"data": [SECOND]}),
            {"data": [OPENED_SECOND]},
            {**CERTIFICATE_ONLY, **HOLDING},
        ),
        read(
            "list-signed-by-a-new-certificate",
            answer(LIST, signer=PLATFORM_PUBLIC, serial=LATER_SERIAL),
            OPENED,
            {**CERTIFICATE_ONLY, **HOLDING},
        ),
        read("empty-list", answer({"data": []}), {"data": []}, HOLDING),
    ]


def lists_not_decrypted() -> list[Object]:
    """Lists that cannot be decrypted."""
    other_key = API_V3_KEY[::-1]
    return [
        not_decrypted("with-another-api-v3-key", FIRST, SECOND, options={**NO_KEYS, "api_v3_key": other_key}),
        not_decrypted("with-another-api-v3-key-and-keys-held", FIRST, options={"api_v3_key": other_key}),
        not_decrypted("first-byte-flipped", damaged(damage=flipped(0)), SECOND),
        not_decrypted("byte-in-the-middle-flipped", damaged(damage=flipped(700)), SECOND),
        not_decrypted("tag-flipped", damaged(damage=flipped(-1)), SECOND),
        not_decrypted("tag-cut-off", damaged(damage=lambda data: data[:-16])),
        not_decrypted("shorter-than-a-tag", damaged(damage=lambda data: data[:15])),
        not_decrypted(
            "associated-data-changed",
            damaged(associated_data="certificate")
            | {"encrypt_certificate": {**FIRST["encrypt_certificate"], "associated_data": "transaction"}},
        ),
        not_decrypted(
            "nonce-changed",
            {**FIRST, "encrypt_certificate": {**FIRST["encrypt_certificate"], "nonce": "9b1c7e04a5d3"}},
        ),
        not_decrypted(
            "algorithm-unknown",
            {**FIRST, "encrypt_certificate": {**FIRST["encrypt_certificate"], "algorithm": "AEAD_SM4_GCM"}},
            SECOND,
        ),
        not_decrypted("byte-flipped-and-keys-held", damaged(damage=flipped(0)), options=HOLDING),
        # The APIv3 key itself
        *[
            bad_key(f"api-v3-key-of-{size}-characters", "API_V3_KEY_INVALID", {**NO_KEYS, "api_v3_key": "k" * size})
            for size in (1, 31, 33, 34, 64)
        ],
        bad_key("api-v3-key-missing", "API_V3_KEY_MISSING", NO_KEYS),
        bad_key("api-v3-key-missing-and-keys-held", "API_V3_KEY_MISSING", CERTIFICATE_ONLY),
    ]


def lists_not_trusted() -> list[Object]:
    """Lists that are decrypted, and not to be trusted."""
    return [
        distrusted(
            "first-list-signed-by-a-certificate-that-is-not-listed",
            answer({"data": [SECOND]}),
            "signature",
            "SERIAL_UNKNOWN",
        ),
        distrusted("first-list-empty", answer({"data": []}), "signature", "SERIAL_UNKNOWN"),
        distrusted(
            "list-signed-by-a-public-key-not-held",
            answer(LIST, signer=PLATFORM_PUBLIC, serial=PUBLIC_KEY_ID),
            "signature",
            "SERIAL_UNKNOWN",
            says=[PUBLIC_KEY_ID, "API Security"],
        ),
        distrusted("serial-unknown", answer(LIST, serial=UNKNOWN_SERIAL), "signature", "SERIAL_UNKNOWN"),
        distrusted(
            "serial-unknown-and-keys-held",
            answer(LIST, serial=UNKNOWN_SERIAL),
            "signature",
            "SERIAL_UNKNOWN",
            HOLDING,
        ),
        distrusted("first-list-signed-by-another-key", answer(LIST, signer=OTHER), "signature", "SIGNATURE_MISMATCH"),
        distrusted(
            "first-list-signed-by-the-other-one",
            answer(LIST, serial=LATER_SERIAL),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        distrusted(
            "list-signed-by-another-key-and-keys-held",
            answer(LIST, signer=OTHER),
            "signature",
            "SIGNATURE_MISMATCH",
            HOLDING,
        ),
        distrusted(
            "list-changed-after-signing",
            with_body(GOOD, compact({"data": [SECOND, FIRST]})),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        distrusted("signature-missing", answer(LIST, signer=None), "signature", "SIGNATURE_MISSING"),
        *[
            distrusted(
                f"html-without-signature{what}",
                answer(HTML, signer=None, content_type="text/html"),
                "signature",
                "SIGNATURE_MISSING",
                options,
            )
            for what, options in [("", BOOTSTRAP), ("-and-keys-held", HOLDING)]
        ],
        distrusted(
            "text-signed-by-another-key-and-keys-held",
            answer("OK", signer=OTHER),
            "signature",
            "SIGNATURE_MISMATCH",
            HOLDING,
        ),
        distrusted(
            "signature-duplicated",
            {**GOOD, "headers": [*GOOD["headers"], ["wechatpay-serial", CERTIFICATE_SERIAL]]},
            "signature",
            "SIGNATURE_DUPLICATED",
        ),
        distrusted(
            "probe",
            with_header(GOOD, "Wechatpay-Signature", lambda text: PROBE + text),
            "probe",
            "SIGNATURE_PROBE",
        ),
        distrusted("timestamp-300-seconds-old", GOOD, "freshness", "TIMESTAMP_SKEWED", now=NOW + 300),
    ]


def lists_not_read() -> list[Object]:
    """Lists that are verified and cannot be read, and the answer that there is none."""
    return [
        unreadable("verified-text", "OK", "BODY_NOT_JSON"),
        unreadable("verified-list-outside-an-object", [FIRST], "BODY_UNEXPECTED"),
        unreadable("verified-without-data", {"certificates": []}, "BODY_UNEXPECTED"),
        # Only a public key exists for this merchant; an error is read whatever keys are held.
        *[
            failed(
                f"certificates-do-not-exist{what}",
                CERTIFICATES,
                answer({"code": "RESOURCE_NOT_EXISTS", "message": "无可用的平台证书"}, 404, signer=None),
                "api",
                "RESOURCE_NOT_EXISTS",
                {"authenticated": False, "retryable": False, "may_have_been_applied": False},
                options=options,
            )
            for what, options in [("", BOOTSTRAP), ("-and-no-api-v3-key-either", PUBLIC_KEY_ONLY)]
        ],
    ]


def explain() -> Given:
    """A sound request."""
    return {"sound": [sound_request("certificates", sent(CERTIFICATES))]}
