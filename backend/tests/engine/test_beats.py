"""What is done at fixed times: on a loop whose clock goes on by exactly what is slept and worked."""

import asyncio
from contextlib import aclosing
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from quant.engine.beats import beats

EVERY_S = 0.25


class Driven(asyncio.SelectorEventLoop):
    """An event loop whose time is driven: what would be waited for is passed at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 100.0

    def time(self) -> float:
        return self.now_s

    def call_at(self, when, callback, *args, context=None):  # type: ignore[no-untyped-def]
        def arrive() -> None:
            self.now_s = max(self.now_s, when)
            callback(*args)

        return self.call_soon(arrive, context=context)


@given(st.lists(st.floats(0, 2 * EVERY_S), min_size=1, max_size=20))
def test_each_beat_is_at_a_multiple_of_the_time_and_none_comes_twice(work: list[float]) -> None:
    loop = Driven()

    async def count() -> list[float]:
        times = []
        async with aclosing(beats(EVERY_S)) as coming:
            async for _ in coming:
                times.append(loop.now_s - 100.0)
                if len(times) > len(work):
                    break
                loop.now_s += work[len(times) - 1]
        return times

    times = loop.run_until_complete(count())
    loop.close()
    numbers = [round(time / EVERY_S) for time in times]
    for time, number in zip(times, numbers, strict=True):
        assert abs(time - number * EVERY_S) < 1e-6
    for (before, after), took in zip(pairwise(numbers), work, strict=True):
        assert after > before
        waited = after * EVERY_S - (before * EVERY_S + took)
        assert -1e-6 <= waited <= EVERY_S + 1e-6
