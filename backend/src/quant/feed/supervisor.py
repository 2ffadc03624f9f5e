"""Carries out what the watchdog finds: asks the exchange about silent symbols, tells who can fetch, mends streams."""

import asyncio
from collections.abc import Callable

import structlog

from quant.errors import ExchangeRejected, ExchangeUnreachable
from quant.feed.exchange import ExchangeRest
from quant.feed.pace import Pace
from quant.feed.watchdog import Remedy, Watchdog

log = structlog.get_logger()

LastId = Callable[[str], int | None]
OnBehind = Callable[[str, int], None]
Mend = Callable[[Remedy], None]

LOOK_EVERY_S = 0.5
LEAST_LOOK_S = 0.01  # real seconds


class StreamSupervisor:
    """Looks at all streams twice a second, for as long as it runs."""

    def __init__(
        self,
        watchdog: Watchdog,
        *,
        rest: ExchangeRest,
        last_id: LastId,
        on_behind: OnBehind,
        mend: Mend,
        pace: Pace,
    ) -> None:
        self._watchdog = watchdog
        self._rest = rest
        self._last_id = last_id
        self._on_behind = on_behind
        self._mend = mend
        self._pace = pace

    async def run(self) -> None:
        """Run until cancelled; only our own bugs get out as exceptions."""
        look_s = self._pace.real_s(LOOK_EVERY_S, floor_s=LEAST_LOOK_S) * self._pace.speed
        async with asyncio.TaskGroup() as group:
            while True:
                look = self._watchdog.look(self._pace.monotonic_s())
                for symbol in look.questions:
                    group.create_task(self._ask(symbol), name=f"probe {symbol}")
                for remedy in look.remedies:
                    log.warning(
                        "feed.remedy", connection=remedy.owner, symbols=remedy.symbols, reason=remedy.reason
                    )
                    self._mend(remedy)
                await self._pace.sleep(look_s)

    async def _ask(self, symbol: str) -> None:
        """Ask the exchange for the symbol's newest trade and draw the conclusions."""
        asked_s = self._pace.monotonic_s()
        try:
            newest_id = await self._rest.last_trade_id(symbol)
        except (ExchangeUnreachable, ExchangeRejected) as error:
            log.warning("feed.probe_failed", symbol=symbol, error=error.message)
            self._watchdog.no_answer(symbol, asked_s=asked_s, now_s=self._pace.monotonic_s())
            return
        if newest_id is not None and self._is_behind(symbol, newest_id):
            await self._pace.sleep(self._watchdog.patience.settle_s)  # a trade under way may arrive yet
        stalled = self._watchdog.answer(symbol, newest_id, asked_s=asked_s, now_s=self._pace.monotonic_s())
        if stalled:
            log.warning("feed.stalled", symbol=symbol, newest_id=newest_id)
        if newest_id is not None and self._is_behind(symbol, newest_id):
            self._on_behind(symbol, newest_id)

    def _is_behind(self, symbol: str, newest_id: int) -> bool:
        have = self._last_id(symbol)
        return have is None or have < newest_id
