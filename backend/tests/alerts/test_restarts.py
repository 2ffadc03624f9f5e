"""The evaluator and its store together: killed at any moment, every firing is stored once and waits to be told once."""

import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from alerts.rule_documents import PRICE, Z, rule
from quant.alerts.evaluator import Evaluator, Step
from quant.alerts.events import event_document
from quant.alerts.metrics import MetricKey
from quant.alerts.readings import Reading
from quant.alerts.states import decode_state, encode_state
from quant.clock import NS_PER_MS, NS_PER_S
from quant.storage.alert_outbox import AlertOutbox
from quant.storage.alert_records import AlertChanges, EventEnd, EventFilter, NewEvent
from quant.storage.alert_store import AlertStore
from quant.storage.metadata import Metadata

MARKET = "sim-7"
START = 60_000 * NS_PER_S
RULES = {
    "above": rule(PRICE, channels=["ops"]),
    "held": rule({**PRICE, "for_s": 2}, cooldown_s=5, channels=["ops", "mail"]),
    "crossing": rule({**PRICE, "op": "crosses_below", "value": 99.0}, rearm=101.0),
    "both": rule(Z, PRICE, kind="any", rearm=1.0, channels=["ops"]),
}
P, ZK = RULES["both"].when.members[1].key, RULES["both"].lead.key


@pytest.fixture
def metadata(tmp_path: Path) -> Iterator[Metadata]:
    metadata = Metadata(f"sqlite:///{tmp_path / 'meta.sqlite'}")
    metadata.open()
    yield metadata
    metadata.close()


def started(store: AlertStore) -> Evaluator:
    texts, as_of = store.states(MARKET)
    evaluator = Evaluator(MARKET)
    states = {name: decode_state(text) for name, text in texts.items()}
    assert evaluator.restore([(name, 1, each) for name, each in RULES.items()], states, as_of=as_of) == ()
    return evaluator


def changes_of(evaluator: Evaluator, step: Step) -> AlertChanges:
    return AlertChanges(
        MARKET,
        evaluator.time,
        tuple(
            NewEvent(
                event.id,
                event.rule_id,
                event.rule.severity,
                event.time,
                msgspec.json.encode(event_document(event)).decode(),
                event.rule.channels,
            )
            for event in step.events
        ),
        tuple(EventEnd(ending.event_id, ending.time, ending.reason) for ending in step.endings),
        {name: encode_state(state) for name, state in evaluator.states(step.changed).items()},
    )


@pytest.mark.parametrize("seed", range(2))
def test_no_firing_is_lost_or_doubled(seed: int, metadata: Metadata):
    rng = random.Random(seed)
    store, outbox = AlertStore(metadata.engine), AlertOutbox(metadata.engine)
    evaluator, time, told, kills = started(store), START, [], 0
    price, z = 100.0, 0.0
    for _ in range(120):
        time += rng.choice((100, 500, 1_000)) * NS_PER_MS
        price, z = 100 + 0.9 * (price - 100) + rng.gauss(0, 1), 0.8 * z + rng.gauss(0, 1)
        readings = {P: Reading(price, suspended="stale" if rng.random() < 0.05 else "")}
        if rng.random() < 0.5:
            readings[ZK] = Reading(z, time // NS_PER_S)
        step = evaluator.step(time, readings)
        if rng.random() < 0.05:  # killed before the commit
            evaluator, kills = started(store), kills + 1
            continue
        stored = store.commit(changes_of(evaluator, step), at_ms=1)
        if rng.random() < 0.05:  # killed before anybody was told
            evaluator, kills = started(store), kills + 1
            continue
        told += [event.id for event in stored if event.time in {each.time for each in step.events}]
    assert kills > 5
    events = store.history(EventFilter(), limit=10_000).items[::-1]
    assert len(events) > 12
    assert set(told) <= {event.id for event in events}
    for name, watched in RULES.items():
        mine = [event for event in events if event.rule_id == name]
        assert mine, name
        for event in mine:  # what nobody was told waits in the outbox
            channels = [each.channel for each in outbox.of_event(event.id)]
            assert channels == list(watched.channels)
            assert msgspec.json.decode(event.document)["reason"]
        for earlier, later in pairwise(mine):
            assert earlier.ended_at is not None
            assert earlier.ended_at <= later.time
            assert later.time - earlier.time >= watched.cooldown_s * NS_PER_S
        assert [event.ended_at for event in mine[:-1]].count(None) == 0


def test_one_that_was_true_all_the_time_fires_once(metadata: Metadata):
    store = AlertStore(metadata.engine)
    for number in range(1, 6):
        evaluator = started(store)
        step = evaluator.step(START + number * NS_PER_S, {P: Reading(150.0 + number)})
        store.commit(changes_of(evaluator, step), at_ms=1)
    ids = [event.rule_id for event in store.history(EventFilter(), limit=99).items]
    assert ids.count("above") == 1


def test_a_recording_played_again_gives_the_events_it_gave(metadata: Metadata):
    store = AlertStore(metadata.engine)

    def play() -> list[str]:
        evaluator, rng = started(store), random.Random(3)
        found = []
        for number in range(40):
            step = evaluator.step(START + number * NS_PER_S, {P: Reading(100 + rng.gauss(0, 2))})
            store.commit(changes_of(evaluator, step), at_ms=1)
            found += [event.id for event in step.events]
        return found

    first = play()
    store.forget_states(MARKET)
    assert play() == first
    assert sorted(each.id for each in store.history(EventFilter(), limit=999).items) == sorted(first)


BARS = {
    "crossing": rule({**Z, "op": "crosses_above", "value": 0.0}, cooldown_s=120),
    "held": rule({**Z, "value": 0.0, "for_s": 150}, rearm=-0.5),
    "mixed": rule({**Z, "op": "<", "value": 0.5}, {**PRICE, "for_s": 7.3}, kind="any", cooldown_s=40),
    "price": rule({**PRICE, "for_s": 12}, rearm=99.5),
}
MINUTE_NS = 60 * NS_PER_S


@pytest.mark.parametrize("seed", range(20))
def test_one_that_sees_what_it_missed_tells_what_one_without_a_pause_tells(seed: int):
    """Killed often, and each time shown anew how it stood and then what came since: as if nothing had been."""
    rng = random.Random(seed)
    price, z, time, now = 100.0, 0.0, START, dict[MetricKey, Reading]()
    whole, killed = Evaluator(MARKET), Evaluator(MARKET)
    for name, each in BARS.items():
        whole.put(name, 1, each)
        killed.put(name, 1, each)
    expected, told, states, kills = [], [], killed.states(), 0
    for _ in range(300):
        time += rng.choice((200, 1_000, 9_000, 30_000)) * NS_PER_MS
        price, z = 100 + 0.9 * (price - 100) + rng.gauss(0, 1), 0.8 * z + rng.gauss(0, 1)
        fresh = {P: Reading(price)}
        if time // MINUTE_NS != whole.time // MINUTE_NS:
            fresh[ZK] = Reading(z, time // MINUTE_NS * MINUTE_NS)
        step = whole.step(time, fresh)
        expected += [*step.events, *step.endings]
        if rng.random() < 0.2:  # the next process, from what was stored of it
            kept = {name: decode_state(encode_state(state)) for name, state in states.items()}
            as_of, kills = killed.time, kills + 1
            killed = Evaluator(MARKET)
            assert killed.restore([(name, 1, each) for name, each in BARS.items()], kept, as_of=as_of) == ()
            killed.recall(now)
        now |= fresh
        step = killed.step(time, fresh)
        told += [*step.events, *step.endings]
        states |= killed.states(step.changed)
    assert kills > 20
    assert len(expected) > 20
    assert told == expected
