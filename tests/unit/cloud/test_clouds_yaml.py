# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clouds files: found, merged and refused as openstacksdk does."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._cloud.clouds_yaml import entry, find, folders, load, merged
from ansible_collections.otc.dis.plugins.module_utils._cloud.files import MAX_FILE, Files
from ansible_collections.otc.dis.plugins.module_utils._core.errors import InvalidOptions

FILES = Files()

CLOUDS = """
clouds:
  my-otc:
    profile: otc
    auth: {username: robot, user_domain_name: OTC-1, project_name: eu-de_demo}
  other:
    regions: [eu-nl, {name: eu-de, values: {interface: internal}}]
    auth: {auth_url: "https://iam.example/v3"}
"""
BOMB = "\n".join(["a0: &a0 [lol]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 2000)}]" for n in range(1, 9))])
MERGES = "\n".join(
    ["a0: &a0 {k: v, l: w}", *(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 20))]
)
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
    found = entry("my-otc", None, environ, FILES, "cloud")
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
    found = entry("other", region, environ, FILES, "cloud")
    assert found is not None
    assert (found[1]["region_name"], found[1].get("interface")) == (chosen, interface)


def test_only_entry_is_taken_when_none_is_named(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "clouds.json").write_text('{"clouds": {"devstack": {"auth": {"username": "robot"}}}}')
    found = entry(None, None, environ, FILES, "")
    assert found is not None
    assert found[1]["auth"] == {"username": "robot"}


def test_no_entry_is_taken_when_there_are_several_or_none(environ: dict[str, str], tmp_path: Path) -> None:
    assert entry(None, None, environ, FILES, "") is None
    (tmp_path / "clouds.yaml").write_text(CLOUDS)
    assert entry(None, None, environ, FILES, "") is None


def test_named_file_comes_before_the_current_folder(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text(CLOUDS)
    (tmp_path / "mine.yaml").write_text("clouds: {mine: {}}")
    named = {**environ, "OS_CLIENT_CONFIG_FILE": str(tmp_path / "mine.yaml")}
    assert find("clouds", "OS_CLIENT_CONFIG_FILE", named, FILES) == str(tmp_path / "mine.yaml")
    assert find("clouds", "OS_CLIENT_CONFIG_FILE", {**environ, "OS_CLIENT_CONFIG_FILE": ""}, FILES) == str(
        tmp_path / "clouds.yaml"
    )


@pytest.mark.parametrize("folder", ["home/.config/openstack", "site/openstack"])
def test_other_folders_are_searched(environ: dict[str, str], tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "clouds.yaml").write_text(CLOUDS)
    assert find("clouds", "OS_CLIENT_CONFIG_FILE", environ, FILES) == str(tmp_path / folder / "clouds.yaml")


def test_public_profiles_are_known(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text("clouds: {a: {profile: vendor}}")
    (tmp_path / "clouds-public.yaml").write_text(
        "public-clouds: {vendor: {auth: {auth_url: 'https://iam.example/v3'}}}"
    )
    found = entry("a", None, environ, FILES, "cloud")
    assert found is not None
    assert found[1]["auth"] == {"auth_url": "https://iam.example/v3"}


def test_folders_are_searched_in_the_order_of_openstacksdk(environ: dict[str, str], tmp_path: Path) -> None:
    here, home = str(tmp_path), str(tmp_path / "home/.config/openstack")
    assert folders({}, FILES) == [here, home, "/etc/xdg/openstack", "/etc/openstack"]
    chosen = {"XDG_CONFIG_HOME": "/mine", "XDG_CONFIG_DIRS": "/one::/two"}
    sites = ["/one/openstack", "/two/openstack", "/etc/openstack"]
    assert folders(chosen, FILES) == [here, "/mine/openstack", home, *sites]
    assert folders(environ, FILES) == [here, home, str(tmp_path / "site/openstack"), "/etc/openstack"]


def test_file_is_named_below_home(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/mine.yaml").write_text("clouds: {mine: {}}")
    named = {**environ, "OS_CLIENT_CONFIG_FILE": " ~/mine.yaml "}
    assert find("clouds", "OS_CLIENT_CONFIG_FILE", named, FILES) == str(tmp_path / "home/mine.yaml")


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
    assert entry("mine", None, environ, FILES, "cloud") == (
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
    found = entry("mine", region, environ, FILES, "cloud")
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
    found = entry("mine", None, environ, FILES, "cloud")
    assert found is not None
    assert found[1].get("region_name") == chosen


def test_cloud_name_differs_from_the_only_entry_of_an_injected_file(environ: dict[str, str], tmp_path: Path) -> None:
    """An AWX job gets a file with one entry, ``devstack``, regardless of the cloud name in the playbook."""
    (tmp_path / "injected").write_text("clouds: {devstack: {region_name: eu-de}}")
    environ["OS_CLIENT_CONFIG_FILE"] = str(tmp_path / "injected")
    with pytest.raises(InvalidOptions) as caught:
        entry("my-otc", None, environ, FILES, "transfer_health_cloud")
    said = f"{caught.value} {caught.value.hint}"
    assert 'transfer_health_cloud is "my-otc"' in said
    assert '(from OS_CLIENT_CONFIG_FILE) contains only "devstack"' in said
    assert "Remove transfer_health_cloud: without a name, the only entry is used." in said
    found = entry(None, None, environ, FILES, "")
    assert found is not None
    assert found[1] == {"region_name": "eu-de"}


@pytest.mark.parametrize(
    ("text", "name", "region", "says"),
    [
        (None, "my-otc", None, "no clouds.yaml was found in"),
        (CLOUDS, "myotc", None, "contains my-otc and other"),
        ("clouds: {}", "a", None, "no clouds"),
        (CLOUDS, "other", "eu-ch2", 'not "eu-ch2"'),
        ("clouds: {a: {profile: nowhere}}", "a", None, '"nowhere"'),
        ("clouds: [a]", "a", None, "must contain a mapping"),
        ("clouds: {a: text}", "a", None, "must contain a mapping"),
        ("- clouds", "a", None, "must contain a mapping"),
        ("clouds: {a: not-a-real-password", "a", None, r"is not valid YAML \(line 1, column 32\): quote values"),
        ("clouds: {a: {b: @not-a-real-password}}", "a", None, r"line 1, column 17\): quote values that begin with @"),
        ("clouds: {a: {b: !!int not-a-real-password}}", "a", None, "a value does not fit its tag"),
        ("clouds: &round {a: *round}", "a", None, "refers to itself"),
        (BOMB, "a", None, "more than 10000 values"),
        ("clouds: {a: {b: !vault not-a-real-password}}", "a", None, "encrypted with Ansible Vault"),
        ("$ANSIBLE_VAULT;1.1;AES256\n3030", "a", None, "encrypted with Ansible Vault"),
        ("clouds: {a: {profile: otc}}", "a", "eu-ch2", 'has the regions eu-de and eu-nl, not "eu-ch2"'),
    ],
)
def test_file_error_is_reported(
    environ: dict[str, str], tmp_path: Path, text: str | None, name: str, region: str | None, says: str
) -> None:
    if text is not None:
        (tmp_path / "clouds.yaml").write_text(text)
    with pytest.raises(InvalidOptions, match=says) as caught:
        entry(name, region, environ, FILES, "cloud")
    assert "not-a-real-password" not in str(caught.value)


def test_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidOptions, match="must be the path of a regular file"):
        load(str(tmp_path), FILES, "clouds")
    with pytest.raises(InvalidOptions, match="cannot be read"):
        load(str(tmp_path / "gone.yaml"), FILES, "clouds")


@pytest.mark.parametrize("text", ["", "{}", "clouds:", "clouds: {}", "other: {a: {}}"])
def test_file_without_entries_is_none_the_worse(tmp_path: Path, text: str) -> None:
    (tmp_path / "clouds.yaml").write_text(text)
    assert load(str(tmp_path / "clouds.yaml"), FILES, "clouds") == {}


@pytest.mark.parametrize(("extra", "is_read"), [(0, True), (1, False)])
def test_bound_of_a_file_counts_nodes(tmp_path: Path, extra: int, is_read: bool) -> None:
    """Three nodes hold the entries, and each of them has a key and a value."""
    (tmp_path / "clouds.yaml").write_text("clouds:\n" + "".join(f"  c{n}: {{}}\n" for n in range(4998 + extra)))
    if is_read:
        assert len(load(str(tmp_path / "clouds.yaml"), FILES, "clouds")) == 4998
    else:
        with pytest.raises(InvalidOptions, match="more than 10000 values"):
            load(str(tmp_path / "clouds.yaml"), FILES, "clouds")


def test_merges_of_merges_stay_small(tmp_path: Path) -> None:
    """Newer releases of PyYAML merge each key once; with older ones the limit of nodes ends it."""
    (tmp_path / "clouds.yaml").write_text(MERGES)
    with contextlib.suppress(InvalidOptions):
        assert load(str(tmp_path / "clouds.yaml"), FILES, "clouds") == {}


def test_file_of_more_than_a_mebibyte_is_refused(tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_bytes(b"#" * (MAX_FILE + 1))
    with pytest.raises(InvalidOptions, match="larger than 1024 KiB"):
        load(str(tmp_path / "clouds.yaml"), FILES, "clouds")


@pytest.mark.parametrize("variable", ["OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE", "OS_CLIENT_VENDOR_FILE"])
@pytest.mark.parametrize("kind", ["missing", "pipe", "folder"])
def test_named_file_is_never_replaced_by_another(
    environ: dict[str, str], tmp_path: Path, variable: str, kind: str
) -> None:
    (tmp_path / "clouds.yaml").write_text("clouds: {a: {profile: otc}}")
    for name in ("secure.yaml", "clouds-public.yaml"):
        (tmp_path / name).write_text("{}")
    path = tmp_path / "mine.yaml"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    says = f"{variable} names a file that does not exist: {path}" if kind == "missing" else f"{path} is not"
    with pytest.raises(InvalidOptions, match=re.escape(says)):
        entry("a", None, {**environ, variable: "mine.yaml"}, FILES, "cloud")


def test_playbook_folder_is_searched_second(environ: dict[str, str], tmp_path: Path) -> None:
    playbook = tmp_path / "playbooks"
    playbook.mkdir()
    (playbook / "clouds.yaml").write_text("clouds: {second: {}}")
    files = Files(str(playbook))
    assert find("clouds", "OS_CLIENT_CONFIG_FILE", environ, files) == str(playbook / "clouds.yaml")
    (tmp_path / "clouds.yaml").write_text("clouds: {first: {}}")
    assert find("clouds", "OS_CLIENT_CONFIG_FILE", environ, files) == str(tmp_path / "clouds.yaml")
    named = {**environ, "OS_CLIENT_CONFIG_FILE": "mine.yaml"}
    with pytest.raises(InvalidOptions, match=re.escape(f"{tmp_path / 'mine.yaml'} and {playbook / 'mine.yaml'}")):
        find("clouds", "OS_CLIENT_CONFIG_FILE", named, files)


def test_vaulted_files_and_values_are_decrypted(environ: dict[str, str], tmp_path: Path) -> None:
    def decrypt(content: bytes) -> bytes:
        if content.startswith(b"$ANSIBLE_VAULT;complete"):
            return b'clouds: {a: {auth: {password: !vault "$ANSIBLE_VAULT;value"}}}'
        if content != b"$ANSIBLE_VAULT;value":
            raise RuntimeError("not-a-real-password")
        return b"fake-password"

    files = Files(None, decrypt)
    (tmp_path / "clouds.yaml").write_text("$ANSIBLE_VAULT;complete")
    found = entry("a", None, environ, files, "cloud")
    assert found is not None
    assert found[1] == {"auth": {"password": "fake-password"}}
    (tmp_path / "clouds.yaml").write_text("$ANSIBLE_VAULT;other")
    with pytest.raises(InvalidOptions, match="no vault secret of this run can decrypt it") as caught:
        entry("a", None, environ, files, "cloud")
    assert "not-a-real-password" not in str(caught.value)


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
def test_second_mapping_overrides_the_first_if_set(
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


@given(st.binary() | st.text().map(str.encode))
def test_any_file_is_read_or_refused(content: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        try:
            found = load(file.name, FILES, "clouds")
        except InvalidOptions:
            return
    assert all(isinstance(entry, dict) for entry in found.values())
