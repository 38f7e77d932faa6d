"""The operations of the API: one file each, with all that is particular to it.

A file is named like its operation, defines it in capitals (`DECLARE` in declare.py), and has a function for each of
KINDS that gives the operation's vectors of that kind. A file must be here for every operation that the core has.
"""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from types import ModuleType

from operation import Given, Incomplete, Operation, Parts

HERE = Path(__file__).resolve().parent
GENERATED = "bindings-python/python/wechatpay_customs/_generated.py"
KINDS = ("prepare", "check", "parse", "explain")


def names_in_the_core() -> list[str]:
    """The core's operations in its order, read from a file that `cargo xtask generate` writes."""
    text = (HERE.parents[2] / GENERATED).read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        # Operation = Literal["declare", …]
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "Operation":
            return [str(constant.value) for constant in ast.walk(node.value) if isinstance(constant, ast.Constant)]
    raise Incomplete(f"{GENERATED} has no line `Operation = Literal[…]`, which lists the core's operations")


def module_of(name: str) -> ModuleType:
    """The file of an operation."""
    return import_module(f"operations.{name}")


def lacks(name: str) -> list[str]:
    """Says what the file of an operation does not define, a sentence for each."""
    module = module_of(name)
    operation = getattr(module, name.upper(), None)
    sentences = []
    if not isinstance(operation, Operation) or operation.name != name:
        sentences.append(f'operations/{name}.py must define {name.upper()}, an `Operation` with the name "{name}"')
    for kind in KINDS:
        if not hasattr(module, kind):
            sentences.append(
                f"operations/{name}.py must have a function `{kind}` that gives its vectors of {kind}.json"
            )
    return sentences


def load() -> dict[str, Operation]:
    """Every operation by its name, in the core's order."""
    names = names_in_the_core()
    files = {file.stem for file in HERE.glob("*.py") if file.stem != "__init__"}
    sentences = [
        f"operations/{name}.py is missing: the core has the operation `{name}`, which has no vectors yet"
        for name in names
        if name not in files
    ]
    sentences += [
        f"operations/{name}.py is about an operation that the core does not have (by {GENERATED})"
        for name in sorted(files - {*names})
    ]
    sentences += [sentence for name in names if name in files for sentence in lacks(name)]
    if sentences:
        raise Incomplete("\n".join(sentences))
    return {name: getattr(module_of(name), name.upper()) for name in names}


def parts(kind: str) -> Parts:
    """The vectors of one kind that the operations' files give."""
    given: dict[str, Given] = {name: getattr(module_of(name), kind)() for name in names_in_the_core()}
    empty = [name for name in given if not any(given[name].values())]
    if empty:
        raise Incomplete("\n".join(f"`{kind}` in operations/{name}.py gives no vectors" for name in empty))
    return Parts(kind, given)
