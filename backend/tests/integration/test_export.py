"""Exports of imported days: whole, joined by time, across what was never stored, and in bounded memory."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from archives import DAY_MS, MARCH_MS, day_of_trades, write_agg_trades
from import_here import import_here
from quant.domain import Bars
from quant.storage.history import History
from quant.storage.store import HISTORY_NAME, Store
from recorded import Trade, bars_of, wire_bar
from serving import Client, ServerProcess, free_port, quant, server_process, serving

LEGS = {"BTCUSDT": 42_000.0, "ETHUSDT": 2_200.0}
DAYS = (0, 9)  # nothing is stored between them
MINUTE_MS = 60_000


@pytest.fixture(scope="module")
def days() -> dict[str, list[Trade]]:
    found: dict[str, list[Trade]] = {}
    for seed, (symbol, price) in enumerate(LEGS.items()):
        trades: list[Trade] = []
        for day in DAYS:
            first_id = trades[-1].id + 1 if trades else 500
            trades += day_of_trades(
                seed=seed + day, day_ms=MARCH_MS + day * DAY_MS, every_ms=9_000, first_id=first_id,
                symbol=symbol, price=price,
            )  # fmt: skip
        found[symbol] = trades
    return found


@pytest.fixture(scope="module")
def folder(days: dict[str, list[Trade]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    paths = [
        write_agg_trades(
            folder / f"{symbol}-aggTrades-2025-03-{day + 1:02d}.zip",
            [trade for trade in trades if day == (trade.time_ms - MARCH_MS) // DAY_MS],
        )
        for symbol, trades in days.items()
        for day in DAYS
    ]
    import_here(folder, paths)
    return folder


def away() -> dict[str, str]:
    return {
        "binance_ws_url": f"ws://127.0.0.1:{free_port()}",
        "binance_rest_url": f"http://127.0.0.1:{free_port()}",
    }


@pytest.fixture(scope="module")
def api(folder: Path) -> Iterator[Client]:
    with serving(folder, source="binance", tick_retention_days=0, **away()) as server:
        yield server.client


def arrow(api: Client, path: str, **params: object) -> pl.DataFrame:
    query = {name: str(value) for name, value in params.items()} | {"format": "arrow"}
    answer = api.http.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return pl.read_ipc_stream(io.BytesIO(answer.content)).with_columns(pl.col("time").dt.epoch("ms"))


def test_bars_before_and_after_a_week_without_any(api: Client, days: dict[str, list[Trade]]) -> None:
    trades = days["BTCUSDT"]
    truth = bars_of(trades, "1m", until_ms=trades[-1].time_ms)
    wanted = [wire_bar(at, bar) | {"closed": True} for at, bar in truth.items() if bar.trades]
    found = arrow(api, "/export/ohlcv", symbol="BTCUSDT", interval="1m").drop("revision")
    traded = found.filter(pl.col("trades") > 0).to_dicts()
    # The last minute may have had more trades than the file: it is partial.
    assert traded[:-1] == wanted[:-1]
    assert traded[-1] == wanted[-1] | {"quality": "partial"}
    assert len(found) < 2 * 1440 + 2


def test_a_span_ends_and_begins_where_it_says(api: Client) -> None:
    start, end = MARCH_MS + 3 * MINUTE_MS, MARCH_MS + 9 * DAY_MS + 2 * MINUTE_MS
    times = arrow(api, "/export/ohlcv", symbol="ETHUSDT", interval="1m", start=start, end=end)[
        "time"
    ].to_list()
    assert times[0] == start
    assert times[-1] == end - MINUTE_MS
    assert times == sorted(set(times))


def test_trades_of_all_days(api: Client, days: dict[str, list[Trade]]) -> None:
    found = arrow(api, "/export/ticks", symbol="ETHUSDT")
    assert found["id"].to_list() == [trade.id for trade in days["ETHUSDT"]]
    assert found["price"].to_list() == [float(trade.price) for trade in days["ETHUSDT"]]


def test_a_pair_has_the_bars_that_both_legs_have(api: Client) -> None:
    pair = {"symbol_a": "BTCUSDT", "symbol_b": "ETHUSDT", "interval": "1m", "window": 60}
    legs = [arrow(api, "/export/ohlcv", symbol=symbol, interval="1m") for symbol in LEGS]
    closed = [leg.filter("closed").select("time", "close") for leg in legs]
    both = closed[0].join(closed[1], on="time", suffix="_b").sort("time")
    found = arrow(api, "/export", **pair)
    assert found["time"].to_list() == both["time"].to_list()
    assert found["price_a"].to_list() == both["close"].to_list()
    assert found["price_b"].to_list() == both["close_b"].to_list()
    end = MARCH_MS + 9 * DAY_MS + 8 * 3_600_000
    series = api.get("/analytics/pair", **pair, end=end, limit=200)["series"]
    part = found.filter(pl.col("time").is_between(series["time"][0], series["time"][-1]))
    assert part.drop("quality").to_dict(as_series=False) == series
    again = found.filter(pl.col("time") == MARCH_MS + 9 * DAY_MS)  # its window lies in the week without bars
    assert again["zscore"].to_list() == [None]


@pytest.mark.parametrize("form", ["csv", "parquet", "arrow"])
def test_the_command_writes_the_servers_file_with_and_without_one(
    folder: Path, tmp_path: Path, form: str
) -> None:
    orders = {
        "bars": (["bars", "BTCUSDT", "--interval", "5m"], "/export/ohlcv?symbol=BTCUSDT&interval=5m"),
        "trades": (
            ["trades", "ETHUSDT", "--end", "2025-03-02"],
            "/export/ticks?symbol=ETHUSDT&end=2025-03-02",
        ),
        "pair": (
            ["pair", "btcusdt", "ETHUSDT", "--window", "30", "--method", "Kalman"],
            "/export?symbol_a=BTCUSDT&symbol_b=ETHUSDT&window=30&method=kalman",
        ),
    }
    copy = tmp_path / "data"
    copy.mkdir()
    (copy / HISTORY_NAME).symlink_to(folder / HISTORY_NAME)
    alone = {}
    for name, (line, _) in orders.items():
        out = tmp_path / f"{name}.{form}"
        done = quant("export", *line, "--out", str(out), cwd=tmp_path, DATA_DIR=copy)
        assert done.returncode == 0, done.stderr
        alone[name] = out.read_bytes()
    settings = {name.upper(): value for name, value in away().items()}
    with server_process(tmp_path, SOURCE="binance", TICK_RETENTION_DAYS=0, **settings) as server:
        for name, (line, path) in orders.items():
            out = tmp_path / f"served-{name}.{form}"
            done = quant("export", *line, "--out", str(out), cwd=tmp_path, DATA_DIR=copy)
            assert done.returncode == 0, done.stderr
            served = server.client.http.get(f"{path}&format={form}").content
            assert _read(served, form).equals(_read(out.read_bytes(), form)), name
            assert _read(alone[name], form).equals(_read(served, form)), name
    assert not list(tmp_path.glob("*.part"))


def _read(content: bytes, form: str) -> pl.DataFrame:
    readers = {"csv": pl.read_csv, "parquet": pl.read_parquet, "arrow": pl.read_ipc_stream}
    return readers[form](io.BytesIO(content))


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (["bars", "BTCUSDT", "--out", "bars.xlsx"], "bars.xlsx"),
        (["bars", "NONEUSDT", "--out", "bars.csv"], "NONEUSDT"),
        (["pair", "BTCUSDT", "--out", "pair.csv"], "name 2"),
        (["bars", "BTCUSDT", "--end", "2020-01-01", "--out", "bars.csv"], "have 0"),
        (["bars", "BTCUSDT", "--out", "no/such/folder.csv"], "folder.csv"),
    ],
)
def test_what_the_command_cannot_export_is_one_sentence(
    folder: Path, tmp_path: Path, line: list[str], named: str
) -> None:
    (tmp_path / HISTORY_NAME).symlink_to(folder / HISTORY_NAME)
    done = quant("export", *line, cwd=tmp_path, DATA_DIR=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("quant: ")
    assert named in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.glob("*.csv"))


MEMORY_DAYS = 10
USUAL_DAYS = 3  # long enough for the allocator's own reserves to be full
ALLOWED_MB = 36


def test_memory_does_not_grow_with_what_is_exported(tmp_path: Path) -> None:
    """Ten days of 1 s bars, 864,000 rows: some 100 MB as CSV and more as columns."""
    for symbol in LEGS:
        write_seconds(tmp_path / "data", symbol, days=MEMORY_DAYS)
    settings = {name.upper(): value for name, value in away().items()}
    with server_process(tmp_path, SOURCE="binance", BAR_RETENTION_DAYS=0, **settings) as server:
        bars = {"symbol": "BTCUSDT", "interval": "1s"}
        pair = {"symbol_a": "BTCUSDT", "symbol_b": "ETHUSDT", "interval": "1s"}
        for path, query in (("/export/ohlcv", bars), ("/export", pair)):
            for form in ("csv", "arrow", "parquet"):
                usual = query | {"format": form, "end": MARCH_MS + USUAL_DAYS * DAY_MS}
                _, before = size_and_peak(server, path, usual)
                size, peak = size_and_peak(server, path, query | {"format": form})
                assert size > (20 if form == "parquet" else 70) * 1_000_000
                assert peak - before < ALLOWED_MB, (path, form)


def size_and_peak(server: ServerProcess, path: str, query: dict[str, object]) -> tuple[int, int]:
    """Return how many bytes came and how much memory, in MB, the server held at most meanwhile."""
    Path(f"/proc/{server.pid}/clear_refs").write_text("5")  # the peak is counted from here
    return size_of(server.client, path, query), peak_mb(server.pid)


def write_seconds(folder: Path, symbol: str, *, days: int) -> None:
    history, dice = History(folder / HISTORY_NAME), np.random.default_rng(1)
    n = 86_400
    for day in range(days):
        times = (MARCH_MS + day * DAY_MS) * 1_000_000 + np.arange(n) * 1_000_000_000
        closes = LEGS[symbol] + dice.normal(size=n).cumsum() * 0.1
        ones, ids = np.ones(n, np.int64), np.arange(n)
        bars = Bars(
            times, closes, closes + 1, closes - 1, closes, dice.random(n).round(3), closes * 0.5, ones,
            ones.astype(np.uint8), 0 * ones, ones.astype(bool), ids, ids, np.zeros(n, np.uint8),
        )  # fmt: skip
        history.add_bars("binance-um", symbol, "1s", bars, keep=True)
    assert len(Store(folder).first_bars("binance-um", symbol, "1s", limit=1)) == 1


def size_of(client: Client, path: str, query: dict[str, object]) -> int:
    with client.http.stream(
        "GET", path, params={name: str(value) for name, value in query.items()}
    ) as answer:
        assert answer.status_code == 200
        return sum(len(chunk) for chunk in answer.iter_bytes())


def peak_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def test_a_pair_whose_first_page_has_no_row_begins_where_both_legs_are(tmp_path: Path) -> None:
    paths = []
    for symbol, own_day in (("SOLUSDT", 0), ("ADAUSDT", 4)):
        for day in (own_day, 9):  # only the last day is that of both
            trades = day_of_trades(
                seed=day,
                day_ms=MARCH_MS + day * DAY_MS,
                every_ms=30_000,
                first_id=day * 10_000,
                symbol=symbol,
            )
            paths.append(write_agg_trades(tmp_path / f"{symbol}-aggTrades-2025-03-{day + 1:02d}.zip", trades))
    import_here(tmp_path, paths)
    pair = {"symbol_a": "SOLUSDT", "symbol_b": "ADAUSDT", "interval": "1s", "window": "20"}
    shared = MARCH_MS + 9 * DAY_MS
    with serving(tmp_path, source="binance", tick_retention_days=0, **away()) as server:
        for _ in range(5):  # more than there are slots
            nowhere = server.client.http.get("/export", params=pair | {"end": str(shared)})
            assert nowhere.status_code == 409, nowhere.text
        for _ in range(5):
            found = arrow(server.client, "/export", **pair, end=shared + 10 * MINUTE_MS)
            assert shared <= found["time"].min() < found["time"].max() < shared + 10 * MINUTE_MS
