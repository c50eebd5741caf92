# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start Ansible commands by forking a process that has imported their libraries.

The tests start about a thousand commands, each of which would spend a quarter of its processor time on these imports.
Imported are libraries only, and parts of Ansible that read no configuration: a command reads its environment variables,
configuration files and current directory itself, as if started from a shell.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

LIBRARIES = ("cryptography.fernet", "jinja2.nativetypes", "packaging.version", "requests", "yaml")
ANSIBLE = ("ansible.module_utils.basic", "ansible.module_utils.common.arg_spec", "ansible.module_utils.common.json")
RESULTS = 3
"""Number of the file descriptor for results in the command."""


class Command:
    """A running command, with the methods of :class:`subprocess.Popen` that the tests use."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection, self.lines = connection, connection.makefile()
        self.pid = int(self.lines.readline())

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code.

        :raises subprocess.TimeoutExpired: if the command is still running after *timeout* seconds
        """
        self.connection.settimeout(timeout)
        try:
            return int(self.lines.readline())
        except TimeoutError:
            raise subprocess.TimeoutExpired("ansible", timeout or 0) from None
        finally:
            self.connection.close()

    def terminate(self) -> None:
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


class ForkServer:
    """Client of a running server."""

    def __init__(self, path: str) -> None:
        self.path = path

    def start(self, words: Sequence[str], env: Mapping[str, str], cwd: Path, session: bool, *files: int) -> Command:
        """Start a command.

        :param session: whether the command gets a separate process group
        :param files: file descriptors of standard output, standard error and results
        """
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.path)
        env = {**env, "TEST_RESULTS_FILE": f"/dev/fd/{RESULTS}"}
        request = {"words": list(words), "env": env, "cwd": str(cwd), "session": session}
        socket.send_fds(connection, [b" "], list(files))
        connection.sendall(json.dumps(request).encode())
        connection.shutdown(socket.SHUT_WR)
        return Command(connection)


@contextlib.contextmanager
def running(folder: Path, env: Mapping[str, str]) -> Iterator[ForkServer]:
    """Run a server inside a block.

    :param folder: directory for its socket, whose path may have about 90 characters
    """
    path = str(folder / "fork.socket")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    command = [sys.executable, __file__, str(listener.fileno())]
    # Standard output is a pipe from the start, since Python prepares it for the kind of file that it finds.
    server = subprocess.Popen(
        command,
        env=dict(env),
        pass_fds=[listener.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    listener.close()
    try:
        yield ForkServer(path)
    finally:
        server.terminate()
        server.communicate()


def serve(listener: socket.socket) -> None:
    """Fork a process for each connection. It returns only in a command."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        connection, _address = listener.accept()
        if not os.fork():
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return attend(connection)
        connection.close()


def attend(connection: socket.socket) -> None:
    """Fork the command, and send its process ID and exit code. It returns only in the command."""
    _blank, files, _flags, _address = socket.recv_fds(connection, 1, 3)
    request = json.loads(connection.makefile().read())
    pid = os.fork()
    if pid:
        connection.sendall(f"{pid}\n".encode())
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        connection.sendall(f"{code}\n".encode())
        os._exit(0)
    connection.close()
    if request["session"]:
        os.setsid()
    # Above the numbers that the command uses, so that no copy overwrites another file.
    copies = [os.dup2(file, 100 + file) for file in files]
    for number, copy in zip((1, 2, RESULTS), copies, strict=True):
        os.dup2(copy, number)
    os.closerange(RESULTS + 1, 200)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.path[0] = request["cwd"]
    sys.argv[1:] = request["words"]


if __name__ == "__main__":
    for name in (*LIBRARIES, *ANSIBLE):
        importlib.import_module(name)
    assert "ansible.constants" not in sys.modules, "it reads the configuration of the server instead of the command"
    serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module("ansible", run_name="__main__", alter_sys=True)
