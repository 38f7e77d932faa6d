from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

VARIABLE = "WECHATPAY_CUSTOMS_SANDBOX"
"""Names a program of one's own, in place of the one that the package carries."""


def program() -> str:
    """The path of the program that was installed with this package."""
    own = os.environ.get(VARIABLE)
    if own:
        return own
    name = "wechatpay-customs-sandbox" + (sysconfig.get_config_var("EXE") or "")
    user = sysconfig.get_preferred_scheme("user")
    folders = [
        Path(sysconfig.get_path("scripts")),
        Path(sysconfig.get_path("scripts", vars={"base": sys.base_prefix})),
        Path(sysconfig.get_path("scripts", scheme=user)),
        # Where `pip install --target` puts it.
        Path(__file__).parent.parent / "bin",
    ]
    found = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if found is None:
        searched = ", ".join(map(str, folders))
        raise FileNotFoundError(
            f"the program {name} is in none of {searched}; install wechatpay-customs-sandbox again,"
            f" or name a program of your own as `program` or in {VARIABLE}"
        )
    return str(found)
