# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many requests at once: one pace, one end. Private to otc.dis."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, Callable, List, Sequence, TypeVar

from .cancellation import TICK, Cancellation

Item = TypeVar("Item")


def each(
    width: int,
    items: Sequence[Item],
    work: Callable[[Item], None],
    tell: Callable[[], None],
    every: float,
    cancellation: Cancellation,
) -> None:
    """Do something with each of several items, some of them at a time.

    A thread that does not come back from a run that is to end is left behind: all it can still do is to find out that
    it must not send anything.

    :param width: how many at a time
    :param work: raises nothing but what is a mistake in this program
    :param tell: called now and then while it takes its time
    :param every: seconds between two such calls
    """
    if not items:
        return
    pool = ThreadPoolExecutor(min(width, len(items)))
    futures: List[Any] = [pool.submit(work, item) for item in items]
    try:
        left, told = set(futures), cancellation.clock()
        while left and not cancellation.overdue():
            left = wait(left, min(every, TICK)).not_done
            if left and cancellation.clock() - told >= every:
                told = cancellation.clock()
                tell()
        for future in futures:
            if future.done():
                future.result()
    finally:  # whatever ends this early, nothing more is begun
        for future in futures:
            future.cancel()
        pool.shutdown(wait=not cancellation.overdue())
