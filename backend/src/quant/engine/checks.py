"""Is what was asked for there? One error for each thing that is not, naming it."""

from collections.abc import Iterable

from quant.analytics import HEDGE_METHODS
from quant.analytics.pair import MIN_WINDOW
from quant.domain import EVENT_LETTERS, EventInterval
from quant.engine.analysis import SERIES_ROWS
from quant.engine.cost import check_pair
from quant.engine.protocol import PairKey, SeriesKey
from quant.engine.running import RunningMarket
from quant.engine.scanning import MIN_BARS as SCAN_BARS
from quant.engine.symbol_state import TRADING
from quant.engine.topics import MatrixTopic
from quant.errors import InvalidParameter, Unavailable, UnknownSymbol


def check_symbol(running: RunningMarket, symbol: str) -> str:
    """Return the symbol as the market spells it; raises UnknownSymbol, or Unavailable before symbols are known."""
    name = symbol.strip().upper()
    if name in running.market.specs or name in running.state.symbols or name in running.stored:
        return name
    if not running.market.specs:
        raise Unavailable(running.reason or "the source is starting: its symbols are not known yet")
    raise UnknownSymbol(symbol, running.state.market)


def check_trading(running: RunningMarket, symbols: Iterable[str]) -> list[str]:
    """Return the symbols as the market spells them; raise for the first it does not know or does not trade."""
    wanted = [check_symbol(running, symbol) for symbol in symbols]
    for symbol in wanted:
        spec = running.market.specs.get(symbol)
        if spec is None or spec.status not in TRADING:
            said = f"lists it as {spec.status}" if spec else "does not list it any more"
            raise InvalidParameter("symbols", f"{symbol} is not trading: the exchange {said}")
    return wanted


def check_interval(running: RunningMarket, interval: str) -> EventInterval | None:
    """Return an interval of trades or volume, None for one of the clock; raise InvalidParameter where there is none."""
    built = [each.name for each in running.state.intervals]
    if interval in built:
        return None
    if interval[:1] in EVENT_LETTERS:
        return EventInterval.parse(interval)
    form = "tN (trades) or vX (volume)"
    raise InvalidParameter(
        "interval", f"{interval[:40]!r} is not built; there are {', '.join(built)}, {form}"
    )


def check_key(running: RunningMarket, key: PairKey) -> None:
    """Raise for any part of a pair's key that cannot be served."""
    for symbol in (key.pair.a, key.pair.b):
        check_symbol(running, symbol)
    check_clock(running, key.interval)
    if key.method not in HEDGE_METHODS:
        known = ", ".join(HEDGE_METHODS)
        raise InvalidParameter("method", f"{key.method} is not computed yet; there is {known}")
    check_window(key.window, least=MIN_WINDOW, most=running.state.bar_depth - 2)
    check_pair(key.method, window=key.window, rows=min(SERIES_ROWS, running.state.bar_depth - key.window))


def check_matrix(running: RunningMarket, topic: MatrixTopic) -> None:
    """Raise for any part of a matrix's name that cannot be served."""
    check_clock(running, topic.interval)
    check_window(topic.window, least=SCAN_BARS, most=running.state.bar_depth - 1)


def check_series(running: RunningMarket, key: SeriesKey) -> None:
    """Raise for an interval or window that a test of one symbol's closes cannot have."""
    check_clock(running, key.interval)
    check_window(key.window, least=SCAN_BARS, most=running.state.bar_depth - 1)


def check_clock(running: RunningMarket, interval: str) -> None:
    """Raise InvalidParameter for an interval that is not built, or whose bars share no clock."""
    if check_interval(running, interval) is not None:
        clock = ", ".join(each.name for each in running.state.intervals)
        reason = f"bars of {interval} share no clock on which two legs could be aligned; use {clock}"
        raise InvalidParameter("interval", reason)


def check_window(window: int, *, least: int, most: int) -> None:
    """Raise InvalidParameter for a window that no answer could have."""
    if not least <= window <= most:
        raise InvalidParameter(
            "window", f"{window} is not between {least} and {most} bars", minimum=least, maximum=most
        )
