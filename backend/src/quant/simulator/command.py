"""The command line of the simulated exchange, and its life as a process."""

import argparse
import asyncio
import gc
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from quant.errors import InvalidParameter
from quant.simulator.faults import FaultPlan
from quant.simulator.server import Running, SimConfig, running
from quant.simulator.warmup import warm


def main(argv: Sequence[str]) -> int:
    """Run the exchange until a signal or, if asked, until the parent ends; return the exit status."""
    options = _parser().parse_args(argv)
    try:
        config = SimConfig(
            seed=options.seed,
            speed=options.speed,
            host=options.host,
            ws_port=options.ws_port,
            rest_port=options.rest_port,
            faults=_plan(options.faults),
        )
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(serve(config, exit_with_parent=options.exit_with_parent))
    except InvalidParameter as error:
        return _complain(error.message)
    except OSError as error:
        wanted = f"{options.host} (ports {options.ws_port} and {options.rest_port})"
        return _complain(f"cannot listen on {wanted}: {error.strerror or error}")
    return 0


async def serve(config: SimConfig, *, exit_with_parent: bool = False) -> None:
    """Serve until SIGTERM, SIGINT or the end of stdin; announce readiness as one JSON line on stdout.

    Raises OSError where a port is taken.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    _on_signals(loop, stop.set)
    if exit_with_parent:
        threading.Thread(target=_await_stdin_end, args=(loop, stop), daemon=True).start()
    await asyncio.to_thread(warm)
    _favour_the_loop()
    async with running(config) as exchange:
        print(json.dumps(_announcement(config, exchange)), flush=True)  # noqa: T201 - the contract with the parent
        await stop.wait()


def _favour_the_loop() -> None:
    """Keep trades on time while a thread makes history."""
    sys.setswitchinterval(0.0005)  # the sender waits for the GIL after every send
    gc.collect()
    gc.freeze()  # a full collection would walk everything the compiler left behind


def _announcement(config: SimConfig, exchange: Running) -> dict[str, object]:
    return {
        "ws": exchange.ws_url,
        "rest": exchange.rest_url,
        "seed": config.seed,
        "speed": config.speed,
        "pid": os.getpid(),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="quant simulate", description="A simulated Binance USD-M Futures exchange with a known truth."
    )
    parser.add_argument("--seed", type=int, default=7, help="which market (default 7)")
    parser.add_argument("--speed", type=float, default=1.0, help="market seconds in a second (default 1)")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (default 127.0.0.1)")
    parser.add_argument("--ws-port", type=int, default=0, help="WebSocket port (default: a free one)")
    parser.add_argument("--rest-port", type=int, default=0, help="REST port (default: a free one)")
    parser.add_argument(
        "--faults", metavar="FILE", help='what goes wrong and when: {"seed": 1, "faults": [...]}'
    )
    parser.add_argument("--exit-with-parent", action="store_true", help="end when stdin does")
    return parser


def _plan(file: str | None) -> FaultPlan:
    if file is None:
        return FaultPlan()
    try:
        return FaultPlan.parse(Path(file).read_bytes())
    except OSError as error:
        raise InvalidParameter("--faults", f"cannot read {file}: {error.strerror or error}") from error


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # Windows
        return None
    return uvloop.new_event_loop


def _on_signals(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))


def _await_stdin_end(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    # os.read, not sys.stdin: a thread inside the buffered reader would hold its lock at interpreter exit.
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(stop.set)


def _complain(sentence: str) -> int:
    sys.stderr.write(f"quant simulate: {sentence}\n")
    return 1
