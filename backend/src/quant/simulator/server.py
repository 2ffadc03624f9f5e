"""The simulated exchange as a running thing: both ports, the sending task, and its end."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Generator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from quant.clock import NS_PER_MS, Clock, SystemClock
from quant.errors import InvalidParameter
from quant.simulator.connection import WsLimits
from quant.simulator.faults import AlteredMarket, FaultPlan, Injector
from quant.simulator.faults.rest import CLOSE
from quant.simulator.hub import Hub
from quant.simulator.instrument import EPOCH_MS
from quant.simulator.rest import rest_app
from quant.simulator.timeline import Timeline
from quant.simulator.weights import WeightMeter
from quant.simulator.ws import open_ws

MAX_SPEED = 1000.0
_START_POLL_S = 0.005
_TICK_S = 0.1  # uvicorn renews its Date header by these
_TICKS_A_DAY = 864_000


@dataclass(frozen=True, slots=True)
class SimConfig:
    """How to run the exchange: port 0 takes a free one; market time starts at `start_ns`, or now."""

    seed: int = 7
    speed: float = 1.0
    host: str = "127.0.0.1"
    ws_port: int = 0
    rest_port: int = 0
    start_ns: int | None = None
    limits: WsLimits = field(default_factory=WsLimits)
    faults: FaultPlan = field(default_factory=FaultPlan)  # from the start of market time on

    def __post_init__(self) -> None:
        if not 0.0 < self.speed <= MAX_SPEED:
            raise InvalidParameter("speed", f"{self.speed} is not above 0 and at most {MAX_SPEED:.0f}")
        if self.start_ns is not None and self.start_ns < EPOCH_MS * NS_PER_MS:
            raise InvalidParameter("start_ns", "the simulated market opened on 2024-01-01")


@dataclass(frozen=True, slots=True)
class Running:
    """Where a started exchange answers."""

    ws_url: str
    rest_url: str
    market: AlteredMarket
    timeline: Timeline
    injector: Injector


class _RestProtocol(HttpToolsProtocol):
    """Lends each request the means to close its connection, as a fault may ask."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"][CLOSE] = self.transport.close


class _EmbeddedServer(uvicorn.Server):
    """uvicorn inside a loop that belongs to somebody else: signals are the owner's, and it ends when told."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()

    def stop(self) -> None:
        self.should_exit = True
        self._told.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def main_loop(self) -> None:
        counter = 0
        while not await self.on_tick(counter):
            counter = (counter + 1) % _TICKS_A_DAY
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), _TICK_S)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for server in self.servers:  # nobody to wait for, which would take a tenth of a second
            server.close()
        for listener in sockets or []:
            listener.close()


@contextlib.asynccontextmanager
async def running(config: SimConfig, *, clock: Clock | None = None) -> AsyncGenerator[Running, None]:
    """Run the exchange for the length of the block; raise OSError where a port is taken.

    A failure of its own ends the block: an exchange that has stopped sending must not look alive.
    """
    timeline = Timeline(clock or SystemClock(), speed=config.speed, start_ns=config.start_ns)
    injector = Injector(config.faults, origin_ms=timeline.start_ms)
    market = AlteredMarket(config.seed, injector)
    await asyncio.to_thread(market.prepare, timeline.now_ns())
    hub = Hub(market, timeline, injector)
    with _listen(config.host, config.rest_port) as listener, ThreadPoolExecutor(1, "sim-rest") as executor:
        ws_server = await open_ws(hub, config.limits, host=config.host, port=config.ws_port)
        try:
            async with asyncio.TaskGroup() as tasks:
                sending = tasks.create_task(hub.run())
                rest = _rest_server(hub, executor)
                tasks.create_task(rest.serve(sockets=[listener]))
                while not rest.started:  # noqa: ASYNC110 - uvicorn offers a flag, no event
                    await asyncio.sleep(_START_POLL_S)
                yield Running(
                    ws_url=_url("ws", config.host, ws_server.sockets[0]),
                    rest_url=_url("http", config.host, listener),
                    market=market,
                    timeline=timeline,
                    injector=injector,
                )
                rest.stop()
                sending.cancel()
        except BaseExceptionGroup as failures:
            if len(failures.exceptions) > 1:
                raise
            raise failures.exceptions[0] from None  # the caller's own error, as if there were no group
        finally:
            ws_server.close()
            hub.disconnect_all()


def _rest_server(hub: Hub, executor: Executor) -> _EmbeddedServer:
    app = rest_app(hub, WeightMeter(hub.timeline), executor)
    return _EmbeddedServer(
        uvicorn.Config(
            app,
            http=_RestProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=128)
    # asyncio sets this only on sockets it opened itself; without it each small answer waits 40 ms for an ack.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _url(scheme: str, host: str, listener: socket.socket) -> str:
    port = listener.getsockname()[1]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
