"""A rule's conditions while they are watched: three truth values, clocks, and sides of a crossing.

A condition is unknown where its metric is. A group of `all` is false as soon as one member is, of `any` true as soon
as one is, whatever the others are; else it is unknown as soon as one is. What is unknown stops clocks where they are:
time that nobody saw counts neither for nor against. A crossing remembers its side, so that one that happened meanwhile
is told by the first observation after it.
"""

from typing import Protocol

from quant.alerts.conditions import Condition, Group, lowest_high
from quant.alerts.gauges import Gauge
from quant.alerts.states import ClauseState
from quant.alerts.timers import Timers
from quant.clock import NS_PER_S

FALSE, TRUE, UNKNOWN = 0, 1, 2


class Owner(Protocol):
    """The rule that clauses belong to."""

    def touch(self) -> None:
        """Have the rule decided at the end of the step."""
        ...

    def mark(self) -> None:
        """Have the rule's state stored."""
        ...


class Node:
    """A group: how many of its members are false, true and unknown."""

    __slots__ = ("_counts", "_deciding", "_other", "_owner", "_parent", "state")

    def __init__(self, group: Group, parent: "Node | None", owner: Owner) -> None:
        self._parent = parent
        self._owner = owner
        self._counts = [0, 0, len(group.members)]
        self._deciding, self._other = (FALSE, TRUE) if group.kind == "all" else (TRUE, FALSE)
        self.state = UNKNOWN

    def member_changed(self, was: int, now: int) -> None:
        counts = self._counts
        counts[was] -= 1
        counts[now] += 1
        undecided = UNKNOWN if counts[UNKNOWN] else self._other
        state = self._deciding if counts[self._deciding] else undecided
        if state != self.state:
            was, self.state = self.state, state
            if self._parent is None:
                self._owner.touch()
            else:
                self._parent.member_changed(was, state)


class Clause:
    """One condition of a rule that is watched."""

    __slots__ = (
        "_bar_time",
        "_before",
        "_elapsed",
        "_for_ns",
        "_is_crossing",
        "_is_rising",
        "_is_scheduled",
        "_owner",
        "_parent",
        "_raw",
        "_side",
        "_since",
        "_timers",
        "condition",
        "gauge",
        "pointer",
        "state",
        "threshold",
    )

    def __init__(
        self, condition: Condition, *, pointer: str, gauge: Gauge, parent: Node, owner: Owner, timers: Timers
    ) -> None:
        self.condition = condition
        self.pointer = pointer
        self.gauge = gauge
        self.state = UNKNOWN
        self.threshold = lowest_high(condition.op, condition.value)
        self._parent = parent
        self._owner = owner
        self._timers = timers
        self._is_rising = condition.op.is_rising
        self._is_crossing = condition.op.is_crossing
        self._for_ns = round(condition.for_s * NS_PER_S)
        self._raw = UNKNOWN  # whether it holds now, whatever `for_s` says
        self._side: bool | None = None
        self._before: bool | None = None
        self._bar_time: int | None = None
        self._since = 0
        self._elapsed = 0
        self._is_scheduled = False

    # --- what the gauge tells ---

    def turn(self, high: bool, time: int) -> bool:  # noqa: FBT001  as in Watch
        if self._is_crossing:
            self._side = high
            self._cross(time)
            return True
        self._set_raw(TRUE if high == self._is_rising else FALSE, time)
        return False

    def settle(self, time: int) -> None:
        self._before = self._side
        self._cross(time)

    def lose(self, time: int) -> None:
        self._bar_time = self.gauge.bar_time
        self._set_raw(UNKNOWN, time)

    def regain(self, high: bool, time: int) -> bool:  # noqa: FBT001  as in Watch
        if not self._is_crossing:
            return self.turn(high, time)
        bar_time = self.gauge.bar_time
        if bar_time is None or bar_time != self._bar_time:
            self._before = self._side
        self._side = high
        self._cross(time)
        return True

    def _cross(self, time: int) -> None:
        self._owner.mark()
        if self._before is None:
            self._set_raw(UNKNOWN, time)
        else:
            crossed = self._side != self._before and self._side == self._is_rising
            self._set_raw(TRUE if crossed else FALSE, time)

    # --- the clock of `for_s` ---

    def _set_raw(self, raw: int, time: int) -> None:
        was = self._raw
        if raw == was:
            return
        self._raw = raw
        if not self._for_ns:
            self._set_state(raw)
            return
        self._owner.mark()
        if was == TRUE:
            self._elapsed = time - self._since
        if raw == TRUE:
            self._since = time - self._elapsed
            if self._elapsed >= self._for_ns:
                self._set_state(TRUE)
            else:
                self._set_state(FALSE)
                self._schedule()
        else:
            if raw == FALSE:
                self._elapsed = 0
            self._set_state(raw)

    def _schedule(self) -> None:
        """Keep one timer at most: what it comes due for can only move to later."""
        if not self._is_scheduled:
            self._is_scheduled = True
            self._timers.add(self._since + self._for_ns, self)

    def ring(self, time: int) -> None:
        self._is_scheduled = False
        if self._raw == TRUE and self.state != TRUE:
            if time - self._since >= self._for_ns:
                self._set_state(TRUE)
            else:
                self._schedule()

    def _set_state(self, state: int) -> None:
        was = self.state
        if state != was:
            self.state = state
            self._parent.member_changed(was, state)

    # --- what others ask ---

    @property
    def is_waiting(self) -> bool:
        """Tell whether it holds, but not yet for long enough."""
        return self._raw == TRUE and self.state != TRUE

    @property
    def held_since(self) -> int | None:
        """Return since when it holds, where a clock runs."""
        return self._since if self._for_ns and self._raw == TRUE else None

    @property
    def unknown_because(self) -> str:
        """Return why its truth is not known, empty where it is."""
        if self._raw != UNKNOWN:
            return ""
        reading, key = self.gauge.reading, self.condition.key
        if reading is None:
            return f"{key}: nothing observed yet"
        if self.gauge.is_known:
            return f"{key}: a crossing needs a value before it"
        return f"{key}: {reading.suspended or 'it cannot be computed'}"

    def saved(self) -> ClauseState:
        """Return what a restart needs to know."""
        if self._is_crossing:
            bar_time = self.gauge.bar_time if self.gauge.is_known else self._bar_time
            return ClauseState(self._side, self._before, bar_time)
        if self._for_ns and self._raw == TRUE:
            return ClauseState(since=self._since)
        return ClauseState(elapsed=self._elapsed)

    def restore(self, saved: ClauseState, *, as_of: int) -> None:
        """Begin where another process stopped at `as_of`; called before the gauge knows of it."""
        self._side, self._before, self._bar_time = saved.side, saved.before, saved.bar_time
        held = saved.elapsed if saved.since is None else as_of - saved.since
        self._elapsed = max(0, held)


class Rearm:
    """Watches whether the first condition would hold with the re-arm threshold in the place of its value."""

    __slots__ = ("_is_rising", "_owner", "gauge", "is_passed", "threshold")

    def __init__(self, lead: Condition, rearm: float, *, gauge: Gauge, owner: Owner) -> None:
        self.gauge = gauge
        self.threshold = lowest_high(lead.op, rearm)
        self.is_passed = False
        self._is_rising = lead.op.is_rising
        self._owner = owner

    def turn(self, high: bool, time: int) -> bool:  # noqa: ARG002, FBT001  as in Watch
        self.is_passed = high != self._is_rising
        self._owner.touch()
        return False

    def settle(self, time: int) -> None: ...

    def lose(self, time: int) -> None:  # noqa: ARG002  as in Watch
        self.is_passed = False

    def regain(self, high: bool, time: int) -> bool:  # noqa: FBT001  as in Watch
        return self.turn(high, time)
