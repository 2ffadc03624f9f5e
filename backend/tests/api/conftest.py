"""A short made-up recording, played to its end behind a real server: data that stand still."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from listening import Message
from recorded import Trade, made_trades, write_recording
from serving import Client, InProcess, serving

START_MS = 1_750_000_020_000
MINUTES = 150


@pytest.fixture(scope="session")
def trades() -> list[Trade]:
    return made_trades(seed=11, minutes=MINUTES, start_ms=START_MS)


@pytest.fixture(scope="session")
def recording(trades: list[Trade], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recording(tmp_path_factory.mktemp("recording") / "made.gz", trades)


@pytest.fixture(scope="session")
def quotes(trades: list[Trade]) -> list[Message]:
    """Quotes and mark prices of AAAUSDT as the exchange sends them, some of one second, one older than the last."""
    dice = random.Random(5)
    end = trades[-1].time_ms
    times = sorted(dice.randrange(end - 90_000, end) for _ in range(300))
    times.insert(200, times[197])
    return [_quote(ms, n) if n % 2 else _mark(ms, n) for n, ms in enumerate(times)]


def _quote(ms: int, n: int) -> Message:
    bid = f"{170 + n / 100:.2f}"
    ask = f"{170.01 + n / 100:.2f}"
    data = {
        "e": "bookTicker",
        "u": n,
        "s": "AAAUSDT",
        "b": bid,
        "B": "3.5",
        "a": ask,
        "A": f"{n}",
        "T": ms,
        "E": ms,
    }
    return {"stream": "aaausdt@bookTicker", "data": data}


def _mark(ms: int, n: int) -> Message:
    due = ms - ms % 28_800_000 + 28_800_000
    prices = {"p": f"{170 + n / 100:.2f}", "i": f"{169.9 + n / 100:.2f}", "r": f"{n / 1e6:.6f}"}
    data = {"e": "markPriceUpdate", "E": ms, "s": "AAAUSDT", "P": "1", "T": due} | prices
    return {"stream": "aaausdt@markPrice@1s", "data": data}


@pytest.fixture(scope="session")
def recorded_quotes(quotes: list[Message], tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("quotes") / "quotes.txt"
    lines = [f"{message['data']['E'] + 35}000000 {json.dumps(message)}\n" for message in quotes]
    file.write_text("".join(lines), encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def server(
    recording: Path, recorded_quotes: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InProcess]:
    folder = tmp_path_factory.mktemp("data")
    with serving(
        folder, source=f"replay:{recording},{recorded_quotes}", speed=0, tick_buffer_size=20_000
    ) as server:
        server.client.wait_finished()
        yield server


@pytest.fixture(scope="session")
def api(server: InProcess) -> Client:
    return server.client
