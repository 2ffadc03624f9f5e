"""The evaluator: single behaviours by example, all of them together against one that is slow and plain."""

import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.naive import GRID, Naive, Told
from alerts.rule_documents import PRICE, Z, rule
from quant.alerts.conditions import Condition, Group, Op
from quant.alerts.evaluator import Evaluator, Step
from quant.alerts.events import AlertEvent, Ending
from quant.alerts.metrics import Metric, MetricKey
from quant.alerts.readings import Reading
from quant.alerts.rules import Rule
from quant.alerts.states import RuleState, decode_state, encode_state
from quant.clock import NS_PER_S
from quant.domain import HedgeMethod, Pair, Scale

START = 1_000 * NS_PER_S
MINUTE = 60 * NS_PER_S
P = MetricKey(Metric.PRICE, symbol="BTCUSDT", live=True)
ZK = MetricKey(Metric.ZSCORE, None, Pair("BTCUSDT", "ETHUSDT"), "1m", 60, HedgeMethod.OLS, Scale.LEVEL)
ZL = MetricKey(
    Metric.ZSCORE, None, Pair("BTCUSDT", "ETHUSDT"), "1m", 60, HedgeMethod.OLS, Scale.LEVEL, live=True
)
CK = MetricKey(Metric.CORRELATION, None, Pair("BTCUSDT", "ETHUSDT"), "1m", 60, HedgeMethod.OLS, Scale.LEVEL)
CORRELATION = {**Z, "metric": "correlation", "value": 0.8}


def told(step: Step | Iterable[Ending]) -> list[Told]:
    """Return what a step says, in a form that the naive one gives too."""
    found: list[Told] = []
    for each in (*step.events, *step.endings) if isinstance(step, Step) else step:
        if isinstance(each, AlertEvent):
            values = str([evidence.value for evidence in each.evidence])
            found.append((each.rule_id, "fired", each.time, values))
        else:
            found.append((each.rule_id, each.reason, each.time, ""))
    return found


class Desk:
    """One rule, its market time in seconds, and what it said."""

    def __init__(self, watched: Rule) -> None:
        self.evaluator = Evaluator("sim-7")
        self.evaluator.put("r", 1, watched)

    def at(
        self, seconds: float, readings: Mapping[MetricKey, Reading | float] | None = None
    ) -> list[tuple[str, float]]:
        given_readings = {
            key: value if isinstance(value, Reading) else reading(key, value, seconds)
            for key, value in (readings or {}).items()
        }
        step = self.evaluator.step(START + round(seconds * NS_PER_S), given_readings)
        return [(what, (time - START) / NS_PER_S) for _, what, time, _ in told(step)]

    def restart(self) -> None:
        states = {name: decode_state(encode_state(state)) for name, state in self.evaluator.states().items()}
        fresh = Evaluator("sim-7")
        held = self.evaluator
        rules = [(name, each.revision, each.rule) for name, each in held._rules.items()]
        assert fresh.restore(rules, states, as_of=held.time) == ()
        self.evaluator = fresh

    @property
    def standing(self) -> str:
        return self.evaluator.status("r").standing


def reading(key: MetricKey, value: float, seconds: float) -> Reading:
    bar = None if key.live else START + int(seconds // 60 - 1) * MINUTE
    return Reading(value, bar)


STALE = Reading(5.0, None, suspended="BTCUSDT is stale")


def test_a_rule_fires_once_while_it_holds_and_again_after_it_did_not():
    desk = Desk(rule(PRICE))
    assert desk.at(0, {P: 99}) == []
    assert desk.at(1, {P: 100}) == []
    assert desk.at(2, {P: 101}) == [("fired", 2)]
    assert desk.at(3, {P: 150}) == []
    assert desk.standing == "firing"
    assert desk.at(4, {P: 100}) == [("cleared", 4)]
    assert desk.at(5, {P: 100.5}) == [("fired", 5)]


@pytest.mark.parametrize(
    ("op", "fires_at"),
    [
        (">", [2.5]),
        (">=", [2.5, 2]),
        ("<", [1.5]),
        ("<=", [1.5, 2]),
        ("crosses_above", []),
        ("crosses_below", []),
    ],
)
def test_a_first_value_fires_where_it_holds_and_never_by_crossing(op: str, fires_at: list[float]):
    for value in (1.5, 2, 2.5):
        desk = Desk(rule({**Z, "op": op}))
        assert desk.at(60, {ZK: value}) == ([("fired", 60)] if value in fires_at else [])


@pytest.mark.parametrize("op", ["crosses_above", "crosses_below"])
def test_a_crossing_lasts_until_the_next_bar(op: str):
    sign = 1 if op == "crosses_above" else -1
    desk = Desk(rule({**Z, "op": op, "value": 2 * sign}))
    assert desk.at(60, {ZK: 2 * sign}) == []
    assert desk.standing == "suspended"
    assert desk.at(120, {ZK: 2 * sign}) == []  # equal is not beyond
    assert desk.at(180, {ZK: 2.1 * sign}) == [("fired", 180)]
    assert desk.at(200, {ZK: Reading(2.2 * sign, START + 2 * MINUTE, 1)}) == []  # the same bar, revised
    assert desk.at(240, {ZK: 2.5 * sign}) == [("cleared", 240)]
    assert desk.at(300, {ZK: 1 * sign}) == []
    assert desk.at(360, {ZK: 3 * sign}) == [("fired", 360)]


def test_a_revised_bar_takes_its_crossing_back():
    desk = Desk(rule({**Z, "op": "crosses_above"}))
    desk.at(60, {ZK: 1})
    assert desk.at(120, {ZK: 3}) == [("fired", 120)]
    assert desk.at(130, {ZK: Reading(1.5, START + MINUTE, 1)}) == [("cleared", 130)]
    assert desk.at(140, {ZK: Reading(2.5, START + MINUTE, 2)}) == [("fired", 140)]
    assert desk.at(150, {ZK: Reading(9.0, START, 1)}) == []  # an older bar says nothing of now


def test_hysteresis_holds_an_event_until_the_first_condition_is_back():
    desk = Desk(rule(Z, CORRELATION, rearm=1.5))
    assert desk.at(60, {ZK: 2.1, CK: 0.9}) == [("fired", 60)]
    assert desk.at(120, {ZK: 1.9, CK: 0.7}) == []
    assert desk.at(180, {ZK: 2.3, CK: 0.9}) == []
    assert desk.at(240, {ZK: 1.5, CK: 0.9}) == [("cleared", 240)]
    assert desk.at(300, {ZK: 2.3, CK: 0.9}) == [("fired", 300)]


def test_a_condition_has_to_hold_through_market_time():
    desk = Desk(rule({**PRICE, "for_s": 10}))
    assert desk.at(0, {P: 101}) == []
    assert desk.standing == "waiting"
    assert desk.at(9.9, {P: 102}) == []
    assert desk.at(12, {P: 103}) == [("fired", 10)]  # at the moment it came due, not at the next reading
    assert desk.at(20, {P: 99}) == [("cleared", 20)]
    assert desk.at(21, {P: 101}) == []
    assert desk.at(31, {P: 99}) == []  # what comes at that moment comes before
    assert desk.at(50, {}) == []


def test_a_cool_down_delays_what_still_holds_and_swallows_what_does_not():
    desk = Desk(rule(PRICE, cooldown_s=10))
    assert desk.at(0, {P: 101}) == [("fired", 0)]
    assert desk.at(1, {P: 99}) == [("cleared", 1)]
    assert desk.at(2, {P: 101}) == []
    assert desk.standing == "cooling"
    assert desk.at(3, {P: 99}) == []
    assert desk.at(4, {P: 101}) == []
    assert desk.at(30) == [("fired", 10)]


@pytest.mark.parametrize(("cooldown_s", "left"), [(60, "59 s"), (3600, "60 min")])
def test_how_long_a_cool_down_still_lasts_is_told(cooldown_s: int, left: str):
    desk = Desk(rule(PRICE, cooldown_s=cooldown_s))
    desk.at(0, {P: 101})
    desk.at(0.5, {P: 99})
    desk.at(1, {P: 101})
    told = desk.evaluator.status("r")
    assert (told.standing, told.reason) == ("cooling", f"{left} of its cool-down are left")


def test_what_is_unknown_neither_fires_nor_clears():
    desk = Desk(rule(PRICE))
    assert desk.at(0, {P: STALE}) == []
    status = desk.evaluator.status("r")
    assert (status.standing, status.reason) == ("suspended", "price:BTCUSDT: BTCUSDT is stale")
    assert desk.at(1, {P: 101}) == [("fired", 1)]
    assert desk.at(2, {P: STALE}) == []
    assert desk.at(3, {P: float("nan")}) == []
    assert desk.evaluator.status("r").standing == "firing"
    assert desk.at(4, {P: 102}) == []
    assert desk.at(5, {P: STALE}) == []
    assert desk.at(6, {P: 99}) == [("cleared", 6)]


def test_suspension_stops_a_clock_where_it_is():
    desk = Desk(rule({**PRICE, "for_s": 10}))
    desk.at(0, {P: 101})
    desk.at(8, {P: STALE})
    assert desk.at(100, {P: 101}) == []
    assert desk.at(200) == [("fired", 102)]
    desk.at(201, {P: STALE})
    assert desk.at(300, {P: 101}) == []  # it has held for long enough before
    assert desk.at(301, {P: 99}) == [("cleared", 301)]


def test_a_crossing_during_suspension_is_told_afterwards():
    desk = Desk(rule({**PRICE, "op": "crosses_above"}))
    desk.at(0, {P: 99})
    desk.at(1, {P: STALE})
    assert desk.at(2, {P: 105}) == [("fired", 2)]
    desk.at(3, {P: STALE})
    assert desk.at(4, {P: 106}) == [("cleared", 4)]


def test_one_that_is_unknown_matters_only_where_the_others_leave_it_open():
    desk = Desk(rule(PRICE, Z, kind="any"))
    assert desk.at(60, {P: STALE, ZK: 3}) == [("fired", 60)]
    assert desk.at(120, {ZK: 1}) == []
    assert desk.at(121, {P: 99}) == [("cleared", 121)]
    desk = Desk(rule(PRICE, Z))
    assert desk.at(60, {P: 101, ZK: 3}) == [("fired", 60)]
    assert desk.at(120, {P: STALE, ZK: 1}) == [("cleared", 120)]


def test_once_is_once_until_it_is_edited():
    desk = Desk(rule(PRICE, once=True))
    assert desk.at(0, {P: 101}) == [("fired", 0)]
    assert desk.at(1, {P: 99}) == [("cleared", 1)]
    assert desk.at(2, {P: 101}) == []
    assert desk.standing == "spent"
    assert not desk.evaluator.keys()
    desk.restart()
    desk.evaluator.put("r", 2, rule({**PRICE, "value": 50}, once=True))
    assert desk.at(3, {P: 101}) == [("fired", 3)]


def test_a_rule_expires_in_market_time():
    expiry = (START + 5 * NS_PER_S) // 1_000_000
    desk = Desk(rule(PRICE, expires_at=expiry))
    assert desk.at(0, {P: 101}) == [("fired", 0)]
    assert desk.at(9, {P: 99}) == [("expired", 5)]
    assert desk.at(10, {P: 101}) == []
    assert desk.standing == "expired"


def test_a_restart_neither_fires_again_nor_forgets():
    desk = Desk(rule({**PRICE, "for_s": 2}, cooldown_s=20))
    desk.at(0, {P: 101})
    desk.at(1)
    desk.restart()
    assert desk.at(10) == []
    assert desk.at(11, {P: 101}) == []
    assert desk.at(13) == [("fired", 12)]
    desk.restart()
    assert desk.standing == "firing"
    assert desk.at(20, {P: 103}) == []
    desk.restart()
    assert desk.at(21, {P: 99}) == [("cleared", 21)]
    assert desk.at(22, {P: 101}) == []
    desk.restart()
    assert desk.at(40, {P: 101}) == []
    assert desk.at(43) == [("fired", 42)]


def test_edits_keep_what_they_do_not_change():
    desk = Desk(rule(PRICE, cooldown_s=10))
    assert desk.at(0, {P: 101}) == [("fired", 0)]
    assert desk.evaluator.put("r", 2, rule(PRICE, cooldown_s=10, severity="critical")) == ()
    assert desk.at(1) == []
    assert told(desk.evaluator.put("r", 3, rule({**PRICE, "value": 90}, cooldown_s=10)))[0][1] == "edited"
    assert desk.at(20) == [("fired", 10)]  # a new question; the cool-down stands
    assert told(desk.evaluator.put("r", 4, rule({**PRICE, "value": 90}, enabled=False)))[0][1] == "disabled"
    assert desk.standing == "disabled"
    assert desk.evaluator.put("r", 5, rule({**PRICE, "value": 90})) == ()
    assert desk.at(21, {P: 95}) == [("fired", 21)]  # what nobody watched is forgotten
    assert told(desk.evaluator.remove("r"))[0][1] == "deleted"
    assert desk.evaluator.remove("r") == ()
    assert not desk.evaluator.keys()


def test_changes_while_another_market_ran_are_seen_at_the_next_start():
    old = rule(PRICE)
    states = {
        "edited": RuleState(old.question, event_id="e1", fired_at=START),
        "disabled": RuleState(old.question, event_id="e2", fired_at=START),
        "deleted": RuleState(old.question, event_id="e3", fired_at=START),
        "quiet": RuleState(old.question, fired_at=START),
    }
    evaluator = Evaluator("sim-7")
    rules = [
        ("edited", 2, rule({**PRICE, "value": 7})),
        ("disabled", 2, replace(old, enabled=False)),
        ("quiet", 1, old),
    ]
    endings = evaluator.restore(rules, states, as_of=START)
    assert {(each.event_id, each.reason) for each in endings} == {
        ("e1", "edited"),
        ("e2", "disabled"),
        ("e3", "deleted"),
    }


def test_an_event_explains_itself():
    desk = Desk(rule({**Z, "for_s": 10}, {**CORRELATION, "for_s": 1}, PRICE, kind="any", name="x"))
    quality = {"complete": 59, "quiet": 1}
    z = Reading(2.345678, START + MINUTE, 3, quality=quality)
    step = desk.evaluator.step(
        START + 2 * MINUTE, {ZK: z, CK: Reading(float("nan"), START + MINUTE), P: STALE}
    )
    assert step.events == ()
    (event,) = desk.evaluator.step(START + 2 * MINUTE + 60 * NS_PER_S, {}).events
    assert event.time == START + 2 * MINUTE + 10 * NS_PER_S
    assert event.reason == "zscore of BTCUSDT-ETHUSDT (1m, 60, ols, level) is 2.34568, above 2 for 10 s"
    first, second, third = event.evidence
    assert (first.value, first.bar_time, first.revision, first.quality) == (
        2.345678,
        START + MINUTE,
        3,
        quality,
    )
    assert (first.holds, first.held_since, first.pointer) == (True, START + 2 * MINUTE, "/when/any/0")
    assert (second.holds, second.value, second.note) == (None, None, f"{CK}: it cannot be computed")
    assert (third.holds, third.note) == (None, "price:BTCUSDT: BTCUSDT is stale")


def test_time_goes_forward():
    desk = Desk(rule(PRICE))
    desk.at(1)
    with pytest.raises(ValueError, match="after one at"):
        desk.at(1)


# --- anything that can happen, against the naive one ---

KEYS = (P, ZL, ZK, CK)
levels = st.sampled_from((-1.0, 0.0, 1.0, 2.0))
some_conditions = st.builds(
    Condition,
    st.sampled_from(KEYS),
    st.sampled_from((Op.GT, Op.LT, Op.GE, Op.LE)),
    levels,
    st.sampled_from((0.0, 0.0, 0.1, 0.3, 1.0, 2.55)),
) | st.builds(Condition, st.sampled_from(KEYS), st.sampled_from((Op.CROSSES_ABOVE, Op.CROSSES_BELOW)), levels)
groups = st.recursive(
    st.builds(
        Group, st.sampled_from(("all", "any")), st.lists(some_conditions, min_size=1, max_size=3).map(tuple)
    ),
    lambda inner: st.builds(
        Group,
        st.sampled_from(("all", "any")),
        st.lists(inner | some_conditions, min_size=1, max_size=2).map(tuple),
    ),
    max_leaves=3,
)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    when = draw(groups)
    made = Rule(
        "r",
        when,
        enabled=draw(st.integers(0, 7)) > 0,
        cooldown_s=draw(st.sampled_from((0.0, 0.0, 0.5, 3.0))),
        once=draw(st.integers(0, 5)) == 0,
        expires_at=draw(st.sampled_from((None, None, None, START + 4 * NS_PER_S, START + 20 * NS_PER_S))),
    )
    if draw(st.booleans()):
        by = draw(st.sampled_from((0.0, 1.0, 1.5)))
        made = replace(made, rearm=made.lead.value - by if made.lead.op.is_rising else made.lead.value + by)
    return made


values = st.sampled_from((-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0))


@st.composite
def some_readings(draw: st.DrawFn, bar: int) -> dict[MetricKey, Reading]:
    found = {}
    for key in draw(st.sets(st.sampled_from(KEYS), min_size=1)):
        value = draw(values) if draw(st.integers(0, 9)) else float("nan")
        suspended = "stale" if draw(st.integers(0, 6)) == 0 else ""
        back = draw(st.sampled_from((0, 0, 0, 1)))
        found[key] = Reading(value, None if key.live else bar - back, suspended=suspended)
    return found


NAMES = ("a", "b", "c")


class Pairing:
    """The real evaluator with what is stored of it, and the naive one with what it was then."""

    def __init__(self) -> None:
        self.real = Evaluator("sim-7")
        self.real.step(START, {})
        self.naive = Naive(time=START)
        self.time = START
        self.stored: dict[str, RuleState] = {}
        self.stored_as_of = START
        self.naive_then = self.naive.copy()
        self.rules: dict[str, tuple[int, Rule]] = {}
        self.sent: list[AlertEvent | Ending | str] = []  # or the name of a rule that was removed

    def step(self, time: int, readings: Mapping[MetricKey, Reading], *, is_lost: bool) -> None:
        self.time = time
        step = self.real.step(time, readings)
        plain = self.naive.step(time, readings)
        assert told(step) == [
            each for what in (True, False) for each in plain if (each[1] == "fired") is what
        ]
        if is_lost:  # killed before the commit
            self.kill()
            return
        self.commit(step.changed)
        self.sent += sorted((*step.events, *step.endings), key=lambda each: each.time)

    def commit(self, changed: Iterable[str]) -> None:
        states = self.real.states(changed)
        self.stored.update({name: decode_state(encode_state(state)) for name, state in states.items()})
        self.stored_as_of = self.real.time
        self.naive_then = self.naive.copy()

    def kill(self) -> None:
        self.real = Evaluator("sim-7")
        kept = [(name, revision, each) for name, (revision, each) in self.rules.items()]
        assert self.real.restore(kept, self.stored, as_of=self.stored_as_of) == ()
        self.naive = self.naive_then.copy()
        self.naive.restart()

    def put(self, name: str, changed: Rule) -> None:
        revision = self.rules.get(name, (0, changed))[0] + 1
        self.rules[name] = (revision, changed)
        endings = self.real.put(name, revision, changed)
        assert told(endings) == self.naive.put(name, revision, changed)
        self.sent += endings
        self.commit([name])

    def remove(self, name: str) -> None:
        if name in self.rules:
            del self.rules[name]
            endings = self.real.remove(name)
            assert told(endings) == self.naive.remove(name)
            self.sent += endings
            self.sent.append(name)
            self.stored.pop(name, None)
            self.commit([])


@settings(max_examples=100)
@given(st.data())
def test_it_does_what_the_naive_one_does_whatever_happens(data: st.DataObject):
    both = Pairing()
    for name in NAMES[: data.draw(st.integers(1, 3))]:
        both.put(name, data.draw(rules()))
    bar = 0
    for _ in range(data.draw(st.integers(1, 25))):
        match data.draw(st.sampled_from(("step",) * 8 + ("lost", "kill", "put", "touch", "remove"))):
            case "step" | "lost" as what:
                bar += data.draw(st.sampled_from((0, 1, 1)))
                pause = data.draw(st.sampled_from((1, 1, 2, 3, 7, 26)))
                both.step(both.time + pause * GRID, data.draw(some_readings(bar)), is_lost=what == "lost")
            case "kill":
                both.kill()
            case "put":
                both.put(data.draw(st.sampled_from(NAMES)), data.draw(rules()))
            case "touch":
                name = data.draw(st.sampled_from(NAMES))
                if name in both.rules:
                    held = both.rules[name][1]
                    enabled, cooldown = data.draw(st.booleans()), data.draw(st.sampled_from((0.0, 0.5)))
                    both.put(name, replace(held, enabled=enabled, cooldown_s=cooldown, expires_at=None))
            case "remove":
                both.remove(data.draw(st.sampled_from(NAMES)))
    both.step(both.time + 60 * GRID, {}, is_lost=False)
    check_the_story(both.sent)


class Dice:
    """Long stories by seed, where much happens: hypothesis prefers short ones."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def condition(self) -> Condition:
        rng = self.rng
        op = rng.choice(tuple(Op))
        for_s = 0.0 if op.is_crossing else rng.choice((0.0, 0.0, 0.1, 0.3, 1.0, 2.55))
        return Condition(rng.choice(KEYS), op, rng.choice((-1.0, 0.0, 1.0)), for_s)

    def group(self, depth: int = 1) -> Group:
        members = [self.condition() for _ in range(self.rng.choice((1, 1, 2, 3)))]
        nested = [self.group(depth + 1)] if depth < 3 and self.rng.random() < 0.3 else []
        return Group(self.rng.choice(("all", "any")), (*members, *nested))

    def rule(self) -> Rule:
        rng = self.rng
        made = Rule(
            "r",
            self.group(),
            enabled=rng.random() < 0.9,
            cooldown_s=rng.choice((0.0, 0.0, 0.5, 1.0, 3.0)),
            once=rng.random() < 0.1,
            expires_at=START + rng.randrange(600) * NS_PER_S if rng.random() < 0.1 else None,
        )
        by = rng.choice((0.0, 0.5, 1.0)) * (-1 if made.lead.op.is_rising else 1)
        return replace(made, rearm=made.lead.value + by) if rng.random() < 0.4 else made

    def readings(self, bar: int) -> dict[MetricKey, Reading]:
        rng = self.rng
        return {
            key: Reading(
                rng.choice((-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0)) if rng.random() < 0.97 else math.nan,
                None if key.live else bar - (rng.random() < 0.05),
                suspended="stale" if rng.random() < 0.05 else "",
            )
            for key in KEYS
            if rng.random() < 0.5
        }

    def story(self, both: Pairing, *, steps: int) -> None:
        rng, bar = self.rng, 0
        names = [f"r{number}" for number in range(8)]
        for name in names:
            both.put(name, self.rule())
        for _ in range(steps):
            bar += rng.random() < 0.6
            both.step(
                both.time + rng.choice((1, 1, 2, 3, 10)) * GRID,
                self.readings(bar),
                is_lost=rng.random() < 0.02,
            )
            name, chance = rng.choice(names), rng.random()
            if chance < 0.02:
                both.kill()
            elif chance < 0.05 or (chance < 0.3 and name not in both.rules):
                both.put(name, self.rule())
            elif chance < 0.06:
                both.remove(name)
            elif chance < 0.09 and name in both.rules:
                held = both.rules[name][1]
                both.put(
                    name, replace(held, enabled=rng.random() < 0.7, cooldown_s=rng.choice((0.0, 0.5, 3.0)))
                )


@pytest.mark.parametrize("seed", range(10))
def test_it_does_what_the_naive_one_does_in_long_stories(seed: int):
    both = Pairing()
    Dice(seed).story(both, steps=1_000)
    check_the_story(both.sent)
    fired = [each for each in both.sent if isinstance(each, AlertEvent)]
    assert len(fired) > 100
    later = {(each.rule_id, each.time) for each in fired}
    after_cooldowns = [each for each in fired if each.rule.cooldown_s and _ready_after(each) in later]
    assert len(after_cooldowns) > 2  # some fired in the very moment in which the cool-down was over


def _ready_after(event: AlertEvent) -> tuple[str, int]:
    return event.rule_id, event.time + round(event.rule.cooldown_s * NS_PER_S)


def check_the_story(sent: list[AlertEvent | Ending | str]) -> None:
    """Check what must be true of any story: each event once, ended once before the next, cool-downs kept."""
    lasting: dict[str, AlertEvent] = {}
    fired: dict[str, AlertEvent] = {}
    seen: set[str] = set()
    for each in sent:
        if isinstance(each, str):
            assert each not in lasting
            fired.pop(each, None)
            continue
        if isinstance(each, Ending):
            assert lasting.pop(each.rule_id).id == each.event_id
            continue
        assert each.id not in seen
        assert each.rule_id not in lasting
        seen.add(each.id)
        if each.rule_id in fired:
            assert each.time - fired[each.rule_id].time >= round(each.rule.cooldown_s * NS_PER_S)
        lasting[each.rule_id] = fired[each.rule_id] = each


@settings(max_examples=40)
@given(st.data())
def test_how_often_it_is_stepped_changes_nothing(data: st.DataObject):
    made = [data.draw(rules()) for _ in range(3)]
    rows, time = [], START
    for number in range(data.draw(st.integers(1, 15))):
        time += data.draw(st.integers(1, 30)) * GRID
        rows.append((time, data.draw(some_readings(number // 2))))

    def story(*, eager: bool) -> list[object]:
        evaluator = Evaluator("sim-7")
        for number, each in enumerate(made):
            evaluator.put(f"r{number}", 1, each)
        found: list[object] = []
        for at, readings in [*rows, (time + 100 * GRID, {})]:
            steps = [evaluator.step(at, readings)] if not eager else []
            if eager:
                steps = [
                    evaluator.step(each, {}) for each in range(max(evaluator.time, START) + GRID, at, GRID)
                ]
                steps.append(evaluator.step(at, readings))
            for step in steps:
                found += sorted((*step.events, *step.endings), key=lambda each: (each.time, each.rule_id))
        return found

    assert story(eager=True) == story(eager=False)
