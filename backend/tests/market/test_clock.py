"""Market time follows the stream: it neither runs ahead of it, nor back, nor with our own clock."""

from hypothesis import given
from hypothesis import strategies as st

from market.tape import START
from quant.clock import NS_PER_MS, NS_PER_S
from quant.market.clock import SPAN_S, MarketClock

# (seconds on our clock since the last look, delay of an event in ms or None for a look alone)
looks = st.lists(
    st.tuples(st.floats(0, 0.5) | st.floats(0, 40), st.none() | st.integers(0, 5000)), min_size=1, max_size=60
)


def test_there_is_no_time_before_the_first_event():
    clock = MarketClock(speed=1.0)
    assert clock.newest is None
    assert clock.now(monotonic_s=500.0) == 0


@given(looks=looks, speed=st.sampled_from((0.0, 0.5, 1.0, 50.0)))
def test_market_time_never_goes_back(looks: list[tuple[float, int | None]], speed: float):
    clock, ours, before = MarketClock(speed=speed), 1000.0, 0
    for step_s, delay_ms in looks:
        ours += step_s
        if delay_ms is not None:
            clock.observe(START + int(ours * speed * NS_PER_S) - delay_ms * NS_PER_MS, monotonic_s=ours)
        now = clock.now(monotonic_s=ours)
        assert now >= before
        before = now


@given(looks=looks, speed=st.sampled_from((0.5, 1.0, 50.0)))
def test_market_time_is_never_ahead_of_the_least_delayed_event(
    looks: list[tuple[float, int | None]], speed: float
):
    """Each event says that the exchange's clock stood at least there when it reached us."""
    clock, ours = MarketClock(speed=speed), 1000.0
    events: list[tuple[int, float]] = []
    for step_s, delay_ms in looks:
        ours += step_s
        if delay_ms is not None:
            ts = START + int(ours * speed * NS_PER_S) - delay_ms * NS_PER_MS
            clock.observe(ts, monotonic_s=ours)
            events.append((ts, ours))
        if events:
            latest = max(ts + (ours - seen_s) * speed * NS_PER_S for ts, seen_s in events)
            assert clock.now(monotonic_s=ours) <= latest + 2000  # ns: floats in this line
            assert clock.newest == max(ts for ts, _ in events)


def test_time_is_carried_forward_between_events():
    clock = MarketClock(speed=1.0)
    clock.observe(START, monotonic_s=10.0)
    assert clock.now(monotonic_s=12.5) == START + 2_500_000_000


def test_a_recording_stands_still_between_events():
    clock = MarketClock(speed=0.0)
    clock.observe(START, monotonic_s=10.0)
    assert clock.now(monotonic_s=999.0) == START
    clock.observe(START + NS_PER_S, monotonic_s=999.0)
    assert clock.now(monotonic_s=1e6) == START + NS_PER_S


def test_a_fast_simulation_runs_at_its_speed():
    clock = MarketClock(speed=100.0)
    clock.observe(START, monotonic_s=10.0)
    assert clock.now(monotonic_s=10.5) == START + 50 * NS_PER_S


def test_market_time_does_not_drift_with_our_own_clock():
    """Ours runs 100 ppm fast for a day: 8.6 s. Market time stays within what two spans can add."""
    clock = MarketClock(speed=1.0)
    for second in range(0, 86_400, 5):
        ours = second * 1.0001
        clock.observe(START + second * NS_PER_S, monotonic_s=ours)
        ahead = clock.now(monotonic_s=ours) - (START + second * NS_PER_S)
        assert 0 <= ahead <= 3 * SPAN_S * 1e-4 * NS_PER_S


def test_market_time_stands_when_all_events_have_become_later():
    """The first event came at once, all others five seconds late: what it taught is forgotten after two spans."""
    clock, before = MarketClock(speed=1.0), 0
    clock.observe(START, monotonic_s=0.0)
    for half_seconds in range(1, 400):
        ours = half_seconds / 2
        if half_seconds % 20 == 0:
            clock.observe(START + int((ours - 5) * NS_PER_S), monotonic_s=ours)
        now = clock.now(monotonic_s=ours)
        assert now >= before
        before = now
    assert before == START + int((ours - 5) * NS_PER_S)


def test_events_that_come_late_do_not_hold_time_back():
    clock = MarketClock(speed=1.0)
    clock.observe(START, monotonic_s=10.0)
    clock.observe(START + 1 * NS_PER_S, monotonic_s=15.0)  # four seconds late
    assert clock.now(monotonic_s=15.0) == START + 5 * NS_PER_S
