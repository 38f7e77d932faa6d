"""Vectors of keys.json: spellings of keys and certificates, mistakes with them, and the time in which they are valid.

All forms of the merchant's key give one `Authorization`, whose signature comes from `cryptography`.
"""

from __future__ import annotations

from kinds.keys.merchant import api_v3_keys, bundles, encrypted_forms, no_private_keys, pkcs12_forms, plain_forms
from kinds.keys.platform import platform_forms, platform_validity
from objects import Object


def vectors() -> list[Object]:
    """The vectors of keys.json in their order."""
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
