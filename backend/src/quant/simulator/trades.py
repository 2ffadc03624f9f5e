"""Aggregate trades as integer columns."""

from dataclasses import dataclass

import numpy as np

from quant.domain import IntArray

EMPTY_ROWS: IntArray = np.empty((0, 8), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Trades:
    """Aggregate trades in id order: prices in ticks, sizes in steps, times in ms since 1970, all int64."""

    rows: IntArray

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def ids(self) -> IntArray:
        return self.rows[:, 0]

    @property
    def first_ids(self) -> IntArray:
        return self.rows[:, 1]

    @property
    def last_ids(self) -> IntArray:
        return self.rows[:, 2]

    @property
    def times_ms(self) -> IntArray:
        """When each was executed (`T`)."""
        return self.rows[:, 3]

    @property
    def published_ms(self) -> IntArray:
        """When the exchange sends each (`E`); it never falls while ids rise."""
        return self.rows[:, 4]

    @property
    def price_ticks(self) -> IntArray:
        return self.rows[:, 5]

    @property
    def size_steps(self) -> IntArray:
        return self.rows[:, 6]

    @property
    def sells(self) -> IntArray:
        """1 where the aggressor sold, so where the buyer was the maker (`m`)."""
        return self.rows[:, 7]


def join(parts: list[IntArray]) -> Trades:
    """Return the parts of a range as one."""
    return Trades(np.concatenate(parts) if parts else EMPTY_ROWS)
