# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Query apps and their consumption. Private to otc.dis."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from .._core.errors import ApiError
from .._core.plan import Spec
from .._core.schema import raise_if_errors, validate
from .._resources.app import App, AppClient, read_consumption, to_result
from .._resources.base import APP_NAME, STREAM_NAME


class Query(NamedTuple):
    """Filters for apps. None matches every app.

    :ivar name_pattern: shell pattern of app names
    :ivar stream_name: stream whose consumption is returned
    """

    app_name: Optional[str] = None
    name_pattern: Optional[str] = None
    stream_name: Optional[str] = None


def query_of(options: Mapping[str, Any]) -> Query:
    """Return the query that the options specify.

    :raises InvalidOptions: if a name is invalid
    """
    raise_if_errors(validate((APP_NAME, STREAM_NAME), options))
    return Query(options["app_name"], options["name_pattern"], options["stream_name"])


def find_apps(api: AppClient, query: Query) -> Dict[str, Any]:
    """Return the result of the module. Apps that do not exist, or are deleted in the meantime, are omitted.

    :raises DisError: if a request failed
    """
    results: List[Dict[str, Any]] = []
    for app in apps(api, query):
        if query.stream_name is None:
            results.append({**(to_result(app) or {}), "consumption": None})
            continue
        try:
            entries = api.show_consumption(app.app_name, query.stream_name)
        except ApiError as err:
            if err.means_app_absent or err.means_stream_absent:
                continue
            raise
        results.append({**(to_result(app) or {}), "consumption": read_consumption(query.stream_name, entries)})
    return {"apps": results}


def apps(api: AppClient, query: Query) -> List[App]:
    """Return the apps that match the query."""
    try:
        if query.app_name is not None:
            return [api.show_app(query.app_name)]
        listed = api.list_apps(query.stream_name)
    except ApiError as err:
        if err.means_app_absent or err.means_stream_absent:
            return []
        raise
    return [app for app in listed if query.name_pattern is None or fnmatchcase(app.app_name, query.name_pattern)]


class AppQuery:
    """Apps and their consumption."""

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
        """Return the query that the options specify.

        :raises InvalidOptions: if an option is invalid
        """
        return query_of(params)

    def run_query(self, api: AppClient, query: Query) -> Dict[str, Any]:
        """Return the result of the module.

        :raises DisError: if a request failed
        """
        return find_apps(api, query)
