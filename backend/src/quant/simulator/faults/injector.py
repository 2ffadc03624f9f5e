"""The faults of a running exchange: which are active now, their seeded draws, and how often each has bitten."""

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from quant.errors import InvalidParameter
from quant.simulator.faults.kinds import FaultKind, Layer
from quant.simulator.faults.plan import MAX_FAULTS, Fault, FaultPlan

_DRAWS = 2.0**64
_LEAST_S = 0.001  # a fault's shortest length


class Injector:
    """Holds faults by number. Only counting is done from other threads than the event loop's."""

    def __init__(self, plan: FaultPlan, *, origin_ms: int) -> None:
        self.seed = plan.seed
        self.origin_ms = origin_ms
        self.arrivals = 0  # upgrade requests, which number the connections
        self.faults: list[Fault] = []
        self.bitten: list[int] = []
        self._by_layer: dict[Layer, list[int]] = {layer: [] for layer in Layer}
        self._lock = threading.Lock()
        for fault in plan.faults:
            self.add(fault)

    def add(self, fault: Fault) -> int:
        """Take one more fault and return its number; raise InvalidParameter where there are too many."""
        if len(self.faults) >= MAX_FAULTS:
            raise InvalidParameter("faults", f"an exchange holds at most {MAX_FAULTS}")
        self.faults.append(fault)
        self.bitten.append(0)
        self._by_layer[fault.spec.layer].append(len(self.faults) - 1)
        return len(self.faults) - 1

    def end(self, number: int, now_ms: int) -> Fault:
        """End a fault and return it as it is now; raise InvalidParameter where that cannot be."""
        if not 0 <= number < len(self.faults):
            raise InvalidParameter("number", f"there is no fault {number}")
        fault = self.faults[number]
        if fault.spec.layer is Layer.MARKET:
            raise InvalidParameter("number", f"{fault.kind} is what the exchange is: it cannot be taken back")
        passed_s = (now_ms - self.origin_ms) / 1000 - fault.start_s
        if fault.duration_s is None or passed_s < fault.duration_s:
            self.faults[number] = fault = replace(fault, duration_s=max(passed_s, _LEAST_S))
        return fault

    def any(self, layer: Layer) -> bool:
        """Return whether a layer has any fault, active or not."""
        return bool(self._by_layer[layer])

    def active(
        self,
        layer: Layer,
        at_ms: int,
        *,
        kind: FaultKind | None = None,
        symbol: str | None = None,
        stream: str | None = None,
        connection: int | None = None,
        path: str | None = None,
    ) -> Iterator[tuple[int, Fault]]:
        """Yield the faults (with number) of a layer that may bite at `at_ms` and do not aim at something else."""
        at_s = (at_ms - self.origin_ms) / 1000
        for number in self._by_layer[layer]:
            fault = self.faults[number]
            if (
                fault.start_s <= at_s < fault.end_s
                and (kind is None or fault.kind is kind)
                and (fault.count is None or self.bitten[number] < fault.count)
                and (fault.symbol is None or fault.symbol == symbol)
                and (fault.stream is None or fault.stream == stream)
                and (fault.connection is None or fault.connection == connection)
                and (fault.path is None or (path is not None and path.endswith(fault.path)))
            ):
                yield number, fault

    def draw(self, number: int, *parts: object) -> float:
        """Return the number in [0, 1) that belongs to a fault and to what it might hit."""
        text = repr((self.seed, number, parts)).encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little") / _DRAWS

    def hits(self, number: int, *parts: object) -> bool:
        """Return whether the fault's probability falls on these `parts`; nothing is counted yet."""
        probability = self.faults[number].probability
        return probability >= 1.0 or self.draw(number, "hit", *parts) < probability

    def bite(self, number: int, times: int = 1) -> None:
        """Count that a fault has changed what a client gets."""
        with self._lock:
            self.bitten[number] += times

    def bites(self) -> dict[str, int]:
        """Return how often each kind has bitten."""
        totals: Counter[str] = Counter()
        for fault, bitten in zip(self.faults, self.bitten, strict=True):
            totals[fault.kind.value] += bitten
        return dict(totals)

    def as_json(self, now_ms: int) -> dict[str, object]:
        """Return the body of `GET /simulation/faults`."""
        rows = [
            {"number": number, **fault.as_json(), "bitten": self.bitten[number]}
            for number, fault in enumerate(self.faults)
        ]
        return {
            "seed": self.seed,
            "origin": self.origin_ms,
            "now_s": (now_ms - self.origin_ms) / 1000,
            "faults": rows,
            "bites": self.bites(),
        }
