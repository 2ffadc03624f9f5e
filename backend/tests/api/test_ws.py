"""The socket: topics, commands good and bad, and what a client can rely on."""

import json
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from listening import Ear
from quant.api import schemas, ws
from serving import Client, InProcess
from waiting import eventually

PAIR = "pair:AAAUSDT-BBBUSDT:1m:60:ols:level"
TOPICS = {
    "status": schemas.StatusMessage,
    "ticks:AAAUSDT": schemas.TicksMessage,
    "bars:AAAUSDT:1m": schemas.BarsMessage,
    "bars:BBBUSDT:1s": schemas.BarsMessage,
    "bars:AAAUSDT:t50": schemas.BarsMessage,
    "bars:BBBUSDT:v100": schemas.BarsMessage,
    "quote:AAAUSDT": schemas.QuoteMessage,
    "funding:AAAUSDT": schemas.FundingMessage,
    PAIR: schemas.PairMessage,
}


@pytest.fixture
def ear(api: Client) -> Iterator[Ear]:
    with api.socket() as socket:
        ear = Ear(socket)
        ear.hear_type("hello")
        yield ear


def test_the_first_message_says_who_serves(api: Client) -> None:
    with api.socket() as one, api.socket() as other:
        hellos = [Ear(each).hear() for each in (one, other)]

    for hello in hellos:
        schemas.Hello.model_validate(hello)
        assert hello["market"] == api.status()["market"]
        assert hello["version"] == api.get("/livez")["version"]
    assert hellos[0]["session"] == hellos[1]["session"]


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_begins_with_a_snapshot_of_the_declared_shape(ear: Ear, topic: str) -> None:
    ear.say("subscribe", topic)
    message = ear.hear_until(lambda message: message.get("topic") == topic)

    assert message["type"] == "snapshot"
    TOPICS[topic].model_validate(message)
    ear.say("ping")
    ack = next(each for each in ear.heard if each["type"] == "ack") if _acked(ear) else ear.hear_type("ack")
    assert ack["topics"] == [topic]


def _acked(ear: Ear) -> bool:
    return any(each["type"] == "ack" for each in ear.heard)


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if topic != "status"])
def test_rest_and_socket_say_the_same_for_the_same_number(api: Client, ear: Ear, topic: str) -> None:
    kind, _, rest = topic.partition(":")
    path, query = {
        "ticks": (f"/data/{rest}/ticks", {"limit": 100}),
        "bars": (f"/data/{rest.partition(':')[0]}", {"interval": rest.partition(":")[2], "limit": 1500}),
        "quote": (f"/data/{rest}/quote", {"limit": 600}),
        "funding": (f"/data/{rest}/funding", {"limit": 600}),
        "pair": ("/analytics/pair", {"symbol_a": "AAAUSDT", "symbol_b": "BBBUSDT", "limit": 1500}),
    }[kind]
    before = api.get(path, **query)
    ear.say("subscribe", topic)
    message = ear.hear_type("snapshot", topic)

    answer = api.get(path, **query)

    assert answer["seq"] == message["seq"] == message["data"]["seq"] >= before["seq"]
    assert answer == message["data"]


def test_asking_again_brings_a_snapshot_again(ear: Ear) -> None:
    ear.say("subscribe", "bars:AAAUSDT:1m")
    first = ear.hear_type("snapshot", "bars:AAAUSDT:1m")
    ear.say("subscribe", "bars:AAAUSDT:1m")
    assert ear.hear_type("snapshot", "bars:AAAUSDT:1m") == first


def test_ping_is_answered(ear: Ear) -> None:
    ear.say("ping")
    schemas.Pong.model_validate(ear.hear_type("pong"))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "JSON"),
        ("{", "JSON"),
        ("[]", "command"),
        ("null", "command"),
        ("7", "command"),
        ("{}", "op"),
        ('{"op": "buy"}', "op"),
        ('{"op": "subscribe", "topics": "status"}', "topics"),
        ('{"op": "subscribe", "topics": [7]}', "topics"),
        ('{"op": "subscribe", "topics": ["status"], "token": "x"}', "token"),
        (json.dumps({"op": "subscribe", "topics": ["status"] * 257}), "topics"),
        ("[" * 50_000, "JSON"),
    ],
)
def test_a_bad_command_is_answered_and_the_socket_stays(ear: Ear, text: str, named: str) -> None:
    ear.socket.send(text)
    error = ear.hear()

    schemas.SocketError.model_validate(error)
    assert (error["code"], error["topic"]) == ("invalid_command", None)
    assert named in error["detail"]
    ear.say("ping")
    assert ear.hear()["type"] == "pong"


def test_a_binary_command_is_answered_and_the_socket_stays(ear: Ear) -> None:
    ear.socket.send(b'{"op":"ping"}')
    assert ear.hear()["code"] == "binary_frame"
    ear.say("ping")
    assert ear.hear()["type"] == "pong"


@pytest.mark.parametrize(
    ("topic", "code"),
    [
        ("", "invalid_parameter"),
        ("everything", "invalid_parameter"),
        ("status:now", "invalid_parameter"),
        ("ticks:", "invalid_parameter"),
        ("ticks:NOPE", "unknown_symbol"),
        ("ticks:aaausdt", "invalid_parameter"),
        ("ticks: AAAUSDT", "invalid_parameter"),
        ("quote:", "invalid_parameter"),
        ("quote:NOPE", "unknown_symbol"),
        ("quote:aaausdt", "invalid_parameter"),
        ("funding:NOPE", "unknown_symbol"),
        ("funding:AAAUSDT:1s", "invalid_parameter"),
        ("bars:AAAUSDT", "invalid_parameter"),
        ("bars:AAAUSDT:7m", "invalid_parameter"),
        ("bars:NOPE:1m", "unknown_symbol"),
        ("bars:NOPE:t50", "unknown_symbol"),
        ("bars:AAAUSDT:t0", "invalid_parameter"),
        ("bars:AAAUSDT:v1.50", "invalid_parameter"),
        ("pair:AAAUSDT-BBBUSDT:t50:60:ols:level", "invalid_parameter"),
        ("pair:AAAUSDT-BBBUSDT", "invalid_parameter"),
        ("pair:AAAUSDT-AAAUSDT:1m:60:ols:level", "invalid_parameter"),
        ("pair:AAAUSDT-bbbusdt:1m:60:ols:level", "invalid_parameter"),
        ("pair:AAAUSDT-NOPE:1m:60:ols:level", "unknown_symbol"),
        ("pair:AAAUSDT-BBBUSDT:7m:60:ols:level", "invalid_parameter"),
        ("pair:AAAUSDT-BBBUSDT:1m:1:ols:level", "invalid_parameter"),
        ("pair:AAAUSDT-BBBUSDT:1m:1000000:ols:level", "invalid_parameter"),
        ("pair:AAAUSDT-BBBUSDT:1m:060:ols:level", "invalid_parameter"),
        ("pair:AAAUSDT-BBBUSDT:1m:60:magic:level", "invalid_parameter"),
        ("pair:AAAUSDT-BBBUSDT:1m:60:OLS:level", "invalid_parameter"),
        ("pair:AAAUSDT-BBBUSDT:1m:60:ols:linear", "invalid_parameter"),
        ("x" * 60_000, "invalid_parameter"),
    ],
)
def test_a_topic_that_is_not_there_is_refused_and_others_are_not(ear: Ear, topic: str, code: str) -> None:
    ear.say("subscribe", topic, "ticks:BBBUSDT")

    error = ear.hear_type("error")
    assert (error["code"], error["topic"]) == (code, topic)
    assert len(error["detail"]) < 400
    if not ear.data("ticks:BBBUSDT"):
        ear.hear_type("snapshot", "ticks:BBBUSDT")
    if not _acked(ear):
        ear.hear_type("ack")
    assert [each["topics"] for each in ear.heard if each["type"] == "ack"] == [["ticks:BBBUSDT"]]


def test_there_is_an_end_to_topics(ear: Ear) -> None:
    names = [f"pair:AAAUSDT-BBBUSDT:5m:{window}:ols:level" for window in range(100, 400)]
    ear.say("subscribe", *names[:150])
    ear.say("subscribe", *names[150:])
    errors = [ear.hear_type("error") for _ in range(300 - ws.MAX_TOPICS)]

    assert {error["code"] for error in errors} == {"too_many_topics"}
    assert [error["topic"] for error in errors] == names[ws.MAX_TOPICS :]
    ear.say("unsubscribe", *names[:150])
    ear.hear_until(lambda message: message.get("op") == "unsubscribe")
    ear.say("subscribe", "status")
    ear.hear_type("snapshot", "status")


def test_a_huge_command_closes_the_socket_and_only_that(api: Client, ear: Ear) -> None:
    with api.socket() as socket:
        socket.recv(30)  # hello: what is too long ends the socket at once, whatever else there is to say
        socket.send('{"op":"ping","topics":["' + "x" * 70_000 + '"]}')
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(30)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009
    ear.say("ping")
    assert ear.hear()["type"] == "pong"


def test_nothing_comes_after_unsubscribe(api: Client, ear: Ear) -> None:
    ear.say("subscribe", "status")
    ear.hear_type("snapshot", "status")
    ear.say("unsubscribe", "status", "ticks:AAAUSDT", "never heard of")
    ear.hear_until(lambda message: message.get("op") == "unsubscribe")
    already = len(ear.data("status"))
    with api.socket() as socket:
        other = Ear(socket)
        other.say("subscribe", "status")
        for _ in range(3):
            other.hear_until(lambda message: message.get("topic") == "status")
    ear.say("ping")
    ear.hear_type("pong")

    assert len(ear.data("status")) <= already + 1  # one may have been on its way


def test_two_clients_get_the_same(api: Client, ear: Ear) -> None:
    with api.socket() as socket:
        other = Ear(socket)
        for each in (ear, other):
            each.say("subscribe", "status")
        for each in (ear, other):
            while len(each.data("status")) < 4:
                each.hear()

    mine, theirs = ({each["seq"]: each for each in one.data("status")} for one in (ear, other))
    shared = [seq for seq in mine.keys() & theirs.keys() if mine[seq]["type"] == theirs[seq]["type"]]
    assert len(shared) >= 2
    for seq in shared:
        assert mine[seq] == theirs[seq]


def test_one_who_does_not_read_is_closed_and_holds_nobody_up(
    server: InProcess, api: Client, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ws, "SEND_TIMEOUT_S", 0.5)
    # Each of these asks for two snapshots of 1,500 bars: soon no buffer on the way can hold more.
    asking = json.dumps({"op": "subscribe", "topics": ["bars:AAAUSDT:1s", "bars:BBBUSDT:1s"]})
    with api.socket(max_queue=1, close_timeout=1) as deaf:
        for _ in range(100):
            deaf.send(asking)
            ear.say("ping")
            ear.hear_type("pong")

        eventually(lambda: not is_wanted(server, "bars:AAAUSDT:1s"), what="it is given up")
        closed = the_end_of(deaf)
    assert closed.rcvd is not None
    assert closed.rcvd.code == 1008
    ear.say("ping")
    ear.hear_type("pong")


def the_end_of(socket: ClientConnection) -> ConnectionClosed:
    """Read what had left before, and return how the socket ends."""
    for _ in range(200):
        try:
            socket.recv(20)
        except ConnectionClosed as end:
            return end
    raise AssertionError("it does not end")


def is_wanted(server: InProcess, topic: str) -> bool:
    return topic in server.engine._hub.wanted_topics()
