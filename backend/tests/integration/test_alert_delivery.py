"""A rule over the simulated market to its end: once a crossing, into the browser's socket, signed to its receiver.

The server is the command as a user starts it; receivers speak TLS with a certificate of their own authority.
"""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from delivery.receiver import Receiver, answer, make_authority, receivers
from quant.delivery.signature import verify
from serving import Client, server_process
from waiting import eventually

SYMBOLS = ["BTCUSDT", "ETHUSDT"]
PAIR = {"pair": "BTCUSDT-ETHUSDT", "interval": "1s", "window": 60}
BAR_MS = 1_000
SPEED = 10
"""Crossings come every few seconds."""

SECRET = "a secret of the test"  # noqa: S105
DELAYS_S = (0.3, 0.3)
WITHIN_S = 240.0
ANSWERS = {
    "good": answer("204 No Content"),
    "breaks": answer("500 Internal Server Error"),
    "drops": "drop",
    "hangs": "hang",
}
RULE = {
    "name": "<b>=1+1</b>",
    "when": {
        "all": [
            {"metric": "zscore", **PAIR, "op": ">", "value": 2},
            {"metric": "correlation", **PAIR, "op": ">", "value": 0.8, "for_s": 10},
        ]
    },
    "channels": [*ANSWERS],
}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Path, Path]]:
    if shutil.which("openssl") is None:
        pytest.skip("makes its certificates with the openssl command, which is not here")
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def told(certificates: tuple[Path, tuple[Path, Path]]) -> Iterator[dict[str, Receiver]]:
    with receivers(certificates[1], *ANSWERS.values()) as made:
        yield dict(zip(ANSWERS, made, strict=True))


@pytest.fixture(scope="module")
def client(
    certificates: tuple[Path, tuple[Path, Path]],
    told: dict[str, Receiver],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Client]:
    channels = {name: f"https://127.0.0.1:{receiver.port}/{name}" for name, receiver in told.items()}
    with server_process(
        tmp_path_factory.mktemp("server"),
        SOURCE="sim:7",
        SPEED=SPEED,
        ALERT_CHANNELS=json.dumps(channels),
        ALERT_WEBHOOK_SECRET=SECRET,
        ALERT_ALLOW_PRIVATE_HOSTS="true",
        ALERT_CA_FILE=certificates[0],
        ALERT_RETRY_DELAYS_S=",".join(map(str, DELAYS_S)),
    ) as server:
        client = server.client
        client.wait_ready()
        client.post("/stream/start", symbols=SYMBOLS)
        for symbol in SYMBOLS:
            client.wait_state(symbol, "live", "quiet")
        yield client


@pytest.fixture(scope="module")
def seen(client: Client) -> tuple[str, list[dict[str, Any]]]:
    """Return the rule's id, and all that the socket told of it until it had fired three times and ended again."""
    with client.socket() as socket:
        socket.send(json.dumps({"op": "subscribe", "topics": ["alerts"]}))
        made: str = client.post("/alerts", **RULE)["id"]
        changes: list[dict[str, Any]] = []
        deadline = time.monotonic() + WITHIN_S
        while sum(change["ended_at"] is not None for change in changes) < 3:
            message = json.loads(socket.recv(timeout=deadline - time.monotonic()))
            if message.get("topic") == "alerts":
                changes += [item for item in message["data"]["items"] if item["rule_id"] == made]
    client.http.patch(f"/alerts/{made}", json={"enabled": False})
    return made, changes


def test_it_fires_once_a_crossing(client: Client, seen: tuple[str, list[dict[str, Any]]]) -> None:
    made, changes = seen
    fired = [change for change in changes if change["ended_at"] is None]
    ended = [change for change in changes if change["ended_at"] is not None]
    assert [change["id"] for change in fired] == [change["id"] for change in ended]
    assert [change["seq"] for change in changes] == sorted({change["seq"] for change in changes})
    for event in fired:
        z, correlation = event["evidence"]
        assert z["value"] > 2
        assert correlation["value"] > 0.8
        assert event["time"] - correlation["held_since"] >= 10_000
        assert {each["symbol"] for each in z["trades"]} <= {
            *SYMBOLS
        }  # one may not have traded in that second
        assert z["quality"]
    # Between two firings there is a bar at which the question was answered no.
    series = client.get("/analytics/pair", symbol_a=SYMBOLS[0], symbol_b=SYMBOLS[1], interval="1s", window=60)
    rows = series["series"]
    said = dict(zip(rows["time"], zip(rows["zscore"], rows["correlation"], strict=True), strict=True))
    for event, end in zip(fired, ended, strict=True):
        last = [at for at in said if event["time"] - BAR_MS <= at < end["ended_at"] - BAR_MS]
        assert all(said[at][0] > 2 and said[at][1] > 0.8 for at in last)
        z, correlation = said.get(end["ended_at"] - BAR_MS, (None, None))
        assert z is None or z <= 2 or correlation <= 0.8
    history = client.get("/alerts/history", rule_id=made, limit=100)["items"]
    assert [event["id"] for event in fired] == [each["id"] for each in history[::-1]][: len(fired)]


def test_a_receiver_verifies_the_signature(
    told: dict[str, Receiver], seen: tuple[str, list[dict[str, Any]]]
) -> None:
    _, changes = seen
    fired = list(dict.fromkeys(change["id"] for change in changes))
    good = told["good"]
    eventually(lambda: len(good.requests) >= len(fired), what="the receiver was told of all")
    for headers, body in good.requests:
        signature = headers["x-quant-signature"]
        assert verify(signature, body, secret=SECRET.encode(), now_s=time.time())
        assert not verify(signature, body, secret=b"another", now_s=time.time())
        assert not verify(
            signature, body.replace(b"warning", b"warming"), secret=SECRET.encode(), now_s=time.time()
        )
        assert headers["x-quant-event"] == json.loads(body)["event"]["id"]
    ids = [headers["x-quant-event"] for headers, _ in good.requests]
    assert ids[: len(fired)] == fired
    assert len(set(ids)) == len(ids)


def test_receivers_that_fail_get_their_retries_and_their_place_among_the_dead_letters(
    client: Client, told: dict[str, Receiver], seen: tuple[str, list[dict[str, Any]]]
) -> None:
    _, changes = seen
    first = changes[0]["id"]

    def dead() -> Any:
        items = client.get("/alerts/dead-letters", limit=1000)["items"]
        mine = {item["channel"]: item for item in items if item["event_id"] == first}
        return mine if len(mine) == 3 else None

    letters = eventually(dead, what="all that fail are given up")
    attempts = len(DELAYS_S) + 1
    assert {name: letters[name]["attempts"] for name in ("breaks", "drops", "hangs")} == dict.fromkeys(
        ("breaks", "drops", "hangs"), attempts
    )
    for name in ("breaks", "drops"):
        ids = [headers["x-quant-event"] for headers, _ in told[name].requests]
        assert ids[0] == first
        assert ids.count(first) == attempts  # what fires meanwhile is sent between them
    assert "answered 500" in letters["breaks"]["error"]
    assert "disconnected" in letters["drops"]["error"]
    assert "no answer within 5 s" in letters["hangs"]["error"]
    assert {letter["name"] for letter in letters.values()} == {RULE["name"]}
    told["breaks"].answers[:] = [answer("200 OK")]
    assert client.http.post(f"/alerts/dead-letters/{letters['breaks']['id']}/retry").status_code == 204
    again = len(told["breaks"].requests)
    eventually(lambda: len(told["breaks"].requests) > again or None, what="it is sent again")
