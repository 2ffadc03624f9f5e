"""One rule while it is watched: fires, ends, cools down."""

from typing import Literal

from quant.alerts.clauses import FALSE, TRUE, UNKNOWN, Clause, Node, Rearm
from quant.alerts.conditions import Condition, Group
from quant.alerts.events import (
    AlertEvent,
    Ending,
    EndReason,
    Evidence,
    event_id,
    evidence_of,
    reason_of,
)
from quant.alerts.gauges import Gauge
from quant.alerts.metrics import MetricKey
from quant.alerts.rules import Rule
from quant.alerts.states import ClauseState, RuleState
from quant.alerts.timers import Timers
from quant.clock import NS_PER_S

RuleStanding = Literal["armed", "waiting", "cooling", "firing", "suspended", "spent", "expired", "disabled"]


class Surroundings:
    """What all rules of an evaluator share."""

    def __init__(self, market: str) -> None:
        self.market = market
        self.gauges: dict[MetricKey, Gauge] = {}
        self.timers = Timers()
        self.touched: set[HeldRule] = set()
        self.changed: set[str] = set()
        self.idle: set[MetricKey] = set()  # nobody watches them, unless somebody does again meanwhile

    def gauge(self, key: MetricKey) -> Gauge:
        found = self.gauges.get(key)
        if found is None:
            found = self.gauges[key] = Gauge(key)
        return found


class HeldRule:
    """A rule, its conditions' place at the gauges, and what has become of it.

    It is watched unless it is disabled, expired or spent. Its event lasts from the firing until it re-arms.
    """

    def __init__(self, rule_id: str, *, revision: int, rule: Rule, around: Surroundings) -> None:
        self.id = rule_id
        self.revision = revision
        self.rule = rule
        self.event_id: str | None = None
        self.fired_at: int | None = None
        self.is_spent = False
        self.is_expired = False
        self.is_watched = False
        self._around = around
        self._is_cooling = False  # a timer for the end of the cool-down is set
        self._root: Node | None = None
        self._clauses: list[Clause] = []
        self._rearm: Rearm | None = None

    # --- being watched ---

    def watch(self, time: int, *, saved: RuleState | None = None, as_of: int = 0) -> None:
        """Take place at the gauges; with a saved state, go on from there."""
        self.is_watched, self._clauses = True, []
        self._root = self._plant(self.rule.when, None, "/when")
        clauses = saved.clauses if saved is not None else ()
        for clause, was in zip(
            self._clauses, clauses, strict=False
        ):  # none are saved of a rule unwatched then
            clause.restore(was, as_of=as_of)
        lead = self._clauses[0]
        if self.rule.rearm is not None:
            self._rearm = Rearm(lead.condition, self.rule.rearm, gauge=lead.gauge, owner=self)
            self._rearm.gauge.add(self._rearm, time)
        for clause in self._clauses:
            clause.gauge.add(clause, time)

    def _plant(self, group: Group, parent: Node | None, pointer: str) -> Node:
        node = Node(group, parent, self)
        for number, member in enumerate(group.members):
            at = f"{pointer}/{group.kind}/{number}"
            match member:
                case Group():
                    self._plant(member, node, at)
                case Condition():
                    gauge = self._around.gauge(member.key)
                    timers = self._around.timers
                    self._clauses.append(
                        Clause(member, pointer=at, gauge=gauge, parent=node, owner=self, timers=timers)
                    )
        return node

    def unwatch(self) -> None:
        """Leave the gauges; conditions begin anew the next time."""
        if not self.is_watched:
            return
        self.is_watched = False
        watches: list[Clause | Rearm] = [*self._clauses]
        if self._rearm is not None:
            watches.append(self._rearm)
        for watch in watches:
            watch.gauge.remove(watch)
            if not len(watch.gauge):
                self._around.idle.add(watch.gauge.key)
        self._clauses, self._root, self._rearm = [], None, None

    def touch(self) -> None:
        self._around.touched.add(self)

    def mark(self) -> None:
        self._around.changed.add(self.id)

    def ring(self, time: int) -> None:  # noqa: ARG002  as in Target
        self._is_cooling = False
        self.touch()

    # --- deciding ---

    def decide(self, time: int) -> AlertEvent | Ending | None:
        """Return what has become of the rule by the end of a step."""
        if not self.is_watched or self._root is None:
            return None
        expires_at = self.rule.expires_at
        if expires_at is not None and time >= expires_at:
            return self.retire(time, "expired")
        if self.event_id is not None:
            if self._root.state == FALSE and (self._rearm is None or self._rearm.is_passed):
                return self._end(time)
            return None
        if self._root.state == TRUE:
            ready_at = self._ready_at()
            if time >= ready_at:
                return self._fire(time)
            if not self._is_cooling:
                self._is_cooling = True
                self._around.timers.add(ready_at, self)
        return None

    def _ready_at(self) -> int:
        return 0 if self.fired_at is None else self.fired_at + round(self.rule.cooldown_s * NS_PER_S)

    def _fire(self, time: int) -> AlertEvent:
        evidence = self.evidence()
        market, revision = self._around.market, self.revision
        identity = event_id(market=market, rule_id=self.id, rule_revision=revision, time=time)
        self.event_id, self.fired_at, self.is_spent = identity, time, self.rule.once
        self.mark()
        return AlertEvent(identity, market, self.id, revision, self.rule, time, reason_of(evidence), evidence)

    def _end(self, time: int) -> Ending | None:
        if self.is_spent:
            return self.retire(time, "cleared")
        return self.ended(time, "cleared")

    def ended(self, time: int, reason: EndReason) -> Ending | None:
        """End the event that lasts, if there is one."""
        if self.event_id is None:
            return None
        ending = Ending(self.event_id, self.id, time, reason)
        self.event_id = None
        self.mark()
        return ending

    def retire(self, time: int, reason: EndReason) -> Ending | None:
        """Stop to watch it, and end its event."""
        self.is_expired = self.is_expired or reason == "expired"
        self.unwatch()
        self.mark()
        return self.ended(time, reason)

    # --- what others ask ---

    def standing(self, time: int) -> tuple[RuleStanding, str]:
        """Return in one word where it stands, and the reason where there is one."""
        if self.event_id is not None:
            return "firing", self._unknowns() if self._is_unknown() else ""
        if not self.rule.enabled:
            return "disabled", ""
        if self.is_expired:
            return "expired", ""
        if self.is_spent:
            return "spent", "it has fired, once"
        if self._is_unknown():
            return "suspended", self._unknowns()
        if self._root is not None and self._root.state == TRUE:
            return "cooling", f"{_left((self._ready_at() - time) / NS_PER_S)} of its cool-down are left"
        if any(clause.is_waiting for clause in self._clauses):
            return "waiting", "a condition has not held for long enough"
        return "armed", ""

    def _is_unknown(self) -> bool:
        return self._root is not None and self._root.state == UNKNOWN

    def _unknowns(self) -> str:
        reasons = [clause.unknown_because for clause in self._clauses]
        return "; ".join(dict.fromkeys(reason for reason in reasons if reason))

    def evidence(self) -> tuple[Evidence, ...]:
        """Return how its conditions stand; none of a rule that is not watched."""
        return tuple(evidence_of(clause) for clause in self._clauses)

    def saved(self) -> RuleState:
        """Return what a restart needs to know."""
        clauses = tuple(clause.saved() for clause in self._clauses)
        if all(each == ClauseState() for each in clauses):
            clauses = ()
        return RuleState(self.rule.question, self.event_id, self.fired_at, self.is_spent, clauses)


def _left(seconds: float) -> str:
    """Return a time in the unit that one reads it in, in whole ones."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
