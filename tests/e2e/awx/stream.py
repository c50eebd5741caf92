# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``ansible-runner transmit | worker | process``, as a controller runs a job on an execution node.

Usage: stream.py PRIVATE_DATA_DIR WORKER_DIR, with the settings of the job as JSON on the standard input.
"""

from __future__ import annotations

import json
import sys
import tempfile

from ansible_runner.interface import run


def main(private: str, worker: str) -> int:
    """Run a job; the exit code is that of the program that ran."""
    settings = json.load(sys.stdin)
    with tempfile.TemporaryFile() as sent, tempfile.TemporaryFile() as returned:
        run(streamer="transmit", private_data_dir=private, _output=sent, **settings)
        sent.seek(0)
        run(streamer="worker", private_data_dir=worker, _input=sent, _output=returned)
        returned.seek(0)
        done = run(streamer="process", private_data_dir=private, _input=returned, ident=settings["ident"])
    return 0 if done.status == "successful" else 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
