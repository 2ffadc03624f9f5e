"""What a refresh of all metrics costs the alert rules, how that grows with rules, and the same by looking at each rule.

A refresh observes every metric that 10,000 rules over 100 symbols and 500 pairs may watch: about 2,200 numbers that
wander, so that a few rules fire and end at every one. Making the readings counts, storing what happened does not.
"""

import random
import sys
from time import perf_counter

import numpy as np

from harness import Row, medians, publish
from quant.alerts.conditions import Condition, Group, Op, conditions
from quant.alerts.evaluator import Evaluator
from quant.alerts.metrics import Metric, MetricKey
from quant.alerts.readings import Reading
from quant.alerts.rules import Rule
from quant.clock import NS_PER_MS, NS_PER_S
from quant.domain import HedgeMethod, Pair, Scale

SYMBOLS = [f"S{number:03d}USDT" for number in range(100)]
PAIRS = [Pair(SYMBOLS[n % 100], SYMBOLS[(n % 100 + 1 + n // 100) % 100]) for n in range(500)]
RULES = (100, 1_000, 10_000)
ONE_OF = (10, 2, 1)
"""Of the metrics so many are observed at a refresh: every tenth, every second, all."""

REFRESHES = 40
START = 1_700_000_000 * NS_PER_S


def key_of(metric: Metric, pair: Pair) -> MetricKey:
    return MetricKey(metric, None, pair, "1m", 60, HedgeMethod.OLS, Scale.LEVEL, live=metric is Metric.ZSCORE)


PAIR_METRICS = (Metric.ZSCORE, Metric.CORRELATION, Metric.HALF_LIFE, Metric.COINT_PVALUE)
SYMBOL_KEYS = [MetricKey(Metric.PRICE, symbol=symbol, live=True) for symbol in SYMBOLS] + [
    MetricKey(Metric.TICK_RATE, symbol=symbol, live=True) for symbol in SYMBOLS
]
PAIR_KEYS = [key_of(metric, pair) for pair in PAIRS for metric in PAIR_METRICS]
KEYS = SYMBOL_KEYS + PAIR_KEYS


def rules(count: int) -> list[Rule]:
    """Return rules of two or three conditions; the first hundred watch as many metrics as all of them do together."""
    rng = random.Random(7)
    made = []
    for number in range(count):
        pair = PAIRS[number % len(PAIRS)]
        z = Condition(
            key_of(Metric.ZSCORE, pair), rng.choice((Op.GT, Op.LT, Op.CROSSES_ABOVE)), rng.gauss(0, 2)
        )
        other = rng.choice(PAIR_METRICS[1:])
        second = Condition(
            key_of(other, pair), rng.choice((Op.GT, Op.LT)), rng.gauss(0, 2), rng.choice((0.0, 10.0))
        )
        third = Condition(rng.choice(SYMBOL_KEYS), rng.choice((Op.GT, Op.LE)), rng.gauss(0, 2))
        members = (z, second, third) if number % 2 else (z, Group("any", (second, third)))
        rearm = z.value - 0.5 if z.op.is_rising else z.value + 0.5
        made.append(
            Rule(f"rule {number}", Group("all", members), cooldown_s=rng.choice((0, 60)), rearm=rearm)
        )
    return made


class Walk:
    """All metrics wandering about zero, as columns; `share` of them move at a refresh."""

    def __init__(self, *, step: float) -> None:
        self._rng = np.random.default_rng(7)
        self._step = step
        self._values = self._rng.normal(0, 2, len(KEYS))

    def next(self) -> list[float]:
        values = 0.999 * self._values + self._rng.normal(0, self._step, len(KEYS))
        self._values = values
        return values.tolist()


def evaluator_of(count: int, walk: Walk) -> Evaluator:
    evaluator = Evaluator("sim-7")
    evaluator.step(START, {})
    for number, rule in enumerate(rules(count)):
        evaluator.put(f"r{number}", 1, rule)
    for key in KEYS:  # so that the metrics are the same, however many rules there are
        evaluator.put(f"watch {key}", 1, Rule("watch", Group("all", (Condition(key, Op.GT, 1e9),))))
    for _ in range(3):
        refresh(evaluator, walk.next())
    return evaluator


def refresh(evaluator: Evaluator, values: list[float], *, one_of: int = 1) -> tuple[float, int]:
    """Observe everything, or one metric of so many; return the milliseconds it took and how many rules fired."""
    time = evaluator.time + 500 * NS_PER_MS
    began = perf_counter()
    readings = {
        key: Reading(value, None if key.live else time)
        for key, value in zip(KEYS[::one_of], values[::one_of], strict=True)
    }
    step = evaluator.step(time, readings)
    return (perf_counter() - began) * 1e3, len(step.events)


def one_by_one(held: list[Rule], values: list[float]) -> float:
    """Compare every condition of every rule with its metric, and nothing else; return the milliseconds."""
    began = perf_counter()
    standing = dict(zip(KEYS, values, strict=True))
    true = 0
    for rule in held:
        for _, condition in conditions(rule.when):
            value = standing[condition.key]
            true += value > condition.value if condition.op.is_rising else value < condition.value
    assert true
    return (perf_counter() - began) * 1e3


def p99(values: list[float]) -> float:
    return float(np.percentile(values, 99))


def main() -> None:
    steady = {count: (Walk(step=0.02), count) for count in RULES}
    held = {count: evaluator_of(count, walk) for count, (walk, _) in steady.items()}
    fired, took = [], []

    def side(count: int) -> float:
        figures = []
        for _ in range(REFRESHES):
            ms, events = refresh(held[count], steady[count][0].next())
            figures.append(ms)
            if count == RULES[-1]:
                fired.append(events)
                took.append(ms)
        return float(np.median(figures))

    wild_walk = Walk(step=2.0)
    wild = evaluator_of(RULES[-1], wild_walk)

    def everything_jumps() -> float:
        return float(np.median([refresh(wild, wild_walk.next())[0] for _ in range(REFRESHES)]))

    some_walk = Walk(step=0.02)
    some = evaluator_of(RULES[-1], some_walk)

    def of_some(one_of: int) -> float:
        took_ms = [refresh(some, some_walk.next(), one_of=one_of)[0] for _ in range(REFRESHES)]
        return float(np.median(took_ms))

    plain_rules, plain_walk = rules(RULES[-1]), Walk(step=0.02)

    def plain() -> float:
        return float(np.median([one_by_one(plain_rules, plain_walk.next()) for _ in range(3)]))

    sides = {f"{count}": (lambda count=count: side(count)) for count in RULES}
    parts = {f"one of {n}": (lambda n=n: of_some(n)) for n in ONE_OF}
    found = medians({**sides, **parts, "jumps": everything_jumps, "plain": plain})
    by_count = ", ".join(f"{count:,}: {found[str(count)]:.1f} ms" for count in RULES)
    by_metrics = ", ".join(f"{len(KEYS[::n]):,}: {found[f'one of {n}']:.1f} ms" for n in ONE_OF)
    print(f"rules {by_count}; {np.mean(fired):.1f} fire at a refresh of 10,000", file=sys.stderr)
    publish(
        Row(
            "alerts",
            f"A refresh of {len(KEYS):,} metrics (100 symbols, 500 pairs), 10,000 alert rules: median, p99; all jump",
            f"**{found['10000']:.1f} ms**, {p99(took):.1f} ms; {found['jumps']:.1f} ms",
            f"wanted: under 50 ms; every condition compared once more: {found['plain']:.1f} ms",
        ),
        Row(
            "alerts-scaling",
            "The same metrics, by number of rules",
            by_count,
            f"{RULES[-1] // RULES[0]} times the rules cost {found['10000'] / found['100']:.1f} times as much",
        ),
        Row(
            "alerts-metrics",
            "10,000 rules, by number of metrics observed at a refresh",
            by_metrics,
            f"{ONE_OF[0]} times the metrics cost "
            f"{found[f'one of {ONE_OF[-1]}'] / found[f'one of {ONE_OF[0]}']:.1f} times as much",
        ),
    )


if __name__ == "__main__":
    main()
