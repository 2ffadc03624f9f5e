"""Market seconds, and one at a time."""

import asyncio

import pytest

from feed.virtual_time import VirtualTime
from quant.feed.pace import Pace, Turnstile


def test_seconds_are_the_markets():
    time = VirtualTime()
    pace = Pace(time, 100, time.sleep)
    time.run(pace.sleep(60))
    assert time.now_s == pytest.approx(0.6)
    assert pace.monotonic_s() == pytest.approx(60)


@pytest.mark.parametrize(
    ("seconds", "speed", "floor_s", "real_s"),
    [(10, 1, 0, 10), (10, 100, 0, 0.1), (10, 100, 1, 1), (0.02, 1, 1, 0.02), (0.02, 100, 1, 0.02)],
)
def test_a_floor_keeps_speed_from_shortening_and_lengthens_nothing(
    seconds: float, speed: float, floor_s: float, real_s: float
):
    assert Pace(VirtualTime(), speed).real_s(seconds, floor_s=floor_s) == real_s


def test_a_turnstile_lets_one_pass_at_a_time():
    time = VirtualTime()
    turnstile = Turnstile(every_s=0.3, pace=Pace(time, pause=time.sleep))
    passed: list[tuple[str, float]] = []

    async def walk(name: str) -> None:
        for _ in range(3):
            await turnstile.turn()
            passed.append((name, time.now_s))

    async def all_of_them() -> None:
        await asyncio.gather(*(walk(name) for name in "abc"))
        await time.sleep(10)
        await turnstile.turn()

    time.run(all_of_them())
    assert [at for _, at in passed] == pytest.approx([0.3 * n for n in range(9)])
    assert sorted(name for name, _ in passed) == list("aaabbbccc")
    assert time.now_s == pytest.approx(12.4), "who comes late passes at once"
