"""WeChat Pay customs declarations: ensure, declare, query, check, prepare, parse, explain.

Not an official WeChat Pay product.
"""

try:
    from . import _native
except ImportError as error:
    from ._unsupported import why

    raise ImportError(why(error), name=__name__) from error

from . import _generated
from ._answer import Answer, Record
from ._client import (
    AsyncClient,
    AsyncClientOptions,
    Client,
    ClientOptions,
    Prepared,
    check,
    cny_fen,
    customs_order_fields,
    explain,
    next_step,
    plan_split,
    prepare,
    realtime_upload_fields,
)
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
from ._generated import *
from ._generated_calls import parse
from ._native import Transport, __version__
from ._transport import Request, Response

__all__ = [
    "Answer",
    "ApiError",
    "AsyncClient",
    "AsyncClientOptions",
    "Client",
    "ClientOptions",
    "FreshnessError",
    "InputError",
    "KeyMaterialError",
    "Prepared",
    "ProbeError",
    "Record",
    "Request",
    "Response",
    "ResponseError",
    "SignatureError",
    "StateError",
    "Transport",
    "TransportError",
    "WechatPayError",
    "__version__",
    "check",
    "cny_fen",
    "customs_order_fields",
    "explain",
    "next_step",
    "parse",
    "plan_split",
    "prepare",
    "realtime_upload_fields",
]
__all__ += _generated.__all__
