"""Does a leg move enough to be tested? One that hardly trades repeats its last close, bar after bar.

A leg that moves a few times, or all but once, is a constant with a step in it. Regressed on it or it on another, the
step looks like a deviation that reverts at once, and p falls to 1e-29 for legs that have nothing to do with each other.
So it does for such a series alone.
"""

from typing import NamedTuple

from quant.analytics.results import Status
from quant.domain import FloatArray
from quant.kernel import jit

LEAST_MOVES = 10
"""Steps other than zero that a leg needs within the window."""

MOST_OF_ONE_STEP = 0.7
"""The share that the largest step may have of the sum of all squared steps."""

_ROUNDING = 4.0 * 2.220446049250313e-16  # of the leg's own level, as for a leg that counts as constant


class Movement(NamedTuple):
    """How a leg moves: its steps, how many of them are not zero, and the largest one's share of all their squares."""

    steps: int
    moves: int
    largest_share: float

    @property
    def zero_share(self) -> float:
        """Return the share of steps that are zero."""
        return 1.0 - self.moves / self.steps if self.steps else 1.0

    @property
    def reason(self) -> str:
        """Return why the leg is stale, without its name; empty where it is not."""
        if self.moves < LEAST_MOVES:
            return (
                f"is stale: {100 * self.zero_share:.1f} % of its {self.steps:,} steps are zero, "
                f"{self.moves} are not and {LEAST_MOVES} are needed"
            )
        if self.largest_share > MOST_OF_ONE_STEP:
            return (
                f"is stale but for one step, which has {100 * self.largest_share:.1f} % of the sum of squared steps: "
                f"at most {100 * MOST_OF_ONE_STEP:.0f} % are allowed"
            )
        return ""


def movement(leg: FloatArray) -> Movement:
    """Return how a leg moves. Without a hole in it; a step within the rounding of its level is none."""
    moves, share = _movement(leg)
    return Movement(max(leg.size - 1, 0), moves, share)


def stale_series(level: FloatArray, name: str = "the series") -> tuple[Status, str]:
    """Return the status of one series by how often it moves, and why it is not OK.

    However large one step is: a series that grows without bound has such a step.
    """
    moved = movement(level)
    return (Status.STALE, f"{name} {moved.reason}") if moved.moves < LEAST_MOVES else (Status.OK, "")


def stale_reason(y: FloatArray, x: FloatArray) -> str:
    """Return why one of two legs is stale, y first; empty where none is."""
    for name, leg in (("y", y), ("x", x)):
        reason = movement(leg).reason
        if reason:
            return f"leg {name} {reason}"
    return ""


@jit
def _movement(leg: FloatArray) -> tuple[int, float]:
    level = 0.0
    for value in leg:
        level = max(level, abs(value))
    least, moves, total, largest = _ROUNDING * level, 0, 0.0, 0.0
    for t in range(1, leg.size):
        step = leg[t] - leg[t - 1]
        if abs(step) > least:
            moves += 1
        square = step * step
        total += square
        largest = max(largest, square)
    return moves, largest / total if total > 0.0 else 1.0
