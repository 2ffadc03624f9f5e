"""On which bars the noise of Kalman's filter is fitted: a matter of market time alone, never of what is asked for.

Market time is cut into blocks that begin at multiples of their length. Rows of one block have the noise of the
window right before it, and the filter begins there. So a bar has the same numbers whichever rows are asked for beside
it, however long the pair has been looked at, and after a restart.
"""

from dataclasses import dataclass

import numpy as np

from quant.domain import IntArray
from quant.market.columns import BAR_DEPTH

LONGEST, SHORTEST = 2048, 256
_ROWS = 1502  # of the newest bars in memory: those a live pair shows


def block_bars(window: int) -> int:
    """Return how many bars have one formation: as many as leave 1,500 live rows theirs in memory, 2,048 at most."""
    room = BAR_DEPTH - 2 - window
    return max(min(LONGEST, BAR_DEPTH - _ROWS - window), min(SHORTEST, room), 1)


@dataclass(frozen=True, slots=True)
class Block:
    """Rows `first` to `end` of the legs; the filter begins at `begin`, its noise is that of the window from there."""

    begin: int
    first: int
    end: int


def blocks(times: IntArray, *, window: int, width: int, rows: int) -> list[Block]:
    """Return the blocks of the newest `rows` bars, which open at `times` (ns), oldest first.

    Where the bars begin after a block's formation would, the filter begins with them.
    """
    span, found = block_bars(window) * width, []
    oldest = max(len(times) - rows, 0)
    for start in np.unique(times[oldest:] // span) * span:
        begin, first, end = np.searchsorted(times, (start - window * width, start, start + span)).tolist()
        found.append(Block(begin, max(first, oldest), end))
    return found


def reaches_back(times: IntArray, *, window: int, width: int, rows: int, is_cut: bool) -> int:
    """Return the bar from which on `blocks` needs them.

    Where bars are cut off before the first of `times`, blocks whose formation reaches over the cut are left out: they
    would have another formation with every new bar.
    """
    needed = blocks(times, window=window, width=width, rows=rows)
    if is_cut:
        span = block_bars(window) * width
        whole = [each for each in needed if times[each.first] // span * span - window * width >= times[0]]
        needed = whole or needed
    return needed[0].begin if needed else 0
