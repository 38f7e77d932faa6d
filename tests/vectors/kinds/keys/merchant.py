"""Vectors of the merchant's private key and APIv3 key in every form, and of mistakes with them."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import datetime, timezone

from kinds.keys.spellings import (
    SPELLINGS,
    armour,
    base64_of,
    certificate_request,
    der_of,
    file,
    option,
    pkcs1,
    pkcs8,
    public_pkcs1,
    sec1,
    spki,
)
from kinds.parse.shape import parse_vector, parsed
from kinds.prepare import prepare_vector
from objects import Object
from operations.certificates import CERTIFICATES
from operations.declare import DECLARE
from oracle.keys import API_V3_KEY, MERCHANT, UNKNOWN_SERIAL, make_certificate, pem, private_key, utc
from oracle.requests import signed_request
from oracle.responses import answer
from samples import NONCE, OPTIONS, ORDER, TIMESTAMP

# The password in make_keys.sh.
PASSWORD = "sesame-open-4711"
WRONG = "not-the-password"
SERIAL: str = OPTIONS["serial_no"]

PKCS12_UNSUPPORTED: Object = {"error": {"kind": "key", "code": "PKCS12_UNSUPPORTED", "says": ["openssl pkcs12"]}}


def key_options(form: str | bytes, password: str | None, serial_no: str | None) -> Object:
    """The options that a form of the key comes with; without `serial_no` it is left out."""
    return {
        **option("private_key", form),
        **({} if password is None else {"private_key_password": password}),
        **({} if serial_no == SERIAL else {"serial_no": serial_no}),
    }


def opened(
    name: str,
    form: str | bytes,
    password: str | None = None,
    *,
    serial_no: str | None = SERIAL,
    found: str = SERIAL,
    timestamp: int = TIMESTAMP,
    expect_wasm: Object | None = None,
) -> Object:
    """A key that signs; `found` is the serial that the request then carries."""
    request = signed_request(DECLARE, ORDER, {**OPTIONS, "serial_no": found}, timestamp, NONCE)
    expect = {"authorization": request["authorization"]}
    vector = prepare_vector(f"key-{name}", DECLARE.name, ORDER, key_options(form, password, serial_no), NONCE, expect)
    vector["timestamp"] = timestamp
    return vector if expect_wasm is None else {**vector, "expect_wasm": expect_wasm}


def refused(
    name: str,
    form: str | bytes,
    code: str,
    *says: str,
    password: str | None = None,
    serial_no: str | None = SERIAL,
    timestamp: int = TIMESTAMP,
    kind: str = "key",
    expect_wasm: Object | None = None,
) -> Object:
    """A key that is refused, in words that help and hold nothing of the key or the password."""
    text = form if isinstance(form, str) else base64_of(form)
    lines = [line for line in text.splitlines() if len(line) >= 48 and "-" not in line and " " not in line]
    hidden = [line[12:36] for line in lines[len(lines) // 2 :][:1]] + ([] if password is None else [password])
    expect = {"error": {"kind": kind, "code": code, **({"says": list(says)} if says else {})}}
    vector = prepare_vector(f"key-{name}", DECLARE.name, ORDER, key_options(form, password, serial_no), NONCE, expect)
    vector["timestamp"] = timestamp
    vector |= {"hidden": hidden} if hidden else {}
    return vector if expect_wasm is None else {**vector, "expect_wasm": expect_wasm}


def plain_forms() -> list[Object]:
    """Keys without encryption."""
    text = pem("merchant.key.pem")
    traditional = armour("RSA PRIVATE KEY", pkcs1(MERCHANT))
    return [
        opened("pkcs8-pem", text),
        opened("pkcs1-pem", traditional),
        *[opened(f"pkcs8-{name}", spelled(text)) for name, spelled in SPELLINGS.items()],
        *[
            opened(f"pkcs1-{name}", SPELLINGS[name](traditional))
            for name in (
                "der",
                "bare-in-one-line",
                "bare-in-lines",
                "with-escaped-line-feeds",
                "in-one-line-with-spaces",
            )
        ],
        opened("pkcs8-labelled-pkcs1", armour("RSA PRIVATE KEY", pkcs8(MERCHANT))),
        opened("pkcs1-labelled-pkcs8", armour("PRIVATE KEY", pkcs1(MERCHANT))),
        opened("pkcs8-with-a-password-that-is-not-needed", text, PASSWORD),
        opened("der-with-a-password-that-is-not-needed", pkcs8(MERCHANT), PASSWORD),
    ]


def encrypted_forms() -> list[Object]:
    """Encrypted PKCS#8, and older encryptions."""
    invalid, missing, wrong = "PRIVATE_KEY_INVALID", "PRIVATE_KEY_PASSWORD_MISSING", "PRIVATE_KEY_PASSWORD_WRONG"
    schemes = [
        "pbkdf2-sha256-aes256",
        "pbkdf2-sha256-aes192",
        "pbkdf2-sha1-aes128",
        "pbkdf2-sha1-3des",
        "scrypt-aes256",
    ]

    not_there = {"error": {"kind": "key", "code": invalid, "says": ["openssl pkcs8"]}}

    def text_of(scheme: str) -> str:
        return pem(f"merchant_{scheme.replace('-', '_')}.key.pem")

    # WASM opens what OpenSSL writes unless told otherwise.
    rarer = {scheme: not_there for scheme in ["pbkdf2-sha256-aes192", "pbkdf2-sha1-3des", "scrypt-aes256"]}
    usual = text_of("pbkdf2-sha256-aes256")
    return [
        *[
            opened(f"encrypted-{scheme}", text_of(scheme), PASSWORD, expect_wasm=rarer.get(scheme))
            for scheme in schemes
        ],
        *[
            opened(f"encrypted-{name}", SPELLINGS[name](usual), PASSWORD)
            for name in (
                "with-crlf",
                "with-escaped-line-feeds",
                "in-one-line-with-spaces",
                "after-other-text",
                "der",
                "bare-in-one-line",
                "bare-in-lines",
            )
        ],
        opened("encrypted-labelled-pkcs8", armour("PRIVATE KEY", der_of(usual)), PASSWORD),
        refused("encrypted-without-password", usual, missing, "private_key_password"),
        refused("encrypted-der-without-password", der_of(usual), missing, "private_key_password"),
        refused("encrypted-bare-without-password", base64_of(der_of(usual)), missing, "private_key_password"),
        refused(
            "encrypted-scrypt-without-password",
            text_of("scrypt-aes256"),
            missing,
            "private_key_password",
            expect_wasm=not_there,
        ),
        *[
            refused(
                f"encrypted-{scheme}-wrong-password",
                text_of(scheme),
                wrong,
                "private_key_password",
                password=WRONG,
                expect_wasm=rarer.get(scheme),
            )
            for scheme in schemes
        ],
        refused(
            "encrypted-der-wrong-password", der_of(usual), wrong, "private_key_password", password=PASSWORD.upper()
        ),
        refused("encrypted-proc-type", text_of("proc-type"), invalid, "openssl pkcs8", password=PASSWORD),
        refused("encrypted-pbes1-md5-des", text_of("pbes1-md5-des"), invalid, "openssl pkcs8", password=PASSWORD),
        refused("encrypted-pbes1-sha1-3des", text_of("pbes1-sha1-3des"), invalid, "openssl pkcs8", password=PASSWORD),
    ]


def bundles() -> list[Object]:
    """The merchant's key and certificate in one PEM."""
    key, certificate = pem("merchant.key.pem"), pem("merchant.cert.pem")
    expired, foreign = pem("merchant_expired.cert.pem"), pem("other.cert.pem")
    expired_serial = "3B90D6E14C7A25F8903D1EB7A562C84F07D9E1A3"
    # As `openssl x509 -serial` prints them: all digits of the first byte, and no byte that is only there for the sign.
    leading_zero, high_bit = "0A5F8C21D7A03E96B5C1D82E7FA4630B95D1E8C7", "F08C21D7A03E96B5C1D82E7FA4630B95"
    own = {
        serial: key + make_certificate(MERCHANT, serial, utc(2020), utc(2056)) for serial in (leading_zero, high_bit)
    }
    end = int(datetime(2024, 1, 1, tzinfo=timezone.utc).timestamp())
    mismatch, expiry = ("CERTIFICATE_MISMATCH", "certificate"), ("CERTIFICATE_EXPIRED", "certificate", "2024-01-01")
    pairs = {
        "lower-case": SERIAL.lower(),
        "leading-zeros": "00" + SERIAL,
        "colons": ":".join(textwrap.wrap(SERIAL, 2)),
        "colons-in-lower-case": ":".join(textwrap.wrap(SERIAL, 2)).lower(),
    }

    def read(name: str, text: str, serial_no: str | None = None) -> Object:
        """An answer: nothing is signed for it."""
        options = {"private_key": text, "serial_no": serial_no}
        return parsed(f"key-{name}", DECLARE, answer(DECLARE.answer), DECLARE.answer, options=options)

    return [
        opened("bundle-key-first", key + certificate, serial_no=None),
        opened("bundle-certificate-first", certificate + key, serial_no=None),
        opened("bundle-with-bag-attributes", pem("merchant_bundle.pem"), serial_no=None),
        opened("bundle-encrypted", pem("merchant_bundle_encrypted.pem"), PASSWORD, serial_no=None),
        opened("bundle-pkcs1", armour("RSA PRIVATE KEY", pkcs1(MERCHANT)) + certificate, serial_no=None),
        *[
            opened(f"bundle-{name}", SPELLINGS[name](key + certificate), serial_no=None)
            for name in ("with-crlf", "with-escaped-line-feeds", "in-one-line-with-spaces", "as-bytes")
        ],
        opened("bundle-with-a-chain", key + certificate + pem("platform.cert.pem"), serial_no=None),
        opened("bundle-and-serial-no", key + certificate),
        *[opened(f"bundle-and-serial-no-in-{name}", key + certificate, serial_no=no) for name, no in pairs.items()],
        opened("bundle-serial-with-leading-zero", own[leading_zero], serial_no=None, found=leading_zero),
        opened(
            "bundle-serial-no-without-leading-zero", own[leading_zero], serial_no=leading_zero[1:], found=leading_zero
        ),
        opened("bundle-serial-with-high-bit", own[high_bit], serial_no=None, found=high_bit),
        refused(
            "bundle-encrypted-without-password",
            pem("merchant_bundle_encrypted.pem"),
            "PRIVATE_KEY_PASSWORD_MISSING",
            "private_key_password",
            serial_no=None,
        ),
        refused("bundle-of-two-owners", key + foreign, *mismatch, serial_no=None),
        refused("bundle-of-two-owners-certificate-first", foreign + key, *mismatch, serial_no=None),
        refused("bundle-of-two-owners-with-serial-no", key + foreign, *mismatch),
        refused(
            "bundle-and-another-serial-no",
            key + certificate,
            "SERIAL_NO_MISMATCH",
            SERIAL,
            serial_no=UNKNOWN_SERIAL,
        ),
        refused("serial-no-missing", key, "INVALID_OPTION", "serial_no", serial_no=None, kind="input"),
        read("serial-no-missing-for-an-answer", key),
        # The time of signing decides.
        opened("bundle-a-second-before-expiry", key + expired, serial_no=None, found=expired_serial, timestamp=end - 1),
        refused("bundle-a-second-after-expiry", key + expired, *expiry, serial_no=None, timestamp=end + 1),
        refused("bundle-expired", key + expired, *expiry, serial_no=None),
        refused("bundle-expired-with-serial-no", key + expired, *expiry, serial_no=expired_serial),
        read("bundle-expired-for-an-answer", key + expired),
    ]


def pkcs12_forms() -> list[Object]:
    """apiclient_cert.p12; the WASM surfaces say how to convert it."""
    legacy, modern = file("merchant_legacy.p12"), file("merchant_modern.p12")
    wrong: tuple[str, str] = ("PRIVATE_KEY_PASSWORD_WRONG", "private_key_password")

    def opened12(name: str, form: str | bytes, password: str | None = None, serial_no: str | None = None) -> Object:
        return opened(f"pkcs12-{name}", form, password, serial_no=serial_no, expect_wasm=PKCS12_UNSUPPORTED)

    def refused12(
        name: str,
        form: bytes,
        code: str,
        *says: str,
        password: str | None = None,
        serial_no: str | None = None,
        kind: str = "key",
    ) -> Object:
        return refused(
            f"pkcs12-{name}",
            form,
            code,
            *says,
            password=password,
            serial_no=serial_no,
            kind=kind,
            expect_wasm=PKCS12_UNSUPPORTED,
        )

    return [
        opened12("legacy", legacy),
        opened12("legacy-3des", file("merchant_legacy_3des.p12")),
        opened12("legacy-mchid-as-password", legacy, OPTIONS["mchid"]),
        opened12("legacy-own-password", file("merchant_legacy_password.p12"), PASSWORD),
        opened12("legacy-base64", base64_of(legacy)),
        opened12("legacy-base64-in-lines", "\n".join(textwrap.wrap(base64_of(legacy), 76)) + "\n"),
        opened12("legacy-base64-in-quotes", f'"{base64_of(legacy)}"'),
        opened12("legacy-base64-as-bytes", base64_of(legacy).encode()),
        opened12("legacy-and-serial-no", legacy, serial_no=SERIAL),
        opened12("legacy-and-serial-no-with-colons", legacy, serial_no=":".join(textwrap.wrap(SERIAL, 2)).lower()),
        opened12("modern", modern),
        opened12("modern-own-password", file("merchant_modern_password.p12"), PASSWORD),
        opened12("modern-base64", base64_of(modern)),
        opened12("with-a-chain", file("merchant_chain.p12")),
        opened12("key-alone-and-serial-no", file("merchant_key_alone.p12"), serial_no=SERIAL),
        refused12("key-alone", file("merchant_key_alone.p12"), "INVALID_OPTION", "serial_no", kind="input"),
        refused12("legacy-wrong-password", legacy, *wrong, password=WRONG),
        refused12("modern-wrong-password", modern, *wrong, password=WRONG),
        refused12("legacy-not-opened-by-mchid", file("merchant_legacy_password.p12"), *wrong),
        refused12("modern-not-opened-by-mchid", file("merchant_modern_password.p12"), *wrong),
        refused12("without-a-key", file("certificate_alone.p12"), "PRIVATE_KEY_INVALID", "PKCS#12"),
        refused12("of-two-owners", file("mismatch.p12"), "CERTIFICATE_MISMATCH", "certificate"),
        refused12("and-another-serial-no", legacy, "SERIAL_NO_MISMATCH", SERIAL, serial_no=UNKNOWN_SERIAL),
        refused12("expired", file("merchant_expired.p12"), "CERTIFICATE_EXPIRED", "certificate", "2024-01-01"),
    ]


def no_private_keys() -> list[Object]:
    """Files and texts given for a private key by mistake."""

    def invalid(name: str, form: str | bytes, *says: str) -> Object:
        return refused(name, form, "PRIVATE_KEY_INVALID", *says)

    text = pem("merchant.key.pem")
    lines = text.splitlines(keepends=True)
    small = private_key("small.key.pem")
    public = {"spki": ("PUBLIC KEY", spki(MERCHANT)), "pkcs1": ("RSA PUBLIC KEY", public_pkcs1(MERCHANT))}
    certificate = pem("merchant.cert.pem")
    # The parameters are the object identifier of P-256, 1.2.840.10045.3.1.7.
    parameters = armour("EC PARAMETERS", bytes.fromhex("06082a8648ce3d030107"))
    paths = {
        "path": "/etc/apiclient_key.pem",
        "file-name": "apiclient_key.pem",
        "path-of-pkcs12": "./cert/apiclient_cert.p12",
        # Neither `\n` nor `\a` means more than it says.
        "path-on-windows": "C:\\new\\apiclient_key.pem",
    }
    return [
        *[invalid(f"public-{name}-pem", armour(label, der), "public key") for name, (label, der) in public.items()],
        *[invalid(f"public-{name}-der", der, "public key") for name, (_, der) in public.items()],
        *[invalid(f"public-{name}-bare", base64_of(der), "public key") for name, (_, der) in public.items()],
        invalid("public-labelled-private", armour("PRIVATE KEY", spki(MERCHANT)), "public key"),
        invalid("certificate-alone", certificate, "certificate"),
        invalid("certificate-alone-der", der_of(certificate), "certificate"),
        invalid("certificate-alone-bare", base64_of(der_of(certificate)), "certificate"),
        invalid("certificate-labelled-private", armour("PRIVATE KEY", der_of(certificate)), "certificate"),
        invalid("certificate-request", certificate_request(), "CERTIFICATE REQUEST"),
        invalid("openssh", pem("merchant_openssh.key.pem"), "OPENSSH PRIVATE KEY"),
        invalid("pgp", armour("PGP PRIVATE KEY BLOCK", b"\xc5" + bytes(range(200))), "PGP PRIVATE KEY BLOCK"),
        # Cut off or broken
        invalid("cut-off-at-the-end", text[:900], "copy it again"),
        invalid("cut-off-after-begin-line", lines[0], "copy it again"),
        invalid("cut-off-at-the-beginning", text[300:], "copy it again"),
        invalid("line-lost", "".join(lines[:9] + lines[10:]), "copy it again"),
        invalid("last-line-lost", "".join(lines[:-2] + lines[-1:]), "copy it again"),
        invalid("character-lost", text[:500] + text[501:], "copy it again"),
        invalid("character-that-is-not-base64", text[:500] + "*" + text[501:], "copy it again"),
        invalid("bare-cut-off", base64_of(pkcs8(MERCHANT))[:900]),
        invalid("der-cut-off", pkcs8(MERCHANT)[:900]),
        # Another algorithm, or too short
        invalid("ec-pkcs8", pem("ec.key.pem"), "RSA"),
        invalid("ec-pkcs8-der", der_of(pem("ec.key.pem")), "RSA"),
        invalid("ec-sec1", armour("EC PRIVATE KEY", sec1()), "RSA"),
        invalid("ec-sec1-der", sec1(), "RSA"),
        invalid("ec-sec1-after-its-parameters", parameters + armour("EC PRIVATE KEY", sec1()), "RSA"),
        invalid("1024-bits-pkcs8", pem("small.key.pem"), "1024 bits"),
        invalid("1024-bits-pkcs1", armour("RSA PRIVATE KEY", pkcs1(small)), "1024 bits"),
        invalid("1024-bits-der", pkcs8(small), "1024 bits"),
        # No key at all
        invalid("words", "the key is in the safe"),
        invalid("random-bytes", bytes(range(256))),
        *[invalid(name, path, "path") for name, path in paths.items()],
    ]


def api_v3_keys() -> list[Object]:
    """APIv3 keys of another length than 32 bytes, which must not be repeated in the message."""
    longer = API_V3_KEY + "wx"
    forms = {
        "in-quotes": (f'"{API_V3_KEY}"', ["34", "32", "quotes"]),
        "in-single-quotes": (f"'{API_V3_KEY}'", ["34", "32", "quotes"]),
        "with-crlf": (f"{API_V3_KEY}\r\n", ["34", "32", "quotes"]),
        "two-longer": (longer, ["34", "32"]),
    }

    def invalid(name: str, key: str, says: Sequence[str]) -> Object:
        error = {"kind": "key", "code": "API_V3_KEY_INVALID", "says": list(says)}
        options = {"platform_keys": {}, "api_v3_key": key}
        vector = parse_vector(
            f"api-v3-key-{name}", CERTIFICATES, answer({"data": []}), {"error": error}, options=options
        )
        return {**vector, "hidden": [API_V3_KEY]}

    return [invalid(name, key, says) for name, (key, says) in forms.items()]
