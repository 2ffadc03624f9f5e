"""Alert rules as a client has them: made, refused, firing into a socket, delivered, the same after a restart."""

import csv
import io
import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from delivery.receiver import Receiver, answer, make_authority, receivers
from quant.api import alerts
from quant.delivery.signature import verify
from serving import Client, InProcess, quant, serving
from waiting import eventually

SYMBOLS = ["BTCUSDT", "ETHUSDT"]
PAIR = {"pair": "BTCUSDT-ETHUSDT", "interval": "1s", "window": 20}
SECRET = "a secret of the test"  # noqa: S105


def rule(*conditions: Any, **fields: Any) -> dict[str, Any]:
    return {"name": "a rule", "when": {"all": list(conditions)}} | fields


Z = {"metric": "zscore", **PAIR, "op": ">", "value": 2}
PRICE = {"metric": "price", "symbol": "BTCUSDT", "op": ">", "value": 1}


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Receiver, Path]]:
    """A receiver, and the authority that signed its certificate."""
    authority, certificate = make_authority(tmp_path_factory.mktemp("certificate"))
    with receivers(certificate, answer("204 No Content")) as made:
        yield made[0], authority


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def server(folder: Path, receiver: tuple[Receiver, Path]) -> Iterator[InProcess]:
    held, authority = receiver
    channels = json.dumps({"ops": f"https://127.0.0.1:{held.port}/hook"})
    with serving(
        folder,
        source="sim:7",
        alert_channels=channels,
        alert_webhook_secret=SECRET,
        alert_allow_private_hosts=True,
        alert_ca_file=authority,
    ) as running:
        running.client.wait_ready()
        running.client.post("/stream/start", symbols=SYMBOLS)
        running.client.wait_state("BTCUSDT", "live")
        running.client.wait_state("ETHUSDT", "live")
        yield running


@pytest.fixture(scope="module")
def client(server: InProcess) -> Client:
    return server.client


def test_rules_are_made_changed_and_removed(client: Client):
    made = client.post("/alerts", **rule(Z, name="=cmd|' /C calc'!A0", enabled=False))
    assert (made["revision"], made["standing"], made["when"]["all"][0]["method"]) == (1, "disabled", "ols")
    path = f"/alerts/{made['id']}"
    changed = client.http.patch(path, json={"name": "another", "cooldown_s": 5})
    assert changed.status_code == 200, changed.text
    assert client.get(path) == changed.json()
    assert (changed.json()["name"], changed.json()["revision"]) == ("another", 2)
    assert made["id"] in [each["id"] for each in client.get("/alerts")["items"]]
    assert client.http.delete(path).status_code == 204
    assert client.http.get(path).status_code == client.http.delete(path).status_code == 404


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        (rule(Z | {"metric": "mood"}), "/when/all/0/metric"),
        (rule(PRICE | {"symbol": "NOPE"}), "/when/all/0/symbol"),
        (rule(PRICE | {"op": "="}), "/when/all/0/op"),
        (rule(PRICE | {"value": float("nan")}), "/when/all/0/value"),
        (rule(), "/when/all"),
        (rule(PRICE, {"any": []}), "/when/all/1/any"),
        (rule(*[PRICE] * 51), "/when/all/50"),
        (rule(PRICE, channels=["nobody"]), "/channels/0"),
        ([], ""),
    ],
)
def test_a_bad_rule_is_refused_at_its_node(given: Any, pointer: str, client: Client):
    refused = client.http.post("/alerts", content=json.dumps(given))
    assert refused.status_code == 422, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["pointer"] == pointer


def test_an_event_reaches_the_socket_at_once_and_its_receiver_signed(
    client: Client, receiver: tuple[Receiver, Path]
):
    held, _ = receiver
    with client.socket() as socket:
        socket.send(json.dumps({"op": "subscribe", "topics": ["alerts"]}))
        made = client.post("/alerts", **rule(PRICE, name="any price", channels=["ops"]))
        event: dict[str, Any] = {}
        while not event:
            message = json.loads(socket.recv(timeout=20))
            if message.get("topic") == "alerts" and message["type"] == "update":
                event = next((e for e in message["data"]["items"] if e["rule_id"] == made["id"]), {})
                late_ms = time.time_ns() // 1_000_000 - event["time"] if event else 0
        assert event["evidence"][0]["value"] > 1
        assert event["evidence"][0]["trades"][0]["symbol"] == "BTCUSDT"
        assert late_ms < 2_000  # of which 300 pass until trades under way have come
        assert client.get("/alerts/active")["items"][0]["id"] == event["id"]
        assert client.post(f"/alerts/{event['id']}/ack")["acknowledged_at"]
        seen = json.loads(socket.recv(timeout=20))
        while seen["type"] != "update":
            seen = json.loads(socket.recv(timeout=20))
        assert seen["data"]["items"][0]["acknowledged_at"]
        missed = client.get("/alerts/history", since=event["seq"])["items"]
        assert [each["seq"] for each in missed][-1] == seen["seq"] > event["seq"]
    eventually(lambda: held.requests, what="the receiver was told")
    headers, body = held.requests[0]
    signature = headers["x-quant-signature"]
    assert verify(signature, body, secret=SECRET.encode(), now_s=time.time())
    assert not verify(signature, body + b" ", secret=SECRET.encode(), now_s=time.time())
    assert headers["x-quant-event"] == json.loads(body)["event"]["id"] == event["id"]
    assert client.get("/alerts/dead-letters")["items"] == []


def next_update(socket: Any, rule_id: str) -> Any:
    """Return the next message of the topic that tells of the rule."""
    while True:
        message = json.loads(socket.recv(timeout=60))
        if message.get("topic") == "alerts" and message["type"] == "update":
            (item,) = message["data"]["items"]
            if item["rule_id"] == rule_id:
                return message


def test_rest_and_socket_say_the_same_number(client: Client):
    """Of an end, too, after which the event is no longer among those that last."""
    with client.socket() as socket:
        socket.send(json.dumps({"op": "subscribe", "topics": ["alerts"]}))
        made = client.post("/alerts", **rule(PRICE, name="ends"))
        fired = next_update(socket, made["id"])
        assert client.get("/alerts/active")["seq"] >= fired["seq"]
        assert client.http.patch(f"/alerts/{made['id']}", json={"enabled": False}).status_code == 200
        ended = next_update(socket, made["id"])
        assert ended["data"]["items"][0]["ended_because"] == "disabled"
        active = client.get("/alerts/active")
        assert made["id"] not in [each["rule_id"] for each in active["items"]]
        assert active["seq"] >= ended["seq"] > fired["seq"]


def test_the_history_comes_as_csv_with_the_filters_of_the_page_and_no_formula(client: Client):
    name = '=HYPERLINK("https://evil.example"),<b>x</b>'
    made = client.post("/alerts", **rule(PRICE, name=name, severity="critical"))
    eventually(lambda: client.get("/alerts/history", rule_id=made["id"])["items"], what="it fires")
    answer = client.http.get("/alerts/history", params={"format": "csv", "severity": "critical"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "alerts.csv" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    wanted = client.get("/alerts/history", severity="critical", limit=1000)["items"]
    assert [row["id"] for row in rows] == [each["id"] for each in wanted]
    assert {row["severity"] for row in rows} == {"critical"}
    assert rows[0]["name"] == f"'{name}"
    assert rows[0]["trades"].startswith("BTCUSDT ")
    everything = client.http.get("/alerts/history", params={"format": "csv", "since": "0"})
    assert len(everything.text.splitlines()) > len(answer.text.splitlines())
    assert client.http.get("/alerts/history", params={"format": "xls"}).status_code == 422


@pytest.mark.parametrize(("form", "read"), [("parquet", pl.read_parquet), ("arrow", pl.read_ipc_stream)])
def test_the_history_comes_as_a_table_page_after_page(
    client: Client, monkeypatch: pytest.MonkeyPatch, form: str, read: Callable[[io.BytesIO], pl.DataFrame]
) -> None:
    monkeypatch.setattr(alerts, "MAX_EVENTS", 2)
    for number in range(3):
        made = client.post("/alerts", **rule(PRICE, name=f"{form} {number}", severity="info"))
        eventually(
            lambda asked=made["id"]: client.get("/alerts/history", rule_id=asked)["items"], what="it fires"
        )
    answer = client.http.get("/alerts/history", params={"format": form, "severity": "info"})
    assert f"alerts.{form}" in answer.headers["content-disposition"]
    found = read(io.BytesIO(answer.content))
    listed = client.http.get("/alerts/history", params={"format": "csv", "severity": "info"}).text
    lines = list(csv.DictReader(io.StringIO(listed)))
    assert len(lines) >= 3
    assert found.columns == list(lines[0])
    for row, line in zip(found.to_dicts(), lines, strict=True):
        at = row.pop("time"), row.pop("ended"), row.pop("acknowledged")
        told = [
            datetime.fromisoformat(text) if text else None
            for text in map(line.pop, ("time", "ended", "acknowledged"))
        ]
        assert list(at) == told
        assert {name: "" if value is None else str(value) for name, value in row.items()} == line
    nothing = client.http.get("/alerts/history", params={"format": form, "rule_id": "none"})
    assert read(io.BytesIO(nothing.content)).columns == found.columns


def test_crossings_fire_once_each_as_preview_says(client: Client, receiver: tuple[Receiver, Path]):
    """Over some seconds: z crosses what it crosses, and nothing is told twice."""
    held = {"metric": "correlation", **PAIR, "op": ">", "value": -1, "for_s": 2}
    address = f"https://127.0.0.1:{receiver[0].port}/s3cret"
    made = client.post("/alerts", **rule(Z | {"value": 0}, held, name="positive", channels=[address]))
    since = client.get("/alerts")["as_of"]

    def look() -> Any:
        found = client.get("/alerts/history", rule_id=made["id"])["items"]
        return found if len(found) >= 2 else None

    found = eventually(look, what="z was above 0 twice")
    # What everybody is told of holds no key.
    assert {tuple(event["rule"]["channels"]) for event in found} == {("https://127.0.0.1/…",)}
    until = client.get("/alerts")["as_of"] - 1_000
    ids = [event["id"] for event in found]
    assert len(ids) == len(set(ids))
    preview = client.post("/alerts/preview", rule_id=made["id"], start=since - 60_000, end=until)
    would = {each["time"] for each in preview["firings"]}
    settled = [event["time"] for event in found if since + 10_000 < event["time"] <= until]
    assert set(settled) <= would


def test_a_restart_fires_nothing_again(folder: Path, server: InProcess):
    before = server.client.get("/alerts/history")["items"]
    firing = {
        each["id"]
        for each in server.client.get("/alerts/active")["items"]
        if each["rule"]["name"] == "any price"
    }
    assert len(firing) == 1
    server.stop()
    shown = quant("alerts", "list", cwd=folder, DATA_DIR=folder)
    assert "any price" in shown.stdout, shown.stderr
    assert "any price" in quant("alerts", "history", "--csv", cwd=folder, DATA_DIR=folder).stdout
    with serving(folder, source="sim:7") as again:
        again.client.wait_ready()
        rules = {each["name"]: each["id"] for each in again.client.get("/alerts")["items"]}
        again.client.wait_state("BTCUSDT", "live")

        def standing() -> bool:
            return bool(again.client.get(f"/alerts/{rules['any price']}")["standing"] == "firing")

        eventually(standing, what="the price is watched again")
        active = [
            each
            for each in again.client.get("/alerts/active")["items"]
            if each["rule_id"] == rules["any price"]
        ]
        assert {each["id"] for each in active} == firing
        after = again.client.get("/alerts/history", rule_id=rules["any price"])["items"]
        assert len(after) == sum(each["rule_id"] == rules["any price"] for each in before)
