# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of OBS that checks whether a bucket exists: HEAD with a version 2 signature, path style."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timezone
from email.utils import parsedate_to_datetime

from otc_emulator.external_services import Bucket
from otc_emulator.http_types import Call, Response

_WINDOW = 900


def string_to_sign(call: Call) -> str:
    """What the signature covers; ``x-obs-date`` takes the place of ``Date``."""
    own = sorted((name.lower(), value.strip()) for name, value in call.headers.items() if name.lower()[:6] == "x-obs-")
    lines = [call.method, "", call.headers.get("Content-Type", ""), ""]
    return "\n".join([*lines, *(f"{name}:{value}" for name, value in own), f"/{call.params['bucket_name']}/"])


def _fault_of_signature(call: Call) -> str | None:
    """The code for what is wrong with the signature; None if nothing is."""
    scheme, _blank, rest = call.headers.get("Authorization", "").partition(" ")
    access, colon, signature = rest.partition(":")
    if scheme != "OBS" or not colon:
        return "AccessDenied"
    key = call.core.world.identity.access_keys.get(access)
    if key is None or not key.is_valid(call.core.now):
        return "InvalidAccessKeyId"
    try:
        sent = parsedate_to_datetime(call.headers.get("x-obs-date", "")).replace(tzinfo=timezone.utc).timestamp()
    except (TypeError, ValueError):
        return "AccessDenied"
    if abs(sent - call.core.now) > _WINDOW:
        return "RequestTimeTooSkewed"
    expected = hmac.new(key.secret.encode(), string_to_sign(call).encode(), hashlib.sha1).digest()
    if not hmac.compare_digest(base64.b64encode(expected).decode(), signature):
        return "SignatureDoesNotMatch"
    return None if call.headers.get("x-obs-security-token", "") == (key.security_token or "") else "InvalidAccessKeyId"


def _bucket(call: Call) -> Bucket | None:
    """Bucket names are unique across the cloud."""
    projects = call.core.world.projects.values()
    return next((one.buckets[name] for one in projects if (name := call.params["bucket_name"]) in one.buckets), None)


def head_bucket(call: Call) -> Response:
    """HEAD /BUCKET. No answer has a body."""
    headers = {"x-obs-request-id": call.request_id}
    fault, bucket = _fault_of_signature(call), _bucket(call)
    region = call.core.settings.region
    if fault is not None:
        return Response(403, None, {**headers, "x-obs-error-code": fault})
    if bucket is None:
        return Response(404, None, {**headers, "x-obs-error-code": "NoSuchBucket"})
    if bucket.region not in (None, region):
        there = {"Location": f"https://{bucket.name}.obs.{bucket.region}.example/"}
        return Response(301, None, {**headers, **there, "x-obs-error-code": "PermanentRedirect"})
    if not bucket.accessible:
        return Response(403, None, {**headers, "x-obs-error-code": "AccessDenied"})
    return Response(200, None, {**headers, "x-obs-bucket-location": region, "x-obs-storage-class": "STANDARD"})
