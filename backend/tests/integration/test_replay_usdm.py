"""A capture of USD-M Futures that starts in mid-minute, held against the exchange's own klines inside it."""

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from recorded import bars_of, read_capture, wire_bar
from serving import ServerProcess, server_process

KINDS = ("bookTicker", "depthUpdate", "kline")
CLOSED = ("SUSHIUSDT", "CTKUSDT", "AKROUSDT", "KEEPUSDT")


@pytest.fixture(scope="module")
def capture(shared_data: Path) -> Path:
    return shared_data / "cryptofeed_2021H2" / "BINANCE_FUTURES.ws.1.0.gz"


@pytest.fixture(scope="module")
def messages(capture: Path) -> list[dict[str, Any]]:
    with gzip.open(capture, "rt", encoding="utf-8") as file:
        lines = [line.partition(": ")[2] for line in file if line[0].isdigit()]
    return [json.loads(text)["data"] for text in lines]


@pytest.fixture(scope="module")
def server(capture: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("usdm")
    with server_process(folder, "--source", f"replay:{capture}", "--speed", "0") as server:
        server.client.wait_finished()
        yield server


def test_aggregate_trades_are_counted_per_symbol(
    server: ServerProcess, messages: list[dict[str, Any]]
) -> None:
    expected = Counter(data["s"] for data in messages if data["e"] == "aggTrade")

    assert sum(expected.values()) > 0
    assert {line["symbol"]: line["ticks"] for line in server.client.status()["symbols"]} == expected


def test_other_kinds_are_ignored_in_silence(server: ServerProcess, messages: list[dict[str, Any]]) -> None:
    ignored = sum(data["e"] in KINDS for data in messages)
    lines = [line for line in server.errors.read_text().splitlines() if line.strip()]

    assert ignored > 1_000
    assert len(lines) < 5, lines  # level warning and above
    assert all(line["quarantined"] == 0 for line in server.client.status()["symbols"])


@pytest.mark.parametrize("symbol", CLOSED)
def test_our_first_minute_lies_within_the_exchanges_kline(
    server: ServerProcess, messages: list[dict[str, Any]], symbol: str
) -> None:
    kline = next(
        data["k"] for data in messages if data["e"] == "kline" and data["k"]["x"] and data["s"] == symbol
    )

    (bar,) = (
        bar
        for bar in server.client.get(f"/data/{symbol}", interval="1m")["items"]
        if bar["time"] == kline["t"]
    )

    assert bar["quality"] == "partial"
    assert bar["close"] == float(kline["c"])
    assert float(kline["l"]) <= bar["low"] <= bar["high"] <= float(kline["h"])
    assert 0 < bar["volume"] <= float(kline["v"])
    assert bar["trades"] <= kline["n"]


@pytest.mark.parametrize("interval", ["1s", "1m"])
@pytest.mark.parametrize("symbol", CLOSED)
def test_bars_equal_a_batch_computation(
    server: ServerProcess, capture: Path, symbol: str, interval: str
) -> None:
    trades = read_capture([capture], "aggTrade")
    newest = max(trade.time_ms for trade in trades)
    mine = [trade for trade in trades if trade.symbol == symbol]
    if not mine:
        assert server.client.get(f"/data/{symbol}", interval=interval)["items"] == []
        return

    bars = bars_of(mine, interval, until_ms=newest)
    served = server.client.get(f"/data/{symbol}", interval=interval, limit=1000)["items"]

    assert [{k: v for k, v in bar.items() if k != "revision"} for bar in served] == [
        wire_bar(at, bar) for at, bar in bars.items()
    ]
