from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ._program import program

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self, Unpack
    import wechatpay_customs

    from ._generated import FaultName, FaultParameters

_GRACE = 5
"""How long the program may take to end by itself, in seconds."""

_CONTROL_TIMEOUT = 60
"""How long an answer to a control request may take, in seconds: a busy machine makes keys slowly."""


class SandboxError(Exception):
    """The sandbox could not be started, or refused what it was told."""


class Sandbox:
    """A sandbox as a process; it ends with this one, however that ends.

    ``with Sandbox() as sandbox:`` starts and stops it; :meth:`start` and :meth:`stop` do so by hand. Safe to use from
    many threads.
    """

    def __init__(
        self,
        *,
        port: int | None = None,
        seed: int | None = None,
        appid: str | None = None,
        mchid: str | None = None,
        state: str | None = None,
        merchant_key: str | None = None,
        platform_key: str | None = None,
        speed: int | None = None,
        log: bool = False,
        program: str | None = None,
    ) -> None:
        """Starts nothing yet.

        :param port: The port on 127.0.0.1; any free one unless given.
        :param seed: Makes keys, ids and nonces the same at each start; random unless given.
        :param appid: The one application id that the sandbox knows.
        :param mchid: The one merchant id that the sandbox knows.
        :param state: The SQLite file that declarations are kept in; memory unless given.
        :param merchant_key: The file of the merchant's private key, PEM; made unless given.
        :param platform_key: The file of the private key of the platform's first certificate, PEM; made unless given.
        :param speed: How many times as fast as the wall clock the sandbox clock runs, which decides states; 1 unless given.
        :param log: Writes a line about each request to stderr.
        :param program: A program of one's own; otherwise the environment's ``WECHATPAY_CUSTOMS_SANDBOX``, or the one
            that the package carries.
        """
        given = {
            "port": port,
            "seed": seed,
            "appid": appid,
            "mchid": mchid,
            "state": state,
            "merchant-key": merchant_key,
            "platform-key": platform_key,
            "speed": speed,
        }
        self._arguments = [f"--{name}={value}" for name, value in given.items() if value is not None]
        self._log = log
        self._program = program
        self._process: subprocess.Popen[str] | None = None
        self._ready: dict[str, Any] = {}
        self._owner = 0
        self._lock = threading.Lock()

    def start(self) -> Self:
        """Starts the program and waits until it is ready; does nothing if it runs already.

        :raises SandboxError: with what the program says if it cannot start.
        :raises FileNotFoundError: if there is no program.
        """
        with self._lock:
            if self._process is None:
                self._process, self._ready = self._started()
                self._owner = os.getpid()
        return self

    def _started(self) -> tuple[subprocess.Popen[str], dict[str, Any]]:
        file = self._program or program()
        try:
            process = subprocess.Popen(
                [file, *self._arguments, "--exit-with-stdin", *([] if self._log else ["--quiet"])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None if self._log else subprocess.PIPE,
                encoding="utf-8",
                # Control-C is for this process, which may want the sandbox for its own end.
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxError(f"the sandbox {file} cannot be started: {error}") from error
        assert process.stdout is not None
        line = process.stdout.readline()
        with contextlib.suppress(ValueError):
            return process, json.loads(line)
        if line:
            process.kill()
            process.communicate()
            raise SandboxError(f"{file} is no sandbox: its first line is {line!r}")
        _, told = process.communicate()
        raise SandboxError((told or "").strip() or f"the sandbox ended with {process.returncode} before it was ready")

    def stop(self) -> None:
        """Stops the program and waits for its end; does nothing if it does not run, or in a process forked since."""
        with self._lock:
            process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        try:
            process.communicate(timeout=_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Sandbox {self._ready['url']}>" if self._process is not None else "<Sandbox, not running>"

    def _told(self, name: str) -> Any:
        if self._process is None:
            raise SandboxError("the sandbox does not run: use it within `with Sandbox() as sandbox`, or start() it")
        return self._ready[name]

    @property
    def url(self) -> str:
        """Where it listens."""
        return str(self._told("url"))

    @property
    def options(self) -> dict[str, Any]:
        """All that a client needs, throwaway keys included."""
        return dict(self._told("client"))

    def client(self, **options: Any) -> wechatpay_customs.Client:
        """Makes a client; its options go before those of the sandbox."""
        import wechatpay_customs

        return wechatpay_customs.Client(**{**self.options, **options})

    def async_client(self, **options: Any) -> wechatpay_customs.AsyncClient:
        """Makes an asynchronous client; its options go before those of the sandbox."""
        import wechatpay_customs

        return wechatpay_customs.AsyncClient(**{**self.options, **options})

    def fault(self, fault: FaultName, **more: Unpack[FaultParameters]) -> dict[str, Any]:
        """Orders a fault; gives all that wait, or how many records have changed their state.

        Takes ``order``, ``operation`` and ``times``, which say for which requests, and the fault's own parameters.

        :raises SandboxError: with the names of all faults if there is none of this name.
        """
        return self.control("POST", "faults", {"fault": fault, **more})

    def faults(self) -> list[dict[str, Any]]:
        """Lists the faults that wait."""
        return list(self.control("GET", "faults")["faults"])

    def clear_faults(self) -> None:
        """Takes back all faults that wait."""
        self.control("DELETE", "faults")

    def reset(self) -> None:
        """Goes back to how it was when it started, for the next test.

        Without declarations, payments, faults and rotated certificates, with the first identity and settings and the
        wall clock. Its keys and clients stay.
        """
        self.control("POST", "reset")

    def advance(self, seconds: int) -> int:
        """Moves the sandbox clock, which decides states, forward; gives its time in Unix seconds."""
        return int(self.control("POST", "clock", {"advance_s": seconds})["now"])

    def rotate(self) -> dict[str, str]:
        """Makes a new platform certificate, which signs from then on; gives its ``serial_no`` and ``certificate``."""
        return self.control("POST", "rotate")

    def payment(self, **payment: Any) -> None:
        """Registers a payment, in place of one that has one of its numbers.

        Takes ``out_trade_no``, ``transaction_id``, ``amount`` in fen, and ``currency`` and ``refunded`` as well.
        """
        self.control("POST", "payments", payment)

    def payments(self) -> list[dict[str, Any]]:
        """Lists the payments that are registered."""
        return list(self.control("GET", "payments")["payments"])

    def identity(self, **identity: str) -> None:
        """Puts an identity on file.

        Takes ``certificate_id``, ``certificate_name``, and ``out_trade_no`` if it is one payer's.
        """
        self.control("POST", "identities", identity)

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Changes the settings that are given; gives them all."""
        return self.control("POST" if changes else "GET", "settings", changes or None)

    def change(self, **change: Any) -> int:
        """Modifies a declaration as somebody else would; gives how many records that are.

        Takes ``out_trade_no``, ``sub_order_no`` for a part and ``customs`` for one customs, and any of
        ``merchant_customs_no``, ``duty``, ``order_fee``, ``transport_fee`` and ``product_fee``.
        """
        return int(self.control("POST", "change", change)["changed"])

    def down(self, seconds: float) -> None:
        """Refuses connections for so many seconds, as a host that has died; connections that stand are closed."""
        self.control("POST", "down", {"ms": round(seconds * 1000)})

    def control(self, method: str, endpoint: str, body: object = None) -> dict[str, Any]:
        """Asks a control endpoint by its name.

        :raises SandboxError: with what the sandbox refuses.
        """
        base = urlsplit(self._told("control_url"))
        # Not by what tests replace, nor by a proxy of the environment.
        connection = http.client.HTTPConnection(base.netloc, timeout=_CONTROL_TIMEOUT)
        try:
            connection.request(method, f"{base.path}/{endpoint}", None if body is None else json.dumps(body))
            answer = connection.getresponse()
            told: dict[str, Any] = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise SandboxError(f"the sandbox does not answer {method} {endpoint}: {error}") from error
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise SandboxError(f"the sandbox refuses {method} {endpoint}: {told.get('error')}")
        return told
