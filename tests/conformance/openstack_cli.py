# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs commands of the OpenStack client, each in a fork: loading it takes longest, and it remembers logins.

Every line on standard input is a JSON list of words; every line on standard output the outcome of that command.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys

from openstackclient import shell


def run(words: list[str]) -> str:
    """The outcome of one command."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            failed = bool(shell.main(words))
        except SystemExit as end:
            failed = bool(end.code)
    return json.dumps({"failed": failed, "out": out.getvalue(), "err": err.getvalue()})


def main() -> None:
    """Until standard input ends."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            print(run(json.loads(line)), flush=True)
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
