"""A fault and a plan of faults as data, with their JSON form."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from quant.errors import InvalidParameter
from quant.simulator.faults.kinds import KINDS, FaultKind, KindSpec

MAX_FAULTS = 1_000
_MAX_S = 366 * 86_400.0
_MAX_COUNT = 1_000_000_000
_TARGETS = ("symbol", "stream", "path", "connection")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong: from `start_s` of market time after the exchange's start.

    It ends after `duration_s` or when it has bitten `count` times, whichever comes first; `connection` counts
    upgrade requests from 1. Construction raises InvalidParameter naming the value that cannot be.
    """

    kind: FaultKind
    start_s: float
    duration_s: float | None = None
    count: int | None = None
    symbol: str | None = None
    stream: str | None = None
    path: str | None = None
    connection: int | None = None
    probability: float = 1.0
    parameters: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        spec = KINDS[self.kind]
        _check_number("start_s", self.start_s, low=0, high=_MAX_S)
        _check_number("probability", self.probability, low=0, high=1)
        self._check_length(spec)
        self._check_targets(spec)
        for name, value in self.parameters.items():
            known = spec.parameters.get(name)
            if known is None:
                raise InvalidParameter(name, f"is not a parameter of {self.kind}")
            _check_number(name, value, low=known.low, high=known.high)
        if self.count is None and self.duration_s is None and spec.default_count is not None:
            object.__setattr__(self, "count", spec.default_count)

    @property
    def spec(self) -> KindSpec:
        return KINDS[self.kind]

    @property
    def end_s(self) -> float:
        """Return when it ends at the latest; infinite where only its count ends it."""
        return math.inf if self.duration_s is None else self.start_s + self.duration_s

    def value(self, name: str) -> float:
        """Return a parameter or its default; NaN means that each bite draws its own."""
        return self.parameters.get(name, self.spec.parameters[name].default)

    def as_json(self) -> dict[str, object]:
        """Return the flat JSON form: what `parse` takes."""
        named: dict[str, object] = {
            "kind": self.kind.value,
            "start_s": self.start_s,
            "duration_s": self.duration_s,
            "count": self.count,
            "symbol": self.symbol,
            "stream": self.stream,
            "path": self.path,
            "connection": self.connection,
            "probability": None if self.probability == 1.0 else self.probability,
        }
        return {key: value for key, value in named.items() if value is not None} | dict(self.parameters)

    @classmethod
    def parse(cls, item: object, *, start_s: float | None = None) -> Self:
        """Return the fault of a JSON object; `start_s` stands in where it has none; raise InvalidParameter."""
        if not isinstance(item, dict):
            raise InvalidParameter("fault", "must be an object")
        given = dict(item)
        kind = _kind(given.pop("kind", None))
        start = given.pop("start_s", start_s)
        if start is None:
            raise InvalidParameter("start_s", "is missing")
        return cls(
            kind=kind,
            start_s=start,
            duration_s=given.pop("duration_s", None),
            count=_whole("count", given.pop("count", None)),
            symbol=_text("symbol", given.pop("symbol", None)),
            stream=_text("stream", given.pop("stream", None)),
            path=_text("path", given.pop("path", None)),
            connection=_whole("connection", given.pop("connection", None)),
            probability=given.pop("probability", 1.0),
            parameters=given,  # what is left: each kind knows its own
        )

    def _check_length(self, spec: KindSpec) -> None:
        if self.duration_s is not None:
            _check_number("duration_s", self.duration_s, low=0.001, high=_MAX_S)
        if self.count is not None and not 1 <= self.count <= _MAX_COUNT:
            raise InvalidParameter("count", f"{self.count} is not from 1 to {_MAX_COUNT}")
        if spec.lasts_for_ever and self.duration_s is not None:
            raise InvalidParameter("duration_s", f"{self.kind} lasts for ever")
        if not spec.counts and self.count is not None:
            raise InvalidParameter(
                "count", f"{self.kind} is what the exchange is, whoever looks; give duration_s"
            )
        if spec.needs_duration and self.duration_s is None:
            raise InvalidParameter("duration_s", f"{self.kind} needs one")

    def _check_targets(self, spec: KindSpec) -> None:
        for name in _TARGETS:
            if getattr(self, name) is not None and name not in spec.targets:
                raise InvalidParameter(name, f"{self.kind} cannot aim at one")
        if spec.needs_symbol and self.symbol is None:
            raise InvalidParameter("symbol", f"{self.kind} needs one")
        if self.kind is FaultKind.STREAM_SILENT and self.symbol is None and self.stream is None:
            raise InvalidParameter("stream", f"{self.kind} needs one, or a symbol")


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Faults and the seed of their draws: the same plan on the same market does the same."""

    seed: int = 0
    faults: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        if len(self.faults) > MAX_FAULTS:
            raise InvalidParameter("faults", f"{len(self.faults)} are more than {MAX_FAULTS}")

    @classmethod
    def parse(cls, text: str | bytes) -> Self:
        """Return the plan of a JSON document; raise InvalidParameter, the fault by its place in the list."""
        try:
            document = json.loads(text)
        except ValueError as error:
            raise InvalidParameter("faults", f"not JSON: {error}") from error
        if not isinstance(document, dict) or not isinstance(document.get("faults"), list):
            raise InvalidParameter("faults", 'must be {"seed": 1, "faults": [...]}')
        strange = document.keys() - {"seed", "faults"}
        if strange:
            raise InvalidParameter(min(strange), "is not part of a plan")
        seed = _whole("seed", document.get("seed", 0))
        return cls(seed or 0, tuple(_numbered(at, item) for at, item in enumerate(document["faults"])))

    def as_json(self) -> dict[str, object]:
        """Return the JSON form: what `parse` takes."""
        return {"seed": self.seed, "faults": [fault.as_json() for fault in self.faults]}


def _numbered(at: int, item: object) -> Fault:
    try:
        return Fault.parse(item)
    except InvalidParameter as error:
        name = str(error.values["parameter"])
        raise InvalidParameter(f"faults[{at}].{name}", error.message.removeprefix(f"{name}: ")) from error


def _kind(value: object) -> FaultKind:
    try:
        return FaultKind(str(value))
    except ValueError:
        raise InvalidParameter("kind", f"{value!r} is not one of {', '.join(FaultKind)}") from None


def _check_number(name: str, value: object, *, low: float, high: float) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not low <= value <= high:  # type: ignore[operator] # a number, and NaN fails the comparison
        raise InvalidParameter(name, f"{value!r} is not a number from {low:g} to {high:g}")


def _text(name: str, value: object) -> str | None:
    if value is None or (isinstance(value, str) and 0 < len(value) <= 100):
        return value
    raise InvalidParameter(name, f"{value!r} is not a text of 1 to 100 characters")


def _whole(name: str, value: object) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise InvalidParameter(name, f"{value!r} is not a whole number")
