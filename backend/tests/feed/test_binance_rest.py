"""REST: typed answers from the simulated exchange, errors of ours for everything else."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from feed.servers import Client, Script, scripted
from feed.virtual_time import VirtualTime
from quant.clock import NS_PER_MS, NS_PER_S
from quant.domain import Bars, Interval, Quality, SymbolSpec, TradeBatch
from quant.errors import ExchangeRejected, ExchangeUnreachable
from quant.feed.binance_rest import BinanceRest
from quant.feed.exchange import Fetched
from quant.feed.pace import Pace
from simulator.harness import START_NS, Exchange, with_exchange

MINUTE = Interval.parse("1m")
KLINE = [1740830400000, "64000.1", "64001.0", "63999.9", "64000.5", "12.345", 1740830459999, "790000.25", 321]
KLINE += ["6.0", "380000.1", "0"]

Question = Callable[[BinanceRest], Awaitable[object]]
QUESTIONS: dict[str, Question] = {
    "symbols": lambda rest: rest.symbols(),
    "server_time": lambda rest: rest.server_time(),
    "klines": lambda rest: rest.klines("BTCUSDT", MINUTE, limit=5),
    "agg_trades": lambda rest: rest.agg_trades("BTCUSDT", from_id=5),
    "last_trade_id": lambda rest: rest.last_trade_id("BTCUSDT"),
}


def replies(body: bytes, *, status: bytes = b"200 OK", headers: bytes = b"") -> Script:
    """A server that answers every request alike, once a connection."""

    async def script(client: Client) -> None:
        await client.read_request()
        length = b"Content-Length: %d\r\n" % len(body)
        await client.send(
            b"HTTP/1.1 " + status + b"\r\n" + length + headers + b"Connection: close\r\n\r\n" + body
        )

    return script


def ask(question: Question, *scripts: Script, timeout_s: float = 20.0) -> object:
    """Return the answer of a server that plays `scripts`."""

    async def scenario() -> object:
        async with scripted(*scripts) as server:
            rest = BinanceRest(f"http://127.0.0.1:{server.port}", timeout_s=timeout_s)
            try:
                return await question(rest)
            finally:
                await rest.close()

    return asyncio.run(scenario())


# --- what is answered ---


def test_symbols_of_the_simulated_exchange():
    async def scenario(exchange: Exchange) -> None:
        rest = BinanceRest(exchange.rest_url)
        specs = {spec.symbol: spec for spec in await rest.symbols()}
        await rest.close()
        wanted = {each["symbol"]: each for each in (await exchange.rows("/fapi/v1/exchangeInfo"))["symbols"]}
        assert specs.keys() == wanted.keys()
        assert len(specs) >= 30
        assert specs["BTCUSDT"] == SymbolSpec("BTCUSDT", "BTC", "USDT", "TRADING", 0.1, 0.001)
        assert {spec.status for spec in specs.values()} == {each["status"] for each in wanted.values()}

    with_exchange(scenario)


def test_server_time_is_the_exchanges_clock():
    async def scenario(exchange: Exchange) -> None:
        rest = BinanceRest(exchange.rest_url)
        exchange.clock.advance(12.5)
        assert await rest.server_time() == START_NS + int(12.5 * NS_PER_S)
        await rest.close()

    with_exchange(scenario)


@pytest.mark.parametrize("limit", [1, 100, 1500])
def test_klines_are_the_exchanges_value_for_value(limit: int):
    async def scenario(exchange: Exchange) -> None:
        rest = BinanceRest(exchange.rest_url)
        bars = await rest.klines("ETHUSDT", MINUTE, limit=limit)
        await rest.close()
        rows = await exchange.rows("/fapi/v1/klines", symbol="ETHUSDT", interval="1m", limit=limit)
        assert len(bars) == len(rows) == limit
        assert columns(bars) == [
            [row[0] * NS_PER_MS, *map(float, row[1:6]), float(row[7]), row[8]] for row in rows
        ]
        assert set(bars.qualities.tolist()) == {Quality.KLINE}
        assert bars.closed.all()

    with_exchange(scenario)


def test_klines_from_a_start():
    async def scenario(exchange: Exchange) -> None:
        rest = BinanceRest(exchange.rest_url)
        start = START_NS - 90 * MINUTE.ns
        bars = await rest.klines("ETHUSDT", MINUTE, limit=10, start=start)
        await rest.close()
        assert bars.times.tolist() == [start + i * MINUTE.ns for i in range(10)]

    with_exchange(scenario)


def test_a_symbol_that_is_not_listed_is_refused_in_the_exchanges_words():
    async def scenario(exchange: Exchange) -> None:
        rest = BinanceRest(exchange.rest_url)
        with pytest.raises(
            ExchangeRejected, match=r"refused /fapi/v1/klines: 400 Invalid symbol\.$"
        ) as caught:
            await rest.klines("NOPEUSDT", MINUTE, limit=5)
        await rest.close()
        assert (caught.value.status, caught.value.retry_after_s) == (400, None)

    with_exchange(scenario)


def columns(bars: Bars) -> list[list[Any]]:
    each = (
        bars.times,
        bars.opens,
        bars.highs,
        bars.lows,
        bars.closes,
        bars.volumes,
        bars.quote_volumes,
        bars.trades,
    )
    return [list(row) for row in zip(*(column.tolist() for column in each), strict=True)]


def test_fields_that_are_new_to_us_are_passed_over():
    bars = ask(QUESTIONS["klines"], replies(json.dumps([[*KLINE, "new", 1.5]]).encode()))
    assert isinstance(bars, Bars)
    assert columns(bars) == [
        [1740830400000 * NS_PER_MS, 64000.1, 64001.0, 63999.9, 64000.5, 12.345, 790000.25, 321]
    ]


def test_no_klines_are_no_bars():
    bars = ask(QUESTIONS["klines"], replies(b"[]"))
    assert isinstance(bars, Bars)
    assert len(bars) == 0


# --- what goes wrong ---


DATE = b"Date: Wed, 21 Oct 2026 07:28:00 GMT\r\n"


@pytest.mark.parametrize(
    ("status", "headers", "retry_after_s"),
    [
        (b"429 Too Many Requests", b"Retry-After: 7\r\n", 7.0),
        (b"429 Too Many Requests", b"", None),
        (b"418 I'm a teapot", b"Retry-After: 120\r\n", 120.0),
        (b"418 I'm a teapot", DATE + b"Retry-After: Wed, 21 Oct 2026 09:28:00 GMT\r\n", 7200.0),
        (b"418 I'm a teapot", DATE + b"Retry-After: Wed, 21 Oct 2026 07:00:00 GMT\r\n", 0.0),
        (b"418 I'm a teapot", b"Retry-After: 259201\r\n", 259_200.0),
        (b"418 I'm a teapot", b"Retry-After: tomorrow\r\n", None),
        (b"429 Too Many Requests", b"Retry-After: inf\r\n", None),
        (b"429 Too Many Requests", b"Retry-After: nan\r\n", None),
        (b"429 Too Many Requests", b"Retry-After: -5\r\n", None),
        (b"403 Forbidden", b"", None),
        (b"302 Found", b"Location: http://127.0.0.1:1/\r\n", None),
    ],
)
def test_refusals_tell_the_status_and_how_long_to_wait(
    status: bytes, headers: bytes, retry_after_s: float | None
):
    with pytest.raises(ExchangeRejected, match=status[:3].decode()) as caught:
        ask(QUESTIONS["klines"], replies(b"<html>\n <b>no</b>\n</html>", status=status, headers=headers))
    assert (caught.value.status, caught.value.retry_after_s) == (int(status[:3]), retry_after_s)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "status", [b"500 Internal Server Error", b"502 Bad Gateway", b"503 Service Unavailable"]
)
def test_trouble_on_their_side_is_worth_another_try(status: bytes):
    with pytest.raises(ExchangeUnreachable, match=f"answered {status[:3].decode()}"):
        ask(QUESTIONS["server_time"], replies(b"", status=status))


RUBBISH = [
    b"",
    b"<html>Log in to the hotel's network</html>",
    b"{",
    b"null",
    b"17",
    b"[[]]",
    b"[1]",
    b'"text"',
    b"\xff\xfe",
    b"[" * 50_000,
    b'{"symbols":{}}',
    b'{"symbols":[{"symbol":1}]}',
    b'{"serverTime":"1740830400000"}',
    b'{"serverTime":-1}',
    b'{"serverTime":1e400}',
]


def assert_no_answer(question: Question, bodies: Sequence[bytes]) -> None:
    """Every one of the bodies is told from an answer; one client asks for all of them."""

    async def all_of_them(rest: BinanceRest) -> None:
        for _ in bodies:
            with pytest.raises(
                ExchangeUnreachable, match=r"^127\.0\.0\.1 answered /fapi/v1/\w+ with what is no"
            ):
                await question(rest)

    ask(all_of_them, *(replies(body) for body in bodies))


@pytest.mark.parametrize("name", QUESTIONS)
def test_rubbish_is_an_error_of_ours(name: str):
    assert_no_answer(QUESTIONS[name], RUBBISH)


BAD_NUMBERS = ["NaN", "Infinity", "", "1e5", "-1", "1_0", 5, None, True, [], "9" * 400]
BAD_FIELDS = [(field, value) for field in (1, 2, 3, 4, 5, 7) for value in BAD_NUMBERS]
BAD_FIELDS += [(0, 0), (0, -1), (0, 10**14), (0, "1"), (8, -1), (8, "3"), (8, 2**60)]


def test_klines_hold_plain_decimals_and_sane_times_and_counts():
    rows = [[*KLINE[:field], value, *KLINE[field + 1 :]] for field, value in BAD_FIELDS]
    assert_no_answer(QUESTIONS["klines"], [json.dumps([KLINE, row]).encode() for row in [*rows, KLINE[:7]]])


def test_tick_sizes_are_plain_decimals():
    bodies = []
    for tick in ("NaN", "x", "-0.1"):
        symbol = {"symbol": "A", "status": "TRADING", "baseAsset": "A", "quoteAsset": "B"}
        symbol |= {"filters": [{"filterType": "PRICE_FILTER", "tickSize": tick}]}
        bodies.append(json.dumps({"symbols": [symbol]}).encode())
    assert_no_answer(QUESTIONS["symbols"], bodies)


async def hang_up(client: Client) -> None:
    await client.read_request()


async def mute(client: Client) -> None:
    await client.read_request()
    await client.read_frames()


async def half(client: Client) -> None:
    await client.read_request()
    await client.send(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")


async def not_http(client: Client) -> None:
    await client.send(b"\x00\xff\x00\xff" * 50)


@pytest.mark.parametrize("script", [hang_up, half, not_http], ids=lambda script: script.__name__)
def test_broken_connections_are_unreachable(script: Script):
    with pytest.raises(ExchangeUnreachable, match=r"cannot reach 127\.0\.0\.1: ."):
        ask(QUESTIONS["symbols"], script)


def test_an_exchange_that_is_too_slow_is_unreachable():
    with pytest.raises(ExchangeUnreachable, match=r"cannot reach 127\.0\.0\.1: ."):
        ask(QUESTIONS["symbols"], mute, timeout_s=0.05)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://no-such-host.invalid", "http://double..dot"])
def test_nobody_there_is_unreachable(url: str):
    async def scenario() -> None:
        rest = BinanceRest(url)
        try:
            await rest.server_time()
        finally:
            await rest.close()

    with pytest.raises(ExchangeUnreachable, match="cannot reach"):
        asyncio.run(scenario())


# --- trades by id ---


def test_trades_by_id_are_the_exchanges_row_for_row():
    async def scenario(exchange: Exchange) -> None:
        rest = BinanceRest(exchange.rest_url)
        newest = await rest.last_trade_id("ETHUSDT")
        assert newest is not None
        answer = await rest.agg_trades("ETHUSDT", from_id=newest - 249, limit=200)
        batch = answer.trades
        beyond = await rest.agg_trades("ETHUSDT", from_id=newest + 1_000_000)
        await rest.close()
        rows = await exchange.rows("/fapi/v1/aggTrades", symbol="ETHUSDT", fromId=newest - 249, limit=200)
        assert set(batch.symbols()) == {"ETHUSDT"}
        assert trade_rows(batch) == [
            [
                row["a"],
                row["T"] * NS_PER_MS,
                float(row["p"]),
                float(row["q"]),
                row["m"],
                row["l"] - row["f"] + 1,
            ]
            for row in rows
        ]
        assert batch.ids.tolist() == list(range(newest - 249, newest - 49))
        assert (answer.first_id, answer.last_id, answer.unread) == (newest - 249, newest - 50, ())
        assert (len(beyond.trades), beyond.first_id, beyond.last_id) == (0, None, None)

    with_exchange(scenario)


def test_trades_beyond_reach_are_refused_not_missing():
    async def scenario(exchange: Exchange) -> None:
        rest = BinanceRest(exchange.rest_url)
        with pytest.raises(ExchangeRejected) as caught:
            await rest.agg_trades("ETHUSDT", from_id=1)
        await rest.close()
        assert caught.value.status == 400

    with_exchange(scenario)


def trade_rows(batch: TradeBatch) -> list[list[Any]]:
    each = (batch.ids, batch.ts_event, batch.prices, batch.sizes, batch.sells, batch.counts)
    return [list(row) for row in zip(*(column.tolist() for column in each), strict=True)]


AGG: dict[str, Any] = {
    "a": 5,
    "p": "84250.10",
    "q": "0.250",
    "f": 100,
    "l": 102,
    "T": 1740830400100,
    "m": True,
}
BAD_TRADES: list[dict[str, object]] = [
    *({"p": value} for value in (*BAD_NUMBERS, "0", "9" * 12)),
    *({"q": value} for value in (*BAD_NUMBERS, "0")),
    {"a": -1},
    {"a": "5"},
    {"a": 4},  # below what was asked for
    {"T": 0},
    {"T": "1"},
    {"m": 1},
    {"l": 99},
    {"f": None},
]


GOOD = [AGG | {"a": each} for each in (6, 7, 9)]


@pytest.mark.parametrize("bad", BAD_TRADES, ids=str)
def test_a_bad_row_is_quarantined_and_leaves_its_own_id_unknown(bad: dict[str, object]):
    found, samples = ask_rows([AGG | bad, *GOOD])
    assert found.trades.ids.tolist() == [6, 7, 9]
    unread = {each for first, last in found.unread for each in range(first, last + 1)}
    assert unread == (set() if bad.get("a") == 4 else {5})  # 4 was not asked for
    assert len(samples) == 1
    assert found.last_id == 9


@pytest.mark.parametrize(
    ("rows", "ids", "unread"),
    [
        ([AGG, AGG | {"a": 7}, AGG | {"a": 6}, AGG | {"a": 8}], [5, 7, 8], ((6, 6),)),
        ([AGG, AGG, AGG | {"a": 6}], [5, 6], ()),
        ([AGG, 17, AGG | {"a": 9}], [5, 9], ((6, 8),)),
        ([AGG, [], AGG | {"a": 6}], [5, 6], ()),
        ([AGG, {"a": None}], [5], ((6, 14),)),
        ([AGG, AGG | {"a": 6, "q": "x"}], [5], ((6, 6),)),
        ([AGG | {"p": "x"}], [], ((5, 5),)),
    ],
)
def test_what_is_unknown_is_no_more_than_what_bad_rows_leave_unsaid(
    rows: list[object], ids: list[int], unread: tuple[tuple[int, int], ...]
):
    found, samples = ask_rows(rows)
    assert (found.trades.ids.tolist(), found.unread) == (ids, unread)
    assert len(samples) == 1


def test_a_trade_that_is_much_later_than_its_successors_is_quarantined():
    year_ms = 365 * 86_400_000
    rows = [
        AGG,
        AGG | {"a": 6, "T": AGG["T"] + year_ms},
        AGG | {"a": 7, "T": AGG["T"] + 60_000},
        AGG | {"a": 8},
    ]
    found, samples = ask_rows(rows)
    assert (found.trades.ids.tolist(), found.unread, found.last_id) == ([5, 7, 8], ((6, 6),), 8)
    assert len(samples) == 1


VOID = {"a": 6, "p": "0", "q": "0", "f": -1, "l": -1, "T": 1740830400100, "m": True}


def test_a_row_for_an_id_without_a_trade_says_that_there_is_none():
    found, samples = ask_rows([AGG, VOID, AGG | {"a": 7}, VOID | {"a": 8}])
    assert found.trades.ids.tolist() == [5, 7]
    assert (found.first_id, found.last_id, found.unread, samples) == (5, 8, (), [])


def ask_rows(rows: list[object]) -> tuple[Fetched, list[tuple[str, str, bytes]]]:
    """Return what an answer of these rows says from id 5 on, and what of it was quarantined."""
    samples: list[tuple[str, str, bytes]] = []

    async def scenario() -> Fetched:
        async with scripted(replies(json.dumps(rows).encode())) as server:
            rest = BinanceRest(
                f"http://127.0.0.1:{server.port}", on_quarantine=lambda *each: samples.append(each)
            )
            found = await rest.agg_trades("BTCUSDT", from_id=5, limit=10)
            await rest.close()
            assert rest.quarantined["BTCUSDT"] == len(samples)
            return found

    return asyncio.run(scenario()), samples


def test_rows_of_which_none_tells_its_id_are_no_answer():
    bodies = [json.dumps([AGG | {"a": bad}]).encode() for bad in (4, -1, "5", None)]
    assert_no_answer(lambda rest: rest.agg_trades("BTCUSDT", from_id=5, limit=1), bodies)


@pytest.mark.parametrize(
    ("rows", "newest"),
    [
        ([AGG, VOID], 5),
        ([AGG, VOID, AGG | {"a": 7}], 7),
        ([AGG, AGG | {"a": 7, "p": "NaN"}], 7),
    ],
)
def test_the_newest_trade_is_told_whatever_stands_beside_it(rows: list[object], newest: int):
    body = json.dumps(rows).encode()
    assert ask(lambda rest: rest.last_trade_id("BTCUSDT"), replies(body)) == newest


def test_rows_for_no_trade_alone_tell_nothing_of_the_newest():
    with pytest.raises(ExchangeUnreachable, match="for no trade"):
        ask(lambda rest: rest.last_trade_id("BTCUSDT"), replies(json.dumps([VOID]).encode()))


def test_a_symbol_without_trades_has_no_last_one():
    assert ask(lambda rest: rest.last_trade_id("BTCUSDT"), replies(b"[]")) is None


# --- the budget ---


@pytest.mark.parametrize("status", [b"418 I'm a teapot", b"403 Forbidden"])
def test_after_a_ban_nobody_asks_until_it_is_over(status: bytes):
    asked = []

    async def ban(client: Client) -> None:
        asked.append(client)
        await replies(b"", status=status, headers=b"Retry-After: 90\r\n")(client)

    async def twice(rest: BinanceRest) -> None:
        for _ in range(3):
            with pytest.raises(ExchangeRejected) as caught:
                await rest.klines("BTCUSDT", MINUTE, limit=5)
            assert caught.value.status == int(status[:3])
            assert caught.value.retry_after_s is not None
            assert 80 < caught.value.retry_after_s <= 90
        assert len(asked) == 1

    ask(twice, ban)


@pytest.mark.parametrize(
    ("headers", "for_s"),
    [
        (b"Retry-After: 0\r\n", 10),
        (DATE + b"Retry-After: Wed, 21 Oct 2026 07:00:00 GMT\r\n", 10),
        (DATE + b"Retry-After: Wed, 21 Oct 2026 09:28:00 GMT\r\n", 7200),
        (b"Retry-After: 9999999\r\n", 259_200),
        (b"", 120),
    ],
)
def test_a_ban_holds_at_least_a_moment_and_as_long_as_is_said(headers: bytes, for_s: float):
    async def scenario(rest: BinanceRest) -> None:
        for _ in range(2):
            with pytest.raises(ExchangeRejected) as caught:
                await rest.klines("BTCUSDT", MINUTE, limit=5)
        assert caught.value.retry_after_s is not None
        assert for_s - 5 < caught.value.retry_after_s <= for_s

    ask(scenario, replies(b"", status=b"418 I'm a teapot", headers=headers))


def test_after_too_many_requests_the_next_waits():
    time = VirtualTime()

    async def scenario() -> None:
        refusal = replies(b"", status=b"429 Too Many Requests", headers=b"Retry-After: 7\r\n")
        async with scripted(refusal, replies(b'{"serverTime":1740830400000}')) as server:
            pace = Pace(time, pause=no_time)
            rest = BinanceRest(f"http://127.0.0.1:{server.port}", pace=pace)
            with pytest.raises(ExchangeRejected):
                await rest.server_time()
            await rest.server_time()
            await rest.close()
            assert time.slept_s == [pytest.approx(7, abs=0.1)]

    async def no_time(seconds: float) -> None:
        time.slept_s.append(seconds)
        time.now_s += seconds

    asyncio.run(scenario())


def test_the_exchange_counts_what_we_count():
    async def scenario(exchange: Exchange) -> None:
        rest = BinanceRest(exchange.rest_url)
        for limit in (1, 99, 100, 499, 500, 1000, 1001, 1500):
            await rest.klines("ETHUSDT", MINUTE, limit=limit)
        await rest.last_trade_id("ETHUSDT")
        await rest.server_time()
        await rest.symbols()
        response = await exchange.get("/fapi/v1/time")
        await rest.close()
        assert rest.budget.used == int(response.headers["X-MBX-USED-WEIGHT-1m"]) - 1

    with_exchange(scenario)
