"""The shape of the vectors of `check`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from kinds.check.findings import Hit, findings
from objects import Object, compact
from operation import Operation
from samples import OWNER


def check_vector(name: str, operation: str, fields: Object, rules: Mapping[str, str] | None, expect: Object) -> Object:
    """The common shape of the vectors of `check`."""
    return {
        "id": name,
        "kind": "check",
        "operation": operation,
        "fields": fields,
        **({} if rules is None else {"rules": dict(rules)}),
        "expect": expect,
    }


def checked(
    name: str, operation: Operation, fields: Object, *hits: Hit, rules: Mapping[str, str] | None = None
) -> Object:
    """Fields and their findings."""
    expect = {"findings": findings(operation, fields, hits, rules or {})}
    return check_vector(name, operation.name, fields, rules, expect)


def found(
    operation: Operation, name: str, fields: Object, *hits: Hit, rules: Mapping[str, str] | None = None
) -> Object:
    """Fields and their findings, in a vector named after the operation."""
    return checked(f"check-{operation.word}-{name}", operation, fields, *hits, rules=rules)


def twice(name: str, operation: Operation, fields: Object, field: str, *splits: str) -> Object:
    """JSON text in which a field stands twice; `splits` are fields that warn of a split order besides."""
    text = compact(fields).replace(f'"{field}":', f'"{field}":{json.dumps(fields[field])},"{field}":', 1)
    found = [
        {
            "rule": "duplicate_field",
            "severity": "error",
            "field": f"/{field}",
            "value": fields[field],
            "location": "body",
        }
    ]
    for split in splits:
        finding = {"rule": "split_institution_mode", "severity": "warning", "field": f"/{split}"}
        found.append({**finding, "value": fields[split], "location": "body"})
    return {"id": name, "kind": "check", "operation": operation.name, "fields": text, "expect": {"findings": found}}


def bad_rules(name: str, operation: Operation, rules: Mapping[str, str], *says: str) -> Object:
    """Rule settings that are refused."""
    error = {"kind": "input", "code": "INVALID_OPTION", **({"says": [*says]} if says else {})}
    return check_vector(name, operation.name, {**OWNER, **operation.request}, rules, {"error": error})


def saying(vector: Object, field: str, *says: str) -> Object:
    """The vector, where the finding about a field says this."""
    (about,) = [finding for finding in vector["expect"]["findings"] if finding["field"] == field]
    about["says"] = [*says]
    return vector
