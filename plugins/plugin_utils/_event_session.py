# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options, session and error messages of the event sources. Private to otc.dis."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Optional

from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..module_utils._cloud.api import Api, log_in
from ..module_utils._cloud.login import TokenAuth
from ..module_utils._cloud.settings import Settings
from ..module_utils._cloud.transport import REQUESTS_IMPORT_ERROR
from ..module_utils._core.errors import DisError, InvalidOptions, catch_unexpected
from ..module_utils._core.plan import Spec
from ..module_utils._core.retry import RetryBudget
from ..module_utils._core.schema import DURATION_RULE, raise_if_errors, read_duration
from ..module_utils._core.secrets import Secrets, printable
from ..module_utils._module import Inputs
from ..module_utils._run import Run

LOGIN_PAUSE = 300.0
"""Seconds between two attempts after a rejected login: IAM locks a user after five in fifteen minutes."""

logger = logging.getLogger("otc.dis")


class Session:
    """Options and session of an event source. The session is reused while it is valid.

    :ivar params: the validated options
    """

    def __init__(self, name: str, spec: Spec, args: Mapping[str, Any]) -> None:
        """Validate the options.

        :raises InvalidOptions: one is invalid
        """
        if REQUESTS_IMPORT_ERROR is not None:
            raise InvalidOptions(str(missing_required_lib("requests")))
        own = {option: value for option, value in args.items() if option != "eda_feedback_queue"}
        self.inputs = Inputs(spec, own)
        validated = ArgumentSpecValidator(self.inputs.options, **spec.rules).validate(self.inputs.params)
        self.inputs.validated(validated.validated_parameters, validated._no_log_values | self.inputs.secrets)
        if validated.error_messages:
            raise InvalidOptions(f"Options of {name}: {validated.errors.msg}.")
        error = self.inputs.error()
        if error is not None:
            raise error
        self.params = self.inputs.params
        self.known: Optional[tuple[Settings, Any, Any]] = None
        self.run: Optional[Run] = None

    def open_session(self, settings: Settings, secrets: Secrets, connections: int, full_catalog: bool) -> Api:
        """Reuse the session, or log in.

        :raises DisError: the login failed
        """
        if self.known is None or self.known[0] != settings:
            self.known = (settings, *log_in(settings, secrets, connections, full_catalog))
        http, identity = self.known[1:]
        http.secrets.values.update(secrets.values)
        secrets.values = http.secrets.values
        http.retry_budget = RetryBudget(settings.timeout)
        if isinstance(identity.auth, TokenAuth):
            identity = identity._replace(auth=TokenAuth(identity.auth.login))
        return Api(http, identity)

    @contextmanager
    def client(self, calls: Any) -> Iterator[Any]:
        """Provide a client for one poll; after a failure, the next poll logs in again.

        :param calls: class of the client
        :raises DisError: the login or a request in the block failed
        """
        try:
            with catch_unexpected("otc.dis"):
                self.run = Run(self.inputs, False, False, self.open_session, logger.info)
                yield self.run.connect(calls)
        except BaseException:
            self.known = None
            raise

    def describe(self, err: DisError) -> str:
        """Return the message of an error without secrets."""
        message = err.as_result()["msg"]
        return printable(self.run.secrets.mask(message) if self.run else message)


def seconds(params: Mapping[str, Any], name: str, lowest: float, highest: float) -> float:
    """Return the value of a duration option in seconds.

    :raises InvalidOptions: it is invalid
    """
    value = read_duration(str(params[name]))
    raise_if_errors(
        [f"{name} is {params[name]!r}, but must be {DURATION_RULE}, from {lowest:g} seconds to {highest:g}"]
        if value is None or not lowest <= value <= highest
        else []
    )
    return float(value or 0)


def pause_after(err: DisError, interval: float) -> float:
    """Return the seconds to wait after a failed poll."""
    return max(interval, LOGIN_PAUSE) if err.kind == "authentication" else interval
