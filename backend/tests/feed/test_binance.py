"""Binance's frames: trades come out exactly, everything else is counted, nothing raises."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed.frames import agg_trade, combined, raw
from quant.domain import IntArray, MarkPrice, Quote, TradeBatch
from quant.feed.binance import BinanceDecoder, BinanceUm
from quant.feed.binance_messages import TradeKind
from quant.feed.exchange import ControlReply

STAMP = 1740830400155_000_000
OTHER_KINDS = [
    {"e": "depthUpdate", "E": 1, "s": "BTCUSDT", "U": 1, "u": 2, "b": [["1", "2"]], "a": []},
    {"e": "kline", "E": 1, "s": "BTCUSDT", "k": {"t": 1, "i": "1m", "c": "1"}},
    {"e": "forceOrder", "E": 1, "o": {"s": "BTCUSDT"}},
    {"e": "24hrTicker", "E": 1, "s": "BTCUSDT", "c": "1"},
    {"e": "compositeIndex", "E": 1, "s": "DEFIUSDT", "c": [{"b": "BAL"}]},
    {"u": 400900217, "s": "BTCUSDT", "b": "1", "B": "2", "a": "3", "A": "4"},  # spot's bookTicker has no kind
]


def stamps(frames: Sequence[bytes]) -> IntArray:
    return STAMP + np.arange(len(frames))


def decoded(*frames: bytes, kind: TradeKind = "aggTrade") -> tuple[TradeBatch | None, BinanceDecoder]:
    decoder = BinanceDecoder(kind)
    return decoder.decode(frames, ts_recv=stamps(frames)).trades, decoder


def views_of(*frames: bytes) -> tuple[list[Quote | MarkPrice], BinanceDecoder]:
    decoder = BinanceDecoder()
    return decoder.decode(frames, ts_recv=stamps(frames)).views, decoder


def one(frame: bytes, kind: TradeKind = "aggTrade") -> dict[str, Any]:
    """Return the one trade of a frame."""
    batch, decoder = decoded(frame, kind=kind)
    assert batch is not None
    assert len(batch) == 1
    assert (decoder.ignored, sum(decoder.quarantined.values())) == (0, 0)
    return {
        "symbol": batch.symbols()[0],
        "id": int(batch.ids[0]),
        "ts_event": int(batch.ts_event[0]),
        "ts_recv": int(batch.ts_recv[0]),
        "price": float(batch.prices[0]),
        "size": float(batch.sizes[0]),
        "sell": int(batch.sells[0]),
        "count": int(batch.counts[0]),
    }


WANTED = {
    "symbol": "BTCUSDT",
    "id": 26129,
    "ts_event": 1740830400100_000_000,
    "ts_recv": STAMP,
    "price": 84250.10,
    "size": 0.25,
    "sell": 1,
    "count": 3,
}


# --- what the protocol says ---


def test_aggregate_trade_on_a_combined_stream():
    assert one(combined(agg_trade())) == WANTED


def test_aggregate_trade_on_a_raw_stream():
    assert one(raw(agg_trade())) == WANTED


def test_newer_fields_may_be_there():
    assert one(combined(agg_trade(nq="0.250", st=1, something={"new": [1, 2]}))) == WANTED


def test_white_space_and_order_of_fields_are_free():
    shuffled = dict(reversed(agg_trade().items()))
    assert one(json.dumps({"data": shuffled, "stream": "btcusdt@aggTrade"}, indent=2).encode()) == WANTED


def test_the_buyer_is_the_aggressor_when_it_is_not_the_maker():
    assert one(combined(agg_trade(m=False)))["sell"] == 0


def test_symbols_need_not_be_ascii():
    assert one(combined(agg_trade(s="币安人生USDT"), "币安人生usdt@aggTrade"))["symbol"] == "币安人生USDT"
    assert (
        one(json.dumps(agg_trade(s="币安人生USDT"), ensure_ascii=False).encode())["symbol"] == "币安人生USDT"
    )


@pytest.mark.parametrize("extra", [{}, {"X": "MARKET"}, {"X": "INSURANCE_FUND"}, {"M": True}])
def test_trade_stream_of_recordings(extra: dict[str, object]):
    payload = {
        "e": "trade",
        "E": 1740830400123,
        "T": 1740830400100,
        "s": "BTCUSDT",
        "t": 26129,
        "p": "84250.10",
        "q": "0.250",
        "m": True,
    } | extra
    for frame in (combined(payload, "btcusdt@trade"), raw(payload)):
        assert one(frame, kind="trade") == WANTED | {"count": 1}


def test_a_decoder_takes_one_kind_of_trade():
    """The same fill comes on both streams, under different ids."""
    batch, decoder = decoded(combined(agg_trade()), raw(agg_trade()), kind="trade")
    assert batch is None
    assert (decoder.ignored, decoder.quarantined.total()) == (2, 0)


@pytest.mark.parametrize("payload", OTHER_KINDS, ids=lambda payload: payload.get("e", "no kind"))
def test_other_kinds_are_ignored_without_complaint(payload: dict[str, object]):
    batch, decoder = decoded(combined(payload, "btcusdt@other"), raw(payload))
    assert batch is None
    assert (decoder.ignored, decoder.quarantined.total()) == (2, 0)


def test_array_streams_are_ignored():
    tickers = [{"e": "24hrMiniTicker", "s": "BTCUSDT"}, {"e": "24hrMiniTicker", "s": "ETHUSDT"}]
    batch, decoder = decoded(combined(tickers, "!miniTicker@arr"), raw(tickers))
    assert batch is None
    assert (decoder.ignored, decoder.quarantined.total()) == (2, 0)


def test_control_replies_are_kept_apart():
    _, decoder = decoded(
        b'{"result":null,"id":1}',
        b'{"result":["btcusdt@aggTrade"],"id":3}',
        b'{"error":{"code":2,"msg":"Invalid request"},"id":2}',
        b'{"error":"no","id":null}',
        b'{"result":null,"id":true}',
    )
    assert decoder.replies == [
        ControlReply(1, None),
        ControlReply(3, None),
        ControlReply(2, "Invalid request"),
        ControlReply(None, "no"),
        ControlReply(None, None),
    ]
    assert (decoder.ignored, decoder.quarantined.total()) == (0, 0)


def test_trades_come_in_the_order_of_their_frames():
    frames = [combined(agg_trade(s=symbol, a=i)) for i, symbol in enumerate(("A", "B", "A"))]
    batch, _ = decoded(*frames)
    assert batch is not None
    assert (batch.symbols(), batch.ids.tolist()) == (["A", "B", "A"], [0, 1, 2])
    assert batch.ts_recv.tolist() == [STAMP, STAMP + 1, STAMP + 2]


def test_no_frames_are_no_trades():
    assert decoded()[0] is None


def test_names_stay_the_same_tuple_until_a_symbol_is_new():
    decoder = BinanceDecoder()

    def names(*symbols: str) -> tuple[str, ...]:
        frames = [combined(agg_trade(s=symbol)) for symbol in symbols]
        batch = decoder.decode(frames, ts_recv=stamps(frames)).trades
        assert batch is not None
        assert batch.symbols() == list(symbols)
        return batch.names

    first = names("A", "B")
    assert names("B") is first
    assert names("C", "A") == ("A", "B", "C")
    assert names("C") == ("A", "B", "C")


# --- strictness ---

BAD_NUMBERS = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e5",
    "1_0",
    "-1",
    "+1",
    "",
    ".",
    "1.2.3",
    "0",
    "0.000",
    " 1",
    "1,5",
    "0x1",
]
BAD_NUMBERS += ["\u0661\u0662", "inf", "9" * 400, "1000000000000", None, 1, 1.5, True, ["1"], {"a": 1}]


@pytest.mark.parametrize("field", ["p", "q"])
@pytest.mark.parametrize("text", BAD_NUMBERS, ids=lambda text: repr(text)[:16])
def test_prices_and_sizes_are_plain_positive_decimals_in_strings(field: str, text: object):
    good, bad = combined(agg_trade(s="ETHUSDT")), agg_trade()
    bad[field] = text
    batch, decoder = decoded(good, combined(bad), raw(bad), good)
    assert batch is not None
    assert batch.symbols() == ["ETHUSDT", "ETHUSDT"], "the rest of the batch survives"
    assert decoder.quarantined == {"BTCUSDT": 2}
    assert decoder.ignored == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"a": "26129"},
        {"a": True},
        {"a": -1},
        {"a": 1.5},
        {"a": 2**63},
        {"a": 10**400},
        {"f": "1"},
        {"l": None},
        {"f": 5, "l": 4},
        {"f": 0, "l": 2**32 - 1},
        {"T": "1740830400100"},
        {"T": 0},
        {"T": -5},
        {"T": 10**13},
        {"m": 1},
        {"m": "true"},
        {"p": None},
        {"T": None},
    ],
    ids=str,
)
def test_fields_have_the_protocols_types(changes: dict[str, object]):
    batch, decoder = decoded(combined(agg_trade(**changes)), raw(agg_trade(**changes)))
    assert batch is None
    assert decoder.quarantined == {"BTCUSDT": 2}


def test_a_size_and_price_whose_product_fits_no_bar():
    batch, decoder = decoded(combined(agg_trade(p="8000000.0", q="2000000.0")))
    assert batch is None
    assert decoder.quarantined == {"BTCUSDT": 1}


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"17",
        b'"aggTrade"',
        b"\xff\xfe",
        b"{}{}",
        combined(agg_trade())[:-20],
        combined(agg_trade(s=7)),
        combined(agg_trade(s=None)),
        combined("text"),
        combined(None),
        b"[" * 60_000,
        b'{"x":' * 10_000,
        b'{"data":' + b"[" * 5_000 + b"]" * 5_000 + b',"stream":"btcusdt@aggTrade"}',
        b'{"data":{"e":"aggTrade","s":"\xc3\x28"}}',
        raw(agg_trade()).replace(b"26129", b"NaN"),
        b"\x00" * 100,
    ],
    ids=lambda frame: frame[:24],
)
def test_rubbish_is_counted(frame: bytes):
    batch, decoder = decoded(frame, combined(agg_trade()))
    assert batch is not None
    assert len(batch) == 1
    assert decoder.quarantined.total() + decoder.ignored == 1
    assert decoder.quarantined.total() == 1


@given(frames=st.lists(st.binary(max_size=200) | st.text().map(str.encode), max_size=5))
def test_any_bytes_are_counted_once_and_never_raise(frames: list[bytes]):
    batch, decoder = decoded(*frames)
    taken = len(batch or ())
    assert taken + decoder.ignored + decoder.quarantined.total() + len(decoder.replies) == len(frames)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300)
@given(
    changes=st.dictionaries(st.sampled_from("eEsapqflTmxX"), json_values, max_size=3),
    envelope=st.dictionaries(
        st.sampled_from(("stream", "data", "id", "result", "error")), json_values, max_size=2
    ),
    is_raw=st.booleans(),
)
def test_any_json_in_the_place_of_a_trade_gives_it_nothing_or_a_count(
    changes: dict[str, object], envelope: dict[str, object], is_raw: bool
):
    payload = agg_trade() | changes
    message = payload if is_raw else {"stream": "btcusdt@aggTrade", "data": payload} | envelope
    _check(json.dumps(message).encode())


@settings(max_examples=500)
@given(data=st.data())
def test_any_damage_to_a_frame_gives_a_trade_nothing_or_a_count(data: st.DataObject):
    frame = bytearray(data.draw(st.sampled_from((combined(agg_trade()), raw(agg_trade())))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(frame)))
        match data.draw(st.sampled_from(("cut", "drop", "insert", "flip", "swap"))):
            case "cut":
                del frame[at:]
            case "drop":
                del frame[at : at + data.draw(st.integers(1, 12))]
            case "insert":
                frame[at:at] = data.draw(st.binary(min_size=1, max_size=4))
            case "flip" if at < len(frame):
                frame[at] ^= 1 << data.draw(st.integers(0, 7))
            case _:
                frame[at : at + 1] = data.draw(
                    st.sampled_from((b'"', b"{", b"}", b",", b"9", b".", b"-", b"e"))
                )
    _check(bytes(frame))


def _check(frame: bytes) -> None:
    decoder = BinanceDecoder()
    batch, views = decoder.decode([frame], ts_recv=stamps([frame]))
    taken = len(batch or ())
    assert taken + decoder.ignored + decoder.quarantined.total() + len(decoder.replies) + len(views) == 1
    if batch is not None:
        assert batch.prices[0] > 0
        assert batch.sizes[0] > 0
        assert batch.counts[0] >= 1
        assert batch.ts_event[0] > 0


@given(
    price=st.decimals(min_value="0.0000001", max_value="899999", places=7),
    size=st.decimals(min_value="0.001", max_value="900000", places=3),
    trade_id=st.integers(0, 2**62),
    first=st.integers(0, 2**40),
    more=st.integers(0, 10**6),
    ms=st.integers(1, 8_999_999_999_999),
    maker=st.booleans(),
)
def test_every_valid_trade_comes_out_exactly(
    price: Any, size: Any, trade_id: int, first: int, more: int, ms: int, maker: bool
):
    payload = agg_trade(a=trade_id, p=str(price), q=f"{size:f}", f=first, l=first + more, T=ms, m=maker, E=ms)
    payload["p"] = f"{price:f}"
    got = one(combined(payload))
    assert got == {
        "symbol": "BTCUSDT",
        "id": trade_id,
        "ts_event": ms * 1_000_000,
        "ts_recv": STAMP,
        "price": float(price),
        "size": float(size),
        "sell": int(maker),
        "count": more + 1,
    }


@pytest.mark.parametrize("kind", ["aggTrade", "trade"])
@pytest.mark.parametrize("ahead_ms", [60_000, 60_001, 365 * 86_400_000])
@pytest.mark.parametrize("known", [False, True], ids=["strict", "compiled"])
def test_a_trade_from_the_future_of_its_own_message_is_quarantined(
    kind: TradeKind, ahead_ms: int, known: bool
):
    decoder = BinanceDecoder(kind)
    sent = agg_trade(e=kind, t=5, E=1_000_000_000_000)
    if known:
        decoder.decode([raw(sent | {"T": sent["E"]})], ts_recv=stamps([b""]))
    batch, _ = decoder.decode([raw(sent | {"T": sent["E"] + ahead_ms})], ts_recv=stamps([b""]))
    good = ahead_ms <= 60_000
    assert (len(batch or ()), decoder.quarantined.total()) == (int(good), int(not good))


@pytest.mark.parametrize("sent", [None, "1740830400123", 1740830400123.5, []])
def test_a_message_that_does_not_tell_when_it_was_sent_is_taken(sent: object):
    payload = agg_trade(E=sent, T=8_000_000_000_000)
    assert one(combined(payload))["ts_event"] == 8_000_000_000_000 * 1_000_000


# --- quotes and mark prices ---

BOOK = {"e": "bookTicker", "u": 4, "E": 1740830400123, "T": 1740830400100, "s": "BTCUSDT"}
BOOK |= {"b": "25.35", "B": "31.21", "a": "25.36", "A": "40.66"}
MARK = {"e": "markPriceUpdate", "E": 1740830400000, "s": "BTCUSDT", "p": "11794.15", "i": "11784.62"}
MARK |= {"P": "11784.25", "r": "-0.00038167", "T": 1740844800000}


def test_best_bid_and_ask():
    views, _ = views_of(combined(BOOK, "btcusdt@bookTicker"), raw(BOOK | {"s": "ETHUSDT"}))
    assert views == [
        Quote(symbol, 1740830400100_000_000, 25.35, 31.21, 25.36, 40.66) for symbol in ("BTCUSDT", "ETHUSDT")
    ]


def test_mark_price_and_negative_funding():
    views, _ = views_of(combined(MARK, "btcusdt@markPrice@1s"))
    assert views == [
        MarkPrice("BTCUSDT", 1740830400000_000_000, 11794.15, 11784.62, -0.00038167, 1740844800000_000_000)
    ]


def test_the_newest_quote_of_a_second_wins():
    views, _ = views_of(
        combined(BOOK, "b"), combined(BOOK | {"b": "25.30"}, "b"), combined(BOOK | {"T": 1740830401000}, "b")
    )
    assert [view.bid for view in views if isinstance(view, Quote)] == [25.30, 25.35]


@pytest.mark.parametrize("text", ["NaN", "", "1e5", "-1", "1.2.3", "9" * 400])
def test_quotes_and_mark_prices_are_strict_too(text: str):
    views, decoder = views_of(
        combined(BOOK | {"b": text}, "b"), combined(MARK | {"p": text}, "m"), combined(agg_trade())
    )
    assert views == []
    assert decoder.quarantined == {"BTCUSDT": 2}


# --- what we send ---


def test_paths_and_commands_are_the_protocols():
    exchange = BinanceUm()
    assert exchange.stream_path(["BTCUSDT", "ETHUSDT"]) == (
        "/market/stream?streams=btcusdt@aggTrade/btcusdt@markPrice@1s/ethusdt@aggTrade/ethusdt@markPrice@1s"
    )
    assert exchange.stream_path(["BTCUSDT"], channel="quotes") == "/public/stream?streams=btcusdt@bookTicker"
    assert json.loads(exchange.subscribe(["币安人生USDT"], command_id=5)) == {
        "method": "SUBSCRIBE",
        "params": ["币安人生usdt@aggTrade", "币安人生usdt@markPrice@1s"],
        "id": 5,
    }
    assert json.loads(exchange.unsubscribe(["BTCUSDT"], command_id=6, channel="quotes")) == {
        "method": "UNSUBSCRIBE",
        "params": ["btcusdt@bookTicker"],
        "id": 6,
    }
