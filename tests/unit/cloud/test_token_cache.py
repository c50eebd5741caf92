# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file that keeps tokens: whom it serves, when it forgets, and which files it will not touch."""

from __future__ import annotations

import datetime as dt
import json
import os
import stat
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._cloud.settings import IssuedToken, Settings, flatten, resolve
from ansible_collections.otc.dis.plugins.module_utils._cloud.token_cache import (
    MARGIN,
    MAX_ENTRIES,
    MAX_LIFETIME,
    REFUSED_FOR,
    TokenCache,
    expiry,
    from_entry,
    is_cacheable,
    key_of,
    seconds_of,
    to_entry,
)
from ansible_collections.otc.dis.plugins.module_utils._core.errors import ApiError, InvalidOptions

NOW = 1768465800.0
PASSWORD = "fake-password-of-the-cache"
AUTH = {
    "auth_url": "https://iam.example.com/v3",
    "username": "robot",
    "user_domain_name": "OTC-1",
    "password": PASSWORD,
    "project_name": "eu-de_demo",
}


def settings_of(top: dict[str, Any] | None = None, **auth: Any) -> Settings:
    return resolve([flatten("the options", {"auth": {**AUTH, **auth}, **(top or {})})])


def stamp(moment: float) -> str:
    return dt.datetime.fromtimestamp(moment, dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def issued(token: str = "fake-token-1", life: float = 86400.0, ahead: float = 0.0) -> IssuedToken:
    """A token of an IAM whose clock is ahead of the local clock."""
    there = NOW + ahead
    return IssuedToken(token, "p1", "https://dis.example.com", stamp(there + life), formatdate(there, usegmt=True))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "own" / "tokens.json"


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(path: Path, clock: Clock) -> Callable[..., TokenCache]:
    """A cache in the same file for any settings."""
    return lambda settings=None: TokenCache(str(path), settings or settings_of(), clock)


class Logins:
    """Counts logins; each gives another token."""

    def __init__(self, life: float = 86400.0) -> None:
        self.count, self.life = 0, life

    def __call__(self) -> IssuedToken:
        self.count += 1
        return issued(f"fake-token-{self.count}", self.life)


def never() -> IssuedToken:
    raise AssertionError("unexpected login")


# --- whom it serves ---


def test_second_run_is_served_without_a_login(cache: Callable[..., TokenCache], path: Path) -> None:
    first = cache().get_token(Logins())
    second = cache().get_token(never)
    assert second == first._replace(date=None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert sorted(one.name for one in path.parent.iterdir()) == ["tokens.json", "tokens.json.lock"]


OTHERS: list[dict[str, Any]] = [
    {"auth_url": "https://iam.example.org/v3"},
    {"username": "other-user"},
    {"username": "", "user_id": "robot"},
    {"user_domain_name": "OTC-2"},
    {"password": "another"},
    {"project_name": "eu-de_other"},
    {"project_domain_name": "OTC-2"},
    {"project_name": "", "project_id": "p2"},
    {"passcode": "123456"},
    {"agency_name": "a", "agency_domain_name": "OTC-3"},
    {"top": {"region_name": "eu-nl"}},
    {"top": {"interface": "internal"}},
    {"top": {"endpoint_override": "https://dis.example.org"}},
    {"top": {"auth_type": "aksk"}, "access_key": "AK", "secret_key": "fake-sk", "agency_name": "a",
     "agency_domain_name": "OTC-3"},
]  # fmt: skip


@pytest.mark.parametrize("change", OTHERS, ids=str)
def test_token_of_other_settings_is_never_served(cache: Callable[..., TokenCache], change: dict[str, Any]) -> None:
    logins = Logins()
    cache().get_token(logins)
    other = cache(settings_of(**change)).get_token(logins)
    assert (other.token, logins.count) == ("fake-token-2", 2)
    assert cache().get_token(never).token == "fake-token-1"
    assert cache(settings_of(**change)).get_token(never).token == "fake-token-2"


def test_settings_that_do_not_make_the_token_share_it(cache: Callable[..., TokenCache]) -> None:
    cache().get_token(Logins())
    same = {"api_timeout": 5, "verify": False, "cacert": "/ca.pem", "token_cache": "/x"}
    assert cache(settings_of(same)).get_token(never).token == "fake-token-1"


def test_token_outlives_its_passcode(cache: Callable[..., TokenCache]) -> None:
    cache(settings_of(passcode="111111")).get_token(Logins())
    assert cache(settings_of(passcode="222222")).get_token(never).token == "fake-token-1"


def test_file_holds_no_password_and_no_digest_that_another_file_has(
    cache: Callable[..., TokenCache], path: Path
) -> None:
    cache().get_token(Logins())
    text = path.read_text()
    assert PASSWORD not in text
    assert "robot" not in text
    (key,) = json.loads(text)["entries"]
    path.unlink()
    cache().get_token(Logins())
    assert key not in path.read_text()


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_digest_depends_on_the_salt(one: bytes, other: bytes) -> None:
    settings = settings_of()
    assert (key_of(settings, one) == key_of(settings, other)) is (one == other)


# --- when it forgets ---


@pytest.mark.parametrize("ahead", [0.0, 7200.0, -7200.0], ids=["same clock", "ahead", "behind"])
def test_token_is_dropped_well_before_its_end_by_our_clock(
    cache: Callable[..., TokenCache], clock: Clock, ahead: float
) -> None:
    cache().get_token(lambda: issued(life=3600, ahead=ahead))
    clock.now = NOW + 3600 - MARGIN - 1
    assert cache().get_token(never).token == "fake-token-1"
    clock.now = NOW + 3600 - MARGIN
    assert cache().get_token(lambda: issued("fake-token-2", 7200)).token == "fake-token-2"


def test_clock_that_jumps_back_makes_nothing_good(cache: Callable[..., TokenCache], clock: Clock) -> None:
    logins = Logins()
    cache().get_token(logins)
    clock.now = NOW - 2 * MARGIN
    assert cache().get_token(logins).token == "fake-token-2"


def test_token_with_a_short_or_unknown_lifetime_is_not_cached(cache: Callable[..., TokenCache]) -> None:
    for odd in (issued(life=MARGIN), *(issued()._replace(expires_at=end) for end in (None, "", "soon", "2026-99-99T"))):
        logins = Logins()
        cache().get_token(lambda odd=odd: odd)
        assert cache().get_token(logins).token == "fake-token-1"
        assert logins.count == 1
        os.unlink(cache().path)


@given(st.floats(min_value=0, max_value=4e9), st.floats(min_value=-1e6, max_value=1e6))
def test_kept_token_never_outlives_a_day_nor_its_end(moment: float, left: float) -> None:
    reported = IssuedToken("t", "p", "e", stamp(int(moment + left)) if moment + left > 0 else None, None)
    end = expiry(reported, moment)
    assert end is None or end <= moment + MAX_LIFETIME
    found = from_entry(to_entry(reported, moment), moment)
    assert found is None or (seconds_of(reported.expires_at) or 0) >= moment + MARGIN


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-15T08:30:00.000000Z", NOW),
        ("2026-01-15T08:30:00Z", NOW),
        ("2026-01-15T08:30:00", None),
        ("2026-13-15T08:30:00Z", None),
        ("", None),
        (None, None),
    ],
)
def test_moments_are_read_as_iam_writes_them(text: str | None, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


def test_old_entries_leave_and_the_file_stays_small(
    cache: Callable[..., TokenCache], path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ansible_collections.otc.dis.plugins.module_utils._cloud.token_cache.ROUNDS", 1)
    for number in range(MAX_ENTRIES + 5):
        clock.now += 1
        cache(settings_of(username=f"u{number}")).get_token(issued)
    assert len(json.loads(path.read_text())["entries"]) == MAX_ENTRIES
    clock.now += 86400
    cache().get_token(lambda: issued(life=2 * 86400 + 10000, ahead=0))
    assert len(json.loads(path.read_text())["entries"]) == 1


# --- refused ---


def test_refused_token_is_renewed_once_for_all(cache: Callable[..., TokenCache]) -> None:
    logins = Logins()
    old = cache().get_token(logins).token
    new = cache().renew(old, logins)
    assert new is not None
    assert (new.token, logins.count) == ("fake-token-2", 2)
    again = cache().renew(old, never)
    assert again is not None
    assert again.token == "fake-token-2"


def test_refused_token_is_forgotten_where_none_can_take_its_place(cache: Callable[..., TokenCache]) -> None:
    old = cache().get_token(Logins()).token
    assert cache().renew(old, None) is None
    fresh = Logins()
    cache().get_token(fresh)
    assert fresh.count == 1


def refusal(status: int = 401, code: str | None = "IAM.0001") -> Callable[[], IssuedToken]:
    def log_in() -> IssuedToken:
        raise ApiError("log in", status, code, "The username or password is wrong.", "r1")

    return log_in


@pytest.mark.parametrize("status", [400, 401, 403])
def test_refused_login_is_not_tried_again_by_anybody_for_a_while(
    cache: Callable[..., TokenCache], clock: Clock, path: Path, status: int
) -> None:
    for log_in in (refusal(status), never):
        with pytest.raises(ApiError, match="password is wrong") as caught:
            cache().get_token(log_in)
        assert (caught.value.status, caught.value.code, caught.value.request_id) == (status, "IAM.0001", "r1")
        clock.now += REFUSED_FOR / 2
    assert "30 seconds ago" in str(caught.value)
    assert PASSWORD not in path.read_text()
    assert cache(settings_of(password="corrected")).get_token(Logins()).token == "fake-token-1"
    assert cache().get_token(Logins()).token == "fake-token-1"


def test_new_passcode_is_tried_after_a_refused_one(cache: Callable[..., TokenCache]) -> None:
    with pytest.raises(ApiError):
        cache(settings_of(passcode="111111")).get_token(refusal(400, "IAM.1061"))
    with pytest.raises(ApiError):
        cache(settings_of(passcode="111111")).get_token(never)
    assert cache(settings_of(passcode="222222")).get_token(Logins()).token == "fake-token-1"


@pytest.mark.parametrize(("status", "code"), [(500, None), (429, "IAM.0012"), (404, None), (503, None)])
def test_login_that_failed_otherwise_is_tried_again(
    cache: Callable[..., TokenCache], status: int, code: str | None
) -> None:
    with pytest.raises(ApiError):
        cache().get_token(refusal(status, code))
    assert cache().get_token(Logins()).token == "fake-token-1"


# --- files that are not touched ---


def refused_file(cache: Callable[..., TokenCache]) -> str:
    with pytest.raises(InvalidOptions, match="token_cache cannot be used") as caught:
        cache().get_token(never)
    assert caught.value.hint
    return str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o666, 0o610])
def test_file_that_others_can_use_is_refused(cache: Callable[..., TokenCache], path: Path, mode: int) -> None:
    cache().get_token(Logins())
    path.chmod(mode)
    assert f"{mode:04o}" in refused_file(cache)


def test_file_that_is_a_link_is_refused(cache: Callable[..., TokenCache], path: Path, tmp_path: Path) -> None:
    cache().get_token(Logins())
    moved = tmp_path / "moved.json"
    path.rename(moved)
    path.symlink_to(moved)
    assert "is a symbolic link" in refused_file(cache)
    moved.unlink()
    assert "is a symbolic link" in refused_file(cache)


@pytest.mark.parametrize("name", ["tokens.json", "tokens.json.lock"])
def test_file_of_another_user_is_rejected(
    cache: Callable[..., TokenCache], path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir(mode=0o700)
    other = path.parent / name
    other.write_text("{}")
    other.chmod(0o600)
    monkeypatch.setattr(os, "geteuid", lambda: path.parent.stat().st_uid + 1)
    monkeypatch.setattr(
        "ansible_collections.otc.dis.plugins.module_utils._cloud.token_cache.check_folder", lambda folder: None
    )
    assert "belongs to another user" in refused_file(cache)


@pytest.mark.parametrize("name", ["tokens.json", "tokens.json.lock"])
@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_special_file_is_rejected_without_blocking(
    cache: Callable[..., TokenCache], path: Path, name: str, kind: str
) -> None:
    path.parent.mkdir(mode=0o700)
    odd = path.parent / name
    if kind == "folder":
        odd.mkdir(mode=0o700)
    else:
        os.mkfifo(odd, 0o600)
    assert name in refused_file(cache)


def test_lock_that_is_a_link_is_refused(cache: Callable[..., TokenCache], path: Path, tmp_path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    Path(f"{path}.lock").symlink_to(tmp_path / "elsewhere")
    assert "is a symbolic link" in refused_file(cache)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_folder_that_others_can_write_into_is_refused(cache: Callable[..., TokenCache], path: Path, mode: int) -> None:
    path.parent.mkdir()
    path.parent.chmod(mode)
    assert f"{mode:04o}" in refused_file(cache)
    path.parent.chmod(0o1777)  # as /tmp is
    assert cache().get_token(Logins()).token == "fake-token-1"


def test_folder_of_another_user_is_rejected(
    cache: Callable[..., TokenCache], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir()
    own = os.stat

    def foreign(where: Any, **more: Any) -> Any:
        facts = own(where, **more)
        return os.stat_result([*facts[:4], 12345, *facts[5:10]]) if str(where) == str(path.parent) else facts

    monkeypatch.setattr(os, "stat", foreign)
    assert "belongs to another user" in refused_file(cache)


def test_folder_that_cannot_be_made_is_named(cache: Callable[..., TokenCache], path: Path) -> None:
    path.parent.write_text("a file")
    assert str(path.parent) in refused_file(cache)


def test_disk_that_is_full_is_named_and_leaves_nothing_behind(
    cache: Callable[..., TokenCache], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_paths: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InvalidOptions, match="No space left on device"):
        cache().get_token(Logins())
    assert [one.name for one in path.parent.iterdir()] == ["tokens.json.lock"]


# --- files that are broken ---

BROKEN: list[bytes] = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"\xff\xfe\x00",
    b'{"salt": 5, "entries": {}}',
    b'{"salt": "zz", "entries": {}}',
    b'{"salt": "00", "entries": {}}',
    b'{"entries": {}}',
    b"[" * 100000,
]


@pytest.mark.parametrize("content", BROKEN, ids=lambda one: repr(one[:20]))
def test_broken_file_is_a_miss_and_is_replaced(cache: Callable[..., TokenCache], path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700)
    path.write_bytes(content)
    path.chmod(0o600)
    assert cache().get_token(Logins()).token == "fake-token-1"
    assert cache().get_token(never).token == "fake-token-1"


@pytest.mark.parametrize("complete", [False, True])
def test_half_file_is_a_miss(cache: Callable[..., TokenCache], path: Path, complete: bool) -> None:
    cache().get_token(Logins())
    content = path.read_bytes()
    path.write_bytes(content if complete else content[: len(content) // 2])
    logins = Logins()
    cache().get_token(logins)
    assert logins.count == (0 if complete else 1)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
MEMBERS = [
    "token",
    "project_id",
    "endpoint",
    "expires_at",
    "since",
    "ends",
    "refused",
    "status",
    "text",
    "hint",
    "call",
]


@given(st.dictionaries(st.sampled_from(MEMBERS), JSON))
def test_entry_of_any_shape_is_judged_without_a_crash(entry: dict[str, Any]) -> None:
    assert is_cacheable(entry, NOW) in (True, False)
    found = from_entry(entry, NOW)
    assert found is None or found.token == entry["token"]


def test_odd_entries_do_not_spoil_the_others(cache: Callable[..., TokenCache], path: Path) -> None:
    cache().get_token(Logins())
    document = json.loads(path.read_text())
    document["entries"].update({"a": None, "b": 5, "c": {"token": []}, "d": {"refused": "x"}})
    path.write_text(json.dumps(document))
    assert cache().get_token(never).token == "fake-token-1"


# --- many at once ---


@pytest.fixture
def starting() -> threading.Barrier:
    return threading.Barrier(8)


def test_many_at_once_make_one_login(cache: Callable[..., TokenCache], starting: threading.Barrier) -> None:
    logins, tokens = Logins(), []

    def one() -> None:
        starting.wait()
        tokens.append(cache().get_token(logins).token)

    threads = [threading.Thread(target=one) for _one in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tokens, logins.count) == (["fake-token-1"] * 8, 1)


def test_lock_that_is_never_let_go_is_named(
    cache: Callable[..., TokenCache], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir(mode=0o700)
    times = iter(range(0, 10**6, 30))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(times)))
    with cache().locked(), pytest.raises(InvalidOptions, match=r"held .*tokens\.json\.lock for too long"):
        cache().renew("t", never)
    assert not path.exists()
