"""The last value of every second: quotes and mark prices, by symbol, as far back as the ring reaches."""

import numpy as np

from quant.clock import NS_PER_S
from quant.domain import FloatArray, IntArray

DEPTH = 4096


class SecondSeries:
    """Rows of `columns` numbers on a grid of seconds. Within a second the newest event wins."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._times: dict[str, IntArray] = {}
        self._values: dict[str, FloatArray] = {}
        self._newest: dict[str, int] = {}
        self._versions: dict[str, int] = {}

    def put(self, symbol: str, ts_event: int, values: tuple[float, ...]) -> None:
        """Take one value; an older one than the second already holds changes nothing."""
        if symbol not in self._times:
            self._times[symbol] = np.zeros(DEPTH, np.int64)
            self._values[symbol] = np.zeros((DEPTH, self._columns))
            self._newest[symbol] = 0
        at = ts_event // NS_PER_S % DEPTH
        if ts_event >= self._times[symbol][at]:
            self._times[symbol][at] = ts_event
            self._values[symbol][at] = values
            self._newest[symbol] = max(self._newest[symbol], ts_event)
            self._versions[symbol] = self.version(symbol) + 1

    def version(self, symbol: str) -> int:
        """Return a number that rises with every change; 0 before the first value."""
        return self._versions.get(symbol, 0)

    def read(
        self, symbol: str, *, limit: int, start: int | None = None, end: int | None = None
    ) -> tuple[IntArray, FloatArray]:
        """Return event times and values (n, columns) with start ≤ time < end, oldest first, the newest `limit`."""
        if symbol not in self._times:
            return np.empty(0, np.int64), np.empty((0, self._columns))
        times, values = self._times[symbol], self._values[symbol]
        kept = times > self._newest[symbol] - DEPTH * NS_PER_S
        kept &= times > 0
        if start is not None:
            kept &= times >= start
        if end is not None:
            kept &= times < end
        rows = np.flatnonzero(kept)
        rows = rows[np.argsort(times[rows], kind="stable")][max(len(rows) - limit, 0) :]
        return times[rows], values[rows]
