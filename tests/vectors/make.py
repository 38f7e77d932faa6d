#!/usr/bin/env python3
"""Writes the conformance vectors beside this file; README.md describes their format.

Nothing here uses the library. oracle/ builds signed messages, bodies and query strings from the written description of
the protocol and signs with the Python package `cryptography`; expected findings, values and errors are written out by
hand in kinds/ and operations/. The same keys give the same files, byte for byte.

    python3 make.py            write the files
    python3 make.py --check    write nothing; exit 1 and name the files that differ
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from kinds import check, customs_order_fields, explain, keys, life, parse, prepare
from objects import Object, compact
from operation import Incomplete
from operations import load, parts
from samples import NOBODIES, OPTIONS

HERE = Path(__file__).resolve().parent


def suites() -> dict[str, list[Object]]:
    """The vectors of every file, by its name."""
    operations = load()
    return {
        "prepare.json": prepare.vectors(operations, parts("prepare")),
        "check.json": check.vectors(operations, parts("check")),
        "parse.json": parse.vectors(operations, parts("parse")),
        "keys.json": keys.vectors(),
        "explain.json": explain.vectors(operations, parts("explain")),
        "customs_order_fields.json": customs_order_fields.vectors(operations["declare"]),
        "life.json": life.vectors(),
    }


def examine(vectors: list[Object]) -> None:
    """Raises if two vectors have one id, or if one expects to see personal data."""
    seen: set[str] = set()
    for vector in vectors:
        if vector["id"] in seen:
            raise ValueError(f"two vectors are named {vector['id']}")
        seen.add(vector["id"])
        # The names and ID numbers go into a request encrypted, and into nothing else.
        if any(personal in compact(vector["expect"]) for personal in [*NOBODIES, "测试"]):
            raise ValueError(f"{vector['id']} expects to see a person's name or ID number")


def files() -> dict[str, str]:
    """The text of every file, by its name."""
    made = suites()
    examine([vector for vectors in made.values() for vector in vectors])
    contents: dict[str, Any] = {
        "options.json": OPTIONS,
        **{name: {"vectors": vectors} for name, vectors in made.items()},
    }
    return {name: json.dumps(content, indent=2, ensure_ascii=False) + "\n" for name, content in contents.items()}


def main() -> int:
    """Writes the files, or compares them."""
    parser = argparse.ArgumentParser(description="Write the conformance vectors, or check that they are up to date.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 naming the files that differ")
    checking = parser.parse_args().check

    try:
        texts = files()
    except Incomplete as error:
        print(error, file=sys.stderr)
        return 1
    differing = []
    for name, text in texts.items():
        path = HERE / name
        data = text.encode()
        if not checking:
            path.write_bytes(data)
        elif not path.is_file() or path.read_bytes() != data:
            differing.append(name)
    for name in differing:
        print(f"{name} differs from what make.py generates", file=sys.stderr)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
