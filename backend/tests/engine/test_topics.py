"""The names of topics: whatever can be read can be written, and the other way round."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.domain import HedgeMethod, Pair, Scale
from quant.engine.protocol import PairKey
from quant.engine.topics import BarsTopic, SecondsTopic, StatusTopic, TicksTopic, parse_topic, topic_name
from quant.errors import InvalidInput

symbols = st.text("ABCXYZ019", min_size=1, max_size=12)
keys = st.builds(
    PairKey,
    st.tuples(symbols, symbols).filter(lambda legs: legs[0] != legs[1]).map(lambda legs: Pair(*legs)),
    st.sampled_from(["1s", "1m"]),
    st.integers(0, 999_999_999),
    st.sampled_from(HedgeMethod),
    st.sampled_from(Scale),
)
topics = st.one_of(
    st.just(StatusTopic()),
    st.builds(TicksTopic, symbols),
    st.builds(SecondsTopic, st.sampled_from(["quote", "funding"]), symbols),
    st.builds(BarsTopic, symbols, st.sampled_from(["1s", "5m"])),
    keys,
)


@given(topics)
def test_a_written_topic_is_read_as_the_same(topic) -> None:
    assert parse_topic(topic_name(topic)) == topic


@given(st.text(max_size=60))
@pytest.mark.filterwarnings("error")
def test_any_text_is_a_topic_or_is_refused(text: str) -> None:
    try:
        topic = parse_topic(text)
    except InvalidInput:
        return
    assert parse_topic(topic_name(topic)) == topic
