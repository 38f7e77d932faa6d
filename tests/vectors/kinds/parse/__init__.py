"""Vectors of parse.json: responses, trusted, read or refused."""

from __future__ import annotations

from collections.abc import Mapping

from kinds.parse.errors import error_vectors
from kinds.parse.refusals import mainland, other_codes, undocumented
from kinds.parse.values import echoes, unreadable_answers, values
from kinds.parse.verification import verification_vectors
from objects import Object
from operation import Operation, Parts


def vectors(operations: Mapping[str, Operation], parts: Parts) -> list[Object]:
    """The vectors of parse.json in their order."""
    declare, query, redeclare = operations["declare"], operations["query"], operations["redeclare"]
    verify_identity = operations["verify_identity"]
    return [
        *verification_vectors(declare, query),
        *parts.take("declare", "unsplit answers"),
        *values(operations),
        *parts.take("query", "records"),
        *echoes(declare, query),
        *unreadable_answers(declare, query),
        *error_vectors(operations),
        *parts.take_each("answers"),
        *parts.take_each("own answers"),
        *parts.take_each("failures"),
        *parts.take("certificates", "lists"),
        *parts.take_each("refusals"),
        *mainland(declare, verify_identity),
        *other_codes(declare, redeclare),
        *parts.take_each("refusals in Chinese"),
        *undocumented(declare, redeclare, query),
        *parts.rest(),
    ]
