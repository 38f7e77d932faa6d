"""Findings: which rules there are, how grave each is, and how a finding is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from objects import Object
from operation import Operation
from samples import PERSONAL

INTEGRITY = [
    "required",
    "empty",
    "type",
    "length",
    "range",
    "control_character",
    "unknown_field",
    "already_encrypted",
    "duplicate_field",
]
# Those of one operation alone stand in its file.
BUSINESS = {
    "out_trade_no_characters": "error",
    "split_fields_incomplete": "error",
    "order_fee_sum": "error",
    "fee_type_cny": "error",
    "outside_bmp": "error",
    "mchid_digits": "warning",
    "transaction_id_digits": "warning",
    "customs_unknown": "warning",
    "customs_legacy": "warning",
    "sub_order_no_characters": "warning",
    "split_without_sub_order_no": "warning",
    "split_institution_mode": "warning",
    "unusual_characters": "warning",
}
SEVERITY = {**dict.fromkeys(INTEGRITY, "error"), **BUSINESS}

Hit = tuple[str, str]
"""A rule and the name of the field that breaks it."""


def findings(operation: Operation, fields: Object, hits: Sequence[Hit], rules: Mapping[str, str]) -> list[Object]:
    """Hits written out: a JSON Pointer into a body or a bare name of a query string, and the value as given."""

    def shown(name: str) -> Any:
        # Names and ID numbers of people are never shown, nor under a name that is not quite the field's.
        squeezed = name.replace("_", "").lower()
        personal = any(
            squeezed == known.replace("_", "") for known in [*PERSONAL, *operation.personal, "cert_id", "name"]
        )
        return "***" if personal and name in fields else fields.get(name)

    return [
        {
            "rule": rule,
            "severity": rules.get(rule) or {**SEVERITY, **operation.rules}[rule],
            "field": name if operation.in_query else "/" + name.replace("~", "~0").replace("/", "~1"),
            "value": shown(name),
            "location": "query" if operation.in_query else "body",
        }
        for rule, name in hits
    ]
