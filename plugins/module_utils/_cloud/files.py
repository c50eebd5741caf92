# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that options name: base directories of relative paths, checks, and YAML parsing. Private to otc.dis."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from typing import Any, BinaryIO, Callable, Dict, List, NamedTuple, Optional

from .._core.errors import InvalidOptions

MAX_FILE = 1024 * 1024
"""Maximum bytes of a settings file."""


class Files(NamedTuple):
    """Finds and opens files for one run.

    Relative paths start in the working directory in which the user started Ansible.

    :ivar second: alternative directory for relative paths: that of the playbook or of the inventory source
    :ivar decrypt: decrypts Ansible Vault data with the vault secrets of the run; None without vault secrets
    """

    second: Optional[str] = None
    decrypt: Optional[Callable[[bytes], bytes]] = None

    def candidates(self, path: str) -> List[str]:
        """Return the full paths for a path, in order of precedence."""
        path = os.path.expanduser(path)
        bases = [os.getcwd()] + ([self.second] if self.second else [])
        return list(dict.fromkeys(os.path.normpath(os.path.join(base, path)) for base in bases))

    def find(self, path: str, option: str, folders: bool = False) -> str:
        """Return the full path of a file.

        :param option: option that names the file, for messages
        :param folders: whether a directory is also allowed
        :raises InvalidOptions: the path does not exist, or is neither a regular file nor an allowed directory
        """
        tried = self.candidates(path)
        found = next((candidate for candidate in tried if os.path.exists(candidate)), None)
        if found is None:
            raise InvalidOptions(
                f"{option} names a file that does not exist: {' and '.join(tried)}.",
                "Correct the path, or create the file.",
            )
        if not (os.path.isfile(found) or (folders and os.path.isdir(found))):
            raise InvalidOptions(
                f"{option} must be the path of a regular file, but {found} is not.", "Correct the path."
            )
        return found

    def open(self, path: str, option: str) -> BinaryIO:
        """Open a file for reading; files that could block are rejected.

        :param option: option that names the file, for messages
        :raises InvalidOptions: the file does not exist, is not a regular file, or cannot be read
        """
        return open_regular(self.find(path, option), option)

    def read(self, path: str, what: str) -> bytes:
        """Return the content of a settings file; a vaulted file is decrypted.

        :param what: name of the file in messages
        :raises InvalidOptions: the file cannot be read, is too large, or cannot be decrypted
        """
        with open_regular(path, what) as file:
            content = file.read(MAX_FILE + 1)
        if len(content) > MAX_FILE:
            raise InvalidOptions(f"{path} is larger than {MAX_FILE // 1024} KiB, the maximum for a settings file.")
        return self.decrypted(content, path) if content.startswith(b"$ANSIBLE_VAULT;") else content

    def decrypted(self, content: bytes, path: str) -> bytes:
        """Decrypt Ansible Vault data.

        :param path: file that contains the data, for messages
        :raises InvalidOptions: the data cannot be decrypted
        """
        if self.decrypt is None:
            raise InvalidOptions(
                f"{path} is encrypted with Ansible Vault, and a module in a separate process or on another host cannot"
                " decrypt it.",
                "Run the module in-process (connection local, no become, async or environment), decrypt the file, or"
                " pass its entry as a dictionary in the option cloud.",
            )
        try:
            return self.decrypt(content)
        except Exception:  # noqa: BLE001
            raise InvalidOptions(
                f"{path} is encrypted with Ansible Vault, and no vault secret of this run can decrypt it.",
                "Specify its vault password, for example with --vault-password-file.",
            ) from None


def open_regular(path: str, option: str) -> BinaryIO:
    """Open a regular file for reading.

    :param option: option that names the file, for messages
    :raises InvalidOptions: it cannot be read, or is a pipe, a device or a directory
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as err:
        raise InvalidOptions(f"{option}: {path} cannot be read ({err.strerror}).") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise InvalidOptions(f"{option} must be the path of a regular file, but {path} is not.", "Correct the path.")
    return os.fdopen(handle, "rb")


try:
    import yaml
except ImportError:
    yaml = None  # type: ignore[assignment]

MAX_NODES = 10000
"""Maximum number of YAML nodes of a file, including those that aliases and merges repeat."""
UNQUOTED = re.compile(r"[:-]\s+[@%*&!`|>]|:\s.*:\s|['\"]")
"""A line of YAML with a value that probably needs quotes."""


class NotYaml(ValueError):
    """Invalid YAML; the message contains the position, but no content of the document."""


def parse(document: str, decrypt: Callable[[bytes], bytes]) -> Any:
    """Parse a YAML document.

    :param decrypt: decrypts a value with the tag ``!vault``; raises InvalidOptions if it cannot
    :raises InvalidOptions: PyYAML is not installed
    :raises NotYaml: the document is invalid, or has more than :data:`MAX_NODES` nodes
    """
    if yaml is None:
        raise InvalidOptions("Reading clouds.yaml needs PyYAML.", "Install PyYAML in the Python that runs the module.")

    class Loader(yaml.SafeLoader):
        """PyYAML's safe loader with limits and vaulted values."""

        nodes = 0

        def count(self, number: int) -> None:
            """Count nodes.

            :raises NotYaml: the document has too many
            """
            self.nodes += number
            if self.nodes > MAX_NODES:
                raise NotYaml(f"contains more than {MAX_NODES} values, including those that aliases repeat")

        def compose_node(self, parent: Any, index: Any) -> Any:
            """Count nodes and aliases."""
            self.count(1)
            return super().compose_node(parent, index)

        def flatten_mapping(self, node: Any) -> None:
            """Count the nodes that a merge (``<<``) repeats."""
            before = len(node.value)
            super().flatten_mapping(node)
            self.count(max(0, len(node.value) - before))

        def construct_vault(self, node: Any) -> str:
            """Decrypt a vaulted value."""
            return decrypt(str(self.construct_scalar(node)).encode()).decode("utf-8")

    for tag in ("!vault", "!vault-encrypted"):
        Loader.add_constructor(tag, Loader.construct_vault)
    try:
        return yaml.load(document, Loader)
    except yaml.YAMLError as err:
        raise NotYaml(position_of(err, document)) from None
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError) as err:
        raise NotYaml("is not valid YAML: a value does not fit its tag") from err
    except ValueError as err:
        if isinstance(err, NotYaml):
            raise
        raise NotYaml("is not valid YAML: a value does not fit its tag") from None


def position_of(err: Exception, document: str) -> str:
    """Return the position and the likely cause of a YAML error, without content of the document.

    :param err: exception of the parser
    """
    mark = getattr(err, "problem_mark", None) or getattr(err, "context_mark", None)
    if mark is None:
        return "is not valid YAML"
    lines = document.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    text = f"is not valid YAML (line {mark.line + 1}, column {mark.column + 1})"
    if re.match(r"\s*\t", line):
        return f"{text}: the line is indented with a tab, which YAML does not allow"
    if UNQUOTED.search(line):
        return f"{text}: quote values that begin with @ % * & ! or contain ' #' or ': '"
    return text


UNSUPPORTED = "unsupported operations"


class RunMemory:
    """Notes about one project for later tasks of the same Ansible run.

    :param folder: temporary directory of the run on this machine; None disables notes
    :param place: identifier of the project: endpoint and project ID
    :param check_mode: whether planned changes are recorded and used
    """

    def __init__(self, folder: Optional[str] = None, place: str = "", check_mode: bool = False) -> None:
        self.folder, self.place, self.check_mode = folder, place, check_mode

    def plan(self, kind: str, name: str, exists: Optional[bool]) -> None:
        """Record in check mode that a resource would exist, or would no longer exist.

        Outside check mode, a note of an earlier task in check mode is removed, because the service has the real state.

        :param kind: kind of resource, such as :data:`STREAMS` or :func:`tasks_of` a stream
        :param exists: None if that would not change
        """
        if self.check_mode:
            if exists is not None:
                self.write(kind, name, exists)
        elif name in self.read(kind):
            self.write(kind, name, None)

    def planned(self, kind: str) -> Dict[str, bool]:
        """Return by name whether resources would exist that earlier tasks would have created or deleted."""
        noted = self.read(kind) if self.check_mode else {}
        return {name: exists for name, exists in noted.items() if exists is not None}

    def note_unsupported(self, operation: str) -> None:
        """Record that the service does not offer an operation."""
        self.write(UNSUPPORTED, operation, True)

    def is_unsupported(self, operation: str) -> bool:
        """Whether an earlier task found that the service does not offer an operation."""
        return operation in self.read(UNSUPPORTED)

    def path(self, kind: str) -> str:
        """Return the path of the file with the notes of a kind."""
        digest = hashlib.sha256(f"{self.place}\n{kind}".encode()).hexdigest()
        return os.path.join(self.folder or "", f"otc_dis_{digest}.jsonl")

    def write(self, kind: str, name: str, value: Optional[bool]) -> None:
        """Append a note; errors are ignored, because later tasks can run without it."""
        if self.folder is None:
            return
        try:
            handle = os.open(self.path(kind), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(json.dumps([name, value]) + "\n")
        except OSError:
            return

    def read(self, kind: str) -> Dict[str, Optional[bool]]:
        """Return the notes of a kind; the last note for a name applies."""
        if self.folder is None:
            return {}
        try:
            with open(self.path(kind), encoding="utf-8") as file:
                return dict(json.loads(line) for line in file)
        except (OSError, ValueError):
            return {}
