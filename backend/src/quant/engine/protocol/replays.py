"""A recording: where it is, and where it shall go."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReplayView:
    """How a recording is being played: from `begin` to `end`, now at `position`, on its way to `seeking_to`."""

    market: str
    as_of: int | None
    begin: int
    end: int
    position: int
    seeking_to: int | None
    speed: float
    paused: bool
    finished: bool


@dataclass(frozen=True, slots=True)
class ReplayOrder:
    """What to change of it; None leaves it as it is. `position` is in ns."""

    position: int | None = None
    speed: float | None = None
    paused: bool | None = None
