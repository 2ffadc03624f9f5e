"""Recordings for tests, and their bars computed the slow way: one trade after another, in decimal arithmetic."""

import gzip
import json
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

MS = {"1s": 1_000, "1m": 60_000, "5m": 300_000}
LATENESS_MS = 300  # a bar stays open this long after its end


@dataclass(frozen=True)
class Trade:
    """One trade as the exchange sent it; `count` is the number of its own trades behind it."""

    symbol: str
    id: int
    time_ms: int
    price: Decimal
    size: Decimal
    sold: bool
    count: int = 1


@dataclass
class Bar:
    """One bar; without a trade it repeats the close before."""

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = Decimal(0)
    quote_volume: Decimal = Decimal(0)
    trades: int = 0
    closed: bool = True
    quality: str = "complete"
    ids: list[int] = field(default_factory=list)

    def add(self, trade: Trade) -> None:
        self.high, self.low = max(self.high, trade.price), min(self.low, trade.price)
        self.close = trade.price
        self.volume += trade.size
        self.quote_volume += trade.price * trade.size
        self.trades += trade.count
        self.ids.append(trade.id)


def bars_of(trades: Iterable[Trade], interval: str, *, until_ms: int) -> dict[int, Bar]:
    """Return the bars of one symbol by open time; `until_ms` is the newest event time of the whole market."""
    width = MS[interval]
    bars: dict[int, Bar] = {}
    for trade in sorted(trades, key=lambda trade: trade.id):
        at = trade.time_ms - trade.time_ms % width
        if at not in bars:
            bars[at] = Bar(trade.price, trade.price, trade.price, trade.price)
        bars[at].add(trade)
    first, last = min(bars), max(bars)
    bars[first].quality = "partial"
    closed_until = (until_ms - LATENESS_MS) // width * width
    whole: dict[int, Bar] = {}
    for at in range(first, max(last + width, closed_until), width):
        if at in bars:
            whole[at] = bars[at]
        else:
            price = whole[at - width].close
            whole[at] = Bar(price, price, price, price, quality="quiet")
        whole[at].closed = at + width <= closed_until
    return whole


def wire_bar(at: int, bar: Bar) -> dict[str, object]:
    """Return what the API should say of a bar, its revision aside."""
    vwap = float(f"{bar.quote_volume / bar.volume:.12g}") if bar.volume else None
    prices = {name: float(getattr(bar, name)) for name in ("open", "high", "low", "close")}
    return {
        "time": at,
        **prices,
        "volume": float(bar.volume),
        "quote_volume": float(bar.quote_volume),
        "trades": bar.trades,
        "vwap": vwap,
        "closed": bar.closed,
        "quality": bar.quality,
    }


def made_trades(*, seed: int, minutes: int, start_ms: int) -> list[Trade]:
    """Return trades of AAAUSDT, which follows 20 + 1.5 BBBUSDT, of BBBUSDT, a walk, and of CCCUSDT, another."""
    dice = random.Random(seed)
    leg, alone, noise = 100.0, 3.0, 0.0
    trades: list[Trade] = []
    next_id = {"AAAUSDT": 1_000, "BBBUSDT": 5_000_000, "CCCUSDT": 7}
    now, end = start_ms + dice.randrange(1_000, 20_000), start_ms + minutes * 60_000
    while now < end:
        leg *= 1 + dice.gauss(0, 2e-4)
        alone *= 1 + dice.gauss(0, 3e-4)
        noise = 0.97 * noise + dice.gauss(0, 0.02)
        symbol = dice.choice(("AAAUSDT", "AAAUSDT", "BBBUSDT", "BBBUSDT", "CCCUSDT"))
        price = {"AAAUSDT": 20 + 1.5 * leg + noise, "BBBUSDT": leg, "CCCUSDT": alone}[symbol]
        trades.append(
            Trade(
                symbol,
                next_id[symbol],
                now,
                Decimal(f"{price:.3f}"),
                Decimal(dice.randrange(1, 5_000)).scaleb(-3),
                dice.random() < 0.5,
                dice.randrange(1, 4),
            )
        )
        next_id[symbol] += 1
        now += dice.choice((0, 0, 1, 40, 350, 900, 1_700, 3_000, 9_000))
    return trades


def write_recording(path: Path, trades: Iterable[Trade], *, lag_ms: int = 35) -> Path:
    """Write trades as a combined aggTrade capture, `lag_ms` behind the exchange."""
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
        first_ids: dict[str, int] = {}
        for trade in trades:
            first = first_ids.get(trade.symbol, 50)
            first_ids[trade.symbol] = first + trade.count
            data = {
                "e": "aggTrade",
                "E": trade.time_ms + 2,
                "s": trade.symbol,
                "a": trade.id,
                "p": str(trade.price),
                "q": str(trade.size),
                "f": first,
                "l": first + trade.count - 1,
                "T": trade.time_ms,
                "m": trade.sold,
            }
            message = {"stream": f"{trade.symbol.lower()}@aggTrade", "data": data}
            file.write(
                f"{(trade.time_ms + lag_ms) * 1_000_000} {json.dumps(message, separators=(',', ':'))}\n"
            )
    return path


def read_capture(paths: Iterable[Path], kind: str) -> list[Trade]:
    """Return the trades of raw captures in file order, read with nothing of the platform."""
    names = {"trade": "t", "aggTrade": "a"}
    trades = []
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                stamp, _, text = line.partition(" ")
                if f'"e":"{kind}"' not in text or not stamp.rstrip(":").replace(".", "").isdigit():
                    continue
                data = json.loads(text)["data"]
                count = data["l"] - data["f"] + 1 if kind == "aggTrade" else 1
                trades.append(
                    Trade(
                        data["s"],
                        data[names[kind]],
                        data["T"],
                        Decimal(data["p"]),
                        Decimal(data["q"]),
                        data["m"],
                        count,
                    )
                )
    return trades
