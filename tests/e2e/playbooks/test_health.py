# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role that watches transfer tasks, and the playbook that runs it by name."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
import yaml
from ansible_cli import ROOT, Run
from workspace import Workspace, good

ROLE = ROOT / "roles/transfer_health"
PLAYBOOK = "otc.dis.health"
HOUR = 3600


def run(workspace: Workspace, *words: str, **variables: Any) -> Run:
    """The playbook with these variables, and with a page."""
    values = {"transfer_health_report": str(workspace.folder / "health.html"), "transfer_health_stale_after": "30m"}
    return workspace.playbook(PLAYBOOK, "-e", f"@{workspace.write('vars.yml', {**values, **variables})}", *words)


def page(workspace: Workspace) -> str:
    return (workspace.folder / "health.html").read_text("utf-8")


def hang(workspace: Workspace, records: int = 5) -> None:
    """Two tasks that carried their last records three hours ago; an hour later more came for them."""
    workspace.cloud.reset(streams=[])
    workspace.cloud.advance_clock(-3 * HOUR)
    workspace.cloud.seed(
        streams=[{"name": "meters", "tasks": ["meters-to-dli", {"task_name": "off", "state": "PAUSED"}]}]
    )
    workspace.cloud.put_records("meters", ["x"])
    workspace.cloud.patch_stream("meters", transferable_offset=1)
    workspace.cloud.advance_clock(HOUR)
    workspace.cloud.put_records("meters", ["x"] * records)
    workspace.cloud.advance_clock(2 * HOUR)


def without_times(html: str) -> str:
    """A page without the chart and the time at which it was made."""
    return re.sub(r"<figure>.*?</figure>|Generated at [^<]*", "", html, flags=re.DOTALL)


class Reader(HTMLParser):
    """What a browser would make of a page.

    :ivar tags: all elements, with their attributes
    :ivar text: what is between them
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "line", "rect"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        self.text += data

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _attributes in self.tags)


@pytest.mark.quick
def test_healthy_tasks_make_no_noise_and_the_second_page_is_the_same(workspace: Workspace) -> None:
    hang(workspace, records=0)
    done = good(run(workspace))
    assert re.search(r"meters +meters-to-dli +DLI +RUNNING +ok +20..-..-.. ..:..:.. UTC +0", done.stdout)
    observed = Reader(page(workspace))
    assert observed.open == []
    assert (observed.count("table"), observed.count("svg"), observed.count("rect"), observed.count("script")) == (
        1,
        1,
        1,
        0,
    )
    assert "No problems among 2 transfer tasks of 1 stream." in observed.text
    first = page(workspace)
    good(run(workspace))
    # The page changes with the data and the time alone.
    assert without_times(page(workspace)) == without_times(first)
    assert re.search(r"Generated at 20..-..-.. ..:..:.. UTC", observed.text)


@pytest.mark.parametrize("state", ["ABNORMAL", "ERROR"])
def test_unhealthy_task_fails_the_job_after_the_page_was_written(workspace: Workspace, state: str) -> None:
    workspace.cloud.reset(
        streams=[{"name": "meters", "tasks": ["fine", {"task_name": "broken", "state": state}]}, "other"]
    )
    done = run(workspace)
    assert done.code == 2, str(done)
    failed = done.named("Fail if a transfer task is unhealthy")
    assert failed.result["msg"] == (
        f"meters/broken is failed: The state of the task is {state}."
        " Read the log of a failed task with otc.dis.transfer_task_log_info or in the DIS console."
    )
    assert f"The state of the task is {state}." in Reader(page(workspace)).text


def test_data_that_waits_too_long_fails_the_job(workspace: Workspace) -> None:
    hang(workspace)
    done = run(workspace)
    assert done.code == 2, str(done)
    message = done.named("Fail if a transfer task is unhealthy").result["msg"]
    assert "meters/meters-to-dli is stale: 5 records" in message
    assert "stale" in Reader(page(workspace)).text
    good(run(workspace, transfer_health_stale_after="4h"))
    good(run(workspace, transfer_health_stale_after=4 * HOUR))


def test_unknown_result_fails_the_job_only_if_requested(workspace: Workspace) -> None:
    hang(workspace)
    workspace.cloud.fault("status", operation="show_partition_metrics", status=404, code="APIG.0101", times=0)
    reported = good(run(workspace))
    assert "meters/meters-to-dli is unknown:" in reported.stdout
    assert run(workspace, transfer_health_fail_on_unknown=True).code == 2


def test_named_stream_that_is_gone_fails_the_job(workspace: Workspace) -> None:
    done = run(workspace, transfer_health_streams=["gone", "meters"])
    assert done.code == 2
    assert "gone is missing:" in done.output
    assert "gone is missing:" in Reader(page(workspace)).text


def test_service_out_of_reach_fails_the_job_clearly(workspace: Workspace) -> None:
    workspace.cloud.fault("status", service="dis", status=503, times=0)
    done = run(workspace)
    assert done.code == 2
    assert "Cannot list streams" in done.output
    assert "Traceback" not in done.output


def test_check_mode_looks_and_judges_but_writes_no_page(workspace: Workspace) -> None:
    workspace.cloud.reset(streams=[{"name": "meters", "tasks": [{"task_name": "broken", "state": "ERROR"}]}])
    assert run(workspace, "--check").code == 2
    assert not (workspace.folder / "health.html").exists()


def test_no_page_and_no_charts_unless_they_are_wanted(workspace: Workspace) -> None:
    good(workspace.playbook(PLAYBOOK, "-e", "transfer_health_history=0 transfer_health_allow_empty=true"))
    assert not list(workspace.folder.glob("*.html"))
    assert workspace.cloud.log(operation="show_stream_metrics") == []


EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> {{ 7 * 191 }} {% raw %}"


def test_words_of_the_service_are_neither_html_nor_templates(workspace: Workspace) -> None:
    entry = {"task_name": "odd", "destination_type": EVIL, "state": EVIL}
    workspace.cloud.fault(
        "wrong_json", operation="list_transfer_tasks", body={"total_number": 1, "tasks": [entry]}, times=0
    )
    done = good(run(workspace, transfer_health_title="<i>Title</i> & more"))
    observed = Reader(page(workspace))
    assert observed.open == []
    assert {name for name, _attributes in observed.tags} & {"script", "img", "i"} == set()
    assert all(not name.startswith("on") for _tag, attributes in observed.tags for name in attributes)
    assert EVIL in observed.text
    assert "<i>Title</i> & more" in observed.text
    assert "1337" not in page(workspace) + done.output


def test_page_needs_nothing_from_elsewhere_and_can_be_read_by_machines_for_people(workspace: Workspace) -> None:
    hang(workspace)
    run(workspace)
    observed = Reader(page(workspace))
    names = {name for _tag, attributes in observed.tags for name in attributes}
    assert names & {"src", "href", "style"} == set()
    assert "url(" not in page(workspace)
    # On a narrow screen cells are flex items, which only "anywhere" lets shrink below the length of a name.
    assert "overflow-wrap: break-word" not in page(workspace)
    assert observed.count("caption") == observed.count("table") == 1
    assert {attributes.get("scope") for tag, attributes in observed.tags if tag == "th"} == {"col", "row"}
    (chart,) = [attributes for tag, attributes in observed.tags if tag == "svg"]
    assert chart["role"] == "img"
    assert str(chart["aria-label"]).startswith("Records received by the stream, 6 from ")


@pytest.mark.parametrize(
    ("wrong", "reported"),
    [
        ({"transfer_health_stale_after": "soon"}, "stale_after is 'soon'"),
        ({"transfer_health_streams": {"a": 1}}, "transfer_health_streams"),
        ({"transfer_health_fail_on_unknown": "perhaps"}, "transfer_health_fail_on_unknown"),
    ],
    ids=["time", "streams", "flag"],
)
def test_wrong_variables_are_refused_before_any_request(
    workspace: Workspace, wrong: dict[str, Any], reported: str
) -> None:
    done = run(workspace, **wrong)
    assert done.code == 2, str(done)
    assert reported in done.output
    assert workspace.cloud.log() == []


def test_login_comes_from_a_named_cloud(workspace: Workspace) -> None:
    workspace.forget_cloud()
    workspace.clouds({"other": {}, "emulated": {"auth": workspace.auth}}, at_home=True)
    good(run(workspace, transfer_health_cloud="emulated", transfer_health_allow_empty=True))


def test_defaults_equal_the_argument_specs() -> None:
    spec = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text("utf-8"))["argument_specs"]["main"]["options"]
    defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text("utf-8"))
    assert {name: option["default"] for name, option in spec.items()} == defaults
