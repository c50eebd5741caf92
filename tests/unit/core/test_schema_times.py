# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times as people write them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._core.schema import read_time

NOW = 1_767_225_600.0  # 2026-01-01T00:00:00Z


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("now", NOW), ("NOW ", NOW), ("-1h", NOW - 3600), ("-1h30m", NOW - 5400), ("now-15m", NOW - 900),
        ("now - 2d", NOW - 172800), ("-1w", NOW - 604800), ("-90s", NOW - 90), ("-0s", NOW), ("- 1H", NOW - 3600),
        ("2026-01-01", NOW), ("2026-01-01T00:00:00Z", NOW), ("2026-01-01T01:00:00+01:00", NOW),
        ("2026-01-01 01:00:00+0100", NOW), ("2025-12-31t22:00:00-02", NOW), ("2026-01-01 00:00", NOW),
        ("2026-01-01T00:00:00.5z", NOW + 0.5), ("2026-01-01T00:00:00,25 +00:00", NOW + 0.25),
        ("1767225600", NOW), ("1767225600000", NOW), ("1767225600.5", NOW + 0.5), ("1767225600500", NOW + 0.5),
        ("0", 0.0),
    ],
)  # fmt: skip
def test_time_is_read(text: str, seconds: float) -> None:
    assert read_time(text, NOW) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "yesterday", "1h", "+1h", "-1", "-1x", "-h", "--1h", "-1.5h", "2026-13-01", "2026-02-30", "2026-1-1",
        "2026-01-01T25:00:00", "2026-01-01T00:00:00+25:00", "2026-01-01T", "01.02.2026", "1e9", "-1767225600",
        "12345678901234567", "nan", "0000-01-01", "2026-01-01T00:00:00Z junk", "٢026-01-01",
    ],
)  # fmt: skip
def test_text_that_is_no_time_is_not_read(text: str) -> None:
    assert read_time(text, NOW) is None


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1)).map(lambda one: one.replace(microsecond=0)),
    st.integers(-14 * 4, 14 * 4),
    st.sampled_from(["T", " "]),
)
def test_date_means_the_same_in_every_zone(moment: datetime, quarters: int, separator: str) -> None:
    zone = timezone(timedelta(minutes=15 * quarters))
    there = moment.replace(tzinfo=timezone.utc).astimezone(zone)
    assert read_time(there.isoformat(separator), NOW) == there.timestamp()


@given(st.integers(10**8, 10**10 - 1))
def test_seconds_and_milliseconds_are_distinguished(seconds: int) -> None:
    assert read_time(str(seconds), NOW) == seconds
    assert read_time(str(seconds * 1000 + 10**11), NOW) == seconds + 10**8
