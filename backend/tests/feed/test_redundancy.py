"""One of two connections is killed at random points, again and again: no trade is lost, and REST has no part in it."""

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator

import pytest

from feed.accelerated import Town, in_town

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT")
CHUNK = 65_536


class Pipe:
    """One connection through the proxy."""

    def __init__(self, client: asyncio.StreamWriter, exchange: asyncio.StreamWriter) -> None:
        self._client = client
        self._exchange = exchange
        self._left: int | None = None
        self.path = b""
        self.dead = False

    def kill_after(self, size: int) -> None:
        """Abort both ends when so many bytes more have gone to the client, in the midst of a frame or not."""
        self._left = size

    async def up(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                self.path = self.path or data.split(b" ", 2)[1]
                self._exchange.write(data)
        self.abort()

    async def down(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                if self._left is not None:
                    data, self._left = data[: self._left], self._left - len(data)
                self._client.write(data)
                if self._left is not None and self._left <= 0:
                    break
        self.abort()

    def abort(self) -> None:
        self.dead = True
        self._client.transport.abort()
        self._exchange.transport.abort()


class Proxy:
    """Stands between the feed and the exchange, and kills."""

    def __init__(self) -> None:
        self.pipes: list[Pipe] = []

    def trading(self) -> list[Pipe]:
        return [pipe for pipe in self.pipes if not pipe.dead and pipe.path.startswith(b"/market/")]

    @contextlib.asynccontextmanager
    async def way(self, ws_url: str) -> AsyncGenerator[str, None]:
        host, _, port = ws_url.removeprefix("ws://").rpartition(":")
        tasks: set[asyncio.Task[None]] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            from_exchange, to_exchange = await asyncio.open_connection(host, int(port))
            pipe = Pipe(writer, to_exchange)
            self.pipes.append(pipe)
            await asyncio.gather(pipe.up(reader), pipe.down(from_exchange))

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.get_running_loop().create_task(serve(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        try:
            yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            for pipe in self.pipes:
                pipe.abort()
            await asyncio.gather(*tasks, return_exceptions=True)


def kill(times: int, *, seed: int) -> None:
    rng = random.Random(seed)
    proxy = Proxy()

    async def scenario(town: Town) -> None:
        for _ in range(times):
            await town.all_live()
            await town.until_s(town.now_s + rng.uniform(0.5, 3.0))
            before = sum(town.reconnects().values())
            rng.choice(proxy.trading()).kill_after(rng.randrange(1, 3000))
            while sum(town.reconnects().values()) == before:  # noqa: ASYNC110  tells only when asked
                await asyncio.sleep(0.002)
        await town.all_live()
        assert sum(town.reconnects().values()) == times
        for symbol in SYMBOLS:
            assert len(town.ids[symbol]) > 3 * times
            assert town.missing(symbol) == [], symbol
        assert town.behind == {}

    in_town(scenario, *SYMBOLS, redundancy=2, way=proxy.way, within_s=60 + 5 * times, healthy_s=0.1)


def test_killing_one_of_two_connections_loses_nothing():
    kill(25, seed=1)


@pytest.mark.soak
def test_killing_one_of_two_connections_five_hundred_times_loses_nothing():
    kill(500, seed=2)
