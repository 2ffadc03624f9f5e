"""What a full market takes: 100 symbols, 10,000 ticks each, full rings of 1s bars, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from harness import Row, publish
from market_frames import many_symbols
from quant.domain import Interval, TradeBatch
from quant.market.columns import TICK
from quant.market.state import MarketState

SYMBOLS, TICKS, BATCH = 100, 10_000, 1000
START_NS, STEP_NS = 1_732_277_947_000_000_000, 450_000_000
INTERVALS = [Interval.parse(name) for name in ("1s", "1m", "5m")]


def fill() -> MarketState:
    """Return a market whose tick rings have gone round once."""
    state = MarketState("bench", intervals=INTERVALS, tick_capacity=TICKS)
    names = many_symbols(SYMBOLS)
    each = BATCH // SYMBOLS
    codes = np.tile(np.arange(SYMBOLS, dtype=np.int32), each)
    ones, sells, counts = np.ones(BATCH), np.zeros(BATCH, np.uint8), np.ones(BATCH, np.int64)
    for first in range(0, TICKS + 10 * each, each):
        ids = np.repeat(np.arange(first, first + each), SYMBOLS)
        times = START_NS + ids * STEP_NS
        state.apply(TradeBatch(names, codes, ids, times, times, ones, ones, sells, counts))
    return state


def resident_mb() -> float:
    """Return this process's memory; Linux tells it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def main() -> None:
    if "--fill" in sys.argv:
        state = fill()
        assert len(state.ticks(many_symbols(1)[0], limit=TICKS)) == TICKS
        print(resident_mb())
        return
    told = subprocess.run([sys.executable, __file__, "--fill"], check=True, capture_output=True, text=True)
    publish(
        Row(
            "memory",
            "Whole process with 100 symbols × 10,000 ticks and their 1s, 1m and 5m bars",
            f"**{float(told.stdout):,.0f} MB** resident, {TICK.itemsize} bytes a tick",
            "wanted: at most 400 MB and 48 bytes",
        )
    )


if __name__ == "__main__":
    main()
