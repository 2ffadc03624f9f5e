"""Faults of connections, made and being made, over real sockets."""

import asyncio
import socket

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosedError, InvalidMessage, InvalidStatus

from quant.simulator.faults.kinds import KINDS, FaultKind, Layer
from quant.simulator.faults.strikes import text_frame
from simulator.faulty import AIMED, OTHER, PATH, complete, hear, ids, plan, subscribed
from simulator.harness import (
    PATIENCE_S,
    Exchange,
    ask,
    closed,
    dial,
    handshake,
    receive,
    with_exchange,
)

PING = b"\x89\x80\x00\x00\x00\x00"


async def all_bytes(raw: socket.socket) -> bytes:
    """Return what comes until the exchange closes its side."""
    loop = asyncio.get_running_loop()
    found = b""
    while piece := await asyncio.wait_for(loop.sock_recv(raw, 65_536), PATIENCE_S):
        found += piece
    return found


async def read_on(ws: ClientConnection) -> None:
    while True:
        await asyncio.wait_for(ws.recv(), PATIENCE_S)


async def is_dark(exchange: Exchange, raw: socket.socket) -> bool:
    """Return whether a socket is open and says nothing while a later connection is served and pinged."""
    async with exchange.connect(PATH) as healthy:
        await subscribed(healthy)
        assert complete(await hear(exchange, healthy, 5), OTHER)
        await (await healthy.ping())
    try:
        raw.recv(1)
    except BlockingIOError:
        return True
    return False


def test_a_cut_can_fall_on_any_byte_of_a_frame() -> None:
    async def scenario(exchange: Exchange) -> None:
        lengths = set()
        for _ in range(6):
            with await handshake(exchange, f"/market/ws/{AIMED}") as raw:
                exchange.clock.advance(2)
                found = await all_bytes(raw)
            assert found == b"" or found[0] == 0x81
            assert not ends_on_a_frame(found)
            lengths.add(len(found))
        assert exchange.injector.bitten == [6]
        assert len(lengths) > 3

    with_exchange(scenario, plan=plan({"kind": "cut", "start_s": 0, "duration_s": 60}))


def ends_on_a_frame(stream: bytes) -> bool:
    at = 0
    while at < len(stream):
        size = stream[at + 1] if at + 1 < len(stream) else 1 << 30
        head = 2
        if size == 126:
            size, head = int.from_bytes(stream[at + 2 : at + 4], "big"), 4
        at += head + size
    return at == len(stream)


def test_a_cut_at_a_given_byte() -> None:
    async def scenario(exchange: Exchange) -> None:
        with await handshake(exchange, f"/market/ws/{AIMED}") as raw:
            exchange.clock.advance(2)
            found = await all_bytes(raw)
        assert found[:2] == b"\x81\x7e"
        assert len(found) == 3
        async with exchange.connect(PATH) as ws:
            await subscribed(ws)
            assert ids(await hear(exchange, ws, 3), AIMED)

    with_exchange(scenario, plan=plan({"kind": "cut", "start_s": 0, "at_byte": 3}))


def test_an_ordinary_client_sees_a_cut_as_a_lost_connection() -> None:
    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect(PATH) as one, exchange.connect(PATH) as two:
            await subscribed(one)
            await subscribed(two)
            exchange.clock.advance(5)
            with pytest.raises(ConnectionClosedError) as end:
                await read_on(two)
            assert end.value.rcvd is None
            assert complete(await hear(exchange, one, 5), AIMED)

    with_exchange(scenario, plan=plan({"kind": "cut", "start_s": 2, "connection": 2}))


@pytest.mark.parametrize("size", [1, 125, 126, 65_535, 65_536])
def test_a_frame_says_its_length(size: int) -> None:
    head = {1: b"\x81\x01", 125: b"\x81\x7d", 126: b"\x81\x7e\x00\x7e", 65_535: b"\x81\x7e\xff\xff"}
    frame = text_frame(b"x" * size)
    assert frame == head.get(size, b"\x81\x7f" + (65_536).to_bytes(8, "big")) + b"x" * size


def test_close_1008_strikes_a_connection_without_data_too() -> None:
    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect("/market/ws") as ws:
            await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 1})
            exchange.clock.advance(6)
            assert await closed(ws) == (1008, "Too many requests")
        async with exchange.connect("/market/ws") as ws:
            assert await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 2}) == {"result": [], "id": 2}
        assert exchange.injector.bitten == [1]

    with_exchange(scenario, plan=plan({"kind": "close_1008", "start_s": 5}))


def test_a_black_hole_keeps_the_socket_and_neither_sends_nor_answers() -> None:
    async def scenario(exchange: Exchange) -> None:
        with await handshake(exchange, f"/market/ws/{AIMED}") as raw:
            exchange.clock.advance(3)
            while (await exchange.rows("/simulation/faults"))["bites"] != {"black_hole": 1}:
                pass
            while True:  # what was sent before
                try:
                    raw.recv(65_536)
                except BlockingIOError:
                    break
            raw.send(PING)
            assert await is_dark(exchange, raw)

    with_exchange(scenario, plan=plan({"kind": "black_hole", "start_s": 2, "connection": 1}))


def test_an_exchange_forgets_a_black_hole_as_it_does_any_client_without_pongs() -> None:
    async def scenario(exchange: Exchange) -> None:
        with await handshake(exchange, f"/market/ws/{AIMED}"):
            exchange.clock.advance(3)
            while (await exchange.rows("/simulation/faults"))["bites"] != {"black_hole": 1}:
                pass
            exchange.clock.advance(600)
            while (await exchange.rows("/simulation/status"))["connections"]:
                pass

    with_exchange(scenario, plan=plan({"kind": "black_hole", "start_s": 2}))


def test_the_24_hours_of_a_connection_can_be_a_minute() -> None:
    async def scenario(exchange: Exchange) -> None:
        exchange.clock.advance(30)
        async with exchange.connect("/market/ws") as ws:
            for second in range(59):
                exchange.clock.advance(1)
                await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": second})
            exchange.clock.advance(1)
            assert await closed(ws) == (1001, "The connection is 24 hours old")
        assert exchange.injector.bitten == [1]

    with_exchange(scenario, plan=plan({"kind": "life", "start_s": 0, "duration_s": 600, "life_s": 60}))


def test_an_upgrade_is_refused_with_503_as_often_as_asked() -> None:
    async def scenario(exchange: Exchange) -> None:
        for _ in range(2):
            with pytest.raises(InvalidStatus) as refused:
                await exchange.connect(PATH)
            assert refused.value.response.status_code == 503
        async with exchange.connect(PATH) as ws:
            await subscribed(ws)
        assert exchange.injector.bitten == [2]

    with_exchange(scenario, plan=plan({"kind": "upgrade_503", "start_s": 0, "count": 2}))


@pytest.mark.parametrize("at_byte", [0, 1, 40, 128])
def test_a_handshake_is_cut_at_a_byte(at_byte: int) -> None:
    async def scenario(exchange: Exchange) -> None:
        with await dial(exchange, PATH) as raw:
            found = await all_bytes(raw)
        whole = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
        assert found[: len(whole)] == whole[: len(found)]
        assert len(found) == at_byte
        with pytest.raises((InvalidMessage, EOFError, ConnectionClosedError)):
            await exchange.connect(PATH)
        assert exchange.injector.bitten == [2]

    fault = {"kind": "handshake_cut", "start_s": 0, "count": 2, "at_byte": at_byte}
    with_exchange(scenario, plan=plan(fault))


def test_a_drawn_cut_of_a_handshake_is_within_it() -> None:
    async def scenario(exchange: Exchange) -> None:
        lengths = set()
        for _ in range(8):
            with await dial(exchange, PATH) as raw:
                found = await all_bytes(raw)
            assert not found.endswith(b"\r\n\r\n")
            lengths.add(len(found))
        assert len(lengths) > 4

    with_exchange(scenario, plan=plan({"kind": "handshake_cut", "start_s": 0, "duration_s": 5}))


def test_accepted_and_closed_at_once() -> None:
    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect(PATH) as ws:
            with pytest.raises(ConnectionClosedError) as end:
                await asyncio.wait_for(ws.recv(), PATIENCE_S)
            assert end.value.rcvd is None
        async with exchange.connect(PATH) as ws:
            await subscribed(ws)
        assert exchange.injector.bitten == [1]

    with_exchange(scenario, plan=plan({"kind": "accept_close", "start_s": 0}))


def test_a_handshake_that_is_never_answered() -> None:
    async def scenario(exchange: Exchange) -> None:
        with await dial(exchange, PATH) as raw:
            assert await is_dark(exchange, raw)
        assert exchange.injector.bitten == [1]

    with_exchange(scenario, plan=plan({"kind": "handshake_silence", "start_s": 0}))


def test_faults_wait_for_their_time() -> None:
    later = [
        {"kind": kind, "start_s": 100}
        for kind, spec in KINDS.items()
        if spec.layer in (Layer.DOOR, Layer.CONNECTION) and kind is not FaultKind.LIFE
    ]

    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect(f"/market/ws/{AIMED}") as ws:
            await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 1})
            exchange.clock.advance(99)
            for _ in range(200):
                await receive(ws)
        assert sum(exchange.injector.bitten) == 0

    with_exchange(scenario, plan=plan(*later))
