"""The records behind a market: one row a symbol, so that one kernel call takes a mixed batch.

Tick rings hold the newest `capacity` trades of each symbol in arrival order. Bars lie on a dense time grid: the
bar that opens at t is at slot (t / width) mod depth, so two legs align by index. Volumes are kept as whole
multiples of QUANTUM, so that their sum does not depend on the order of trades. A record is one piece of memory:
a trade touches a few cache lines, where one array a field would touch dozens.
"""

import contextlib
import math
import mmap
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

QUANTUM = 1e-7
"""Unit of volume and quote volume: as fine as any step size in use; a bar may hold 9.2e11 coins or dollars."""

BAR_DEPTH = 4096

Record = Any  # one element of an array of records: numpy's types know no field names
Records = NDArray[np.void]

TICK = np.dtype(
    [
        ("id", np.int64),
        ("ts_event", np.int64),
        ("ts_recv", np.int64),
        ("price", np.float64),
        ("size", np.float64),
        ("count", np.uint32),  # exchange trades behind it
        ("sell", np.uint8),
        (
            "heard",
            np.uint8,
        ),  # 1 where a stream of this run brought it, so that its receipt tells how late it came
    ],
    align=True,
)

BAR = np.dtype(
    [
        ("time", np.int64),  # open time; 0 = no bar in this slot
        ("open", np.float64),
        ("high", np.float64),
        ("low", np.float64),
        ("close", np.float64),
        ("volume", np.int64),
        ("quote_volume", np.int64),
        ("trades", np.int64),
        ("first_id", np.int64),
        ("last_id", np.int64),
        ("revision", np.int32),
        ("quality", np.uint8),
        ("cut", np.uint8),  # 1 where we did not listen through the whole bar
        ("fetched", np.uint8),  # 1 where a trade of the bar was fetched, not heard
        ("changed", np.uint8),  # 1 where a closed bar is not as it was last taken for storing
    ],
    align=True,
)

# Where the bars of one symbol and interval stand.
HEAD = np.dtype(
    [
        ("close_from", np.int64),  # open time of the oldest bar that is not closed; 0 = none yet
        ("newest", np.int64),  # open time of the newest bar
        ("version", np.int64),  # rises with every change, closed or forming
        ("at_time", np.int64),  # the bar that the last trade went to, and its slot
        ("at_slot", np.int64),
        ("changed_from", np.int64),  # open time of the oldest closed bar that has changed; 0 = none
    ],
    align=True,
)

# Where a symbol's trade ids stand; ids are -1 before the first.
LEDGER = np.dtype(
    [
        ("last_id", np.int64),
        ("last_ts", np.int64),
        ("last_price", np.float64),
        ("accepted", np.int64),
        ("written", np.int64),  # how many trades the ring has taken in
        ("duplicates", np.int64),
        ("too_late", np.int64),
        ("missing_from", np.int64),  # lowest and highest id of open and confirmed holes; 0 and -1 without one
        ("missing_to", np.int64),
    ],
    align=True,
)


def untouched(shape: tuple[int, ...], kind: np.dtype[np.void]) -> Records:
    """Return zeros whose pages take memory only as they are written to.

    numpy asks for huge pages where it allocates much: the first trade of a symbol would then clear 2 MB for each of
    its rings, and a market of 500 symbols took 6 µs a trade until all of them were there, in place of 0.3.
    The memory is private: of a shared one, which Python makes otherwise, even a page that is only read takes memory.
    """
    size = math.prod(shape) * kind.itemsize
    if sys.platform == "win32":
        memory = mmap.mmap(-1, size)
    else:
        memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        with contextlib.suppress(OSError):  # a kernel without huge pages knows no such advice
            memory.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(memory, kind).reshape(shape)


def new_ledger(symbols: int) -> Records:
    """Return a ledger that has seen nothing."""
    ledger = np.zeros(symbols, LEDGER)
    ledger["last_id"] = -1
    ledger["missing_to"] = -1
    return ledger
