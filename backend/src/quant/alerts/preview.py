"""What a rule would have done: the evaluator itself over rows of readings, and what the spread did afterwards."""

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import msgspec

from quant.alerts.conditions import conditions
from quant.alerts.evaluator import Evaluator
from quant.alerts.events import AlertEvent, Ending
from quant.alerts.metrics import Metric, MetricKey
from quant.alerts.preview_series import PreviewSeries, SeriesBook
from quant.alerts.readings import Reading
from quant.alerts.rules import Rule
from quant.clock import NS_PER_S

HORIZONS = (1, 5, 15, 60)
MAX_FIRINGS = 1000

PREVIEWED = "preview"

Rows = Iterable[tuple[int, Mapping[MetricKey, Reading]]]


@dataclass(frozen=True, slots=True)
class Firing:
    """One firing. What lasts at the end of the rows has no end. `after` has the followed value by horizon."""

    event: AlertEvent
    ended_at: int | None
    duration_s: float | None
    at: float | None
    after: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What the followed metric was so many bars after the firings that have that many; NaN where none has.

    `reverted` is the share of them in which it was nearer to zero than at the firing.
    """

    bars: int
    count: int
    mean: float
    median: float
    reverted: float


@dataclass(frozen=True, slots=True)
class Preview:
    """When a rule would have fired, between the first row and the last (ns). `firings` are the first `MAX_FIRINGS`.

    `suspended_s` counts the time in which the rule was suspended, `suspended_because` is the last reason for it.
    """

    start: int | None
    end: int | None
    rows: int
    count: int
    firings: tuple[Firing, ...]
    firing_s: float
    suspended_s: float
    suspended_because: str
    followed: MetricKey | None
    afterwards: tuple[Afterwards, ...]
    series: PreviewSeries


def followed_by(rule: Rule) -> MetricKey | None:
    """Return the metric that is followed after a firing: the z-score at closes of the rule's first one, if any."""
    for _, condition in conditions(rule.when):
        if condition.key.metric is Metric.ZSCORE:
            return msgspec.structs.replace(condition.key, live=False)
    return None


def preview(
    rule: Rule,
    rows: Rows,
    *,
    market: str,
    rule_id: str = PREVIEWED,
    revision: int = 1,
    followed: MetricKey | None = None,
    horizons: tuple[int, ...] = HORIZONS,
) -> Preview:
    """Return what the rule would have done over rows of (time, readings), times rising.

    The rows hold the readings that live evaluation would have had: all conditions' metrics, each where it is new. With
    the rule's own id and revision the events are those of live evaluation, ids included. `followed`, usually
    `followed_by(rule)`, has to be among the readings to say what it was so many bars later.
    """
    watch = _Watch(rule, market=market, rule_id=rule_id, revision=revision, followed=followed)
    for time, readings in rows:
        watch.take(time, readings)
    return watch.summary(horizons)


class _Watch:
    """A preview under way."""

    def __init__(
        self, rule: Rule, *, market: str, rule_id: str, revision: int, followed: MetricKey | None
    ) -> None:
        self._evaluator = Evaluator(market)
        self._evaluator.put(
            rule_id, revision, replace(rule, enabled=True)
        )  # a draft is often not enabled yet
        self._rule_id = rule_id
        self._lead = rule.lead.key
        self._book = SeriesBook(self._lead, rule.lead.value)
        self._followed = followed
        self._values: list[float] = []  # of the followed metric, by bar
        self._bar_time: int | None = None
        self._events: list[tuple[AlertEvent, int, float]] = []  # with the last bar's number and value then
        self._ends: dict[str, Ending] = {}
        self._start: int | None = None
        self._end: int | None = None
        self._rows = 0
        self._suspended_ns = 0
        self._suspended_because = ""
        self._is_suspended = False

    def take(self, time: int, readings: Mapping[MetricKey, Reading]) -> None:
        if self._end is not None and self._is_suspended:
            self._suspended_ns += time - self._end
        step = self._evaluator.step(time, readings)
        self._note([event for event in step.events if event.time < time])
        lead = readings.get(self._lead)
        if lead is not None:
            is_usable = not lead.suspended and math.isfinite(lead.value)
            self._book.take(time, lead, is_usable=is_usable)
        self._follow(readings)
        self._note([event for event in step.events if event.time == time])
        self._ends.update({ending.event_id: ending for ending in step.endings})
        standing, reason = self._evaluator.standing(self._rule_id)
        self._is_suspended = standing == "suspended"
        if self._is_suspended:
            self._suspended_because = reason
        self._start = time if self._start is None else self._start
        self._end = time
        self._rows += 1

    def _note(self, events: list[AlertEvent]) -> None:
        bar = len(self._values) - 1
        self._events += [(event, bar, self._value(bar)) for event in events]

    def _follow(self, readings: Mapping[MetricKey, Reading]) -> None:
        reading = None if self._followed is None else readings.get(self._followed)
        if reading is None:
            return
        value = math.nan if reading.suspended else reading.value
        if self._values and reading.bar_time is not None and reading.bar_time == self._bar_time:
            self._values[-1] = value
        else:
            self._values.append(value)
        self._bar_time = reading.bar_time

    def summary(self, horizons: tuple[int, ...]) -> Preview:
        lasted = [self._lasted(event) for event, _, _ in self._events]
        return Preview(
            start=self._start,
            end=self._end,
            rows=self._rows,
            count=len(self._events),
            firings=tuple(self._firing(*each, horizons) for each in self._events[:MAX_FIRINGS]),
            firing_s=sum(lasted) / NS_PER_S,
            suspended_s=self._suspended_ns / NS_PER_S,
            suspended_because=self._suspended_because,
            followed=self._followed,
            afterwards=tuple(self._afterwards(bars) for bars in horizons) if self._followed else (),
            series=self._book.series(),
        )

    def _lasted(self, event: AlertEvent) -> int:
        ending = self._ends.get(event.id)
        until = self._end if ending is None else ending.time
        return 0 if until is None else until - event.time

    def _firing(self, event: AlertEvent, bar: int, at: float, horizons: tuple[int, ...]) -> Firing:
        ending = self._ends.get(event.id)
        return Firing(
            event=event,
            ended_at=None if ending is None else ending.time,
            duration_s=None if ending is None else (ending.time - event.time) / NS_PER_S,
            at=_known(at),
            after=tuple(_known(self._value(bar + bars)) for bars in horizons) if self._followed else (),
        )

    def _value(self, bar: int) -> float:
        return self._values[bar] if 0 <= bar < len(self._values) else math.nan

    def _afterwards(self, bars: int) -> Afterwards:
        both = [(at, self._value(bar + bars)) for _, bar, at in self._events if bar >= 0]
        both = [(at, after) for at, after in both if math.isfinite(at) and math.isfinite(after)]
        if not both:
            return Afterwards(bars, 0, math.nan, math.nan, math.nan)
        later = [after for _, after in both]
        nearer = sum(abs(after) < abs(at) for at, after in both)
        return Afterwards(
            bars, len(both), statistics.fmean(later), statistics.median(later), nearer / len(both)
        )


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
