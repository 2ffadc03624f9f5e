"""When evaluation goes on after a pause: once what was missed is there, or after so long without it."""

from quant.clock import NS_PER_S
from quant.engine.alert_resumption import LONGEST_PAST_NS, LONGEST_STALL_NS, PATIENCE_S, Resumption

LAST = 1_000 * NS_PER_S
SYMBOLS = ("AAAUSDT", "BBBUSDT")


class Hands:
    """A clock that is set."""

    def __init__(self) -> None:
        self.at_s = 50.0

    def wall_ns(self) -> int:
        return 0

    def monotonic_s(self) -> float:
        return self.at_s

    def monotonic_ns(self) -> int:
        return round(self.at_s * NS_PER_S)


class Pause:
    def __init__(self, *, is_restart: bool, speed: float = 1.0) -> None:
        self.clock = Hands()
        self.resumption = Resumption(self.clock, speed=speed, is_restart=is_restart)
        self.troubles = {"AAAUSDT": "gap", "BBBUSDT": ""}

    def holds(self, seconds: float) -> bool:
        until = LAST + round(seconds * NS_PER_S)
        return self.resumption.holds_back(SYMBOLS, self.troubles.__getitem__, last=LAST, until=until)


def test_it_waits_for_the_past_after_a_restart_however_short() -> None:
    pause = Pause(is_restart=True)
    assert pause.holds(0.1)
    pause.clock.at_s += PATIENCE_S / 2
    assert pause.holds(3)
    pause.troubles["AAAUSDT"] = ""
    assert not pause.holds(3.1)
    pause.troubles["AAAUSDT"] = "stale"
    assert not pause.holds(3.2)


def test_it_waits_no_longer_than_so() -> None:
    pause = Pause(is_restart=True)
    assert pause.holds(0.1)
    pause.clock.at_s += PATIENCE_S
    assert not pause.holds(16)
    assert not pause.holds(17)


def test_a_market_that_goes_on_is_not_held_back_by_one_symbol() -> None:
    pause = Pause(is_restart=False)
    assert not pause.holds(0.1)
    assert not pause.holds(LONGEST_STALL_NS / NS_PER_S)


def test_one_that_stood_still_waits_each_time_it_did() -> None:
    pause = Pause(is_restart=False)
    for _ in range(2):
        assert pause.holds(11)
        pause.clock.at_s += PATIENCE_S
        assert not pause.holds(12)
        assert not pause.holds(0.1)  # it has caught up


def test_a_stall_is_of_the_machine_not_of_the_market() -> None:
    assert not Pause(is_restart=False, speed=60.0).holds(599)
    assert Pause(is_restart=False, speed=60.0).holds(601)


def test_it_goes_back_as_far_as_memory_does() -> None:
    resumption = Pause(is_restart=True).resumption
    assert resumption.since(LAST, LAST + NS_PER_S) == LAST
    assert resumption.since(LAST, LAST + 2 * LONGEST_PAST_NS) == LAST + LONGEST_PAST_NS
