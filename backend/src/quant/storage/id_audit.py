"""Are the ids of a file whole? Counted block by block, and kept between two runs of one import."""

import itertools
import json
from typing import Self

import numpy as np

from quant.domain import IntArray
from quant.storage.id_ranges import IdRange, IdRanges


class IdAudit:
    """Sees every id of a file in its order: which are doubled, out of order, missing in between."""

    def __init__(self) -> None:
        self.rows = 0
        self.out_of_order = 0
        self._last: int | None = None
        self._ranges = IdRanges()

    def see(self, ids: IntArray) -> None:
        """Take note of the next ids."""
        if not ids.size:
            return
        before = ids[:1] if self._last is None else np.array([self._last])
        self.out_of_order += int(np.count_nonzero(np.diff(np.concatenate((before, ids))) < 0))
        self._last = int(ids[-1])
        self.rows += len(ids)
        self._ranges.add_ids(ids)

    @property
    def duplicates(self) -> int:
        return self.rows - self._ranges.count

    @property
    def span(self) -> IdRange | None:
        """Return the lowest and the highest id."""
        ranges = self._ranges.ranges
        return IdRange(ranges[0].first_id, ranges[-1].last_id) if ranges else None

    @property
    def holes(self) -> tuple[IdRange, ...]:
        """Return what is missing between the lowest and the highest id."""
        ranges = self._ranges.ranges
        return tuple(
            IdRange(before.last_id + 1, after.first_id - 1) for before, after in itertools.pairwise(ranges)
        )

    def copy(self) -> Self:
        return type(self).from_json(self.to_json())

    def to_json(self) -> str:
        return json.dumps([self.rows, self.out_of_order, self._last, self._ranges.ranges])

    @classmethod
    def from_json(cls, text: str) -> Self:
        audit = cls()
        audit.rows, audit.out_of_order, audit._last, ranges = json.loads(text)
        audit._ranges = IdRanges(IdRange(*pair) for pair in ranges)
        return audit
