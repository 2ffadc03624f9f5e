"""Quotes and mark prices: the newest of every second, against a dict."""

from hypothesis import given
from hypothesis import strategies as st

from market.tape import START
from quant.clock import NS_PER_MS, NS_PER_S
from quant.market.seconds import DEPTH, SecondSeries

events = st.lists(
    st.tuples(
        st.sampled_from("AB"),
        st.one_of(st.integers(0, 5000), st.integers(0, 3 * DEPTH * 1000)),
        st.floats(0, 100),
    ),
    max_size=60,
)


@given(
    events=events,
    limit=st.integers(0, 20),
    start_s=st.none() | st.integers(0, 20),
    end_s=st.none() | st.integers(0, 20),
)
def test_the_newest_of_every_second_as_far_as_the_ring_reaches(
    events: list[tuple[str, int, float]], limit: int, start_s: int | None, end_s: int | None
):
    series, kept = SecondSeries(2), dict[str, dict[int, tuple[int, float]]]()
    for symbol, ms, value in events:
        ts = START + ms * NS_PER_MS
        series.put(symbol, ts, (value, -value))
        seconds = kept.setdefault(symbol, {})
        place = ts // NS_PER_S % DEPTH
        if place not in seconds or ts >= seconds[place][0]:
            seconds[place] = (ts, value)
    start = None if start_s is None else START + start_s * NS_PER_S
    end = None if end_s is None else START + end_s * NS_PER_S
    for symbol in "ABC":
        rows = sorted(kept.get(symbol, {}).values())
        newest = rows[-1][0] if rows else 0
        wanted = [
            (ts, value)
            for ts, value in rows
            if ts > newest - DEPTH * NS_PER_S and (start is None or ts >= start) and (end is None or ts < end)
        ]
        wanted = wanted[-limit:] if limit else []
        times, values = series.read(symbol, limit=limit, start=start, end=end)
        assert times.tolist() == [ts for ts, _ in wanted]
        assert values.tolist() == [[value, -value] for _, value in wanted]


def test_what_is_read_is_a_copy():
    series = SecondSeries(1)
    series.put("A", START, (1.0,))
    series.read("A", limit=1)[1][:] = 9.0
    assert series.read("A", limit=1)[1].tolist() == [[1.0]]
