# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding apps, and how far they have read. Private to otc.dis."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from .._core.errors import ApiError
from .._core.plan import Spec
from .._core.schema import raise_if_errors, validate
from .._resources.app import App, AppClient, read_consumption, to_result
from .._resources.base import APP_NAME, STREAM_NAME


class Query(NamedTuple):
    """Which apps are asked for; what is None asks for all.

    :ivar name_pattern: shell pattern of names
    :ivar stream_name: in which stream to see how far they have read
    """

    app_name: Optional[str] = None
    name_pattern: Optional[str] = None
    stream_name: Optional[str] = None


def query_of(options: Mapping[str, Any]) -> Query:
    """What the options ask for.

    :raises InvalidOptions: a name breaks its rule
    """
    raise_if_errors(validate((APP_NAME, STREAM_NAME), options))
    return Query(options["app_name"], options["name_pattern"], options["stream_name"])


def find_apps(api: AppClient, query: Query) -> Dict[str, Any]:
    """What the module returns.

    What is not there, or goes away while we ask, is not listed.

    :raises DisError: a request failed
    """
    found: List[Dict[str, Any]] = []
    for app in apps(api, query):
        if query.stream_name is None:
            found.append({**(to_result(app) or {}), "consumption": None})
            continue
        try:
            entries = api.show_consumption(app.app_name, query.stream_name)
        except ApiError as err:
            if err.means_app_absent or err.means_stream_absent:
                continue
            raise
        found.append({**(to_result(app) or {}), "consumption": read_consumption(query.stream_name, entries)})
    return {"apps": found}


def apps(api: AppClient, query: Query) -> List[App]:
    """The apps that are asked for."""
    try:
        if query.app_name is not None:
            return [api.show_app(query.app_name)]
        found = api.list_apps(query.stream_name)
    except ApiError as err:
        if err.means_app_absent or err.means_stream_absent:
            return []
        raise
    return [app for app in found if query.name_pattern is None or fnmatchcase(app.app_name, query.name_pattern)]


class AppQuery:
    """Apps, and how far they have read."""

    spec = Spec(
        {
            "app_name": {"type": "str", "aliases": ["name"]},
            "name_pattern": {"type": "str"},
            "stream_name": {"type": "str"},
        },
        {"mutually_exclusive": [("app_name", "name_pattern")]},
    )
    calls = AppClient

    def prepare(self, params: Mapping[str, Any]) -> Query:
        """What the options ask for.

        :raises InvalidOptions: a rule is broken
        """
        return query_of(params)

    def run_query(self, api: AppClient, query: Query) -> Dict[str, Any]:
        """What the module returns.

        :raises DisError: a request failed
        """
        return find_apps(api, query)
