"""A market state and its twin side by side: the same steps for both, and what must then be equal."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from hypothesis import strategies as st

from market.reference import Kline, Row, TwinMarket
from market.tape import START, Trade, arrivals, batch, histories
from quant.clock import NS_PER_S
from quant.domain import Bars, Interval, Quality
from quant.market.ledger import HoleState
from quant.market.state import MarketState

INTERVALS = tuple(Interval.parse(name) for name in ("1s", "5s", "1m"))
WIDTHS = {interval.name: interval.ns for interval in INTERVALS}
SYMBOLS = ("AUSDT", "BUSDT")


@dataclass(frozen=True, slots=True)
class Close:
    at_s: float
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fetched:
    """Trades that did not come by the wire."""

    trades: list[Trade]


@dataclass(frozen=True, slots=True)
class Confirm:
    """The exchange's word that it has no such trades."""

    symbol: str
    first_id: int
    last_id: int


Step = list[Trade] | Fetched | Close | Confirm


def trades_of(step: Step) -> list[Trade]:
    match step:
        case list() | Fetched():
            return step if isinstance(step, list) else step.trades
    return []


def singles(step: Step) -> list[Step]:
    """Return the step cut into single trades."""
    match step:
        case Fetched(trades):
            return [Fetched([each]) for each in trades]
        case list():
            return [[each] for each in step]
    return [step]


NO_WINDOW_NS = -(10**18)
"""Every late trade fills a hole, however soon it comes."""


def new_state(*, capacity: int = 1000, depth: int = 4096, reorder_ns: int = NO_WINDOW_NS) -> MarketState:
    return MarketState(
        "test", intervals=INTERVALS, tick_capacity=capacity, bar_depth=depth, reorder_ns=reorder_ns
    )


def new_twin(*, depth: int = 4096, reorder_ns: int = NO_WINDOW_NS) -> TwinMarket:
    return TwinMarket(WIDTHS, depth=depth, reorder_ns=reorder_ns)


def do(market: MarketState | TwinMarket, step: Step) -> set[tuple[str, str]]:
    """Take one step; return what it closed."""
    match step:
        case Close(at_s, symbols):
            return market.close_until(START + round(at_s * NS_PER_S), symbols=symbols)
        case Confirm(symbol, first_id, last_id):
            market.confirm_missing(symbol, first_id=first_id, last_id=last_id)
        case _ if isinstance(market, MarketState):
            fetched = isinstance(step, Fetched)
            market.apply(batch(trades_of(step)), healed=Quality.BACKFILLED if fetched else Quality.COMPLETE)
        case _:
            market.apply(trades_of(step), fetched=isinstance(step, Fetched))
    return set()


@st.composite
def scenarios(draw: st.DrawFn, *, most: int = 30) -> list[Step]:
    """Return what a market may see: mixed batches cut anywhere, closings behind, at or ahead of the trades.

    Some batches are fetched, and some of what is missing the exchange does not have, or so it says.
    """
    queues = [draw(arrivals(draw(histories(symbol, most=most)))) for symbol in SYMBOLS]
    order = draw(st.permutations([i for i, queue in enumerate(queues) for _ in queue]))
    mixed = [queues[i].pop(0) for i in order]
    steps: list[Step] = []
    kinds = ["trades", "trades", "trades", "close", "fetched", "confirm"]
    while mixed:
        so_far = [each for step in steps for each in trades_of(step)]
        match draw(st.sampled_from(kinds)):
            case "close":
                at_s = max((each.at_ms for each in so_far), default=0) / 1000 + draw(
                    st.sampled_from((-30.0, -1.0, -0.3, 0.0, 1.0, 7.5))
                )
                steps.append(Close(at_s, draw(st.sampled_from((SYMBOLS, SYMBOLS[:1], SYMBOLS[1:], ())))))
            case "confirm" if so_far:
                one, other = draw(st.sampled_from(so_far)), draw(st.integers(-3, 9))
                first, last = sorted((one.id, one.id + other))
                steps.append(Confirm(one.symbol, first, last))
            case kind:
                n = draw(st.integers(1, 12))
                steps.append(Fetched(mixed[:n]) if kind == "fetched" else mixed[:n])
                mixed = mixed[n:]
    return steps


def as_rows(bars: Bars) -> list[Row]:
    """Return the columns as the twin's rows, volumes as decimals of the quantum."""
    return [
        Row(
            int(bars.times[i]),
            *(float(column[i]) for column in (bars.opens, bars.highs, bars.lows, bars.closes)),
            Decimal(repr(float(bars.volumes[i]))),
            Decimal(repr(float(bars.quote_volumes[i]))),
            int(bars.trades[i]),
            Quality(int(bars.qualities[i])),
            bool(bars.closed[i]),
        )
        for i in range(len(bars))
    ]


def held(state: MarketState, symbol: str, interval: str) -> list[Row]:
    return as_rows(state.bars(symbol, interval, limit=state.bar_depth))


def assert_same_rows(got: Sequence[Row], wanted: Sequence[Row]) -> None:
    assert [row.time for row in got] == [row.time for row in wanted]
    for row, twin in zip(got, wanted, strict=True):
        assert repr(_plain(row)) == repr(_plain(twin))  # repr: NaN equals NaN


def _plain(row: Row) -> tuple[object, ...]:
    return (
        row.time,
        row.open,
        row.high,
        row.low,
        row.close,
        row.volume.normalize(),
        row.quote_volume.normalize(),
        row.trades,
        row.quality,
        row.closed,
    )


def assert_same(state: MarketState, twin: TwinMarket, *, capacity: int = 1000) -> None:
    """Bars, ledger, holes and ring of every symbol are the twin's."""
    for symbol, known in twin.symbols.items():
        for interval in INTERVALS:
            assert_same_rows(held(state, symbol, interval.name), twin.rows(symbol, interval.name))
        if not known.taken:
            continue
        counters = state.counters(symbol)
        newest = max(known.taken, key=lambda each: each.id)
        assert counters.last_id == newest.id
        assert counters.last_price == float(newest.price)
        assert counters.last_ts == max(each.ts for each in known.taken)
        assert counters.accepted == len(known.taken)
        assert counters.duplicates == known.duplicates
        assert counters.out_of_order == known.out_of_order
        assert counters.holes[HoleState.OPEN] == len(known.holes)
        assert counters.holes[HoleState.FILLED] == known.filled
        assert counters.holes[HoleState.CONFIRMED] == len(known.confirmed)
        assert [
            list(range(hole.first_id, hole.last_id + 1))
            for hole in state.holes(symbol)
            if hole.state is HoleState.CONFIRMED
        ] == sorted(hole.missing for hole in known.confirmed)
        open_holes = [hole for hole in state.holes(symbol) if hole.state is HoleState.OPEN]
        assert [list(range(hole.first_id, hole.last_id + 1)) for hole in open_holes] == [
            hole.missing for hole in known.holes
        ]
        assert [(hole.ts_before, hole.ts_after) for hole in open_holes] == [
            (hole.earliest, hole.latest) for hole in known.holes
        ]
        ticks = state.ticks(symbol)
        ring = ring_of(known.taken, capacity)
        assert ticks.ids.tolist() == [each.id for each in ring]
        assert ticks.ts_event.tolist() == [each.ts for each in ring]
        assert ticks.prices.tolist() == [float(each.price) for each in ring]
        assert ticks.sizes.tolist() == [float(each.size) for each in ring]
        assert ticks.sells.tolist() == [each.sell for each in ring]


def ring_of(taken: Sequence[Trade], capacity: int) -> list[Trade]:
    """Return what a ring holds of the trades: the newest, but none that came late and is older than all of them."""
    ring: list[Trade] = []
    for each in taken:
        if len(ring) < capacity or each.id > ring[0].id:
            ring = [*ring, each][-capacity:]
    return ring


def klines(rows: Sequence[Kline]) -> Bars:
    """Return the exchange's bars as REST hands them on."""
    n = len(rows)
    return Bars(
        times=np.array([row.time for row in rows], np.int64),
        opens=np.array([row.open for row in rows]),
        highs=np.array([row.high for row in rows]),
        lows=np.array([row.low for row in rows]),
        closes=np.array([row.close for row in rows]),
        volumes=np.array([float(row.volume) for row in rows]),
        quote_volumes=np.array([float(row.quote_volume) for row in rows]),
        trades=np.array([row.trades for row in rows], np.int64),
        qualities=np.full(n, Quality.KLINE, np.uint8),
        revisions=np.zeros(n, np.int64),
        closed=np.ones(n, np.bool_),
        first_ids=np.zeros(n, np.int64),
        last_ids=np.full(n, -1, np.int64),
        flags=np.zeros(n, np.uint8),
    )
