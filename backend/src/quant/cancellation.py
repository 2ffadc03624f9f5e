"""What `asyncio.TaskGroup` leaves out when a task of it fails while the group itself is being cancelled."""

import asyncio


def check_cancelled() -> None:
    """Raise CancelledError where the running task has been cancelled and was told of a failure instead.

    A group whose task fails raises that failure alone, even if it was cancelled at the same moment (CPython before
    3.13). Who catches it and goes on has to ask, or runs for ever.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
