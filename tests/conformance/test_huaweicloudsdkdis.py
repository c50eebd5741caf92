# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Huawei's generated library, which signs its requests with an access key."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from huaweicloudsdkcore.auth import credentials
from huaweicloudsdkcore.exceptions import exceptions
from huaweicloudsdkcore.region import region
from huaweicloudsdkdis import v2

from otc_emulator.runner import Emulator

METERS = {"stream_name": "meters"}


def client_with(emulator: Emulator, secret: str | None = None, project_id: str | None = None) -> Any:
    login = emulator.login
    keys = credentials.BasicCredentials(
        login["access_key"], secret or login["secret_key"], project_id or emulator.project_id
    )
    return v2.DisClient.new_builder().with_credentials(keys).with_endpoint(emulator.url).build()


@pytest.fixture
def dis(emulator: Emulator) -> Any:
    return client_with(emulator)


def refused(call: Any, request: Any) -> Any:
    with pytest.raises(exceptions.ClientRequestException) as caught:
        call(request)
    return caught.value


def show(dis: Any, name: str = "meters") -> Any:
    return dis.show_stream(v2.ShowStreamRequest(stream_name=name))


def create(dis: Any, **members: Any) -> None:
    body = v2.CreateStreamReq(**{"stream_name": "fresh", "partition_count": 1, **members})
    dis.create_stream(v2.CreateStreamRequest(body=body))


# --- streams


def test_streams(emulator: Emulator, dis: Any) -> None:
    create(
        dis,
        partition_count=2,
        data_type="CSV",
        data_duration=48,
        csv_properties=v2.CSVProperties(delimiter=";"),
        compression_format="zip",
        auto_scale_enabled=True,
        auto_scale_min_partition_count=1,
        auto_scale_max_partition_count=4,
        tags=[v2.Tag(key="team", value="a")],
        sys_tags=[v2.SysTag(key="_sys_enterprise_project_id", value="5d2f7f8e-0c1b-4a57-9d0e-6a1f2b3c4d5e")],
    )
    observed = show(dis, "fresh")
    assert (observed.status, observed.retention_period, observed.data_type, observed.compression_format) == (
        "RUNNING",
        48,
        "CSV",
        "zip",
    )
    assert (observed.csv_properties.delimiter, observed.auto_scale_enabled, observed.writable_partition_count) == (
        ";",
        True,
        2,
    )
    assert [(one.key, one.value) for one in observed.tags] == [("team", "a")]
    assert observed.sys_tags[0].value == "5d2f7f8e-0c1b-4a57-9d0e-6a1f2b3c4d5e"
    assert observed.partitions[1].hash_range == "[4611686018427387903 : 9223372036854775807]"
    body = v2.UpdatePartitionCountReq(stream_name="fresh", target_partition_count=1)
    dis.update_partition_count(v2.UpdatePartitionCountRequest(stream_name="fresh", body=body))
    observed = show(dis, "fresh")
    assert [one.status for one in observed.partitions] == ["ACTIVE", "DELETED"]
    (change,) = observed.update_partition_counts
    assert (change.src_partition_count, change.target_partition_count, change.result_code) == (2, 1, 1)
    body = v2.UpdateStreamReq(stream_name="fresh", data_duration=72, data_type="JSON", data_schema='"string"')
    dis.update_stream(v2.UpdateStreamRequest(stream_name="fresh", body=body))
    observed = show(dis, "fresh")
    assert (observed.retention_period, observed.data_type, observed.data_schema) == (72, "JSON", '"string"')
    dis.delete_stream(v2.DeleteStreamRequest(stream_name="fresh"))
    assert refused(dis.show_stream, v2.ShowStreamRequest(stream_name="fresh")).status_code == 400


def test_streams_and_partitions_in_pages(emulator: Emulator, dis: Any) -> None:
    emulator.seed(streams=["a", "b", {"name": "wide", "partition_count": 5}])
    first = dis.list_streams(v2.ListStreamsRequest(limit=3))
    assert (first.stream_names, first.has_more_streams, first.total_number) == (["a", "b", "meters"], True, 4)
    rest = dis.list_streams(v2.ListStreamsRequest(limit=3, start_stream_name="meters"))
    assert (rest.stream_names, rest.has_more_streams) == (["wide"], False)
    assert rest.stream_info_list[0].partition_count == 5
    page = dis.show_stream(v2.ShowStreamRequest(stream_name="wide", limit_partitions=2))
    assert page.has_more_partitions
    last = page.partitions[-1].partition_id
    rest = dis.show_stream(v2.ShowStreamRequest(stream_name="wide", start_partition_id=last))
    assert len(rest.partitions) == 3


def test_policies(emulator: Emulator, dis: Any) -> None:
    assert dis.list_policies(v2.ListPoliciesRequest(stream_name="meters")).rules == []


def test_tags(emulator: Emulator, dis: Any) -> None:
    stream_id = show(dis).stream_id
    dis.create_tag(v2.CreateTagRequest(stream_id=stream_id, body=v2.CreateTagReq(tag=v2.Tag(key="team", value="a"))))
    more = v2.BatchCreateTagsReq(action="create", tags=[v2.Tag(key="env", value="prod"), v2.Tag(key="x", value="")])
    dis.batch_create_tags(v2.BatchCreateTagsRequest(stream_id=stream_id, body=more))
    less = v2.BatchDeleteTagsReq(action="delete", tags=[v2.Tag(key="x", value="")])
    dis.batch_delete_tags(v2.BatchDeleteTagsRequest(stream_id=stream_id, body=less))
    tags = dis.show_stream_tags(v2.ShowStreamTagsRequest(stream_id=stream_id)).tags
    assert [(one.key, one.value) for one in tags] == [("team", "a"), ("env", "prod")]
    assert [(one.key, one.values) for one in dis.list_tags(v2.ListTagsRequest()).tags] == [
        ("env", ["prod"]),
        ("team", ["a"]),
    ]
    wanted = v2.ListResourceInstancesReq(action="filter", limit="10", offset="0", tags=[v2.Tags("team", ["a"])])
    found = dis.list_resources_by_tags(v2.ListResourcesByTagsRequest(body=wanted))
    assert (found.total_count, found.resources[0].resource_name) == (1, "meters")
    dis.delete_tag(v2.DeleteTagRequest(stream_id=stream_id, key="team"))
    assert len(dis.show_stream_tags(v2.ShowStreamTagsRequest(stream_id=stream_id)).tags) == 1


# --- apps, checkpoints, records, metrics


def test_apps_and_checkpoints(emulator: Emulator, dis: Any) -> None:
    emulator.put_records("meters", ["a", "b", "c"])
    dis.create_app(v2.CreateAppRequest(body=v2.CreateAppReq(app_name="reader")))
    app = dis.show_app(v2.ShowAppRequest(app_name="reader"))
    assert (app.app_name, len(app.app_id)) == ("reader", 19)
    listed = dis.list_app(v2.ListAppRequest(limit=10))
    assert (listed.total_number, listed.has_more_app, listed.apps[0].app_id) == (1, False, app.app_id)
    where = {"app_name": "reader", "partition_id": "0", "checkpoint_type": "LAST_READ", **METERS}
    body = v2.CommitCheckpointReq(**where, sequence_number="2", metadata="host-17")
    dis.commit_checkpoint(v2.CommitCheckpointRequest(body=body))
    checkpoint = dis.show_checkpoint(v2.ShowCheckpointRequest(**where))
    assert (checkpoint.sequence_number, checkpoint.metadata) == ("2", "host-17")
    asked = v2.ShowConsumerStateRequest(app_name="reader", checkpoint_type="LAST_READ", **METERS)
    (state,) = dis.show_consumer_state(asked).partition_consuming_states
    assert (state.partition_id, state.sequence_number, state.latest_offset) == ("shardId-0000000000", "2", 3)
    refused(dis.delete_app, v2.DeleteAppRequest(app_name="reader"))
    dis.delete_checkpoint(v2.DeleteCheckpointRequest(app_name="reader", checkpoint_type="LAST_READ", **METERS))
    dis.delete_app(v2.DeleteAppRequest(app_name="reader"))
    assert dis.list_app(v2.ListAppRequest()).apps == []


def test_records_and_metrics(emulator: Emulator, dis: Any) -> None:
    emulator.fault("fail_records", "put_records", indices=[1])
    entries = [
        v2.PutRecordsRequestEntry(data=base64.b64encode(b"hello").decode(), partition_key="customer-7"),
        v2.PutRecordsRequestEntry(data="eA==", explicit_hash_key="0"),
    ]
    sent = dis.send_records(v2.SendRecordsRequest(body=v2.PutRecordsRequest(stream_name="meters", records=entries)))
    assert sent.failed_record_count == 1
    assert (sent.records[0].sequence_number, sent.records[1].error_code) == ("0", "DIS.4303")
    asked = v2.ShowCursorRequest(stream_name="meters", partition_id="0", cursor_type="TRIM_HORIZON")
    cursor = dis.show_cursor(asked).partition_cursor
    got = dis.consume_records(v2.ConsumeRecordsRequest(partition_cursor=cursor, max_fetch_bytes=1000))
    assert [(one.partition_key, base64.b64decode(one.data)) for one in got.records] == [("customer-7", b"hello")]
    after = dis.consume_records(v2.ConsumeRecordsRequest(partition_cursor=got.next_partition_cursor))
    assert after.records == []
    now = int(emulator.state()["time"])
    window = {"start_time": now - 300, "end_time": now + 60, **METERS}
    put = dis.show_stream_metrics(v2.ShowStreamMetricsRequest(label="total_put_bytes_per_stream", **window))
    assert sum(one.value for one in put.metrics.data_points) == 5
    several = dis.show_stream_metrics(
        v2.ShowStreamMetricsRequest(label_list="total_put_records_per_stream,traffic_control_put", **window)
    )
    assert [sum(one.value for one in each.data_points) for each in several.metrics_list] == [1, 1]
    asked = v2.ShowPartitionMetricsRequest(partition_id="0", label="total_get_bytes_per_partition", **window)
    assert sum(one.value for one in dis.show_partition_metrics(asked).metrics.data_points) == 5


# --- transfer tasks


def test_transfer_tasks(emulator: Emulator, dis: Any) -> None:
    block = v2.OBSDestinationDescriptorRequest(
        task_name="dump",
        agency_name="dis_admin_agency",
        deliver_time_interval=60,
        consumer_strategy="TRIM_HORIZON",
        obs_bucket_path="telemetry-staging",
        file_prefix="a/b",
        partition_format="yyyy/MM",
        destination_file_type="text",
        record_delimiter=";",
        processing_schema=v2.ProcessingSchema(timestamp_name="at", timestamp_type="Timestamp"),
    )
    body = v2.CreateTransferTaskReq(destination_type="OBS", obs_destination_descriptor=block)
    dis.create_obs_transfer_task(v2.CreateObsTransferTaskRequest(stream_name="meters", body=body))
    wanted = v2.ShowTransferTaskRequest(stream_name="meters", task_name="dump")
    task = dis.show_transfer_task(wanted)
    assert (task.task_name, task.state, task.destination_type) == ("dump", "RUNNING", "OBS")
    shown = task.obs_destination_description
    assert (shown.file_prefix, shown.partition_format, shown.record_delimiter) == ("a/b", "yyyy/MM", ";")
    assert (shown.deliver_time_interval, shown.consumer_strategy) == (60, "TRIM_HORIZON")
    listed = dis.list_transfer_tasks(v2.ListTransferTasksRequest(stream_name="meters"))
    assert (listed.total_number, listed.tasks[0].task_name) == (1, "dump")
    # The library cannot tell the id that its own calls need; see the faults.
    ids = [v2.BatchTransferTask(id=emulator.tasks("meters")["dump"]["task_id"])]
    stop = v2.BatchStopTransferTaskReq(action="stop", tasks=ids)
    dis.batch_stop_transfer_task(v2.BatchStopTransferTaskRequest(stream_name="meters", body=stop))
    assert dis.show_transfer_task(wanted).state == "PAUSED"
    start = v2.BatchStartTransferTaskReq(action="start", tasks=ids)
    dis.batch_start_transfer_task(v2.BatchStartTransferTaskRequest(stream_name="meters", body=start))
    assert dis.show_transfer_task(wanted).state == "RUNNING"
    dis.delete_transfer_task(v2.DeleteTransferTaskRequest(stream_name="meters", task_name="dump"))
    assert dis.list_transfer_tasks(v2.ListTransferTasksRequest(stream_name="meters")).tasks == []


# --- logging in


def test_requests_are_signed_in_the_first_form(emulator: Emulator, dis: Any) -> None:
    emulator.configure(signature_forms=["access"])
    show(dis)
    (entry,) = emulator.log(service="dis")
    assert "X-Auth-Token" not in entry["headers"]
    assert entry["headers"]["X-Project-Id"] == emulator.project_id
    emulator.configure(signature_forms=["credential"])
    assert refused(dis.show_stream, v2.ShowStreamRequest(stream_name="meters")).status_code == 441


def test_a_wrong_secret_is_refused(emulator: Emulator) -> None:
    error = refused(client_with(emulator, secret="wrong").list_streams, v2.ListStreamsRequest())
    assert error.status_code == 441
    assert "DIS.4100" in error.error_msg


def test_another_project_is_refused(emulator: Emulator) -> None:
    error = refused(client_with(emulator, project_id="0" * 32).list_streams, v2.ListStreamsRequest())
    assert "DIS.4117" in error.error_msg


def test_temporary_keys(emulator: Emulator) -> None:
    key = {"access": "TEMPORARY", "secret": "s", "security_token": "fake-security-token"}
    emulator.seed(users=[{"name": "emulator-user", "access_keys": [key]}])
    keys = credentials.BasicCredentials("TEMPORARY", "s", emulator.project_id).with_security_token(
        "fake-security-token"
    )
    dis = v2.DisClient.new_builder().with_credentials(keys).with_endpoint(emulator.url).build()
    assert show(dis).status == "RUNNING"


def test_the_project_is_looked_up_by_the_name_of_the_region(emulator: Emulator) -> None:
    keys = credentials.BasicCredentials(emulator.login["access_key"], emulator.login["secret_key"])
    keys = keys.with_iam_endpoint(emulator.url)
    where = region.Region("eu-de", emulator.url)
    dis = v2.DisClient.new_builder().with_credentials(keys).with_region(where).build()
    assert show(dis).status == "RUNNING"
    (entry,) = emulator.log(operation="list_projects")
    assert (entry["query"], entry["status"]) == ({"name": "eu-de"}, 200)


# --- faults of the client


def test_fault_the_code_of_dis_is_lost(dis: Any) -> None:
    """It does not know ``errorCode`` together with ``message``, and reports the status as code."""
    error = refused(dis.show_stream, v2.ShowStreamRequest(stream_name="nix"))
    assert (str(error.error_code), error.status_code) == ("400", 400)
    assert "DIS.4301" in error.error_msg


def test_fault_the_shape_of_the_reference_is_understood(emulator: Emulator, dis: Any) -> None:
    """The proof of the reason given above."""
    emulator.configure(error_shape="reference")
    assert refused(dis.show_stream, v2.ShowStreamRequest(stream_name="nix")).error_code == "DIS.4301"


def test_fault_tasks_have_no_id_and_no_position(emulator: Emulator, dis: Any) -> None:
    """Its models follow the tables of the reference, which leave out the id and print another kind of partition."""
    emulator.seed(streams=[{"name": "full", "tasks": [{"task_name": "dump", "destination_type": "OBS"}]}])
    task = dis.show_transfer_task(v2.ShowTransferTaskRequest(stream_name="full", task_name="dump"))
    assert not hasattr(task, "task_id")
    assert [set(one.to_dict().values()) <= {None} for one in task.partitions] == [True]
    (listed,) = dis.list_transfer_tasks(v2.ListTransferTasksRequest(stream_name="full")).tasks
    assert not hasattr(listed, "task_id")


def test_fault_a_scaled_stream_with_a_message_cannot_be_read(emulator: Emulator, dis: Any) -> None:
    """``result_msg`` is a number in its model (as in the reference), and a text in an older library of the vendor."""
    emulator.patch_stream("meters", partition_count=2)
    assert show(dis).update_partition_counts[0].auto_scale is True
    emulator.configure(result_msg="text")
    with pytest.raises(ValueError, match="invalid literal"):
        show(dis)


def test_fault_names_cannot_be_searched(dis: Any) -> None:
    """``matches`` is a text in its model, but a list of objects in every example of the service."""
    wanted = v2.ListResourceInstancesReq(action="filter", matches="meters")
    error = refused(dis.list_resources_by_tags, v2.ListResourcesByTagsRequest(body=wanted))
    assert "DIS.4300" in error.error_msg


def test_fault_other_destinations_cannot_be_created(dis: Any) -> None:
    """The descriptors are still there, but the create call has a member for OBS only."""
    with pytest.raises(TypeError):
        v2.CreateTransferTaskReq(destination_type="DLI", dli_destination_descriptor={})
