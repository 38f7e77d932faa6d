"""Keys and certificates in every spelling: encodings, and changes to a file on its way."""

from __future__ import annotations

import base64
import json
import textwrap
from collections.abc import Callable

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

from objects import Object
from oracle.keys import KEYS, MERCHANT, pem


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
    """The text indented, as under a key of a YAML file."""
    return textwrap.indent(text, "    ")


BEFORE = "Bag Attributes\n    friendlyName: Tenpay Certificate\nKey Attributes: <No Attributes>\n"

# Changes to a PEM between the download and the option.
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
    """A request for a certificate, as a merchant makes one."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test merchant certificate")])
    request = x509.CertificateSigningRequestBuilder(subject_name=name).sign(MERCHANT, SHA256())
    return request.public_bytes(Encoding.PEM).decode()


def file(name: str) -> bytes:
    """A file of keys/ that is not text."""
    return (KEYS / name).read_bytes()


def option(name: str, form: str | bytes) -> Object:
    """An option as text, or as bytes under NAME_base64."""
    return {name: form} if isinstance(form, str) else {name: None, f"{name}_base64": base64_of(form)}
