# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clouds files and variables mean the same here as to openstacksdk, or are refused by the name of the key.

Differences on purpose are not in the table: ``OS_*`` variables fill in what a named entry lacks, words such as ``"no"``
count as booleans everywhere, and a project without a domain of its own belongs to the domain of the user. The profile
``otc-swiss`` of openstacksdk has an address without ``https://``, which is a fault there.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from openstack.config import OpenStackConfig

from ansible_collections.otc.dis.plugins.module_utils._cloud import clouds_yaml as _clouds
from ansible_collections.otc.dis.plugins.module_utils._cloud.files import Files
from ansible_collections.otc.dis.plugins.module_utils._cloud.settings import Settings, flatten, from_environ, resolve
from ansible_collections.otc.dis.plugins.module_utils._core.errors import InvalidOptions

PASSWORD = "fake-password"
AUTH = {
    "auth_url": "https://iam.example/v3",
    "username": "robot",
    "password": PASSWORD,
    "user_domain_name": "account",
    "project_name": "eu-de_demo",
    "project_domain_name": "account",
}


def auth(*without: str, **values: Any) -> dict[str, Any]:
    """An entry with other credentials."""
    return {"auth": {**{key: value for key, value in AUTH.items() if key not in without}, **values}}


def beside(**values: Any) -> dict[str, Any]:
    """An entry with settings beside ``auth``."""
    return {**auth(), **{key.replace("__", "-"): value for key, value in values.items()}}


DOMAINS = ("user_domain_name", "project_domain_name")
PROJECT = ("project_name", "project_domain_name")
ENTRIES: dict[str, dict[str, Any]] = {
    "plain": auth(),
    "user_id": auth("username", "user_domain_name", user_id="u1"),
    "user_domain_id": auth("user_domain_name", user_domain_id="d1"),
    "project_id": auth(*PROJECT, project_id="p1"),
    "project_id and name": auth(project_id="p1"),
    "project_domain_id": auth("project_domain_name", project_domain_id="d2"),
    "tenant_name": auth("project_name", tenant_name="eu-de_demo"),
    "tenant_id": auth(*PROJECT, tenant_id="p1"),
    "tenant and project": auth(tenant_name="eu-nl_other"),
    "domain_name": auth(*DOMAINS, domain_name="both"),
    "domain_id": auth(*DOMAINS, domain_id="d3"),
    "domain_name beside user_domain_name": auth("project_domain_name", domain_name="other"),
    "domain_name beside project_domain_name": auth("user_domain_name", domain_name="other"),
    "default_domain_name": auth(*DOMAINS, default_domain_name="default"),
    "default_domain_id": auth(*DOMAINS, default_domain_id="d4"),
    "default_domain_name beside user_domain_name": auth("project_domain_name", default_domain_name="default"),
    "default_domain_name beside auth": {**auth(*DOMAINS), "default_domain_name": "default"},
    "default_domain_id beside auth": {**auth(*DOMAINS), "default_domain_id": "d4"},
    "domain_name beside auth": {**auth(*DOMAINS), "domain_name": "both"},
    "project_name beside auth": {**auth("project_name"), "project_name": "eu-de_top"},
    "project_name in both": beside(project_name="eu-nl_top"),
    "project_id beside auth": {**auth(*PROJECT), "project_id": "p2"},
    "user_domain_name in both": beside(user_domain_name="top"),
    "username beside auth": {**auth("username"), "username": "top"},
    "username in both": beside(username="top"),
    "password beside auth": {**auth("password"), "password": "fake-top"},
    "password in both": beside(password="fake-top"),
    "auth_url beside auth": {**auth("auth_url"), "auth_url": "https://top.example/v3"},
    "dashes in domains": auth(*DOMAINS, **{"user-domain-name": "dash", "project-domain-name": "dash"}),
    "dashes in project": auth("project_name", **{"project-name": "eu-de_dash"}),
    "dashes in tenant": auth("project_name", **{"tenant-name": "eu-de_dash"}),
    "dashes in region": beside(region__name="eu-nl"),
    "auth_type": beside(auth_type="password"),
    "auth_type v3": beside(auth_type="v3password"),
    "auth_plugin": beside(auth_plugin="password"),
    "region": beside(region_name="eu-nl"),
    "regions": beside(regions=["eu-nl", "eu-de"]),
    "regions with values": beside(regions=[{"name": "eu-nl", "values": {"interface": "internal"}}]),
    "regions with credentials": beside(regions=[{"name": "eu-nl", "values": {"auth": {"project_name": "eu-nl_x"}}}]),
    "region in auth_url": {**auth(auth_url="https://iam.{region_name}.example/v3"), "region_name": "eu-de"},
    "profile": {**auth("auth_url"), "profile": "otc", "region_name": "eu-de"},
    "profile by its old name": {**auth("auth_url"), "cloud": "otc", "region_name": "eu-nl"},
    "profile without region": {**auth("auth_url"), "profile": "otc"},
    "interface": beside(interface="internal"),
    "interface list": beside(interface=["internal", "public"]),
    "endpoint_type": beside(endpoint_type="internal"),
    "interface URL": beside(interface="publicURL"),
    "verify true": beside(verify=True),
    "verify false": beside(verify=False),
    "verify path": beside(verify="/etc/ca.pem"),
    "verify path and cacert": beside(verify="/etc/ca.pem", cacert="/etc/other.pem"),
    "verify false and cacert": beside(verify=False, cacert="/etc/ca.pem"),
    "insecure": beside(insecure=True),
    "insecure text": beside(insecure="true"),
    "insecure false": beside(insecure=False),
    "insecure and verify": beside(insecure=True, verify=True),
    "insecure and cacert": beside(insecure=True, cacert="/etc/ca.pem"),
    "cacert": beside(cacert="/etc/ca.pem"),
    "cacert home": beside(cacert="~/ca.pem"),
    "cert": beside(cert="/etc/cert.pem"),
    "cert home": beside(cert="~/cert.pem"),
    "cert and key": beside(cert="~/cert.pem", key="~/key.pem"),
    "key alone": beside(key="/etc/key.pem"),
    "api_timeout": beside(api_timeout=12),
    "api_timeout text": beside(api_timeout="12.5"),
    "number for a project": auth(project_name=123),
    "number for a password": auth(password=42798),
    "boolean for a user": auth(username=True),
    "blanks around a password": auth(password=" fake-password "),
    "unknown profile": {**auth(), "profile": "nowhere"},
    "unknown interface": beside(interface="secret"),
    "unknown region": beside(regions=["eu-de"], region_name="eu-xx"),
    "unknown auth_type": beside(auth_type="v3kerberos"),
}
VARIABLES: dict[str, dict[str, str]] = {
    "plain": {},
    "OS_CACERT": {"OS_CACERT": "~/ca.pem"},
    "OS_CERT": {"OS_CERT": "~/cert.pem", "OS_KEY": "~/key.pem"},
    "OS_INSECURE": {"OS_INSECURE": "true"},
    "OS_INTERFACE": {"OS_INTERFACE": "internal"},
    "OS_ENDPOINT_TYPE": {"OS_ENDPOINT_TYPE": "internalURL"},
    "OS_REGION_NAME": {"OS_REGION_NAME": "eu-nl"},
    "OS_TENANT_NAME": {"OS_TENANT_NAME": "eu-de_tenant", "OS_PROJECT_NAME": ""},
    "OS_DEFAULT_DOMAIN_NAME": {
        "OS_DEFAULT_DOMAIN_NAME": "default", "OS_USER_DOMAIN_NAME": "", "OS_PROJECT_DOMAIN_NAME": "",
    },
    "OS_DEFAULT_DOMAIN_ID": {"OS_DEFAULT_DOMAIN_ID": "d4", "OS_USER_DOMAIN_NAME": "", "OS_PROJECT_DOMAIN_NAME": ""},
    "OS_DOMAIN_NAME": {"OS_DOMAIN_NAME": "both", "OS_USER_DOMAIN_NAME": "", "OS_PROJECT_DOMAIN_NAME": ""},
    "OS_USER_ID": {"OS_USER_ID": "u1", "OS_USERNAME": "", "OS_USER_DOMAIN_NAME": ""},
    "OS_PROJECT_ID": {"OS_PROJECT_ID": "p1", "OS_PROJECT_NAME": "", "OS_PROJECT_DOMAIN_NAME": ""},
}  # fmt: skip


@pytest.fixture(autouse=True)
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the developer's own."""
    for name in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(name)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_DIRS"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def ours(made: Settings) -> dict[str, Any]:
    """What a login needs to know, by this collection."""
    assert made.password is not None
    scope = made.scope or {}
    user = {key: value for key, value in made.password.user.items() if key in ("id", "name")}
    return {
        "auth_url": made.auth_url,
        "user": user,
        "user_domain": None if "id" in user else made.password.user.get("domain"),
        "password": made.password.password,
        "project": {"id": scope["id"]} if "id" in scope else {"name": scope.get("name")},
        "project_domain": None if "id" in scope else scope.get("domain"),
        "interface": list(made.interfaces),
        "verify": made.verify,
        "cert": made.cert,
    }


def theirs(cloud: str, **options: Any) -> dict[str, Any]:
    """The same by openstacksdk, with what its plugins for passwords make of the domains."""
    region = OpenStackConfig(**options).get_one(cloud, validate=False)
    config: dict[str, Any] = region.config
    found = {**{key: config[key] for key in (*AUTH, "user_id", "project_id") if config.get(key)}, **config["auth"]}
    found = {key: value for key, value in found.items() if value}

    def domain(whose: str) -> dict[str, Any] | None:
        for prefix in (f"{whose}_domain", "default_domain"):
            for word in ("id", "name"):
                value = found.get(f"{prefix}_{word}") or config.get(f"{prefix}_{word}")
                if value:
                    return {word: value}
        return None

    interface = config["interface"]
    verify, cert = region.get_requests_verify_args()
    return {
        "auth_url": found["auth_url"],
        "user": {"id": found["user_id"]} if "user_id" in found else {"name": found["username"]},
        "user_domain": None if "user_id" in found else domain("user"),
        "password": found["password"],
        "project": {"id": found["project_id"]} if "project_id" in found else {"name": found["project_name"]},
        "project_domain": None if "project_id" in found else domain("project") or domain("user"),
        "interface": [one.removesuffix("URL") for one in ([interface] if isinstance(interface, str) else interface)],
        "verify": verify,
        "cert": cert,
        "region": region.region_name or None,
        "timeout": float(config["api_timeout"]) if config.get("api_timeout") else None,
    }


def assert_same(made: Settings, expected: dict[str, Any]) -> None:
    region, timeout = expected.pop("region"), expected.pop("timeout")
    assert ours(made) == expected
    assert region in (None, made.region_name)
    assert timeout in (None, made.timeout)


REFUSED = {
    "number for a project": "auth.project_name",
    "number for a password": "auth.password",
    "boolean for a user": "auth.username",
    "blanks around a password": "auth.password",
    "unknown profile": "profile",
    "unknown interface": "interface",
    "unknown region": "regions",
    "unknown auth_type": "auth_type",
    "key alone": "client_key",
}


@pytest.mark.parametrize("secure", [False, True], ids=["one file", "secure.yaml"])
@pytest.mark.parametrize("name", ENTRIES)
def test_entry_of_a_clouds_file_means_the_same_or_is_refused_by_name(name: str, secure: bool, tmp_path: Path) -> None:
    entry = ENTRIES[name]
    secrets: dict[str, Any] = {}
    if secure and "password" in entry["auth"]:
        entry = {**entry, "auth": {key: value for key, value in entry["auth"].items() if key != "password"}}
        secrets = {"auth": {"password": ENTRIES[name]["auth"]["password"]}}
    files = {"clouds": tmp_path / "clouds.yaml", "secure": tmp_path / "secure.yaml"}
    files["clouds"].write_text(yaml.safe_dump({"clouds": {"site": entry}}))
    files["secure"].write_text(yaml.safe_dump({"clouds": {"site": secrets} if secrets else {}}))

    def read() -> Settings:
        found = _clouds.entry("site", None, {}, Files(), "cloud")
        assert found is not None
        return resolve([flatten(found[0], found[1])])

    if name in REFUSED:
        with pytest.raises(InvalidOptions) as reported:
            read()
        assert REFUSED[name] in str(reported.value)
        assert PASSWORD not in str(reported.value)
        return
    assert_same(
        read(),
        theirs("site", load_envvars=False, config_files=[str(files["clouds"])], secure_files=[str(files["secure"])]),
    )


@pytest.mark.parametrize("name", VARIABLES)
def test_variables_mean_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {**{f"OS_{key.upper()}": value for key, value in AUTH.items()}, **VARIABLES[name]}
    values = {key: value for key, value in values.items() if value}
    for key, value in values.items():
        monkeypatch.setenv(key, value)
    assert_same(resolve([from_environ(values)]), theirs("envvars", config_files=[]))
