"""An evaluator as slow and plain as it gets: every rule, every condition, at every boundary of 100 ms.

It shares with the real one the rules and readings, and no code that decides anything.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from quant.alerts.conditions import Condition, Group, Op
from quant.alerts.metrics import MetricKey
from quant.alerts.readings import Reading
from quant.alerts.rules import Rule

GRID = 100_000_000
COMPARE = {
    Op.GT: lambda v, t: v > t,
    Op.LT: lambda v, t: v < t,
    Op.GE: lambda v, t: v >= t,
    Op.LE: lambda v, t: v <= t,
    Op.CROSSES_ABOVE: lambda v, t: v > t,
    Op.CROSSES_BELOW: lambda v, t: v < t,
}

Told = tuple[str, str, int, str]  # rule, "fired" or why it ended, when, values at the firing or nothing


@dataclass
class Memory:
    """What one condition has seen of its metric."""

    condition: Condition
    now: float | None = None
    last: Reading | None = None  # that could be used
    before: float | None = None  # the value of the bar, or observation, before the last
    elapsed: int = 0
    was_true: bool = False  # at the moment before
    is_same_process: bool = True  # that saw the last one

    def observe(self, reading: Reading) -> None:
        bar = self.last.bar_time if self.last is not None and self.is_same_process else None
        if bar is not None and reading.bar_time is not None and reading.bar_time < bar:
            return
        if reading.suspended or not math.isfinite(reading.value):
            self.now = None
            return
        if self.last is not None:
            if reading.bar_time is None:
                is_new = self.now is None or reading.value != self.last.value
            else:
                is_new = reading.bar_time != self.last.bar_time
            if is_new:
                self.before = self.last.value
        self.last, self.now, self.is_same_process = reading, reading.value, True

    def holds_now(self) -> bool | None:
        op, value = self.condition.op, self.condition.value
        if self.now is None:
            return None
        if op in (Op.CROSSES_ABOVE, Op.CROSSES_BELOW):
            if self.before is None:
                return None
            was = self.before <= value if op is Op.CROSSES_ABOVE else self.before >= value
            return was and COMPARE[op](self.now, value)
        return COMPARE[op](self.now, value)

    def holds(self, passed: int) -> bool | None:
        """Return its truth at a moment, `passed` after the one before; call it once a moment."""
        raw = self.holds_now()
        if self.was_true:
            self.elapsed += passed
        if raw is False:
            self.elapsed = 0
        self.was_true = raw is True
        if raw is True:
            return self.elapsed >= round(self.condition.for_s * 1e9)
        return raw


@dataclass
class NaiveRule:
    rule: Rule
    revision: int
    lasts: bool = False
    fired_at: int | None = None
    is_spent: bool = False
    is_watched: bool = False
    memories: list[Memory] = field(default_factory=list)

    def watch(self, standing: Mapping[MetricKey, Reading]) -> None:
        self.is_watched = True
        self.memories = [Memory(condition) for condition in _conditions(self.rule.when)]
        for memory in self.memories:
            if memory.condition.key in standing:
                memory.observe(standing[memory.condition.key])
            memory.was_true = memory.holds_now() is True  # its clock runs from now on

    def truth(self, passed: int) -> bool | None:
        held = iter([memory.holds(passed) for memory in self.memories])

        def of(member: Condition | Group) -> bool | None:
            if isinstance(member, Condition):
                return next(held)
            truths = [of(each) for each in member.members]
            if member.kind == "all":
                return False if False in truths else None if None in truths else True
            return True if True in truths else None if None in truths else False

        return of(self.rule.when)

    def has_rearmed(self) -> bool:
        lead = self.memories[0]
        if self.rule.rearm is None:
            return True
        return lead.now is not None and not COMPARE[lead.condition.op](lead.now, self.rule.rearm)


def _conditions(group: Group) -> Iterator[Condition]:
    for member in group.members:
        if isinstance(member, Condition):
            yield member
        else:
            yield from _conditions(member)


@dataclass
class Naive:
    rules: dict[str, NaiveRule] = field(default_factory=dict)
    time: int = 0
    standing: dict[MetricKey, Reading] = field(default_factory=dict)

    def step(self, time: int, readings: Mapping[MetricKey, Reading]) -> list[Told]:
        told: list[Told] = []
        while self.time + GRID < time:
            self._moment(self.time + GRID, {}, told)
        self._moment(time, readings, told)
        return told

    def _moment(self, time: int, readings: Mapping[MetricKey, Reading], told: list[Told]) -> None:
        passed, self.time = time - self.time, time
        for key, reading in readings.items():
            probe = Memory(Condition(key, Op.GT, 0.0))
            if key in self.standing:
                probe.observe(self.standing[key])
            held = probe.last
            if held is None or reading.bar_time is None or (held.bar_time or 0) <= reading.bar_time:
                self.standing[key] = reading
        for rule_id in sorted(self.rules):
            self._decide(rule_id, self.rules[rule_id], passed, readings, told)
        self._forget()

    def _forget(self) -> None:
        """Forget what nobody watches."""
        watched = {
            memory.condition.key
            for held in self.rules.values()
            if held.is_watched
            for memory in held.memories
        }
        self.standing = {key: reading for key, reading in self.standing.items() if key in watched}

    def _decide(
        self, name: str, held: NaiveRule, passed: int, readings: Mapping[MetricKey, Reading], told: list[Told]
    ) -> None:
        if not held.is_watched:
            return
        for memory in held.memories:
            if memory.condition.key in readings:
                memory.observe(readings[memory.condition.key])
        truth = held.truth(passed)
        if held.rule.expires_at is not None and self.time >= held.rule.expires_at:
            held.is_watched = False
            told += self._end(name, "expired")
        elif held.lasts:
            if truth is False and held.has_rearmed():
                held.is_watched = not held.is_spent
                told += self._end(name, "cleared")
        elif truth is True and (
            held.fired_at is None or self.time >= held.fired_at + round(held.rule.cooldown_s * 1e9)
        ):
            held.lasts, held.fired_at, held.is_spent = True, self.time, held.rule.once
            told.append((name, "fired", self.time, str([memory.now for memory in held.memories])))

    def _end(self, name: str, reason: str) -> list[Told]:
        lasted, self.rules[name].lasts = self.rules[name].lasts, False
        return [(name, reason, self.time, "")] if lasted else []

    def put(self, name: str, revision: int, rule: Rule) -> list[Told]:
        told: list[Told] = []
        if name not in self.rules:
            self.rules[name] = NaiveRule(rule, revision)
        held = self.rules[name]
        is_other = (rule.when, rule.rearm) != (held.rule.when, held.rule.rearm)
        if is_other or not (rule.enabled and held.rule.enabled and rule.once):
            held.is_spent = False
        if is_other or not rule.enabled:
            held.is_watched = False
            told = self._end(name, "edited" if rule.enabled else "disabled")
        held.rule, held.revision = rule, revision
        if rule.enabled and not held.is_watched and not held.is_spent:
            held.watch(self.standing)
        self._forget()
        return told

    def remove(self, name: str) -> list[Told]:
        told = self._end(name, "deleted")
        del self.rules[name]
        self._forget()
        return told

    def copy(self) -> "Naive":
        """Return one that goes its own way from here."""
        rules = {
            name: replace(held, memories=[replace(memory) for memory in held.memories])
            for name, held in self.rules.items()
        }
        return Naive(rules, self.time, dict(self.standing))

    def restart(self) -> None:
        """Nothing is known any more, until it is observed anew."""
        self.standing.clear()
        for held in self.rules.values():
            for memory in held.memories:
                memory.now, memory.was_true, memory.is_same_process = None, False, False
