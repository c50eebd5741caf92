# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Query streams. Private to otc.dis."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Dict, Iterator, Mapping, Optional

from .._core.errors import ApiError
from .._core.plan import Spec
from .._resources.base import STREAM_NAME
from .._resources.stream import Stream, raise_if_invalid, to_result
from .._resources.streams import StreamClient


def fetch_streams(api: StreamClient, params: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the result of the module.

    :raises DisError: if a request failed
    """
    streams = [to_result(stream) for stream in find_streams(api, params)]
    return {"streams": streams, "project_id": api.api.project_id, "endpoint": api.api.endpoint}


def find_streams(api: StreamClient, params: Mapping[str, Any]) -> Iterator[Stream]:
    """Yield the streams that match the options, in the order of the service (by name)."""
    name, pattern = params["stream_name"], params["name_pattern"]
    if name is not None:
        stream = describe_stream(api, name)
        if stream is not None and matches(stream, params):
            yield stream
        return
    for stream in api.list_all_streams():
        if pattern is not None and not fnmatchcase(stream.stream_name, pattern):
            continue
        needs_details = params["details"] or (params["tags"] and stream.tags is None)
        if needs_details and STREAM_NAME.allows(stream.stream_name):
            detailed = describe_stream(api, stream.stream_name)
            if detailed is None:
                continue
            stream = detailed
        if matches(stream, params):
            yield stream


def describe_stream(api: StreamClient, name: str) -> Optional[Stream]:
    """Return a stream with its details; None if it does not exist."""
    try:
        return api.describe_stream(name)
    except ApiError as err:
        if err.means_stream_absent or err.is_bare_404:
            return None
        raise


def matches(stream: Stream, params: Mapping[str, Any]) -> bool:
    """Whether a stream matches the filters for status and tags. A filter tag without a value matches any value."""
    tag_filter = {str(key): value for key, value in (params["tags"] or {}).items()}
    tags = stream.tags or {}
    return (not params["status"] or stream.status in params["status"]) and all(
        key in tags and (value is None or tags[key] == str(value)) for key, value in tag_filter.items()
    )


class StreamQuery:
    """Streams."""

    spec = Spec(
        {
            "stream_name": {"type": "str", "aliases": ["name"]},
            "name_pattern": {"type": "str"},
            "status": {"type": "list", "elements": "str"},
            "tags": {"type": "dict"},
            "details": {"type": "bool", "default": False},
        },
        {"mutually_exclusive": [("stream_name", "name_pattern")]},
    )
    calls = StreamClient

    def prepare(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Validate the options.

        :raises InvalidOptions: if an option is invalid
        """
        raise_if_invalid({"stream_name": params["stream_name"]})
        return params

    def run_query(self, api: StreamClient, query: Mapping[str, Any]) -> Dict[str, Any]:
        """Return the result of the module.

        :raises DisError: if a request failed
        """
        return fetch_streams(api, query)
