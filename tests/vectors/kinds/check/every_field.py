"""Vectors that an operation asks for about each of its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kinds.check.findings import Hit
from kinds.check.shape import found
from objects import Object, without
from operation import Operation

# Business rules that a text breaks if it is sound as a text and does not fit its field.
ODD_TEXTS = {
    "mchid": ["mchid_digits"],
    "out_trade_no": ["out_trade_no_characters"],
    "transaction_id": ["transaction_id_digits"],
    "customs": ["customs_unknown"],
    "sub_order_no": ["split_institution_mode", "sub_order_no_characters"],
}


def field_vectors(
    operation: Operation,
    every: Object,
    *,
    odd_texts: Mapping[str, Sequence[str]] | None = None,
    lengths: Mapping[str, int] | None = None,
    any_plane: Sequence[str] = (),
    split: Sequence[str] = (),
) -> list[Object]:
    """Every field of an operation on both sides of each rule about a single value.

    `every` has all fields, all sound. `odd_texts` adds to ODD_TEXTS, `lengths` has the fields that do not take 32
    characters, `any_plane` those that take characters outside the BMP, and `split` those of a split order alone.
    """
    mode: list[Hit] = [("split_institution_mode", "sub_order_no")] if "sub_order_no" in every else []
    vectors = [found(operation, "every-field-sound", every, *mode)]

    def add(name: str, what: str, value: Any, *rules: str) -> None:
        rest = [] if name == "sub_order_no" else mode
        hits = [(rule, name) for rule in rules]
        vectors.append(found(operation, f"{name.replace('_', '-')}-{what}", {**every, name: value}, *rest, *hits))

    for name in operation.fields:
        missing = [*mode]
        if name == "sub_order_no":
            missing = [("split_without_sub_order_no", part) for part in split]
        elif name in split:
            missing.append(("split_fields_incomplete", name))
        elif name in operation.required:
            missing.append(("required", name))
        vectors.append(found(operation, f"{name.replace('_', '-')}-missing", without(every, name), *missing))
        add(name, "null", None, "type")
        if isinstance(every[name], int):
            add(name, "as-text", "888", "type")
            add(name, "as-fraction", 0.5, "type")
            add(name, "negative", -1, "range")
            add(name, "too-large", 2147483648, "range")
            continue
        odd = [*ODD_TEXTS.get(name, []), *(odd_texts or {}).get(name, [])]
        add(name, "empty", "", "empty")
        add(name, "as-number", 1, "type")
        add(name, "as-list", [every[name]], "type")
        add(name, "with-line-feed", f"{every[name]}\n", "control_character")
        add(name, "with-del", f"\x7f{every[name]}", "control_character")
        outside = [] if name in any_plane else ["outside_bmp"]
        add(name, "outside-the-plane", f"{every[name]}\U00020bb7", *odd, *outside)
        if name in operation.personal:
            add(name, "245-bytes", "1" * 245, *odd)
            add(name, "246-bytes", "1" * 246, "length")
            add(name, "245-bytes-in-83-characters", "测" * 81 + "12", *odd)
            add(name, "246-bytes-in-82-characters", "测" * 82, "length")
            add(name, "encrypted", "Ab+/" * 85 + "Ab==", "already_encrypted")
        else:
            most = (lengths or {}).get(name, 32)
            # Digits are in the character set of order numbers.
            long = [rule for rule in odd if not rule.endswith("_characters")]
            add(name, f"{most}-characters", "1" * most, *long)
            add(name, f"{most + 1}-characters", "1" * (most + 1), "length")
            add(name, f"{most}-characters-of-3-bytes", "关" * most, *odd)
            add(name, f"{most + 1}-characters-of-3-bytes", "关" * (most + 1), "length")
    vectors.append(
        found(operation, "every-text-null", {**every, **dict.fromkeys(every)}, *[("type", name) for name in every])
    )
    vectors.append(found(operation, "unknown-field", {**every, "note": "x"}, *mode, ("unknown_field", "note")))
    return vectors


def mode_levels(operation: Operation, every: Object) -> list[Object]:
    """The rule about institutions at every level, for an operation with sub-orders."""
    hit: Hit = ("split_institution_mode", "sub_order_no")
    return [
        found(operation, "sub-order-no-with-the-rule-off", every, rules={"split_institution_mode": "off"}),
        *[
            found(
                operation, f"sub-order-no-with-the-rule-as-{level}", every, hit, rules={"split_institution_mode": level}
            )
            for level in ("warning", "error")
        ],
    ]
