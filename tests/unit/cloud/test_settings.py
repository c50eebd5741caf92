# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the cloud is and who we are: what wins, what is missing, what is refused."""

from __future__ import annotations

import datetime as dt
import os
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._cloud import settings as _settings
from ansible_collections.otc.dis.plugins.module_utils._cloud.settings import (
    Settings,
    Source,
    dis_endpoint,
    flatten,
    from_environ,
    region_of_project,
    resolve,
)
from ansible_collections.otc.dis.plugins.module_utils._core.errors import InvalidOptions

PASSWORD = "not-a-real-password"
OPTIONS = {
    "auth": {
        "auth_url": "https://iam.eu-de.otc.t-systems.com/v3",
        "username": "robot",
        "user_domain_name": "OTC-1",
        "password": PASSWORD,
        "project_name": "eu-de_demo",
    }
}


def options(**auth: Any) -> Source:
    return flatten("the options", {"auth": {**OPTIONS["auth"], **auth}})


def resolved(*sources: Source) -> Settings:
    return resolve(list(sources))


def test_password_login_by_names() -> None:
    made = resolved(options())
    assert made.password is not None
    assert made.password.user == {"name": "robot", "domain": {"name": "OTC-1"}}
    assert made.scope == {"name": "eu-de_demo", "domain": {"name": "OTC-1"}}
    assert made.region_name == "eu-de"
    assert (made.verify, made.cert, made.timeout, made.interfaces) == (True, None, 30.0, ("public",))


@pytest.mark.parametrize(
    ("auth", "user"),
    [
        ({"user_domain_name": "", "user_domain_id": "d1"}, {"name": "robot", "domain": {"id": "d1"}}),
        ({"username": None, "user_id": "u1"}, {"id": "u1"}),
        ({"user_domain_name": None, "domain_name": "OTC-2"}, {"name": "robot", "domain": {"name": "OTC-2"}}),
        ({"user_domain_name": None, "domain_id": "d2"}, {"name": "robot", "domain": {"id": "d2"}}),
    ],
)
def test_password_login_names_the_user_as_given(auth: dict[str, Any], user: dict[str, Any]) -> None:
    made = resolved(options(**auth))
    assert made.password is not None
    assert made.password.user == user


@pytest.mark.parametrize(
    ("auth", "scope"),
    [
        ({"project_id": "p1", "project_name": ""}, {"id": "p1"}),
        ({"project_id": "p1"}, {"id": "p1", "name": "eu-de_demo"}),
        ({"project_domain_id": "d3"}, {"name": "eu-de_demo", "domain": {"id": "d3"}}),
        ({"project_domain_name": "OTC-3"}, {"name": "eu-de_demo", "domain": {"name": "OTC-3"}}),
        ({"user_id": "u1", "username": "", "user_domain_name": ""}, {"name": "eu-de_demo"}),
    ],
)
def test_project_is_named_as_given(auth: dict[str, Any], scope: dict[str, Any]) -> None:
    assert resolved(options(**auth)).scope == scope


def test_sources_are_read_in_order() -> None:
    first = flatten("the options", {"region_name": "eu-nl", "auth": {"password": PASSWORD}})
    second = flatten(
        "cloud", {"region_name": "eu-de", "verify": False, "auth": {"username": "robot", "domain_name": "OTC-1"}}
    )
    third = from_environ({"OS_AUTH_URL": "https://iam.example/v3", "OS_PROJECT_NAME": "p", "OS_USERNAME": "else"})
    made = resolved(first, second, third)
    assert made.region_name == "eu-nl"
    assert made.password is not None
    assert made.password.user == {"name": "robot", "domain": {"name": "OTC-1"}}
    assert made.password.password == PASSWORD
    assert made.auth_url == "https://iam.example/v3"
    assert made.scope == {"name": "p", "domain": {"name": "OTC-1"}}
    assert made.verify is False


def test_password_is_never_used_for_a_user_of_a_source_with_precedence() -> None:
    over = flatten("the options", {"auth": {**OPTIONS["auth"], "password": ""}})
    with pytest.raises(InvalidOptions, match=r"the options\), but no password"):
        resolved(over, from_environ({"OS_PASSWORD": "of-another-user"}))


def test_token_of_a_less_important_place_is_not_used_beside_a_user() -> None:
    assert resolved(options(), from_environ({"OS_TOKEN": "of-another-user"})).token is None


def test_project_settings_come_from_one_source() -> None:
    made = resolved(options(), from_environ({"OS_PROJECT_ID": "other", "OS_PROJECT_DOMAIN_ID": "other"}))
    assert made.scope == {"name": "eu-de_demo", "domain": {"name": "OTC-1"}}


def test_environment_alone_is_enough_and_knows_old_words() -> None:
    environ = {
        "OS_AUTH_URL": "https://iam.example:443/v3/",
        "OS_USER_NAME": "robot",
        "OS_DOMAIN_NAME": "OTC-1",
        "OS_PASSWORD": PASSWORD,
        "OS_TENANT_NAME": "eu-de",
        "OS_CACERT": "/ca.pem",
        "OS_ENDPOINT_TYPE": "internalURL",
        "OS_DIS_ENDPOINT_OVERRIDE": "https://dis.example/v2/abc",
        "UNRELATED": "x",
    }
    made = resolved(from_environ(environ))
    assert made.auth_url == "https://iam.example:443/v3"
    assert made.verify == "/ca.pem"
    assert made.interfaces == ("internal",)
    assert made.endpoint == "https://dis.example"
    assert made.scope == {"name": "eu-de", "domain": {"name": "OTC-1"}}


@given(
    st.dictionaries(
        st.sampled_from(["OS_TOKEN", "OS_USERNAME", "OS_PROJECT_ID", "OS_CACERT"]), st.just(" ") | st.just("")
    )
)
def test_empty_variables_count_as_not_given(environ: dict[str, str]) -> None:
    assert from_environ(environ).values == {}
    assert resolved(options(), from_environ(environ)) == resolved(options())


@pytest.mark.parametrize("name", list(OPTIONS["auth"]))
def test_empty_option_counts_as_not_given(name: str) -> None:
    environ = {f"OS_{key.upper()}": value for key, value in OPTIONS["auth"].items()}
    blank = flatten("the options", {"auth": {name: ""}})
    assert resolved(blank, from_environ(environ)) == resolved(from_environ(environ))


@pytest.mark.parametrize(("url", "from_awx"), [("", True), (None, False)])
def test_empty_url_in_an_awx_credential_is_reported(url: str | None, from_awx: bool) -> None:
    environ = {f"OS_{key.upper()}": value for key, value in OPTIONS["auth"].items() if key != "auth_url"}
    if url is not None:
        environ["OS_AUTH_URL"] = url
    with pytest.raises(InvalidOptions, match="auth_url is missing") as caught:
        resolved(from_environ(environ))
    assert ("(OS_AUTH_URL in the environment is empty)" in str(caught.value)) == from_awx
    assert ("not to credentials that are created through the API" in str(caught.value.hint)) == from_awx


@pytest.mark.parametrize(
    ("auth", "says"),
    [
        ({"username": "", "password": ""}, "No credentials"),
        ({"username": ""}, "no user"),
        ({"password": ""}, "no password"),
        ({"user_domain_name": ""}, "has no domain"),
        ({"project_name": ""}, "No project"),
        ({"auth_url": ""}, "auth_url is missing"),
        ({"auth_url": "http://iam.example/v3"}, "must be https"),
        ({"auth_url": "https://user:pw@iam.example/v3"}, "not a valid URL"),
        ({"auth_url": "https://iam.example/v3?x=1"}, "not a valid URL"),
        ({"auth_url": "https://iam.{region_name}.example/v3", "project_name": "demo"}, "requires a region"),
        ({"auth_url": "iam.example"}, "not a valid URL"),
        ({"project_id": "../x"}, "project_id is '../x'"),
        ({"token": "two words"}, "contains whitespace"),
        ({"token": "é"}, "contains whitespace or invalid characters"),
    ],
)
def test_missing_or_invalid_values_are_reported(auth: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidOptions, match=says) as caught:
        resolved(options(**auth))
    assert PASSWORD not in str(caught.value) + caught.value.hint
    assert "two words" not in str(caught.value)


@pytest.mark.parametrize(
    ("top", "says"),
    [
        ({"auth_type": "v3oidcpassword"}, "v3oidcpassword"),
        ({"auth_type": "token"}, "no token is specified"),
        ({"interface": "secret"}, "must be public, internal or admin"),
        ({"api_timeout": 0}, "must be a number of seconds"),
        ({"api_timeout": "soon"}, "must be a number of seconds"),
        ({"client_key": "/k.pem"}, "without client_cert"),
        ({"endpoint_override": "http://dis.example"}, "must be https"),
    ],
)
def test_contradictory_options_are_reported(top: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidOptions, match=says):
        resolved(flatten("the options", {**OPTIONS, **top}))


@pytest.mark.parametrize(
    ("auth_type", "has_token", "has_password"),
    [(None, True, True), ("password", False, True), ("v3password", False, True), ("token", True, False)],
)
def test_auth_type_chooses_between_token_and_password(
    auth_type: str | None, has_token: bool, has_password: bool
) -> None:
    made = resolved(flatten("the options", {"auth_type": auth_type, "auth": {**OPTIONS["auth"], "token": " t0ken\n"}}))
    assert (made.token == "t0ken") is has_token
    assert (made.password is not None) is has_password


def test_token_with_project_and_endpoint_needs_no_iam() -> None:
    made = resolved(
        flatten("o", {"auth": {"token": "t", "project_id": "p"}, "endpoint_override": "http://127.0.0.1:1"})
    )
    assert made.auth_url is None
    assert made.project_id == "p"


def test_secrets_do_not_show_in_settings() -> None:
    assert PASSWORD not in repr(resolved(options(token="t0ken-not-real")))
    assert "t0ken-not-real" not in repr(resolved(options(token="t0ken-not-real")))


@pytest.mark.parametrize(
    ("values", "verify"),
    [
        ({"validate_certs": False, "ca_cert": "/ca"}, False),
        ({"validate_certs": True, "ca_cert": "/ca"}, "/ca"),
        ({"insecure": True}, False),
        ({"insecure": "true"}, False),
        ({"insecure": "no"}, True),
        ({"verify": "false"}, False),
        ({"ca_cert": "/ca"}, "/ca"),
        ({}, True),
    ],
)
def test_verification_as_every_place_spells_it(values: dict[str, Any], verify: Any) -> None:
    assert resolved(flatten("o", {**OPTIONS, **values})).verify == verify


def test_verification_of_the_option_outweighs_the_environment() -> None:
    made = resolved(flatten("o", {**OPTIONS, "validate_certs": True}), from_environ({"OS_INSECURE": "true"}))
    assert made.verify is True


@pytest.mark.parametrize(
    ("values", "cert"),
    [({"cert": "/c"}, "/c"), ({"client_cert": "/c", "client_key": "/k"}, ("/c", "/k")), ({}, None)],
)
def test_client_certificate(values: dict[str, Any], cert: Any) -> None:
    assert resolved(flatten("o", {**OPTIONS, **values})).cert == cert


@pytest.mark.parametrize(
    ("name", "region"),
    [("eu-de", "eu-de"), ("eu-de_my_project", "eu-de"), ("eu-ch2", "eu-ch2"), ("demo", None), ("MOS", None)],
)
def test_region_in_the_name_of_a_project(name: str, region: str | None) -> None:
    assert region_of_project({"name": name}) == region


# --- the address of DIS ---


def catalog(*offers: tuple[str, str, str]) -> list[Any]:
    return [
        {"type": kind, "endpoints": [{"interface": "public", "region": region, "url": url}]}
        for kind, region, url in offers
    ]


BARE = ("dis", "eu-de", "https://dis.eu-de.example")
FULL = ("disv2", "eu-de", "https://disv2.eu-de.example/v2/0123")


@pytest.mark.parametrize(
    ("offers", "region", "address"),
    [
        ([BARE], "eu-de", "https://dis.eu-de.example"),
        ([FULL], "eu-de", "https://disv2.eu-de.example"),
        ([BARE, FULL], "eu-de", "https://disv2.eu-de.example"),
        ([("disv2", "eu-de", "https://d.example/v2/$(tenant_id)s")], "eu-de", "https://d.example"),
        ([("dis", "*", "https://d.example/")], "eu-nl", "https://d.example"),
        ([BARE, ("dis", "eu-nl", "https://nl.example")], "eu-nl", "https://nl.example"),
        ([("iam", "*", "https://iam.example"), BARE], "", "https://dis.eu-de.example"),
        ([], "eu-de", "https://dis.eu-de.otc.t-systems.com"),
        ([], "eu-nl", "https://dis.eu-nl.otc.t-systems.com"),
        ([], "", "https://dis.eu-de.otc.t-systems.com"),
    ],
)
def test_endpoint_comes_from_the_catalogue_or_the_region(offers: list[Any], region: str, address: str) -> None:
    made = resolved(
        flatten("o", {**OPTIONS, "region_name": region, "auth": {**OPTIONS["auth"], "project_name": "demo"}})
    )
    assert dis_endpoint(made, catalog(*offers)) == address


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("iam-pub.eu-ch2.sc.otc.t-systems.com", "https://dis.eu-ch2.sc.otc.t-systems.com"),
        ("iam.cn-north-4.myhuaweicloud.com", "https://dis.cn-north-4.myhuaweicloud.com"),
    ],
)
def test_endpoint_follows_from_known_iam_hosts(host: str, address: str) -> None:
    made = resolved(options(auth_url=f"https://{host}/v3", project_name="demo"))
    assert dis_endpoint(made, []) == address


@pytest.mark.parametrize(
    ("auth_url", "region", "offers", "says"),
    [
        ("https://iam.example/v3", "eu-de", [], "no DIS in region eu-de"),
        ("https://iam.example/v3", "eu-nl", [BARE], "lists it in eu-de"),
        (
            "https://iam.example/v3",
            "",
            [BARE, ("dis", "eu-nl", "https://nl.example")],
            "several regions: eu-de and eu-nl",
        ),
        ("https://iam.example/v3", "eu-de", [("dis", "eu-de", "http://dis.example")], "must be https"),
        ("https://iam.nototc.t-systems.com.example/v3", "eu-de", [], "no DIS in region"),
    ],
)
def test_missing_endpoint_is_a_clear_error(auth_url: str, region: str, offers: list[Any], says: str) -> None:
    made = resolved(
        flatten("o", {"region_name": region, "auth": {**OPTIONS["auth"], "auth_url": auth_url, "project_name": "x"}})
    )
    with pytest.raises(InvalidOptions, match=says):
        dis_endpoint(made, catalog(*offers))


JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "endpoints", "interface", "region", "url"]), inner)
    ),
    max_leaves=10,
)


@given(JSON)
def test_any_catalogue_gives_an_address_or_a_clear_error(found: Any) -> None:
    try:
        address = dis_endpoint(resolved(options()), found)
    except InvalidOptions:
        return
    assert address.startswith("https://")


# --- every way in, and where its parts come from ---

KEYS = {"access_key": "FAKEACCESSKEY", "secret_key": "fake-secret-key", "project_id": "p1"}
DIS = {"endpoint_override": "https://dis.example.com", "region_name": "eu-de"}


def test_parts_of_a_login_are_named_by_their_places() -> None:
    first = flatten("the options", {"auth": {"password": PASSWORD}})
    second = flatten('cloud "c" in /c.yaml', {"auth": {"auth_url": "https://iam.example/v3", "project_name": "p"}})
    third = from_environ({"OS_USER_NAME": "robot", "OS_DOMAIN_NAME": "OTC-1", "OS_PASSWORD": "x"})
    made = resolved(first, second, third)
    assert made.places["password"] == "auth.password in the options"
    assert made.places["username"] == "OS_USER_NAME in the environment"


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"OS_USER_ID": "u1"}, r"OS_USER_ID in the environment\), but no password"),
        ({"OS_PASSWORD": PASSWORD}, r"OS_PASSWORD in the environment\), but no user"),
        ({"OS_AK": "FAKEKEY"}, r"OS_AK in the environment\), but no secret key"),
        ({"OS_SK": "fake-key"}, r"OS_SK in the environment\), but no access key"),
        ({"OS_TOKEN": "two words"}, "OS_TOKEN in the environment contains whitespace"),
        ({"OS_AUTH_URL": "http://iam.example/v3", "OS_TOKEN": "t"}, "OS_AUTH_URL in the environment is http"),
        (
            {"OS_TOKEN": "t", "OS_INSECURE": "maybe", "OS_PROJECT_ID": "p"},
            "OS_INSECURE in the environment must be a boolean",
        ),
        (
            {"OS_AGENCY_DOMAIN_NAME": "OTC-2", "OS_TOKEN": "t"},
            "OS_AGENCY_DOMAIN_NAME in the environment requires an agency",
        ),
    ],
)
def test_variable_that_is_wrong_is_named(environ: dict[str, str], says: str) -> None:
    environ = {**environ, **({} if "OS_AUTH_URL" in environ else {"OS_DIS_ENDPOINT_OVERRIDE": "https://dis.example"})}
    with pytest.raises(InvalidOptions, match=says) as caught:
        resolved(flatten("the options", {}), from_environ(environ))
    for secret in (PASSWORD, "FAKEKEY", "fake-key", "two words"):
        assert secret not in str(caught.value) + caught.value.hint


def test_keys_with_project_and_endpoint_need_no_iam() -> None:
    made = resolved(flatten("the options", {"auth": KEYS, **DIS}))
    assert made.keys is not None
    assert (made.keys.access_key, made.keys.secret_key, made.keys.security_token) == (
        "FAKEACCESSKEY",
        "fake-secret-key",
        None,
    )
    assert (made.auth_url, made.password, made.token, made.signature_form) == (None, None, None, "credential")
    assert "fake-secret-key" not in repr(made) + repr(made.keys)


@pytest.mark.parametrize(
    ("chosen", "kind"),
    [
        (None, "token"),
        ("token", "token"),
        ("v3token", "token"),
        ("password", "password"),
        ("v3password", "password"),
        ("v3multifactor", "password"),
        ("aksk", "keys"),
    ],
)
def test_auth_type_chooses_among_all_that_is_given(chosen: str | None, kind: str) -> None:
    auth = {**OPTIONS["auth"], **KEYS, "token": "t0ken"}
    made = resolved(flatten("the options", {"auth_type": chosen, "auth": auth, "region_name": "eu-de"}))
    there = {"token": made.token, "password": made.password, "keys": made.keys}
    assert there[kind] is not None
    assert [name for name in ("password", "keys") if there[name] is not None and name != kind] == (
        ["password"] if chosen is None else []
    )


def test_user_takes_precedence_over_keys() -> None:
    made = resolved(flatten("the options", {"auth": {**OPTIONS["auth"], **KEYS}, "region_name": "eu-de"}))
    assert made.password is not None
    assert made.keys is None


@pytest.mark.parametrize(
    ("top", "auth", "region"),
    [
        ({"region_name": "eu-nl"}, {}, "eu-nl"),
        ({"region_name": None}, {"project_name": "eu-nl_x"}, "eu-nl"),
        ({"region_name": None, "endpoint_override": "https://dis.eu-ch2.sc.otc.t-systems.com"}, {}, "eu-ch2"),
        ({"region_name": None}, {"auth_url": "https://iam-pub.eu-ch2.sc.otc.t-systems.com/v3"}, "eu-ch2"),
        ({"region_name": None}, {"auth_url": "https://iam.eu-de.otc.t-systems.com/v3"}, "eu-de"),
    ],
)
def test_region_of_a_signature_is_derived_from_settings(top: dict[str, Any], auth: dict[str, Any], region: str) -> None:
    assert resolved(flatten("the options", {**DIS, **top, "auth": {**KEYS, **auth}})).region_name == region


def test_region_of_a_signature_must_be_known_only_where_it_is_signed() -> None:
    nowhere = {**DIS, "region_name": None, "auth": KEYS}
    with pytest.raises(InvalidOptions, match="region is unknown"):
        resolved(flatten("the options", nowhere))
    for form in ("credential_empty", "access"):
        made = resolved(flatten("the options", {**nowhere, "signature_form": form}))
        assert (made.signature_form, made.region_name) == (form, None)


@pytest.mark.parametrize(("path", "expected"), [("/x/t.json", "/x/t.json"), ("~/t.json", "/home/robot/t.json")])
def test_path_of_the_token_cache(path: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/robot")
    assert resolved(options(), from_environ({"OTC_DIS_TOKEN_CACHE": path})).token_cache == expected
    assert resolved(options(), from_environ({"OTC_DIS_TOKEN_CACHE": " ", "OS_TOKEN_CACHE": path})).token_cache is None


AGENCY = {"agency_name": "operators", "agency_domain_name": "OTC-2", "project_name": "eu-de_theirs"}


@pytest.mark.parametrize(
    ("auth", "own", "scope"),
    [
        ({}, {"domain": {"name": "OTC-1"}}, {"name": "eu-de_theirs", "domain": {"name": "OTC-2"}}),
        ({"project_id": "p9", "project_name": ""}, {"domain": {"name": "OTC-1"}}, {"id": "p9"}),
        (
            {"user_id": "u1", "username": "", "user_domain_name": "", "user_domain_id": "d1"},
            {"domain": {"id": "d1"}},
            {"name": "eu-de_theirs", "domain": {"name": "OTC-2"}},
        ),
        (
            {"user_id": "u1", "username": "", "user_domain_name": "", "target_project_name": "t", "project_id": "p1"},
            {"project": {"id": "p1", "name": "eu-de_theirs"}},
            {"name": "t", "domain": {"name": "OTC-2"}},
        ),
        ({"agency_domain_id": "d2"}, {"domain": {"name": "OTC-1"}}, {"name": "eu-de_theirs", "domain": {"id": "d2"}}),
    ],
)
def test_agency_has_two_steps_with_a_scope_each(auth: dict[str, Any], own: Any, scope: Any) -> None:
    made = resolved(options(**{**AGENCY, **auth}))
    assert made.agency is not None
    assert (made.agency.own, made.scope) == (own, scope)


@pytest.mark.parametrize(
    ("host", "member"),
    [("iam.eu-de.otc.t-systems.com", "xrole_name"), ("iam.cn-north-4.myhuaweicloud.com", "agency_name")],
)
def test_agency_is_named_as_the_cloud_wants_it(host: str, member: str) -> None:
    made = resolved(options(auth_url=f"https://{host}/v3", **AGENCY))
    assert made.agency is not None
    assert made.agency.member == member


def test_agency_of_a_less_important_place_is_not_used_for_another_user() -> None:
    assert resolved(options(), from_environ({"OS_AGENCY_NAME": "a", "OS_AGENCY_DOMAIN_NAME": "d"})).agency is None


# --- borders and spellings ---


@pytest.mark.parametrize(
    ("value", "number"), [(None, 60.0), (1, 1.0), ("3600", 3600.0), (0.99, None), (3600.5, None), ("soon", None)]
)
def test_time_limit_of_an_answer(value: Any, number: float | None) -> None:
    if number is not None:
        assert _settings.seconds(value, "here") == (number if value is not None else float(_settings.DEFAULT_TIMEOUT))
        return
    with pytest.raises(
        InvalidOptions, match=r"api_timeout is .* \(from here\), but must be a number of seconds from 1 to 3600"
    ):
        _settings.seconds(value, "here")


@pytest.mark.parametrize("word", ["true", "yes", "on", "1", "y", "t"])
def test_words_for_yes(word: str) -> None:
    assert _settings.boolean(flatten("x", {"verify": word.upper()}), "verify", False) is True


@pytest.mark.parametrize("word", ["false", "no", "off", "0", "n", "f"])
def test_words_for_no(word: str) -> None:
    assert _settings.boolean(flatten("x", {"verify": word}), "verify", True) is False


def test_address_of_iam_gets_its_version() -> None:
    assert _settings.iam_url("https://iam.example", "it", None) == "https://iam.example/v3"
    assert _settings.iam_url("https://iam.example/x/v3", "it", None) == "https://iam.example/x/v3"
    assert _settings.iam_url("https://iam.{region_name}.example", "it", "eu-de") == "https://iam.eu-de.example/v3"


def test_path_of_the_token_cache_is_one_that_there_can_be() -> None:
    with pytest.raises(InvalidOptions, match="must be a path"):
        _settings.token_cache([flatten("x", {"token_cache": "/a\0b"})])
    assert _settings.token_cache([flatten("x", {"token_cache": "tokens.json"})]) == os.path.abspath("tokens.json")
    assert _settings.token_cache([flatten("x", {})]) is None


def test_temporary_keys_have_a_token_of_one_line() -> None:
    found = {"access_key": " FAKE ", "secret_key": "fake-secret", "security_token": " fake-token\n"}
    places = dict.fromkeys(found, "here")
    assert _settings.find_keys(found, places) == _settings.Keys("FAKE", "fake-secret", "fake-token")
    assert "fake" not in repr(_settings.find_keys(found, places))
    with pytest.raises(InvalidOptions, match="The security token from here contains whitespace"):
        _settings.find_keys({**found, "security_token": "a b"}, places)
    assert _settings.find_keys({}, {}) is None


@pytest.mark.parametrize("name", ["endpoint_override", "dis_endpoint_override", "disv2_endpoint_override"])
def test_endpoint_by_all_its_names(name: str) -> None:
    source = flatten("x", {name: "https://dis.example"})
    assert _settings.lookup([source], "endpoint_override") == "https://dis.example"


@pytest.mark.parametrize(
    ("host", "region", "address"),
    [
        ("https://iam.eu-de.otc.t-systems.com/v3", None, "https://dis.eu-de.otc.t-systems.com"),
        ("https://iam.eu-de.otc.t-systems.com/v3", "eu-nl", "https://dis.eu-nl.otc.t-systems.com"),
        ("https://iam.myhuaweicloud.com", "x-1", "https://dis.x-1.myhuaweicloud.com"),
        ("https://iam.myhuaweicloud.com", None, None),
        ("https://iam.eu-de.otc.t-systems.com.example", "eu-de", None),
        (None, "eu-de", None),
    ],
)
def test_address_by_name(host: str | None, region: str | None, address: str | None) -> None:
    assert _settings.endpoint_by_name(host, region) == address


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://dis.eu-de.example", "eu-de"),
        ("https://iam-pub.eu-ch2.x", "eu-ch2"),
        ("https://x.eu-de.y", None),
        (None, None),
    ],
)
def test_region_in_the_name_of_a_host(url: str | None, region: str | None) -> None:
    assert _settings.region_of_host(url) == region
    assert _settings.region_of_project(None) is None


def test_secrets_by_name() -> None:
    assert set(_settings.SECRET) == {"password", "passcode", "token", "access_key", "secret_key", "security_token"}


def found(**values: Any) -> Any:
    return _settings.credentials([flatten("x", values)])


def test_user_domain_takes_precedence_over_an_unqualified_domain() -> None:
    who = {"username": "robot", "password": "fake-password-of-no-user", "domain_name": "B"}
    assert found(**who).password.user == {"name": "robot", "domain": {"name": "B"}}
    assert found(**who, user_domain_name="A").password.user == {"name": "robot", "domain": {"name": "A"}}
    assert "user_domain_name" not in found(token="fake-token", domain_name="B").values


def test_keys_are_found_with_their_token() -> None:
    keys = found(access_key="FAKE", secret_key="fake-secret", security_token="fake-temporary").keys
    assert keys == _settings.Keys("FAKE", "fake-secret", "fake-temporary")


@pytest.mark.parametrize("name", ["agency_domain_id", "agency_domain_name"])
def test_agency_without_a_name_is_reported_with_its_source(name: str) -> None:
    with pytest.raises(InvalidOptions, match=f"{name} in x requires an agency, but no agency"):
        resolve([flatten("x", {"token": "fake-token", "auth_url": "https://iam.example", name: "parent"})])


@pytest.mark.parametrize(
    ("other", "word"),
    [
        ("user_name", "username"),
        ("tenant_name", "project_name"),
        ("tenant_id", "project_id"),
        ("auth_token", "token"),
        ("ak", "access_key"),
        ("sk", "secret_key"),
        ("access_key_id", "access_key"),
        ("access_key_secret", "secret_key"),
        ("aksk_security_token", "security_token"),
        ("target_agency_name", "agency_name"),
        ("target_domain_id", "agency_domain_id"),
        ("target_domain_name", "agency_domain_name"),
        ("delegated_project", "target_project_name"),
        ("endpoint_type", "interface"),
        ("ca_cert", "cacert"),
        ("client_cert", "cert"),
        ("client_key", "key"),
        ("validate_certs", "verify"),
    ],
)
def test_words_of_other_clients(other: str, word: str) -> None:
    assert flatten("there", {"auth": {other: "fake"}}).values == {word: "fake"}
    reported = flatten("there", {other: "outweighed", word: "fake"})
    assert (reported.values, reported.places) == ({word: "fake"}, {word: f"{word} in there"})


def test_settings_of_other_clients_for_a_project_are_known() -> None:
    both = {"target_project_id": "fake-id", "target_project_name": "fake-name"}
    assert flatten("there", {"auth": both}).values == both


@pytest.mark.parametrize("who", [{"user_id": "u"}, {"token": "fake-token"}, {"access_key": "AK", "secret_key": "SK"}])
def test_nothing_of_another_identity_is_taken_from_a_less_important_place(who: dict[str, str]) -> None:
    more = {"OS_USERNAME": "foreign", "OS_PASSWORD": PASSWORD, "OS_SECURITY_TOKEN": "foreign", "OS_PASSCODE": "123456"}
    where = {"auth_url": "https://iam.example/v3", "project_name": "p", "region_name": "eu-de"}
    own = {**where, **who, **({"password": "own"} if "user_id" in who else {})}
    made = resolved(flatten("the options", {"auth": own}), from_environ(more))
    assert "foreign" not in repr([made.password and made.password.user, made.keys and made.keys.security_token])
    assert made.password is None or (made.password.password, made.password.passcode) == ("own", None)
    assert bool(made.keys) == ("access_key" in who)


def test_settings_that_are_ours_alone_have_variables_of_their_own() -> None:
    ours = {"OTC_DIS_SIGNATURE_FORM": "access", "OS_SIGNATURE_FORM": "credential", "OTC_DIS_TOKEN_CACHE": "/x/t.json"}
    assert from_environ(ours).values == {"signature_form": "access", "token_cache": "/x/t.json"}
    assert from_environ({"OS_TOKEN_CACHE": "/x/t.json", "OS_VERIFY": "false"}).values == {}


@pytest.mark.parametrize(
    ("top", "auth", "says"),
    [
        ({"auth_type": "aksk"}, {"token": "fake-token"}, "auth_type is aksk (from auth_type in x), but no keys"),
        ({}, {**KEYS, "access_key": "two words"}, "The access key (from auth.access_key in x) is invalid"),
        ({}, {"token": "fake-token", "agency_name": "a"}, "The agency (from auth.agency_name in x) has no domain"),
        ({}, {**KEYS, "agency_name": "a", "agency_domain_id": "d"}, "requires the domain of the user"),
        ({"auth_type": "agency"}, {"token": "fake-token"}, "auth_type in x requires an agency, but no agency"),
        ({"signature_form": "odd"}, KEYS, "must be one of credential, credential_empty, access."),
        ({"region_name": "a/b"}, KEYS, "region_name is 'a/b', but must be letters, digits, _ or -."),
        ({"endpoint_override": "dis.example"}, KEYS, "endpoint_override in x is not a valid URL"),
    ],
)
def test_part_of_a_login_that_is_wrong_is_named_with_its_place(
    top: dict[str, Any], auth: dict[str, Any], says: str
) -> None:
    where = {"auth_url": "https://iam.example/v3", "project_name": "p"}
    with pytest.raises(InvalidOptions) as caught:
        resolve([flatten("x", {"region_name": "eu-de", **top, "auth": {**where, **auth}})])
    assert says in str(caught.value)


@pytest.mark.parametrize("interface", ["public", "internal", "admin"])
def test_interfaces_and_the_time_limit_are_taken_as_given(interface: str) -> None:
    made = resolve([flatten("x", {**OPTIONS, "interface": interface, "api_timeout": "7"})])
    assert (made.interfaces, made.timeout) == ((interface,), 7.0)


def test_repr_contains_no_secret() -> None:
    assert repr(_settings.Password({"name": "robot"}, PASSWORD)) == "Password(not shown)"
    assert repr(_settings.IssuedToken("fake-token", "p", "https://dis.example", None)) == "IssuedToken(not shown)"


@pytest.mark.parametrize(
    ("values", "scope"),
    [
        ({"project_id": 7}, {"id": "7"}),
        ({"project_id": "p", "project_name": "n"}, {"id": "p", "name": "n"}),
        ({"project_name": "n", "project_domain_id": "d"}, {"name": "n", "domain": {"id": "d"}}),
        ({"project_name": "n", "domain_id": "d"}, {"name": "n", "domain": {"id": "d"}}),
        ({"project_name": "n", "domain_name": "d"}, {"name": "n", "domain": {"name": "d"}}),
        ({"project_name": "n", "domain_name": "d", "domain_id": "i"}, {"name": "n", "domain": {"id": "i"}}),
        ({"project_name": "n"}, {"name": "n", "domain": {"id": "home"}}),
    ],
)
def test_scope_of_a_project(values: dict[str, Any], scope: dict[str, Any]) -> None:
    assert _settings.project_scope(values, {"id": "home"}) == scope


@pytest.mark.parametrize(
    ("endpoint", "found"),
    [
        ({"region": "eu-de", "url": "https://a.example"}, [("eu-de", "https://a.example")]),
        ({"region_id": "eu-nl", "url": "https://a.example"}, [("eu-nl", "https://a.example")]),
        ({"url": "https://a.example"}, [("*", "https://a.example")]),
        ({"region": "eu-de"}, [("eu-de", "")]),
        ({"region": "eu-de", "url": "https://a.example", "interface": "internal"}, []),
    ],
)
def test_offers_of_a_catalogue(endpoint: dict[str, str], found: list[tuple[str, str]]) -> None:
    reported = [{"type": "dli", "endpoints": [{"interface": "public", **endpoint}]}, {"type": "obs", "endpoints": None}]
    assert _settings.catalog_endpoint(resolved(options()), reported, ("dli", "obs")) == found


@pytest.mark.parametrize(
    ("offers", "region", "address"),
    [
        ([("dli", "eu-de", "https://dli.example/v1.0/p")], "eu-de", "https://dli.example"),
        ([("dli", "eu-de", "https://dli.example")], "", "https://dli.example"),
        ([("dli", "eu-de", "https://dli.example")], "eu-nl", None),
        ([("dli", "*", "https://dli.example")], "eu-nl", "https://dli.example"),
        ([("dli", "eu-de", "https://a.example"), ("dli", "eu-nl", "https://b.example")], "", None),
        ([("dli", "eu-de", "https://a.example"), ("dli", "eu-nl", "https://b.example")], "eu-nl", "https://b.example"),
        ([("dis", "eu-de", "https://dis.example")], "eu-de", None),
        ([], "eu-de", None),
    ],
)
def test_address_of_another_service_is_never_made_up(
    offers: list[tuple[str, str, str]], region: str, address: str | None
) -> None:
    made = resolved(
        flatten("o", {**OPTIONS, "region_name": region, "auth": {**OPTIONS["auth"], "project_name": "demo"}})
    )
    made = made._replace(region_name=region or None)
    assert _settings.other_endpoint(made, catalog(*offers), ("dli",), "DLI") == address


def test_address_that_was_given_outweighs_the_catalogue() -> None:
    made = resolved(flatten("o", {**OPTIONS, "endpoint_override": "https://mine.example"}))
    assert dis_endpoint(made, catalog(BARE)) == "https://mine.example"


@pytest.mark.parametrize("who", [{"user_id": "u"}, {"access_key": "FAKE", "secret_key": "fake-secret"}])
def test_unqualified_domain_applies_to_the_named_principal(who: dict[str, str]) -> None:
    values = found(**who, password="fake-password", domain_id="d").values
    assert values["user_domain_id"] == "d"
    assert "user_domain_id" not in found(**who, password="fake-password", domain_id="d", user_domain_name="A").values


@pytest.mark.parametrize("who", [{"token": "fake-token"}, {"access_key": "FAKE", "secret_key": "fake-secret"}])
def test_password_beside_another_login_needs_no_user(who: dict[str, str]) -> None:
    made = found(**who, password="fake-password-of-no-user")
    assert (made.password, made.token) == (None, who.get("token"))
    assert found(token="fake-token", username="robot").token == "fake-token"


def test_incomplete_key_pair_is_reported_with_explicit_keys() -> None:
    for half, other in (("access_key", "secret key"), ("secret_key", "access key")):
        with pytest.raises(InvalidOptions, match=f"but no {other}"):
            found(auth_type="aksk", **{half: "FAKE"})


@pytest.mark.parametrize(
    "who", [{"username": "robot", "user_domain_name": "d", "password": "fake-password"}, {**KEYS, "project_id": ""}]
)
def test_project_is_required_for_all_principals(who: dict[str, str]) -> None:
    with pytest.raises(InvalidOptions, match="No project is specified"):
        resolve([flatten("x", {"auth": {"auth_url": "https://iam.example", **who}, "region_name": "eu-de"})])


CHANGED_BY_YAML = [42798, True, 45045, 1000.0, dt.date(2026, 1, 31), ["a", "b"], {"a": None}, 0, 12]


@pytest.mark.parametrize("value", CHANGED_BY_YAML)
@pytest.mark.parametrize("key", [*_settings.AUTH_KEYS, *_settings.TARGET_PROJECT_KEYS])
def test_secret_or_name_that_is_no_text_is_refused_by_name(key: str, value: Any) -> None:
    for values, called in (({"auth": {key: value}}, f"auth.{key}"), ({key: value}, key)):
        with pytest.raises(InvalidOptions, match="not a string") as caught:
            flatten("a file", values)
        assert str(caught.value).startswith(f"{called} in a file is not a string")
        assert caught.value.hint.startswith("Quote it")


def test_all_changed_values_are_named_at_once() -> None:
    with pytest.raises(InvalidOptions, match=r"auth\.username in a file and auth\.password in a file are not strings"):
        flatten("a file", {"auth": {"username": 12, "password": 34, "auth_url": "https://iam.example/v3"}})


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_line_breaks_behind_a_password_are_dropped(end: str) -> None:
    made = resolved(options(password=PASSWORD + end))
    assert made.password is not None
    assert made.password.password == PASSWORD


@pytest.mark.parametrize(
    "password", [f" {PASSWORD}", f"{PASSWORD} ", f"{PASSWORD}\t", f"{PASSWORD} \n", f"\n{PASSWORD}"]
)
def test_password_with_blanks_around_is_refused(password: str) -> None:
    with pytest.raises(InvalidOptions, match=r"auth\.password in the options starts or ends with whitespace") as caught:
        options(password=password)
    assert PASSWORD not in str(caught.value)


def test_blanks_around_names_are_dropped() -> None:
    made = resolved(options(username=" robot\n", user_domain_name="OTC-1 ", project_name="\teu-de_demo\n"))
    assert made.password is not None
    assert made.password.user == {"name": "robot", "domain": {"name": "OTC-1"}}
    assert made.scope == {"name": "eu-de_demo", "domain": {"name": "OTC-1"}}


@pytest.mark.parametrize(
    ("url", "right"),
    [
        ("https://iam.example/v2.0", "https://iam.example/v3"),
        ("https://iam.example/v3/auth/tokens", "https://iam.example/v3"),
        ("https://iam.example/v3/auth", "https://iam.example/v3"),
        ("https://iam.example/identity", "https://iam.example/identity/v3"),
        ("https://iam.example/identity/v2.0/", "https://iam.example/identity/v3"),
        ("https://iam.example/v3.0", "https://iam.example/v3"),
        ("https://iam.example/auth/tokens", "https://iam.example/v3"),
    ],
)
def test_auth_url_with_another_path_is_reported_and_corrected(url: str, right: str) -> None:
    with pytest.raises(
        InvalidOptions, match=r"auth_url must end in /v3, but auth_url from .+ is https://iam.example/"
    ) as reported:
        resolved(options(auth_url=url))
    assert reported.value.hint == f"Specify {right}."


@pytest.mark.parametrize("url", ["https://iam.example", "https://iam.example/v3/", "https://iam.example/identity/v3"])
def test_auth_url_that_ends_in_its_version_is_taken(url: str) -> None:
    assert str(resolved(options(auth_url=url)).auth_url).endswith("/v3")


@pytest.mark.parametrize("name", ["username", "user_id"])
def test_user_without_password_beside_keys_names_auth_type(name: str) -> None:
    source = flatten("the environment", {**KEYS, **DIS, name: "robot"})
    with pytest.raises(InvalidOptions, match=rf"A user \(from {name} in the environment\) and keys") as reported:
        resolved(source)
    assert "auth_type (OS_AUTH_TYPE) to aksk" in reported.value.hint
    assert resolved(flatten("x", {**KEYS, **DIS, name: "robot", "auth_type": "aksk"})).keys is not None


def test_catalog_without_dis_is_reported_and_no_url_is_invented() -> None:
    made = resolved(options(auth_url="https://iam.eu-de.otc.t-systems.com/v3"))
    with pytest.raises(InvalidOptions, match=r"service catalog of the project lists only iam and obs\.") as reported:
        dis_endpoint(made, [{"type": "obs"}, {"type": "iam"}])
    assert all(word in reported.value.hint for word in ("endpoint_override", "another cloud", "region_name"))
    internal = {"interface": "internal", "region": "eu-de", "url": "https://dis.example"}
    with pytest.raises(InvalidOptions, match=r"for the interface public: .* for internal only"):
        dis_endpoint(made, [{"type": "disv2", "endpoints": [internal]}])


@pytest.mark.parametrize("path", ["/etc/ca.pem", "~/ca.pem", "./ca.pem", "ca.pem"])
def test_verify_and_cacert_may_be_paths(path: str) -> None:
    expected = os.path.expanduser(path)
    assert resolved(flatten("x", {**OPTIONS, "verify": path})).verify == expected
    assert resolved(flatten("x", {**OPTIONS, "cacert": path})).verify == expected
    assert resolved(flatten("x", {**OPTIONS, "verify": "/other.pem", "cacert": path})).verify == expected
    assert resolved(flatten("x", {**OPTIONS, "verify": path, "insecure": True})).verify is False
    assert resolved(flatten("x", {**OPTIONS, "cert": path, "key": path})).cert == (expected, expected)


def test_interfaces_are_tried_in_order() -> None:
    made = resolved(flatten("x", {**OPTIONS, "interface": ["internal", "publicURL"]}))
    offers = [{"interface": one, "region": "eu-de", "url": f"https://{one}.example"} for one in ("public", "admin")]
    assert made.interfaces == ("internal", "public")
    assert dis_endpoint(made, [{"type": "disv2", "endpoints": offers}]) == "https://public.example"
    offers.append({"interface": "internal", "region": "eu-de", "url": "https://internal.example"})
    assert dis_endpoint(made, [{"type": "disv2", "endpoints": offers}]) == "https://internal.example"


@pytest.mark.parametrize("word", ["id", "name"])
def test_default_domain_is_that_of_user_and_project_unless_another_is_given(word: str) -> None:
    auth = {**OPTIONS["auth"], "user_domain_name": None}
    made = resolved(flatten("x", {"auth": auth, f"default_domain_{word}": "d"}))
    assert made.password is not None
    assert (made.password.user["domain"], (made.scope or {})["domain"]) == ({word: "d"}, {word: "d"})
    made = resolved(flatten("x", {"auth": {**auth, "domain_name": "A"}, f"default_domain_{word}": "d"}))
    assert (made.scope or {})["domain"] == {"name": "A"}


def test_message_names_what_yaml_changes() -> None:
    texts = [text for texts in _settings.CHANGED_BY_YAML.values() for text in texts]
    for text in texts:
        value = yaml.safe_load(f"password: {text}")["password"]
        assert not isinstance(value, str)
        with pytest.raises(InvalidOptions, match="is not a string") as error:
            flatten("x", {"auth": {"password": value}})
        assert all(one in str(error.value) for one in texts)
    # PyYAML returns this text unchanged, so missing quotes cannot be detected.
    assert yaml.safe_load("password: 1e3") == {"password": "1e3"}
    assert flatten("x", {"auth": {"password": "1e3"}}).values["password"] == "1e3"
