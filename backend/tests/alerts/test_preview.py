"""A preview: the events of live evaluation, how long they lasted, and what z did afterwards."""

import math
import random
from dataclasses import replace

import pytest

from alerts.rule_documents import PRICE, Z, rule
from quant.alerts.evaluator import Evaluator
from quant.alerts.metrics import Metric, MetricKey
from quant.alerts.preview import followed_by, preview
from quant.alerts.preview_series import thinned
from quant.alerts.readings import Reading
from quant.clock import NS_PER_MS, NS_PER_S

MINUTE = 60 * NS_PER_S
START = 1_000 * MINUTE
SELL = rule(Z, rearm=1.0)
ZK = SELL.lead.key
P = MetricKey(Metric.PRICE, symbol="BTCUSDT", live=True)


def bars(*values: float | str) -> list[tuple[int, dict[MetricKey, Reading]]]:
    """Return one row a bar: values, or the reasons why there is none."""
    return [
        (
            START + (number + 1) * MINUTE,
            {
                ZK: Reading(math.nan, START + number * MINUTE, suspended=value)
                if isinstance(value, str)
                else Reading(value, START + number * MINUTE)
            },
        )
        for number, value in enumerate(values)
    ]


def test_when_how_often_how_long_and_what_then():
    rows = bars("warming up: 58 of 60 bars", "warming up: 59 of 60 bars", 0, 3, 2.5, 0.5, 0, 4, -1, 0, 2.2)
    found = preview(SELL, rows, market="sim-7", followed=followed_by(SELL), horizons=(1, 2))
    at = [(each.event.time - START) // MINUTE for each in found.firings]
    assert at == [4, 8, 11]
    assert [each.duration_s for each in found.firings] == [120, 60, None]
    assert [each.at for each in found.firings] == [3, 4, 2.2]
    assert [each.after for each in found.firings] == [(2.5, 0.5), (-1, 0), (None, None)]
    assert (found.count, found.firing_s, found.rows) == (3, 180, 11)
    assert (found.suspended_s, found.suspended_because) == (120, f"{ZK}: warming up: 59 of 60 bars")
    assert (found.start, found.end) == (START + MINUTE, START + 11 * MINUTE)
    one, two = found.afterwards
    assert (one.bars, one.count, one.mean, one.median, one.reverted) == (1, 2, 0.75, 0.75, 1.0)
    assert (two.bars, two.count, two.mean, two.reverted) == (2, 2, 0.25, 1.0)


def test_a_bar_that_is_missing_afterwards_is_none_and_a_revised_one_is_one():
    rows = bars(3, "BTCUSDT has a gap", 1.5)
    rows.insert(1, (START + MINUTE + 30 * NS_PER_S, {ZK: Reading(2.8, START, 1)}))
    (firing,) = preview(SELL, rows, market="sim-7", followed=ZK, horizons=(1, 2, 3)).firings
    assert (firing.at, firing.after) == (3, (None, 1.5, None))


def test_nothing_to_follow_and_nothing_to_see():
    quiet = rule(PRICE)
    assert followed_by(quiet) is None
    found = preview(quiet, [(START, {P: Reading(101)})], market="sim-7")
    assert (found.count, found.afterwards, found.firings[0].after) == (1, (), ())
    nothing = preview(quiet, [], market="sim-7")
    assert (nothing.rows, nothing.count, nothing.start, nothing.firing_s) == (0, 0, None, 0)


def test_a_live_z_is_followed_at_closes():
    assert followed_by(rule(PRICE, {**Z, "live": True})) == ZK


def test_a_draft_that_is_not_enabled_is_previewed():
    assert preview(replace(SELL, enabled=False), bars(3), market="sim-7").count == 1


@pytest.mark.parametrize("seed", range(5))
def test_it_says_what_live_evaluation_says(seed: int):
    rng = random.Random(seed)
    watched = rule({**Z, "value": 0.5, "for_s": 90}, {**PRICE, "value": 0.3}, kind="any", cooldown_s=30)
    rows, time = [], START
    for _ in range(300):
        time += rng.choice((100, 200, 1_000, 40_000)) * NS_PER_MS
        readings = {P: Reading(rng.gauss(0, 1))}
        if rng.random() < 0.3:
            readings[ZK] = Reading(rng.gauss(0, 1), time // MINUTE * MINUTE)
        rows.append((time, readings))
    live = Evaluator("sim-7")
    live.put("r9", 4, watched)
    told = []
    for number, (at, readings) in enumerate(rows):
        if number % 2:
            told += live.step((live.time + at) // 2, {}).events  # looks in between
        told += live.step(at, readings).events
    found = preview(watched, rows, market="sim-7", rule_id="r9", revision=4)
    assert [each.event for each in found.firings] == told
    assert found.count == len(told) > 5


def test_the_first_conditions_numbers_come_as_they_were_seen():
    rows = bars(3, "BTCUSDT has a gap", 1.5)
    rows.insert(1, (START + MINUTE + 30 * NS_PER_S, {ZK: Reading(2.8, START, 1)}))
    series = preview(SELL, rows, market="sim-7").series
    assert (series.key, series.threshold) == (ZK, SELL.lead.value)
    assert series.times == (START, START + MINUTE, START + 2 * MINUTE)
    assert series.values == (2.8, None, 1.5)
    live = preview(rule(PRICE), [(START + 7, {P: Reading(101)})], market="sim-7").series
    assert (live.times, live.values) == ((START + 7,), (101,))


@pytest.mark.parametrize("count", [1, 2_999, 3_000, 3_001, 50_000])
def test_a_long_series_is_thinned_and_keeps_extremes_and_gaps(count: int):
    rng = random.Random(count)
    points = [(at, rng.gauss(0, 1) if rng.random() < 0.99 else None) for at in range(count)]
    kept = thinned(points, most=3_000)
    assert len(kept) <= 3_000
    assert kept == [point for point in points if point in {*kept}], "in order, none made up"
    if count <= 3_000:
        assert kept == points
        return
    known = [value for _, value in points if value is not None]
    assert {min(known), max(known)} <= {value for _, value in kept}
    for at, value in points:
        if value is None:
            assert any(near is None and abs(other - at) <= count / 1_000 + 1 for other, near in kept)
