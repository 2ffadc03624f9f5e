"""The request weight that an exchange allows per minute, shared by all who ask. Knows no exchange."""

from collections import deque
from collections.abc import Mapping
from enum import StrEnum

import structlog

from quant.errors import ExchangeRejected
from quant.feed.pace import Pace

log = structlog.get_logger()

WINDOW_S = 60.0
LONGEST_WAIT_S = 60.0
"""Nobody is kept waiting longer for a pause to end: then the answer is no, with how long it lasts."""
MARGIN_S = 0.05


class Purpose(StrEnum):
    """Why a request is made; the more urgent may use more of the minute."""

    PROBE = "probe"  # is a silent stream stalled?
    VIEW = "view"  # klines, symbols: somebody looks at a chart
    BACKFILL = "backfill"


SHARES: Mapping[Purpose, float] = {Purpose.PROBE: 0.9, Purpose.VIEW: 0.8, Purpose.BACKFILL: 0.6}
"""How much of the limit may be spent when a request of that purpose leaves; 0.1 is never touched."""


class WeightBudget:
    """Keeps what is spent in any minute below the limit, and everybody quiet when the exchange says so.

    Own requests are counted over the last minute as they leave. What the exchange reports counts too: other
    programs behind the same address spend from the same minute.
    """

    def __init__(self, *, limit: int, pace: Pace) -> None:
        self.limit = limit
        self._pace = pace
        self._spent: deque[tuple[float, int]] = deque()
        self._sum = 0
        self._strange = 0  # spent by others, as of the newest answer
        self._strange_until_s = 0.0
        self._paused_until_s = 0.0
        self._refused_until_s = 0.0
        self._refusal: ExchangeRejected | None = None

    @property
    def used(self) -> int:
        """Return the weight spent in the last minute, as far as we know."""
        now_s = self._pace.monotonic_s()
        while self._spent and self._spent[0][0] <= now_s - WINDOW_S:
            self._sum -= self._spent.popleft()[1]
        return self._sum + (self._strange if now_s < self._strange_until_s else 0)

    async def spend(self, weight: int, purpose: Purpose) -> None:
        """Return when a request of this weight may leave, having counted it.

        Raises ExchangeRejected at once while the exchange refuses us, or pauses us for long.
        """
        most = max(int(self.limit * SHARES[purpose]), weight)
        while True:
            now_s = self._pace.monotonic_s()
            self._raise_if_refused(now_s)
            if now_s < self._paused_until_s:
                await self._pace.sleep(self._paused_until_s - now_s + MARGIN_S)
            elif self.used + weight > most:
                await self._pace.sleep(self._next_relief_s(now_s) - now_s + MARGIN_S)
            else:
                self._spent.append((now_s, weight))
                self._sum += weight
                return

    def report(self, used: int) -> None:
        """Note what the exchange says has been spent in its minute, by whoever shares our address."""
        self._strange = 0
        self._strange = max(used - self.used, 0)
        self._strange_until_s = self._pace.monotonic_s() + WINDOW_S

    def pause(self, seconds: float) -> None:
        """Let nobody ask for a while: those who want to, wait."""
        self._paused_until_s = max(self._paused_until_s, self._pace.monotonic_s() + seconds)
        log.warning("rest.paused", for_s=round(seconds, 1))

    def refuse(self, refusal: ExchangeRejected, seconds: float) -> None:
        """Let nobody ask for a while: those who want to, get `refusal` at once. The longest of several counts."""
        until_s = self._pace.monotonic_s() + seconds
        if until_s >= self._refused_until_s:  # a request under way may come back with a milder one
            self._refused_until_s, self._refusal = until_s, refusal
        log.error("rest.refused", for_s=round(seconds, 1), status=refusal.status)

    def _raise_if_refused(self, now_s: float) -> None:
        if self._refusal is not None and now_s < self._refused_until_s:
            left_s = self._refused_until_s - now_s
            raise ExchangeRejected(
                f"{self._refusal.message}; not asking again for {left_s:.0f} s",
                status=self._refusal.status,
                retry_after_s=left_s,
            )
        left_s = self._paused_until_s - now_s
        if left_s > LONGEST_WAIT_S:
            raise ExchangeRejected(
                f"the exchange wants no request for {left_s:.0f} s", status=429, retry_after_s=left_s
            )

    def _next_relief_s(self, now_s: float) -> float:
        """Return when some of what is spent will have passed out of the minute."""
        ends = [self._spent[0][0] + WINDOW_S] if self._spent else []
        if now_s < self._strange_until_s and self._strange:
            ends.append(self._strange_until_s)
        return min(ends)


class HostBudgets:
    """One budget per host for as long as the process lives: a ban outlasts the client that it was told to."""

    def __init__(self) -> None:
        self._budgets: dict[tuple[str, Pace], WeightBudget] = {}

    def of(self, host: str, *, limit: int, pace: Pace) -> WeightBudget:
        """Return the budget that all clients of this host and clock share."""
        return self._budgets.setdefault((host, pace), WeightBudget(limit=limit, pace=pace))
