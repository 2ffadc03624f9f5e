"""A short made-up recording, played to its end behind a real server: data that stand still."""

from collections.abc import Iterator
from pathlib import Path

import pytest

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
def server(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    folder = tmp_path_factory.mktemp("data")
    with serving(folder, source=f"replay:{recording}", speed=0, tick_buffer_size=20_000) as server:
        server.client.wait_finished()
        yield server


@pytest.fixture(scope="session")
def api(server: InProcess) -> Client:
    return server.client
