"""Where a recording is being played, how fast, and to which moment it is being put.

Times are market time, that of the events in the recording. A moment is the state after every slice whose events all
lie at or before it: whoever plays up to it, at whatever speed and how often, has played the same.
"""

import asyncio
from collections.abc import Awaitable, Callable

from quant.clock import NS_PER_MS, NS_PER_S, Clock

SLICE_NS = 100 * NS_PER_MS
"""Trades leave in slices of recorded time, so that what follows does not depend on the speed of reading."""

LONGEST_WAIT_S = 3600.0
"""A timer takes no more than it can count; a recording at a millionth of its speed waits again and again."""

Wait = Callable[[asyncio.Event, float], Awaitable[bool]]
"""Waits for the event for so many seconds at the most, and tells whether it has come."""


async def wait_at_most(event: asyncio.Event, seconds: float) -> bool:
    """Return whether the event came within so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


class Playhead:
    """Lets the slices of a recording through when they are due; may be paused, hurried and moved meanwhile.

    It outlives a run: going back is another run, from the recording's beginning.
    """

    def __init__(self, *, speed: float, clock: Clock, wait: Wait = wait_at_most) -> None:
        """`speed`: recorded seconds a second, 0 without waiting."""
        self.speed = speed
        self.paused = False
        self.begin = 0
        self.end = 0
        """Event times of the recording's first and last trade, ns; known once it is open."""
        self.sought = 0
        """The moment that was asked for last, ns; 0 where none was."""
        self.newest = 0
        """Newest event time that was let through, ns; 0 before the first."""
        self.on_arrived: Callable[[], None] = _do_nothing
        self._clock = clock
        self._wait = wait
        self._target: int | None = None
        self._changed = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()
        self._base_ns: int | None = None  # recorded time that was reached at `_base_s`
        self._base_s = 0.0
        self._due_ns = 0  # recorded time at which the slice in hand ends

    # --- what others ask and say ---

    @property
    def target(self) -> int | None:
        """Return the moment it is being put at, ns; None where it plays or stands."""
        return self._target

    @property
    def position(self) -> int:
        """Return where it stands, ns, between `begin` and `end`."""
        reached = self.newest if self._target is not None else max(self.newest, self.sought)
        return min(max(reached, self.begin), self.end)

    def control(self, *, speed: float | None = None, paused: bool | None = None) -> None:
        """Change how fast it plays, and whether; None leaves it as it is."""
        self._rebase()
        self.speed = self.speed if speed is None else speed
        self.paused = self.paused if paused is None else paused
        self._changed.set()

    def seek(self, moment: int) -> None:
        """Let everything through up to this moment without waiting; it has to lie at or after `newest`."""
        self.sought = self._target = moment
        self._settled.clear()
        self._changed.set()

    async def settled(self) -> None:
        """Return once the moment that was asked for last is reached, or never will be."""
        await self._settled.wait()

    # --- what the feed says ---

    def rewind(self) -> None:
        """Begin a run: nothing has been let through."""
        self.newest = 0
        self._base_ns = None

    async def turn(self, number: int, newest: int | None) -> None:
        """Return when slice `number` may go; `newest` is its newest event time, None where it has no event."""
        self._due_ns = (number + 1) * SLICE_NS
        if self._base_ns is None:
            self._restart_at(number * SLICE_NS)
        while not self._passes(newest):
            self._changed.clear()
            if self.paused:
                await self._changed.wait()
            elif not self.speed or await self._is_due():
                break
        self.newest = max(self.newest, newest or 0)
        if not self.speed:
            self._restart_at(self._due_ns)

    def finish(self) -> None:
        """Take note that everything has been let through."""
        self.newest = max(self.newest, self.end)
        self.settle()

    def settle(self) -> None:
        """Give up what was asked for: it is reached, or no run comes that far."""
        was_seeking, self._target = self._target is not None, None
        self._settled.set()
        if was_seeking:
            self.on_arrived()

    # --- recorded time, as it goes by at this speed ---

    def _passes(self, newest: int | None) -> bool:
        """Tell whether a slice goes without waiting, on the way to a moment that it does not lie beyond."""
        if self._target is None:
            return False
        if newest is None or newest <= self._target:
            return True
        # What lies between the moment and this slice is still to be waited for.
        self._restart_at(self._due_ns - SLICE_NS - (newest - self._target))
        self.settle()
        return False

    async def _is_due(self) -> bool:
        """Wait until the slice in hand is due, for the longest wait at most; tell whether it is."""
        assert self._base_ns is not None  # noqa: S101  `turn` set it
        due_s = self._base_s + (self._due_ns - self._base_ns) / NS_PER_S / self.speed
        wait_s = max(0.0, due_s - self._clock.monotonic_s())
        has_changed = await self._wait(self._changed, min(wait_s, LONGEST_WAIT_S))
        return not has_changed and wait_s <= LONGEST_WAIT_S

    def _rebase(self) -> None:
        """Note how far recorded time has come, before its speed changes."""
        if self._base_ns is None:
            return
        passed_s = 0.0 if self.paused else self._clock.monotonic_s() - self._base_s
        self._restart_at(min(self._base_ns + int(passed_s * self.speed * NS_PER_S), self._due_ns))

    def _restart_at(self, recorded_ns: int) -> None:
        self._base_ns, self._base_s = recorded_ns, self._clock.monotonic_s()


def _do_nothing() -> None:
    """Do nothing."""
