"""Archives and stored history played again through the live engine: the same bars, the same digests every time."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from archives import DAY_MS, MARCH_MS, day_of_trades, write_agg_trades
from quant.domain import Interval
from quant.engine.importer import Importer
from quant.engine.jobs import Job
from quant.engine.protocol import ImportOptions
from quant.storage.history import History
from quant.storage.store import HISTORY_NAME, Store
from recorded import Trade, bars_of, wire_bar
from serving import Client, quant, serving

SPAN_MS = 3 * 3_600_000


@pytest.fixture(scope="module")
def trades() -> dict[str, list[Trade]]:
    made = {
        symbol: day_of_trades(
            seed=seed, day_ms=MARCH_MS, every_ms=4_000, first_id=70, symbol=symbol, price=price
        )
        for seed, (symbol, price) in enumerate({"BTCUSDT": 42_000.0, "ETHUSDT": 2_200.0}.items())
    }
    return {
        symbol: [trade for trade in all_day if trade.time_ms < MARCH_MS + SPAN_MS]
        for symbol, all_day in made.items()
    }


@pytest.fixture(scope="module")
def files(trades: dict[str, list[Trade]], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Write BTCUSDT as one file and ETHUSDT as two."""
    folder = tmp_path_factory.mktemp("made")
    eth, half = trades["ETHUSDT"], len(trades["ETHUSDT"]) // 2
    return [
        write_agg_trades(folder / "BTCUSDT-aggTrades-2025-03-01.zip", trades["BTCUSDT"]),
        write_agg_trades(folder / "ETHUSDT-aggTrades-2025-03-01.zip", eth[:half]),
        write_agg_trades(folder / "ETHUSDT-aggTrades-2025-03-02.zip", eth[half:]),
    ]


def played(client: Client) -> tuple[str, dict[str, Any]]:
    """Return the market and all it has to say once the past is played."""
    client.wait_finished()
    market = client.status()["market"]
    said: dict[str, Any] = {}
    for symbol in ("BTCUSDT", "ETHUSDT"):
        for interval in ("1s", "1m", "5m"):
            said[f"{symbol} {interval}"] = client.get(f"/data/{symbol}", interval=interval, limit=4096)
        said[f"{symbol} ticks"] = client.get(f"/data/{symbol}/ticks", limit=10_000)
    said["pair"] = client.get("/analytics/pair", symbol_a="BTCUSDT", symbol_b="ETHUSDT", interval="1m")
    return market, {
        name: {key: value for key, value in each.items() if key != "seq"} for name, each in said.items()
    }


def digest(said: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def test_archives_play_the_same_every_time(
    tmp_path: Path, files: list[Path], trades: dict[str, list[Trade]]
) -> None:
    source = f"replay:{','.join(map(str, files))}"
    found = []
    for n in range(2):
        with serving(tmp_path / str(n), source=source, speed=0) as server:
            found.append(played(server.client))
    assert found[0][0] == found[1][0]
    assert digest(found[0][1]) == digest(found[1][1])
    newest = max(trade.time_ms for each in trades.values() for trade in each)
    for symbol, each in trades.items():
        truth = bars_of(each, "1m", until_ms=newest)
        served = [
            {name: value for name, value in row.items() if name != "revision"}
            for row in found[0][1][f"{symbol} 1m"]["items"]
        ]
        assert served == [wire_bar(at, bar) for at, bar in truth.items()]


def test_stored_history_plays_as_its_archives(
    tmp_path: Path, files: list[Path], trades: dict[str, list[Trade]]
) -> None:
    data = tmp_path / "data"
    importer = Importer(
        data, intervals=[Interval.parse("1m")], store=Store(data), history=History(data / HISTORY_NAME)
    )
    job = Job("import", "test")
    importer.run(job, files, ImportOptions())
    assert job.view().errors == ()
    span = "binance-um:BTCUSDT+ETHUSDT:2025-03-01T00:00Z/2025-03-02"
    found = []
    for _ in range(2):
        with serving(data, source=f"replay:store:{span}", speed=0) as server:
            found.append(played(server.client))
    assert found[0][0] == found[1][0]
    assert digest(found[0][1]) == digest(found[1][1])
    with serving(tmp_path / "files", source=f"replay:{','.join(map(str, files))}", speed=0) as server:
        market, said = played(server.client)
    assert market == found[0][0]  # the same trades are the same market
    assert digest(said) == digest(found[0][1])


def test_what_cannot_be_played_is_one_sentence(tmp_path: Path, files: list[Path]) -> None:
    nothing = "replay:store:binance-um:BTCUSDT:2025-03-01/2025-03-02"
    torn = tmp_path / "BTCUSDT-aggTrades-2025-03-01.zip"
    torn.write_bytes(files[0].read_bytes()[:-100])
    for source, named in ((nothing, "no trades of BTCUSDT"), (f"replay:{torn}", "is torn")):
        done = quant(
            "serve", "--source", source, cwd=tmp_path, DATA_DIR=tmp_path / "data", PORT=0, LOG_LEVEL="error"
        )
        assert done.returncode == 2
        assert named in done.stderr
        assert "Traceback" not in done.stderr


def test_the_day_after_is_not_played(tmp_path: Path) -> None:
    data, trades = tmp_path / "data", day_of_trades(seed=2, day_ms=MARCH_MS, every_ms=60_000, first_id=1)
    file = write_agg_trades(tmp_path / "BTCUSDT-aggTrades-2025-03-01.zip", trades)
    job = Job("import", "test")
    Importer(
        data, intervals=[Interval.parse("1m")], store=Store(data), history=History(data / HISTORY_NAME)
    ).run(job, [file], ImportOptions())
    start, end = MARCH_MS + DAY_MS // 4, MARCH_MS + DAY_MS // 2
    source = "replay:store:binance-um:BTCUSDT:2025-03-01T06:00Z/2025-03-01T12:00Z"
    with serving(data, source=source, speed=0) as server:
        server.client.wait_finished()
        ids = [row["id"] for row in server.client.get("/data/BTCUSDT/ticks", limit=10_000)["items"]]
    assert ids == [trade.id for trade in trades if start <= trade.time_ms < end]
