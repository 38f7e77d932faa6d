#!/usr/bin/env python3
"""Writes the conformance vectors beside this file; README.md describes their format.

Nothing here uses the library. Signed messages, bodies and query strings are built below from the written description of
the protocol, signatures come from the Python package `cryptography`, and the expected findings, values and errors are
written out by hand. The same keys give the same files, byte for byte.

    python3 make.py            write the files
    python3 make.py --check    write nothing; exit 1 and name the files that differ
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from kinds import check, customs_order_fields, explain, keys, parse, prepare
from objects import compact
from operations import load, parts
from samples import (
    NOBODIES,
    OPTIONS,
)

HERE = Path(__file__).resolve().parent

OPERATIONS = load()


def files() -> dict[str, str]:
    """The text of every file, by name."""
    suites = {
        "prepare.json": prepare.vectors(OPERATIONS, parts("prepare", OPERATIONS)),
        "check.json": check.vectors(OPERATIONS, parts("check", OPERATIONS)),
        "parse.json": parse.vectors(OPERATIONS, parts("parse", OPERATIONS)),
        "keys.json": keys.vectors(),
        "explain.json": explain.vectors(OPERATIONS, parts("explain", OPERATIONS)),
        "customs_order_fields.json": customs_order_fields.vectors(OPERATIONS["declare"]),
    }
    seen: set[str] = set()
    for vectors in suites.values():
        for vector in vectors:
            if vector["id"] in seen:
                raise ValueError(f"two vectors are named {vector['id']}")
            seen.add(vector["id"])
            # The names and ID numbers go into a request encrypted, and into nothing else.
            if any(personal in compact(vector["expect"]) for personal in [*NOBODIES, "测试"]):
                raise ValueError(f"{vector['id']} expects to see a person's name or ID number")
    contents: dict[str, Any] = {
        "options.json": OPTIONS,
        **{name: {"vectors": vectors} for name, vectors in suites.items()},
    }
    return {name: json.dumps(content, indent=2, ensure_ascii=False) + "\n" for name, content in contents.items()}


def main() -> int:
    """Writes the files, or compares them."""
    parser = argparse.ArgumentParser(description="Write the conformance vectors, or check that they are up to date.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 naming the files that differ")
    checking = parser.parse_args().check

    differing = []
    for name, text in files().items():
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
