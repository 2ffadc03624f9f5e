"""The shipped site under attack from many addresses: honest clients go on hearing what they listen to."""

import asyncio
import json
import re
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.client import connect

from deploy import fire
from deploy.proxy import NAME, Nginx
from serving import server_process
from waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.skipif(
    shutil.which("nginx") is None or shutil.which("openssl") is None,
    reason="nginx and the openssl command are not on this machine; `make test` installs them on Debian as root",
)
TOKEN = "the-t0ken-of-the-site"  # noqa: S105
TOPIC = "quote:BTCUSDT"  # four messages a second, and none of them long
TOLD = re.compile(rf'"topic":"{TOPIC}","seq":(\d+)')
HONEST = 100
MOST_LOST = 0.02


@dataclass(frozen=True)
class Heard:
    """What honest clients heard: the share of updates that did not come, and how long after the first client's."""

    updates: int
    lost: float
    p50_ms: float
    p99_ms: float

    def __str__(self) -> str:
        return f"{self.updates} updates, {self.lost:.2%} lost, p50 {self.p50_ms:.0f} ms, p99 {self.p99_ms:.0f} ms"


@contextmanager
def many_files() -> Iterator[int]:
    """Let this process and its children open as many files as the system allows; yields how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        yield hard
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Nginx]:
    settings = {"AUTH_TOKEN": TOKEN, "SOURCE": "sim:5", "MAX_SOCKETS_PER_CALLER": 1000}
    with many_files() as files, server_process(tmp_path / "server", **settings) as server:
        server.client.http.headers.update({"Authorization": f"Bearer {TOKEN}"})
        server.client.wait_ready()
        server.client.post("/stream/start", symbols=["BTCUSDT", "ETHUSDT"])
        server.client.wait_state("BTCUSDT", "live")
        (tmp_path / "nginx").mkdir()
        running = Nginx(tmp_path / "nginx", server_port=server.client.port, connections=files // 2)
        try:
            running.start()
            yield running
        finally:
            running.stop()
        assert server.process.poll() is None


@contextmanager
def burning(nginx: Nginx, **counts: int) -> Iterator[None]:
    """Attack the site until the block ends."""
    options = [word for name, count in counts.items() for word in (f"--{name}", str(count))]
    command = [
        sys.executable,
        str(Path(fire.__file__)),
        "--port",
        str(nginx.port),
        "--token",
        TOKEN,
        *options,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "burning\n"
            yield
            assert process.poll() is None, "the fire went out"
        finally:
            process.kill()


async def _client(
    nginx: Nginx, number: int, updates: int, all_there: asyncio.Barrier
) -> list[tuple[int, float]]:
    """Return the numbers of so many updates and when each came."""
    link = socket.socket()
    link.bind((f"127.0.1.{1 + number % 20}", 0))  # each address is one client to the site's limits
    link.setblocking(False)
    await asyncio.get_running_loop().sock_connect(link, ("127.0.0.1", nginx.port))
    options: dict[str, Any] = {"ssl": nginx.tls(), "server_hostname": NAME, "proxy": None, "max_queue": None}
    options |= {"open_timeout": PATIENCE_S, "ping_interval": None}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with connect(f"wss://{NAME}/ws", sock=link, additional_headers=headers, **options) as opened:
        await opened.send(json.dumps({"op": "subscribe", "topics": [TOPIC]}))
        heard: list[tuple[int, float]] = []
        async with asyncio.timeout(PATIENCE_S * 5):
            while not TOLD.search(str(await opened.recv())):
                pass
            await all_there.wait()
            while len(heard) < updates:
                if found := TOLD.search(str(await opened.recv())):
                    heard.append((int(found[1]), time.monotonic()))
        return heard


async def _listen(nginx: Nginx, updates: int) -> Heard:
    all_there = asyncio.Barrier(HONEST)
    every = await asyncio.gather(*(_client(nginx, n, updates, all_there) for n in range(HONEST)))
    first: dict[int, float] = {}
    for client in every:
        for seq, at in client:
            first[seq] = min(at, first.get(seq, at))
    due = sum(client[-1][0] - client[0][0] + 1 for client in every)
    got = sum(len(client) for client in every)
    late = [1000 * (at - first[seq]) for client in every for seq, at in client]
    return Heard(got, 1 - got / due, float(np.percentile(late, 50)), float(np.percentile(late, 99)))


def listen(nginx: Nginx, updates: int) -> Heard:
    """Have a hundred clients hear so many updates each."""
    return asyncio.run(_listen(nginx, updates))


def burn(nginx: Nginx, *, updates: int, **counts: int) -> Heard:
    """Return what honest clients heard during a fire, all of whom heard it to the end."""
    calm = listen(nginx, updates)
    with burning(nginx, **counts):
        disturbed = listen(nginx, updates)
        with nginx.client(headers={"Authorization": f"Bearer {TOKEN}"}) as site:
            assert eventually(lambda: site.get("/livez").status_code == 200, what="the site answers")
    print(f"{counts}: {disturbed}; without: {calm}")  # noqa: T201  the figure
    assert disturbed.updates == HONEST * updates
    return disturbed


def test_a_small_fire_cuts_nobody_off(nginx: Nginx) -> None:
    burn(nginx, updates=12, idle=400, dawdle=40, deaf=10, shout=5)


@pytest.mark.soak
def test_a_great_fire_disturbs_nobody(nginx: Nginx) -> None:
    """A figure, so not among the tests that run on a busy machine."""
    heard = burn(nginx, updates=120, idle=5000, dawdle=300, deaf=20, shout=20)
    assert heard.lost <= MOST_LOST, heard
