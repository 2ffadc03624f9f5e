"""Which quotes and mark prices have stopped coming over one connection: each stream against its own usual rate.

No clock, no socket: times are arguments, in market seconds that never go backwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from quant.feed.exchange import Channel, ViewKind
from quant.feed.watchdog import UsualRate

KINDS: Mapping[Channel, ViewKind] = {"trades": "MarkPrice", "quotes": "Quote"}

FIRST_S = 15.0
"""From the subscription to the first one."""
LEAST_S, MOST_S = 10.0, 60.0
USUAL_GAPS = 6.0
AGAIN_MOST_S = 600.0
"""From one request to the next, which doubles: nothing tells a silent stream from a book that nobody touches."""
MEMORY_S = 120.0


@dataclass(slots=True)
class _Stream:
    since_s: float
    usual: UsualRate = field(default_factory=lambda: UsualRate(MEMORY_S))
    has_come: bool = False
    asked: int = 0  # times since the last one came
    ask_after_s: float = 0.0


class ViewWatch:
    """Of one connection; `floor_s` is the shortest silence that is noticed, however quick the stream."""

    def __init__(self, channel: Channel, *, floor_s: float = 0.0) -> None:
        self.kind: ViewKind = KINDS[channel]
        self._floor_s = floor_s
        self._streams: dict[str, _Stream] = {}

    def carry(self, symbols: frozenset[str], *, now_s: float) -> None:
        """Take note of the symbols that are asked for now; others are forgotten."""
        self._streams = {symbol: self._streams.get(symbol) or _Stream(now_s) for symbol in symbols}

    def heard(self, symbol: str, *, now_s: float) -> None:
        """Take note of news; of a symbol that is not asked for it is passed over."""
        stream = self._streams.get(symbol)
        if stream is not None:
            stream.usual.add(1, now_s)
            stream.since_s, stream.has_come = now_s, True
            stream.asked, stream.ask_after_s = 0, 0.0

    def overdue(self, now_s: float) -> frozenset[str]:
        """Return the symbols to ask for again; each comes back when it is due again."""
        due = frozenset(
            symbol
            for symbol, stream in self._streams.items()
            if now_s >= stream.ask_after_s and now_s - stream.since_s > self._patience_s(stream)
        )
        for symbol in due:
            stream = self._streams[symbol]
            stream.ask_after_s = now_s + min(self._patience_s(stream) * 2**stream.asked, AGAIN_MOST_S)
            stream.asked = min(stream.asked + 1, 10)
        return due

    def is_silent(self, symbol: str, *, now_s: float) -> bool:
        """Tell whether nothing of a symbol that is asked for has come for longer than is usual for it."""
        stream = self._streams.get(symbol)
        return stream is not None and now_s - stream.since_s > self._patience_s(stream)

    def _patience_s(self, stream: _Stream) -> float:
        gap_s = stream.usual.gap_s
        if gap_s is None:
            # A book may not be touched for long, while a mark price comes every few seconds whatever trades.
            usual_s = MOST_S if stream.has_come and self.kind == "Quote" else FIRST_S
        else:
            usual_s = min(max(LEAST_S, USUAL_GAPS * gap_s), MOST_S)
        return max(usual_s, self._floor_s)
