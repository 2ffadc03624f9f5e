"""Keeps bars whole from the exchange's own: the warm-up at start, and what we missed later."""

import asyncio
from collections.abc import Callable, Iterable

import structlog

from quant.clock import NS_PER_S
from quant.domain import Bars, Interval
from quant.engine.markets import Market
from quant.errors import ExchangeRejected, ExchangeUnreachable
from quant.market.state import MarketState

log = structlog.get_logger()

OnChanged = Callable[[set[tuple[str, str]]], None]

DEPTH = 1500  # what one request brings
AT_ONCE = 4
PAUSE_AFTER_REFUSAL_S = 10.0
FINAL_AFTER_S = 5
"""From a bar's close on its kline stands, or there is none: nothing traded, or nobody could yet. Until then it may
still change, and one that is taken stays."""


class HistoryKeeper:
    """Asks for each (symbol, interval) once, and again for bars that turn out partial, missing or a gap."""

    def __init__(
        self,
        market: Market,
        state: MarketState,
        *,
        now: Callable[[], int],
        on_changed: OnChanged,
        fills_from: Callable[[str], int | None],
    ) -> None:
        self._market = market
        self._state = state
        self._now = now  # market time
        self._on_changed = on_changed
        self._fills_from = fills_from  # gaps since then will soon have their trades
        self._asked_before: dict[tuple[str, str], int] = {}
        self._doubted: set[tuple[str, str]] = set()  # whose last answer ended too early

    async def refresh(self, symbols: Iterable[str]) -> None:
        """Fetch what lacks, short intervals first, and tell at once what changed.

        Trouble is logged and tried again later.
        """
        limit, symbols = asyncio.Semaphore(AT_ONCE), list(symbols)

        async def one(symbol: str, interval: Interval) -> None:
            async with limit:
                if await self._fetch(symbol, interval):
                    self._on_changed({(symbol, interval.name)})

        intervals = sorted(self._state.intervals, key=lambda interval: interval.ns)
        await asyncio.gather(*(one(symbol, interval) for interval in intervals for symbol in symbols))

    def forget(self, symbol: str) -> None:
        """Ask for the symbol's bars afresh: it is streamed anew."""
        for key in [key for key in self._asked_before if key[0] == symbol]:
            del self._asked_before[key]
        self._doubted = {key for key in self._doubted if key[0] != symbol}

    async def _fetch(self, symbol: str, interval: Interval) -> bool:
        rest, key = self._market.rest, (symbol, interval.name)
        if rest is None:
            return False
        end = self._state.close_from(*key)
        start, need, asked = None, DEPTH, self._now()
        until = self._fills_from(symbol) or end
        if end:
            since = self._asked_before.get(key, 0)
            start = self._state.oldest_to_repair(*key, bars=DEPTH, since=since, gaps_until=until)
            if start is None or start >= _final_until(interval, asked):
                return False
            need = min(DEPTH, (end - start) // interval.ns + 1)
        elif key in self._asked_before:
            return False
        try:
            klines = await rest.klines(symbol, interval, limit=need, start=start)
        except ExchangeUnreachable as error:
            log.warning("history.unreachable", symbol=symbol, interval=interval.name, error=error.message)
            return False
        except ExchangeRejected as error:
            log.warning("history.refused", symbol=symbol, interval=interval.name, error=error.message)
            if error.status == 400:  # this question will never be answered
                self._asked_before[key] = end
            else:
                await asyncio.sleep(error.retry_after_s or PAUSE_AFTER_REFUSAL_S)
            return False
        newest = int(klines.times[-1]) // interval.ns * interval.ns if len(klines) else 0
        final = _final_until(interval, asked or newest)
        if end:
            final = min(end, final)
        filled = until - until % interval.ns if end else final
        wanted = min(final, filled)  # gaps from there on will soon have their trades, which tell more
        self._take_note(key, wanted, told_until=newest and newest + interval.ns)
        return self._state.load_klines(symbol, interval.name, _opened_before(klines, wanted)) > 0

    def _take_note(self, key: tuple[str, str], until: int, *, told_until: int) -> None:
        """Take note that bars up to `until` are had, or not to be had.

        An answer that ends earlier, or is empty, may come from a copy of the exchange that lags: it is believed the
        second time.
        """
        if key in self._doubted or (told_until and told_until >= until):
            self._doubted.discard(key)
            self._asked_before[key] = max(until, self._asked_before.get(key, 0))
        else:
            self._doubted.add(key)
            if told_until:
                self._asked_before[key] = told_until


def _final_until(interval: Interval, now: int) -> int:
    """Return the time before which all bars that opened are final."""
    final = now - FINAL_AFTER_S * NS_PER_S
    return max(final - final % interval.ns, 0)


def _opened_before(klines: Bars, until: int) -> Bars:
    kept = int((klines.times < until).sum())
    return Bars(*(getattr(klines, name)[:kept] for name in Bars.__dataclass_fields__))
