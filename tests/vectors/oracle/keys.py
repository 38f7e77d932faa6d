"""The keys in keys/, certificates made with them, and signatures by `cryptography`."""

from __future__ import annotations

import base64
import textwrap
from datetime import datetime, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

KEYS = Path(__file__).resolve().parent.parent / "keys"


def pem(name: str) -> str:
    """The text of a file in keys/."""
    return (KEYS / name).read_text(encoding="ascii")


def private_key(name: str) -> RSAPrivateKey:
    """An RSA private key from keys/."""
    key = load_pem_private_key(pem(name).encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError(f"{name} is not an RSA key")
    return key


def public_pem(key: RSAPrivateKey) -> str:
    """The public half of a key as PEM."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def curve_public_key() -> EllipticCurvePublicKey:
    """The public half of the elliptic-curve key in keys/."""
    key = load_pem_private_key(pem("ec.key.pem").encode(), password=None).public_key()
    if not isinstance(key, EllipticCurvePublicKey):
        raise TypeError("ec.key.pem is not an EC key")
    return key


def broken_key() -> str:
    """The merchant's key with one bit of one of its primes changed."""
    key = private_key("merchant.key.pem")
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    prime = key.private_numbers().p.to_bytes(128, "big")
    changed = bytes([*prime[:64], prime[64] ^ 1, *prime[65:]])
    lines = textwrap.wrap(base64.b64encode(der.replace(prime, changed)).decode(), 64)
    return "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----", ""])


def make_certificate(
    key: RSAPrivateKey,
    serial: str,
    start: datetime,
    end: datetime,
    of: RSAPublicKey | EllipticCurvePublicKey | None = None,
) -> str:
    """A certificate as PEM, of the key that signs it unless told otherwise. Like the signatures, it comes out the same
    every time."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "wechatpay-customs"),
            x509.NameAttribute(NameOID.COMMON_NAME, "test platform certificate"),
        ]
    )
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=of or key.public_key(),
        serial_number=int(serial, 16),
        not_valid_before=start,
        not_valid_after=end,
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()


def utc(year: int) -> datetime:
    """The beginning of a year."""
    return datetime(year, 1, 1, tzinfo=timezone.utc)


def sign(key: RSAPrivateKey, message: bytes) -> str:
    """RSASSA-PKCS1-v1_5 with SHA-256, in Base64."""
    return base64.b64encode(key.sign(message, PKCS1v15(), SHA256())).decode()


MERCHANT = private_key("merchant.key.pem")
PLATFORM = private_key("platform.key.pem")
PLATFORM_PUBLIC = private_key("platform_public.key.pem")
OTHER = private_key("other.key.pem")

CERTIFICATE_SERIAL = f"{x509.load_pem_x509_certificate(pem('platform.cert.pem').encode()).serial_number:040X}"
PUBLIC_KEY_ID = "PUB_KEY_ID_0112345678901234567890123456789012"
API_V3_KEY = "0123456789abcdefghijklmnopqrstuv"
UNKNOWN_SERIAL = "6B1E7C3A90D24F5588A1C07D3E62F4B91D5A08C7"

# More certificates than keys/ holds: one that is valid longer, one that has expired, one that is not valid yet.
LATER_SERIAL = "7A90C3E51B6D48F2A4E7015C93BD26F8E1D47B50"
EXPIRED_SERIAL = "1D5E83A7F04C4B96B2C8E95A70D1364F8B2E9C03"
FUTURE_SERIAL = "2C47F9B06E1A4D83957BD0E4A68C12F5730DA9E1"
LATER_CERTIFICATE = make_certificate(PLATFORM_PUBLIC, LATER_SERIAL, utc(2021), utc(2058))
EXPIRED_CERTIFICATE = make_certificate(PLATFORM_PUBLIC, EXPIRED_SERIAL, utc(2019), utc(2024))
FUTURE_CERTIFICATE = make_certificate(PLATFORM_PUBLIC, FUTURE_SERIAL, utc(2050), utc(2070))
