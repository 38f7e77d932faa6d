"""The operations of the API, one file each, found by the list that the core writes.

A file called like its operation defines that operation in capitals (`DECLARE` in declare.py).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from operation import Given, Operation, Parts

HERE = Path(__file__).resolve().parent
GENERATED = "bindings-python/python/wechatpay_customs/_generated.py"


class Incomplete(Exception):
    """The error for an operation of the core without its file here, or with a file that lacks something."""


def names_in_the_core() -> list[str]:
    """The core's operations in its order, read from a file that `cargo xtask generate` writes."""
    text = (HERE.parents[2] / GENERATED).read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        # Operation = Literal["declare", …]
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "Operation":
            return [str(constant.value) for constant in ast.walk(node.value) if isinstance(constant, ast.Constant)]
    raise Incomplete(f"{GENERATED} has no line `Operation = Literal[…]`, which lists the core's operations")


def load() -> dict[str, Operation]:
    """Every operation by its name, in the core's order."""
    names = names_in_the_core()
    files = {file.stem for file in HERE.glob("*.py") if file.stem != "__init__"}
    for name in names:
        if name not in files:
            raise Incomplete(
                f"operations/{name}.py is missing: the core has an operation `{name}`, which needs vectors"
            )
    for name in sorted(files - {*names}):
        raise Incomplete(f"operations/{name}.py is about an operation that {GENERATED} does not list")
    operations = {}
    for name in names:
        operation = getattr(import_module(f"operations.{name}"), name.upper(), None)
        if not isinstance(operation, Operation) or operation.name != name:
            raise Incomplete(f"operations/{name}.py does not define {name.upper()}, the `Operation` called {name!r}")
        operations[name] = operation
    return operations


def parts(kind: str, names: Iterable[str]) -> Parts:
    """The vectors of a kind by the function of its name in every operation's file."""
    given: dict[str, Given] = {}
    for name in names:
        make = getattr(import_module(f"operations.{name}"), kind, None)
        if make is None:
            raise Incomplete(f"operations/{name}.py has no function `{kind}`, which gives its vectors for {kind}.json")
        given[name] = make()
        if not any(given[name].values()):
            raise Incomplete(f"`{kind}` in operations/{name}.py gives no vectors for {kind}.json")
    return Parts(given)
