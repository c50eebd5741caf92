# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of OBS that checks whether a bucket exists, and lists its objects: HEAD and GET, path style."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timezone
from email.utils import parsedate_to_datetime
from xml.sax.saxutils import escape

from otc_emulator.external_services import Bucket
from otc_emulator.http_types import Call, Response, no_such_url

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


def list_objects(call: Call) -> Response:
    """GET /BUCKET: objects in the order of their names, 1000 per page at most. Responses are XML."""
    if len(call.params["bucket_name"]) < 3:  # a version of another service
        raise no_such_url()
    headers = {"x-obs-request-id": call.request_id, "Content-Type": "application/xml"}
    head = head_bucket(call)
    if head.status != 200:
        code = head.headers["x-obs-error-code"]
        text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{code}</Message></Error>"
        return Response(head.status, text.encode(), {**head.headers, **headers})
    bucket, query = _bucket(call), call.query
    prefix, marker = query.get("prefix", ""), query.get("marker", "")
    limit = min(1000, int(query.get("max-keys") or 1000))
    names = sorted(name for name in bucket.objects if name.startswith(prefix) and name > marker) if bucket else []
    entries = "".join(
        f"<Contents><Key>{escape(name)}</Key><Size>{bucket.objects[name]}</Size></Contents>"
        for name in names[:limit]
        if bucket
    )
    truncated = len(names) > limit
    following = f"<NextMarker>{escape(names[limit - 1])}</NextMarker>" if truncated else ""
    text = (
        "<?xml version='1.0' encoding='UTF-8'?><ListBucketResult>"
        f"<IsTruncated>{str(truncated).lower()}</IsTruncated>{following}{entries}</ListBucketResult>"
    )
    return Response(200, text.encode(), headers)
