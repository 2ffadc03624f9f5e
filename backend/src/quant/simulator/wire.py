"""Market data as the exchange prints it: numbers are strings, times are ms."""

import json

import numpy as np

from quant.domain import IntArray
from quant.simulator import kernels
from quant.simulator.instrument import Instrument
from quant.simulator.klines import Klines
from quant.simulator.symbols import Listing
from quant.simulator.trades import Trades

FUNDING_MS = 8 * 3_600_000
_BASIS_STEPS = 1 << 16
_MAKER = ('"m":false}', '"m":true}')


def compact(value: object) -> bytes:
    """Return `value` as JSON without spaces."""
    return json.dumps(value, separators=(",", ":")).encode()


def decimal_text(units: int, decimals: int) -> str:
    """Return `units` of the last decimal as a decimal number: 123 with 2 decimals is "1.23"."""
    if not decimals:
        return str(units)
    whole, rest = divmod(abs(units), 10**decimals)
    return f"{'-' if units < 0 else ''}{whole}.{rest:0{decimals}d}"


def price_text(listing: Listing, ticks: int) -> str:
    return decimal_text(ticks * listing.tick_units, listing.price_decimals)


def size_text(listing: Listing, steps: int) -> str:
    return decimal_text(steps, listing.size_decimals)


def quote_text(listing: Listing, quote: int) -> str:
    """Return a sum of price times size, exactly."""
    return decimal_text(quote * listing.tick_units, listing.price_decimals + listing.size_decimals)


def aggregate_events(listing: Listing, trades: Trades) -> list[tuple[int, bytes]]:
    """Return (E, aggTrade payload) of each trade."""
    texts = _aggregates(listing, trades, head=f'"e":"aggTrade","E":%d,"s":"{listing.symbol}",')
    return [(at, text.encode()) for at, text in zip(trades.published_ms.tolist(), texts, strict=True)]


def aggregate_rows(listing: Listing, trades: Trades) -> bytes:
    """Return the body of REST `aggTrades`."""
    return _array(_aggregates(listing, trades))


def _aggregates(listing: Listing, trades: Trades, *, head: str = "") -> list[str]:
    columns = _Columns()
    if head:
        columns.add(head, trades.published_ms)
    columns.add('"a":%d,', trades.ids)
    columns.add_decimal('"p":"', trades.price_ticks * listing.tick_units, listing.price_decimals, '",')
    columns.add_decimal('"q":"', trades.size_steps, listing.size_decimals, '",')
    columns.add('"f":%d,"l":%d,"T":%d,', trades.first_ids, trades.last_ids, trades.times_ms)
    rows = columns.texts()
    return ["{" + row + _MAKER[sells] for row, sells in zip(rows, trades.sells.tolist(), strict=True)]


def kline_rows(listing: Listing, klines: Klines) -> bytes:
    """Return the body of REST `klines`."""
    columns, table = _Columns(), klines.table
    columns.add("[%d,", klines.times_ms)
    for column in _OHLC:
        _add_price(columns, listing, table[:, column])
    _add_size(columns, listing, table[:, kernels.BAR_VOLUME])
    columns.add("%d,", klines.times_ms + klines.interval_ms - 1)
    _add_quote(columns, listing, table[:, kernels.BAR_QUOTE])
    columns.add("%d,", table[:, kernels.BAR_TRADES])
    _add_size(columns, listing, table[:, kernels.BAR_TAKER_VOLUME])
    _add_quote(columns, listing, table[:, kernels.BAR_TAKER_QUOTE])
    return _array([row + '"0"]' for row in columns.texts()])


def _add_price(columns: "_Columns", listing: Listing, ticks: IntArray) -> None:
    columns.add_decimal('"', ticks * listing.tick_units, listing.price_decimals, '",')


def _add_size(columns: "_Columns", listing: Listing, steps: IntArray) -> None:
    columns.add_decimal('"', steps, listing.size_decimals, '",')


def _add_quote(columns: "_Columns", listing: Listing, quote: IntArray) -> None:
    decimals = listing.price_decimals + listing.size_decimals
    columns.add_decimal('"', quote * listing.tick_units, decimals, '",')


def _array(rows: list[str]) -> bytes:
    return f"[{','.join(rows)}]".encode()


class _Columns:
    """Prints many rows of one shape: one template for all of them, ten times as fast as value by value."""

    def __init__(self) -> None:
        self._template: list[str] = []
        self._columns: list[IntArray] = []

    def add(self, text: str, *columns: IntArray) -> None:
        """Append a piece of template and the columns of its `%d`s."""
        self._template.append(text)
        self._columns.extend(columns)

    def add_decimal(self, before: str, units: IntArray, decimals: int, after: str) -> None:
        """Append numbers >= 0, given in units of their last decimal."""
        if decimals:
            whole, rest = np.divmod(units, 10**decimals)
            self.add(f"{before}%d.%0{decimals}d{after}", whole, rest)
        else:
            self.add(f"{before}%d{after}", units)

    def texts(self) -> list[str]:
        template = "".join(self._template)
        return [template % tuple(row) for row in np.column_stack(self._columns).tolist()]


_OHLC = (kernels.BAR_OPEN, kernels.BAR_HIGH, kernels.BAR_LOW, kernels.BAR_CLOSE)


def kline_event(listing: Listing, klines: Klines, *, name: str, published_ms: int, closed: bool) -> bytes:
    """Return the kline payload of the last bar in `klines`."""
    open_ms, bar = int(klines.times_ms[-1]), klines.table[-1].tolist()
    traded = bar[kernels.BAR_TRADES] > 0
    o, h, low, c = (price_text(listing, bar[column]) for column in _OHLC)
    kline = {
        "t": open_ms,
        "T": open_ms + klines.interval_ms - 1,
        "s": listing.symbol,
        "i": name,
        "f": bar[kernels.BAR_FIRST] if traded else -1,
        "L": bar[kernels.BAR_LAST] if traded else -1,
        "o": o,
        "c": c,
        "h": h,
        "l": low,
        "v": size_text(listing, bar[kernels.BAR_VOLUME]),
        "n": bar[kernels.BAR_TRADES],
        "x": closed,
        "q": quote_text(listing, bar[kernels.BAR_QUOTE]),
        "V": size_text(listing, bar[kernels.BAR_TAKER_VOLUME]),
        "Q": quote_text(listing, bar[kernels.BAR_TAKER_QUOTE]),
        "B": "0",
    }
    return compact({"e": "kline", "E": published_ms, "s": listing.symbol, "k": kline})


def book_ticker_event(instrument: Instrument, *, at_ms: int, published_ms: int, update_id: int) -> bytes:
    """Return the best bid and ask around the mid price at `at_ms`."""
    listing = instrument.listing
    tick = float(listing.tick)
    mid = instrument.mid(at_ms)
    half = max(listing.half_spread * mid, tick / 2)
    bid = max(1, int((mid - half) / tick))
    ask = max(bid + 1, int((mid + half) / tick))
    bits = instrument.bits(update_id)
    depth = max(1, round(20_000.0 / mid / float(listing.step)))
    payload = {
        "e": "bookTicker",
        "u": update_id,
        "E": published_ms,
        "T": at_ms,
        "s": listing.symbol,
        "b": price_text(listing, bid),
        "B": size_text(listing, 1 + bits % depth),
        "a": price_text(listing, ask),
        "A": size_text(listing, 1 + (bits >> 32) % depth),
    }
    return compact(payload)


def mark_prices(instrument: Instrument, at_ms: int) -> dict[str, object]:
    """Return mark `p`, index `i`, settlement `P`, funding rate `r` and next funding time `T`."""
    listing = instrument.listing
    period = at_ms // FUNDING_MS
    lean = instrument.bits(period) % _BASIS_STEPS / _BASIS_STEPS - 0.4
    funding = 1e-4 + 2e-4 * lean
    decimals = listing.price_decimals + 2
    mark = round(instrument.mid(at_ms) * 10**decimals)
    index = round(mark * (1.0 - 2.0 * funding))
    return {
        "p": decimal_text(mark, decimals),
        "i": decimal_text(index, decimals),
        "P": decimal_text(index, decimals),
        "r": decimal_text(round(funding * 1e8), 8),
        "T": (period + 1) * FUNDING_MS,
    }
