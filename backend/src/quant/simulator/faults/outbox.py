"""What becomes of the messages to one connection: lost, repeated, held back, broken, or sent as they are."""

import heapq
import itertools
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

from quant.simulator.faults.corruption import corrupted, forwarded, padded, skewed
from quant.simulator.faults.injector import Injector
from quant.simulator.faults.kinds import FaultKind, Layer
from quant.simulator.faults.plan import Fault
from quant.simulator.wire import compact

MAX_HELD = 50_000  # messages held back for one connection; past it nothing more is
_LOST = {FaultKind.ALL_SILENT, FaultKind.STREAM_SILENT, FaultKind.DROP}
_BROKEN = {FaultKind.TORN_JSON, FaultKind.WRONG_TYPES, FaultKind.NOT_A_NUMBER, FaultKind.INVALID_UTF8}
_HELD = {FaultKind.DELAY, FaultKind.BURST, FaultKind.REORDER}


class Wire(Protocol):
    """What an outbox needs of its connection."""

    def wrap(self, name: str, payload: bytes) -> bytes:
        """Return the payload in the envelope that the connection uses."""
        ...

    def send_text(self, message: bytes, pieces: int) -> None:
        """Send one text message in so many frames."""
        ...

    def send_binary(self, message: bytes) -> None:
        """Send one binary message."""
        ...


@dataclass(slots=True)
class Parcel:
    """One message on its way."""

    name: str
    message: bytes
    binary: bool = False
    pieces: int = 1
    copies: int = 1


@dataclass(slots=True)
class Held:
    """A parcel that waits until `release_ms`, or until `remaining` later messages of its stream have gone."""

    release_ms: int
    parcel: Parcel
    remaining: int | None = None
    sent: bool = False


@dataclass(slots=True)
class Outbox:
    """The messages of one connection; it touches nothing while no fault aims at messages."""

    injector: Injector
    connection: int
    wire: Wire
    _heap: list[tuple[int, int, Held]] = field(default_factory=list)
    _overtaken: dict[str, deque[Held]] = field(default_factory=dict)
    _order: "itertools.count[int]" = field(default_factory=itertools.count)

    def post(self, name: str, payload: bytes, at_ms: int) -> None:
        """Send the payload published at `at_ms`, or do with it what the plan says."""
        self.release(at_ms)
        injector = self.injector
        if not (injector.any(Layer.MESSAGE) or injector.any(Layer.CLOCK)):
            self.wire.send_text(self.wire.wrap(name, payload), 1)
            return
        faults = self._biting(name, payload, at_ms)
        lost = next((number for number, fault in faults if fault.kind in _LOST), None)
        if lost is not None:
            injector.bite(lost)
            return
        for number, fault in faults:
            if fault.kind is FaultKind.UNKNOWN_EVENT:
                injector.bite(number)
                self._send(self._unknown_event(name, at_ms))
        parcel = self._shaped(name, payload, at_ms, faults)
        hold = next(((number, fault) for number, fault in faults if fault.kind in _HELD), None)
        if hold is None or len(self._heap) >= MAX_HELD:
            self._send(parcel)
        else:
            self._hold(parcel, at_ms, payload, *hold)

    def release(self, at_ms: int) -> None:
        """Send what was held back until `at_ms`."""
        while self._heap and self._heap[0][0] <= at_ms:
            held = heapq.heappop(self._heap)[2]
            if not held.sent:
                held.sent = True
                self._send(held.parcel)

    def _biting(self, name: str, payload: bytes, at_ms: int) -> list[tuple[int, Fault]]:
        symbol = name.partition("@")[0].upper()
        active = self.injector.active(
            Layer.MESSAGE, at_ms, symbol=symbol, stream=name, connection=self.connection
        )
        return [
            (number, fault)
            for number, fault in active
            if self.injector.hits(number, *self._parts(fault, name, payload))
        ]

    def _parts(self, fault: Fault, name: str, payload: bytes) -> tuple[object, ...]:
        """Return what a draw hangs on: the message and, unless all suffer together, the connection."""
        together = "together" in fault.spec.parameters and fault.value("together") > 0
        return (name, payload, 0 if together else self.connection)

    def _shaped(self, name: str, payload: bytes, at_ms: int, faults: list[tuple[int, Fault]]) -> Parcel:
        injector = self.injector
        for number, fault in injector.active(Layer.CLOCK, at_ms):
            injector.bite(number)
            payload = skewed(payload, round(fault.value("skew_ms")))
        parcel = Parcel(name, self.wire.wrap(name, payload))
        for number, fault in faults:
            match fault.kind:
                case FaultKind.DUPLICATE:
                    parcel.copies += round(fault.value("copies"))
                case FaultKind.BINARY_FRAME:
                    parcel.binary = True
                case FaultKind.HUGE_FRAME:
                    parcel.message = padded(parcel.message, round(fault.value("size_bytes")))
                case FaultKind.FRAGMENT:
                    parcel.pieces = round(fault.value("pieces"))
                case FaultKind.FORWARD_T:
                    before = parcel.message
                    parcel.message = forwarded(before, round(fault.value("by_ms")))
                    if parcel.message == before:
                        continue  # no trade
                case kind if kind in _BROKEN:
                    draw = injector.draw(number, "shape", *self._parts(fault, name, payload))
                    at_byte = fault.value("at_byte") if kind is FaultKind.TORN_JSON else 0.0
                    parcel.message = corrupted(kind, parcel.message, draw=draw, at_byte=at_byte)
                case _:
                    continue
            injector.bite(number)
        return parcel

    def _unknown_event(self, name: str, at_ms: int) -> Parcel:
        symbol, _, _ = name.partition("@")
        payload = compact({"e": "somethingNew", "E": at_ms, "s": symbol.upper(), "x": {"y": [1, None]}})
        return Parcel(name, self.wire.wrap(f"{symbol}@somethingNew", payload))

    def _hold(self, parcel: Parcel, at_ms: int, payload: bytes, number: int, fault: Fault) -> None:
        self.injector.bite(number)
        remaining = None
        match fault.kind:
            case FaultKind.DELAY:
                draw = self.injector.draw(number, "jitter", *self._parts(fault, parcel.name, payload))
                release_ms = at_ms + round(fault.value("delay_ms") + draw * fault.value("jitter_ms"))
            case FaultKind.BURST:
                # Silence first, then everything at once: the ids and their order stay.
                end_ms = self.injector.origin_ms + 1000 * fault.end_s
                release_ms = round(end_ms - (end_ms - at_ms) / fault.value("factor"))
            case _:
                release_ms = at_ms + round(fault.value("within_ms"))
                remaining = round(fault.value("distance"))
        held = Held(release_ms, parcel, remaining)
        heapq.heappush(self._heap, (release_ms, next(self._order), held))
        if remaining is not None:
            self._overtaken.setdefault(parcel.name, deque()).append(held)

    def _send(self, parcel: Parcel) -> None:
        for _ in range(parcel.copies):
            if parcel.binary:
                self.wire.send_binary(parcel.message)
            else:
                self.wire.send_text(parcel.message, parcel.pieces)
        for held in self._overtakers(parcel.name):
            self._send(held.parcel)

    def _overtakers(self, name: str) -> list[Held]:
        """Return the held parcels that enough messages of their stream have now overtaken."""
        waiting = self._overtaken.get(name)
        if not waiting:
            return []
        due = []
        for held in waiting:
            held.remaining = (held.remaining or 1) - 1
            if held.remaining == 0 and not held.sent:
                held.sent = True
                due.append(held)
        self._overtaken[name] = deque(held for held in waiting if not held.sent)
        return due
