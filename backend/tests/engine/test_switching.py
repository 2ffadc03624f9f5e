"""Numbers that are being computed while the source is switched belong to nobody."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from listening import Ear
from problems import problem_of
from quant.engine import pair_publisher
from recorded import made_trades, write_recording
from serving import InProcess, free_port, serving
from waiting import PATIENCE_S

PAIR = {"symbol_a": "AAAUSDT", "symbol_b": "BBBUSDT"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[InProcess]:
    trades = made_trades(seed=4, minutes=90, start_ms=1_750_000_000_000)
    file = write_recording(tmp_path / "made.gz", trades)
    closed = free_port()
    hosts = {"binance_ws_url": f"ws://127.0.0.1:{closed}", "binance_rest_url": f"http://127.0.0.1:{closed}"}
    with serving(tmp_path / "data", source=f"replay:{file}", speed=0, **hosts) as server:
        server.client.wait_finished()
        yield server


class Gate:
    """Stands before a computation until it is opened."""

    def __init__(self, compute: Any) -> None:
        self.entered, self.opened = threading.Event(), threading.Event()
        self._compute = compute

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self.entered.set()
        assert self.opened.wait(PATIENCE_S)
        return self._compute(*arguments, **options)


@pytest.mark.parametrize("end", [None, 1_750_000_000_000 + 80 * 60_000])
def test_an_answer_under_way_is_not_given(
    server: InProcess, monkeypatch: pytest.MonkeyPatch, end: int | None
) -> None:
    api = server.client
    gate = Gate(pair_publisher.view_of)
    monkeypatch.setattr(pair_publisher, "view_of", gate)
    query = PAIR if end is None else PAIR | {"end": str(end)}
    with ThreadPoolExecutor(1) as asking:
        asked = asking.submit(api.http.get, "/analytics/pair", params=query)
        assert gate.entered.wait(PATIENCE_S)
        assert api.post("/stream/start", source="binance")["market"] == "binance-um"
        gate.opened.set()
        problem_of(asked.result(), status=503)


def test_a_message_under_way_is_not_sent(server: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    api = server.client
    gate = Gate(pair_publisher.view_of)
    monkeypatch.setattr(pair_publisher, "view_of", gate)
    with api.socket() as socket:
        ear = Ear(socket)
        topic = "pair:AAAUSDT-BBBUSDT:1m:60:ols:level"
        ear.say("subscribe", topic, "status")
        assert gate.entered.wait(PATIENCE_S)
        api.post("/stream/start", source="binance")
        gate.opened.set()
        ear.hear_until(lambda _: bool(ear.data(topic)))
    assert {each["data"]["market"] for each in ear.data(topic)} == {"binance-um"}


def test_what_was_published_is_dropped_at_once(server: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    api = server.client
    topic = "pair:AAAUSDT-BBBUSDT:1m:60:ols:level"
    with api.socket() as socket:
        ear = Ear(socket)
        ear.say("subscribe", topic)
        ear.hear_type("snapshot", topic)
        gate = Gate(pair_publisher.view_of)
        monkeypatch.setattr(pair_publisher, "view_of", gate)
        api.post("/stream/start", source="binance")
        assert server.engine._hub.newest(topic) is None  # type: ignore[attr-defined]
        gate.opened.set()
        assert ear.hear_until(lambda message: "data" in message)["data"]["market"] == "binance-um"
