"""Rules over a stream of readings: what fires and what ends, at each moment of market time.

A reading touches only the conditions whose truth it changes (`gauges`), a rule is decided only when it was touched or
a clock came due. What happens depends on readings and their times alone: moments between two steps at which a clock
comes due are taken one by one, so that it makes no difference how often `step` is called without readings.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from quant.alerts.events import AlertEvent, Ending, EndReason, Evidence
from quant.alerts.held import HeldRule, RuleStanding, Surroundings
from quant.alerts.metrics import MetricKey
from quant.alerts.readings import Reading
from quant.alerts.rules import Rule
from quant.alerts.states import RuleState


@dataclass(frozen=True, slots=True)
class Step:
    """What a step brought, by time, then rule id: store it, with the states of `changed`, before anybody is told."""

    events: tuple[AlertEvent, ...]
    endings: tuple[Ending, ...]
    changed: frozenset[str]
    """The rules whose state a restart needs to know anew."""


@dataclass(frozen=True, slots=True)
class RuleStatus:
    """Where a rule stands; `event_id` is that of its event that lasts."""

    standing: RuleStanding
    reason: str
    event_id: str | None
    fired_at: int | None
    evidence: tuple[Evidence, ...]


class Evaluator:
    """The rules of one market and where they stand. It has no clock: time is what `step` says."""

    def __init__(self, market: str) -> None:
        self._around = Surroundings(market)
        self._rules: dict[str, HeldRule] = {}
        self._time = 0

    @property
    def time(self) -> int:
        """Return the market time (ns) of the last step; the next has to be later."""
        return self._time

    @property
    def next_due(self) -> int | None:
        """Return the next boundary at which something may happen without a reading."""
        return self._around.timers.next_due

    def keys(self) -> Set[MetricKey]:
        """Return what is watched: these are to be observed, all of them at the first step after a change."""
        return self._around.gauges.keys()

    # --- rules ---

    def restore(
        self,
        rules: Iterable[tuple[str, int, Rule]],
        states: Mapping[str, RuleState],
        *,
        as_of: int,
    ) -> tuple[Ending, ...]:
        """Take rules (id, revision, rule) as another process left them at `as_of`; only for a new evaluator.

        Until a metric is observed again it is unknown, and rules that rest on it are suspended. Returns the endings of
        events whose rules were changed meanwhile.
        """
        self._time = as_of
        endings: list[Ending | None] = []
        for rule_id, revision, rule in rules:
            held = HeldRule(rule_id, revision=revision, rule=rule, around=self._around)
            self._rules[rule_id] = held
            endings.append(self._resume(held, states.get(rule_id)))
        for rule_id in sorted(states.keys() - self._rules.keys()):
            lasting = states[rule_id].event_id
            endings.append(None if lasting is None else Ending(lasting, rule_id, as_of, "deleted"))
        return tuple(ending for ending in endings if ending is not None)

    def _resume(self, held: HeldRule, saved: RuleState | None) -> Ending | None:
        ending = None
        is_same = saved is not None and saved.question == held.rule.question
        if saved is not None:
            held.event_id, held.fired_at = saved.event_id, saved.fired_at
            held.is_spent = is_same and saved.is_spent and held.rule.once
            if not (is_same and held.rule.enabled):
                ending = held.ended(self._time, "edited" if held.rule.enabled else "disabled")
        if held.rule.enabled and not (held.is_spent and held.event_id is None):
            held.watch(self._time, saved=saved if is_same else None, as_of=self._time)
            self._wake(held)
        if saved is not None and any(clause.since is not None for clause in saved.clauses):
            held.mark()  # its clocks stand still now: a second restart must not count on to its own moment
        return ending

    def put(self, rule_id: str, revision: int, rule: Rule) -> tuple[Ending, ...]:
        """Add a rule or change it; returns the ending of an event that the change cut short.

        What was asked before goes on as it stands: clocks, the event that lasts, the cool-down. A new question, and
        enabling, begin anew except for the cool-down. Nothing fires before the next boundary.
        """
        held = self._rules.get(rule_id)
        if held is None:
            held = self._rules[rule_id] = HeldRule(rule_id, revision=revision, rule=rule, around=self._around)
            ending = None
        else:
            ending = self._change(held, revision, rule)
        held.is_expired = False
        if rule.enabled and not held.is_watched and not held.is_spent:
            held.watch(self._time)
        self._wake(held)
        held.mark()
        self._prune()
        return () if ending is None else (ending,)

    def _change(self, held: HeldRule, revision: int, rule: Rule) -> Ending | None:
        ending, before = None, held.rule
        is_new = rule.question != before.question
        if is_new or not rule.enabled or not before.enabled or not rule.once:
            held.is_spent = False
        if is_new or not rule.enabled:
            ending = held.retire(self._time, "edited" if rule.enabled else "disabled")
        held.revision, held.rule = revision, rule
        return ending

    def remove(self, rule_id: str) -> tuple[Ending, ...]:
        """Forget a rule; returns the ending of its event, if one lasts. Unknown ids are as good as removed."""
        held = self._rules.pop(rule_id, None)
        if held is None:
            return ()
        ending = held.retire(self._time, "deleted")
        self._around.changed.discard(rule_id)
        self._prune()
        return () if ending is None else (ending,)

    def _wake(self, held: HeldRule) -> None:
        """Have the rule decided at the next boundary, and when it expires."""
        self._around.timers.add(self._time + 1, held)
        if held.rule.expires_at is not None:
            self._around.timers.add(held.rule.expires_at, held)

    def _prune(self) -> None:
        gauges = self._around.gauges
        for key in self._around.idle:
            if key in gauges and not len(gauges[key]):
                del gauges[key]
        self._around.idle.clear()

    # --- time ---

    def step(self, time: int, readings: Mapping[MetricKey, Reading]) -> Step:
        """Go on to `time` (ns, later than before) and take what is observed there; keys left out stay as they were.

        All that belongs to one moment goes into one step. Call it at every close of bars, and at boundaries of 100 ms
        where something that is live has changed; calling it more often changes nothing.
        """
        if time <= self._time:
            raise ValueError(f"a step at {time} after one at {self._time}")
        around, happened = self._around, list[AlertEvent | Ending]()
        while (due := around.timers.next_due) is not None and due < time:
            self._time = max(due, self._time)
            self._ring(self._time, happened)
        self._time = time
        gauges = around.gauges
        for key, reading in readings.items():
            gauge = gauges.get(key)
            if gauge is not None:
                gauge.observe(reading, time)
        self._ring(time, happened)
        if around.idle:
            self._prune()
        changed = frozenset(around.changed)
        around.changed.clear()
        return Step(
            tuple(each for each in happened if isinstance(each, AlertEvent)),
            tuple(each for each in happened if isinstance(each, Ending)),
            changed,
        )

    def recall(self, readings: Mapping[MetricKey, Reading]) -> None:
        """Take what was observed at the time at which another process stopped: clocks go on from there.

        Nothing is decided before the next step.
        """
        for key, reading in readings.items():
            gauge = self._around.gauges.get(key)
            if gauge is not None:
                gauge.observe(reading, self._time)

    def _ring(self, time: int, happened: list[AlertEvent | Ending]) -> None:
        around = self._around
        for target in around.timers.due(time):
            target.ring(time)
        touched, around.touched = around.touched, set()
        for held in sorted(touched, key=_rule_id) if len(touched) > 1 else touched:
            outcome = held.decide(time)
            if outcome is not None:
                happened.append(outcome)

    # --- what others ask ---

    def states(self, rule_ids: Iterable[str] | None = None) -> dict[str, RuleState]:
        """Return what a restart needs to know of these rules, or of all."""
        wanted = self._rules.keys() if rule_ids is None else rule_ids
        return {each: self._rules[each].saved() for each in wanted if each in self._rules}

    def standing(self, rule_id: str) -> tuple[RuleStanding, str]:
        """Return in a word where a rule stands, with the reason where there is one; raises KeyError."""
        return self._rules[rule_id].standing(self._time)

    def status(self, rule_id: str) -> RuleStatus:
        """Return where a rule stands; raises KeyError for one that is not there."""
        held = self._rules[rule_id]
        standing, reason = self.standing(rule_id)
        return RuleStatus(standing, reason, held.event_id, held.fired_at, held.evidence())


def _rule_id(held: HeldRule) -> str:
    return held.id


__all__ = ["EndReason", "Evaluator", "RuleStatus", "Step"]
