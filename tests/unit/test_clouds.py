# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clouds files: found, merged and refused as openstacksdk does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._clouds import entry, find, load, merged
from ansible_collections.otc.dis.plugins.module_utils._errors import BadInput


def parse(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise ValueError from None


CLOUDS = """
clouds:
  my-otc:
    profile: otc
    auth: {username: robot, user_domain_name: OTC-1, project_name: eu-de_demo}
  other:
    regions: [eu-nl, {name: eu-de, values: {interface: internal}}]
    auth: {auth_url: "https://iam.example/v3"}
"""
SECURE = "clouds: {my-otc: {auth: {password: not-a-real-password}}}"


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A place of our own, with nothing of the developer's in sight."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return {"XDG_CONFIG_DIRS": str(tmp_path / "site")}


def test_entry_is_merged_from_clouds_secure_and_profile(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text(CLOUDS)
    (tmp_path / "secure.yml").write_text(SECURE)
    found = entry("my-otc", None, environ, parse, "cloud")
    assert found is not None
    place, values, secure = found
    assert secure is not None
    assert secure[0] == f'cloud "my-otc" in {tmp_path / "secure.yml"}'
    assert place == f'cloud "my-otc" in {tmp_path / "clouds.yaml"}'
    assert values["auth"] == {
        "auth_url": "https://iam.{region_name}.otc.t-systems.com/v3",
        "username": "robot",
        "user_domain_name": "OTC-1",
        "project_name": "eu-de_demo",
        "password": "not-a-real-password",
    }
    assert values["region_name"] == "eu-de"


@pytest.mark.parametrize(
    ("region", "chosen", "interface"), [(None, "eu-nl", None), ("eu-de", "eu-de", "internal"), ("eu-nl", "eu-nl", None)]
)
def test_entry_takes_the_chosen_region_or_the_first(
    environ: dict[str, str], tmp_path: Path, region: str | None, chosen: str, interface: str | None
) -> None:
    (tmp_path / "clouds.yaml").write_text(CLOUDS)
    found = entry("other", region, environ, parse, "cloud")
    assert found is not None
    assert (found[1]["region_name"], found[1].get("interface")) == (chosen, interface)


def test_only_entry_is_taken_when_none_is_named(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "clouds.json").write_text('{"clouds": {"devstack": {"auth": {"username": "robot"}}}}')
    found = entry(None, None, environ, parse, "")
    assert found is not None
    assert found[1]["auth"] == {"username": "robot"}


def test_no_entry_is_taken_when_there_are_several_or_none(environ: dict[str, str], tmp_path: Path) -> None:
    assert entry(None, None, environ, parse, "") is None
    (tmp_path / "clouds.yaml").write_text(CLOUDS)
    assert entry(None, None, environ, parse, "") is None


def test_named_file_comes_before_the_current_folder(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text(CLOUDS)
    (tmp_path / "mine.yaml").write_text("clouds: {mine: {}}")
    named = {**environ, "OS_CLIENT_CONFIG_FILE": str(tmp_path / "mine.yaml")}
    assert find("clouds", "OS_CLIENT_CONFIG_FILE", named) == str(tmp_path / "mine.yaml")
    assert find("clouds", "OS_CLIENT_CONFIG_FILE", {**environ, "OS_CLIENT_CONFIG_FILE": ""}) == str(
        tmp_path / "clouds.yaml"
    )


@pytest.mark.parametrize("folder", ["home/.config/openstack", "site/openstack"])
def test_other_folders_are_searched(environ: dict[str, str], tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "clouds.yaml").write_text(CLOUDS)
    assert find("clouds", "OS_CLIENT_CONFIG_FILE", environ) == str(tmp_path / folder / "clouds.yaml")


def test_public_profiles_are_known(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text("clouds: {a: {profile: vendor}}")
    (tmp_path / "clouds-public.yaml").write_text(
        "public-clouds: {vendor: {auth: {auth_url: 'https://iam.example/v3'}}}"
    )
    found = entry("a", None, environ, parse, "cloud")
    assert found is not None
    assert found[1]["auth"] == {"auth_url": "https://iam.example/v3"}


@pytest.mark.parametrize(
    ("text", "name", "region", "says"),
    [
        (None, "my-otc", None, "there is no clouds.yaml"),
        (CLOUDS, "myotc", None, "has my-otc and other"),
        ("clouds: {}", "a", None, "no clouds"),
        (CLOUDS, "other", "eu-ch2", 'not "eu-ch2"'),
        ("clouds: {a: {profile: nowhere}}", "a", None, '"nowhere"'),
        ("clouds: [a]", "a", None, "must hold a mapping"),
        ("clouds: {a: text}", "a", None, "must hold a mapping"),
        ("- clouds", "a", None, "must hold a mapping"),
        ("clouds: {a: not-a-real-password", "a", None, "is not valid YAML"),
    ],
)
def test_trouble_with_a_file_is_named(
    environ: dict[str, str], tmp_path: Path, text: str | None, name: str, region: str | None, says: str
) -> None:
    if text is not None:
        (tmp_path / "clouds.yaml").write_text(text)
    with pytest.raises(BadInput, match=says) as caught:
        entry(name, region, environ, parse, "cloud")
    assert "not-a-real-password" not in str(caught.value)


def test_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        load(str(tmp_path), parse, "clouds")


TREES = st.recursive(
    st.none() | st.text(max_size=3) | st.booleans(),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from("abc"), TREES), st.dictionaries(st.sampled_from("abc"), TREES))
def test_merging_keeps_every_key_and_settles(under: dict[str, Any], over: dict[str, Any]) -> None:
    once = merged(under, over)
    assert set(once) == {*under, *over}
    assert merged(once, over) == once


@given(st.text())
def test_any_file_is_read_or_refused(text: str) -> None:
    def read(document: str) -> Any:
        assert document is not None
        return parse(text)

    try:
        found = load(__file__, read, "clouds")
    except BadInput:
        return
    assert all(isinstance(entry, dict) for entry in found.values())
