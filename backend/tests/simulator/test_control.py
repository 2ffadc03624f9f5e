"""Control messages, without a socket."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.simulator.control import MAX_STREAMS, Subscriptions, reply_to
from quant.simulator.routes import Route, parse_route
from quant.simulator.streams import Category


def fresh() -> tuple[Subscriptions, list[str]]:
    log: list[str] = []
    added, removed = (lambda name: log.append("+" + name)), (lambda name: log.append("-" + name))
    return Subscriptions(Category.MARKET, combined=False, on_add=added, on_remove=removed), log


def reply(subscriptions: Subscriptions, request: object) -> object:
    return json.loads(reply_to(json.dumps(request).encode(), subscriptions))


def test_subscribe_list_unsubscribe() -> None:
    subscriptions, log = fresh()
    assert reply(subscriptions, {"method": "SUBSCRIBE", "params": ["a@aggTrade", "b"], "id": 1}) == {
        "result": None,
        "id": 1,
    }
    reply(subscriptions, {"method": "SUBSCRIBE", "params": ["b", "c"], "id": 2})
    assert reply(subscriptions, {"method": "LIST_SUBSCRIPTIONS", "id": 3}) == {
        "result": ["a@aggTrade", "b", "c"],
        "id": 3,
    }
    reply(subscriptions, {"method": "UNSUBSCRIBE", "params": ["b", "never"], "id": "x"})
    assert reply(subscriptions, {"method": "LIST_SUBSCRIPTIONS", "id": 4}) == {
        "result": ["a@aggTrade", "c"],
        "id": 4,
    }
    assert log == ["+a@aggTrade", "+b", "+c", "-b"]


@pytest.mark.parametrize(
    "request_body",
    [
        {"method": "subscribe", "params": ["a"], "id": 1},
        {"params": ["a"], "id": 1},
        {"method": "SUBSCRIBE", "id": 1},
        {"method": "SUBSCRIBE", "params": [], "id": 1},
        {"method": "SUBSCRIBE", "params": "a", "id": 1},
        {"method": "SUBSCRIBE", "params": ["a", 5], "id": 1},
        {"method": "UNSUBSCRIBE", "params": {"a": 1}, "id": 1},
        {"method": ["SUBSCRIBE"], "params": ["a"], "id": 1},
    ],
)
def test_an_invalid_request_is_error_2_and_changes_nothing(request_body: object) -> None:
    subscriptions, log = fresh()
    answer = reply(subscriptions, request_body)
    assert isinstance(answer, dict)
    assert (answer["error"]["code"], answer["id"]) == (2, 1)
    assert log == []


@pytest.mark.parametrize("identity", [-1, 1.5, True, [1], {"a": 1}])
def test_a_wrong_id_is_refused_and_not_repeated(identity: object) -> None:
    subscriptions, log = fresh()
    answer = reply(subscriptions, {"method": "SUBSCRIBE", "params": ["a"], "id": identity})
    assert isinstance(answer, dict)
    assert (answer["error"]["code"], answer["id"]) == (2, None)
    assert log == []


@given(st.binary(max_size=60))
def test_any_bytes_get_one_reply(message: bytes) -> None:
    subscriptions, _ = fresh()
    answer = json.loads(reply_to(message, subscriptions))
    assert answer["error"]["code"] in (2, 3)


def test_broken_json_is_error_3() -> None:
    subscriptions, _ = fresh()
    assert json.loads(reply_to(b'{"method":', subscriptions))["error"]["code"] == 3


def test_a_connection_holds_1024_streams_and_no_more() -> None:
    subscriptions, log = fresh()
    names = [f"s{n}" for n in range(MAX_STREAMS)]
    assert reply(subscriptions, {"method": "SUBSCRIBE", "params": names, "id": 1}) == {
        "result": None,
        "id": 1,
    }
    answer = reply(subscriptions, {"method": "SUBSCRIBE", "params": ["s0", "one more"], "id": 2})
    assert isinstance(answer, dict)
    assert answer["error"]["code"] == 2
    assert len(log) == MAX_STREAMS


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/ws", Route(Category.PUBLIC, combined=False, names=[])),
        ("/stream", Route(Category.PUBLIC, combined=True, names=[])),
        ("/ws/a@x/b@y", Route(Category.PUBLIC, combined=False, names=["a@x", "b@y"])),
        ("/market/ws/a@aggTrade", Route(Category.MARKET, combined=False, names=["a@aggTrade"])),
        ("/market/ws/a%40aggTrade", Route(Category.MARKET, combined=False, names=["a@aggTrade"])),
        ("/market/stream?streams=a@x/b@y", Route(Category.MARKET, combined=True, names=["a@x", "b@y"])),
        ("/public/stream?streams=", Route(Category.PUBLIC, combined=True, names=[])),
        ("/public/ws/", Route(Category.PUBLIC, combined=False, names=[])),
        ("/", None),
        ("/market", None),
        ("/private/ws", None),
        ("/stream/a", None),
        ("/market/market/ws", None),
    ],
)
def test_routes(target: str, expected: Route | None) -> None:
    assert parse_route(target) == expected
