"""Encryption of personal fields, built by hand so that its padding is known, and opened again by `cryptography`."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from itertools import chain, count, islice

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from oracle.keys import PLATFORM, PLATFORM_PUBLIC, utc

KEY_BYTES = 256
SEED_BYTES = 20


def stream(label: str) -> Iterator[int]:
    """Bytes without end that look random and are always the same."""
    blocks = (hashlib.sha256(f"{label} {number}".encode()).digest() for number in count())
    return chain.from_iterable(blocks)


def pkcs1_padding(text: str, label: str) -> bytes:
    """As many non-zero bytes as RSAES-PKCS1-v1_5 takes for a text."""
    return bytes(islice((byte for byte in stream(label) if byte), KEY_BYTES - 3 - len(text.encode())))


def oaep_seed(label: str) -> bytes:
    """A seed for RSAES-OAEP."""
    return bytes(islice(stream(label), SEED_BYTES))


def pkcs1_block(text: str, padding: bytes) -> bytes:
    """EM = 00 02 PS 00 M (RFC 8017, 7.2.1)."""
    if len(padding) < 8 or 0 in padding:
        raise ValueError("padding is at least 8 bytes, none of them zero")
    return b"\0\2" + padding + b"\0" + text.encode()


def oaep_block(text: str, seed: bytes) -> bytes:
    """EM = 00 maskedSeed maskedDB (RFC 8017, 7.1.1), with SHA-1 and an empty label."""

    def masked(data: bytes, origin: bytes) -> bytes:
        digests = (hashlib.sha1(origin + number.to_bytes(4, "big")).digest() for number in count())
        return bytes(byte ^ mask for byte, mask in zip(data, chain.from_iterable(digests), strict=False))

    message = text.encode()
    zeros = bytes(KEY_BYTES - 2 * SEED_BYTES - 2 - len(message))
    database = masked(hashlib.sha1(b"").digest() + zeros + b"\1" + message, seed)
    return b"\0" + masked(seed, database) + database


def encrypted(key: RSAPublicKey, text: str, padding: bytes, scheme: str) -> str:
    """A text encrypted by hand, in Base64, and decrypted again by `cryptography` to see that it is right."""
    block = oaep_block(text, padding) if scheme == "oaep" else pkcs1_block(text, padding)
    numbers = key.public_numbers()
    if len(block) != KEY_BYTES:
        raise ValueError(f"{len(block)} bytes do not fill the key")
    data = pow(int.from_bytes(block, "big"), numbers.e, numbers.n).to_bytes(KEY_BYTES, "big")

    owner = next(pair for pair in (PLATFORM, PLATFORM_PUBLIC) if pair.public_key().public_numbers() == numbers)
    oaep = OAEP(mgf=MGF1(SHA1()), algorithm=SHA1(), label=None)
    if owner.decrypt(data, oaep if scheme == "oaep" else PKCS1v15()) != text.encode():
        raise ValueError("decrypts to another text")
    return base64.b64encode(data).decode()


def encryption_key(platform_keys: Mapping[str, str], timestamp: int) -> tuple[str, RSAPublicKey]:
    """The public key if one is configured, of several the last by id; else the valid certificate that expires last."""
    at = datetime.fromtimestamp(timestamp, timezone.utc)
    valid: list[tuple[datetime, str, RSAPublicKey]] = []
    for key_id, text in platform_keys.items():
        if key_id.startswith("PUB_KEY_ID_"):
            start, end, key = utc(1970), utc(9999), load_pem_public_key(text.encode())
        else:
            certificate = x509.load_pem_x509_certificate(text.encode())
            start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
            key = certificate.public_key()
        if not isinstance(key, RSAPublicKey):
            raise TypeError(f"{key_id} is not an RSA key")
        if start <= at < end:
            valid.append((end, key_id, key))
    _, key_id, key = max(valid, key=lambda candidate: candidate[:2])
    return key_id, key
