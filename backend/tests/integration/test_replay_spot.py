"""Two symbols of Binance spot from files to HTTP: every trade, and every bar as plain arithmetic has it."""

from pathlib import Path
from typing import Any

import pytest

from recorded import MS, Trade, bars_of, read_capture, wire_bar
from serving import Client, serving

TICKS = {"BTCUSDT": 19_904, "ETHUSDT": 14_515}
FILES = ("btcusdt_20240808.gz", "btcusdt_20240809.gz", "ethusdt_20240808.gz", "ethusdt_20240809.gz")
PAGE = 3_000

Answers = dict[tuple[str, str], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def files(shared_data: Path) -> list[Path]:
    return [shared_data / "hft_spot" / name for name in FILES]


@pytest.fixture(scope="module")
def trades(files: list[Path]) -> dict[str, list[Trade]]:
    everything = read_capture(files, "trade")
    return {symbol: [trade for trade in everything if trade.symbol == symbol] for symbol in TICKS}


@pytest.fixture(scope="module")
def replayed(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return all bars, ticks and holes of a replay without waiting, read over HTTP."""
    source = "replay:" + ",".join(map(str, files))
    with serving(tmp_path_factory.mktemp("data"), source=source, speed=0, tick_buffer_size=20_000) as server:
        status = server.client.wait_finished()
        return {
            "status": status,
            "bars": all_bars(server.client),
            "ticks": {symbol: all_ticks(server.client, symbol) for symbol in TICKS},
            "gaps": {symbol: server.client.get(f"/data/{symbol}/gaps") for symbol in TICKS},
        }


def all_bars(client: Client) -> Answers:
    return {
        (symbol, interval): client.get(f"/data/{symbol}", interval=interval, limit=4096)["items"]
        for symbol in TICKS
        for interval in MS
    }


def all_ticks(client: Client, symbol: str) -> list[dict[str, Any]]:
    """Return all trades, page by page backwards."""
    pages: list[list[dict[str, Any]]] = []
    end: dict[str, str] = {}
    while True:
        page = client.get(f"/data/{symbol}/ticks", limit=PAGE, **end)
        pages.insert(0, page["items"])
        assert len(page["items"]) <= PAGE
        if page["next"] is None:
            return [tick for items in pages for tick in items]
        end = {"end": page["next"]}


@pytest.mark.parametrize("symbol", TICKS)
def test_every_trade_arrives_once_in_id_order(
    replayed: dict[str, Any], trades: dict[str, list[Trade]], symbol: str
) -> None:
    expected = [
        {
            "id": trade.id,
            "time": trade.time_ms,
            "price": float(trade.price),
            "size": float(trade.size),
            "side": "sell" if trade.sold else "buy",
        }
        for trade in trades[symbol]
    ]

    assert len(expected) == TICKS[symbol]
    assert replayed["ticks"][symbol] == expected


def test_the_status_counts_them_and_says_finished(
    replayed: dict[str, Any], trades: dict[str, list[Trade]]
) -> None:
    status = replayed["status"]
    lines = {line["symbol"]: line for line in status["symbols"]}

    assert status["market"].startswith("replay-")
    assert (status["running"], status["finished"], status["source_state"]) == (False, True, "ready")
    assert set(lines) == set(TICKS)
    for symbol, line in lines.items():
        assert line["ticks"] == TICKS[symbol]
        assert line["last_id"] == trades[symbol][-1].id
        assert line["last_price"] == float(trades[symbol][-1].price)
        assert line["state"] == "stopped"
        assert line["gaps"] == {"open": 0, "filled": 0, "confirmed": 0}
        assert (line["duplicates"], line["out_of_order"], line["quarantined"]) == (0, 0, 0)
        assert replayed["gaps"][symbol]["items"] == []


@pytest.mark.parametrize("interval", MS)
@pytest.mark.parametrize("symbol", TICKS)
def test_bars_equal_a_batch_computation(
    replayed: dict[str, Any], trades: dict[str, list[Trade]], symbol: str, interval: str
) -> None:
    newest = max(trade.time_ms for each in trades.values() for trade in each)
    expected = bars_of(trades[symbol], interval, until_ms=newest)

    served = [
        {name: value for name, value in bar.items() if name != "revision"}
        for bar in replayed["bars"][symbol, interval]
    ]

    assert served == [wire_bar(at, bar) for at, bar in expected.items()]


def test_the_speed_of_reading_changes_nothing(
    files: list[Path], replayed: dict[str, Any], tmp_path: Path
) -> None:
    source = "replay:" + ",".join(map(str, files))
    with serving(tmp_path, source=source, speed=400, tick_buffer_size=20_000) as server:
        status = server.client.wait_finished()
        bars = all_bars(server.client)

    assert status["market"] == replayed["status"]["market"]
    assert status["as_of"] == replayed["status"]["as_of"]
    assert bars == replayed["bars"]  # qualities and revisions with them
