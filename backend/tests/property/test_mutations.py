"""Frames, answers, files, rules and commands with mistakes in them: only the project's own errors come out.

`make soak` runs more than a million inputs and prints how many of each; `make test` a hundredth, the same every time.
"""

import gzip
import io
import json
import math
import random
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from mutating import Run, run_all, spoilt, spoilt_document

from quant.alerts.metrics import METRICS, Liveness, Metric, Need
from quant.alerts.parsing import Vocabulary, parse_rule
from quant.alerts.rules import rule_document
from quant.domain import Interval
from quant.engine.topics import parse_topic, topic_name
from quant.errors import ArchiveError, InvalidInput, InvalidRule, QuantError
from quant.feed.archive import open_archive
from quant.feed.archive_layouts import layout_of
from quant.feed.archive_rows import RowParser
from quant.feed.archive_text import TextBlock
from quant.feed.binance import BinanceDecoder
from quant.feed.binance_rows import read_rows

NOW = np.array([1_740_830_400_200_000_000], np.int64)


def frames() -> Run:
    """The frame parser, on what the three streams send, wrapped and bare, and on answers to commands."""
    trade = (
        b'{"e":"aggTrade","E":1740830400123,"s":"BTCUSDT","a":26129,"p":"84250.10","q":"0.250","f":100,"l":102,'
        b'"T":1740830400100,"m":true}'
    )
    quote = (
        b'{"e":"bookTicker","u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000",'
        b'"A":"40.66000000","T":1740830400100,"E":1740830400123}'
    )
    mark = (
        b'{"e":"markPriceUpdate","E":1740830400123,"s":"BTCUSDT","p":"11794.15","i":"11784.62","P":"11784.25",'
        b'"r":"0.00038167","T":1740844800000}'
    )
    spot = (
        b'{"e":"trade","E":1740830400123,"s":"BTCUSDT","t":12345,"p":"0.001","q":"100","T":1740830400100,'
        b'"m":true,"M":true}'
    )
    seeds = [
        trade,
        quote,
        mark,
        spot,
        b'{"result":null,"id":7}',
        b'{"error":{"code":2,"msg":"Invalid"},"id":7}',
    ]
    seeds += [b'{"stream":"btcusdt@aggTrade","data":' + each + b"}" for each in (trade, quote, mark, spot)]
    decoders = [BinanceDecoder("aggTrade"), BinanceDecoder("trade")]

    def run(dice: random.Random) -> None:
        decoder = dice.choice(decoders)
        found = decoder.decode([spoilt(dice.choice(seeds), seeds, dice)], ts_recv=NOW)
        decoder.replies.clear()
        if found.trades is not None:
            assert found.trades.ids[0] >= 0
            assert 0 < found.trades.prices[0] < math.inf
            assert 0 < found.trades.sizes[0] < math.inf
            assert found.trades.counts[0] >= 1

    return run


def answers() -> Run:
    """The parser of REST answers, whose callers take ValueError and RecursionError for an answer that is none."""
    row = b'{"a":%d,"p":"84250.10","q":"0.250","f":%d,"l":%d,"T":%d,"m":true}'
    seeds = [
        b"["
        + b",".join(row % (n, 2 * n, 2 * n + 1, 1740830400100 + n) for n in range(26129, 26129 + length))
        + b"]"
        for length in (0, 1, 3, 8)
    ]

    def run(dice: random.Random) -> None:
        text = spoilt(dice.choice(seeds), seeds, dice)
        try:
            found = read_rows(
                text, symbol="BTCUSDT", from_id=26129, limit=10, ts_recv=1, on_bad_row=lambda *_: None
            )
        except (ValueError, RecursionError):
            return
        assert (np.diff(found.trades.ids) > 0).all()

    return run


WORDS = Vocabulary(
    is_symbol=frozenset(("BTCUSDT", "ETHUSDT", "SOLUSDT")).__contains__,
    intervals=frozenset(("1s", "1m", "5m")),
)


def _conditions() -> Iterator[dict[str, object]]:
    for metric in Metric:
        spec = METRICS[metric]
        found: dict[str, object] = {"metric": metric.value, "op": "<", "value": 1.5}
        found |= {"pair": "BTCUSDT-ETHUSDT"} if spec.subject == "pair" else {"symbol": "SOLUSDT"}
        found |= {"interval": "1m"} if spec.interval is not Need.NO else {}
        found |= {"window": 60} if spec.window is not Need.NO else {}
        yield found
        if spec.liveness is Liveness.ON_REQUEST:
            yield found | {"live": True, "for_s": 30}


def rules() -> Run:
    """The rule parser, on changed documents and on changed text; a good one has to survive being written out."""
    every = list(_conditions())
    seeds: list[object] = [{"name": "a rule", "when": {"all": [each]}} for each in every]
    nested = {"any": [every[0], {"all": [every[1], {"any": every[2:5]}]}]}
    rest = {
        "severity": "critical",
        "enabled": False,
        "cooldown_s": 60,
        "rearm": 1.0,
        "channels": ["https://x.example"],
    }
    seeds.append(
        {"name": "nested", "when": nested, **rest, "sound": True, "once": True, "expires_at": 1740830400100}
    )
    texts = [json.dumps(each).encode() for each in seeds]

    def run(dice: random.Random) -> None:
        if dice.random() < 0.3:
            try:
                document = json.loads(spoilt(dice.choice(texts), texts, dice))
            except (ValueError, RecursionError):  # told by the API, before there is a document
                return
        else:
            document = spoilt_document(dice.choice(seeds), dice)
        try:
            rule = parse_rule(document, WORDS)
        except InvalidRule as error:
            check_sentence(error)
            return
        assert parse_rule(json.loads(json.dumps(rule_document(rule))), WORDS) == rule

    return run


def topics() -> Run:
    """The names that WebSocket commands bear; a good one is written as it was read, but for its spelling."""
    seeds = [b"status", b"alerts", b"ticks:BTCUSDT", b"bars:BTCUSDT:1s", b"quote:BTCUSDT", b"matrix:1m:1440"]
    seeds += [b"pair:BTCUSDT-ETHUSDT:1m:60:ols:level", b"bars:BTCUSDT:t500", b"funding:ETHUSDT"]

    def run(dice: random.Random) -> None:
        text = spoilt(dice.choice(seeds), seeds, dice).decode(errors="replace")
        try:
            topic = parse_topic(text)
        except InvalidInput as error:
            check_sentence(error)
            return
        assert parse_topic(topic_name(topic)) == topic

    return run


def check_sentence(error: QuantError) -> None:
    """What is told to people is a sentence, not a copy of what was read."""
    assert len(error.message) < 500, error.message


AGG = b"%d,84250.10,0.250,%d,%d,1740787200123,true\n"
TRADES = b"%d,84250.10,0.250,21062.5,1740787200123,true\n"
KLINE = b"%d,100,102,99,101,12.5,%d,1250,7,6,600,0\n"
BAR = b"2025-03-01 00:%02d:00+00:00,100,102,99,101,12.5\n"
AGG_HEADER = b"agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n"


def _tables() -> list[tuple[str, bytes]]:
    """Return names and texts of the tables that archives hold."""
    ids = range(7, 13)
    aggs = b"".join(AGG % (n, 2 * n, 2 * n + 1) for n in ids)
    opens = [1740787200000 + 60_000 * n for n in range(6)]
    return [
        ("BTCUSDT-aggTrades-2025-03-01", AGG_HEADER + aggs),
        ("BTCUSDT-aggTrades-2025-03-01", aggs),
        ("BTCUSDT-trades-2025-03-01", b"".join(TRADES % n for n in ids)),
        ("BTCUSDT-1m-2025-03-01", b"".join(KLINE % (ms, ms + 59_999) for ms in opens)),
        ("BTC_USDT-1m", b"date,open,high,low,close,volume\n" + b"".join(BAR % n for n in range(6))),
    ]


def rows() -> Run:
    """The parser of archived rows, in memory."""
    tables = _tables()
    texts = [text for _, text in tables]

    def run(dice: random.Random) -> None:
        text = spoilt(dice.choice(texts), texts, dice)
        try:
            layout = layout_of(text.split(b"\n")[:2], file="spoilt.csv")
            interval = Interval.parse("1m") if layout.kind == "bars" else None
            parser = RowParser(layout, file="spoilt.csv", symbol="BTCUSDT", interval=interval)
            body = b"".join(text.splitlines(keepends=True)[layout.header_lines :])
            lines = body.count(b"\n") + (not body.endswith(b"\n"))
            parser.parse(TextBlock(body, lines, first_line=1, bytes_done=0))
        except ArchiveError as error:
            check_sentence(error)

    return run


def files(folder: Path) -> Run:
    """Whole archives as they lie on the disk, packed and not; also text that is spoilt before it is packed."""
    tables = _tables()
    bars = pl.DataFrame(
        {"date": [1740787200000 + 60_000 * n for n in range(6)], "volume": [1.5] * 6}
    ).with_columns([pl.lit(100.0).alias(name) for name in ("open", "high", "low", "close")])
    parquet, feather = io.BytesIO(), io.BytesIO()
    bars.write_parquet(parquet)
    bars.write_ipc(feather)
    frames = [("BTC_USDT-1m.parquet", parquet.getvalue()), ("BTC_USDT-1m.feather", feather.getvalue())]
    texts = [text for _, text in tables]

    def zipped(name: str, text: bytes) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{name}.csv", text)
        return file.getvalue()

    def made(dice: random.Random) -> tuple[str, bytes]:
        if dice.random() < 0.3:
            name, whole = dice.choice(frames)
            return name, spoilt(whole, [whole], dice)
        name, text = dice.choice(tables)
        suffix, pack = dice.choice(
            ((".csv", lambda _, text: text), (".zip", zipped), (".gz", lambda _, t: gzip.compress(t)))
        )
        if dice.random() < 0.5:
            return name + suffix, pack(name, spoilt(text, texts, dice))
        whole = pack(name, text)
        return name + suffix, spoilt(whole, [whole], dice)

    def run(dice: random.Random) -> None:
        name, content = made(dice)
        path = folder / name
        path.write_bytes(content)
        try:
            for _ in open_archive(path).blocks():
                pass
        except ArchiveError as error:
            check_sentence(error)

    return run


TIMES: dict[Callable[..., Run], int] = {
    frames: 600_000,
    answers: 60_000,
    rules: 200_000,
    topics: 100_000,
    rows: 50_000,
    files: 10_000,
}


def target(make: Callable[..., Run], folder: Path) -> Run:
    return make(folder) if make is files else make()


@pytest.mark.parametrize("make", TIMES, ids=lambda make: make.__name__)
def test_a_hundredth(make: Callable[..., Run], tmp_path: Path) -> None:
    run_all(target(make, tmp_path), times=TIMES[make] // 100, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("make", TIMES, ids=lambda make: make.__name__)
def test_a_million(make: Callable[..., Run], tmp_path: Path, request: pytest.FixtureRequest) -> None:
    assert sum(TIMES.values()) >= 1_000_000
    begun = time.monotonic()
    run_all(target(make, tmp_path), times=TIMES[make], seed=request.config.getoption("--seed") or 2)
    took = time.monotonic() - begun
    print(f"{make.__name__}: {TIMES[make]:,} executions in {took:.0f} s, no crash")  # noqa: T201  the soak's figure
