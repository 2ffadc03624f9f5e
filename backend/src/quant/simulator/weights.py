"""The REST budget: request weight per minute and client."""

import math
from dataclasses import dataclass

from quant.simulator.timeline import Timeline

MAX_WEIGHT = 2400
_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Charge:
    """What a request left behind: the weight used this minute, and how long to wait if it was too much."""

    used: int
    retry_after_s: int | None


class WeightMeter:
    """Counts weight by client in fixed minutes of the market's time."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._minute = -1
        self._used: dict[str, int] = {}

    def charge(self, client: str, weight: int) -> Charge:
        """Return the charge; a refused request counts too, a free one is never refused."""
        now_s = self._timeline.monotonic_s()
        minute, within = divmod(now_s, _MINUTE_S)
        if minute != self._minute:
            self._minute = int(minute)
            self._used.clear()
        used = self._used[client] = self._used.get(client, 0) + weight
        over = weight > 0 and used > MAX_WEIGHT
        return Charge(used, math.ceil(_MINUTE_S - within) if over else None)
