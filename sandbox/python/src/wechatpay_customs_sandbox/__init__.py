"""A local stand-in for WeChat Pay's customs API, for tests and development.

Not an official WeChat Pay product.
"""

from ._generated import FaultName
from ._sandbox import Sandbox, SandboxError

__all__ = ["FaultName", "Sandbox", "SandboxError"]
