"""Nothing waits behind what is longer than itself, and what cannot wait is told so."""

import asyncio
import threading

import pytest

from quant.domain import HedgeMethod
from quant.engine.cost import (
    MATRIX_SHARE,
    MAX_REQUEST_S,
    check_matrices,
    check_pair,
    check_scan,
    pair_seconds,
    scan_seconds,
)
from quant.engine.lanes import LONG_S, MOST_WAITING, Lanes
from quant.errors import InvalidParameter, TooManyRequests, Unavailable
from waiting import PATIENCE_S


def test_short_work_passes_long_work() -> None:
    async def run() -> list[str]:
        lanes, gate, order = Lanes(), threading.Event(), []

        def long_work() -> None:
            assert gate.wait(PATIENCE_S)
            order.append("long")

        long = asyncio.create_task(lanes.answer(long_work, seconds=2 * LONG_S))
        for name in ("first", "second"):
            await lanes.answer(lambda name=name: order.append(name), seconds=LONG_S / 2)  # type: ignore[misc]
        await lanes.refresh.run(lambda: order.append("refresh"))
        await lanes.matrix.run(lambda: order.append("matrix"))
        gate.set()
        await long
        lanes.close()
        return order

    assert asyncio.run(run()) == ["first", "second", "refresh", "matrix", "long"]


def test_a_queue_has_an_end() -> None:
    async def run() -> str:
        lanes, gate = Lanes(), threading.Event()
        waiting = [
            asyncio.create_task(lanes.answer(lambda: gate.wait(PATIENCE_S), seconds=1.0))
            for _ in range(MOST_WAITING + 1)
        ]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable) as refused:
            await lanes.answer(lambda: None, seconds=1.0)
        gate.set()
        await asyncio.gather(*waiting)
        await lanes.answer(lambda: None, seconds=1.0)  # there is room again
        lanes.close()
        return refused.value.message

    assert "waiting already" in asyncio.run(run())


def test_matrices_share_one_core_and_the_memory_set_aside() -> None:
    check_matrices([(500, 1440, 1)])  # alone it leaves bars out, and is followed
    check_matrices([(20, 1440, 1)] * 20)
    with pytest.raises(InvalidParameter, match="at most 80%") as refused:
        check_matrices([(100, 300, 1)] * 10)
    assert refused.value.values["estimate_share"] > MATRIX_SHARE  # type: ignore[operator]
    check_matrices([(100, 300, 60)] * 10)
    with pytest.raises(InvalidParameter, match="at most 256 MiB"):
        check_matrices([(100, 300, 60)] * 30)


@pytest.mark.parametrize("method", list(HedgeMethod))
def test_an_estimate_grows_with_what_is_asked_for(method: HedgeMethod) -> None:
    small = pair_seconds(method, window=60, rows=100)
    assert (
        0 < small < pair_seconds(method, window=600, rows=100) < pair_seconds(method, window=600, rows=1500)
    )
    assert check_pair(method, window=1440, rows=1500) < MAX_REQUEST_S


def test_formations_have_a_price() -> None:
    one, many = (pair_seconds(HedgeMethod.KALMAN, window=4000, rows=rows) for rows in (1, 10_000))
    assert many > 50 * one  # as many are fitted, though a row more costs next to nothing


def test_what_would_hold_a_core_is_refused_with_the_limit() -> None:
    with pytest.raises(InvalidParameter) as refused:
        check_pair(HedgeMethod.THEIL_SEN, window=4000, rows=10_000)
    assert refused.value.values["limit_s"] == MAX_REQUEST_S
    assert refused.value.values["estimate_s"] > MAX_REQUEST_S  # type: ignore[operator]
    with pytest.raises(InvalidParameter, match="at most 5 s"):
        check_scan(symbols=1000, bars=10_000)
    with pytest.raises(InvalidParameter, match="at most 20,000,000"):
        check_scan(symbols=10, bars=10**9)
    assert scan_seconds(symbols=100, bars=1440) < 1.0
    assert scan_seconds(symbols=2, bars=10_000_000) > 1.0  # to lay them out alone


def test_what_is_computed_is_paid_for_first_and_what_finds_no_room_is_not() -> None:
    paid: list[float] = []
    done: list[str] = []

    def refuse(_: float) -> None:
        raise TooManyRequests("no more", retry_after_s=1)

    async def run() -> None:
        lanes, gate = Lanes(), threading.Event()
        await lanes.answer(lambda: done.append("paid"), seconds=0.01, spend=paid.append)
        with pytest.raises(TooManyRequests):
            await lanes.answer(lambda: done.append("not paid"), seconds=0.01, spend=refuse)
        waiting = [
            asyncio.create_task(lanes.answer(lambda: gate.wait(PATIENCE_S), seconds=1.0))
            for _ in range(MOST_WAITING + 1)
        ]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await lanes.answer(lambda: None, seconds=1.0, spend=paid.append)
        gate.set()
        await asyncio.gather(*waiting)
        lanes.close()

    asyncio.run(run())
    assert (paid, done) == ([0.01], ["paid"])
