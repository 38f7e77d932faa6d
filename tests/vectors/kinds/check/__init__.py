"""Vectors of check.json: fields and their findings."""

from __future__ import annotations

from collections.abc import Mapping

from kinds.check.rules import customs_codes, integrity, odd_json, settings, several, texts
from kinds.check.wording import character_findings, misspelt_findings, wording_findings
from objects import Object
from operation import Operation, Parts


def vectors(operations: Mapping[str, Operation], parts: Parts) -> list[Object]:
    """The vectors of check.json in their order."""
    declare, query, redeclare = operations["declare"], operations["query"], operations["redeclare"]
    verify_identity = operations["verify_identity"]
    return [
        *parts.take("declare", "sound"),
        *parts.take("query", "sound"),
        *integrity(declare, query),
        *texts(declare, query),
        *parts.take("query", "order types"),
        *customs_codes(declare, query),
        *parts.take("declare", "split orders"),
        *odd_json(declare, redeclare),
        *parts.take("declare", "sums"),
        *several(declare, query),
        *settings(declare),
        *parts.take("declare", "fields of others"),
        *misspelt_findings(declare, verify_identity),
        *character_findings(declare, verify_identity),
        *wording_findings(declare),
        *parts.take_each("fields"),
        *parts.rest(),
    ]
