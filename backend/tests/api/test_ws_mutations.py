"""Commands with mistakes in them, over a real socket: each is obeyed or refused by name, and the socket stays open."""

import json
import random
import time
from collections import Counter

import pytest
from mutating import spoilt
from websockets.sync.client import ClientConnection

from serving import Client

TOPICS = [
    *("status", "alerts", "ticks:AAAUSDT", "bars:AAAUSDT:1s", "bars:BBBUSDT:t500", "quote:AAAUSDT"),
    *("funding:BBBUSDT", "pair:AAAUSDT-BBBUSDT:1m:60:ols:level", "matrix:1m:100"),
]
COMMANDS = [
    json.dumps({"op": op, "topics": topics}).encode()
    for op in ("subscribe", "unsubscribe")
    for topics in ([], TOPICS[:1], TOPICS[1:3], TOPICS[5:8], TOPICS)
] + [b'{"op":"ping"}']
AT_ONCE = 50
A_SOCKET = 1000
SOAK = 40_000


def hear_until(socket: ClientConnection, end: str, heard: Counter[str]) -> None:
    """Read up to the answer that names `end`, counting what comes by its kind."""
    while True:
        message = json.loads(socket.recv(60.0))
        heard[message["type"]] += 1
        if message["type"] == "error":
            assert message["code"]
            assert len(message["detail"]) < 500
        if message["type"] == "ack" and end in message["topics"]:
            return


def send_spoilt(api: Client, *, times: int, seed: int) -> Counter[str]:
    """Send so many commands, and return what was heard by kind."""
    heard: Counter[str] = Counter()
    for first in range(0, times, A_SOCKET):
        with api.socket() as socket:
            for number in range(first, min(first + A_SOCKET, times)):
                dice = random.Random(seed * 1_000_003 + number)
                command = spoilt(dice.choice(COMMANDS), COMMANDS, dice)
                socket.send(command if dice.random() < 0.05 else command.decode(errors="replace"))
                if number % AT_ONCE == AT_ONCE - 1:
                    end = f"end {number}"
                    socket.send(json.dumps({"op": "unsubscribe", "topics": [*TOPICS, end]}))
                    hear_until(socket, end, heard)
    return heard


def check(heard: Counter[str], times: int) -> None:
    """Most are refused, some are obeyed."""
    assert heard["error"] > times // 4, heard
    assert heard["ack"] > times // 50, heard


def test_some_hundred_commands(api: Client) -> None:
    check(send_spoilt(api, times=500, seed=1), 500)
    assert api.status()["market"]


@pytest.mark.soak
def test_many_thousand_commands(api: Client, request: pytest.FixtureRequest) -> None:
    begun = time.monotonic()
    heard = send_spoilt(api, times=SOAK, seed=request.config.getoption("--seed") or 2)
    took = time.monotonic() - begun
    print(f"commands: {SOAK:,} in {took:.0f} s, heard {dict(heard)}")  # noqa: T201  the soak's figure
    check(heard, SOAK)
    assert api.status()["market"]
