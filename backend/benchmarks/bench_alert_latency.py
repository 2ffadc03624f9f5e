"""How long after the moment that decides an alert a WebSocket client has it, and where that time goes.

The simulated market runs at its own pace with its real sockets; market time is that of the machine. The server keeps
300 ms behind, so that trades under way are in their bars: that is part of the figure. Rules fire at closes of bars of
a second, over symbols and pairs, and at the boundaries of 100 ms.
"""

# ruff: noqa: SLF001  what happens between two parts is stamped from outside

import asyncio
import json
import logging
import socket
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import structlog
import uvicorn
from websockets.sync.client import ClientConnection, connect

from harness import REPEATS, Row, publish
from quant.api.app import create_app
from quant.cli import UVICORN
from quant.engine.alert_watch import AlertWatch
from quant.engine.running import LATENESS_NS
from quant.engine.session import Session
from quant.settings import Settings

SYMBOLS = ("BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT", "ADAUSDT")
EVENTS = 120
"""A run lasts until so many were told."""

NS_PER_MS = 1e6
PATIENCE_S = 300.0
OBSERVE = AlertWatch._observe


def rules() -> list[dict[str, Any]]:
    """Return rules that fire often: closes of a symbol, of a pair, and live."""
    made: list[dict[str, Any]] = []
    for symbol in SYMBOLS:
        at_closes = {"metric": "return", "symbol": symbol, "interval": "1s", "op": ">", "value": 0}
        made += [{"all": [at_closes]}, {"all": [at_closes | {"live": True, "value": 5e-5}]}]
    for other in SYMBOLS[1:]:
        pair = {"pair": f"{SYMBOLS[0]}-{other}", "interval": "1s", "window": 60}
        made += [{"all": [{"metric": "zscore", **pair, "op": op, "value": 0}]} for op in (">", "<")]
    return made


class Stamps:
    """When an event was observed, stored and told, by the machine's clock in ns."""

    def __init__(self, session: Session) -> None:
        self.observed: dict[int, int] = {}
        self.stored: dict[str, int] = {}
        self.told: dict[str, int] = {}
        desk = session._alerts.desk
        commit, tell = desk._commit, desk._tell

        def observe_now(watch: AlertWatch, time_ns: int, **options: Any) -> None:
            self.observed[time_ns] = time.time_ns()
            OBSERVE(watch, time_ns, **options)

        async def commit_now(changes: Any) -> Any:
            stored = await commit(changes)
            self.stored |= dict.fromkeys((event.id for event in changes.events), time.time_ns())
            return stored

        def tell_now(view: Any) -> None:
            self.told |= dict.fromkeys(
                (item.id for item in view.items if item.ended_at is None), time.time_ns()
            )
            tell(view)

        AlertWatch._observe = observe_now  # type: ignore[method-assign]  # one is made for each market
        desk._commit, desk._tell = commit_now, tell_now  # type: ignore[method-assign]


class Running:
    """The server in a thread, so that its parts can be stamped."""

    def __init__(self, folder: Path) -> None:
        self.session = Session(Settings(data_dir=folder, source="sim:7"))
        self.stamps = Stamps(self.session)
        app = create_app(self.session, Settings(data_dir=folder, source="sim:7"))
        self._server = uvicorn.Server(uvicorn.Config(app, lifespan="on", **UVICORN))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve([self._listening])))
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listening.close()


def wait(look: Any) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            if look():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise TimeoutError("the market does not come to life")


def events(connection: ClientConnection, stamps: Stamps) -> list[dict[str, float]]:
    """Return the parts of each event's way in ms, as they come; those of the start are left out."""
    found: list[dict[str, float]] = []
    since = time.time_ns() // 1_000_000
    while len(found) < EVENTS:
        message = json.loads(connection.recv(timeout=PATIENCE_S))
        now = time.time_ns()
        if message.get("topic") != "alerts" or message["type"] != "update":
            continue
        for item in message["data"]["items"]:
            if item["ended_at"] is not None or item["time"] < since:
                continue
            decided, name = item["time"] * 1_000_000, item["id"]
            if decided not in stamps.observed:  # the first look at a rule that is new
                continue
            steps = (decided, stamps.observed[decided], stamps.stored[name], stamps.told[name], now)
            parts = np.diff(np.array(steps, dtype=np.int64)) / NS_PER_MS
            names = ("observed", "stored", "told", "received")
            found.append(
                dict(zip(names, parts.tolist(), strict=True))
                | {"all": (now - decided) / NS_PER_MS, "is_live": float(item["time"] % 1_000 != 0)}
            )
    return found


def run() -> list[dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        server = Running(Path(folder))
        try:
            with httpx.Client(base_url=f"http://{server.address}", timeout=60, trust_env=False) as client:
                wait(lambda: client.get("/readyz").status_code == 200)
                client.post("/stream/start", json={"symbols": SYMBOLS}).raise_for_status()

                def alive() -> bool:
                    lines = client.get("/stream/status").json()["symbols"]
                    return len(lines) == len(SYMBOLS) and all(
                        line["state"] in ("live", "quiet") for line in lines
                    )

                wait(alive)
                with connect(f"ws://{server.address}/ws", max_size=None, proxy=None) as connection:
                    connection.send(json.dumps({"op": "subscribe", "topics": ["alerts"]}))
                    for number, when in enumerate(rules()):
                        body = {"name": f"rule {number}", "when": when}
                        client.post("/alerts", json=body).raise_for_status()
                    return events(connection, server.stamps)
        finally:
            server.stop()


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    runs = [run() for _ in range(REPEATS)]
    together = defaultdict[str, list[float]](list)
    for one in runs:
        for event in one:
            for name, value in event.items():
                together[name].append(value)
    took = {
        name: (float(np.median(values)), float(np.percentile(values, 99)))
        for name, values in together.items()
    }
    live = sum(together["is_live"])
    count = len(together["all"])
    print(f"{count} events, {live:.0f} at boundaries; " + str(took), file=sys.stderr)
    waits = LATENESS_NS / NS_PER_MS
    behind = took["observed"][0] - waits
    publish(
        Row(
            "alert-latency",
            f"From a bar's close or a boundary of 100 ms to the alert in a WebSocket client, {count} events: "
            "median, 99th percentile",
            f"**{took['all'][0]:.0f} ms**, {took['all'][1]:.0f} ms",
            f"wanted: under 500 ms; {waits:.0f} ms of it are for trades under way",
        ),
        Row(
            "alert-latency-parts",
            "The rest of it, medians (99th percentile): until observed; computed and stored; told and received",
            f"{behind:.1f} ({took['observed'][1] - waits:.0f}); {took['stored'][0]:.1f} ({took['stored'][1]:.0f}); "
            f"{took['told'][0] + took['received'][0]:.1f} ({took['told'][1] + took['received'][1]:.0f}) ms",
            "stored with synchronous=FULL before anybody is told",
        ),
    )


if __name__ == "__main__":
    main()
