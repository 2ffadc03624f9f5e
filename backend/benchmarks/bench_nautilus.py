"""Frames in memory to trades to 1s, 1m and 5m bars, here and in nautilus_trader; no socket on either side.

nautilus_trader wants other versions of what the platform is built on, so it is installed, as
`nautilus-requirements.txt` pins it, into an environment that lasts as long as the benchmark. Both sides must make the
same closed 1s bars. Figures are trades per second of a process's own processor time.
"""

import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from harness import Row, medians, peer_environment, pinned, publish
from market_frames import SYMBOLS, messages
from quant.domain import Interval
from quant.feed.binance import BinanceDecoder
from quant.feed.listener import BATCH_FRAMES
from quant.market.state import MarketState

HERE = Path(__file__).parent
REQUIREMENTS, PEER = HERE / "nautilus-requirements.txt", HERE / "nautilus_peer.py"
COUNT = 100_000
INTERVALS = [Interval.parse(name) for name in ("1s", "1m", "5m")]


def platform(frames: list[bytes]) -> tuple[float, MarketState]:
    """Return seconds of processor time and the market made, batches as large as a connection's."""
    state, decoder = MarketState("bench", intervals=INTERVALS, tick_capacity=10_000), BinanceDecoder()
    for symbol in SYMBOLS:  # as the running market does before it asks for trades
        state.add_symbol(symbol)
    taken = 0
    started = time.process_time()
    for at in range(0, COUNT, BATCH_FRAMES):
        part = frames[at : at + BATCH_FRAMES]
        batch = decoder.decode(part, ts_recv=np.full(len(part), time.time_ns())).trades
        assert batch is not None
        taken += int(state.apply(batch).sum())
    took = time.process_time() - started
    assert taken == COUNT
    return took, state


def assert_same_bars(state: MarketState, told: dict[str, list[list[float]]]) -> None:
    """Check the peer's closed 1s bars against ours."""
    assert set(told) == set(SYMBOLS)
    for symbol, theirs in told.items():
        assert theirs
        bars = state.bars(symbol, "1s", limit=1000)
        ours = np.column_stack((bars.opens, bars.highs, bars.lows, bars.closes, bars.volumes))
        assert len(ours) == len(theirs) + 1  # the last second's is still forming there
        np.testing.assert_allclose(ours[: len(theirs)], theirs, rtol=1e-9, err_msg=symbol)


def main() -> None:
    frames = messages(COUNT)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = peer_environment(folder / "environment", REQUIREMENTS)
        if python is None:
            print("nautilus_trader could not be installed: its figure stays as it is")
            return
        held, bars = folder / "frames", folder / "bars.json"
        held.write_bytes(b"\n".join(frames))

        def peer() -> float:
            done = subprocess.run(
                [str(python), str(PEER), str(held), str(bars)], check=True, stdout=subprocess.PIPE, text=True
            )
            return COUNT / float(done.stdout)

        found = medians({"platform": lambda: COUNT / platform(frames)[0], "peer": peer})
        assert_same_bars(platform(frames)[1], json.loads(bars.read_text(encoding="utf-8")))
    version = pinned(REQUIREMENTS, "nautilus_trader")
    publish(
        Row(
            "ingest-nautilus",
            "Frames in memory to 1s, 1m and 5m bars, 30 symbols, one core",
            f"**{found['platform']:,.0f} trades/s**",
            f"{found['peer']:,.0f} trades/s through nautilus_trader {version}'s Binance decoder and bar aggregators "
            f"({found['platform'] / found['peer']:.0f}×)",
        )
    )


if __name__ == "__main__":
    main()
