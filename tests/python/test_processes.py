"""Forks, servers and workers that fork, interpreters that end, interpreters beside the main one."""

from __future__ import annotations

import contextlib
import http.client
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from collections.abc import Callable
from typing import Any

from support import OPTIONS, PATIENCE, order, reached, script, silent, without

import wechatpay_customs as wx

HERE = os.path.dirname(__file__)


def in_child(action: Callable[[], object]) -> int:
    """The exit status of a forked process: 0 if the action says so."""
    child = os.fork()
    if child == 0:
        good = False
        try:
            good = bool(action())
        finally:
            os._exit(0 if good else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@unittest.skipUnless(hasattr(os, "fork"), "this system cannot fork")
class Forks(unittest.TestCase):
    """A client goes on in a forked process."""

    def test_call_fork_call(self) -> None:
        for transport in (None, wx.Transport()):
            client = wx.Client(**without(transport=transport))
            client.declare(order())

            def declared(client: wx.Client = client) -> bool:
                return client.declare(order()).state == "UNDECLARED"

            self.assertEqual(in_child(declared), 0)
            self.assertEqual(in_child(lambda: in_child(declared) == 0 and declared()), 0)
            self.assertTrue(declared())

    def test_an_asynchronous_client_after_a_fork(self) -> None:
        import asyncio

        client = wx.AsyncClient(**OPTIONS)

        async def declared() -> bool:
            return (await client.declare(order())).state == "UNDECLARED"

        asyncio.run(declared())
        self.assertEqual(in_child(lambda: asyncio.run(declared())), 0)
        self.assertTrue(asyncio.run(declared()))

    def test_a_fork_amid_a_download_of_keys(self) -> None:
        with silent() as (url, _):
            options = without("platform_keys", base_urls=[url])
            begun = threading.Event()
            client = wx.Client(**options, on_attempt=lambda _: begun.set())

            def call() -> None:
                with contextlib.suppress(wx.WechatPayError):
                    client.declare(order())

            thread = threading.Thread(target=call)
            thread.start()
            self.assertTrue(begun.wait(PATIENCE))

            def downloads_by_itself() -> bool:
                begun.clear()
                threading.Thread(target=call, daemon=True).start()
                return begun.wait(PATIENCE)

            self.assertEqual(in_child(downloads_by_itself), 0)
        # The server is gone, which ends the call.
        thread.join()

    def test_forks_while_threads_call(self) -> None:
        client = wx.Client(**OPTIONS)
        done = threading.Event()

        def calls() -> None:
            while not done.is_set():
                client.declare(order())

        threads = [threading.Thread(target=calls) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(20):
                self.assertEqual(in_child(lambda: client.declare(order()).state == "UNDECLARED"), 0)
        finally:
            done.set()
            for thread in threads:
                thread.join()


class Servers(unittest.TestCase):
    """Programs that make a client first and fork then."""

    def setUp(self) -> None:
        self.folder = self.entered(tempfile.TemporaryDirectory())

    def entered(self, context: Any) -> Any:
        entered = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return entered

    def start(self, *command: str) -> subprocess.Popen[str]:
        env = {**os.environ, "PYTHONPATH": HERE, "CELERY_FOLDER": self.folder}
        output = self.entered(open(pathlib.Path(self.folder, "output"), "w+", encoding="utf-8"))
        process = subprocess.Popen([sys.executable, "-m", *command], env=env, stdout=output, stderr=output, text=True)

        def stop() -> None:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

        self.addCleanup(stop)
        return process

    def output(self) -> str:
        return pathlib.Path(self.folder, "output").read_text(encoding="utf-8")

    def test_gunicorn_with_preload(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.start("gunicorn", "--preload", "--workers", "2", "--timeout", "600", "--bind", f"127.0.0.1:{port}", "gunicorn_app:app")
        answers: set[tuple[int, str]] = set()
        workers: set[str] = set()
        end = time.monotonic() + PATIENCE
        while len(workers) < 2 and time.monotonic() < end:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            try:
                connection.request("GET", "/")
                response = connection.getresponse()
                worker, _, state = response.read().decode().partition(" ")
                workers.add(worker)
                answers.add((response.status, state))
            except ConnectionError:
                time.sleep(0.2)
            finally:
                connection.close()
        self.assertEqual(answers, {(200, "UNDECLARED")}, self.output())
        self.assertEqual(len(workers), 2)

    def test_a_prefork_worker_of_celery(self) -> None:
        for name in ("broker", "results", "processed", "control"):
            os.mkdir(os.path.join(self.folder, name))
        os.environ["CELERY_FOLDER"] = self.folder
        from celery_app import declare

        self.start("celery", "--app", "celery_app", "worker", "--pool", "prefork", "--concurrency", "2", "--loglevel", "INFO")
        try:
            results = [declare.delay() for _ in range(6)]
            found = [result.get(timeout=PATIENCE) for result in results]
        except Exception as error:
            raise AssertionError(self.output()) from error
        self.assertEqual({state for _, state in found}, {"UNDECLARED"})
        self.assertNotIn(os.getpid(), {worker for worker, _ in found})


class Interpreters(unittest.TestCase):
    """Where the package is loaded, and how it ends."""

    def test_the_interpreter_ends_amid_calls(self) -> None:
        program = """
import asyncio, os, sys, threading
from support import order, until_async, without
import wechatpay_customs as wx
begun = []
options = without(base_urls=[sys.argv[1]], on_attempt=begun.append)
client = wx.Client(**options)
for _ in range(8):
    threading.Thread(target=lambda: client.declare(order()), daemon=True).start()
download = wx.Client(**without("platform_keys", base_urls=[sys.argv[1]], on_attempt=begun.append))
threading.Thread(target=lambda: download.declare(order()), daemon=True).start()
async def calls():
    for _ in range(8):
        asyncio.ensure_future(wx.AsyncClient(**options).declare(order()))
    await until_async(lambda: len(begun) == 17)
asyncio.run(calls())
print("end")
"""
        with silent() as (url, _):
            for _ in range(3):
                ended = script(program, url)
                self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, "end\n", ""))

    def test_the_interpreter_ends_while_answers_come(self) -> None:
        program = """
import threading
from support import OPTIONS, order
import wechatpay_customs as wx
client = wx.Client(**OPTIONS)
def calls():
    while True:
        client.declare(order())
for _ in range(8):
    threading.Thread(target=calls, daemon=True).start()
client.declare(order())
"""
        for _ in range(5):
            ended = script(program)
            self.assertEqual((ended.returncode, ended.stderr), (0, ""))

    def test_a_call_as_the_interpreter_ends(self) -> None:
        program = """
import atexit
from support import OPTIONS, order
import wechatpay_customs as wx
client = wx.Client(**OPTIONS)
atexit.register(lambda: print(client.declare(order()).state))
"""
        self.assertEqual(script(program).stdout, "UNDECLARED\n")

    @unittest.skipUnless(hasattr(signal, "SIGINT") and os.name == "posix", "this system has no such signals")
    def test_control_c_ends_a_program_that_waits(self) -> None:
        # What is started in the background of a shell ignores the signal unless it says otherwise.
        program = """
import signal, sys
from support import order, without
import wechatpay_customs as wx
signal.signal(signal.SIGINT, signal.default_int_handler)
seen = []
client = wx.Client(**without(base_urls=[sys.argv[1]]), on_attempt=lambda attempt: (seen.append(attempt), print(attempt["phase"], flush=True)))
try:
    client.declare(order())
except KeyboardInterrupt:
    print("interrupted", seen[-1]["may_have_been_applied"])
"""
        with silent() as (url, accepted):
            command = [sys.executable, "-c", program, url]
            env = {**os.environ, "PYTHONPATH": HERE}
            with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                reached(accepted)
                process.send_signal(signal.SIGINT)
                self.assertEqual(process.communicate(timeout=PATIENCE)[0], "request\nfailure\ninterrupted True\n")

    def test_a_subinterpreter_is_refused(self) -> None:
        program = """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
import sys
if sys.argv[1] == "loaded":
    import wechatpay_customs
other = interpreters.create()
code = '''
try:
    import wechatpay_customs
except ImportError as error:
    import os
    os.write(1, str(error).encode())
'''
interpreters.run_string(other, code)
"""
        for before in ("loaded", "fresh"):
            told = script(program, before)
            self.assertIn("works in the main interpreter only", told.stdout, told.stderr)
            self.assertEqual(told.returncode, 0)

    def test_without_its_compiled_part_it_says_what_to_do(self) -> None:
        package = pathlib.Path(wx.__file__).parent
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder, "wechatpay_customs")
            copy.mkdir()
            for source in package.glob("*.py"):
                (copy / source.name).write_bytes(source.read_bytes())
            # It is run from its folder, which comes before what is installed.
            told = subprocess.run(
                [sys.executable, "-c", "import wechatpay_customs"], cwd=folder, capture_output=True, text=True, check=False
            )
        self.assertIn("install the wheel for it", told.stderr)
        self.assertIn(f"CPython {sys.version.split()[0]}", told.stderr)


if __name__ == "__main__":
    unittest.main()
