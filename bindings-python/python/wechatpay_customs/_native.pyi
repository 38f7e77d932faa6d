from collections.abc import Callable
from typing import Any, final

__all__ = ["Client", "__version__", "call"]
__version__: str

@final
class Client:
    def __new__(
        cls,
        options: dict[str, object],
        sends: bool,
        observer: Callable[[Any], object] | None = None,
    ) -> Client: ...
    def run(self, call: dict[str, object], options: dict[str, object]) -> dict[str, Any]: ...
    def call(self, function: str, arguments: dict[str, object]) -> object: ...

def call(function: str, arguments: dict[str, object]) -> object: ...
