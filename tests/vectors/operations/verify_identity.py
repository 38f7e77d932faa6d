"""`verify_identity`: asks whether an identity matches that of the payer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kinds.check.every_field import field_vectors, mode_levels
from kinds.check.findings import Hit
from kinds.check.shape import found
from kinds.explain.requests import sent, sound_request
from kinds.explain.shape import explained, explanation
from kinds.parse.every_operation import answers, failures
from kinds.parse.shape import parsed
from kinds.prepare import personal_padding, prepare_vector, prepared, refused
from objects import Object, compact, without
from operation import Given, Operation
from oracle.encryption import SEED_BYTES, encrypted, pkcs1_padding
from oracle.keys import (
    API_V3_KEY,
    EXPIRED_CERTIFICATE,
    EXPIRED_SERIAL,
    FUTURE_CERTIFICATE,
    FUTURE_SERIAL,
    LATER_CERTIFICATE,
    LATER_SERIAL,
    PLATFORM,
)
from oracle.requests import signed_request
from oracle.responses import answer
from samples import (
    CERTIFICATE_ONLY,
    NO_KEYS,
    NOBODIES,
    NOBODY,
    NOBODY_WITH_X,
    NONCE,
    OPTIONS,
    ORDER,
    OWNER,
    PERSONAL,
    PUBLIC_KEY_ONLY,
    TIMESTAMP,
)

REQUEST: Object = {
    **ORDER,
    "certificate_type": "IDCARD",
    "certificate_id": NOBODY,
    "certificate_name": "测试甲",
}
# No page that was seen prints an answer.
ANSWER: Object = {
    **OWNER,
    "out_trade_no": "20150806125346",
    "transaction_id": "1000320306201511078440737890",
    "certificate_check_result": "SAME",
}


def with_capital_x(number: str) -> str:
    """An ID number as it is sent: a check digit `x` becomes `X`."""
    return number[:-1] + "X" if number.endswith("x") else number


VERIFY_IDENTITY = Operation(
    name="verify_identity",
    method="POST",
    path="/customs/verify-certificate",
    fields=[
        "appid",
        "mchid",
        "out_trade_no",
        "transaction_id",
        "customs",
        "merchant_customs_no",
        "sub_order_no",
        "certificate_type",
        "certificate_id",
        "certificate_name",
    ],
    optional=["sub_order_no"],
    request=REQUEST,
    answer=ANSWER,
    personal=PERSONAL,
    sent_as={"certificate_id": with_capital_x},
    rules={"certificate_type_idcard": "error", "identity_check_digit": "error"},
)


def identity_sent(
    name: str, changes: Object | None = None, options: Object | None = None, padding: Sequence[bytes] | None = None
) -> Object:
    """An identity that is encrypted and sent."""
    return prepared(name, VERIFY_IDENTITY, {**REQUEST, **(changes or {})}, options, padding=padding)


def identity_refused(
    name: str, kind: str, code: str, options: Object | None = None, padding: bytes | None = None
) -> Object:
    """A sound identity that is refused for its options or its padding."""
    if padding is None:
        scheme = (options or {}).get("field_encryption", "pkcs1")
        padding = b"".join(personal_padding(VERIFY_IDENTITY, REQUEST, scheme, name))
    expect = {"error": {"kind": kind, "code": code}}
    return prepare_vector(name, VERIFY_IDENTITY.name, REQUEST, options, NONCE, expect, padding)


def prepare() -> Given:
    """Identities, encrypted or refused; names and ID numbers stand in no error."""
    oaep: Object = {"field_encryption": "oaep"}
    held = CERTIFICATE_ONLY["platform_keys"]
    later = {LATER_SERIAL: LATER_CERTIFICATE}
    unusable = {EXPIRED_SERIAL: EXPIRED_CERTIFICATE, FUTURE_SERIAL: FUTURE_CERTIFICATE}
    sound = personal_padding(VERIFY_IDENTITY, REQUEST, "pkcs1", "sound")
    first, second = sound
    sound_oaep = b"".join(personal_padding(VERIFY_IDENTITY, REQUEST, "oaep", "sound"))

    def name_of(size: int) -> Object:
        """A name of so many bytes, three to a character as far as they go."""
        return {"certificate_name": "测" * (size // 3) + "a" * (size % 3)}

    def invalid_option(name: str, options: Object | None, padding: bytes | None) -> Object:
        return identity_refused(name, "input", "INVALID_OPTION", options, padding)

    def no_key(name: str, options: Object) -> Object:
        return identity_refused(name, "key", "ENCRYPTION_KEY_MISSING", options)

    def no_identity(name: str, changes: Object, *hits: Hit, options: Object | None = None) -> Object:
        return refused(name, VERIFY_IDENTITY, {**REQUEST, **changes}, *hits, options=options)

    sealed = encrypted(PLATFORM.public_key(), NOBODY, pkcs1_padding(NOBODY, "sealed"), "pkcs1")
    return {
        "requests": [
            identity_sent("verify-identity"),
            identity_sent("verify-identity-older-path-prefix", None, {"path_prefix": "global/v3"}),
            identity_sent("verify-identity-base-url-with-path", None, {"base_urls": ["https://proxy.example/wx"]}),
            identity_sent("verify-identity-of-sub-order", {"sub_order_no": "20150806125346-1"}),
            identity_sent("verify-identity-own-mchid", {"mchid": "1230000110"}),
            prepare_vector(
                "verify-identity-fields-in-another-order",
                VERIFY_IDENTITY.name,
                dict(reversed(REQUEST.items())),
                None,
                NONCE,
                signed_request(VERIFY_IDENTITY, REQUEST, OPTIONS, TIMESTAMP, NONCE, sound),
                b"".join(sound),
            ),
            identity_sent("verify-identity-upper-case-x", {"certificate_id": NOBODY_WITH_X}),
            identity_sent("verify-identity-lower-case-x-is-raised", {"certificate_id": NOBODY_WITH_X.lower()}),
            identity_sent("verify-identity-name-in-latin", {"certificate_name": "John O'Nobody"}),
            identity_sent("verify-identity-name-of-one-byte", {"certificate_name": "x"}),
            identity_sent("verify-identity-name-with-middle-dot", {"certificate_name": "测试·甲乙"}),
            identity_sent("verify-identity-name-outside-the-plane", {"certificate_name": "测\U00020bb7"}),
            identity_sent("verify-identity-name-of-245-bytes", name_of(245)),
            identity_sent(
                "verify-identity-any-id-with-the-rule-off",
                {"certificate_id": "0123456789"},
                {"rules": {"identity_check_digit": "off"}},
            ),
            identity_sent(
                "verify-identity-any-type-with-the-rule-off",
                {"certificate_type": "PASSPORT"},
                {"rules": {"certificate_type_idcard": "off"}},
            ),
            # Which key
            identity_sent("verify-identity-with-public-key-only", None, PUBLIC_KEY_ONLY),
            identity_sent("verify-identity-with-certificate-only", None, CERTIFICATE_ONLY),
            identity_sent(
                "verify-identity-with-the-certificate-that-expires-last", None, {"platform_keys": {**later, **held}}
            ),
            identity_sent(
                "verify-identity-with-the-certificate-that-expires-last-given-last",
                None,
                {"platform_keys": {**held, **later}},
            ),
            identity_sent(
                "verify-identity-with-no-certificate-that-is-not-valid", None, {"platform_keys": {**unusable, **held}}
            ),
            identity_sent(
                "verify-identity-with-public-key-before-certificates",
                None,
                {"platform_keys": {**later, **PUBLIC_KEY_ONLY["platform_keys"]}},
            ),
            no_key("verify-identity-with-no-key", NO_KEYS),
            no_key("verify-identity-with-api-v3-key-alone", {**NO_KEYS, "api_v3_key": API_V3_KEY}),
            no_key(
                "verify-identity-with-expired-certificate", {"platform_keys": {EXPIRED_SERIAL: EXPIRED_CERTIFICATE}}
            ),
            no_key("verify-identity-with-future-certificate", {"platform_keys": {FUTURE_SERIAL: FUTURE_CERTIFICATE}}),
            # OAEP
            identity_sent("verify-identity-oaep", None, oaep),
            identity_sent("verify-identity-oaep-with-certificate", None, {**oaep, **CERTIFICATE_ONLY}),
            identity_sent("verify-identity-oaep-seed-of-zeros", None, oaep, [bytes(SEED_BYTES)] * 2),
            identity_sent("verify-identity-oaep-name-of-214-bytes", name_of(214), oaep),
            identity_sent("verify-identity-pkcs1-by-name", None, {"field_encryption": "pkcs1"}),
            # Padding that does not fit: exactly k - 3 - length bytes, none of them zero; OAEP 20 for each field.
            invalid_option("padding-none", None, b""),
            invalid_option("padding-for-one-field", None, first),
            invalid_option("padding-one-byte-short", None, b"".join(sound)[:-1]),
            invalid_option("padding-one-byte-long", None, b"".join(sound) + b"\1"),
            invalid_option("padding-begins-with-zero", None, b"\0" + first[1:] + second),
            invalid_option("padding-ends-with-zero", None, first + second[:-1] + b"\0"),
            invalid_option("padding-oaep-one-byte-short", oaep, sound_oaep[:-1]),
            invalid_option("padding-oaep-one-byte-long", oaep, sound_oaep + b"\1"),
            invalid_option("padding-of-oaep-for-pkcs1", None, sound_oaep),
            invalid_option("padding-of-pkcs1-for-oaep", oaep, b"".join(sound)),
            invalid_option("option-field-encryption-unknown", {"field_encryption": "oaep-sha256"}, b"".join(sound)),
            # Fields
            no_identity("verify-identity-name-of-246-bytes", name_of(246), ("length", "certificate_name")),
            no_identity(
                "verify-identity-oaep-name-of-215-bytes", name_of(215), ("length", "certificate_name"), options=oaep
            ),
            no_identity(
                "verify-identity-name-encrypted",
                {"certificate_name": sealed},
                ("already_encrypted", "certificate_name"),
            ),
            no_identity(
                "verify-identity-both-encrypted",
                {"certificate_id": sealed, "certificate_name": sealed},
                ("already_encrypted", "certificate_id"),
                ("already_encrypted", "certificate_name"),
            ),
            no_identity(
                "verify-identity-check-digit-wrong",
                {"certificate_id": NOBODY[:-1] + ("1" if NOBODY[-1] == "0" else "0")},
                ("identity_check_digit", "certificate_id"),
            ),
            refused(
                "verify-identity-name-missing",
                VERIFY_IDENTITY,
                without(REQUEST, "certificate_name"),
                ("required", "certificate_name"),
            ),
        ],
    }


def check() -> Given:
    """Identities and their findings."""
    every = {**OWNER, **REQUEST, "sub_order_no": "20150806125346-1"}
    sound = {**OWNER, **REQUEST}
    wrong = NOBODY[:-1] + ("1" if NOBODY[-1] == "0" else "0")
    type_rule: Hit = ("certificate_type_idcard", "certificate_type")
    digit_rule: Hit = ("identity_check_digit", "certificate_id")

    def identity(name: str, changes: Object, *hits: Hit, rules: Mapping[str, str] | None = None) -> Object:
        return found(VERIFY_IDENTITY, name, {**sound, **changes}, *hits, rules=rules)

    def number(what: str, text: str, *hits: Hit) -> Object:
        return identity(f"id-{what}", {"certificate_id": text}, *hits)

    by_digit = {text[-1]: text for text in reversed(NOBODIES)}
    if len(by_digit) != 11:
        raise ValueError("more numbers are needed for every check digit")
    return {
        "fields": field_vectors(
            VERIFY_IDENTITY,
            every,
            odd_texts={"certificate_type": ["certificate_type_idcard"], "certificate_id": ["identity_check_digit"]},
            lengths={"certificate_type": 16},
            any_plane=["certificate_name"],
        ),
        "own": [
            found(
                VERIFY_IDENTITY,
                "nothing-given",
                {},
                *[("required", name) for name in VERIFY_IDENTITY.required],
            ),
            identity("sound", {}),
            *[number(f"with-check-digit-{digit.lower()}", by_digit[digit]) for digit in sorted(by_digit)],
            number("with-lower-case-x", NOBODY_WITH_X.lower()),
            number("with-wrong-check-digit", wrong, digit_rule),
            number("with-x-for-a-digit", NOBODY[:-1] + "X", digit_rule),
            number("with-digit-for-x", NOBODY_WITH_X[:-1] + "0", digit_rule),
            number("with-two-digits-exchanged", NOBODY[:7] + NOBODY[8] + NOBODY[7] + NOBODY[9:], digit_rule),
            number("of-17-characters", NOBODY[:-1], digit_rule),
            number("of-19-characters", NOBODY + "0", digit_rule),
            number("with-space", NOBODY + " ", digit_rule, ("unusual_characters", "certificate_id")),
            number("of-letters", "ABCDEFGHIJKLMNOPQR", digit_rule),
            number("with-x-in-the-middle", NOBODY[:9] + "X" + NOBODY[10:], digit_rule),
            number(
                "in-fullwidth-digits",
                NOBODY.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)}),
                digit_rule,
                ("unusual_characters", "certificate_id"),
            ),
            identity("type-in-lower-case", {"certificate_type": "idcard"}, type_rule),
            identity("type-other", {"certificate_type": "PASSPORT"}, type_rule),
            identity("name-of-rare-characters", {"certificate_name": "\U00020bb7\U0002a6a5"}),
            identity("name-of-245-bytes-in-62-characters", {"certificate_name": "\U00020bb7" * 61 + "a"}),
            identity(
                "name-of-246-bytes-in-63-characters",
                {"certificate_name": "\U00020bb7" * 61 + "ab"},
                ("length", "certificate_name"),
            ),
            identity("with-sub-order-id", {"sub_order_id": "1"}, ("unknown_field", "sub_order_id")),
            identity("with-currency", {"fee_type": "CNY"}, ("unknown_field", "fee_type")),
            found(
                VERIFY_IDENTITY,
                "misspelt-fields-are-not-shown",
                {**without(sound, *PERSONAL), "certificateId": NOBODY, "CertificateName": "测试甲"},
                *[("required", name) for name in PERSONAL],
                ("unknown_field", "certificateId"),
                ("unknown_field", "CertificateName"),
            ),
            identity("id-with-the-rule-off", {"certificate_id": wrong}, rules={"identity_check_digit": "off"}),
            *[
                identity(
                    f"id-with-the-rule-as-{level}",
                    {"certificate_id": wrong},
                    digit_rule,
                    rules={"identity_check_digit": level},
                )
                for level in ("warning", "error")
            ],
            identity(
                "type-with-the-rule-off", {"certificate_type": "PASSPORT"}, rules={"certificate_type_idcard": "off"}
            ),
            *[
                identity(
                    f"type-with-the-rule-as-{level}",
                    {"certificate_type": "PASSPORT"},
                    type_rule,
                    rules={"certificate_type_idcard": level},
                )
                for level in ("warning", "error")
            ],
            *mode_levels(VERIFY_IDENTITY, every),
        ],
    }


# Other values for the ids that an answer may carry.
OTHER_IDS: Object = {
    "appid": "wx0000000000000001",
    "mchid": "1230000110",
    "out_trade_no": "20150806125347",
    "transaction_id": "1000320306201511078440737899",
}


def parse() -> Given:
    """Answers, with their results, and failures."""
    return {
        "answers": answers(VERIFY_IDENTITY, {**OWNER, **REQUEST}, OTHER_IDS, "certificate_check_result"),
        "own answers": [
            parsed(
                f"verify-identity-result-{what}",
                VERIFY_IDENTITY,
                answer({**ANSWER, "certificate_check_result": given}),
                {**ANSWER, "certificate_check_result": read},
            )
            for what, given, read in [
                ("same-in-lower-case", "same", "SAME"),
                ("different", "DIFFERENT", "DIFFERENT"),
                ("different-in-odd-case", "dIFFERENT", "DIFFERENT"),
                ("unchecked", "UNCHECKED", "UNCHECKED"),
                ("unchecked-in-odd-case", "Unchecked", "UNCHECKED"),
                ("unknown-kept", "NOT_ON_FILE", "NOT_ON_FILE"),
                ("unknown-kept-as-spelt", "NotOnFile", "NotOnFile"),
            ]
        ],
        "failures": failures(VERIFY_IDENTITY),
    }


def explain() -> Given:
    """A sound request, and requests with personal data in plain, which is never shown."""
    name = REQUEST["certificate_name"]
    plain = {**OWNER, **REQUEST}
    hidden = [NOBODY, name]

    def masked(fields: Object) -> Object:
        return {**fields, "certificate_id": "***", "certificate_name": "***"}

    def personal(
        title: str, body: str, shown: str | None, wrong: Sequence[str] = (), *causes: str, **more: Any
    ) -> Object:
        request = sent(VERIFY_IDENTITY, body=body, **more)
        expect = explanation("request", None if shown is None else request.lines(shown.encode()), *causes, wrong=wrong)
        return explained(f"request-{title}", request.given, expect, hidden=hidden)

    quoting = {**plain, "certificate_name": f'{name}"\\'}
    return {
        "sound": [sound_request("verify-identity-encrypted", sent(VERIFY_IDENTITY))],
        "personal": [
            personal("with-personal-fields-in-plain", compact(plain), compact(masked(plain))),
            personal(
                "with-personal-fields-and-spaces",
                json.dumps(plain, indent=2, ensure_ascii=False),
                json.dumps(masked(plain), indent=2),
            ),
            personal("with-personal-fields-escaped", json.dumps(plain), json.dumps(masked(plain))),
            personal("with-quotes-in-a-name", compact(quoting), compact(masked(quoting))),
            personal("with-personal-fields-in-broken-json", compact(plain)[:-2], None),
            personal(
                "with-personal-fields-signed-with-spaces",
                compact(plain),
                compact(masked(plain)),
                ["bytes"],
                "reserialised_body",
                signed=lambda message: message._replace(body=json.dumps(plain, ensure_ascii=False).encode()).whole(),
            ),
        ],
    }
