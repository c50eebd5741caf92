# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The login of the modules at a real Keystone.

Every run is also held to this: nothing that it writes holds a password or a token (``conftest.Runner.process``).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Outcome, Runner
    from dis_server import Dis
    from keystone_server import Keystone

DOMAIN, OTHER_DOMAIN = "OTC-EU-DE-00000000000000000001", "OTC-EU-DE-00000000000000000002"
MAIN, DEMO, SECOND = "eu-de", "eu-de_demo", "eu-de_second"
ROBOT, ROLELESS, RETIRED = "transfer-robot", "roleless-robot", "retired-robot"
CREATED = ["GET 400", "POST 201"]
"""What DIS sees of a run that creates a task, before the module looks whether it runs."""


def changed(auth: dict[str, str], **changes: str | None) -> dict[str, str]:
    """Other values for some keys; None takes one away."""
    return {key: value for key, value in {**auth, **changes}.items() if value is not None}


def worked(outcome: Outcome, project_id: str) -> None:
    """The run created the task in this project, as the robot."""
    assert outcome.done[:2] == CREATED
    assert outcome.result["changed"]
    assert {(call.path.split("/")[2], call.user) for call in outcome.calls} == {(project_id, ROBOT)}
    assert not outcome.strays


# --- the means of these tests ---


@pytest.mark.parametrize("written", ["secret", "json.dumps(secret)", "repr(secret)"])
def test_secrets_in_an_output_are_noticed(run: Runner, keystone: Keystone, token: str, written: str) -> None:
    code = f"import json, sys; secret = sys.stdin.buffer.read().decode(); print({written}, file=sys.stderr)"
    for secret in (token, keystone.users[ROBOT].password):
        with pytest.raises(pytest.fail.Exception, match="holds secrets"):
            run.process([sys.executable, "-c", code], None, secret)


# --- user and password ---

USERS: dict[str, dict[str, str]] = {
    "user by name, domain by name": {"username": ROBOT, "user_domain_name": DOMAIN},
    "user by name, domain by id": {"username": ROBOT, "user_domain_id": f"id of {DOMAIN}"},
    "user by id": {"user_id": f"id of {ROBOT}"},
}
PROJECTS: dict[str, dict[str, str]] = {
    "project by name": {"project_name": DEMO, "project_domain_name": DOMAIN},
    "project by name, domain by id": {"project_name": DEMO, "project_domain_id": f"id of {DOMAIN}"},
    "project by id": {"project_id": f"id of {DEMO}"},
    "main project": {"project_name": MAIN, "project_domain_name": DOMAIN},
    "project of another domain": {"project_name": DEMO, "project_domain_name": OTHER_DOMAIN},
}


def with_ids(keystone: Keystone, auth: dict[str, str]) -> dict[str, str]:
    """The ids that Keystone has given out, in the place of ``id of NAME``."""
    users = {user.name: user.id for user in keystone.users.values()}
    ids = {f"id of {name}": found for name, found in {**users, **keystone.domains, **keystone.projects}.items()}
    return {key: ids.get(value, value) for key, value in auth.items()}


@pytest.mark.parametrize("project", PROJECTS.values(), ids=PROJECTS)
@pytest.mark.parametrize("user", USERS.values(), ids=USERS)
def test_password_login(run: Runner, keystone: Keystone, user: dict[str, str], project: dict[str, str]) -> None:
    password = keystone.users[ROBOT].password
    auth = {"auth_url": keystone.auth_url, "password": password, **with_ids(keystone, {**user, **project})}
    outcome = run(auth=auth, region_name="eu-de")
    foreign = project.get("project_domain_name") == OTHER_DOMAIN
    home = keystone.foreign_projects if foreign else keystone.projects
    worked(outcome, home[project.get("project_name", DEMO)])
    assert [(one.status, one.methods) for one in outcome.iam] == [(201, ["password"])]


def test_project_is_searched_in_the_domain_of_the_user(
    run: Runner, keystone: Keystone, by_name: dict[str, str]
) -> None:
    outcome = run(auth=by_name, region_name="eu-de")
    worked(outcome, keystone.projects[DEMO])
    assert outcome.logins == [201]


@pytest.mark.parametrize("spelling", ["{root}/v3", "{root}/v3/", "{root}", "{root}/"])
def test_auth_url_spellings(run: Runner, keystone: Keystone, by_name: dict[str, str], spelling: str) -> None:
    auth_url = spelling.format(root=keystone.auth_url.removesuffix("/v3"))
    outcome = run(auth={**by_name, "auth_url": auth_url})
    worked(outcome, keystone.projects[DEMO])
    assert outcome.logins == [201]


def test_second_run_finds_the_task(run: Runner, by_name: dict[str, str]) -> None:
    run(auth=by_name)
    outcome = run(auth=by_name)
    assert (outcome.result["changed"], outcome.done, outcome.logins) == (False, ["GET 200"], [201])


def test_absent_deletes_with_the_same_login(run: Runner, dis: Dis, by_name: dict[str, str]) -> None:
    run(auth=by_name)
    outcome = run(auth=by_name, state="absent")
    assert outcome.result["changed"]
    assert outcome.done[:2] == ["GET 200", "DELETE 204"]
    assert outcome.logins == [201]
    assert not dis.tasks


# --- logins that fail ---

REFUSED: dict[str, dict[str, str | None]] = {
    "unknown user": {"username": "nobody"},
    "unknown user id": {
        "username": None,
        "user_domain_name": None,
        "user_id": "0" * 32,
        "project_domain_name": DOMAIN,
    },
    "user of another domain": {"user_domain_name": OTHER_DOMAIN},
    "unknown domain": {"user_domain_name": "OTC-EU-DE-00000000000000000099"},
    "unknown project": {"project_name": "eu-de_nowhere"},
    "unknown project id": {"project_name": None, "project_id": "0" * 32},
    "user without role": {"username": ROLELESS},
    "disabled user": {"username": RETIRED},
}


def refused(outcome: Outcome) -> None:
    """One attempt, and a message that names what may be wrong."""
    words = outcome.msg.lower()
    assert [word for word in ("password", "user", "domain", "project", "role") if word not in words] == []
    assert outcome.result["error"]["status"] == 401
    assert outcome.logins == [401]
    assert len(outcome.iam) == 1
    assert not outcome.result["changed"]
    assert not outcome.calls


@pytest.mark.parametrize("wrong", REFUSED.values(), ids=REFUSED)
def test_refused_login_is_tried_once_and_explained(
    run: Runner, keystone: Keystone, by_name: dict[str, str], wrong: dict[str, str | None]
) -> None:
    user = keystone.users.get(wrong.get("username") or "", keystone.users[ROBOT])
    refused(run(auth=changed({**by_name, "password": user.password}, **wrong), region_name="eu-de"))


def test_wrong_password_counts_as_one_failed_login(run: Runner, keystone: Keystone, by_name: dict[str, str]) -> None:
    """This Keystone locks a user at the second failure in a row, so a hidden second attempt would lock at once."""
    user = keystone.hire("careless-robot")
    right = {**by_name, "username": user.name, "password": user.password}
    wrong = {**right, "password": type(user.password)(user.password.swapcase())}
    refused(run(auth=wrong))
    assert run(auth=right).logins == [201]
    refused(run(auth=wrong))
    refused(run(auth=wrong))
    locked = run(auth=right)
    refused(locked)
    assert "locked" in locked.msg


def test_malformed_login_is_not_repeated(run: Runner, keystone: Keystone) -> None:
    """A user id contains no domain, and Keystone does not look up a project name without a domain."""
    user = keystone.users[ROBOT]
    auth = {"auth_url": keystone.auth_url, "user_id": user.id, "password": user.password, "project_name": DEMO}
    outcome = run(auth=auth)
    assert "domain" in outcome.msg
    assert outcome.logins == [400]
    assert not outcome.calls


# --- tokens that the user brings ---


@pytest.mark.parametrize("project", [{}, {"project_id": f"id of {DEMO}"}, {"project_name": DEMO}])
def test_given_token(run: Runner, keystone: Keystone, token: str, project: dict[str, str]) -> None:
    auth = {"auth_url": keystone.auth_url, "token": token, **with_ids(keystone, project)}
    outcome = run(auth=auth, region_name="eu-de")
    worked(outcome, keystone.projects[DEMO])
    assert [(one.method, one.path, one.status) for one in outcome.iam] == [("GET", "/v3/auth/tokens", 200)]
    assert keystone.facts_about(token), "a token that was given must outlive the run"


def test_token_with_project_id_and_endpoint_sends_nothing_to_keystone(
    run: Runner, keystone: Keystone, dis: Dis, token: str
) -> None:
    outcome = run(auth={"token": token, "project_id": keystone.projects[DEMO]}, endpoint_override=dis.url)
    worked(outcome, keystone.projects[DEMO])
    assert not outcome.iam


@pytest.mark.parametrize("tail", ["/", "/v2", "/v2/", "/v2/$(project_id)s", "/v2/{project_id}"])
def test_endpoint_override_spellings(
    run: Runner, keystone: Keystone, dis: Dis, by_name: dict[str, str], tail: str
) -> None:
    override = dis.url + tail.format(project_id=keystone.projects[DEMO])
    with keystone.catalogue_of():
        outcome = run(auth=by_name, endpoint_override=override)
    worked(outcome, keystone.projects[DEMO])
    assert outcome.logins == [201]


@pytest.mark.parametrize("desired", [{"project_name": SECOND}, {"project_id": f"id of {SECOND}"}], ids=["name", "id"])
def test_token_of_another_project_is_rejected_before_a_request_to_dis(
    run: Runner, keystone: Keystone, token: str, desired: dict[str, str]
) -> None:
    auth = {"auth_url": keystone.auth_url, "token": token, **with_ids(keystone, desired)}
    outcome = run(auth=auth, region_name="eu-de")
    assert "project" in outcome.msg
    assert DEMO in outcome.msg
    assert not outcome.logins
    assert not outcome.calls


def test_token_of_another_project_is_rejected_by_dis_without_keystone(
    run: Runner, keystone: Keystone, dis: Dis, token: str
) -> None:
    outcome = run(auth={"token": token, "project_id": keystone.projects[SECOND]}, endpoint_override=dis.url)
    assert "project" in outcome.msg
    assert outcome.result["error"]["code"] == "DIS.4117"
    assert len(outcome.calls) == 1


def test_token_that_keystone_does_not_know(run: Runner, keystone: Keystone, dis: Dis) -> None:
    """Also verifies that this DIS accepts only tokens validated by Keystone."""
    auth = {"token": "gAAAAABmade-up", "project_id": keystone.projects[DEMO]}
    outcome = run(auth=auth, endpoint_override=dis.url)
    assert "token" in outcome.msg.lower()
    assert outcome.result["error"]["status"] == 441
    assert len(outcome.calls) == 1
    outcome = run(auth={**auth, "auth_url": keystone.auth_url}, region_name="eu-de")
    assert "token" in outcome.msg.lower()
    assert len(outcome.iam) == 1
    assert not outcome.calls


def test_token_without_project(run: Runner, keystone: Keystone) -> None:
    outcome = run(auth={"auth_url": keystone.auth_url, "token": keystone.log_in(keystone.users[ROBOT], None)})
    assert "project" in outcome.msg
    assert not outcome.logins
    assert not outcome.calls


# --- tokens that end too early ---


def test_revoked_token_is_reported_without_another_attempt(run: Runner, keystone: Keystone, token: str) -> None:
    keystone.revoke(token)
    outcome = run(auth={"auth_url": keystone.auth_url, "token": token}, region_name="eu-de")
    assert "token" in outcome.msg
    assert [(one.method, one.status) for one in outcome.iam] == [("GET", 401)]
    assert not outcome.calls


@pytest.mark.parametrize("gateway", [False, True], ids=["441", "401"])
def test_revoked_token_that_dis_refuses_is_reported_without_another_attempt(
    run: Runner, keystone: Keystone, dis: Dis, token: str, gateway: bool
) -> None:
    keystone.revoke(token)
    dis.gateway = gateway
    auth = {"auth_url": keystone.auth_url, "token": token, "project_id": keystone.projects[DEMO]}
    outcome = run(auth=auth, endpoint_override=dis.url)
    assert "token" in outcome.msg.lower()
    assert [call.status for call in outcome.calls] == [401 if gateway else 441]
    assert not outcome.iam


def test_revoked_token_with_a_password_at_hand(
    run: Runner, keystone: Keystone, by_name: dict[str, str], token: str
) -> None:
    keystone.revoke(token)
    outcome = run(auth={**by_name, "token": token})
    worked(outcome, keystone.projects[DEMO])
    assert outcome.logins == [201]


def test_revoked_token_with_a_password_if_dis_is_called_first(
    run: Runner, keystone: Keystone, dis: Dis, by_name: dict[str, str], token: str
) -> None:
    keystone.revoke(token)
    auth = {**by_name, "token": token, "project_id": keystone.projects[DEMO]}
    outcome = run(auth=auth, endpoint_override=dis.url)
    assert outcome.done[:3] == ["GET 441", *CREATED]
    assert [(one.method, one.status) for one in outcome.iam] == [("POST", 201)]


@pytest.mark.parametrize("gateway", [False, True], ids=["441", "401"])
@pytest.mark.parametrize("dying", [1, 2], ids=["on the first read", "on the write"])
def test_token_that_dies_during_the_run_is_renewed_once(
    run: Runner, dis: Dis, by_name: dict[str, str], dying: int, gateway: bool
) -> None:
    dis.is_deleting, dis.gateway = (dying,), gateway
    outcome = run(auth=by_name)
    lost = "401" if gateway else "441"
    expected = list(CREATED)
    expected.insert(dying - 1, f"{expected[dying - 1].split()[0]} {lost}")
    assert outcome.done[:3] == expected
    assert outcome.result["changed"]
    assert outcome.logins == [201, 201]
    assert len(dis.tasks) == 1


@pytest.mark.parametrize("gateway", [False, True], ids=["441", "401"])
def test_tokens_that_always_die_end_the_run(run: Runner, dis: Dis, by_name: dict[str, str], gateway: bool) -> None:
    dis.is_deleting, dis.gateway = range(1, 100), gateway
    outcome = run(auth=by_name)
    assert "token" in outcome.msg.lower()
    assert outcome.logins == [201, 201]
    assert len(outcome.calls) == 2


def test_token_that_dies_twice_is_not_renewed_twice(run: Runner, dis: Dis, by_name: dict[str, str]) -> None:
    dis.is_deleting = (1, 3)
    outcome = run(auth=by_name)
    assert "token" in outcome.msg.lower()
    assert [call.status for call in outcome.calls] == [441, 400, 441]
    assert outcome.logins == [201, 201]
    assert not dis.tasks


def test_given_token_that_dies_during_the_run(run: Runner, keystone: Keystone, dis: Dis, token: str) -> None:
    dis.is_deleting = (2,)
    outcome = run(auth={"auth_url": keystone.auth_url, "token": token}, region_name="eu-de")
    assert "token" in outcome.msg.lower()
    assert [call.status for call in outcome.calls] == [400, 441]
    assert not outcome.logins


# --- the catalogue ---


@pytest.mark.parametrize("types", [("dis", "disv2"), ("disv2",), ("dis",)], ids=" and ".join)
@pytest.mark.parametrize("by_token", [False, True], ids=["password", "token"])
def test_endpoint_from_the_catalogue(
    run: Runner, keystone: Keystone, by_name: dict[str, str], token: str, types: tuple[str, ...], by_token: bool
) -> None:
    auth = {"auth_url": keystone.auth_url, "token": token} if by_token else by_name
    with keystone.catalogue_of(*types):
        outcome = run(auth=auth, region_name="eu-de")
    worked(outcome, keystone.projects[DEMO])


@pytest.mark.parametrize("types", [("dis", "disv2"), ("disv2",), ("dis",)], ids=" and ".join)
@pytest.mark.parametrize("choice", [{"region_name": "eu-nl"}, {"interface": "internal"}], ids=["region", "interface"])
def test_chosen_endpoint_from_the_catalogue(
    run: Runner, keystone: Keystone, by_name: dict[str, str], choice: dict[str, str], types: tuple[str, ...]
) -> None:
    with keystone.catalogue_of(*types):
        outcome = run(auth=by_name, **choice)
    assert outcome.result["changed"]
    assert [f"{call.method} {call.status}" for call in outcome.strays][:2] == CREATED
    assert not outcome.calls


def test_region_follows_from_the_name_of_the_project(run: Runner, keystone: Keystone, by_name: dict[str, str]) -> None:
    worked(run(auth={**by_name, "project_name": SECOND}), keystone.projects[SECOND])


def no_dis(outcome: Outcome, region: str) -> None:
    """A clear failure after the one request that was needed to see it."""
    assert "DIS" in outcome.msg
    assert region in outcome.msg
    assert "region_name" in outcome.msg or "endpoint_override" in outcome.msg
    assert len(outcome.iam) == 1
    assert not outcome.calls
    assert not outcome.strays


def test_no_dis_in_the_region(run: Runner, by_name: dict[str, str]) -> None:
    no_dis(run(auth=by_name, region_name="eu-ch2"), "eu-ch2")


@pytest.mark.parametrize("by_token", [False, True], ids=["password", "token"])
def test_no_dis_in_the_catalogue(
    run: Runner, keystone: Keystone, by_name: dict[str, str], token: str, by_token: bool
) -> None:
    auth = {"auth_url": keystone.auth_url, "token": token} if by_token else by_name
    with keystone.catalogue_of():
        no_dis(run(auth=auth, region_name="eu-de"), "eu-de")


def test_region_that_cannot_be_known(run: Runner, keystone: Keystone, by_name: dict[str, str]) -> None:
    outcome = run(auth=changed(by_name, project_name=None, project_id=keystone.projects[DEMO]))
    no_dis(outcome, "eu-nl")


# --- clouds.yaml ---


def write_clouds(folder: Path, auth: dict[str, str], **entry: Any) -> dict[str, str]:
    """A clouds file and its secure file, with the environment that names them; JSON is YAML, too."""
    folder.mkdir(parents=True, exist_ok=True)
    public = {"clouds": {"demo": {"auth": changed(auth, password=None), **entry}, "other": {"auth": {"auth_url": "x"}}}}
    secret = {"clouds": {"demo": {"auth": {"password": auth["password"]}}}}
    (folder / "clouds.yaml").write_text(json.dumps(public, indent=2), encoding="utf-8")
    (folder / "secure.yaml").write_text(json.dumps(secret), encoding="utf-8")
    return {
        "OS_CLIENT_CONFIG_FILE": str(folder / "clouds.yaml"),
        "OS_CLIENT_SECURE_FILE": str(folder / "secure.yaml"),
    }


def test_clouds_file_named_by_the_environment(
    run: Runner, keystone: Keystone, by_name: dict[str, str], tmp_path: Path
) -> None:
    environ = write_clouds(tmp_path / "anywhere", by_name, region_name="eu-de")
    outcome = run(environ, cloud="demo")
    worked(outcome, keystone.projects[DEMO])
    assert outcome.logins == [201]


@pytest.mark.parametrize("folder", [".", ".config/openstack"])
def test_clouds_file_in_the_usual_places(
    run: Runner, keystone: Keystone, by_name: dict[str, str], tmp_path: Path, folder: str
) -> None:
    write_clouds(tmp_path / folder, by_name)
    worked(run({"OS_CLOUD": "demo"}), keystone.projects[DEMO])


def test_clouds_file_with_secure_file_in_a_usual_place(
    run: Runner, keystone: Keystone, by_name: dict[str, str], tmp_path: Path
) -> None:
    environ = write_clouds(tmp_path, by_name)
    del environ["OS_CLIENT_SECURE_FILE"]
    worked(run(environ, cloud="demo"), keystone.projects[DEMO])


def test_named_cloud_outweighs_the_environment(
    run: Runner, keystone: Keystone, by_name: dict[str, str], tmp_path: Path
) -> None:
    environ = write_clouds(tmp_path, by_name, region_name="eu-de")
    foreign = {
        "OS_USERNAME": "nobody",
        "OS_PASSWORD": "wrong",
        "OS_PROJECT_NAME": "eu-de_nowhere",
        "OS_TOKEN": "a-fake-token",
    }
    outcome = run({**environ, **foreign, "OS_AUTH_URL": "http://127.0.0.1:9/v3"}, cloud="demo")
    worked(outcome, keystone.projects[DEMO])
    assert outcome.logins == [201]


def test_password_of_the_environment_is_not_sent_for_the_user_of_a_cloud(
    run: Runner, by_name: dict[str, str], tmp_path: Path
) -> None:
    environ = write_clouds(tmp_path, by_name)
    (tmp_path / "secure.yaml").unlink()
    outcome = run({**environ, "OS_PASSWORD": "of-another-user"}, cloud="demo")
    assert "password" in outcome.msg
    assert "of-another-user" not in outcome.output
    assert not outcome.iam


def test_option_outweighs_the_clouds_file(
    run: Runner, keystone: Keystone, by_name: dict[str, str], tmp_path: Path
) -> None:
    environ = write_clouds(tmp_path, by_name)
    worked(run(environ, cloud="demo", auth={"project_name": SECOND}), keystone.projects[SECOND])


def test_cloud_as_a_dictionary(run: Runner, keystone: Keystone, by_name: dict[str, str]) -> None:
    worked(run(cloud={"auth": by_name, "region_name": "eu-de"}), keystone.projects[DEMO])


def test_credential_of_a_controller(run: Runner, keystone: Keystone, by_name: dict[str, str], tmp_path: Path) -> None:
    """The file that the built-in OpenStack credential of AWX writes: one domain for the user and for the project."""
    auth = changed(by_name, user_domain_name=None, domain_name=DOMAIN)
    clouds = {"clouds": {"devstack": {"auth": auth, "verify": True, "region_name": "eu-de"}}}
    (tmp_path / "credential").write_text(json.dumps(clouds), encoding="utf-8")
    outcome = run({"OS_CLIENT_CONFIG_FILE": str(tmp_path / "credential")})
    worked(outcome, keystone.projects[DEMO])
    assert outcome.logins == [201]


def test_refused_login_from_a_clouds_file(
    run: Runner, keystone: Keystone, by_name: dict[str, str], tmp_path: Path
) -> None:
    user = keystone.users[ROLELESS]
    environ = write_clouds(tmp_path, {**by_name, "username": user.name, "password": user.password})
    refused(run(environ, cloud="demo"))


# --- the environment ---


def variables(auth: dict[str, str]) -> dict[str, str]:
    """``auth`` as ``OS_*`` variables."""
    return {f"OS_{key.upper()}": value for key, value in auth.items()}


def test_environment_alone(run: Runner, keystone: Keystone, by_name: dict[str, str]) -> None:
    outcome = run({**variables(by_name), "OS_REGION_NAME": "eu-de", "OS_IDENTITY_API_VERSION": "3"})
    worked(outcome, keystone.projects[DEMO])
    assert outcome.logins == [201]


def test_token_from_the_environment(run: Runner, keystone: Keystone, token: str) -> None:
    outcome = run({"OS_AUTH_URL": keystone.auth_url, "OS_TOKEN": token, "OS_REGION_NAME": "eu-de"})
    worked(outcome, keystone.projects[DEMO])
    assert not outcome.logins


@pytest.mark.parametrize("gateway", [False, True], ids=["441", "401"])
def test_refused_token_from_the_environment(
    run: Runner, keystone: Keystone, dis: Dis, token: str, gateway: bool
) -> None:
    """The service quotes the token, and Ansible does not know it for a secret: the module must."""
    dis.is_deleting, dis.gateway = (1,), gateway
    environ = {"OS_TOKEN": token, "OS_PROJECT_ID": keystone.projects[DEMO]}
    outcome = run(environ, endpoint_override=dis.url)
    assert "token" in outcome.msg.lower()
    assert [call.status for call in outcome.calls] == [401 if gateway else 441]
    assert not outcome.iam


def test_refused_login_from_the_environment(run: Runner, keystone: Keystone, by_name: dict[str, str]) -> None:
    user = keystone.users[ROLELESS]
    refused(run(variables({**by_name, "username": user.name, "password": user.password})))


EMPTY = (
    *("OS_AUTH_URL", "OS_USERNAME", "OS_USER_ID", "OS_PASSWORD", "OS_TOKEN", "OS_AUTH_TYPE", "OS_CLOUD"),
    *("OS_USER_DOMAIN_NAME", "OS_USER_DOMAIN_ID", "OS_DOMAIN_NAME", "OS_DOMAIN_ID", "OS_PASSCODE"),
    *("OS_PROJECT_NAME", "OS_PROJECT_ID", "OS_PROJECT_DOMAIN_NAME", "OS_PROJECT_DOMAIN_ID", "OS_TENANT_NAME"),
    *("OS_REGION_NAME", "OS_INTERFACE", "OS_CACERT", "OS_CERT", "OS_KEY", "OS_CLIENT_CONFIG_FILE"),
    *("OS_CLIENT_SECURE_FILE", "OS_ENDPOINT_OVERRIDE", "OS_DISV2_ENDPOINT_OVERRIDE", "OS_INSECURE"),
)


def test_empty_variables_count_as_not_given(run: Runner, keystone: Keystone, by_name: dict[str, str]) -> None:
    empty = dict.fromkeys(EMPTY, "")
    worked(run({**empty, **variables(by_name)}), keystone.projects[DEMO])
    worked(run(empty, auth=by_name, task_name="second"), keystone.projects[DEMO])


def test_empty_options_count_as_not_given(run: Runner, keystone: Keystone, by_name: dict[str, str]) -> None:
    auth = {**dict.fromkeys(("user_id", "user_domain_id", "project_id", "project_domain_name", "token"), ""), **by_name}
    options = dict.fromkeys(("cloud", "region_name", "endpoint_override"), "")
    worked(run(auth=auth, **options), keystone.projects[DEMO])
    blank = dict.fromkeys(auth, "")
    worked(run(variables(by_name), auth=blank, task_name="second", **options), keystone.projects[DEMO])


def test_nothing_given(run: Runner) -> None:
    outcome = run()
    assert "auth" in outcome.msg
    assert not outcome.iam


# --- through Ansible ---


def test_playbook(run: Runner, keystone: Keystone, by_name: dict[str, str]) -> None:
    """Create, repeat, delete, repeat, with the login in the defaults of the action group, as loud as it gets."""
    task = {
        "stream_name": "meters",
        "task_name": "meters-to-dli",
        "agency_name": "dis_admin_agency",
        "dli_database_name": "telemetry",
        "dli_table_name": "meter_raw",
        "obs_bucket_path": "telemetry-staging",
    }
    steps = [("created", "present"), ("repeated", "present"), ("deleted", "absent"), ("missing", "absent")]
    play = {
        "module_defaults": {"group/otc.dis.dis": {"auth": "{{ login }}", "region_name": "eu-de"}},
        "tasks": [
            *({"otc.dis.dli_transfer_task": {**task, "state": state}, "register": name} for name, state in steps),
            {"ansible.builtin.debug": {"msg": "{{ [created, repeated, deleted, missing] }}"}},
            {
                "ansible.builtin.assert": {
                    "that": [
                        "created is changed",
                        "repeated is not changed",
                        "deleted is changed",
                        "missing is not changed",
                    ]
                }
            },
        ],
    }
    outcome = run.playbook(play, {"login": by_name}, "-vvvv")
    assert outcome.code == 0, outcome.output
    assert {(call.path.split("/")[2], call.user) for call in outcome.calls} == {(keystone.projects[DEMO], ROBOT)}
    assert outcome.logins == [201] * len(steps)


def test_playbook_with_a_refused_login(run: Runner, keystone: Keystone, by_name: dict[str, str]) -> None:
    user = keystone.users[ROLELESS]
    play = {
        "tasks": [
            {
                "otc.dis.dli_transfer_task": {
                    "stream_name": "meters",
                    "task_name": "meters-to-dli",
                    "state": "absent",
                    "auth": "{{ login }}",
                },
                "register": "outcome",
                "ignore_errors": True,
            },
            {"ansible.builtin.debug": {"var": "outcome"}},
            {"ansible.builtin.assert": {"that": ["outcome is failed", "'role' in outcome.msg"]}},
        ]
    }
    login = {**by_name, "username": user.name, "password": user.password}
    outcome = run.playbook(play, {"login": login}, "-vvvv")
    assert outcome.code == 0, outcome.output
    assert outcome.logins == [401]
    assert not outcome.calls


def test_ad_hoc_call_with_the_environment_alone(run: Runner, keystone: Keystone, by_name: dict[str, str]) -> None:
    options = {"stream_name": "meters", "task_name": "meters-to-dli", "state": "absent"}
    command = ["ansible", "localhost", "-m", "otc.dis.dli_transfer_task", "-a", json.dumps(options)]
    outcome = run.ansible(command, variables(by_name))
    assert outcome.code == 0, outcome.output
    assert [f"{call.method} {call.status}" for call in outcome.calls] == ["GET 400"]
    assert outcome.logins == [201]
