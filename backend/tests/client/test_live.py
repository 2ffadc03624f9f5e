"""Live messages: each topic's are told once and in order, whatever becomes of the connection or the server."""

import asyncio
import contextlib
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.client import AsyncClient, Message
from quant.client.live import Follower
from quant.errors import QuantError, Unavailable
from serving import ServerProcess, free_port, server_process

TOPIC = "bars:BTCUSDT:1s"


class Relay:
    """Passes bytes on to a server, and cuts all its connections when told to."""

    def __init__(self, port: int) -> None:
        self.to = port
        self.port = free_port()
        self.opened = 0
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> "Relay":
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        self._server.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            writer.close()
            return
        self._writers += [writer, far_writer]
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


def expect_whole(heard: list[Message]) -> None:
    """Check that updates follow what they are told to follow, and nothing is told twice."""
    assert heard[0].kind == "snapshot"
    for before, message in itertools.pairwise(heard):
        if message.kind == "update":
            assert message.seq == before.seq + 1
        else:
            assert message.seq != before.seq


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("sim")
    with server_process(folder, SOURCE="sim:7", AVAILABLE_SYMBOLS="BTCUSDT,ETHUSDT") as server:
        server.client.wait_ready()
        server.client.post("/stream/start")
        yield server


def test_a_cut_connection_is_made_again_and_goes_on(simulated: ServerProcess) -> None:
    async def listen() -> list[Message]:
        heard: list[Message] = []
        async with (
            Relay(simulated.client.port) as relay,
            AsyncClient(f"http://127.0.0.1:{relay.port}") as quant,
        ):
            stream = quant.subscribe(TOPIC)
            of_this = 0  # what was heard since the newest connection, but for what was on its way before
            opened = 0
            async for message in stream:
                heard.append(message)
                of_this = of_this + 1 if opened == relay.opened else 1
                opened = relay.opened
                if of_this == 3 and opened < 3:
                    relay.cut()
                if of_this == 5 and opened >= 3:
                    break
            await stream.aclose()
        return heard, opened

    heard, opened = asyncio.run(asyncio.wait_for(listen(), 120))
    expect_whole(heard)
    assert opened >= 3
    # A snapshot that skips nothing begins a connection; a slow listener gets one in place of what it skipped.
    beginnings = [
        message
        for before, message in itertools.pairwise(heard)
        if message.kind == "snapshot" and message.seq == before.seq + 1
    ]
    assert 1 + len(beginnings) <= opened
    assert all(message.topic == TOPIC for message in heard)
    times = [row["time"] for message in heard for row in message.data["items"]]
    assert times[-1] > times[0]


def test_a_server_that_is_restarted_is_heard_again(tmp_path: Path) -> None:
    port = free_port()
    settings = {"SOURCE": "sim:7", "AVAILABLE_SYMBOLS": "BTCUSDT,ETHUSDT", "PORT": port}

    async def listen() -> list[Message]:
        heard: list[Message] = []
        server = ServerProcess(tmp_path, **settings)
        try:
            await asyncio.to_thread(server.wait_alive)
            await asyncio.to_thread(server.client.wait_ready)
            await asyncio.to_thread(server.client.post, "/stream/start")
            async with AsyncClient(f"http://127.0.0.1:{port}") as quant:
                stream = quant.subscribe(TOPIC)
                restarted = False
                async for message in stream:
                    heard.append(message)
                    if len(heard) == 3 and not restarted:
                        restarted = True
                        server.close()
                        server = ServerProcess(tmp_path, **settings)
                    if len(heard) == 8:
                        break
                await stream.aclose()
        finally:
            server.close()
        return heard

    heard = asyncio.run(asyncio.wait_for(listen(), 200))
    snapshots = [at for at, message in enumerate(heard) if message.kind == "snapshot"]
    assert snapshots[0] == 0
    assert len(snapshots) >= 2
    times = [row["time"] for message in heard for row in message.data["items"]]
    assert times[-1] > times[0]


def test_a_topic_that_there_is_not_is_an_error(simulated: ServerProcess) -> None:
    async def listen() -> None:
        async with AsyncClient(simulated.client.origin) as quant:
            async for _ in quant.subscribe("bars:NONE:1s"):
                pass

    with pytest.raises(QuantError, match="NONE"):
        asyncio.run(asyncio.wait_for(listen(), 60))


def message(kind: str, seq: int) -> Message:
    return Message("update" if kind == "update" else "snapshot", TOPIC, seq, 0, {})


@given(st.lists(st.tuples(st.sampled_from(["snapshot", "update"]), st.integers(0, 4)), max_size=12))
def test_whatever_comes_what_is_told_is_whole(said: list[tuple[str, int]]) -> None:
    follower, told = Follower(), []
    follower.greet("one")
    for kind, seq in said:
        try:
            if follower.take(message(kind, seq)):
                told.append(message(kind, seq))
        except Unavailable:
            break
    if told:
        expect_whole(told)


def test_another_session_counts_afresh() -> None:
    follower = Follower()
    follower.greet("one")
    assert follower.take(message("snapshot", 5))
    follower.greet("one")
    assert not follower.take(message("snapshot", 5))
    assert follower.take(message("update", 6))
    follower.greet("two")
    assert follower.take(message("snapshot", 6))
