"""One symbol of a seeded market: its trades and bars in any range of time or ids."""

import math
import threading
from dataclasses import dataclass
from functools import cache, lru_cache
from statistics import NormalDist

import numpy as np

from quant.domain import FloatArray, IntArray
from quant.simulator import kernels
from quant.simulator.klines import Klines, fold
from quant.simulator.paths import PricePath, grown, key_of, unit_of
from quant.simulator.symbols import Listing
from quant.simulator.trades import Trades, join

EPOCH_MS = 1_704_067_200_000  # 2024-01-01: the market's first trade
HOUR_MS = kernels.SECONDS * 1000
MINUTE_MS = 60_000
_NOTIONAL = 500.0  # median size of an aggregate, in USDT
_SIZE_SPREAD = 1.3  # standard deviation of the log size
# Like the chains of prices: the same for every exchange on one seed.
_cumulative_counts = lru_cache(maxsize=128)(kernels.cumulative_counts)


@dataclass(frozen=True, slots=True)
class HourGrid:
    """What the kernels need of one hour: its start, first id, aggregates before and mid at each second."""

    base_ms: int
    first_id: int
    counts: IntArray
    mids: FloatArray


class Instrument:
    """A pure function of time behind three caches; safe to call from several threads."""

    def __init__(self, seed: int, listing: Listing, path: PricePath) -> None:
        name = listing.symbol
        self.listing = listing
        day = listing.settled_day
        self._closed_ms = 1 << 62 if day is None else EPOCH_MS + day * 86_400_000
        self._path = path
        self._keys = np.array([key_of(seed, "trades", name), key_of(seed, "latency", name)])
        self._count_key = key_of(seed, "count", name)
        self._schedule_key = key_of(seed, "schedule", name)
        self._per_tick = 1.0 / float(listing.tick)
        self._sizes = _size_table(listing)
        # Ids start where a symbol listed for three years would be.
        self.first_id = int(listing.rate * 9e7 * (0.8 + 0.4 * unit_of(seed, "ids", name)))
        self._totals: IntArray = np.zeros(1, dtype=np.int64)
        self._lock = threading.Lock()
        self.grid = lru_cache(maxsize=6)(self._make_grid)
        self._minutes = lru_cache(maxsize=2_500)(self._make_minutes)

    @property
    def open_ms(self) -> int:
        """Return when trading began."""
        return EPOCH_MS

    @property
    def end_ms(self) -> int:
        """Return when trading ended; far away for a symbol that trades."""
        return self._closed_ms

    def trades(self, start_ms: int, end_ms: int) -> Trades:
        """Return the trades with start_ms <= T < end_ms."""
        start, end = max(start_ms, EPOCH_MS), min(end_ms, self.end_ms)
        hours = (
            range((start - EPOCH_MS) // HOUR_MS, -((EPOCH_MS - end) // HOUR_MS)) if end > start else range(0)
        )
        return join([self._rows(self.grid(hour), start, end) for hour in hours])

    def trades_from_id(self, first: int, *, limit: int, until_ms: int) -> Trades:
        """Return up to `limit` trades with id >= `first` and T < `until_ms`."""
        at = max(0, first - self.first_id)
        until = min(until_ms, self.end_ms)
        hour = int(np.searchsorted(self._totals_to((until - EPOCH_MS) // HOUR_MS), at, side="right")) - 1
        parts: list[IntArray] = []
        missing = limit
        while missing > 0 and EPOCH_MS + hour * HOUR_MS < until:
            grid = self.grid(hour)
            offset = max(0, self.first_id + at - grid.first_id)
            start_s = int(np.searchsorted(grid.counts, offset, side="right")) - 1
            stop_s = int(np.searchsorted(grid.counts, offset + missing, side="left"))
            stop_ms = min(until, grid.base_ms + 1000 * min(stop_s, kernels.SECONDS))
            rows = self._rows(grid, grid.base_ms + 1000 * start_s, stop_ms)
            rows = rows[rows[:, 0] >= first][:missing]
            parts.append(rows)
            missing -= len(rows)
            hour += 1
        return join(parts)

    def next_id(self, at_ms: int) -> int:
        """Return the id that the first trade with T >= `at_ms` has or would have."""
        at = min(max(at_ms, EPOCH_MS), self.end_ms)
        hour, within = divmod(at - EPOCH_MS, HOUR_MS)
        if at == self._closed_ms:
            return self.first_id + int(self._totals_to(hour)[hour])
        grid = self.grid(hour)
        second = within // 1000
        partial = self._rows(grid, grid.base_ms + 1000 * second, at)
        return grid.first_id + int(grid.counts[second]) + len(partial)

    def klines(self, interval_ms: int, start_ms: int, end_ms: int) -> Klines:
        """Return the bars that open in [start_ms, end_ms), from trades before `end_ms` alone.

        The interval divides an hour or is whole minutes dividing a day; the last bar is a forming one
        unless `end_ms` closes it.
        """
        start = max(start_ms - start_ms % interval_ms, EPOCH_MS)
        end = min(end_ms, self.end_ms)
        row_ms = MINUTE_MS if interval_ms % MINUTE_MS == 0 else interval_ms
        hours = range(start - start % HOUR_MS, end, HOUR_MS) if start < end else ()
        parts = [self._bar_rows(base, row_ms, max(start, base), min(end, base + HOUR_MS)) for base in hours]
        empty = np.empty((0, kernels.COLUMNS), dtype=np.int64)
        table = fold(np.concatenate(parts) if parts else empty, interval_ms // row_ms)
        return Klines(interval_ms, start + interval_ms * np.arange(len(table), dtype=np.int64), table)

    def mid(self, at_ms: int) -> float:
        """Return the price between bid and ask, in USDT; before the first trade, that of the first second."""
        hour, within = divmod(max(at_ms, EPOCH_MS) - EPOCH_MS, HOUR_MS)
        second, rest = divmod(within, 1000)
        left, right = self.grid(hour).mids[second : second + 2]
        return float(left + (right - left) * (rest / 1000.0))

    def latency_ms(self, at_ms: int) -> int:
        """Return how long after `at_ms` the exchange publishes what happened then."""
        base = at_ms - at_ms % HOUR_MS
        return int(kernels.latency_ms(self._keys[1], base, at_ms - base))

    def bits(self, counter: int) -> int:
        """Return 64 seeded bits for what hangs on no trade: sizes at the touch, funding rates."""
        return int(kernels.noise(self._schedule_key, -1 - counter))

    def _rows(self, grid: HourGrid, start_ms: int, end_ms: int) -> IntArray:
        start = max(0, start_ms - grid.base_ms)
        end = max(start, min(HOUR_MS, end_ms - grid.base_ms))
        return kernels.trades(
            self._keys, grid.base_ms, grid.first_id, grid.counts, grid.mids,
            self.listing.half_spread, self._per_tick, self._sizes, start, end,
        )  # fmt: skip

    def _bars(self, grid: HourGrid, row_ms: int, start_ms: int, end_ms: int) -> IntArray:
        return kernels.bars(
            self._keys, grid.first_id, grid.counts, grid.mids,
            self.listing.half_spread, self._per_tick, self._sizes,
            start_ms - grid.base_ms, end_ms - grid.base_ms, row_ms,
        )  # fmt: skip

    def _bar_rows(self, base_ms: int, row_ms: int, start_ms: int, end_ms: int) -> IntArray:
        hour = (base_ms - EPOCH_MS) // HOUR_MS
        if row_ms != MINUTE_MS or end_ms % MINUTE_MS:
            return self._bars(self.grid(hour), row_ms, start_ms, end_ms)
        return self._minutes(hour)[(start_ms - base_ms) // MINUTE_MS : (end_ms - base_ms) // MINUTE_MS]

    def _make_minutes(self, hour: int) -> IntArray:
        # Not through the grid cache: a long history would push out the hour that is live.
        grid = self._make_grid(hour)
        return self._bars(grid, MINUTE_MS, grid.base_ms, grid.base_ms + HOUR_MS)

    def _make_grid(self, hour: int) -> HourGrid:
        before, after = (int(n) for n in self._totals_to(hour)[hour : hour + 2])
        counts = kernels.schedule(self._schedule_key, hour, after - before)
        return HourGrid(EPOCH_MS + hour * HOUR_MS, self.first_id + before, counts, self._path.mids(hour))

    def _totals_to(self, hour: int) -> IntArray:
        with self._lock:
            if hour + 2 > len(self._totals):
                open_hours = min((self._closed_ms - EPOCH_MS) // HOUR_MS, 1 << 40)
                rate = self.listing.rate
                self._totals = _cumulative_counts(self._count_key, grown(hour), open_hours, rate)
            return self._totals


@cache
def _size_table(listing: Listing) -> IntArray:
    """Return 1,024 equally likely sizes in steps: the quantiles of a log-normal."""
    median = math.log(_NOTIONAL / listing.price / float(listing.step))
    normal = NormalDist(median, _SIZE_SPREAD)
    steps = [max(1, round(math.exp(normal.inv_cdf((i + 0.5) / 1024)))) for i in range(1024)]
    return np.array(steps, dtype=np.int64)
