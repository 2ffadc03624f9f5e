"""One metric and all conditions on it, sorted: an observation touches only those that it passes."""

import math
from bisect import bisect_left, bisect_right
from typing import Protocol

from quant.alerts.metrics import MetricKey
from quant.alerts.readings import Reading


class Watch(Protocol):
    """Something that asks whether a metric is at least `threshold`."""

    threshold: float

    def turn(self, high: bool, time: int) -> bool:  # noqa: FBT001  called in the hottest loop, by position
        """Take note of the other side; return True for a crossing, which has to be settled by the next observation."""
        ...

    def settle(self, time: int) -> None:
        """Take note that another bar is observed: the observation before it is now the former one."""
        ...

    def lose(self, time: int) -> None:
        """Take note that the metric is not known any more."""
        ...

    def regain(self, high: bool, time: int) -> bool:  # noqa: FBT001  as above
        """Take note that it is known now; return as `turn` does."""
        ...


class Gauge:
    """The last reading of a metric, and who watches it.

    `breaks` are the thresholds of `watches`, sorted. The first `position` of them are at or below the value.
    """

    __slots__ = ("_breaks", "_position", "_unsettled", "_watches", "bar_time", "is_known", "key", "reading")

    def __init__(self, key: MetricKey) -> None:
        self.key = key
        self.reading: Reading | None = None
        self.is_known = False
        self.bar_time: int | None = None  # of the last reading that could be used
        self._breaks: list[float] = []
        self._watches: list[Watch] = []
        self._position = 0
        self._unsettled: list[Watch] = []

    def __len__(self) -> int:
        return len(self._watches)

    def add(self, watch: Watch, time: int) -> None:
        """Have the watch told from now on, and what is known at once."""
        at = bisect_right(self._breaks, watch.threshold)
        self._breaks.insert(at, watch.threshold)
        self._watches.insert(at, watch)
        if self.is_known and self.reading is not None:
            self._position = bisect_right(self._breaks, self.reading.value)
            if watch.regain(at < self._position, time):
                self._unsettled.append(watch)

    def remove(self, watch: Watch) -> None:
        at = bisect_left(self._breaks, watch.threshold)
        while self._watches[at] is not watch:
            at += 1
        del self._breaks[at], self._watches[at]
        if at < self._position:
            self._position -= 1
        self._unsettled = [each for each in self._unsettled if each is not watch]

    def observe(self, reading: Reading, time: int) -> None:
        """Take a reading and tell those whom it concerns; one of an older bar than the last is none."""
        value, bar_time, last = reading.value, reading.bar_time, self.reading
        if bar_time is not None and self.bar_time is not None and bar_time < self.bar_time:
            return
        self.reading = reading
        if reading.suspended or not math.isfinite(value):
            self._lose(time)
            return
        if not self.is_known or last is None:
            self._regain(reading, time)
            return
        if self._unsettled and (last.value != value if bar_time is None else self.bar_time != bar_time):
            settled, self._unsettled = self._unsettled, []
            for watch in settled:
                watch.settle(time)
        self.bar_time = bar_time
        position, before = bisect_right(self._breaks, value), self._position
        if position == before:
            return
        self._position = position
        high = position > before
        for watch in self._watches[before:position] if high else self._watches[position:before]:
            if watch.turn(high, time):
                self._unsettled.append(watch)

    def _lose(self, time: int) -> None:
        if self.is_known:
            for watch in self._watches:
                watch.lose(time)
            self.is_known = False
            self._unsettled = []

    def _regain(self, reading: Reading, time: int) -> None:
        self.is_known = True
        self.bar_time = reading.bar_time
        self._position = bisect_right(self._breaks, reading.value)
        for number, watch in enumerate(self._watches):
            if watch.regain(number < self._position, time):
                self._unsettled.append(watch)
