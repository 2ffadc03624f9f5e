"""Imported days behind the API: read, paged and analysed as if they had been heard."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from archives import DAY_MS, MARCH_MS, day_of_trades, write_agg_trades
from import_here import INTERVALS, import_here
from recorded import Trade, bars_of, wire_bar
from serving import Client, free_port, serving

LEGS = {"BTCUSDT": 42_000.0, "ETHUSDT": 2_200.0}


@pytest.fixture(scope="module")
def days() -> dict[str, list[Trade]]:
    """Return two days of both legs; one hole of BTCUSDT is cut out below."""
    found: dict[str, list[Trade]] = {}
    for seed, (symbol, price) in enumerate(LEGS.items()):
        first = day_of_trades(
            seed=seed, day_ms=MARCH_MS, every_ms=9_000, first_id=500, symbol=symbol, price=price
        )
        second = day_of_trades(
            seed=9 + seed,
            day_ms=MARCH_MS + DAY_MS,
            every_ms=9_000,
            first_id=first[-1].id + 1,
            symbol=symbol,
            price=price,
        )
        found[symbol] = first + second
    return found


@pytest.fixture(scope="module")
def folder(days: dict[str, list[Trade]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    paths = []
    for symbol, trades in days.items():
        for n in range(2):
            at = MARCH_MS + n * DAY_MS
            part = [trade for trade in trades if at <= trade.time_ms < at + DAY_MS]
            paths.append(write_agg_trades(folder / f"{symbol}-aggTrades-2025-03-0{n + 1}.zip", part))
    import_here(folder, paths)
    return folder


@pytest.fixture(scope="module")
def api(folder: Path) -> Iterator[Client]:
    """Serve the folder with an exchange that is out of reach: all there is comes from the disk."""
    away = {
        "binance_ws_url": f"ws://127.0.0.1:{free_port()}",
        "binance_rest_url": f"http://127.0.0.1:{free_port()}",
    }
    with serving(folder, source="binance", tick_retention_days=0, **away) as server:
        yield server.client


@pytest.mark.parametrize("interval", INTERVALS)
def test_bars_of_a_span_are_those_of_its_trades(
    api: Client, days: dict[str, list[Trade]], interval: str
) -> None:
    trades = days["BTCUSDT"]
    truth = bars_of(trades, interval, until_ms=trades[-1].time_ms)
    start, end = MARCH_MS + DAY_MS - 1_800_000, MARCH_MS + DAY_MS + 1_800_000  # across midnight
    answer = api.get("/data/BTCUSDT", interval=interval, start=start, end=end, limit=4096)
    assert answer["market"] == "binance-um"
    served = [{name: value for name, value in row.items() if name != "revision"} for row in answer["items"]]
    assert served == [wire_bar(at, bar) | {"closed": True} for at, bar in truth.items() if start <= at < end]
    assert answer["next"] is None


def test_pages_lead_back_to_the_first_bar(api: Client, days: dict[str, list[Trade]]) -> None:
    truth = bars_of(days["ETHUSDT"], "1m", until_ms=days["ETHUSDT"][-1].time_ms)
    seen: list[int] = []
    query: dict[str, object] = {"interval": "1m", "limit": 700}
    while True:
        page = api.get("/data/ETHUSDT", **query)
        seen = [row["time"] for row in page["items"]] + seen
        if page["next"] is None:
            break
        query["end"] = page["next"]
    assert seen == list(truth)


def test_trades_of_a_span_and_their_pages(api: Client, days: dict[str, list[Trade]]) -> None:
    start, end = MARCH_MS + DAY_MS - 3_600_000, MARCH_MS + DAY_MS + 3_600_000
    wanted = [
        (trade.id, trade.time_ms, float(trade.price), float(trade.size))
        for trade in days["BTCUSDT"]
        if start <= trade.time_ms < end
    ]
    seen: list[tuple[object, ...]] = []
    query: dict[str, object] = {"start": start, "end": end, "limit": 100}
    while True:
        page = api.get("/data/BTCUSDT/ticks", **query)
        seen = [(row["id"], row["time"], row["price"], row["size"]) for row in page["items"]] + seen
        if page["next"] is None:
            break
        query["end"] = page["next"]
    assert seen == wanted


def test_a_pair_as_it_stood_then(api: Client, days: dict[str, list[Trade]]) -> None:
    end = MARCH_MS + DAY_MS + 7_200_000
    answer = api.get(
        "/analytics/pair",
        symbol_a="BTCUSDT",
        symbol_b="ETHUSDT",
        interval="1m",
        window=60,
        end=end,
        limit=300,
    )
    assert answer["series"]["time"] == list(range(end - 300 * 60_000, end, 60_000))
    for symbol, name in (("BTCUSDT", "price_a"), ("ETHUSDT", "price_b")):
        truth = bars_of(days[symbol], "1m", until_ms=days[symbol][-1].time_ms)
        assert answer["series"][name] == [float(truth[at].close) for at in answer["series"]["time"]]
    assert answer["status"] == "ok"


def test_a_hole_of_the_history_is_listed_where_it_is(tmp_path: Path, days: dict[str, list[Trade]]) -> None:
    trades = [trade for trade in days["BTCUSDT"] if trade.time_ms < MARCH_MS + DAY_MS]
    lost = trades[4_000:4_010]
    path = write_agg_trades(tmp_path / "BTCUSDT-aggTrades-x.zip", trades[:4_000] + trades[4_010:])
    job = import_here(tmp_path, [path])
    (report,) = job.view().files
    assert (report.holes, report.missing) == (((lost[0].id, lost[-1].id),), 10)
    away = {"binance_rest_url": f"http://127.0.0.1:{free_port()}"}
    with serving(tmp_path, source="binance", tick_retention_days=0, **away) as server:
        gaps = server.client.get("/data/BTCUSDT/gaps", start=MARCH_MS, end=MARCH_MS + DAY_MS)["items"]
        assert [(gap["first_id"], gap["last_id"], gap["state"]) for gap in gaps] == [
            (lost[0].id, lost[-1].id, "open")
        ]
        assert server.client.get("/data/BTCUSDT/gaps", end=MARCH_MS)["items"] == []
