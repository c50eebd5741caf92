# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Buckets of OBS, which takes no token but a signature of its own. Private to otc.dis.

Source: sheet of prerequisites, section 4.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from email.utils import formatdate
from typing import Any, Callable, Mapping
from urllib.parse import urlsplit

from .._cloud.http import Http, is_loopback
from .._cloud.login import NoAuth
from .._cloud.settings import Keys
from .._core.retry import ONCE_MORE


class ObsAuth(NoAuth):
    """Signs a request about a bucket, each attempt anew. A refusal stays one, and a finding says what to do about it.

    :param clock: seconds since 1970
    """

    def __init__(self, keys: Keys, bucket: str, clock: Callable[[], float] = time.time) -> None:
        self.keys, self.bucket, self.clock = keys, bucket, clock

    def __call__(self, request: Any) -> Any:
        request.headers["x-obs-date"] = formatdate(self.clock(), usegmt=True)
        if self.keys.security_token:
            request.headers["x-obs-security-token"] = self.keys.security_token
        text = string_to_sign(request.method, request.headers, self.bucket)
        digest = hmac.new(self.keys.secret_key.encode("utf-8"), text.encode("utf-8"), hashlib.sha1).digest()
        signature = base64.b64encode(digest).decode("ascii")
        request.headers["Authorization"] = f"OBS {self.keys.access_key}:{signature}"
        return request


def string_to_sign(method: str, headers: Mapping[str, str], bucket: str) -> str:
    """What the signature covers; the place of ``Date`` is empty where ``x-obs-date`` is sent."""
    own = sorted((name.lower(), value) for name, value in headers.items() if name.lower().startswith("x-obs-"))
    lines = [method, headers.get("Content-MD5", ""), headers.get("Content-Type", ""), ""]
    return "\n".join([*lines, *(f"{name}:{value}" for name, value in own), f"/{bucket}/"])


def bucket_url(endpoint: str, bucket: str) -> str:
    """Where a bucket answers: at a host of its own, but for this machine, which has no such hosts.

    :param bucket: a name that has been checked: it becomes a part of the name of a host
    """
    parts = urlsplit(endpoint)
    if is_loopback(endpoint):
        return f"{endpoint}/{bucket}"
    return f"{parts.scheme}://{bucket}.{parts.netloc}/"


class BucketClient:
    """OBS, as far as it tells of buckets. Every method raises :class:`DisError`.

    :param endpoint: address of OBS without a bucket
    """

    def __init__(self, http: Http, keys: Keys, endpoint: str) -> None:
        self.http, self.keys, self.endpoint = http, keys, endpoint

    def head_bucket(self, bucket: str) -> Mapping[str, str]:
        """``HEAD`` of a bucket; the headers of the answer."""
        url, auth = bucket_url(self.endpoint, bucket), ObsAuth(self.keys, bucket)
        return self.http.send(f'look at bucket "{bucket}"', "HEAD", url, auth, policy=ONCE_MORE).headers
