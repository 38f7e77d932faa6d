"""WeChat Pay customs declarations: declare, query, check, prepare, parse, explain.

Not an official WeChat Pay product.
"""

from ._answer import Answer, Record
from ._client import Client, Prepared, check, customs_order_fields, explain, parse, prepare
from ._errors import (
    ApiError,
    FreshnessError,
    InputError,
    KeyMaterialError,
    ProbeError,
    ResponseError,
    SignatureError,
    StateError,
    TransportError,
    WechatPayError,
)
from ._generated import Attempt, CustomsOrderFields, Explanation, Finding
from ._native import __version__

__all__ = [
    "Answer",
    "ApiError",
    "Attempt",
    "Client",
    "CustomsOrderFields",
    "Explanation",
    "Finding",
    "FreshnessError",
    "InputError",
    "KeyMaterialError",
    "Prepared",
    "ProbeError",
    "Record",
    "ResponseError",
    "SignatureError",
    "StateError",
    "TransportError",
    "WechatPayError",
    "__version__",
    "check",
    "customs_order_fields",
    "explain",
    "parse",
    "prepare",
]
