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

from ansible_collections.otc.dis.plugins.module_utils._clouds import entry, find, folders, load, merged
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


def test_folders_are_searched_in_the_order_of_openstacksdk(environ: dict[str, str], tmp_path: Path) -> None:
    here, home = str(tmp_path), str(tmp_path / "home/.config/openstack")
    assert folders({}) == [here, home, "/etc/xdg/openstack", "/etc/openstack"]
    chosen = {"XDG_CONFIG_HOME": "/mine", "XDG_CONFIG_DIRS": "/one::/two"}
    sites = ["/one/openstack", "/two/openstack", "/etc/openstack"]
    assert folders(chosen) == [here, "/mine/openstack", home, *sites]
    assert folders(environ) == [here, home, str(tmp_path / "site/openstack"), "/etc/openstack"]


def test_file_is_named_below_home(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/mine.yaml").write_text("clouds: {mine: {}}")
    named = {**environ, "OS_CLIENT_CONFIG_FILE": " ~/mine.yaml "}
    assert find("clouds", "OS_CLIENT_CONFIG_FILE", named) == str(tmp_path / "home/mine.yaml")


def test_variables_name_the_files_of_each_kind(environ: dict[str, str], tmp_path: Path) -> None:
    texts = {
        "CONFIG": "clouds: {mine: {profile: vendor, auth: {username: robot}}}",
        "SECURE": "clouds: {mine: {auth: {password: not-a-real-password}}}",
        "VENDOR": "public-clouds: {vendor: {auth: {auth_url: 'https://iam.example/v3'}}}",
    }
    for kind, text in texts.items():
        (tmp_path / f"{kind}.txt").write_text(text)
        environ[f"OS_CLIENT_{kind}_FILE"] = str(tmp_path / f"{kind}.txt")
    auth = {"auth_url": "https://iam.example/v3", "username": "robot", "password": "not-a-real-password"}
    assert entry("mine", None, environ, parse, "cloud") == (
        f'cloud "mine" in {tmp_path / "CONFIG.txt"}',
        {"profile": "vendor", "auth": auth},
        (f'cloud "mine" in {tmp_path / "SECURE.txt"}', {"auth": {"password": "not-a-real-password"}}),
    )


@pytest.mark.parametrize("word", ["profile", "cloud"])
@pytest.mark.parametrize(
    ("profile", "region", "chosen", "auth_url"),
    [
        ("otc", None, "eu-de", "https://iam.{region_name}.otc.t-systems.com/v3"),
        ("otc", "eu-nl", "eu-nl", "https://iam.{region_name}.otc.t-systems.com/v3"),
        ("otc-swiss", None, "eu-ch2", "https://iam-pub.{region_name}.sc.otc.t-systems.com/v3"),
    ],
)
def test_profile_knows_login_and_regions(
    environ: dict[str, str], tmp_path: Path, word: str, profile: str, region: str | None, chosen: str, auth_url: str
) -> None:
    (tmp_path / "clouds.yaml").write_text(f"clouds: {{mine: {{{word}: {profile}}}}}")
    found = entry("mine", region, environ, parse, "cloud")
    assert found is not None
    assert (found[1]["region_name"], found[1]["auth"]) == (chosen, {"auth_url": auth_url})


@pytest.mark.parametrize(
    ("values", "chosen"),
    [
        ("{region_name: eu-de, regions: [eu-nl, eu-de]}", "eu-de"),
        ("{region_name: eu-de, regions: []}", "eu-de"),
        ("{region_name: eu-de, regions: eu-nl}", "eu-de"),
        ("{region_name: eu-de}", "eu-de"),
        ("{regions: [{name: eu-nl}, eu-de]}", "eu-nl"),
        ("{}", None),
    ],
)
def test_region_of_the_entry_counts_where_none_was_chosen(
    environ: dict[str, str], tmp_path: Path, values: str, chosen: str | None
) -> None:
    (tmp_path / "clouds.yaml").write_text(f"clouds: {{mine: {values}}}")
    found = entry("mine", None, environ, parse, "cloud")
    assert found is not None
    assert found[1].get("region_name") == chosen


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
        ("clouds: &round {a: *round}", "a", None, "holds more than anybody would write by hand"),
        ("clouds: {a: {profile: otc}}", "a", "eu-ch2", 'has the regions eu-de and eu-nl, not "eu-ch2"'),
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


@pytest.mark.parametrize("text", ["", "{}", "clouds:", "clouds: {}", "other: {a: {}}"])
def test_file_without_entries_is_none_the_worse(tmp_path: Path, text: str) -> None:
    (tmp_path / "clouds.yaml").write_text(text)
    assert load(str(tmp_path / "clouds.yaml"), parse, "clouds") == {}


@pytest.mark.parametrize(("extra", "is_read"), [(0, True), (1, False)])
def test_bound_of_a_file_counts_mappings(extra: int, is_read: bool) -> None:
    entries: dict[Any, dict[str, Any]] = {number: {} for number in range(9999 + extra)}
    try:
        found = load(__file__, lambda _text: {"clouds": entries}, "clouds")
    except BadInput:
        assert not is_read
    else:
        assert (is_read, len(found)) == (True, 9999)


@pytest.mark.parametrize(
    ("under", "over", "expected"),
    [
        ({"a": "old"}, {"a": "new"}, {"a": "new"}),
        ({"a": "old"}, {"a": ""}, {"a": "old"}),
        ({"a": "old"}, {"a": None}, {"a": "old"}),
        ({"a": True}, {"a": False}, {"a": False}),
        ({}, {"a": None}, {"a": None}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 3, "d": 4}}, {"a": {"b": 1, "c": 3, "d": 4}}),
        ({"a": {"b": 1}}, {"a": "text"}, {"a": "text"}),
        ({"a": "text"}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": [1]}, {"a": [2]}, {"a": [2]}),
    ],
)
def test_second_mapping_wins_where_it_says_something(
    under: dict[str, Any], over: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert merged(under, over) == expected


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
