"""Market time: what the stream's own event times say, carried forward between events while the feed is alive."""

from quant.clock import NS_PER_S

SPAN_S = 60.0


class MarketClock:
    """Event time of the stream; wall time never enters.

    `speed` is market seconds per monotonic second, or 0 where time stands still between events (a recording,
    whose result must not depend on how fast it is read). Carried-forward time follows the event that was least
    delayed within the last one to two `SPAN_S`, so that it neither runs ahead nor drifts with our own clock.
    """

    def __init__(self, *, speed: float) -> None:
        self._speed = speed
        self._newest = 0
        self._offset = 0  # event time minus our time, of the least delayed event of this span
        self._offset_before = 0
        self._span_ends_s = 0.0
        self._shown = 0

    @property
    def newest(self) -> int | None:
        """Return the newest event time in ns, or None before the first event."""
        return self._newest or None

    def observe(self, ts_event: int, *, monotonic_s: float) -> None:
        """Take note of an event."""
        offset = ts_event - self._elapsed(monotonic_s)
        if not self._newest:
            self._offset = self._offset_before = offset
            self._span_ends_s = monotonic_s + SPAN_S
        elif monotonic_s >= self._span_ends_s:
            self._offset_before, self._offset = self._offset, offset
            self._span_ends_s = monotonic_s + SPAN_S
        self._offset = max(self._offset, offset)
        self._newest = max(self._newest, ts_event)

    def now(self, *, monotonic_s: float) -> int:
        """Return market time in ns, never less than before; 0 before the first event."""
        if not self._newest:
            return 0
        carried = self._elapsed(monotonic_s) + max(self._offset, self._offset_before)
        self._shown = max(self._shown, self._newest, carried)
        return self._shown

    def _elapsed(self, monotonic_s: float) -> int:
        return int(monotonic_s * self._speed * NS_PER_S)
