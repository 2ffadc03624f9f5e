"""Alert rules as a client has them: made, refused, firing into a socket, delivered, the same after a restart."""

import asyncio
import json
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from delivery.receiver import Receiver, answer, make_certificate, receiving
from quant.delivery import webhook
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
    """A receiver in a thread of its own, and its certificate."""
    certificate = make_certificate(tmp_path_factory.mktemp("certificate"))
    held: list[Receiver] = []
    done = asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with receiving(certificate, answer("204 No Content")) as made:
            held.append(made)
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    eventually(lambda: held, what="the receiver listens")
    yield held[0], certificate[0]
    loop.call_soon_threadsafe(done.set)
    thread.join(10)
    loop.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def server(folder: Path, receiver: tuple[Receiver, Path]) -> Iterator[InProcess]:
    held, certificate = receiver
    trust = ssl.create_default_context(cafile=str(certificate))
    trust.check_hostname = False  # its name is not loopback's
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(webhook, "_default_trust", lambda: trust)
        channels = json.dumps({"ops": f"https://127.0.0.1:{held.port}/hook"})
        with serving(
            folder,
            source="sim:7",
            alert_channels=channels,
            alert_webhook_secret=SECRET,
            alert_allow_private_hosts=True,
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


def test_crossings_fire_once_each_as_preview_says(client: Client):
    """Over some seconds: z crosses what it crosses, and nothing is told twice."""
    held = {"metric": "correlation", **PAIR, "op": ">", "value": -1, "for_s": 2}
    made = client.post("/alerts", **rule(Z | {"value": 0}, held, name="positive"))
    since = client.get("/alerts")["as_of"]

    def look() -> Any:
        found = client.get("/alerts/history", rule_id=made["id"])["items"]
        return found if len(found) >= 2 else None

    found = eventually(look, what="z was above 0 twice")
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
