"""The `quant` command: the only place that puts the parts together."""

import argparse
import asyncio
import json
import os
import secrets
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

import quant.threads  # noqa: F401  before numpy
from quant import __version__
from quant.commands.options import (
    add_alerts,
    add_backfill,
    add_export,
    add_import,
    add_scan,
    add_users,
)
from quant.errors import QuantError, RecordingError, SettingsError, Unavailable
from quant.heap import settling
from quant.settings import Settings, load_settings

if TYPE_CHECKING:
    import uvicorn

    from quant.engine.protocol import Engine

log = structlog.get_logger()

SOURCE_RETRY_S = 1.0
OPENING_POLL_S = 0.05
UVICORN: dict[str, Any] = {  # Any: uvicorn's options are of many types
    "http": "httptools",
    "ws": "quant.api.uvicorn_frames:ReadyFrames",
    "ws_per_message_deflate": False,
    "ws_max_size": 65536,
    "ws_ping_interval": 5,
    "ws_ping_timeout": 5,
    "timeout_graceful_shutdown": 2,
    "log_config": None,
    "access_log": False,
    "proxy_headers": False,  # TRUSTED_PROXIES says whose are believed, and uvicorn believes every caller on loopback
    "server_header": False,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; every error of ours is one sentence on standard error."""
    given = list(sys.argv[1:] if argv is None else argv)
    arguments, options = _parser().parse_known_args(given)
    if arguments.run is _simulate:
        arguments.options = options  # the simulator reads its own
    elif options:
        _parser().error(f"unrecognized arguments: {' '.join(options)}")
    try:
        return int(arguments.run(arguments) or 0)
    except QuantError as error:
        print(f"quant: {error.message}", file=sys.stderr)  # noqa: T201  the command's own voice
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="quant", description="A statistical-arbitrage workstation.")
    parser.add_argument("--version", action="version", version=f"quant {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")

    serve = commands.add_parser("serve", help="run the server with its dashboard")
    serve.add_argument(
        "--source",
        help="binance, sim[:SEED], replay:FILE[,FILE…] of captures or aggTrades archives, or stored history: "
        "replay:store:binance-um:BTCUSDT+ETHUSDT:2025-03-01T00:00Z/2025-03-02",
    )
    serve.add_argument("--symbols", help="stream these at once: BTCUSDT,ETHUSDT")
    serve.add_argument(
        "--speed", type=float, help="market seconds per second of a simulation or recording; 0 = no waiting"
    )
    serve.add_argument("--host")
    serve.add_argument("--port", type=int)
    serve.set_defaults(run=_serve)

    simulate = commands.add_parser("simulate", help="run the simulated exchange alone", add_help=False)
    simulate.set_defaults(run=_simulate)

    record = commands.add_parser("record", help="write what a live source sends to a file")
    record.add_argument("file", type=Path, help="must not exist; gzipped when it ends in .gz")
    record.add_argument("--symbols", required=True, help="BTCUSDT,ETHUSDT")
    record.add_argument("--source", help="binance or sim[:SEED]")
    record.add_argument("--seconds", type=float, help="stop after this long; without it, until interrupted")
    record.set_defaults(run=_record)

    add_import(commands)
    add_backfill(commands)
    add_scan(commands)
    add_export(commands)
    add_alerts(commands)
    add_users(commands)

    warm = commands.add_parser("warm", help="compile the numeric kernels into the cache")
    warm.add_argument("--progress", action="store_true", help="print how many of how many, a line at a time")
    warm.set_defaults(run=_warm)

    openapi = commands.add_parser("openapi", help="print the API's description as JSON")
    openapi.set_defaults(run=_openapi)
    return parser


def _serve(arguments: argparse.Namespace) -> int:
    from quant.log import configure_logging

    settings = load_settings(
        source=arguments.source, speed=arguments.speed, host=arguments.host, port=arguments.port
    )
    configure_logging(settings)
    if sys.platform == "win32":
        asyncio.run(_run_server(settings, _symbols(arguments.symbols)))
    else:
        import uvloop

        uvloop.run(_run_server(settings, _symbols(arguments.symbols)))
    return 0


async def _run_server(settings: Settings, symbols: list[str]) -> None:
    """Serve until a signal comes; what hinders the start is raised before anything listens."""
    with settling():
        import uvicorn

        from quant.api.app import build_engine, create_app
        from quant.api.security import INSECURE, access_token, token_file
        from quant.log import tidied
        from quant.storage.server_file import ServerAddress, remove_address, write_address

        listening = _bind(settings.host, settings.port)
        kept = "AUTH_TOKEN" if settings.auth_token else f"the token in {token_file(settings)}"
        is_known = settings.auth_token is not None or token_file(settings).exists()
        token = access_token(settings)
        engine = build_engine(settings)
        secret = secrets.token_urlsafe(32)
        app = create_app(engine, settings, handover=secret)
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", **UVICORN))
        await engine.start()
        await app.state.callers.open()
    starting = asyncio.create_task(_stream(engine, symbols))
    opening = asyncio.create_task(_end_if_unplayable(engine, server))
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn hands a signal on after it has stopped; that must not cut short what follows.
        signal.signal(number, lambda *_: None)
    try:
        host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104  not a bind
        address = ServerAddress(os.getpid(), host, listening.getsockname()[1], token, secret)
        write_address(settings.data_dir, address)
        _announce(settings, listening, token=token, kept=kept if is_known else None)
        if app.state.callers.is_open_to_all:
            log.warning("serve.insecure", detail=INSECURE)
        async with app.state.process_metrics.measured(), tidied():
            await server.serve([listening])
    finally:
        starting.cancel()
        opening.cancel()
        remove_address(settings.data_dir)
        await engine.stop()
    if opening.done() and not opening.cancelled() and opening.result():
        raise RecordingError(opening.result())


async def _end_if_unplayable(engine: "Engine", server: "uvicorn.Server") -> str:
    """End the server where it was started on a recording that cannot be played; return why."""
    while (status := await engine.status()).source_state == "starting":  # noqa: ASYNC110  the protocol has no event
        await asyncio.sleep(OPENING_POLL_S)
    if status.source_state != "failed" or not status.source.startswith("replay:"):
        return ""
    server.should_exit = True
    return status.reason or "the recording cannot be played"


async def _stream(engine: "Engine", symbols: list[str]) -> None:
    """Stream the symbols of the command line as soon as the source is there."""
    while symbols:
        try:
            await engine.stream_start(symbols, source=None)
        except Unavailable:
            await asyncio.sleep(SOURCE_RETRY_S)
        except QuantError as error:
            log.error("serve.symbols", error=error.message)
            return
        else:
            return


def _announce(settings: Settings, listening: socket.socket, *, token: str | None, kept: str | None) -> None:
    """Say where the server is; a token is shown once, when it has just been made, later only where it is `kept`."""
    port = listening.getsockname()[1]
    shown = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104  not a bind
    query = f"/?token={token}" if token and not kept else ""
    print(f"Quant Analytics Platform {__version__}: http://{shown}:{port}{query}", flush=True)  # noqa: T201
    if token and kept:
        print(f"Log in at /?token=… with {kept}.", flush=True)  # noqa: T201


def _symbols(text: str | None) -> list[str]:
    return [symbol.strip().upper() for symbol in (text or "").split(",") if symbol.strip()]


def _simulate(arguments: argparse.Namespace) -> int:
    from quant import simulator

    return simulator.main(arguments.options)


def _record(arguments: argparse.Namespace) -> int:
    from quant.engine.recorder import record
    from quant.log import configure_logging

    settings = load_settings(source=arguments.source)
    configure_logging(settings)
    symbols = _symbols(arguments.symbols)
    lines = asyncio.run(record(settings, arguments.file, symbols=symbols, seconds=arguments.seconds))
    print(f"{arguments.file}: {lines} messages")  # noqa: T201
    return 0


def _warm(arguments: argparse.Namespace) -> int:
    from quant import analytics, simulator
    from quant.commands.warm import told
    from quant.feed import warm_up as feed
    from quant.kernel import mark_cache_warm
    from quant.market import warm_up as market

    with told(sys.stdout if arguments.progress else None):
        for part in (analytics.warm, market.warm, feed.warm, simulator.warm):
            part()
    mark_cache_warm()
    return 0


def _openapi(_: argparse.Namespace) -> int:
    from quant.api.app import create_app

    document = create_app(settings=Settings()).openapi()
    print(json.dumps(document, indent=1, sort_keys=True))  # noqa: T201
    return 0


def _bind(host: str, port: int) -> socket.socket:
    """Return a listening socket; raise SettingsError naming host and port when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted sockets inherit it
    if sys.platform != "win32":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise SettingsError(
            f"cannot listen on {host} port {port}: {error.strerror}; stop what uses it or set PORT to another",
            setting="PORT",
        ) from error
    return listening


if __name__ == "__main__":
    sys.exit(main())
