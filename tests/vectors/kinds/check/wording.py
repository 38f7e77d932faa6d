"""Vectors of the words of findings about misspelt names, odd characters and wrong types."""

from __future__ import annotations

from typing import Any

from kinds.check.findings import Hit
from kinds.check.shape import bad_rules, checked, found, saying
from objects import Object
from operation import Operation
from samples import OWNER, SPLIT


def misspelt_findings(declare: Operation, verify_identity: Operation) -> list[Object]:
    """Names and codes that are spelt almost right, or as another API or an answer spells them."""
    order = {**OWNER, **declare.request}
    split = {**order, **SPLIT}
    identity = {**OWNER, **verify_identity.request}

    def misspelt(operation: Operation, given: str, field: str, fields: Object) -> Object:
        renamed = {given if name == field else name: value for name, value in fields.items()}
        hits: list[Hit] = [("unknown_field", given)]
        if field in operation.required:
            hits.append(("required", field))
        elif field in SPLIT:
            hits += [("split_fields_incomplete", field), ("split_institution_mode", "sub_order_no")]
        name = f"misspelt-{field}-as-{given}".replace("_", "-").lower()
        return saying(found(operation, name, renamed, *hits), f"/{given}", f"did you mean `{field}`?")

    def taken_out(operation: Operation, given: str, fields: Object) -> Object:
        vector = found(
            operation, f"not-misspelt-{given}".replace("_", "-"), {**fields, given: 1}, ("unknown_field", given)
        )
        return saying(vector, f"/{given}", "take it out")

    def code(given: str, meant: str) -> Object:
        vector = checked(
            f"customs-misspelt-as-{given}", declare, {**order, "customs": given}, ("customs_unknown", "customs")
        )
        return saying(vector, "/customs", f"did you mean {meant}?")

    return [
        misspelt(declare, "fee_typ", "fee_type", split),
        misspelt(declare, "feeType", "fee_type", split),
        misspelt(declare, "ordre_fee", "order_fee", split),
        misspelt(declare, "custom", "customs", order),
        misspelt(declare, "mch_customs_no", "merchant_customs_no", order),
        misspelt(declare, "mch_custom_no", "merchant_customs_no", order),
        misspelt(declare, "transactionid", "transaction_id", order),
        misspelt(declare, "out_trade_on", "out_trade_no", order),
        misspelt(declare, "mch_id", "mchid", order),
        misspelt(verify_identity, "cert_type", "certificate_type", identity),
        misspelt(verify_identity, "cert_id", "certificate_id", identity),
        misspelt(verify_identity, "name", "certificate_name", identity),
        taken_out(declare, "sub_order_id", order),
        taken_out(declare, "order_type", order),
        taken_out(declare, "note", order),
        taken_out(declare, "cert_type", order),
        code("SHANGHAI_Z", "SHANGHAI_ZS"),
        code("shanghai_zs", "SHANGHAI_ZS"),
        code("TIANJING", "TIANJIN"),
        code("GUANGZHOUZS", "GUANGZHOU_ZS"),
        bad_rules("rule-name-misspelt", declare, {"order_fee_summ": "off"}, '"order_fee_summ"', '"order_fee_sum"'),
    ]


def character_findings(declare: Operation, verify_identity: Operation) -> list[Object]:
    """Characters that are invisible or look like others."""
    order = {**OWNER, **declare.request}
    alone: Hit = ("unusual_characters", "")

    def unusual(name: str, field: str, text: str, says: str, *rules: str) -> Object:
        hits = [(rule, field) for rule in rules]
        vector = checked(f"characters-{name}", declare, {**order, field: text}, (alone[0], field), *hits)
        about = next(finding for finding in vector["expect"]["findings"] if finding["rule"] == alone[0])
        about["says"] = [says]
        return vector

    appid = OWNER["appid"]
    hidden = [0xAD, 0x180E, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x202A, 0x202E, 0x2060, 0x2066, 0x206F, 0xFEFF]
    return [
        unusual("appid-ends-with-space", "appid", f"{appid} ", "begins or ends with a blank (U+0020)"),
        unusual("appid-begins-with-space", "appid", f" {appid}", "begins or ends with a blank (U+0020)"),
        unusual("appid-ends-with-no-break-space", "appid", f"{appid}\u00a0", "begins or ends with a blank (U+00A0)"),
        unusual("appid-begins-with-ideographic-space", "appid", f"\u3000{appid}", "(U+3000)"),
        unusual("only-blanks", "merchant_customs_no", " \u3000 ", "nothing but blanks"),
        unusual("full-width-letter", "merchant_customs_no", "ＩC2N000001", "a full-width character (U+FF29)"),
        unusual("full-width-sign", "merchant_customs_no", "IC2N（1）", "a full-width character (U+FF08)"),
        unusual("mchid-with-space", "mchid", "1230000109 ", "(U+0020)", "mchid_digits"),
        *[
            unusual(
                f"transaction-id-with-{code:04x}",
                "transaction_id",
                f"1000320306201511{chr(code)}078440737890",
                f"an invisible character (U+{code:04X})",
                "transaction_id_digits",
            )
            for code in hidden
        ],
        checked("characters-blank-within", declare, {**order, "merchant_customs_no": "12 34\u300056"}),
        checked("characters-chinese", declare, {**order, "merchant_customs_no": "沪关12、34"}),
        checked("characters-beside-full-width", declare, {**order, "merchant_customs_no": "1\uff5f2\u201134"}),
        checked("characters-rule-off", declare, {**order, "appid": f"{appid} "}, rules={alone[0]: "off"}),
        found(
            verify_identity,
            "name-with-invisible-character",
            {**OWNER, **verify_identity.request, "certificate_name": "测\u200b试甲"},
            ("unusual_characters", "certificate_name"),
        ),
    ]


def wording_findings(declare: Operation) -> list[Object]:
    """The words about values of the wrong type."""
    order = {**OWNER, **declare.request}

    def wrong(name: str, field: str, value: Any, *says: str, rule: str = "type") -> Object:
        vector = checked(f"wording-{name}", declare, {**order, field: value}, (rule, field))
        return saying(vector, f"/{field}", *says)

    return [
        wrong("text-as-number", "transaction_id", 4200000000202611, "must be text, not a number"),
        wrong("text-as-number-beyond-64-bits", "transaction_id", 1e20, "must be text, not a number"),
        wrong("text-as-fraction", "transaction_id", 0.5, "must be text, not a fraction"),
        wrong("text-as-list", "customs", ["NINGBO"], "must be text, not a list"),
        wrong("text-as-map", "customs", {"code": "NINGBO"}, "must be text, not an object"),
        wrong("amount-as-fraction", "duty", 8.88, "must be a whole number of fen, not a fraction"),
        wrong("amount-as-text", "duty", "888", "must be a whole number of fen, not text"),
    ]
