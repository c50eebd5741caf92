# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The OTC library for openstacksdk, and the commands it adds to the OpenStack client."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openstack
import pytest
from otcextensions import sdk as otc

from otc_emulator.runner import Emulator

Cli = Callable[..., Any]


@pytest.fixture
def dis(emulator: Emulator) -> Any:
    connection = openstack.connect(load_yaml_config=False, load_envvars=True)
    otc.register_otc_extensions(connection)
    yield connection.dis
    connection.close()


@pytest.fixture(scope="module")
def commands() -> Iterator[subprocess.Popen[str]]:
    """The command line, started once; it keeps apart from the library, as both share global state."""
    command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("openstack_cli.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def cli(emulator: Emulator, request: pytest.FixtureRequest) -> Cli:
    """Runs ``openstack dis ...``; gives the data of its JSON output."""
    process = request.getfixturevalue("commands")

    def run(words: str, *more: str, fails: bool = False) -> Any:
        # Only commands that show something know about formats.
        shows = words not in SILENT
        order = ["dis", *words.split(), *more, *(("-f", "json") if shows else ())]
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        done = json.loads(process.stdout.readline())
        assert done["failed"] is fails, done["err"]
        return done["err"] if fails else json.loads(done["out"]) if shows else None

    return run


SILENT = {
    "stream delete",
    "app delete",
    "checkpoint delete",
    "dump task delete",
    "dump task pause",
    "dump task start",
    "data file template",
}
DUMP = {"agency_name": "dis_admin_agency", "deliver_time_interval": 60, "obs_bucket_path": "telemetry-staging"}
DUMP_OPTIONS = [
    "--agency-name", "dis_admin_agency", "--deliver-time-interval", "60", "--obs-bucket-path", "telemetry-staging"
]  # fmt: skip


# --- the library


def test_streams(emulator: Emulator, dis: Any) -> None:
    dis.create_stream(stream_name="fresh", partition_count=2, data_type="JSON", tags=[{"key": "team", "value": "a"}])
    stream = dis.get_stream("fresh")
    assert (stream.name, stream.status, stream.writable_partition_count) == ("fresh", "RUNNING", 2)
    assert (stream.retention_period, stream.data_type, stream.stream_type) == (24, "JSON", "COMMON")
    assert stream.tags == [{"key": "team", "value": "a"}]
    assert [one["partition_id"] for one in stream.partitions] == ["shardId-0000000000", "shardId-0000000001"]
    changed = dis.update_stream_partition("fresh", 3)
    assert (changed.current_partition_count, changed.target_partition_count) == (2, 3)
    assert dis.get_stream("fresh").writable_partition_count == 3
    assert [one.name for one in dis.streams()] == ["fresh", "meters"]
    dis.delete_stream("fresh")
    with pytest.raises(openstack.exceptions.BadRequestException, match="does not exist"):
        dis.get_stream("fresh")


def test_all_pages_are_read(emulator: Emulator, dis: Any) -> None:
    names = [f"s{number:02}" for number in range(25)]
    emulator.reset(streams=names, apps=[f"a{number:02}" for number in range(25)])
    # The reset has made the token of the connection unknown, and a 441 does not make the client log in again.
    dis = reconnected()
    assert [one.name for one in dis.streams()] == names
    assert len(emulator.log(operation="list_streams")) == 3
    assert len(list(dis.streams(limit=4))) == 4
    assert len(list(dis.apps())) == 25


def reconnected() -> Any:
    connection = openstack.connect(load_yaml_config=False, load_envvars=True)
    otc.register_otc_extensions(connection)
    return connection.dis


def test_apps_and_checkpoints(emulator: Emulator, dis: Any) -> None:
    emulator.put_records("meters", ["a", "b", "c"])
    dis.create_app(app_name="reader")
    assert dis.get_app("reader").created_at > 1_700_000_000_000
    where = {"stream_name": "meters", "app_name": "reader", "partition_id": "0"}
    dis.create_checkpoint(**where, sequence_number="2", metadata="host-17")
    checkpoint = dis.get_checkpoint(**where)
    assert (checkpoint.sequence_number, checkpoint.metadata) == ("2", "host-17")
    (state,) = dis.app_consumptions("meters", "reader")
    assert (state.partition_id, state.sequence_number, state.latest_offset) == ("shardId-0000000000", "2", 3)
    assert (state.earliest_offset, state.status, state.checkpoint_type) == (0, "ACTIVE", "LAST_READ")
    assert dis.get_app("reader").commit_checkpoint_stream_names == ["meters"]
    assert [one.name for one in dis.apps(stream_name="meters")] == ["reader"]
    with pytest.raises(openstack.exceptions.BadRequestException, match="in use"):
        dis.delete_app("reader")
    dis.delete_checkpoint("meters", "reader")
    assert dis.get_checkpoint(**where).sequence_number == "-1"
    dis.delete_app("reader")
    assert list(dis.apps()) == []


def test_records(emulator: Emulator, dis: Any) -> None:
    result = dis.upload_data("meters", records=[{"data": "hello world", "partition_key": "k"}, {"data": "more text"}])
    assert [one.partition_id for one in result.records] == ["shardId-0000000000"] * 2
    cursor = dis.get_data_cursor("meters", "0", **{"cursor-type": "TRIM_HORIZON"}).partition_cursor
    records = list(dis.download_data(cursor))
    assert [base64.b64decode(one.data).decode() for one in records] == ["hello world", "more text"]
    assert [one.sequence_number for one in records] == ["0", "1"]
    assert records[0].partition_key == "k"
    assert (len(list(dis.download_data(cursor, max_fetch_bytes=11))), records[0].timestamp_type) == (1, "CreateTime")
    emulator.expire_cursors()
    with pytest.raises(openstack.exceptions.BadRequestException, match="expired"):
        list(dis.download_data(cursor))


def test_records_from_a_table(emulator: Emulator, dis: Any, tmp_path: Path) -> None:
    """Cells that are missing go out as null, empty ones as empty texts."""
    table = tmp_path / "records.csv"
    table.write_text("data,partition_id,partition_key,explicit_hash_key\nTXkgRGF0YQo=,0,,\nplain text\n")
    dis.upload_data("meters", filename=table)
    assert [one["text"] for one in emulator.records("meters")] == ["My Data\n", "plain text"]


def test_transfer_tasks(emulator: Emulator, dis: Any) -> None:
    schema = {"timestamp_name": "at", "timestamp_type": "Timestamp"}
    block = {**DUMP, "task_name": "dump", "partition_format": "yyyy/MM", "processing_schema": schema}
    dis.create_dump_task("meters", destination_type="OBS", obs_destination_descriptor=block)
    task = dis.get_dump_task("meters", "dump")
    assert (task.task_name, task.status, task.destination_type) == ("dump", "RUNNING", "OBS")
    assert task.exception_strategy == "ignoreAndBackup"
    shown = task.obs_destination_description
    assert (shown.obs_bucket_path, shown.record_delimiter, shown.retry_duration) == ("telemetry-staging", "\n", 0)
    assert shown.processing_schema.timestamp_name == "at"
    assert task.stream_id == emulator.stream("meters")["stream_id"]
    (listed,) = dis.dump_tasks("meters")
    assert listed.task_id == task.task_id
    dis.pause_dump_task("meters", [task.task_id])
    assert dis.get_dump_task("meters", "dump").status == "PAUSED"
    dis.start_dump_task("meters", [task.task_id])
    assert dis.get_dump_task("meters", "dump").status == "RUNNING"
    dis.delete_dump_task("meters", "dump")
    assert list(dis.dump_tasks("meters")) == []


def test_every_body_and_header_fits(emulator: Emulator, dis: Any) -> None:
    """The library sends its content type with every call, also with those that have no body."""
    list(dis.streams())
    dis.get_stream("meters")
    assert {one["headers"]["Content-Type"] for one in emulator.log(service="dis")} == {"application/json"}


# --- the command line


def test_commands_for_streams(emulator: Emulator, cli: Cli) -> None:
    shown = cli(
        "stream create", "fresh", "--partition-count", "2", "--tag", "key=team,value=a", "--data-duration", "48"
    )
    assert shown["partition_count"] == 2
    observed = cli("stream show", "fresh")
    assert (observed["status"], observed["retention_period"], observed["tags"]) == (
        "RUNNING",
        48,
        [{"key": "team", "value": "a"}],
    )
    assert [one["Name"] for one in cli("stream list")] == ["fresh", "meters"]
    changed = cli("stream update partition", "fresh", "--partition-count", "3")
    assert changed == {"stream_name": "fresh", "current_partition_count": 2, "target_partition_count": 3}
    cli("stream delete", "fresh", "meters")
    assert cli("stream list") == []
    assert "does not exist" in cli("stream show", "fresh", fails=True)


def test_commands_for_apps_and_checkpoints(emulator: Emulator, cli: Cli) -> None:
    emulator.put_records("meters", ["a", "b"])
    assert cli("app create", "reader")["name"] == "reader"
    assert cli("app show", "reader")["name"] == "reader"
    assert [one["App Name"] for one in cli("app list")] == ["reader"]
    where = ["meters", "reader", "--partition-id", "0"]
    cli("checkpoint create", *where, "--sequence-number", "1", "--metadata", "m")
    assert cli("checkpoint show", *where) == {"metadata": "m", "sequence_number": "1"}
    (state,) = cli("app consumption list", "meters", "reader")
    assert (state["Partition Id"], state["Sequence Number"]) == ("shardId-0000000000", "1")
    cli("checkpoint delete", *where[:2])
    cli("app delete", "reader")
    assert cli("app list") == []


def test_commands_for_records(emulator: Emulator, cli: Cli) -> None:
    cli("data upload", "meters", "--data", "hello world", "--partition-key", "k")
    cursor = cli("data cursor show", "meters", "--partition-id", "0", "--cursor-type", "TRIM_HORIZON")[
        "partition_cursor"
    ]
    (record,) = cli("data download", "--partition-cursor", cursor)
    assert base64.b64decode(record["Data"]) == b"hello world"
    at = ["--cursor-type", "AFTER_SEQUENCE_NUMBER", "--starting-seq-num", "0"]
    cursor = cli("data cursor show", "meters", "--partition-id", "shardId-0000000000", *at)["partition_cursor"]
    assert cli("data download", "--partition-cursor", cursor, "--max-fetch-bytes", "1000") == []


def test_commands_for_transfer_tasks(emulator: Emulator, cli: Cli) -> None:
    further = ["--file-prefix", "a/b", "--partition-format", "yyyy/MM/dd", "--record-delimiter", "\\n"]
    created = cli("dump task create", "meters", "dump", *DUMP_OPTIONS, *further)
    assert (created["status"], created["task_name"]) == ("RUNNING", "dump")
    observed = cli("dump task show", "meters", "dump")["obs_destination_description"]
    assert (observed["file_prefix"], observed["partition_format"], observed["record_delimiter"]) == (
        "a/b",
        "yyyy/MM/dd",
        "\n",
    )
    (listed,) = cli("dump task list", "meters")
    cli("dump task pause", "meters", listed["Task Id"])
    assert cli("dump task show", "meters", "dump")["status"] == "PAUSED"
    cli("dump task start", "meters", listed["Task Id"])
    assert cli("dump task show", "meters", "dump")["status"] == "RUNNING"
    cli("dump task delete", "meters", "dump")
    assert cli("dump task list", "meters") == []


def test_the_command_works_as_a_program(emulator: Emulator) -> None:
    command = [sys.executable, "-m", "openstackclient.shell", "dis", "stream", "list", "-f", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert [one["Name"] for one in json.loads(done.stdout)] == ["meters"]


# --- faults of the client


def test_fault_missing_things_are_never_ignored(dis: Any) -> None:
    """openstacksdk takes only 404 for missing; DIS answers 400 with a code."""
    for call, name in ((dis.delete_stream, "nix"), (dis.delete_app, "nix")):
        with pytest.raises(openstack.exceptions.BadRequestException):
            call(name, ignore_missing=True)


def test_fault_missing_things_are_ignored_only_where_they_are_404(emulator: Emulator, dis: Any) -> None:
    """The proof of the reason given above."""
    emulator.configure(missing_status=404)
    assert dis.delete_stream("nix", ignore_missing=True) is None


def test_fault_codes_are_lost(dis: Any) -> None:
    """openstacksdk keeps the text of ``message`` and drops ``errorCode``."""
    with pytest.raises(openstack.exceptions.BadRequestException) as caught:
        dis.get_stream("nix")
    assert "The stream does not exist." in str(caught.value)
    assert "DIS.4301" not in str(caught.value)


def test_fault_a_stale_token_is_not_renewed(emulator: Emulator, dis: Any) -> None:
    """keystoneauth logs in again on 401 only; DIS answers 441."""
    dis.get_stream("meters")
    emulator.expire_tokens()
    with pytest.raises(openstack.exceptions.HttpException) as caught:
        dis.get_stream("meters")
    assert caught.value.response.status_code == 441


def test_fault_text_that_looks_like_base64_goes_out_as_it_is(emulator: Emulator, dis: Any) -> None:
    """The client guesses: four letters can be base64."""
    dis.upload_data("meters", records=[{"data": "hell"}])
    assert [one["data"] for one in emulator.records("meters")] == ["hell"]


def test_fault_an_upload_with_a_stream_id_crashes(dis: Any) -> None:
    """A dict has no append."""
    with pytest.raises(AttributeError):
        dis.upload_data("meters", stream_id="x", records=[{"data": "more text"}])


def test_fault_failed_records_go_unnoticed(emulator: Emulator, dis: Any) -> None:
    """The model of a record has neither error code nor sequence number."""
    emulator.fault("fail_records", "put_records")
    (record,) = dis.upload_data("meters", records=[{"data": "more text"}]).records
    assert "DIS.4303" not in str(record)
    assert emulator.records("meters") == []


def test_fault_only_the_first_hundred_partitions_are_shown(emulator: Emulator, dis: Any) -> None:
    """Nothing asks for the next page."""
    emulator.seed(streams=[{"name": "wide", "partition_count": 120}])
    stream = dis.get_stream("wide")
    assert (len(stream.partitions), stream.has_more_partitions) == (100, True)


def test_fault_the_template_command_crashes(cli: Cli) -> None:
    """It reads an option of another name."""
    assert "output_file" in cli("data file template", "--filename", "x.csv", fails=True)


def test_fault_bounds_of_automatic_scaling_are_always_sent(emulator: Emulator, cli: Cli) -> None:
    """Both default to 1; the service has to live with that although automatic scaling is off."""
    cli("stream create", "fresh", "--partition-count", "2")
    (entry,) = emulator.log(operation="create_stream")
    bounds = {key: entry["body"][key] for key in entry["body"] if key.startswith("auto_scale")}
    assert bounds == {"auto_scale_min_partition_count": 1, "auto_scale_max_partition_count": 1}
    assert cli("stream show", "fresh")["auto_scale_max_partition_count"] == 0
