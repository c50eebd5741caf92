# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that the user names: where relative paths begin, and what may be opened. Private to otc.dis."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from typing import Any, BinaryIO, Callable, Dict, List, NamedTuple, Optional

from .._core.errors import InvalidOptions

MAX_FILE = 1024 * 1024
"""Bytes of a settings file; a larger one is refused."""


class Files(NamedTuple):
    """Finds and opens files for one run.

    The working folder is the one in which the user started Ansible.

    :ivar second: folder in which a relative path is looked for second: that of the playbook or of the inventory source
    :ivar decrypt: decrypts Ansible Vault data with the secrets of the run; None where there are none
    """

    second: Optional[str] = None
    decrypt: Optional[Callable[[bytes], bytes]] = None

    def candidates(self, path: str) -> List[str]:
        """The full paths that a path may stand for, in the order in which they are tried."""
        path = os.path.expanduser(path)
        bases = [os.getcwd()] + ([self.second] if self.second else [])
        return list(dict.fromkeys(os.path.normpath(os.path.join(base, path)) for base in bases))

    def find(self, path: str, option: str, folders: bool = False) -> str:
        """The full path of a file that the user named.

        :param option: what names it, for messages
        :param folders: whether a folder will do
        :raises InvalidOptions: there is none, or it is neither a regular file nor, if that will do, a folder
        """
        tried = self.candidates(path)
        found = next((one for one in tried if os.path.exists(one)), None)
        if found is None:
            raise InvalidOptions(
                f"{option} names a file that does not exist: {' and '.join(tried)}.",
                "Correct the path, or create the file.",
            )
        if not (os.path.isfile(found) or (folders and os.path.isdir(found))):
            raise InvalidOptions(f"{option} must name a regular file, but {found} is none.", "Correct the path.")
        return found

    def open(self, path: str, option: str) -> BinaryIO:
        """A file that the user named, open for reading; nothing that could block is opened.

        :param option: what names it, for messages
        :raises InvalidOptions: there is none, or it cannot be read
        """
        return open_regular(self.find(path, option), option)

    def read(self, path: str, what: str) -> bytes:
        """The content of a settings file, decrypted if it is vaulted as a whole.

        :param what: what to call it in messages
        :raises InvalidOptions: it cannot be read, is too large, or is vaulted and cannot be decrypted
        """
        with open_regular(path, what) as file:
            content = file.read(MAX_FILE + 1)
        if len(content) > MAX_FILE:
            raise InvalidOptions(f"{path} is larger than {MAX_FILE // 1024} KiB, which no settings file is.")
        return self.decrypted(content, path) if content.startswith(b"$ANSIBLE_VAULT;") else content

    def decrypted(self, content: bytes, path: str) -> bytes:
        """Vaulted data in the clear.

        :param path: where it is from, for messages
        :raises InvalidOptions: it cannot be decrypted
        """
        if self.decrypt is None:
            raise InvalidOptions(
                f"{path} is encrypted with Ansible Vault, and a module that runs as a process of its own or on another"
                " host cannot decrypt it.",
                "Let the module run inside Ansible (connection local, no become, async or environment), decrypt the"
                " file, or pass its entry as a dictionary in the option cloud.",
            )
        try:
            return self.decrypt(content)
        except Exception:  # noqa: BLE001
            raise InvalidOptions(
                f"{path} is encrypted with Ansible Vault, and no vault secret of this run decrypts it.",
                "Give the right one, for example with --vault-password-file.",
            ) from None


def open_regular(path: str, option: str) -> BinaryIO:
    """A regular file, open for reading.

    :param option: what names it, for messages
    :raises InvalidOptions: it cannot be read, or is a pipe, a device or a folder
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as err:
        raise InvalidOptions(f"{option}: {path} cannot be read ({err.strerror}).") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise InvalidOptions(f"{option} must name a regular file, but {path} is none.", "Correct the path.")
    return os.fdopen(handle, "rb")


try:
    import yaml
except ImportError:
    yaml = None  # type: ignore[assignment]

MAX_NODES = 10000
"""Values, keys, lists and mappings of a file, with those that aliases and merges repeat."""
UNQUOTED = re.compile(r"[:-]\s+[@%*&!`|>]|:\s.*:\s|['\"]")
"""A line of YAML with a value that probably lacks quotes."""


class NotYaml(ValueError):
    """A document is not YAML; the text says where and never what is there."""


def parse(document: str, decrypt: Callable[[bytes], bytes]) -> Any:
    """A YAML document.

    :param decrypt: decrypts a value with the tag ``!vault``; raises InvalidOptions where it cannot
    :raises InvalidOptions: the machine has no PyYAML
    :raises NotYaml: it is not YAML, or holds more than :data:`MAX_NODES`
    """
    if yaml is None:
        raise InvalidOptions("Reading clouds.yaml needs PyYAML.", "Install PyYAML in the Python that runs the module.")

    class Loader(yaml.SafeLoader):
        """PyYAML's safe loader with limits and vaulted values."""

        nodes = 0

        def count(self, number: int) -> None:
            """Count nodes.

            :raises NotYaml: there are too many
            """
            self.nodes += number
            if self.nodes > MAX_NODES:
                raise NotYaml("holds more than anybody would write by hand, perhaps by aliases")

        def compose_node(self, parent: Any, index: Any) -> Any:
            """Count each node and each alias."""
            self.count(1)
            return super().compose_node(parent, index)

        def flatten_mapping(self, node: Any) -> None:
            """Count what a merge (``<<``) repeats."""
            before = len(node.value)
            super().flatten_mapping(node)
            self.count(max(0, len(node.value) - before))

        def construct_vault(self, node: Any) -> str:
            """A vaulted value in the clear."""
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
    """Where a YAML document is broken and what the likely cause is, without its content.

    :param err: what the parser raised
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
    """Notes about one project.

    :param folder: temporary folder of the run on this machine; None where there is none
    :param place: what tells projects apart: endpoint and project id
    :param check_mode: whether planned changes are noted and believed
    """

    def __init__(self, folder: Optional[str] = None, place: str = "", check_mode: bool = False) -> None:
        self.folder, self.place, self.check_mode = folder, place, check_mode

    def plan(self, kind: str, name: str, exists: Optional[bool]) -> None:
        """Note in check mode that something would now exist, or no longer exist.

        Without check mode the service knows better, so the note of an earlier task in check mode no longer counts.

        :param kind: such as :data:`STREAMS`, or :func:`tasks_of` a stream
        :param exists: None if that would not change
        """
        if self.check_mode:
            if exists is not None:
                self.write(kind, name, exists)
        elif name in self.read(kind):
            self.write(kind, name, None)

    def planned(self, kind: str) -> Dict[str, bool]:
        """By name, whether something would exist that earlier tasks would have created or deleted."""
        noted = self.read(kind) if self.check_mode else {}
        return {name: exists for name, exists in noted.items() if exists is not None}

    def note_unsupported(self, operation: str) -> None:
        """Note that the service does not offer an operation."""
        self.write(UNSUPPORTED, operation, True)

    def is_unsupported(self, operation: str) -> bool:
        """Whether an earlier task found that the service does not offer an operation."""
        return operation in self.read(UNSUPPORTED)

    def path(self, kind: str) -> str:
        """The file with the notes of a kind."""
        digest = hashlib.sha256(f"{self.place}\n{kind}".encode()).hexdigest()
        return os.path.join(self.folder or "", f"otc_dis_{digest}.jsonl")

    def write(self, kind: str, name: str, value: Optional[bool]) -> None:
        """Append a note; where that is not possible, later tasks do without."""
        if self.folder is None:
            return
        try:
            handle = os.open(self.path(kind), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(json.dumps([name, value]) + "\n")
        except OSError:
            return

    def read(self, kind: str) -> Dict[str, Optional[bool]]:
        """The notes of a kind; the last one about a name counts."""
        if self.folder is None:
            return {}
        try:
            with open(self.path(kind), encoding="utf-8") as file:
                return dict(json.loads(line) for line in file)
        except (OSError, ValueError):
            return {}
