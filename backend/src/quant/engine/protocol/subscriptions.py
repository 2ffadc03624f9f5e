"""A stream of updates: topics, their frames, and who listens."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from quant.engine.protocol.alert_views import AlertsView
from quant.engine.protocol.data_views import BarsView, SecondsView, TicksView
from quant.engine.protocol.pair_views import PairView, ScanView
from quant.engine.protocol.status_views import StatusView

View = AlertsView | StatusView | BarsView | TicksView | SecondsView | PairView | ScanView


@dataclass(slots=True)
class Frame:
    """One message of a topic, shared by all its listeners.

    `encoded` and `framed`, the text and the bytes on the wire, belong to whoever sends it: made once.
    """

    topic: str
    kind: Literal["snapshot", "update"]
    time: int
    view: View
    encoded: bytes | None = field(default=None, repr=False)
    framed: bytes | None = field(default=None, repr=False)


Offer = Callable[[Frame], bool]
"""Takes a frame for a client at once; returns False, and takes nothing, where that would have to wait."""


class Subscription(Protocol):
    """One listener's topics. Not reading costs nobody else: only the newest of each topic waits."""

    def add(self, topic: str) -> None:
        """Listen to `topic`, a snapshot first; raises InvalidInput when there is no such topic."""
        ...

    def remove(self, topic: str) -> None: ...

    def frames(self) -> AsyncIterator[list[Frame]]:
        """Yield what is new and was not taken when offered, at least one frame at a time, until `close`."""
        ...

    def close(self) -> None: ...
