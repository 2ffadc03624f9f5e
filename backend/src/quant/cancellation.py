"""Cancellation that no task group can lose."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")


async def isolated(work: Coroutine[object, object, T]) -> T:
    """Return what `work` returns, or raise what it raises, and always CancelledError where the caller is cancelled.

    A TaskGroup whose task fails raises that failure alone, even if the group is being cancelled at the same moment,
    and may leave `Task.cancelling()` raised without a cancellation (CPython before 3.13). Who catches failures of a
    group and tries again has to await it in a task of its own, or may run for ever.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # asked for, since nobody else will
        raise
    return task.result()
