"""What strikes a standing connection as a whole: cut, closed, swallowed, or too old."""

from dataclasses import dataclass, field
from typing import Protocol

from quant.simulator.faults.corruption import cut_point
from quant.simulator.faults.injector import Injector
from quant.simulator.faults.kinds import FaultKind, Layer

_TEXT, _FIN = 0x1, 0x80


class Victim(Protocol):
    """What a strike needs of its connection."""

    def sever(self, raw: bytes) -> None:
        """Write these bytes and close the socket."""
        ...

    def shut(self, code: int, reason: str) -> None:
        """Close the connection, with a reason."""
        ...

    def darken(self) -> None:
        """Keep the socket open; read and send nothing any more."""
        ...


@dataclass(slots=True)
class Strikes:
    """Decides at each moment whether a fault ends its connection; each fault tries it once."""

    injector: Injector
    connection: int
    opened_ms: int
    victim: Victim
    _tried: set[int] = field(default_factory=set)

    def at(self, at_ms: int, message: bytes | None = None) -> bool:
        """Return whether the connection was struck at `at_ms`, when `message` would go out."""
        if not self.injector.any(Layer.CONNECTION):
            return False
        for number, fault in self.injector.active(Layer.CONNECTION, at_ms, connection=self.connection):
            if number in self._tried:
                continue
            if fault.kind is FaultKind.CUT and message is None:
                continue  # it waits for a frame to cut
            if fault.kind is FaultKind.LIFE and at_ms - self.opened_ms < 1000 * fault.value("life_s"):
                continue
            self._tried.add(number)
            if self.injector.hits(number, self.connection):
                self.injector.bite(number)
                self._strike(number, message or b"")
                return True
        return False

    def _strike(self, number: int, message: bytes) -> None:
        fault = self.injector.faults[number]
        match fault.kind:
            case FaultKind.CUT:
                frame = text_frame(message)
                draw = self.injector.draw(number, "byte", self.connection)
                self.victim.sever(frame[: cut_point(len(frame), draw, fault.value("at_byte"))])
            case FaultKind.LIFE:
                self.victim.shut(1001, "The connection is 24 hours old")
            case FaultKind.CLOSE_1008:
                self.victim.shut(1008, "Too many requests")
            case _:
                self.victim.darken()


def text_frame(message: bytes) -> bytes:
    """Return a server's text frame, RFC 6455 section 5.2."""
    size = len(message)
    if size < 126:
        return bytes((_FIN | _TEXT, size)) + message
    if size < 1 << 16:
        return bytes((_FIN | _TEXT, 126)) + size.to_bytes(2, "big") + message
    return bytes((_FIN | _TEXT, 127)) + size.to_bytes(8, "big") + message
