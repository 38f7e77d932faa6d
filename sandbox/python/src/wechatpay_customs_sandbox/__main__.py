"""The program itself, with the words of the command line: ``python -m wechatpay_customs_sandbox``."""

from __future__ import annotations

import os
import subprocess
import sys

from ._program import program


def main() -> None:
    """Runs the program in place of this process, or, where a process cannot be replaced, until it ends."""
    try:
        words = [program(), *sys.argv[1:]]
    except FileNotFoundError as error:
        sys.exit(f"wechatpay-customs-sandbox: {error}")
    try:
        if os.name == "posix":
            os.execv(words[0], words)
        process = subprocess.Popen(words)
    except OSError as error:
        sys.exit(f"wechatpay-customs-sandbox: {words[0]} cannot be started: {error}")
    while True:
        try:
            sys.exit(process.wait())
        except KeyboardInterrupt:
            # The console has told the program as well, which is about to end.
            pass


main()
