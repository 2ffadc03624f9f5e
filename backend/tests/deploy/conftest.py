"""A real server on the simulated market, for what the documents say of its API."""

from collections.abc import Iterator

import pytest

from serving import Client, server_process
from waiting import eventually


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with server_process(tmp_path_factory.mktemp("server"), SOURCE="sim:7") as server:
        server.client.wait_ready()
        server.client.post("/stream/start", symbols=["BTCUSDT", "ETHUSDT"])
        pair = {"symbol_a": "BTCUSDT", "symbol_b": "ETHUSDT"}
        eventually(
            lambda: server.client.http.get("/analytics/pair", params=pair).status_code == 200,
            what="the past is there",
        )
        yield server.client
