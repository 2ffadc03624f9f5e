"""Market time: the newest event time seen, carried forward between events while the feed is alive."""

from quant.clock import NS_PER_S


class MarketClock:
    """Event time of the stream; wall time never enters.

    `speed` is market seconds per monotonic second, or 0 where time stands still between events (a recording,
    whose result must not depend on how fast it is read).
    """

    def __init__(self, *, speed: float) -> None:
        self._speed = speed
        self._newest = 0
        self._seen_at_s = 0.0

    @property
    def newest(self) -> int | None:
        """Return the newest event time in ns, or None before the first event."""
        return self._newest or None

    def observe(self, ts_event: int, *, monotonic_s: float) -> None:
        """Take note of an event; an older one changes nothing."""
        if ts_event > self.now(monotonic_s=monotonic_s):
            self._newest = ts_event
            self._seen_at_s = monotonic_s

    def now(self, *, monotonic_s: float) -> int:
        """Return market time in ns; 0 before the first event."""
        if not self._newest:
            return 0
        return self._newest + int((monotonic_s - self._seen_at_s) * self._speed * NS_PER_S)
