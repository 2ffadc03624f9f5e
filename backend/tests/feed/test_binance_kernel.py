"""The compiled reader and the strict one say the same of every frame, to the last bit."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feed.frames import agg_trade, combined, raw
from quant.domain import TradeBatch
from quant.feed.binance import BinanceDecoder
from quant.feed.binance_kernel import POWERS, read_trades
from quant.feed.binance_messages import (
    MAX_AHEAD_MS,
    MAX_COUNT,
    MAX_MS,
    MAX_NUMBER,
    BookTicker,
    Malformed,
    MarkPriceUpdate,
    MessageReader,
    Trade,
    TradeKind,
)
from quant.feed.exchange import MAX_FRAME_BYTES, ControlReply
from quant.feed.symbol_table import MAX_NAME_BYTES, MAX_SYMBOLS, SymbolTable, find_name

SYMBOLS = ["BTCUSDT", "BTCUSD", "ETHUSDT", "币安人生USDT", "", "A\\B", 'A"B', "A\x01B", "\x7f", "L" * 70]
STAMP = 1740830400155_000_000

# --- frames, token by token ---

prices = st.one_of(
    st.decimals(min_value="0.00000001", max_value="899999", places=8).map(lambda number: f"{number:f}"),
    st.from_regex(r"[0-9]{0,19}\.?[0-9]{0,25}", fullmatch=True),
    st.integers(2**53 - 3, 2**53 + 3).map(lambda n: f"{n // 10**8}.{n % 10**8:08d}"),
    st.sampled_from(("NaN", "1e5", "-1", "", ".", "1..2", " 1", "0.0", "9" * 400, "\u0661", "900000000000")),
).map(lambda text: f'"{text}"')
wholes = st.one_of(
    st.integers(0, 2**63).map(str),
    st.sampled_from(
        ("0", "-0", "-1", "007", "1.0", "1e3", "1.5", "null", '"5"', "", "9" * 18, "1" + "0" * 18)
    ),
)
times = st.one_of(st.integers(1, 9_000_000_000_001).map(str), wholes)
words = st.sampled_from(("true", "false", "null", "1", '"true"', "tru", "falsey", "True"))
symbols = st.one_of(
    st.sampled_from(SYMBOLS).map(lambda name: f'"{name}"'),
    st.sampled_from(('"A\\\\B"', '"A\\"B"', '"\\u0042TCUSDT"', '"\\ud800"', '"NEWUSDT"', "null", "7")),
)
kinds = st.sampled_from(
    ('"aggTrade"',) * 6 + ('"trade"', '"aggTrades"', '"depthUpdate"', "null", '"agg\\u0054rade"')
)
others = st.one_of(
    wholes,
    words,
    st.text(max_size=6).map(lambda text: f'"{text}"'),
    st.sampled_from(("{}", "[1]", '{"e":"aggTrade"}', '"\\n"', '"\\q"', "-5", "1.25", "nul", '"é"')),
)
FIELDS = {"e": kinds, "s": symbols, "p": prices, "q": prices, "T": times, "m": words}
FIELDS |= dict.fromkeys("aflt", wholes)
FIELDS["E"] = st.one_of(others, st.integers(1740830340098, 1740830340102).map(str))
GOOD = {
    "e": '"aggTrade"',
    "E": "1740830400123",
    "s": '"BTCUSDT"',
    "a": "26129",
    "p": '"84250.10"',
    "q": '"0.250"',
}
GOOD |= {"f": "100", "l": "102", "T": "1740830400100", "m": "true"}


@st.composite
def events(draw: st.DrawFn) -> str:
    """Return an event with a few of its fields changed, added, repeated, left out or moved."""
    fields = list(GOOD.items())
    if draw(st.booleans()):
        fields[0] = ("e", '"trade"')
        fields.insert(3, ("t", "77"))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(fields) - 1))
        match draw(st.sampled_from(("value", "value", "value", "name", "add", "drop", "repeat"))):
            case "value":
                fields[at] = (fields[at][0], draw(FIELDS.get(fields[at][0], others)))
            case "name":
                fields[at] = (
                    draw(st.sampled_from(("x", "data", "stream", "", "\\u0061", "é"))),
                    fields[at][1],
                )
            case "add":
                fields.insert(
                    at, (draw(st.sampled_from(("nq", "st", "X", "id", "result", "t"))), draw(others))
                )
            case "drop" if len(fields) > 1:
                del fields[at]
            case _:
                fields.insert(draw(st.integers(0, len(fields))), fields[at])
    if draw(st.booleans()):
        fields = draw(st.permutations(fields))
    space = draw(st.sampled_from(("", "", "", " ", "\n")))
    return "{" + ",".join(f'{space}"{name}":{space}{value}' for name, value in fields) + "}"


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """Return an event in one of the forms that it comes in, at times with damage."""
    event = draw(events())
    form = draw(
        st.sampled_from(
            (
                '{"stream":"btcusdt@aggTrade","data":%s}',
                "%s",
                '{"stream":"币安人生usdt@aggTrade","data":%s}',
                '{"data":%s}',
                '{"data":%s,"stream":"btcusdt@aggTrade"}',
                '{"stream":"a","data":%s,"more":1}',
                '{"stream":"\\n","data":%s}',
                '{"stream":7,"data":%s}',
                "[%s]",
            )
        )
    )
    frame = bytearray((form % event).encode())
    for _ in range(draw(st.sampled_from((0, 0, 0, 1, 2)))):
        at = draw(st.integers(0, len(frame)))
        match draw(st.sampled_from(("cut", "drop", "insert", "flip", "swap"))):
            case "cut":
                del frame[at:]
            case "drop":
                del frame[at : at + draw(st.integers(1, 12))]
            case "insert":
                frame[at:at] = draw(st.binary(min_size=1, max_size=4))
            case "flip" if at < len(frame):
                frame[at] ^= 1 << draw(st.integers(0, 7))
            case _:
                frame[at : at + 1] = draw(st.sampled_from((b'"', b"{", b"}", b",", b"9", b".", b"\0", b"\\")))
    return bytes(frame)


# --- the two readers ---


def acquainted(kind: TradeKind) -> BinanceDecoder:
    """Return a decoder that has seen the symbols."""
    decoder = BinanceDecoder(kind)
    known = [raw(agg_trade(s=name, e=kind, t=1)) for name in SYMBOLS]
    decoder.decode(known, ts_recv=np.zeros(len(known), np.int64))
    return decoder


def rows(batch: TradeBatch | None) -> list[tuple[object, ...]]:
    """Return the trades as tuples; floats by their bits."""
    if batch is None:
        return []
    floats = (batch.prices.view(np.int64), batch.sizes.view(np.int64))
    columns = (batch.ids, batch.ts_event, batch.ts_recv, *floats, batch.sells, batch.counts)
    return list(zip(batch.symbols(), *(column.tolist() for column in columns), strict=True))


def strictly(
    sent: Sequence[bytes], kind: TradeKind
) -> tuple[list[tuple[object, ...]], Counter[str], int, list[ControlReply]]:
    """Return what the strict reader says, one frame at a time: rows, quarantined, ignored, replies."""
    reader, quarantined, ignored, replies = MessageReader(kind), Counter[str](), 0, []
    trades = []
    for at, frame in enumerate(sent):
        match reader.read(frame):
            case Trade() as trade:
                bits = [int(np.float64(number).view(np.int64)) for number in (trade.price, trade.size)]
                stamps = (trade.ts_event, STAMP + at)
                trades.append((trade.symbol, trade.id, *stamps, *bits, int(trade.sell), trade.count))
            case Malformed(symbol, _):
                quarantined[symbol] += 1
            case ControlReply() as reply:
                replies.append(reply)
            case BookTicker() | MarkPriceUpdate():
                raise AssertionError("no frame of these is made here")
            case None:
                ignored += 1
    return trades, quarantined, ignored, replies


@settings(max_examples=500)
@given(sent=st.lists(frames(), min_size=1, max_size=6), kind=st.sampled_from(("aggTrade", "trade")))
@example(sent=[combined(agg_trade())[:-2], raw(agg_trade())], kind="aggTrade")
@example(sent=[raw(agg_trade())[:-1] + b',"a":26129'], kind="aggTrade")
@example(sent=[raw(agg_trade())[:-1], b"}"], kind="aggTrade")
@example(sent=[raw(agg_trade()).replace(b'"84250.10"', b'"9007199.254740993"')], kind="aggTrade")
@example(sent=[raw(agg_trade()).replace(b'"BTCUSDT"', b'"A\\B"')], kind="aggTrade")
@example(sent=[combined(agg_trade(), "a\x01b").replace(b"\\u0001", b"\x01")], kind="aggTrade")
@example(sent=[raw(agg_trade(T=1740834000100)).replace(b'"E"', b'"\xff\xc0E"')], kind="aggTrade")
@example(sent=[combined(agg_trade(), "a\x00b").replace(b"\\u0000", b"\0"), raw(agg_trade())], kind="aggTrade")
def test_both_readers_say_the_same(sent: list[bytes], kind: TradeKind):
    decoder = acquainted(kind)
    batch, views = decoder.decode(sent, ts_recv=STAMP + np.arange(len(sent)))
    found = (rows(batch), decoder.quarantined, decoder.ignored, decoder.replies)
    assert found == strictly(sent, kind)
    assert views == []


@settings(max_examples=400)
@given(text=st.from_regex(r"[0-9]{1,12}(\.[0-9]{1,18})?", fullmatch=True))
def test_prices_are_the_nearest_float(text: str):
    batch, _ = acquainted("aggTrade").decode([raw(agg_trade(p=text))], ts_recv=np.array([STAMP]))
    wanted = float(text)
    found = [] if batch is None else batch.prices.tolist()
    assert found == ([wanted] if 0 < wanted < MAX_NUMBER else [])


# --- what the compiled reader takes itself ---


def left_over(sent: Sequence[bytes], *, kind: bytes = b"aggTrade") -> int:
    """Return how many frames the compiled reader leaves to the strict one."""
    table, n = SymbolTable(), len(sent)
    for name in SYMBOLS:
        table.code(name)
    columns = [np.empty(n, form) for form in ("i4", "i8", "i8", "f8", "f8", "u1", "i8")]
    ends = np.cumsum([len(frame) + 1 for frame in sent]) - 1
    data = np.frombuffer(b"\0".join((*sent, b"\0")), np.uint8)
    form = (np.frombuffer(kind, np.uint8), table.slots, table.lines, POWERS)
    return read_trades(
        data, ends, *form, MAX_FRAME_BYTES, MAX_NUMBER, MAX_MS, MAX_COUNT, MAX_AHEAD_MS, *columns
    )


@pytest.mark.parametrize(
    "frame",
    [
        combined(agg_trade()),
        raw(agg_trade()),
        combined(agg_trade(nq="0.250", st=1, X=None, y=False)),
        combined(dict(reversed(agg_trade().items()))),
        combined(agg_trade(p="0.000000001234567", q="899999999999")),
        raw(agg_trade()).replace(b"BTCUSDT", "币安人生USDT".encode()),
        raw(agg_trade(a=10**18 - 1, f=1, l=2**32 - 1, T=8_999_999_999_999, E=8_999_999_940_000)),
        raw(agg_trade(E=None)),
    ],
)
def test_what_the_exchange_sends_every_day_is_read_by_the_compiled_reader(frame: bytes):
    assert left_over([frame, frame]) == 0


def test_a_broken_name_hides_no_time_from_the_future():
    frame = raw(agg_trade(T=1740834000100)).replace(b'"E"', b'"\xff\xc0E"')
    for decoder in (BinanceDecoder(), acquainted("aggTrade")):  # by the strict reader, and by both
        trades, _views = decoder.decode(
            [frame, raw(agg_trade(s="币安人生USDT"))], ts_recv=np.zeros(2, np.int64)
        )
        assert trades is not None
        assert trades.symbols() == ["币安人生USDT"]
        assert decoder.quarantined == {"": 1}


def test_single_trades_too():
    payload = {
        "e": "trade",
        "E": 1740830400123,
        "T": 1740830400100,
        "s": "BTCUSDT",
        "t": 5,
        "p": "1.5",
        "q": "2",
    }
    assert left_over([combined(payload | {"X": "MARKET", "m": True}, "btcusdt@trade")], kind=b"trade") == 0


@pytest.mark.parametrize(
    "frame",
    [
        combined(agg_trade(s="UNKNOWN")),
        combined(agg_trade(e="trade")),
        combined(agg_trade(p="1234567890123456.7")),
        combined(agg_trade(T=0)),
        combined(agg_trade(T=1740830460124)),
        combined(agg_trade(f=5, l=4)),
        combined(agg_trade(f=0, l=2**32 - 1)),
        raw(agg_trade()) + b" ",
        b"",
        b"\0",
        raw(agg_trade(x="y" * MAX_FRAME_BYTES)),
    ],
)
def test_what_it_is_not_sure_of_is_left(frame: bytes):
    assert left_over([combined(agg_trade()), frame, combined(agg_trade())]) == 1


# --- limits ---


def test_a_message_of_64_kib_is_read_and_a_longer_one_quarantined():
    refused: list[tuple[str, bytes]] = []
    decoder = BinanceDecoder(on_malformed=lambda reason, frame: refused.append((reason, frame)))
    size = MAX_FRAME_BYTES - len(raw(agg_trade(x="")))
    sent = [raw(agg_trade(x="y" * more)) for more in (size, size + 1)] * 2
    for _ in range(2):  # by the strict reader, then by the compiled one
        trades, _views = decoder.decode(sent, ts_recv=np.zeros(len(sent), np.int64))
        assert trades is not None
        assert len(trades) == 2
    assert decoder.quarantined == {"": 4}
    assert refused == [("larger than 64 KiB", sent[1])] * 4


def test_symbols_without_end_do_not_fill_the_memory():
    decoder = BinanceDecoder()
    for start in range(0, 3 * MAX_SYMBOLS, 1000):
        names = [f"S{number}" for number in range(start, start + 1000)]
        batch = decoder.decode(
            [raw(agg_trade(s=name)) for name in names], ts_recv=np.zeros(1000, np.int64)
        ).trades
        assert batch is not None
        assert batch.symbols() == names
        assert len(batch.names) <= MAX_SYMBOLS + 1000


def test_a_table_knows_its_symbols_however_many():
    table = SymbolTable()
    names = [f"{'X' * (number % 62)}{number}" for number in range(1500)]
    assert [table.code(name) for name in names] == list(range(1500))
    assert [table.code(name) for name in reversed(names)] == list(reversed(range(1500)))
    assert table.names == tuple(names)
    assert len(table) == 1500
    for code, name in enumerate(names):
        assert found_in(table, name) == (code if len(name) <= MAX_NAME_BYTES else -1)
    assert found_in(table, "X") == -1


def found_in(table: SymbolTable, name: str) -> int:
    data = np.frombuffer(f"<{name}>".encode(), np.uint8)
    return find_name(data, np.uint64(1), np.uint64(len(data) - 1), table.slots, table.lines)
