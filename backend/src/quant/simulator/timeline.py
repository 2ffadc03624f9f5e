"""Market time from wall time: where the simulated exchange's own clock stands."""

from quant.clock import NS_PER_MS, Clock


class Timeline:
    """Market time runs `speed` times as fast as the wall, from `start_ns` at the moment of creation."""

    def __init__(self, clock: Clock, *, speed: float, start_ns: int | None = None) -> None:
        self._clock = clock
        self._origin_ns = clock.wall_ns()
        self._start_ns = self._origin_ns if start_ns is None else start_ns
        self.speed = speed

    @property
    def start_ms(self) -> int:
        """Return where market time started, in whole ms since 1970."""
        return self._start_ns // NS_PER_MS

    def now_ns(self) -> int:
        """Return market time in ns since 1970."""
        return self._start_ns + round(self.speed * (self._clock.wall_ns() - self._origin_ns))

    def now_ms(self) -> int:
        """Return market time in whole ms since 1970."""
        return self.now_ns() // NS_PER_MS

    def monotonic_s(self) -> float:
        """Return the seconds that limits and time-outs count in: those of the market, at any speed."""
        return self.speed * self._clock.monotonic_s()
