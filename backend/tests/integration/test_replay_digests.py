"""One recording, replayed again and again, comes to the same trades, bars and holes: at any speed, cut anyhow."""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from quant.domain import TradeBatch
from quant.engine.running import RunningMarket
from quant.engine.session import Session
from quant.feed import replay
from quant.feed.recording import RecordingWriter
from quant.settings import Settings
from simulator.faulty import PATH, hear, plan, subscribed
from simulator.harness import START_NS, Exchange, with_exchange
from waiting import PATIENCE_S

SPAN_S = 60
SYMBOLS = ("ETHUSDT", "BTCUSDT")
INTERVALS = ("1s", "5s", "1m")
Frame = tuple[int, bytes]


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    """Return what a faulty exchange sent within a minute, stamped as a recorder would."""
    kept: list[Frame] = []
    faults = (
        {"kind": kind, "symbol": "ETHUSDT", "start_s": start_s, "duration_s": 8, "probability": 0.4} | more
        for start_s, (kind, more) in enumerate(
            [
                ("reorder", {"distance": 5}),
                ("drop", {}),
                ("duplicate", {"copies": 2}),
                ("rewind_t", {"by_ms": 1_500}),
                ("torn_json", {}),
                ("delay", {"delay_ms": 2_000, "jitter_ms": 1_000}),
            ],
            start=4,
        )
    )

    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect(PATH) as ws:
            await subscribed(ws)
            for second in range(SPAN_S):
                heard = await hear(exchange, ws, 1.0, decode=False)
                begun, step = START_NS + second * 10**9, 10**9 // len(heard)
                raws = [item.raw for item in heard]
                kept.extend((begun + at * step, raw) for at, raw in enumerate(raws) if isinstance(raw, bytes))

    with_exchange(scenario, plan=plan(*faults))
    return kept


def write(folder: Path, name: str, frames: Sequence[Frame]) -> Path:
    folder.mkdir(exist_ok=True)
    writer = RecordingWriter(folder / name)
    for stamp, payload in frames:
        writer.write(stamp, payload)
    writer.close()
    return folder / name


def replayed(folder: Path, files: Sequence[Path], *, speed: float = 0.0) -> RunningMarket:
    """Return the market after the whole recording, as `quant serve` would have it."""
    settings = Settings(
        source=f"replay:{','.join(map(str, files))}",
        speed=speed,
        data_dir=folder,
        resample_intervals=INTERVALS,
        tick_buffer_size=100_000,
    )

    async def play() -> RunningMarket:
        engine = Session(settings)
        await engine.start()
        running = engine._running
        assert running is not None
        async with asyncio.timeout(PATIENCE_S):
            while not running.finished and running.source_state != "failed":  # noqa: ASYNC110 - no event for it
                await asyncio.sleep(0.01)
        await engine.stop()
        assert running.finished, running.reason
        return running

    return asyncio.run(play())


def digests(running: RunningMarket) -> dict[str, str]:
    """Return the digest of each symbol's trades in their order of arrival, bars with revisions, and holes."""
    found = {}
    for symbol in SYMBOLS:
        found[f"{symbol} ticks"] = _digest(running.state.ticks(symbol))
        found[f"{symbol} holes"] = repr(running.state.holes(symbol))
        for interval in INTERVALS:
            bars = running.state.bars(symbol, interval, limit=running.state.bar_depth)
            found[f"{symbol} {interval}"] = _digest(bars)
    return found


def _digest(columns: object) -> str:
    digest = hashlib.sha256()
    for name in type(columns).__dataclass_fields__:  # type: ignore[attr-defined]
        digest.update(name.encode() + np.ascontiguousarray(getattr(columns, name)).tobytes())
    return digest.hexdigest()


def thirds(frames: list[Frame]) -> Iterator[list[Frame]]:
    step = len(frames) // 3
    yield from (frames[:step], frames[step : 2 * step], frames[2 * step :])


def test_a_recording_comes_to_the_same_every_time(
    frames: list[Frame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [write(tmp_path, "whole.jsonl", frames)]
    first = replayed(tmp_path / "first", whole)
    counters = first.state.counters("ETHUSDT")
    assert counters.duplicates > 10
    assert counters.out_of_order > 10
    assert first.state.holes("ETHUSDT")
    assert first.market.quarantined("ETHUSDT") + first.market.quarantined("") > 10
    assert len(first.state.bars("ETHUSDT", "1s", limit=100)) >= SPAN_S - 2

    wanted = digests(first)
    assert digests(replayed(tmp_path / "second", whole)) == wanted
    assert digests(replayed(tmp_path / "paced", whole, speed=100.0)) == wanted

    parts = [write(tmp_path, f"part-{at}.jsonl.gz", part) for at, part in enumerate(thirds(frames))]
    monkeypatch.setattr(replay, "SLICES_READ_AHEAD", 1)
    assert digests(replayed(tmp_path / "in parts", parts)) == wanted

    take = RunningMarket._take

    def one_by_one(self: RunningMarket, batch: TradeBatch) -> None:
        for at in range(len(batch)):
            take(self, batch.at(slice(at, at + 1)))

    monkeypatch.setattr(RunningMarket, "_take", one_by_one)
    assert digests(replayed(tmp_path / "one by one", whole)) == wanted


def test_another_recording_comes_to_something_else(frames: list[Frame], tmp_path: Path) -> None:
    """What the digests are made of: one trade less shows in all of them."""
    traded = [at for at, (_, payload) in enumerate(frames) if b"ethusdt@aggTrade" in payload]
    lacking = [frame for at, frame in enumerate(frames) if at != traded[len(traded) // 2]]
    wanted = digests(replayed(tmp_path / "whole", [write(tmp_path, "whole.jsonl", frames)]))
    found = digests(replayed(tmp_path / "lacking", [write(tmp_path, "lacking.jsonl", lacking)]))
    changed = {name for name in wanted if found[name] != wanted[name]}
    assert changed == {f"ETHUSDT {what}" for what in ("ticks", "holes", *INTERVALS)}
