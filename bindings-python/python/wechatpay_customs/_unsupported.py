"""Explains why the compiled part of the package cannot be loaded."""

from __future__ import annotations

import platform
import sys
import sysconfig


def why(error: ImportError) -> str:
    """The message: what happened, and what to do."""
    here = f"{platform.python_implementation()} {platform.python_version()} on {sysconfig.get_platform()}"
    if "subinterpreter" in str(error):
        return (
            "wechatpay_customs works in the main interpreter only, not in a subinterpreter; import it there "
            "(under mod_wsgi: WSGIApplicationGroup %{GLOBAL})"
        )
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return (
            f"wechatpay_customs has no free-threaded build, and this is a free-threaded {here}; "
            "use the ordinary build of the same version"
        )
    if sys.implementation.name != "cpython":
        return f"wechatpay_customs needs CPython 3.10 or newer, and this is {here}"
    return f"the compiled part of wechatpay_customs cannot be loaded by {here} ({error}); install the wheel for it"
