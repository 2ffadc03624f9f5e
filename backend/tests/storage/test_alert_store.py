"""Alerts in SQL: rules, states and events kept as one, pages and filters, deliveries, a kill at any moment."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quant.errors import NotFound, StorageError
from quant.storage.alert_outbox import AlertOutbox
from quant.storage.alert_records import (
    AlertChanges,
    EventEnd,
    EventFilter,
    NewEvent,
    StoredDelivery,
    StoredRule,
)
from quant.storage.alert_store import AlertStore
from quant.storage.metadata import Metadata

MARKET = "sim-7"
NOTHING = AlertChanges(MARKET, 0)
RULE = StoredRule("r1", 1, '{"name":"a"}', 1_000, 1_000)


@pytest.fixture
def metadata(tmp_path: Path) -> Iterator[Metadata]:
    metadata = Metadata(f"sqlite:///{tmp_path / 'meta.sqlite'}")
    metadata.open()
    yield metadata
    metadata.close()


@pytest.fixture
def store(metadata: Metadata) -> AlertStore:
    return AlertStore(metadata.engine)


def event(number: int, **fields: object) -> NewEvent:
    return replace(NewEvent(f"e{number}", "r1", "warning", number, f'{{"n":{number}}}'), **fields)


def commit(
    store: AlertStore, *events: NewEvent, as_of: int = 1, ends: tuple[EventEnd, ...] = (), **states: str
):
    return store.commit(AlertChanges(MARKET, as_of, events, ends, states), at_ms=50)


def test_rules_are_kept_with_what_the_evaluator_made_of_them(store: AlertStore):
    assert store.rules() == ()
    store.save_rule(RULE, AlertChanges(MARKET, 5, states={"r1": "s1"}), at_ms=1)
    second = StoredRule("r0", 1, "{}", 2_000, 2_000)
    store.save_rule(second, NOTHING, at_ms=1)
    edited = replace(RULE, revision=2, document="{}", updated_at=3_000)
    commit(store, event(1))
    ended = store.save_rule(edited, AlertChanges(MARKET, 9, ends=(EventEnd("e1", 9, "edited"),)), at_ms=1)
    assert [(each.id, each.ended_at, each.ended_because) for each in ended] == [("e1", 9, "edited")]
    assert store.rules() == (edited, second)
    assert store.rule("r1") == edited
    assert store.states(MARKET) == ({"r1": "s1"}, 9)
    assert store.states("sim-8") == ({}, 0)


def test_a_removed_rule_leaves_its_events_and_none_that_lasts(store: AlertStore):
    store.save_rule(RULE, NOTHING, at_ms=1)
    commit(store, event(1), event(2), as_of=2, r1="s")
    store.commit(AlertChanges("sim-8", 3, (event(3),), states={"r1": "s"}), at_ms=1)
    changed = store.remove_rule("r1", AlertChanges(MARKET, 9, ends=(EventEnd("e2", 9, "deleted"),)), at_ms=1)
    assert [(each.id, each.ended_at) for each in changed] == [("e2", 9), ("e1", 1), ("e3", 3)]
    assert store.rules() == ()
    assert store.states(MARKET) == ({}, 9)
    assert store.states("sim-8") == ({}, 3)
    assert [each.id for each in store.history(EventFilter(is_over=True), limit=9).items] == ["e3", "e2", "e1"]
    for ask in (lambda: store.rule("r1"), lambda: store.remove_rule("r1", NOTHING, at_ms=1)):
        with pytest.raises(NotFound):
            ask()


def test_an_event_is_stored_and_delivered_once(store: AlertStore, metadata: Metadata):
    outbox = AlertOutbox(metadata.engine)
    first = commit(store, event(1, channels=("ops", "mail")), r1="a")
    assert [each.id for each in first] == ["e1"]
    again = commit(store, event(1, channels=("ops",)), event(2), as_of=2, r1="b")
    assert [(each.id, each.document) for each in again] == [("e1", '{"n":1}'), ("e2", '{"n":2}')]
    assert store.states(MARKET) == ({"r1": "b"}, 2)
    assert outbox.waiting() == ("mail", "ops")
    assert len(outbox.of_event("e1")) == 2
    assert [each.seq for each in store.history(EventFilter(), limit=9).items] == [2, 1]


def test_every_change_has_a_number_of_its_own(store: AlertStore):
    commit(store, event(1), event(2), event(3))
    seen = store.last_change()
    assert [each.id for each in store.changed_since(0, limit=2)] == ["e1", "e2"]
    commit(store, ends=(EventEnd("e2", 7, "cleared"),))
    store.acknowledge("e1", at_ms=99)
    newer = store.changed_since(seen - 1, limit=9)
    assert [(each.id, each.ended_at, each.acknowledged_at) for each in newer] == [
        ("e2", 7, None),
        ("e1", None, 99),
    ]
    assert newer[-1].change <= store.last_change()
    assert len({each.change for each in store.changed_since(0, limit=9)}) == 3
    assert commit(store, ends=(EventEnd("e2", 8, "expired"),)) == ()  # it is over already
    assert store.event("e2").ended_because == "cleared"


def test_an_acknowledgement_is_kept_and_can_be_taken_back(store: AlertStore):
    commit(store, event(1))
    assert store.acknowledge("e1", at_ms=5).acknowledged_at == 5
    change = store.event("e1").change
    assert store.acknowledge("e1", at_ms=6).acknowledged_at == 5
    assert store.event("e1").change == change
    assert store.acknowledge("e1", at_ms=None).acknowledged_at is None
    for ask in (lambda: store.acknowledge("e9", at_ms=1), lambda: store.event("e9")):
        with pytest.raises(NotFound):
            ask()


def test_a_recording_played_again_begins_anew(store: AlertStore):
    commit(store, event(1), event(2), as_of=9, r1="s")
    commit(store, ends=(EventEnd("e1", 5, "cleared"),))
    store.acknowledge("e1", at_ms=99)
    before = store.last_change()
    assert [each.id for each in store.forget_states(MARKET)] == ["e2"]
    assert store.states(MARKET) == ({}, 0)
    assert [store.event(name).ended_because for name in ("e1", "e2")] == ["cleared", "restarted"]
    again = commit(store, event(1), event(2))
    assert [(each.id, each.ended_at, each.acknowledged_at) for each in again] == [
        ("e1", None, 99),
        ("e2", None, None),
    ]
    assert [each.id for each in store.changed_since(before, limit=9)] == ["e1", "e2"]
    assert [each.seq for each in store.history(EventFilter(), limit=9).items] == [2, 1]
    assert [each.ended_at for each in commit(store, ends=(EventEnd("e1", 5, "cleared"),))] == [5]


def test_what_fails_leaves_nothing_behind(store: AlertStore):
    commit(store, event(1), as_of=1, r1="a")
    broken = replace(event(3), document=None)  # no event without one
    with pytest.raises(StorageError, match="alerts"):
        commit(store, event(2), broken, as_of=2, r1="b")
    assert store.states(MARKET) == ({"r1": "a"}, 1)
    assert [each.id for each in store.history(EventFilter(), limit=9).items] == ["e1"]


some = st.builds(
    lambda rule, severity, time, market: (rule, severity, time, market),
    st.sampled_from(("r1", "r2")),
    st.sampled_from(("info", "warning", "critical")),
    st.integers(0, 5),
    st.sampled_from((MARKET, "sim-8")),
)
filters = st.builds(
    EventFilter,
    market=st.sampled_from((None, MARKET)),
    rule_id=st.sampled_from((None, "r1", "r3")),
    severities=st.lists(st.sampled_from(("info", "critical")), max_size=2).map(tuple),
    start=st.none() | st.integers(0, 5),
    end=st.none() | st.integers(0, 6),
    is_acknowledged=st.sampled_from((None, True, False)),
    is_over=st.sampled_from((None, True, False)),
)


numbers = st.sets(st.integers(0, 11))


@pytest.fixture(scope="module")
def one_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlertStore]:
    metadata = Metadata(f"sqlite:///{tmp_path_factory.mktemp('alerts') / 'meta.sqlite'}")
    metadata.open()
    yield AlertStore(metadata.engine)
    metadata.close()


@settings(max_examples=15)
@given(
    made=st.lists(some, max_size=12),
    acknowledged=numbers,
    over=numbers,
    wanted=filters,
    limit=st.integers(1, 4),
)
def test_pages_hold_what_the_filter_wants_newest_first(
    one_store: AlertStore,
    made: list[tuple[str, str, int, str]],
    acknowledged: set[int],
    over: set[int],
    wanted: EventFilter,
    limit: int,
):
    expected, run = [], one_store.last_change()  # each example has markets of its own
    events = {market: [] for market in (MARKET, "sim-8")}
    ends = {market: [] for market in (MARKET, "sim-8")}
    for number, (rule, severity, time, market) in enumerate(made):
        events[market].append(NewEvent(f"e{run}-{number}", rule, severity, time, "{}"))
        if number in over:
            ends[market].append(EventEnd(f"e{run}-{number}", 9, "cleared"))
    for market in events:
        changes = AlertChanges(f"{market}-{run}", 1, tuple(events[market]), tuple(ends[market]))
        one_store.commit(changes, at_ms=1)
    for number in acknowledged & set(range(len(made))):
        one_store.acknowledge(f"e{run}-{number}", at_ms=1)
    wanted = replace(wanted, market=wanted.market or MARKET)
    for number, (rule, severity, time, market) in enumerate(made):
        if (
            wanted.market == market
            and wanted.rule_id in (None, rule)
            and (not wanted.severities or severity in wanted.severities)
            and (wanted.start is None or wanted.start <= time)
            and (wanted.end is None or time < wanted.end)
            and wanted.is_acknowledged in (None, number in acknowledged)
            and wanted.is_over in (None, number in over)
        ):
            expected.append(f"e{run}-{number}")
    found, before = [], None
    wanted = replace(wanted, market=f"{wanted.market}-{run}")
    while True:
        page = one_store.history(wanted, before=before, limit=limit)
        assert len(page.items) <= limit
        found += [each.id for each in page.items]
        before = page.next_before
        if before is None:
            break
    assert found == expected[::-1]


def test_without_a_filter_there_is_everything(store: AlertStore):
    commit(store, event(1), event(2, rule_id="r2"))
    assert [each.id for each in store.history(EventFilter(), limit=9).items] == ["e2", "e1"]


def test_a_delivery_waits_is_tried_again_and_given_up(store: AlertStore, metadata: Metadata):
    outbox = AlertOutbox(metadata.engine)
    assert outbox.waiting() == ()
    assert outbox.next_due_ms("ops") is None
    commit(store, event(1, channels=("ops", "mail")), event(2, channels=("ops",)))
    assert [each.event.id for each in outbox.due("ops", now_ms=50, limit=9)] == ["e1", "e2"]
    assert outbox.due("ops", now_ms=49, limit=9) == ()
    first, second = outbox.due("ops", now_ms=50, limit=2)
    assert (first.attempts, first.state, first.event.document) == (0, "waiting", '{"n":1}')
    outbox.delivered(first.id, at_ms=60)
    outbox.failed(second.id, at_ms=60, error="500", retry_at_ms=90)
    assert outbox.due("ops", now_ms=89, limit=9) == ()
    assert outbox.next_due_ms("ops") == 90
    outbox.failed(second.id, at_ms=90, error="timed out", retry_at_ms=None)
    assert outbox.waiting() == ("mail",)
    (dead,) = outbox.dead_letters(limit=9)
    assert (dead.id, dead.attempts, dead.error, dead.updated_at) == (second.id, 2, "timed out", 90)
    assert outbox.dead_letters(before=dead.id, limit=9) == ()
    with pytest.raises(NotFound):
        outbox.delivered(dead.id, at_ms=95)
    with pytest.raises(NotFound):
        outbox.retry(first.id, at_ms=95)
    outbox.retry(dead.id, at_ms=100)
    (again,) = outbox.due("ops", now_ms=100, limit=9)
    assert (again.id, again.attempts) == (dead.id, 0)
    assert [(each.channel, each.state) for each in outbox.of_event("e1")] == [
        ("ops", "delivered"),
        ("mail", "waiting"),
    ]


def deliver_all(outbox: AlertOutbox, due: Iterable[StoredDelivery]) -> None:
    for delivery in due:
        outbox.delivered(delivery.id, at_ms=60)


def fire_all(store: AlertStore) -> None:
    for number in range(30, 50):
        commit(store, event(number), as_of=number)


def test_threads_wait_for_each_other(store: AlertStore, metadata: Metadata):
    outbox = AlertOutbox(metadata.engine)
    commit(store, *(event(number, channels=("ops",)) for number in range(30)))

    due = outbox.due("ops", now_ms=50, limit=30)
    with ThreadPoolExecutor(3) as threads:
        delivering = [threads.submit(deliver_all, outbox, due[part::2]) for part in range(2)]
        firing = threads.submit(fire_all, store)
        for each in (*delivering, firing):
            each.result()
    assert outbox.waiting() == ()
    assert len(store.history(EventFilter(), limit=99).items) == 50


VICTIM = """
import sys
from quant.storage.alert_records import AlertChanges, EventEnd, NewEvent
from quant.storage.alert_store import AlertStore
from quant.storage.metadata import Metadata
metadata = Metadata(sys.argv[1])
metadata.open()
store = AlertStore(metadata.engine)
number = int(store.states("sim-7")[0].get("r1", "0"))
while True:
    number += 1
    events = (NewEvent(f"e{number}", "r1", "info", number, "{}", ("ops",)),)
    ends = (EventEnd(f"e{number - 1}", number, "cleared"),)
    told = store.commit(AlertChanges("sim-7", number, events, ends, {"r1": str(number)}), at_ms=1)
    print(*(each.id for each in told if each.ended_at is None), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")
def test_a_kill_at_any_moment_neither_loses_nor_doubles(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'meta.sqlite'}"
    heard = 0
    for lines in (1, 7, 20):
        process = subprocess.Popen(
            [sys.executable, "-c", VICTIM, url], stdout=subprocess.PIPE, text=True, env=os.environ
        )
        assert process.stdout is not None
        for _ in range(lines):
            assert process.stdout.readline().split() == [f"e{heard + 1}"]
            heard += 1
        process.send_signal(signal.SIGKILL)
        heard += sum(1 for line in process.stdout if line.endswith("\n"))
        process.wait()
        process.stdout.close()
        metadata = Metadata(url)
        metadata.open()
        store, outbox = AlertStore(metadata.engine), AlertOutbox(metadata.engine)
        stored = store.history(EventFilter(), limit=10_000).items
        states, as_of = store.states(MARKET)
        assert len(stored) in (heard, heard + 1)  # told means stored; the last may not have been told
        heard = len(stored)
        assert (states, as_of) == ({"r1": str(heard)}, heard)
        assert [each.id for each in stored] == [f"e{number}" for number in range(heard, 0, -1)]
        assert [each.ended_at is None for each in stored] == [True] + [False] * (heard - 1)
        assert len(outbox.due("ops", now_ms=1, limit=10_000)) == heard
        metadata.close()
