# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passcodes and kept tokens at a real Keystone.

Every run is also held to this: nothing that it writes holds a password or a token (``conftest.Runner.process``).
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

if TYPE_CHECKING:
    from conftest import Runner
    from dis_server import Dis
    from keystone_server import Keystone

ROBOT, DEMO = "transfer-robot", "eu-de_demo"
GONE = {"state": "absent"}


# --- passcodes ---


class Device:
    """A virtual MFA device."""

    def __init__(self) -> None:
        self.key = secrets.token_bytes(20)

    @property
    def secret(self) -> str:
        """The secret for Keystone, in base 32."""
        return base64.b32encode(self.key).decode()

    def passcode(self) -> str:
        """What it shows now."""
        return TOTP(self.key, 6, SHA1(), 30).generate(int(time.time())).decode()


@pytest.fixture
def careful(keystone: Keystone, by_name: dict[str, str]) -> tuple[dict[str, str], Device]:
    """``auth`` of a user with a device, and the device."""
    device = Device()
    user = keystone.hire(f"careful-{secrets.token_hex(4)}")
    keystone.give_device(user, device.secret)
    return {**by_name, "username": user.name, "password": user.password}, device


@pytest.mark.parametrize("named", ["name", "id"])
def test_password_and_passcode(
    run: Runner, keystone: Keystone, careful: tuple[dict[str, str], Device], named: str
) -> None:
    auth, device = careful
    if named == "id":
        auth["user_id"] = keystone.users[auth.pop("username")].id
        del auth["user_domain_name"]
        auth["project_domain_id"] = next(iter(keystone.domains.values()))
    code = device.passcode()
    outcome = run(auth={**auth, "passcode": code}, **GONE)
    assert outcome.done == ["GET 400"]
    assert outcome.logins == [201]
    assert outcome.iam[0].methods == ["password", "totp"]
    assert f'"{code}"' not in outcome.output


@pytest.mark.parametrize("code", [None, "000000"], ids=["missing", "wrong"])
def test_passcode_missing_or_wrong_is_tried_once(
    run: Runner, careful: tuple[dict[str, str], Device], code: str | None
) -> None:
    auth, _device = careful
    outcome = run(auth={**auth, **({"passcode": code} if code else {})}, **GONE)
    assert outcome.logins == [401]
    assert "auth.password in the options" in outcome.msg
    assert ("auth.passcode in the options" in outcome.msg) is (code is not None)
    assert not outcome.calls


def test_token_of_a_passcode_that_dies_is_not_renewed(
    run: Runner, dis: Dis, careful: tuple[dict[str, str], Device]
) -> None:
    auth, device = careful
    dis.is_deleting = (1,)
    outcome = run(auth={**auth, "passcode": device.passcode()}, **GONE)
    assert "cannot be renewed" in outcome.msg
    assert outcome.logins == [201]


# --- kept tokens ---


def cached(path: Path, **more: Any) -> dict[str, Any]:
    """Options with a cache."""
    return {"token_cache": str(path), **GONE, **more}


def entry_of(path: Path) -> dict[str, Any]:
    """The only thing in the file."""
    (entry,) = json.loads(path.read_text())["entries"].values()
    return dict(entry)


def test_cached_token_is_issued_by_keystone_and_expires_with_it(
    run: Runner, keystone: Keystone, by_name: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "cache" / "tokens.json"
    assert [run(auth=by_name, **cached(path)).logins for _one in range(2)] == [[201], []]
    entry = entry_of(path)
    facts = keystone.facts_about(entry["token"])
    assert facts is not None
    assert facts["user"]["name"] == ROBOT
    ends = dt.datetime.strptime(facts["expires_at"], "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
    assert abs(entry["ends"] - ends) < 5
    assert keystone.users[ROBOT].password not in path.read_text()


def test_kept_token_that_is_past_its_end_is_replaced(run: Runner, by_name: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "cache" / "tokens.json"
    run(auth=by_name, **cached(path))
    document = json.loads(path.read_text())
    (entry,) = document["entries"].values()
    old = entry["token"]
    entry["ends"] = time.time() + 200
    path.write_text(json.dumps(document))
    assert run(auth=by_name, **cached(path)).logins == [201]
    assert entry_of(path)["token"] != old


def test_kept_token_that_keystone_revoked_is_renewed_once(
    run: Runner, keystone: Keystone, by_name: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "cache" / "tokens.json"
    run(auth=by_name, **cached(path))
    keystone.revoke(entry_of(path)["token"])
    outcome = run(auth=by_name, **cached(path))
    assert outcome.done == ["GET 441", "GET 400"]
    assert outcome.logins == [201]
    assert run(auth=by_name, **cached(path)).logins == []


def test_refused_login_does_not_lock_the_user(
    run: Runner, keystone: Keystone, by_name: dict[str, str], tmp_path: Path
) -> None:
    """Keystone locks at the second failure; three runs make one, so the right password still works."""
    user = keystone.hire(f"hasty-{secrets.token_hex(4)}")
    auth = {**by_name, "username": user.name}
    path = tmp_path / "cache" / "tokens.json"
    wrong = {**auth, "password": f"fake {secrets.token_hex(8)}"}
    outcomes = [run(auth=wrong, **cached(path)) for _one in range(3)]
    assert [one.logins for one in outcomes] == [[401], [], []]
    assert all("auth.password in the options" in one.msg for one in outcomes)
    assert run(auth={**auth, "password": user.password}, **cached(path)).logins == [201]
