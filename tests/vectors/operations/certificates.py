"""`certificates`: downloads the certificates that WeChat Pay signs with."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta, timezone
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kinds.check.shape import found
from kinds.explain.requests import sent, sound_request
from kinds.parse.every_operation import failures
from kinds.parse.shape import failed, parse_vector, parsed, unverified
from kinds.prepare import prepared, refused
from objects import Object, compact
from operation import Given, Operation
from oracle.keys import (
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
from samples import API_V3_KEY, CERTIFICATE_ONLY, HTML, NO_KEYS, PUBLIC_KEY_ONLY


def times(certificate: str, serial: str) -> Object:
    """What the list says in plain about a certificate."""
    parsed_certificate = x509.load_pem_x509_certificate(certificate.encode())
    beijing = timezone(timedelta(hours=8))
    return {
        "serial_no": serial,
        "effective_time": parsed_certificate.not_valid_before_utc.astimezone(beijing).isoformat(),
        "expire_time": parsed_certificate.not_valid_after_utc.astimezone(beijing).isoformat(),
    }


def sealed(
    text: str,
    *,
    key: str = API_V3_KEY,
    nonce: str = "9b1c7e04a5d2",
    associated_data: str = "certificate",
    damage: Callable[[bytes], bytes] | None = None,
) -> Object:
    """A text as a member `encrypt_certificate`."""
    data = AESGCM(key.encode()).encrypt(nonce.encode(), text.encode(), associated_data.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "nonce": nonce,
        "associated_data": associated_data,
        "ciphertext": base64.b64encode(damage(data) if damage else data).decode(),
    }


def listed(
    certificate: str,
    serial: str,
    *,
    key: str = API_V3_KEY,
    nonce: str = "9b1c7e04a5d2",
    associated_data: str = "certificate",
    damage: Callable[[bytes], bytes] | None = None,
    **changes: Any,
) -> Object:
    """A certificate as the list carries it: AES-256-GCM, the tag at the end; `changes` come after encryption."""
    content = sealed(certificate, key=key, nonce=nonce, associated_data=associated_data, damage=damage)
    return {**times(certificate, serial), "encrypt_certificate": {**content, **changes}}


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


def parse() -> Given:
    """Lists: decrypted, and verified with what they bring or with what is held."""
    first_pem = pem("platform.cert.pem")
    first, second = listed(first_pem, CERTIFICATE_SERIAL), listed(LATER_CERTIFICATE, LATER_SERIAL)
    opened_first: Object = {**times(first_pem, CERTIFICATE_SERIAL), "certificate": first_pem}
    opened_second: Object = {**times(LATER_CERTIFICATE, LATER_SERIAL), "certificate": LATER_CERTIFICATE}
    body: Object = {"data": [first, second]}
    value: Object = {"data": [opened_first, opened_second]}
    good = answer(body)
    bootstrap: Object = {**NO_KEYS, "api_v3_key": API_V3_KEY}
    holding: Object = {"api_v3_key": API_V3_KEY}

    def read(name: str, response: Object, expected: Object, options: Object) -> Object:
        return parsed(f"certificates-{name}", CERTIFICATES, response, expected, options=options)

    def distrusted(
        name: str, response: Object, kind: str, code: str, options: Object = bootstrap, **more: Any
    ) -> Object:
        return unverified(f"certificates-{name}", CERTIFICATES, response, kind, code, options=options, **more)

    def not_decrypted(name: str, *items: Object, options: Object = bootstrap) -> Object:
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
        expect = {"error": {"kind": "key", "code": code, "retryable": False, "may_have_been_applied": False}}
        return parse_vector(f"certificates-{name}", CERTIFICATES, good, expect, options=options)

    def unreadable(name: str, content: str | Object | list[Any], code: str) -> Object:
        return failed(
            f"certificates-{name}",
            CERTIFICATES,
            answer(content),
            "response",
            code,
            {"may_have_been_applied": False},
            options=holding,
        )

    def flipped(position: int) -> Callable[[bytes], bytes]:
        def damage(data: bytes) -> bytes:
            index = position % len(data)
            return data[:index] + bytes([data[index] ^ 1]) + data[index + 1 :]

        return damage

    def damaged(**options: Any) -> Object:
        return listed(first_pem, CERTIFICATE_SERIAL, **options)

    def listed_text(text: str) -> Object:
        return {"encrypt_certificate": sealed(text)}

    def skipping(name: str, *items: Object) -> Object:
        """A list whose first certificate signs; the others stay encrypted, and there is a remark for each."""
        value = {"data": [opened_first, *items[1:]]}
        vector = read(name, answer({"data": list(items)}), value, bootstrap)
        vector["expect"]["warnings"] = [
            {"rule": "certificate_skipped", "field": f"/data/{place}", "value": item["serial_no"]}
            for place, item in enumerate(items)
            if place
        ]
        return vector

    curve = curve_public_key()
    curve_serial, small_serial = "3A6D01C8E57F42B9904E7D2B16A8F35C0D92E471", "5E18B40F7A93C62D81F05B9E3C7A4D60F2B918E3"
    small = private_key("small.key.pem").public_key()
    of_curve = listed(make_certificate(PLATFORM, curve_serial, utc(2021), utc(2057), curve), curve_serial)
    of_1024_bits = listed(make_certificate(PLATFORM, small_serial, utc(2021), utc(2057), small), small_serial)
    sm4 = listed(LATER_CERTIFICATE, UNKNOWN_SERIAL, algorithm="AEAD_SM4_GCM")
    extended = {"data": [{**first, "new_field": 1}, second], "new_text": "新"}
    other_key = API_V3_KEY[::-1]
    return {
        "failures": failures(CERTIFICATES, {"api_v3_key": API_V3_KEY}),
        "lists": [
            # Nothing but the APIv3 key is held.
            read("first-list-signed-by-its-first", good, value, bootstrap),
            read(
                "first-list-signed-by-its-second",
                answer(body, signer=PLATFORM_PUBLIC, serial=LATER_SERIAL),
                value,
                bootstrap,
            ),
            read("first-list-of-one", answer({"data": [first]}), {"data": [opened_first]}, bootstrap),
            read(
                "first-list-with-header-names-in-lower-case",
                {**good, "headers": [[name.lower(), text] for name, text in good["headers"]]},
                value,
                bootstrap,
            ),
            read(
                "first-list-with-other-nonce-and-associated-data",
                answer({"data": [damaged(nonce="61f9c719728a", associated_data="certificate 2")]}),
                {"data": [opened_first]},
                bootstrap,
            ),
            read(
                "first-list-with-empty-associated-data",
                answer({"data": [damaged(associated_data="")]}),
                {"data": [opened_first]},
                bootstrap,
            ),
            read(
                "unknown-fields-kept",
                answer(extended),
                {"data": [{**opened_first, "new_field": 1}, opened_second], "new_text": "新"},
                bootstrap,
            ),
            # One that cannot be used spoils none of the others, unless it is the one that signed.
            skipping("second-one-flipped", first, listed(LATER_CERTIFICATE, LATER_SERIAL, damage=flipped(0))),
            skipping("second-one-of-another-algorithm", first, sm4),
            skipping("second-one-of-an-elliptic-curve", first, of_curve),
            skipping("second-one-of-1024-bits", first, of_1024_bits),
            skipping("second-one-under-another-serial", first, listed(LATER_CERTIFICATE, UNKNOWN_SERIAL)),
            skipping("second-one-no-certificate", first, {**second, **listed_text("no certificate")}),
            skipping("two-and-a-half-of-three", first, sm4, of_curve),
            *[
                failed(
                    f"certificates-list-signed-by-one-{name}",
                    CERTIFICATES,
                    answer({"data": [odd, second]}, serial=odd["serial_no"]),
                    "key",
                    code,
                    {"may_have_been_applied": False, "says": [odd["serial_no"], says]},
                    options=bootstrap,
                )
                for name, odd, code, says in (
                    ("of-an-elliptic-curve", of_curve, "PLATFORM_KEY_INVALID", "RSA"),
                    ("of-1024-bits", of_1024_bits, "PLATFORM_KEY_INVALID", "1024 bits"),
                    ("of-another-algorithm", sm4, "CERTIFICATE_NOT_DECRYPTED", "AEAD_SM4_GCM"),
                )
            ],
            failed(
                "certificates-list-of-none-that-can-be-used",
                CERTIFICATES,
                answer({"data": [of_curve, sm4]}),
                "key",
                "PLATFORM_KEY_INVALID",
                {"may_have_been_applied": False, "says": [of_curve["serial_no"], "the list of certificates", "RSA"]},
                options=holding,
            ),
            # Keys are held.
            read("list-signed-by-a-certificate-held", good, value, {**CERTIFICATE_ONLY, **holding}),
            read(
                "list-signed-by-a-public-key-held",
                answer(body, signer=PLATFORM_PUBLIC, serial=PUBLIC_KEY_ID),
                value,
                {**PUBLIC_KEY_ONLY, **holding},
            ),
            read(
                "list-of-others-signed-by-a-certificate-held",
                answer({"data": [second]}),
                {"data": [opened_second]},
                {**CERTIFICATE_ONLY, **holding},
            ),
            read(
                "list-signed-by-a-new-certificate",
                answer(body, signer=PLATFORM_PUBLIC, serial=LATER_SERIAL),
                value,
                {**CERTIFICATE_ONLY, **holding},
            ),
            read("empty-list", answer({"data": []}), {"data": []}, holding),
            # Decryption fails.
            not_decrypted("with-another-api-v3-key", first, second, options={**NO_KEYS, "api_v3_key": other_key}),
            not_decrypted("with-another-api-v3-key-and-keys-held", first, options={"api_v3_key": other_key}),
            not_decrypted("first-byte-flipped", damaged(damage=flipped(0)), second),
            not_decrypted("byte-in-the-middle-flipped", damaged(damage=flipped(700)), second),
            not_decrypted("tag-flipped", damaged(damage=flipped(-1)), second),
            not_decrypted("tag-cut-off", damaged(damage=lambda data: data[:-16])),
            not_decrypted("shorter-than-a-tag", damaged(damage=lambda data: data[:15])),
            not_decrypted(
                "associated-data-changed",
                damaged(associated_data="certificate")
                | {"encrypt_certificate": {**first["encrypt_certificate"], "associated_data": "transaction"}},
            ),
            not_decrypted(
                "nonce-changed",
                {**first, "encrypt_certificate": {**first["encrypt_certificate"], "nonce": "9b1c7e04a5d3"}},
            ),
            not_decrypted(
                "algorithm-unknown",
                {**first, "encrypt_certificate": {**first["encrypt_certificate"], "algorithm": "AEAD_SM4_GCM"}},
                second,
            ),
            not_decrypted("byte-flipped-and-keys-held", damaged(damage=flipped(0)), options=holding),
            # The APIv3 key itself
            *[
                bad_key(f"api-v3-key-of-{size}-characters", "API_V3_KEY_INVALID", {**NO_KEYS, "api_v3_key": "k" * size})
                for size in (1, 31, 33, 34, 64)
            ],
            bad_key("api-v3-key-missing", "API_V3_KEY_MISSING", NO_KEYS),
            bad_key("api-v3-key-missing-and-keys-held", "API_V3_KEY_MISSING", CERTIFICATE_ONLY),
            # Decrypted, and not to be trusted.
            distrusted(
                "first-list-signed-by-a-certificate-that-is-not-listed",
                answer({"data": [second]}),
                "signature",
                "SERIAL_UNKNOWN",
            ),
            distrusted("first-list-empty", answer({"data": []}), "signature", "SERIAL_UNKNOWN"),
            distrusted(
                "list-signed-by-a-public-key-not-held",
                answer(body, signer=PLATFORM_PUBLIC, serial=PUBLIC_KEY_ID),
                "signature",
                "SERIAL_UNKNOWN",
                says=[PUBLIC_KEY_ID, "API Security"],
            ),
            distrusted("serial-unknown", answer(body, serial=UNKNOWN_SERIAL), "signature", "SERIAL_UNKNOWN"),
            distrusted(
                "serial-unknown-and-keys-held",
                answer(body, serial=UNKNOWN_SERIAL),
                "signature",
                "SERIAL_UNKNOWN",
                holding,
            ),
            distrusted(
                "first-list-signed-by-another-key", answer(body, signer=OTHER), "signature", "SIGNATURE_MISMATCH"
            ),
            distrusted(
                "first-list-signed-by-the-other-one",
                answer(body, serial=LATER_SERIAL),
                "signature",
                "SIGNATURE_MISMATCH",
            ),
            distrusted(
                "list-signed-by-another-key-and-keys-held",
                answer(body, signer=OTHER),
                "signature",
                "SIGNATURE_MISMATCH",
                holding,
            ),
            distrusted(
                "list-changed-after-signing",
                with_body(good, compact({"data": [second, first]})),
                "signature",
                "SIGNATURE_MISMATCH",
            ),
            distrusted("signature-missing", answer(body, signer=None), "signature", "SIGNATURE_MISSING"),
            *[
                distrusted(
                    f"html-without-signature{what}",
                    answer(HTML, signer=None, content_type="text/html"),
                    "signature",
                    "SIGNATURE_MISSING",
                    options,
                )
                for what, options in [("", bootstrap), ("-and-keys-held", holding)]
            ],
            distrusted(
                "text-signed-by-another-key-and-keys-held",
                answer("OK", signer=OTHER),
                "signature",
                "SIGNATURE_MISMATCH",
                holding,
            ),
            distrusted(
                "signature-duplicated",
                {**good, "headers": [*good["headers"], ["wechatpay-serial", CERTIFICATE_SERIAL]]},
                "signature",
                "SIGNATURE_DUPLICATED",
            ),
            distrusted(
                "probe",
                with_header(good, "Wechatpay-Signature", lambda text: PROBE + text),
                "probe",
                "SIGNATURE_PROBE",
            ),
            distrusted("timestamp-300-seconds-old", good, "freshness", "TIMESTAMP_SKEWED", now=NOW + 300),
            # Verified, and yet unreadable.
            unreadable("verified-text", "OK", "BODY_NOT_JSON"),
            unreadable("verified-list-outside-an-object", [first], "BODY_UNEXPECTED"),
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
                for what, options in [("", bootstrap), ("-and-no-api-v3-key-either", PUBLIC_KEY_ONLY)]
            ],
        ],
    }


def explain() -> Given:
    """A sound request."""
    return {"sound": [sound_request("certificates", sent(CERTIFICATES))]}
