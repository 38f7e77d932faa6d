"""The package that starts the sandbox, as pip has installed it."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import wechatpay_customs as wx
from wechatpay_customs_sandbox import FaultName, Sandbox, SandboxError

NUMBERS = itertools.count(1)
README = pathlib.Path(__file__).parents[2] / "sandbox/python/README.md"


def order() -> dict[str, Any]:
    """An order that was not declared before."""
    number = next(NUMBERS)
    return {
        "out_trade_no": f"pip-{os.getpid()}-{number}",
        "transaction_id": f"42000000002026112201{os.getpid() % 10000:04}{number:04}",
        "customs": "SHANGHAI_ZS",
        "merchant_customs_no": "IC2N000001",
    }


def listens(url: str) -> bool:
    """Does a sandbox still listen?"""
    try:
        socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1]))).close()
    except ConnectionError:
        return False
    return True


def state(client: wx.Client, declared: dict[str, Any]) -> str:
    """The state of its one record."""
    found = client.query(order_type="out_trade_no", order_no=declared["out_trade_no"], customs="SHANGHAI_ZS")
    return str(found.data[0].state)


FAULTS: dict[FaultName, tuple[dict[str, Any], dict[str, Any]]] = {
    "no_signature": ({}, {"code": "SIGNATURE_MISSING"}),
    "wrong_signature": ({}, {"code": "SIGNATURE_MISMATCH"}),
    "probe_signature": ({}, {"code": "SIGNATURE_PROBE"}),
    "stale_clock": ({"seconds": 3600}, {"code": "TIMESTAMP_SKEWED"}),
    "unknown_serial": ({}, {"code": "SERIAL_UNKNOWN"}),
    "rotated_key": ({}, {"state": "UNDECLARED"}),
    "duplicated_header": ({}, {"code": "SIGNATURE_DUPLICATED"}),
    "truncated_body": ({}, {"code": "BODY_FAILED"}),
    "html": ({}, {"code": "SIGNATURE_MISSING"}),
    "rate_limited": ({"retry_after": 7}, {"code": "RATE_LIMITED", "retry_after": 7}),
    "server_error": ({"status": 503}, {"code": "SERVICE_UNAVAILABLE"}),
    "slow": ({"ms": 60_000}, {"code": "TIMEOUT"}),
    "reset_after": ({"bytes": 5}, {"code": "BODY_FAILED"}),
    "late": ({"ms": 60_000}, {"kind": "transport", "may_have_been_applied": True}),
    "late_record": ({"seconds": 600}, {"state": "UNDECLARED"}),
    "rival": ({"merchant_customs_no": "IC2N000002"}, {"reason": "declared_data_differs"}),
    "drop_before": ({}, {"kind": "transport", "may_have_been_applied": True}),
    "drop_after": ({}, {"kind": "transport", "may_have_been_applied": True}),
    "error": ({"refusal": "refunded_order"}, {"reason": "refunded_order"}),
    "state": ({"state": "EXCEPT"}, {"state": "EXCEPT"}),
}
"""The parameters of each fault, and what a declare comes to that meets it."""


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault(wechatpay_sandbox: Sandbox, fault: FaultName) -> None:
    parameters, expected = FAULTS[fault]
    # On a busy machine the time limit may be over before the sandbox has the request: then again with more.
    for timeout in (0.05 * 4**tries for tries in range(6)):
        wanted = order()
        wechatpay_sandbox.clear_faults()
        wechatpay_sandbox.fault(fault, order=wanted["out_trade_no"], **parameters)
        assert len(wechatpay_sandbox.faults()) == 1
        outcome: Any
        try:
            outcome = wechatpay_sandbox.client().declare(wanted, timeout=timeout if fault == "slow" else None, max_retries=0)
        except wx.WechatPayError as error:
            outcome = error
        assert {name: getattr(outcome, name) for name in expected} == expected
        if fault != "slow" or wechatpay_sandbox.faults() == []:
            break
    assert wechatpay_sandbox.faults() == []


def test_these_are_all_the_faults(wechatpay_sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match="the sandbox refuses POST faults: no such fault") as caught:
        wechatpay_sandbox.fault("unheard_of")  # type: ignore[arg-type] # It is no name.
    known = str(caught.value).split("expected one of")[1]
    assert set(re.findall(r"`(\w+)`", known)) == set(FAULTS)


def test_a_reset_makes_it_as_new(wechatpay_sandbox: Sandbox, wechatpay_client: wx.Client) -> None:
    declared = order()
    wechatpay_client.declare(declared)
    later = wechatpay_sandbox.advance(86_400)
    wechatpay_sandbox.fault("drop_before", times=9)
    wechatpay_sandbox.settings(literal=True)
    wechatpay_sandbox.reset()
    assert wechatpay_sandbox.faults() == []
    assert wechatpay_sandbox.settings()["literal"] is False
    with pytest.raises(wx.ApiError, match="No declaration is known"):
        state(wechatpay_client, declared)
    assert wechatpay_sandbox.advance(0) < later
    assert wechatpay_client.declare(declared).state == "UNDECLARED"


def test_what_types_refuse_is_refused_when_it_runs(wechatpay_sandbox: Sandbox) -> None:
    wrong: list[tuple[str, Callable[[], object]]] = [
        # mypy says of each comment here that is not needed, so that each line is a test of the types.
        ("no such fault: \"nosuch\"", lambda: wechatpay_sandbox.fault("nosuch")),  # type: ignore[arg-type]
        ("`slow`: unknown field", lambda: wechatpay_sandbox.fault("slow", millis=1)),  # type: ignore[call-arg]
        ("`slow`: invalid type", lambda: wechatpay_sandbox.fault("slow", ms="1")),  # type: ignore[arg-type]
        ("'declaer'|`declaer`|declaer", lambda: wechatpay_sandbox.fault("slow", operation="declaer")),  # type: ignore[arg-type]
        ("`refusal` must be", lambda: wechatpay_sandbox.fault("error", refusal="nosuch")),  # type: ignore[arg-type]
    ]
    for words, call in wrong:
        with pytest.raises(SandboxError, match=words):
            call()
    assert wechatpay_sandbox.faults() == []


FIXTURES = """
import asyncio
import pytest

ORDER = {"out_trade_no": "1", "transaction_id": "2", "customs": "SHANGHAI_ZS", "merchant_customs_no": "3"}


@pytest.fixture(scope="session")
def wide(wechatpay_sandbox_session):
    return wechatpay_sandbox_session.url


# Each would fail if anything were left of the other, in whichever order they run.
@pytest.mark.parametrize("again", range(2))
def test_sync(wechatpay_client, wechatpay_sandbox, wide, again):
    assert wechatpay_sandbox.url == wide
    assert wechatpay_sandbox.faults() == []
    assert wechatpay_client.declare(ORDER).state == "UNDECLARED"
    wechatpay_sandbox.advance(3600)
    wechatpay_sandbox.fault("drop_before", times=9)


@pytest.mark.parametrize("again", range(2))
def test_async(wechatpay_async_client, wechatpay_sandbox, again):
    assert asyncio.run(wechatpay_async_client.declare({**ORDER, "merchant_customs_no": "4"})).state == "UNDECLARED"
    wechatpay_sandbox.advance(3600)


@pytest.mark.anyio
async def test_anyio(wechatpay_async_client):
    assert (await wechatpay_async_client.declare(ORDER)).state == "UNDECLARED"


@pytest.fixture
def anyio_backend():
    return "asyncio"
"""


def test_the_fixtures_leave_nothing_to_the_next_test(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "test_fixtures.py"
    file.write_text(FIXTURES, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file)], capture_output=True, text=True
    )
    assert run.returncode == 0 and "5 passed" in run.stdout, run.stdout + run.stderr


def test_the_program_runs_as_a_module(tmp_path: pathlib.Path) -> None:
    program = [sys.executable, "-m", "wechatpay_customs_sandbox"]
    with subprocess.Popen([*program, "--mchid", "900000001"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert (ready["client"]["mchid"], listens(ready["url"])) == ("900000001", True)
        process.terminate()
    assert process.returncode == 0
    assert not listens(ready["url"])

    file = tmp_path / "sandbox.json"
    started = subprocess.run([*program, "--background", str(file)], capture_output=True, text=True, check=True)
    ready = json.loads(file.read_text(encoding="utf-8"))
    assert listens(ready["url"])
    assert started.stdout.rstrip().endswith(str(ready["pid"]))
    os.kill(ready["pid"], signal.SIGTERM)
    while listens(ready["url"]):
        pass

    refused = subprocess.run([*program, "--mchid", "a b"], capture_output=True, text=True)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    missing = subprocess.run(
        program, capture_output=True, text=True, env={**os.environ, "WECHATPAY_CUSTOMS_SANDBOX": "/nowhere/sandbox"}
    )
    assert (missing.returncode, missing.stderr.count("\n")) == (1, 1) and "/nowhere/sandbox cannot be" in missing.stderr


def test_faults_are_taken_back(wechatpay_sandbox: Sandbox, wechatpay_client: wx.Client) -> None:
    wechatpay_sandbox.fault("drop_before", operation="declare", times=3)
    assert wechatpay_sandbox.faults() == [{"fault": "drop_before", "operation": "declare", "times": 3}]
    wechatpay_sandbox.clear_faults()
    declared = order()
    assert wechatpay_client.declare(declared).state == "UNDECLARED"
    assert wechatpay_sandbox.fault("state", state="FAIL", order=declared["out_trade_no"]) == {"changed": 1}


def test_clock(wechatpay_sandbox: Sandbox, wechatpay_client: wx.Client) -> None:
    declared = order()
    wechatpay_client.declare(declared)
    now = wechatpay_sandbox.advance(60)
    assert state(wechatpay_client, declared) == "PROCESSING"
    assert wechatpay_sandbox.advance(120) >= now + 120
    assert state(wechatpay_client, declared) == "SUCCESS"
    with pytest.raises(SandboxError, match="`advance_s` must not be negative"):
        wechatpay_sandbox.advance(-1)


def test_certificates_payments_identities_and_settings() -> None:
    with Sandbox(seed=1, mchid="900000001") as sandbox:
        assert sandbox.options["mchid"] == "900000001"
        client = sandbox.client()
        serial = sandbox.rotate()["serial_no"]
        assert serial in [listed.serial_no for listed in client.certificates().data]

        paid = order()
        sandbox.payment(out_trade_no=paid["out_trade_no"], transaction_id=paid["transaction_id"], amount=888)
        assert [payment["amount"] for payment in sandbox.payments()] == [888]
        part: dict[str, Any] = {"sub_order_no": "part", "fee_type": "CNY", "order_fee": 999}
        part |= {"transport_fee": 0, "product_fee": 999}
        split: dict[str, Any] = {**paid, **part}
        with pytest.raises(wx.ApiError) as caught:
            client.declare(split)
        assert caught.value.code == "INVALID_REQUEST"
        assert sandbox.settings(wrong_amount="PARAM_ERROR")["wrong_amount"] == "PARAM_ERROR"
        assert sandbox.settings()["wrong_amount"] == "PARAM_ERROR"
        with pytest.raises(wx.ApiError) as caught:
            client.declare(split)
        assert caught.value.code == "PARAM_ERROR"

        identity = {"certificate_id": "11010519491231002X", "certificate_name": "李四"}
        sandbox.identity(**identity)
        declared = order()
        client.declare(declared)
        person: dict[str, Any] = {**declared, "certificate_type": "IDCARD", **identity}
        checked = client.verify_identity(person)
        assert checked.certificate_check_result == "SAME"


def test_two_at_once_know_nothing_of_each_other() -> None:
    with Sandbox() as one, Sandbox() as other:
        assert one.url != other.url
        assert one.options["private_key"] != other.options["private_key"]
        declared = order()
        one.client().declare(declared)
        with pytest.raises(wx.ApiError):
            state(other.client(), declared)


def test_asynchronous_clients(wechatpay_sandbox: Sandbox) -> None:
    async def declared() -> str:
        async with wechatpay_sandbox.async_client() as client:
            return str((await client.declare(order())).state)

    assert asyncio.run(declared()) == "UNDECLARED"


def test_it_is_started_and_stopped_by_hand(capfd: pytest.CaptureFixture[str]) -> None:
    sandbox = Sandbox(log=True)
    assert repr(sandbox) == "<Sandbox, not running>"
    with pytest.raises(SandboxError, match="the sandbox does not run"):
        _ = sandbox.url
    assert sandbox.start() is sandbox is sandbox.start()
    url = sandbox.url
    assert repr(sandbox) == f"<Sandbox {url}>"
    sandbox.client(serial_no=sandbox.options["serial_no"]).declare(order())
    with pytest.raises(wx.InputError):
        sandbox.client(serial_number="7F")
    sandbox.stop()
    sandbox.stop()
    assert not listens(url)
    assert '"status":200' in capfd.readouterr().err


def test_records_outlive_it_in_a_state_file(tmp_path: pathlib.Path) -> None:
    file = str(tmp_path / "records.sqlite")
    declared = order()
    with Sandbox(state=file) as sandbox:
        sandbox.client().declare(declared)
    with Sandbox(state=file) as sandbox:
        assert state(sandbox.client(), declared) == "UNDECLARED"


def test_what_keeps_it_from_starting_is_told(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"

    def script(text: str) -> str:
        own.write_text(f"#!/bin/sh\n{text}\n")
        own.chmod(0o755)
        return str(own)

    with socket.create_server(("127.0.0.1", 0)) as taken:
        cases = [
            (Sandbox(port=taken.getsockname()[1]), "cannot be listened on.*choose another port"),
            (Sandbox(mchid="a b"), "`mchid` must be 1 to 32"),
            (Sandbox(program="/nowhere/sandbox"), "the sandbox /nowhere/sandbox cannot be started"),
            (Sandbox(program=script("exit 3")), "ended with 3 before it was ready"),
        ]
        for sandbox, words in cases:
            with pytest.raises(SandboxError, match=words):
                sandbox.start()
    with pytest.raises(SandboxError, match=r"is no sandbox: its first line is 'hello\\n'"):
        Sandbox(program=script("echo hello")).start()
    monkeypatch.setenv("WECHATPAY_CUSTOMS_SANDBOX", "/elsewhere/sandbox")
    with pytest.raises(SandboxError, match="the sandbox /elsewhere/sandbox cannot be started"):
        Sandbox().start()


def python(code: str, **more: Any) -> subprocess.Popen[str]:
    """A process of its own."""
    script = [sys.executable, "-W", "ignore::ResourceWarning", "-c", "from wechatpay_customs_sandbox import Sandbox\n" + code]
    return subprocess.Popen(script, stdout=subprocess.PIPE, text=True, **more)


def test_it_ends_with_a_process_that_does_not_stop_it() -> None:
    process = python("print(Sandbox().start().url)")
    url = process.communicate()[0].strip()
    assert process.returncode == 0
    while listens(url):
        pass


def test_it_ends_with_a_process_that_is_killed() -> None:
    with python("import time\nprint(Sandbox().start().url, flush=True)\ntime.sleep(600)") as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert listens(url)
        process.send_signal(signal.SIGKILL)
    while listens(url):
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_process_does_not_stop_it() -> None:
    code = """
import os
sandbox = Sandbox().start()
if os.fork() == 0:
    sandbox.stop()
    os._exit(0)
os.wait()
print(sandbox.advance(60) > 0)
sandbox.stop()
"""
    assert python(code).communicate()[0] == "True\n"


def test_it_is_found_where_pip_was_told_to_put_it(tmp_path: pathlib.Path) -> None:
    import wechatpay_customs_sandbox
    from wechatpay_customs_sandbox._program import program

    shutil.copytree(pathlib.Path(wechatpay_customs_sandbox.__file__).parent, tmp_path / "wechatpay_customs_sandbox")
    (tmp_path / "bin").mkdir()
    shutil.copy2(program(), tmp_path / "bin")
    # An interpreter that has installed nothing.
    code = "import sys; sys.path.insert(0, sys.argv[1])\nfrom wechatpay_customs_sandbox import Sandbox\nwith Sandbox() as s: print(s.url)"
    base = pathlib.Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")
    told = subprocess.run([str(base), "-I", "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert told.stdout.startswith("http://127.0.0.1:")


def test_the_readme(tmp_path: pathlib.Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    scripts = [block for block in blocks if "def test_" not in block]
    tests = [block for block in blocks if "def test_" in block]
    assert len(scripts) == 1 and len(tests) == 1
    told = subprocess.run([sys.executable, "-c", scripts[0]], capture_output=True, text=True, check=True)
    assert (told.stdout, told.stderr) == ("UNDECLARED\nSUCCESS\n429\n", "")
    file = tmp_path / "test_readme.py"
    file.write_text(tests[0], encoding="utf-8")
    for more in [[], ["-n", "2"]]:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *more, str(file)]
        run = subprocess.run(command, capture_output=True, text=True)
        assert run.returncode == 0 and "3 passed" in run.stdout, run.stdout + run.stderr
