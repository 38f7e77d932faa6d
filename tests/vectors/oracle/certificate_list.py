"""The list of platform certificates as the service sends it, encrypted by `cryptography` with the APIv3 key."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta, timezone
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from objects import Object
from oracle.keys import API_V3_KEY


def times(certificate: str, serial: str) -> Object:
    """The facts about a certificate that the list says in plain."""
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
