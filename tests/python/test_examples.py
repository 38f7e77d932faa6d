"""Examples, and every block of the package's README, run as they stand there."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import warnings
from typing import Any

from support import PATIENCE, READY, complaints, order

PACKAGE = pathlib.Path(__file__).parents[2] / "bindings-python"


class Examples(unittest.TestCase):
    """What users copy."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "ready.json").write_text(json.dumps(READY), encoding="utf-8")
        (self.folder / "options.json").write_text(json.dumps(READY["client"]), encoding="utf-8")

    def run_python(self, *arguments: str) -> str:
        command = [sys.executable, "-X", "dev", "-W", "error", *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual((done.returncode, complaints(done.stderr)), (0, ""), done.stderr)
        return done.stdout

    def test_the_readme(self) -> None:
        readme = (PACKAGE / "README.md").read_text(encoding="utf-8")
        blocks = re.findall(r"```(\w+)\n(.*?)```", readme, re.DOTALL)
        self.assertEqual([language for language, _ in blocks], ["sh", "python", "python", "python", "python"])
        told = [self.run_python("-c", text) for language, text in blocks if language == "python"]
        self.assertTrue(told[0].startswith("UNDECLARED "), told)
        self.assertTrue(told[1].startswith("UNDECLARED 20"), told)
        self.assertEqual(told[2].count("UNDECLARED"), 10)
        self.assertIn("state='UNDECLARED'", told[3])

    def test_the_script(self) -> None:
        told = json.loads(self.run_python(str(PACKAGE / "examples/declare.py"), "ready.json"))
        self.assertEqual((told["state"], told["records"]), ("UNDECLARED", 1))

    def test_fastapi(self) -> None:
        os.environ["WECHATPAY"] = str(self.folder / "options.json")
        sys.path.insert(0, str(PACKAGE / "examples"))
        with warnings.catch_warnings():
            # Libraries' own.
            warnings.simplefilter("ignore")
            import fastapi_app
            from fastapi.testclient import TestClient

            with TestClient(fastapi_app.app) as web:
                fields: dict[str, Any] = order()
                declared = web.post("/orders", json=fields)
                self.assertEqual((declared.status_code, declared.json()["state"]), (200, "UNDECLARED"))
                invalid = web.post("/orders", json={**fields, "customs": ""})
                self.assertEqual((invalid.status_code, invalid.json()["findings"][0]["field"]), (422, "/customs"))
                dropped = web.post("/orders", json={**fields, "out_trade_no": f"fault@drop_after@f{os.getpid()}"})
                self.assertEqual((dropped.status_code, dropped.json()["state"]), (200, "UNDECLARED"))
                forged = web.post("/orders", json={**fields, "out_trade_no": f"fault@no_signature@f{os.getpid()}"})
                self.assertEqual((forged.status_code, forged.json()["code"]), (502, "SIGNATURE_MISSING"))


if __name__ == "__main__":
    unittest.main()
