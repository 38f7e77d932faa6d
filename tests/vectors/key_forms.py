"""Vectors of keys.json: the spellings of keys and certificates, what is wrong with them, and how long they are valid.

All forms of the merchant's key give one `Authorization`, whose signature comes from `cryptography`.
"""

from __future__ import annotations

import base64
import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from kinds.parse.shape import api_error, parse_vector, parsed, unverified
from kinds.prepare import prepare_vector
from make import OPERATIONS
from objects import Object
from operations.declare import ANSWER as DECLARE_ANSWER
from operations.query import ANSWER as QUERY_ANSWER
from oracle.keys import (
    CERTIFICATE_SERIAL,
    EXPIRED_CERTIFICATE,
    EXPIRED_SERIAL,
    FUTURE_CERTIFICATE,
    FUTURE_SERIAL,
    KEYS,
    MERCHANT,
    PLATFORM,
    PLATFORM_PUBLIC,
    PUBLIC_KEY_ID,
    UNKNOWN_SERIAL,
    make_certificate,
    pem,
    private_key,
    utc,
)
from oracle.requests import signed_request
from oracle.responses import NOW, answer
from samples import API_V3_KEY, CERTIFICATE_ONLY, NONCE, OPTIONS, ORDER, TIMESTAMP

# What make_keys.sh encrypted with.
PASSWORD = "sesame-open-4711"
WRONG = "not-the-password"
SERIAL: str = OPTIONS["serial_no"]

PKCS12_UNSUPPORTED: Object = {"error": {"kind": "key", "code": "PKCS12_UNSUPPORTED", "says": ["openssl pkcs12"]}}


# --- Spellings --------------------------------------------------------------------------------------------------------


def base64_of(data: bytes) -> str:
    """Base64 in one line."""
    return base64.b64encode(data).decode()


def armour(label: str, der: bytes) -> str:
    """PEM with any label."""
    lines = textwrap.wrap(base64_of(der), 64)
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def der_of(text: str) -> bytes:
    """The content of the first block of a PEM."""
    lines = text[text.index("-----BEGIN") :].splitlines()
    return base64.b64decode("".join(lines[1 : next(n for n, line in enumerate(lines) if "-----END" in line)]))


def indented(text: str) -> str:
    """As under a key of a YAML file."""
    return textwrap.indent(text, "    ")


BEFORE = "Bag Attributes\n    friendlyName: Tenpay Certificate\nKey Attributes: <No Attributes>\n"

# What happens to a PEM between the download and the option.
SPELLINGS: dict[str, Callable[[str], str | bytes]] = {
    "with-crlf": lambda text: text.replace("\n", "\r\n"),
    "with-lone-cr": lambda text: text.replace("\n", "\r"),
    "with-bom": lambda text: "\ufeff" + text,
    "with-bom-and-crlf": lambda text: "\ufeff" + text.replace("\n", "\r\n"),
    "without-last-line-feed": lambda text: text.rstrip("\n"),
    "with-blank-lines-around": lambda text: f"\n \n{text}\n\n",
    "with-spaces-around": lambda text: f"  \t{text.strip()}  ",
    "indented": indented,
    "with-escaped-line-feeds": lambda text: text.replace("\n", "\\n"),
    "with-escaped-crlf": lambda text: text.replace("\n", "\\r\\n"),
    "in-one-line-with-spaces": lambda text: text.replace("\n", " "),
    "in-one-line-without-spaces": lambda text: text.replace("\n", ""),
    "in-double-quotes": lambda text: f'"{text}"',
    "in-single-quotes": lambda text: f"'{text.strip()}'",
    "in-quotes-with-escaped-line-feeds": lambda text: '"{}"'.format(text.replace("\n", "\\n")),
    "after-other-text": lambda text: BEFORE + text,
    "as-bytes": lambda text: text.encode(),
    "as-bytes-with-bom-and-crlf": lambda text: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
    "der": der_of,
    "bare-in-one-line": lambda text: base64_of(der_of(text)),
    "bare-in-lines": lambda text: "\n".join(textwrap.wrap(base64_of(der_of(text)), 64)) + "\n",
    "bare-in-lines-with-crlf": lambda text: "\r\n".join(textwrap.wrap(base64_of(der_of(text)), 76)),
    "bare-in-quotes": lambda text: f'"{base64_of(der_of(text))}"',
    "bare-as-bytes": lambda text: base64_of(der_of(text)).encode(),
    # What JSON, shells and `.env` files make of a text that is put into them twice.
    "with-line-feeds-escaped-twice": lambda text: text.replace("\n", "\\\\n"),
    "with-crlf-escaped-three-times": lambda text: text.replace("\n", "\\\\\\r\\\\\\n"),
    "in-json-of-json": lambda text: json.dumps(json.dumps(text)),
    "bare-in-json-of-json": lambda text: json.dumps(json.dumps("\n".join(textwrap.wrap(base64_of(der_of(text)), 64)))),
    # PHP escapes slashes, .NET and Gson what HTML might not take.
    "in-json-with-slashes-escaped": lambda text: json.dumps(text).replace("/", "\\/"),
    "in-json-with-codes": lambda text: json.dumps(text).replace("+", "\\u002B").replace("=", "\\u003d"),
    # As Kubernetes and CI keep secrets.
    "base64-of-the-file": lambda text: base64_of(text.encode()),
    "base64-of-the-file-in-lines": lambda text: "\n".join(textwrap.wrap(base64_of(text.encode()), 76)) + "\n",
    "base64-of-the-file-with-crlf": lambda text: base64_of(text.replace("\n", "\r\n").encode()),
    "base64-of-the-file-as-bytes": lambda text: base64_of(text.encode()).encode(),
    "base64-of-the-file-in-json-with-slashes-escaped": (
        lambda text: json.dumps(base64_of(text.encode())).replace("/", "\\/")
    ),
    "base64-of-base64-of-the-file": lambda text: base64_of(base64_of(text.encode()).encode()),
    "base64-of-the-file-with-escaped-line-feeds": lambda text: base64_of(text.replace("\n", "\\n").encode()),
    # As Windows PowerShell writes files.
    "as-bytes-in-utf-16": lambda text: b"\xff\xfe" + text.replace("\n", "\r\n").encode("utf-16-le"),
    "as-bytes-in-utf-16-big-endian": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
}


def pkcs8(key: RSAPrivateKey) -> bytes:
    """PrivateKeyInfo."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def pkcs1(key: RSAPrivateKey) -> bytes:
    """RSAPrivateKey."""
    return key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def spki(key: RSAPrivateKey) -> bytes:
    """SubjectPublicKeyInfo."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def public_pkcs1(key: RSAPrivateKey) -> bytes:
    """RSAPublicKey."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)


def sec1() -> bytes:
    """ECPrivateKey."""
    key = load_pem_private_key(pem("ec.key.pem").encode(), password=None)
    return key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def certificate_request() -> str:
    """What a merchant sends to have its certificate made."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test merchant certificate")])
    request = x509.CertificateSigningRequestBuilder(subject_name=name).sign(MERCHANT, SHA256())
    return request.public_bytes(Encoding.PEM).decode()


def file(name: str) -> bytes:
    """A file of keys/ that is not text."""
    return (KEYS / name).read_bytes()


def option(name: str, form: str | bytes) -> Object:
    """An option as text, or as bytes under NAME_base64."""
    return {name: form} if isinstance(form, str) else {name: None, f"{name}_base64": base64_of(form)}


# --- The merchant's key -----------------------------------------------------------------------------------------------


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
    request = signed_request(OPERATIONS["declare"], ORDER, {**OPTIONS, "serial_no": found}, timestamp, NONCE)
    expect = {"authorization": request["authorization"]}
    vector = prepare_vector(f"key-{name}", "declare", ORDER, key_options(form, password, serial_no), NONCE, expect)
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
    vector = prepare_vector(f"key-{name}", "declare", ORDER, key_options(form, password, serial_no), NONCE, expect)
    vector["timestamp"] = timestamp
    vector |= {"hidden": hidden} if hidden else {}
    return vector if expect_wasm is None else {**vector, "expect_wasm": expect_wasm}


def key_vectors() -> list[Object]:
    """All of keys.json."""
    return [
        *plain_forms(),
        *encrypted_forms(),
        *bundles(),
        *pkcs12_forms(),
        *no_private_keys(),
        *api_v3_keys(),
        *platform_forms(),
        *platform_validity(),
    ]


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
        return parsed(f"key-{name}", OPERATIONS["declare"], answer(DECLARE_ANSWER), DECLARE_ANSWER, options=options)

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
    """What is given for a private key by mistake."""

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
            f"api-v3-key-{name}", OPERATIONS["certificates"], answer({"data": []}), {"error": error}, options=options
        )
        return {**vector, "hidden": [API_V3_KEY]}

    return [invalid(name, key, says) for name, (key, says) in forms.items()]


# --- Platform keys ----------------------------------------------------------------------------------------------------


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
    good = answer(DECLARE_ANSWER)
    good_public = answer(DECLARE_ANSWER, signer=PLATFORM_PUBLIC, serial=PUBLIC_KEY_ID)

    def by_certificate(name: str, form: str | bytes) -> Object:
        options = platform_keys({CERTIFICATE_SERIAL: form})
        return parsed(f"platform-certificate-{name}", OPERATIONS["declare"], good, DECLARE_ANSWER, options=options)

    def by_public_key(name: str, form: str | bytes) -> Object:
        options = platform_keys({PUBLIC_KEY_ID: form})
        return parsed(f"platform-public-key-{name}", OPERATIONS["declare"], good_public, DECLARE_ANSWER, options=options)

    def invalid(name: str, key_id: str, form: str | bytes, *says: str) -> Object:
        error = {"kind": "key", "code": "PLATFORM_KEY_INVALID", "says": list(says)}
        return parse_vector(
            f"platform-key-{name}", OPERATIONS["declare"], good, {"error": error}, options=platform_keys({key_id: form})
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
        good = answer(DECLARE_ANSWER)
        return parse_vector(f"platform-key-own-{name}", OPERATIONS["declare"], good, {"error": error}, options=given)

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
            OPERATIONS["declare"],
            answer(DECLARE_ANSWER, serial=named),
            DECLARE_ANSWER,
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

    def signed(serial: str, now: int, body: Object = DECLARE_ANSWER, status: int = 200) -> Object:
        return answer(body, status, signer=PLATFORM_PUBLIC, serial=serial, timestamp=str(now))

    def accepted(name: str, serial: str, now: int, options: Object) -> Object:
        return parsed(f"validity-{name}", OPERATIONS["declare"], signed(serial, now), DECLARE_ANSWER, now=now, options=options)

    def not_valid(name: str, serial: str, date: str, now: int, options: Object, operation: str = "declare") -> Object:
        body = QUERY_ANSWER if operation == "query" else DECLARE_ANSWER
        vector = unverified(
            f"validity-{name}", OPERATIONS[operation],
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
            OPERATIONS["declare"],
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
        not_valid("expired-on-query", *ended, NOW, past, "query"),
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
