# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options, clouds files and the environment: which place is heard."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Run, Seeded

    from otc_emulator.runner import Emulator

FAKE = "fake-password-of-somebody-else"


@pytest.fixture(autouse=True)
def one_task(tasks: Seeded) -> None:
    """Something to look at."""
    tasks()


def write(path: Path, clouds: Mapping[str, Any], key: str = "clouds") -> str:
    """A clouds file; JSON is YAML, too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({key: clouds}))
    return str(path)


def user_of(result: Any) -> str:
    """Who logged in."""
    (login,) = result.requests("iam")
    return str(login["body"]["auth"]["identity"]["password"]["user"]["name"])


# --- the environment ---


@pytest.mark.quick
def test_environment_alone_suffices(run: Run, emulator: Emulator) -> None:
    assert run(auth=None, env=emulator.environ).ok().iam == ["login"]


def test_environment_in_a_process_suffices(run: Run, emulator: Emulator) -> None:
    assert run.process(auth=None, env=emulator.environ).ok().iam == ["login"]


@pytest.mark.parametrize(
    "renamed",
    [
        {"OS_USERNAME": "OS_USER_NAME"},
        {"OS_PROJECT_NAME": "OS_TENANT_NAME"},
        {"OS_USER_DOMAIN_NAME": "OS_DOMAIN_NAME"},
    ],
    ids=lambda one: next(iter(one.values())),
)
def test_environment_in_older_words(run: Run, emulator: Emulator, renamed: dict[str, str]) -> None:
    env = {renamed.get(name, name): value for name, value in emulator.environ.items()}
    assert run(auth=None, env=env).ok().iam == ["login"]


def test_environment_with_token_and_endpoint_sends_nothing_to_iam(run: Run, emulator: Emulator) -> None:
    env = {"OS_TOKEN": emulator.mint_token(), "OS_PROJECT_ID": emulator.project_id}
    for name in ("OS_DISV2_ENDPOINT_OVERRIDE", "OS_DIS_ENDPOINT_OVERRIDE"):
        result = run(auth=None, env={**env, name: emulator.url}).ok()
        assert (result.iam, result.dis) == ([], ["show"])


def test_environment_variable_that_is_empty_counts_as_not_given(run: Run, emulator: Emulator) -> None:
    empty = dict.fromkeys(
        (
            "OS_CLOUD", "OS_TOKEN", "OS_AUTH_TYPE", "OS_USER_ID", "OS_PROJECT_ID", "OS_USER_DOMAIN_ID", "OS_CACERT",
            "OS_CERT", "OS_KEY", "OS_INTERFACE", "OS_INSECURE", "OS_CLIENT_CONFIG_FILE", "OS_DISV2_ENDPOINT_OVERRIDE",
        ),
        "",
    )  # fmt: skip
    assert run(auth=None, env={**empty, **emulator.environ}).ok().iam == ["login"]
    assert run(env=empty).ok().iam == ["login"]


def test_option_that_is_empty_counts_as_not_given(run: Run, emulator: Emulator, auth: dict[str, str]) -> None:
    empty = {
        "cloud": "",
        "auth_type": "",
        "region_name": "",
        "interface": "",
        "ca_cert": "",
        "client_cert": "",
        "client_key": "",
        "endpoint_override": "",
    }
    blank = dict.fromkeys(("user_id", "token", "project_id", "project_domain_id", "domain_name", "user_domain_id"), "")
    assert run(auth={**blank, **auth}, **empty).ok().iam == ["login"]
    assert run(auth=dict.fromkeys(auth, ""), env=emulator.environ, **empty).ok().iam == ["login"]


def test_option_takes_precedence_over_the_environment(run: Run, emulator: Emulator) -> None:
    env = {**emulator.environ, "OS_USERNAME": "somebody-else", "OS_PASSWORD": FAKE, "OS_PROJECT_NAME": "elsewhere"}
    result = run(env=env).ok()
    assert user_of(result) == "emulator-user"


def test_environment_fills_what_the_options_leave_open(run: Run, emulator: Emulator, auth: dict[str, str]) -> None:
    env = {"OS_AUTH_URL": emulator.auth_url, "OS_PROJECT_NAME": "eu-de", "OS_REGION_NAME": "eu-de"}
    del auth["auth_url"], auth["project_name"]
    assert run(auth=auth, env=env).ok().iam == ["login"]


def test_password_is_never_used_for_the_user_of_another_source(
    run: Run, emulator: Emulator, auth: dict[str, str]
) -> None:
    """The environment's password belongs to the environment's user."""
    emulator.seed(users=[{"name": "robot", "password": emulator.login["password"]}])
    result = run(auth={**auth, "username": "robot", "password": None}, env=emulator.environ).bad()
    assert "no password" in result.msg
    assert result.log == []


def test_region_in_the_environment_is_heard(run: Run, emulator: Emulator) -> None:
    result = run(env={"OS_REGION_NAME": "eu-nl"}).bad()
    assert "There is no DIS in region eu-nl" in result.msg
    assert run(env={"OS_REGION_NAME": "eu-nl"}, region_name="eu-de").ok().dis == ["show"]


def test_insecure_in_the_environment_warns(run: Run) -> None:
    assert any("not verified" in one for one in run(env={"OS_INSECURE": "true"}).ok().warnings)
    assert run(env={"OS_INSECURE": "true"}, validate_certs=True).ok().warnings == []
    assert run(env={"OS_INSECURE": "false"}).ok().warnings == []


def test_region_name_in_the_address_is_filled_in(run: Run, emulator: Emulator, auth: dict[str, str]) -> None:
    emulator.configure(region="v3")
    auth["auth_url"] = emulator.url + "/{region_name}"
    assert run(auth=auth, region_name="v3").ok().iam == ["login"]
    del auth["project_name"]
    refused = run(auth={**auth, "project_id": emulator.project_id}).bad()
    assert "region" in refused.msg
    assert refused.log == []


# --- clouds ---


def test_cloud_as_a_dictionary(run: Run, auth: dict[str, str]) -> None:
    assert run(auth=None, cloud={"auth": auth, "region_name": "eu-de"}).ok().iam == ["login"]


def test_cloud_as_a_dictionary_in_a_text(run: Run, auth: dict[str, str]) -> None:
    result = run(auth=None, cloud=json.dumps({"auth": auth, "region_name": "eu-de"})).ok()
    assert result.iam == ["login"]


PLACES = ["clouds.yaml", "clouds.yml", "clouds.json", ".config/openstack/clouds.yaml"]


@pytest.mark.parametrize("place", PLACES)
def test_cloud_by_name_is_found_where_openstacksdk_finds_it(run: Run, auth: dict[str, str], place: str) -> None:
    write(run.home / place, {"mine": {"auth": auth}, "other": {"auth": {"auth_url": "https://iam.example.com/v3"}}})
    assert run(auth=None, cloud="mine").ok().iam == ["login"]


def test_cloud_in_yaml(run: Run, auth: dict[str, str]) -> None:
    lines = "\n".join(f"      {key}: {value}" for key, value in auth.items())
    (run.home / "clouds.yaml").write_text(f"# mine\nclouds:\n  mine:\n    region_name: eu-de\n    auth:\n{lines}\n")
    assert run(auth=None, cloud="mine").ok().iam == ["login"]


@pytest.mark.parametrize("place", ["xdg", "site"])
def test_cloud_in_the_folders_of_xdg(run: Run, auth: dict[str, str], tmp_path: Path, place: str) -> None:
    write(tmp_path / place / "openstack" / "clouds.yaml", {"mine": {"auth": auth}})
    variable = {"xdg": "XDG_CONFIG_HOME", "site": "XDG_CONFIG_DIRS"}[place]
    assert run(auth=None, cloud="mine", env={variable: str(tmp_path / place)}).ok().iam == ["login"]


@pytest.mark.quick
def test_cloud_in_the_file_of_os_client_config_file(run: Run, auth: dict[str, str], tmp_path: Path) -> None:
    """This, with OS_CLOUD, is all that AWX sets for its OpenStack credential."""
    path = write(tmp_path / "somewhere.txt", {"mine": {"auth": auth}})
    write(run.home / "clouds.yaml", {"mine": {"auth": {**auth, "username": "not-me"}}})
    env = {"OS_CLIENT_CONFIG_FILE": path, "OS_CLOUD": "mine"}
    assert user_of(run(auth=None, env=env).ok()) == "emulator-user"
    assert user_of(run.process(auth=None, env=env).ok()) == "emulator-user"


def test_cloud_option_takes_precedence_over_os_cloud(run: Run, auth: dict[str, str]) -> None:
    write(run.home / "clouds.yaml", {"mine": {"auth": auth}, "other": {"auth": {**auth, "username": "not-me"}}})
    assert user_of(run(auth=None, cloud="mine", env={"OS_CLOUD": "other"}).ok()) == "emulator-user"


def test_cloud_takes_precedence_over_the_environment(run: Run, emulator: Emulator, auth: dict[str, str]) -> None:
    write(run.home / "clouds.yaml", {"mine": {"auth": auth}})
    env = {
        **emulator.environ,
        "OS_USERNAME": "not-me",
        "OS_PASSWORD": FAKE,
        "OS_AUTH_URL": "https://iam.example.com/v3",
    }
    assert user_of(run(auth=None, cloud="mine", env=env).ok()) == "emulator-user"


def test_option_takes_precedence_over_the_cloud(run: Run, auth: dict[str, str]) -> None:
    there = {
        "auth": {**auth, "username": "not-me", "password": FAKE, "project_name": "elsewhere"},
        "region_name": "eu-nl",
    }
    write(run.home / "clouds.yaml", {"mine": there})
    assert user_of(run(cloud="mine", region_name="eu-de").ok()) == "emulator-user"


def test_cloud_password_is_never_used_for_the_user_of_the_options(run: Run, auth: dict[str, str]) -> None:
    write(run.home / "clouds.yaml", {"mine": {"auth": auth}})
    result = run(cloud="mine", auth={"username": "robot", "user_domain_name": "emulator-domain"}).bad()
    assert "no password" in result.msg
    assert result.log == []


def test_cloud_fills_what_the_options_leave_open(run: Run, auth: dict[str, str]) -> None:
    write(run.home / "clouds.yaml", {"mine": {"auth": auth}})
    assert run(cloud="mine", auth={"project_name": "eu-de"}).ok().iam == ["login"]


def test_only_cloud_is_taken_without_a_name(run: Run, auth: dict[str, str]) -> None:
    write(run.home / "clouds.yaml", {"mine": {"auth": auth}})
    assert run(auth=None).ok().iam == ["login"]


def test_two_clouds_without_a_name_are_not_guessed_at(run: Run, auth: dict[str, str]) -> None:
    write(run.home / "clouds.yaml", {"mine": {"auth": auth}, "other": {"auth": auth}})
    assert run(auth=None).bad().log == []


def test_secure_file_is_laid_over(run: Run, auth: dict[str, str]) -> None:
    password = auth.pop("password")
    write(run.home / "clouds.yaml", {"mine": {"auth": auth}})
    write(run.home / "secure.yaml", {"mine": {"auth": {"password": password}}})
    assert run(auth=None, cloud="mine").ok().iam == ["login"]


def test_secure_file_of_the_variable_is_laid_over(run: Run, auth: dict[str, str], tmp_path: Path) -> None:
    password = auth.pop("password")
    write(run.home / "clouds.yaml", {"mine": {"auth": auth}})
    path = write(tmp_path / "vault", {"mine": {"auth": {"password": password}}})
    assert run(auth=None, cloud="mine", env={"OS_CLIENT_SECURE_FILE": path}).ok().iam == ["login"]


def test_cloud_with_a_profile_of_a_vendor_file(run: Run, auth: dict[str, str]) -> None:
    auth_url = auth.pop("auth_url")
    write(run.home / "clouds.yaml", {"mine": {"profile": "house", "auth": auth}})
    write(run.home / "clouds-public.yaml", {"house": {"auth": {"auth_url": auth_url}}}, "public-clouds")
    assert run(auth=None, cloud="mine").ok().iam == ["login"]


def test_cloud_with_an_unknown_profile_is_refused(run: Run, auth: dict[str, str]) -> None:
    write(run.home / "clouds.yaml", {"mine": {"profile": "house", "auth": auth}})
    result = run(auth=None, cloud="mine").bad()
    assert "house" in result.msg
    assert "otc" in result.msg
    assert result.log == []


def test_cloud_with_regions_takes_the_first(run: Run, auth: dict[str, str]) -> None:
    write(run.home / "clouds.yaml", {"mine": {"auth": auth, "regions": ["eu-de", {"name": "eu-nl", "values": {}}]}})
    assert run(auth=None, cloud="mine").ok().dis == ["show"]
    assert "There is no DIS in region eu-nl" in run(auth=None, cloud="mine", region_name="eu-nl").bad().msg
    refused = run(auth=None, cloud="mine", region_name="eu-xx").bad()
    assert "eu-de and eu-nl" in refused.msg
    assert refused.log == []


def test_cloud_with_an_endpoint_needs_no_catalogue(run: Run, emulator: Emulator, auth: dict[str, str]) -> None:
    emulator.configure(catalogue="none")
    for key in ("disv2_endpoint_override", "dis_endpoint_override"):
        write(run.home / "clouds.yaml", {"mine": {"auth": auth, key: emulator.url}})
        assert run(auth=None, cloud="mine").ok().dis == ["show"]


@pytest.mark.parametrize("word", ["verify", "insecure"])
def test_cloud_without_certificate_checks_warns(run: Run, auth: dict[str, str], word: str) -> None:
    write(run.home / "clouds.yaml", {"mine": {"auth": auth, word: word == "insecure"}})
    assert any("not verified" in one for one in run(auth=None, cloud="mine").ok().warnings)
    assert run(auth=None, cloud="mine", validate_certs=True).ok().warnings == []


def test_cloud_unknown_names_those_there_are(run: Run, auth: dict[str, str]) -> None:
    write(run.home / "clouds.yaml", {"mine": {"auth": auth}, "other": {"auth": auth}})
    for result in (run(auth=None, cloud="yours"), run(auth=None, env={"OS_CLOUD": "yours"})):
        assert "yours" in result.bad().msg
        assert "mine and other" in result.msg
        assert result.log == []
    assert "OS_CLOUD" in run(auth=None, env={"OS_CLOUD": "yours"}).msg


def test_cloud_without_a_file_reports_the_searched_paths(run: Run) -> None:
    result = run(auth=None, cloud="mine").bad()
    assert f'cloud is "mine", but no clouds.yaml was found in {run.home}' in result.msg
    assert "OS_CLIENT_CONFIG_FILE" in result.error["hint"]


@pytest.mark.parametrize(
    "content",
    ["clouds: [", "clouds: 5", "clouds:\n  mine: text", "- list", "\x00", "clouds: !!python/object/apply:os.getcwd []"],
)
def test_clouds_file_that_cannot_be_read_is_not_shown(run: Run, content: str) -> None:
    (run.home / "clouds.yaml").write_text(content + "\n# fake-secret-in-the-file\n")
    result = run(auth=None, cloud="mine").bad()
    assert "clouds.yaml" in result.msg
    assert "fake-secret-in-the-file" not in result.everything
    assert result.log == []


def test_clouds_file_that_is_empty_has_no_clouds(run: Run) -> None:
    (run.home / "clouds.yaml").write_text("")
    assert "no clouds" in run(auth=None, cloud="mine").bad().msg


# --- what YAML changed ---


@pytest.mark.parametrize("value", [42798, True, 45045, 1000.0, ["a", "b"], 12, False])
@pytest.mark.parametrize("key", ["username", "password", "project_name", "user_domain_name"])
def test_value_that_yaml_changed_is_refused_before_any_login(
    run: Run, auth: dict[str, str], key: str, value: Any, tmp_path: Path
) -> None:
    clouds = write(tmp_path / "clouds.yaml", {"site": {"auth": {**auth, key: value}}})
    plain = write(tmp_path / "plain.yaml", {"site": {"auth": {**auth, key: ""}}})
    secure = write(tmp_path / "secure.yaml", {"site": {"auth": {key: value}}})
    for place, options in (
        (f"auth.{key} in the options", {"auth": {**auth, key: value}}),
        (f"auth.{key} in option cloud", {"auth": None, "cloud": {"auth": {**auth, key: value}}}),
        (f'auth.{key} in cloud "site" in {clouds}', {"cloud": "site", "env": {"OS_CLIENT_CONFIG_FILE": clouds}}),
        (
            f'auth.{key} in cloud "site" in {secure}',
            {"cloud": "site", "env": {"OS_CLIENT_CONFIG_FILE": plain, "OS_CLIENT_SECURE_FILE": secure}},
        ),
    ):
        result = run(**{"auth": None, **options}).bad()
        assert result.log == []
        assert (result.error["kind"], result.msg.count(f"{place} is not a string")) == ("invalid_options", 1)
        assert "Quote it" in result.error["hint"]


def test_password_of_a_destination_that_yaml_changed_is_refused(run: Run) -> None:
    for value in (42798, True, 12):
        result = run.of("dws_transfer_task")(user_password=value).bad()
        assert result.log == []
        assert "user_password in the options is not a string" in result.msg


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("      password: @fake-password", "(line 5, column 17): quote values"),
        ("      password: %fake-password", "(line 5, column 17): quote values"),
        ("      password: *fake-password", "(line 5, column 17): quote values"),
        ("      password: !fake-password", "(line 5, column 17): quote values"),
        ("      password: fake: password", "(line 5, column 21): quote values"),
        ("\t\tpassword: fake-password", "(line 5, column 1): the line is indented with a tab"),
    ],
)
def test_invalid_yaml_is_reported_by_line_and_cause_without_content(
    run: Run, tmp_path: Path, line: str, said: str
) -> None:
    path = tmp_path / "clouds.yaml"
    path.write_text(f"clouds:\n  site:\n    auth:\n      username: robot\n{line}\n")
    result = run(auth=None, cloud="site", env={"OS_CLIENT_CONFIG_FILE": str(path)}).bad()
    assert result.log == []
    assert f"{path} is not valid YAML {said}" in result.msg
    assert "fake" not in result.msg


def test_several_entries_and_none_named_are_listed(run: Run, auth: dict[str, str], tmp_path: Path) -> None:
    clouds = write(tmp_path / "clouds.yaml", {"b": {"auth": auth}, "a": {"auth": auth}})
    result = run(auth=None, env={"OS_CLIENT_CONFIG_FILE": clouds}).bad()
    assert result.log == []
    assert f"{clouds} has 2 entries, and none is selected. Select one with cloud or OS_CLOUD: a and b." in result.msg
    assert "entries" not in run(auth=None, env={"OS_CLIENT_CONFIG_FILE": clouds, "OS_TOKEN": "fake-token"}).bad().msg
