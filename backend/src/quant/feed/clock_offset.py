"""How far the exchange's clock is from ours, as far as the network lets us tell."""

import asyncio

import structlog

from quant.clock import NS_PER_S
from quant.errors import ExchangeRejected, ExchangeUnreachable
from quant.feed.exchange import ExchangeRest
from quant.feed.pace import Pace

log = structlog.get_logger()

SAMPLES = 4
EVERY_S = 60.0


class ClockOffset:
    """Asks the exchange for its time now and then; the quickest of a few answers counts.

    An answer that took `rtt` was made at some moment of it, so the offset is known to half of that.
    """

    def __init__(self, rest: ExchangeRest, *, pace: Pace) -> None:
        self._rest = rest
        self._pace = pace
        self._measured: tuple[int, int] | None = None  # our wall clock, the exchange's
        self.rtt_ns: int | None = None

    @property
    def offset_ns(self) -> int | None:
        """Return exchange time minus our wall clock, now; None before the first answer.

        An accelerated exchange runs away from our clock: the offset grows with it.
        """
        return None if self._measured is None else self.exchange_ns(wall_ns := self._pace.wall_ns()) - wall_ns

    def exchange_ns(self, wall_ns: int) -> int:
        """Return what the exchange's clock shows when ours shows `wall_ns`; ours, before the first answer."""
        if self._measured is None:
            return wall_ns
        ours, theirs = self._measured
        return theirs + round((wall_ns - ours) * self._pace.speed)

    async def run(self) -> None:
        """Measure every minute until cancelled; trouble with the exchange is logged and tried again."""
        while True:
            try:
                await self.measure()
            except (ExchangeUnreachable, ExchangeRejected) as error:
                log.warning("feed.clock_unknown", error=error.message)
            await self._pace.sleep(EVERY_S)

    async def measure(self) -> None:
        """Ask a few times and keep the quickest; raises ExchangeUnreachable or ExchangeRejected."""
        best: tuple[int, int, int] | None = None
        for _ in range(SAMPLES):
            sent, sent_s = self._pace.wall_ns(), self._pace.clock.monotonic_s()
            theirs = await self._rest.server_time()
            rtt_ns = round((self._pace.clock.monotonic_s() - sent_s) * NS_PER_S)
            if best is None or rtt_ns < best[0]:
                best = rtt_ns, sent + rtt_ns // 2, theirs
            await asyncio.sleep(0)
        assert best is not None  # noqa: S101  at least one sample
        self.rtt_ns, self._measured = best[0], best[1:]
