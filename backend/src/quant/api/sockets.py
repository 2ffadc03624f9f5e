"""The WebSockets that are open: how many there may be, and when a caller's right to one ends."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from quant.api.callers import Caller, Callers
from quant.errors import TooManyRequests, Unavailable

RETRY_AFTER_S = 10


@dataclass(slots=True, eq=False)
class _Open:
    caller: Caller
    ended: asyncio.Future[str]
    timer: asyncio.TimerHandle | None = None


class OpenSockets:
    """Admits sockets up to `most`, and `most_each` of one caller."""

    def __init__(self, callers: Callers, *, most: int, most_each: int) -> None:
        self._callers = callers
        self._most = most
        self._most_each = most_each
        self._open: set[_Open] = set()
        self._each: Counter[str] = Counter()
        callers.on_change(self._look)

    @contextmanager
    def admitted(self, caller: Caller, key: str) -> Iterator["asyncio.Future[str]"]:
        """Yield what is done, with the reason, when the caller's right to the socket ends.

        Whoever is on this machine without signing in is not counted by `key`. Raises Unavailable where there are too
        many sockets, TooManyRequests where the caller has too many.
        """
        if len(self._open) >= self._most:
            raise Unavailable(
                f"{self._most} WebSockets are open: MAX_SOCKETS allows no more", limit=self._most
            )
        is_counted = caller.kind not in ("local", "command")
        if is_counted and self._each[key] >= self._most_each:
            raise TooManyRequests(
                f"{self._most_each} WebSockets of this caller are open: MAX_SOCKETS_PER_CALLER allows no more",
                retry_after_s=RETRY_AFTER_S,
                limit=self._most_each,
            )
        one = _Open(caller, asyncio.get_running_loop().create_future())
        self._open.add(one)
        self._each[key] += is_counted
        self._look_at(one)
        try:
            yield one.ended
        finally:
            self._open.discard(one)
            one.ended.cancel()
            if one.timer is not None:
                one.timer.cancel()
            if is_counted:
                self._each[key] -= 1
                if not self._each[key]:
                    del self._each[key]

    def _look(self) -> None:
        for one in tuple(self._open):
            self._look_at(one)

    def _look_at(self, one: _Open) -> None:
        """End it where its caller's right has ended, or look again when it will have expired."""
        if one.ended.done():
            return
        reason = self._callers.ended(one.caller)
        if reason is not None:
            one.ended.set_result(reason)
            return
        left_s = self._callers.left_s(one.caller)
        if one.timer is not None:
            one.timer.cancel()
        if left_s is not None:
            one.timer = one.ended.get_loop().call_later(max(left_s, 0.0), self._look_at, one)
