"""Trades as tests write them down, and what hypothesis may do to them on their way to us."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from hypothesis import strategies as st

from quant.clock import NS_PER_MS, NS_PER_S
from quant.domain import TradeBatch

START_S = 1_740_830_400  # 2025-03-01T12:00:00Z
START = START_S * NS_PER_S


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade; `at_ms` counts from START."""

    symbol: str
    id: int
    at_ms: int
    price: Decimal
    size: Decimal
    sell: bool = False
    count: int = 1

    @property
    def ts(self) -> int:
        return START + self.at_ms * NS_PER_MS


def trade(
    symbol: str, trade_id: int, at_s: float, price: str = "100", size: str = "1", count: int = 1
) -> Trade:
    return Trade(symbol, trade_id, round(at_s * 1000), Decimal(price), Decimal(size), count=count)


def batch(trades: Sequence[Trade]) -> TradeBatch:
    """Return the columns that a decoder would have made of the trades; each arrives 40 ms late."""
    names = ("without a row", *sorted({each.symbol for each in trades}))
    return TradeBatch(
        names=names,
        codes=np.array([names.index(each.symbol) for each in trades], np.int32),
        ids=np.array([each.id for each in trades], np.int64),
        ts_event=np.array([each.ts for each in trades], np.int64),
        ts_recv=np.array([each.ts + 40 * NS_PER_MS for each in trades], np.int64),
        prices=np.array([float(each.price) for each in trades]),
        sizes=np.array([float(each.size) for each in trades]),
        sells=np.array([each.sell for each in trades], np.uint8),
        counts=np.array([each.count for each in trades], np.int64),
    )


prices = st.decimals(min_value="0.0001", max_value="70000", places=4)
sizes = st.decimals(min_value="0.001", max_value="50", places=3)
steps_ms = st.one_of(
    st.integers(0, 300),
    st.integers(300, 4000),
    st.integers(-2500, -1),  # event time may go backwards while ids rise
    st.integers(20_000, 90_000),
)


@st.composite
def histories(draw: st.DrawFn, symbol: str, *, most: int = 30) -> list[Trade]:
    """Return what truly happened to a symbol, by rising id without a hole."""
    n = draw(st.integers(1, most))
    first_id, at_ms = draw(st.integers(0, 10**12)), draw(st.integers(0, 60_000))
    trades = []
    for trade_id in range(first_id, first_id + n):
        at_ms = max(0, at_ms + draw(steps_ms))
        trades.append(
            Trade(
                symbol,
                trade_id,
                at_ms,
                draw(prices),
                draw(sizes),
                draw(st.booleans()),
                draw(st.integers(1, 4)),
            )
        )
    return trades


@st.composite
def arrivals(draw: st.DrawFn, trades: list[Trade]) -> list[Trade]:
    """Return the trades as a bad network delivers them: lost, repeated, out of order."""
    copies = [(each, draw(st.sampled_from((0, 1, 1, 1, 1, 2)))) for each in trades]
    sent = [each for each, times in copies for _ in range(times)]
    delays = [draw(st.sampled_from((0, 0, 0, 0, 1, 3, 9))) for _ in sent]
    order = sorted(range(len(sent)), key=lambda i: i + delays[i])
    return [sent[i] for i in order]
