"""More pairs than the worker can refresh: what goes first, what is put off, and what is said of it."""

import asyncio
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from quant.domain import HedgeMethod, Pair, Scale
from quant.engine import pair_publisher
from quant.engine.analysis import PairInputs, analyse, seconds_for
from quant.engine.hub import Hub, Listener
from quant.engine.lanes import LONG_S, Lanes
from quant.engine.pair_publisher import STALE, PairPublisher
from quant.engine.protocol import PairKey, PairView
from quant.engine.topics import topic_name
from quant.market.align import AlignedLegs
from waiting import PATIENCE_S

PAIRS = 24
WINDOW, ROWS = 400, 300
BEAT_S = 0.05


class State:
    market = "made"


class Market:
    """A market of walks, one bar longer each time somebody looks."""

    state = State()
    as_of = 1
    is_seeking = False

    def __init__(self) -> None:
        self.looks = 0
        steps = np.random.default_rng(3).standard_normal((PAIRS + 1, 20_000))
        self.prices = 1000 + steps.cumsum(axis=1)

    def inputs(self, key: PairKey, rows: int = ROWS) -> PairInputs:
        self.looks += 1
        begin, end = self.looks, self.looks + WINDOW + rows
        times = np.arange(begin, end, dtype=np.int64)
        y, x = (self.prices[int(leg[1:])][begin:end].copy() for leg in (key.pair.a, key.pair.b))
        legs = AlignedLegs(times, y, x, np.ones(len(times), np.int64))
        return PairInputs(key, "made", self.looks, 60, legs, rows, float(y[-1]), float(x[-1]), "")


def key_of(k: int, method: HedgeMethod = HedgeMethod.HUBER) -> PairKey:
    return PairKey(Pair(f"S{k + 1}", "S0"), "1m", WINDOW, method, Scale.LEVEL)


@pytest.fixture
def market(monkeypatch: pytest.MonkeyPatch) -> Market:
    market = Market()
    monkeypatch.setattr(pair_publisher, "pair_inputs", lambda _, key: market.inputs(key))
    return market


@pytest.fixture
def lanes() -> Iterator[Lanes]:
    lanes = Lanes()
    yield lanes
    lanes.close()


class Desk:
    """A publisher with listeners on every pair, looked at in the order of their numbers; it counts seconds itself."""

    def __init__(self, market: Market, lanes: Lanes, *, a_turn_s: float) -> None:
        self.hub = Hub()
        self.now_s, self._a_turn_s = 0.0, a_turn_s
        self.pairs = PairPublisher(self.hub, lanes, lambda: market, interval_s=BEAT_S, now=self._now)  # type: ignore[arg-type,return-value]
        self.keys = [key_of(k) for k in range(PAIRS)]
        self.listener: Listener = self.hub.listener(lambda _: None)
        for key in self.keys:
            self.listener.add(topic_name(key))
            self.pairs.look(key)

    def _now(self) -> float:
        self.now_s += self._a_turn_s
        return self.now_s

    def view(self, key: PairKey) -> PairView:
        view = self.hub.newest(topic_name(key))
        assert isinstance(view, PairView)
        return view


def test_a_round_that_has_time_leaves_nobody_out(market: Market, lanes: Lanes) -> None:
    desk = Desk(market, lanes, a_turn_s=0.0)
    asyncio.run(desk.pairs.round(desk.keys))
    assert all(desk.view(key).seq == 1 for key in desk.keys)
    said = desk.pairs.view()
    assert (said.pairs, said.stale, said.refreshed, said.shed) == (PAIRS, 0, PAIRS, 0)


def test_without_time_those_looked_at_last_are_refreshed_and_the_rest_marked(
    market: Market, lanes: Lanes
) -> None:
    desk = Desk(market, lanes, a_turn_s=0.0)
    asyncio.run(desk.pairs.round(desk.keys))  # all have a value
    desk._a_turn_s = BEAT_S / 4  # time for three or four turns of four pairs

    asyncio.run(desk.pairs.round(desk.keys))

    fresh = [k for k, key in enumerate(desk.keys) if not desk.view(key).stale_reason]
    assert 4 <= len(fresh) < PAIRS
    assert fresh == list(range(PAIRS - len(fresh), PAIRS))
    for key in desk.keys[: PAIRS - len(fresh)]:
        view = desk.view(key)
        assert view.stale_reason == STALE
        assert view.seq == 2  # that it is stale is news
    said = desk.pairs.view()
    assert (said.stale, said.shed) == (PAIRS - len(fresh), PAIRS - len(fresh))


def test_nobody_stands_still_for_ever(market: Market, lanes: Lanes) -> None:
    desk = Desk(market, lanes, a_turn_s=0.0)
    asyncio.run(desk.pairs.round(desk.keys))
    desk._a_turn_s = BEAT_S / 4
    before = {key: desk.view(key).seq for key in desk.keys}
    newest = {key: desk.view(key).last_time for key in desk.keys}
    for _ in range(2 * PAIRS):
        asyncio.run(desk.pairs.round(desk.keys))
    for key in desk.keys:
        view = desk.view(key)
        assert view.last_time != newest[key]
        assert view.seq > before[key] + 1
    assert desk.pairs.view().shed > PAIRS


def test_looking_at_a_pair_puts_it_first(market: Market, lanes: Lanes) -> None:
    desk = Desk(market, lanes, a_turn_s=0.0)
    asyncio.run(desk.pairs.round(desk.keys))
    desk._a_turn_s = BEAT_S / 4
    asyncio.run(desk.pairs.round(desk.keys))
    stale = desk.keys[3]
    assert desk.view(stale).stale_reason
    desk.pairs.look(stale)
    asyncio.run(desk.pairs.round(desk.keys))
    assert not desk.view(stale).stale_reason


def test_the_event_loop_turns_while_the_worker_is_overloaded(market: Market, lanes: Lanes) -> None:
    desk = Desk(market, lanes, a_turn_s=0.0)
    turns: list[int] = []

    async def count_ticks() -> None:
        while True:
            turns.append(desk.pairs.view().refreshed)
            await asyncio.sleep(0)

    async def both() -> None:
        ticking = asyncio.create_task(count_ticks())
        await desk.pairs.round(desk.keys)
        ticking.cancel()

    asyncio.run(both())
    assert set(turns) >= set(range(4, PAIRS, 4))  # ticks were taken between any two turns of the worker


def test_a_long_refresh_waits_behind_no_request(
    market: Market, lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pair_publisher, "LONG_S", 0.0)  # every refresh is long
    desk = Desk(market, lanes, a_turn_s=0.0)
    gate = threading.Event()

    async def run() -> None:
        scan = asyncio.create_task(lanes.answer(lambda: gate.wait(PATIENCE_S), seconds=2 * LONG_S))
        cadence = asyncio.create_task(desk.pairs.run())
        async with asyncio.timeout(PATIENCE_S):
            while desk.pairs.view().refreshed < PAIRS:  # noqa: ASYNC110  no event says it
                await asyncio.sleep(0)
        assert not scan.done()
        gate.set()
        assert await scan
        cadence.cancel()
        await asyncio.gather(cadence, return_exceptions=True)

    try:
        asyncio.run(run())
    finally:
        gate.set()


@pytest.mark.parametrize("method", list(HedgeMethod))
def test_rows_that_are_kept_are_those_computed_anew(market: Market, method: HedgeMethod) -> None:
    key = key_of(0, method)
    held = analyse(market.inputs(key))
    for _ in range(3):
        inputs = market.inputs(key)
        assert seconds_for(inputs, held) <= seconds_for(inputs, None)
        held, fresh = analyse(inputs, held), analyse(inputs)
        for name in ("alpha", "beta", "sd", "spread", "zscore", "correlation"):
            was, now = (getattr(each.analysis.series, name) for each in (held, fresh))
            np.testing.assert_allclose(was, now, rtol=1e-9, atol=1e-9)
        assert held.analysis.zscore == pytest.approx(fresh.analysis.zscore, rel=1e-9)


@pytest.mark.parametrize("method", [HedgeMethod.HUBER, HedgeMethod.THEIL_SEN])
def test_a_bar_that_was_put_right_changes_the_rows_it_is_in(market: Market, method: HedgeMethod) -> None:
    key = key_of(0, method)
    held = analyse(market.inputs(key))
    inputs = market.inputs(key)
    inputs.legs.y[-50] += 300.0
    changed, fresh = analyse(inputs, held), analyse(inputs)
    np.testing.assert_allclose(changed.analysis.series.beta, fresh.analysis.series.beta, rtol=1e-9)
    np.testing.assert_allclose(changed.analysis.series.zscore, fresh.analysis.series.zscore, rtol=1e-8)


def test_the_same_bars_are_not_computed_again(market: Market) -> None:
    inputs = market.inputs(key_of(0))
    held = analyse(inputs)
    assert analyse(inputs, held).analysis is held.analysis
    assert seconds_for(inputs, held) == 0.0
