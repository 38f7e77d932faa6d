from typing import final

__all__: list[str]
__version__: str

@final
class Client:
    def __new__(cls, options: dict[str, object], sends: bool) -> Client: ...
    def run(
        self, call: dict[str, object], options: dict[str, object]
    ) -> tuple[dict[str, object], str | None, list[dict[str, object]]]: ...
    def call(self, function: str, arguments: dict[str, object]) -> object: ...

def call(function: str, arguments: dict[str, object]) -> object: ...
