"""Vectors of WeChat Pay's certificates and public keys: their forms, their ids and their time."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from kinds.keys.merchant import PASSWORD, SERIAL
from kinds.keys.spellings import SPELLINGS, armour, base64_of, der_of, pkcs1, public_pkcs1, spki
from kinds.parse.shape import api_error, parse_vector, parsed, unverified
from objects import Object
from operation import Operation
from operations.declare import DECLARE
from operations.query import QUERY
from oracle.keys import (
    CERTIFICATE_SERIAL,
    EXPIRED_CERTIFICATE,
    EXPIRED_SERIAL,
    FUTURE_CERTIFICATE,
    FUTURE_SERIAL,
    MERCHANT,
    PLATFORM,
    PLATFORM_PUBLIC,
    PUBLIC_KEY_ID,
    UNKNOWN_SERIAL,
    make_certificate,
    pem,
    utc,
)
from oracle.responses import NOW, answer
from samples import CERTIFICATE_ONLY


def platform_keys(forms: Mapping[str, str | bytes]) -> Object:
    """The option, with bytes under SERIAL_base64."""
    keys: dict[str, Any] = {}
    for key_id, form in forms.items():
        keys |= {key_id: form} if isinstance(form, str) else {f"{key_id}_base64": base64_of(form)}
    return {"platform_keys": keys}


def platform_forms() -> list[Object]:
    """Certificates and public keys of the platform, spelled in every way."""
    certificate, public = pem("platform.cert.pem"), pem("platform_public.pub.pem")
    traditional = armour("RSA PUBLIC KEY", public_pkcs1(PLATFORM_PUBLIC))
    good = answer(DECLARE.answer)
    good_public = answer(DECLARE.answer, signer=PLATFORM_PUBLIC, serial=PUBLIC_KEY_ID)

    def by_certificate(name: str, form: str | bytes) -> Object:
        options = platform_keys({CERTIFICATE_SERIAL: form})
        return parsed(f"platform-certificate-{name}", DECLARE, good, DECLARE.answer, options=options)

    def by_public_key(name: str, form: str | bytes) -> Object:
        options = platform_keys({PUBLIC_KEY_ID: form})
        return parsed(f"platform-public-key-{name}", DECLARE, good_public, DECLARE.answer, options=options)

    def invalid(name: str, key_id: str, form: str | bytes, *says: str) -> Object:
        error = {"kind": "key", "code": "PLATFORM_KEY_INVALID", "says": list(says)}
        return parse_vector(
            f"platform-key-{name}", DECLARE, good, {"error": error}, options=platform_keys({key_id: form})
        )

    private = pem("platform.key.pem")
    return [
        *[by_certificate(name, spelled(certificate)) for name, spelled in SPELLINGS.items()],
        *[by_public_key(name, spelled(public)) for name, spelled in SPELLINGS.items()],
        by_public_key("pkcs1", traditional),
        *[
            by_public_key(f"pkcs1-{name}", SPELLINGS[name](traditional))
            for name in ("with-crlf", "with-escaped-line-feeds", "der", "bare-in-one-line", "bare-in-lines")
        ],
        by_public_key("pkcs1-labelled-spki", armour("PUBLIC KEY", public_pkcs1(PLATFORM_PUBLIC))),
        by_public_key("spki-labelled-pkcs1", armour("RSA PUBLIC KEY", spki(PLATFORM_PUBLIC))),
        by_certificate("labelled-public-key", armour("PUBLIC KEY", der_of(certificate))),
        invalid("private-pkcs8", CERTIFICATE_SERIAL, private, "private key"),
        invalid("private-pkcs1", PUBLIC_KEY_ID, armour("RSA PRIVATE KEY", pkcs1(PLATFORM_PUBLIC)), "private key"),
        invalid("private-der", CERTIFICATE_SERIAL, der_of(private), "private key"),
        invalid("private-bare", PUBLIC_KEY_ID, base64_of(der_of(private)), "private key"),
        invalid("private-encrypted", CERTIFICATE_SERIAL, pem("merchant_pbkdf2_sha256_aes256.key.pem"), "private key"),
        *whose_keys(),
        *serial_spellings(),
        invalid("base64-of-a-broken-file", CERTIFICATE_SERIAL, base64_of(certificate[:700].encode()), "copy it again"),
        invalid("base64-of-words", CERTIFICATE_SERIAL, base64_of(b"the key is in the safe"), "not PEM"),
        # Ids of the wrong kind.
        invalid("public-key-under-a-serial", UNKNOWN_SERIAL, public, UNKNOWN_SERIAL, "PUB_KEY_ID_", "API Security"),
        invalid("public-key-under-two-letters", "AA", public, "`AA`", "PUB_KEY_ID_"),
        invalid("pkcs1-public-key-under-a-serial", CERTIFICATE_SERIAL, traditional, "PUB_KEY_ID_"),
        invalid("public-key-under-an-id-in-lower-case", PUBLIC_KEY_ID.lower(), public, "PUB_KEY_ID_"),
        invalid("certificate-under-the-id-of-a-public-key", PUBLIC_KEY_ID, certificate, CERTIFICATE_SERIAL),
        invalid("under-another-serial", UNKNOWN_SERIAL, certificate, UNKNOWN_SERIAL, CERTIFICATE_SERIAL),
        invalid("der-under-another-serial", UNKNOWN_SERIAL, der_of(certificate), UNKNOWN_SERIAL, CERTIFICATE_SERIAL),
    ]


def whose_keys() -> list[Object]:
    """The merchant's own certificate or public key, and nothing to verify with, in the place of WeChat Pay's."""
    certificate, expired = pem("merchant.cert.pem"), pem("merchant_expired.cert.pem")
    public = armour("PUBLIC KEY", spki(MERCHANT))
    # A form of the private key that a page in a browser refuses: one that the host holds cannot be compared.
    readable: Object = {"private_key": armour("RSA PRIVATE KEY", pkcs1(MERCHANT))}

    def own(name: str, key_id: str, form: str | bytes, *says: str, options: Object | None = None) -> Object:
        says = (key_id.replace(":", "").upper(), "merchant's own", *says)
        error = {"kind": "key", "code": "PLATFORM_KEY_INVALID", "says": list(says)}
        given = {**(options or {}), **platform_keys({key_id: form})}
        good = answer(DECLARE.answer)
        return parse_vector(f"platform-key-own-{name}", DECLARE, good, {"error": error}, options=given)

    alone: Object = {"private_key": None, "mchid": None}
    return [
        own("certificate", SERIAL, certificate, "certificate"),
        own("certificate-der", SERIAL, der_of(certificate), "certificate"),
        own("certificate-in-lower-case", SERIAL.lower(), certificate, "certificate"),
        own("certificate-without-the-private-key", SERIAL, certificate, "certificate", options=alone),
        own(
            "certificate-by-the-serial-of-the-options-in-another-spelling",
            SERIAL,
            certificate,
            "certificate",
            options={**alone, "serial_no": ":".join(textwrap.wrap(SERIAL.lower(), 2))},
        ),
        own("older-certificate", "3B90D6E14C7A25F8903D1EB7A562C84F07D9E1A3", expired, "certificate", options=readable),
        own("public-key", PUBLIC_KEY_ID, public, "public half", options=readable),
        own("public-key-pkcs1", PUBLIC_KEY_ID, public_pkcs1(MERCHANT), "public half", options=readable),
        own(
            "public-key-of-an-encrypted-key",
            PUBLIC_KEY_ID,
            public,
            "public half",
            options={"private_key": pem("merchant_pbkdf2_sha256_aes256.key.pem"), "private_key_password": PASSWORD},
        ),
    ]


def serial_spellings() -> list[Object]:
    """A certificate under its serial, and an answer that names it, each in another spelling."""
    certificate = pem("platform.cert.pem")
    # The first digit is a 0, the first byte is not.
    short = "0B7C1E93A5D2F84660C1D9E8A3B5F7210C4D6E98"
    other = make_certificate(PLATFORM, short, utc(2021), utc(2057))
    spelled: list[tuple[str, str, str, str]] = [
        ("lower-case", CERTIFICATE_SERIAL.lower(), CERTIFICATE_SERIAL, certificate),
        ("colons", ":".join(textwrap.wrap(CERTIFICATE_SERIAL, 2)), CERTIFICATE_SERIAL, certificate),
        ("leading-zeros", "00" + CERTIFICATE_SERIAL, CERTIFICATE_SERIAL, certificate),
        ("answer-in-lower-case", CERTIFICATE_SERIAL, CERTIFICATE_SERIAL.lower(), certificate),
        ("answer-with-leading-zeros", CERTIFICATE_SERIAL, "00" + CERTIFICATE_SERIAL, certificate),
        ("without-leading-zero", short[1:], short, other),
        ("answer-without-leading-zero", short, short[1:], other),
        ("neither-with-leading-zero", short[1:].lower(), short[1:], other),
    ]
    return [
        parsed(
            f"platform-serial-{name}",
            DECLARE,
            answer(DECLARE.answer, serial=named),
            DECLARE.answer,
            options=platform_keys({given: text}),
        )
        for name, given, named, text in spelled
    ]


def platform_validity() -> list[Object]:
    """Answers signed by certificates outside their time; 300 s on either side are let pass."""
    end, start = int(utc(2024).timestamp()), int(utc(2050).timestamp())
    past: Object = {"platform_keys": {EXPIRED_SERIAL: EXPIRED_CERTIFICATE}}
    future: Object = {"platform_keys": {FUTURE_SERIAL: FUTURE_CERTIFICATE}}
    refusal: Object = {"code": "INVALID_REQUEST", "message": "see the code"}

    def signed(serial: str, now: int, body: Object = DECLARE.answer, status: int = 200) -> Object:
        return answer(body, status, signer=PLATFORM_PUBLIC, serial=serial, timestamp=str(now))

    def accepted(name: str, serial: str, now: int, options: Object) -> Object:
        return parsed(f"validity-{name}", DECLARE, signed(serial, now), DECLARE.answer, now=now, options=options)

    def not_valid(
        name: str, serial: str, date: str, now: int, options: Object, operation: Operation = DECLARE
    ) -> Object:
        body = operation.answer
        vector = unverified(
            f"validity-{name}",
            operation,
            signed(serial, now, body),
            "signature",
            "CERTIFICATE_NOT_VALID",
            now=now,
            options=options,
        )
        vector["expect"]["error"]["says"] = [serial, date]
        return vector

    def error(name: str, serial: str, options: Object) -> Object:
        vector = api_error(
            f"validity-{name}",
            DECLARE,
            signed(serial, NOW, refusal, 400),
            "INVALID_REQUEST",
            warnings=[{"rule": "error_signature"}],
        )
        return {**vector, "options": options}

    ended, begun = (EXPIRED_SERIAL, "2024-01-01"), (FUTURE_SERIAL, "2050-01-01")
    return [
        accepted("at-the-end", EXPIRED_SERIAL, end - 1, past),
        accepted("299-seconds-after-the-end", EXPIRED_SERIAL, end + 299, past),
        accepted("300-seconds-after-the-end", EXPIRED_SERIAL, end + 300, past),
        not_valid("301-seconds-after-the-end", *ended, end + 301, past),
        not_valid("expired", *ended, NOW, past),
        not_valid("expired-on-query", *ended, NOW, past, QUERY),
        not_valid("301-seconds-before-the-beginning", *begun, start - 301, future),
        accepted("300-seconds-before-the-beginning", FUTURE_SERIAL, start - 300, future),
        accepted("299-seconds-before-the-beginning", FUTURE_SERIAL, start - 299, future),
        accepted("at-the-beginning", FUTURE_SERIAL, start, future),
        not_valid("not-valid-yet", *begun, NOW, future),
        # Another certificate that is valid is no excuse.
        not_valid(
            "expired-beside-a-valid-one",
            *ended,
            NOW,
            {"platform_keys": {**CERTIFICATE_ONLY["platform_keys"], **past["platform_keys"]}},
        ),
        accepted("public-keys-never-expire", PUBLIC_KEY_ID, int(utc(2080).timestamp()), {}),
        error("expired-on-an-error", EXPIRED_SERIAL, past),
        error("not-valid-yet-on-an-error", FUTURE_SERIAL, future),
    ]
