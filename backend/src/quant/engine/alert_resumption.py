"""Going on where evaluation stopped: after a restart, or a machine that slept, what was missed may still come.

The trades of that time are fetched and put into their bars. Moments that are observed once they are there give the
events that a server without a pause would have given; until then nothing is observed. Where they do not come in time,
evaluation goes on with what there is, and rules that rest on the rest are suspended.
"""

from collections.abc import Callable, Iterable

import structlog

from quant.clock import NS_PER_S, Clock

log = structlog.get_logger()

LONGEST_STALL_NS = 10 * NS_PER_S
"""Of a live market: one that is further behind lets the past be fetched before it goes on."""

LONGEST_PAST_NS = 15 * 60 * NS_PER_S
"""How far it goes back: what memory holds of bars of a second."""

PATIENCE_S = 15.0
"""How long it waits for the past: connections, first trades, and a few requests."""

Unusable = Callable[[str], str]


class Resumption:
    """Tells whether the moments since the last one can be observed now, and from when on."""

    def __init__(self, clock: Clock, *, speed: float, is_restart: bool) -> None:
        """`is_restart`: the last moment is of another process; however short the pause, trades were missed."""
        self._clock = clock
        self._scale = max(speed, 1.0)  # a wire and a machine do not speed up with the market
        self._is_restart = is_restart
        self._deadline_s: float | None = None
        self._is_decided = False

    def holds_back(self, symbols: Iterable[str], unusable: Unusable, *, last: int, until: int) -> bool:
        """Tell whether to wait. `unusable` says of a symbol why it cannot be used yet, empty where it can."""
        if not self._is_restart and until - last <= LONGEST_STALL_NS * self._scale:
            self._deadline_s, self._is_decided = None, False
            return False
        if self._is_decided:
            return False
        now_s = self._clock.monotonic_s()
        if self._deadline_s is None:
            self._deadline_s = now_s + PATIENCE_S
        missing = {symbol: reason for symbol in sorted(symbols) if (reason := unusable(symbol))}
        if missing and now_s < self._deadline_s:
            return True
        if missing:
            log.warning("alerts.past_incomplete", missing=missing)
        self._is_restart, self._is_decided = False, True
        return False

    def since(self, last: int, until: int) -> int:
        """Return after which moment to go on."""
        return max(last, until - round(LONGEST_PAST_NS * self._scale))
