"""A task that is cancelled ends, whatever fails at the same moment."""

import asyncio

import pytest

from quant.cancellation import isolated


class Trouble(Exception):
    pass


async def fails_when(told: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(failing(told))


async def failing(told: asyncio.Event) -> None:
    try:
        await told.wait()
    finally:
        raise Trouble


async def trying_again(told: asyncio.Event, rounds: list[int]) -> None:
    while True:
        rounds.append(len(rounds))
        try:
            await isolated(fails_when(told))
        except* Trouble:
            pass
        await asyncio.sleep(0)


@pytest.mark.parametrize("turns", range(6))
@pytest.mark.parametrize("fails_first", [True, False])
def test_a_failure_at_the_same_moment_does_not_hide_a_cancellation(turns: int, *, fails_first: bool) -> None:
    async def play() -> int:
        told, rounds = asyncio.Event(), []
        task = asyncio.create_task(trying_again(told, rounds))
        for _ in range(5):
            await asyncio.sleep(0)
        if fails_first:
            told.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        told.set()
        done, _ = await asyncio.wait([task], timeout=10)
        assert done == {task}
        assert task.cancelled()
        return len(rounds)

    assert asyncio.run(play()) >= 1


def test_failures_without_a_cancellation_are_tried_again_for_ever() -> None:
    async def play() -> None:
        told, rounds = asyncio.Event(), []
        told.set()
        task = asyncio.create_task(trying_again(told, rounds))
        for _ in range(1000):
            await asyncio.sleep(0)
        assert len(rounds) > 50
        assert not task.done()
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(asyncio.wait_for(play(), 30))


def test_results_and_failures_are_passed_on() -> None:
    async def value() -> int:
        return 7

    async def trouble() -> int:
        raise Trouble

    assert asyncio.run(isolated(value())) == 7
    with pytest.raises(Trouble):
        asyncio.run(isolated(trouble()))
