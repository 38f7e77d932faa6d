"""The merchant, the order and the person that the vectors start from. All identities are synthetic."""

from __future__ import annotations

from objects import Object
from oracle.keys import CERTIFICATE_SERIAL, PUBLIC_KEY_ID, pem

# Platform keys, in place of those of the base options.
CERTIFICATE_ONLY: Object = {"platform_keys": {CERTIFICATE_SERIAL: pem("platform.cert.pem")}}
PUBLIC_KEY_ONLY: Object = {"platform_keys": {PUBLIC_KEY_ID: pem("platform_public.pub.pem")}}
NO_KEYS: Object = {"platform_keys": {}}

# The base options of options.json; every vector starts from them.
OPTIONS: Object = {
    "appid": "wxd678efh567hg6787",
    "mchid": "1230000109",
    "serial_no": "4F8C21D7A03E96B5C1D82E7FA4630B95D1E8C72A",
    "private_key": pem("merchant.key.pem"),
    "platform_keys": {**CERTIFICATE_ONLY["platform_keys"], **PUBLIC_KEY_ONLY["platform_keys"]},
}

# The time and the nonce of signed requests.
TIMESTAMP = 1767225600
NONCE = "Q7xTn0Bf4KzW9mRd2LhV6yGs8JcP3eAu"


def merged(overrides: Object) -> Object:
    """The base options with a vector's overrides: whole values are replaced, null removes an option."""
    return {name: value for name, value in {**OPTIONS, **overrides}.items() if value is not None}


# Fields from the options, fields of an order, and the fields that make it a part of a split order.
OWNER: Object = {"appid": OPTIONS["appid"], "mchid": OPTIONS["mchid"]}
ORDER: Object = {
    "out_trade_no": "20150806125346",
    "transaction_id": "1000320306201511078440737890",
    "customs": "SHANGHAI_ZS",
    "merchant_customs_no": "123456",
}
SPLIT: Object = {
    "sub_order_no": "20150806125346-1",
    "fee_type": "CNY",
    "order_fee": 888,
    "transport_fee": 88,
    "product_fee": 800,
}

# The personal fields of the API, in the order in which they are sent.
PERSONAL = ["certificate_id", "certificate_name"]


def identity_number(first_17: str) -> str:
    """An ID number with its check digit (GB 11643: ISO 7064 MOD 11-2)."""
    remainder = 0
    for digit in first_17:
        remainder = (remainder + int(digit)) * 2 % 11
    check = (12 - remainder) % 11
    return first_17 + ("X" if check == 10 else str(check))


# Nobody: there is no region 000000.
NOBODIES = [identity_number(f"00000019000101{number:03d}") for number in range(20)]
NOBODY = NOBODIES[0]
NOBODY_WITH_X = next(number for number in NOBODIES if number.endswith("X"))

# A page of a proxy in place of an answer.
HTML = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
